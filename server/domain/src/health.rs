//! How the parts of the system are, for administrators: what [`crate::system::health`] says in one word, with numbers.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use berth_db::{
    Backend,
    query::{facts, gc},
};
use berth_types::{
    Timestamp,
    api::{CertificateHealth, ConfiguredValue, DatabaseHealth, HealthReport, QueueHealth, StorageHealth},
};

use crate::{
    Domain, Result,
    authz::{ReadConfiguration, SystemAccess},
    blob::unsigned,
    event, forward, jobservice, scanner, system,
};

/// How long a scanner may take to answer.
const SCANNER_PATIENCE: Duration = Duration::from_secs(4);

/// Says when the certificate in force ends.
pub type CertificateEnd = Arc<dyn Fn() -> Option<Timestamp> + Send + Sync>;

/// What only the process knows that the rules run in.
#[derive(Clone)]
pub struct Deployment {
    /// When it started.
    pub started_at: Timestamp,
    /// The address that clients use, where the configuration says it.
    pub external_url: Option<String>,
    /// Asks for the end of the certificate; nothing where the server speaks plain HTTP.
    pub certificate: Option<CertificateEnd>,
    /// The configuration as it is printed, with origins and without secrets.
    pub configuration: String,
    /// The same but for the run-time settings, key by key.
    pub configured: Vec<ConfiguredValue>,
}

impl Default for Deployment {
    fn default() -> Self {
        Deployment {
            started_at: Timestamp(0),
            external_url: None,
            certificate: None,
            configuration: String::new(),
            configured: Vec::new(),
        }
    }
}

/// The place of the [`Deployment`].
pub(crate) type DeploymentCell = OnceLock<Deployment>;

impl Domain {
    /// Says what only the process knows. What was said first stays.
    pub fn describe_deployment(&self, deployment: Deployment) {
        // A second one can only come from a second start in the same state.
        let _ = self.deployment.set(deployment);
    }

    pub(crate) fn deployment(&self) -> Deployment {
        self.deployment.get().cloned().unwrap_or_default()
    }
}

/// The configuration that this server was started with.
pub fn configured(domain: &Domain, _access: &SystemAccess<ReadConfiguration>) -> Vec<ConfiguredValue> {
    domain.deployment.get().map(|deployment| deployment.configured.clone()).unwrap_or_default()
}

/// How the parts of the system are. A part that does not work is no error, but said.
///
/// # Errors
/// Where the database answers a first question and then no more.
pub async fn report(domain: &Domain, _access: &SystemAccess<ReadConfiguration>) -> Result<HealthReport> {
    let deployment = domain.deployment();
    let (storage, scanners) = tokio::join!(storage(domain), scanner::states(domain, SCANNER_PATIENCE));
    let database = database(domain).await;
    let mut report = HealthReport {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: deployment.started_at,
        checked_at: domain.now(),
        external_url: deployment.external_url,
        storage,
        queue: QueueHealth::default(),
        certificate: deployment.certificate.map(|ends| CertificateHealth { ends_at: ends() }),
        scanners: Vec::new(),
        audit_lost: forward::lost(domain),
        streams: event::streams(domain),
        database,
    };
    if report.database.works {
        report.queue = queue(domain).await?;
        report.scanners = scanners?;
        let (_, bytes) = gc::totals(&mut domain.db.reader().await?.conn()).await?;
        report.storage.used_bytes = unsigned(bytes);
    }
    Ok(report)
}

async fn database(domain: &Domain) -> DatabaseHealth {
    let kind = match domain.db.backend() {
        Backend::Sqlite => "sqlite",
        Backend::Postgres => "postgresql",
    };
    let began = Instant::now();
    let facts = async { facts::facts(&mut domain.db.reader().await?.conn()).await }.await;
    let milliseconds = milliseconds(began);
    let now = domain.now();
    match facts {
        Ok(facts) => DatabaseHealth {
            works: true,
            kind: kind.to_owned(),
            version: facts.version,
            size_bytes: Some(facts.size_bytes),
            milliseconds,
            clock_ahead_milliseconds: facts.clock.map(|clock| (clock.micros() - now.micros()) / 1000),
        },
        Err(error) => {
            tracing::warn!(%error, "the database does not answer");
            DatabaseHealth { kind: kind.to_owned(), milliseconds, ..DatabaseHealth::default() }
        }
    }
}

async fn storage(domain: &Domain) -> StorageHealth {
    let began = Instant::now();
    let works = system::storage_works(domain).await;
    let milliseconds = milliseconds(began);
    let space =
        domain.blobs.space().await.inspect_err(|error| tracing::warn!(%error, "the storage has no room to tell"));
    let space = space.ok().flatten();
    StorageHealth {
        works,
        milliseconds,
        used_bytes: 0,
        free_bytes: space.map(|space| space.free),
        total_bytes: space.map(|space| space.total),
    }
}

async fn queue(domain: &Domain) -> Result<QueueHealth> {
    let numbers = jobservice::list::numbers(domain).await?;
    let sum = |of: fn(&berth_types::api::QueueState) -> i64| numbers.queues.iter().map(of).sum();
    Ok(QueueHealth {
        works: system::worker_works(domain),
        waiting: sum(|queue| queue.waiting),
        oldest_seconds: numbers.queues.iter().map(|queue| queue.latency_seconds).max().unwrap_or_default(),
        running: sum(|queue| queue.running),
        workers: numbers.workers,
        nodes: numbers.nodes,
        paused: numbers.queues.iter().filter(|queue| queue.paused).map(|queue| queue.kind.clone()).collect(),
    })
}

fn milliseconds(began: Instant) -> u64 {
    began.elapsed().as_millis().try_into().unwrap_or(u64::MAX)
}
