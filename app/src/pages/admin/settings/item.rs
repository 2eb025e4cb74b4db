//! Which settings there are, how a value is shown, and what a posted form changes.

use super::known::KNOWN;
pub(super) use super::known::{Group, Kind};
use crate::amount;
#[cfg(any(feature = "ssr", test))]
use crate::client::ApiError;
#[cfg(any(feature = "ssr", test))]
use crate::form::{Fault, FormError};
use crate::i18n::{Key, keys};
use crate::t;
use berth_types::api::SettingInfo;
use keys::admin_settings as words;
#[cfg(any(feature = "ssr", test))]
use serde_json::Map;
use serde_json::Value;
#[cfg(any(feature = "ssr", test))]
use std::collections::BTreeMap;

/// A setting as the page shows it.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Harbor's key.
    pub key: String,
    /// Its name.
    pub label: String,
    /// What it means.
    pub text: String,
    /// What it holds.
    pub kind: Kind,
    /// Where it stands.
    pub group: Group,
    /// Its place among the known ones.
    place: usize,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Nobody set it.
    Default,
    /// It was set through the API.
    Here,
    /// The file of the configuration.
    File,
    /// A variable of the environment.
    Environment,
    /// A flag of the command line.
    Flag,
}

impl Source {
    pub(super) const ALL: [Source; 5] =
        [Source::Default, Source::Here, Source::File, Source::Environment, Source::Flag];

    /// As the API and the address say it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Source::Default => "default",
            Source::Here => "database",
            Source::File => "file",
            Source::Environment => "environment",
            Source::Flag => "flag",
        }
    }

    pub(super) const fn label(self) -> Key {
        match self {
            Source::Default => words::FROM_DEFAULT,
            Source::Here => words::SET_HERE,
            Source::File => words::FROM_FILE,
            Source::Environment => words::FROM_ENVIRONMENT,
            Source::Flag => words::FROM_FLAG,
        }
    }

    pub(super) fn read(word: &str) -> Option<Source> {
        Source::ALL.into_iter().find(|source| source.word() == word)
    }

    /// What was set here to its default does as if nobody had set it, so it counts as that. Of secrets nobody knows.
    pub(super) fn of(info: &SettingInfo) -> Source {
        match Source::read(&info.source).unwrap_or(Source::Default) {
            Source::Here if !info.secret && info.value == info.default => Source::Default,
            source => source,
        }
    }
}

impl Item {
    /// How a setting is shown. Those without words of their own stand under their key.
    pub(super) fn of(info: &SettingInfo) -> Item {
        if let Some((place, known)) = KNOWN.iter().enumerate().find(|(_, known)| known.key == info.name) {
            let (label, text) = (t!(known.label), t!(known.text));
            return Item { key: info.name.clone(), label, text, kind: known.kind, group: known.group, place };
        }
        let (label, text) = (info.name.clone(), String::new());
        Item { key: info.name.clone(), label, text, kind: kind_of(info), group: Group::Providers, place: KNOWN.len() }
    }

    /// In the order of the page.
    pub(super) fn in_order(items: &[(Item, SettingInfo)]) -> impl Iterator<Item = &(Item, SettingInfo)> {
        let mut items: Vec<_> = items.iter().collect();
        items.sort_by_key(|(item, _)| item.place);
        items.into_iter()
    }

    /// A value in words: "30 minutes".
    pub(super) fn words(&self, value: &Value) -> String {
        match self.kind {
            Kind::Switch if value.as_bool().unwrap_or_default() => t!(keys::common::ON),
            Kind::Switch => t!(keys::common::OFF),
            Kind::Choice(choices) => {
                let shown = self.kind.show(value);
                choices.iter().find(|(word, _)| *word == shown).map_or(shown, |(_, label)| t!(*label))
            }
            Kind::Amount if value.as_i64().is_none_or(|bytes| bytes < 0) => t!(keys::quota::NO_LIMIT),
            Kind::Number { unit: Some(unit), .. } => format!("{} {}", self.kind.show(value), t!(unit)),
            Kind::Number { .. } | Kind::Text | Kind::Secret | Kind::Amount | Kind::Banner => {
                let shown = self.kind.show(value);
                if shown.is_empty() { t!(keys::common::NONE) } else { shown }
            }
        }
    }

    /// The name of its input.
    pub(super) fn field(&self) -> String {
        field(&self.key)
    }
}

/// The name of the input of a setting.
pub(super) fn field(key: &str) -> String {
    format!("values[{key}]")
}

