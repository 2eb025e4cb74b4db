//! A robot's new secret, and the former one that goes on working beside it for a while.

use berth_testkit::{Client, Image, Role, TestApp, eventually, on_both};
use serde_json::{Value, json};

const ROBOTS: &str = "/api/v2.0/robots";
const CURRENT: &str = "/api/v2.0/users/current";
const DAY: i64 = 24 * 60 * 60;

on_both!(
    both_secrets_work_until_the_former_one_ends,
    a_chosen_secret_goes_on_for_a_while_as_well,
    without_an_overlap_nothing_is_other_than_in_harbor,
    the_former_secret_can_be_ended_before_its_time,
    another_renewal_ends_the_former_secret,
    a_robot_that_is_nobody_has_no_secret_that_works,
    the_use_of_the_former_secret_is_told,
    only_who_may_change_the_robot_ends_its_secrets,
);

struct Robot {
    path: String,
    name: String,
    first: String,
}

impl Robot {
    async fn make(app: &TestApp, level: &str) -> Robot {
        let access = json!([
            { "resource": "repository", "action": "pull" }, { "resource": "repository", "action": "push" },
        ]);
        let wanted = json!({
            "name": "ci", "level": level, "duration": 1,
            "permissions": [{ "kind": "project", "namespace": "mine", "access": access }],
        });
        let reply = app.admin().post(ROBOTS).json(&wanted).send().await.expect(201);
        let text = |key: &str| reply.json()[key].as_str().unwrap().to_owned();
        Robot { path: reply.location(), name: text("name"), first: text("secret") }
    }

    fn with(&self, app: &TestApp, secret: &str) -> Client {
        app.anonymous().basic(&self.name, secret)
    }

    /// Whether it is known by a secret, to the API and to the token service.
    async fn knows(&self, app: &TestApp, secret: &str) -> bool {
        let client = self.with(app, secret);
        let known = client.get(CURRENT).send().await.status == 412;
        // Whoever is not known gets the token of nobody.
        let token = app.anonymous().bearer(&app.token(&client, &["repository:mine/app:pull"]).await);
        let may = token.get("/v2/mine/app/tags/list").send().await.status != 401;
        assert_eq!(may, known, "the API and the token service agree");
        known
    }

    async fn renew(&self, app: &TestApp, body: &Value) -> String {
        let answer = app.admin().patch(&self.path).json(body).send().await.expect(200).json();
        let keys: Vec<_> = answer.as_object().unwrap().keys().collect();
        assert!(keys.iter().all(|key| *key == "secret"), "{keys:?}");
        answer["secret"].as_str().unwrap_or_default().to_owned()
    }

    async fn shown(&self, app: &TestApp) -> Value {
        app.admin().get(&self.path).send().await.expect(200).json()
    }
}

async fn both_secrets_work_until_the_former_one_ends(app: &TestApp) {
    app.project("mine", false).await;
    let image = Image::new("image", 1);
    for level in ["project", "system"] {
        let robot = Robot::make(app, level).await;
        let token = app.token(&robot.with(app, &robot.first), &["repository:mine/app:pull,push"]).await;
        let second = robot.renew(app, &json!({ "overlap_seconds": 3600 })).await;
        assert_ne!(second, robot.first);
        assert!(robot.knows(app, &robot.first).await && robot.knows(app, &second).await);
        robot.with(app, &robot.first).push("mine/app", "v1", &image).await;
        robot.with(app, &second).push("mine/app", "v2", &image).await;
        // What was given out before goes on as well: nobody was asked to come again.
        app.anonymous().bearer(&token).pull("mine/app", "v1", &image).await;
        let shown = robot.shown(app).await;
        let until = berth_types::Timestamp::parse_rfc3339(shown["former_secret"]["expires_at"].as_str().unwrap());
        let made = berth_types::Timestamp::parse_rfc3339(shown["update_time"].as_str().unwrap());
        assert_eq!(until.unwrap().unix_seconds(), made.unwrap().plus_seconds(3600).unix_seconds());

        let token = app.token(&robot.with(app, &robot.first), &["repository:mine/app:pull"]).await;
        app.later(3601);
        assert!(!robot.knows(app, &robot.first).await && robot.knows(app, &second).await);
        robot.with(app, &robot.first).get("/v2/mine/app/manifests/v1").send().await.expect(401);
        // A token lives as long as tokens do, and that was shorter.
        app.anonymous().bearer(&token).get("/v2/mine/app/manifests/v1").send().await.expect(401);
        assert_eq!(robot.shown(app).await["former_secret"], Value::Null);
    }
    let log = app.admin().get("/api/v2.0/auditlog-exts?q=operation%3Dupdate,resource_type%3Drobot").send().await;
    let log = log.expect(200).json();
    let text = log[0]["operation_description"].as_str().unwrap();
    assert!(text.starts_with("refresh the secret of robot: robot$ci; the former one works until 20"), "{text}");
}

