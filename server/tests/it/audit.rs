//! The audit log: what is in it, who may see it, where else it goes, and how it leaves as a file.

use std::time::Duration;

use berth_db::{Db, DbError, args};
use berth_testkit::{Backend, Database, PASSWORD, Role, Started, TestApp, eventually, on_both};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::{TcpListener, TcpStream, UdpSocket},
};

use crate::process::Server;

mod forwarded;

const LIST: &str = "/api/v2.0/auditlog-exts";
const EXPORT: &str = "/api/berth/v1/audit-logs/export";
const CONFIGURATIONS: &str = "/api/v2.0/configurations";
/// How long a message may take.
const PATIENCE: Duration = Duration::from_secs(20);

on_both!(
    entries_are_told_to_a_syslog_server,
    entries_leave_the_database_only_where_somebody_takes_them,
    disabled_events_are_not_logged,
    who_came_and_went_is_logged_with_the_address,
    an_export_has_every_entry_that_the_caller_may_see,
    the_last_page_is_the_end_of_the_log,
    secrets_of_settings_are_sealed,
);

async fn settings(app: &TestApp, values: Value) {
    app.admin().put(CONFIGURATIONS).json(&values).send().await.expect(200);
}

async fn descriptions(app: &TestApp, q: &str) -> Vec<String> {
    let listed = app.admin().get(&format!("{LIST}?page_size=100&q={q}")).send().await.expect(200).json();
    let entries = listed.as_array().unwrap();
    entries.iter().map(|entry| entry["operation_description"].as_str().unwrap().to_owned()).collect()
}

