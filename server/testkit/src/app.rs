//! A server for one test.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use berth_db::{Backend, Db};
use berth_server::{
    Running,
    config::{self, Config, Inputs},
};
use berth_types::{Clock, Timestamp, policy::Role, time::SystemClock};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::Url;

use crate::{Client, Database};

/// The password of `admin`.
pub const ADMIN_PASSWORD: &str = "Administrat0r";
/// The password of everybody else.
pub const PASSWORD: &str = "Passw0rd-of-all";

/// Keys of the configuration with the values that a test wants.
type Settings = Vec<(String, String)>;

/// The system's clock, moved on by tests that cannot wait.
#[derive(Default)]
struct Ahead(AtomicI64);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_seconds(self.0.load(Ordering::SeqCst))
    }
}

/// A server with a data folder and a database of its own.
pub struct TestApp {
    running: Option<Running>,
    clock: Arc<Ahead>,
    /// What the server was started with.
    pub config: Config,
    settings: Settings,
    // Dropped last: the server still uses it.
    database: Database,
}

/// How far a start got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Started {
    /// `admin` has [`ADMIN_PASSWORD`].
    SetUp,
    /// The first administrator has no password yet.
    Fresh,
}

impl TestApp {
    /// Starts a server that is set up. Nothing where there is no PostgreSQL server.
    ///
    /// # Panics
    /// Where it does not start.
    pub async fn start(backend: Backend) -> Option<Self> {
        Self::start_with(backend, Started::SetUp, &[]).await
    }

    /// Starts a server with keys of the configuration, such as `("registry.anonymous", "pull")`.
    ///
    /// # Panics
    /// Where it does not start.
    pub async fn start_with(backend: Backend, started: Started, settings: &[(&str, &str)]) -> Option<Self> {
        let database = Database::create(backend).await?;
        let mut settings: Settings =
            settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        if started == Started::SetUp {
            settings.push(("setup.admin_password".to_owned(), ADMIN_PASSWORD.to_owned()));
        }
        let config = config(&database, &settings);
        let clock = Arc::<Ahead>::default();
        let running = berth_server::start_with_clock(config.clone(), clock.clone()).await.expect("a server");
        Some(TestApp { running: Some(running), clock, config, settings, database })
    }

    /// The running server.
    ///
    /// # Panics
    /// Where it was stopped.
    pub fn running(&self) -> &Running {
        self.running.as_ref().expect("a server that was not stopped")
    }

    /// Where the server is.
    pub fn url(&self) -> &Url {
        self.running().url()
    }

    /// Host and port.
    pub fn host(&self) -> String {
        self.running().address().to_string()
    }

    /// Stops the server as SIGTERM does.
    ///
    /// # Panics
    /// Where it was stopped before.
    pub async fn stop(&mut self) {
        self.running.take().expect("a server that was not stopped").shutdown().await;
    }

