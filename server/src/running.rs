//! A whole server in this process, from start to stop.

use std::{net::SocketAddr, os::unix::fs::PermissionsExt, path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context;
use berth_domain::{
    Domain,
    maintenance::{self, Keep, Orphans},
    pull,
};
use berth_types::{Clock, time::SystemClock};
use berth_web::AppState;
use tokio::{
    net::UnixListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::{MissedTickBehavior, interval},
};
use url::Url;

use crate::{
    admin,
    boot::{self, Booted},
    config::Config,
    data_folder::DataLock,
    health::Health,
    metrics, router,
    serve::{self, Listener},
    setup,
    tls::Certificates,
};

/// How often pulls that wait in memory are written.
const FLUSH_INTERVAL: Duration = Duration::from_secs(1);
/// Every so many rounds of maintenance the whole store is walked for files that no row names: four times a day.
const ROUNDS_BETWEEN_WALKS: u64 = 360;

/// A server that runs. It stops when this is dropped; [`Running::shutdown`] lets requests finish first.
pub struct Running {
    address: SocketAddr,
    url: Url,
    setup_link: Option<Url>,
    state: AppState,
    health: Health,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    background: JoinSet<()>,
    socket: PathBuf,
    _lock: DataLock,
}

/// Starts a server.
///
/// # Errors
/// Where the data folder, the database, the address or the certificate cannot be used.
pub async fn start(config: Config) -> anyhow::Result<Running> {
    start_with_clock(config, Arc::new(SystemClock)).await
}

/// Starts a server that takes its time from `clock`.
///
/// # Errors
/// As [`start`].
pub async fn start_with_clock(config: Config, clock: Arc<dyn Clock>) -> anyhow::Result<Running> {
    // A second call finds the first one's; which provider it is stays the same.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    metrics::recorder();
    let certificates = config.tls.clone().map(Certificates::load).transpose()?.map(Arc::new);
    let booted = boot::boot(&config, clock, "serve").await?;
    let listener = Listener::bind(config.http.listen, certificates.as_ref(), config.limits.connections_max).await?;
    let address = listener.address()?;
    let url = local_url(&config, address)?;
    let base = config.http.external_url.as_ref().unwrap_or(&url);
    let setup_link = setup::prepare(&booted.state.domain, config.setup.admin_password.as_ref(), base).await?;

    let (stop, stopped) = watch::channel(false);
    let mut background = JoinSet::new();
    let socket = config.data.socket();
    background.spawn(serve::serve_local(listen_locally(&socket)?, admin::router(&booted), stopped.clone()));
    if let Some(certificates) = certificates {
        background.spawn(certificates.watch(stopped.clone()));
    }
    let domain = booted.state.domain.clone();
    background.spawn(flush_pulls(domain.clone(), stopped.clone()));
    background.spawn(maintain(domain.clone(), keep(&config), stopped.clone()));
    background.spawn(keep_metrics(stopped.clone()));

    let router = router::router(&booted, &config, setup::Gate::new(domain));
    let serving = tokio::spawn(listener.serve(router, stopped, config.http.shutdown_grace));
    let Booted { state, health, lock } = booted;
    Ok(Running { address, url, setup_link, state, health, stop, serving, background, socket, _lock: lock })
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as a URL, with the scheme and without a path: `http://127.0.0.1:5000/`.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Where the first administrator is set up; nothing once that is done.
    pub fn setup_link(&self) -> Option<&Url> {
        self.setup_link.as_ref()
    }

    /// What handlers reach: rules and proof of identity.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Stops accepting, lets requests finish within the grace of the configuration, and writes what waits in memory.
    pub async fn shutdown(mut self) {
        self.health.drain();
        // Nobody listens any more only where everything has stopped already.
        let _ = self.stop.send(true);
        if let Err(error) = (&mut self.serving).await {
            tracing::error!(%error, "the accept loop ended badly");
        }
        while self.background.join_next().await.is_some() {}
        if let Err(error) = pull::flush(&self.state.domain).await {
            tracing::error!(%error, "the last pulls could not be written");
        }
        tracing::info!("stopped");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.serving.abort();
        // Whoever finds no socket does not try to talk to us.
        let _ = std::fs::remove_file(&self.socket);
    }
}

fn local_url(config: &Config, address: SocketAddr) -> anyhow::Result<Url> {
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    format!("{scheme}://{address}/").parse().context("the address makes no URL")
}

/// The lock is ours, so a socket that lies there is a dead process's.
fn listen_locally(path: &PathBuf) -> anyhow::Result<UnixListener> {
    let listen = || {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        Ok(listener)
    };
    listen().with_context(|| format!("could not listen on {}", path.display()))
}

async fn flush_pulls(domain: Domain, stopped: watch::Receiver<bool>) {
    every(FLUSH_INTERVAL, stopped, async |_| {
        if let Err(error) = pull::flush(&domain).await {
            tracing::warn!(%error, "pulls could not be written and wait");
        }
    })
    .await;
}

async fn maintain(domain: Domain, keep: Keep, stopped: watch::Receiver<bool>) {
    let holder = uuid::Uuid::new_v4().to_string();
    every(maintenance::INTERVAL, stopped, async |round| {
        let walk = round % ROUNDS_BETWEEN_WALKS == ROUNDS_BETWEEN_WALKS - 1;
        let orphans = if walk { Orphans::UploadsAndBlobs } else { Orphans::Uploads };
        if let Err(error) = maintenance::run(&domain, &holder, &keep, orphans).await {
            tracing::warn!(%error, "maintenance could not begin");
        }
    })
    .await;
}

async fn keep_metrics(stopped: watch::Receiver<bool>) {
    every(metrics::UPKEEP, stopped, async |_| {
        if let Some(recorder) = metrics::recorder() {
            recorder.run_upkeep();
        }
    })
    .await;
}

fn keep(config: &Config) -> Keep {
    Keep { upload_idle: config.registry.upload_idle, audit: config.audit.keep }
}

/// Runs `task` at once and then every `period`, until the stop.
async fn every(period: Duration, mut stopped: watch::Receiver<bool>, mut task: impl AsyncFnMut(u64)) {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for round in 0.. {
        tokio::select! {
            () = serve::stopped(&mut stopped) => return,
            _ = ticks.tick() => {}
        }
        task(round).await;
    }
}
