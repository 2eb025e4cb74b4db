//! The configuration: defaults, then the file, then the environment, then flags. Later ones win.
//!
//! This is the only place that reads the environment. Keys are data (see [`key`]); a key that nobody knows is refused
//! with the known one that looks most like it, and every value knows where it comes from.

mod error;
pub mod key;
pub(crate) mod section;
pub mod show;
mod source;

use std::collections::BTreeMap;

use berth_domain::settings::{self, Origin, Overrides, SETTINGS, Setting};
use berth_types::api::ConfiguredValue;
use config::{Map, Value, ValueKind};
use serde::Deserialize;

pub use self::{
    error::ConfigError,
    section::{
        AuditConfig, DataConfig, DbConfig, GcConfig, HttpConfig, LimitsConfig, LogConfig, LogFormat, MetricsConfig,
        RegistryConfig, SetupConfig, TimeoutsConfig, TlsConfig,
    },
    source::Inputs,
};
use self::{
    key::KEYS,
    section::{RawAudit, RawData, RawDb, RawGc, RawHttp, RawLog, RawRegistry, RawSecret, RawStorage, RawTls, Refused},
};

/// The whole configuration, valid by construction.
#[derive(Clone, Debug)]
pub struct Config {
    /// How clients reach the server.
    pub http: HttpConfig,
    /// Certificate and key; plain HTTP without.
    pub tls: Option<TlsConfig>,
    /// Where things are kept.
    pub data: DataConfig,
    /// The database.
    pub db: DbConfig,
    /// Push and pull.
    pub registry: RegistryConfig,
    /// Garbage collection.
    pub gc: GcConfig,
    /// What the server says about itself.
    pub log: LogConfig,
    /// Numbers for Prometheus.
    pub metrics: MetricsConfig,
    /// The audit log.
    pub audit: AuditConfig,
    /// Bounds that protect the machine.
    pub limits: LimitsConfig,
    /// The first start.
    pub setup: SetupConfig,
    /// Run-time settings that are fixed here, so that they cannot be changed through the API.
    pub settings: BTreeMap<String, FixedSetting>,
    /// All of it as `berth config show --origin` prints it: with origins, without secrets.
    pub printed: String,
    /// The same but for the run-time settings, key by key.
    pub listed: Vec<ConfiguredValue>,
}

/// A run-time setting that the file or the environment fixes.
#[derive(Clone, Debug, PartialEq)]
pub struct FixedSetting {
    /// A text, number or switch.
    pub value: serde_json::Value,
    /// Where it comes from.
    pub origin: String,
}

impl FixedSetting {
    /// What sets it, as clients are told.
    pub fn origin(&self) -> Origin {
        origin_of(&self.origin)
    }
}

/// What sets a value, by what the sources say of it.
fn origin_of(text: &str) -> Origin {
    if text == source::DEFAULT {
        return Origin { source: "default", name: String::new() };
    }
    let kinds = [("environment variable ", "environment"), ("flag ", "flag")];
    let known = kinds.into_iter().find_map(|(start, source)| Some((source, text.strip_prefix(start)?)));
    let (source, name) = known.unwrap_or(("file", text));
    Origin { source, name: name.to_owned() }
}

/// A configuration together with what every key was set to, and where.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// The values by key. Keys that are unset are missing.
    pub values: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    http: RawHttp,
    #[serde(default)]
    tls: RawTls,
    data: RawData,
    #[serde(default)]
    storage: RawStorage,
    db: RawDb,
    #[serde(default)]
    secret: RawSecret,
    registry: RawRegistry,
    gc: RawGc,
    log: RawLog,
    metrics: MetricsConfig,
    audit: RawAudit,
    limits: LimitsConfig,
    #[serde(default)]
    setup: SetupConfig,
    #[serde(default)]
    settings: BTreeMap<String, serde_json::Value>,
}

/// Reads and checks everything.
///
/// # Errors
/// A file that cannot be read, a key that nobody knows, or a value that its key does not take.
pub fn load(inputs: &Inputs) -> Result<Loaded, ConfigError> {
    let mut builder = config::Config::builder().add_source(source::defaults()?);
    if let Some(file) = &inputs.file {
        builder = builder.add_source(source::file(file)?);
    }
    let merged = builder
        .add_source(source::environment(&inputs.environment)?)
        .add_source(source::flags(&inputs.flags)?)
        .build()?;
    let values = leaves(&merged.cache);
    for key in KEYS {
        if let Some(value) = values.get(key.name) {
            source::check_kind(key, value)?;
        }
    }
    let origin = |name: &str| values.get(name).and_then(Value::origin).unwrap_or(source::DEFAULT).to_owned();
    let config = validate(merged.try_deserialize()?, &origin).map_err(|Refused(key, reason)| ConfigError::Invalid {
        key: key.to_owned(),
        origin: origin(key),
        reason,
    })?;
    for (name, fixed) in &config.settings {
        Overrides::new([(name.clone(), fixed.value.clone())]).map_err(|reason| ConfigError::Invalid {
            key: format!("{}.{name}", key::SETTINGS),
            origin: fixed.origin.clone(),
            reason: reason.to_string(),
        })?;
    }
    let mut loaded = Loaded { config, values };
    loaded.config.printed = show::show(&loaded, show::Origins::Shown);
    loaded.config.listed = show::list(&loaded);
    Ok(loaded)
}

fn validate(raw: Raw, origin: &dyn Fn(&str) -> String) -> Result<Config, Refused> {
    let http: HttpConfig = raw.http.try_into()?;
    let settings = raw.settings.into_iter().map(|(name, value)| {
        let origin = origin(&format!("{}.{name}", key::SETTINGS));
        (name, FixedSetting { value, origin })
    });
    Ok(Config {
        tls: raw.tls.validate()?,
        data: DataConfig::validate(raw.data, raw.storage, raw.secret)?,
        db: raw.db.try_into()?,
        registry: raw.registry.validate(&http)?,
        gc: raw.gc.try_into()?,
        log: raw.log.try_into()?,
        metrics: raw.metrics,
        audit: raw.audit.into(),
        limits: raw.limits,
        setup: raw.setup,
        settings: settings.collect(),
        printed: String::new(),
        listed: Vec::new(),
        http,
    })
}

/// `section.key` with its value, for all keys of all sections.
fn leaves(root: &Value) -> BTreeMap<String, Value> {
    let empty = Map::new();
    let table = |value: &'_ Value| match &value.kind {
        ValueKind::Table(table) => table.clone(),
        _ => empty.clone(),
    };
    let mut leaves = BTreeMap::new();
    for (section, values) in table(root) {
        for (short, value) in table(&values) {
            leaves.insert(format!("{section}.{short}"), value);
        }
    }
    leaves
}

/// All run-time settings that can be fixed.
fn settings() -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter().filter(|setting| setting.kind != settings::Kind::ScanAll)
}

#[cfg(test)]
mod tests;
