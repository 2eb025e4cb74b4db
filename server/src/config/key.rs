//! Every key of the configuration, as data: the parser, the documents and `berth config` are driven by this list.

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// `section.key`.
    pub name: &'static str,
    /// What a value looks like.
    pub kind: Kind,
    /// The default as TOML; nothing where the key is unset by default.
    pub default: Option<&'static str>,
    /// What it does, as sentences.
    pub doc: &'static str,
    /// Whether the value is never shown.
    pub secret: bool,
}

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// `true` or `false`.
    Switch,
    /// A whole number.
    Number {
        /// The smallest allowed.
        min: i64,
        /// The largest allowed.
        max: i64,
    },
    /// A list of texts; in the environment separated by commas.
    List,
    /// One of a few words.
    Choice(&'static [&'static str]),
}

/// The section whose keys are run-time settings of the API, under the API's own names.
pub const SETTINGS: &str = "settings";

/// What every section is about, in the order of the documents.
pub const SECTIONS: [(&str, &str); 13] = [
    ("http", "How clients reach the server."),
    ("tls", "Certificate and key; both are read again when they change. Without them the server speaks plain HTTP."),
    ("data", "Where things are kept."),
    ("storage", "Blobs."),
    ("db", "The database."),
    ("secret", "The key that secrets in the database are sealed with."),
    ("registry", "Push and pull."),
    ("gc", "Garbage collection: bytes that nobody needs go while the server runs."),
    ("log", "What the server says about itself."),
    ("metrics", "Numbers for Prometheus."),
    ("audit", "The audit log."),
    ("limits", "Bounds that protect the machine."),
    ("setup", "The first start."),
];

const fn key(name: &'static str, kind: Kind, default: Option<&'static str>, doc: &'static str) -> Key {
    Key { name, kind, default, doc, secret: false }
}

const fn secret(name: &'static str, doc: &'static str) -> Key {
    Key { name, kind: Kind::Text, default: None, doc, secret: true }
}

const fn number(name: &'static str, min: i64, max: i64, default: &'static str, doc: &'static str) -> Key {
    key(name, Kind::Number { min, max }, Some(default), doc)
}

