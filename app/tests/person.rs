//! The page of a person for administrators, and the questions about an account, over a fake transport.

#[expect(dead_code, reason = "the other suites use more of it")]
mod support;

use support::{ADMIN, Fake, MEI, answered, page};

const PERSON: &str = "/api/v2.0/users/3";
const MEMBERSHIPS: &str = "/api/berth/v1/users/3/memberships";
const SESSIONS: &str = "/api/berth/v1/users/3/sessions";
const TOKENS: &str = "/api/berth/v1/users/3/tokens";

/// Mei, who is in a project, signed in once, and has a token.
fn mei() -> Fake {
    let memberships = r#"[{"id":1,"project_id":7,"project_name":"team","role_id":2,"role_name":"developer"}]"#;
    let sessions = r#"[{"id":"s2","created_at":"2026-03-10T09:00:00Z","seen_at":"2026-03-14T08:30:00Z",
        "expires_at":"2026-03-15T09:00:00Z","remote_addr":"192.0.2.7","user_agent":"curl/8.5.0","current":false}]"#;
    let tokens = r#"[{"id":9,"name":"laptop","read_only":true,"creation_time":"2026-03-01T09:00:00Z",
        "last_used_at":"2026-03-14T07:30:00Z"}]"#;
    Fake::signed_in(ADMIN)
        .answer(PERSON, 200, MEI)
        .list(MEMBERSHIPS, 30, memberships)
        .answer(SESSIONS, 200, sessions)
        .answer(TOKENS, 200, tokens)
}

#[tokio::test]
async fn a_person_has_a_page() {
    let shown = page(&mei(), "/admin/users/3").await;
    assert_eq!(shown.status, 200);
    shown.has("<h1>Mei Lin</h1>");
    shown.has("mei.lin@");
    shown.has("1 February 2026");
    shown.has(r#"href="/projects/team/-/members""#);
    shown.has("Developer");
    shown.has("1–25 of 30");
    shown.has("curl/8.5.0");
    shown.has("192.0.2.7");
    shown.has("1 hour ago");
    shown.has("laptop");
    shown.has("Read only");
    shown.has("2 hours ago");
    shown.has("Does not end");
    shown.lacks("Account from");
    for part in ["edit", "password", "administrator", "delete", "sessions"] {
        shown.has(&format!(r#"href="/admin/users/3/{part}""#));
    }
    // There is none to switch off.
    shown.lacks("/admin/users/3/second-factor");
    assert_eq!(page(&Fake::signed_in(MEI), "/admin/users/3").await.status, 403);
}

#[tokio::test]
async fn the_projects_of_a_person_are_searched_and_sorted() {
    let fake = mei();
    let shown = page(&fake, "/admin/users/3?q=te&sort=role_id&page=2").await;
    shown.has("26–30 of 30");
    assert!(fake.asked("/memberships?q=project_name%3D~te&sort=role_id&page=2&page_size=25"));
    let none = mei().list(MEMBERSHIPS, 0, "[]");
    page(&none, "/admin/users/3?q=zed").await.has("Nothing matches “zed”");
    page(&none, "/admin/users/3").await.has("Add the person on the members page of a project.");
}

#[tokio::test]
async fn a_page_says_what_somebody_has_not() {
    let bare = mei().answer(SESSIONS, 200, "[]").answer(TOKENS, 200, "[]");
    let shown = page(&bare, "/admin/users/3").await;
    shown.has("Signed in nowhere.");
    shown.has("No personal access tokens.");
    shown.lacks("/admin/users/3/sessions\"");
    let missing = r#"{"errors":[{"code":"NOT_FOUND","message":"user 3 not found"}]}"#;
    let gone = [PERSON, MEMBERSHIPS, SESSIONS, TOKENS];
    let gone = gone.into_iter().fold(Fake::signed_in(ADMIN), |fake, path| fake.answer(path, 404, missing));
    let shown = page(&gone, "/admin/users/3").await;
    assert_eq!(shown.status, 404);
    assert_eq!(shown.html.matches("<h1").count(), 1);
    assert_eq!(page(&Fake::signed_in(ADMIN), "/admin/users/mei").await.status, 404);
}

#[tokio::test]
async fn what_another_provider_knows_is_said() {
    let meta = r#""oidc_user_meta":{"id":1,"user_id":3,"subiss":"8fhttps://id.example",
        "creation_time":"2026-02-01T00:00:00Z","update_time":"2026-02-01T00:00:00Z"},"second_factor":true,"#;
    let known = MEI.replace(r#""sysadmin_flag":false,"#, &format!(r#""sysadmin_flag":false,{meta}"#));
    let shown = page(&mei().answer(PERSON, 200, &known), "/admin/users/3").await;
    shown.has("Account from");
    shown.has("id.example");
    shown.has(r#"href="/admin/users/3/second-factor""#);
}

#[tokio::test]
async fn nobody_ends_the_own_account_on_its_page() {
    let fake = ["memberships", "sessions", "tokens"]
        .into_iter()
        .fold(Fake::signed_in(ADMIN), |fake, part| fake.list(&format!("/api/berth/v1/users/1/{part}"), 0, "[]"));
    let shown = page(&fake.answer("/api/v2.0/users/1", 200, ADMIN), "/admin/users/1").await;
    shown.has("<h1>admin</h1>");
    for part in ["delete", "administrator", "password", "sessions"] {
        shown.lacks(&format!("/admin/users/1/{part}"));
    }
}

#[tokio::test]
async fn the_list_leads_to_people() {
    let fake = Fake::signed_in(ADMIN).list("/api/v2.0/users", 2, &format!("[{ADMIN},{MEI}]"));
    let list = page(&fake, "/admin/users?q=lin").await;
    list.has(r#"href="/admin/users/3""#);
    list.has(r#"href="/admin/users/1""#);
    assert!(fake.asked("/api/v2.0/users?q=person%3D~lin&"));
}

#[tokio::test]
async fn a_profile_is_changed_by_an_administrator() {
    let fake = mei();
    let form = page(&fake, "/admin/users/3/edit").await;
    form.has("<h1>Profile of mei</h1>");
    form.has(r#"action="/_portal/user-profile""#);
    form.has(r#"name="id" value="3""#);
    form.has(r#"value="mei.lin@example.com""#);
    form.has(r#"value="Mei Lin""#);
    form.has(r#"href="/admin/users/3""#);
    // It is no form that the browser should fill in with who sits before it.
    form.lacks(r#"autocomplete="email""#);
    let taken = r#"{"faults":[["email","EmailTaken"]],"refusal":null,"values":[["email","ada@example.com"]]}"#;
    let answer = page(&fake, &answered("/admin/users/3/edit", "/_portal/user-profile", taken)).await;
    answer.has(r#"value="ada@example.com""#);
    page(&Fake::signed_in(MEI), "/account").await.has(r#"autocomplete="email""#);
}

#[tokio::test]
async fn sessions_end_after_a_question() {
    let ask = page(&mei(), "/admin/users/3/sessions").await;
    ask.has("<h1>End all sessions of mei?</h1>");
    ask.has("Personal access tokens go on working.");
    ask.has(r#"action="/_portal/end-user-sessions""#);
    ask.has(r#"name="id" value="3""#);
    ask.has(r#"href="/admin/users/3""#);
    let told = page(&mei(), "/admin/users/3?notice=user-sessions-ended&name=mei").await;
    told.has("All sessions of mei ended");
}
