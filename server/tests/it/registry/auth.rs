//! Tokens: how clients get them, what they are good for, and when they end.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use berth_testkit::{Backend, Blob, Client, Image, PASSWORD, Role, TestApp, blob_path, on_both};
use serde_json::{Value, json};

const REPO: &str = "library/app";
const MANIFEST: &str = "/v2/library/app/manifests/v1";
const TOKEN: &str = "/service/token?service=harbor-registry";

/// What a token says, unverified.
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// Tries until the answer has a status: rights that change reach tokens within two seconds.
async fn eventually(status: u16, client: &Client, path: &str) {
    for _ in 0..300 {
        if client.get(path).send().await.status == status {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{path} never answered {status}");
}

on_both!(
    the_challenge_says_what_to_ask_for,
    anybody_pulls_what_is_public_with_a_token,
    a_password_is_checked_without_a_scope,
    a_token_grants_what_the_role_does,
    a_token_ends_with_its_time,
    a_token_ends_when_rights_change,
    what_becomes_private_is_private_at_once,
    a_project_of_the_same_name_is_another_one,
    a_made_up_token_is_none,
    credentials_that_cannot_be_read_are_refused,
    guessing_is_slowed_down,
);

async fn the_challenge_says_what_to_ask_for(app: &TestApp) {
    app.admin().push(REPO, "v1", &Image::new("image", 1)).await;
    for (method, path, scope) in [
        ("GET", MANIFEST, "repository:library/app:pull"),
        ("HEAD", MANIFEST, "repository:library/app:pull"),
        ("PUT", MANIFEST, "repository:library/app:pull,push"),
        ("DELETE", MANIFEST, "repository:library/app:delete"),
        ("POST", "/v2/library/app/blobs/uploads/", "repository:library/app:pull,push"),
        ("GET", "/v2/library/app/tags/list", "repository:library/app:pull"),
    ] {
        let reply = app.anonymous().request(method.parse().unwrap(), path).send().await.expect(401);
        let expected = format!(
            "Bearer realm=\"http://{}/service/token\",service=\"harbor-registry\",scope=\"{scope}\"",
            app.host()
        );
        assert_eq!(reply.header("www-authenticate"), expected, "{method} {path}");
    }
}

async fn anybody_pulls_what_is_public_with_a_token(app: &TestApp) {
    let image = Image::new("image", 2);
    app.project("private", false).await;
    for repo in [REPO, "private/app"] {
        app.admin().push(repo, "v1", &image).await;
    }
    let reply = app.anonymous().get(&format!("{TOKEN}&scope=repository:{REPO}:pull")).send().await.expect(200);
    let json = reply.json();
    assert_eq!(json["expires_in"], 1800);
    assert!(json["issued_at"].as_str().unwrap().ends_with('Z'));
    let public = app.anonymous().bearer(json["token"].as_str().unwrap());
    public.pull(REPO, "v1", &image).await;
    public.get("/v2/").send().await.expect(401);
    let refused = public.put_manifest(REPO, "v2", &image.manifest).await.refused(401, "UNAUTHORIZED");
    assert!(refused.header("www-authenticate").ends_with("error=\"insufficient_scope\""));

    // A part of what was asked for is no error; it just does not help.
    let token = app.token(&app.anonymous(), &["repository:private/app:pull,push", "repository:missing/app:pull"]).await;
    let private = app.anonymous().bearer(&token);
    for path in ["/v2/private/app/manifests/v1", "/v2/missing/app/manifests/v1", MANIFEST] {
        private.get(path).send().await.refused(401, "UNAUTHORIZED");
    }
}

async fn a_password_is_checked_without_a_scope(app: &TestApp) {
    let login = format!("{TOKEN}&account=admin&client_id=docker&offline_token=true");
    let reply = app.admin().get(&login).send().await.expect(200);
    let token = reply.json()["token"].as_str().unwrap().to_owned();
    app.anonymous().bearer(&token).get("/v2/").send().await.expect(200);
    assert_eq!(claims(&token)["sub"], "admin");
    app.anonymous().get(&login).send().await.expect(401);
    app.anonymous().basic("admin", "wrong").get(&login).send().await.expect(401);
    app.anonymous().basic("nobody", "wrong").get(&login).send().await.expect(401);
    app.admin().get("/service/token?service=other").send().await.expect(400);
    app.admin().get("/service/token").send().await.expect(400);
    // Clients then ask with GET.
    app.admin().post("/service/token").form(&[("grant_type", "password")]).send().await.expect(405);
}

async fn a_token_grants_what_the_role_does(app: &TestApp) {
    app.project("private", false).await;
    let image = Image::new("image", 1);
    app.admin().push("private/app", "v1", &image).await;
    for (name, role, actions) in [
        ("padmin", Some(Role::ProjectAdmin), "delete pull push"),
        ("maint", Some(Role::Maintainer), "delete pull push"),
        ("dev", Some(Role::Developer), "pull push"),
        ("guest", Some(Role::Guest), "pull"),
        ("limited", Some(Role::LimitedGuest), "pull"),
        ("stranger", None, ""),
    ] {
        let user = app.user(name).await;
        if let Some(role) = role {
            app.member("private", name, role).await;
        }
        let token = app
            .token(&user, &["repository:private/app:pull,push,delete", "nonsense", "repository(plugin):x/y:z"])
            .await;
        let mut granted: Vec<String> = claims(&token)["access"][0]["actions"]
            .as_array()
            .map(|actions| actions.iter().map(|action| action.as_str().unwrap().to_owned()).collect())
            .unwrap_or_default();
        granted.sort();
        assert_eq!(granted.join(" "), actions, "{name}");
        let client = app.anonymous().bearer(&token);
        let may = |action: &str| if actions.contains(action) { 200 } else { 401 };
        assert_eq!(client.get("/v2/private/app/manifests/v1").send().await.status, may("pull"), "{name}");
        let put = client.put_manifest("private/app", name, &image.manifest).await.status;
        assert_eq!(put, if may("push") == 200 { 201 } else { 401 }, "{name}");
        let delete = client.delete(&format!("/v2/private/app/manifests/{name}")).send().await.status;
        assert_eq!(delete, if may("delete") == 200 { 202 } else { 401 }, "{name}");
    }
}

async fn a_token_ends_with_its_time(app: &TestApp) {
    app.admin().push(REPO, "v1", &Image::new("image", 1)).await;
    let token = app.token(&app.admin(), &["repository:library/app:pull"]).await;
    let client = app.anonymous().bearer(&token);
    app.later(29 * 60);
    client.get(MANIFEST).send().await.expect(200);
    app.later(3 * 60);
    let reply = client.get(MANIFEST).send().await.refused(401, "UNAUTHORIZED");
    assert!(
        reply.header("www-authenticate").ends_with("scope=\"repository:library/app:pull\",error=\"invalid_token\"")
    );
    client.get("/v2/").send().await.refused(401, "UNAUTHORIZED");
}

async fn a_token_ends_when_rights_change(app: &TestApp) {
    let id = app.project("private", false).await;
    app.admin().push("private/app", "v1", &Image::new("image", 1)).await;
    let path = "/v2/private/app/manifests/v1";
    let user = app.user("somebody").await;
    let body = json!({ "role_id": 2, "member_user": { "username": "somebody" } });
    let membership =
        app.admin().post(&format!("/api/v2.0/projects/{id}/members")).json(&body).send().await.expect(201).location();
    let client = app.anonymous().bearer(&app.token(&user, &["repository:private/app:pull"]).await);
    client.get(path).send().await.expect(200);
    app.admin().delete(&membership).send().await.expect(200);
    eventually(401, &client, path).await;
    user.get(path).send().await.refused(401, "UNAUTHORIZED");

    app.member("private", "somebody", Role::Guest).await;
    let client = app.anonymous().bearer(&app.token(&user, &["repository:private/app:pull"]).await);
    eventually(200, &client, path).await;
    let id = user.get("/api/v2.0/users/current").send().await.expect(200).json()["user_id"].as_i64().unwrap();
    let change = json!({ "old_password": PASSWORD, "new_password": "An0ther-password" });
    user.put(&format!("/api/v2.0/users/{id}/password")).json(&change).send().await.expect(200);
    eventually(401, &client, path).await;
    user.get(path).send().await.refused(401, "UNAUTHORIZED");
    let user = app.anonymous().basic("somebody", "An0ther-password");
    let client = app.anonymous().bearer(&app.token(&user, &["repository:private/app:pull"]).await);
    eventually(200, &client, path).await;
    app.admin().delete(&format!("/api/v2.0/users/{id}")).send().await.expect(200);
    eventually(401, &client, path).await;
    user.get(path).send().await.refused(401, "UNAUTHORIZED");
}

async fn what_becomes_private_is_private_at_once(app: &TestApp) {
    let id = app.project("open", true).await;
    app.admin().push("open/app", "v1", &Image::new("image", 1)).await;
    let client = app.anonymous().bearer(&app.token(&app.anonymous(), &["repository:open/app:pull"]).await);
    client.get("/v2/open/app/manifests/v1").send().await.expect(200);
    let body = json!({ "metadata": { "public": "false" } });
    app.admin().put(&format!("/api/v2.0/projects/{id}")).json(&body).send().await.expect(200);
    client.get("/v2/open/app/manifests/v1").send().await.refused(401, "UNAUTHORIZED");
}

async fn a_project_of_the_same_name_is_another_one(app: &TestApp) {
    let id = app.project("again", true).await;
    let token = app.token(&app.anonymous(), &["repository:again/app:pull"]).await;
    app.admin().delete(&format!("/api/v2.0/projects/{id}")).send().await.expect(200);
    app.later(120);
    app.project("again", true).await;
    app.admin().push("again/app", "v1", &Image::new("image", 1)).await;
    app.anonymous().bearer(&token).get("/v2/again/app/manifests/v1").send().await.refused(401, "UNAUTHORIZED");
}

async fn a_made_up_token_is_none(app: &TestApp) {
    app.admin().push(REPO, "v1", &Image::new("image", 1)).await;
    let token = app.token(&app.admin(), &["repository:library/app:pull"]).await;
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let encode = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let decoded: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    assert_eq!(decoded["alg"], "ES256");
    let mut header_with = decoded.clone();
    header_with["jwk"] = json!({ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" });
    let mut other_key = decoded.clone();
    other_key["kid"] = json!("other");
    let mut more = claims(&token);
    more["access"][0]["actions"] = json!(["pull", "push", "delete"]);
    let mut later = claims(&token);
    later["exp"] = json!(99_999_999_999_i64);
    for (what, made_up) in [
        ("more rights", format!("{header}.{}.{signature}", encode(&more))),
        ("more time", format!("{header}.{}.{signature}", encode(&later))),
        (
            "no algorithm",
            format!("{}.{payload}.", encode(&json!({ "alg": "none", "typ": "JWT", "kid": decoded["kid"] }))),
        ),
        (
            "another algorithm",
            format!(
                "{}.{payload}.{signature}",
                encode(&json!({ "alg": "HS256", "typ": "JWT", "kid": decoded["kid"] }))
            ),
        ),
        ("a key of its own", format!("{}.{payload}.{signature}", encode(&header_with))),
        ("another key", format!("{}.{payload}.{signature}", encode(&other_key))),
        ("no signature", format!("{header}.{payload}.")),
        ("a short one", format!("{header}.{payload}.{}", &signature[..20])),
        ("two parts", format!("{header}.{payload}")),
        ("four parts", format!("{token}.x")),
        ("no token", "x".to_owned()),
        ("a long one", "x".repeat(10_000)),
    ] {
        let reply = app.anonymous().bearer(&made_up).get(MANIFEST).send().await;
        assert!(reply.status == 401, "{what}: {} {}", reply.status, reply.text());
    }
    app.anonymous().bearer(&token).get(MANIFEST).send().await.expect(200);
    // Registry tokens are good for the registry.
    app.anonymous().bearer(&token).get("/api/v2.0/users/current").send().await.expect(401);
}

async fn credentials_that_cannot_be_read_are_refused(app: &TestApp) {
    for value in ["Basic", "Basic !!!", "Basic OnNlY3JldA==", "Bearer", "Bearer  ", "Digest x", "x", ""] {
        let reply = app.anonymous().with("authorization", value).get("/v2/").send().await;
        assert_eq!(reply.status, 401, "{value:?}");
    }
    let long = app.anonymous().basic("admin", &"x".repeat(4000));
    assert_eq!(long.get("/v2/").send().await.status, 401);
    let nul = app.anonymous().basic("ad\0min", "x\0y");
    assert_eq!(nul.get("/v2/").send().await.status, 401);
}

async fn guessing_is_slowed_down(app: &TestApp) {
    let user = app.user("victim").await;
    user.get("/v2/").send().await.expect(200);
    let wrong = app.anonymous().basic("victim", "wrong");
    let mut refused = None;
    for _ in 0..30 {
        let reply = wrong.get("/v2/").send().await;
        if reply.status == 429 {
            refused = Some(reply);
            break;
        }
        assert_eq!(reply.status, 401);
    }
    let refused = refused.expect("a refusal after many failures");
    assert_eq!(refused.code(), "TOOMANYREQUESTS");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    // Who is known already goes on working.
    user.get("/v2/").send().await.expect(200);
    app.admin().get("/v2/").send().await.expect(200);
}

#[tokio::test]
async fn a_token_of_another_server_is_none() {
    let (one, two) = (TestApp::start(Backend::Sqlite).await.unwrap(), TestApp::start(Backend::Sqlite).await.unwrap());
    one.admin().push(REPO, "v1", &Image::new("image", 1)).await;
    let token = two.token(&two.admin(), &["repository:library/app:pull"]).await;
    one.anonymous().bearer(&token).get(MANIFEST).send().await.refused(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn without_tokens_the_public_is_let_in() {
    let settings = [("registry.anonymous", "pull")];
    let app = TestApp::start_with(Backend::Sqlite, berth_testkit::Started::SetUp, &settings).await.unwrap();
    let image = Image::new("image", 1);
    app.project("private", false).await;
    for repo in [REPO, "private/app"] {
        app.admin().push(repo, "v1", &image).await;
    }
    app.anonymous().get("/v2/").send().await.expect(200);
    app.anonymous().pull(REPO, "v1", &image).await;
    app.anonymous().get("/v2/private/app/manifests/v1").send().await.refused(401, "UNAUTHORIZED");
    app.anonymous().put_manifest(REPO, "v2", &image.manifest).await.refused(401, "UNAUTHORIZED");

    let settings = [("registry.anonymous", "all")];
    let app = TestApp::start_with(Backend::Sqlite, berth_testkit::Started::SetUp, &settings).await.unwrap();
    app.anonymous().push(REPO, "v1", &image).await;
    app.anonymous().pull(REPO, "v1", &image).await;
    app.anonymous().delete(MANIFEST).send().await.expect(202);
    let blob = Blob::random("blob", 10);
    app.anonymous().push_blob(REPO, &blob).await;
    app.anonymous().get(&blob_path(REPO, &blob.digest)).send().await.expect(200);
    // The management API stays closed.
    app.anonymous().get("/api/v2.0/users").send().await.expect(401);
}
