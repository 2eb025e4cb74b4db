//! Operations on many things at once: counted before, worked off item by item, what failed told to who asked.

use berth_db::{DbError, args};
use berth_testkit::{Client, Image, Manifest, Reply, Role, TestApp, eventually, on_both};
use berth_types::Timestamp;
use serde_json::{Value, json};

const BULK: &str = "/api/berth/v1/bulk";
/// Some moment.
const NOW: i64 = 1_770_000_000_000_000;

on_both!(
    all_that_match_are_deleted_and_no_more,
    what_a_rule_protects_stays_and_is_told,
    an_operation_is_its_owners_and_administrators,
    who_may_not_is_refused_before_anything_is_noted,
    what_was_asked_for_by_somebody_without_rights_now_fails_item_by_item,
    artifacts_go_with_their_children_and_the_bytes_are_exact,
    labels_are_put_on_and_taken_off,
    artifacts_are_copied_to_another_project,
    what_tags_point_at_is_labelled_and_copied,
    repositories_are_copied_to_another_project,
    repositories_go_with_what_only_they_had,
    people_and_robots_go_too,
    what_makes_no_sense_is_refused,
    an_operation_that_was_begun_goes_on_after_a_restart,
    a_tag_that_was_moved_since_stays,
    an_operation_ends_with_the_token_that_began_it,
    more_than_fit_are_refused,
);

pub async fn ended(client: &Client, reply: Reply) -> Value {
    let path = reply.location();
    eventually(async || {
        let operation = client.get(&path).send().await.expect(200).json();
        (!["pending", "running"].contains(&operation["status"].as_str().unwrap())).then_some(operation)
    })
    .await
}

pub async fn run(client: &Client, request: &Value) -> Value {
    let reply = client.post(BULK).json(request).send().await.expect(202);
    ended(client, reply).await
}

pub async fn preview(client: &Client, request: &Value) -> Value {
    client.post(&format!("{BULK}/preview")).json(request).send().await.expect(200).json()
}

pub fn counts(operation: &Value) -> (i64, i64, i64) {
    let count = |key: &str| operation[key].as_i64().unwrap();
    (count("total"), count("done"), count("failed"))
}

