//! The description of the API, completed: what every operation has in common is said here, once.

use std::collections::BTreeMap;

use berth_domain::settings::{Kind, SETTINGS};
use berth_types::api::METADATA_KEYS;
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

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
    for (name, schema) in settings_schemas() {
        document["components"]["schemas"][name] = schema;
    }
    let metadata: Map<_, _> =
        METADATA_KEYS.iter().map(|key| ((*key).to_owned(), json!({ "type": "string" }))).collect();
    let metadata =
        json!({ "type": "object", "description": "Settings of a project, all as texts.", "properties": metadata });
    document["components"]["schemas"]["ProjectMetadata"] = metadata;
    for name in ["Project", "ProjectReq"] {
        let reference = json!({ "$ref": "#/components/schemas/ProjectMetadata" });
        document["components"]["schemas"][name]["properties"]["metadata"] = reference;
    }
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
        let mut all: Vec<Value> = names.iter().map(|name| path_parameter(&path, name)).collect();
        all.append(&mut parameters);
        let mut common = Vec::new();
        if path.contains("{project_name_or_id}") {
            let about = "Whether a number in the path is the name of a project.";
            common.push(header("X-Is-Resource-Name", about, json!({ "type": "boolean", "default": false })));
        }
        if path.starts_with("/api/v2.0/") {
            let about = "Id of the request; one is made where none is given.";
            common.push(header("X-Request-Id", about, json!({ "type": "string", "minLength": 1 })));
        }
        common.retain(|header| all.iter().all(|parameter| parameter["name"] != header["name"]));
        all.append(&mut common);
        if !all.is_empty() {
            operation["parameters"] = Value::Array(all);
        }
        let error = json!({
            "description": "An error.",
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Errors" } } },
        });
        let has_pages = operation["parameters"]
            .as_array()
            .is_some_and(|parameters| parameters.iter().any(|parameter| parameter["name"] == "page_size"));
        if let Some(responses) = operation["responses"].as_object_mut() {
            for (status, response) in responses.iter_mut() {
                // Every answer has to say something, or generators of clients refuse the document.
                if response["description"].as_str().unwrap_or_default().is_empty() {
                    response["description"] = json!("Done.");
                }
                let is_list = response["content"]["application/json"]["schema"]["type"] == "array";
                let headers = answer_headers(&path, status, has_pages && is_list);
                if !headers.is_empty() {
                    response["headers"] = headers.into();
                }
            }
            responses.entry("default").or_insert(error);
        }
    }
    // Routes are written without the slash that Harbor's path ends with; both work.
    let path = if path.ends_with("}/metadatas") { format!("{path}/") } else { path };
    (path, item)
}

/// What the head of an answer says.
fn answer_headers(path: &str, status: &str, is_list: bool) -> Map<String, Value> {
    let header = |about: &str, of: Value| json!({ "description": about, "required": true, "schema": of });
    let mut headers = Map::new();
    if status == "200" && is_list {
        let total = header("How many there are on all pages.", json!({ "type": "integer", "minimum": 0 }));
        headers.insert("X-Total-Count".to_owned(), total);
        let link = "The pages before and after, where there are any.";
        headers.insert("Link".to_owned(), json!({ "description": link, "schema": { "type": "string" } }));
    }
    // Harbor does not say where a new tag is, nor when everything is scanned.
    if status == "201" && !path.ends_with("/tags") && !path.ends_with("/scanAll/schedule") {
        let location = header("Path of what was made.", json!({ "type": "string" }));
        headers.insert("Location".to_owned(), location);
    }
    if path.starts_with("/api/v2.0/") {
        let id = header("Id of the request, as logs have it.", json!({ "type": "string" }));
        headers.insert("X-Request-Id".to_owned(), id);
    }
    headers
}

fn header(name: &str, description: &str, schema: Value) -> Value {
    json!({ "name": name, "in": "header", "required": false, "description": description, "schema": schema })
}

