//! Preheating: P2P networks, policies for them, and a credential that nobody reads again.

use berth_db::query;
use berth_testkit::{Role, TestApp, on_both};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

on_both!(
    networks_are_made_changed_and_removed,
    many_at_once_leave_one_default_network,
    a_network_that_could_never_be_reached_is_refused,
    a_ping_asks_the_network,
    policies_are_for_networks_that_exist,
    policies_belong_to_their_project,
);

const INSTANCES: &str = "/api/v2.0/p2p/preheat/instances";
const POLICIES: &str = "/api/v2.0/projects/heated/preheat/policies";

fn instance(name: &str, endpoint: &str) -> Value {
    json!({ "name": name, "vendor": "dragonfly", "endpoint": endpoint, "auth_mode": "NONE", "enabled": true })
}

fn policy(name: &str, provider: i64) -> Value {
    json!({
        "name": name, "provider_id": provider, "enabled": true,
        "filters": r#"[{"type":"repository","value":"**"}]"#, "trigger": r#"{"type":"manual"}"#,
    })
}

fn with(mut body: Value, change: Value) -> Value {
    for (key, value) in change.as_object().unwrap() {
        body[key.as_str()] = value.clone();
    }
    body
}

/// Makes a network and says its id.
async fn network(app: &TestApp, name: &str) -> i64 {
    let endpoint = format!("http://{name}:65001");
    let made = app.admin().post(INSTANCES).json(&instance(name, &endpoint)).send().await.expect(201).location();
    app.admin().get(&made).send().await.expect(200).json()["id"].as_i64().unwrap()
}

async fn many_at_once_leave_one_default_network(app: &TestApp) {
    let admin = app.admin();
    let requests = (0..12).map(|number| {
        let body = with(instance(&format!("p{number}"), &format!("http://p{number}:1")), json!({ "default": true }));
        let request = admin.post(INSTANCES);
        async move { request.json(&body).send().await }
    });
    for reply in futures_util::future::join_all(requests).await {
        reply.expect(201);
    }
    let listed = admin.get(&format!("{INSTANCES}?page_size=100")).send().await.expect(200).json();
    let defaults = listed.as_array().unwrap().iter().filter(|row| row["default"] == true).count();
    assert_eq!(defaults, 1, "{listed}");
}

async fn networks_are_made_changed_and_removed(app: &TestApp) {
    let secret = json!({ "auth_mode": "BASIC", "auth_info": { "username": "u", "password": "sesame" } });
    let first = with(instance("first", "http://first:1/"), secret);
    let made = app.admin().post(INSTANCES).json(&first).send().await.expect(201).location();
    let reply = app.admin().get(&made).send().await.expect(200);
    assert!(!reply.text().contains("sesame") && !reply.text().contains("auth_info"), "{}", reply.text());
    assert_eq!(reply.json()["endpoint"], "http://first:1");
    assert_eq!(reply.json()["status"], "Unknown");

    app.admin().post(INSTANCES).json(&instance("first", "http://x:1")).send().await.refused(409, "CONFLICT");
    app.admin().post(INSTANCES).json(&instance("x", "http://first:1")).send().await.refused(409, "CONFLICT");
    let second = with(instance("second", "http://second:1"), json!({ "default": true }));
    app.admin().post(INSTANCES).json(&second).send().await.expect(201);

    // What was read can be written back, and the credential stays; there is one default.
    let mut changed = reply.json();
    changed["default"] = json!(true);
    changed["name"] = json!("renamed");
    // To another host it does not go.
    let elsewhere = with(changed.clone(), json!({ "endpoint": "http://elsewhere:1" }));
    app.admin().put(&made).json(&elsewhere).send().await.refused(400, "BAD_REQUEST");
    let unverified = with(changed.clone(), json!({ "insecure": true }));
    app.admin().put(&made).json(&unverified).send().await.refused(400, "BAD_REQUEST");
    app.admin().put(&made).json(&changed).send().await.expect(200);
    app.admin().get(&made).send().await.refused(404, "NOT_FOUND");
    let list = app.admin().get(&format!("{INSTANCES}?sort=name")).send().await.expect(200).json();
    let shown = |index: usize| (list[index]["name"].clone(), list[index]["default"].clone());
    assert_eq!((shown(0), shown(1)), ((json!("renamed"), json!(true)), (json!("second"), json!(false))));
    let db = app.rows().await;
    let mut reader = db.reader().await.unwrap();
    let row = query::preheat::instance_by_name(&mut reader.conn(), "renamed").await.unwrap().unwrap();
    let sealed = row.content.auth_info.unwrap();
    assert!(!sealed.windows(6).any(|part| part == b"sesame"));

    let user = app.user("somebody").await;
    user.get(INSTANCES).send().await.refused(403, "FORBIDDEN");
    user.get("/api/v2.0/p2p/preheat/providers").send().await.refused(403, "FORBIDDEN");
    app.admin().delete(&format!("{INSTANCES}/renamed")).send().await.expect(200);
    app.admin().delete(&format!("{INSTANCES}/renamed")).send().await.refused(404, "NOT_FOUND");
}

async fn a_network_that_could_never_be_reached_is_refused(app: &TestApp) {
    for change in [
        json!({ "name": "" }),
        json!({ "name": "a b" }),
        json!({ "vendor": "shoe" }),
        json!({ "endpoint": "shoe" }),
        json!({ "endpoint": "ftp://x" }),
        json!({ "endpoint": "http://u:p@x" }),
        json!({ "endpoint": "http://169.254.169.254" }),
        json!({ "auth_mode": "shoe" }),
        json!({ "auth_mode": "BASIC" }),
        json!({ "auth_mode": "OAUTH", "auth_info": { "username": "u" } }),
    ] {
        let body = with(instance("bad", "http://bad:1"), change);
        app.admin().post(INSTANCES).json(&body).send().await.refused(400, "BAD_REQUEST");
    }
    let list = app.admin().get(INSTANCES).send().await.expect(200);
    assert_eq!(list.header("x-total-count"), "0");
}

