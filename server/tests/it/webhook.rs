//! Webhook policies: who may make them, what is refused, and that headers are kept sealed.

use berth_db::query;
use berth_testkit::{Role, TestApp, on_both};
use serde_json::{Value, json};

on_both!(
    policies_are_made_changed_and_removed,
    what_could_never_be_delivered_is_refused,
    a_header_is_shown_and_kept_sealed,
    policies_belong_to_their_project,
);

const POLICIES: &str = "/api/v2.0/projects/hooked/webhook/policies";

fn policy(name: &str) -> Value {
    json!({
        "name": name,
        "enabled": true,
        "event_types": ["PUSH_ARTIFACT", "PULL_ARTIFACT", "PUSH_ARTIFACT"],
        "targets": [{ "type": "http", "address": "https://hooks.example/x?a=1/", "auth_header": "Bearer sesame" }],
    })
}

async fn policies_are_made_changed_and_removed(app: &TestApp) {
    app.project("hooked", false).await;
    let padmin = app.user_in("hooked", "padmin", Role::ProjectAdmin).await;
    let made = padmin.post(POLICIES).json(&policy("one")).send().await.expect(201).location();
    padmin.post(POLICIES).json(&policy("one")).send().await.refused(409, "CONFLICT");
    padmin.post(POLICIES).json(&policy("two")).send().await.expect(201);

    let shown = padmin.get(&made).send().await.expect(200).json();
    assert_eq!(shown["event_types"], json!(["PUSH_ARTIFACT", "PULL_ARTIFACT"]));
    let target = json!({
        "type": "http", "address": "https://hooks.example/x?a=1", "auth_header": "Bearer sesame",
        "payload_format": "Default",
    });
    assert_eq!(shown["targets"], json!([target]));

    let maintainer = app.user_in("hooked", "maintainer", Role::Maintainer).await;
    let developer = app.user_in("hooked", "developer", Role::Developer).await;
    maintainer.get(&made).send().await.expect(200);
    maintainer.put(&made).json(&policy("mine")).send().await.refused(403, "FORBIDDEN");
    developer.get(&made).send().await.refused(403, "FORBIDDEN");

    padmin.put(&made).json(&policy("two")).send().await.refused(409, "CONFLICT");
    // What was read can be written back.
    let mut changed = shown.clone();
    changed["name"] = json!("three");
    changed["enabled"] = json!(false);
    padmin.put(&made).json(&changed).send().await.expect(200);
    let after = padmin.get(&made).send().await.expect(200).json();
    assert_eq!((&after["name"], &after["enabled"]), (&json!("three"), &json!(false)));
    assert_eq!(after["creation_time"], shown["creation_time"]);
    assert_eq!(after["targets"], shown["targets"]);

    let list = padmin.get(&format!("{POLICIES}?sort=-name&page_size=1&q=name%3D~T")).send().await.expect(200);
    assert_eq!((list.header("x-total-count"), &list.json()[0]["name"]), ("2", &json!("two")));
    let triggers = padmin.get("/api/v2.0/projects/hooked/webhook/lasttrigger").send().await.expect(200).json();
    assert_eq!(triggers.as_array().unwrap().len(), 4);
    assert_eq!(triggers[0]["last_trigger_time"], "0001-01-01T00:00:00.000Z");

    padmin.delete(&made).send().await.expect(200);
    padmin.delete(&made).send().await.refused(404, "NOT_FOUND");
}

