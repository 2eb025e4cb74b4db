//! Quotas of projects: set, shown, and kept on every way in.

use berth_testkit::{Blob, Client, Image, TestApp, on_both};
use serde_json::{Value, json};

const QUOTAS: &str = "/api/v2.0/quotas";

on_both!(
    a_limit_holds_from_when_it_is_set,
    less_than_is_used_refuses_more_and_keeps_what_is_there,
    an_upload_under_way_holds_its_room,
    pushes_at_once_never_pass_the_limit,
    quotas_are_listed_by_limit_and_by_use,
    limits_that_cannot_be_are_refused,
    without_quotas_nothing_is_refused,
);

async fn set(admin: &Client, id: i64, bytes: i64) {
    admin.put(&format!("{QUOTAS}/{id}")).json(&json!({ "hard": { "storage": bytes } })).send().await.expect(200);
}

async fn quota(admin: &Client, id: i64) -> (i64, i64) {
    let quota = admin.get(&format!("{QUOTAS}/{id}")).send().await.expect(200).json();
    (quota["hard"]["storage"].as_i64().unwrap(), quota["used"]["storage"].as_i64().unwrap())
}

async fn upload(client: &Client, repo: &str, blob: &Blob) -> berth_testkit::Reply {
    let path = format!("/v2/{repo}/blobs/uploads/?digest={}", blob.digest);
    client.post(&path).body(blob.bytes.clone()).send().await
}

async fn a_limit_holds_from_when_it_is_set(app: &TestApp) {
    let (admin, id) = (app.admin(), app.project("team", false).await);
    assert_eq!(quota(&admin, id).await, (-1, 0));
    set(&admin, id, 5000).await;
    let blob = Blob::random("fits", 3000);
    admin.push_blob("team/app", &blob).await;
    assert_eq!(quota(&admin, id).await, (5000, 3000));
    let large = Blob::random("large", 3000);
    let refused = upload(&admin, "team/app", &large).await.refused(403, "DENIED");
    assert!(refused.text().contains("adding 2.9 KiB of storage resource"), "{}", refused.text());
    // What the project has already costs nothing.
    admin.push_blob("team/other", &blob).await;
    assert_eq!(quota(&admin, id).await, (5000, 3000));
    set(&admin, id, -1).await;
    admin.push_blob("team/app", &large).await;
    assert_eq!(quota(&admin, id).await, (-1, 6000));
    let summary = admin.get("/api/v2.0/projects/team/summary").send().await.expect(200).json();
    assert_eq!(summary["quota"], json!({ "hard": { "storage": -1 }, "used": { "storage": 6000 } }));
    let limited = json!({ "project_name": "small", "storage_limit": 12_345 });
    let made = admin.post("/api/v2.0/projects").json(&limited).send().await.expect(201).location();
    assert_eq!(quota(&admin, made.rsplit('/').next().unwrap().parse().unwrap()).await, (12_345, 0));
}

async fn less_than_is_used_refuses_more_and_keeps_what_is_there(app: &TestApp) {
    let (admin, id) = (app.admin(), app.project("team", false).await);
    let image = Image::new("kept", 2);
    admin.push("team/app", "v1", &image).await;
    let (_, used) = quota(&admin, id).await;
    set(&admin, id, 100).await;
    upload(&admin, "team/app", &Blob::random("more", 10)).await.refused(403, "DENIED");
    admin.pull("team/app", "v1", &image).await;
    // The same again, under another name, adds nothing.
    admin.push("team/copy", "v1", &image).await;
    assert_eq!(quota(&admin, id).await, (100, used));
    let path = format!("/v2/team/app/manifests/{}", image.manifest.digest);
    admin.delete(&path).send().await.expect(202);
    admin.delete(&path.replace("/app/", "/copy/")).send().await.expect(202);
    assert_eq!(quota(&admin, id).await.1, 0, "it falls with the last link");
}