async fn a_ping_asks_the_network(app: &TestApp) {
    let ping = format!("{INSTANCES}/ping");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let mut asked = Vec::new();
        for status in ["200 OK", "503 Service Unavailable"] {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).await.unwrap();
            asked.push(String::from_utf8_lossy(&request[..read]).into_owned());
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        asked
    });
    let secret = json!({ "auth_mode": "OAUTH", "auth_info": { "token": "sesame" } });
    let made = with(instance("kept", &endpoint), secret);
    let made = app.admin().post(INSTANCES).json(&made).send().await.expect(201).location();
    let id = app.admin().get(&made).send().await.expect(200).json()["id"].clone();
    app.admin().post(&ping).json(&json!({ "id": id })).send().await.expect(200);
    app.admin().post(&ping).json(&json!({ "id": id })).send().await.refused(400, "BAD_REQUEST");
    let asked = asked.await.unwrap();
    assert!(asked[0].starts_with("GET /healthy ") && asked[0].contains("Bearer sesame"), "{}", asked[0]);

    app.admin().post(&ping).json(&json!({ "id": 999_999 })).send().await.refused(404, "NOT_FOUND");
    app.admin().post(&ping).json(&json!({})).send().await.refused(400, "BAD_REQUEST");
    let nobody = instance("nobody", "http://127.0.0.1:1");
    app.admin().post(&ping).json(&nobody).send().await.refused(400, "BAD_REQUEST");
    app.user("somebody").await.post(&ping).json(&nobody).send().await.refused(403, "FORBIDDEN");
}

async fn policies_are_for_networks_that_exist(app: &TestApp) {
    app.project("heated", false).await;
    let provider = network(app, "net").await;
    let padmin = app.user_in("heated", "padmin", Role::ProjectAdmin).await;
    padmin.post(POLICIES).json(&policy("one", 999_999)).send().await.refused(404, "NOT_FOUND");
    for change in [
        json!({ "name": "" }),
        json!({ "name": "a b" }),
        json!({ "filters": "shoe" }),
        json!({ "filters": r#"[{"type":"shoe","value":"x"}]"# }),
        json!({ "trigger": r#"{"type":"shoe"}"# }),
        json!({ "trigger": r#"{"type":"scheduled","trigger_setting":{"cron":"* * * * * *"}}"# }),
        json!({ "extra_attrs": "[]" }),
    ] {
        padmin.post(POLICIES).json(&with(policy("bad", provider), change)).send().await.refused(400, "BAD_REQUEST");
    }
    let made = padmin.post(POLICIES).json(&policy("one", provider)).send().await.expect(201).location();
    padmin.post(POLICIES).json(&policy("one", provider)).send().await.refused(409, "CONFLICT");
    padmin.post(POLICIES).json(&policy("two", provider)).send().await.expect(201);
    padmin.put(&made).json(&policy("two", provider)).send().await.refused(409, "CONFLICT");
    let shown = padmin.get(&made).send().await.expect(200).json();
    assert_eq!((&shown["provider_name"], &shown["filters"]), (&json!("net"), &policy("", 0)["filters"]));
    padmin.put(&made).json(&with(shown, json!({ "description": "new" }))).send().await.expect(200);
    let list = padmin.get(&format!("{POLICIES}?q=description%3Dnew")).send().await.expect(200).json();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["name"]), (1, &json!("one")));
    let providers = padmin.get("/api/v2.0/projects/heated/preheat/providers").send().await.expect(200).json();
    assert_eq!(providers, json!([{ "id": provider, "provider": "dragonfly net-http://net:65001", "enabled": true }]));

    let run = padmin.post(&made).json(&json!({})).send().await.refused(412, "PRECONDITION");
    assert!(run.text().contains("not available yet"), "{}", run.text());
    let runs = padmin.get(&format!("{made}/executions")).send().await.expect(200);
    assert_eq!((runs.header("x-total-count"), runs.json()), ("0", json!([])));
    padmin.get(&format!("{made}/executions/7")).send().await.refused(404, "NOT_FOUND");

    let net = format!("{INSTANCES}/net");
    app.admin().delete(&net).send().await.refused(412, "PRECONDITION");
    // A network is free when the project that used it is gone.
    app.admin().delete("/api/v2.0/projects/heated").send().await.expect(200);
    app.admin().delete(&net).send().await.expect(200);
}

async fn policies_belong_to_their_project(app: &TestApp) {
    app.project("heated", false).await;
    app.project("other", false).await;
    let provider = network(app, "net").await;
    app.admin().post(POLICIES).json(&policy("one", provider)).send().await.expect(201);
    let padmin = app.user_in("other", "padmin", Role::ProjectAdmin).await;
    let maintainer = app.user_in("heated", "maintainer", Role::Maintainer).await;
    maintainer.get(POLICIES).send().await.refused(403, "FORBIDDEN");
    let elsewhere = "/api/v2.0/projects/other/preheat/policies/one";
    padmin.get(elsewhere).send().await.refused(404, "NOT_FOUND");
    padmin.put(elsewhere).json(&policy("one", provider)).send().await.refused(404, "NOT_FOUND");
    padmin.delete(elsewhere).send().await.refused(404, "NOT_FOUND");
    padmin.get(POLICIES).send().await.refused(403, "FORBIDDEN");
    app.admin().get(&format!("{POLICIES}/one")).send().await.expect(200);
}
