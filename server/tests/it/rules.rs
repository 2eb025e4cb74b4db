//! What rules about tags would do: a preview says it, with the reason of each tag, and nothing happens.

use std::collections::BTreeSet;

use berth_testkit::{Image, Manifest, Role, TestApp, on_both};
use serde_json::{Value, json};

const RETENTION: &str = "/api/berth/v1/projects/team/retention/preview";
const IMMUTABLE: &str = "/api/berth/v1/projects/team/immutabletagrules";
const RULES: &str = "/api/v2.0/projects/team/immutabletagrules";
const DAY: i64 = 24 * 60 * 60;

on_both!(
    a_preview_names_what_goes_and_why,
    it_frees_what_deleting_frees,
    what_is_left_is_what_it_keeps,
    repositories_that_no_rule_names_are_left_alone,
    indexes_and_signatures_go_as_a_whole,
    a_preview_is_paged,
    what_could_not_be_followed_is_refused,
    strangers_see_no_preview,
    immutability_says_what_it_protects,
);

fn rule(template: &str, number: i64, tags: &str, repositories: &str) -> Value {
    json!({
        "action": "retain", "template": template, "params": { template: number },
        "tag_selectors": [{ "kind": "doublestar", "decoration": "matches", "pattern": tags, "extras": "{\"untagged\":true}" }],
        "scope_selectors": { "repository": [{ "kind": "doublestar", "decoration": "repoMatches", "pattern": repositories }] },
    })
}

fn policy(rules: &[Value]) -> Value {
    json!({ "algorithm": "or", "rules": rules })
}

fn immutable(repositories: &str, tags: &str) -> Value {
    json!({
        "action": "immutable", "template": "immutable_template",
        "tag_selectors": [{ "kind": "doublestar", "decoration": "matches", "pattern": tags }],
        "scope_selectors": { "repository": [{ "kind": "doublestar", "decoration": "repoMatches", "pattern": repositories }] },
    })
}

async fn preview(app: &TestApp, rules: &[Value]) -> Value {
    app.admin().post(RETENTION).json(&policy(rules)).send().await.expect(200).json()
}

/// The tags of a preview with the word of their reason: `app:v1 rule`.
fn told(preview: &Value) -> Vec<String> {
    let items = preview["items"].as_array().unwrap();
    let told = items.iter().map(|item| {
        let tag = item["tag"].as_str().unwrap_or("-");
        format!("{}:{tag} {}", item["repository"].as_str().unwrap(), item["reason"].as_str().unwrap())
    });
    told.collect()
}

async fn a_preview_names_what_goes_and_why(app: &TestApp) {
    app.project("team", false).await;
    let admin = app.admin();
    for (tag, seed) in [("pr-1", "one"), ("v1", "two"), ("v2", "three"), ("pr-2", "four"), ("v3", "five")] {
        admin.push("team/app", tag, &Image::new(seed, 1)).await;
        app.later(DAY);
    }
    // The newest release is also known by another name.
    admin.push("team/app", "latest", &Image::new("five", 1)).await;
    admin.post(RULES).json(&immutable("app", "v1")).send().await.expect(201);
    let shown =
        preview(app, &[rule("latestPushedK", 1, "v*", "**"), rule("nDaysSinceLastPush", 3, "pr-*", "app")]).await;
    assert_eq!(
        told(&shown),
        ["app:latest same_artifact", "app:v3 rule", "app:pr-2 rule", "app:v2 rank", "app:v1 immutable", "app:pr-1 age",]
    );
    let item = &shown["items"][0];
    assert_eq!((&item["same_as"], &item["rules"], &item["kept"]), (&json!("v3"), &json!([1]), &json!(true)));
    let item = &shown["items"][3];
    assert_eq!((&item["rank"], &item["rules"], &item["kept"]), (&json!(2), &json!([1]), &json!(false)));
    assert_eq!(shown["kept"], json!({ "artifacts": 3, "tags": 4 }));
    assert_eq!(shown["removed"], json!({ "artifacts": 2, "tags": 2 }));
    assert_eq!((&shown["immutable_tags"], &shown["rules"]), (&json!(1), &json!([2, 1])));
    // A rule that rests keeps nothing, and counts in the numbers of the others.
    let mut resting = rule("always", 0, "**", "**");
    resting["disabled"] = json!(true);
    let shown = preview(app, &[resting, rule("always", 0, "pr-*", "**")]).await;
    assert_eq!(shown["rules"], json!([0, 2]));
    assert_eq!(shown["items"][2]["rules"], json!([2]));
    // Nothing happened, and nothing is kept of it.
    admin.pull("team/app", "v2", &Image::new("three", 1)).await;
    let project = admin.get("/api/v2.0/projects/team").send().await.expect(200).json();
    assert_eq!(project["metadata"]["retention_id"], Value::Null);
}

