//! The description of the API, completed: what every operation has in common is said here, once.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

/// The methods of every path, as routes name it.
pub type Methods = BTreeMap<String, Vec<String>>;

/// Which methods exist.
pub fn methods(api: &OpenApi) -> Methods {
    let document = serde_json::to_value(api).unwrap_or_default();
    let paths = document["paths"].as_object().cloned().unwrap_or_default();
    paths
        .into_iter()
        .map(|(path, item)| {
            let methods = item.as_object().cloned().unwrap_or_default();
            let mut methods: Vec<String> =
                methods.keys().filter(|key| is_method(key)).map(|key| key.to_ascii_uppercase()).collect();
            methods.sort();
            (path, methods)
        })
        .collect()
}

fn is_method(key: &str) -> bool {
    matches!(key, "get" | "head" | "post" | "put" | "patch" | "delete" | "options" | "trace")
}

/// The document: pretty, in a stable order, with a newline at its end.
pub fn document(api: &OpenApi) -> String {
    let mut document = serde_json::to_value(api).unwrap_or_default();
    document["info"] = json!({
        "title": "Berth",
        "description": "Harbor's management API as far as Berth serves it, and under /api/berth/v1 what Harbor lacks.",
        "version": "2.0",
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    });
    document["components"]["schemas"]["Errors"] = json!({
        "type": "object",
        "required": ["errors"],
        "properties": { "errors": { "type": "array", "items": {
            "type": "object",
            "required": ["code", "message"],
            "properties": { "code": { "type": "string" }, "message": { "type": "string" } },
        } } },
    });
    document["components"]["securitySchemes"] = json!({
        "basic": { "type": "http", "scheme": "basic" },
        "session": { "type": "apiKey", "in": "cookie", "name": "sid" },
    });
    document["security"] = json!([{ "basic": [] }, { "session": [] }, {}]);
    let paths = document["paths"].as_object().cloned().unwrap_or_default();
    document["paths"] = paths.into_iter().map(|(path, item)| complete(path, item)).collect::<Map<_, _>>().into();
    let mut text = serde_json::to_string_pretty(&sorted(document)).unwrap_or_default();
    text.push('\n');
    text
}

fn complete(path: String, mut item: Value) -> (String, Value) {
    let names: Vec<String> =
        path.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name.to_owned()).collect();
    for (method, operation) in item.as_object_mut().into_iter().flatten() {
        if !is_method(method) {
            continue;
        }
        let mut parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        parameters.retain(|parameter| parameter["in"] != "path");
        let mut all: Vec<Value> = names.iter().map(|name| path_parameter(name)).collect();
        all.append(&mut parameters);
        if !all.is_empty() {
            operation["parameters"] = Value::Array(all);
        }
        let error = json!({
            "description": "An error.",
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Errors" } } },
        });
        if let Some(responses) = operation["responses"].as_object_mut() {
            for (_, response) in responses.iter_mut() {
                if response["description"] == "" {
                    response["description"] = json!("Done.");
                }
            }
            responses.entry("default").or_insert(error);
        }
    }
    // Routes are written without the slash that Harbor's path ends with; both work.
    let path = if path.ends_with("/metadatas") { format!("{path}/") } else { path };
    (path, item)
}

fn path_parameter(name: &str) -> Value {
    let is_number = matches!(name, "mid" | "user_id");
    let description = match name {
        "project_name_or_id" => "Name or number of the project; X-Is-Resource-Name: true makes a number a name.",
        "project_name" => "Name of the project.",
        "repository_name" => "Name inside the project, slashes encoded twice (%252F).",
        "reference" => "Tag or digest.",
        "tag_name" => "Tag.",
        "mid" => "Number of the membership.",
        "user_id" => "Number of the person.",
        "meta_name" => "Key of the setting.",
        _ => "What the path names.",
    };
    let schema = if is_number { json!({ "type": "integer", "format": "int64" }) } else { json!({ "type": "string" }) };
    json!({ "name": name, "in": "path", "required": true, "description": description, "schema": schema })
}

/// Keys in alphabetical order, however the maps were built.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let ordered: BTreeMap<String, Value> = map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(ordered.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_operation_has_a_name_of_its_own_and_says_how_it_fails() {
        let document: Value = serde_json::from_str(&crate::openapi_json()).unwrap();
        let mut names = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap().iter().filter(|(key, _)| is_method(key)) {
                let name = operation["operationId"].as_str().unwrap();
                assert!(names.insert(name.to_owned()), "{name} is there twice");
                assert!(operation["responses"]["default"].is_object(), "{method} {path}");
                let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
                let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path").count();
                assert_eq!(in_path, path.matches('{').count(), "{method} {path}");
            }
        }
        assert!(names.len() > 30);
    }

    #[test]
    fn the_document_is_the_same_every_time() {
        assert_eq!(crate::openapi_json(), crate::openapi_json());
    }
}
