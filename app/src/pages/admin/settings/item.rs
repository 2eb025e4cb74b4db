//! Which settings there are, how a value is shown, and what a posted form changes.

use crate::amount;
use crate::form::{Fault, FormError};
use crate::i18n::{Key, keys};
use berth_types::api::Configurations;
use keys::admin_settings::{self as words, item as k};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A setting of Harbor that the page shows.
#[derive(Debug)]
pub(super) struct Item {
    /// Harbor's key.
    pub key: &'static str,
    /// Its name.
    pub label: Key,
    /// What it means.
    pub text: Key,
    /// What it holds.
    pub kind: Kind,
    /// Where it stands.
    pub group: Group,
}

/// What a setting holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// On or off.
    Switch,
    /// One of few words.
    Choice(&'static [(&'static str, Key)]),
    /// A whole number.
    Number { min: i64, max: i64, unit: Key },
    /// A text.
    Text,
    /// Bytes, written with a unit; empty for no limit, which Harbor keeps as −1.
    Amount,
    /// A text that Harbor keeps as JSON with its tone and days.
    Banner,
}

/// The card of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// Who may do what.
    Access,
    /// How long proofs of identity live.
    Limits,
    /// How much is stored.
    Storage,
    /// What the system does as a whole.
    General,
    /// What is written down.
    Recording,
}

impl Group {
    pub(super) const ALL: [Group; 5] = [Group::Access, Group::Limits, Group::Storage, Group::General, Group::Recording];

    pub(super) const fn title(self) -> Key {
        match self {
            Group::Access => words::ACCESS,
            Group::Limits => words::LIMITS,
            Group::Storage => words::STORAGE,
            Group::General => words::GENERAL,
            Group::Recording => words::RECORDING,
        }
    }
}

const YEAR_MINUTES: i64 = 365 * 24 * 60;
const CENTURY_DAYS: i64 = 36_500;

/// Every setting of the page, in its order.
pub(super) static ITEMS: &[Item] = &[
    Item {
        key: "self_registration",
        label: k::SELF_REGISTRATION,
        text: k::SELF_REGISTRATION_TEXT,
        kind: Kind::Switch,
        group: Group::Access,
    },
    Item {
        key: "project_creation_restriction",
        label: k::PROJECT_CREATION,
        text: k::PROJECT_CREATION_TEXT,
        kind: Kind::Choice(&[("everyone", k::EVERYONE), ("adminonly", k::ADMINS_ONLY)]),
        group: Group::Access,
    },
    Item {
        key: "token_expiration",
        label: k::TOKEN_EXPIRATION,
        text: k::TOKEN_EXPIRATION_TEXT,
        kind: Kind::Number { min: 1, max: YEAR_MINUTES, unit: words::UNIT_MINUTES },
        group: Group::Limits,
    },
    Item {
        key: "session_timeout",
        label: k::SESSION_TIMEOUT,
        text: k::SESSION_TIMEOUT_TEXT,
        kind: Kind::Number { min: 1, max: YEAR_MINUTES, unit: words::UNIT_MINUTES },
        group: Group::Limits,
    },
    Item {
        key: "robot_token_duration",
        label: k::ROBOT_DURATION,
        text: k::ROBOT_DURATION_TEXT,
        // -1 is for ever.
        kind: Kind::Number { min: -1, max: CENTURY_DAYS, unit: words::UNIT_DAYS },
        group: Group::Limits,
    },
    Item {
        key: "robot_name_prefix",
        label: k::ROBOT_PREFIX,
        text: k::ROBOT_PREFIX_TEXT,
        kind: Kind::Text,
        group: Group::Limits,
    },
    Item {
        key: "quota_per_project_enable",
        label: k::QUOTA_ENABLED,
        text: k::QUOTA_ENABLED_TEXT,
        kind: Kind::Switch,
        group: Group::Storage,
    },
    Item {
        key: "storage_per_project",
        label: k::STORAGE_DEFAULT,
        text: k::STORAGE_DEFAULT_TEXT,
        kind: Kind::Amount,
        group: Group::Storage,
    },
    Item { key: "read_only", label: k::READ_ONLY, text: k::READ_ONLY_TEXT, kind: Kind::Switch, group: Group::General },
    Item { key: "banner_message", label: k::BANNER, text: k::BANNER_TEXT, kind: Kind::Banner, group: Group::General },
    Item {
        key: "pull_audit_log_disable",
        label: k::PULL_AUDIT,
        text: k::PULL_AUDIT_TEXT,
        kind: Kind::Switch,
        group: Group::Recording,
    },
    Item {
        key: "pull_time_update_disable",
        label: k::PULL_TIME,
        text: k::PULL_TIME_TEXT,
        kind: Kind::Switch,
        group: Group::Recording,
    },
    Item {
        key: "pull_count_update_disable",
        label: k::PULL_COUNT,
        text: k::PULL_COUNT_TEXT,
        kind: Kind::Switch,
        group: Group::Recording,
    },
];

impl Item {
    /// The name of its input.
    pub(super) fn field(&self) -> String {
        format!("values[{}]", self.key)
    }
}

impl Kind {
    /// A value as its input shows it.
    pub(super) fn show(self, value: &Value) -> String {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        if let (Kind::Amount, Some(bytes)) = (self, value.as_i64()) {
            return amount::exact(bytes);
        }
        match (self, serde_json::from_str::<Value>(&text)) {
            (Kind::Banner, Ok(Value::Object(banner))) => {
                banner.get("message").and_then(Value::as_str).unwrap_or_default().to_owned()
            }
            _ => text,
        }
    }

