//! Moves of artifacts to another repository: copied first, removed where they were, and nothing lost in between.

use berth_db::{DbError, args};
use berth_testkit::{Client, Image, Manifest, Role, TestApp, eventually, on_both};
use serde_json::{Value, json};

use crate::bulk::{counts, ended, pause, preview, protect, resume, run, tags, used};

const BULK: &str = "/api/berth/v1/bulk";

on_both!(
    everything_of_an_artifact_goes_along,
    a_tag_that_the_target_has_on_something_else_is_asked_for,
    what_a_rule_protects_on_either_side_stays_whole,
    what_an_index_lists_goes_with_the_index,
    a_move_that_broke_off_between_copy_and_removal_goes_on,
    who_moves_may_delete_here_and_push_there,
    without_room_at_the_target_nothing_is_lost,
    a_repository_takes_its_pulls_along,
    an_upload_under_way_keeps_the_repository_and_is_told,
    a_repository_that_was_emptied_moves,
);

fn moving(from: &str, target: &str, which: &Value) -> Value {
    let mut wanted = json!({ "kind": "artifacts", "action": "move", "repository": from, "target": target });
    wanted.as_object_mut().unwrap().extend(which.as_object().unwrap().clone());
    wanted
}

fn all() -> Value {
    json!({ "all": true })
}

async fn status(client: &Client, repo: &str, reference: &str) -> u16 {
    client.head(&format!("/v2/{repo}/manifests/{reference}")).send().await.status
}

fn failed(operation: &Value) -> (String, String) {
    let failure = &operation["failures"][0];
    (failure["item"].as_str().unwrap().to_owned(), failure["code"].as_str().unwrap().to_owned())
}

async fn labels(client: &Client, project: &str, repo: &str, reference: &str) -> Vec<String> {
    let path = format!("/api/v2.0/projects/{project}/repositories/{repo}/artifacts/{reference}?with_label=true");
    let artifact = client.get(&path).send().await.expect(200).json();
    let labels = artifact["labels"].as_array().cloned().unwrap_or_default();
    labels.iter().map(|label| label["name"].as_str().unwrap().to_owned()).collect()
}