/// What a setting holds.
fn kind_of(info: &SettingInfo) -> Kind {
    let known = KNOWN.iter().find(|known| known.key == info.name);
    match (known, info.secret, &info.default) {
        (Some(known), ..) => known.kind,
        (None, true, _) => Kind::Secret,
        (None, false, Value::Bool(_)) => Kind::Switch,
        (None, false, Value::Number(_)) => Kind::Number { min: 0, max: i64::from(u32::MAX), unit: None },
        (None, false, _) => Kind::Text,
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
    #[cfg(any(feature = "ssr", test))]
    fn read(self, posted: Option<&str>, current: &Value) -> Result<Value, Fault> {
        let text = posted.unwrap_or_default().trim();
        Ok(match self {
            Kind::Switch => Value::Bool(text == "true"),
            Kind::Choice(_) | Kind::Text | Kind::Secret => Value::from(text),
            Kind::Number { min, max, .. } => {
                let number = text.parse::<i64>().ok().filter(|number| (min..=max).contains(number));
                Value::from(number.ok_or(Fault::NumberRange(min, max))?)
            }
            Kind::Amount if text.is_empty() => Value::from(amount::UNLIMITED),
            Kind::Amount => Value::from(amount::read(text).ok_or_else(|| Fault::of_amount(text))?),
            Kind::Banner => Value::from(banner(text, current)),
        })
    }
}

/// The notice with another message: its tone and days stay.
#[cfg(any(feature = "ssr", test))]
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

/// What a posted form changes of the settings in force. Settings that are set outside never change, nor do those that the
/// form did not show; `seen` has their keys, since a switch that is off is posted by nobody.
///
/// # Errors
/// The faults of the fields.
#[cfg(any(feature = "ssr", test))]
pub(super) fn changes(
    current: &[SettingInfo],
    posted: &BTreeMap<String, String>,
    seen: &str,
) -> Result<Map<String, Value>, FormError> {
    let mut changes = Map::new();
    let mut answer = FormError::default();
    for info in current.iter().filter(|info| info.editable && seen.split(',').any(|key| key == info.name)) {
        let kind = kind_of(info);
        let text = posted.get(&info.name).map(String::as_str);
        // A field that was not in the form is no wish.
        if text.is_none() && !matches!(kind, Kind::Switch) {
            continue;
        }
        let field = field(&info.name);
        if matches!(kind, Kind::Secret) {
            // It is shown by nobody, so nothing is kept of it either.
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                changes.insert(info.name.clone(), Value::from(text));
            }
            continue;
        }
        answer.values.extend(text.map(|text| (field.clone(), text.to_owned())));
        if text == Some(kind.show(&info.value).as_str()) {
            continue;
        }
        match kind.read(text, &info.value) {
            Ok(value) if value == info.value => {}
            Ok(value) => {
                changes.insert(info.name.clone(), value);
            }
            Err(fault) => answer.check(&field, Some(fault)),
        }
    }
    answer.pass()?;
    Ok(changes)
}

