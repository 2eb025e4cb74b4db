//! People: the first administrator, sign-up, sign-in, sessions, and forms that another site sends.

use berth_testkit::{ADMIN_PASSWORD, Backend, Client, Database, Image, PASSWORD, Reply, Started, TestApp, on_both};
use serde_json::json;

const CURRENT: &str = "/api/v2.0/users/current";

async fn sign_in(client: &Client, name: &str, password: &str) -> Reply {
    client.post("/c/login").form(&[("principal", name), ("password", password)]).send().await
}

/// A browser that has looked at a page: it holds the cookies and the form token of nobody yet.
async fn visitor(app: &TestApp) -> Client {
    let page = app.anonymous().get("/").header("accept", "text/html").send().await;
    let page = if page.status == 200 { page } else { app.anonymous().get(&page.location()).send().await.expect(200) };
    let (sid, csrf) = (page.cookie("sid").unwrap(), page.cookie("_gorilla_csrf").unwrap());
    let token = page.header("x-harbor-csrf-token").to_owned();
    app.anonymous().with("cookie", &format!("sid={sid}; _gorilla_csrf={csrf}")).with("x-harbor-csrf-token", &token)
}

on_both!(
    a_session_is_as_good_as_a_password,
    a_wrong_password_starts_nothing,
    another_site_sends_no_forms,
    sessions_are_listed_and_ended,
    people_sign_up_where_they_may,
    the_whole_way,
);

async fn a_session_is_as_good_as_a_password(app: &TestApp) {
    app.user("somebody").await;
    let session = app.session("somebody", PASSWORD).await;
    assert_eq!(session.get(CURRENT).send().await.expect(200).json()["username"], "somebody");
    session.post("/api/v2.0/projects").json(&json!({ "project_name": "mine" })).send().await.expect(201);
    session.get("/c/log_out").send().await.expect(200);
    session.get(CURRENT).send().await.refused(401, "UNAUTHORIZED");
}

async fn a_wrong_password_starts_nothing(app: &TestApp) {
    app.user("somebody").await;
    let browser = app.anonymous().with("sec-fetch-site", "same-origin");
    for (name, password) in
        [("somebody", "wrong"), ("nobody", PASSWORD), ("", ""), ("somebody", ""), ("some\0body", PASSWORD)]
    {
        let reply = sign_in(&browser, name, password).await.expect(401);
        assert_eq!(reply.cookie("sid"), None);
    }
    browser.post("/c/login").body("nonsense").send().await.expect(401);
}

async fn another_site_sends_no_forms(app: &TestApp) {
    app.user("somebody").await;
    let session = app.session("somebody", PASSWORD).await;
    let project = |name: &str| json!({ "project_name": name });
    let path = "/api/v2.0/projects";
    for (header, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let forged = session.with("x-harbor-csrf-token", "").with(header, value);
        let refused = forged.post(path).json(&project("forged")).send().await.refused(403, "FORBIDDEN");
        // The answer brings a fresh token, so that an old page of ours can try again.
        assert!(!refused.header("x-harbor-csrf-token").is_empty());
        sign_in(&app.anonymous().with(header, value), "somebody", PASSWORD).await.refused(403, "FORBIDDEN");
    }
    session
        .with("x-harbor-csrf-token", "made up")
        .post(path)
        .json(&project("forged"))
        .send()
        .await
        .refused(403, "FORBIDDEN");
    session.post(path).json(&project("by-token")).send().await.expect(201);
    let own = session.with("x-harbor-csrf-token", "").with("origin", app.url().as_str().trim_end_matches('/'));
    own.post(path).json(&project("by-origin")).send().await.expect(201);
    // The token of one session is none of another's.
    app.user("other").await;
    let other = app.session("other", PASSWORD).await;
    let token = session.get(CURRENT).send().await.expect(200).header("x-harbor-csrf-token").to_owned();
    other.with("x-harbor-csrf-token", &token).post(path).json(&project("mixed")).send().await.refused(403, "FORBIDDEN");
    // Programs without a cookie need none.
    app.anonymous().basic("somebody", PASSWORD).post(path).json(&project("by-program")).send().await.expect(201);
}