async fn a_chosen_secret_goes_on_for_a_while_as_well(app: &TestApp) {
    app.project("mine", false).await;
    let robot = Robot::make(app, "project").await;
    robot.renew(app, &json!({ "secret": "Chosen-Secret1" })).await;
    assert!(robot.knows(app, "Chosen-Secret1").await);
    // Remembered by now. It must not be remembered beyond its end, nor be forgotten before.
    robot.renew(app, &json!({ "secret": "Chosen-Secret2", "overlap_seconds": 300 })).await;
    for secret in ["Chosen-Secret1", "Chosen-Secret2", "Chosen-Secret1"] {
        assert!(robot.knows(app, secret).await, "{secret}");
    }
    assert!(!robot.knows(app, "Chosen-Secret3").await);
    app.later(301);
    assert!(!robot.knows(app, "Chosen-Secret1").await && robot.knows(app, "Chosen-Secret2").await);
    // A generated one after a chosen one.
    let generated = robot.renew(app, &json!({ "overlap_seconds": 300 })).await;
    assert!(robot.knows(app, "Chosen-Secret2").await && robot.knows(app, &generated).await);
    app.later(301);
    assert!(!robot.knows(app, "Chosen-Secret2").await && robot.knows(app, &generated).await);
}

async fn without_an_overlap_nothing_is_other_than_in_harbor(app: &TestApp) {
    app.project("mine", false).await;
    let robot = Robot::make(app, "project").await;
    let token = app.token(&robot.with(app, &robot.first), &["repository:mine/app:pull"]).await;
    let mut last = robot.first.clone();
    for body in
        [json!({}), json!({ "secret": "" }), json!({ "overlap_seconds": 0 }), json!({ "overlap_seconds": null })]
    {
        let next = robot.renew(app, &body).await;
        assert!(!robot.knows(app, &last).await && robot.knows(app, &next).await, "{body}");
        last = next;
    }
    app.anonymous().bearer(&token).get("/v2/mine/app/tags/list").send().await.expect(401);
    assert_eq!(robot.shown(app).await.get("former_secret"), None);
    for wrong in [-1, 30 * DAY + 1] {
        let body = json!({ "overlap_seconds": wrong });
        app.admin().patch(&robot.path).json(&body).send().await.refused(400, "BAD_REQUEST");
    }
    app.admin().patch(&robot.path).json(&json!({ "overlap_seconds": "1h" })).send().await.expect(422);
    assert!(robot.knows(app, &last).await);
    // Whoever sends back what was shown changes no secret.
    robot.renew(app, &json!({ "overlap_seconds": 30 * DAY })).await;
    let shown = robot.shown(app).await;
    app.admin().put(&robot.path).json(&shown).send().await.expect(200);
    assert!(robot.knows(app, &last).await);
}

async fn the_former_secret_can_be_ended_before_its_time(app: &TestApp) {
    app.project("mine", false).await;
    let robot = Robot::make(app, "project").await;
    let end = format!("/api/berth/v1/robots/{}/former-secret", robot.path.rsplit('/').next().unwrap());
    app.admin().delete(&end).send().await.refused(404, "NOT_FOUND");
    let second = robot.renew(app, &json!({ "overlap_seconds": DAY })).await;
    let token = app.token(&robot.with(app, &robot.first), &["repository:mine/app:pull"]).await;
    app.admin().delete(&end).send().await.expect(200);
    assert!(!robot.knows(app, &robot.first).await && robot.knows(app, &second).await);
    // Who ends it means also what was fetched with it.
    app.anonymous().bearer(&token).get("/v2/mine/app/tags/list").send().await.expect(401);
    assert_eq!(robot.shown(app).await.get("former_secret"), None);
    app.admin().delete(&end).send().await.refused(404, "NOT_FOUND");
    let log = app.admin().get("/api/v2.0/auditlog-exts?q=operation%3Dupdate,resource_type%3Drobot").send().await;
    assert_eq!(log.expect(200).json()[0]["operation_description"], "end the former secret of robot: robot$mine+ci");
    // One that is over by itself cannot be ended.
    robot.renew(app, &json!({ "overlap_seconds": 60 })).await;
    app.later(61);
    app.admin().delete(&end).send().await.refused(404, "NOT_FOUND");
}

