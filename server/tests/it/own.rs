//! What belongs to a person alone (personal access tokens, saved views), the search over everything, and where settings
//! come from.

use std::path::PathBuf;

use berth_server::config::{self, Inputs};
use berth_testkit::{ADMIN_PASSWORD, Backend, Client, Image, PASSWORD, Role, Started, TestApp, eventually, on_both};
use berth_types::Timestamp;
use serde_json::{Value, json};

const TOKENS: &str = "/api/berth/v1/users/current/tokens";
const VIEWS: &str = "/api/berth/v1/users/current/views";
const SEARCH: &str = "/api/berth/v1/search";
const CURRENT: &str = "/api/v2.0/users/current";
const CONFIGURATIONS: &str = "/api/v2.0/configurations";

on_both!(
    a_token_stands_for_a_password,
    a_token_that_reads_only_changes_nothing,
    a_revoked_token_is_over_at_once,
    tokens_end_by_themselves,
    tokens_are_their_owners_alone,
    tokens_that_make_no_sense_are_refused,
    views_are_their_owners_alone,
    the_search_finds_what_one_may_see,
    the_search_finds_digests_and_tags,
    the_search_is_bounded,
    the_search_finds_tags_behind_many_hidden_ones,
);

struct Made {
    path: String,
    secret: String,
    client: Client,
}

/// A token of a person, and a client that signs in with it.
async fn make(app: &TestApp, owner: &str, wanted: Value) -> Made {
    let reply = app.anonymous().basic(owner, PASSWORD).post(TOKENS).json(&wanted).send().await.expect(201);
    let secret = reply.json()["secret"].as_str().unwrap().to_owned();
    let client = app.anonymous().basic(owner, &secret);
    Made { path: reply.location(), secret, client }
}

async fn a_token_stands_for_a_password(app: &TestApp) {
    app.project("mine", false).await;
    app.user_in("mine", "mei", Role::Developer).await;
    let token = make(app, "mei", json!({ "name": "laptop" })).await;
    assert_eq!(token.client.get(CURRENT).send().await.expect(200).json()["username"], "mei");
    let image = Image::new("image", 1);
    token.client.push("mine/app", "v1", &image).await;
    let bearer = app.token(&token.client, &["repository:mine/app:pull,push"]).await;
    app.anonymous().bearer(&bearer).pull("mine/app", "v1", &image).await;
    // A session would outlive the token, and a token that makes tokens never ends.
    let browser = app.anonymous().with("sec-fetch-site", "same-origin");
    browser.post("/c/login").form(&[("principal", "mei"), ("password", &token.secret)]).send().await.expect(401);
    token.client.post(TOKENS).json(&json!({ "name": "more" })).send().await.refused(403, "FORBIDDEN");
    // No session of its owner ends it.
    let session = app.session("mei", PASSWORD).await;
    session.get("/c/log_out").send().await.expect(200);
    token.client.get(CURRENT).send().await.expect(200);
    // Nor does anybody else's name make it good.
    app.user("other").await;
    app.anonymous().basic("other", &token.secret).get(CURRENT).send().await.refused(401, "UNAUTHORIZED");

    let owner = app.anonymous().basic("mei", PASSWORD);
    let tokens = eventually(async || {
        let tokens = owner.get(TOKENS).send().await.expect(200).json();
        (!tokens[0]["last_used_at"].is_null()).then_some(tokens)
    })
    .await;
    assert_eq!((tokens[0]["name"].as_str(), tokens[0]["read_only"].as_bool()), (Some("laptop"), Some(false)));
    assert!(!tokens.to_string().contains(&token.secret) && tokens[0].get("expires_at").is_none(), "{tokens}");
    let log = app.admin().get("/api/v2.0/auditlog-exts?q=resource_type%3Dtoken").send().await.expect(200).json();
    assert_eq!((log[0]["operation"].as_str(), log[0]["resource"].as_str()), (Some("create"), Some("laptop")));
}

