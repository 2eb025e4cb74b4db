//! Accounts, projects and the management API.

use berth_testkit::{ADMIN_PASSWORD, Backend, Client, Database, Image, PASSWORD, Role, Started, TestApp, on_both};
use serde_json::{Value, json};

const API: &str = "/api/v2.0";

async fn id_of(client: &Client) -> i64 {
    client.get(&format!("{API}/users/current")).send().await.expect(200).json()["user_id"].as_i64().unwrap()
}

on_both!(
    cve_2019_16097_privileged_fields_are_never_bound,
    cve_2019_16919_the_project_of_the_path_counts,
    cve_2019_19023_nobody_raises_themselves,
    cve_2019_19025_forms_of_other_sites_are_refused,
    cve_2019_19026_19029_2024_22261_filters_and_orders_are_no_sql,
    cve_2019_19030_2020_13794_strangers_learn_no_names,
    cve_2020_29662_the_catalog_is_for_administrators,
    cve_2022_31666_31671_ids_of_another_project_are_not_there,
    cve_2022_46463_public_is_what_was_made_public,
    cve_2024_22278_a_role_changes_only_what_is_its_own,
    cve_2025_30086_no_filter_reads_a_secret,
    cve_2025_32019_2020_27832_a_description_is_text,
    cve_2024_9683_every_character_of_a_password_counts,
);

async fn cve_2019_16097_privileged_fields_are_never_bound(app: &TestApp) {
    let person = json!({
        "username": "greedy", "email": "greedy@example.com", "realname": "Greedy", "password": PASSWORD,
        "user_id": 1, "role_id": 1, "role_name": "projectAdmin", "sysadmin_flag": true, "has_admin_role": true,
        "admin_role_in_auth": true, "HasAdminRole": true, "epoch": 0, "salt": "x",
    });
    app.admin().post(&format!("{API}/users")).json(&person).send().await.expect(201);
    let greedy = app.anonymous().basic("greedy", PASSWORD);
    let me = greedy.get(&format!("{API}/users/current")).send().await.expect(200).json();
    assert_eq!((&me["sysadmin_flag"], me["user_id"] != 1), (&json!(false), true));
    // Nor by changing oneself.
    let path = format!("{API}/users/{}", me["user_id"]);
    let change =
        json!({ "email": "greedy@example.com", "realname": "G", "sysadmin_flag": true, "has_admin_role": true });
    greedy.put(&path).json(&change).send().await.expect(200);
    assert_eq!(greedy.get(&path).send().await.expect(200).json()["sysadmin_flag"], json!(false));
    greedy.get(&format!("{API}/users")).send().await.refused(403, "FORBIDDEN");
    // Nor a project for somebody else, with a number of one's choice.
    let project =
        json!({ "project_name": "mine", "owner_id": 1, "project_id": 1, "owner_name": "admin", "creation_time": "x" });
    greedy.post(&format!("{API}/projects")).json(&project).send().await.expect(201);
    let project = greedy.get(&format!("{API}/projects/mine")).send().await.expect(200).json();
    assert_eq!(project["owner_name"], "greedy");
    assert_ne!(project["project_id"], 1);
}

async fn cve_2019_16919_the_project_of_the_path_counts(app: &TestApp) {
    let other = app.project("other", false).await;
    app.project("mine", false).await;
    let mine = app.user_in("mine", "somebody", Role::ProjectAdmin).await;
    app.user("friend").await;
    let body =
        json!({ "role_id": 1, "member_user": { "username": "friend" }, "project_id": other, "id": 1, "entity_id": 1 });
    mine.post(&format!("{API}/projects/mine/members")).json(&body).send().await.expect(201);
    mine.post(&format!("{API}/projects/other/members")).json(&body).send().await.refused(403, "FORBIDDEN");
    mine.post(&format!("{API}/projects/{other}/members")).json(&body).send().await.refused(403, "FORBIDDEN");
    let members = app.admin().get(&format!("{API}/projects/other/members")).send().await.expect(200).json();
    assert!(members.as_array().unwrap().iter().all(|member| member["entity_name"] != "friend"), "{members}");
}

