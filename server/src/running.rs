//! A whole server in this process, from start to stop.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context;
use berth_domain::{
    Domain, event, forward,
    health::{CertificateEnd, Deployment},
    maintenance::{self, Keep, Orphans},
    pull, throttle,
};
use berth_jobs::{
    Queue,
    schedule::{NewSchedule, Rule},
};
use berth_types::{Clock, time::SystemClock};
use berth_web::AppState;
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::{Interval, MissedTickBehavior, interval},
};
use url::Url;

use crate::{
    admin,
    aside::Aside,
    boot::{self, Booted},
    config::Config,
    data_folder::DataLock,
    gc,
    health::Health,
    metrics,
    router::App,
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
    _aside: Aside,
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
    booted.state.domain.describe_deployment(Deployment {
        started_at: booted.state.domain.now(),
        external_url: config.http.external_url.as_ref().map(ToString::to_string),
        certificate: certificates.clone().map(|pair| Arc::new(move || pair.ends_at()) as CertificateEnd),
        configuration: config.printed.clone(),
        configured: config.listed.clone(),
    });
    let listener = Listener::bind(&config.http, certificates.as_ref(), config.limits.connections_max).await?;
    let address = listener.address()?;
    let url = local_url(&config, address)?;
    let base = config.http.external_url.as_ref().unwrap_or(&url);
    let setup_link = setup::prepare(&booted.state.domain, config.setup.admin_password.as_ref(), base).await?;

    let (stop, stopped) = watch::channel(false);
    let mut background = JoinSet::new();
    let socket = config.data.socket();
    background.spawn(serve::serve_local(
        admin::listen(&socket)?,
        admin::router(&booted),
        config.http.timeouts,
        stopped.clone(),
    ));
    if let Some(certificates) = certificates {
        background.spawn(certificates.watch(stopped.clone()));
    }
    let domain = &booted.state.domain;
    background.spawn(flush_pulls(domain.clone(), stopped.clone()));
    background.spawn(forward::run(domain.clone(), stopped.clone()));
    background.spawn(event::run(domain.clone(), stopped.clone()));
    let aside = booted.aside.handle();
    background.spawn_on(maintain(domain.clone(), keep(&config), stopped.clone()), &aside);
    background.spawn_on(keep_metrics(domain.clone(), booted.jobs.clone(), stopped.clone()), &aside);
    schedule(&booted.jobs, &config).await?;
    background.spawn_on(finish_interrupted(domain.clone()), &aside);
    background.spawn(booted.worker().run(stopped.clone()));

    let app = App::new(&booted, &config);
    let serving = tokio::spawn(listener.serve(app, stopped, config.http.shutdown_grace));
    let Booted { state, health, aside, lock, .. } = booted;
    Ok(Running {
        address,
        url,
        setup_link,
        state,
        health,
        stop,
        serving,
        background,
        socket,
        _aside: aside,
        _lock: lock,
    })
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
        if let Err(error) = throttle::flush(&self.state.domain).await {
            tracing::error!(%error, "the last failed sign-ins could not be written");
        }
        // Last of all: what was written just now is forwarded as well.
        forward::finish(&self.state.domain).await;
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

async fn flush_pulls(domain: Domain, mut stopped: watch::Receiver<bool>) {
    let mut ticks = ticks(FLUSH_INTERVAL);
    while tick(&mut ticks, &mut stopped).await {
        if let Err(error) = pull::flush(&domain).await {
            tracing::warn!(%error, "pulls could not be written and wait");
        }
    }
}

async fn maintain(domain: Domain, keep: Keep, mut stopped: watch::Receiver<bool>) {
    let holder = uuid::Uuid::new_v4().to_string();
    let mut ticks = ticks(maintenance::INTERVAL);
    let mut round: u64 = 0;
    while tick(&mut ticks, &mut stopped).await {
        round += 1;
        let orphans =
            if round.is_multiple_of(ROUNDS_BETWEEN_WALKS) { Orphans::UploadsAndBlobs } else { Orphans::Uploads };
        if let Err(error) = maintenance::run(&domain, &holder, &keep, orphans).await {
            tracing::warn!(%error, "maintenance could not begin");
        }
    }
}

/// What the configuration wants to be done again and again.
async fn schedule(jobs: &Queue, config: &Config) -> anyhow::Result<()> {
    match config.gc.interval {
        Some(interval) => {
            let rule = Rule::every(interval);
            let collect = NewSchedule { name: gc::KIND, kind: gc::KIND, rule: &rule, payload: "{}" };
            jobs.set_default_schedule(&collect).await.context("could not schedule garbage collection")
        }
        None => {
            jobs.remove_default_schedule(gc::KIND).await.context("could not end the schedule of garbage collection")
        }
    }
}

/// Until this is done, pushes of what a crash left half removed are refused.
async fn finish_interrupted(domain: Domain) {
    match berth_domain::gc::recover(&domain).await {
        Ok(0) => {}
        Ok(count) => tracing::info!(gc.blobs = count, "finished an interrupted garbage collection"),
        Err(error) => tracing::warn!(%error, "an interrupted garbage collection waits for the next one"),
    }
}

async fn keep_metrics(domain: Domain, jobs: Queue, mut stopped: watch::Receiver<bool>) {
    let mut ticks = ticks(metrics::UPKEEP);
    while tick(&mut ticks, &mut stopped).await {
        if let Some(recorder) = metrics::recorder() {
            recorder.run_upkeep();
        }
        metrics::audit_lost(forward::lost(&domain));
        match jobs.depths().await {
            Ok(depths) => metrics::jobs(&depths, jobs.now()),
            Err(error) => tracing::debug!(%error, "the queue could not be counted"),
        }
    }
}

fn ticks(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Waits for the next tick. False at the stop.
async fn tick(ticks: &mut Interval, stopped: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        () = serve::stopped(stopped) => false,
        _ = ticks.tick() => true,
    }
}

fn keep(config: &Config) -> Keep {
    Keep { upload_idle: config.registry.upload_idle, audit: config.audit.keep }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use reqwest::{Client, StatusCode, redirect::Policy};
    use serde_json::Value;
    use tokio::{io::AsyncWriteExt, net::TcpStream};

    use super::*;
    use crate::{
        admin::{CreateUser, RemoveSecondFactor, ResetPassword},
        config::{self, Inputs},
    };

    const PASSWORD: &str = "Harbor12345";

    fn inputs(data: &Path) -> Inputs {
        let inputs = Inputs::default().with_flag("http.listen", "--listen", "127.0.0.1:0");
        inputs.with_flag("data.dir", "--data-dir", data.to_str().unwrap())
    }

    fn config(data: &Path) -> Config {
        config::load(&inputs(data)).unwrap().config
    }

    fn claimed(data: &Path) -> Config {
        config::load(&inputs(data).with_flag("setup.admin_password", "flag", PASSWORD)).unwrap().config
    }

    fn client() -> Client {
        Client::builder().redirect(Policy::none()).build().unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn until_it_is_set_up_there_is_only_the_set_up() {
        let folder = tempfile::tempdir().unwrap();
        let running = start(config(folder.path())).await.unwrap();
        let get = async |path: &str| client().get(running.url().join(path).unwrap()).send().await.unwrap();
        let link = running.setup_link().unwrap();
        assert!(link.path() == "/setup" && link.query().unwrap().starts_with("token="));

        let page = get("/projects").await;
        assert_eq!((page.status(), page.headers()["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, "/setup"));
        for path in ["/v2/", "/api/v2.0/projects", "/service/token"] {
            let answer = get(path).await;
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
            let body: Value = answer.json().await.unwrap();
            assert!(body["errors"][0]["code"].is_string(), "{path}: {body}");
        }
        assert_eq!(get("/healthz").await.status(), StatusCode::OK);
        assert_eq!(get("/readyz").await.status(), StatusCode::OK);
        assert_eq!(get("/setup").await.status(), StatusCode::OK);
        running.shutdown().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_configured_password_is_the_administrators() {
        let folder = tempfile::tempdir().unwrap();
        let running = start(claimed(folder.path())).await.unwrap();
        assert_eq!(running.setup_link(), None);
        let current = running.url().join("/api/v2.0/users/current").unwrap();
        let answer = client().get(current).basic_auth("admin", Some(PASSWORD)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert!(answer.headers().contains_key("x-request-id"));

        let numbers = client().get(running.url().join("/metrics").unwrap()).send().await.unwrap().text().await.unwrap();
        assert!(numbers.contains("operation=\"getCurrentUserInfo\""), "{numbers}");
        running.shutdown().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_second_server_on_the_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let running = start(config(folder.path())).await.unwrap();
        let refused = start(config(folder.path())).await.err().unwrap();
        assert!(format!("{refused:#}").contains("is in use by process"), "{refused:#}");
        running.shutdown().await;
        start(config(folder.path())).await.unwrap().shutdown().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn commands_reach_the_server_and_act_without_one() {
        let folder = tempfile::tempdir().unwrap();
        let config = claimed(folder.path());
        let running = start(config.clone()).await.unwrap();
        let order = CreateUser {
            username: "ann".to_owned(),
            email: None,
            realname: None,
            admin: true,
            password: "Secret12345".to_owned(),
        };
        let answer = admin::create_user(&config, &order).await.unwrap();
        assert_eq!(answer.message, "created the administrator ann");
        assert!(admin::create_user(&config, &order).await.is_err(), "the name is taken");
        let sign_in = async |url: &Url, password: &str| {
            let current = url.join("/api/v2.0/users/current").unwrap();
            let answer = client().get(current).basic_auth("ann", Some(password)).send().await.unwrap();
            (answer.status(), answer.json::<Value>().await.unwrap())
        };
        let (status, person) = sign_in(running.url(), "Secret12345").await;
        assert_eq!((status, &person["sysadmin_flag"]), (StatusCode::OK, &Value::Bool(true)));
        assert!(admin::ready(&config.data.socket()).await.is_ok());
        running.shutdown().await;
        assert!(admin::ready(&config.data.socket()).await.is_err());

        let order = ResetPassword { username: "ann".to_owned(), password: "Another12345".to_owned() };
        admin::reset_password(&config, &order).await.unwrap();
        let rows = rusqlite::Connection::open(config.data.database()).unwrap();
        let on = "UPDATE users SET second_factor = x'00', second_factor_at = 1 WHERE username = 'ann'";
        assert_eq!(rows.execute(on, []).unwrap(), 1);
        drop(rows);
        let lost = RemoveSecondFactor { username: "ann".to_owned() };
        let answer = admin::remove_second_factor(&config, &lost).await.unwrap();
        assert_eq!(answer.message, "took the second factor off ann");
        let order = ResetPassword { username: "nobody".to_owned(), password: "Another12345".to_owned() };
        assert_eq!(admin::reset_password(&config, &order).await.unwrap_err().to_string(), "there is no user nobody");
        let running = start(config.clone()).await.unwrap();
        assert_eq!(sign_in(running.url(), "Another12345").await.0, StatusCode::OK);
        let refused = admin::remove_second_factor(&config, &lost).await.unwrap_err();
        assert_eq!(refused.to_string(), "no second factor is switched on");
        running.shutdown().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_request_under_way_finishes_before_the_stop() {
        let folder = tempfile::tempdir().unwrap();
        let running = start(claimed(folder.path())).await.unwrap();
        let mut slow = TcpStream::connect(running.address()).await.unwrap();
        let head = "POST /c/login HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\nContent-Length: 9\r\n\
                    Content-Type: application/x-www-form-urlencoded\r\n\r\n";
        slow.write_all(head.as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let stopping = tokio::spawn(running.shutdown());
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!stopping.is_finished());
        slow.write_all(b"principal").await.unwrap();
        let mut answer = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut slow, &mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
        stopping.await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn tls_speaks_both_versions_of_http() {
        let folder = tempfile::tempdir().unwrap();
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        let inputs = inputs(folder.path())
            .with_flag("tls.certificate", "flag", tests.join("one.cert.pem").to_str().unwrap())
            .with_flag("tls.key", "flag", tests.join("one.key.pem").to_str().unwrap());
        let running = start(config::load(&inputs).unwrap().config).await.unwrap();
        assert_eq!(running.url().scheme(), "https");
        let root = reqwest::Certificate::from_pem(include_bytes!("../tests/data/one.cert.pem")).unwrap();
        let url = running.url().join("/healthz").unwrap();
        let client = || Client::builder().tls_certs_only([root.clone()]);
        let answer = client().build().unwrap().get(url.clone()).send().await.unwrap();
        assert_eq!((answer.version(), answer.status()), (http::Version::HTTP_2, StatusCode::OK));
        let answer = client().http1_only().build().unwrap().get(url).send().await.unwrap();
        assert_eq!((answer.version(), answer.status()), (http::Version::HTTP_11, StatusCode::OK));
        running.shutdown().await;
    }
}
