//! Robots: what they are given, what they may with it, and how it ends.

use berth_testkit::{Client, Image, PASSWORD, Role, TestApp, eventually, on_both};
use serde_json::{Value, json};

const ROBOTS: &str = "/api/v2.0/robots";

on_both!(
    a_robot_pushes_and_pulls_where_it_may,
    a_name_that_no_shell_changes_signs_in_as_well,
    it_is_shown_when_one_signed_in_last,
    switched_off_over_or_deleted_it_is_nobody,
    another_secret_ends_the_former,
    a_robot_makes_robots_no_stronger_than_itself,
    what_makes_no_sense_is_refused,
    the_prefix_renames_all_robots_at_once,
    a_deleted_project_takes_its_robots_along,
    lists_show_the_robots_of_one_place,
    who_makes_robots_sees_the_catalogue,
);

fn block(kind: &str, namespace: &str, pairs: &[&str]) -> Value {
    let access: Vec<Value> = pairs
        .iter()
        .map(|pair| pair.split_once(':').unwrap())
        .map(|(resource, action)| json!({ "resource": resource, "action": action }))
        .collect();
    json!({ "kind": kind, "namespace": namespace, "access": access })
}

fn wanted(name: &str, level: &str, permissions: &[Value]) -> Value {
    json!({ "name": name, "level": level, "duration": 1, "permissions": permissions })
}

struct Made {
    path: String,
    name: String,
    client: Client,
}

async fn make(app: &TestApp, by: &Client, wanted: &Value) -> Made {
    let reply = by.post(ROBOTS).json(wanted).send().await.expect(201);
    let body = reply.json();
    let (name, secret) = (body["name"].as_str().unwrap(), body["secret"].as_str().unwrap());
    assert_eq!(reply.location(), format!("{ROBOTS}/{}", body["id"]));
    Made { path: reply.location(), name: name.to_owned(), client: app.anonymous().basic(name, secret) }
}

/// The whole of a robot as it is, changed by a test and sent back, as programs do.
async fn change(app: &TestApp, robot: &Made, change: Value) -> Value {
    let mut body = app.admin().get(&robot.path).send().await.expect(200).json();
    for (key, value) in change.as_object().unwrap() {
        body[key] = value.clone();
    }
    app.admin().put(&robot.path).json(&body).send().await.expect(200);
    app.admin().get(&robot.path).send().await.expect(200).json()
}

async fn a_robot_pushes_and_pulls_where_it_may(app: &TestApp) {
    app.project("mine", false).await;
    app.project("other", false).await;
    let image = Image::new("image", 1);
    let pair = &["repository:push", "repository:pull", "artifact:list"];
    let robot = make(app, &app.admin(), &wanted("ci", "project", &[block("project", "mine", pair)])).await;
    assert_eq!(robot.name, "robot$mine+ci");
    robot.client.push("mine/app", "v1", &image).await;
    robot.client.pull("mine/app", "v1", &image).await;
    let token = app.token(&robot.client, &["repository:mine/app:pull,push"]).await;
    app.anonymous().bearer(&token).pull("mine/app", "v1", &image).await;
    robot.client.post("/v2/other/app/blobs/uploads/").send().await.refused(401, "UNAUTHORIZED");
    robot.client.get("/api/v2.0/projects/mine/repositories/app/artifacts").send().await.expect(200);
    robot.client.get("/api/v2.0/projects/mine/repositories").send().await.refused(403, "FORBIDDEN");
    robot.client.get("/api/v2.0/users/current").send().await.refused(412, "PRECONDITION");
    robot
        .client
        .post("/api/v2.0/projects")
        .json(&json!({ "project_name": "new" }))
        .send()
        .await
        .refused(403, "FORBIDDEN");
    // Who pushes looks at what is there; in the system it has to be said.
    let pushing =
        make(app, &app.admin(), &wanted("pusher", "project", &[block("project", "mine", &["repository:push"])])).await;
    pushing.client.head("/v2/mine/app/manifests/v1").send().await.expect(200);
    let pushing =
        make(app, &app.admin(), &wanted("pusher", "system", &[block("project", "*", &["repository:push"])])).await;
    pushing.client.head("/v2/mine/app/manifests/v1").send().await.expect(401);
    pushing.client.post("/v2/other/app/blobs/uploads/").send().await.expect(202);
}

