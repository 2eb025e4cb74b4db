//! What administrators see of a person, and how people are found.

use berth_testkit::{Client, PASSWORD, Role, TestApp, on_both};
use serde_json::{Value, json};

const CURRENT: &str = "/api/v2.0/users/current";
const PARTS: [&str; 3] = ["memberships", "sessions", "tokens"];

on_both!(
    memberships_of_a_person_are_listed,
    sessions_and_tokens_of_a_person_are_shown,
    all_sessions_of_a_person_end,
    only_administrators_see_what_a_person_has,
    people_are_found_by_any_of_their_names,
    candidates_are_found_without_telling_addresses,
    a_form_takes_an_address_for_a_member,
);

fn path(id: &Value, part: &str) -> String {
    format!("/api/berth/v1/users/{id}/{part}")
}

async fn id_of(client: &Client) -> Value {
    client.get(CURRENT).send().await.expect(200).json()["user_id"].clone()
}

/// The values of a field, joined.
fn all(rows: &Value, field: &str) -> String {
    let texts = rows.as_array().unwrap().iter().map(|row| row[field].as_str().unwrap_or_default());
    texts.collect::<Vec<_>>().join(" ")
}

async fn memberships_of_a_person_are_listed(app: &TestApp) {
    let mei = app.user("mei").await;
    let (admin, id) = (app.admin(), id_of(&mei).await);
    for (project, role) in [("beta", Role::Developer), ("alpha", Role::ProjectAdmin), ("gone", Role::Guest)] {
        app.project(project, false).await;
        app.member(project, "mei", role).await;
    }
    app.project("foreign", false).await;
    admin.delete("/api/v2.0/projects/gone").send().await.expect(200);
    let rows = admin.get(&path(&id, "memberships")).send().await.expect(200).json();
    assert_eq!(
        (all(&rows, "project_name"), all(&rows, "role_name")),
        ("alpha beta".into(), "projectAdmin developer".into())
    );
    let page = admin.get(&format!("{}?page_size=1&sort=-role_id", path(&id, "memberships"))).send().await.expect(200);
    assert_eq!((page.header("x-total-count"), all(&page.json(), "project_name").as_str()), ("2", "beta"));
    let found = format!("{}?q=project_name%3D~LPH", path(&id, "memberships"));
    assert_eq!(all(&admin.get(&found).send().await.expect(200).json(), "project_name"), "alpha");
}

async fn sessions_and_tokens_of_a_person_are_shown(app: &TestApp) {
    let mei = app.user("mei").await;
    let (admin, id) = (app.admin(), id_of(&mei).await);
    for part in PARTS {
        assert_eq!(admin.get(&path(&id, part)).send().await.expect(200).json(), json!([]), "{part}");
    }
    app.session("mei", PASSWORD).await;
    let token = json!({ "name": "laptop", "read_only": true });
    let made = mei.post("/api/berth/v1/users/current/tokens").json(&token).send().await.expect(201).json();
    let sessions = admin.get(&path(&id, "sessions")).send().await.expect(200);
    assert_eq!((sessions.json().as_array().unwrap().len(), &sessions.json()[0]["current"]), (1, &json!(false)));
    let tokens = admin.get(&path(&id, "tokens")).send().await.expect(200);
    assert_eq!((&tokens.json()[0]["name"], &tokens.json()[0]["read_only"]), (&json!("laptop"), &json!(true)));
    assert!(!tokens.text().contains(made["secret"].as_str().unwrap()));
    // Another person's are not among them.
    let other = id_of(&app.user("other").await).await;
    assert_eq!(admin.get(&path(&other, "tokens")).send().await.expect(200).json(), json!([]));
}

async fn all_sessions_of_a_person_end(app: &TestApp) {
    let mei = app.user("mei").await;
    app.user("other").await;
    let (one, two) = (app.session("mei", PASSWORD).await, app.session("mei", PASSWORD).await);
    let foreign = app.session("other", PASSWORD).await;
    let token = json!({ "name": "laptop" });
    let made = mei.post("/api/berth/v1/users/current/tokens").json(&token).send().await.expect(201).json();
    let id = id_of(&one).await;
    two.get(CURRENT).send().await.expect(200);
    for _ in 0..2 {
        app.admin().delete(&path(&id, "sessions")).send().await.expect(200);
    }
    for ended in [&one, &two] {
        ended.get(CURRENT).send().await.refused(401, "UNAUTHORIZED");
    }
    foreign.get(CURRENT).send().await.expect(200);
    app.anonymous().basic("mei", made["secret"].as_str().unwrap()).get(CURRENT).send().await.expect(200);
    app.session("mei", PASSWORD).await.get(CURRENT).send().await.expect(200);
    let log = app.admin().get("/api/v2.0/auditlog-exts?page_size=100").send().await.expect(200).json();
    let ended =
        log.as_array().unwrap().iter().filter(|entry| entry["operation_description"] == "end all sessions: mei");
    let by: Vec<&str> = ended.map(|entry| entry["username"].as_str().unwrap()).collect();
    // The second time there were none.
    assert_eq!(by, ["admin"]);
}

