//! The pages about other systems and groups over a fake transport, as HTML.

#[expect(dead_code, reason = "the other suites use more of it")]
mod support;

use support::{ADMIN, Fake, MEI, answered, page};

const REGISTRIES: &str = "/api/v2.0/registries";
const RULES: &str = "/api/v2.0/replication/policies";
const GROUPS: &str = "/api/berth/v1/usergroups";
const SCANNERS: &str = "/api/v2.0/scanners";
const NETWORKS: &str = "/api/v2.0/p2p/preheat/instances";
const TEAM: &str = "/api/v2.0/projects/team";
const REFUSED: &str = r#"{"errors":[{"code":"UNKNOWN","message":"broken"}]}"#;

const HUB: &str = r#"{"id":5,"name":"hub","url":"https://hub.example.com","type":"docker-registry","status":"unhealthy",
    "description":"upstream","credential":{"type":"basic","access_key":"robot","access_secret":"*****"},
    "creation_time":"2026-03-01T09:00:00Z","update_time":"2026-03-01T09:00:00Z"}"#;
const RULE: &str = r#"{"id":9,"name":"to-frankfurt","enabled":true,"override":true,
    "src_registry":{"id":0,"name":"Local"},"dest_registry":{"id":5,"name":"hub","url":"https://hub.example.com"},
    "dest_namespace":"mirror","dest_namespace_replace_count":1,
    "trigger":{"type":"scheduled","trigger_settings":{"cron":"0 0 1 * * *"}},
    "filters":[{"type":"name","value":"payments/**"},{"type":"tag","value":"v*","decoration":"excludes"}],
    "creation_time":"2026-03-01T09:00:00Z","update_time":"2026-03-01T09:00:00Z"}"#;
const SCANNER: &str = r#"{"uuid":"u-1","name":"trivy","description":"","url":"http://trivy:8080","disabled":false,
    "is_default":true,"auth":"Bearer","access_credential":"","skip_certVerify":false,"use_internal_addr":false,
    "create_time":"2026-03-01T09:00:00Z","update_time":"2026-03-01T09:00:00Z","health":"healthy","adapter":"Trivy",
    "version":"0.60","capabilities":{"support_vulnerability":true,"support_sbom":true}}"#;
const NETWORK: &str = r#"{"id":3,"name":"dragon","vendor":"dragonfly","endpoint":"http://dragonfly:8080","auth_mode":"NONE",
    "enabled":false,"default":true,"insecure":false,"status":"Unknown","setup_timestamp":0}"#;
const POLICY: &str = r#"{"id":4,"name":"warm","project_id":7,"provider_id":3,"provider_name":"dragon","enabled":true,
    "filters":"[{\"type\":\"repository\",\"value\":\"web/**\"}]",
    "trigger":"{\"type\":\"event_based\",\"trigger_setting\":{\"cron\":\"\"}}"}"#;

fn admin() -> Fake {
    Fake::signed_in(ADMIN)
}

/// Somebody with a role in the project `team`.
fn member(role: i64) -> Fake {
    let project = format!(
        r#"{{"project_id":7,"owner_id":1,"owner_name":"admin","name":"team","creation_time":"2026-03-01T09:00:00Z",
        "update_time":"2026-03-14T09:24:00Z","current_user_role_id":{role},"current_user_role_ids":[{role}],
        "repo_count":1,"metadata":{{"public":"false","reuse_sys_cve_allowlist":"false"}},
        "cve_allowlist":{{"expires_at":1773532799,"items":[{{"cve_id":"CVE-2021-44228"}}]}}}}"#
    );
    Fake::signed_in(MEI).answer(TEAM, 200, &project)
}