/// All keys, in the order of the documents.
pub const KEYS: &[Key] = &[
    key(
        "http.listen",
        Kind::Text,
        Some("\"127.0.0.1:5000\""),
        "Address and port to listen on. Port 0 takes a free one, which is printed at start.",
    ),
    key(
        "http.external_url",
        Kind::Text,
        None,
        "The address that clients use, for example `https://registry.example.com`. Unset: taken from the request's \
         `Host`.",
    ),
    key(
        "http.ca_certificate",
        Kind::Text,
        None,
        "File with the certificate of the authority behind the server's own, in PEM. Clients and the portal download it at \
         `/api/v2.0/systeminfo/getcert`.",
    ),
    key(
        "http.trusted_proxies",
        Kind::List,
        Some("[]"),
        "Addresses and networks of proxies whose `X-Forwarded-*` headers are believed, for example `10.0.0.0/8`.",
    ),
    number(
        "http.shutdown_grace_seconds",
        0,
        3600,
        "30",
        "How long requests may go on after SIGTERM, in seconds. Then they are cut off.",
    ),
    number(
        "http.head_timeout_seconds",
        1,
        600,
        "30",
        "How long a client may take for the head of a request, in seconds; also for the first byte of a connection.",
    ),
    number(
        "http.keep_alive_seconds",
        1,
        3600,
        "75",
        "How long a connection without a request is kept, in seconds. Longer than the proxy in front keeps its own.",
    ),
    number(
        "http.body_idle_timeout_seconds",
        1,
        3600,
        "60",
        "How long a body may stand still in either direction, in seconds. A push or a pull that goes on may take as \
         long as it likes, other bodies twice this time; of an upload, what came before is kept.",
    ),
    number(
        "http.hsts_seconds",
        0,
        63_072_000,
        "31536000",
        "How long browsers remember that the server speaks TLS, in seconds (`Strict-Transport-Security`). Sent only where \
         `http.external_url` begins with https. 0: not sent.",
    ),
    key("tls.certificate", Kind::Text, None, "File with the certificate chain in PEM, the server's own first."),
    key("tls.key", Kind::Text, None, "File with the private key in PEM."),
    key("data.dir", Kind::Text, Some("\"./data\""), "The data folder. One process at a time uses it."),
    key(
        "storage.adopt",
        Kind::Text,
        None,
        "Folder of an existing registry (the one that holds `docker/registry/v2`) whose blobs are served too. It is \
         never written.",
    ),
    secret(
        "db.url",
        "PostgreSQL's address, `postgres://user:password@host/database`. Unset: SQLite, in the data folder.",
    ),
    number("db.connections_max", 2, 1000, "16", "How many connections to PostgreSQL are open at most."),
    key(
        "secret.path",
        Kind::Text,
        None,
        "File with the secret key: 64 hexadecimal digits. Made at first start. Unset: `secret.key` in the data \
         folder. All nodes on one database share one key.",
    ),
    key(
        "registry.anonymous",
        Kind::Choice(&["token", "pull", "all"]),
        Some("\"token\""),
        "What requests without a credential may do on `/v2`. `token`: they get a token for public projects first, as \
         Harbor does. `pull`: they pull from public projects at once. `all`: everything, only where the server \
         listens on loopback; for conformance runs and measurements.",
    ),
    number("registry.blob_size_bytes_max", 0, i64::MAX, "0", "The largest blob, in bytes. 0: no limit."),
    number(
        "registry.upload_idle_hours",
        1,
        87_600,
        "168",
        "How long an unfinished upload is kept after its last byte, in hours.",
    ),
    key(
        "registry.sparse",
        Kind::Switch,
        Some("false"),
        "Whether an image is accepted while its repository lacks some of the blobs that it names. They count from when \
         they are pushed. `false` refuses such an image, which keeps half of an upload from being pulled; mirrors that \
         copy only parts need `true`.",
    ),
    key(
        "gc.grace",
        Kind::Text,
        Some("\"24h\""),
        "How long bytes stay after they lost their last user, or after somebody relied on them: a number with `s`, `m`, \
         `h` or `d`. Clients ask whether a blob is there and then do not send it, so a push that takes longer than this may \
         have to be repeated. `0s` removes at the next run.",
    ),
    key(
        "gc.interval",
        Kind::Text,
        Some("\"10m\""),
        "How often garbage is collected, unless a schedule was set in the portal or through the API: a number with `s`, `m`, \
         `h` or `d`. `0s`: only when somebody asks for it.",
    ),
    key(
        "log.format",
        Kind::Choice(&["auto", "pretty", "json"]),
        Some("\"auto\""),
        "`pretty` for people, `json` for machines, `auto`: `pretty` on a terminal, else `json`.",
    ),
    key(
        "log.level",
        Kind::Text,
        Some("\"info\""),
        "`error`, `warn`, `info`, `debug` or `trace`, also by module: `info,berth_registry=debug`.",
    ),
    key("metrics.enabled", Kind::Switch, Some("true"), "Whether `/metrics` is served."),
    secret("metrics.token", "The bearer token that `/metrics` asks for. Unset: it asks for none."),
    number("audit.keep_days", 0, 36_500, "0", "How long audit entries are kept, in days. 0: for ever."),
    key(
        "audit.every_pull",
        Kind::Switch,
        Some("false"),
        "Whether each pull of an image has an entry of its own. `false`: who pulls the same again within a second has one \
         entry, which says how often. Programs that count pulls by the entries, as some of Harbor's do, need `true`.",
    ),
    number(
        "limits.connections_max",
        1,
        1_000_000,
        "10000",
        "How many connections are open at the same time at most. Beyond, those without a request are closed, and where \
         all are at work clients get 503.",
    ),
    number(
        "limits.uploads_max",
        1,
        1_000_000,
        "1024",
        "How many bodies of pushes are received at the same time at most, each with up to 1.5 MiB of memory. Beyond, \
         clients get 503 and come back.",
    ),
    secret(
        "setup.admin_password",
        "The password that `admin` gets at first start. Unset: a set-up link is printed, good for 24 hours.",
    ),
];

/// The key of a name.
pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

impl Key {
    /// The part before the dot.
    pub fn section(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(section, _)| section)
    }

    /// The part after the dot.
    pub fn short(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(_, short)| short)
    }

    /// `BERTH_SECTION__KEY`.
    pub fn variable(&self) -> String {
        format!("BERTH_{}__{}", self.section(), self.short()).to_uppercase()
    }
}

/// The known name that looks most like an unknown one, if any does.
pub fn nearest<'n>(unknown: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    const LIKENESS_MIN: f64 = 0.75;
    let rated = known.into_iter().map(|name| (strsim::jaro_winkler(unknown, name), name));
    let best = rated.max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    (best.0 >= LIKENESS_MIN).then_some(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_section_and_a_name_of_its_own() {
        for (index, key) in KEYS.iter().enumerate() {
            assert!(SECTIONS.iter().any(|(section, _)| *section == key.section()), "{}", key.name);
            assert!(KEYS[..index].iter().all(|former| former.name != key.name), "{}", key.name);
            assert!(!key.short().contains('.'), "{}", key.name);
            // `…_FILE` reads a key from a file, so no key may end like that.
            assert!(!key.name.ends_with("_file"), "{}", key.name);
            assert!(key.doc.ends_with('.'), "{}", key.name);
        }
        for (section, _) in SECTIONS {
            assert!(KEYS.iter().any(|key| key.section() == section), "{section} has no key");
        }
    }

    #[test]
    fn a_typo_finds_its_name() {
        let names = || KEYS.iter().map(|key| key.name);
        assert_eq!(nearest("http.lisen", names()), Some("http.listen"));
        assert_eq!(nearest("http.externalurl", names()), Some("http.external_url"));
        assert_eq!(nearest("zzz", names()), None);
    }
}
