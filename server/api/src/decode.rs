//! JSON as Harbor's decoder reads it, and refused in its words, which scripts match and people read.

use berth_web::ApiError;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// What a field holds, by the name that Go has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `string`
    Text,
    /// `int64`
    Number,
    /// `bool`
    Switch,
    /// A list of what Go calls so, for example `int64`.
    List(&'static str),
}

/// How refusals name a body.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    /// The parameter, for example `userReq`.
    pub parameter: &'static str,
    /// The type, for example `UserCreationReq`.
    pub model: &'static str,
}

impl Names {
    fn refuse(&self, because: impl std::fmt::Display) -> ApiError {
        ApiError::validation(format!("parsing {} body from \"\" failed, because {because}", self.parameter))
    }
}

/// The object in a text, empty for `null`. Fields that are `null` count as left out.
///
/// # Errors
/// 422 where there is none.
pub fn object(names: Names, bytes: &[u8]) -> Result<Map<String, Value>, ApiError> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| names.refuse(explain(bytes, &error)))?;
    match value {
        Value::Object(mut object) => {
            object.retain(|_, value| !value.is_null());
            Ok(object)
        }
        Value::Null => Ok(Map::new()),
        other => {
            let found = kind(&other);
            // Schemas without a name live in Harbor's package of their tag.
            let package = if names.model.contains('.') { "" } else { "models." };
            let model = names.model;
            Err(names.refuse(format!("json: cannot unmarshal {found} into Go value of type {package}{model}")))
        }
    }
}

/// An object as a type. The types of the given fields are checked first; unknown ones are ignored.
///
/// # Errors
/// 422 where something is of another type.
pub fn typed<T: DeserializeOwned>(
    names: Names,
    fields: &[(&str, Field)],
    object: Map<String, Value>,
) -> Result<T, ApiError> {
    for (name, field) in fields {
        let Some(value) = object.get(*name) else { continue };
        let (fits, wanted) = match field {
            Field::Text => (value.is_string(), "string".to_owned()),
            Field::Number => (value.as_i64().is_some(), "int64".to_owned()),
            Field::Switch => (value.is_boolean(), "bool".to_owned()),
            Field::List(of) => (value.is_array(), format!("[]{of}")),
        };
        if fits {
            continue;
        }
        let found = match value {
            Value::Number(number) if *field == Field::Number => format!("number {number}"),
            value => kind(value).to_owned(),
        };
        let model = names.model;
        return Err(names
            .refuse(format!("json: cannot unmarshal {found} into Go struct field {model}.{name} of type {wanted}")));
    }
    serde_json::from_value(Value::Object(object)).map_err(|error| names.refuse(format!("json: {error}")))
}

/// What Go calls a value of JSON.
pub const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A mistake in JSON as Go's decoder words it: the character that is wrong, and what was looked for there.
fn explain(bytes: &[u8], error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "unexpected EOF".to_owned();
    }
    let text = String::from_utf8_lossy(bytes);
    // The decoder names the place where it gave up: the wrong character, or the one before it.
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    let before: String = line.chars().take(error.column().saturating_sub(1)).collect();
    let wrong = line.chars().nth(error.column().saturating_sub(1));
    let Some(wrong) = wrong else { return "unexpected EOF".to_owned() };
    let place = match before.trim_end().chars().last() {
        None => "looking for beginning of value",
        Some('{') => "looking for beginning of object key string",
        Some(',') if is_in_object(&before) => "looking for beginning of object key string",
        Some(':' | '[' | ',') => "looking for beginning of value",
        Some(_) if is_in_object(&before) => "after object key:value pair",
        Some(_) if before.contains('[') => "after array element",
        Some(_) => "after top-level value",
    };
    format!("invalid character {wrong:?} {place}")
}

/// Whether the last thing that was opened is an object. Good enough for a message: braces in texts are not told apart.
fn is_in_object(before: &str) -> bool {
    let mut open = Vec::new();
    for char in before.chars() {
        match char {
            '{' | '[' => open.push(char),
            '}' | ']' => {
                open.pop();
            }
            _ => {}
        }
    }
    open.last() == Some(&'{')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Thing {
        #[serde(default)]
        name: String,
        #[serde(default)]
        count: i64,
    }

    fn read(text: &str) -> Result<Thing, String> {
        let names = Names { parameter: "thing", model: "Thing" };
        let fields = [("name", Field::Text), ("count", Field::Number)];
        let read = object(names, text.as_bytes()).and_then(|object| typed(names, &fields, object));
        read.map_err(|error| error.message().to_owned())
    }

    #[test]
    fn refusals_are_worded_as_harbor_does() {
        for (text, because) in [
            ("{oops", "invalid character 'o' looking for beginning of object key string"),
            ("oops", "invalid character 'o' looking for beginning of value"),
            ("{\"a\":1", "unexpected EOF"),
            ("[]", "json: cannot unmarshal array into Go value of type models.Thing"),
            ("\"x\"", "json: cannot unmarshal string into Go value of type models.Thing"),
            ("{\"name\":5}", "json: cannot unmarshal number into Go struct field Thing.name of type string"),
            ("{\"count\":1.5}", "json: cannot unmarshal number 1.5 into Go struct field Thing.count of type int64"),
        ] {
            let refusal = format!("validation failure list:\nparsing thing body from \"\" failed, because {because}");
            assert_eq!(read(text).unwrap_err(), refusal, "{text}");
        }
    }

    #[test]
    fn null_and_unknown_fields_count_as_left_out() {
        for text in ["null", "{}", "{\"name\":null,\"shoe\":1}"] {
            let thing = read(text).unwrap();
            assert_eq!((thing.name.as_str(), thing.count), ("", 0), "{text}");
        }
    }
}