async fn a_name_that_no_shell_changes_signs_in_as_well(app: &TestApp) {
    app.project("mine", false).await;
    let pairs = &["repository:push", "repository:pull"];
    let reply =
        app.admin().post(ROBOTS).json(&wanted("ci", "project", &[block("project", "mine", pairs)])).send().await;
    let (path, made) = (reply.location(), reply.expect(201).json());
    let (name, secret) = (made["name"].as_str().unwrap(), made["secret"].as_str().unwrap());
    let plain = berth_types::name::shell_name(name);
    assert_eq!((name, &*plain), ("robot$mine+ci", "robot+mine+ci"));
    let echo = std::process::Command::new("sh").args(["-c", &format!("printf %s {plain}")]).output().unwrap();
    assert_eq!(String::from_utf8(echo.stdout).unwrap(), plain, "a shell reads it as it stands");

    // By generated secret and by chosen one, for pushing, for the API and for tokens; the log has one name for both.
    let image = Image::new("image", 1);
    let robot = app.anonymous().basic(&plain, secret);
    robot.push("mine/app", "v1", &image).await;
    let token = app.token(&robot, &["repository:mine/app:pull"]).await;
    app.anonymous().bearer(&token).pull("mine/app", "v1", &image).await;
    app.admin().patch(&path).json(&json!({ "secret": "Chosen-Secret1" })).send().await.expect(200);
    let robot = app.anonymous().basic(&plain, "Chosen-Secret1");
    robot.push("mine/app", "v2", &image).await;
    app.anonymous().basic(name, "Chosen-Secret1").push("mine/app", "v3", &image).await;
    robot.get("/api/v2.0/users/current").send().await.expect(412);
    let log = "/api/v2.0/projects/mine/auditlog-exts?q=operation=create,resource_type=artifact";
    let log = app.admin().get(log).send().await.expect(200).json();
    let names: Vec<_> = log.as_array().unwrap().iter().map(|entry| entry["username"].as_str().unwrap()).collect();
    assert!(!names.is_empty() && names.iter().all(|each| *each == name), "{names:?}");

    app.anonymous()
        .basic(&plain, "Wrong-Secret1")
        .get("/api/v2.0/users/current")
        .send()
        .await
        .refused(401, "UNAUTHORIZED");
    app.admin().delete(&path).send().await.expect(200);
    robot.get("/api/v2.0/users/current").send().await.refused(401, "UNAUTHORIZED");
    // A person of such a name is who the password says.
    app.user("robot+mine+ci").await.get("/api/v2.0/users/current").send().await.expect(200);
}

async fn it_is_shown_when_one_signed_in_last(app: &TestApp) {
    app.project("mine", true).await;
    let robot = make(app, &app.admin(), &wanted("ci", "project", &[block("project", "mine", &["quota:read"])])).await;
    let used = async || app.admin().get(&robot.path).send().await.expect(200).json()["last_used_at"].clone();
    assert_eq!(used().await, Value::Null);
    // Trying is not signing in.
    app.anonymous().basic(&robot.name, "Wrong-Secret1").get(ROBOTS).send().await.expect(401);
    assert_eq!(used().await, Value::Null);
    let sign_in = async || robot.client.get("/api/v2.0/users/current").send().await.expect(412);
    sign_in().await;
    let first = eventually(async || Some(used().await).filter(|used| !used.is_null())).await;
    // To the minute: who comes often writes once.
    sign_in().await;
    app.later(90);
    sign_in().await;
    let second = eventually(async || Some(used().await).filter(|used| *used != first)).await;
    assert!(second.as_str() > first.as_str());
    // A change of it by others is none of its uses.
    change(app, &robot, json!({ "description": "builds" })).await;
    assert_eq!(used().await, second);
}

