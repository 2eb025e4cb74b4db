//! What projects hold: the same number wherever it is asked for, and by counting everything anew.

use berth_testkit::{Blob, Client, Image, Role, TestApp, eventually, on_both};
use serde_json::{Value, json};

const PROJECTS: &str = "/api/berth/v1/projects";

on_both!(
    the_number_is_that_of_counting_everything_anew,
    uploads_under_way_are_reserved,
    repositories_add_up_to_what_counts,
    projects_are_found_by_who_belongs_to_them_and_who_starred_them,
    projects_are_sorted_by_what_they_hold_and_when_they_were_pushed_to,
    storage_is_shown_to_who_may_see_the_quota,
    what_other_projects_have_is_told_to_administrators_only,
    what_nobody_used_is_found,
    projects_add_up_to_what_is_stored,
    repositories_of_all_projects_are_compared,
    only_administrators_compare_projects,
);

async fn get(client: &Client, path: &str) -> Value {
    client.get(path).send().await.expect(200).json()
}

async fn usage(client: &Client, project: &str) -> Value {
    get(client, &format!("{PROJECTS}/{project}/usage")).await
}

fn amount(value: &Value, key: &str) -> i64 {
    value[key].as_i64().unwrap_or_else(|| panic!("no {key} in {value}"))
}

/// Nothing drifts, and all answers name the same number.
async fn reconciled(app: &TestApp, project: &str, id: i64) -> i64 {
    let db = app.rows().await;
    let mut reader = db.reader().await.unwrap();
    let drift = berth_db::query::fsck::usage_drift(&mut reader.conn()).await.unwrap();
    assert!(drift.is_empty(), "{drift:?}");
    let admin = app.admin();
    let used = amount(&usage(&admin, project).await, "used");
    let quota = get(&admin, &format!("/api/v2.0/quotas/{id}")).await;
    assert_eq!(quota["used"]["storage"], used);
    let listed = get(&admin, &format!("{PROJECTS}?q=name%3D{project}")).await;
    assert_eq!(listed[0]["storage"]["used"], used);
    used
}

async fn the_number_is_that_of_counting_everything_anew(app: &TestApp) {
    let (admin, id) = (app.admin(), app.project("team", false).await);
    let other = app.project("other", false).await;
    let (one, two) = (Image::new("one", 3), Image::new("two", 1));
    admin.push("team/a", "v1", &one).await;
    let first = reconciled(app, "team", id).await;
    assert_eq!(first, i64::try_from(one.size()).unwrap());
    // The same elsewhere in the project costs nothing, another image does.
    admin.push("team/b", "v1", &one).await;
    assert_eq!(reconciled(app, "team", id).await, first);
    admin.push("team/b", "v2", &two).await;
    let both = reconciled(app, "team", id).await;
    assert!(both > first);
    // A mount links what is there.
    let blob = one.blobs[0].digest;
    let mount = format!("/v2/other/app/blobs/uploads/?mount={blob}&from=team/a");
    admin.post(&mount).send().await.expect(201);
    assert_eq!(reconciled(app, "other", other).await, i64::try_from(one.blobs[0].bytes.len()).unwrap());
    assert_eq!(amount(&usage(&admin, "team").await, "shared"), i64::try_from(one.blobs[0].bytes.len()).unwrap());
    let path = format!("/v2/team/a/manifests/{}", one.manifest.digest);
    admin.delete(&path).send().await.expect(202);
    assert_eq!(reconciled(app, "team", id).await, both, "the other repository still has it");
    admin.delete(&path.replace("/a/", "/b/")).send().await.expect(202);
    let left = reconciled(app, "team", id).await;
    assert!(left < both);
    admin.delete("/api/v2.0/projects/team/repositories/b").send().await.expect(200);
    admin.delete("/api/v2.0/projects/team/repositories/a").send().await.expect(200);
    assert_eq!(reconciled(app, "team", id).await, 0);
    let system = get(&admin, "/api/berth/v1/usage").await;
    assert_eq!(amount(&system, "used"), i64::try_from(one.blobs[0].bytes.len()).unwrap());
    assert_eq!(amount(&system, "stored") - amount(&system, "unlinked"), amount(&system, "used"));
    app.user("somebody").await.get("/api/berth/v1/usage").send().await.refused(403, "FORBIDDEN");
}

async fn uploads_under_way_are_reserved(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    let blob = Blob::random("slow", 4000);
    let location = admin.post("/v2/team/app/blobs/uploads/").send().await.expect(202).location();
    let location = admin.patch(&location).body(blob.bytes.clone()).send().await.expect(202).location();
    let shown = usage(&admin, "team").await;
    assert_eq!((amount(&shown, "used"), amount(&shown, "reserved")), (0, 4000));
    admin.finish(&location, &blob.digest, "").await.expect(201);
    let shown = usage(&admin, "team").await;
    assert_eq!((amount(&shown, "used"), amount(&shown, "reserved")), (4000, 0));
}

