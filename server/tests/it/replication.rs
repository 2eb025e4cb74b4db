//! Other registries, and policies between this server and them. The other registry is this server itself.

use berth_testkit::{ADMIN_PASSWORD, Client, Image, PASSWORD, Reply, TestApp, on_both};
use serde_json::{Value, json};

const REGISTRIES: &str = "/api/v2.0/registries";
const POLICIES: &str = "/api/v2.0/replication/policies";
const EXECUTIONS: &str = "/api/v2.0/replication/executions";

on_both!(
    a_registry_has_to_answer,
    a_registry_is_changed_and_removed,
    a_stored_secret_is_shown_to_nobody,
    a_stored_secret_stays_with_its_host,
    a_ping_tells_whether_a_registry_answers,
    a_policy_is_kept_and_checked,
    a_policy_does_not_run_yet,
    only_administrators_reach_them,
    a_cache_of_another_registry_is_refused,
    another_harbor_finds_what_it_looks_for,
);

fn base(app: &TestApp) -> String {
    app.url().as_str().trim_end_matches('/').to_owned()
}

fn registry(app: &TestApp, name: &str) -> Value {
    json!({
        "name": name, "url": base(app), "type": "harbor", "description": "ourselves",
        "credential": { "type": "basic", "access_key": "admin", "access_secret": ADMIN_PASSWORD },
    })
}

fn policy(name: &str, destination: i64) -> Value {
    json!({
        "name": name, "dest_registry": { "id": destination }, "dest_namespace": "mirror", "enabled": true,
        "trigger": { "type": "scheduled", "trigger_settings": { "cron": "0 0 2 * * *" } },
        "filters": [{ "type": "name", "value": "library/**" }, { "type": "label", "value": ["release"] }],
    })
}

/// Makes something and says its row id.
async fn made(client: &Client, path: &str, body: &Value) -> i64 {
    let location = client.post(path).json(body).send().await.expect(201).location();
    location.strip_prefix(path).and_then(|rest| rest.trim_start_matches('/').parse().ok()).expect("an id")
}

async fn got(client: &Client, path: String) -> Value {
    client.get(&path).send().await.expect(200).json()
}

fn message(reply: &Reply) -> String {
    reply.json()["errors"][0]["message"].as_str().unwrap_or_default().to_owned()
}

async fn a_registry_has_to_answer(app: &TestApp) {
    let admin = app.admin();
    let id = made(&admin, REGISTRIES, &registry(app, "self")).await;
    let found = got(&admin, format!("{REGISTRIES}/{id}")).await;
    assert_eq!(
        (&found["name"], &found["status"], &found["url"]),
        (&json!("self"), &json!("healthy"), &json!(base(app)))
    );

    let change = |key: &str, value: Value| {
        let mut body = registry(app, "other");
        body[key] = value;
        body
    };
    let wrong = json!({ "type": "basic", "access_key": "admin", "access_secret": "wrong" });
    for (key, value, text) in [
        ("credential", wrong, "the registry is unhealthy"),
        ("url", json!("http://127.0.0.1:1"), "the registry is unhealthy"),
        ("url", json!("ftp://127.0.0.1"), "invalid HTTP scheme: ftp"),
        ("url", json!(""), "empty string"),
        ("url", json!("http://169.254.169.254"), "never called"),
        ("name", json!(""), "name cannot be empty"),
        ("name", json!("n".repeat(65)), "the max length of name is 64"),
        ("type", json!("shoe"), "unsupported registry type: shoe"),
        ("ca_certificate", json!("junk"), "no valid certificates found in PEM data"),
    ] {
        let reply = admin.post(REGISTRIES).json(&change(key, value)).send().await.refused(400, "BAD_REQUEST");
        assert!(message(&reply).contains(text), "{}", reply.text());
    }
    admin.post(REGISTRIES).json(&registry(app, "self")).send().await.refused(409, "CONFLICT");
    // What a cloud exchanges credentials for cannot be looked at; that is said.
    let mut cloud = registry(app, "cloud");
    cloud["type"] = json!("aws-ecr");
    let id = made(&admin, REGISTRIES, &cloud).await;
    assert_eq!(got(&admin, format!("{REGISTRIES}/{id}")).await["status"], "unknown");
    assert_eq!(admin.get(REGISTRIES).send().await.expect(200).header("x-total-count"), "2");
}