/// The answer to a refusal, with what was filled in.
#[cfg(any(feature = "ssr", test))]
pub(super) fn refused(changes: &Map<String, Value>, refusal: ApiError) -> FormError {
    let known = |key: &str| KNOWN.iter().find(|known| known.key == key).map(|known| known.kind);
    let values = changes.iter().filter_map(|(key, value)| {
        // Without words of its own it may be a secret, and nothing of those is kept.
        Some((field(key), known(key)?.show(value)))
    });
    FormError { values: values.collect(), ..FormError::default() }.refused(refusal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ALL: &str = "self_registration,read_only,token_expiration,robot_name_prefix,banner_message,ldap_timeout,secret,\
                       storage_per_project";

    fn info(name: &str, value: Value, editable: bool) -> SettingInfo {
        SettingInfo {
            name: name.into(),
            default: value.clone(),
            value,
            editable,
            source: "default".into(),
            ..SettingInfo::default()
        }
    }

    fn current() -> Vec<SettingInfo> {
        vec![
            info("self_registration", json!(true), false),
            info("read_only", json!(true), true),
            info("token_expiration", json!(30), true),
            info("robot_name_prefix", json!("robot$"), true),
            info("banner_message", json!("{\"message\":\"a\",\"type\":\"danger\"}"), true),
            info("ldap_timeout", json!(5), true),
            SettingInfo { secret: true, value: Value::Null, ..info("secret", json!(""), true) },
        ]
    }

    fn posted(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn only_what_differs_is_sent() {
        let same = posted(&[("read_only", "true"), ("token_expiration", "30"), ("banner_message", "a")]);
        assert_eq!(changes(&current(), &same, ALL).unwrap(), Map::new());
        let other = posted(&[("token_expiration", "45"), ("banner_message", "b"), ("self_registration", "true")]);
        let changes = changes(&current(), &other, ALL).unwrap();
        assert_eq!(changes["token_expiration"], 45);
        assert_eq!(changes["read_only"], false);
        assert_eq!(changes["banner_message"], r#"{"closable":false,"message":"b","type":"danger"}"#);
        assert_eq!(changes.len(), 3);
    }

    #[test]
    fn numbers_keep_to_their_range() {
        let answer =
            changes(&current(), &posted(&[("read_only", "true"), ("token_expiration", "0")]), ALL).unwrap_err();
        let field = "values[token_expiration]";
        assert_eq!(answer.fault(field), Some(&Fault::NumberRange(1, 365 * 24 * 60)));
        assert_eq!(answer.value(field), Some("0"));
    }

    #[test]
    fn the_default_quota_has_a_unit() {
        let of = |bytes: i64| vec![info("storage_per_project", json!(bytes), true)];
        let changes = |current: &[SettingInfo], posted: &BTreeMap<String, String>| changes(current, posted, ALL);
        let post = |text: &str| posted(&[("storage_per_project", text)]);
        assert_eq!(Kind::Amount.show(&json!(-1)), "");
        assert_eq!(Kind::Amount.show(&json!(53_687_091_200_i64)), "50 GiB");
        assert_eq!(changes(&of(-1), &post("50 GiB")).unwrap()["storage_per_project"], 53_687_091_200_i64);
        assert_eq!(changes(&of(5), &post("")).unwrap()["storage_per_project"], -1);
        assert!(changes(&of(-1), &post("")).unwrap().is_empty());
        let answer = changes(&of(-1), &post("lots")).unwrap_err();
        assert_eq!(answer.fault("values[storage_per_project]"), Some(&Fault::Amount));
        let answer = changes(&of(-1), &post("50")).unwrap_err();
        assert_eq!(answer.fault("values[storage_per_project]"), Some(&Fault::AmountUnit("50".into())));
    }

    #[test]
    fn values_are_put_into_words() {
        let words = |name: &str, value: Value| Item::of(&info(name, value.clone(), true)).words(&value);
        assert_eq!(words("self_registration", json!(false)), "Off");
        assert_eq!(words("token_expiration", json!(30)), "30 minutes");
        assert_eq!(words("project_creation_restriction", json!("everyone")), "Everyone");
        assert_eq!(words("storage_per_project", json!(-1)), "no limit");
        assert_eq!(words("storage_per_project", json!(53_687_091_200_i64)), "50 GiB");
        assert_eq!(words("banner_message", json!("")), "None");
        assert_eq!(words("robot_name_prefix", json!("robot$")), "robot$");
    }

    #[test]
    fn an_emptied_notice_is_gone() {
        let changes = changes(&current(), &posted(&[("read_only", "true"), ("banner_message", "")]), ALL).unwrap();
        assert_eq!(changes["banner_message"], "");
    }

    #[test]
    fn what_the_form_did_not_show_stays() {
        let posted = posted(&[("token_expiration", "45")]);
        let changes = changes(&current(), &posted, "token_expiration").unwrap();
        assert_eq!(changes.len(), 1, "{changes:?}");
    }

    #[test]
    fn secrets_change_only_when_they_are_typed() {
        let of = |text: &str| changes(&current(), &posted(&[("secret", text)]), "secret").unwrap();
        assert!(of("").is_empty());
        assert_eq!(of("s3cret")["secret"], "s3cret");
        let refused = refused(&of("s3cret"), ApiError::forbidden());
        assert!(!format!("{refused:?}").contains("s3cret"));
    }

    #[test]
    fn numbers_without_words_keep_to_whole_ones() {
        let of = |text: &str| changes(&current(), &posted(&[("ldap_timeout", text)]), "ldap_timeout");
        assert_eq!(of("9").unwrap()["ldap_timeout"], 9);
        assert!(of("x").is_err());
    }

    #[test]
    fn sources_are_read_back() {
        for source in Source::ALL {
            assert_eq!(Source::read(source.word()), Some(source));
        }
        assert_eq!(Source::of(&SettingInfo { source: "future".into(), ..SettingInfo::default() }), Source::Default);
    }

    #[test]
    fn what_was_set_to_its_default_is_not_set_here() {
        let set =
            |value: i64| SettingInfo { source: "database".into(), value: json!(value), ..info("a", json!(30), true) };
        assert_eq!((Source::of(&set(30)), Source::of(&set(45))), (Source::Default, Source::Here));
        let secret = SettingInfo { secret: true, value: Value::Null, default: Value::Null, ..set(0) };
        assert_eq!(Source::of(&secret), Source::Here);
    }
}