async fn cve_2019_19023_nobody_raises_themselves(app: &TestApp) {
    app.project("mine", false).await;
    let maintainer = app.user_in("mine", "somebody", Role::Maintainer).await;
    let me = id_of(&maintainer).await;
    let flag = json!({ "sysadmin_flag": true });
    maintainer.put(&format!("{API}/users/{me}/sysadmin")).json(&flag).send().await.refused(403, "FORBIDDEN");
    let members = app.admin().get(&format!("{API}/projects/mine/members?entityname=somebody")).send().await.json();
    let member = format!("{API}/projects/mine/members/{}", members[0]["id"]);
    maintainer.put(&member).json(&json!({ "role_id": 1 })).send().await.refused(403, "FORBIDDEN");
    let other = app.user("other").await;
    let change = json!({ "old_password": PASSWORD, "new_password": "An0ther-password" });
    for path in [format!("{API}/users/{}/password", id_of(&other).await), format!("{API}/users/1/password")] {
        maintainer.put(&path).json(&change).send().await.refused(403, "FORBIDDEN");
    }
    other.get("/v2/").send().await.expect(200);
    maintainer
        .put(&format!("{API}/configurations"))
        .json(&json!({ "self_registration": true }))
        .send()
        .await
        .expect(403);
}

async fn cve_2019_19025_forms_of_other_sites_are_refused(app: &TestApp) {
    let session = app.session("admin", ADMIN_PASSWORD).await;
    let forged = session.with("x-harbor-csrf-token", "").with("sec-fetch-site", "cross-site");
    for (method, path) in [
        ("POST", format!("{API}/users")),
        ("PUT", format!("{API}/users/1/password")),
        ("PUT", format!("{API}/configurations")),
        ("POST", format!("{API}/projects")),
        ("DELETE", format!("{API}/projects/library")),
        ("POST", format!("{API}/projects/library/members")),
        ("DELETE", "/api/berth/v1/sessions".to_owned()),
    ] {
        forged.request(method.parse().unwrap(), &path).json(&json!({})).send().await.refused(403, "FORBIDDEN");
    }
    // The registry takes no session at all for a change.
    let push = forged.post("/v2/library/app/blobs/uploads/").send().await;
    assert!(matches!(push.status, 401 | 403), "{}", push.status);
    app.admin().get(&format!("{API}/projects/library")).send().await.expect(200);
}

async fn cve_2019_19026_19029_2024_22261_filters_and_orders_are_no_sql(app: &TestApp) {
    let admin = app.admin();
    app.project("one", true).await;
    admin.push("one/app", "v1", &Image::new("image", 1)).await;
    let evil = [
        "' OR '1'='1",
        "'; DROP TABLE projects; --",
        "1) UNION SELECT 1,2,3 --",
        "\\",
        "%",
        "x' AND sleep(9)='",
        "\"id\"",
    ];
    for path in [
        "projects",
        "users",
        "repositories",
        "auditlog-exts",
        "audit-logs",
        "projects/one/members",
        "projects/one/repositories",
        "projects/one/repositories/app/artifacts",
        "projects/one/repositories/app/artifacts/v1/tags",
        "projects/one/artifacts",
        "projects/one/auditlog-exts",
    ] {
        // Other lists have no name, and what they do not know they ignore.
        let is_filtered = matches!(path, "projects" | "repositories" | "projects/one/repositories");
        for text in evil {
            let encoded = berth_types::url::encode(text);
            for query in [
                format!("q=name%3D{encoded}"),
                format!("q=name%3D~{encoded}"),
                format!("q={encoded}%3D1"),
                format!("q=name%3D%7B{encoded}%20x%7D"),
                format!("sort={encoded}"),
                format!("sort=-name%2C{encoded}"),
                format!("name={encoded}"),
                format!("entityname={encoded}"),
            ] {
                let reply = admin.get(&format!("{API}/{path}?{query}")).send().await;
                assert!(matches!(reply.status, 200 | 400 | 422), "{path}?{query}: {} {}", reply.status, reply.text());
                // Nothing has such a name, so whatever was understood found nothing.
                if reply.status == 200 && is_filtered && query.starts_with("q=name%3D") && !query.contains("%25") {
                    assert_eq!(reply.json(), json!([]), "{path}?{query}");
                }
            }
        }
    }
    for text in evil {
        let encoded = berth_types::url::encode(text);
        let reply = admin.get(&format!("{API}/search?q={encoded}")).send().await.expect(200).json();
        assert_eq!(reply["project"].as_array().map_or(0, Vec::len), 0, "{text}: {reply}");
        admin.get(&format!("/v2/one/app/tags/list?last={encoded}")).send().await.expect(200);
    }
    admin.get(&format!("{API}/projects/one")).send().await.expect(200);
}

