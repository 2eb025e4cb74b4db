//! The frame of all pages over a fake transport: the search, the calls as commands, tokens, views of logs, settings, errors.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "the other suites use more of it")]
mod support;

use support::{ADMIN, Fake, MEI, Page, answered, page};

const TOKENS: &str = "/api/berth/v1/users/current/tokens";
const VIEWS: &str = "/api/berth/v1/users/current/views";
const LOG: &str = "/api/berth/v1/audit-logs";
const SETTINGS: &str = "/api/berth/v1/settings";

fn admin() -> Fake {
    Fake::signed_in(ADMIN).list("/api/v2.0/users", 1, &format!("[{ADMIN}]"))
}

/// The commands at the end of a page.
fn calls(page: &Page) -> Vec<String> {
    let list = page.html.split(r#"id="calls-list""#).nth(1).and_then(|rest| rest.split("</pre>").next()).unwrap();
    let text = list.split_once('>').unwrap().1.replace("<!>", "").replace("&amp;", "&");
    text.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn every_page_says_its_calls_as_commands() {
    let page = page(&admin(), "/admin/users?q=a%27b&page=2").await;
    page.has("As curl");
    let calls = calls(&page);
    let expected = "curl -u admin 'http://registry.example.com/api/v2.0/users?q=person%3D~a%27b&sort=username&page=2&page_size=25'";
    assert!(calls.contains(&expected.to_owned()), "{calls:#?}");
    // What is asked for every page is not the page's.
    assert!(calls.iter().all(|call| !call.contains("systeminfo")), "{calls:#?}");
}

#[tokio::test]
async fn calls_that_wait_for_others_are_among_them() {
    let project = r#"{"project_id":7,"owner_id":1,"owner_name":"admin","name":"team","creation_time":"2026-03-01T09:00:00Z",
        "update_time":"2026-03-14T09:24:00Z","current_user_role_id":1,"current_user_role_ids":[1],"repo_count":0,
        "metadata":{"public":"false"},"cve_allowlist":{"items":[]}}"#;
    let fake = Fake::signed_in(MEI)
        .answer("/api/v2.0/projects/team", 200, project)
        .list("/api/berth/v1/projects/team/audit-logs", 0, "[]")
        .answer(VIEWS, 200, "[]");
    let page = page(&fake, "/projects/team/-/audit").await;
    let calls = calls(&page);
    for part in ["/api/v2.0/projects/team'", "/api/berth/v1/projects/team/audit-logs?", "/users/current/views?"] {
        assert!(calls.iter().any(|call| call.contains(part)), "{part}: {calls:#?}");
    }
}

#[tokio::test]
async fn strangers_get_commands_without_a_name() {
    let fake = Fake::anonymous().answer("/api/berth/v1/search", 200, "[]");
    let of = |page: Page| calls(&page);
    assert_eq!(of(page(&fake, "/search").await), ["# This page makes no call."]);
    let calls = of(page(&fake, "/search?q=web").await);
    assert_eq!(calls, ["curl 'http://registry.example.com/api/berth/v1/search?q=web&limit=100'"]);
}

#[tokio::test]
async fn the_search_works_without_script() {
    let hits = r#"[{"kind":"project","name":"ledger","count":3},
        {"kind":"tag","name":"v1.2","repository":"ledger/api","digest":"sha256:9f1c2a7be04d510e","time":"2026-03-14T09:24:00Z"},
        {"kind":"artifact","name":"sha256:9f1c2a7be04d510e","repository":"ledger/api"}]"#;
    let fake = Fake::anonymous().answer("/api/berth/v1/search", 200, hits);
    let all = page(&fake, "/search?q=9f1c").await;
    assert_eq!(all.status, 200);
    all.has(r#"action="/search""#);
    all.has("3 matches");
    all.has(r#"href="/projects/ledger""#);
    all.has(r#"href="/projects/ledger/api/-/artifacts/v1.2""#);
    all.has(r#"href="/projects/ledger/api/-/artifacts/sha256:9f1c2a7be04d510e""#);
    all.has(r#"href="/search?q=9f1c&amp;kind=tag""#);
    let tags = page(&fake, "/search?q=9f1c&kind=tag").await;
    tags.has("1 match<");
    tags.lacks(r#"href="/projects/ledger/api/-/artifacts/sha256:9f1c2a7be04d510e""#);
    assert!(fake.asked("/api/berth/v1/search?q=9f1c&limit=100"));
    all.lacks("only the first");
    let many: Vec<String> = (0..100).map(|n| format!(r#"{{"kind":"project","name":"p{n}","count":0}}"#)).collect();
    let many = Fake::anonymous().answer("/api/berth/v1/search", 200, &format!("[{}]", many.join(",")));
    let first = page(&many, "/search?q=p").await;
    first.has("Of some kinds only the first 100 are shown.");
    first.has(r#"href="/projects/p24""#);
    first.lacks(r#"href="/projects/p25""#);
    first.has(r#"href="?q=p&amp;page=2""#);
    let last = page(&many, "/search?q=p&kind=project&page=4").await;
    last.has("76–100 of 100");
    last.has(r#"href="/projects/p99""#);
    last.lacks(r#"href="/projects/p74""#);
    page(&many, "/search?q=p&kind=project&page=99").await.has(r#"href="/projects/p99""#);
    let nothing = page(&Fake::anonymous().answer("/api/berth/v1/search", 200, "[]"), "/search?q=zz").await;
    nothing.has("Nothing found");
    let empty = Fake::anonymous();
    page(&empty, "/search").await.has("What are you looking for?");
    assert!(!empty.asked("/api/berth/v1/search"));
}

#[tokio::test]
async fn the_search_finds_what_the_portal_has_itself() {
    let hits = r#"[{"kind":"project","name":"tokens","count":3}]"#;
    let fake = Fake::signed_in(ADMIN).answer("/api/berth/v1/search", 200, hits);
    let found = page(&fake, "/search?q=tokens").await;
    found.has(r#"href="/projects/tokens""#);
    found.has("Life of pull and push tokens");
    found.has(r#"href="/admin/settings#f-values[token_expiration]""#);
    found.has(r#"href="/account/tokens""#);
    // What is called so comes before what only speaks of it.
    let at = |text: &str| found.html.find(text).unwrap();
    assert!(at(r#"href="/projects/tokens""#) < at(r#"href="/admin/settings#f-values[token_expiration]""#));
    let settings = page(&fake, "/search?q=tokens&kind=setting").await;
    settings.has(r#"href="/admin/settings#f-values[token_expiration]""#);
    settings.lacks(r#"href="/projects/tokens" class="name""#);

    let nothing = |fake: Fake| fake.answer("/api/berth/v1/search", 200, "[]");
    let admin = nothing(Fake::signed_in(ADMIN));
    page(&admin, "/search?q=garbage%20collection").await.has(r#"href="/admin/clean-up" class="name""#);
    let language = page(&admin.clone().cookie("berth_lang=de"), "/search?q=sprache").await;
    language.has(r#"href="/account/preferences#f-lang""#);
    // What is done has its form, so it works without script.
    let dark = page(&admin, "/search?q=dark").await;
    dark.has(r#"name="theme" value="dark""#);
    page(&admin, "/search?q=sign%20out").await.has("Actions");
    // Nobody is shown what they may not open.
    let mei = nothing(Fake::signed_in(MEI));
    page(&mei, "/search?q=garbage%20collection").await.has("Nothing found");
    page(&mei, "/search?q=language").await.has(r#"href="/account/preferences#f-lang""#);
    page(&nothing(Fake::anonymous()), "/search?q=language").await.has("Nothing found");
    page(&mei, "/account/preferences").await.has(r#"id="f-lang""#);
}

#[tokio::test]
async fn the_frame_has_its_search_and_its_keys() {
    let page = page(&admin(), "/admin/users").await;
    page.has(r#"method="get" action="/search" role="search""#);
    page.has(r#"<dialog id="palette""#);
    page.has(r#"role="combobox""#);
    page.has("Keyboard shortcuts");
    // Its list is made when it is opened.
    page.lacks(r#"role="option""#);
}

#[tokio::test]
async fn the_length_of_lists_is_chosen_once() {
    let fake = Fake::signed_in(ADMIN).list("/api/v2.0/users", 300, &format!("[{ADMIN}]"));
    let remembers =
        |page: &Page| page.headers("set-cookie").iter().any(|cookie| cookie.starts_with("berth_page_size="));
    let chosen = page(&fake, "/admin/users?page_size=50").await;
    let cookie = "berth_page_size=50; Path=/; Max-Age=31536000; SameSite=Lax".to_owned();
    assert!(chosen.headers("set-cookie").contains(&cookie), "{:?}", chosen.headers("set-cookie"));
    let own = fake.clone().cookie("berth_page_size=100");
    let shown = page(&own, "/admin/users").await;
    shown.has(r#"<option value="100" selected"#);
    shown.has("1–100 of 300");
    assert!(own.asked("/api/v2.0/users?sort=username&page=1&page_size=100"));
    assert!(!remembers(&shown));
    // An address says more than what was chosen, and a length that is not on offer is for this page alone.
    let odd = page(&own, "/admin/users?page_size=7").await;
    odd.has("1–7 of 300");
    assert!(!remembers(&odd));
    for nonsense in ["", "x", "7", "100000"] {
        page(&fake.clone().cookie(&format!("berth_page_size={nonsense}")), "/admin/users").await.has("1–25 of 300");
    }
}

#[tokio::test]
async fn tokens_are_listed_with_their_ends() {
    let tokens = r#"[
        {"id":5,"name":"laptop","read_only":true,"creation_time":"2026-03-01T09:00:00Z","expires_at":"2026-03-20T09:00:00Z",
         "last_used_at":"2026-03-14T09:24:00Z"},
        {"id":4,"name":"old","read_only":false,"creation_time":"2026-01-01T09:00:00Z","expires_at":"2026-02-01T09:00:00Z"},
        {"id":3,"name":"ever","read_only":false,"creation_time":"2026-01-01T09:00:00Z"}]"#;
    let fake = Fake::signed_in(MEI).answer(TOKENS, 200, tokens);
    let list = page(&fake, "/account/tokens").await;
    assert_eq!(list.status, 200);
    for text in ["laptop", "Read only", "in 5 days", "12 min ago", "Over", "Does not end", "/account/tokens/3/revoke"] {
        list.has(text);
    }
    list.has(r#"href="?sort=creation_time""#);
    page(&fake, "/account/tokens?q=lap&sort=expires_at").await.has(r#"href="?q=lap&amp;sort=-expires_at""#);
    assert!(fake.asked(&format!("{TOKENS}?q=name%3D~lap&sort=expires_at")));
    let none = page(&Fake::signed_in(MEI).answer(TOKENS, 200, "[]"), "/account/tokens?q=zed").await;
    none.has("Nothing matches “zed”");
    none.lacks("No access tokens");
    let revoke = page(&fake, "/account/tokens/5/revoke").await;
    revoke.has("<h1>Revoke laptop?</h1>");
    revoke.has("within two seconds");
    revoke.has("It was last used 12 min ago.");
    revoke.has(r#"action="/_portal/revoke-token""#);
    page(&fake, "/account/tokens/4/revoke").await.has("It was never used.");
    assert_eq!(page(&fake, "/account/tokens/9/revoke").await.status, 404);
    page(&Fake::signed_in(MEI).answer(TOKENS, 200, "[]"), "/account/tokens").await.has("No access tokens");
    assert_eq!(page(&Fake::anonymous(), "/account/tokens").await.status, 302);
}

#[tokio::test]
async fn a_token_is_made_by_a_form_and_shown_once() {
    let tokens = r#"[{"id":5,"name":"laptop","read_only":true,"creation_time":"2026-03-01T09:00:00Z"}]"#;
    let fake = Fake::signed_in(MEI).answer(TOKENS, 200, tokens);
    let form = page(&fake, "/account/tokens/new").await;
    form.has(r#"action="/_portal/new-token""#);
    for text in ["In 90 days", "On a day of your choice", "Never", r#"name="reach" value="read" checked"#] {
        form.has(text);
    }
    // The day stands beside its choice, which shows it by style alone; the crumb is called like the tab.
    form.has(r#"class="last-day""#);
    form.has(r#"href="/account/tokens">Access tokens<"#);
    let answer = r#"{"faults":[["name",{"AccessTokenTaken":"laptop"}],["day","DatePast"]],"refusal":null,
        "values":[["name","laptop"],["expiry","date"]]}"#;
    let wrong = page(&fake, &answered("/account/tokens/new", "/_portal/new-token", answer)).await;
    wrong.has("You have a token called “laptop” already.");
    wrong.has("Choose a day after today.");

    // Without script a cookie that only this page gets brings the secret, and the page takes it away.
    let shown = page(&fake.clone().cookie("berth_secret=S3cretOfMei"), "/account/tokens/5").await;
    shown.has("S3cretOfMei");
    shown.has("docker login registry.example.com -u mei --password-stdin");
    shown.has("This token does not end.");
    let cookie = shown.header("set-cookie");
    assert!(cookie.contains("berth_secret=;") && cookie.contains("Path=/account/tokens/5"), "{cookie}");
    let later = page(&fake, "/account/tokens/5").await;
    later.has("This token was shown already");
    later.lacks("--password-stdin");
}

#[tokio::test]
async fn logs_have_named_views() {
    let views =
        r#"[{"id":8,"list":"audit","name":"Failed sign-ins","query":"operation=login&result=false&sort=-op_time"}]"#;
    let fake = Fake::signed_in(ADMIN).list(LOG, 0, "[]").answer(VIEWS, 200, views);
    let plain = page(&fake, "/admin/audit").await;
    plain.has("Failed sign-ins");
    plain.has(r#"href="?operation=login&amp;result=false&amp;sort=-op_time""#);
    plain.has(r#"action="/_portal/delete-view""#);
    plain.has(r#"href="/admin/settings?q=audit_log_forward_endpoint""#);
    // Nothing is filtered, so there is nothing to save.
    plain.lacks(r#"action="/_portal/save-view""#);
    let filtered = page(&fake, "/admin/audit?address=192.0.2.&page=3").await;
    filtered.has("Address: 192.0.2.");
    filtered.has(r#"action="/_portal/save-view""#);
    filtered.has(r#"name="query" value="address=192.0.2.""#);
    assert!(fake.asked("q=client_address%3D~192.0.2.&sort=-op_time&page=3"));
    assert!(fake.asked("/users/current/views?list=audit"));
}

#[tokio::test]
async fn settings_say_where_they_come_from() {
    let settings = r#"[
        {"name":"self_registration","value":false,"default":false,"editable":true,"source":"default"},
        {"name":"token_expiration","value":45,"default":30,"editable":true,"source":"database","changed_by":"ada",
         "changed_at":"2026-02-02T09:00:00Z"},
        {"name":"session_timeout","value":90,"default":60,"editable":false,"source":"environment",
         "origin":"BERTH_SETTINGS__SESSION_TIMEOUT"},
        {"name":"read_only","value":true,"default":false,"editable":false,"source":"file","origin":"berth.toml"},
        {"name":"oidc_client_secret","value":null,"default":"","secret":true,"editable":true,"source":"database"},
        {"name":"ldap_url","value":"ldap://x","default":"","editable":true,"source":"default"}]"#;
    let fake = Fake::signed_in(ADMIN).answer(SETTINGS, 200, settings);
    let all = page(&fake, "/admin/settings").await;
    for text in
        ["BERTH_SETTINGS__SESSION_TIMEOUT", "berth.toml", "by ada", "2 February 2026", "4 of 6 changed from default"]
    {
        all.has(text);
    }
    all.has(r#"name="values[token_expiration]" value="45""#);
    // What was set here tells its default and the way back, by a form of its own; what is set outside has none.
    all.has("Changed; the default is 30 minutes");
    all.has(r#"action="/_portal/default-setting""#);
    all.has(r#"id="use-default""#);
    all.has(r#"form="use-default" name="setting" value="token_expiration""#);
    all.has("Use the default of “Life of pull and push tokens”");
    let back = |name: &str| all.html.contains(&format!(r#"name="setting" value="{name}""#));
    assert!(back("oidc_client_secret") && !back("session_timeout") && !back("self_registration"));
    all.has(r#"name="seen""#);
    let field = |name: &str| {
        let rest = all.html.split(&format!(r#"name="values[{name}]""#)).nth(1).unwrap();
        rest.split('>').next().unwrap().to_owned()
    };
    // Where the search leads.
    all.has(r#"id="f-values[token_expiration]""#);
    assert!(field("session_timeout").contains("readonly"), "{}", field("session_timeout"));
    assert!(!field("token_expiration").contains("readonly"), "{}", field("token_expiration"));
    // What does nothing yet is folded, and opened by whoever looks for it.
    all.has("Sign-in by LDAP, OIDC and others: not used yet");
    all.has("<details><summary");
    page(&fake, "/admin/settings?q=ldap").await.has("<details open");
    // The summary of what is wrong says which setting it is about.
    let wrong = r#"{"faults":[["values[token_expiration]",{"NumberRange":[1,9]}],["values[ldap_url]","Required"]],
        "refusal":null,"values":[]}"#;
    let wrong = page(&fake, &answered("/admin/settings", "/_portal/settings", wrong)).await;
    wrong.has("Life of pull and push tokens: ");
    wrong.has("<details open");
    // A secret can be set and is never shown.
    assert!(all.html.contains(r#"type="password""#), "no field for the secret");
    let found = page(&fake, "/admin/settings?q=session").await;
    found.has("Session length");
    found.lacks("Life of pull and push tokens");
    found.has(r#"name="seen" value="session_timeout""#);
    page(&fake, "/admin/settings?source=file").await.lacks("Session length");
    page(&fake, "/admin/settings?q=zzz").await.has("No setting matches");
    let started = r#"[{"name":"gc.grace","value":"7","source":"environment","origin":"BERTH_GC__GRACE"},
        {"name":"setup.admin_password","secret":true,"source":"file","origin":"/etc/berth.toml"},
        {"name":"log.file","source":"default"}]"#;
    let fake = Fake::signed_in(ADMIN).answer("/api/berth/v1/configuration", 200, started);
    let server = page(&fake, "/admin/settings?tab=server").await;
    server.has("gc.grace");
    server.has("BERTH_GC__GRACE");
    server.has("set, not shown");
    server.has("unset");
    server.has("A change takes a restart");
    assert!(!fake.asked(SETTINGS));
}

#[tokio::test]
async fn a_hidden_project_looks_like_a_missing_one() {
    let body = r#"{"errors":[{"code":"FORBIDDEN","message":"forbidden"}]}"#;
    let of = |name: &'static str| async move {
        let fake = Fake::signed_in(MEI).answer(&format!("/api/v2.0/projects/{name}"), 403, body);
        let page = page(&fake, &format!("/projects/{name}")).await;
        // Each nonce is another one.
        let policy = page.header("content-security-policy");
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
        (page.status, page.html.replace(nonce, "nonce").replace(name, "project"))
    };
    let (hidden, missing) = (of("cellar").await, of("castle").await);
    assert_eq!(hidden.0, 403);
    assert_eq!(hidden, missing);
}

#[tokio::test]
async fn a_refusal_names_what_is_missing() {
    let refused = r#"{"errors":[{"code":"FORBIDDEN","message":"forbidden"}]}"#;
    let outside = Fake::signed_in(MEI).answer("/api/v2.0/projects/team", 403, refused).lacking("project:project:read");
    let hidden = page(&outside, "/projects/team").await;
    assert_eq!(hidden.status, 403);
    hidden.has("permission “Read” on “Project”");
    hidden.has("Project admin, Maintainer, Developer, Guest, Limited guest");
    // Whoever is in the project is told by the page itself.
    let project = r#"{"project_id":7,"owner_id":1,"owner_name":"admin","name":"team","creation_time":"2026-03-01T09:00:00Z",
        "update_time":"2026-03-14T09:24:00Z","current_user_role_id":3,"current_user_role_ids":[3],"repo_count":0,
        "metadata":{"public":"false"},"cve_allowlist":{"items":[]}}"#;
    let guest = Fake::signed_in(MEI).answer("/api/v2.0/projects/team", 200, project);
    for (part, action, resource) in [
        ("members/new", "Create", "Members"),
        ("robots/7/delete", "Delete", "Robot accounts"),
        ("labels/new", "Create", "Labels"),
        ("audit", "List", "Project log"),
        ("preheat/new", "Create", "Preheat policies"),
        ("settings", "Change", "Project"),
    ] {
        let refused = page(&guest, &format!("/projects/team/-/{part}")).await;
        assert_eq!(refused.status, 403, "{part}");
        refused.has(&format!("permission “{action}” on “{resource}”"));
        refused.has("Roles that have it: Project admin");
    }
    page(&Fake::signed_in(MEI), "/admin/users").await.has("Only system administrators open this page.");
}

#[tokio::test]
async fn the_second_factor_says_whether_it_is_on() {
    let state = "/api/berth/v1/users/current/second-factor";
    let off = Fake::signed_in(MEI).answer(state, 200, r#"{"enabled":false,"recovery_codes":0}"#);
    let shown = page(&off, "/account/second-factor").await;
    shown.has(r#"href="/account/second-factor/new""#);
    shown.has("docker login, scripts and the API need a personal access token");
    shown.lacks("/_portal/disable-second-factor");
    page(&off, "/account/second-factor/new").await.has(r#"action="/_portal/begin-second-factor""#);

    let on = |left: u8| {
        let answer = format!(r#"{{"enabled":true,"since":"2026-03-01T09:00:00Z","recovery_codes":{left}}}"#);
        Fake::signed_in(MEI).answer(state, 200, &answer)
    };
    let shown = page(&on(9), "/account/second-factor").await;
    shown.has("9 recovery codes left");
    shown.has("1 March 2026");
    shown.has(r#"action="/_portal/disable-second-factor""#);
    shown.has(r#"href="/account/second-factor/new-codes""#);
    shown.lacks("few are left");
    let few = page(&on(1), "/account/second-factor").await;
    few.has("1 recovery code left");
    few.has("Make new ones if the codes are lost or few are left.");
    let wrong = r#"{"faults":[["code","CodeWrong"]],"refusal":null,"values":[]}"#;
    let refused = answered("/account/second-factor", "/_portal/disable-second-factor", wrong);
    page(&on(9), &refused).await.has("The code is not right, or was used before.");
    assert_eq!(page(&Fake::anonymous(), "/account/second-factor").await.status, 302);
}

#[tokio::test]
async fn new_recovery_codes_are_asked_for_with_a_proof() {
    let ask = page(&Fake::signed_in(MEI), "/account/second-factor/new-codes").await;
    ask.has("The codes that you have now end.");
    ask.has(r#"action="/_portal/renew-recovery-codes""#);
    ask.has(r#"name="password""#);
    ask.has(r#"name="code""#);
    ask.lacks("This is the only time the codes are shown");
    let wrong = r#"{"faults":[["code","CodeWrong"]],"refusal":null,"values":[]}"#;
    let refused = answered("/account/second-factor/new-codes", "/_portal/renew-recovery-codes", wrong);
    page(&Fake::signed_in(MEI), &refused).await.has("The code is not right, or was used before.");
    assert_eq!(page(&Fake::anonymous(), "/account/second-factor/new-codes").await.status, 302);
}

#[tokio::test]
async fn a_secret_and_its_codes_come_once_without_script() {
    let uri = "otpauth://totp/r.example:mei?secret=GEZDGNBVGY3TQOJQ&issuer=r.example";
    let fake = Fake::signed_in(MEI);
    let confirm = page(&fake.clone().cookie(&format!("berth_secret={uri}")), "/account/second-factor/confirm").await;
    confirm.has(r#"aria-label="QR code for the authenticator app""#);
    confirm.has("GEZD GNBV GY3T QOJQ");
    confirm.has("otpauth://totp/r.example:mei?secret=GEZDGNBVGY3TQOJQ&amp;issuer=r.example");
    confirm.has(r#"action="/_portal/confirm-second-factor""#);
    let taken = "berth_secret=; Path=/account/second-factor/confirm; Max-Age=0; HttpOnly; SameSite=Strict";
    assert!(confirm.headers("set-cookie").contains(&taken.to_owned()), "{:?}", confirm.headers("set-cookie"));
    let gone = page(&fake, "/account/second-factor/confirm").await;
    gone.has("The key was shown already");
    gone.lacks("<path d=\"M0 0h7");
    gone.has(r#"action="/_portal/confirm-second-factor""#);

    let codes =
        page(&fake.clone().cookie("berth_secret=ABCD-2345-WXYZ.BCDE-3456-XYZA"), "/account/second-factor/codes").await;
    codes.has("ABCD-2345-WXYZ\nBCDE-3456-XYZA");
    codes.has(r#"download="berth-recovery-codes.txt""#);
    page(&fake, "/account/second-factor/codes").await.has("These codes were shown already");
}

#[tokio::test]
async fn the_second_step_says_what_was_wrong() {
    let shown = page(&Fake::anonymous(), "/sign-in/code?next=%2Fprojects%2Fteam").await;
    shown.has(r#"action="/_portal/sign-in-code""#);
    shown.has(r#"name="next" value="/projects/team""#);
    shown.has(r#"href="/sign-in?next=%2Fprojects%2Fteam""#);
    shown.has(r#"autocomplete="one-time-code""#);
    for (status, code, text) in [
        (401, "SECOND_FACTOR_WRONG", "Each code works once."),
        (401, "SECOND_FACTOR_OVER", "Sign in with your password first"),
        (429, "TOO_MANY_REQUEST", "Try again in 12 s."),
    ] {
        let answer = format!(
            r#"{{"faults":[],"refusal":{{"status":{status},"code":"{code}","message":"","request_id":"r","retry_after":12}},"values":[]}}"#
        );
        page(&Fake::anonymous(), &answered("/sign-in/code", "/_portal/sign-in-code", &answer)).await.has(text);
    }
    assert_eq!(page(&Fake::signed_in(MEI), "/sign-in/code").await.status, 302);
}

#[tokio::test]
async fn administrators_see_who_has_a_second_factor() {
    let safe = MEI.replace(r#""sysadmin_flag":false,"#, r#""sysadmin_flag":false,"second_factor":true,"#);
    let fake = Fake::signed_in(ADMIN).list("/api/v2.0/users", 2, &format!("[{ADMIN},{safe}]"));
    let list = page(&fake, "/admin/users").await;
    list.has("Two-factor");
    list.has(r#"href="/admin/users/3/second-factor""#);
    list.lacks("/admin/users/1/second-factor");
    let fake = fake.answer("/api/v2.0/users/3", 200, &safe);
    let ask = page(&fake, "/admin/users/3/second-factor").await;
    ask.has("<h1>Switch off two-factor authentication of mei?</h1>");
    ask.has(r#"action="/_portal/remove-second-factor""#);
    let none = Fake::signed_in(ADMIN).list("/api/v2.0/users", 2, &format!("[{ADMIN},{MEI}]"));
    page(&none, "/admin/users").await.lacks("Two-factor");
}