async fn repositories_add_up_to_what_counts(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    let (shared, own) = (Image::new("shared", 2), Image::new("own", 1));
    admin.push("team/a", "v1", &shared).await;
    admin.push("team/b", "v1", &shared).await;
    admin.push("team/b", "v2", &own).await;
    let total = usage(&admin, "team").await;
    let reply = admin.get(&format!("{PROJECTS}/team/usage/repositories?sort=-size")).send().await.expect(200);
    assert_eq!(reply.header("x-total-count"), "2");
    let rows = reply.json();
    let size = |image: &Image| i64::try_from(image.size()).unwrap();
    assert_eq!((rows[0]["name"].as_str(), amount(&rows[0], "bytes")), (Some("team/b"), size(&shared) + size(&own)));
    assert_eq!((rows[1]["name"].as_str(), amount(&rows[1], "bytes")), (Some("team/a"), size(&shared)));
    assert_eq!((amount(&rows[0], "shared"), amount(&rows[1], "shared")), (size(&shared), size(&shared)));
    let sum: i64 = rows.as_array().unwrap().iter().map(|row| amount(row, "bytes")).sum();
    assert_eq!(sum, amount(&total, "repositories"));
    assert_eq!(sum - amount(&total, "saved"), amount(&total, "used"));
    let found = get(&admin, &format!("{PROJECTS}/team/usage/repositories?q=name%3D~b")).await;
    assert_eq!(found.as_array().unwrap().len(), 1);
}

async fn names(client: &Client, query: &str) -> Vec<String> {
    let rows = get(client, &format!("{PROJECTS}?{query}")).await;
    rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

async fn projects_are_found_by_who_belongs_to_them_and_who_starred_them(app: &TestApp) {
    let admin = app.admin();
    for (name, public) in [("closed", false), ("open", true), ("team", false)] {
        app.project(name, public).await;
    }
    let mei = app.user_in("team", "mei", Role::Developer).await;
    assert_eq!(names(&mei, "").await, ["library", "open", "team"]);
    assert_eq!(names(&mei, "member=true").await, ["team"], "member, and not owner");
    assert!(names(&app.anonymous(), "member=true").await.is_empty());
    assert_eq!(names(&admin, "q=name%3D~e").await, ["closed", "open", "team"]);
    assert_eq!(names(&mei, "q=public%3Dfalse").await, ["team"]);
    for _ in 0..2 {
        mei.put(&format!("{PROJECTS}/open/favorite")).send().await.expect(200);
    }
    assert_eq!(names(&mei, "favorite=true").await, ["open"]);
    assert!(names(&admin, "favorite=true").await.is_empty(), "stars are one's own");
    let rows = get(&mei, PROJECTS).await;
    let starred: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["favorite"].as_bool().unwrap()).collect();
    assert_eq!(starred, [false, true, false]);
    mei.delete(&format!("{PROJECTS}/open/favorite")).send().await.expect(200);
    assert!(names(&mei, "favorite=true").await.is_empty());
    mei.put(&format!("{PROJECTS}/closed/favorite")).send().await.refused(403, "FORBIDDEN");
    app.anonymous().put(&format!("{PROJECTS}/open/favorite")).send().await.refused(401, "UNAUTHORIZED");
}

async fn projects_are_sorted_by_what_they_hold_and_when_they_were_pushed_to(app: &TestApp) {
    let admin = app.admin();
    for name in ["a", "b", "c"] {
        app.project(name, false).await;
    }
    for (name, layers) in [("b", 3), ("c", 1)] {
        admin.push(&format!("{name}/app"), "v1", &Image::new(name, layers)).await;
        app.later(60);
    }
    assert_eq!(names(&admin, "sort=-push_time&q=name%3D%7Ba%20b%20c%7D").await, ["c", "b", "a"]);
    assert_eq!(names(&admin, "sort=-storage&page_size=2").await, ["b", "c"]);
    assert_eq!(names(&admin, "sort=-repo_count,name&page_size=3").await, ["b", "c", "a"]);
    let rows = get(&admin, &format!("{PROJECTS}?q=name%3Db")).await;
    assert_eq!(rows[0]["repo_count"], 1);
    assert!(rows[0]["push_time"].is_string());
    let rows = get(&admin, &format!("{PROJECTS}?q=name%3Da")).await;
    assert!(rows[0].get("push_time").is_none(), "{rows}");
}

