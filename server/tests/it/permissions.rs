//! Who may do what: every operation of the API's description and of `/v2`, as every role.
//!
//! Requests are made so that whoever may gets past the check and then fails or changes nothing that others of the table
//! rest on: bodies are empty objects, and what is deleted does not exist.

use std::collections::BTreeMap;

use berth_testkit::{Backend, Client, Image, Role, TestApp, on_both};
use serde_json::{Value, json};

/// A private project, and a public one for those who are no members.
const PRIVATE: &str = "private";
const PUBLIC: &str = "open";
const MISSING: &str = "999999";

/// Queries without which a request is refused before anybody asks who makes it.
const QUERIES: [(&str, &str, &str); 5] = [
    ("HEAD", "/api/v2.0/projects", "project_name=private"),
    ("POST", "/api/v2.0/projects/{project_name}/repositories/{repository_name}/artifacts", "from=private/app:missing"),
    ("GET", "/api/v2.0/search", "q=app"),
    ("GET", "/api/v2.0/users/search", "username=victim"),
    ("POST", "/v2/{project_name}/{repository_name}/blobs/uploads/", "digest=none"),
];

/// The same for bodies.
const BODIES: [(&str, &str, &str); 1] = [(
    "POST",
    "/api/v2.0/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/tags",
    r#"{"name":"v1"}"#,
)];

struct Operation {
    method: String,
    path: String,
}

/// All operations of the description, in its order.
fn described() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&berth_api::openapi_json()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            operations.push(Operation { method: method.to_uppercase(), path: path.clone() });
        }
    }
    operations
}

/// The operations of the registry.
fn registry() -> Vec<Operation> {
    let repo = "/v2/{project_name}/{repository_name}";
    let digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
    let upload = "00000000-0000-0000-0000-000000000000";
    [
        ("GET", "/v2/".to_owned()),
        ("GET", "/v2/_catalog".to_owned()),
        ("GET", format!("{repo}/tags/list")),
        ("GET", format!("{repo}/referrers/{digest}")),
        ("HEAD", format!("{repo}/manifests/{{reference}}")),
        ("GET", format!("{repo}/manifests/{{reference}}")),
        ("PUT", format!("{repo}/manifests/{{reference}}")),
        ("DELETE", format!("{repo}/manifests/{{reference}}")),
        ("HEAD", format!("{repo}/blobs/{digest}")),
        ("GET", format!("{repo}/blobs/{digest}")),
        ("DELETE", format!("{repo}/blobs/{digest}")),
        ("POST", format!("{repo}/blobs/uploads/")),
        ("GET", format!("{repo}/blobs/uploads/{upload}")),
        ("PATCH", format!("{repo}/blobs/uploads/{upload}")),
        ("PUT", format!("{repo}/blobs/uploads/{upload}")),
        ("DELETE", format!("{repo}/blobs/uploads/{upload}")),
    ]
    .map(|(method, path)| Operation { method: method.to_owned(), path })
    .into()
}

/// The path of a request, or the parameter that nobody has filled.
fn fill(operation: &Operation, project: &str, values: &BTreeMap<&str, String>) -> Result<String, String> {
    let mut path = operation.path.clone();
    while let Some((before, rest)) = path.split_once('{') {
        let (name, after) = rest.split_once('}').unwrap();
        let is_last = after.is_empty();
        let value = match name {
            "project_name" | "project_name_or_id" => project.to_owned(),
            // What is deleted is not there, so that it can be asked for again and again.
            _ if is_last && operation.method == "DELETE" && name != "meta_name" => match name {
                "repository_name" | "tag_name" | "reference" => "missing".to_owned(),
                _ => MISSING.to_owned(),
            },
            _ => values.get(name).ok_or_else(|| format!("{} {}: {name}", operation.method, operation.path))?.clone(),
        };
        path = format!("{before}{value}{after}");
    }
    Ok(path)
}