async fn a_registry_is_changed_and_removed(app: &TestApp) {
    let admin = app.admin();
    let id = made(&admin, REGISTRIES, &registry(app, "self")).await;
    made(&admin, REGISTRIES, &registry(app, "taken")).await;
    let path = format!("{REGISTRIES}/{id}");
    admin.put(&path).json(&json!({ "name": "renamed", "description": "" })).send().await.expect(200);
    let found = got(&admin, path.clone()).await;
    assert_eq!((&found["name"], found.get("description")), (&json!("renamed"), None));
    assert_eq!(found["credential"]["access_secret"], "*****");
    admin.put(&path).json(&json!({ "name": "taken" })).send().await.refused(409, "CONFLICT");
    admin.put(&path).json(&json!({ "access_secret": "wrong" })).send().await.refused(400, "BAD_REQUEST");
    assert_eq!(got(&admin, path.clone()).await["name"], "renamed", "a refused change changes nothing");
    // Without a credential the registry has only to be one.
    admin.put(&path).json(&json!({ "access_key": "", "access_secret": "" })).send().await.expect(200);
    assert_eq!(got(&admin, path.clone()).await["credential"], json!({ "type": "basic" }));

    let policy = made(&admin, POLICIES, &policy("mirror", id)).await;
    admin.delete(&path).send().await.refused(412, "PRECONDITION");
    admin.delete(&format!("{POLICIES}/{policy}")).send().await.expect(200);
    admin.delete(&path).send().await.expect(200);
    admin.delete(&path).send().await.refused(404, "NOT_FOUND");
    admin.get(&path).send().await.refused(404, "NOT_FOUND");
}

async fn a_stored_secret_is_shown_to_nobody(app: &TestApp) {
    let admin = app.admin();
    let id = made(&admin, REGISTRIES, &registry(app, "self")).await;
    made(&admin, POLICIES, &policy("mirror", id)).await;
    for path in [REGISTRIES.to_owned(), format!("{REGISTRIES}/{id}"), POLICIES.to_owned()] {
        let text = admin.get(&path).send().await.expect(200).text();
        assert!(text.contains("*****") && !text.contains(ADMIN_PASSWORD), "{text}");
    }
    for file in std::fs::read_dir(&app.config.data.dir).unwrap() {
        let path = file.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        let is_there = bytes.windows(ADMIN_PASSWORD.len()).any(|part| part == ADMIN_PASSWORD.as_bytes());
        assert!(!is_there, "{} holds the secret", path.display());
    }
}

async fn a_stored_secret_stays_with_its_host(app: &TestApp) {
    let admin = app.admin();
    let id = made(&admin, REGISTRIES, &registry(app, "self")).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let elsewhere = format!("http://{}", listener.local_addr().unwrap());
    let path = format!("{REGISTRIES}/{id}");
    let refused = admin.put(&path).json(&json!({ "url": elsewhere })).send().await.refused(400, "BAD_REQUEST");
    assert!(message(&refused).contains("given again"), "{}", refused.text());
    let ping = json!({ "id": id, "url": elsewhere });
    admin.post(&format!("{REGISTRIES}/ping")).json(&ping).send().await.refused(400, "BAD_REQUEST");
    assert_eq!(got(&admin, path).await["url"], json!(base(app)));
}

async fn a_ping_tells_whether_a_registry_answers(app: &TestApp) {
    let admin = app.admin();
    app.user("mirror").await;
    let id = made(&admin, REGISTRIES, &registry(app, "self")).await;
    let path = format!("{REGISTRIES}/ping");
    let url = base(app);
    for body in [
        json!({ "id": id }),
        json!({ "id": id, "access_key": "mirror", "access_secret": PASSWORD }),
        json!({ "url": url, "type": "harbor" }),
        json!({ "url": url, "type": "docker-registry" }),
    ] {
        admin.post(&path).json(&body).send().await.expect(200);
    }
    for (body, status, code) in [
        (json!({ "id": id, "access_secret": "wrong" }), 400, "BAD_REQUEST"),
        (json!({ "url": "http://127.0.0.1:1", "type": "harbor" }), 400, "BAD_REQUEST"),
        (json!({ "url": url }), 400, "BAD_REQUEST"),
        (json!({}), 400, "BAD_REQUEST"),
        (json!({ "url": url, "type": "shoe" }), 400, "BAD_REQUEST"),
        (json!({ "url": url, "type": "aws-ecr" }), 412, "PRECONDITION"),
        (json!({ "id": 99 }), 404, "NOT_FOUND"),
        (json!({ "id": "one" }), 422, "UNPROCESSABLE_ENTITY"),
    ] {
        admin.post(&path).json(&body).send().await.refused(status, code);
    }
}

