//! What `berth config` prints: a commented file, a JSON schema, a document, and the values in force.

use std::fmt::Write as _;

use berth_domain::settings::{self, Setting};
use berth_types::api::ConfiguredValue;
use config::{Value, ValueKind};
use serde_json::{Map, json};

use super::{
    Loaded,
    key::{self, KEYS, Key, Kind, SECTIONS, SETTINGS},
    source::DEFAULT,
};

/// How wide comments are.
const COLUMNS: usize = 100;

/// A file with every key at its default, and what each does.
pub fn default_toml() -> String {
    let mut out = String::from("# Berth's configuration. Every key is shown with its default.\n");
    for (section, about) in SECTIONS {
        let _ = write!(out, "\n{}[{section}]\n", comment(about));
        for key in keys_of(section) {
            let _ = write!(out, "{}", comment(key.doc));
            match key.default {
                Some(default) => _ = writeln!(out, "{} = {default}", key.short()),
                None => _ = writeln!(out, "# {} = \"\"", key.short()),
            }
        }
    }
    let about = "Run-time settings under the API's names. What is set here cannot be changed in the portal.";
    let _ = write!(out, "\n{}[{SETTINGS}]\n", comment(about));
    for setting in super::settings() {
        let _ = writeln!(out, "# {} = {}", setting.name, setting.default);
    }
    out
}

/// The JSON schema of a configuration file.
pub fn schema() -> serde_json::Value {
    let mut sections = Map::new();
    for (section, about) in SECTIONS {
        let keys = keys_of(section).map(|key| (key.short().to_owned(), key_schema(key)));
        let properties: Map<String, serde_json::Value> = keys.collect();
        sections.insert(
            section.to_owned(),
            json!({ "type": "object", "description": about, "properties": properties, "additionalProperties": false }),
        );
    }
    let settings: Map<String, serde_json::Value> =
        super::settings().map(|setting| (setting.name.to_owned(), json!({ "type": json_type(setting) }))).collect();
    sections.insert(
        SETTINGS.to_owned(),
        json!({ "type": "object", "description": "Run-time settings, fixed.", "properties": settings, "additionalProperties": false }),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Berth's configuration",
        "type": "object",
        "properties": sections,
        "additionalProperties": false,
    })
}

/// All keys as a document.
pub fn docs() -> String {
    let mut out = String::from(DOCS_HEAD);
    for (section, about) in SECTIONS {
        let _ =
            write!(out, "\n## `{section}`\n\n{about}\n\n| key | variable | default | meaning |\n|---|---|---|---|\n");
        for key in keys_of(section) {
            let default = match (key.default, key.secret) {
                (Some(default), _) => format!("`{default}`"),
                (None, true) => "unset, secret".to_owned(),
                (None, false) => "unset".to_owned(),
            };
            let meaning = format!("{}{}", key.doc, bounds(key));
            let _ = writeln!(out, "| `{}` | `{}` | {default} | {meaning} |", key.name, key.variable());
        }
    }
    let _ = write!(out, "\n## `{SETTINGS}`\n\n{DOCS_SETTINGS}\n");
    out.push_str("\n| key | variable | default in the database |\n|---|---|---|\n");
    for setting in super::settings() {
        let (name, default) = (setting.name, setting.default);
        let _ = writeln!(out, "| `{SETTINGS}.{name}` | `BERTH_SETTINGS__{}` | `{default}` |", name.to_uppercase());
    }
    out
}

/// Whether `berth config show` says where values come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origins {
    /// Only the values.
    Hidden,
    /// Beside each value.
    Shown,
}

/// The values in force, secrets hidden.
pub fn show(loaded: &Loaded, origins: Origins) -> String {
    let mut out = String::new();
    let settings = loaded.values.keys().filter(|name| key::find(name).is_none());
    for name in KEYS.iter().map(|key| key.name).chain(settings.map(String::as_str)) {
        let Some(value) = loaded.values.get(name) else {
            if origins == Origins::Shown {
                let _ = writeln!(out, "# {name} is unset");
            }
            continue;
        };
        let is_secret = key::find(name).is_some_and(|key| key.secret) || is_secret_setting(name);
        let shown = if is_secret { "\"[redacted]\"".to_owned() } else { toml_of(value) };
        let _ = match origins {
            Origins::Hidden => writeln!(out, "{name} = {shown}"),
            Origins::Shown => writeln!(out, "{name} = {shown} # {}", value.origin().unwrap_or_default()),
        };
    }
    out
}