#[tokio::test]
async fn lists_say_when_they_are_empty_broken_or_forbidden() {
    for (at, path, empty, new) in [
        ("registries", REGISTRIES, "No registries yet", "/admin/registries/new"),
        ("replication", RULES, "No rules yet", "/admin/replication/new"),
        ("groups", GROUPS, "No groups yet", "/admin/groups/new"),
        ("scanners", SCANNERS, "No scanners yet", "/admin/scanners/new"),
        ("preheat", NETWORKS, "No P2P networks yet", "/admin/preheat/new"),
    ] {
        let at = format!("/admin/{at}");
        let none = page(&admin().list(path, 0, "[]"), &at).await;
        assert_eq!(none.status, 200, "{at}");
        none.has(empty);
        none.has(&format!(r#"href="{new}""#));
        page(&admin().list(path, 0, "[]"), &format!("{at}?q=x")).await.has("Nothing matches “x”");
        let broken = page(&admin().answer(path, 500, REFUSED), &at).await;
        assert_eq!(broken.status, 500, "{at}");
        broken.has("req-1");
        assert_eq!(page(&Fake::signed_in(MEI), &at).await.status, 403, "{at}");
    }
}

#[tokio::test]
async fn registries_are_listed_by_one_call_with_their_states() {
    let fake = admin().list(REGISTRIES, 30, &format!("[{HUB}]"));
    let list = page(&fake, "/admin/registries?q=h&show=unhealthy&sort=-name&page=2").await;
    list.has("<h1>Registries</h1>");
    list.has("30 registries");
    list.has("OCI registry");
    list.has("Unreachable");
    list.has(r#"href="/admin/registries/5/delete""#);
    list.has(r#"aria-current="page""#);
    assert!(fake.asked("/registries?q=name%3D~h%2Cstatus%3Dunhealthy&sort=-name&page=2&page_size=25"));
}

#[tokio::test]
async fn a_registry_never_shows_its_secret() {
    let fake = admin().answer("/api/v2.0/registries/5", 200, HUB);
    let form = page(&fake, "/admin/registries/5").await;
    form.has(r#"value="https://hub.example.com""#);
    form.has(r#"value="robot""#);
    form.has("One is kept. Leave this empty to keep it");
    form.lacks(r#"value="*****""#);
    form.has(r#"name="intent" value="test""#);
    assert_eq!(page(&admin(), "/admin/registries/99").await.status, 404);
    assert_eq!(page(&admin(), "/admin/registries/x").await.status, 404);
}

#[tokio::test]
async fn a_new_registry_has_the_types_and_addresses_of_the_api() {
    let providers = r#"{"docker-hub":{"endpoint_pattern":{"endpoint_type":"EndpointPatternTypeFix",
        "endpoints":[{"key":"hub.docker.com","value":"https://hub.docker.com"}]}}}"#;
    let fake = admin().answer("/api/v2.0/replication/adapters", 200, r#"["docker-hub","harbor"]"#).answer(
        "/api/v2.0/replication/adapterinfos",
        200,
        providers,
    );
    let form = page(&fake, "/admin/registries/new").await;
    form.has(r#"<option value="docker-hub">Docker Hub</option>"#);
    form.has(r#"<option value="https://hub.docker.com">hub.docker.com</option>"#);
    form.has(r#"action="/_portal/registry""#);
    form.has("Each step of the way is tried on its own");
}

#[tokio::test]
async fn a_summary_names_the_fields() {
    let answer = r#"{"faults":[["name","Required"],["url","Required"]],"refusal":null,"values":[]}"#;
    let fake = admin().answer("/api/v2.0/registries/5", 200, HUB);
    let page = page(&fake, &answered("/admin/registries/5", "/_portal/registry", answer)).await;
    page.has(">Name: Fill this in.</a>");
    page.has(">Address: Fill this in.</a>");
    // At the field itself its label says it.
    page.has("<span>Fill this in.</span>");
}

#[tokio::test]
async fn what_a_test_found_is_shown_without_script() {
    let steps = r#"[{"name":"dns","state":"passed","duration_ms":6,"addresses":["198.51.100.20"]},
        {"name":"tcp","state":"passed","duration_ms":18,"port":443},
        {"name":"tls","state":"failed","duration_ms":31,"reason":"certificate","message":"expired",
         "tls":{"version":"1.3","server_name":"hub.example.com","chain":3,"expires_at":"2026-06-02T00:00:00Z"}},
        {"name":"http","state":"skipped","reason":"not_tried"}]"#;
    let check = format!(r#"{{"usable":false,"steps":{steps}}}"#).replace('\n', "");
    let check = serde_json::to_string(&check).unwrap();
    let answer =
        format!(r#"{{"faults":[],"refusal":null,"values":[["url","https://other.example"],["check",{check}]]}}"#);
    let fake = admin().answer("/api/v2.0/registries/5", 200, HUB);
    let page = page(&fake, &answered("/admin/registries/5", "/_portal/registry", &answer)).await;
    page.has("Failed at step 3");
    // In a sentence at the button as well.
    page.has("Failed at step 3: TLS 1.3");
    page.has("198.51.100.20");
    page.has("TCP 443");
    page.has("hub.example.com, valid until 2 June 2026; chain of 3.");
    page.has("Give its CA certificate");
    page.has("Cause: expired");
    page.has("Not tried.");
    page.has("31 ms");
    page.has(r#"value="https://other.example""#);
}

#[tokio::test]
async fn rules_keep_a_registry() {
    let fake = admin().answer("/api/v2.0/registries/5", 200, HUB).list(RULES, 1, &format!("[{RULE}]"));
    let kept = page(&fake, "/admin/registries/5/delete").await;
    kept.has(r#"href="/admin/replication/9""#);
    kept.lacks("/_portal/outside-delete");
    assert!(fake.asked("src_registry_id%3D5") && fake.asked("dest_registry_id%3D5"));
    let fake = admin().answer("/api/v2.0/registries/5", 200, HUB).list(RULES, 0, "[]");
    let free = page(&fake, "/admin/registries/5/delete").await;
    free.has("Berth forgets https://hub.example.com and its credential.");
    free.has(r#"action="/_portal/outside-delete""#);
    free.has(r#"name="thing" value="registry""#);
}

#[tokio::test]
async fn rules_are_read_in_one_line() {
    let fake = admin().list(RULES, 1, &format!("[{RULE}]"));
    let list = page(&fake, "/admin/replication?show=on").await;
    list.has("Rules are kept, but not run yet.");
    list.has("without tags v*");
    list.has("Push to hub.example.com/");
    list.has("Every day at 01:00 UTC");
    list.has(r#"action="/_portal/outside-switch""#);
    assert!(fake.asked("enabled%3Dtrue"));
    let fake = admin().answer("/api/v2.0/replication/policies/9", 200, RULE).list(REGISTRIES, 1, &format!("[{HUB}]"));
    let form = page(&fake, "/admin/replication/9").await;
    form.has(r#"name="name_filter" value="payments/**""#);
    form.has(r#"<option value="excludes" selected"#);
    form.has(r#"name="at" value="01:00""#);
    form.has("hub – https://hub.example.com");
    page(&admin().list(REGISTRIES, 0, "[]"), "/admin/replication/new").await.has("No registry to copy to or from");
    let question = page(&fake, "/admin/replication/9/delete").await;
    question.has("Nothing is copied by it any more.");
}

#[tokio::test]
async fn filters_that_the_form_cannot_say_are_kept() {
    let two =
        RULE.replace(r#"{"type":"tag","value":"v*","decoration":"excludes"}"#, r#"{"type":"name","value":"b/**"}"#);
    let fake = admin().answer("/api/v2.0/replication/policies/9", 200, &two).list(REGISTRIES, 1, &format!("[{HUB}]"));
    let form = page(&fake, "/admin/replication/9").await;
    form.has(r#"name="filters" value="keep""#);
    form.lacks(r#"name="name_filter""#);
}

#[tokio::test]
async fn a_group_says_where_it_belongs_and_what_goes_with_it() {
    let group = r#"{"group_name":"builders","group_type":3}"#;
    let memberships = r#"[{"id":1,"project_id":7,"project_name":"team","role_id":2,"role_name":"developer"}]"#;
    let fake = admin()
        .list(GROUPS, 1, r#"[{"id":2,"group_name":"builders","group_type":3}]"#)
        .answer("/api/v2.0/usergroups/2", 200, group)
        .list("/api/berth/v1/usergroups/2/memberships", 12, memberships);
    let list = page(&fake, "/admin/groups?q=build").await;
    list.has(r#"href="/admin/groups/2""#);
    list.has("OIDC");
    list.has(r#"href="?q=build&amp;sort=-group_name""#);
    assert!(fake.asked("/usergroups?q=group_name%3D~build&sort=group_name&page=1&page_size=25"));
    page(&fake, "/admin/groups/2?q=te&sort=role_id").await.has(r#"href="?q=te&amp;sort=-role_id""#);
    assert!(fake.asked("/memberships?q=project_name%3D~te&sort=role_id&page=1&page_size=25"));
    let narrowed = fake.clone().list("/api/berth/v1/usergroups/2/memberships", 0, "[]");
    let none = page(&narrowed, "/admin/groups/2?q=zed").await;
    none.has("Nothing matches “zed”");
    none.lacks("In no project");
    // A deletion takes all of them, whatever the address says.
    page(&fake, "/admin/groups/2/delete?q=other").await.has("lose the roles in 12 projects");
    assert!(!fake.asked("/memberships?q=project_name%3D~other"));
    let one = page(&fake, "/admin/groups/2").await;
    one.has(r#"name="name" value="builders""#);
    one.has(r#"href="/projects/team/-/members""#);
    one.has("Developer");
    let question = page(&fake, "/admin/groups/2/delete").await;
    question.has("lose the roles in 12 projects");
    question.has("and 11 projects more");
    let new = page(&admin(), "/admin/groups/new").await;
    new.has(r#"<option value="3""#);
    new.lacks(r#"<option value="1""#);
}

#[tokio::test]
async fn a_scanner_says_what_it_can_do() {
    let metadata = r#"{"scanner":{"name":"Trivy","vendor":"Aqua","version":"0.60"},
        "capabilities":[{"type":"sbom","consumes_mime_types":["a/b"],"produces_mime_types":["c/d"]}],"properties":{"k":"v"}}"#;
    let fake = admin()
        .list(SCANNERS, 1, &format!("[{SCANNER}]"))
        .answer("/api/v2.0/scanners/u-1", 200, SCANNER)
        .answer("/api/v2.0/scanners/u-1/metadata", 200, metadata);
    let list = page(&fake, "/admin/scanners").await;
    list.has("nothing is scanned yet");
    list.has("Vulnerabilities and SBOMs");
    page(&fake, "/admin/scanners?q=tri&show=off").await.has(r#"href="?q=tri&amp;show=on""#);
    assert!(fake.asked("/scanners?q=name%3D~tri%2Cdisabled%3Dtrue&page=1"));
    page(&fake, "/admin/scanners?show=on").await;
    assert!(fake.asked("/scanners?q=disabled%3Dfalse&page=1"));
    list.has("Default");
    let form = page(&fake, "/admin/scanners/u-1").await;
    form.has("Aqua");
    form.has("c/d");
    form.has(r#"<option value="Bearer" selected"#);
    let silent = r#"{"errors":[{"code":"PRECONDITION","message":"the scanner trivy does not answer: refused"}]}"#;
    let fake = fake.answer("/api/v2.0/scanners/u-1/metadata", 412, silent);
    let form = page(&fake, "/admin/scanners/u-1").await;
    assert_eq!(form.status, 200);
    form.has("does not answer: refused");
    page(&fake, "/admin/scanners/u-1/delete").await.has("This is the default scanner.");
}

#[tokio::test]
async fn a_trial_that_worked_is_told_without_script() {
    let answer = r#"{"faults":[],"refusal":null,"values":[["name","trivy"],["tried","true"]]}"#;
    let page = page(&admin(), &answered("/admin/scanners/new", "/_portal/scanner", answer)).await;
    page.has("It answers.");
    page.has(r#"value="trivy""#);
}

#[tokio::test]
async fn a_project_chooses_its_scanner() {
    let other = SCANNER.replace("u-1", "u-2").replace(r#""name":"trivy""#, r#""name":"other""#);
    let fake = member(1).answer(&format!("{TEAM}/scanner"), 200, SCANNER).list(
        &format!("{TEAM}/scanner/candidates"),
        2,
        &format!("[{SCANNER},{other}]"),
    );
    let chooses = page(&fake, "/projects/team/-/scanner").await;
    chooses.has(r#"<option value="u-1" selected"#);
    chooses.has("Trivy 0.60");
    chooses.has(r#"action="/_portal/project-scanner""#);
    let none = page(
        &member(1).answer(&format!("{TEAM}/scanner"), 200, "").list(&format!("{TEAM}/scanner/candidates"), 0, "[]"),
        "/projects/team/-/scanner",
    )
    .await;
    none.has("No scanner yet");
    let guest = member(3).answer(&format!("{TEAM}/scanner"), 200, SCANNER);
    let looks = page(&guest, "/projects/team/-/scanner").await;
    assert_eq!(looks.status, 200);
    looks.lacks("/_portal/project-scanner");
}

#[tokio::test]
async fn allowlists_of_the_system_and_of_a_project() {
    let list = r#"{"id":1,"expires_at":1700000000,"items":[{"cve_id":"CVE-2020-1"},{"cve_id":"CVE-2020-2"}]}"#;
    let system = page(&admin().answer("/api/v2.0/system/CVEAllowlist", 200, list), "/admin/allowlist").await;
    system.has("2 vulnerabilities overlooked");
    system.has("CVE-2020-1\nCVE-2020-2");
    system.has("The end has passed");
    system.has(r#"name="expires" value="2023-11-14""#);
    let own = page(&member(1), "/projects/team/-/allowlist").await;
    own.has("CVE-2021-44228");
    own.has(r#"name="inherits" value="false" checked"#);
    assert_eq!(page(&member(3), "/projects/team/-/allowlist").await.status, 403);
    let answer = r#"{"faults":[["expires","Day"]],"refusal":null,"values":[["ids","CVE-1"],["expires","x"]]}"#;
    let fake = admin().answer("/api/v2.0/system/CVEAllowlist", 200, list);
    let wrong = page(&fake, &answered("/admin/allowlist", "/_portal/system-allowlist", answer)).await;
    wrong.has("Choose a day, or leave it empty.");
    assert_eq!(page(&Fake::signed_in(MEI), "/admin/allowlist").await.status, 403);
}

#[tokio::test]
async fn networks_and_what_projects_bring_into_them() {
    let fake = admin().list(NETWORKS, 1, &format!("[{NETWORK}]")).answer(&format!("{NETWORKS}/dragon"), 200, NETWORK);
    let list = page(&fake, "/admin/preheat").await;
    list.has(r#"href="/admin/preheat/networks/dragon""#);
    list.has("Dragonfly");
    list.has("nothing is preheated yet");
    list.has(r#"href="?sort=vendor""#);
    page(&fake, "/admin/preheat?sort=-endpoint").await.has(r#"href="?sort=endpoint""#);
    assert!(fake.asked("/instances?sort=-endpoint&page=1"));
    page(&fake, "/admin/preheat/networks/dragon").await.has(r#"name="before" value="dragon""#);
    page(&fake, "/admin/preheat/networks/dragon/delete").await.has("cannot be removed");

    let policies = format!("{TEAM}/preheat/policies");
    let providers = format!("{TEAM}/preheat/providers");
    let network = r#"[{"id":3,"provider":"dragonfly dragon-http://dragonfly:8080","enabled":true,"default":true}]"#;
    let fake = member(1)
        .list(&policies, 1, &format!("[{POLICY}]"))
        .answer(&format!("{policies}/warm"), 200, POLICY)
        .answer(&providers, 200, network);
    let list = page(&fake, "/projects/team/-/preheat").await;
    list.has("On push, scan or label");
    page(&fake, "/projects/team/-/preheat?q=wa&show=on").await.has(r#"href="?q=wa&amp;show=off""#);
    assert!(fake.asked("/preheat/policies?q=name%3D~wa%2Cenabled%3Dtrue&sort=name&page=1"));
    list.has(r#"href="/projects/team/-/preheat/policies/warm/delete""#);
    let form = page(&fake, "/projects/team/-/preheat/policies/warm").await;
    form.has(r#"name="repositories" value="web/**""#);
    form.has(r#"<option value="event_based" selected"#);
    page(&fake, "/projects/team/-/preheat/policies/warm/delete").await.has(r#"name="thing" value="preheat""#);
    page(&member(1).answer(&providers, 200, "[]"), "/projects/team/-/preheat/new").await.has("No P2P network");
    page(&member(1).list(&policies, 0, "[]"), "/projects/team/-/preheat").await.has("No policies yet");
    page(&member(1).answer(&policies, 500, REFUSED), "/projects/team/-/preheat").await.has("req-1");
    assert_eq!(page(&member(5), "/projects/team/-/preheat").await.status, 403);
}
