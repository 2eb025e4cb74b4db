//! The pages of retention, immutability, webhooks and settings over a fake transport, as HTML.

#[expect(dead_code, reason = "the other suites use more of it")]
mod support;

use support::{Fake, MEI, answered, page};

const PREVIEW: &str = "/api/berth/v1/projects/team/retention/preview";
const RULES: &str = "/api/v2.0/projects/team/immutabletagrules";
const COVERAGE: &str = "/api/berth/v1/projects/team/immutabletagrules/coverage";
const IMMUTABLE_PREVIEW: &str = "/api/berth/v1/projects/team/immutabletagrules/preview";
const WEBHOOKS: &str = "/api/v2.0/projects/team/webhook/policies";

/// Somebody with a role in the project `team`, which has more settings.
fn member(role: i64, metadata: &str) -> Fake {
    let project = format!(
        r#"{{"project_id":7,"owner_id":1,"owner_name":"admin","name":"team","creation_time":"2026-03-01T09:00:00Z",
        "update_time":"2026-03-14T09:24:00Z","current_user_role_id":{role},"current_user_role_ids":[{role}],
        "repo_count":1,"metadata":{{"public":"false"{metadata}}},"cve_allowlist":{{"items":[]}}}}"#
    );
    Fake::signed_in(MEI).answer("/api/v2.0/projects/team", 200, &project)
}

