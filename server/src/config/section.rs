//! One struct a concern. The raw shape is what the file says; the other is valid by construction.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use berth_web::Anonymous;
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

/// A value that its key does not take: the key, and what it should be.
#[derive(Debug)]
pub(super) struct Refused(pub &'static str, pub String);

/// How clients reach the server.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Where to listen. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The address that clients use, without a path.
    pub external_url: Option<Url>,
    /// Proxies whose forwarded headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How long requests may go on after the signal to stop.
    pub shutdown_grace: Duration,
    /// How long a client may do nothing.
    pub timeouts: TimeoutsConfig,
    /// How long browsers remember that the server speaks TLS; nothing: they are not told.
    pub hsts: Option<Duration>,
    /// The certificate that clients can download in order to trust the server, in PEM.
    pub ca_certificate: Option<PathBuf>,
}

/// How long a client may do nothing. None of these limits a transfer that goes on.
#[derive(Clone, Copy, Debug)]
pub struct TimeoutsConfig {
    /// For the head of a request.
    pub head: Duration,
    /// Between requests.
    pub keep_alive: Duration,
    /// Inside of a body.
    pub body_idle: Duration,
}

impl TimeoutsConfig {
    /// The shortest of them.
    pub fn shortest(&self) -> Duration {
        self.head.min(self.keep_alive).min(self.body_idle)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawHttp {
    listen: String,
    external_url: Option<String>,
    ca_certificate: Option<String>,
    trusted_proxies: Vec<String>,
    shutdown_grace_seconds: u64,
    head_timeout_seconds: u64,
    keep_alive_seconds: u64,
    body_idle_timeout_seconds: u64,
    hsts_seconds: u64,
}

impl TryFrom<RawHttp> for HttpConfig {
    type Error = Refused;

    fn try_from(raw: RawHttp) -> Result<Self, Refused> {
        // A name would be looked up again at every start, and could then be another machine's.
        let listen = raw.listen.replacen("localhost:", "127.0.0.1:", 1);
        let listen = listen
            .parse()
            .map_err(|_| Refused("http.listen", "must be an address with a port, such as 127.0.0.1:5000".to_owned()))?;
        let external_url = raw.external_url.as_deref().filter(|url| !url.is_empty()).map(external_url).transpose()?;
        let trusted_proxies = raw.trusted_proxies.iter().map(|text| network(text)).collect::<Result<_, _>>()?;
        let shutdown_grace = Duration::from_secs(raw.shutdown_grace_seconds);
        let timeouts = TimeoutsConfig {
            head: Duration::from_secs(raw.head_timeout_seconds),
            keep_alive: Duration::from_secs(raw.keep_alive_seconds),
            body_idle: Duration::from_secs(raw.body_idle_timeout_seconds),
        };
        let is_https = external_url.as_ref().is_some_and(|url: &Url| url.scheme() == "https");
        let hsts = (is_https && raw.hsts_seconds > 0).then(|| Duration::from_secs(raw.hsts_seconds));
        let ca_certificate = path(raw.ca_certificate);
        Ok(HttpConfig { listen, external_url, trusted_proxies, shutdown_grace, timeouts, hsts, ca_certificate })
    }
}

fn external_url(text: &str) -> Result<Url, Refused> {
    let wrong =
        || Refused("http.external_url", "must be an http or https address without a path, query or account".to_owned());
    let url: Url = text.parse().map_err(|_| wrong())?;
    let is_plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let has_account = !url.username().is_empty() || url.password().is_some();
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() || !is_plain || has_account {
        return Err(wrong());
    }
    Ok(url)
}

fn network(text: &str) -> Result<IpNet, Refused> {
    let wrong = || Refused("http.trusted_proxies", format!("`{text}` is neither an address nor a network"));
    text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).map_err(|_| wrong())
}

/// Certificate and key.
#[derive(Clone, Debug)]
pub struct TlsConfig {
    /// The chain, in PEM.
    pub certificate: PathBuf,
    /// The private key, in PEM.
    pub key: PathBuf,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTls {
    certificate: Option<String>,
    key: Option<String>,
}

impl RawTls {
    pub(super) fn validate(self) -> Result<Option<TlsConfig>, Refused> {
        match (path(self.certificate), path(self.key)) {
            (Some(certificate), Some(key)) => Ok(Some(TlsConfig { certificate, key })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(Refused("tls.certificate", "needs `tls.key` beside it".to_owned())),
            (None, Some(_)) => Err(Refused("tls.key", "needs `tls.certificate` beside it".to_owned())),
        }
    }
}

/// Where things are kept.
#[derive(Clone, Debug)]
pub struct DataConfig {
    /// The data folder.
    pub dir: PathBuf,
    /// Another registry's store, only read.
    pub adopt: Option<PathBuf>,
    /// The file with the secret key.
    pub secret_key: PathBuf,
}

impl DataConfig {
    /// The file whose lock says that a process uses the folder.
    pub fn lock(&self) -> PathBuf {
        self.dir.join("lock")
    }