async fn a_token_that_reads_only_changes_nothing(app: &TestApp) {
    app.project("mine", false).await;
    app.user_in("mine", "mei", Role::ProjectAdmin).await;
    let image = Image::new("image", 1);
    app.admin().push("mine/app", "v1", &image).await;
    let token = make(app, "mei", json!({ "name": "reader", "read_only": true })).await;
    token.client.pull("mine/app", "v1", &image).await;
    token.client.get("/api/v2.0/projects/mine/members").send().await.expect(200);
    // What is fetched with it is no better.
    let bearer = app.token(&token.client, &["repository:mine/app:pull,push,delete"]).await;
    let bearer = app.anonymous().bearer(&bearer);
    bearer.pull("mine/app", "v1", &image).await;
    for client in [&token.client, &bearer] {
        let refused = client.post("/v2/mine/app/blobs/uploads/").send().await.status;
        assert!(matches!(refused, 401 | 403), "{refused}");
        let refused = client.delete(&format!("/v2/mine/app/manifests/{}", image.manifest.digest)).send().await.status;
        assert!(matches!(refused, 401 | 403), "{refused}");
    }
    let change = json!({ "email": "x@example.com", "realname": "x", "comment": "" });
    let me = token.client.get(CURRENT).send().await.expect(200).json();
    for (method, path, body) in [
        ("POST", "/api/v2.0/projects".to_owned(), json!({ "project_name": "new" })),
        ("PUT", "/api/v2.0/projects/mine".to_owned(), json!({ "metadata": { "public": "true" } })),
        ("DELETE", "/api/v2.0/projects/mine/repositories/app".to_owned(), json!({})),
        ("PUT", format!("/api/v2.0/users/{}", me["user_id"]), change),
        ("POST", TOKENS.to_owned(), json!({ "name": "more" })),
        ("DELETE", token.path.clone(), json!({})),
        ("DELETE", "/api/berth/v1/sessions".to_owned(), json!({})),
    ] {
        let request = token.client.request(method.parse().unwrap(), &path).json(&body);
        request.send().await.refused(403, "FORBIDDEN");
    }
    app.admin().pull("mine/app", "v1", &image).await;
    // An administrator's is no stronger.
    let reply = app.admin().post(TOKENS).json(&json!({ "name": "reader", "read_only": true })).send().await.expect(201);
    let reader = app.anonymous().basic("admin", reply.json()["secret"].as_str().unwrap());
    reader.get("/api/v2.0/configurations").send().await.expect(200);
    let off = json!({ "self_registration": true });
    reader.put("/api/v2.0/configurations").json(&off).send().await.refused(403, "FORBIDDEN");
    reader.post("/v2/mine/app/blobs/uploads/").send().await.refused(401, "UNAUTHORIZED");
}

async fn a_revoked_token_is_over_at_once(app: &TestApp) {
    app.project("mine", false).await;
    app.user_in("mine", "mei", Role::Developer).await;
    let image = Image::new("image", 1);
    app.admin().push("mine/app", "v1", &image).await;
    let (one, two) = (make(app, "mei", json!({ "name": "a" })).await, make(app, "mei", json!({ "name": "b" })).await);
    let bearer = app.anonymous().bearer(&app.token(&one.client, &["repository:mine/app:pull"]).await);
    bearer.head("/v2/mine/app/manifests/v1").send().await.expect(200);
    let session = app.session("mei", PASSWORD).await;
    session.delete(&one.path).send().await.expect(200);
    one.client.get(CURRENT).send().await.refused(401, "UNAUTHORIZED");
    // Registry tokens that were fetched with it end as well; nobody is signed out, and other tokens go on.
    bearer.head("/v2/mine/app/manifests/v1").send().await.expect(401);
    session.get(CURRENT).send().await.expect(200);
    two.client.pull("mine/app", "v1", &image).await;
    session.delete(&one.path).send().await.refused(404, "NOT_FOUND");
    // The name is free again.
    make(app, "mei", json!({ "name": "a" })).await.client.get(CURRENT).send().await.expect(200);
}