async fn cve_2019_19030_2020_13794_strangers_learn_no_names(app: &TestApp) {
    let somebody = app.user("somebody").await;
    app.project("private", false).await;
    // Anonymous callers cannot search at all; others see a name and a number.
    for path in ["users/search?username=some", "users", "users/1"] {
        app.anonymous().get(&format!("{API}/{path}")).send().await.refused(401, "UNAUTHORIZED");
    }
    let found = somebody.get(&format!("{API}/users/search?username=admin")).send().await.expect(200).json();
    for person in found.as_array().unwrap() {
        let mut keys: Vec<&str> = person.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["user_id", "username"]);
    }
    // A wrong name and a wrong password look the same.
    let sign_in = |name: &'static str, password: &'static str| {
        let browser = app.anonymous().with("sec-fetch-site", "same-origin");
        async move { browser.post("/c/login").form(&[("principal", name), ("password", password)]).send().await.expect(401) }
    };
    let (known, unknown) = (sign_in("somebody", "Wr0ng-password").await, sign_in("nobody", "Wr0ng-password").await);
    assert_eq!(known.text(), unknown.text());
    let basic = |name: &str| app.anonymous().basic(name, "Wr0ng-password").get("/v2/").send();
    let (known, unknown) = (basic("somebody").await.expect(401), basic("nobody").await.expect(401));
    assert_eq!((known.text(), known.header("www-authenticate")), (unknown.text(), unknown.header("www-authenticate")));
    // A project that one may not see looks like none.
    let head = |name: &str| somebody.head(&format!("{API}/projects?project_name={name}")).send();
    let get = |name: &str| somebody.get(&format!("{API}/projects/{name}")).send();
    assert_eq!(get("private").await.status, get("missing").await.status);
    assert!(matches!(head("private").await.status, 200 | 404));
}

async fn cve_2020_29662_the_catalog_is_for_administrators(app: &TestApp) {
    app.admin().push("library/app", "v1", &Image::new("image", 1)).await;
    let somebody = app.user("somebody").await;
    for client in [&app.anonymous(), &somebody] {
        let refused = client.get("/v2/_catalog").send().await.refused(401, "UNAUTHORIZED");
        assert!(!refused.text().contains("library/app"));
        let token = app.token(client, &["registry:catalog:*"]).await;
        app.anonymous().bearer(&token).get("/v2/_catalog").send().await.refused(401, "UNAUTHORIZED");
    }
    app.admin().get("/v2/_catalog").send().await.expect(200);
}

/// Every route of the description that names a row, asked with one's own project and what belongs to another one.
async fn cve_2022_31666_31671_ids_of_another_project_are_not_there(app: &TestApp) {
    crate::foreign::ids_of_another_project_open_no_door(app).await;
}