async fn switched_off_over_or_deleted_it_is_nobody(app: &TestApp) {
    app.project("mine", false).await;
    let image = Image::new("image", 1);
    app.admin().push("mine/app", "v1", &image).await;
    let robot =
        make(app, &app.admin(), &wanted("ci", "project", &[block("project", "mine", &["repository:pull"])])).await;
    let manifest = "/v2/mine/app/manifests/v1";
    let token = app.anonymous().bearer(&app.token(&robot.client, &["repository:mine/app:pull"]).await);
    token.head(manifest).send().await.expect(200);

    let off = change(app, &robot, json!({ "disable": true })).await;
    assert_eq!(off["disable"], true);
    robot.client.head(manifest).send().await.expect(401);
    token.head(manifest).send().await.expect(401);
    change(app, &robot, json!({ "disable": false })).await;
    robot.client.head(manifest).send().await.expect(200);
    // Rights changed in between: the former token stays over.
    token.head(manifest).send().await.expect(401);

    app.later(24 * 60 * 60 + 1);
    robot.client.head(manifest).send().await.expect(401);
    let longer = change(app, &robot, json!({ "duration": 3 })).await;
    let made = longer["creation_time"].as_str().unwrap().to_owned();
    let made = berth_types::Timestamp::parse_rfc3339(&made).unwrap();
    assert_eq!(longer["expires_at"], made.plus_seconds(3 * 24 * 60 * 60).unix_seconds());
    robot.client.head(manifest).send().await.expect(200);
    let ever = change(app, &robot, json!({ "duration": -1 })).await;
    assert_eq!(ever["expires_at"], -1);

    let token = app.anonymous().bearer(&app.token(&robot.client, &["repository:mine/app:pull"]).await);
    token.head(manifest).send().await.expect(200);
    app.admin().delete(&robot.path).send().await.expect(200);
    robot.client.head(manifest).send().await.expect(401);
    token.head(manifest).send().await.expect(401);
    app.admin().get(&robot.path).send().await.refused(404, "NOT_FOUND");
    app.admin().delete(&robot.path).send().await.refused(404, "NOT_FOUND");
}

async fn another_secret_ends_the_former(app: &TestApp) {
    app.project("mine", true).await;
    let robot = make(app, &app.admin(), &wanted("ci", "project", &[block("project", "mine", &["quota:read"])])).await;
    let ask = |secret: &str| app.anonymous().basic(&robot.name, secret);
    let current = "/api/v2.0/users/current";
    robot.client.get(current).send().await.expect(412);

    let fresh = app.admin().patch(&robot.path).json(&json!({})).send().await.expect(200).json();
    let fresh = ask(fresh["secret"].as_str().unwrap());
    fresh.get(current).send().await.expect(412);
    robot.client.get(current).send().await.refused(401, "UNAUTHORIZED");

    let chosen = json!({ "secret": "Chosen-Secret1" });
    let answer = app.admin().patch(&robot.path).json(&chosen).send().await.expect(200).json();
    assert_eq!(answer, json!({}));
    ask("Chosen-Secret1").get(current).send().await.expect(412);
    fresh.get(current).send().await.refused(401, "UNAUTHORIZED");
    app.admin().patch(&robot.path).json(&json!({ "secret": "weak" })).send().await.refused(400, "BAD_REQUEST");
    ask("Chosen-Secret1").get(current).send().await.expect(412);

    let shown = app.admin().get(&robot.path).send().await.expect(200).text();
    assert!(!shown.contains("secret") && !shown.contains("argon2"), "{shown}");
}

async fn a_robot_makes_robots_no_stronger_than_itself(app: &TestApp) {
    app.project("mine", false).await;
    app.project("other", false).await;
    let own = [
        block("project", "mine", &["robot:create", "robot:read", "robot:list", "robot:delete", "repository:pull"]),
        block("system", "/", &["robot:create", "project:create"]),
    ];
    let boss = make(app, &app.admin(), &wanted("boss", "system", &own)).await;
    let pull = |project: &str| block("project", project, &["repository:pull"]);
    let child = make(app, &boss.client, &wanted("child", "project", &[pull("mine")])).await;
    let shown = boss.client.get(&child.path).send().await.expect(200).json();
    assert_eq!(shown["creator_type"], "robot");
    make(app, &boss.client, &wanted("twin", "system", &[pull("mine"), block("system", "/", &["robot:create"])])).await;
    for (level, wider) in [
        ("project", block("project", "mine", &["repository:push"])),
        ("system", pull("*")),
        ("system", pull("other")),
        ("system", block("system", "/", &["user:create"])),
    ] {
        boss.client.post(ROBOTS).json(&wanted("wider", level, &[wider])).send().await.refused(403, "DENIED");
    }
    boss.client.post(ROBOTS).json(&wanted("wider", "project", &[pull("other")])).send().await.refused(403, "FORBIDDEN");
    // Nobody can give a robot the right to change robots.
    boss.client.patch(&child.path).json(&json!({})).send().await.refused(403, "FORBIDDEN");
    boss.client.put(&child.path).json(&shown).send().await.refused(403, "FORBIDDEN");
    boss.client.delete(&child.path).send().await.expect(200);
    // Of the system it may make robots, and not look at them.
    boss.client.get(ROBOTS).send().await.refused(403, "FORBIDDEN");
}

