//! What the server says of itself: health, settings that clients need, room on disk.

use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

use berth_types::{
    Timestamp,
    api::{ComponentHealthStatus, GeneralInfo, OverallHealthStatus, Storage, SystemInfo},
};
use tokio::sync::Mutex;

use crate::{
    Actor, Domain, Result,
    authz::{ReadVolumes, SignedIn, SystemAccess},
    storage,
};

/// How long an answer of the storage holds: each asks the disk to sync, and anybody may ask.
const STORAGE_ANSWER: Duration = Duration::from_secs(5);

/// How long the worker may be silent. It looks for jobs every second.
const WORKER_SILENCE: Duration = Duration::from_secs(30);

/// What the storage last answered.
#[derive(Debug, Default)]
pub struct StorageHealth(Mutex<Option<(Instant, bool)>>);

/// Whether the parts of the server work. Anybody may ask.
pub async fn health(domain: &Domain, _actor: &Actor) -> OverallHealthStatus {
    let database = domain.db.ping().await;
    if let Err(error) = &database {
        tracing::warn!(%error, "the database does not answer");
    }
    // The server and its pages are one process: whoever reads this has their answer.
    let parts = [
        ("core", true),
        ("database", database.is_ok()),
        ("jobservice", worker_works(domain)),
        ("portal", true),
        ("registry", storage_works(domain).await),
    ];
    let word = |works: bool| if works { "healthy" } else { "unhealthy" }.to_owned();
    OverallHealthStatus {
        status: word(parts.iter().all(|(_, works)| *works)),
        components: parts
            .iter()
            .map(|(name, works)| ComponentHealthStatus {
                name: (*name).to_owned(),
                status: word(*works),
                error: (!works).then(|| format!("{name} does not answer")),
            })
            .collect(),
    }
}

/// Whether somebody on this node looks for jobs.
pub(crate) fn worker_works(domain: &Domain) -> bool {
    domain.worker_pulse.lock().unwrap_or_else(PoisonError::into_inner).elapsed() < WORKER_SILENCE
}

pub(crate) async fn storage_works(domain: &Domain) -> bool {
    let mut last = domain.storage_health.0.lock().await;
    if let Some((at, works)) = *last
        && at.elapsed() < STORAGE_ANSWER
    {
        return works;
    }
    let answer = domain.blobs.health().await;
    if let Err(error) = &answer {
        tracing::warn!(%error, "the storage does not work");
    }
    *last = Some((Instant::now(), answer.is_ok()));
    answer.is_ok()
}

/// Where clients reach the server, as the HTTP layer knows it.
#[derive(Clone, Debug)]
pub struct Address {
    /// Scheme and host.
    pub url: String,
    /// Host and port.
    pub host: String,
    /// Whether a certificate of the authority behind it can be downloaded.
    pub has_ca_root: bool,
}

/// What a client may know of the system: how to sign in for everybody, the rest for those who are known.
///
/// # Errors
/// What the database says.
pub async fn info(domain: &Domain, actor: &Actor, address: Address) -> Result<GeneralInfo> {
    let settings = domain.settings().await?;
    let mut info = GeneralInfo {
        current_time: None,
        harbor_version: None,
        external_url: None,
        registry_url: None,
        registry_storage_provider_name: None,
        project_creation_restriction: None,
        has_ca_root: None,
        read_only: None,
        notification_enable: None,
        auth_mode: settings.auth_mode().to_owned(),
        primary_auth_mode: settings.primary_auth_mode(),
        banner_message: settings.banner_message().to_owned(),
        oidc_provider_name: settings.oidc_name().to_owned(),
        self_registration: settings.self_registration(),
        authproxy_settings: None,
    };
    if SignedIn::check(actor).is_ok() {
        info.current_time = Some(Timestamp(domain.now().micros()));
        info.harbor_version = Some(format!("v2.16.0-berth.{}", env!("CARGO_PKG_VERSION")));
        info.external_url = Some(address.url);
        info.registry_url = Some(address.host);
        info.registry_storage_provider_name = Some("filesystem".to_owned());
        info.project_creation_restriction = Some(settings.project_creation_restriction().to_owned());
        info.has_ca_root = Some(address.has_ca_root);
        info.read_only = Some(settings.read_only());
        info.notification_enable = Some(settings.notification_enable());
    }
    Ok(info)
}

/// Whether changes are refused, see the setting `read_only`.
///
/// # Errors
/// What the database says.
pub async fn is_read_only(domain: &Domain, _actor: &Actor) -> Result<bool> {
    Ok(domain.settings().await?.read_only())
}

/// Room of the storage.
///
/// # Errors
/// What the storage says.
pub async fn volumes(domain: &Domain, _access: &SystemAccess<ReadVolumes>) -> Result<SystemInfo> {
    let space = domain.blobs.space().await.map_err(storage::error)?;
    let storage = space.map(|space| Storage { total: space.total, free: space.free });
    Ok(SystemInfo { storage: storage.into_iter().collect() })
}