async fn tokens_end_by_themselves(app: &TestApp) {
    app.project("mine", false).await;
    let owner = app.user_in("mine", "mei", Role::Developer).await;
    app.admin().push("mine/app", "v1", &Image::new("image", 1)).await;
    let made = owner.get(CURRENT).send().await.expect(200).json()["creation_time"].as_str().unwrap().to_owned();
    let end = Timestamp::parse_rfc3339(&made).unwrap().plus_seconds(600);
    let token = make(app, "mei", json!({ "name": "short", "expires_at": end.to_rfc3339() })).await;
    token.client.get(CURRENT).send().await.expect(200);
    let reply = token.client.get("/service/token?service=harbor-registry&scope=repository:mine/app:pull").send().await;
    let reply = reply.expect(200).json();
    assert!(reply["expires_in"].as_i64().unwrap() <= 600, "{reply}");
    let bearer = app.anonymous().bearer(reply["token"].as_str().unwrap());
    bearer.head("/v2/mine/app/manifests/v1").send().await.expect(200);
    app.later(660);
    token.client.get(CURRENT).send().await.refused(401, "UNAUTHORIZED");
    bearer.head("/v2/mine/app/manifests/v1").send().await.expect(401);
    // It stays in the list until its owner takes it off.
    let tokens = owner.get(TOKENS).send().await.expect(200).json();
    assert_eq!(tokens[0]["name"], "short");
}

async fn tokens_are_their_owners_alone(app: &TestApp) {
    let mei = app.user("mei").await;
    let other = app.user("other").await;
    let token = make(app, "mei", json!({ "name": "laptop" })).await;
    assert_eq!(other.get(TOKENS).send().await.expect(200).json(), json!([]));
    for stranger in [&other, &app.admin()] {
        stranger.delete(&token.path).send().await.refused(404, "NOT_FOUND");
    }
    app.anonymous().get(TOKENS).send().await.refused(401, "UNAUTHORIZED");
    app.anonymous().post(TOKENS).json(&json!({ "name": "x" })).send().await.refused(401, "UNAUTHORIZED");
    app.anonymous().delete(&token.path).send().await.refused(401, "UNAUTHORIZED");
    // Two people may use the same name.
    make(app, "other", json!({ "name": "laptop" })).await;
    make(app, "mei", json!({ "name": "ci", "read_only": true })).await;
    let sorted = mei.get(&format!("{TOKENS}?sort=-name")).send().await.expect(200).json();
    assert_eq!((&sorted[0]["name"], &sorted[1]["name"]), (&json!("laptop"), &json!("ci")));
    let found = mei.get(&format!("{TOKENS}?q=name%3D~LAP")).send().await.expect(200).json();
    assert_eq!((found.as_array().unwrap().len(), &found[0]["name"]), (1, &json!("laptop")));
    // Whoever is gone has no tokens.
    let id = mei.get(CURRENT).send().await.expect(200).json()["user_id"].clone();
    app.admin().delete(&format!("/api/v2.0/users/{id}")).send().await.expect(200);
    token.client.get(CURRENT).send().await.refused(401, "UNAUTHORIZED");
}

async fn tokens_that_make_no_sense_are_refused(app: &TestApp) {
    let mei = app.user("mei").await;
    make(app, "mei", json!({ "name": "laptop" })).await;
    mei.post(TOKENS).json(&json!({ "name": "laptop" })).send().await.refused(409, "CONFLICT");
    for (body, status) in [
        (json!({}), 400),
        (json!({ "name": "  " }), 400),
        (json!({ "name": "a\u{7}b" }), 400),
        (json!({ "name": "x".repeat(65) }), 400),
        (json!({ "name": "x", "expires_at": "2020-01-01T00:00:00Z" }), 400),
        (json!({ "name": "x", "read_only": "maybe" }), 422),
        (json!({ "name": 5 }), 422),
    ] {
        let reply = mei.post(TOKENS).json(&body).send().await;
        assert_eq!(reply.status, status, "{body}: {}", reply.text());
    }
    let reply = mei.post(TOKENS).json(&json!({ "name": "x", "expires_at": "tomorrow" })).send().await;
    assert!(matches!(reply.status, 400 | 422), "{} {}", reply.status, reply.text());
    assert_eq!(mei.get(TOKENS).send().await.expect(200).json().as_array().unwrap().len(), 1);
}