async fn everything_of_an_artifact_goes_along(app: &TestApp) {
    let admin = app.admin();
    let team = app.project("team", false).await;
    app.project("other", false).await;
    let (one, two) = (Image::new("one", 2), Image::new("two", 1));
    admin.push("team/app", &one.manifest.digest.to_string(), &one).await;
    // A platform with a tag of its own is an artifact of its own.
    admin.push("team/app", "two-only", &two).await;
    let index = Manifest::index(&[&one.manifest, &two.manifest]);
    admin.put_manifest("team/app", "multi", &index).await.expect(201);
    admin.put_manifest("team/app", "latest", &index).await.expect(201);
    let signature = Image::referring(&index, "application/vnd.example.signature", "signature");
    admin.push("team/app", &signature.manifest.digest.to_string(), &signature).await;
    for label in
        [json!({ "name": "everywhere", "scope": "g" }), json!({ "name": "here", "scope": "p", "project_id": team })]
    {
        let made = admin.post("/api/v2.0/labels").json(&label).send().await.expect(201).location();
        let body = json!({ "id": made.rsplit('/').next().unwrap().parse::<i64>().unwrap() });
        let path = "/api/v2.0/projects/team/repositories/app/artifacts/multi/labels";
        admin.post(path).json(&body).send().await.expect(200);
    }
    let wanted = moving("team/app", "other/new", &json!({ "items": [index.digest.to_string()] }));
    let counted = preview(&admin, &wanted).await;
    assert_eq!((counted["items"].as_i64(), counted["tags"].as_i64()), (Some(1), Some(2)), "{counted}");
    assert_eq!(counted["manifests"], 3, "the index, the platform without a tag, the signature");
    assert_eq!(counted["kept_count"], 0);
    let done = run(&admin, &wanted).await;
    assert_eq!(counts(&done), (1, 1, 0), "{done}");

    for reference in ["multi", "latest", &index.digest.to_string(), &one.manifest.digest.to_string()] {
        assert_eq!(status(&admin, "other/new", reference).await, 200, "{reference}");
        assert_eq!(status(&admin, "team/app", reference).await, 404, "{reference}");
    }
    admin.pull("other/new", &one.manifest.digest.to_string(), &one).await;
    admin.pull("other/new", &two.manifest.digest.to_string(), &two).await;
    let referrers = admin.get(&format!("/v2/other/new/referrers/{}", index.digest)).send().await.expect(200).json();
    assert_eq!(referrers["manifests"][0]["digest"], signature.manifest.digest.to_string());
    assert_eq!(status(&admin, "team/app", &signature.manifest.digest.to_string()).await, 404);
    assert_eq!(tags(&admin, "other/new").await, ["latest", "multi"]);
    assert_eq!(tags(&admin, "team/app").await, ["two-only"]);
    admin.pull("team/app", "two-only", &two).await;
    assert_eq!(labels(&admin, "other", "new", "multi").await, ["everywhere"]);
    let log = "/api/v2.0/projects/team/auditlog-exts?q=operation%3Ddelete,resource_type%3Dartifact";
    let log = admin.get(log).send().await.expect(200).json();
    let text = format!("move artifact: team/app@{0} to other/new", index.digest);
    assert_eq!(log[0]["operation_description"], text);

    // Within a project all labels go along, and the project holds as much as before.
    let before = used(&admin, "team").await;
    let label = json!({ "name": "kept", "scope": "p", "project_id": team });
    let made = admin.post("/api/v2.0/labels").json(&label).send().await.expect(201).location();
    let body = json!({ "id": made.rsplit('/').next().unwrap().parse::<i64>().unwrap() });
    let path = "/api/v2.0/projects/team/repositories/app/artifacts/two-only/labels";
    admin.post(path).json(&body).send().await.expect(200);
    assert_eq!(counts(&run(&admin, &moving("team/app", "team/deep/er", &all())).await), (1, 1, 0));
    assert_eq!(used(&admin, "team").await, before);
    assert_eq!(labels(&admin, "team", "deep%252Fer", "two-only").await, ["kept"]);
    admin.pull("team/deep/er", "two-only", &two).await;
    assert_eq!(status(&admin, "team/app", "two-only").await, 404);
}

async fn a_tag_that_the_target_has_on_something_else_is_asked_for(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    app.project("other", false).await;
    let (taken, free, there) = (Image::new("taken", 1), Image::new("free", 1), Image::new("there", 1));
    admin.push("team/app", "v1", &taken).await;
    admin.push("team/app", "also", &taken).await;
    admin.push("team/app", "v2", &free).await;
    admin.push("other/app", "v1", &there).await;
    let wanted = moving("team/app", "other/app", &all());
    let counted = preview(&admin, &wanted).await;
    assert_eq!((counted["items"].as_i64(), counted["kept_count"].as_i64()), (Some(2), Some(1)));
    assert_eq!(counted["kept"][0]["code"], "CONFLICT");
    let done = run(&admin, &wanted).await;
    assert_eq!((counts(&done), failed(&done)), ((2, 1, 1), (taken.manifest.digest.to_string(), "CONFLICT".to_owned())));
    // Nothing of it was copied, neither tag.
    admin.pull("other/app", "v1", &there).await;
    assert_eq!(status(&admin, "other/app", &taken.manifest.digest.to_string()).await, 404);
    assert_eq!(tags(&admin, "other/app").await, ["v1", "v2"]);
    assert_eq!(tags(&admin, "team/app").await, ["also", "v1"]);

    let over = moving("team/app", "other/app", &json!({ "all": true, "overwrite": true }));
    assert_eq!(preview(&admin, &over).await["kept_count"], 0);
    assert_eq!(counts(&run(&admin, &over).await), (1, 1, 0));
    admin.pull("other/app", "v1", &taken).await;
    assert_eq!(tags(&admin, "other/app").await, ["also", "v1", "v2"]);
    assert_eq!(status(&admin, "other/app", &there.manifest.digest.to_string()).await, 200, "only its tag went");
}