    /// Reads what was posted; nothing was posted for a switch that is off.
    fn read(self, posted: Option<&str>, current: &Value) -> Result<Value, Fault> {
        let text = posted.unwrap_or_default().trim();
        Ok(match self {
            Kind::Switch => Value::Bool(text == "true"),
            Kind::Choice(_) | Kind::Text => Value::from(text),
            Kind::Number { min, max, .. } => {
                let number = text.parse::<i64>().ok().filter(|number| (min..=max).contains(number));
                Value::from(number.ok_or(Fault::NumberRange(min, max))?)
            }
            Kind::Amount if text.is_empty() => Value::from(amount::UNLIMITED),
            Kind::Amount => Value::from(amount::read(text).ok_or(Fault::Amount)?),
            Kind::Banner => Value::from(banner(text, current)),
        })
    }
}

/// The notice with another message: its tone and days stay.
fn banner(message: &str, current: &Value) -> String {
    if message.is_empty() {
        return String::new();
    }
    let mut banner: Map<String, Value> =
        current.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    banner.insert("message".to_owned(), message.into());
    banner.entry("type").or_insert_with(|| "info".into());
    banner.entry("closable").or_insert(Value::Bool(false));
    Value::Object(banner).to_string()
}

/// What a posted form changes of the settings in force. Settings that are set outside never change.
///
/// # Errors
/// The faults of the fields.
#[cfg_attr(not(any(feature = "ssr", test)), expect(dead_code, reason = "the server reads posted forms"))]
pub(super) fn changes(
    current: &Configurations,
    posted: &BTreeMap<String, String>,
) -> Result<Map<String, Value>, FormError> {
    let mut changes = Map::new();
    let mut answer = FormError::default();
    for item in ITEMS {
        let Some(setting) = current.get(item.key).filter(|setting| setting.editable) else { continue };
        let text = posted.get(item.key).map(String::as_str);
        // A field that was not in the form is no wish; a switch that is off is never in it.
        if text.is_none() && !matches!(item.kind, Kind::Switch) {
            continue;
        }
        let field = item.field();
        answer.values.extend(text.map(|text| (field.clone(), text.to_owned())));
        if text == Some(item.kind.show(&setting.value).as_str()) {
            continue;
        }
        match item.kind.read(text, &setting.value) {
            Ok(value) if value == setting.value => {}
            Ok(value) => {
                changes.insert(item.key.to_owned(), value);
            }
            Err(fault) => answer.check(&field, Some(fault)),
        }
    }
    answer.pass()?;
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn current() -> Configurations {
        serde_json::from_value(json!({
            "self_registration": {"value": true, "editable": false},
            "read_only": {"value": true, "editable": true},
            "token_expiration": {"value": 30, "editable": true},
            "robot_name_prefix": {"value": "robot$", "editable": true},
            "banner_message": {"value": "{\"message\":\"a\",\"type\":\"danger\"}", "editable": true},
            "unknown": {"value": 1, "editable": true},
        }))
        .unwrap()
    }

    fn posted(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn only_what_differs_is_sent() {
        let same = posted(&[("read_only", "true"), ("token_expiration", "30"), ("banner_message", "a")]);
        assert_eq!(changes(&current(), &same).unwrap(), Map::new());
        let other = posted(&[("token_expiration", "45"), ("banner_message", "b"), ("self_registration", "true")]);
        let changes = changes(&current(), &other).unwrap();
        assert_eq!(changes["token_expiration"], 45);
        assert_eq!(changes["read_only"], false);
        assert_eq!(changes["banner_message"], r#"{"closable":false,"message":"b","type":"danger"}"#);
        assert_eq!(changes.len(), 3);
    }

    #[test]
    fn numbers_keep_to_their_range() {
        let answer = changes(&current(), &posted(&[("read_only", "true"), ("token_expiration", "0")])).unwrap_err();
        let field = "values[token_expiration]";
        assert_eq!(answer.fault(field), Some(&Fault::NumberRange(1, YEAR_MINUTES)));
        assert_eq!(answer.value(field), Some("0"));
    }

    #[test]
    fn the_default_quota_has_a_unit() {
        let of = |bytes: i64| -> Configurations {
            serde_json::from_value(json!({"storage_per_project": {"value": bytes, "editable": true}})).unwrap()
        };
        let post = |text: &str| posted(&[("storage_per_project", text)]);
        assert_eq!(Kind::Amount.show(&json!(-1)), "");
        assert_eq!(Kind::Amount.show(&json!(53_687_091_200_i64)), "50 GiB");
        assert_eq!(changes(&of(-1), &post("50 GiB")).unwrap()["storage_per_project"], 53_687_091_200_i64);
        assert_eq!(changes(&of(5), &post("")).unwrap()["storage_per_project"], -1);
        assert!(changes(&of(-1), &post("")).unwrap().is_empty());
        let answer = changes(&of(-1), &post("lots")).unwrap_err();
        assert_eq!(answer.fault("values[storage_per_project]"), Some(&Fault::Amount));
    }

    #[test]
    fn an_emptied_notice_is_gone() {
        let changes = changes(&current(), &posted(&[("read_only", "true"), ("banner_message", "")])).unwrap();
        assert_eq!(changes["banner_message"], "");
    }
}