async fn views_are_their_owners_alone(app: &TestApp) {
    let (mei, other) = (app.user("mei").await, app.user("other").await);
    let save = |name: &str, query: &str| json!({ "list": "audit", "name": name, "query": query });
    let path = mei.post(VIEWS).json(&save("失败的登录", "operation=login")).send().await.expect(201).location();
    // One of the same name takes its place.
    let again = mei.post(VIEWS).json(&save("失败的登录", "operation=login&result=false")).send().await.expect(201);
    assert_eq!(again.location(), path);
    mei.post(VIEWS).json(&json!({ "list": "project-audit", "name": "x", "query": "" })).send().await.expect(201);
    let views = mei.get(&format!("{VIEWS}?list=audit")).send().await.expect(200).json();
    assert_eq!(views.as_array().unwrap().len(), 1);
    assert_eq!(views[0]["query"], "operation=login&result=false");
    assert_eq!(mei.get(VIEWS).send().await.expect(200).json().as_array().unwrap().len(), 2);

    assert_eq!(other.get(VIEWS).send().await.expect(200).json(), json!([]));
    other.delete(&path).send().await.refused(404, "NOT_FOUND");
    app.anonymous().get(VIEWS).send().await.refused(401, "UNAUTHORIZED");
    for body in [
        save("", "a=b"),
        save("x", "a b"),
        save("x", &"a".repeat(2049)),
        json!({ "list": "Audit!", "name": "x", "query": "" }),
        json!({}),
    ] {
        mei.post(VIEWS).json(&body).send().await.refused(400, "BAD_REQUEST");
    }
    mei.delete(&path).send().await.expect(200);
    mei.delete(&path).send().await.refused(404, "NOT_FOUND");
}

/// `kind name` of what a search finds.
async fn find(client: &Client, query: &str) -> Vec<String> {
    let hits = client.get(&format!("{SEARCH}?{query}")).send().await.expect(200).json();
    let shown = |hit: &Value| format!("{} {}", hit["kind"].as_str().unwrap(), hit["name"].as_str().unwrap());
    hits.as_array().unwrap().iter().map(shown).collect()
}

async fn the_search_finds_what_one_may_see(app: &TestApp) {
    app.project("ledger", true).await;
    app.project("secret-ledger", false).await;
    let image = Image::new("image", 1);
    app.admin().push("ledger/api", "ledger-v1", &image).await;
    app.admin().push("secret-ledger/api", "ledger-v2", &Image::new("secret", 1)).await;
    let (member, stranger) =
        (app.user_in("secret-ledger", "ledgerkeeper", Role::Guest).await, app.user("stranger").await);
    let public = ["project ledger", "repository ledger/api", "tag ledger-v1"];
    for outsider in [&app.anonymous(), &stranger] {
        assert_eq!(find(outsider, "q=ledger").await, public);
        assert_eq!(find(outsider, "q=secret").await, Vec::<String>::new());
    }
    let all = [
        "project ledger",
        "project secret-ledger",
        "repository ledger/api",
        "repository secret-ledger/api",
        "tag ledger-v1",
        "tag ledger-v2",
    ];
    assert_eq!(find(&member, "q=ledger").await, all);
    let robot = json!({
        "name": "ledger-ci", "level": "project", "duration": 3,
        "permissions": [{
            "kind": "project", "namespace": "secret-ledger", "access": [{ "resource": "repository", "action": "pull" }],
        }],
    });
    let robot = app.admin().post("/api/v2.0/robots").json(&robot).send().await.expect(201).json();
    let found = find(&app.admin(), "q=LEDGER").await;
    assert!(found.contains(&"user ledgerkeeper".to_owned()), "{found:?}");
    let name = robot["name"].as_str().unwrap();
    assert!(found.contains(&format!("robot {name}")), "{found:?}");
    assert_eq!(
        find(&app.admin(), &format!("q={}&kind=robot", name.replace('$', "%24").replace('+', "%2B"))).await,
        [format!("robot {name}")]
    );
    // A robot finds names, as in Harbor's search, and nothing of what is in them.
    let robot = app.anonymous().basic(name, robot["secret"].as_str().unwrap());
    let found = find(&robot, "q=ledger").await;
    assert!(found.iter().all(|hit| hit.starts_with("project ") || hit.starts_with("repository ")), "{found:?}");
}

