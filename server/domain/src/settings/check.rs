//! Whether a value can be one of a setting, in Harbor's words.

use serde_json::Value;

use super::list::{Kind, Setting};
use crate::{
    Error, Result,
    forward::{Endpoint, Proof},
};

/// The largest number of minutes or days.
const DURATION_MAX: i64 = 9_999_999_999;
/// The largest quota: 1024 TB, in bytes.
const QUOTA_BYTES_MAX: i64 = 1 << 50;
/// Harbor's modes of authentication. Only the first one is there.
const AUTH_MODES: [&str; 5] = ["db_auth", "ldap_auth", "uaa_auth", "http_auth", "oidc_auth"];
/// The longest text, in bytes.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// Checks the type alone. What is of another type than the API says is a mistake in the body, not in the value.
///
/// # Errors
/// [`Error::Unprocessable`] in the words of a Go decoder, which clients see from Harbor.
pub(super) fn shape(setting: &Setting, value: &Value) -> Result<()> {
    let (fits, wanted) = match setting.kind {
        Kind::Switch => (value.is_boolean(), "bool"),
        Kind::Number | Kind::Duration | Kind::LdapScope | Kind::Quota => (value.as_i64().is_some(), "int64"),
        Kind::Text | Kind::FilledText | Kind::Secret | Kind::AuthMode | Kind::ProjectCreation | Kind::TextMap => {
            (value.is_string(), "string")
        }
        Kind::ScanAll => (true, "object"),
    };
    if fits {
        return Ok(());
    }
    let found = match value {
        Value::Null => return Ok(()),
        Value::Bool(_) => "bool".to_owned(),
        Value::Number(number) if wanted == "int64" => format!("number {number}"),
        Value::Number(_) => "number".to_owned(),
        Value::String(_) => "string".to_owned(),
        Value::Array(_) => "array".to_owned(),
        Value::Object(_) => "object".to_owned(),
    };
    Err(Error::Unprocessable(format!(
        "validation failure list:\nparsing configurations body from \"\" failed, because json: cannot unmarshal {found} into \
         Go struct field Configurations.{} of type {wanted}",
        setting.name
    )))
}

/// Checks a value of the right type.
///
/// # Errors
/// [`Error::BadRequest`] with Harbor's reason.
pub(super) fn value(setting: &Setting, value: &Value) -> Result<()> {
    let name = setting.name;
    let refuse = |reason: String| Err(Error::BadRequest(format!("bad request: {reason}")));
    let text = value.as_str().unwrap_or_default();
    let number = value.as_i64().unwrap_or_default();
    if text.len() > TEXT_BYTES_MAX {
        return refuse(format!("{name} is longer than {TEXT_BYTES_MAX} bytes"));
    }
    if text.contains('\0') {
        return refuse(format!("{name} contains a NUL character"));
    }
    match name {
        "audit_log_forward_endpoint" => {
            Endpoint::read(text).map_err(|why| Error::BadRequest(format!("bad request: {name}: {why}")))?;
        }
        "audit_log_forward_header" => {
            Proof::read(text).map_err(|why| Error::BadRequest(format!("bad request: {name}: {why}")))?;
        }
        _ => {}
    }
    match setting.kind {
        Kind::Duration if number < 1 => Err(Error::BadRequest(format!("the {name} value must be positive"))),
        Kind::Duration if number > DURATION_MAX => {
            Err(Error::BadRequest(format!("the {name} value is over the limit value {DURATION_MAX}")))
        }
        Kind::FilledText if text.trim().is_empty() => refuse(format!("{name} cannot be empty or contain only spaces")),
        Kind::ProjectCreation if !["everyone", "adminonly"].contains(&text) => {
            refuse(format!("item name {name}: invalid project_creation_restriction, should be adminonly or everyone"))
        }
        Kind::LdapScope if !(0..=2).contains(&number) => {
            refuse(format!("item name {name}: invalid scope, should be 0, 1 or 2"))
        }
        Kind::Quota if number < 1 && number != -1 => {
            refuse(format!("invalid non-positive value for quota limit, value={number}"))
        }
        Kind::Quota if number > QUOTA_BYTES_MAX => {
            // Harbor reads numbers as floats, and prints them as such.
            refuse(format!("exceeded 1024TB, which is {QUOTA_BYTES_MAX} Bytes, value={}", number as f64))
        }
        Kind::AuthMode if !AUTH_MODES.contains(&text) => {
            // Harbor's word, misspelt and all.
            refuse(format!("item name {name}: invalid {name}, shoud be one of {}", AUTH_MODES.join(", ")))
        }
        Kind::AuthMode if text != AUTH_MODES[0] => {
            refuse(format!("item name {name}: not available yet: signing in by {text}"))
        }
        Kind::TextMap
            if !text.is_empty()
                && serde_json::from_str::<std::collections::BTreeMap<String, String>>(text).is_err() =>
        {
            refuse(format!("item name {name}: invalid JSON object of texts"))
        }
        Kind::Text
        | Kind::FilledText
        | Kind::Secret
        | Kind::Switch
        | Kind::Number
        | Kind::Duration
        | Kind::AuthMode
        | Kind::ProjectCreation
        | Kind::LdapScope
        | Kind::Quota
        | Kind::TextMap
        | Kind::ScanAll => Ok(()),
    }
}