async fn used(app: &TestApp) -> i64 {
    let summary = app.admin().get("/api/v2.0/projects/team/summary").send().await.expect(200).json();
    summary["quota"]["used"]["storage"].as_i64().unwrap()
}

async fn it_frees_what_deleting_frees(app: &TestApp) {
    app.project("team", false).await;
    let admin = app.admin();
    // Layers are shared inside a repository, between repositories that both lose them, and with one that keeps them.
    let (base, common, rest) = (
        berth_testkit::Blob::random("base", 4000),
        berth_testkit::Blob::random("common", 3000),
        berth_testkit::Blob::random("rest", 2000),
    );
    let keep = Image::with_layers("keep", vec![base.clone()]);
    let first = Image::with_layers("first", vec![base.clone(), common.clone()]);
    let second = Image::with_layers("second", vec![common.clone(), rest.clone()]);
    admin.push("team/app", "v1", &keep).await;
    admin.push("team/app", "pr-1", &first).await;
    admin.push("team/web", "pr-2", &second).await;
    admin.push("team/web", "pr-3", &keep).await;
    admin.push("team/web", "v1", &Image::with_layers("other", vec![rest.clone()])).await;
    let shown = preview(app, &[rule("always", 0, "v*", "**")]).await;
    assert_eq!(shown["removed"], json!({ "artifacts": 3, "tags": 3 }));
    let before = used(app).await;
    for item in shown["items"].as_array().unwrap().iter().filter(|item| item["kept"] == false) {
        let (repository, digest) = (item["repository"].as_str().unwrap(), item["digest"].as_str().unwrap());
        let path = format!("/api/v2.0/projects/team/repositories/{repository}/artifacts/{digest}");
        admin.delete(&path).send().await.expect(200);
    }
    assert_eq!(before - used(app).await, shown["freed_bytes"].as_i64().unwrap());
    assert!(shown["freed_bytes"].as_i64().unwrap() > 3000);
}

/// Deletes what a preview removes, as a run would, and looks at what is there then.
async fn what_is_left_is_what_it_keeps(app: &TestApp) {
    app.project("team", false).await;
    let admin = app.admin();
    for (number, tag) in ["v1", "pr-1", "v2", "pr-2", "v3", "nightly", "v4"].into_iter().enumerate() {
        for repo in ["app", "lib/web"] {
            admin.push(&format!("team/{repo}"), tag, &Image::new(&format!("{repo} {number}"), 1)).await;
        }
        app.later(DAY);
    }
    admin.push("team/app", "stable", &Image::new("app 0", 1)).await;
    admin.post(RULES).json(&immutable("lib/*", "pr-2")).send().await.expect(201);
    let rules = [rule("latestPushedK", 2, "v*", "**"), rule("nDaysSinceLastPush", 3, "{nightly,pr-*}", "app")];
    let whole = async || {
        let path = format!("{RETENTION}?page_size=100");
        admin.post(&path).json(&policy(&rules)).send().await.expect(200).json()
    };
    let shown = whole().await;
    let items = shown["items"].as_array().unwrap();
    let text = |item: &Value, key: &str| item[key].as_str().unwrap().to_owned();
    let of = |kept: bool| {
        let items = items.iter().filter(move |item| item["kept"] == kept);
        items.map(|item| (text(item, "repository"), text(item, "tag"))).collect::<BTreeSet<_>>()
    };
    let (kept, removed) = (of(true), of(false));
    assert!(kept.len() > 3 && removed.len() > 3, "{shown}");
    for item in items.iter().filter(|item| item["kept"] == false) {
        let repository = berth_types::url::encode_repository(&text(item, "repository"));
        let path = format!("/api/v2.0/projects/team/repositories/{repository}/artifacts/{}", text(item, "digest"));
        admin.delete(&path).send().await.expect(200);
    }
    let mut left = BTreeSet::new();
    for repo in ["app", "lib/web"] {
        let listed = admin.get(&format!("/v2/team/{repo}/tags/list")).send().await.expect(200).json();
        left.extend(
            listed["tags"].as_array().unwrap().iter().map(|tag| (repo.to_owned(), tag.as_str().unwrap().to_owned())),
        );
    }
    assert_eq!(left, kept);
    let again = whole().await;
    assert_eq!((&again["removed"]["tags"], &again["kept"]), (&json!(0), &shown["kept"]));
}