async fn the_search_finds_digests_and_tags(app: &TestApp) {
    app.project("team", true).await;
    app.project("hidden", false).await;
    let image = Image::new("image", 1);
    for (repository, tag) in
        [("team/app", "v1.2"), ("team/app", "v1.10"), ("team/other", "v1.2"), ("hidden/app", "v1.2")]
    {
        app.admin().push(repository, tag, &image).await;
    }
    let digest = image.manifest.digest.to_string();
    let hex = digest.strip_prefix("sha256:").unwrap();
    let of = |text: &str| format!("q={text}&kind=artifact");
    for text in [&hex[..4], &hex[..7], hex, &digest, &format!("team/app@{digest}")] {
        let hits = app.anonymous().get(&format!("{SEARCH}?{}", of(text))).send().await.expect(200).json();
        let repositories: Vec<_> =
            hits.as_array().unwrap().iter().map(|hit| hit["repository"].as_str().unwrap()).collect();
        assert_eq!(repositories, ["team/app", "team/other"], "{text}");
        assert_eq!(hits[0]["name"], digest.as_str());
    }
    assert_eq!(find(&app.admin(), &of(&hex[..4])).await.len(), 3);
    assert!(find(&app.admin(), &of(&hex[..3])).await.is_empty());
    let flipped = if hex.starts_with('f') { "0" } else { "f" };
    assert!(find(&app.admin(), &of(&format!("{flipped}{}", &hex[1..8]))).await.is_empty());

    assert_eq!(find(&app.anonymous(), "q=v1&kind=tag").await, ["tag v1.2", "tag v1.2", "tag v1.10"]);
    assert_eq!(find(&app.anonymous(), "q=v1.10&kind=tag").await, ["tag v1.10"]);
    assert_eq!(find(&app.anonymous(), "q=app:v1.1&kind=tag").await, ["tag v1.10"]);
    assert_eq!(find(&app.anonymous(), "q=app:&kind=tag").await, ["tag v1.2", "tag v1.10"]);
    assert!(find(&app.anonymous(), "q=hidden/app:v1&kind=tag").await.is_empty());
    assert_eq!(find(&app.anonymous(), "q=other&kind=repository").await, ["repository team/other"]);
}

async fn the_search_is_bounded(app: &TestApp) {
    for number in 0..12 {
        app.project(&format!("p{number:02}"), true).await;
    }
    app.project("exactly-p", true).await;
    assert_eq!(find(&app.anonymous(), "q=p").await.len(), 6);
    assert_eq!(find(&app.anonymous(), "q=p&limit=100&kind=project").await.len(), 13);
    assert_eq!(find(&app.anonymous(), "q=exactly-p").await[0], "project exactly-p");
    assert!(find(&app.anonymous(), "q=").await.is_empty() && find(&app.anonymous(), "").await.is_empty());
    assert!(find(&app.anonymous(), &format!("q={}", "a".repeat(600))).await.is_empty());
    assert!(find(&app.anonymous(), "q=%00").await.is_empty());
    assert!(find(&app.anonymous(), "q=%25").await.is_empty());
    app.anonymous().get(&format!("{SEARCH}?q=p&limit=101")).send().await.refused(422, "UNPROCESSABLE_ENTITY");
    app.anonymous().get(&format!("{SEARCH}?q=p&kind=nothing")).send().await.refused(400, "BAD_REQUEST");
}