async fn cve_2022_46463_public_is_what_was_made_public(app: &TestApp) {
    let admin = app.admin();
    // Without a word a project is private.
    admin.post(&format!("{API}/projects")).json(&json!({ "project_name": "silent" })).send().await.expect(201);
    app.project("private", false).await;
    app.project("open", true).await;
    for project in ["silent", "private", "open"] {
        admin.push(&format!("{project}/app"), "v1", &Image::new("image", 1)).await;
    }
    let names = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    for client in [app.anonymous(), app.user("somebody").await] {
        let mut seen = names(&client.get(&format!("{API}/projects")).send().await.expect(200).json());
        seen.sort();
        assert_eq!(seen, ["library", "open"]);
        let repositories = names(&client.get(&format!("{API}/repositories")).send().await.expect(200).json());
        assert_eq!(repositories, ["open/app"]);
        let found = client.get(&format!("{API}/search?q=app")).send().await.expect(200).json();
        assert_eq!(found["repository"].as_array().map_or(0, Vec::len), 1, "{found}");
    }
}

async fn cve_2024_22278_a_role_changes_only_what_is_its_own(app: &TestApp) {
    let id = app.project("mine", false).await;
    for (name, role, may) in [
        ("maintainer", Role::Maintainer, false),
        ("developer", Role::Developer, false),
        ("padmin", Role::ProjectAdmin, true),
    ] {
        let client = app.user_in("mine", name, role).await;
        let status = if may { 200 } else { 403 };
        for (key, value) in [("public", "true"), ("public", "false"), ("auto_scan", "true"), ("prevent_vul", "true")] {
            let metadata = json!({ "metadata": { key: value } });
            assert_eq!(
                client.put(&format!("{API}/projects/{id}")).json(&metadata).send().await.status,
                status,
                "{name}"
            );
            let path = format!("{API}/projects/mine/metadatas/{key}");
            assert_eq!(client.put(&path).json(&json!({ key: value })).send().await.status, status, "{name} {key}");
        }
        // The limit of storage is the system administrator's.
        let limit = json!({ "storage_limit": -1 });
        assert_eq!(client.put(&format!("{API}/projects/{id}")).json(&limit).send().await.status, status, "{name}");
    }
    let own = json!({ "project_name": "greedy", "storage_limit": -1 });
    let somebody = app.user("somebody").await;
    app.admin()
        .put(&format!("{API}/configurations"))
        .json(&json!({ "storage_per_project": 1000 }))
        .send()
        .await
        .expect(200);
    somebody.post(&format!("{API}/projects")).json(&own).send().await.expect(201);
    let blob = berth_testkit::Blob::random("blob", 5000);
    let path = format!("/v2/greedy/app/blobs/uploads/?digest={}", blob.digest);
    somebody.post(&path).body(blob.bytes.clone()).send().await.expect(403);
}

async fn cve_2025_30086_no_filter_reads_a_secret(app: &TestApp) {
    app.user("somebody").await;
    let admin = app.admin();
    let ask = |query: String| {
        let client = admin.clone();
        async move {
            let reply = client.get(&format!("{API}/users?{query}")).send().await;
            (reply.status, reply.text())
        }
    };
    for column in
        ["password", "password_phc", "phc", "salt", "secret", "secret_hash", "token_hash", "epoch", "Password"]
    {
        for operator in ["", "~"] {
            // An oracle would answer a guess that is right differently from one that is wrong.
            let right = ask(format!("q={column}%3D{operator}%24argon2id")).await;
            let wrong = ask(format!("q={column}%3D{operator}zzzzzzzz")).await;
            assert_eq!(right, wrong, "{column}{operator}");
        }
        assert_eq!(ask(format!("sort={column}")).await, ask("sort=nonsense".to_owned()).await, "{column}");
    }
    for path in ["users", "users/current", "users/search?username=some", "projects/library/members", "configurations"] {
        let text = admin.get(&format!("{API}/{path}")).send().await.expect(200).text();
        assert!(!text.contains("$argon2id") && !text.contains("phc") && !text.contains(PASSWORD), "{path}: {text}");
    }
}