/// The first message that contains a text.
async fn heard(lines: &mut tokio::io::Lines<BufReader<TcpStream>>, text: &str) -> String {
    let wait = async {
        loop {
            let line = lines.next_line().await.unwrap().expect("the connection stays open");
            if line.contains(text) {
                return line;
            }
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("nobody said {text}"))
}

/// The connection over which entries come. One that was made to see whether somebody is there ends at once.
async fn connection(listener: &TcpListener) -> tokio::io::Lines<BufReader<TcpStream>> {
    loop {
        let (stream, _) = tokio::time::timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
        let mut byte = [0];
        if stream.peek(&mut byte).await.unwrap_or_default() > 0 {
            return BufReader::new(stream).lines();
        }
    }
}

async fn entries_are_told_to_a_syslog_server(app: &TestApp) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = listener.local_addr().unwrap().to_string();
    settings(app, json!({ "audit_log_forward_endpoint": endpoint })).await;
    app.project("told", false).await;
    let mut lines = connection(&listener).await;
    let line = heard(&mut lines, "resource:told").await;
    assert!(line.starts_with("<6>20"), "{line}");
    assert!(line.contains(" audit[") && line.contains("operator=\"admin\""), "{line}");
    assert!(line.ends_with("]: action:create, resource:told, operation_description:create project: told"), "{line}");
    // A refused sign-in is an entry as well, whatever the name looks like.
    app.anonymous().basic("no\"body", "wrong").get("/api/v2.0/users/current").send().await.expect(401);

    // When the server goes away entries wait for its return.
    drop((lines, listener));
    app.project("meanwhile", false).await;
    let listener = loop {
        match TcpListener::bind(&endpoint).await {
            Ok(listener) => break listener,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    app.project("again", false).await;
    let mut lines = connection(&listener).await;
    heard(&mut lines, "resource:again").await;
    assert_eq!(descriptions(app, "operation=create,resource_type=project").await.len(), 3);

    let datagrams = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("udp://{}", datagrams.local_addr().unwrap());
    settings(app, json!({ "audit_log_forward_endpoint": endpoint })).await;
    app.project("datagram", false).await;
    let mut buffer = [0; 9000];
    let wait = async {
        loop {
            let size = datagrams.recv(&mut buffer).await.unwrap();
            if String::from_utf8_lossy(&buffer[..size]).ends_with("create project: datagram") {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap();
}

async fn entries_leave_the_database_only_where_somebody_takes_them(app: &TestApp) {
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().to_string()
    };
    for endpoint in [closed.as_str(), "nohost", "udp://nohost", "gopher://127.0.0.1:70"] {
        let refused = app.admin().put(CONFIGURATIONS).json(&json!({ "audit_log_forward_endpoint": endpoint }));
        let refused = refused.send().await.refused(400, "BAD_REQUEST");
        assert!(refused.text().contains("could not connect to the audit endpoint"), "{}", refused.text());
    }
    let skip = json!({ "skip_audit_log_database": true });
    app.admin().put(CONFIGURATIONS).json(&skip).send().await.refused(400, "BAD_REQUEST");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = listener.local_addr().unwrap().to_string();
    settings(app, json!({ "audit_log_forward_endpoint": endpoint, "skip_audit_log_database": true })).await;
    // As long as entries leave the database they go somewhere.
    let nowhere = json!({ "audit_log_forward_endpoint": "" });
    app.admin().put(CONFIGURATIONS).json(&nowhere).send().await.refused(400, "BAD_REQUEST");
    app.project("skipped", false).await;
    let mut lines = connection(&listener).await;
    heard(&mut lines, "create project: skipped").await;
    settings(app, json!({ "audit_log_forward_endpoint": "", "skip_audit_log_database": false })).await;
    app.project("kept", false).await;
    assert_eq!(descriptions(app, "operation=create,resource_type=project").await, ["create project: kept"]);
}

async fn disabled_events_are_not_logged(app: &TestApp) {
    settings(app, json!({ "disabled_audit_log_event_types": "create_project, create_user,no_such_event" })).await;
    app.project("silent", false).await;
    app.user("silent").await;
    assert_eq!(descriptions(app, "operation=create").await, [""; 0]);
    app.admin().delete("/api/v2.0/projects/silent").send().await.expect(200);
    assert_eq!(descriptions(app, "operation=delete").await, ["delete project: silent"]);
    settings(app, json!({ "disabled_audit_log_event_types": "" })).await;
    app.project("loud", false).await;
    assert_eq!(descriptions(app, "operation=create").await, ["create project: loud"]);
    // By the names of Harbor's columns and fields as well.
    assert_eq!(descriptions(app, "operation=create,op_result=true,op_desc=~loud").await, ["create project: loud"]);
    assert_eq!(descriptions(app, "Operation=create,IsSuccessful=false").await, [""; 0]);
}

async fn who_came_and_went_is_logged_with_the_address(app: &TestApp) {
    app.user("somebody").await;
    let wrong = app.anonymous().with("sec-fetch-site", "same-origin");
    wrong.post("/c/login").form(&[("principal", "somebody"), ("password", "wrong")]).send().await.expect(401);
    let session = app.session("somebody", PASSWORD).await;
    session.get("/c/log_out").send().await.expect(200);
    let path = "/api/berth/v1/audit-logs?q=resource_type=user,username=somebody&sort=op_time&page_size=100";
    // What went wrong is written in the background.
    let entries = eventually(async || {
        let entries = app.admin().get(path).send().await.expect(200).json();
        (entries.as_array().unwrap().len() == 3).then_some(entries)
    })
    .await;
    let mut told: Vec<_> = entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            assert_eq!(entry["client_address"], "127.0.0.1");
            (entry["operation"].as_str().unwrap(), entry["operation_result"].as_bool().unwrap())
        })
        .collect();
    told.sort_unstable();
    assert_eq!(told, [("login", false), ("login", true), ("logout", true)]);
}

/// Writes entries as a busy year would.
async fn fill(app: &TestApp, project: i64, rows: i64) {
    let db = app.rows().await;
    let filled = db.write((project, rows), |tx, (project, rows)| {
        Box::pin(async move {
            for row in 0..*rows {
                // Two at a time share their moment.
                tx.execute(
                    "INSERT INTO audit (at, username, operation, resource_type, resource, project_id, description, successful)
                     VALUES ($1, $2, 'pull', 'artifact', $3, $4, 'pulled', TRUE)",
                    args![1_577_836_800_000_000 + row / 2, "=cmd,\"x\"", format!("bulk/{row}"), *project],
                )
                .await?;
            }
            Ok::<_, DbError>(())
        })
    });
    filled.await.unwrap();
}

async fn an_export_has_every_entry_that_the_caller_may_see(app: &TestApp) {
    let mine = app.project("mine", false).await;
    app.project("other", false).await;
    let padmin = app.user_in("mine", "padmin", Role::ProjectAdmin).await;
    let guest = app.user_in("mine", "guest", Role::Guest).await;
    fill(app, mine, 1203).await;

    let reply = app.admin().get(&format!("{EXPORT}?q=operation%3Dpull")).send().await.expect(200);
    assert!(reply.header("content-type").starts_with("text/csv"));
    assert_eq!(reply.header("content-disposition"), "attachment; filename=\"audit-log.csv\"");
    let text = reply.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 1 + 1203);
    assert_eq!(
        lines[0],
        "id,op_time,username,operation,resource_type,resource,operation_description,operation_result,client_address"
    );
    // What a spreadsheet would run stays a text, and every entry is there once, newest first.
    assert!(lines[1].contains(",\"'=cmd,\"\"x\"\"\",pull,artifact,bulk/1202,pulled,true,"), "{}", lines[1]);
    let resources: Vec<String> = (0..1203).rev().map(|row| format!(",bulk/{row},")).collect();
    assert!(lines[1..].iter().zip(&resources).all(|(line, resource)| line.contains(resource)));

    let exported = |text: String| -> Vec<Value> {
        text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    };
    let path = format!("{EXPORT}?format=jsonl&sort=op_time&q=operation%3Dpull");
    let reply = app.admin().get(&path).send().await.expect(200);
    let rows = exported(reply.text());
    assert_eq!(rows.len(), 1203);
    assert_eq!((&rows[0]["resource"], &rows[1202]["resource"]), (&json!("bulk/0"), &json!("bulk/1202")));
    assert_eq!(rows[0]["username"], "=cmd,\"x\"");

    // Project administrators get their projects, others an empty file, strangers nothing.
    let path = format!("{EXPORT}?format=jsonl&q=operation%3Dcreate,resource_type%3Dproject");
    let resources = |rows: Vec<Value>| rows.iter().map(|row| row["resource"].clone()).collect::<Vec<_>>();
    let get = async |client: &berth_testkit::Client| exported(client.get(&path).send().await.expect(200).text());
    assert_eq!(resources(get(&app.admin()).await), ["other", "mine"]);
    assert_eq!(resources(get(&padmin).await), ["mine"]);
    assert!(get(&guest).await.is_empty());
    app.anonymous().get(&path).send().await.refused(401, "UNAUTHORIZED");
    app.admin().get(&format!("{EXPORT}?format=pdf")).send().await.refused(422, "UNPROCESSABLE_ENTITY");
    app.admin().get(&format!("{EXPORT}?q=nonsense")).send().await.refused(400, "BAD_REQUEST");
}

/// Writes entries as many years would, in one statement.
async fn fill_by_the_hundred_thousand(database: &Database, rows: i64) {
    let db = Db::open_sqlite(&database.folder.path().join("data/berth.db")).await.unwrap();
    let filled = db.write(rows, |tx, rows| {
        Box::pin(async move {
            let sql = "INSERT INTO audit (at, username, operation, resource_type, resource, description, successful, client_address)
                       WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
                       SELECT 1577836800000000 + i, 'somebody', 'pull', 'artifact', 'library/app:' || i, $2, TRUE, '192.0.2.1' FROM n";
            tx.execute(sql, args![*rows, &*"pull artifact: library/app".repeat(6)]).await?;
            Ok::<_, DbError>(())
        })
    });
    filled.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_takes_the_same_memory_however_long_the_log_is() {
    const ROWS: i64 = 250_000;
    const GROWTH_BYTES_MAX: u64 = 16 << 20;
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let server = Server::start(&database);
    server.admin.get(EXPORT).send().await.expect(200);
    fill_by_the_hundred_thousand(&database, ROWS).await;
    let before = server.memory_bytes();
    let mut export = server.admin.get(&format!("{EXPORT}?q=operation%3Dpull")).open().await.unwrap();
    let (mut lines, mut bytes, mut measured, mut most) = (0, 0, 0, before);
    while let Some(chunk) = export.chunk().await.unwrap() {
        lines += chunk.iter().filter(|byte| **byte == b'\n').count();
        bytes += chunk.len() as u64;
        if bytes - measured > 1 << 20 {
            measured = bytes;
            most = most.max(server.memory_bytes());
        }
    }
    assert_eq!(lines, usize::try_from(ROWS).unwrap() + 1);
    assert!(bytes > 3 * GROWTH_BYTES_MAX, "the file has only {bytes} bytes");
    let grown = most - before;
    println!("{bytes} bytes of {ROWS} entries took {} KiB", grown >> 10);
    assert!(grown <= GROWTH_BYTES_MAX, "{grown} bytes more while {bytes} were sent");
}

async fn the_last_page_is_the_end_of_the_log(app: &TestApp) {
    let project = app.project("mine", false).await;
    fill(app, project, 205).await;
    let page = async |list: &str, number: i64, rest: &str| {
        let reply = app.admin().get(&format!("{list}?page={number}&page_size=100{rest}")).send().await.expect(200);
        let total: i64 = reply.header("x-total-count").parse().unwrap();
        let rows: Vec<String> =
            reply.json().as_array().unwrap().iter().map(|row| row["resource"].as_str().unwrap().to_owned()).collect();
        (total, rows)
    };
    let of_project = "/api/v2.0/projects/mine/auditlog-exts";
    let (total, first) = page(of_project, 1, "").await;
    assert_eq!((total, first[0].as_str(), first[1].as_str()), (206, "mine", "bulk/204"));
    let (_, last) = page(of_project, 3, "").await;
    assert_eq!(last, ["bulk/5", "bulk/4", "bulk/3", "bulk/2", "bulk/1", "bulk/0"]);
    let (_, last) = page(of_project, 3, "&sort=op_time").await;
    assert_eq!(last.last().unwrap(), "mine");
    assert!(page(of_project, 4, "").await.1.is_empty());
    // A number that is remembered counts what comes after it, and notices what is taken away.
    let (before, _) = page(LIST, 1, "").await;
    app.project("one-more", false).await;
    assert_eq!(page(LIST, 1, "").await.0, before + 1);
    let db = app.rows().await;
    db.write((), |tx, ()| {
        Box::pin(async move {
            tx.execute("DELETE FROM audit WHERE operation = 'pull' AND description = 'pulled'", &[]).await?;
            Ok::<_, DbError>(())
        })
    })
    .await
    .unwrap();
    assert_eq!(page(LIST, 1, "").await.0, before + 1 - 205);
    assert_eq!(page(of_project, 1, "").await, (1, vec!["mine".to_owned()]));
}

async fn secrets_of_settings_are_sealed(app: &TestApp) {
    settings(app, json!({ "ldap_search_password": "very-secret", "oidc_client_secret": "as-secret" })).await;
    let shown = app.admin().get(CONFIGURATIONS).send().await.expect(200).text();
    assert!(!shown.contains("very-secret") && !shown.contains("as-secret"), "{shown}");
    assert!(!shown.contains("ldap_search_password") && !shown.contains("oidc_client_secret"), "{shown}");
    // Harbor shows the name of this one.
    settings(app, json!({ "uaa_client_secret": "ua-secret" })).await;
    let shown = app.admin().get(CONFIGURATIONS).send().await.expect(200).json();
    assert_eq!(shown["uaa_client_secret"]["value"], "");
    let db = app.rows().await;
    let rows = db
        .reader()
        .await
        .unwrap()
        .conn()
        .rows(
            "SELECT key, value FROM settings WHERE key IN ($1, $2, $3)",
            args!["ldap_search_password", "oidc_client_secret", "uaa_client_secret"],
        )
        .await
        .unwrap();
    let values: Vec<String> = rows.iter().map(|row| row.get(1).unwrap()).collect();
    assert_eq!(values.len(), 3);
    assert!(values.iter().all(|value| value.starts_with("{\"sealed\":") && !value.contains("secret")), "{values:?}");
    // Nobody who comes from outside is a service of the installation.
    for client in [app.admin(), app.anonymous(), app.user("somebody").await] {
        let refused = client.get("/api/v2.0/internalconfig").send().await.refused(401, "UNAUTHORIZED");
        assert!(refused.text().contains("only internal service is allowed to call this API"));
    }
}

#[tokio::test]
async fn what_the_configuration_fixes_is_shown_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("ca.pem");
    let path = certificate.to_str().unwrap().to_owned();
    let fixed = [("settings.self_registration", "true"), ("http.ca_certificate", path.as_str())];
    let app = TestApp::start_with(berth_testkit::Backend::Sqlite, Started::SetUp, &fixed).await.unwrap();
    let shown = app.admin().get(CONFIGURATIONS).send().await.expect(200).json();
    assert_eq!(shown["self_registration"], json!({ "value": true, "editable": false }));
    assert_eq!(shown["read_only"], json!({ "value": false, "editable": true }));
    let change = json!({ "self_registration": false });
    app.admin().put(CONFIGURATIONS).json(&change).send().await.refused(403, "FORBIDDEN");
    settings(&app, json!({ "self_registration": true })).await;

    const CERTIFICATE: &str = "/api/v2.0/systeminfo/getcert";
    let info = async || app.admin().get("/api/v2.0/systeminfo").send().await.expect(200).json();
    app.anonymous().get(CERTIFICATE).send().await.refused(404, "NOT_FOUND");
    assert_eq!(info().await["has_ca_root"], false);
    std::fs::write(&certificate, "-----BEGIN CERTIFICATE-----\n").unwrap();
    let reply = app.anonymous().get(CERTIFICATE).send().await.expect(200);
    assert_eq!(reply.header("content-disposition"), "attachment; filename=ca.crt");
    assert_eq!(reply.text(), "-----BEGIN CERTIFICATE-----\n");
    assert_eq!(info().await["has_ca_root"], true);
}

#[tokio::test]
async fn doors_that_harbor_has_closed_are_closed() {
    let app = TestApp::start(berth_testkit::Backend::Sqlite).await.unwrap();
    for path in
        ["/chartrepo/library/index.yaml", "/chartrepo/health", "/c/reset", "/c/sendEmail", "/api/chartrepo/charts"]
    {
        let reply = app.admin().get(path).send().await.expect(404);
        assert!(reply.header("content-type").starts_with("text/html"), "{path}");
        assert!(!reply.header("x-request-id").is_empty(), "{path}");
    }
    let refused = app.anonymous().get("/c/oidc/logout").send().await.expect(412);
    assert!(refused.text().contains("auth mode: db_auth is not OIDC based"), "{}", refused.text());
    let health = app.anonymous().get("/api/v2.0/health").send().await.expect(200).json();
    let parts: Vec<_> = health["components"].as_array().unwrap().iter().map(|part| &part["name"]).collect();
    assert_eq!(parts, ["core", "database", "jobservice", "portal", "registry"]);
    assert_eq!(health["status"], "healthy");
}
