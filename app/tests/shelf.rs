//! The page of a repository over a fake transport, as HTML.

#[expect(dead_code, reason = "the other suites use more of it")]
mod support;

use support::{Fake, MEI, answered, page};

const INDEX: &str = "sha256:9f1c2a7be04d510e6b1c88f2d3a97745c01e6ab2f49d83c5e7720a1bd4f6e938";
const AMD: &str = "sha256:3ab7719c0d52e8aa6b1c88f2d3a97745c01e6ab2f49d83c5e7720a1bd4f6e938";
const ARM: &str = "sha256:d20f64b1873ca5aa6b1c88f2d3a97745c01e6ab2f49d83c5e7720a1bd4f6e938";
const TOLD: &str = "sha256:7c5580e9f4b16daa6b1c88f2d3a97745c01e6ab2f49d83c5e7720a1bd4f6e938";
const HERE: &str = "/api/berth/v1/projects/team/repositories/a%252Fweb";
const PAGE: &str = "/projects/team/a/web";

/// Somebody with a role in the project `team`; 0 for none.
fn member(role: i64) -> Fake {
    let roles = match role {
        0 => r#""current_user_role_ids":null"#.to_owned(),
        role => format!(r#""current_user_role_id":{role},"current_user_role_ids":[{role}]"#),
    };
    let project = format!(
        r#"{{"project_id":7,"owner_id":1,"owner_name":"admin","name":"team","creation_time":"2026-03-01T09:00:00Z",
        "update_time":"2026-03-14T09:24:00Z",{roles},"repo_count":1,"metadata":{{"public":"true"}},
        "cve_allowlist":{{"items":[]}}}}"#
    );
    Fake::signed_in(MEI).answer("/api/v2.0/projects/team", 200, &project).answer(
        &format!("{HERE}/summary"),
        200,
        &summary(&format!(
            r#","main":{},"source":"https://git.example.com/team/web","readme":{{"html":"<h3>Run</h3>\n<p>Books.</p>",
            "summary":"Books.","source":"description"}}"#,
            tag("latest", "")
        )),
    )
}

fn summary(more: &str) -> String {
    format!(
        r#"{{"id":3,"name":"team/a/web","artifact_count":41,"tag_count":14,"pull_count":18402,"size":4509715660,
        "push_time":"2026-03-14T09:24:00Z","pull_time":"2026-03-14T09:35:00Z"{more}}}"#
    )
}

/// A tag; `more` are further fields.
fn tag(name: &str, more: &str) -> String {
    format!(
        r#"{{"name":"{name}","digest":"{INDEX}","artifact_id":5,"kind":"IMAGE","size":149526938,
        "platforms":["linux/amd64","linux/arm64"],"push_time":"2026-03-14T09:24:00Z",
        "pull_time":"0001-01-01T00:00:00Z"{more}}}"#
    )
}

/// What the index of a tag lists.
fn children() -> String {
    format!(
        r#","sbom":true,"children":[
        {{"digest":"{AMD}","platform":"linux/amd64","size":51275366,"present":true,"sbom":true}},
        {{"digest":"{ARM}","platform":"linux/arm64","size":0,"present":false}},
        {{"digest":"{TOLD}","attestation":true,"subject":"{AMD}","size":39322,"present":true,
        "predicates":["https://slsa.dev/provenance/v1","https://spdx.dev/Document"]}}]"#
    )
}

fn with_tags(role: i64, total: i64, tags: &[String]) -> Fake {
    member(role).list(&format!("{HERE}/tags"), total, &format!("[{}]", tags.join(",")))
}

