//! Tags that must not move, and robots whose rights end.

use berth_testkit::{Client, Image, Manifest, Role, TestApp, on_both};
use berth_types::media_type::OCI_MANIFEST;
use serde_json::{Value, json};

const API: &str = "/api/v2.0";
const REPO: &str = "team/app";
/// The lifetime of a token is shorter.
const DAY_SECONDS: i64 = 86_400;

on_both!(
    cve_2026_31801_who_only_creates_overwrites_nothing,
    projquay_10504_an_immutable_tag_outlives_its_digest,
    a_robots_token_ends_with_the_robot,
);

async fn protect(admin: &Client, tags: &str) -> String {
    let rule = json!({
        "disabled": false, "action": "immutable", "template": "immutable_template",
        "tag_selectors": [{ "kind": "doublestar", "decoration": "matches", "pattern": tags }],
        "scope_selectors": { "repository": [{ "kind": "doublestar", "decoration": "repoMatches", "pattern": "**" }] },
    });
    let rules = format!("{API}/projects/team/immutabletagrules");
    let made = admin.post(&rules).json(&rule).send().await.expect(201).location();
    format!("{rules}/{}", made.rsplit('/').next().unwrap())
}

fn robot(permissions: &[&str]) -> Value {
    let access = |pair: &&str| {
        let (resource, action) = pair.split_once(':').unwrap();
        json!({ "resource": resource, "action": action })
    };
    json!({
        "name": "ci", "level": "project", "duration": 1,
        "permissions": [{
            "kind": "project", "namespace": "team", "access": permissions.iter().map(access).collect::<Vec<_>>(),
        }],
    })
}

/// Makes a robot: its address, its name, and the robot as a client.
async fn make(app: &TestApp, permissions: &[&str]) -> (String, Client) {
    let made = app.admin().post(&format!("{API}/robots")).json(&robot(permissions)).send().await.expect(201);
    let body = made.json();
    let client = app.anonymous().basic(body["name"].as_str().unwrap(), body["secret"].as_str().unwrap());
    (made.location(), client)
}

/// With rules in force a push makes tags and moves none, by whichever way it names them.
async fn cve_2026_31801_who_only_creates_overwrites_nothing(app: &TestApp) {
    app.project("team", false).await;
    protect(&app.admin(), "**").await;
    let (_, robot) = make(app, &["repository:pull", "repository:push"]).await;
    let developer = app.user_in("team", "developer", Role::Developer).await;
    let (old, new) = (Image::new("old", 1), Image::new("new", 1));
    robot.push(REPO, "latest", &old).await;
    // What refers to an image, as clients write it down that know no list of referrers.
    let referrers = old.manifest.digest.to_string().replace(':', "-");
    let (first, second) = (Manifest::index(&[&old.manifest]), Manifest::index(&[]));
    robot.put_manifest(REPO, &referrers, &first).await.expect(201);
    for blob in &new.blobs {
        robot.push_blob(REPO, blob).await;
    }
    let digest = new.manifest.digest.to_string();
    for client in [&robot, &developer, &app.admin()] {
        client.put_manifest(REPO, "latest", &new.manifest).await.refused(412, "PRECONDITION");
        client.put_manifest(REPO, &referrers, &second).await.refused(412, "PRECONDITION");
        for tags in ["tag=latest", "tag=fresh&tag=latest", "tag=latest&tag=fresh"] {
            let put = client.put(&format!("/v2/{REPO}/manifests/{digest}?{tags}"));
            let put = put.header("content-type", OCI_MANIFEST).body(new.manifest.bytes.clone());
            put.send().await.refused(412, "PRECONDITION");
            // All or nothing: neither the other tag nor the manifest.
            client.head(&format!("/v2/{REPO}/manifests/fresh")).send().await.expect(404);
            client.head(&format!("/v2/{REPO}/manifests/{digest}")).send().await.expect(404);
        }
    }
    robot.pull(REPO, "latest", &old).await;
    assert_eq!(robot.get(&format!("/v2/{REPO}/manifests/{referrers}")).send().await.expect(200).body, first.bytes);
    // A new tag is what may be made.
    robot.push(REPO, "fresh", &new).await;
}

