//! Immutable tags: what a rule protects is neither moved nor removed, by whatever door.

use berth_testkit::{Image, Role, TestApp, on_both};
use serde_json::{Value, json};

const RULES: &str = "/api/v2.0/projects/team/immutabletagrules";
const ARTIFACTS: &str = "/api/v2.0/projects/team/repositories/app/artifacts";

on_both!(
    a_protected_tag_stays_by_every_door,
    rules_end_where_they_do_not_select,
    maintainers_rule_and_developers_do_not,
    what_would_protect_nothing_is_refused,
);

fn rule(repositories: &str, tags: &str) -> Value {
    json!({
        "disabled": false, "action": "immutable", "template": "immutable_template",
        "tag_selectors": [{ "kind": "doublestar", "decoration": "matches", "pattern": tags }],
        "scope_selectors": { "repository": [{ "kind": "doublestar", "decoration": "repoMatches", "pattern": repositories }] },
    })
}

fn number(location: &str) -> i64 {
    location.rsplit('/').next().unwrap().parse().unwrap()
}

async fn a_protected_tag_stays_by_every_door(app: &TestApp) {
    app.project("team", false).await;
    app.project("source", false).await;
    let admin = app.admin();
    let (old, new) = (Image::new("old", 1), Image::new("new", 1));
    admin.push("team/app", "v1", &old).await;
    admin.push("team/app", "x1", &old).await;
    admin.push("source/app", "v1", &new).await;
    for blob in &new.blobs {
        admin.push_blob("team/app", blob).await;
    }
    let made = admin.post(RULES).json(&rule("**", "v*")).send().await.expect(201);

    for manifest in [&new.manifest, &old.manifest] {
        admin.put_manifest("team/app", "v1", manifest).await.refused(412, "PRECONDITION");
    }
    admin.post(&format!("{ARTIFACTS}?from=source/app:v1")).send().await.refused(412, "PRECONDITION");
    for path in [
        format!("{ARTIFACTS}/v1/tags/v1"),
        format!("{ARTIFACTS}/v1"),
        format!("{ARTIFACTS}/{}", old.manifest.digest),
        "/api/v2.0/projects/team/repositories/app".to_owned(),
        format!("/v2/team/app/manifests/{}", old.manifest.digest),
        "/v2/team/app/manifests/v1".to_owned(),
    ] {
        admin.delete(&path).send().await.refused(412, "PRECONDITION");
    }
    admin.pull("team/app", "v1", &old).await;

    let tags = admin.get(&format!("{ARTIFACTS}/v1/tags?with_immutable_status=true&sort=name")).send().await;
    let tags = tags.expect(200).json();
    let states: Vec<_> = tags.as_array().unwrap().iter().map(|tag| (&tag["name"], &tag["immutable"])).collect();
    assert_eq!(states, [(&json!("v1"), &json!(true)), (&json!("x1"), &json!(false))]);
    let shown = admin.get(&format!("{ARTIFACTS}?with_immutable_status=true")).send().await.expect(200).json();
    let protected = shown[0]["tags"].as_array().unwrap().iter().filter(|tag| tag["immutable"] == true).count();
    assert_eq!(protected, 1);

    // New tags and tags that no rule selects move freely.
    admin.push("team/app", "v2", &new).await;
    admin.push("team/app", "x1", &new).await;
    admin.delete(&format!("{ARTIFACTS}/x1/tags/x1")).send().await.expect(200);
    // A rule that rests protects nothing; one that is gone neither.
    let path = format!("{RULES}/{}", number(&made.location()));
    let resting = json!({ "disabled": true, "tag_selectors": rule("**", "v*")["tag_selectors"],
        "scope_selectors": rule("**", "v*")["scope_selectors"] });
    admin.put(&path).json(&resting).send().await.expect(200);
    admin.push("team/app", "v1", &new).await;
    admin.delete(&path).send().await.expect(200);
    admin.delete("/api/v2.0/projects/team/repositories/app").send().await.expect(200);
}

async fn rules_end_where_they_do_not_select(app: &TestApp) {
    app.project("team", false).await;
    app.project("other", false).await;
    let admin = app.admin();
    let (one, two) = (Image::new("one", 1), Image::new("two", 1));
    admin.post(RULES).json(&rule("base/**", "**")).send().await.expect(201);
    for repo in ["team/app", "other/base/app"] {
        admin.push(repo, "v1", &one).await;
        admin.push(repo, "v1", &two).await;
    }
    admin.push("team/base/app", "v1", &one).await;
    for blob in &two.blobs {
        admin.push_blob("team/base/app", blob).await;
    }
    admin.put_manifest("team/base/app", "v1", &two.manifest).await.refused(412, "PRECONDITION");
}

async fn maintainers_rule_and_developers_do_not(app: &TestApp) {
    app.project("team", false).await;
    app.project("other", false).await;
    let maintainer = app.user_in("team", "maintainer", Role::Maintainer).await;
    let developer = app.user_in("team", "developer", Role::Developer).await;
    let made = maintainer.post(RULES).json(&rule("**", "v*")).send().await.expect(201);
    maintainer.post(RULES).json(&rule("**", "v*")).send().await.refused(409, "CONFLICT");
    let path = format!("{RULES}/{}", number(&made.location()));
    developer.get(RULES).send().await.refused(403, "FORBIDDEN");
    developer.post(RULES).json(&rule("**", "w*")).send().await.refused(403, "FORBIDDEN");
    developer.put(&path).json(&rule("**", "w*")).send().await.refused(403, "FORBIDDEN");
    developer.delete(&path).send().await.refused(403, "FORBIDDEN");
    app.anonymous().get(RULES).send().await.refused(401, "UNAUTHORIZED");
    // A rule is found in its own project only.
    let elsewhere = path.replace("team", "other");
    app.admin().put(&elsewhere).json(&rule("**", "w*")).send().await.refused(404, "NOT_FOUND");
    app.admin().delete(&elsewhere).send().await.refused(404, "NOT_FOUND");
    let listed = maintainer.get(RULES).send().await.expect(200);
    assert_eq!(listed.header("x-total-count"), "1");
    assert_eq!(listed.json()[0]["tag_selectors"][0]["pattern"], "v*");
}

async fn what_would_protect_nothing_is_refused(app: &TestApp) {
    app.project("team", false).await;
    let admin = app.admin();
    let mut kind = rule("**", "v*");
    kind["tag_selectors"][0]["kind"] = json!("shoe");
    let mut decoration = rule("**", "v*");
    decoration["scope_selectors"]["repository"][0]["decoration"] = json!("matches");
    for bad in [kind, decoration, rule("[", "v*"), rule("**", "{v")] {
        admin.post(RULES).json(&bad).send().await.refused(400, "BAD_REQUEST");
    }
    let made = admin.post(RULES).json(&rule("**", "v*")).send().await.expect(201);
    let path = format!("{RULES}/{}", number(&made.location()));
    let mut other = rule("**", "w*");
    other["id"] = json!(number(&made.location()) + 1);
    admin.put(&path).json(&other).send().await.refused(400, "BAD_REQUEST");
    admin.put(&path).json(&json!({})).send().await.refused(400, "BAD_REQUEST");
    admin.put(&path).json(&rule("**", "w*")).send().await.expect(200);
    assert_eq!(admin.get(RULES).send().await.expect(200).json()[0]["tag_selectors"][0]["pattern"], "w*");
}
