//! Where values come from. Each source tells the origin of every value, so that mistakes can be found.

use std::path::{Path, PathBuf};

use config::{ConfigError, FileFormat, Format, Map, Source, Value, ValueKind};

use super::{
    error::ConfigError as Error,
    key::{self, KEYS, Key, Kind, SETTINGS},
};

/// Variables that begin with `BERTH_` and belong to the build and the tests.
const FOREIGN_VARIABLES: [&str; 4] = ["BERTH_PORTAL_DIR", "BERTH_PORTAL_FOLDER", "BERTH_BIN", "BERTH_CI_CACHE"];
/// The beginning of variables that belong to the tests.
const FOREIGN_PREFIX: &str = "BERTH_TEST_";

/// What is read: a file, the environment and the command line.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// The configuration file.
    pub file: Option<PathBuf>,
    /// The environment.
    pub environment: Vec<(String, String)>,
    /// Flags: the key, the flag as people type it, and its value.
    pub flags: Vec<(&'static str, &'static str, String)>,
}

impl Inputs {
    /// The environment of this process and nothing else.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn from_process() -> Self {
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        let ours = names.filter(|name| name.starts_with("BERTH_"));
        // A value that is no UTF-8 reads as empty, and is then refused by whatever the key asks for.
        let environment = ours.map(|name| (name.clone(), std::env::var(&name).unwrap_or_default())).collect();
        Inputs { file: None, environment, flags: Vec::new() }
    }

    /// The same with the value of a flag.
    #[must_use]
    pub fn with_flag(mut self, key: &'static str, flag: &'static str, value: impl Into<String>) -> Self {
        self.flags.push((key, flag, value.into()));
        self
    }
}

/// Keys with values and their origins, as the `config` crate wants them.
#[derive(Clone, Debug)]
pub(super) struct Values(Map<String, Value>);

impl Source for Values {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self.0.clone())
    }
}

/// The origin of defaults.
pub(super) const DEFAULT: &str = "default";

/// Defaults of all keys.
pub(super) fn defaults() -> Result<Values, Error> {
    let mut values = Map::new();
    for key in KEYS {
        if let Some(default) = key.default {
            let parsed = FileFormat::Toml.parse(Some(&DEFAULT.to_owned()), &format!("value = {default}"));
            let mut parsed = parsed.map_err(|source| Error::Syntax { path: key.name.into(), source })?;
            values.extend(parsed.remove("value").map(|value| (key.name.to_owned(), value)));
        }
    }
    Ok(Values(values))
}

/// A TOML file. Keys that nobody knows are refused.
pub(super) fn file(path: &Path) -> Result<Values, Error> {
    let text = read(path)?;
    let origin = path.display().to_string();
    let tables = FileFormat::Toml
        .parse(Some(&origin), &text)
        .map_err(|source| Error::Syntax { path: path.to_owned(), source })?;
    let mut values = Map::new();
    for (section, table) in tables {
        let ValueKind::Table(table) = table.kind else {
            return Err(unknown(&section, &origin));
        };
        for (short, value) in table {
            let name = format!("{section}.{short}");
            check_known(&name, &origin)?;
            values.insert(name, value);
        }
    }
    Ok(Values(values))
}

/// `BERTH_SECTION__KEY` and `BERTH_SECTION__KEY_FILE`. Variables that nobody knows are refused.
pub(super) fn environment(variables: &[(String, String)]) -> Result<Values, Error> {
    let mut values: Map<String, Value> = Map::new();
    for (variable, text) in variables {
        if FOREIGN_VARIABLES.contains(&variable.as_str()) || variable.starts_with(FOREIGN_PREFIX) {
            continue;
        }
        let Some(rest) = variable.strip_prefix("BERTH_") else { continue };
        let name = rest.to_lowercase().replacen("__", ".", 1);
        let (name, text, origin) = match name.strip_suffix("_file") {
            Some(name) if !is_known(&format!("{name}_file")) || name.starts_with("settings.") => {
                let text = read(Path::new(text))?.trim_end_matches(['\r', '\n']).to_owned();
                (name.to_owned(), text, format!("environment variable {variable}"))
            }
            _ => (name, text.clone(), format!("environment variable {variable}")),
        };
        if !is_known(&name) {
            return Err(unknown_variable(variable));
        }
        let value = from_text(&name, &text, &origin)?;
        if let Some(former) = values.insert(name.clone(), value) {
            let former = former.origin().unwrap_or_default().to_owned();
            return Err(Error::Invalid { key: name, origin, reason: format!("{former} sets the same key") });
        }
    }
    Ok(Values(values))
}

