//! Who may do what: every operation of the API's description and of `/v2`, as every role.
//!
//! Every request is about a row that exists, as far as such rows can exist, and says what it has to say, so that whoever
//! may gets what they asked for. What a request takes away or uses up is made for it alone.

mod place;
mod request;

use berth_testkit::{Backend, Client, Role, TestApp};
use place::{Filled, World};
use serde_json::Value;

use crate::scanners::Adapter;

/// A private project, and a public one for those who are no members.
const PRIVATE: &str = "private";
const PUBLIC: &str = "open";

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

async fn ask(client: &Client, method: &str, filled: Filled) -> u16 {
    let mut request = client.request(method.parse().unwrap(), &filled.path);
    if filled.path.ends_with("/export/cve") {
        request = request.header("x-scan-data-type", "application/vnd.security.vulnerability.report; version=1.1");
    }
    if let Some(body) = filled.body {
        request = request.header("content-type", "application/json").body(body);
    }
    request.send().await.status
}

/// The table of all statuses.
async fn matrix(app: &TestApp) -> String {
    let adapter = Adapter::start().await;
    let mut world = World::new(app, &adapter).await;
    let (private, public) = (world.place(PRIVATE, false).await, world.place(PUBLIC, true).await);
    let mut clients: Vec<(&str, Client)> = vec![("anonymous", app.anonymous()), ("foreign", app.user("foreign").await)];
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

    let mut table = String::from("private project                                                       ");
    let names = clients.iter().map(|(name, _)| *name).chain(["anonymous", "foreign"]);
    table.extend(names.map(|name| format!(" {name:>10}")));
    table.push_str("   (the last two: public project)\n");
    let operations: Vec<Operation> = described().into_iter().chain(registry()).collect();
    let asked = operations.iter().map(|operation| (operation.method.as_str(), operation.path.as_str()));
    assert_eq!(request::strays(asked), [], "requests for operations that do not exist");
    let mut uncovered = Vec::new();
    for Operation { method, path } in &operations {
        let line = format!("{method:<7}{path}");
        let is_of_a_place = match (private.fill(method, path, None, 0), public.fill(method, path, None, 0)) {
            (Ok(private), Ok(public)) => private != public,
            (Err(parameter), _) | (_, Err(parameter)) => {
                uncovered.push(parameter);
                continue;
            }
        };
        let mut statuses = Vec::new();
        for (name, client) in &clients {
            let filled = world.request(&private, method, path, name).await;
            statuses.push(ask(client, method, filled).await.to_string());
        }
        for (name, client) in &clients[..2] {
            statuses.push(if is_of_a_place {
                let filled = world.request(&public, method, path, name).await;
                ask(client, method, filled).await.to_string()
            } else {
                "-".to_owned()
            });
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
