//! Retention policies as rows: one a project, checked before it is kept, and no run that only looks like one.

use berth_testkit::{Role, TestApp, on_both};
use serde_json::{Value, json};

const RETENTIONS: &str = "/api/v2.0/retentions";

on_both!(a_project_has_one_policy, policies_belong_to_those_who_push, nothing_is_said_to_run);

fn policy(project: i64) -> Value {
    json!({
        "algorithm": "or",
        "rules": [{
            "disabled": false, "action": "retain", "template": "latestPushedK", "params": { "latestPushedK": 10 },
            "tag_selectors": [{ "kind": "doublestar", "decoration": "matches", "pattern": "**", "extras": "{\"untagged\":true}" }],
            "scope_selectors": { "repository": [{ "kind": "doublestar", "decoration": "repoMatches", "pattern": "**" }] },
        }],
        "trigger": { "kind": "Schedule", "settings": { "cron": "" }, "references": {} },
        "scope": { "level": "project", "ref": project },
    })
}

async fn setting(app: &TestApp) -> Value {
    app.admin().get("/api/v2.0/projects/team").send().await.expect(200).json()["metadata"]["retention_id"].clone()
}

async fn a_project_has_one_policy(app: &TestApp) {
    let project = app.project("team", false).await;
    let admin = app.admin();
    let made = admin.post(RETENTIONS).json(&policy(project)).send().await.expect(201).location();
    let id = made.rsplit('/').next().unwrap().to_owned();
    assert_eq!(setting(app).await, json!(id));
    admin.post(RETENTIONS).json(&policy(project)).send().await.refused(400, "BAD_REQUEST");

    let mut changed = policy(project);
    changed["rules"][0]["params"] = json!({ "latestPushedK": 3 });
    changed["trigger"]["settings"]["cron"] = json!("0 0 0 * * *");
    admin.put(&made).json(&changed).send().await.expect(200);
    let shown = admin.get(&made).send().await.expect(200).json();
    assert_eq!(shown["rules"][0]["params"]["latestPushedK"], 3);
    assert_eq!(shown["trigger"]["settings"]["cron"], "0 0 0 * * *");
    assert_eq!(shown["scope"], json!({ "level": "project", "ref": project }));
    for (field, bad) in [
        ("algorithm", json!("and")),
        ("scope", json!({ "level": "system", "ref": 1 })),
        ("scope", Value::Null),
        ("trigger", json!({ "kind": "Schedule", "settings": { "cron": "hello" } })),
        ("rules", json!([{ "action": "retain", "template": "shoe" }])),
    ] {
        let mut request = policy(project);
        request[field] = bad;
        admin.put(&made).json(&request).send().await.refused(400, "BAD_REQUEST");
    }
    admin.delete(&made).send().await.expect(200);
    assert_eq!(setting(app).await, Value::Null);
    admin.get(&made).send().await.refused(404, "NOT_FOUND");
    admin.delete(&made).send().await.refused(400, "BAD_REQUEST");
}

async fn policies_belong_to_those_who_push(app: &TestApp) {
    let (project, other) = (app.project("team", false).await, app.project("other", false).await);
    let developer = app.user_in("team", "developer", Role::Developer).await;
    let guest = app.user_in("team", "guest", Role::Guest).await;
    let foreign = app.user_in("other", "foreign", Role::ProjectAdmin).await;
    guest.post(RETENTIONS).json(&policy(project)).send().await.refused(403, "FORBIDDEN");
    let made = developer.post(RETENTIONS).json(&policy(project)).send().await.expect(201).location();
    for refused in [&guest, &foreign] {
        refused.get(&made).send().await.refused(403, "FORBIDDEN");
        refused.delete(&made).send().await.refused(403, "FORBIDDEN");
        refused.put(&made).json(&policy(project)).send().await.refused(403, "FORBIDDEN");
        refused.get(&format!("{made}/executions")).send().await.refused(403, "FORBIDDEN");
    }
    // Naming a project of one's own does not open the policy of another.
    foreign.put(&made).json(&policy(other)).send().await.refused(404, "NOT_FOUND");
    app.anonymous().get(&made).send().await.refused(401, "UNAUTHORIZED");
    developer.get(&made).send().await.expect(200);
}

async fn nothing_is_said_to_run(app: &TestApp) {
    let project = app.project("team", false).await;
    let admin = app.admin();
    let made = admin.post(RETENTIONS).json(&policy(project)).send().await.expect(201).location();
    let runs = format!("{made}/executions");
    let guest = app.user_in("team", "guest", Role::Guest).await;
    guest.post(&runs).json(&json!({ "dry_run": true })).send().await.refused(403, "FORBIDDEN");
    admin.post(&runs).json(&json!({ "dry_run": true })).send().await.refused(412, "PRECONDITION");
    let listed = admin.get(&runs).send().await.expect(200);
    assert_eq!((listed.header("x-total-count"), listed.json()), ("0", json!([])));
    admin.get(&format!("{runs}/1/tasks")).send().await.refused(404, "NOT_FOUND");
    admin.get(&format!("{runs}/1/tasks/1")).send().await.refused(404, "NOT_FOUND");
    admin.patch(&format!("{runs}/1")).json(&json!({ "action": "stop" })).send().await.refused(404, "NOT_FOUND");
    admin.patch(&format!("{runs}/1")).json(&json!({ "action": "fly" })).send().await.refused(400, "BAD_REQUEST");
}