async fn what_a_rule_protects_on_either_side_stays_whole(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    app.project("other", false).await;
    let (kept, moved, there) = (Image::new("kept", 1), Image::new("moved", 1), Image::new("there", 1));
    admin.push("team/app", "stable", &kept).await;
    admin.push("team/app", "edge", &moved).await;
    admin.push("other/app", "edge", &there).await;
    protect(app, "team", "stable").await;
    protect(app, "other", "edge").await;
    let over = moving("team/app", "other/app", &json!({ "all": true, "overwrite": true }));
    let counted = preview(&admin, &over).await;
    assert_eq!(counted["kept_count"], 2, "{counted}");
    let done = run(&admin, &over).await;
    assert_eq!(counts(&done), (2, 0, 2), "{done}");
    for failure in done["failures"].as_array().unwrap() {
        assert_eq!(failure["code"], "PRECONDITION");
    }
    admin.pull("other/app", "edge", &there).await;
    admin.pull("team/app", "stable", &kept).await;
    admin.pull("team/app", "edge", &moved).await;
    for image in [&kept, &moved] {
        assert_eq!(status(&admin, "other/app", &image.manifest.digest.to_string()).await, 404, "no half of a move");
    }
}

async fn what_an_index_lists_goes_with_the_index(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    let (one, two) = (Image::new("one", 1), Image::new("two", 1));
    admin.push("team/app", "one", &one).await;
    admin.push("team/app", &two.manifest.digest.to_string(), &two).await;
    let index = Manifest::index(&[&one.manifest, &two.manifest]);
    admin.put_manifest("team/app", "multi", &index).await.expect(201);
    let child = one.manifest.digest.to_string();
    let wanted = moving("team/app", "team/new", &json!({ "items": [child] }));
    let counted = preview(&admin, &wanted).await;
    assert_eq!(counted["kept"][0]["code"], "VIOLATE_FOREIGN_KEY_CONSTRAINT", "{counted}");
    let done = run(&admin, &wanted).await;
    assert_eq!((counts(&done), failed(&done)), ((1, 0, 1), (child, "VIOLATE_FOREIGN_KEY_CONSTRAINT".to_owned())));
    assert_eq!(status(&admin, "team/new", "one").await, 404);
    // All of them together, the child without a tag named as well: it is gone when it is its turn, and has arrived.
    let items = [&one.manifest, &two.manifest, &index].map(|manifest| manifest.digest.to_string());
    let wanted = moving("team/app", "team/new", &json!({ "items": items }));
    assert_eq!(preview(&admin, &wanted).await["kept_count"], 0);
    let done = run(&admin, &wanted).await;
    assert_eq!(counts(&done), (3, 3, 0), "{done}");
    assert_eq!(tags(&admin, "team/new").await, ["multi", "one"]);
    for digest in &items {
        assert_eq!(status(&admin, "team/app", digest).await, 404);
        assert_eq!(status(&admin, "team/new", digest).await, 200);
    }
}

async fn a_move_that_broke_off_between_copy_and_removal_goes_on(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    app.project("other", false).await;
    let images = ["one", "two", "three"].map(|name| Image::new(name, 1));
    for (image, tag) in images.iter().zip(["one", "two", "three"]) {
        admin.push("team/app", tag, image).await;
    }
    // As a node leaves it that died between the two: one has arrived and is here as well, with a tag that the target now
    // protects.
    let copied = json!({
        "kind": "artifacts", "action": "copy", "repository": "team/app", "target": "other/app",
        "items": [images[0].manifest.digest.to_string()]
    });
    assert_eq!(counts(&run(&admin, &copied).await), (1, 1, 0));
    protect(app, "other", "one").await;
    let wanted = moving("team/app", "other/app", &all());
    assert_eq!(preview(&admin, &wanted).await["kept_count"], 0);
    let reply = admin.post(BULK).json(&wanted).send().await.expect(202);
    let id = reply.json()["id"].as_i64().unwrap();
    assert_eq!(counts(&ended(&admin, reply).await), (3, 3, 0));
    // And one that died after the removal, before that was written down.
    let again: Result<(), DbError> = app
        .rows()
        .await
        .write((id, images[1].manifest.digest.to_string()), |tx, (id, item)| {
            Box::pin(async move {
                let sql = "UPDATE bulk_operations SET finished_at = NULL, done = 2 WHERE id = $1";
                tx.execute(sql, args![*id]).await?;
                let sql = "INSERT INTO bulk_items (operation_id, item) VALUES ($1, $2)";
                tx.execute(sql, args![*id, &*item]).await?;
                let sql = "UPDATE jobs SET status = 'pending', finished_at = NULL, attempts = 0
                           WHERE id = (SELECT job_id FROM bulk_operations WHERE id = $1)";
                tx.execute(sql, args![*id]).await?;
                Ok(())
            })
        })
        .await;
    again.unwrap();
    let path = format!("{BULK}/{id}");
    let operation = eventually(async || {
        let operation = admin.get(&path).send().await.expect(200).json();
        (operation["status"] == "finished").then_some(operation)
    })
    .await;
    assert_eq!(counts(&operation), (3, 3, 0), "{operation}");
    for (image, tag) in images.iter().zip(["one", "two", "three"]) {
        admin.pull("other/app", tag, image).await;
        assert_eq!(status(&admin, "team/app", tag).await, 404);
    }
}