async fn an_upload_under_way_holds_its_room(app: &TestApp) {
    let (admin, id) = (app.admin(), app.project("team", false).await);
    set(&admin, id, 10_000).await;
    let (slow, quick) = (Blob::random("slow", 6000), Blob::random("quick", 6000));
    let location = admin.post("/v2/team/app/blobs/uploads/").send().await.expect(202).location();
    let location = admin.patch(&location).body(slow.bytes.clone()).send().await.expect(202).location();
    upload(&admin, "team/app", &quick).await.refused(403, "DENIED");
    assert_eq!(quota(&admin, id).await, (10_000, 0), "what is under way is not shown");
    // A second one that cannot end well is refused before it has been sent whole.
    let other = admin.post("/v2/team/app/blobs/uploads/").send().await.expect(202).location();
    admin.patch(&other).body(quick.bytes.clone()).send().await.refused(403, "DENIED");
    admin.delete(&location).send().await.expect(204);
    admin.push_blob("team/app", &quick).await;
    assert_eq!(quota(&admin, id).await, (10_000, 6000));
}

async fn pushes_at_once_never_pass_the_limit(app: &TestApp) {
    let (admin, id) = (app.admin(), app.project("team", false).await);
    set(&admin, id, 10_000).await;
    let mut pushes = tokio::task::JoinSet::new();
    for n in 0..8 {
        let admin = admin.clone();
        pushes.spawn(
            async move { upload(&admin, "team/app", &Blob::random(&format!("at once {n}"), 3000)).await.status },
        );
    }
    let mut statuses = pushes.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 201, 201, 403, 403, 403, 403, 403]);
    assert_eq!(quota(&admin, id).await, (10_000, 9000));
}

async fn quotas_are_listed_by_limit_and_by_use(app: &TestApp) {
    let admin = app.admin();
    for (name, limit, bytes) in [("a", 20_000, 2000), ("b", 30_000, 1000), ("c", 10_000, 3000)] {
        let id = app.project(name, false).await;
        set(&admin, id, limit).await;
        admin.push_blob(&format!("{name}/app"), &Blob::random(name, bytes)).await;
    }
    let names = async |query: &str| -> Vec<String> {
        let listed = admin.get(&format!("{QUOTAS}?{query}")).send().await.expect(200).json();
        let name = |row: &Value| row["ref"]["name"].as_str().unwrap().to_owned();
        listed.as_array().unwrap().iter().map(name).collect()
    };
    assert_eq!(names("sort=hard.storage").await, ["c", "a", "b", "library"], "no limit is the highest");
    assert_eq!(names("sort=-used.storage&page_size=2").await, ["c", "a"]);
    assert_eq!(names("reference=project&reference_id=1").await, ["library"]);
    assert!(names("reference=shoe").await.is_empty() && names("reference_id=x").await.is_empty());
    let listed = admin.get(&format!("{QUOTAS}?reference_id=1")).send().await.expect(200).json();
    assert_eq!(listed[0]["ref"], json!({ "id": 1, "name": "library", "owner_name": "admin" }));
}

async fn limits_that_cannot_be_are_refused(app: &TestApp) {
    let (admin, id) = (app.admin(), app.project("team", false).await);
    for hard in [json!({}), json!({ "storage": 0 }), json!({ "storage": -2 }), json!({ "storage": (1_i64 << 50) + 1 })]
    {
        let body = json!({ "hard": hard });
        admin.put(&format!("{QUOTAS}/{id}")).json(&body).send().await.refused(400, "BAD_REQUEST");
    }
    let body = json!({ "hard": { "storage": 5 } });
    admin.put(&format!("{QUOTAS}/999999")).json(&body).send().await.refused(404, "NOT_FOUND");
    admin.get(&format!("{QUOTAS}/999999")).send().await.refused(404, "NOT_FOUND");
    assert_eq!(quota(&admin, id).await, (-1, 0));
    let somebody = app.user("somebody").await;
    somebody.put(&format!("{QUOTAS}/{id}")).json(&body).send().await.refused(403, "FORBIDDEN");
}

async fn without_quotas_nothing_is_refused(app: &TestApp) {
    let (admin, id) = (app.admin(), app.project("team", false).await);
    set(&admin, id, 10).await;
    let blob = Blob::random("large", 1000);
    upload(&admin, "team/app", &blob).await.refused(403, "DENIED");
    let off = json!({ "quota_per_project_enable": false });
    admin.put("/api/v2.0/configurations").json(&off).send().await.expect(200);
    admin.push_blob("team/app", &blob).await;
    assert_eq!(quota(&admin, id).await, (10, 1000), "it is counted all the same");
}