async fn cve_2025_32019_2020_27832_a_description_is_text(app: &TestApp) {
    let admin = app.admin();
    admin.push("library/app", "v1", &Image::new("image", 1)).await;
    let script = "<script>alert(1)</script><img src=x onerror=alert(1)> [x](javascript:alert(1))";
    let path = format!("{API}/projects/library/repositories/app");
    admin.put(&path).json(&json!({ "description": script })).send().await.expect(200);
    let reply = admin.get(&path).send().await.expect(200);
    // Kept as it is, and sent as what no browser takes for a page.
    assert_eq!(reply.json()["description"], script);
    assert!(reply.header("content-type").starts_with("application/json"));
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    let session = app.session("admin", ADMIN_PASSWORD).await;
    for page in ["/projects/library/app", "/projects/library", "/"] {
        let page = session.get(page).header("accept", "text/html").send().await;
        let text = page.text();
        assert!(!text.contains("<script>alert(1)") && !text.contains("<img src=x"), "{text}");
        if page.status == 200 {
            let policy = page.header("content-security-policy");
            let scripts = policy.split(';').find(|part| part.trim().starts_with("script-src")).unwrap_or_default();
            assert!(scripts.contains("'nonce-") && !scripts.contains("unsafe-inline"), "{policy}");
        }
    }
}

async fn cve_2024_9683_every_character_of_a_password_counts(app: &TestApp) {
    let long = |tail: &str| format!("Aa1{}{tail}", "x".repeat(100));
    let person = json!({ "username": "long", "email": "long@example.com", "realname": "L", "password": long("right") });
    app.admin().post(&format!("{API}/users")).json(&person).send().await.expect(201);
    app.anonymous().basic("long", &long("right")).get("/v2/").send().await.expect(200);
    for wrong in [long("wrong"), long(""), long("righ"), long("right "), long("right")[..72].to_owned()] {
        app.anonymous().basic("long", &wrong).get("/v2/").send().await.expect(401);
    }
}

#[tokio::test]
async fn cve_2026_4404_there_is_no_default_password() {
    let app = TestApp::start_with(Backend::Sqlite, Started::Fresh, &[]).await.unwrap();
    let fresh = app.anonymous().basic("admin", "Harbor12345");
    fresh.get("/v2/").send().await.expect(503);
    fresh.get(&format!("{API}/users/current")).send().await.expect(503);
    let app = TestApp::start(Backend::Sqlite).await.unwrap();
    for password in ["Harbor12345", "admin", "", "password"] {
        let guess = app.anonymous().basic("admin", password);
        assert_eq!(guess.get(&format!("{API}/users/current")).send().await.status, 401, "{password}");
    }
}