async fn another_renewal_ends_the_former_secret(app: &TestApp) {
    app.project("mine", false).await;
    let robot = Robot::make(app, "project").await;
    let second = robot.renew(app, &json!({ "overlap_seconds": DAY })).await;
    let early = app.token(&robot.with(app, &robot.first), &["repository:mine/app:pull"]).await;
    let third = robot.renew(app, &json!({ "overlap_seconds": 3600 })).await;
    assert!(!robot.knows(app, &robot.first).await);
    // With the secret end the tokens that were had for it.
    app.anonymous().bearer(&early).get("/v2/mine/app/tags/list").send().await.expect(401);
    assert!(robot.knows(app, &second).await && robot.knows(app, &third).await);
    // Its own time counts, not that of the one before.
    app.later(3601);
    assert!(!robot.knows(app, &second).await && robot.knows(app, &third).await);
    let fourth = robot.renew(app, &json!({ "overlap_seconds": DAY / 2 })).await;
    let fifth = robot.renew(app, &json!({})).await;
    assert!(!robot.knows(app, &third).await && !robot.knows(app, &fourth).await && robot.knows(app, &fifth).await);
}

async fn a_robot_that_is_nobody_has_no_secret_that_works(app: &TestApp) {
    app.project("mine", false).await;
    let robot = Robot::make(app, "project").await;
    let second = robot.renew(app, &json!({ "overlap_seconds": 7 * DAY })).await;
    let switch = async |off: bool| {
        let mut body = robot.shown(app).await;
        body["disable"] = json!(off);
        app.admin().put(&robot.path).json(&body).send().await.expect(200);
    };
    switch(true).await;
    assert!(!robot.knows(app, &robot.first).await && !robot.knows(app, &second).await);
    switch(false).await;
    assert!(robot.knows(app, &robot.first).await && robot.knows(app, &second).await);
    // It was made for a day: no secret lives longer than its robot.
    app.later(DAY + 1);
    assert!(!robot.knows(app, &robot.first).await && !robot.knows(app, &second).await);
    let mut body = robot.shown(app).await;
    body["duration"] = json!(-1);
    app.admin().put(&robot.path).json(&body).send().await.expect(200);
    assert!(robot.knows(app, &robot.first).await);
    app.admin().delete(&robot.path).send().await.expect(200);
    // The wrong ones of before would make these wait.
    app.later(DAY);
    assert!(!robot.knows(app, &robot.first).await && !robot.knows(app, &second).await);
}

async fn the_use_of_the_former_secret_is_told(app: &TestApp) {
    app.project("mine", false).await;
    let robot = Robot::make(app, "project").await;
    assert!(robot.knows(app, &robot.first).await);
    let second = robot.renew(app, &json!({ "overlap_seconds": DAY })).await;
    assert!(robot.knows(app, &second).await);
    app.later(120);
    assert!(robot.knows(app, &second).await);
    let present = eventually(async || robot.shown(app).await["last_used_at"].as_str().map(str::to_owned)).await;
    assert_eq!(robot.shown(app).await["former_secret"]["last_used_at"], Value::Null, "used since: the new one alone");
    app.later(120);
    assert!(robot.knows(app, &robot.first).await);
    let used = async || robot.shown(app).await["former_secret"]["last_used_at"].as_str().map(str::to_owned);
    let former = eventually(used).await;
    assert!(former > present, "{former} {present}");
    assert_eq!(robot.shown(app).await["last_used_at"].as_str(), Some(former.as_str()));
}

async fn only_who_may_change_the_robot_ends_its_secrets(app: &TestApp) {
    app.project("mine", false).await;
    app.project("other", false).await;
    let robot = Robot::make(app, "project").await;
    let end = format!("/api/berth/v1/robots/{}/former-secret", robot.path.rsplit('/').next().unwrap());
    let overlap = json!({ "overlap_seconds": DAY });
    let second = robot.renew(app, &overlap).await;
    let stranger = app.user_in("other", "stranger", Role::ProjectAdmin).await;
    let maintainer = app.user_in("mine", "maintainer", Role::Maintainer).await;
    for client in [&stranger, &maintainer, &robot.with(app, &second)] {
        client.patch(&robot.path).json(&overlap).send().await.refused(403, "FORBIDDEN");
        client.delete(&end).send().await.refused(403, "FORBIDDEN");
    }
    app.anonymous().delete(&end).send().await.refused(401, "UNAUTHORIZED");
    assert!(robot.knows(app, &robot.first).await && robot.knows(app, &second).await);
    let padmin = app.user_in("mine", "padmin", Role::ProjectAdmin).await;
    padmin.patch(&robot.path).json(&overlap).send().await.expect(200);
    padmin.delete(&end).send().await.expect(200);
    assert!(!robot.knows(app, &second).await);
}
