//! What a P2P network and a policy for it have to be, so that a run could follow them.

use std::collections::BTreeMap;

use berth_db::query::preheat::InstanceContent;
use berth_types::api::PreheatInstance;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    Domain, Error, Result, cron,
    outbound::{allowed, basic, is_same_place},
};

/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 255;
/// The longest address, in bytes.
const ENDPOINT_BYTES_MAX: usize = 1024;

/// A kind of P2P network.
pub(super) struct Vendor {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) icon: &'static str,
    pub(super) maintainers: &'static [&'static str],
    pub(super) version: &'static str,
    pub(super) source: &'static str,
    /// Where it says that it is well.
    pub(super) health_path: &'static str,
}

pub(super) const VENDORS: [Vendor; 2] = [
    Vendor {
        id: "dragonfly",
        name: "Dragonfly",
        icon: "https://raw.githubusercontent.com/dragonflyoss/Dragonfly2/master/docs/images/logo/dragonfly.svg",
        maintainers: &["chlins.zhang@gmail.com", "gaius.qi@gmail.com"],
        version: "2.1.59",
        source: "https://github.com/dragonflyoss/Dragonfly2",
        health_path: "/healthy",
    },
    Vendor {
        id: "kraken",
        name: "Kraken",
        icon: "https://github.com/uber/kraken/blob/master/assets/kraken-logo-color.svg",
        maintainers: &["mmpei/peimingming@corp.netease.com"],
        version: "0.1.3",
        source: "https://github.com/uber/kraken",
        health_path: "/health",
    },
];

pub(super) fn unknown_vendor(vendor: &str) -> Error {
    Error::BadRequest(format!("unsupported vendor {vendor}: it is one of dragonfly, kraken"))
}

/// Letters and digits, with single dots, dashes and underscores between them.
pub(super) fn checked_name(name: &str) -> Result<()> {
    let parts = name.split(['.', '_', '-']);
    let is_word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !parts.into_iter().all(is_word) || name.chars().count() > NAME_CHARS_MAX {
        return Err(Error::BadRequest(format!("name {name} is invalid")));
    }
    Ok(())
}

/// Under which name the credentials of P2P networks are sealed.
const VAULT: &str = "preheat instance";

pub(super) fn checked_instance(
    domain: &Domain,
    request: &PreheatInstance,
    before: Option<&InstanceContent>,
) -> Result<InstanceContent> {
    let name = match before {
        Some(before) if request.name.is_empty() => before.name.clone(),
        _ => request.name.clone(),
    };
    checked_name(&name)?;
    crate::limit::check_description(&request.description)?;
    if !VENDORS.iter().any(|vendor| vendor.id == request.vendor) {
        return Err(unknown_vendor(&request.vendor));
    }
    let endpoint = request.endpoint.trim().trim_end_matches('/');
    let url = allowed(endpoint).map_err(|failure| Error::BadRequest(format!("invalid endpoint: {failure}")))?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        let text = format!("invalid endpoint: `{endpoint}` is more than scheme, host, port and path");
        return Err(Error::BadRequest(text));
    }
    if endpoint.len() > ENDPOINT_BYTES_MAX {
        return Err(Error::BadRequest(format!("the endpoint is longer than {ENDPOINT_BYTES_MAX} bytes")));
    }
    let mode = if request.auth_mode.is_empty() { "NONE" } else { request.auth_mode.as_str() };
    let auth_info = match mode {
        "NONE" => None,
        "BASIC" | "OAUTH" if request.auth_info.is_empty() => {
            // A credential does not move to another host, or to one that nobody verifies.
            let is_kept = |before: &&InstanceContent| {
                before.auth_mode == mode
                    && is_same_place(&before.endpoint, endpoint)
                    && (before.insecure || !request.insecure)
            };
            let kept = before.filter(is_kept).and_then(|before| before.auth_info.clone());
            let missing = || Error::BadRequest(format!("auth_info is required where auth_mode is {mode}"));
            Some(kept.ok_or_else(missing)?)
        }
        "BASIC" | "OAUTH" => {
            header_of(mode, &request.auth_info)?;
            let json = serde_json::to_string(&request.auth_info).map_err(Error::internal)?;
            Some(domain.seal(VAULT, &json)?)
        }
        mode => {
            let text = format!("unsupported auth_mode {mode}: it is one of NONE, BASIC, OAUTH");
            return Err(Error::BadRequest(text));
        }
    };
    Ok(InstanceContent {
        name,
        description: request.description.clone(),
        vendor: request.vendor.clone(),
        endpoint: endpoint.to_owned(),
        auth_mode: mode.to_owned(),
        auth_info,
        enabled: request.enabled,
        is_default: request.default,
        insecure: request.insecure,
    })
}

/// The header by which a P2P network knows who asks.
pub(super) fn authorization(domain: &Domain, content: &InstanceContent) -> Result<Option<String>> {
    let Some(sealed) = &content.auth_info else { return Ok(None) };
    let info = serde_json::from_str(&domain.unseal(VAULT, sealed)?).map_err(Error::internal)?;
    header_of(&content.auth_mode, &info).map(Some)
}