async fn the_search_finds_tags_behind_many_hidden_ones(app: &TestApp) {
    app.project("hidden", false).await;
    app.project("team", true).await;
    let image = Image::new("image", 1);
    app.admin().push("hidden/app", "other", &image).await;
    // More than are looked at whoever may see them, all of them before what may be seen.
    crate::bulk::many_tags(app, "hidden/app", 1300).await;
    let of = async |client: &Client, query: &str| find(client, &format!("{query}&kind=tag&limit=100")).await;
    assert!(of(&app.anonymous(), "q=pr-").await.is_empty());
    for (repository, tag) in [("team/app", "pr-y"), ("team/other", "pr-x"), ("team/app", "quite-other")] {
        app.admin().push(repository, tag, &image).await;
    }
    let member = app.user_in("team", "member", Role::Guest).await;
    let stranger = app.user("stranger").await;
    for client in [app.anonymous(), member, stranger] {
        assert_eq!(of(&client, "q=pr-").await, ["tag pr-x", "tag pr-y"]);
        assert_eq!(find(&client, "q=pr-&kind=tag&limit=1").await.len(), 1);
        assert_eq!(of(&client, "q=team/other:pr-").await, ["tag pr-x"]);
        assert_eq!(of(&client, "q=quite").await, ["tag quite-other"]);
        assert!(of(&client, "q=app:pr-1").await.is_empty());
    }
    let insider = app.user_in("hidden", "insider", Role::Guest).await;
    for client in [app.admin(), insider] {
        let found = of(&client, "q=pr-").await;
        assert_eq!((found.len(), found[0].as_str(), found[1].as_str()), (100, "tag pr-0", "tag pr-1"));
        assert_eq!(of(&client, "q=hidden/app:pr-129").await.len(), 11);
    }
}

/// The setting of a name as the description has it.
async fn setting(app: &TestApp, name: &str) -> Value {
    let settings = app.admin().get("/api/berth/v1/settings").send().await.expect(200).json();
    named(&settings, name).clone()
}

#[tokio::test]
async fn administrators_see_what_the_server_was_started_with() {
    let app = TestApp::start_with(Backend::Sqlite, Started::SetUp, &[("gc.grace", "7h")]).await.unwrap();
    let configuration = "/api/berth/v1/configuration";
    let values = app.admin().get(configuration).send().await.expect(200).json();
    let grace = named(&values, "gc.grace");
    assert_eq!(grace["value"], "\"7h\"");
    assert_ne!(grace["source"], "default");
    assert_eq!(named(&values, "log.format")["source"], "default");
    // Run-time settings have a list of their own.
    assert!(values.as_array().unwrap().iter().all(|value| !value["name"].as_str().unwrap().starts_with("settings.")));
    app.user("somebody").await.get(configuration).send().await.refused(403, "FORBIDDEN");
    app.anonymous().get(configuration).send().await.refused(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn each_setting_says_where_it_comes_from() {
    let fixed = [("settings.session_timeout", "90"), ("settings.banner_message", "hello")];
    let app = TestApp::start_with(Backend::Sqlite, Started::SetUp, &fixed).await.unwrap();
    let by_default = setting(&app, "token_expiration").await;
    assert_eq!((by_default["source"].as_str(), by_default["value"].as_i64()), (Some("default"), Some(30)));
    assert_eq!(by_default["editable"], true);

    let change = json!({ "token_expiration": 45 });
    app.admin().put("/api/v2.0/configurations").json(&change).send().await.expect(200);
    let set_here = setting(&app, "token_expiration").await;
    assert_eq!((set_here["source"].as_str(), set_here["value"].as_i64()), (Some("database"), Some(45)));
    assert_eq!((set_here["changed_by"].as_str(), set_here["default"].as_i64()), (Some("admin"), Some(30)));

    // The way back leaves nothing that would hide the default of a later version. Once more is fine.
    for _ in 0..2 {
        app.admin().delete("/api/berth/v1/settings/token_expiration").send().await.expect(200);
        assert_eq!(setting(&app, "token_expiration").await, by_default);
    }
    for missing in ["nothing", "lease:gc", "scan_all_policy"] {
        app.admin().delete(&format!("/api/berth/v1/settings/{missing}")).send().await.refused(404, "NOT_FOUND");
    }

    // What is set outside wins and cannot be changed here.
    let outside = setting(&app, "session_timeout").await;
    assert_eq!((outside["value"].as_i64(), outside["editable"].as_bool()), (Some(90), Some(false)));
    assert_ne!(outside["source"], "database");
    let change = json!({ "session_timeout": 10 });
    app.admin().put("/api/v2.0/configurations").json(&change).send().await.refused(403, "FORBIDDEN");

    let secret = setting(&app, "oidc_client_secret").await;
    assert_eq!((secret["secret"].as_bool(), &secret["value"]), (Some(true), &Value::Null));
    app.user("mei").await.get("/api/berth/v1/settings").send().await.refused(403, "FORBIDDEN");
    app.anonymous().get("/api/berth/v1/settings").send().await.refused(401, "UNAUTHORIZED");
}

fn named<'s>(settings: &'s Value, name: &str) -> &'s Value {
    settings.as_array().unwrap().iter().find(|setting| setting["name"] == name).unwrap()
}