async fn storage_is_shown_to_who_may_see_the_quota(app: &TestApp) {
    app.project("open", true).await;
    app.admin().push("open/app", "v1", &Image::new("image", 1)).await;
    let (guest, stranger) = (app.user_in("open", "guest", Role::Guest).await, app.user("stranger").await);
    let shown = async |client: &Client| {
        let rows = get(client, &format!("{PROJECTS}?q=name%3Dopen")).await;
        rows[0].get("storage").is_some()
    };
    assert_eq!((shown(&app.admin()).await, shown(&guest).await, shown(&stranger).await), (true, true, false));
    for path in [format!("{PROJECTS}/open/usage"), format!("{PROJECTS}/open/usage/repositories")] {
        guest.get(&path).send().await.expect(200);
        stranger.get(&path).send().await.refused(403, "FORBIDDEN");
        app.anonymous().get(&path).send().await.refused(401, "UNAUTHORIZED");
    }
    let missing = format!("{PROJECTS}/nope/usage");
    app.admin().get(&missing).send().await.refused(404, "NOT_FOUND");
}

async fn what_other_projects_have_is_told_to_administrators_only(app: &TestApp) {
    let admin = app.admin();
    app.project("secret", false).await;
    app.project("own", false).await;
    let guessed = Image::new("guessed", 2);
    let size = i64::try_from(guessed.size()).unwrap();
    admin.push("secret/app", "v1", &guessed).await;
    let mei = app.user_in("own", "mei", Role::ProjectAdmin).await;
    mei.push("own/app", "v1", &guessed).await;
    let rows = format!("{PROJECTS}/own/usage/repositories?sort=name");
    let shown = usage(&mei, "own").await;
    assert_eq!((amount(&shown, "used"), shown.get("shared")), (size, None), "{shown}");
    let shown = get(&mei, &rows).await;
    assert_eq!((amount(&shown[0], "bytes"), amount(&shown[0], "shared")), (size, 0));
    assert_eq!(amount(&usage(&admin, "own").await, "shared"), size);
    // What repositories of the same project share is told.
    mei.push("own/copy", "v1", &guessed).await;
    let shown = get(&mei, &rows).await;
    assert_eq!((amount(&shown[0], "shared"), amount(&shown[1], "shared")), (size, size));
    assert!(usage(&mei, "own").await.get("shared").is_none());
}