async fn ask(client: &Client, operation: &Operation, path: &str) -> u16 {
    let find = |list: &[(&str, &str, &'static str)]| {
        let own = list.iter().find(|(method, path, _)| *method == operation.method && *path == operation.path);
        own.map(|(.., text)| *text)
    };
    let query = find(&QUERIES).map(|query| format!("?{query}")).unwrap_or_default();
    let request = client.request(operation.method.parse().unwrap(), &format!("{path}{query}"));
    let request = if matches!(operation.method.as_str(), "POST" | "PUT") {
        request.header("content-type", "application/json").body(find(&BODIES).unwrap_or("{}"))
    } else {
        request
    };
    request.send().await.status
}

/// The table of all statuses.
async fn matrix(app: &TestApp) -> String {
    let mut clients: Vec<(&str, Client)> = vec![("anonymous", app.anonymous()), ("foreign", app.user("foreign").await)];
    app.project(PRIVATE, false).await;
    app.project(PUBLIC, true).await;
    for (name, role) in [
        ("limited", Role::LimitedGuest),
        ("guest", Role::Guest),
        ("developer", Role::Developer),
        ("maintainer", Role::Maintainer),
        ("padmin", Role::ProjectAdmin),
    ] {
        clients.push((name, app.user_in(PRIVATE, name, role).await));
    }
    clients.push(("sysadmin", app.admin()));
    let image = Image::new("image", 1);
    for project in [PRIVATE, PUBLIC] {
        app.admin().push(&format!("{project}/app"), "v1", &image).await;
    }
    app.user("victim").await;
    let found = app.admin().get("/api/v2.0/users?q=username%3Dvictim").send().await.expect(200).json();
    let victim = found[0]["user_id"].as_i64().unwrap();
    let members =
        app.admin().get("/api/v2.0/projects/private/members?entityname=guest").send().await.expect(200).json();
    let values: BTreeMap<&str, String> = [
        ("repository_name", "app".to_owned()),
        ("reference", "v1".to_owned()),
        ("tag_name", "v1".to_owned()),
        ("addition", "build_history".to_owned()),
        ("user_id", victim.to_string()),
        ("mid", members[0]["id"].to_string()),
        ("meta_name", "public".to_owned()),
        ("id", MISSING.to_owned()),
    ]
    .into();

    let mut table = String::from("private project                                                       ");
    let names = clients.iter().map(|(name, _)| *name).chain(["anonymous", "foreign"]);
    table.extend(names.map(|name| format!(" {name:>10}")));
    table.push_str("   (the last two: public project)\n");
    let mut uncovered = Vec::new();
    for operation in described().into_iter().chain(registry()) {
        let line = format!("{:<7}{}", operation.method, operation.path);
        let (private, public) = match (fill(&operation, PRIVATE, &values), fill(&operation, PUBLIC, &values)) {
            (Ok(private), Ok(public)) => (private, public),
            (Err(parameter), _) | (_, Err(parameter)) => {
                uncovered.push(parameter);
                continue;
            }
        };
        let mut statuses = Vec::new();
        for (_, client) in &clients {
            statuses.push(ask(client, &operation, &private).await.to_string());
        }
        for (_, client) in &clients[..2] {
            let status =
                if private == public { "-".to_owned() } else { ask(client, &operation, &public).await.to_string() };
            statuses.push(status);
        }
        let statuses: String = statuses.iter().map(|status| format!(" {status:>10}")).collect();
        // Long paths stand on a line of their own.
        let line = if line.len() > 70 { format!("{line}\n{:<70}", "") } else { format!("{line:<70}") };
        table.push_str(&format!("{line}{statuses}\n"));
    }
    assert_eq!(uncovered, Vec::<String>::new(), "operations that no role is tried on");
    table
}

async fn compare(backend: Backend) {
    let Some(app) = TestApp::start(backend).await else { return };
    let table = matrix(&app).await;
    assert!(!table.contains(" 50"), "a role got an error of the server:\n{table}");
    insta::assert_snapshot!("permissions", table);
}

#[tokio::test]
async fn every_role_on_every_operation_on_sqlite() {
    compare(Backend::Sqlite).await;
}

#[tokio::test]
async fn every_role_on_every_operation_on_postgres() {
    compare(Backend::Postgres).await;
}

on_both!(ids_of_another_project_open_no_door,);

async fn ids_of_another_project_open_no_door(app: &TestApp) {
    let (mine, other) = (app.project("mine", false).await, app.project("other", false).await);
    let padmin = app.user_in("mine", "padmin", Role::ProjectAdmin).await;
    app.user_in("other", "somebody", Role::Guest).await;
    let members = app
        .admin()
        .get(&format!("/api/v2.0/projects/{other}/members?entityname=somebody"))
        .send()
        .await
        .expect(200)
        .json();
    let foreign = members[0]["id"].as_i64().unwrap();
    let path = format!("/api/v2.0/projects/{mine}/members/{foreign}");
    padmin.get(&path).send().await.refused(404, "NOT_FOUND");
    padmin.put(&path).json(&json!({ "role_id": 1 })).send().await;
    padmin.delete(&path).send().await;
    let after =
        app.admin().get(&format!("/api/v2.0/projects/{other}/members/{foreign}")).send().await.expect(200).json();
    assert_eq!((&after["role_id"], &after["entity_name"]), (&json!(3), &json!("somebody")));

    app.admin().push("other/app", "v1", &Image::new("image", 1)).await;
    for path in [
        "repositories/app",
        "repositories/app/artifacts/v1",
        "repositories/app/artifacts/v1/tags",
        "repositories/..%2Fother%2Fapp",
    ] {
        let reply = padmin.get(&format!("/api/v2.0/projects/mine/{path}")).send().await;
        assert!(matches!(reply.status, 400 | 404 | 422), "{path}: {} {}", reply.status, reply.text());
    }
}