/// The settings as data say what their bodies look like.
fn settings_schemas() -> Vec<(&'static str, Value)> {
    let item = |of: &str| {
        json!({
            "type": "object",
            "description": "A setting with its value, and whether it can be changed here.",
            "properties": { "value": { "type": of }, "editable": { "type": "boolean" } },
        })
    };
    let (mut given, mut shown) = (Map::new(), Map::new());
    for setting in SETTINGS {
        let (of, its_item) = match setting.kind {
            Kind::Switch => ("boolean", "BoolConfigItem"),
            Kind::Number | Kind::Duration | Kind::LdapScope | Kind::Quota => ("integer", "IntegerConfigItem"),
            Kind::Text | Kind::FilledText | Kind::Secret | Kind::AuthMode | Kind::ProjectCreation | Kind::TextMap => {
                ("string", "StringConfigItem")
            }
            Kind::ScanAll => {
                let daily = json!({ "type": "object", "properties": { "daily_time": { "type": "integer" } } });
                let properties = json!({ "type": { "type": "string" }, "parameter": daily });
                shown.insert(setting.name.to_owned(), json!({ "type": "object", "properties": properties }));
                continue;
            }
        };
        given.insert(setting.name.to_owned(), json!({ "type": [of, "null"] }));
        if setting.shown {
            let reference = format!("#/components/schemas/{its_item}");
            shown.insert(setting.name.to_owned(), json!({ "$ref": reference }));
        }
    }
    let object = |about: &str, properties: Map<String, Value>| json!({ "type": "object", "description": about, "properties": properties });
    let value = json!({ "$ref": "#/components/schemas/InternalConfigurationValue" });
    vec![
        ("BoolConfigItem", item("boolean")),
        ("Configurations", object("Settings to change; what is left out or null stays.", given)),
        ("ConfigurationsResponse", object("All settings but secrets.", shown)),
        ("IntegerConfigItem", item("integer")),
        (
            "InternalConfigurationValue",
            json!({
                "type": "object",
                "description": "A setting with its value, and whether it can be changed here.",
                "properties": { "value": {}, "editable": { "type": "boolean" } },
            }),
        ),
        (
            "InternalConfigurationsResponse",
            json!({
                "type": "object", "description": "All settings.", "additionalProperties": value,
            }),
        ),
        ("StringConfigItem", item("string")),
    ]
}

/// Names of row ids in paths. Those of other operations are texts.
fn is_row_id(path: &str, name: &str) -> bool {
    if matches!(name, "id" | "mid" | "eid" | "tid") {
        return path.starts_with("/api/v2.0/");
    }
    name.ends_with("_id")
        && !matches!(name, "project_name_or_id" | "job_id" | "pool_id" | "report_id" | "registration_id")
}

fn path_parameter(path: &str, name: &str) -> Value {
    let is_number = is_row_id(path, name);
    let description = match name {
        "project_name_or_id" => "Name or number of the project; X-Is-Resource-Name: true makes a number a name.",
        "project_name" => "Name of the project.",
        "repository_name" => "Name inside the project, slashes encoded twice (%252F).",
        "reference" => "Tag or digest.",
        "tag_name" => "Tag.",
        "mid" => "Number of the membership.",
        "user_id" => "Number of the person.",
        "meta_name" => "Key of the setting.",
        _ if is_number => "Number of what the path names.",
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
                let answers = operation["responses"].as_object().unwrap();
                assert!(answers["default"].is_object(), "{method} {path}");
                let is_described = |answer: &Value| answer["description"].as_str().is_some_and(|text| !text.is_empty());
                assert!(answers.values().all(is_described), "{method} {path} has an answer without a description");
                let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
                let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path").count();
                assert_eq!(in_path, path.matches('{').count(), "{method} {path}");
            }
        }
        assert!(names.len() > 30);
    }

    #[test]
    fn heads_and_kinds_of_answers_are_described() {
        let document: Value = serde_json::from_str(&crate::openapi_json()).unwrap();
        let paths = &document["paths"];
        let list = &paths["/api/v2.0/projects"]["get"]["responses"]["200"]["headers"];
        assert_eq!(list["X-Total-Count"]["required"], true);
        assert!(list["Link"].is_object() && list["Link"]["required"].is_null());
        assert_eq!(paths["/api/v2.0/projects"]["post"]["responses"]["201"]["headers"]["Location"]["required"], true);
        let artifact = "/api/v2.0/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}";
        let one = &paths[artifact]["get"]["responses"]["200"]["headers"];
        assert!(one["X-Request-Id"].is_object() && one["X-Total-Count"].is_null(), "{one}");
        let kinds = |addition: &str| {
            let answer = &paths[format!("{artifact}/additions/{addition}")]["get"]["responses"]["200"];
            answer["content"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(kinds("vulnerabilities"), ["application/json"]);
        assert_eq!(kinds("{addition}"), ["application/json", "text/markdown", "text/plain"]);
        let schemas = &document["components"]["schemas"];
        let capabilities = &schemas["ScannerRegistration"]["properties"]["capabilities"];
        assert_eq!(capabilities["additionalProperties"]["type"], "boolean");
        assert_eq!(schemas["Schedule"]["properties"]["parameters"]["additionalProperties"], json!({}));
    }

    #[test]
    fn the_document_is_the_same_every_time() {
        assert_eq!(crate::openapi_json(), crate::openapi_json());
    }
}