/// What a rule protects goes neither by its tag nor with its manifest, its index, its repository.
async fn projquay_10504_an_immutable_tag_outlives_its_digest(app: &TestApp) {
    app.project("team", false).await;
    let admin = app.admin();
    let (image, free) = (Image::new("image", 1), Image::new("free", 1));
    admin.push(REPO, "v1", &image).await;
    // Another tag at the same manifest must not open the door.
    admin.push(REPO, "x1", &image).await;
    admin.push(REPO, "x2", &free).await;
    let rule = protect(&admin, "v*").await;
    let maintainer = app.user_in("team", "maintainer", Role::Maintainer).await;
    let digest = image.manifest.digest.to_string();
    let artifacts = format!("{API}/projects/team/repositories/app/artifacts");
    for client in [&admin, &maintainer] {
        for path in [
            format!("/v2/{REPO}/manifests/{digest}"),
            format!("/v2/{REPO}/manifests/v1"),
            format!("{artifacts}/{digest}"),
            format!("{artifacts}/v1"),
            format!("{artifacts}/x1"),
            format!("{artifacts}/{digest}/tags/v1"),
            format!("{API}/projects/team/repositories/app"),
        ] {
            client.delete(&path).send().await.refused(412, "PRECONDITION");
        }
        client.pull(REPO, "v1", &image).await;
        client.pull(REPO, "x1", &image).await;
        client.pull(REPO, &digest, &image).await;
    }
    // What no rule selects goes, and without the rule all of it.
    maintainer.delete(&format!("/v2/{REPO}/manifests/{}", free.manifest.digest)).send().await.expect(202);
    maintainer.delete(&format!("{artifacts}/{digest}/tags/x1")).send().await.expect(200);
    admin.delete(&rule).send().await.expect(200);
    maintainer.delete(&format!("/v2/{REPO}/manifests/{digest}")).send().await.expect(202);
    admin.head(&format!("/v2/{REPO}/manifests/v1")).send().await.expect(404);
}

/// A token is good for half an hour, and for no longer than the robot may do what it says.
async fn a_robots_token_ends_with_the_robot(app: &TestApp) {
    app.project("team", false).await;
    let image = Image::new("image", 1);
    app.admin().push(REPO, "v1", &image).await;
    let manifest = format!("/v2/{REPO}/manifests/v1");
    let all = ["repository:pull", "repository:push"];
    let changes = [
        json!({ "disable": true }),
        json!({ "permissions": robot(&["repository:pull"])["permissions"] }),
        json!({ "permissions": robot(&["artifact:list"])["permissions"] }),
        Value::Null,
    ];
    for change in changes {
        let (path, robot) = make(app, &all).await;
        let token = app.anonymous().bearer(&app.token(&robot, &["repository:team/app:pull,push"]).await);
        token.get(&manifest).send().await.expect(200);
        token.put_manifest(REPO, "v1", &image.manifest).await.expect(201);
        if !change.is_null() {
            let mut body = app.admin().get(&path).send().await.expect(200).json();
            for (key, value) in change.as_object().unwrap() {
                body[key] = value.clone();
            }
            app.admin().put(&path).json(&body).send().await.expect(200);
            token.put_manifest(REPO, "v1", &image.manifest).await.refused(401, "UNAUTHORIZED");
            token.get(&manifest).send().await.refused(401, "UNAUTHORIZED");
        }
        app.admin().delete(&path).send().await.expect(200);
        token.get(&manifest).send().await.refused(401, "UNAUTHORIZED");
        robot.get(&manifest).send().await.expect(401);
    }

    // Its end comes while the token still lives.
    let (_, robot) = make(app, &all).await;
    app.later(DAY_SECONDS - 120);
    let token = app.anonymous().bearer(&app.token(&robot, &["repository:team/app:pull"]).await);
    token.get(&manifest).send().await.expect(200);
    app.later(180);
    token.get(&manifest).send().await.refused(401, "UNAUTHORIZED");
    robot.get(&manifest).send().await.expect(401);
    app.admin().get(&manifest).send().await.expect(200);
}