async fn who_moves_may_delete_here_and_push_there(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    let other = app.project("other", false).await;
    let image = Image::new("image", 1);
    admin.push("team/app", "v1", &image).await;
    let wanted = moving("team/app", "other/app", &all());
    let place = [("team", Role::Developer), ("other", Role::ProjectAdmin)];
    for (name, roles) in [
        ("pushes", place.as_slice()),
        ("deletes", &[("team", Role::ProjectAdmin)]),
        ("reads", &[("team", Role::ProjectAdmin), ("other", Role::Guest)]),
        ("comes", &[("other", Role::ProjectAdmin)]),
    ] {
        let client = app.user(name).await;
        for (project, role) in roles {
            app.member(project, name, *role).await;
        }
        client.post(BULK).json(&wanted).send().await.refused(403, "FORBIDDEN");
        client.post(&format!("{BULK}/preview")).json(&wanted).send().await.refused(403, "FORBIDDEN");
    }
    app.anonymous().post(BULK).json(&wanted).send().await.refused(401, "UNAUTHORIZED");
    // Rights are looked at again when it is an artifact's turn.
    let mover = app.user_in("team", "mover", Role::Maintainer).await;
    app.member("other", "mover", Role::Developer).await;
    let members = format!("/api/v2.0/projects/{other}/members");
    let row = admin.get(&format!("{members}?entityname=mover")).send().await.expect(200).json();
    pause(app).await;
    let reply = mover.post(BULK).json(&wanted).send().await.expect(202);
    admin.delete(&format!("{members}/{}", row[0]["id"])).send().await.expect(200);
    resume(app).await;
    let done = ended(&mover, reply).await;
    assert_eq!((counts(&done), failed(&done).1), ((1, 0, 1), "FORBIDDEN".to_owned()), "{done}");
    admin.pull("team/app", "v1", &image).await;
    app.member("other", "mover", Role::Developer).await;
    assert_eq!(counts(&run(&mover, &wanted).await), (1, 1, 0));
    mover.pull("other/app", "v1", &image).await;
    assert_eq!(status(&admin, "team/app", "v1").await, 404);
}

async fn without_room_at_the_target_nothing_is_lost(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    let other = app.project("other", false).await;
    let image = Image::new("image", 2);
    admin.push("team/app", "v1", &image).await;
    let quotas = admin.get("/api/v2.0/quotas?page_size=100").send().await.expect(200).json();
    let quota = quotas.as_array().unwrap().iter().find(|quota| quota["ref"]["id"] == other).unwrap()["id"].clone();
    let limit = async |bytes: i64| {
        let body = json!({ "hard": { "storage": bytes } });
        admin.put(&format!("/api/v2.0/quotas/{quota}")).json(&body).send().await.expect(200);
    };
    limit(1500).await;
    let wanted = moving("team/app", "other/app", &all());
    let done = run(&admin, &wanted).await;
    assert_eq!((counts(&done), failed(&done).1), ((1, 0, 1), "DENIED".to_owned()), "{done}");
    admin.pull("team/app", "v1", &image).await;
    assert_eq!(status(&admin, "other/app", "v1").await, 404);
    limit(-1).await;
    assert_eq!(counts(&run(&admin, &wanted).await), (1, 1, 0));
    admin.pull("other/app", "v1", &image).await;
    assert_eq!(used(&admin, "team").await, 0);
}