pub async fn tags(client: &Client, repo: &str) -> Vec<String> {
    let reply = client.get(&format!("/v2/{repo}/tags/list?n=1000")).send().await.expect(200).json();
    reply["tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap().to_owned()).collect()
}

/// Writes tags as rows: a push each would take the time of the whole suite.
pub async fn many_tags(app: &TestApp, repo: &str, count: i64) {
    let db = app.rows().await;
    let (repo, now) = (repo.to_owned(), NOW);
    let written: Result<(), DbError> = db
        .write((repo, count, now), |tx, (repo, count, now)| {
            Box::pin(async move {
                let sql = "SELECT r.id, m.id FROM repositories r JOIN manifests m ON m.repository_id = r.id
                           WHERE r.name = $1 ORDER BY m.id LIMIT 1";
                let row = tx.row(sql, args![&*repo]).await?.unwrap();
                let (repository, manifest): (i64, i64) = (row.get(0)?, row.get(1)?);
                for n in 0..*count {
                    let name = format!("pr-{n}");
                    let sql = "INSERT INTO tags (repository_id, name, sort_key, manifest_id, pushed_at)
                               VALUES ($1, $2, $2, $3, $4)";
                    tx.execute(sql, args![repository, &name, manifest, *now]).await?;
                }
                let sql = "UPDATE manifests SET tag_count = tag_count + $2 WHERE id = $1";
                tx.execute(sql, args![manifest, *count]).await?;
                Ok(())
            })
        })
        .await;
    written.unwrap();
}

async fn all_that_match_are_deleted_and_no_more(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    let image = Image::new("image", 1);
    admin.push("team/app", "stable", &image).await;
    many_tags(app, "team/app", 1240).await;
    let wanted = json!({
        "kind": "tags", "action": "delete", "repository": "team/app", "all": true, "q": "name=~pr-"
    });
    let counted = preview(&admin, &wanted).await;
    assert_eq!((counted["items"].as_i64(), counted["tags"].as_i64()), (Some(1240), Some(1240)));
    assert_eq!(counted["manifests"], 0, "`stable` still points at it");
    let whole = json!({ "kind": "tags", "action": "delete", "repository": "team/app", "all": true });
    let counted = preview(&admin, &whole).await;
    assert_eq!((counted["tags"].as_i64(), counted["manifests"].as_i64()), (Some(1241), Some(1)));
    let done = run(&admin, &wanted).await;
    assert_eq!((counts(&done), done["status"].as_str()), ((1240, 1240, 0), Some("finished")));
    assert_eq!(done["request"]["q"], "name=~pr-");
    assert_eq!(tags(&admin, "team/app").await, ["stable"]);
    let log = "/api/v2.0/projects/team/logs?q=operation=delete,resource_type=tag&page_size=1";
    let log = admin.get(log).send().await.expect(200);
    assert_eq!(log.header("x-total-count"), "1240", "each is in the log under the name of who asked");
    assert_eq!(log.json()[0]["username"], "admin");
}

/// From now on what is asked for waits.
pub async fn pause(app: &TestApp) {
    let paused: Result<(), DbError> =
        app.rows().await.write((), |tx, ()| Box::pin(berth_db::query::job::pause(tx, "bulk", Timestamp(NOW)))).await;
    paused.unwrap();
}

pub async fn resume(app: &TestApp) {
    let resumed: Result<(), DbError> =
        app.rows().await.write((), |tx, ()| Box::pin(berth_db::query::job::resume(tx, "bulk"))).await;
    resumed.unwrap();
}

pub async fn protect(app: &TestApp, project: &str, pattern: &str) {
    let rule = json!({
        "disabled": false, "action": "immutable", "template": "immutable_template",
        "tag_selectors": [{ "kind": "doublestar", "decoration": "matches", "pattern": pattern }],
        "scope_selectors": { "repository": [{ "kind": "doublestar", "decoration": "repoMatches", "pattern": "**" }] },
    });
    let path = format!("/api/v2.0/projects/{project}/immutabletagrules");
    app.admin().post(&path).json(&rule).send().await.expect(201);
}

async fn what_a_rule_protects_stays_and_is_told(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    let image = Image::new("image", 1);
    for tag in ["a", "v1", "z"] {
        admin.push("team/app", tag, &image).await;
    }
    protect(app, "team", "v*").await;
    let wanted = json!({
        "kind": "tags", "action": "delete", "repository": "team/app", "items": ["a", "v1", "z", "gone", "a"]
    });
    let counted = preview(&admin, &wanted).await;
    assert_eq!((counted["items"].as_i64(), &counted["unknown"]), (Some(3), &json!(["gone"])));
    assert_eq!((counted["kept_count"].as_i64(), counted["kept"][0]["item"].as_str()), (Some(1), Some("v1")));
    assert_eq!((&counted["tags"], &counted["manifests"]), (&json!(2), &json!(0)), "what stays is not counted");
    let done = run(&admin, &wanted).await;
    assert_eq!(counts(&done), (4, 2, 2));
    let failed = |item: &str| {
        let failures = done["failures"].as_array().unwrap();
        failures.iter().find(|failure| failure["item"] == item).unwrap()["code"].clone()
    };
    assert_eq!((failed("v1"), failed("gone")), (json!("PRECONDITION"), json!("NOT_FOUND")));
    assert_eq!(tags(&admin, "team/app").await, ["v1"]);
}

async fn an_operation_is_its_owners_and_administrators(app: &TestApp) {
    app.project("team", false).await;
    app.admin().push("team/app", "v1", &Image::new("image", 1)).await;
    let maintainer = app.user_in("team", "maintainer", Role::Maintainer).await;
    let other = app.user_in("team", "other", Role::ProjectAdmin).await;
    let wanted = json!({ "kind": "tags", "action": "delete", "repository": "team/app", "items": ["v1"] });
    let reply = maintainer.post(BULK).json(&wanted).send().await.expect(202);
    let path = reply.location();
    assert_eq!(path, format!("{BULK}/{}", reply.json()["id"]));
    let id = reply.json()["id"].clone();
    ended(&maintainer, reply).await;
    app.admin().get(&path).send().await.expect(200);
    let jobs = app.admin().get("/api/berth/v1/jobs?q=kind=bulk").send().await.expect(200).json();
    assert_eq!(jobs[0]["operation"], id, "administrators find it from its job");
    other.get(&path).send().await.refused(404, "NOT_FOUND");
    app.anonymous().get(&path).send().await.refused(401, "UNAUTHORIZED");
    maintainer.get(&format!("{BULK}/999999")).send().await.refused(404, "NOT_FOUND");
    maintainer.get(&format!("{BULK}/x")).send().await.expect(422);
}

async fn who_may_not_is_refused_before_anything_is_noted(app: &TestApp) {
    app.project("team", false).await;
    app.admin().push("team/app", "v1", &Image::new("image", 1)).await;
    let developer = app.user_in("team", "developer", Role::Developer).await;
    let stranger = app.user("stranger").await;
    let of = |kind: &str, action: &str| json!({ "kind": kind, "action": action, "repository": "team/app", "project": "team", "items": ["v1"] });
    for path in [BULK.to_owned(), format!("{BULK}/preview")] {
        developer.post(&path).json(&of("tags", "delete")).send().await.refused(403, "FORBIDDEN");
        developer.post(&path).json(&of("repositories", "delete")).send().await.refused(403, "FORBIDDEN");
        developer.post(&path).json(&of("robots", "disable")).send().await.refused(403, "FORBIDDEN");
        stranger.post(&path).json(&of("tags", "delete")).send().await.refused(403, "FORBIDDEN");
        let users = json!({ "kind": "users", "action": "delete", "items": ["1"] });
        stranger.post(&path).json(&users).send().await.refused(403, "FORBIDDEN");
        app.anonymous().post(&path).json(&of("tags", "delete")).send().await.refused(401, "UNAUTHORIZED");
        // Whoever may know learns that there is nothing.
        let nowhere = json!({ "kind": "tags", "action": "delete", "repository": "team/nope", "items": ["v1"] });
        app.admin().post(&path).json(&nowhere).send().await.refused(404, "NOT_FOUND");
    }
    let db = app.rows().await;
    let row = db.reader().await.unwrap().conn().row("SELECT COUNT(*) FROM bulk_operations", &[]).await.unwrap();
    assert_eq!(row.unwrap().get::<i64>(0).unwrap(), 0);
}

async fn what_was_asked_for_by_somebody_without_rights_now_fails_item_by_item(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    let image = Image::new("image", 1);
    for tag in ["a", "b"] {
        admin.push("team/app", tag, &image).await;
    }
    let maintainer = app.user_in("team", "maintainer", Role::Maintainer).await;
    // The membership ends between the request and the work.
    pause(app).await;
    let wanted = json!({ "kind": "tags", "action": "delete", "repository": "team/app", "all": true });
    let reply = maintainer.post(BULK).json(&wanted).send().await.expect(202);
    let members = "/api/v2.0/projects/team/members";
    let listed = admin.get(&format!("{members}?entityname=maintainer")).send().await.expect(200).json();
    admin.delete(&format!("{members}/{}", listed[0]["id"])).send().await.expect(200);
    resume(app).await;
    let done = ended(&maintainer, reply).await;
    assert_eq!(counts(&done), (2, 0, 2));
    assert_eq!(done["failures"][0]["code"], "FORBIDDEN");
    assert_eq!(tags(&admin, "team/app").await, ["a", "b"]);
}

pub async fn used(client: &Client, project: &str) -> i64 {
    let usage = client.get(&format!("/api/berth/v1/projects/{project}/usage")).send().await.expect(200).json();
    usage["used"].as_i64().unwrap()
}

async fn artifacts_go_with_their_children_and_the_bytes_are_exact(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    let (one, two, kept) = (Image::new("one", 2), Image::new("two", 1), Image::new("kept", 1));
    for image in [&one, &two] {
        admin.push("team/app", &image.manifest.digest.to_string(), image).await;
    }
    let index = Manifest::index(&[&one.manifest, &two.manifest]);
    admin.put_manifest("team/app", "multi", &index).await.expect(201);
    let signature = Image::referring(&index, "application/vnd.example.signature", "signature");
    admin.push("team/app", &signature.manifest.digest.to_string(), &signature).await;
    admin.push("team/app", "kept", &kept).await;
    let alone = {
        app.project("alone", false).await;
        admin.push("alone/app", "kept", &kept).await;
        used(&admin, "alone").await
    };
    let before = used(&admin, "team").await;
    // A child cannot go while the index stays.
    let child = json!({
        "kind": "artifacts", "action": "delete", "repository": "team/app", "items": [one.manifest.digest.to_string()]
    });
    let counted = preview(&admin, &child).await;
    assert_eq!((&counted["kept_count"], &counted["manifests"]), (&json!(1), &json!(0)));
    let wanted = json!({
        "kind": "artifacts", "action": "delete", "repository": "team/app", "items": [index.digest.to_string()]
    });
    let counted = preview(&admin, &wanted).await;
    assert_eq!((counted["items"].as_i64(), counted["tags"].as_i64()), (Some(1), Some(1)));
    assert_eq!(counted["manifests"], 4, "the index, two platforms, the signature");
    assert_eq!(counted["bytes"].as_i64(), Some(before - alone));
    let done = run(&admin, &wanted).await;
    assert_eq!(counts(&done), (1, 1, 0), "{done}");
    assert_eq!(used(&admin, "team").await, alone);
    assert_eq!(tags(&admin, "team/app").await, ["kept"]);
}

async fn labels_are_put_on_and_taken_off(app: &TestApp) {
    let admin = app.admin();
    let id = app.project("team", false).await;
    let (one, two) = (Image::new("one", 1), Image::new("two", 1));
    admin.push("team/app", "one", &one).await;
    admin.push("team/app", "two", &two).await;
    let label = json!({ "name": "old", "scope": "p", "project_id": id });
    let made = admin.post("/api/v2.0/labels").json(&label).send().await.expect(201).location();
    let label: i64 = made.rsplit('/').next().unwrap().parse().unwrap();
    let labelled = async || {
        let path = format!("/api/v2.0/projects/team/repositories/app/artifacts?q=labels%3D({label})");
        admin.get(&path).send().await.expect(200).json().as_array().unwrap().len()
    };
    let of = |action: &str| json!({ "kind": "artifacts", "action": action, "repository": "team/app", "all": true, "label_id": label });
    // One of them has it: that is no failure.
    let body = json!({ "id": label });
    let path = "/api/v2.0/projects/team/repositories/app/artifacts/one/labels";
    admin.post(path).json(&body).send().await.expect(200);
    assert_eq!(counts(&run(&admin, &of("add_label")).await), (2, 2, 0));
    assert_eq!(labelled().await, 2);
    let narrowed = json!({
        "kind": "artifacts", "action": "remove_label", "repository": "team/app", "all": true, "label_id": label,
        "q": format!("digest=~{}", two.manifest.digest)
    });
    assert_eq!(counts(&run(&admin, &narrowed).await), (1, 1, 0));
    assert_eq!(labelled().await, 1);
    // A label that does not exist fails for each of them.
    let unknown = json!({
        "kind": "artifacts", "action": "add_label", "repository": "team/app", "all": true, "label_id": 999_999
    });
    assert_eq!(counts(&run(&admin, &unknown).await), (2, 0, 2));
}

async fn artifacts_are_copied_to_another_project(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    app.project("other", false).await;
    let (one, two) = (Image::new("one", 1), Image::new("two", 1));
    admin.push("team/app", "one", &one).await;
    admin.push("team/app", "two", &two).await;
    let wanted = json!({
        "kind": "artifacts", "action": "copy", "repository": "team/app", "all": true, "target": "other/app"
    });
    // Who may push to one project only copies nothing into the other.
    let developer = app.user_in("team", "developer", Role::Developer).await;
    developer.post(BULK).json(&wanted).send().await.refused(403, "FORBIDDEN");
    assert_eq!(counts(&run(&admin, &wanted).await), (2, 2, 0));
    admin.pull("other/app", "one", &one).await;
    admin.pull("other/app", "two", &two).await;
    assert_eq!(counts(&run(&admin, &wanted).await), (2, 2, 0), "once more is fine");
}

async fn what_tags_point_at_is_labelled_and_copied(app: &TestApp) {
    let admin = app.admin();
    let id = app.project("team", false).await;
    app.project("other", false).await;
    let (one, two, later) = (Image::new("one", 1), Image::new("two", 1), Image::new("later", 1));
    admin.push("team/app", "one", &one).await;
    admin.push("team/app", "two", &two).await;
    let label = json!({ "name": "good", "scope": "p", "project_id": id });
    let made = admin.post("/api/v2.0/labels").json(&label).send().await.expect(201).location();
    let label: i64 = made.rsplit('/').next().unwrap().parse().unwrap();
    let of = |action: &str| json!({ "kind": "tags", "action": action, "repository": "team/app", "items": ["one"], "label_id": label });
    let labelled = async || {
        let path = format!("/api/v2.0/projects/team/repositories/app/artifacts?q=labels%3D({label})");
        let found = admin.get(&path).send().await.expect(200).json();
        found.as_array().unwrap().iter().map(|artifact| artifact["digest"].clone()).collect::<Vec<_>>()
    };
    let counted = preview(&admin, &of("add_label")).await;
    assert_eq!((counted["label"].as_str(), counted["shared_count"].as_i64()), (Some("good"), Some(0)));
    admin.put_manifest("team/app", "latest", &one.manifest).await.expect(201);
    for action in ["add_label", "remove_label"] {
        let counted = preview(&admin, &of(action)).await;
        assert_eq!((&counted["shared"], counted["shared_count"].as_i64()), (&json!(["latest"]), Some(1)), "{action}");
    }
    admin.delete("/api/v2.0/projects/team/repositories/app/artifacts/latest/tags/latest").send().await.expect(200);
    assert_eq!(counts(&run(&admin, &of("add_label")).await), (1, 1, 0));
    assert_eq!(labelled().await, [json!(one.manifest.digest.to_string())]);
    assert_eq!(counts(&run(&admin, &of("remove_label")).await), (1, 1, 0));
    assert!(labelled().await.is_empty());

    let copy = json!({
        "kind": "tags", "action": "copy", "repository": "team/app", "all": true, "q": "name=~o", "target": "other/app"
    });
    assert_eq!(preview(&admin, &copy).await["items"], 2);
    // What was selected is copied, wherever the tag went since, and no other tag of it.
    pause(app).await;
    let begun = admin.post(BULK).json(&copy).send().await.expect(202);
    admin.push("team/app", "two", &later).await;
    admin.put_manifest("team/app", "kept", &two.manifest).await.expect(201);
    resume(app).await;
    assert_eq!(counts(&ended(&admin, begun).await), (2, 2, 0));
    admin.pull("other/app", "one", &one).await;
    admin.pull("other/app", "two", &two).await;
    assert_eq!(tags(&admin, "other/app").await, ["one", "two"]);
}

async fn repositories_are_copied_to_another_project(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    app.project("other", false).await;
    let (one, two) = (Image::new("one", 1), Image::new("two", 1));
    admin.push("team/app/web", "v1", &one).await;
    admin.push("team/app/web", "v2", &two).await;
    // More than a page of a list.
    for number in 0..12 {
        admin.push("team/app/web", &format!("n{number}"), &Image::new(&format!("n{number}"), 1)).await;
    }
    admin.push("team/tools", "v1", &one).await;
    admin.push("team/alone", "v1", &Image::new("alone", 1)).await;
    let wanted = json!({
        "kind": "repositories", "action": "copy", "project": "team", "target": "other",
        "items": ["team/app/web", "team/tools", "team/nowhere"]
    });
    let counted = preview(&admin, &wanted).await;
    assert_eq!((counted["items"].as_i64(), &counted["unknown"]), (Some(15), &json!(["team/nowhere"])));
    let developer = app.user_in("team", "developer", Role::Developer).await;
    developer.post(BULK).json(&wanted).send().await.refused(403, "FORBIDDEN");
    assert_eq!(counts(&run(&admin, &wanted).await), (16, 15, 1));
    admin.pull("other/app/web", "v1", &one).await;
    admin.pull("other/app/web", "v2", &two).await;
    assert_eq!(tags(&admin, "other/app/web").await, tags(&admin, "team/app/web").await);
    // What was pushed first is the oldest there as well.
    let ages = async |project: &str| {
        let path = format!("/api/v2.0/projects/{project}/repositories/app%252Fweb/artifacts?page_size=100");
        let list = admin.get(&path).send().await.expect(200).json();
        list.as_array().unwrap().iter().map(|artifact| artifact["digest"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ages("other").await, ages("team").await);
    admin.pull("other/tools", "v1", &one).await;
    admin.get("/v2/other/alone/tags/list").send().await.expect(404);
    assert_eq!(tags(&admin, "team/tools").await, ["v1"], "what is copied stays");
    // One into which nothing fits fails alone.
    let rooms = admin.get("/api/v2.0/quotas?reference=project").send().await.expect(200).json();
    let of_other =
        rooms.as_array().unwrap().iter().find(|quota| quota["ref"]["name"] == "other").unwrap()["id"].clone();
    let full = json!({ "hard": { "storage": 1 } });
    admin.put(&format!("/api/v2.0/quotas/{of_other}")).json(&full).send().await.expect(200);
    let wanted = json!({
        "kind": "repositories", "action": "copy", "project": "team", "target": "other",
        "items": ["team/alone", "team/tools"]
    });
    assert_eq!(counts(&run(&admin, &wanted).await), (2, 1, 1));
}

async fn repositories_go_with_what_only_they_had(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    let (shared, own) = (Image::new("shared", 2), Image::new("own", 1));
    admin.push("team/a", "v1", &shared).await;
    admin.push("team/b", "v1", &shared).await;
    admin.push("team/b", "v2", &own).await;
    admin.push("team/c", "v1", &shared).await;
    let before = used(&admin, "team").await;
    let wanted =
        json!({ "kind": "repositories", "action": "delete", "project": "team", "items": ["team/a", "team/b"] });
    let counted = preview(&admin, &wanted).await;
    assert_eq!((counted["items"].as_i64(), counted["tags"].as_i64()), (Some(2), Some(3)));
    let freed = counted["bytes"].as_i64().unwrap();
    assert!(freed > 0 && freed < before, "{freed} of {before}");
    protect(app, "team", "v2").await;
    let counted = preview(&admin, &wanted).await;
    assert_eq!((counted["kept_count"].as_i64(), counted["kept"][0]["item"].as_str()), (Some(1), Some("team/b")));
    assert_eq!(counted["tags"], 1, "that of the other");
    let rules = "/api/v2.0/projects/team/immutabletagrules";
    let rule = admin.get(rules).send().await.expect(200).json()[0]["id"].clone();
    admin.delete(&format!("{rules}/{rule}")).send().await.expect(200);
    assert_eq!(counts(&run(&admin, &wanted).await), (2, 2, 0));
    assert_eq!(used(&admin, "team").await, before - freed);
    let everything = json!({ "kind": "repositories", "action": "delete", "project": "team", "all": true });
    assert_eq!(preview(&admin, &everything).await["bytes"].as_i64(), Some(before - freed));
    assert_eq!(counts(&run(&admin, &everything).await), (1, 1, 0));
    assert_eq!(used(&admin, "team").await, 0);
}

async fn people_and_robots_go_too(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    for name in ["one", "two"] {
        app.user(name).await;
    }
    let users = json!({ "kind": "users", "action": "delete", "all": true });
    let counted = preview(&admin, &users).await;
    assert_eq!((counted["items"].as_i64(), counted["kept_count"].as_i64()), (Some(3), Some(1)));
    let done = run(&admin, &users).await;
    assert_eq!(counts(&done), (3, 2, 1));
    assert_eq!((&done["failures"][0]["name"], &done["failures"][0]["code"]), (&json!("admin"), &json!("FORBIDDEN")));
    for name in ["one", "two"] {
        let robot = json!({ "name": name, "level": "project", "duration": 1, "permissions": [
            { "kind": "project", "namespace": "team", "access": [{ "resource": "repository", "action": "pull" }] }
        ] });
        admin.post("/api/v2.0/robots").json(&robot).send().await.expect(201);
    }
    let robots = async || {
        let projects = admin.get("/api/v2.0/projects/team").send().await.expect(200).json();
        let path = format!("/api/v2.0/robots?q=Level%3Dproject,ProjectID%3D{}", projects["project_id"]);
        admin.get(&path).send().await.expect(200).json()
    };
    let of =
        |action: &str, q: &str| json!({ "kind": "robots", "action": action, "project": "team", "all": true, "q": q });
    assert_eq!(counts(&run(&admin, &of("disable", "name=~two")).await), (1, 1, 0));
    let listed = robots().await;
    let off = |at: usize| listed[at]["disable"].as_bool().unwrap();
    assert_eq!((off(0), off(1)), (false, true));
    assert_eq!(counts(&run(&admin, &of("enable", "")).await), (2, 2, 0));
    assert_eq!(robots().await[1]["disable"], false);
    let maintainer = app.user_in("team", "padmin", Role::ProjectAdmin).await;
    assert_eq!(counts(&run(&maintainer, &of("delete", "")).await), (2, 2, 0));
    assert!(robots().await.as_array().unwrap().is_empty());
}

async fn what_makes_no_sense_is_refused(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    admin.push("team/app", "v1", &Image::new("image", 1)).await;
    for bad in [
        json!({ "kind": "tags", "action": "delete", "repository": "team/app" }),
        json!({ "kind": "tags", "action": "delete", "repository": "team/app", "all": true, "q": "nmae=~x" }),
        json!({ "kind": "tags", "action": "delete", "repository": "team/app", "all": true, "q": "name=~nothing" }),
        json!({ "kind": "tags", "action": "copy", "repository": "team/app", "all": true }),
        json!({ "kind": "artifacts", "action": "copy", "repository": "team/app", "all": true }),
        json!({ "kind": "users", "action": "delete", "items": vec!["1"; 1001] }),
    ] {
        admin.post(BULK).json(&bad).send().await.refused(400, "BAD_REQUEST");
    }
    admin.post(BULK).json(&json!({ "kind": "shoes", "action": "delete" })).send().await.expect(422);
    assert_eq!(tags(&admin, "team/app").await, ["v1"]);
}

async fn an_operation_that_was_begun_goes_on_after_a_restart(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    admin.push("team/app", "stable", &Image::new("image", 1)).await;
    many_tags(app, "team/app", 120).await;
    let wanted = json!({ "kind": "tags", "action": "delete", "repository": "team/app", "all": true, "q": "name=~pr-" });
    let reply = admin.post(BULK).json(&wanted).send().await.expect(202);
    let id = reply.json()["id"].as_i64().unwrap();
    ended(&admin, reply).await;
    // As if the node had died before the end was written: what is done is not there any more, and not counted again.
    let db = app.rows().await;
    let undone: Result<(), DbError> = db
        .write(id, |tx, id| {
            Box::pin(async move {
                let sql = "UPDATE bulk_operations SET finished_at = NULL, done = 119 WHERE id = $1";
                tx.execute(sql, args![*id]).await?;
                let sql = "INSERT INTO bulk_items (operation_id, item) VALUES ($1, 'pr-7')";
                tx.execute(sql, args![*id]).await?;
                let sql = "UPDATE jobs SET status = 'pending', finished_at = NULL, attempts = 0
                           WHERE id = (SELECT job_id FROM bulk_operations WHERE id = $1)";
                tx.execute(sql, args![*id]).await?;
                Ok(())
            })
        })
        .await;
    undone.unwrap();
    let path = format!("{BULK}/{id}");
    let operation = eventually(async || {
        let operation = admin.get(&path).send().await.expect(200).json();
        (operation["status"] == "finished").then_some(operation)
    })
    .await;
    assert_eq!(counts(&operation), (120, 120, 0), "what is gone is as it should be");
}

async fn a_tag_that_was_moved_since_stays(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    let (old, new) = (Image::new("old", 1), Image::new("new", 1));
    for tag in ["moved", "again", "gone", "stays"] {
        admin.push("team/app", tag, &old).await;
    }
    for which in [json!({ "all": true }), json!({ "items": ["moved", "again", "gone", "stays"] })] {
        let mut wanted = json!({ "kind": "tags", "action": "delete", "repository": "team/app" });
        wanted.as_object_mut().unwrap().extend(which.as_object().unwrap().clone());
        pause(app).await;
        let reply = admin.post(BULK).json(&wanted).send().await.expect(202);
        admin.push("team/app", "moved", &new).await;
        // What was pushed again as it was is what was meant.
        admin.push("team/app", "again", &old).await;
        admin.delete("/api/v2.0/projects/team/repositories/app/artifacts/gone/tags/gone").send().await.expect(200);
        resume(app).await;
        let done = ended(&admin, reply).await;
        assert_eq!(counts(&done), (4, 3, 1), "{done}");
        let failure = &done["failures"][0];
        assert_eq!((failure["item"].as_str(), failure["code"].as_str()), (Some("moved"), Some("CONFLICT")));
        assert!(failure["message"].as_str().unwrap().contains(&new.manifest.digest.to_string()), "{failure}");
        assert_eq!(tags(&admin, "team/app").await, ["moved"]);
        admin.pull("team/app", "moved", &new).await;
        // As it was, for the other way to say it.
        for tag in ["moved", "again", "gone", "stays"] {
            admin.push("team/app", tag, &old).await;
        }
    }
}

async fn an_operation_ends_with_the_token_that_began_it(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    app.user_in("team", "mei", Role::Maintainer).await;
    let owner = app.anonymous().basic("mei", berth_testkit::PASSWORD);
    let all = ["a", "b"];
    let wanted = json!({ "kind": "tags", "action": "delete", "repository": "team/app", "all": true });
    let tokens = "/api/berth/v1/users/current/tokens";
    for (name, is_revoked) in [("lost", true), ("kept", false)] {
        for tag in all {
            admin.push("team/app", tag, &Image::new("image", 1)).await;
        }
        let token = owner.post(tokens).json(&json!({ "name": name })).send().await.expect(201);
        let client = app.anonymous().basic("mei", token.json()["secret"].as_str().unwrap());
        pause(app).await;
        let reply = client.post(BULK).json(&wanted).send().await.expect(202);
        if is_revoked {
            owner.delete(&token.location()).send().await.expect(200);
        }
        resume(app).await;
        let done = ended(&owner, reply).await;
        if is_revoked {
            assert_eq!(counts(&done), (2, 0, 2));
            let failure = &done["failures"][1];
            assert_eq!(failure["code"], "UNAUTHORIZED");
            assert!(failure["message"].as_str().unwrap().contains("personal access token"), "{failure}");
            assert_eq!(tags(&admin, "team/app").await, all);
        } else {
            assert_eq!(counts(&done), (2, 2, 0), "{done}");
        }
    }
}

async fn more_than_fit_are_refused(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    admin.push("team/app", "stable", &Image::new("image", 1)).await;
    let db = app.rows().await;
    let written: Result<(), DbError> = db
        .write((), |tx, ()| {
            Box::pin(async move {
                let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
                           INSERT INTO tags (repository_id, name, sort_key, manifest_id, pushed_at)
                           SELECT t.repository_id, 'pr-' || n.i, 'pr-' || n.i, t.manifest_id, t.pushed_at
                           FROM tags t CROSS JOIN n WHERE t.name = 'stable'";
                tx.execute(sql, &[]).await?;
                tx.execute("UPDATE manifests SET tag_count = tag_count + 50000", &[]).await?;
                Ok(())
            })
        })
        .await;
    written.unwrap();
    let all = json!({ "kind": "tags", "action": "delete", "repository": "team/app", "all": true });
    for path in [BULK.to_owned(), format!("{BULK}/preview")] {
        let refused = admin.post(&path).json(&all).send().await.refused(400, "BAD_REQUEST");
        assert!(refused.text().contains("more than 50000 are selected"), "{}", refused.text());
    }
    let row = db.reader().await.unwrap().conn().row("SELECT COUNT(*) FROM bulk_operations", &[]).await.unwrap();
    assert_eq!(row.unwrap().get::<i64>(0).unwrap(), 0);
    // One less is not too many.
    let fits = json!({
        "kind": "tags", "action": "delete", "repository": "team/app", "all": true, "q": "name=~pr-"
    });
    assert_eq!(preview(&admin, &fits).await["items"], 50_000);
}