async fn what_makes_no_sense_is_refused(app: &TestApp) {
    app.project("mine", false).await;
    app.project("other", false).await;
    let padmin = app.user_in("mine", "padmin", Role::ProjectAdmin).await;
    let maintainer = app.user_in("mine", "maintainer", Role::Maintainer).await;
    let pull = |project: &str| block("project", project, &["repository:pull"]);
    let good = wanted("ci", "project", &[pull("mine")]);
    let robot = make(app, &padmin, &good).await;
    padmin.post(ROBOTS).json(&good).send().await.refused(409, "CONFLICT");
    let mut denying = good.clone();
    denying["permissions"][0]["access"][0]["effect"] = json!("deny");
    for bad in [
        wanted("Upper", "project", &[pull("mine")]),
        wanted("x", "project", &[]),
        wanted("x", "project", &[pull("mine"), pull("mine")]),
        wanted("x", "project", &[block("project", "mine", &["repository:scanner-pull"])]),
        wanted("x", "system", &[block("system", "mine", &["project:list"])]),
        wanted(&"x".repeat(300), "project", &[pull("mine")]),
        denying,
    ] {
        app.admin().post(ROBOTS).json(&bad).send().await.refused(400, "BAD_REQUEST");
    }
    app.admin().post(ROBOTS).json(&wanted("x", "system", &[pull("missing")])).send().await.refused(404, "NOT_FOUND");
    padmin.post(ROBOTS).json(&wanted("x", "project", &[pull("other")])).send().await.refused(403, "FORBIDDEN");
    padmin.post(ROBOTS).json(&wanted("x", "system", &[pull("mine")])).send().await.refused(403, "FORBIDDEN");
    maintainer.post(ROBOTS).json(&wanted("x", "project", &[pull("mine")])).send().await.refused(403, "FORBIDDEN");

    // What cannot change is refused, also by those who may change the rest.
    let mut body = padmin.get(&robot.path).send().await.expect(200).json();
    for (key, value) in [
        ("name", json!("robot$mine+other")),
        ("level", json!("system")),
        ("permissions", json!([pull("other")])),
        ("permissions", json!([pull("missing")])),
    ] {
        let former = std::mem::replace(&mut body[key], value);
        padmin.put(&robot.path).json(&body).send().await.refused(400, "BAD_REQUEST");
        body[key] = former;
    }
    let of_system = make(app, &app.admin(), &wanted("root", "system", &[pull("mine")])).await;
    for path in [&of_system.path, &make(app, &app.admin(), &wanted("ci", "project", &[pull("other")])).await.path] {
        padmin.get(path).send().await.refused(403, "FORBIDDEN");
        padmin.put(path).json(&body).send().await.refused(403, "FORBIDDEN");
        padmin.patch(path).json(&json!({})).send().await.refused(403, "FORBIDDEN");
        padmin.delete(path).send().await.refused(403, "FORBIDDEN");
        app.anonymous().get(path).send().await.refused(401, "UNAUTHORIZED");
    }
}

async fn the_prefix_renames_all_robots_at_once(app: &TestApp) {
    app.project("mine", false).await;
    let robot = make(app, &app.admin(), &wanted("ci", "project", &[block("project", "mine", &["project:read"])])).await;
    robot.client.get("/api/v2.0/projects/mine").send().await.expect(200);
    app.admin().put("/api/v2.0/configurations").json(&json!({ "robot_name_prefix": "bot-" })).send().await.expect(200);
    let shown = app.admin().get(&robot.path).send().await.expect(200).json();
    assert_eq!(shown["name"], "bot-mine+ci");
    robot.client.get("/api/v2.0/projects/mine").send().await.refused(401, "UNAUTHORIZED");
    let fresh = app.admin().patch(&robot.path).json(&json!({})).send().await.expect(200).json();
    let client = app.anonymous().basic("bot-mine+ci", fresh["secret"].as_str().unwrap());
    client.get("/api/v2.0/projects/mine").send().await.expect(200);
}