async fn what_could_never_be_delivered_is_refused(app: &TestApp) {
    app.project("hooked", false).await;
    let with = |change: Value| {
        let mut policy = policy("bad");
        for (key, value) in change.as_object().unwrap() {
            policy[key.as_str()] = value.clone();
        }
        policy
    };
    let target = |change: Value| {
        let mut policy = policy("bad");
        for (key, value) in change.as_object().unwrap() {
            policy["targets"][0][key.as_str()] = value.clone();
        }
        policy
    };
    for (body, text) in [
        (with(json!({ "event_types": [] })), "empty event type"),
        (with(json!({ "event_types": ["FLY"] })), "unsupported event type FLY"),
        (with(json!({ "targets": [] })), "empty notification target with policy bad"),
        (with(json!({ "name": "n".repeat(256) })), "name is longer than 255 characters"),
        (target(json!({ "address": "" })), "empty URL"),
        (target(json!({ "address": "ftp://hooks.example" })), "invalid scheme: ftp"),
        (target(json!({ "type": "pigeon" })), "unsupported target type pigeon with policy bad"),
        (target(json!({ "payload_format": "XML" })), "unsupported payload format type: XML"),
        (
            target(json!({ "type": "slack", "payload_format": "Default" })),
            "set payload format is not allowed for slack",
        ),
        (target(json!({ "auth_header": "a\r\nb: c" })), "auth_header is no header that can be sent"),
    ] {
        let refusal = app.admin().post(POLICIES).json(&body).send().await.expect(400).json();
        assert_eq!(refusal["errors"][0]["message"], text);
    }
    let none = app.admin().get(POLICIES).send().await.expect(200);
    assert_eq!(none.header("x-total-count"), "0");
    app.admin().get(&format!("{POLICIES}/abc")).send().await.refused(422, "UNPROCESSABLE_ENTITY");
    // A receiver of Slack's kind has no format, so that what is read can be written back.
    let slack = target(json!({ "type": "slack", "skip_cert_verify": true, "auth_header": null }));
    let made = app.admin().post(POLICIES).json(&slack).send().await.expect(201).location();
    let shown = app.admin().get(&made).send().await.expect(200).json();
    let kept = json!([{ "type": "slack", "address": "https://hooks.example/x?a=1", "skip_cert_verify": true }]);
    assert_eq!(shown["targets"], kept);
    app.admin().put(&made).json(&shown).send().await.expect(200);
}

async fn a_header_is_shown_and_kept_sealed(app: &TestApp) {
    let project = app.project("hooked", false).await;
    app.admin().post(POLICIES).json(&policy("one")).send().await.expect(201);
    let db = app.rows().await;
    let mut reader = db.reader().await.unwrap();
    let rows = query::webhook::all(&mut reader.conn(), project, 10).await.unwrap();
    let kept = &rows[0].content.targets;
    assert!(kept.contains("hooks.example") && !kept.contains("sesame") && !kept.contains("Bearer"), "{kept}");
}

async fn policies_belong_to_their_project(app: &TestApp) {
    app.project("hooked", false).await;
    app.project("other", false).await;
    let made = app.admin().post(POLICIES).json(&policy("one")).send().await.expect(201).location();
    let id = made.rsplit('/').next().unwrap();
    let padmin = app.user_in("other", "padmin", Role::ProjectAdmin).await;
    let elsewhere = format!("/api/v2.0/projects/other/webhook/policies/{id}");
    padmin.get(&elsewhere).send().await.refused(404, "NOT_FOUND");
    padmin.put(&elsewhere).json(&policy("stolen")).send().await.refused(404, "NOT_FOUND");
    padmin.delete(&elsewhere).send().await.refused(404, "NOT_FOUND");
    padmin.get(&format!("{elsewhere}/executions")).send().await.refused(404, "NOT_FOUND");
    let jobs = format!("/api/v2.0/projects/other/webhook/jobs?policy_id={id}");
    padmin.get(&jobs).send().await.refused(404, "NOT_FOUND");
    assert_eq!(app.admin().get(&made).send().await.expect(200).json()["name"], "one");

    let none = app.admin().get(&format!("{made}/executions")).send().await.expect(200);
    assert_eq!((none.header("x-total-count"), none.json()), ("0", json!([])));
    app.admin().get(&format!("{made}/executions/7/tasks")).send().await.refused(404, "NOT_FOUND");
    app.admin().get(&format!("{made}/executions/7/tasks/7/log")).send().await.refused(404, "NOT_FOUND");
    // The policies go with their project.
    app.admin().delete("/api/v2.0/projects/hooked").send().await.expect(200);
    let db = app.rows().await;
    let mut reader = db.reader().await.unwrap();
    let left = query::webhook::find(&mut reader.conn(), id.parse().unwrap()).await.unwrap();
    assert_eq!(left, None);
}