/// Harbor's portal sends the user as the key and the password as the value; others name the two.
fn header_of(mode: &str, info: &BTreeMap<String, String>) -> Result<String> {
    let only = || info.iter().next().filter(|_| info.len() == 1);
    let header = if mode == "BASIC" {
        let named = info.get("username").zip(info.get("password"));
        let (user, password) = named
            .or_else(only)
            .ok_or_else(|| Error::BadRequest("auth_info has to hold username and password".to_owned()))?;
        basic(&format!("{user}:{password}"))
    } else {
        let token = info.get("token").ok_or_else(|| Error::BadRequest("auth_info has to hold token".to_owned()))?;
        format!("Bearer {token}")
    };
    if header.chars().any(char::is_control) {
        return Err(Error::BadRequest("auth_info contains characters that no header can carry".to_owned()));
    }
    Ok(header)
}

#[derive(Deserialize)]
struct Filter {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    value: Value,
}

pub(super) fn check_filters(text: &str) -> Result<()> {
    let refused = |reason: String| Error::BadRequest(format!("invalid filters: {reason}"));
    let filters: Vec<Filter> = serde_json::from_str(text).map_err(|error| refused(error.to_string()))?;
    for filter in &filters {
        let value = &filter.value;
        let is_right = match filter.kind.as_str() {
            "repository" | "tag" => value.is_string(),
            "signature" => value.is_boolean(),
            "vulnerability" => value.is_i64() || value.as_str().is_some_and(|text| text.parse::<i32>().is_ok()),
            "label" => value.is_string() || value.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
            kind => return Err(refused(format!("there is no filter of the type {kind}"))),
        };
        if !is_right {
            return Err(refused(format!("the value of the filter of the type {} is of another type", filter.kind)));
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Trigger {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    trigger_setting: Option<TriggerSetting>,
}

#[derive(Default, Deserialize)]
struct TriggerSetting {
    #[serde(default)]
    cron: Option<String>,
}

pub(super) fn check_trigger(text: &str) -> Result<()> {
    let refused = |reason: String| Error::BadRequest(format!("invalid trigger: {reason}"));
    let trigger: Trigger = serde_json::from_str(text).map_err(|error| refused(error.to_string()))?;
    match trigger.kind.as_str() {
        "manual" | "event_based" => Ok(()),
        "scheduled" => {
            let cron = trigger.trigger_setting.unwrap_or_default().cron.unwrap_or_default();
            cron::check_for("preheat", &cron)
        }
        kind => Err(refused(format!("there is no trigger of the type {kind}"))),
    }
}

pub(super) fn check_attributes(text: &str) -> Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let read: std::result::Result<serde_json::Map<String, Value>, _> = serde_json::from_str(text);
    read.map(drop).map_err(|error| Error::BadRequest(format!("invalid extra_attrs: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(refused: Result<()>) -> String {
        refused.unwrap_err().to_string()
    }

    #[test]
    fn names_are_words_with_single_marks_between_them() {
        for name in ["a", "A9", "probe-inst.1_x"] {
            assert!(checked_name(name).is_ok(), "{name}");
        }
        for name in ["", "a b", "-a", "a-", "a..b", "ü"] {
            assert_eq!(text(checked_name(name)), format!("name {name} is invalid"));
        }
        assert!(checked_name(&"n".repeat(256)).is_err());
    }

    #[test]
    fn filters_hold_what_their_type_says() {
        assert!(check_filters(r#"[{"type":"repository","value":"**"},{"type":"label","value":["a"]}]"#).is_ok());
        assert!(check_filters(r#"[{"type":"signature","value":true},{"type":"vulnerability","value":3}]"#).is_ok());
        assert!(check_filters("[]").is_ok());
        for filters in [
            "",
            "shoe",
            "{}",
            r#"[{"type":"shoe","value":"x"}]"#,
            r#"[{"type":"tag"}]"#,
            r#"[{"type":"label","value":1}]"#,
        ] {
            assert!(text(check_filters(filters)).starts_with("invalid filters: "), "{filters}");
        }
    }

    #[test]
    fn a_schedule_has_a_time() {
        assert!(check_trigger(r#"{"type":"manual","trigger_setting":{"cron":""}}"#).is_ok());
        assert!(check_trigger(r#"{"type":"scheduled","trigger_setting":{"cron":"0 0 0 * * *"}}"#).is_ok());
        assert_eq!(
            text(check_trigger(r#"{"type":"scheduled","trigger_setting":{"cron":"x"}}"#)),
            "invalid cron string for scheduled preheat: x, error: expected exactly 6 fields, found 1: [x]"
        );
        for trigger in ["", "{}", r#"{"type":"shoe"}"#, r#"{"type":"scheduled"}"#] {
            assert!(check_trigger(trigger).is_err(), "{trigger}");
        }
    }

    #[test]
    fn credentials_come_in_both_forms() {
        let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let named: BTreeMap<_, _> = map(&[("username", "u"), ("password", "p")]);
        assert_eq!(header_of("BASIC", &named).unwrap(), "Basic dTpw");
        assert_eq!(header_of("BASIC", &map(&[("u", "p")])).unwrap(), "Basic dTpw");
        assert_eq!(header_of("OAUTH", &map(&[("token", "t")])).unwrap(), "Bearer t");
        assert!(header_of("BASIC", &map(&[("a", "b"), ("c", "d")])).is_err());
        assert!(header_of("OAUTH", &named).is_err());
        assert!(header_of("OAUTH", &map(&[("token", "t\r\nx: y")])).is_err());
    }
}
