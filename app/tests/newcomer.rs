//! The pages of somebody who comes for the first time, and who belongs to a project, over a fake transport, as HTML.

#[expect(dead_code, reason = "the other suites use more of it")]
mod support;

use berth_app::snippets::{Client, Registry, Step, TAG, Target, steps};
use support::{ADMIN, Fake, MEI, answered, page};

const PROJECT: &str = "/api/v2.0/projects/team";
const MEMBERS: &str = "/api/berth/v1/projects/team/members";
const ACCESS: &str = "/api/berth/v1/projects/team/access";
const TLS: &str = r#""external_url":"https://registry.example.com""#;
const PLAIN: &str = r#""external_url":"http://registry.example.com""#;

/// Somebody with a role (0: none) in the project `team`.
fn visitor(fake: Fake, role: i64, public: bool) -> Fake {
    visitor_of(fake, role, public, 0)
}

/// The same where the project has so many repositories.
fn visitor_of(fake: Fake, role: i64, public: bool, repositories: i64) -> Fake {
    let project = format!(
        r#"{{"project_id":7,"owner_id":1,"owner_name":"admin","name":"team","creation_time":"2026-03-01T09:00:00Z",
        "update_time":"2026-03-14T09:24:00Z","current_user_role_id":{role},"current_user_role_ids":[{role}],
        "repo_count":{repositories},"metadata":{{"public":"{public}"}},"cve_allowlist":{{"items":[]}}}}"#
    );
    fake.answer(PROJECT, 200, &project)
}

fn mei(role: i64, system: &str) -> Fake {
    visitor(Fake::signed_in(MEI).system(system), role, false)
}