async fn a_deleted_project_takes_its_robots_along(app: &TestApp) {
    let former = app.project("mine", false).await;
    let read = |project: &str| block("project", project, &["project:read"]);
    let own = make(app, &app.admin(), &wanted("ci", "project", &[read("mine")])).await;
    let of_system = make(app, &app.admin(), &wanted("ci", "system", &[read("mine"), read("library")])).await;
    app.admin().delete(&format!("/api/v2.0/projects/{former}")).send().await.expect(200);
    own.client.get("/api/v2.0/users/current").send().await.refused(401, "UNAUTHORIZED");
    app.admin().get(&own.path).send().await.refused(404, "NOT_FOUND");
    // Another project of the same name is not the one that was given.
    app.project("mine", false).await;
    of_system.client.get("/api/v2.0/projects/mine").send().await.refused(403, "FORBIDDEN");
    let shown = app.admin().get(&of_system.path).send().await.expect(200).json();
    assert_eq!(shown["permissions"], json!([read("library")]));
    make(app, &app.admin(), &wanted("ci", "project", &[read("mine")])).await;
}

async fn lists_show_the_robots_of_one_place(app: &TestApp) {
    let mine = app.project("mine", false).await;
    app.project("other", false).await;
    let guest = app.user_in("mine", "guest", Role::Guest).await;
    for (name, level, project) in
        [("a", "project", "mine"), ("b", "project", "mine"), ("a", "project", "other"), ("s", "system", "*")]
    {
        make(app, &app.admin(), &wanted(name, level, &[block("project", project, &["tag:list"])])).await;
    }
    let names = async |client: &Client, query: &str| {
        let reply = client.get(&format!("{ROBOTS}?{query}")).send().await.expect(200);
        let names: Vec<String> =
            reply.json().as_array().unwrap().iter().map(|robot| robot["name"].as_str().unwrap().to_owned()).collect();
        (names.join(" "), reply.header("x-total-count").to_owned())
    };
    let of = |names: &str, total: &str| (names.to_owned(), total.to_owned());
    let place = format!("q=Level%3Dproject,ProjectID%3D{mine}");
    assert_eq!(names(&guest, &place).await, of("robot$mine+a robot$mine+b", "2"));
    assert_eq!(names(&guest, &format!("{place}&sort=-name&page_size=1")).await, of("robot$mine+b", "2"));
    assert_eq!(names(&guest, &format!("{place},name%3D~%2Bb")).await, of("robot$mine+b", "1"));
    assert_eq!(names(&guest, &format!("{place},ExpiresAt__gt%3D1600000000&sort=-name")).await.1, "2");
    assert_eq!(names(&guest, &format!("{place},expires_at%3D-1")).await, of("", "0"));
    assert_eq!(names(&app.admin(), "").await, of("robot$s", "1"));
    assert_eq!(names(&app.admin(), "q=Level%3Dproject,ProjectID%3D999999").await, of("", "0"));
    guest.get(ROBOTS).send().await.refused(403, "FORBIDDEN");
    for query in ["q=Level%3Dshoe", "q=Level%3Dproject", "q=Level%3Dproject,ProjectID%3Dx"] {
        app.admin().get(&format!("{ROBOTS}?{query}")).send().await.refused(400, "BAD_REQUEST");
    }
}

async fn who_makes_robots_sees_the_catalogue(app: &TestApp) {
    app.project("mine", false).await;
    let path = "/api/v2.0/permissions";
    let count = |body: &Value, part: &str| body[part].as_array().unwrap().len();
    let whole = app.admin().get(path).send().await.expect(200).json();
    assert_eq!((count(&whole, "system"), count(&whole, "project")), (70, 70));
    let padmin = app.user_in("mine", "padmin", Role::ProjectAdmin).await;
    let part = padmin.get(path).send().await.expect(200).json();
    assert_eq!((count(&part, "system"), count(&part, "project")), (0, 70));
    app.user_in("mine", "maintainer", Role::Maintainer).await.get(path).send().await.refused(403, "FORBIDDEN");
    app.anonymous().basic("nobody", PASSWORD).get(path).send().await.refused(401, "UNAUTHORIZED");
}