    /// Stops the server and starts another one on the same data.
    ///
    /// # Panics
    /// Where it does not start.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.config = config(&self.database, &self.settings);
        let started = berth_server::start_with_clock(self.config.clone(), self.clock.clone()).await;
        self.running = Some(started.expect("a server"));
    }

    /// Drops the server without a word, as a crash does as far as one process can, and starts another one on the same data.
    ///
    /// # Panics
    /// Where it does not start.
    pub async fn crash(&mut self) {
        drop(self.running.take().expect("a server that was not stopped"));
        let mut tries = 0;
        self.running = loop {
            self.config = config(&self.database, &self.settings);
            match berth_server::start_with_clock(self.config.clone(), self.clock.clone()).await {
                Ok(running) => break Some(running),
                // What was aborted lets go of the folder in a moment.
                Err(_) if tries < 500 => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
                Err(error) => panic!("{error:#}"),
            }
            tries += 1;
        };
    }

    /// Lets the server believe that time has passed.
    pub fn later(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    /// The database behind the server, for what no answer shows.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The rows of that database, beside the server.
    ///
    /// # Panics
    /// Where the database cannot be opened.
    pub async fn rows(&self) -> Db {
        let opened = match self.database.url() {
            Some(url) => Db::open_postgres(&url, 2).await,
            None => Db::open_sqlite(&self.config.data.database()).await,
        };
        opened.unwrap_or_else(|error| panic!("the database cannot be opened: {error}"))
    }

    /// Nobody.
    pub fn anonymous(&self) -> Client {
        Client::anonymous(self.url())
    }

    /// The system administrator.
    pub fn admin(&self) -> Client {
        self.anonymous().basic("admin", ADMIN_PASSWORD)
    }

    /// Makes a person and signs every request with the name and [`PASSWORD`].
    ///
    /// # Panics
    /// Where the name is taken.
    pub async fn user(&self, name: &str) -> Client {
        let body = json!({
            "username": name, "email": format!("{name}@example.com"), "realname": name, "password": PASSWORD,
        });
        self.admin().post("/api/v2.0/users").json(&body).send().await.expect(201);
        self.anonymous().basic(name, PASSWORD)
    }

    /// Makes a project that belongs to `admin`.
    ///
    /// # Panics
    /// Where the name is taken.
    pub async fn project(&self, name: &str, public: bool) -> i64 {
        let body = json!({ "project_name": name, "metadata": { "public": public.to_string() } });
        let location = self.admin().post("/api/v2.0/projects").json(&body).send().await.expect(201).location();
        location.rsplit('/').next().and_then(|id| id.parse().ok()).expect("the project's id")
    }

    /// Makes a person a member of a project.
    ///
    /// # Panics
    /// Where that is refused.
    pub async fn member(&self, project: &str, name: &str, role: Role) {
        let body = json!({ "role_id": role.id(), "member_user": { "username": name } });
        self.admin().post(&format!("/api/v2.0/projects/{project}/members")).json(&body).send().await.expect(201);
    }

    /// Makes a person who is a member of a project.
    ///
    /// # Panics
    /// As [`TestApp::user`] and [`TestApp::member`].
    pub async fn user_in(&self, project: &str, name: &str, role: Role) -> Client {
        let client = self.user(name).await;
        self.member(project, name, role).await;
        client
    }

    /// A registry token of whoever the client is.
    ///
    /// # Panics
    /// Where none is given.
    pub async fn token(&self, client: &Client, scopes: &[&str]) -> String {
        let scopes: String = scopes.iter().map(|scope| format!("&scope={scope}")).collect();
        let reply = client.get(&format!("/service/token?service=harbor-registry{scopes}")).send().await.expect(200);
        reply.json()["token"].as_str().expect("a token").to_owned()
    }

    /// Signs in as a browser does, and keeps the cookie and the form token.
    ///
    /// # Panics
    /// Where the password is refused.
    pub async fn session(&self, name: &str, password: &str) -> Client {
        let browser = self.anonymous().with("sec-fetch-site", "same-origin");
        let reply =
            browser.post("/c/login").form(&[("principal", name), ("password", password)]).send().await.expect(200);
        let sid = reply.cookie("sid").expect("a session's cookie");
        let csrf = reply.cookie("_gorilla_csrf").expect("the cookie of form tokens");
        let token = reply.header("x-harbor-csrf-token").to_owned();
        self.anonymous().with("cookie", &format!("sid={sid}; _gorilla_csrf={csrf}")).with("x-harbor-csrf-token", &token)
    }

    /// Sends bytes as they are and returns what comes until the server closes. The request has to say
    /// `Connection: close`.
    ///
    /// # Panics
    /// Where the connection fails.
    pub async fn raw(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.running().address()).await.expect("a connection");
        stream.write_all(request).await.expect("a request that is read");
        let mut answer = Vec::new();
        // A server that refuses may close before it has read everything, which resets the connection.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }
}

fn config(database: &Database, settings: &[(String, String)]) -> Config {
    let folder = database.folder.path().join("data");
    let mut pairs = vec![
        ("data.dir".to_owned(), folder.to_string_lossy().into_owned()),
        ("http.listen".to_owned(), "127.0.0.1:0".to_owned()),
        ("http.shutdown_grace_seconds".to_owned(), "10".to_owned()),
        ("db.connections_max".to_owned(), "6".to_owned()),
    ];
    if let Some(url) = database.url() {
        pairs.push(("db.url".to_owned(), url));
    }
    pairs.extend(settings.iter().cloned());
    let environment = pairs.into_iter().map(|(key, value)| {
        let name = key.replacen('.', "__", 1).to_uppercase();
        (format!("BERTH_{name}"), value)
    });
    let inputs = Inputs { environment: environment.collect(), ..Inputs::default() };
    config::load(&inputs).expect("a configuration").config
}