#[tokio::test]
async fn the_first_screen_says_what_it_is_how_to_pull_it_and_whether_it_is_safe() {
    let fake = with_tags(1, 14, &[tag("v1.2.0", ""), tag("latest", "")]);
    let page = page(&fake, PAGE).await;
    assert_eq!(page.status, 200);
    page.has("<title>team/a/web · Berth</title>");
    page.has(r#"<p class="sub">Books.</p>"#);
    page.has("14 tags");
    page.has("4.2\u{a0}GiB in all");
    page.has("last pull");
    page.has(r#"href="https://git.example.com/team/web" rel="external noopener noreferrer nofollow""#);
    page.has("docker pull registry.example.com/team/a/web:latest");
    page.has(&format!("docker pull registry.example.com/team/a/web@{INDEX}"));
    page.has("FROM registry.example.com/team/a/web:v1.2.0");
    page.has(r#"aria-label="Copy pull command of v1.2.0""#);
    page.has(r#"aria-label="Copy pull command of v1.2.0 by digest""#);
    page.has(r#"aria-label="Safety of latest""#);
    page.has("tag set");
    page.has(r#"href="/projects/team/a/web/-/artifacts/v1.2.0""#);
    page.has("/projects/team/a/web/-/tags/latest/delete");
    page.has("/projects/team/a/web/-/tags/latest/history");
    page.has("<div class=\"prose\"><h3>Run</h3>\n<p>Books.</p></div>");
    // One call for the list, in the natural order of names.
    assert!(fake.asked(&format!("{HERE}/tags?sort=name&page=1&page_size=25")));
    assert!(!fake.asked("/api/v2.0/projects/team/repositories"));
    page.lacks(" style=\"");
}

#[tokio::test]
async fn pulls_of_a_month_are_a_picture_with_a_name() {
    let with = |days: &str| {
        let body = summary(&format!(r#","pulls":[{days}]"#));
        with_tags(3, 0, &[]).answer(&format!("{HERE}/summary"), 200, &body)
    };
    let quiet = ["0"; 28].join(",");
    let shown = page(&with(&format!("{quiet},1200,34")), PAGE).await;
    shown.has(r#"role="img" aria-label="1 234 pulls in the last 30 days""#);
    shown.has(r#"viewBox="0 0 120 20""#);
    assert_eq!(shown.html.matches(r#"width="3" height="#).count(), 30);
    shown.has(r#"<rect x="112" y="0" width="3" height="20">"#);
    shown.has(r#"<rect x="116" y="19" width="3" height="1">"#);
    // The same as a table behind the picture, the newest day first; it opens without script.
    let label = "1 234 pulls in the last 30 days";
    shown.has(&format!(r#"<summary role="button" aria-label="{label}" title="{label}" class="spark-button"><svg"#));
    shown.has(r#"<caption class="sr">Pulls by day, newest first</caption>"#);
    let row = |day: &str, pulls: &str| {
        let day = format!(r#"<th role="rowheader" scope="row">{day}</th>"#);
        format!(r#"<tr role="row" class="">{day}<td role="cell" data-label="Pulls" class="num">{pulls}</td></tr>"#)
    };
    shown.has(&[row("14 March 2026", "34"), row("13 March 2026", "1 200"), row("12 March 2026", "0")].concat());
    shown.has(r#"scope="row">13 February 2026<"#);
    assert_eq!(shown.html.matches(r#"data-label="Pulls""#).count(), 30);
    // Where nobody pulled there is nothing to show.
    let never = page(&with(&format!("{quiet},0,0")), PAGE).await;
    never.lacks("in the last 30 days");
    never.lacks("Pulls by day");
}

#[tokio::test]
async fn what_is_known_of_safety_is_three_facts() {
    let found = |counts: &str| format!(r#","vulnerabilities":{{"total":7,"summary":{{{counts}}}}}"#);
    let tags = [
        tag("a", ""),
        tag("b", r#","vulnerabilities":{}"#),
        tag("c", &found(r#""Critical":1,"High":4,"Low":2"#)),
        tag("d", r#","signatures":["signature.cosign"],"sbom":true,"immutable":true"#),
        tag("e", r##","labels":[{"id":4,"name":"stable","color":"#0065ab","description":"","scope":"p"}]"##),
    ];
    let page = page(&with_tags(1, 5, &tags), PAGE).await;
    page.has("Not scanned");
    page.has("None known");
    page.has("<b>C</b>1");
    page.has("<b>H</b>4");
    page.has(r#"title="Signed with cosign. No rule checks the signature.""#);
    page.has("Unsigned");
    page.has("SBOM");
    page.has("Immutable");
    page.has("stable");
    // What a rule protects is not offered for deletion.
    page.has("/-/tags/a/delete");
    page.lacks("/-/tags/d/delete");
}

#[tokio::test]
async fn an_index_opens_by_its_address() {
    let fake = with_tags(3, 2, &[tag("v1", &children()), tag("v2", &children())]);
    let closed = page(&fake, &format!("{PAGE}?q=v")).await;
    closed.has(r#"aria-label="Platforms of v1" aria-expanded="false""#);
    closed.has("href=\"?q=v&amp;open=v1\"");
    // The chips lead to the platforms that are here; the rows are not open yet.
    closed.has(&format!("/-/artifacts/{AMD}"));
    closed.lacks("Attestations for linux/amd64");
    let open = page(&fake, &format!("{PAGE}?q=v&open=v1")).await;
    open.has(r#"aria-expanded="true""#);
    open.has("href=\"?q=v&amp;open=v1,v2\"");
    open.has("Attestations for linux/amd64");
    open.has(&format!("/-/artifacts/{TOLD}"));
    open.has("SLSA provenance");
    open.has("not in this repository");
    open.lacks(&format!("/-/artifacts/{ARM}"));
    open.lacks("unknown/unknown");
    // What is open is no reason to ask for another list.
    assert!(!fake.asked("open="));
}

#[tokio::test]
async fn filters_live_in_the_address() {
    let search = "q=v1&platform=linux/arm64&signed=false&label=4&sort=-pull_time&page=2";
    let label = r##","labels":[{"id":4,"name":"stable","color":"#0065ab","description":"","scope":"p"}]"##;
    let fake = with_tags(1, 26, &[tag("v1", label)]);
    let shown = page(&fake, &format!("{PAGE}?{search}")).await;
    let asked =
        "tags?q=name%3D~v1%2Cplatform%3Dlinux%2Farm64%2Csigned%3Dfalse%2Clabels%3D%284%29&sort=-pull_time&page=2";
    assert!(fake.asked(asked));
    for chip in ["Name: v1", "Platform: linux/arm64", "Signature: Unsigned", "Label: stable"] {
        shown.has(&format!(r#"aria-label="Remove filter {chip}""#));
    }
    shown.has("26 of 14");
    shown.has("Sort: Pulled");
    let nothing = page(&with_tags(1, 0, &[]), &format!("{PAGE}?{search}")).await;
    nothing.has("Nothing matches the filters");
    nothing.has(r#"href="?sort=-pull_time""#);
    let empty = page(&with_tags(1, 0, &[]), PAGE).await;
    empty.has("No tags yet");
    empty.has("docker push registry.example.com/team/a/web:");
}

#[tokio::test]
async fn artifacts_are_another_tab_and_show_what_has_no_tag() {
    let artifact = format!(
        r#"{{"id":5,"type":"IMAGE","media_type":"application/vnd.oci.image.config.v1+json",
        "manifest_media_type":"application/vnd.oci.image.manifest.v1+json","project_id":7,"repository_id":3,
        "repository_name":"team/a/web","digest":"{AMD}","size":149526938,"push_time":"2026-03-14T09:24:00Z",
        "pull_time":"0001-01-01T00:00:00Z","accessories":[{{"id":9,"artifact_id":9,"subject_artifact_id":5,
        "subject_artifact_digest":"{AMD}","subject_artifact_repo":"team/a/web","size":1,"digest":"{TOLD}",
        "type":"signature.cosign","icon":"","creation_time":"2026-03-14T09:24:00Z"}}]}}"#
    );
    let list = "/api/v2.0/projects/team/repositories/a%252Fweb/artifacts";
    let fake = member(1).list(list, 3, &format!("[{artifact}]"));
    let shown = page(&fake, &format!("{PAGE}?tab=artifacts&show=untagged")).await;
    shown.has("Untagged");
    shown.has("Signed");
    shown.has("3 of 41");
    shown.has(&format!("/projects/team/a/web/-/artifacts/{AMD}/delete"));
    shown.has(r#"href="?tab=artifacts&amp;show=tagged""#);
    assert!(fake.asked("q=tags%3Dnil&sort=-push_time&page=1"));
    let none = page(&member(1).list(list, 0, "[]"), &format!("{PAGE}?tab=artifacts&show=untagged")).await;
    none.has("Nothing matches the filters");
    page(&member(1).list(list, 0, "[]"), &format!("{PAGE}?tab=artifacts")).await.has("No artifacts yet");
}

fn moves() -> String {
    format!(
        r#"[{{"tag":"v1","digest":"{INDEX}","from":"{AMD}","operation":"push","at":"2026-03-14T09:24:00Z",
        "username":"mei","present":true,"current":true}},
        {{"tag":"v1","digest":"{AMD}","operation":"restore","at":"2026-03-13T09:24:00Z","username":"ada","present":true}},
        {{"tag":"v1","digest":"{ARM}","operation":"push","at":"2026-03-12T09:24:00Z","username":"ada","present":false}},
        {{"tag":"v1","digest":"{INDEX}","operation":"push","at":"2026-03-11T10:24:00Z","username":"ada","present":true,"here":true}},
        {{"tag":"v1","operation":"delete","at":"2026-03-11T09:24:00Z","username":"ada"}}]"#
    )
}

#[tokio::test]
async fn a_tag_is_restored_while_its_manifest_is_there() {
    let fake = |role| member(role).list(&format!("{HERE}/tags/v1/history"), 4, &moves());
    let shown = page(&fake(2), &format!("{PAGE}/-/tags/v1/history")).await;
    for text in ["v1 moved", "v1 restored", "v1 deleted", "by mei", "Current", "No longer in the repository"] {
        shown.has(text);
    }
    // Only the manifest that is here and that the tag is not at, which can be looked at first.
    assert_eq!(shown.html.matches(&format!(r#"href="/projects/team/a/web/-/artifacts/{AMD}""#)).count(), 1);
    assert_eq!(shown.html.matches(r#"action="/_portal/restore-tag""#).count(), 1);
    shown.has(&format!(r#"name="digest" value="{AMD}""#));
    shown.has(r#"aria-label="Restore v1 to 3ab7719c0d52""#);
    page(&fake(3), &format!("{PAGE}/-/tags/v1/history")).await.lacks("restore-tag");
    let refusal = r#"{"faults":[],"refusal":{"status":412,"code":"PRECONDITION","message":"immutable","request_id":"req-9"},
        "values":[]}"#;
    let refused = answered(&format!("{PAGE}/-/tags/v1/history"), "/_portal/restore-tag", refusal);
    page(&fake(2), &refused).await.has("req-9");
}

#[tokio::test]
async fn all_tags_of_a_repository_have_one_history() {
    let fake = member(2).list(&format!("{HERE}/history"), 30, &moves());
    let shown = page(&fake, &format!("{PAGE}?tab=history&q=v1&op=push&page=2")).await;
    shown.has("30 moves");
    shown.has(r#"name="back" value="/projects/team/a/web?tab=history""#);
    assert!(fake.asked("history?q=tag%3D~v1%2Coperation%3Dpush&page=2"));
    let none = |search: &str| {
        let fake = member(2).list(&format!("{HERE}/history"), 0, "[]");
        let address = format!("{PAGE}?tab=history{search}");
        async move { page(&fake, &address).await }
    };
    none("").await.has("No moves yet");
    none("&op=delete").await.has("Nothing matches the filters");
}

#[tokio::test]
async fn a_readme_is_edited_by_who_may() {
    let list = r#"[{"id":3,"project_id":7,"name":"team/a/web","description":"Books.","artifact_count":41,"pull_count":1,
        "creation_time":"2026-03-01T09:00:00Z","update_time":"2026-03-14T09:24:00Z"}]"#;
    let fake = with_tags(2, 1, &[tag("v1", "")]).list("/api/v2.0/projects/team/repositories", 1, list);
    page(&fake, PAGE).await.has(r#"href="/projects/team/a/web/-/description""#);
    let form = page(&fake, &format!("{PAGE}/-/description")).await;
    form.has(r#"action="/_portal/repository-description""#);
    form.has("Books.</textarea>");
    form.has("Preview");
    let guest = with_tags(3, 1, &[tag("v1", "")]);
    page(&guest, PAGE).await.lacks("/-/description");
    assert_eq!(page(&guest, &format!("{PAGE}/-/description")).await.status, 403);
    // Without a description, who may write one is asked to, and other members read who that is.
    let bare = |role| with_tags(role, 1, &[tag("v1", "")]).answer(&format!("{HERE}/summary"), 200, &summary(""));
    page(&bare(2), PAGE).await.has("No description");
    page(&bare(3), PAGE).await.has("Nobody has said yet what this repository holds");
    let annotated = r#","readme":{"html":"<p>x</p>","summary":"x","source":"annotation"}"#;
    let fake = bare(3).answer(&format!("{HERE}/summary"), 200, &summary(annotated));
    page(&fake, PAGE).await.has("from org.opencontainers.image.description");
}

#[tokio::test]
async fn what_goes_wrong_is_said_where_it_went_wrong() {
    let refused = |status, code: &str| {
        let body = format!(r#"{{"errors":[{{"code":"{code}","message":"no"}}]}}"#);
        member(1).answer(&format!("{HERE}/summary"), status, &body)
    };
    assert_eq!(page(&refused(404, "NOT_FOUND"), PAGE).await.status, 404);
    assert_eq!(page(&refused(403, "FORBIDDEN"), PAGE).await.status, 403);
    let broken = page(&refused(500, "UNKNOWN"), PAGE).await;
    assert_eq!(broken.status, 500);
    broken.has("req-1");
    // The list alone may fail; the rest is still there.
    let list = member(1).answer(&format!("{HERE}/tags"), 500, r#"{"errors":[{"code":"UNKNOWN","message":"no"}]}"#);
    let list = page(&list, PAGE).await;
    list.has("docker pull registry.example.com/team/a/web:latest");
    list.has("req-1");
}

#[tokio::test]
async fn the_page_speaks_chinese() {
    let fake = with_tags(1, 1, &[tag("v1", &children())]).cookie("berth_lang=zh-CN");
    let page = page(&fake, &format!("{PAGE}?open=v1")).await;
    page.has(r#"lang="zh-CN""#);
    page.has("未扫描");
    for word in
        ["Vulnerabilities", "Trust", "Unsigned", "Not scanned", "Platforms", "Pushed", "Signature", "Tag history"]
    {
        page.lacks(&format!(">{word}"));
    }
}