async fn only_administrators_see_what_a_person_has(app: &TestApp) {
    app.project("team", false).await;
    let mei = app.user_in("team", "mei", Role::ProjectAdmin).await;
    let (admin, id) = (app.admin(), id_of(&mei).await);
    for part in PARTS {
        // Not even one's own: for those there are other addresses.
        mei.get(&path(&id, part)).send().await.refused(403, "FORBIDDEN");
        app.anonymous().get(&path(&id, part)).send().await.refused(401, "UNAUTHORIZED");
        admin.get(&path(&json!(999_999), part)).send().await.refused(404, "NOT_FOUND");
        admin.get(&format!("/api/berth/v1/users/x/{part}")).send().await.refused(422, "UNPROCESSABLE_ENTITY");
    }
    let session = app.session("mei", PASSWORD).await;
    session.delete(&path(&id, "sessions")).send().await.refused(403, "FORBIDDEN");
    // A robot that keeps accounts sees the projects of people, and not where they are signed in.
    let access = ["read", "update"].map(|action| json!({ "resource": "user", "action": action }));
    let robot = json!({
        "name": "keeper", "duration": -1, "level": "system",
        "permissions": [{ "kind": "system", "namespace": "/", "access": access }],
    });
    let made = admin.post("/api/v2.0/robots").json(&robot).send().await.expect(201).json();
    let (name, secret) = (made["name"].as_str().unwrap(), made["secret"].as_str().unwrap());
    let robot = app.anonymous().basic(name, secret);
    robot.get(&path(&id, "memberships")).send().await.expect(200);
    for part in ["sessions", "tokens"] {
        robot.get(&path(&id, part)).send().await.refused(403, "FORBIDDEN");
    }
    robot.delete(&path(&id, "sessions")).send().await.refused(403, "FORBIDDEN");
    session.get(CURRENT).send().await.expect(200);
    app.anonymous().delete(&path(&id, "sessions")).send().await.refused(401, "UNAUTHORIZED");
    admin.delete(&path(&json!(999_999), "sessions")).send().await.refused(404, "NOT_FOUND");
    session.get(CURRENT).send().await.expect(200);
}

async fn make(app: &TestApp, username: &str, realname: &str, email: &str) {
    let body = json!({ "username": username, "realname": realname, "email": email, "password": PASSWORD });
    app.admin().post("/api/v2.0/users").json(&body).send().await.expect(201);
}

async fn people_are_found_by_any_of_their_names(app: &TestApp) {
    make(app, "b.nowak", "Berta Builder", "berta@example.com").await;
    make(app, "builder2", "Somebody", "somebody@example.com").await;
    let found = async |q: &str| {
        all(&app.admin().get(&format!("/api/v2.0/users?q={q}")).send().await.expect(200).json(), "username")
    };
    assert_eq!(found("person%3D~BUILDER").await, "b.nowak builder2");
    assert_eq!(found("person%3D~berta%40exam").await, "b.nowak");
    // What Harbor knows is as Harbor has it.
    assert_eq!(found("username%3D~builder").await, "builder2");
    // What is found can be taken as a whole.
    let wish = json!({ "kind": "users", "action": "delete", "all": true, "q": "person=~berta@exam" });
    let preview = app.admin().post("/api/berth/v1/bulk/preview").json(&wish).send().await.expect(200).json();
    assert_eq!(preview["items"], 1, "{preview}");
}

async fn candidates_are_found_without_telling_addresses(app: &TestApp) {
    make(app, "Bob", "Robert Builder", "bob@example.com").await;
    app.project("team", false).await;
    let lead = app.user_in("team", "lead", Role::ProjectAdmin).await;
    let path = |text: &str| format!("/api/berth/v1/projects/team/candidates?text={text}");
    let ask = async |text: &str| lead.get(&path(text)).send().await.expect(200);
    for (text, exact) in [("bob", true), ("builder", false), ("BOB%40example.com", true), ("%20bo%20", false)] {
        let found = ask(text).await;
        let rows = found.json();
        assert_eq!((&rows[0]["username"], &rows[0]["realname"]), (&json!("Bob"), &json!("Robert Builder")), "{text}");
        assert_eq!((&rows[0]["exact"], rows.as_array().unwrap().len()), (&json!(exact), 1), "{text}");
        assert!(!found.text().contains('@'), "{}", found.text());
    }
    for nobody in ["bob%40example", "example.com", "b", "", "%20", "a%00b"] {
        assert_eq!(ask(nobody).await.json(), json!([]), "{nobody}");
    }
    lead.get("/api/berth/v1/projects/team/candidates").send().await.refused(422, "UNPROCESSABLE_ENTITY");
    // Whoever adds no members is told of nobody.
    let developer = app.user_in("team", "developer", Role::Developer).await;
    developer.get(&path("bob")).send().await.refused(403, "FORBIDDEN");
    app.anonymous().get(&path("bob")).send().await.refused(401, "UNAUTHORIZED");
}

async fn a_form_takes_an_address_for_a_member(app: &TestApp) {
    for (name, address) in [("Bob", "bob@example.com"), ("Ada", "ada@example.com"), ("ADA", "other@example.com")] {
        make(app, name, name, address).await;
    }
    app.project("team", false).await;
    app.user_in("team", "lead", Role::ProjectAdmin).await;
    let lead = app.session("lead", PASSWORD).await.with("sec-fetch-site", "same-origin").with("accept", "text/html");
    let add = async |name: &str| {
        let form = [("project", "team"), ("username", name), ("role", "2")];
        lead.post("/_portal/add-member").form(&form).send().await.location()
    };
    let page = "/projects/team/-/members?notice=member-added";
    assert_eq!(add("BOB@example.com").await, format!("{page}&name=Bob&role=developer"));
    // An address means its owner, also where somebody took it for a name; where it is both, nobody is meant.
    make(app, "ada@example.com", "Impostor", "impostor@example.com").await;
    assert!(!add("ada@example.com").await.contains("notice=member-added"));
    // The exact name is meant before others that differ in capitals.
    assert_eq!(add("ADA").await, format!("{page}&name=ADA&role=developer"));
    for refused in ["ada", "bob@example", "bob"] {
        assert!(!add(refused).await.contains("notice="), "{refused}");
    }
    let rows = app.admin().get("/api/v2.0/projects/team/members").send().await.expect(200).json();
    assert_eq!(all(&rows, "entity_name"), "ADA Bob admin lead");
}
