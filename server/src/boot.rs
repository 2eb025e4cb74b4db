//! From the configuration to the state of the routers. The only place that names databases and stores.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context;
use berth_auth::{Auth, AuthOptions};
use berth_db::Db;
use berth_domain::{Domain, Limits, settings::Overrides};
use berth_jobs::{Options, Queue, Worker};
use berth_storage::{BlobStore, FsStore};
use berth_types::Clock;
use berth_web::{AppState, HttpOptions, Intake};
use secrecy::ExposeSecret;

use crate::{
    aside::Aside,
    bulk,
    config::{Config, DbConfig},
    data_folder::{self, DataLock},
    gc,
    health::Health,
    purge,
};

/// Everything that a process works with. The data folder is its own until this is dropped.
pub struct Booted {
    /// What handlers reach.
    pub state: AppState,
    pub(crate) health: Health,
    /// The queue of jobs.
    pub jobs: Queue,
    pub(crate) gc_grace: Duration,
    /// Where jobs and collections run.
    pub(crate) aside: Aside,
    pub(crate) lock: DataLock,
    /// Where the secret key lies.
    pub(crate) secret_key: PathBuf,
}

/// Takes the data folder, opens the database and the store, and puts the rules on top.
///
/// # Errors
/// [`data_folder::InUse`] where another process has the folder; where something cannot be opened.
pub async fn boot(config: &Config, clock: Arc<dyn Clock>, purpose: &str) -> anyhow::Result<Booted> {
    let lock = data_folder::lock(&config.data, purpose)?;
    let secret_key = data_folder::secret_key(&config.data.secret_key, &lock)?;
    let db = open_db(config).await?;
    for setting in db.weak_settings().await? {
        tracing::warn!(setting, "the database does not keep its commits through a power loss");
    }
    // The database made its files by itself.
    data_folder::sync_folder(&config.data.dir).context("could not sync the data folder")?;
    let blobs = open_store(config).await?;
    let limits = Limits {
        blob_size_bytes_max: config.registry.blob_size_bytes_max.unwrap_or(u64::MAX),
        sparse: config.registry.sparse,
        gc_grace: config.gc.grace,
        every_pull: config.audit.every_pull,
    };
    let fixed = config.settings.iter().map(|(name, fixed)| (name.clone(), fixed.value.clone()));
    let origins = config.settings.iter().map(|(name, fixed)| (name.clone(), fixed.origin()));
    let domain = Domain::new(db.clone(), blobs, clock.clone(), limits)
        .with_settings(Overrides::new(fixed)?.set_by(origins))
        .with_secret(secret_key.expose_secret());
    let auth = Auth::open(domain.clone(), AuthOptions { secret_key: *secret_key.expose_secret() })
        .await
        .context("could not open the signing keys")?;
    let http = HttpOptions {
        external_url: config.http.external_url.clone(),
        trusted_proxies: config.http.trusted_proxies.clone(),
        anonymous: config.registry.anonymous,
        tls: config.tls.is_some(),
        intake: Intake::new(config.limits.uploads_max),
        ca_certificate: config.http.ca_certificate.clone(),
    };
    let state = AppState { domain, auth, http: Arc::new(http) };
    let health = Health::new(state.domain.clone());
    let jobs = Queue::new(db, clock, state.domain.jobs());
    let aside = Aside::start().context("could not start the threads of jobs")?;
    let (gc_grace, secret_key) = (config.gc.grace, config.data.secret_key.clone());
    Ok(Booted { state, health, jobs, gc_grace, aside, lock, secret_key })
}

impl Booted {
    /// The worker of this node. What a kind of job does is registered here.
    pub(crate) fn worker(&self) -> Worker {
        let gc = gc::Job { domain: self.state.domain.clone(), grace: self.gc_grace };
        let purge = purge::Job { domain: self.state.domain.clone() };
        let bulk = bulk::Job { domain: self.state.domain.clone() };
        Worker::new(self.jobs.clone(), Options::default())
            .on_host(host())
            .on_runtime(self.aside.handle())
            .noting(self.state.domain.worker_pulse())
            .with(gc)
            .with(purge)
            .with(bulk)
    }
}

/// The name of this machine, for people.
fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

async fn open_db(config: &Config) -> anyhow::Result<Db> {
    let DbConfig { url, connections_max } = &config.db;
    match url {
        // The address holds a password, so no error names it.
        Some(url) => Db::open_postgres(url.expose_secret(), *connections_max)
            .await
            .context("could not open the PostgreSQL database of `db.url`"),
        None => {
            let path = config.data.database();
            Db::open_sqlite(&path).await.with_context(|| format!("could not open {}", path.display()))
        }
    }
}

async fn open_store(config: &Config) -> anyhow::Result<Arc<dyn BlobStore>> {
    let (root, adopt) = (config.data.storage(), config.data.adopt.clone());
    let opened = tokio::task::spawn_blocking(move || FsStore::open(&root, adopt.as_deref())).await?;
    Ok(Arc::new(opened.context("could not open the blob store")?))
}
