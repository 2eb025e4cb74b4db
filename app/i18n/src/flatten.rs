//! A locale file as a flat list of messages, in the order that keys are numbered in.
//!
//! The build script and the browser both walk a file with this code, so that a key means the same place in both and no
//! key names need to be shipped.

use serde_json::{Map, Value};

/// The text of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Raw<'a> {
    /// One text for all cases.
    Text(&'a str),
    /// A text for each plural form, by the name of the form.
    Plural(Vec<(&'a str, &'a str)>),
}

/// Why a locale file cannot be used: the path of the value at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub String);

/// Every message of a locale file with its dotted path, sorted by path segment.
pub fn flatten(root: &Value) -> Result<Vec<(String, Raw<'_>)>, Malformed> {
    let mut found = Vec::new();
    let Value::Object(map) = root else { return Err(Malformed("the file".to_owned())) };
    walk(map, "", &mut found)?;
    Ok(found)
}

fn walk<'a>(map: &'a Map<String, Value>, prefix: &str, found: &mut Vec<(String, Raw<'a>)>) -> Result<(), Malformed> {
    // Sorted here: `Map` keeps file order or not depending on a feature that any crate in the build may turn on.
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| key.as_str());
    for (key, value) in entries {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::String(text) if !text.trim().is_empty() => found.push((path, Raw::Text(text))),
            Value::Object(forms) if is_plural(forms) => found.push((path.clone(), plural(forms, &path)?)),
            Value::Object(group) if !group.is_empty() => walk(group, &path, found)?,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                return Err(Malformed(path));
            }
        }
    }
    Ok(())
}

/// An object whose keys are all plural forms, the general one among them.
fn is_plural(forms: &Map<String, Value>) -> bool {
    forms.contains_key("other") && forms.keys().all(|key| matches!(key.as_str(), "one" | "few" | "many" | "other"))
}

fn plural<'a>(forms: &'a Map<String, Value>, path: &str) -> Result<Raw<'a>, Malformed> {
    let mut texts = Vec::with_capacity(forms.len());
    for (form, text) in forms {
        match text.as_str() {
            Some(text) if !text.trim().is_empty() => texts.push((form.as_str(), text)),
            Some(_) | None => return Err(Malformed(format!("{path}.{form}"))),
        }
    }
    texts.sort_unstable();
    Ok(Raw::Plural(texts))
}

/// A number that changes when a key is added, removed or renamed (FNV-1a over the paths).
pub fn fingerprint<'a>(paths: impl Iterator<Item = &'a str>) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for path in paths {
        for byte in path.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}