async fn a_policy_is_kept_and_checked(app: &TestApp) {
    let admin = app.admin();
    let other = made(&admin, REGISTRIES, &registry(app, "self")).await;
    let id = made(&admin, POLICIES, &policy("mirror", other)).await;
    let path = format!("{POLICIES}/{id}");
    let found = got(&admin, path.clone()).await;
    assert_eq!((&found["src_registry"]["name"], &found["src_registry"]["id"]), (&json!("Local"), &json!(0)));
    assert_eq!((&found["dest_registry"]["name"], &found["enabled"]), (&json!("self"), &json!(true)));
    assert_eq!(found["trigger"], policy("mirror", other)["trigger"]);
    assert_eq!(found["filters"], policy("mirror", other)["filters"]);
    assert_eq!((&found["dest_namespace_replace_count"], &found["speed"]), (&json!(-1), &json!(0)));

    // A change is whole: it says everything, as an answer does.
    let mut pulling = found.clone();
    pulling["src_registry"] = found["dest_registry"].clone();
    pulling["dest_registry"] = found["src_registry"].clone();
    pulling["trigger"] = json!({ "type": "manual" });
    pulling["enabled"] = json!(false);
    admin.put(&path).json(&pulling).send().await.expect(200);
    let changed = got(&admin, path.clone()).await;
    assert_eq!((&changed["src_registry"]["name"], &changed["dest_registry"]["id"]), (&json!("self"), &json!(0)));
    assert_eq!((&changed["trigger"], changed.get("enabled")), (&json!({ "type": "manual" }), None));

    admin.post(POLICIES).json(&policy("mirror", other)).send().await.refused(409, "CONFLICT");
    admin.post(POLICIES).json(&policy("other", 99)).send().await.refused(404, "NOT_FOUND");
    admin.put(&format!("{POLICIES}/99")).json(&policy("other", other)).send().await.refused(404, "NOT_FOUND");
    for (key, value) in [
        ("name", json!("")),
        ("dest_registry", json!(null)),
        ("src_registry", json!({ "id": other })),
        ("dest_namespace", json!("A B")),
        ("dest_namespace_replace_count", json!(-5)),
        ("speed", json!(-7)),
        ("trigger", json!({ "type": "scheduled", "trigger_settings": { "cron": "5 0 2 * * *" } })),
        ("filters", json!([{ "type": "name", "value": "[" }])),
        ("filters", json!([{ "type": "tag", "value": "x", "decoration": "shoe" }])),
    ] {
        let mut body = policy("other", other);
        body[key] = value;
        admin.post(POLICIES).json(&body).send().await.refused(400, "BAD_REQUEST");
        admin.put(&path).json(&body).send().await.refused(400, "BAD_REQUEST");
    }
    let listed = got(&admin, format!("{POLICIES}?name=MIRR&sort=-name")).await;
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(got(&admin, format!("{POLICIES}?q=name%3Dnope")).await, json!([]));
    admin.delete(&path).send().await.expect(200);
    admin.delete(&path).send().await.refused(404, "NOT_FOUND");
}

async fn a_policy_does_not_run_yet(app: &TestApp) {
    let admin = app.admin();
    let other = made(&admin, REGISTRIES, &registry(app, "self")).await;
    let id = made(&admin, POLICIES, &policy("mirror", other)).await;
    let mut off = policy("off", other);
    off["enabled"] = json!(false);
    let off = made(&admin, POLICIES, &off).await;
    for (policy, status, code, text) in [
        (id, 412, "PRECONDITION", "not available yet"),
        (off, 412, "PRECONDITION", "is disabled"),
        (99, 404, "NOT_FOUND", "replication policy 99 not found"),
    ] {
        let refused = admin.post(EXECUTIONS).json(&json!({ "policy_id": policy })).send().await.refused(status, code);
        assert!(message(&refused).contains(text), "{}", refused.text());
    }
    let none = admin.get(&format!("{EXECUTIONS}?policy_id={id}")).send().await.expect(200);
    assert_eq!((none.header("x-total-count"), none.json()), ("0", json!([])));
    for path in ["1", "1/tasks", "1/tasks/1/log"] {
        admin.get(&format!("{EXECUTIONS}/{path}")).send().await.refused(404, "NOT_FOUND");
    }
    admin.put(&format!("{EXECUTIONS}/1")).send().await.refused(404, "NOT_FOUND");
}