async fn repositories_that_no_rule_names_are_left_alone(app: &TestApp) {
    app.project("team", false).await;
    let admin = app.admin();
    for repo in ["app", "lib/base", "lib/deep/base"] {
        admin.push(&format!("team/{repo}"), "v1", &Image::new(repo, 1)).await;
    }
    let shown = preview(app, &[rule("latestPushedK", 0, "**", "lib/*")]).await;
    assert_eq!(told(&shown), ["lib/base:v1 rank"]);
    assert_eq!((&shown["repositories"], &shown["untouched_repositories"]), (&json!(1), &json!(2)));
    let shown = preview(app, &[rule("latestPushedK", 0, "**", "{app,lib/**}")]).await;
    assert_eq!(told(&shown), ["app:v1 rank", "lib/base:v1 rank", "lib/deep/base:v1 rank"]);
    let nothing = preview(app, &[]).await;
    assert_eq!((&nothing["total"], &nothing["untouched_repositories"]), (&json!(0), &json!(3)));
}

async fn indexes_and_signatures_go_as_a_whole(app: &TestApp) {
    app.project("team", false).await;
    let admin = app.admin();
    let (amd, arm) = (Image::new("amd", 1), Image::new("arm", 1));
    for image in [&amd, &arm] {
        admin.push("team/app", &image.manifest.digest.to_string(), image).await;
    }
    let index = Manifest::index(&[&amd.manifest, &arm.manifest]);
    admin.put_manifest("team/app", "pr-1", &index).await.expect(201);
    let signature = Image::referring(&index, "application/vnd.example.signature", "signature");
    admin.push("team/app", &signature.manifest.digest.to_string(), &signature).await;
    app.later(60);
    // A child by its own name is an artifact that the index needs.
    admin.put_manifest("team/app", "pr-arm", &arm.manifest).await.expect(201);
    let shown = preview(app, &[rule("always", 0, "pr-1", "**")]).await;
    assert_eq!(told(&shown), ["app:pr-arm listed", "app:pr-1 rule"]);
    assert_eq!((&shown["removed"]["artifacts"], &shown["freed_bytes"]), (&json!(0), &json!(0)));
    let before = used(app).await;
    let shown = preview(app, &[rule("always", 0, "v*", "**")]).await;
    assert_eq!(shown["removed"], json!({ "artifacts": 2, "tags": 2 }));
    assert_eq!(shown["freed_bytes"], json!(before));
    // An immutable name on a child does not hold the index, which only leads to it.
    admin.post(RULES).json(&immutable("**", "pr-arm")).send().await.expect(201);
    let shown = preview(app, &[rule("always", 0, "v*", "**")]).await;
    assert_eq!(told(&shown), ["app:pr-arm immutable", "app:pr-1 unselected"]);
}

async fn a_preview_is_paged(app: &TestApp) {
    app.project("team", false).await;
    let admin = app.admin();
    for number in 1..=5 {
        let tag = if number % 2 == 0 { format!("v{number}") } else { format!("pr-{number}") };
        admin.push("team/app", &tag, &Image::new(&tag, 1)).await;
        app.later(60);
    }
    let of = |query: &str| {
        let request = admin.post(&format!("{RETENTION}?{query}")).json(&policy(&[rule("always", 0, "v*", "**")]));
        async move { request.send().await.expect(200).json() }
    };
    let page = of("page=2&page_size=2").await;
    assert_eq!(
        (told(&page), &page["total"]),
        (vec!["app:pr-3 unselected".to_owned(), "app:v2 rule".to_owned()], &json!(5))
    );
    let removed = of("show=removed&page_size=2").await;
    assert_eq!(told(&removed), ["app:pr-5 unselected", "app:pr-3 unselected"]);
    assert_eq!((&removed["total"], &removed["kept"]["tags"]), (&json!(3), &json!(2)));
    assert_eq!(told(&of("show=kept&page=9").await), [""; 0]);
    let bad = admin.post(&format!("{RETENTION}?show=shoes")).json(&policy(&[])).send().await;
    bad.refused(422, "UNPROCESSABLE_ENTITY");
}

