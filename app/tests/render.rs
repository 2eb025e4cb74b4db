//! Pages over a fake transport, as HTML: the main states, and what every refusal of the API looks like.

#[expect(dead_code, reason = "the other suites use more of it")]
mod support;

use support::{ADMIN, Fake, MEI, page};

#[tokio::test]
async fn a_stranger_signs_in() {
    let sign_in = page(&Fake::anonymous(), "/sign-in?next=/projects/lib").await;
    assert_eq!(sign_in.status, 200);
    sign_in.has("<h1>Sign in to Berth</h1>");
    sign_in.has("registry.example.com");
    sign_in.has(r#"method="post" action="/_portal/sign-in""#);
    sign_in.has(r#"name="next" value="/projects/lib""#);
    sign_in.lacks("/sign-up");
    sign_in.has(r#"<html lang="en""#);
    sign_in.has("Browse public projects");
}

#[tokio::test]
async fn foreign_addresses_are_not_followed() {
    page(&Fake::anonymous(), "/sign-in?next=//evil.example").await.has(r#"name="next" value="/""#);
}

#[tokio::test]
async fn sign_up_is_offered_where_it_is_open() {
    let open = Fake::anonymous().self_registration();
    page(&open, "/sign-in").await.has(r#"href="/sign-up""#);
    let sign_up = page(&open, "/sign-up").await;
    for field in ["username", "email", "realname", "password", "repeat"] {
        sign_up.has(&format!(r#"name="{field}""#));
    }
    let closed = page(&Fake::anonymous(), "/sign-up").await;
    closed.has("Accounts are created by administrators here");
    closed.lacks(r#"name="username""#);
}

#[tokio::test]
async fn the_answer_of_a_form_is_shown_without_script() {
    // What a browser without script is sent back with: `{"faults":[["username",{"UsernameTaken":"mei"}]],…}`.
    let answer = r#"{"faults":[["username",{"UsernameTaken":"mei"}],["password","PasswordShort"]],"refusal":null,"values":[["username","mei"]]}"#;
    let path = support::answered("/sign-up", "/_portal/sign-up", answer);
    let page = page(&Fake::anonymous().self_registration(), &path).await;
    page.has("2 fields need a change");
    page.has("“mei” is taken. Choose another username.");
    page.has(r#"value="mei""#);
    page.has(r#"aria-invalid="true""#);
}

#[tokio::test]
async fn a_wrong_password_is_told_in_the_words_of_the_page() {
    let answer = r#"{"faults":[],"refusal":{"status":401,"code":"UNAUTHORIZED","message":"","request_id":"r","retry_after":null},"values":[["principal","ada"]]}"#;
    let path = support::answered("/sign-in", "/_portal/sign-in", answer);
    let page = page(&Fake::anonymous(), &path).await;
    page.has("Username or password is not right");
    page.has(r#"value="ada""#);
}

#[tokio::test]
async fn set_up_with_a_link() {
    let fake = Fake::before_set_up().answer("/api/berth/v1/setup", 200, r#"{"done":false,"token_valid":true}"#);
    let setup = page(&fake, "/setup?token=t0k3n").await;
    setup.has("Set up this registry");
    setup.has(r#"type="hidden" name="token" value="t0k3n""#);
    setup.has(r#"name="self_registration" value="true""#);
    setup.lacks("checked");
    setup.has("autofocus");
    let stale = fake.answer("/api/berth/v1/setup", 200, r#"{"done":false,"token_valid":false}"#);
    let stale = page(&stale, "/setup?token=old").await;
    stale.has("This link does not work");
    stale.has("It was copied wrongly, used, or is older than 24 hours.");
    stale.lacks("old\"");
}

#[tokio::test]
async fn the_administration_begins_with_its_first_page() {
    let begin = page(&Fake::signed_in(ADMIN), "/admin").await;
    assert_eq!((begin.status, begin.header("location").as_str()), (302, "/admin/users"));
}

#[tokio::test]
async fn set_up_happens_once() {
    let fake = Fake::anonymous().answer("/api/berth/v1/setup", 200, r#"{"done":true}"#);
    let setup = page(&fake, "/setup").await;
    setup.has("This registry is set up already");
    setup.lacks("<form class=\"form\"");
}

#[tokio::test]
async fn pages_of_people_need_one() {
    for path in ["/account", "/account/sessions", "/admin/users", "/admin/audit?q=x"] {
        let page = page(&Fake::anonymous(), path).await;
        assert_eq!(page.status, 302, "{path}");
        let to = page.header("location");
        assert_eq!(to, format!("/sign-in?next={}", berth_types::url::encode(path)));
    }
}

#[tokio::test]
async fn pages_of_administrators_need_one() {
    let page = page(&Fake::signed_in(MEI), "/admin/settings").await;
    assert_eq!(page.status, 403);
    page.has("Your role does not allow this");
    page.has("mei");
    page.lacks("/admin/users");
}

#[tokio::test]
async fn the_own_account() {
    let fake = Fake::signed_in(MEI);
    let profile = page(&fake, "/account?notice=profile-saved").await;
    assert_eq!(profile.status, 200);
    profile.has(r#"value="mei.lin@example.com""#);
    profile.has("Profile saved");
    profile.has("Mei Lin");
    profile.has(r#"action="/_portal/sign-out""#);
    page(&fake, "/account/password").await.has(r#"autocomplete="current-password""#);
    let preferences = page(&fake, "/account/preferences").await;
    preferences.has("简体中文");
    preferences.has(r#"name="theme""#);
}

#[tokio::test]
async fn sessions_are_listed_and_the_present_one_stays() {
    let sessions = r#"[
        {"id":"s1","created_at":"2026-03-14T09:00:00Z","seen_at":"2026-03-14T09:30:00Z","expires_at":"2026-03-15T09:00:00Z",
         "remote_addr":"192.0.2.1","user_agent":"Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0","current":true},
        {"id":"s2","created_at":"2026-03-10T09:00:00Z","seen_at":"2026-03-14T08:30:00Z","expires_at":"2026-03-15T09:00:00Z",
         "remote_addr":"192.0.2.7","user_agent":"curl/8.5.0","current":false}]"#;
    let fake = Fake::signed_in(MEI).answer("/api/berth/v1/sessions", 200, sessions);
    page(&fake, "/account/sessions?sort=remote_addr").await.has(r#"href="?sort=-remote_addr""#);
    assert!(fake.asked("/api/berth/v1/sessions?sort=remote_addr"));
    let page = page(&fake, "/account/sessions").await;
    page.has("Firefox, Linux");
    page.has("This session");
    page.has(r#"name="id" value="s2""#);
    page.lacks(r#"value="s1""#);
    page.has("1 hour ago");
}

#[tokio::test]
async fn users_with_search_sort_and_pages() {
    let users = format!("[{ADMIN},{MEI}]");
    let fake = Fake::signed_in(ADMIN).list("/api/v2.0/users", 60, &users);
    let page = page(&fake, "/admin/users?q=m&sort=-creation_time&page=2").await;
    assert_eq!(page.status, 200);
    page.has("60 users");
    page.has("mei · mei.lin@example.com");
    page.has(r#"aria-sort="descending""#);
    page.has("26–50 of 60");
    page.has("/admin/users/3/administrator");
    page.has("/admin/users/3/delete");
    // Nobody takes the own rights.
    page.lacks("/admin/users/1/delete");
    assert!(fake.asked("/api/v2.0/users?q=person%3D~m&sort=-creation_time&page=2&page_size=25"));
}

#[tokio::test]
async fn accounts_are_made_and_deleted_by_forms() {
    let fake = Fake::signed_in(ADMIN).answer("/api/v2.0/users/3", 200, MEI);
    page(&fake, "/admin/users/new").await.has(r#"action="/_portal/new-user""#);
    page(&fake, "/admin/users/3/password").await.has("Set the password of mei");
    let made = page(&fake, "/admin/users/3/administrator").await;
    made.has("<h1>Make mei an administrator?</h1>");
    made.has(r#"name="admin" value="true""#);
    let delete = page(&fake, "/admin/users/3/delete").await;
    delete.has("<h1>Delete mei?</h1>");
    delete.has(r#"action="/_portal/delete-user""#);
}

#[tokio::test]
async fn the_log_is_filtered_by_its_address() {
    let entries = r#"[{"id":7,"username":"mei","resource":"lib/web:v1","resource_type":"artifact","operation":"create",
        "operation_description":"create artifact: lib/web:v1","operation_result":true,"op_time":"2026-03-14T09:32:11Z",
        "client_address":"192.0.2.9"},
        {"id":6,"resource":"","resource_type":"user","operation":"login","operation_result":false,"op_time":"2026-03-14T09:31:00Z"}]"#;
    let fake = Fake::signed_in(ADMIN).list("/api/berth/v1/audit-logs", 2, entries).answer(
        "/api/berth/v1/users/current/views",
        200,
        "[]",
    );
    let page = page(&fake, "/admin/audit?operation=create&from=2026-03-01").await;
    page.has("Artifact pushed");
    page.has(r#"href="/projects/lib/web/-/artifacts/v1""#);
    page.has("192.0.2.9");
    page.has("Since: 1 March 2026");
    page.has("Failed");
    assert!(fake.asked("q=operation%3Dcreate%2Cop_time%3D%5B2026-03-01T00%3A00%3A00~%5D&sort=-op_time"));
}

#[tokio::test]
async fn pages_speak_chinese() {
    let fake = Fake::signed_in(ADMIN)
        .list("/api/v2.0/users", 1, &format!("[{ADMIN}]"))
        .cookie("berth_lang=zh-CN; berth_theme=dark");
    let page = page(&fake, "/admin/users").await;
    page.has(r#"lang="zh-CN""#);
    page.has(r#"data-theme="dark""#);
    page.has("用户");
    page.lacks("Everyone who can sign in here.");
    page.lacks("administrator");
}

#[tokio::test]
async fn a_choice_of_language_is_remembered() {
    let page = page(&Fake::anonymous(), "/sign-in?lang=zh-CN&theme=dark").await;
    page.has(r#"lang="zh-CN""#);
    let cookies = page.headers("set-cookie").join("\n");
    assert!(cookies.contains("berth_lang=zh-CN") && cookies.contains("berth_theme=dark"), "{cookies}");
}

#[tokio::test]
async fn every_refusal_has_a_cause_a_next_step_and_its_status() {
    let texts = [
        (401, "Sign in to go on"),
        (403, "Your role does not allow this"),
        (404, "Nothing is berthed here"),
        (409, "This exists already, or has changed"),
        (412, "Something must be done first"),
        (422, "The server did not accept the values"),
        (429, "Too many attempts"),
        (500, "Berth could not finish this"),
        (503, "Berth is not ready"),
    ];
    for (status, title) in texts {
        let body = r#"{"errors":[{"code":"X","message":"words of the server"}]}"#;
        let page = page(&Fake::signed_in(ADMIN).answer("/api/v2.0/users", status, body), "/admin/users").await;
        assert_eq!(page.status, status);
        page.has(&format!("<h1>{title}</h1>"));
        page.has("req-1");
        page.has("All projects");
        // A fault of the server says nothing of its inside.
        let told = matches!(status, 403 | 409 | 412 | 422);
        assert_eq!(page.html.contains("The server says: words of the server"), told, "{status}");
        assert_eq!(page.html.contains("Try again"), status == 429 || status >= 500, "{status}");
    }
}

#[tokio::test]
async fn who_has_to_wait_learns_how_long() {
    let body = r#"{"errors":[{"code":"TOO_MANY_REQUESTS","message":"x"}]}"#;
    let page = page(&Fake::signed_in(ADMIN).answer("/api/v2.0/users", 429, body).waiting(42), "/admin/users").await;
    assert_eq!(page.status, 429);
    page.has("Too many attempts");
    page.has("42 seconds");
    assert_eq!(page.header("retry-after"), "42");
    page.has("req-1");
    page.has("Try again");
}

#[tokio::test]
async fn no_answer_is_a_refusal_too() {
    let page = page(&Fake::signed_in(ADMIN).silent("/api/v2.0/users"), "/admin/users").await;
    assert_eq!(page.status, 503);
    page.has("The server could not be reached");
}

#[tokio::test]
async fn addresses_that_name_nothing() {
    let page = page(&Fake::anonymous(), "/no/such/page").await;
    assert_eq!(page.status, 404);
    page.has("Nothing is berthed here");
    page.has("/sign-in?next=%2Fno%2Fsuch%2Fpage");
}

#[tokio::test]
async fn the_document_keeps_to_its_policy() {
    let page = page(&Fake::anonymous(), "/sign-in").await;
    let policy = page.header("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
    for script in page.html.split("<script").skip(1) {
        assert!(script.split('>').next().unwrap().contains(nonce), "a script without nonce: {script:.80}");
    }
    page.lacks(" style=\"");
    page.has(r#"import init,{hydrate} from "/assets/berth.js""#);
    page.has(r#"fetch("/assets/en.json")"#);
    page.has(r#"<link rel="stylesheet" href="/assets/index.css""#);
    page.has("(prefers-contrast: more)");
}

#[tokio::test]
async fn what_the_system_has_to_say_is_on_every_page() {
    let fake = Fake::signed_in(MEI)
        .system(r#""read_only":true,"banner_message":"{\"message\":\"Down at noon\",\"type\":\"warning\"}""#);
    let page = page(&fake, "/account").await;
    page.has("This registry is read-only");
    page.has("Down at noon");
}

const QUOTAS: &str = "/api/v2.0/quotas";

/// The quota of a project that holds 6 GiB.
fn quota(limit: i64) -> String {
    format!(
        r#"{{"id":7,"ref":{{"id":7,"name":"team","owner_name":"mei"}},"hard":{{"storage":{limit}}},
        "used":{{"storage":6442450944}},"creation_time":"2026-03-14T09:36:00Z","update_time":"2026-03-14T09:36:00Z"}}"#
    )
}

#[tokio::test]
async fn quotas_with_use_and_limit() {
    let settings = r#"{"quota_per_project_enable":{"value":true,"editable":true},
        "storage_per_project":{"value":53687091200,"editable":true}}"#;
    let fake = Fake::signed_in(ADMIN).list(QUOTAS, 40, &format!("[{}]", quota(10_737_418_240))).answer(
        "/api/v2.0/configurations",
        200,
        settings,
    );
    let list = page(&fake, "/admin/quotas?q=te&sort=-hard.storage&page=2").await;
    assert_eq!(list.status, 200);
    list.has("<h1>Quotas</h1>");
    list.has("40 projects");
    list.has("60% of quota used");
    list.has(r#"href="/admin/quotas/7""#);
    list.has(r#"href="/projects/team""#);
    list.has("New projects may store 50.0\u{a0}GiB");
    list.has(r#"href="/admin/settings#s-storage_per_project""#);
    assert!(fake.asked("/api/v2.0/quotas?q=name%3D~te&sort=-hard.storage&page=2&page_size=25"));
    let none = Fake::signed_in(ADMIN).list(QUOTAS, 0, "[]");
    page(&none, "/admin/quotas?q=zz").await.has("Nothing matches “zz”");
    assert_eq!(page(&Fake::signed_in(MEI), "/admin/quotas").await.status, 403);
}

#[tokio::test]
async fn the_effect_of_a_limit_is_named_before_it_is_set() {
    let fake = Fake::signed_in(ADMIN).answer("/api/v2.0/quotas/7", 200, &quota(10_737_418_240));
    let form = page(&fake, "/admin/quotas/7").await;
    form.has("<h1>Change the quota of team</h1>");
    form.has(r#"value="10 GiB""#);
    form.lacks(r#"action="/_portal/quota""#);
    let less = page(&fake, "/admin/quotas/7?kind=limited&amount=5+GiB").await;
    less.has("team: from 10.0\u{a0}GiB to 5.0\u{a0}GiB");
    less.has("The project stores 1.0\u{a0}GiB more than that.");
    less.has(r#"action="/_portal/quota""#);
    less.has(r#"name="limit" value="5368709120""#);
    let more = page(&fake, "/admin/quotas/7?kind=limited&amount=8GiB").await;
    more.has("2.0\u{a0}GiB more can be pushed");
    let unlimited = page(&fake, "/admin/quotas/7?kind=unlimited&amount=10+GiB").await;
    unlimited.has(r#"name="limit" value="-1""#);
    let bare = page(&fake, "/admin/quotas/7?kind=limited&amount=50").await;
    bare.has("Write the unit too: 50 MiB, 50 GiB, or 50 B for bytes.");
    bare.lacks(r#"action="/_portal/quota""#);
    let wrong = page(&fake, "/admin/quotas/7?kind=limited&amount=lots").await;
    wrong.has("like 50 GiB or 1.5 TiB");
    wrong.has(r#"value="lots""#);
    wrong.lacks(r#"action="/_portal/quota""#);
    assert_eq!(page(&Fake::signed_in(ADMIN), "/admin/quotas/9").await.status, 404);
}

#[tokio::test]
async fn labels_of_the_system() {
    let label = r##"{"id":4,"name":"stable","description":"Tested","color":"#0065ab","scope":"g",
        "creation_time":"2026-03-14T09:24:00Z"}"##;
    let fake = Fake::signed_in(ADMIN).list("/api/v2.0/labels", 1, &format!("[{label}]")).answer(
        "/api/v2.0/labels/4",
        200,
        label,
    );
    let list = page(&fake, "/admin/labels?q=st").await;
    list.has("1 label<");
    list.has(r##"fill="#0065ab""##);
    list.has(r#"href="/admin/labels/4/edit""#);
    list.has(r#"href="/admin/labels/4/delete""#);
    assert!(fake.asked("/api/v2.0/labels?sort=name&page=1&page_size=25&scope=g&name=st"));
    let new = page(&fake, "/admin/labels/new").await;
    new.has(r#"action="/_portal/label""#);
    new.has(r#"type="color""#);
    new.lacks(r#"name="project""#);
    let edit = page(&fake, "/admin/labels/4/edit").await;
    edit.has(r#"name="id" value="4""#);
    edit.has(r#"value="stable""#);
    let delete = page(&fake, "/admin/labels/4/delete").await;
    delete.has("<h1>Delete the label stable?</h1>");
    delete.has("in all projects");
    let answer =
        r#"{"faults":[["name",{"LabelTaken":"stable"}]],"refusal":null,"values":[["name","stable"],["color","red"]]}"#;
    let wrong = page(&fake, &support::answered("/admin/labels/new", "/_portal/label", answer)).await;
    wrong.has("A label named “stable” exists here already.");
    assert_eq!(page(&Fake::signed_in(MEI), "/admin/labels").await.status, 403);
    assert_eq!(page(&fake, "/admin/labels/x/edit").await.status, 404);
}

#[tokio::test]
async fn the_log_is_a_file_with_the_filters_of_the_page() {
    let fake = Fake::signed_in(ADMIN).list("/api/berth/v1/audit-logs", 0, "[]").answer(
        "/api/berth/v1/users/current/views",
        200,
        "[]",
    );
    let log = page(&fake, "/admin/audit?q=mei&operation=create").await;
    log.has(
        r#"href="/api/berth/v1/audit-logs/export?format=csv&amp;q=username%3D~mei%2Coperation%3Dcreate&amp;sort=-op_time""#,
    );
    log.has("format=jsonl");
}

#[tokio::test]
async fn a_session_that_ended_is_begun_again_where_it_was() {
    let project = r#"{"project_id":7,"owner_id":1,"owner_name":"admin","name":"team","creation_time":"2026-03-01T09:00:00Z",
        "update_time":"2026-03-14T09:24:00Z","current_user_role_id":1,"current_user_role_ids":[1],"repo_count":1,
        "metadata":{"public":"true"},"cve_allowlist":{"items":[]}}"#;
    let refused = r#"{"errors":[{"code":"UNAUTHORIZED","message":"unauthorized"}]}"#;
    // It ended while the page was drawn.
    let fake = Fake::signed_in(MEI).answer("/api/v2.0/projects/team", 200, project);
    let members =
        page(&fake.answer("/api/berth/v1/projects/team/members", 401, refused), "/projects/team/-/members").await;
    members.has("Your session has ended");
    members.has(r#"href="/sign-in?next=%2Fprojects%2Fteam%2F-%2Fmembers""#);
    // It ended before a form was sent: what was typed is not lost.
    let answer = r#"{"faults":[],"refusal":{"status":401,"code":"UNAUTHORIZED","message":"","request_id":"r","retry_after":null},"values":[["name","late"]]}"#;
    let form = page(&Fake::signed_in(MEI), &support::answered("/projects/-/new", "/_portal/new-project", answer)).await;
    form.has(r#"target="_blank""#);
    form.has(r#"value="late""#);
}
