//! The real binary with a folder of its own, and what its administrator does to it.

use std::env;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use berth_testkit::Client;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::process::Daemon;

/// The password of `admin`.
pub const ADMIN_PASSWORD: &str = "Harbour-Master-1";
/// The password of everybody else.
pub const PASSWORD: &str = "Deck-Hand-2";

/// A certificate for `127.0.0.1` that is its own authority.
pub const CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/one.cert.pem");
const CERTIFICATE_KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/one.key.pem");

const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Roles by Harbor's numbers.
#[derive(Clone, Copy)]
pub enum Role {
    /// May push.
    Developer = 2,
    /// May pull.
    Guest = 3,
    /// May also delete.
    Maintainer = 4,
}

/// A robot account.
pub struct Robot {
    /// Its full name.
    pub name: String,
    /// Its secret.
    pub secret: String,
}

/// A running server.
pub struct Berth {
    host: String,
    /// With its scheme.
    url: String,
    http: reqwest::Client,
    daemon: Daemon,
    folder: TempDir,
}

impl Berth {
    /// Starts a server whose set-up is done, with the developer `alice` and the guest `bob` in the private project
    /// `team`, and the public project `open`, where `alice` is a developer as well.
    pub async fn start() -> Self {
        Berth::start_on(Ipv4Addr::LOCALHOST.into()).await
    }

    /// The same on another address of this machine.
    pub async fn start_on(address: IpAddr) -> Self {
        Berth::start_with(address, None).await
    }

    /// The same with TLS. Clients know its certificate by [`CERTIFICATE`].
    pub async fn start_tls() -> Self {
        Berth::start_with(Ipv4Addr::LOCALHOST.into(), Some([CERTIFICATE, CERTIFICATE_KEY])).await
    }