/// Source, value and whether it can be changed.
fn row(setting: &Value) -> (String, Value, bool) {
    let source = setting["source"].as_str().unwrap().to_owned();
    (source, setting["value"].clone(), setting["editable"].as_bool().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_wins_over_the_file_and_the_file_over_what_was_saved() {
    let mut app = TestApp::start(Backend::Sqlite).await.unwrap();
    let saved = json!({ "token_expiration": 41, "session_timeout": 42, "robot_token_duration": 43 });
    app.admin().put(CONFIGURATIONS).json(&saved).send().await.expect(200);
    app.stop().await;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("berth.toml");
    std::fs::write(&file, "[settings]\nsession_timeout = 52\nrobot_token_duration = 53\n").unwrap();
    let again = async |file: Option<PathBuf>, variables: &[(&str, &str)]| {
        let folder = app.config.data.dir.to_str().unwrap();
        let always = [("BERTH_DATA__DIR", folder), ("BERTH_HTTP__LISTEN", "127.0.0.1:0")];
        let variables = variables.iter().chain(&always).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let inputs = Inputs { file, environment: variables.collect(), ..Inputs::default() };
        let running = berth_server::start(config::load(&inputs).unwrap().config).await.unwrap();
        let admin = Client::anonymous(running.url()).basic("admin", ADMIN_PASSWORD);
        let settings = admin.get("/api/berth/v1/settings").send().await.expect(200).json();
        (running, admin, settings)
    };
    let (running, admin, settings) = again(Some(file.clone()), &[("BERTH_SETTINGS__ROBOT_TOKEN_DURATION", "63")]).await;
    let of = |name: &str| named(&settings, name);
    for (name, source, value, editable) in [
        ("robot_name_prefix", "default", json!("robot$"), true),
        ("token_expiration", "database", json!(41), true),
        ("session_timeout", "file", json!(52), false),
        ("robot_token_duration", "environment", json!(63), false),
    ] {
        assert_eq!(row(of(name)), (source.to_owned(), value, editable), "{name}");
    }
    assert_eq!(of("session_timeout")["origin"], file.to_str().unwrap());
    assert_eq!(of("robot_token_duration")["origin"], "BERTH_SETTINGS__ROBOT_TOKEN_DURATION");
    for (change, code) in [
        (json!({ "session_timeout": 90 }), 403),
        (json!({ "robot_token_duration": 90 }), 403),
        (json!({ "token_expiration": 0 }), 400),
        (json!({ "token_expiration": 44 }), 200),
    ] {
        let reply = admin.put(CONFIGURATIONS).json(&change).send().await;
        assert_eq!(reply.status, code, "{change}: {}", reply.text());
    }
    running.shutdown().await;

    // What was saved is there again when nothing outside says otherwise.
    let (running, _, settings) = again(None, &[]).await;
    for (name, value) in [("token_expiration", 44), ("session_timeout", 42), ("robot_token_duration", 43)] {
        assert_eq!(row(named(&settings, name)), ("database".to_owned(), json!(value), true), "{name}");
    }
    running.shutdown().await;
}