/// A project admin whose project keeps the ten newest tags, and another rule that the form cannot show.
fn keeper() -> Fake {
    let policy = r#"{"id":3,"algorithm":"or","rules":[
        {"action":"retain","template":"latestPushedK","params":{"latestPushedK":10},
         "tag_selectors":[{"kind":"doublestar","decoration":"matches","pattern":"v*","extras":"{\"untagged\":false}"}],
         "scope_selectors":{"repository":[{"kind":"doublestar","decoration":"repoExcludes","pattern":"lib/**"}]}},
        {"action":"retain","template":"lastXDays","params":{"lastXDays":5},"disabled":true,
         "tag_selectors":[{"kind":"doublestar","decoration":"matches","pattern":"**"}],
         "scope_selectors":{"repository":[{"kind":"doublestar","decoration":"repoMatches","pattern":"**"}]}}],
        "trigger":{"kind":"Schedule","settings":{"cron":"0 0 2 * * *"}},"scope":{"level":"project","ref":7}}"#;
    let verdict = |tag: &str, kept: bool, more: &str| {
        format!(
            r#"{{"repository":"app","digest":"sha256:9f1c2a7be04d510e6b1c88f2d3a97745c01e6ab2f49d83c5e7720a1bd4f6e938","tag":"{tag}",
            "kept":{kept},{more},"push_time":"2026-03-14T09:24:00Z","pull_time":"0001-01-01T00:00:00Z"}}"#
        )
    };
    let preview = format!(
        r#"{{"repositories":1,"untouched_repositories":2,"kept":{{"artifacts":43,"tags":44}},"removed":{{"artifacts":26,"tags":27}},
        "immutable_tags":9,"freed_bytes":6335076761,"rules":[31,0],"total":71,"items":[{},{},{}]}}"#,
        verdict("v3", true, r#""reason":"rule","rules":[1]"#),
        verdict("latest", true, r#""reason":"same_artifact","rules":[1],"same_as":"v3""#),
        verdict("pr-402", false, r#""reason":"rank","rules":[1],"rank":14"#),
    );
    member(1, r#","retention_id":"3""#).answer("/api/v2.0/retentions/3", 200, policy).answer(PREVIEW, 200, &preview)
}

#[tokio::test]
async fn rules_are_sentences_beside_what_they_would_do() {
    let fake = keeper();
    let page = page(&fake, "/projects/team/-/retention").await;
    assert_eq!(page.status, 200);
    page.has("<h1>Retention</h1>");
    page.has("Every day at 02:00 UTC");
    page.has(r#"action="/_portal/save-retention""#);
    page.has("In repositories");
    page.has(r#"value="lib/**""#);
    page.has(r#"<option value="latestPushedK" selected"#);
    page.has(r#"aria-label="Pattern of tags""#);
    // What the form cannot show is there as it is.
    page.has("This rule says more than the form can show");
    page.has("lastXDays");
    // The preview, its reasons, and what is said of runs.
    for text in
        ["44", "27", "26 artifacts, frees 5.9\u{a0}GiB", "Rule 1 keeps 31 tags", "2 repositories are left alone"]
    {
        page.has(text);
    }
    for text in ["same artifact as v3", "number 14 for rule 1", "9 tags are kept by immutability alone"] {
        page.has(text);
    }
    page.has(r#"href="/projects/team/app/-/artifacts/pr-402""#);
    page.has("Policies do not run yet");
    page.lacks("Dry run");
    page.lacks("Discard changes");
    assert!(fake.asked(&format!("{PREVIEW}?page=1&page_size=25")));
}

#[tokio::test]
async fn the_address_holds_what_is_being_written() {
    let fake = keeper();
    let one = "raw%5B%5D=&rests%5B%5D=0&repos_not%5B%5D=0&repos%5B%5D=**&template%5B%5D=nDaysSinceLastPush&number%5B%5D=30\
        &tags_not%5B%5D=0&tags%5B%5D=rc-*&untagged%5B%5D=1&every=none&at=02%3A00&weekday=0&cron=";
    let draft = page(&fake, &format!("/projects/team/-/retention?{one}&show=removed")).await;
    draft.has(r#"value="rc-*""#);
    draft.has(r#"<option value="nDaysSinceLastPush" selected"#);
    draft.lacks("This rule says more");
    draft.has("Only by hand");
    draft.has("Discard changes");
    assert!(fake.asked(&format!("{PREVIEW}?show=removed&page=1&page_size=25")));
    // A button that was pressed without script.
    let added = page(&fake, &format!("/projects/team/-/retention?{one}&do=add")).await;
    added.has("Rule 2");
    let none = page(&fake, &format!("/projects/team/-/retention?{one}&do=remove-0")).await;
    none.has("No rules yet");
    none.has("Without rules everything stays.");
}

#[tokio::test]
async fn a_fault_keeps_what_was_filled_in() {
    let draft = "raw%5B%5D=&rests%5B%5D=0&repos_not%5B%5D=0&repos%5B%5D=%7Ba&template%5B%5D=always&number%5B%5D=1&tags_not%5B%5D=0\
        &tags%5B%5D=x&untagged%5B%5D=1&every=none&at=&weekday=0&cron=";
    let answer = format!(r#"{{"faults":[["repos-0","Pattern"]],"refusal":null,"values":[["draft","{draft}"]]}}"#);
    let address = answered("/projects/team/-/retention", "/_portal/save-retention", &answer);
    let page = page(&keeper(), &address).await;
    page.has(r#"value="{a""#);
    page.has("This is no pattern");
    page.has(r##"href="#f-repos-0""##);
}

#[tokio::test]
async fn wrong_values_are_told_at_their_fields_before_anybody_is_asked() {
    let fake = keeper();
    let wrong = "raw%5B%5D=&rests%5B%5D=0&repos_not%5B%5D=0&repos%5B%5D=**&template%5B%5D=latestPushedK&number%5B%5D=-3\
        &tags_not%5B%5D=0&tags%5B%5D=v*&untagged%5B%5D=1&every=cron&at=02%3A00&weekday=0&cron=every+tuesday";
    let page = page(&fake, &format!("/projects/team/-/retention?{wrong}")).await;
    page.has("A number from 0 to 1000000.");
    page.has("Write six fields");
    page.has("No preview yet");
    page.has("The schedule is not valid yet");
    page.lacks("By the schedule every tuesday");
    assert!(!fake.asked(PREVIEW));
}

#[tokio::test]
async fn rules_that_cannot_be_followed_are_told_in_place() {
    let refused = r#"{"errors":[{"code":"BAD_REQUEST","message":"bad request: rule 0: syntax error in pattern"}]}"#;
    let page = page(&keeper().answer(PREVIEW, 400, refused), "/projects/team/-/retention").await;
    assert_eq!(page.status, 200);
    page.has("rule 0: syntax error in pattern");
    page.has(r#"value="lib/**""#);
}

#[tokio::test]
async fn who_may_not_see_rules_sees_no_links_to_them() {
    let guest = page(&member(3, ""), "/projects/team/-/retention").await;
    assert_eq!(guest.status, 403);
    let developer = member(2, "").answer(PREVIEW, 200, "{}");
    let retention = page(&developer, "/projects/team/-/retention").await;
    assert_eq!(retention.status, 200);
    retention.has("No rules yet");
    retention.lacks(r#"href="/projects/team/-/immutability""#);
    retention.lacks(r#"href="/projects/team/-/webhooks""#);
    for path in
        ["immutability", "immutability/new", "immutability/1", "immutability/1/delete", "webhooks", "webhooks/new"]
    {
        assert_eq!(page(&developer, &format!("/projects/team/-/{path}")).await.status, 403, "{path}");
    }
    // Without a policy there is none to delete.
    assert_eq!(page(&developer, "/projects/team/-/retention/delete").await.status, 404);
    let delete = page(&keeper(), "/projects/team/-/retention/delete").await;
    delete.has("2 rules and their schedule are deleted");
    delete.has("Every day at 02:00 UTC");
}

fn immutable() -> Fake {
    let rule = |id: i64, disabled: bool, tags: &str| {
        format!(
            r#"{{"id":{id},"disabled":{disabled},"action":"immutable","template":"immutable_template",
            "tag_selectors":[{{"kind":"doublestar","decoration":"matches","pattern":"{tags}"}}],
            "scope_selectors":{{"repository":[{{"kind":"doublestar","decoration":"repoMatches","pattern":"**"}}]}}}}"#
        )
    };
    let rules = format!("[{},{}]", rule(5, false, "v*"), rule(6, true, "rc-*"));
    let coverage = r#"[{"rule_id":5,"tags":14,"repositories":3},{"rule_id":6,"tags":1,"repositories":1}]"#;
    let preview =
        r#"{"tags":14,"repositories":3,"items":[{"repository":"app","tag":"v1"},{"repository":"lib/web","tag":"v2"}]}"#;
    member(4, "").list(RULES, 2, &rules).answer(COVERAGE, 200, coverage).answer(IMMUTABLE_PREVIEW, 200, preview)
}

#[tokio::test]
async fn immutability_rules_say_what_they_protect() {
    let list = page(&immutable(), "/projects/team/-/immutability").await;
    assert_eq!(list.status, 200);
    list.has("Tags v* in repositories **");
    list.has("14 tags in 3 repositories");
    list.has("1 tag in 1 repository");
    list.has("Disabled");
    list.has(r#"action="/_portal/switch-immutable""#);
    list.has(r#"href="/projects/team/-/immutability/5/delete""#);
    let delete = page(&immutable(), "/projects/team/-/immutability/5/delete").await;
    delete.has("14 tags in 3 repositories lose this protection");
    page(&immutable(), "/projects/team/-/immutability/6/delete").await.has("protects nothing now");
    assert_eq!(page(&immutable(), "/projects/team/-/immutability/7/delete").await.status, 404);
    let none = page(&immutable().list(RULES, 0, "[]"), "/projects/team/-/immutability").await;
    none.has("No tag is immutable yet");
    none.has(r#"href="/projects/team/-/immutability/new""#);
}

#[tokio::test]
async fn an_immutability_rule_is_written_beside_its_tags() {
    let fake = immutable();
    let form = page(&fake, "/projects/team/-/immutability/new?repos_not=0&repos=**&tags_not=1&tags=dev-*").await;
    form.has(r#"value="dev-*""#);
    form.has(r#"action="/_portal/save-immutable""#);
    form.has("Protects 14 tags in 3 repositories");
    form.has("lib/<wbr>web:v2");
    form.has("and 12 tags more");
    // What is wrong with a pattern is said at it as in retention, and the API is not asked.
    let fake = immutable().answer(IMMUTABLE_PREVIEW, 500, "{}");
    let wrong = page(&fake, "/projects/team/-/immutability/new?repos_not=0&repos=**&tags_not=0&tags=%7Bdev").await;
    wrong.has(r#"aria-invalid="true""#);
    wrong.has("No preview yet");
    assert!(!fake.asked("immutabletagrules/preview"));
    let fake = immutable();
    let edit = page(&fake, "/projects/team/-/immutability/6").await;
    edit.has(r#"value="rc-*""#);
    edit.has(r#"name="id" value="6""#);
}

fn hooked() -> Fake {
    let hook = r#"{"id":5,"name":"deploy-bot","description":"ships it","project_id":7,"enabled":true,
        "targets":[{"type":"http","address":"https://hooks.example.com/deploy","auth_header":"Bearer top-secret",
                    "payload_format":"Default"}],
        "event_types":["PUSH_ARTIFACT","QUOTA_EXCEED"],
        "creation_time":"2026-03-01T09:00:00Z","update_time":"2026-03-01T09:00:00Z"}"#;
    member(1, "").list(WEBHOOKS, 1, &format!("[{hook}]")).answer(&format!("{WEBHOOKS}/5"), 200, hook)
}

#[tokio::test]
async fn webhooks_are_shown_without_their_headers() {
    let list = page(&hooked(), "/projects/team/-/webhooks").await;
    list.has("deploy-bot");
    list.has("https://hooks.example.com/deploy");
    list.has("Artifact pushed, Quota exceeded");
    list.has("Webhooks are not sent yet");
    list.has("Kept, not run yet");
    list.has(r#"action="/_portal/switch-webhook""#);
    list.lacks("Send test");
    let fake = hooked();
    let found = page(&fake, "/projects/team/-/webhooks?q=dep&show=on&sort=-name").await;
    found.has(r#"type="search" name="q" value="dep""#);
    found.has(r#"href="?q=dep&amp;sort=-name&amp;show=off""#);
    assert!(fake.asked(&format!("{WEBHOOKS}?q=name%3D~dep%2Cenabled%3Dtrue&sort=-name&page=1&page_size=25")));
    let nothing = page(&hooked().list(WEBHOOKS, 0, "[]"), "/projects/team/-/webhooks?q=zed").await;
    nothing.has("Nothing matches “zed”");
    nothing.lacks("No webhooks yet");
    let edit = page(&hooked(), "/projects/team/-/webhooks/5").await;
    edit.has("A header is set and is not shown again");
    edit.has(r#"name="events[]" value="PUSH_ARTIFACT" checked"#);
    edit.lacks(r#"name="events[]" value="PULL_ARTIFACT" checked"#);
    let delete = page(&hooked(), "/projects/team/-/webhooks/5/delete").await;
    delete.has("https://hooks.example.com/deploy is no longer told of: Artifact pushed, Quota exceeded");
    for page in [list, edit, delete] {
        assert!(!page.html.contains("top-secret"));
    }
    let none = page(&hooked().list(WEBHOOKS, 0, "[]"), "/projects/team/-/webhooks").await;
    none.has("No webhooks yet");
}

#[tokio::test]
async fn a_webhook_is_made_by_a_plain_form() {
    let form = page(&hooked(), "/projects/team/-/webhooks/new").await;
    form.has(r#"action="/_portal/save-webhook""#);
    form.has(r#"name="id" value="0""#);
    form.has(r#"name="header""#);
    form.lacks("Remove the header");
    form.has(r#"name="events[]" value="PUSH_ARTIFACT" checked"#);
    let answer = r#"{"faults":[["address","WebhookAddress"]],"refusal":null,"values":[["name","bot"],["events","PULL_ARTIFACT"],["address","shoe"]]}"#;
    let address = answered("/projects/team/-/webhooks/new", "/_portal/save-webhook", answer);
    let form = page(&hooked(), &address).await;
    form.has(r#"value="shoe""#);
    form.has("An address begins with http:// or https://");
    form.has(r#"name="events[]" value="PULL_ARTIFACT" checked"#);
}

#[tokio::test]
async fn a_project_gets_public_or_private_after_a_question() {
    let address = "/projects/team/-/settings/visibility";
    let question = page(&member(1, ""), address).await;
    question.has("<h1>Make team public?</h1>");
    question.has("1 repository becomes readable for everyone, without signing in");
    question.has(r#"action="/_portal/project-access""#);
    question.has(r#"name="public" value="true""#);
    question.has(r#"href="/projects/team/-/settings""#);
    let public = member(1, r#","public":"true""#);
    let question = page(&public, address).await;
    question.has("<h1>Make team private?</h1>");
    question.has("1 repository is no longer readable for everyone");
    question.has("Everyone else loses access at once");
    question.has(r#"name="public" value="false""#);
    assert_eq!(page(&member(4, ""), address).await.status, 403);
}

#[tokio::test]
async fn what_a_project_asks_of_its_images_is_set() {
    let deletable = "/api/v2.0/projects/team/_deletable";
    let set = |severity: &str| {
        let more = format!(r#","enable_content_trust":"true","prevent_vul":"false","severity":"{severity}""#);
        member(1, &more).answer(deletable, 200, "{}")
    };
    let fake = set("high");
    let shown = page(&fake, "/projects/team/-/settings").await;
    shown.has(r#"action="/_portal/project-checks""#);
    shown.has(r#"name="enable_content_trust" value="true" checked"#);
    for off in ["enable_content_trust_cosign", "auto_scan", "auto_sbom_generation", "prevent_vul"] {
        shown.has(&format!(r#"name="{off}" value="true""#));
        shown.lacks(&format!(r#"name="{off}" value="true" checked"#));
    }
    shown.has(r#"<option value="high" selected"#);
    shown.has(r#"name="was" value="enable_content_trust=true&amp;prevent_vul=false&amp;severity=high""#);
    shown.lacks("None chosen");
    page(&member(1, "").answer(deletable, 200, "{}"), "/projects/team/-/settings")
        .await
        .has(r#"<option value="" selected"#);
    // What nothing carries out yet says so.
    shown.has("The settings below are kept, but change nothing yet");
    shown.has(r#"href="/projects/team/-/allowlist""#);
    // What another client chose stays on offer.
    page(&set("negligible"), "/projects/team/-/settings").await.has(r#"<option value="negligible" selected"#);
    // A refusal keeps what was ticked.
    let refused = r#"{"faults":[],"refusal":{"status":400,"code":"BAD_REQUEST","message":"invalid value: shoe"},
        "values":[["auto_scan","true"],["enable_content_trust","false"]]}"#;
    let refused = page(&fake, &answered("/projects/team/-/settings", "/_portal/project-checks", refused)).await;
    refused.has("invalid value: shoe");
    refused.has(r#"name="auto_scan" value="true" checked"#);
    refused.lacks(r#"name="enable_content_trust" value="true" checked"#);
}