async fn sessions_are_listed_and_ended(app: &TestApp) {
    app.user("somebody").await;
    app.user("other").await;
    let (one, two) = (app.session("somebody", PASSWORD).await, app.session("somebody", PASSWORD).await);
    let foreign = app.session("other", PASSWORD).await;
    let sessions = one.get("/api/berth/v1/sessions").send().await.expect(200).json();
    let sessions = sessions.as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    let of = |current: bool| {
        sessions.iter().find(|session| session["current"] == current).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let path = format!("/api/berth/v1/sessions/{}", of(false));
    foreign.delete(&path).send().await.refused(404, "NOT_FOUND");
    two.get(CURRENT).send().await.expect(200);
    one.delete(&path).send().await.expect(200);
    two.get(CURRENT).send().await.refused(401, "UNAUTHORIZED");
    one.get(CURRENT).send().await.expect(200);

    let three = app.session("somebody", PASSWORD).await;
    one.delete("/api/berth/v1/sessions").send().await.expect(200);
    three.get(CURRENT).send().await.refused(401, "UNAUTHORIZED");
    let me = one.get(CURRENT).send().await.expect(200).json();
    let four = app.session("somebody", PASSWORD).await;
    let change = json!({ "old_password": PASSWORD, "new_password": "An0ther-password" });
    one.put(&format!("/api/v2.0/users/{}/password", me["user_id"])).json(&change).send().await.expect(200);
    four.get(CURRENT).send().await.refused(401, "UNAUTHORIZED");
    sign_in(&app.anonymous().with("sec-fetch-site", "same-origin"), "somebody", PASSWORD).await.expect(401);
    app.session("somebody", "An0ther-password").await;
    foreign.get(CURRENT).send().await.expect(200);
}

async fn people_sign_up_where_they_may(app: &TestApp) {
    let person = json!({ "username": "newcomer", "email": "new@example.com", "realname": "New", "password": PASSWORD });
    let path = "/api/v2.0/users";
    let browser = visitor(app).await;
    assert_ne!(browser.post(path).json(&person).send().await.status, 201);
    app.admin().put("/api/v2.0/configurations").json(&json!({ "self_registration": true })).send().await.expect(200);
    // Without the form token of a page, a stranger's program makes no accounts.
    assert_ne!(app.anonymous().post(path).json(&person).send().await.status, 201);
    browser.post(path).json(&person).send().await.expect(201);
    browser.post(path).json(&person).send().await.refused(409, "CONFLICT");
    let mut greedy = person.clone();
    greedy["username"] = json!("greedy");
    greedy["email"] = json!("greedy@example.com");
    greedy["sysadmin_flag"] = json!(true);
    greedy["user_id"] = json!(1);
    browser.post(path).json(&greedy).send().await.expect(201);
    let me = app.session("greedy", PASSWORD).await.get(CURRENT).send().await.expect(200).json();
    assert_eq!((&me["sysadmin_flag"], me["user_id"].as_i64() == Some(1)), (&json!(false), false));
}

async fn the_whole_way(app: &TestApp) {
    app.admin().put("/api/v2.0/configurations").json(&json!({ "self_registration": true })).send().await.expect(200);
    let person = json!({ "username": "ann", "email": "ann@example.com", "realname": "Ann", "password": PASSWORD });
    visitor(app).await.post("/api/v2.0/users").json(&person).send().await.expect(201);
    let ann = app.session("ann", PASSWORD).await;
    ann.post("/api/v2.0/projects")
        .json(&json!({ "project_name": "harbour", "metadata": { "public": "false" } }))
        .send()
        .await
        .expect(201);
    let image = Image::new("image", 2);
    app.anonymous().basic("ann", PASSWORD).push("harbour/app", "v1", &image).await;
    let artifact = ann
        .get("/api/v2.0/projects/harbour/repositories/app/artifacts/v1?with_tag=true")
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(
        (artifact["digest"].as_str().unwrap(), &artifact["tags"][0]["name"]),
        (image.manifest.digest.to_string().as_str(), &json!("v1"))
    );
    let bob = app.user("bob").await;
    bob.get("/v2/harbour/app/manifests/v1").send().await.refused(401, "UNAUTHORIZED");
    ann.post("/api/v2.0/projects/harbour/members")
        .json(&json!({ "role_id": 3, "member_user": { "username": "bob" } }))
        .send()
        .await
        .expect(201);
    bob.pull("harbour/app", "v1", &image).await;
    bob.put_manifest("harbour/app", "v2", &image.manifest).await.refused(401, "UNAUTHORIZED");
    let log =
        ann.get("/api/v2.0/projects/harbour/auditlog-exts?page_size=100&sort=op_time").send().await.expect(200).json();
    let told: Vec<String> = log
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["operation"] == "create")
        .map(|entry| {
            format!(
                "{} {} {}",
                entry["username"].as_str().unwrap(),
                entry["resource_type"].as_str().unwrap(),
                entry["resource"].as_str().unwrap()
            )
        })
        .collect();
    assert!(told.contains(&"ann artifact harbour/app:v1".to_owned()), "{told:?}");
    assert!(told.iter().any(|entry| entry.starts_with("ann project")), "{told:?}");
    assert!(
        told.iter().any(|entry| entry.starts_with("ann member") || entry.starts_with("ann project-member")),
        "{told:?}"
    );
}