fn moving_all(project: &str, target: &str) -> Value {
    json!({ "kind": "repositories", "action": "move", "project": project, "target": target, "all": true })
}

async fn repository(client: &Client, project: &str, repo: &str) -> Option<Value> {
    let path = format!("/api/v2.0/projects/{project}/repositories/{repo}");
    let reply = client.get(&path).send().await;
    (reply.status == 200).then(|| reply.json())
}

async fn a_repository_takes_its_pulls_along(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    app.project("other", false).await;
    let (image, there) = (Image::new("image", 1), Image::new("there", 1));
    admin.push("team/app", "v1", &image).await;
    admin.push("other/app", "old", &there).await;
    for _ in 0..3 {
        admin.get("/v2/team/app/manifests/v1").send().await.expect(200);
    }
    admin.get("/v2/other/app/manifests/old").send().await.expect(200);
    // They are written in batches.
    let pulls = async |project: &str, pulls: i64| {
        eventually(async || {
            let shown = repository(&admin, project, "app").await?;
            (shown["pull_count"] == pulls).then_some(())
        })
        .await;
    };
    pulls("team", 3).await;
    pulls("other", 1).await;
    let wanted = moving_all("team", "other");
    let counted = preview(&admin, &wanted).await;
    assert_eq!((counted["items"].as_i64(), counted["manifests"].as_i64()), (Some(2), Some(1)), "{counted}");
    assert_eq!(counts(&run(&admin, &wanted).await), (2, 2, 0), "the artifact, then the repository");
    assert_eq!(repository(&admin, "team", "app").await, None);
    assert_eq!(repository(&admin, "other", "app").await.unwrap()["pull_count"], 4);
}

async fn an_upload_under_way_keeps_the_repository_and_is_told(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    app.project("other", false).await;
    let image = Image::new("image", 1);
    admin.push("team/app", "v1", &image).await;
    let upload = admin.post("/v2/team/app/blobs/uploads/").send().await.expect(202).location();
    let wanted = moving_all("team", "other");
    let counted = preview(&admin, &wanted).await;
    assert_eq!((counted["items"].as_i64(), counted["kept"][0]["item"].as_str()), (Some(2), Some("team/app")));
    let done = run(&admin, &wanted).await;
    assert_eq!((counts(&done), failed(&done)), ((2, 1, 1), ("team/app".to_owned(), "PRECONDITION".to_owned())));
    assert!(done["failures"][0]["message"].as_str().unwrap().contains("upload"), "{done}");
    admin.pull("other/app", "v1", &image).await;
    assert!(repository(&admin, "team", "app").await.is_some(), "{done}");
    admin.delete(&upload).send().await.expect(204);
    // So does a push that has all its blobs and not yet its manifest, which then comes.
    let next = Image::new("next", 1);
    for blob in &next.blobs {
        admin.push_blob("team/app", blob).await;
    }
    let done = run(&admin, &wanted).await;
    assert_eq!((counts(&done), failed(&done)), ((1, 0, 1), ("team/app".to_owned(), "PRECONDITION".to_owned())));
    admin.put_manifest("team/app", "v2", &next.manifest).await.expect(201);
    assert_eq!(counts(&run(&admin, &wanted).await), (2, 2, 0));
    admin.pull("other/app", "v2", &next).await;
    assert_eq!(repository(&admin, "team", "app").await, None);
}

async fn a_repository_that_was_emptied_moves(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    app.project("other", false).await;
    admin.push("team/app", "v1", &Image::new("image", 1)).await;
    admin.delete("/api/v2.0/projects/team/repositories/app/artifacts/v1").send().await.expect(200);
    let described = json!({ "description": "Kept for later" });
    admin.put("/api/v2.0/projects/team/repositories/app").json(&described).send().await.expect(200);
    let wanted = moving_all("team", "other");
    assert_eq!(preview(&admin, &wanted).await["named"], json!(["team/app"]));
    assert_eq!(counts(&run(&admin, &wanted).await), (1, 1, 0));
    assert_eq!(repository(&admin, "team", "app").await, None);
    assert_eq!(repository(&admin, "other", "app").await.unwrap()["description"], "Kept for later");
}