async fn what_nobody_used_is_found(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    admin.push("team/old", "v1", &Image::new("old", 1)).await;
    app.later(40 * 24 * 60 * 60);
    admin.push("team/new", "v1", &Image::new("new", 1)).await;
    let unused = async |days: &str| -> Vec<String> {
        let path = format!("{PROJECTS}/team/usage/repositories?unused_days={days}&sort=name");
        let rows = get(&admin, &path).await;
        rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(unused("30").await, ["team/old"]);
    assert!(unused("90").await.is_empty());
    assert_eq!(unused("").await, ["team/new", "team/old"]);
    let bad = |days: &str| format!("{PROJECTS}/team/usage/repositories?unused_days={days}");
    admin.get(&bad("0")).send().await.refused(400, "BAD_REQUEST");
    admin.get(&bad("x")).send().await.expect(422);
    assert_eq!(json!(unused("3650").await), json!([]));
}

const SYSTEM: &str = "/api/berth/v1/usage";

/// A column of a list.
fn column(rows: &Value, key: &str) -> Vec<i64> {
    rows.as_array().unwrap().iter().map(|row| amount(row, key)).collect()
}

fn named(rows: &Value) -> Vec<&str> {
    rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect()
}

async fn projects_add_up_to_what_is_stored(app: &TestApp) {
    let admin = app.admin();
    for name in ["ledger", "team"] {
        app.project(name, false).await;
    }
    let (both, own, more) = (Image::new("both", 2), Image::new("own", 1), Image::new("more", 4));
    let size = |image: &Image| i64::try_from(image.size()).unwrap();
    // Twice in a project counts once in it, and is no less shared with the other.
    for repository in ["team/a", "team/b", "ledger/a"] {
        admin.push(repository, "v1", &both).await;
    }
    admin.push("team/b", "v2", &own).await;
    app.later(60);
    admin.push("ledger/a", "v2", &more).await;
    admin.get("/v2/ledger/a/manifests/v2").send().await.expect(200);

    let reply = admin.get(&format!("{SYSTEM}/projects?sort=-size")).send().await.expect(200);
    assert_eq!(reply.header("x-total-count"), "3");
    let rows = reply.json();
    assert_eq!(named(&rows), ["ledger", "team", "library"]);
    assert_eq!(column(&rows, "used"), [size(&both) + size(&more), size(&both) + size(&own), 0]);
    assert_eq!(column(&rows, "shared"), [size(&both), size(&both), 0]);
    assert_eq!(column(&rows, "own"), [size(&more), size(&own), 0]);
    assert_eq!(column(&rows, "repo_count"), [1, 2, 0]);
    assert_eq!(column(&rows, "artifact_count"), [2, 3, 0]);
    assert!(rows[0]["push_time"].as_str() > rows[1]["push_time"].as_str(), "{rows}");
    assert!(rows[2].get("push_time").is_none() && rows[2].get("pull_time").is_none(), "{rows}");
    for row in rows.as_array().unwrap() {
        let (name, used) = (row["name"].as_str().unwrap(), amount(row, "used"));
        let of_project = usage(&admin, name).await;
        assert_eq!((amount(&of_project, "used"), amount(&of_project, "shared")), (used, amount(row, "shared")));
    }

    let system = get(&admin, SYSTEM).await;
    let sum = |key: &str| column(&rows, key).iter().sum::<i64>();
    assert_eq!(sum("used"), amount(&system, "used"));
    assert_eq!(sum("own") + size(&both), amount(&system, "stored") - amount(&system, "unlinked"));
    assert_eq!(sum("used") - amount(&system, "saved"), amount(&system, "stored") - amount(&system, "unlinked"));

    let sorted = async |query: &str| {
        let rows = get(&admin, &format!("{SYSTEM}/projects?{query}")).await;
        named(&rows).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(sorted("sort=-artifact_count").await, ["team", "ledger", "library"]);
    assert_eq!(sorted("sort=repo_count").await, ["library", "ledger", "team"]);
    assert_eq!(sorted("sort=-push_time&page_size=2").await, ["ledger", "team"]);
    assert_eq!(sorted("sort=-name&page=2&page_size=2").await, ["ledger"]);
    assert_eq!(sorted("q=name%3D~E&sort=-size").await, ["ledger", "team"]);
    // Pulls are written in batches.
    eventually(async || {
        let rows = get(&admin, &format!("{SYSTEM}/projects?sort=-pull_time")).await;
        (amount(&rows[0], "pull_count") == 1 && rows[0]["pull_time"].is_string()).then_some(())
    })
    .await;
    assert_eq!(sorted("sort=-pull_count,name").await, ["ledger", "library", "team"]);
}

async fn repositories_of_all_projects_are_compared(app: &TestApp) {
    let admin = app.admin();
    for name in ["ledger", "team"] {
        app.project(name, false).await;
    }
    let (small, large) = (Image::new("small", 1), Image::new("large", 4));
    admin.push("team/old", "v1", &small).await;
    app.later(40 * 24 * 60 * 60);
    admin.push("ledger/a", "v1", &large).await;
    admin.push("ledger/b", "v1", &large).await;

    let list = async |query: &str| get(&admin, &format!("{SYSTEM}/repositories?{query}")).await;
    let rows = list("sort=-size,name").await;
    assert_eq!(named(&rows), ["ledger/a", "ledger/b", "team/old"]);
    let size = |image: &Image| i64::try_from(image.size()).unwrap();
    assert_eq!(column(&rows, "bytes"), [size(&large), size(&large), size(&small)]);
    assert_eq!(column(&rows, "shared"), [size(&large), size(&large), 0]);
    // The same numbers as on the pages of the projects.
    for project in ["ledger", "team"] {
        let own = get(&admin, &format!("{PROJECTS}/{project}/usage/repositories?sort=name")).await;
        assert_eq!(own, list(&format!("q=name%3D~{project}/&sort=name")).await);
        let sum: i64 = column(&own, "bytes").iter().sum();
        assert_eq!(sum, amount(&usage(&admin, project).await, "repositories"));
    }
    assert_eq!(named(&list("unused_days=30").await), ["team/old"]);
    assert_eq!(named(&list("unused_days=90").await), Vec::<&str>::new());
    let reply = admin.get(&format!("{SYSTEM}/repositories?sort=name&page=2&page_size=2")).send().await.expect(200);
    assert_eq!(reply.header("x-total-count"), "3");
    assert_eq!(named(&reply.json()), ["team/old"]);
    let bad = |days: &str| format!("{SYSTEM}/repositories?unused_days={days}");
    admin.get(&bad("0")).send().await.refused(400, "BAD_REQUEST");
    admin.get(&bad("x")).send().await.expect(422);
}

async fn only_administrators_compare_projects(app: &TestApp) {
    app.project("team", false).await;
    let padmin = app.user_in("team", "padmin", Role::ProjectAdmin).await;
    for path in [format!("{SYSTEM}/projects"), format!("{SYSTEM}/repositories")] {
        padmin.get(&path).send().await.refused(403, "FORBIDDEN");
        app.anonymous().get(&path).send().await.refused(401, "UNAUTHORIZED");
    }
}