async fn what_could_not_be_followed_is_refused(app: &TestApp) {
    app.project("team", false).await;
    let admin = app.admin();
    let good = rule("always", 0, "**", "**");
    for bad in [rule("shoe", 1, "**", "**"), rule("latestPushedK", -1, "**", "**"), rule("always", 0, "{a", "**")] {
        admin.post(RETENTION).json(&policy(&[good.clone(), bad])).send().await.refused(400, "BAD_REQUEST");
    }
    admin.post(RETENTION).json(&policy(&[good.clone(), good])).send().await.refused(409, "CONFLICT");
    admin.post(&format!("{IMMUTABLE}/preview")).json(&immutable("[", "**")).send().await.refused(400, "BAD_REQUEST");
}

async fn strangers_see_no_preview(app: &TestApp) {
    app.project("team", false).await;
    app.project("other", false).await;
    app.admin().push("team/app", "v1", &Image::new("one", 1)).await;
    let rules = policy(&[rule("always", 0, "**", "**")]);
    let developer = app.user_in("team", "developer", Role::Developer).await;
    let guest = app.user_in("team", "guest", Role::Guest).await;
    let foreign = app.user_in("other", "foreign", Role::ProjectAdmin).await;
    developer.post(RETENTION).json(&rules).send().await.expect(200);
    for refused in [&guest, &foreign] {
        refused.post(RETENTION).json(&rules).send().await.refused(403, "FORBIDDEN");
    }
    app.anonymous().post(RETENTION).json(&rules).send().await.refused(401, "UNAUTHORIZED");
    let nowhere = RETENTION.replace("team", "nowhere");
    foreign.post(&nowhere).json(&rules).send().await.refused(403, "FORBIDDEN");
    // Who may not see the rules of tags that stay does not see what they protect.
    for refused in [&developer, &foreign] {
        refused.get(&format!("{IMMUTABLE}/coverage")).send().await.refused(403, "FORBIDDEN");
        let preview = refused.post(&format!("{IMMUTABLE}/preview")).json(&immutable("**", "**")).send().await;
        preview.refused(403, "FORBIDDEN");
    }
}

async fn immutability_says_what_it_protects(app: &TestApp) {
    app.project("team", false).await;
    let admin = app.admin();
    for (repo, tag) in [("app", "v1"), ("app", "v2"), ("app", "pr-1"), ("lib/web", "v1"), ("lib/web", "x")] {
        admin.push(&format!("team/{repo}"), tag, &Image::new(tag, 1)).await;
    }
    let coverage = format!("{IMMUTABLE}/coverage");
    assert_eq!(admin.get(&coverage).send().await.expect(200).json(), json!([]));
    let shown = admin.post(&format!("{IMMUTABLE}/preview?page_size=2")).json(&immutable("**", "v*")).send().await;
    let shown = shown.expect(200).json();
    assert_eq!((&shown["tags"], &shown["repositories"]), (&json!(3), &json!(2)));
    assert_eq!(shown["items"], json!([{ "repository": "app", "tag": "v1" }, { "repository": "app", "tag": "v2" }]));
    let second = format!("{IMMUTABLE}/preview?page_size=2&page=2");
    let second = admin.post(&second).json(&immutable("**", "v*")).send().await.expect(200).json();
    assert_eq!(second["items"], json!([{ "repository": "lib/web", "tag": "v1" }]));
    let nothing = admin.post(&format!("{IMMUTABLE}/preview")).json(&json!({})).send().await.expect(200).json();
    assert_eq!(nothing["tags"], json!(0));

    let mut resting = immutable("lib/**", "**");
    resting["disabled"] = json!(true);
    for rule in [immutable("**", "v*"), resting] {
        admin.post(RULES).json(&rule).send().await.expect(201);
    }
    let covered = admin.get(&coverage).send().await.expect(200).json();
    let counts: Vec<_> =
        covered.as_array().unwrap().iter().map(|rule| (&rule["tags"], &rule["repositories"])).collect();
    assert_eq!(counts, [(&json!(3), &json!(2)), (&json!(2), &json!(1))]);
}
