//! The pages of robot accounts over a fake transport, as HTML.

#[expect(dead_code, reason = "the other suites use more of it")]
mod support;

use support::{ADMIN, Fake, MEI, answered, page};

const ROBOTS: &str = "/api/v2.0/robots";
const CATALOGUE: &str = r#"{"project":[{"resource":"repository","action":"push"},{"resource":"repository","action":"pull"},
    {"resource":"tag","action":"list"}],"system":[{"resource":"registry","action":"list"}]}"#;

/// A robot as the API shows it: what is in `namespace` and when it ends.
fn robot(id: i64, name: &str, level: &str, namespaces: &[&str], expires_at: i64) -> String {
    let blocks: Vec<String> = namespaces
        .iter()
        .enumerate()
        .map(|(index, namespace)| {
            let more = if index == 0 { "" } else { r#",{"resource":"tag","action":"list"}"# };
            let kind = if *namespace == "/" { "system" } else { "project" };
            format!(
                r#"{{"kind":"{kind}","namespace":"{namespace}","access":[{{"resource":"repository","action":"pull"}}{more}]}}"#
            )
        })
        .collect();
    format!(
        r#"{{"id":{id},"name":"{name}","description":"builds","level":"{level}","duration":-1,"editable":true,"disable":{},
        "expires_at":{expires_at},"permissions":[{}],"creator_type":"local","creator_ref":1,
        "creation_time":"2026-03-01T09:00:00Z","update_time":"2026-03-01T09:00:00Z"}}"#,
        id == 8,
        blocks.join(",")
    )
}

/// Somebody with a role in the project `team`.
fn member(role: i64) -> Fake {
    let project = format!(
        r#"{{"project_id":7,"owner_id":1,"owner_name":"admin","name":"team","creation_time":"2026-03-01T09:00:00Z",
        "update_time":"2026-03-14T09:24:00Z","current_user_role_id":{role},"current_user_role_ids":[{role}],
        "repo_count":1,"metadata":{{"public":"false"}},"cve_allowlist":{{"items":[]}}}}"#
    );
    Fake::signed_in(MEI).answer("/api/v2.0/projects/team", 200, &project).answer(
        "/api/v2.0/permissions",
        200,
        CATALOGUE,
    )
}

/// The moment of the pages, plus days.
fn in_days(days: i64) -> i64 {
    1_773_480_960 + days * 86_400 + 60
}