    /// The embedded database.
    pub fn database(&self) -> PathBuf {
        self.dir.join("berth.db")
    }

    /// The socket on which the running server takes administrative commands.
    pub fn socket(&self) -> PathBuf {
        self.dir.join("berth.sock")
    }

    /// The root of the blob store.
    pub fn storage(&self) -> PathBuf {
        self.dir.join("storage")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawData {
    dir: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStorage {
    adopt: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSecret {
    path: Option<String>,
}

impl DataConfig {
    pub(super) fn validate(data: RawData, storage: RawStorage, secret: RawSecret) -> Result<Self, Refused> {
        let dir = path(Some(data.dir)).ok_or_else(|| Refused("data.dir", "must name a folder".to_owned()))?;
        let secret_key = path(secret.path).unwrap_or_else(|| dir.join("secret.key"));
        Ok(DataConfig { dir, adopt: path(storage.adopt), secret_key })
    }
}

/// The database.
#[derive(Clone, Debug)]
pub struct DbConfig {
    /// PostgreSQL's address; SQLite in the data folder where there is none.
    pub url: Option<SecretString>,
    /// Connections to PostgreSQL at most.
    pub connections_max: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDb {
    url: Option<SecretString>,
    connections_max: u32,
}

impl TryFrom<RawDb> for DbConfig {
    type Error = Refused;

    fn try_from(raw: RawDb) -> Result<Self, Refused> {
        let url = raw.url.filter(|url| !url.expose_secret().is_empty());
        if let Some(url) = &url {
            let scheme = url.expose_secret().split_once("://").map(|(scheme, _)| scheme);
            if !matches!(scheme, Some("postgres" | "postgresql")) {
                return Err(Refused("db.url", "must begin with postgres:// (unset: SQLite)".to_owned()));
            }
        }
        Ok(DbConfig { url, connections_max: raw.connections_max })
    }
}

/// Push and pull.
#[derive(Clone, Debug)]
pub struct RegistryConfig {
    /// What requests without a credential may do.
    pub anonymous: Anonymous,
    /// The largest blob in bytes; nothing: no limit.
    pub blob_size_bytes_max: Option<u64>,
    /// How long an unfinished upload is kept.
    pub upload_idle: Duration,
    /// Whether images are accepted before their blobs.
    pub sparse: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRegistry {
    anonymous: String,
    blob_size_bytes_max: u64,
    upload_idle_hours: u64,
    sparse: bool,
}

impl RawRegistry {
    pub(super) fn validate(self, http: &HttpConfig) -> Result<RegistryConfig, Refused> {
        let anonymous = match self.anonymous.as_str() {
            "pull" => Anonymous::Pull,
            "all" if http.listen.ip().is_loopback() => Anonymous::All,
            "all" => {
                return Err(Refused(
                    "registry.anonymous",
                    "`all` lets everybody push and delete, so `http.listen` must be a loopback address".to_owned(),
                ));
            }
            _ => Anonymous::Token,
        };
        Ok(RegistryConfig {
            anonymous,
            blob_size_bytes_max: (self.blob_size_bytes_max > 0).then_some(self.blob_size_bytes_max),
            upload_idle: Duration::from_secs(self.upload_idle_hours * 3600),
            sparse: self.sparse,
        })
    }
}

/// Garbage collection.
#[derive(Clone, Copy, Debug)]
pub struct GcConfig {
    /// How long bytes stay after they lost their last user.
    pub grace: Duration,
    /// How often it runs; nothing: never by itself.
    pub interval: Option<Duration>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGc {
    grace: String,
    interval: String,
}

impl TryFrom<RawGc> for GcConfig {
    type Error = Refused;

    fn try_from(raw: RawGc) -> Result<Self, Refused> {
        let read = |key, text: &str| {
            duration(text)
                .ok_or_else(|| Refused(key, "must be a number with `s`, `m`, `h` or `d`, such as 24h".to_owned()))
        };
        let interval = read("gc.interval", &raw.interval)?;
        Ok(GcConfig { grace: read("gc.grace", &raw.grace)?, interval: Some(interval).filter(|time| !time.is_zero()) })
    }
}

/// A time such as `90s`, `10m`, `24h` or `7d`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    const UNITS: [(char, u64); 4] = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)];
    let (_, seconds) = UNITS.into_iter().find(|(unit, _)| text.ends_with(*unit))?;
    let number: u64 = text[..text.len() - 1].parse().ok()?;
    // A century is as good as for ever, and times stay far from their limits.
    number.checked_mul(seconds).filter(|seconds| *seconds <= 36_500 * 86_400).map(Duration::from_secs)
}

/// What the server says about itself.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// For whom.
    pub format: LogFormat,
    /// The filter, as `tracing-subscriber` reads it.
    pub level: String,
}

/// For whom the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// People where the output is a terminal, else machines.
    Auto,
    /// People.
    Pretty,
    /// Machines.
    Json,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLog {
    format: String,
    level: String,
}

impl TryFrom<RawLog> for LogConfig {
    type Error = Refused;

    fn try_from(raw: RawLog) -> Result<Self, Refused> {
        let format = match raw.format.as_str() {
            "pretty" => LogFormat::Pretty,
            "json" => LogFormat::Json,
            _ => LogFormat::Auto,
        };
        tracing_subscriber::EnvFilter::try_new(&raw.level)
            .map_err(|error| Refused("log.level", format!("is no filter: {error}")))?;
        Ok(LogConfig { format, level: raw.level })
    }
}

/// Numbers for Prometheus.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsConfig {
    /// Whether they are served.
    pub enabled: bool,
    /// The bearer token that they ask for.
    pub token: Option<SecretString>,
}

/// The audit log.
#[derive(Clone, Debug)]
pub struct AuditConfig {
    /// How long entries are kept; nothing: for ever.
    pub keep: Option<Duration>,
    /// Whether each pull has an entry of its own.
    pub every_pull: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAudit {
    keep_days: u64,
    every_pull: bool,
}

impl From<RawAudit> for AuditConfig {
    fn from(raw: RawAudit) -> Self {
        AuditConfig {
            keep: (raw.keep_days > 0).then(|| Duration::from_secs(raw.keep_days * 86_400)),
            every_pull: raw.every_pull,
        }
    }
}

/// Bounds that protect the machine.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    /// Open connections at the same time.
    pub connections_max: u32,
    /// Bodies of pushes that are received at the same time.
    pub uploads_max: u32,
}

/// The first start.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetupConfig {
    /// What `admin` gets at first start.
    pub admin_password: Option<SecretString>,
}

/// An empty path is none: that is how a variable unsets what the file says.
fn path(text: Option<String>) -> Option<PathBuf> {
    text.filter(|text| !text.is_empty()).map(PathBuf::from)
}
