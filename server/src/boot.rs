//! From the configuration to the state of the routers. The only place that names databases and stores.

use std::sync::Arc;

use anyhow::Context;
use berth_auth::{Auth, AuthOptions};
use berth_db::Db;
use berth_domain::{Domain, Limits, settings::Overrides};
use berth_storage::{BlobStore, FsStore};
use berth_types::Clock;
use berth_web::{AppState, HttpOptions};
use secrecy::ExposeSecret;

use crate::{
    config::{Config, DbConfig},
    data_folder::{self, DataLock},
    health::Health,
};

/// Everything that a process works with. The data folder is its own until this is dropped.
pub struct Booted {
    /// What handlers reach.
    pub state: AppState,
    pub(crate) health: Health,
    pub(crate) lock: DataLock,
}

/// Takes the data folder, opens the database and the store, and puts the rules on top.
///
/// # Errors
/// [`data_folder::InUse`] where another process has the folder; where something cannot be opened.
pub async fn boot(config: &Config, clock: Arc<dyn Clock>, purpose: &str) -> anyhow::Result<Booted> {
    let lock = data_folder::lock(&config.data, purpose)?;
    let secret_key = data_folder::secret_key(&config.data.secret_key, &lock)?;
    let db = open_db(config).await?;
    let blobs = open_store(config).await?;
    let limits = Limits { blob_size_bytes_max: config.registry.blob_size_bytes_max.unwrap_or(u64::MAX) };
    let fixed = config.settings.iter().map(|(name, fixed)| (name.clone(), fixed.value.clone()));
    let domain = Domain::new(db, blobs, clock, limits).with_settings(Overrides::new(fixed)?);
    let auth = Auth::open(domain.clone(), AuthOptions { secret_key: *secret_key.expose_secret() })
        .await
        .context("could not open the signing keys")?;
    let http = HttpOptions {
        external_url: config.http.external_url.clone(),
        trusted_proxies: config.http.trusted_proxies.clone(),
        anonymous: config.registry.anonymous,
        tls: config.tls.is_some(),
    };
    let state = AppState { domain, auth, http: Arc::new(http) };
    let health = Health::new(state.domain.clone());
    Ok(Booted { state, health, lock })
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