#[tokio::test]
async fn the_first_administrator_comes_by_a_link() {
    let app = TestApp::start_with(Backend::Sqlite, Started::Fresh, &[]).await.unwrap();
    let link = app.running().setup_link().unwrap().clone();
    let token = link.query_pairs().find(|(key, _)| key == "token").unwrap().1.into_owned();
    let path = "/api/berth/v1/setup";
    let browser = app.anonymous().with("sec-fetch-site", "same-origin");
    assert_eq!(browser.get(path).send().await.expect(200).json()["done"], false);
    // How the server stands is for whoever has the link.
    for query in ["", "?token=", "?token=wrong"] {
        let state = browser.get(&format!("{path}{query}")).send().await.expect(200).json();
        assert_eq!(state.get("checks"), None, "{query}");
    }
    let with_token = format!("{path}?token={token}");
    let state = browser.get(&with_token).send().await.expect(200).json();
    assert_eq!(state["token_valid"], true);
    let (checks, own) = (&state["checks"], format!("http://{}", app.host()));
    assert_eq!((&checks["address"], &checks["requested"]), (&json!(own), &json!(own)));
    assert_eq!(checks["storage_writable"], true);
    assert!(checks["storage_free"].as_u64().is_some(), "{checks}");
    // A proxy that nobody trusts says by what the browser came; clients would be told something else.
    let proxied = browser.with("x-forwarded-proto", "https").with("x-forwarded-host", "r.example");
    let state = proxied.get(&with_token).send().await.expect(200).json();
    let (checks, theirs) = (&state["checks"], "https://r.example");
    assert_eq!((&checks["address"], &checks["requested"]), (&json!(own), &json!(theirs)));
    let finish =
        |token: &str, password: &str| json!({ "token": token, "password": password, "email": "admin@example.com" });
    // Whatever people ask for, they are led to the set-up.
    for page in ["/", "/projects", "/sign-in", "/admin/settings"] {
        assert_eq!(browser.get(page).send().await.expect(303).location(), "/setup");
    }
    for wrong in ["", "wrong", &token[1..]] {
        browser.post(path).json(&finish(wrong, ADMIN_PASSWORD)).send().await.refused(403, "FORBIDDEN");
    }
    browser.post(path).json(&finish(&token, "weak")).send().await.refused(400, "BAD_REQUEST");
    app.admin().get("/v2/").send().await.expect(503);
    browser.post(path).json(&finish(&token, ADMIN_PASSWORD)).send().await.expect(200);
    app.admin().get("/v2/").send().await.expect(200);
    // It works once.
    browser.post(path).json(&finish(&token, "An0ther-password")).send().await.refused(403, "FORBIDDEN");
    app.admin().get("/v2/").send().await.expect(200);
    // Neither is anything told any more, and the page is gone.
    let state = browser.get(&with_token).send().await.expect(200).json();
    assert_eq!((&state["done"], state.get("checks")), (&json!(true), None));
    browser.get(&format!("/setup?token={token}")).send().await.expect(404);
}

#[tokio::test]
async fn a_link_is_good_for_a_day() {
    let app = TestApp::start_with(Backend::Sqlite, Started::Fresh, &[]).await.unwrap();
    let link = app.running().setup_link().unwrap().clone();
    let token = link.query_pairs().find(|(key, _)| key == "token").unwrap().1.into_owned();
    app.later(25 * 3600);
    let browser = app.anonymous().with("sec-fetch-site", "same-origin");
    let reply =
        browser.post("/api/berth/v1/setup").json(&json!({ "token": token, "password": ADMIN_PASSWORD })).send().await;
    assert!(matches!(reply.status, 401 | 403), "{}: {}", reply.status, reply.text());
    app.admin().get("/v2/").send().await.expect(503);
}

/// What nobody may read in a log, whatever its level.
#[tokio::test]
async fn secrets_are_not_logged() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let server = crate::process::Server::start_with(&database, "trace", "json");
    let admin = &server.admin;
    let json = admin
        .get("/service/token?service=harbor-registry&scope=repository:library/app:pull,push")
        .send()
        .await
        .expect(200)
        .json();
    let token = json["token"].as_str().unwrap().to_owned();
    let anonymous = server.anonymous();
    anonymous.bearer(&token).push("library/app", "v1", &Image::new("image", 1)).await;
    let person = json!({ "username": "somebody", "email": "some@example.com", "realname": "S", "password": PASSWORD });
    admin.post("/api/v2.0/users").json(&person).send().await.expect(201);
    let browser = anonymous.with("sec-fetch-site", "same-origin");
    let session = sign_in(&browser, "somebody", PASSWORD).await.expect(200).cookie("sid").unwrap();
    sign_in(&browser, "somebody", "Wr0ng-password").await.expect(401);
    browser.with("cookie", &format!("sid={session}")).get(CURRENT).send().await.expect(200);
    let metrics = anonymous.get("/metrics").send().await.expect(200).text();
    let log = server.stop();
    assert!(log.lines().count() > 5, "{log}");
    let signature = token.rsplit('.').next().unwrap().to_owned();
    for secret in [ADMIN_PASSWORD, PASSWORD, "Wr0ng-password", &signature, &session, "YWRtaW46QWRtaW5pc3RyYXQwcg=="] {
        assert!(
            !log.contains(secret),
            "`{secret}` stands in the log: {}",
            log.lines().find(|line| line.contains(secret)).unwrap()
        );
        assert!(!metrics.contains(secret));
    }
}