    async fn start_with(address: IpAddr, certificate: Option<[&str; 2]>) -> Self {
        let folder = TempDir::new().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_berth"));
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("BERTH_")) {
            command.env_remove(name);
        }
        let listen = SocketAddr::new(address, 0).to_string();
        command.args(["serve", "--listen", &listen, "--data-dir"]).arg(folder.path().join("data"));
        command.env("BERTH_SETUP__ADMIN_PASSWORD", ADMIN_PASSWORD).current_dir(folder.path());
        let mut http = reqwest::Client::builder();
        if let Some([certificate, key]) = certificate {
            command.env("BERTH_TLS__CERTIFICATE", certificate).env("BERTH_TLS__KEY", key);
            let pem = std::fs::read(certificate).unwrap();
            http = http.tls_certs_only([reqwest::Certificate::from_pem(&pem).unwrap()]);
        }
        let mut daemon = Daemon::start("berth", command, folder.path().join("log"));
        let url = daemon.wait_for(START_TIMEOUT, listening).await;
        let (_, host) = url.split_once("://").unwrap();
        let berth = Berth { host: host.to_owned(), url, http: http.build().unwrap(), daemon, folder };
        berth.populate().await;
        berth
    }

    /// `ADDRESS:PORT`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What clients call an image.
    pub fn image(&self, name: &str) -> String {
        format!("{}/{name}", self.host)
    }

    /// The id of the process.
    pub fn pid(&self) -> u32 {
        self.daemon.pid()
    }

    /// A new folder for a client; gone with the server.
    pub fn scratch(&self, name: &str) -> std::path::PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    /// One request of the administrator to Harbor's API.
    pub async fn api(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let url = format!("{}/api/v2.0{path}", self.url);
        let mut request = self.http.request(method, url).basic_auth("admin", Some(ADMIN_PASSWORD));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// As [`Berth::api`] with a body; another answer than `expected` ends the test.
    pub async fn api_expecting(&self, expected: StatusCode, method: Method, path: &str, body: Value) {
        let (status, answer) = self.api(method.clone(), path, Some(body)).await;
        assert_eq!(status, expected, "{method} {path}: {answer}");
    }

    /// The digest of what a tag of `project/name` is at.
    pub async fn digest(&self, repository: &str, tag: &str) -> String {
        let path = format!("/v2/{repository}/manifests/{tag}");
        let reply = self.plain("alice").head(&path).send().await.expect(200);
        reply.header("docker-content-digest").to_owned()
    }

    /// The names of the tags of a repository `project/name`, as the API lists them.
    pub async fn tags(&self, project: &str, repository: &str) -> Vec<String> {
        let repository = repository.replace('/', "%252F");
        let path = format!("/projects/{project}/repositories/{repository}/artifacts?with_tag=true&page_size=100");
        let (status, artifacts) = self.api(Method::GET, &path, None).await;
        assert_eq!(status, StatusCode::OK, "{artifacts}");
        let artifacts = artifacts.as_array().unwrap();
        let tags = artifacts.iter().filter_map(|artifact| artifact["tags"].as_array()).flatten();
        let mut names: Vec<String> = tags.map(|tag| tag["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }

    async fn populate(&self) {
        for name in ["alice", "bob"] {
            self.person(name).await;
        }
        for (name, public) in [("team", "false"), ("open", "true")] {
            self.project(name, public).await;
        }
        for (project, user, role) in
            [("team", "alice", Role::Developer), ("open", "alice", Role::Developer), ("team", "bob", Role::Guest)]
        {
            self.member(project, user, role).await;
        }
    }

    /// Makes a private project whose developer is `user`.
    pub async fn project_of(&self, user: &str, name: &str) {
        self.project(name, "false").await;
        self.member(name, user, Role::Developer).await;
    }

    /// Makes somebody who may do nothing yet.
    pub async fn person(&self, name: &str) {
        let user = json!({
            "username": name, "password": PASSWORD, "realname": name, "email": format!("{name}@example.com"),
        });
        self.api_expecting(StatusCode::CREATED, Method::POST, "/users", user).await;
    }

    /// Somebody who talks HTTP without a client in between.
    pub fn plain(&self, user: &str) -> Client {
        let base = Url::parse(&self.url).unwrap();
        Client::anonymous(&base).basic(user, password_of(user))
    }

    /// Makes a robot of a project that pulls.
    pub async fn robot(&self, project: &str, name: &str) -> Robot {
        let access = json!([{ "resource": "repository", "action": "pull" }]);
        let robot = json!({
            "name": name, "level": "project", "duration": -1,
            "permissions": [{ "kind": "project", "namespace": project, "access": access }],
        });
        let (status, made) = self.api(Method::POST, "/robots", Some(robot)).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        let text = |key: &str| made[key].as_str().unwrap().to_owned();
        Robot { name: text("name"), secret: text("secret") }
    }

    async fn project(&self, name: &str, public: &str) {
        let project = json!({ "project_name": name, "metadata": { "public": public } });
        self.api_expecting(StatusCode::CREATED, Method::POST, "/projects", project).await;
    }

    /// Gives a person a role in a project.
    pub async fn member(&self, project: &str, user: &str, role: Role) {
        let member = json!({ "role_id": role as u8, "member_user": { "username": user } });
        let path = format!("/projects/{project}/members");
        self.api_expecting(StatusCode::CREATED, Method::POST, &path, member).await;
    }
}

impl Drop for Berth {
    /// Whatever a client asks for, the fault must not be the server's.
    fn drop(&mut self) {
        if !thread::panicking() {
            let log = self.daemon.log();
            let is_fault = |line: &&str| line.contains("\"http.status\":5") || line.contains("\"level\":\"ERROR\"");
            let faults: Vec<&str> = log.lines().filter(is_fault).collect();
            assert!(faults.is_empty(), "the server failed:\n{}", faults.join("\n"));
        }
    }
}

/// The password of anybody.
pub fn password_of(user: &str) -> &'static str {
    if user == "admin" { ADMIN_PASSWORD } else { PASSWORD }
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn listening(log: &str) -> Option<String> {
    // The line must be whole.
    let (complete, _) = log.rsplit_once('\n')?;
    complete.lines().find_map(|line| line.strip_prefix("listening on ")).map(|url| url.trim().to_owned())
}
