//! Compares the description of our API with what Harbor's says: operations, parameters, bodies, answers, fields.
//!
//! `harbor-contract.json` writes a type as a text: `string`, `integer`, `boolean`, `number`, `any`, `file`, `[T]` a list,
//! `{T}` a map, `#Name` a schema; fields in place are an object. A superset is fine: parameters, fields and operations of
//! our own are not looked at.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Everything that Harbor's contract has and our description lacks, a line each.
pub fn differences(contract: &Value, ours: &Value) -> Vec<String> {
    let reader = Reader { schemas: &ours["components"]["schemas"], contract: &contract["schemas"] };
    let mut lines = Vec::new();
    for operation in contract["operations"].as_array().unwrap() {
        let (path, method) = (text(&operation["path"]), text(&operation["method"]));
        let found = &ours["paths"][path][method];
        let at = format!("{} {path}", method.to_uppercase());
        if found.is_null() {
            lines.push(format!("{at}: missing"));
            continue;
        }
        reader.operation(operation, found, |line| lines.push(format!("{at}: {line}")));
    }
    for (name, wanted) in contract["schemas"].as_object().unwrap() {
        // Names of single types and maps are resolved where they are used.
        let Some(fields) = wanted.as_object() else { continue };
        let found = &reader.schemas[name];
        if found.is_null() {
            lines.push(format!("{name}: missing"));
            continue;
        }
        for (field, kind) in fields {
            match &found["properties"][field] {
                Value::Null => lines.push(format!("{name}.{field}: missing")),
                own if !reader.is(kind, own) => {
                    lines.push(format!("{name}.{field}: {}, not {kind}", reader.shown(own)))
                }
                _ => {}
            }
        }
    }
    lines
}

struct Reader<'d> {
    schemas: &'d Value,
    contract: &'d Value,
}

impl Reader<'_> {
    fn operation(&self, wanted: &Value, found: &Value, mut say: impl FnMut(String)) {
        if found["operationId"] != wanted["id"] {
            say(format!("is called {}, not {}", found["operationId"], wanted["id"]));
        }
        let parameters = found["parameters"].as_array().cloned().unwrap_or_default();
        let own: BTreeMap<(&str, &str), &Value> = parameters
            .iter()
            .map(|parameter| ((text(&parameter["in"]), text(&parameter["name"])), parameter))
            .collect();
        for parameter in wanted["parameters"].as_array().unwrap() {
            let (place, name) = (text(&parameter["in"]), text(&parameter["name"]));
            let Some(own) = own.get(&(place, name)) else {
                say(format!("parameter {name} in {place}: missing"));
                continue;
            };
            if own["required"].as_bool().unwrap_or_default() != parameter["required"].as_bool().unwrap() {
                say(format!("parameter {name} in {place}: required {}", own["required"]));
            }
            if !self.is(&parameter["type"], &own["schema"]) {
                say(format!("parameter {name} in {place}: {}, not {}", self.shown(&own["schema"]), parameter["type"]));
            }
        }
        if let Some(body) = wanted.get("body") {
            let own = content(&found["requestBody"]);
            if !own.is_some_and(|own| self.is(&body["type"], own)) {
                say(format!("body: {}, not {}", own.map(|own| self.shown(own)).unwrap_or_default(), body["type"]));
            }
        }
        for (status, kind) in wanted["responses"].as_object().unwrap() {
            let own = &found["responses"][status];
            match (own.is_null(), kind.is_null(), content(own)) {
                (true, ..) => say(format!("answer {status}: missing")),
                (false, true, None) => {}
                (false, false, Some(own)) if self.is(kind, own) => {}
                (false, _, own) => {
                    say(format!("answer {status}: {}, not {kind}", own.map(|own| self.shown(own)).unwrap_or_default()));
                }
            }
        }
    }

    /// Whether a schema of ours is of a type.
    fn is(&self, wanted: &Value, own: &Value) -> bool {
        if let Some(fields) = wanted.as_object() {
            let resolved = self.resolved(own);
            return fields.iter().all(|(field, kind)| self.is(kind, &resolved["properties"][field]));
        }
        let wanted = text(wanted);
        if let Some(name) = wanted.strip_prefix('#') {
            let target = &self.contract[name];
            return if target.is_object() { reference(own) == Some(name) } else { self.is(target, own) };
        }
        let resolved = self.resolved(own);
        let kind = kind(resolved);
        if let Some(item) = wanted.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return kind == "array" && self.is(&json!(item), &resolved["items"]);
        }
        if let Some(value) = wanted.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            return kind == "object" && (value == "any" || self.is(&json!(value), &resolved["additionalProperties"]));
        }
        match wanted {
            "any" => !own.is_null(),
            "file" => kind == "string",
            _ => kind == wanted,
        }
    }

    /// What a reference leads to.
    fn resolved<'v>(&'v self, schema: &'v Value) -> &'v Value {
        let mut schema = alone(schema);
        while let Some(name) = reference(schema) {
            schema = alone(&self.schemas[name]);
        }
        schema
    }

    fn shown(&self, schema: &Value) -> String {
        match reference(schema) {
            Some(name) => format!("#{name}"),
            None if kind(alone(schema)) == "array" => format!("[{}]", self.shown(&alone(schema)["items"])),
            None => kind(alone(schema)).to_owned(),
        }
    }
}

/// The one alternative that is not null.
fn alone(schema: &Value) -> &Value {
    for key in ["oneOf", "anyOf", "allOf"] {
        let Some(alternatives) = schema[key].as_array() else { continue };
        let mut rest = alternatives.iter().filter(|alternative| alternative["type"] != "null");
        if let (Some(one), None) = (rest.next(), rest.next()) {
            return alone(one);
        }
    }
    schema
}

fn reference(schema: &Value) -> Option<&str> {
    alone(schema)["$ref"].as_str()?.rsplit('/').next()
}

/// The type, null left out.
fn kind(schema: &Value) -> &str {
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").map(text).unwrap_or_default(),
        kind => text(kind),
    }
}

/// The schema of a body.
fn content(body: &Value) -> Option<&Value> {
    let content = body["content"].as_object()?;
    // Harbor's description knows one kind of answer, and calls it text where there is more.
    content.get("text/plain").or_else(|| content.values().next()).map(|media| &media["schema"])
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