/// Flags of the command line.
pub(super) fn flags(flags: &[(&'static str, &'static str, String)]) -> Result<Values, Error> {
    let read = |(name, flag, text): &(&'static str, &'static str, String)| {
        Ok(((*name).to_owned(), from_text(name, text, &format!("flag {flag}"))?))
    };
    flags.iter().map(read).collect::<Result<Map<String, Value>, Error>>().map(Values)
}

/// Checks that a value is of its key's kind.
pub(super) fn check_kind(key: &Key, value: &Value) -> Result<(), Error> {
    let wrong = |reason: String| Error::Invalid {
        key: key.name.to_owned(),
        origin: value.origin().unwrap_or_default().to_owned(),
        reason,
    };
    let is_text = |value: &Value| matches!(value.kind, ValueKind::String(_));
    match (key.kind, &value.kind) {
        (Kind::Text, ValueKind::String(_)) | (Kind::Switch, ValueKind::Boolean(_)) => Ok(()),
        (Kind::Number { min, max }, ValueKind::I64(number)) if (min..=max).contains(number) => Ok(()),
        (Kind::Number { min, max: i64::MAX }, _) => Err(wrong(format!("must be a number of at least {min}"))),
        (Kind::Number { min, max }, _) => Err(wrong(format!("must be a number from {min} to {max}"))),
        (Kind::List, ValueKind::Array(items)) if items.iter().all(is_text) => Ok(()),
        (Kind::Choice(words), ValueKind::String(word)) if words.contains(&word.as_str()) => Ok(()),
        (Kind::Text, _) => Err(wrong("must be a text".to_owned())),
        (Kind::Switch, _) => Err(wrong("must be true or false".to_owned())),
        (Kind::List, _) => Err(wrong("must be a list of texts".to_owned())),
        (Kind::Choice(words), _) => Err(wrong(format!("must be one of {}", words.join(", ")))),
    }
}

fn from_text(name: &str, text: &str, origin: &str) -> Result<Value, Error> {
    let kind = match key::find(name).map(|key| key.kind) {
        Some(Kind::Text | Kind::Choice(_)) => ValueKind::String(text.to_owned()),
        // What cannot be read stays a text, and is refused with the others that are of the wrong kind.
        Some(Kind::Switch) => text.parse().map_or_else(|_| ValueKind::String(text.to_owned()), ValueKind::Boolean),
        Some(Kind::Number { .. }) => text.parse().map_or_else(|_| ValueKind::String(text.to_owned()), ValueKind::I64),
        Some(Kind::List) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            ValueKind::Array(items.map(|item| Value::new(Some(&origin.to_owned()), item)).collect())
        }
        None => setting_from_text(name, text),
    };
    let value = Value::new(Some(&origin.to_owned()), kind);
    if let Some(key) = key::find(name) {
        check_kind(key, &value)?;
    }
    Ok(value)
}

/// The environment knows no types; the setting does. What does not fit stays a text, and is refused with its setting.
fn setting_from_text(name: &str, text: &str) -> ValueKind {
    let setting = super::settings().find(|setting| name.strip_prefix("settings.") == Some(setting.name));
    let parsed = match setting.map(|setting| setting.default_value()) {
        Some(serde_json::Value::Bool(_)) => text.parse().ok().map(ValueKind::Boolean),
        Some(serde_json::Value::Number(_)) => text.parse().ok().map(ValueKind::I64),
        _ => None,
    };
    parsed.unwrap_or_else(|| ValueKind::String(text.to_owned()))
}

fn is_known(name: &str) -> bool {
    key::find(name).is_some()
        || name.split_once('.').is_some_and(|(section, short)| {
            section == SETTINGS && super::settings().any(|setting| setting.name == short)
        })
}

fn check_known(name: &str, origin: &str) -> Result<(), Error> {
    if is_known(name) { Ok(()) } else { Err(unknown(name, origin)) }
}

fn unknown(name: &str, origin: &str) -> Error {
    let known = names();
    let nearest = key::nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
    Error::Unknown { name: name.to_owned(), origin: origin.to_owned(), nearest }
}

fn unknown_variable(variable: &str) -> Error {
    let known: Vec<String> = names().iter().map(|name| variable_of(name)).collect();
    let nearest = key::nearest(variable, known.iter().map(String::as_str)).map(str::to_owned);
    Error::Unknown { name: variable.to_owned(), origin: "the environment".to_owned(), nearest }
}

fn variable_of(name: &str) -> String {
    format!("BERTH_{}", name.replacen('.', "__", 1)).to_uppercase()
}

fn names() -> Vec<String> {
    let settings = super::settings().map(|setting| format!("{SETTINGS}.{}", setting.name));
    KEYS.iter().map(|key| key.name.to_owned()).chain(settings).collect()
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}