async fn only_administrators_reach_them(app: &TestApp) {
    let somebody = app.user("somebody").await;
    let id = made(&app.admin(), REGISTRIES, &registry(app, "self")).await;
    for path in [
        REGISTRIES.to_owned(),
        format!("{REGISTRIES}/{id}"),
        format!("{REGISTRIES}/0"),
        format!("{REGISTRIES}/{id}/info"),
        POLICIES.to_owned(),
        EXECUTIONS.to_owned(),
        "/api/v2.0/replication/adapters".to_owned(),
        "/api/v2.0/replication/adapterinfos".to_owned(),
    ] {
        somebody.get(&path).send().await.refused(403, "FORBIDDEN");
        app.anonymous().get(&path).send().await.refused(401, "UNAUTHORIZED");
        app.admin().get(&path).send().await.expect(200);
    }
    let ping = json!({ "id": id });
    somebody.post(&format!("{REGISTRIES}/ping")).json(&ping).send().await.refused(403, "FORBIDDEN");
    somebody.delete(&format!("{REGISTRIES}/{id}")).send().await.refused(403, "FORBIDDEN");
    somebody.post(POLICIES).json(&policy("mine", id)).send().await.refused(403, "FORBIDDEN");
}

async fn a_cache_of_another_registry_is_refused(app: &TestApp) {
    let admin = app.admin();
    let id = made(&admin, REGISTRIES, &registry(app, "self")).await;
    let cache = |registry: i64| json!({ "project_name": "cache", "registry_id": registry });
    let path = "/api/v2.0/projects";
    app.user("somebody").await.post(path).json(&cache(id)).send().await.refused(403, "FORBIDDEN");
    let refused = admin.post(path).json(&cache(id)).send().await.refused(412, "PRECONDITION");
    assert!(message(&refused).starts_with("not available yet"), "{}", refused.text());
    for registry in [0, -1, 99] {
        admin.post(path).json(&cache(registry)).send().await.refused(400, "BAD_REQUEST");
    }
    admin.get("/api/v2.0/projects/cache").send().await.refused(404, "NOT_FOUND");
}

/// What a Harbor asks before it copies to here: which projects there are, their names in quotes, and where a blob can be
/// mounted from. It believes the answers: with a wrong one it leaves the blob out.
async fn another_harbor_finds_what_it_looks_for(app: &TestApp) {
    let admin = app.admin();
    for name in ["2024", "fleet"] {
        app.project(name, false).await;
    }
    let names = async |client: &Client, query: &str| -> Vec<String> {
        let listed = got(client, format!("/api/v2.0/{query}")).await;
        listed.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    let quoted = "projects?q=name%3D%7B%272024%27+%27fleet%27+%27nowhere%27%7D&with_detail=false";
    assert_eq!(names(&admin, quoted).await, ["2024", "fleet"]);
    assert_eq!(names(&admin, "projects?q=Name%3Dfleet&sort=-CreationTime").await, ["fleet"]);

    let (image, other) = (Image::new("image", 2), Image::new("other", 1));
    admin.push("fleet/app", "v1", &image).await;
    // The newest repository does not have it.
    admin.push("2024/app", "v1", &other).await;
    let holders = async |client: &Client, digest: &str| {
        names(client, &format!("repositories?q=blob_digest={digest}&page_size=1&page_number=1")).await
    };
    let layer = image.blobs[1].digest.to_string();
    assert_eq!(holders(&admin, &layer).await, ["fleet/app"]);
    for nothing in [format!("sha256:{}", "0".repeat(64)).as_str(), "shoe", "~sha256"] {
        assert!(holders(&admin, nothing).await.is_empty(), "{nothing}");
    }
    assert_eq!(names(&admin, &format!("projects/2024/repositories?q=blob_digest={layer}")).await, [""; 0]);
    let stranger = app.user("stranger").await;
    assert!(holders(&stranger, &layer).await.is_empty());
    // A name of digits is no id where the request says so, in whatever spelling.
    let by_name = admin.get("/api/v2.0/projects/2024").header("x-is-resource-name", "True").send().await.expect(200);
    assert_eq!(by_name.json()["name"], "2024");
    admin.get("/api/v2.0/projects/2024").send().await.refused(404, "NOT_FOUND");
    let mount = format!("/v2/2024/app/blobs/uploads/?mount={layer}&from=fleet/app");
    admin.post(&mount).send().await.expect(201);
    assert_eq!(
        names(&admin, &format!("repositories?q=blob_digest={layer}&sort=name")).await,
        ["2024/app", "fleet/app"]
    );
}