/// The values in force but for run-time settings, key by key.
pub(super) fn list(loaded: &Loaded) -> Vec<ConfiguredValue> {
    let shown = |key: &Key| {
        let name = key.name.to_owned();
        let Some(value) = loaded.values.get(key.name) else {
            return ConfiguredValue { name, source: super::origin_of(DEFAULT).source.to_owned(), ..Default::default() };
        };
        let origin = super::origin_of(value.origin().unwrap_or(DEFAULT));
        ConfiguredValue {
            name,
            value: if key.secret { String::new() } else { toml_of(value) },
            secret: key.secret,
            source: origin.source.to_owned(),
            origin: origin.name,
        }
    };
    KEYS.iter().map(shown).collect()
}

const DOCS_HEAD: &str = "# Configuration

Generated by `berth config docs`; `cargo xtask codegen` writes it.

Values come from, later ones win: defaults, the file given by `--config`, variables `BERTH_SECTION__KEY`, flags.
A variable that ends in `_FILE` names a file that holds the value, for secrets: `BERTH_DB__URL_FILE=/run/secrets/db`.
Lists in variables are separated by commas. Keys and variables that nobody knows are refused.

- `berth config default` prints a commented file, `berth config schema` its JSON schema.
- `berth config check` reads everything and says what is wrong.
- `berth config show --origin` prints the values in force and where each comes from; secrets stay hidden.
";

const DOCS_SETTINGS: &str = "Run-time settings live in the database and are changed in the portal or through
`/api/v2.0/configurations`. What is set here wins, and is shown there as fixed.
";

fn is_secret_setting(name: &str) -> bool {
    let secret = super::settings().filter(|setting| setting.kind == settings::Kind::Secret);
    secret.map(|setting| setting.name).any(|secret| name.strip_prefix("settings.") == Some(secret))
}

fn json_type(setting: &Setting) -> &'static str {
    match setting.default_value() {
        serde_json::Value::Bool(_) => "boolean",
        serde_json::Value::Number(_) => "integer",
        _ => "string",
    }
}

fn keys_of(section: &str) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.section() == section)
}

fn bounds(key: &Key) -> String {
    match key.kind {
        Kind::Number { min, max: i64::MAX } => format!(" At least {min}."),
        Kind::Number { min, max } => format!(" From {min} to {max}."),
        Kind::Text | Kind::Switch | Kind::List | Kind::Choice(_) => String::new(),
    }
}

fn key_schema(key: &Key) -> serde_json::Value {
    let mut schema = match key.kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Switch => json!({ "type": "boolean" }),
        Kind::Number { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::List => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Choice(words) => json!({ "type": "string", "enum": words }),
    };
    schema["description"] = key.doc.into();
    // The defaults are as simple as JSON.
    if let Some(default) = key.default.and_then(|default| serde_json::from_str::<serde_json::Value>(default).ok()) {
        schema["default"] = default;
    }
    schema
}

fn toml_of(value: &Value) -> String {
    match &value.kind {
        ValueKind::Boolean(switch) => switch.to_string(),
        ValueKind::I64(number) => number.to_string(),
        ValueKind::Float(number) => number.to_string(),
        ValueKind::String(text) => toml::Value::String(text.clone()).to_string(),
        ValueKind::Array(items) => format!("[{}]", items.iter().map(toml_of).collect::<Vec<_>>().join(", ")),
        other => toml::Value::String(other.to_string()).to_string(),
    }
}

fn comment(text: &str) -> String {
    let mut out = String::new();
    let mut line = String::from("#");
    for word in text.split_whitespace() {
        if line.len() + 1 + word.len() > COLUMNS {
            out.push_str(&line);
            out.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    out.push_str(&line);
    out.push('\n');
    out
}