/// Secrets that a test gives, in every place that takes one, at the log's most talkative level.
#[tokio::test]
async fn cve_2025_48374_secrets_are_in_no_log() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let server = crate::process::Server::start_with(&database, "trace", "json");
    let (admin, anonymous) = (&server.admin, server.anonymous());
    let canary = |n: u8| format!("C4nary-of-a-secret-{n}");
    let person = json!({ "username": "somebody", "email": "s@example.com", "realname": "S", "password": canary(1) });
    admin.post(&format!("{API}/users")).json(&person).send().await.expect(201);
    let somebody = anonymous.basic("somebody", &canary(1));
    let id = id_of(&somebody).await;
    let change = json!({ "old_password": canary(1), "new_password": canary(2) });
    somebody.put(&format!("{API}/users/{id}/password")).json(&change).send().await.expect(200);
    let weak = json!({ "old_password": canary(2), "new_password": "c4nary-of-a-secret-3" });
    let somebody = anonymous.basic("somebody", &canary(2));
    assert!(somebody.put(&format!("{API}/users/{id}/password")).json(&weak).send().await.status >= 400);
    anonymous.basic("somebody", &canary(4)).get("/v2/").send().await.expect(401);
    anonymous.bearer(&canary(5)).get("/v2/").send().await.expect(401);
    anonymous.with("authorization", &canary(6)).get("/v2/").send().await.expect(401);
    anonymous
        .with("cookie", &format!("sid={}", canary(7)))
        .get(&format!("{API}/users/current"))
        .send()
        .await
        .expect(401);
    anonymous
        .with("x-harbor-csrf-token", &canary(8))
        .post("/c/login")
        .form(&[("principal", "x"), ("password", &canary(9))])
        .send()
        .await;
    admin.post(&format!("{API}/users")).body(format!("{{\"password\":\"{}\"", canary(10))).send().await;
    let setting = json!({ "oidc_client_secret": canary(11), "ldap_search_password": canary(12) });
    admin.put(&format!("{API}/configurations")).json(&setting).send().await;
    anonymous.get(&format!("/setup?token={}", canary(13))).header("accept", "text/html").send().await;
    anonymous.post("/api/berth/v1/setup").json(&json!({ "token": canary(14), "password": canary(15) })).send().await;
    let shown = admin.get(&format!("{API}/configurations")).send().await.expect(200).text();
    let audit = admin.get(&format!("{API}/auditlog-exts?page_size=100")).send().await.expect(200).text();
    let metrics = anonymous.get("/metrics").send().await.expect(200).text();
    let log = server.stop();
    assert!(log.lines().count() > 10, "{log}");
    for (place, text) in
        [("the log", &log), ("the settings", &shown), ("the audit log", &audit), ("the metrics", &metrics)]
    {
        let found = text.lines().find(|line| line.to_lowercase().contains("c4nary"));
        assert!(found.is_none(), "a secret stands in {place}: {found:?}");
    }
}

/// Whoever compares a secret does it in constant time, or compares keyed hashes of it.
#[test]
fn cve_2023_20902_secrets_are_compared_in_constant_time() {
    for (path, text) in crate::sources::of(&["auth/src", "domain/src", "web/src", "api/src", "src"]) {
        // Somebody at a terminal types a password twice; names of keys are no secrets.
        if matches!(path.as_str(), "src/cli.rs" | "src/config/show.rs") {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate() {
            let line = line.split("//").next().unwrap_or_default();
            let ends = |text: &str, last: bool| {
                let mut words = text.split(|char: char| !char.is_alphanumeric() && char != '_');
                if last { words.rfind(|word| !word.is_empty()) } else { words.find(|word| !word.is_empty()) }
                    .unwrap_or_default()
                    .to_owned()
            };
            for operator in [" == ", " != "] {
                let Some((left, right)) = line.split_once(operator) else { continue };
                // What is compared with a constant or a kind is no secret.
                let right = right.split(' ').next().unwrap_or_default();
                let sides = [ends(left, true), ends(right, true)];
                let is_secret = |side: &String| {
                    let names = ["secret", "password", "token", "phc", "signature", "hmac"];
                    names
                        .iter()
                        .any(|name| side == name || *side == format!("{name}_hash") || *side == format!("given_{name}"))
                };
                assert!(!sides.iter().any(is_secret), "{path}:{}: {line}", number + 1);
            }
        }
    }
    for file in ["auth/src/basic.rs", "auth/src/csrf.rs", "domain/src/setup.rs", "src/health.rs"] {
        assert!(
            crate::sources::read(file).contains(".ct_eq(") || crate::sources::read(file).contains("::ct_eq("),
            "{file}"
        );
    }
}

on_both!(cve_2023_4956_4959_nobody_frames_a_page,);

async fn cve_2023_4956_4959_nobody_frames_a_page(app: &TestApp) {
    let session = app.session("admin", ADMIN_PASSWORD).await;
    let mut pages = 0;
    for path in ["/", "/projects", "/projects/library", "/login"] {
        for client in [&app.anonymous(), &session] {
            let page = client.get(path).header("accept", "text/html").send().await;
            if page.status == 200 && page.header("content-type").starts_with("text/html") {
                let policy = page.header("content-security-policy");
                assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
                pages += 1;
            }
        }
    }
    assert!(pages > 0);
}