#[tokio::test]
async fn the_commands_of_each_client_are_whole() {
    let fake = mei(2, TLS);
    let docker = page(&fake, "/projects/team/-/set-up").await;
    assert_eq!(docker.status, 200);
    docker.has("<h1>Set me up</h1>");
    docker.has("docker login registry.example.com -u mei --password-stdin");
    docker.has("docker push registry.example.com/team/my-app:v1");
    docker.has(r#"aria-current="page""#);
    docker.lacks("plain HTTP");
    for (client, text) in [
        ("nerdctl", "nerdctl push registry.example.com/team/my-app:v1"),
        ("helm", "helm push my-chart-0.1.0.tgz oci://registry.example.com/team"),
        ("oras", "oras push registry.example.com/team/my-files:v1"),
        ("cosign", "cosign sign --key cosign.key"),
        ("skopeo", "skopeo copy docker-archive:my-app.tar docker://registry.example.com/team/my-app:v1"),
        ("containerd", "/etc/containerd/certs.d/registry.example.com/hosts.toml"),
        ("kubernetes", "kubectl create secret docker-registry pull-team"),
    ] {
        let page = page(&fake, &format!("/projects/team/-/set-up?client={client}")).await;
        page.has(text);
        assert!(page.headers("set-cookie").iter().all(|cookie| !cookie.contains("berth_runtime=helm")));
    }
    let one = page(&fake, "/projects/team/-/set-up?client=podman&repository=web/api&tag=v7").await;
    one.has("podman pull registry.example.com/team/web/api:v7");
    one.has(r#"href="?repository=web/api&amp;tag=v7&amp;client=helm""#);
}

/// A text as HTML has it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The suite of clients runs what [`steps`] says: nothing else may stand on the page, and all of it does.
#[tokio::test]
async fn what_the_clients_suite_runs_is_what_is_shown() {
    for (https, system) in [(true, TLS), (false, PLAIN)] {
        let target = Target {
            registry: Registry { host: "registry.example.com".to_owned(), https },
            project: "team".parse().unwrap(),
            repository: None,
            tag: TAG.to_owned(),
            username: Some("mei".to_owned()),
            push: true,
            public: false,
        };
        for client in Client::ALL {
            let shown = page(&mei(2, system), &format!("/projects/team/-/set-up?client={}", client.code())).await;
            let all = steps(client, &target);
            for Step { text, file, .. } in &all {
                match file {
                    Some(path) => {
                        shown.has(&format!(r#"aria-label="Copy {path}""#));
                        shown.has(&format!(r#"aria-label="{path}">{}</pre>"#, escaped(text)));
                    }
                    None => shown.has(&format!("<code>{}</code>", escaped(text))),
                }
            }
            let (_, main) = shown.html.split_once("<main").unwrap();
            let (main, _) = main.split_once("</main>").unwrap();
            assert_eq!(main.matches("icon-copy").count(), all.len(), "{client:?}");
        }
    }
}

#[tokio::test]
async fn plain_http_is_said_and_fits_the_commands() {
    let plain = page(&mei(2, PLAIN), "/projects/team/-/set-up?client=podman").await;
    plain.has("podman push --tls-verify=false registry.example.com/team/my-app:v1");
    plain.has("This registry speaks plain HTTP");
    let docker = page(&mei(2, PLAIN), "/projects/team/-/set-up?client=docker").await;
    docker.has("/etc/docker/daemon.json");
}

#[tokio::test]
async fn who_may_not_push_is_shown_no_push() {
    let guest = page(&mei(3, TLS), "/projects/team/-/set-up").await;
    guest.has("docker pull registry.example.com/team/my-app:v1");
    guest.lacks("docker push");
    guest.has("Your role here pulls");
    let anybody = visitor(Fake::anonymous(), 0, true);
    let anybody = page(&anybody, "/projects/team/-/set-up").await;
    anybody.has("You are not signed in");
    anybody.has("/sign-in?next=%2Fprojects%2Fteam%2F-%2Fset-up");
    anybody.lacks("docker login");
}

#[tokio::test]
async fn who_pulls_is_shown_what_is_there() {
    let repository = r#"[{"id":3,"project_id":7,"name":"team/web/api","artifact_count":2,"pull_count":0,
        "creation_time":"2026-03-01T09:00:00Z","update_time":"2026-03-14T09:24:00Z"}]"#;
    let tag = r#"{"name":"2.1","digest":"sha256:aa","artifact_id":5,"kind":"IMAGE","size":1,"platforms":[],
        "push_time":"2026-03-14T09:24:00Z","pull_time":"0001-01-01T00:00:00Z","children":[],"signatures":[],"sbom":false}"#;
    let summary = format!(
        r#"{{"id":3,"name":"team/web/api","artifact_count":2,"tag_count":2,"pull_count":0,"pulls":[],"size":1,
        "push_time":"2026-03-14T09:24:00Z","pull_time":"0001-01-01T00:00:00Z","main":{tag},"platforms":[],"labels":[]}}"#
    );
    let holds = |fake: Fake| {
        let address = "/api/berth/v1/projects/team/repositories/web%252Fapi/summary";
        fake.list(&format!("{PROJECT}/repositories"), 1, repository).answer(address, 200, &summary)
    };
    let guest = holds(visitor_of(Fake::signed_in(MEI).system(TLS), 3, false, 1));
    let shown = page(&guest, "/projects/team/-/set-up").await;
    shown.has("docker pull registry.example.com/team/web/api:2.1");
    shown.lacks("my-app");
    // What the address names comes first, and who pushes chooses a name.
    let named = page(&guest, "/projects/team/-/set-up?repository=other&tag=v7").await;
    named.has("docker pull registry.example.com/team/other:v7");
    let developer = holds(visitor_of(Fake::signed_in(MEI).system(TLS), 2, false, 1));
    page(&developer, "/projects/team/-/set-up").await.has("docker push registry.example.com/team/my-app:v1");
}

#[tokio::test]
async fn the_engine_is_chosen_once() {
    let list = mei(2, TLS).list(&format!("{PROJECT}/repositories"), 0, "[]");
    let first = page(&list, "/projects/team").await;
    first.has("docker push registry.example.com/team/my-app:v1");
    first.has(r#"href="/projects/team/-/set-up""#);
    let chosen = page(&list, "/projects/team?runtime=podman").await;
    chosen.has("podman push registry.example.com/team/my-app:v1");
    assert!(chosen.headers("set-cookie").iter().any(|cookie| cookie.starts_with("berth_runtime=podman;")));
    let later = page(&list.clone().cookie("berth_runtime=nerdctl"), "/projects/team").await;
    later.has("nerdctl push registry.example.com/team/my-app:v1");
    later.lacks("docker push");
    let by_tab = page(&list, "/projects/team/-/set-up?client=podman").await;
    assert!(by_tab.headers("set-cookie").iter().any(|cookie| cookie.starts_with("berth_runtime=podman;")));
    let preferences = page(&list.cookie("berth_runtime=podman"), "/account/preferences").await;
    preferences.has(r#"name="runtime""#);
}

#[tokio::test]
async fn the_first_start_is_checked() {
    let state = |checks: &str| {
        let body = format!(r#"{{"done":false,"token_valid":true,"checks":{checks}}}"#);
        Fake::before_set_up().answer("/api/berth/v1/setup", 200, &body)
    };
    let good = r#"{"address":"https://r.example","requested":"https://r.example","storage_writable":true,"storage_free":1099511627776}"#;
    let good = page(&state(good), "/setup?token=t").await;
    good.has("Clients will use https://r.example");
    good.has("The address is protected by TLS");
    good.has("1.0\u{a0}TiB free");
    good.lacks(r#"data-state="warn""#);
    let bad = r#"{"address":"http://r.example","requested":"https://r.example","storage_writable":false}"#;
    let bad = page(&state(bad), "/setup?token=t").await;
    bad.has("You came by https://r.example");
    bad.has("The address is plain HTTP");
    bad.has("The storage cannot be written");
}

#[tokio::test]
async fn the_set_up_page_is_gone_afterwards() {
    let fake = Fake::anonymous().answer("/api/berth/v1/setup", 200, r#"{"done":true}"#);
    let again = page(&fake, "/setup?token=t").await;
    assert_eq!(again.status, 404);
    again.has("This registry is set up already");
    again.lacks("The set-up token is in the server log");
}

#[tokio::test]
async fn the_last_step_of_the_set_up_says_what_is_next() {
    let fake = Fake::signed_in(ADMIN).answer("/api/berth/v1/setup", 200, r#"{"done":true}"#);
    let ready = page(&fake, "/setup").await;
    assert_eq!(ready.status, 200);
    ready.has("This registry is ready");
    ready.has(r#"href="/projects/-/new""#);
    ready.has(r#"href="/admin/users""#);
    ready.lacks("set up already");
    let other = Fake::signed_in(MEI).answer("/api/berth/v1/setup", 200, r#"{"done":true}"#);
    assert_eq!(page(&other, "/setup").await.status, 404);
}

#[tokio::test]
async fn a_lock_out_names_the_wait() {
    let answer = r#"{"faults":[],"refusal":{"status":429,"code":"TOO_MANY_REQUESTS","message":"","request_id":"r","retry_after":12},"values":[]}"#;
    let page = page(&Fake::anonymous(), &answered("/sign-in", "/_portal/sign-in", answer)).await;
    page.has("Too many attempts");
    page.has("Try again in 12 s.");
}

fn member(id: i64, name: &str, role: i64, kind: &str) -> String {
    format!(
        r#"{{"id":{id},"project_id":7,"entity_name":"{name}","role_name":"x","role_id":{role},"entity_id":{id},"entity_type":"{kind}"}}"#
    )
}

#[tokio::test]
async fn members_lead_to_what_explains_them() {
    let list = format!("[{},{},{}]", member(1, "bob", 2, "u"), member(3, "mei", 1, "u"), member(4, "builders", 3, "g"));
    let fake = mei(1, TLS).list(MEMBERS, 3, &list);
    let members = page(&fake, "/projects/team/-/members").await;
    members.has(r#"href="/projects/team/-/members/explain?action=push&amp;user=bob""#);
    members.has(r#"href="/projects/team/-/members/explain?action=push&amp;user=mei""#);
    members.lacks("action=push&amp;user=builders");
    members.has(r#"href="/projects/team/-/members/new-group""#);
    members.has(r#"href="/projects/team/-/members/1/remove""#);
    members.lacks(r#"href="/projects/team/-/members/3/remove""#);
    let guest = page(&mei(3, TLS).list(MEMBERS, 3, &list), "/projects/team/-/members").await;
    guest.has("explain?action=push&amp;user=bob");
    guest.lacks("/members/1/remove");
    let none = page(&mei(1, TLS).list(MEMBERS, 0, "[]"), "/projects/team/-/members").await;
    none.has("No members");
}

#[tokio::test]
async fn a_new_member_may_be_named_by_address() {
    let form = page(&mei(1, TLS), "/projects/team/-/members/new?username=Bob").await;
    form.has("The sign-in name or the email address of an existing account.");
    form.has(r#"list="people-names""#);
    form.has(r#"<datalist id="people-names">"#);
    form.has(r#"value="Bob""#);
}

fn rules(rules: &str, groups: &str) -> String {
    format!(r#"{{"username":"bob","rules":[{rules}],"groups":[{groups}]}}"#)
}

const DEVELOPER: &str = r#"{"kind":"member","role_id":2,"role_name":"developer","member_id":1,"decides":true,"permissions":[
    {"resource":"repository","action":"pull"},{"resource":"artifact","action":"list"},
    {"resource":"repository","action":"push"},{"resource":"tag","action":"create"}]}"#;
const PUBLIC: &str = r#"{"kind":"public","decides":false,"permissions":[{"resource":"repository","action":"pull"},
    {"resource":"artifact","action":"list"}]}"#;
const BUILDERS: &str = r#"{"member_id":4,"group_name":"builders","role_id":3,"role_name":"guest"}"#;

#[tokio::test]
async fn access_is_explained_by_the_rule() {
    let fake = mei(3, TLS).answer(ACCESS, 200, &rules(&format!("{DEVELOPER},{PUBLIC}"), BUILDERS));
    let push = page(&fake, "/projects/team/-/members/explain?user=bob&action=push").await;
    assert_eq!(push.status, 200);
    push.has("“Push, add tags”: bob has the role Developer here, which allows it.");
    push.has("Own role: Developer");
    push.has("Public project");
    push.has("builders");
    assert!(fake.asked(&format!("{ACCESS}?username=bob")));
    let remove = page(&fake, "/projects/team/-/members/explain?user=bob&action=remove").await;
    remove.has("Not allowed");
    remove.has("“Delete the project”: bob has the role Developer here, which does not allow it.");
    let stranger = mei(1, TLS).answer(ACCESS, 200, &rules("", ""));
    let stranger = page(&stranger, "/projects/team/-/members/explain?user=bob&action=pull").await;
    stranger.has("bob has no role here, and the project is private.");
    stranger.has(r#"href="/projects/team/-/members/new?username=bob""#);
    let nobody = page(&mei(1, TLS), "/projects/team/-/members/explain?user=nobody").await;
    assert_eq!(nobody.status, 200);
    nobody.has("Nobody named “nobody” is a member or a robot of this project.");
    nobody.has(r#"list="explain-names""#);
    let refused = page(&mei(5, TLS), "/projects/team/-/members/explain?user=bob").await;
    assert_eq!(refused.status, 403);
}

#[tokio::test]
async fn access_of_a_robot_is_explained() {
    let rule = |off: &str| {
        let pull = r#"{"resource":"repository","action":"pull"},{"resource":"artifact","action":"list"},
            {"resource":"repository","action":"push"}"#;
        format!(
            r#"{{"username":"robot$team+ci","robot":{{"id":7,"own":true{off}}},"groups":[],
                "rules":[{{"kind":"robot","decides":false,"permissions":[{pull}]}}]}}"#
        )
    };
    let asked = "/projects/team/-/members/explain?user=robot%24team%2Bci&action=";
    let fake = mei(1, TLS).answer(ACCESS, 200, &rule(""));
    let pull = page(&fake, &format!("{asked}pull")).await;
    pull.has("robot$team+ci is a robot that was given this.");
    pull.has("Permissions of the robot");
    pull.has(r#"href="/projects/team/-/robots/7""#);
    pull.lacks("/members/new?username");
    page(&fake, &format!("{asked}delete")).await.has("robot$team+ci is a robot that was not given this.");
    let push = page(&fake, &format!("{asked}push")).await;
    push.has("given repository:push, which is all that docker and other clients need. For the same in the API it lacks tag:create.");
    push.has("Decides");
    push.lacks("Partly");
    let off = mei(1, TLS).answer(ACCESS, 200, &rule(r#","off":"disabled""#));
    let off = page(&off, &format!("{asked}pull")).await;
    off.has("robot$team+ci is switched off, so it cannot sign in.");
    off.lacks("Decides");
}

#[tokio::test]
async fn people_and_groups_are_added_by_name() {
    let fake = mei(1, TLS);
    let person = page(&fake, "/projects/team/-/members/new?username=bob").await;
    person.has(r#"list="people-names""#);
    person.has(r#"value="bob""#);
    person.has(r#"<datalist id="people-names""#);
    let group = page(&fake, "/projects/team/-/members/new-group").await;
    group.has(r#"action="/_portal/add-group""#);
    let answer = r#"{"faults":[["group",{"GroupUnknown":"builders"}]],"refusal":null,"values":[["group","builders"],["role","3"]]}"#;
    let again = page(&fake, &answered("/projects/team/-/members/new-group", "/_portal/add-group", answer)).await;
    again.has("There is no group “builders”.");
    again.has(r#"value="builders""#);
    assert_eq!(page(&mei(2, TLS), "/projects/team/-/members/new-group").await.status, 403);
}

#[tokio::test]
async fn a_removal_says_what_it_leads_to() {
    let summary = r#"{"repo_count":0,"project_admin_count":1}"#;
    let of = |role: i64, kind: &str, rules: &str| {
        visitor(Fake::signed_in(ADMIN).system(TLS), 0, false)
            .answer(&format!("{PROJECT}/members/1"), 200, &member(1, "bob", role, kind))
            .answer(&format!("{PROJECT}/summary"), 200, summary)
            .answer(ACCESS, 200, rules)
    };
    let last = page(&of(1, "u", &rules(DEVELOPER, "")), "/projects/team/-/members/1/remove").await;
    last.has("bob is the last project admin.");
    last.has("bob does not see the project any more.");
    let public =
        page(&of(2, "u", &rules(&format!("{DEVELOPER},{PUBLIC}"), "")), "/projects/team/-/members/1/remove").await;
    public.has("bob may still look and pull");
    public.lacks("last project admin");
    let group = page(&of(2, "g", ""), "/projects/team/-/members/1/remove").await;
    group.has("Everybody in bob loses what the role gave.");
}