#[tokio::test]
async fn robots_are_listed_by_one_call_with_their_states() {
    let list = format!(
        "[{},{},{},{}]",
        robot(5, "robot$team+ci", "project", &["team"], -1),
        robot(6, "robot$team+deploy", "project", &["team"], in_days(9))
            .replace(r#""expires_at""#, r#""last_used_at":"2026-03-14T09:24:00Z","expires_at""#),
        robot(7, "robot$team+old", "project", &["team"], in_days(-9)),
        robot(8, "robot$team+off", "project", &["team"], -1),
    );
    let fake = member(1).list(ROBOTS, 30, &list);
    let page = page(&fake, "/projects/team/-/robots?q=r&show=enabled&sort=-creation_time&page=2").await;
    assert_eq!(page.status, 200);
    page.has("<h1>Robot accounts</h1>");
    page.has("30 robot accounts");
    page.has("robot$team+<wbr>ci");
    for state in ["Active", "Ends in 9 days", "Expired", "Disabled"] {
        page.has(state);
    }
    for text in ["Last used", "12 min ago", "Never"] {
        page.has(text);
    }
    page.has("26–30 of 30");
    page.has(r#"href="/projects/team/-/robots/6/secret""#);
    page.has(r#"action="/_portal/switch-robot""#);
    page.has(r#"aria-current="page""#);
    let q = "q=Level%3Dproject%2CProjectID%3D7%2Cname%3D~r%2Cdisable%3Dfalse&sort=-creation_time&page=2&page_size=25";
    assert!(fake.asked(&format!("{ROBOTS}?{q}")));
}

#[tokio::test]
async fn who_may_only_look_sees_no_forms() {
    let fake = member(2).list(ROBOTS, 1, &format!("[{}]", robot(5, "robot$team+ci", "project", &["team"], -1)));
    let list = page(&fake, "/projects/team/-/robots").await;
    list.has("robot$team+");
    list.lacks("New robot account");
    list.lacks("/_portal/switch-robot");
    assert_eq!(page(&fake, "/projects/team/-/robots/new").await.status, 403);
    // Limited guests see no robots, and no link to them.
    let stranger = page(&member(5), "/projects/team/-/robots").await;
    assert_eq!(stranger.status, 403);
    stranger.lacks(r#"href="/projects/team/-/robots""#);
    assert_eq!(page(&Fake::signed_in(MEI), "/admin/robots").await.status, 403);
}

#[tokio::test]
async fn an_empty_list_says_what_to_do() {
    let fake = member(1).list(ROBOTS, 0, "[]");
    let none = page(&fake, "/projects/team/-/robots").await;
    none.has("No robot accounts yet");
    none.has(r#"href="/projects/team/-/robots/new""#);
    page(&fake, "/projects/team/-/robots?q=x").await.has("Nothing matches “x”");
}

#[tokio::test]
async fn a_robot_is_made_by_a_plain_form() {
    let form = page(&member(1), "/projects/team/-/robots/new").await;
    assert_eq!(form.status, 200);
    form.has(r#"action="/_portal/new-robot""#);
    form.has(r#"name="project" value="team""#);
    form.has(r#"name="preset" value="pull" checked"#);
    form.has(r#"name="permissions[]" value="repository:push""#);
    form.has(r#"role="group" aria-label="Repositories""#);
    // Only robots of the system have places and permissions beyond projects.
    form.lacks(r#"name="scope""#);
    form.lacks("registry:list");
    let admin = Fake::signed_in(ADMIN).answer("/api/v2.0/permissions", 200, CATALOGUE);
    let form = page(&admin, "/admin/robots/new").await;
    form.has(r#"name="scope" value="all""#);
    form.has(r#"name="system[]" value="registry:list""#);
}

#[tokio::test]
async fn what_was_wrong_with_a_new_robot_is_shown_without_script() {
    let answer = r#"{"faults":[["name",{"RobotTaken":"ci"}],["permissions","RobotPermissions"]],"refusal":null,
        "values":[["name","ci"],["preset","custom"],["permissions","tag:list"],["expiry","never"]]}"#;
    let address = answered("/projects/team/-/robots/new", "/_portal/new-robot", answer);
    let page = page(&member(1), &address).await;
    page.has("A robot account named “ci” exists here already.");
    page.has("Choose at least one permission.");
    page.has(r#"name="preset" value="custom" checked"#);
    page.has(r#"name="permissions[]" value="tag:list" checked"#);
    page.has(r#"<option value="never" selected"#);
    // What is ticked is seen.
    page.has(r#"id="f-permissions" open"#);
}

#[tokio::test]
async fn a_robot_is_changed_where_it_lives() {
    let ours = robot(5, "robot$team+ci", "project", &["team"], in_days(9));
    let fake = member(1).answer("/api/v2.0/robots/5", 200, &ours);
    let form = page(&fake, "/projects/team/-/robots/5").await;
    assert_eq!(form.status, 200);
    form.has("<h1>robot$team+ci</h1>");
    form.has(r#"name="description" value="builds""#);
    form.has("As it is: until 23 March 2026");
    form.has(r#"name="preset" value="pull" checked"#);
    // The id alone does not make it the project's robot.
    let theirs = robot(5, "robot$other+ci", "project", &["other"], -1);
    let fake = member(1).answer("/api/v2.0/robots/5", 200, &theirs);
    for part in ["", "/secret", "/delete"] {
        assert_eq!(page(&fake, &format!("/projects/team/-/robots/5{part}")).await.status, 404, "{part}");
    }
}

#[tokio::test]
async fn permissions_that_differ_by_project_are_kept() {
    let robot = robot(5, "robot$ci", "system", &["team", "other"], -1);
    let fake = Fake::signed_in(ADMIN).answer("/api/v2.0/robots/5", 200, &robot).answer(
        "/api/v2.0/permissions",
        200,
        CATALOGUE,
    );
    let form = page(&fake, "/admin/robots/5").await;
    form.has(r#"name="preset" value="keep""#);
    form.has("other: Pull and 1 more");
    form.lacks(r#"name="permissions[]""#);
}

#[tokio::test]
async fn another_secret_is_asked_for_first() {
    let fake = member(1).answer("/api/v2.0/robots/5", 200, &robot(5, "robot$team+ci", "project", &["team"], -1));
    let question = page(&fake, "/projects/team/-/robots/5/secret").await;
    question.has("New secret for robot$team+ci?");
    question.has("A new secret replaces the present one.");
    question.has(r#"action="/_portal/refresh-robot""#);
    question.has(r#"<option value="none" selected"#);
    for offered in ["Not at all: it ends at once", "1 hour", "1 day", "7 days", "Other number of hours"] {
        question.has(offered);
    }
    question.lacks("The former secret works");
}

#[tokio::test]
async fn a_wrong_time_for_the_present_secret_is_said_without_script() {
    let fake = member(1).answer("/api/v2.0/robots/5", 200, &robot(5, "robot$team+ci", "project", &["team"], -1));
    let answer = r#"{"faults":[["hours",{"NumberRange":[1,720]}]],"refusal":null,
        "values":[["overlap","other"],["hours","9000"]]}"#;
    let page = page(&fake, &answered("/projects/team/-/robots/5/secret", "/_portal/refresh-robot", answer)).await;
    page.has(r#"<option value="other" selected"#);
    page.has(r#"value="9000""#);
    page.has("720");
    page.has(r#"aria-invalid="true""#);
}

/// A robot whose former secret works for a day still.
fn rotated(used: &str) -> String {
    let former = format!(r#""former_secret":{{"expires_at":"2026-03-15T09:36:30Z"{used}}},"expires_at""#);
    robot(5, "robot$team+ci", "project", &["team"], -1).replacen(r#""expires_at""#, &former, 1)
}

#[tokio::test]
async fn a_former_secret_that_works_is_shown_and_can_be_ended() {
    let used = r#","last_used_at":"2026-03-14T09:24:00Z""#;
    let fake =
        member(1).answer("/api/v2.0/robots/5", 200, &rotated(used)).list(ROBOTS, 1, &format!("[{}]", rotated(used)));
    let form = page(&fake, "/projects/team/-/robots/5").await;
    form.has("The former secret works until 2026-03-15 09:36:30 UTC");
    form.has("Last used since it was replaced: 12 min ago.");
    form.has(r#"action="/_portal/end-former-secret""#);
    form.has(r#"name="id" value="5""#);
    let again = page(&fake, "/projects/team/-/robots/5/secret").await;
    again.has("It ends at once when you make another secret.");
    again.has(r#"action="/_portal/end-former-secret""#);
    page(&fake, "/projects/team/-/robots").await.has("Former secret: ends tomorrow, last used: 12 min ago");
    page(&fake, "/projects/team/-/robots/5?notice=former-secret-ended&name=x")
        .await
        .has("The former secret of x has ended");

    let fake = member(1).answer("/api/v2.0/robots/5", 200, &rotated(""));
    page(&fake, "/projects/team/-/robots/5").await.has("Nobody has used it since it was replaced.");
    // Without script a new secret comes with what is said of the former one.
    let shown = page(&fake.cookie("berth_secret=S3cretS3cret"), "/projects/team/-/robots/5/secret").await;
    shown.has("<code>S3cretS3cret</code>");
    shown.has("The former secret works until 2026-03-15 09:36:30 UTC");
    shown.lacks("/_portal/end-former-secret");
}

#[tokio::test]
async fn a_secret_is_shown_once_without_script() {
    let fake = member(1)
        .answer("/api/v2.0/robots/5", 200, &robot(5, "robot$team+ci", "project", &["team"], in_days(9)))
        .cookie("berth_secret=S3cretS3cret");
    let shown = page(&fake, "/projects/team/-/robots/5/secret").await;
    shown.has("This is the only time the secret is shown");
    shown.has("<code>S3cretS3cret</code>");
    shown.has("docker login registry.example.com -u robot+team+ci --password-stdin");
    shown.has("This is robot$team+ci as every shell reads it.");
    shown.has(r#"download="config.json""#);
    shown.has(r#"download="robot-team-ci.yaml""#);
    shown.has("23 March 2026");
    let gone = "berth_secret=; Path=/projects/team/-/robots/5/secret; Max-Age=0; HttpOnly; SameSite=Strict";
    assert!(shown.headers("set-cookie").contains(&gone.to_owned()), "{:?}", shown.headers("set-cookie"));
}

#[tokio::test]
async fn deleting_tells_its_effect_first() {
    let fake = Fake::signed_in(ADMIN).answer("/api/v2.0/robots/5", 200, &robot(5, "robot$ci", "system", &["*"], -1));
    let question = page(&fake, "/admin/robots/5/delete").await;
    question.has("Delete robot$ci?");
    question.has("It may now: Pull.");
    question.has(r#"action="/_portal/delete-robot""#);
    question.has(r#"href="/admin/robots""#);
}

#[tokio::test]
async fn a_refusal_says_cause_and_next_step() {
    let body = r#"{"errors":[{"code":"UNKNOWN","message":"database is away"}]}"#;
    let page = page(&member(1).answer(ROBOTS, 500, body), "/projects/team/-/robots").await;
    assert_eq!(page.status, 500);
    page.has("req-1");
}
