//! Selecting rows, the question about them and the operation, over a fake transport, as HTML.

#[expect(dead_code, reason = "the other suites use more of it")]
mod support;

use support::{ADMIN, Fake, MEI, answered, page};

const PREVIEW: &str = "/api/berth/v1/bulk/preview";

/// Somebody with a role in the project `team`.
fn member(role: i64) -> Fake {
    let project = format!(
        r#"{{"project_id":7,"owner_id":1,"owner_name":"admin","name":"team","creation_time":"2026-03-01T09:00:00Z",
        "update_time":"2026-03-14T09:24:00Z","current_user_role_id":{role},"current_user_role_ids":[{role}],
        "repo_count":1,"metadata":{{"public":"false"}},"cve_allowlist":{{"items":[]}}}}"#
    );
    Fake::signed_in(MEI).answer("/api/v2.0/projects/team", 200, &project)
}

fn repositories(total: i64) -> (i64, String) {
    let row = |name: &str| {
        format!(
            r#"{{"id":3,"project_id":7,"name":"team/{name}","description":"","artifact_count":4,"pull_count":1,
            "creation_time":"2026-03-01T09:00:00Z","update_time":"2026-03-14T09:24:00Z"}}"#
        )
    };
    (total, format!("[{},{}]", row("a"), row("b/c")))
}

#[tokio::test]
async fn rows_are_selected_in_a_form_that_needs_no_script() {
    let (total, list) = repositories(1240);
    let fake = member(1).list("/api/v2.0/projects/team/repositories", total, &list);
    let shown = page(&fake, "/projects/team?q=x").await;
    assert_eq!(shown.status, 200);
    shown.has(r#"id="bulk""#);
    shown.has(r#"action="/projects/team/-/bulk""#);
    shown.has(r#"name="kind" value="repositories""#);
    shown.has(r#"name="q" value="name=~x""#);
    shown.has(r#"name="item" value="team/b/c" form="bulk""#);
    shown.has("All 1 240 that match");
    shown.has(r#"name="act" value="delete""#);
    shown.has(r#"name="from" value="q=x""#);
    shown.lacks(" checked");
    // A guest copies to a project of their own.
    let guest = member(3).list("/api/v2.0/projects/team/repositories", total, &list);
    let guest = page(&guest, "/projects/team").await;
    guest.has(r#"name="act" value="copy""#);
    guest.lacks(r#"name="act" value="delete""#);
    // Who can do nothing selects nothing.
    let stranger = member(0).list("/api/v2.0/projects/team/repositories", total, &list);
    let stranger = page(&stranger, "/projects/team").await;
    stranger.lacks(r#"id="bulk""#);
    stranger.lacks(r#"form="bulk""#);
}

#[tokio::test]
async fn who_cancels_finds_what_was_ticked() {
    let preview = r#"{"items":1,"unknown":[],"tags":1,"manifests":1,"bytes":1,"kept":[],"kept_count":0}"#;
    let question = member(1).answer(PREVIEW, 200, preview);
    let address = "/projects/team/-/bulk?kind=repositories&act=delete&from=q%3Dx%26page%3D2";
    let shown = page(&question, &format!("{address}&item=team/b/c")).await;
    shown.has(r#"href="/projects/team?q=x&amp;page=2&amp;ticked=team/b/c""#);
    let all = page(&question, &format!("{address}&all=1&q=name%3D~x")).await;
    all.has(r#"href="/projects/team?q=x&amp;page=2""#);

    let (total, list) = repositories(1240);
    let fake = member(1).list("/api/v2.0/projects/team/repositories", total, &list);
    let one = page(&fake, "/projects/team?q=x&ticked=team/b/c").await;
    one.has(r#"name="item" value="team/b/c" form="bulk" autocomplete="off" checked"#);
    one.lacks(r#"value="team/a" form="bulk" autocomplete="off" checked"#);
    one.lacks(r#"name="all" value="1" checked"#);
    // Links of the list and the next question begin without.
    one.has(r#"name="from" value="q=x""#);
    one.has("?q=x&amp;page=2");
    for kept in ["page", "sort"] {
        one.lacks(&format!("ticked=team/b/c&amp;{kept}="));
    }
    // A form that is reset has what its page began with: the selection is cleared by the list without it.
    one.lacks(r#"type="reset""#);
    page(&fake, "/projects/team?q=x").await.has(r#"type="reset""#);
}

#[tokio::test]
async fn a_page_that_shows_all_does_not_offer_all_that_match() {
    let (_, list) = repositories(2);
    let fake = member(1).list("/api/v2.0/projects/team/repositories", 2, &list);
    page(&fake, "/projects/team").await.lacks(r#"name="all""#);
}

#[tokio::test]
async fn the_question_says_what_happens_and_what_stays() {
    let preview = r#"{"items":3,"unknown":["gone"],"tags":3,"manifests":2,"bytes":432013312,"kept_count":1,
        "kept":[{"item":"v1","code":"PRECONDITION","message":"the tag v1 configured as immutable, cannot be deleted"}]}"#;
    let fake = member(1).answer(PREVIEW, 200, preview);
    let shown = page(&fake, "/projects/team/web/-/bulk?kind=tags&act=delete&item=v1&item=v2&item=v3&item=gone").await;
    assert_eq!(shown.status, 200);
    shown.has("<h1>Delete 3 tags?</h1>");
    shown.has("3 tags are removed.");
    shown.has("2 artifacts stay without any tag (412\u{a0}MiB).");
    shown.has("1 of them stays");
    shown.has("A rule of the project protects a tag of it");
    shown.has(r#"href="/projects/team/-/immutability""#);
    shown.has("1 is not there any more");
    shown.has(r#"action="/_portal/bulk""#);
    shown.has("team/web");
    // The button says what will really go, and the request travels whole.
    shown.has("Delete 2 tags<");
    shown.has("&quot;items&quot;:[&quot;v1&quot;,&quot;v2&quot;,&quot;v3&quot;,&quot;gone&quot;]");
}

#[tokio::test]
async fn nothing_is_left_to_press_where_everything_stays() {
    let preview = r#"{"items":1,"unknown":[],"tags":0,"manifests":0,"bytes":0,"kept_count":1,
        "kept":[{"item":"v1","code":"PRECONDITION","message":"the tag v1 configured as immutable, cannot be deleted"}]}"#;
    let fake = member(1).answer(PREVIEW, 200, preview);
    let shown = page(&fake, "/projects/team/web/-/bulk?kind=tags&act=delete&item=v1").await;
    shown.has("<h1>Delete 1 tag?</h1>");
    shown.has("1 of them stays");
    shown.lacks("/_portal/bulk");
    shown.has(r#"href="/projects/team/web?ticked=v1""#);
}

#[tokio::test]
async fn a_label_is_named_with_who_shares_it() {
    let preview = r#"{"items":2,"unknown":[],"tags":0,"manifests":0,"bytes":0,"kept":[],"kept_count":0,"label":"good",
        "shared":["latest","v1.0"],"shared_count":5}"#;
    let fake = member(1).answer(PREVIEW, 200, preview);
    let address = "/projects/team/web/-/bulk?kind=tags&item=v1&item=v2&label=5";
    let added = page(&fake, &format!("{address}&act=add_label")).await;
    added.has("<h1>Add the label to 2 tags: good?</h1>");
    added.has("the tags latest, v1.0 and 3 more of the same artifacts get it too.");
    added.has("Add the label to 2 tags<");
    page(&fake, &format!("{address}&act=remove_label")).await.has("of the same artifacts lose it too.");
    let alone = r#"{"items":2,"unknown":[],"tags":0,"manifests":0,"bytes":0,"kept":[],"kept_count":0,"label":"good"}"#;
    let alone = page(&member(1).answer(PREVIEW, 200, alone), &format!("{address}&act=add_label")).await;
    alone.lacks("Labels belong to artifacts");
}

#[tokio::test]
async fn a_target_that_is_none_is_said_at_its_field() {
    let address = "/projects/team/web/-/bulk?kind=tags&item=v1&target=nothing&act=";
    let refused = r#"{"errors":[{"code":"BAD_REQUEST","message":"target in body is no name of a repository"}]}"#;
    let fake = member(1).answer(PREVIEW, 400, refused);
    let shown = page(&fake, &format!("{address}copy")).await;
    shown.has(r#"name="target" value="nothing""#);
    shown.has("Nothing can be put there");
    // What has no target has an error for a page.
    assert_eq!(page(&fake, &format!("{address}delete")).await.status, 400);
    assert_eq!(page(&member(1).answer(PREVIEW, 500, refused), &format!("{address}copy")).await.status, 500);
}

#[tokio::test]
async fn all_that_match_is_one_request_and_not_a_list() {
    let preview = r#"{"items":1240,"unknown":[],"tags":1240,"manifests":0,"bytes":0,"kept":[],"kept_count":0}"#;
    let fake = member(1).answer(PREVIEW, 200, preview);
    let shown = page(&fake, "/projects/team/web/-/bulk?kind=tags&act=delete&item=pr-1&all=1&q=name%3D~pr").await;
    shown.has("<h1>Delete 1 240 tags?</h1>");
    shown.has("&quot;all&quot;:true,&quot;q&quot;:&quot;name=~pr&quot;");
    shown.lacks("&quot;items&quot;");
}

#[tokio::test]
async fn what_is_missing_is_asked_for_first() {
    let labels = r##"[{"id":5,"name":"old","color":"#fff","scope":"p","project_id":7}]"##;
    let fake = member(1).list("/api/v2.0/labels", 1, labels);
    let label = page(&fake, "/projects/team/web/-/bulk?kind=artifacts&act=add_label&item=sha256%3Aab").await;
    label.has("Which label?");
    label.has(r#"<option value="5""#);
    label.has(r#"name="item" value="sha256:ab""#);
    let target = page(&member(1), "/projects/team/web/-/bulk?kind=artifacts&act=copy&all=1").await;
    target.has(r#"name="target""#);
    target.has(r#"name="all" value="1""#);
    let nothing = page(&member(1), "/projects/team/web/-/bulk?kind=artifacts&act=copy").await;
    nothing.has("Nothing is selected");
    nothing.has(r#"href="/projects/team/web?tab=artifacts""#);
}

#[tokio::test]
async fn tags_and_whole_repositories_are_copied() {
    let preview = r#"{"items":2,"unknown":[],"tags":0,"manifests":0,"bytes":0,"kept":[],"kept_count":0}"#;
    let fake = member(1).answer(PREVIEW, 200, preview);
    let tags = page(&fake, "/projects/team/web/-/bulk?kind=tags&act=copy&item=v1&item=v2&target=other/web").await;
    tags.has("<h1>Copy 2 tags?</h1>");
    tags.has("They are copied to other/web.");
    // Other tags of the same artifacts stay where they are.
    tags.lacks("Tags and signatures come along");
    let asked = page(&fake, "/projects/team/-/bulk?kind=repositories&act=copy&item=team/web&item=team/app").await;
    asked.has("<h1>Target project</h1>");
    asked.has("The repositories keep their names.");
    asked.has(r#"name="item" value="team/app""#);
    let question =
        page(&fake, "/projects/team/-/bulk?kind=repositories&act=copy&item=team/web&item=team/app&target=other").await;
    question.has("<h1>Copy 2 artifacts?</h1>");
    question.has("They are copied to the project other under the same names.");
    question.has("&quot;target&quot;:&quot;other&quot;");
}

#[tokio::test]
async fn whole_repositories_are_moved() {
    let address = "/projects/team/-/bulk?kind=repositories&act=move&item=team/web";
    let asked = page(&member(1), address).await;
    asked.has("<h1>Target project</h1>");
    asked.has(r#"name="overwrite" value="1""#);
    let preview = r#"{"items":6,"unknown":[],"tags":3,"manifests":5,"bytes":10,"kept_count":3,
        "named":["team/free","team/web@sha256:cd","team/free@sha256:cd"],
        "kept":[{"item":"team/web@sha256:ab","code":"CONFLICT","message":"other/web has a tag v1"},
        {"item":"team/web","code":"CONFLICT","message":"the repository team/web still holds artifacts"},
        {"item":"team/busy","code":"PRECONDITION","message":"an upload to the repository team/busy is under way"}]}"#;
    let shown = page(&member(1).answer(PREVIEW, 200, preview), &format!("{address}&target=other")).await;
    shown.has("<h1>Move 6 artifacts and repositories?</h1>");
    shown.has("Move 3 artifacts and repositories<");
    shown.has("team/free, team/web<");
    shown.has("It still holds artifacts");
    shown.has("An upload to it is under way");
    // Either project may have the rule.
    shown.lacks("/-/immutability\">");
    shown.has("They are copied to the project other under the same names first");
    shown.has("A repository that is empty then is deleted");
    shown.has("An artifact stays here when other has its tag on something else.");
    shown.has("The target has a tag of it on something else");
    let (total, list) = repositories(2);
    let listed = |role| member(role).list("/api/v2.0/projects/team/repositories", total, &list);
    page(&listed(4), "/projects/team").await.has(r#"name="act" value="move""#);
    page(&listed(2), "/projects/team").await.lacks(r#"name="act" value="move""#);
}

#[tokio::test]
async fn a_move_asks_where_to_and_says_what_stays() {
    let target = page(&member(1), "/projects/team/web/-/bulk?kind=artifacts&act=move&item=sha256%3Aab").await;
    target.has(r#"name="target""#);
    target.has(r#"name="act" value="move""#);
    target.has(r#"name="overwrite" value="1""#);
    // Who copies is not asked: tags move there, as in Harbor.
    page(&member(1), "/projects/team/web/-/bulk?kind=artifacts&act=copy&all=1").await.lacks("overwrite");

    let preview = r#"{"items":2,"unknown":[],"tags":3,"manifests":5,"bytes":10,"kept_count":1,
        "kept":[{"item":"sha256:ab","code":"CONFLICT","message":"q/b has a tag v1 that points at something else"}]}"#;
    let fake = member(1).answer(PREVIEW, 200, preview);
    let address = "/projects/team/web/-/bulk?kind=artifacts&act=move&item=sha256%3Aab&item=sha256%3Acd&target=q/b";
    let shown = page(&fake, address).await;
    shown.has("<h1>Move 2 artifacts?</h1>");
    shown.has("5 manifests are moved, platforms and signatures included.");
    shown.has("3 tags go along.");
    shown.has("They are copied to q/b first, and removed here when they have arrived.");
    shown.has("An artifact stays here when q/b has its tag on something else.");
    shown.has("1 of them stays");
    shown.has("The target has a tag of it on something else");
    shown.has(r#"action="/_portal/bulk""#);
    shown.lacks("&quot;overwrite&quot;");
    let over = page(&fake, &format!("{address}&overwrite=1")).await;
    over.has("Tags of the same name in q/b are moved to what arrives.");
    over.has("&quot;overwrite&quot;:true");
}

#[tokio::test]
async fn a_refusal_is_shown_with_cause_and_request() {
    let refused = r#"{"errors":[{"code":"FORBIDDEN","message":"forbidden"}]}"#;
    let fake = member(3).answer(PREVIEW, 403, refused);
    let shown = page(&fake, "/projects/team/web/-/bulk?kind=tags&act=delete&item=v1").await;
    shown.has("req-1");
    shown.lacks("/_portal/bulk");
    // The answer of a plain form comes back to the page.
    let preview = r#"{"items":1,"unknown":[],"tags":1,"manifests":0,"bytes":0,"kept":[],"kept_count":0}"#;
    let refusal = r#"{"faults":[],"refusal":{"status":412,"code":"PRECONDITION","message":"10 operations are under way","request_id":"req-9"},"values":[]}"#;
    let address = answered("/projects/team/web/-/bulk", "/_portal/bulk", refusal);
    let back = page(&member(1).answer(PREVIEW, 200, preview), &format!("{address}&kind=tags&act=delete&item=v1")).await;
    back.has("10 operations are under way");
    back.has("req-9");
}

fn operation(status: &str, counts: (i64, i64, i64), failures: &str) -> String {
    let (total, done, failed) = counts;
    format!(
        r#"{{"id":12,"request":{{"kind":"users","action":"delete","all":true}},"status":"{status}","total":{total},
        "done":{done},"failed":{failed},"failures":[{failures}],"creation_time":"2026-03-14T09:35:00Z"}}"#
    )
}

#[tokio::test]
async fn an_operation_is_followed_and_its_failures_are_told() {
    let of = |body: &str| Fake::signed_in(ADMIN).answer("/api/berth/v1/bulk/12", 200, body);
    let running = page(&of(&operation("running", (1240, 600, 2), "")), "/admin/bulk?op=12").await;
    running.has("602 of 1 240 done");
    running.has(r#"value="602" max="1240""#);
    running.has(r#"href="/admin/bulk?op=12""#);
    let failed = r#"{"item":"1","name":"admin","code":"FORBIDDEN","message":"User with ID 1 cannot be deleted"},
        {"item":"9","code":"UNKNOWN","message":"internal error"}"#;
    let partly = page(&of(&operation("finished", (4, 2, 2), failed)), "/admin/bulk?op=12").await;
    partly.has("2 done, 2 failed");
    partly.has("You may not do this");
    partly.has("internal error");
    partly.lacks("<progress");
    partly.has(r#"href="/admin/users""#);
    let done = page(&of(&operation("finished", (3, 3, 0), "")), "/admin/bulk?op=12").await;
    done.has("All 3 are done");
    // Come from the jobs: back is the list that the things are in, wherever that is.
    let of_tags = operation("finished", (3, 3, 0), "").replace(r#""users""#, r#""tags","repository":"team/web""#);
    page(&of(&of_tags), "/admin/bulk?op=12").await.has(r#"href="/projects/team/web""#);
    let other = page(&Fake::signed_in(ADMIN), "/admin/bulk?op=13").await;
    other.has("req-1");
    // Administration is for administrators.
    assert_eq!(page(&Fake::signed_in(MEI), "/admin/bulk?op=12").await.status, 403);
}

#[tokio::test]
async fn nobody_selects_the_own_account_or_the_first_one() {
    let user = |id: i64, name: &str| {
        format!(
            r#"{{"user_id":{id},"username":"{name}","realname":"","email":"","sysadmin_flag":false,"admin_role_in_auth":false,
            "creation_time":"2026-01-01T00:00:00Z","update_time":"2026-01-01T00:00:00Z"}}"#
        )
    };
    let list = format!("[{},{}]", user(1, "admin"), user(3, "mei"));
    let shown = page(&Fake::signed_in(ADMIN).list("/api/v2.0/users", 2, &list), "/admin/users").await;
    shown.has(r#"name="item" value="3" form="bulk""#);
    shown.lacks(r#"name="item" value="1" form="bulk""#);
}

#[tokio::test]
async fn storage_is_told_by_repository_and_explained() {
    let usage = r#"{"limit":1073741824,"used":536870912,"reserved":104857600,"shared":104857600,"repositories":644245094,
        "saved":107374182}"#;
    let rows = r#"[{"name":"team/web","artifact_count":4,"pull_count":7,"bytes":429496729,"shared":1048576,
        "push_time":"2026-03-14T09:24:00Z"}]"#;
    let fake = member(1).answer("/api/berth/v1/projects/team/usage", 200, usage).list(
        "/api/berth/v1/projects/team/usage/repositories",
        1,
        rows,
    );
    let shown = page(&fake, "/projects/team/-/storage?unused=90").await;
    assert_eq!(shown.status, 200);
    shown.has("<h1>Storage</h1>");
    for text in ["512\u{a0}MiB", "1.0\u{a0}GiB", "What counts", "410\u{a0}MiB", "Also in other projects", "12 min ago"]
    {
        shown.has(text);
    }
    shown.has(r#"href="/projects/team/web""#);
    shown.has(r#"aria-current="page""#);
    assert!(fake.asked("unused_days=90"));
    // Only administrators of the system are told what other projects have.
    let usage = usage.replace(r#""shared":104857600,"#, "");
    let fake = member(1).answer("/api/berth/v1/projects/team/usage", 200, &usage).list(
        "/api/berth/v1/projects/team/usage/repositories",
        1,
        rows,
    );
    let shown = page(&fake, "/projects/team/-/storage").await;
    assert_eq!(shown.status, 200);
    shown.has("Saved by sharing");
    shown.lacks("Also in other projects");
}

#[tokio::test]
async fn users_are_narrowed_by_role_and_so_is_what_is_selected() {
    let user = r#"{"user_id":3,"username":"mei","realname":"","email":"","sysadmin_flag":true,"admin_role_in_auth":false,
        "creation_time":"2026-01-01T00:00:00Z","update_time":"2026-01-01T00:00:00Z"}"#;
    let fake = Fake::signed_in(ADMIN).list("/api/v2.0/users", 60, &format!("[{user}]"));
    let shown = page(&fake, "/admin/users?q=m&show=admins").await;
    assert!(fake.asked("/api/v2.0/users?q=person%3D~m%2Csysadmin_flag%3Dtrue"));
    shown.has(r#"name="q" value="person=~m,sysadmin_flag=true""#);
    shown.has("All 60 that match");
    shown.has(r#"href="?q=m&amp;show=admins&amp;sort=realname""#);
}

const MEMBERS: &str = "/api/berth/v1/projects/team/members";

fn members() -> String {
    let row = |id: i64, name: &str, kind: &str, entity: i64| {
        format!(
            r#"{{"id":{id},"project_id":7,"entity_name":"{name}","role_name":"developer","role_id":2,"entity_id":{entity},
            "entity_type":"{kind}"}}"#
        )
    };
    // The row id of the group is that of the visitor.
    format!("[{},{},{}]", row(11, "mei", "u", 3), row(12, "tom", "u", 9), row(13, "crew", "g", 3))
}

#[tokio::test]
async fn members_are_selected_but_not_oneself() {
    let lead = member(1).list(MEMBERS, 60, &members());
    let shown = page(&lead, "/projects/team/-/members").await;
    shown.has(r#"action="/projects/team/-/bulk""#);
    shown.has(r#"name="kind" value="members""#);
    shown.has(r#"name="item" value="12" form="bulk""#);
    shown.has(r#"name="item" value="13" form="bulk""#);
    shown.lacks(r#"value="11" form="bulk""#);
    shown.has(r#"name="act" value="set_role""#);
    shown.has(r#"name="act" value="delete""#);
    shown.has("Remove…");
    shown.has("All 60 that match");
    // A name shows whom it is the name of, and a selection knows no names.
    page(&lead, "/projects/team/-/members?q=tom").await.lacks(r#"name="all""#);
    // A developer sees them, and has nothing to do to them.
    let developer = page(&member(2).list(MEMBERS, 60, &members()), "/projects/team/-/members").await;
    developer.has("tom");
    developer.lacks(r#"form="bulk""#);
    // Nor is there anything to do where one is alone.
    let alone = r#"[{"id":11,"project_id":7,"entity_name":"mei","role_name":"projectAdmin","role_id":1,"entity_id":3,
        "entity_type":"u"}]"#;
    let alone = page(&member(1).list(MEMBERS, 1, alone), "/projects/team/-/members").await;
    alone.has("mei");
    alone.lacks(r#"id="bulk""#);
    alone.lacks(r#"form="bulk""#);
}

#[tokio::test]
async fn another_role_is_asked_for_and_told() {
    let asked = page(&member(1), "/projects/team/-/bulk?kind=members&act=set_role&item=12&item=13").await;
    asked.has("<h1>Which role?</h1>");
    asked.has(r#"name="role""#);
    asked.has(r#"<option value="4""#);
    asked.has(r#"name="item" value="13""#);
    asked.has(r#"href="/projects/team/-/members""#);
    let preview = r#"{"items":3,"unknown":[],"tags":0,"manifests":0,"bytes":0,"admins":0,"kept_count":1,
        "kept":[{"item":"11","name":"mei","code":"PRECONDITION","message":"the own membership stays"}]}"#;
    let fake = member(1).answer(PREVIEW, 200, preview);
    let shown = page(&fake, "/projects/team/-/bulk?kind=members&act=set_role&all=1&role=4").await;
    shown.has("<h1>Change the role of 3 members?</h1>");
    shown.has("They get the role Maintainer");
    shown.has("No project admin is left.");
    shown.has("Your own membership stays as it is when all are meant");
    shown.lacks("A rule of the project protects");
    shown.has("&quot;role_id&quot;:4");
    // That is no removal.
    shown.lacks("btn-danger");
    let removal = page(&fake, "/projects/team/-/bulk?kind=members&act=delete&item=12").await;
    removal.has("<h1>Remove 3 members?</h1>");
    removal.has("They lose what the role gave");
    removal.has("btn-danger");
    let preview = preview.replace(r#""admins":0"#, r#""admins":1"#);
    let fake = member(1).answer(PREVIEW, 200, &preview);
    page(&fake, "/projects/team/-/bulk?kind=members&act=delete&item=12").await.lacks("No project admin is left.");
}

#[tokio::test]
async fn labels_are_selected_in_a_project_and_in_the_system() {
    let label = r##"[{"id":5,"name":"old","color":"#ffffff","scope":"p","project_id":7}]"##;
    let labels = |fake: Fake| fake.list("/api/v2.0/labels", 40, label);
    let shown = page(&labels(member(4)), "/projects/team/-/labels?q=ol").await;
    shown.has(r#"action="/projects/team/-/bulk""#);
    shown.has(r#"name="kind" value="labels""#);
    shown.has(r#"name="q" value="name=~ol""#);
    shown.has(r#"name="item" value="5" form="bulk""#);
    shown.has("All 40 that match");
    // What a filter cannot say selects no more than is shown.
    let comma = page(&labels(member(4)), "/projects/team/-/labels?q=o%2Cl").await;
    comma.has(r#"name="item" value="5" form="bulk""#);
    comma.lacks(r#"name="all""#);
    page(&labels(member(3)), "/projects/team/-/labels").await.lacks(r#"form="bulk""#);
    let system = page(&labels(Fake::signed_in(ADMIN)), "/admin/labels").await;
    system.has(r#"action="/admin/bulk""#);
    system.has(r#"name="item" value="5" form="bulk""#);

    let preview = |labelled: i64| {
        format!(
            r#"{{"items":2,"unknown":[],"tags":0,"manifests":0,"bytes":0,"labelled":{labelled},"kept":[],"kept_count":0}}"#
        )
    };
    let address = "/admin/bulk?kind=labels&act=delete&item=5&item=6";
    let shown = page(&Fake::signed_in(ADMIN).answer(PREVIEW, 200, &preview(31)), address).await;
    shown.has("<h1>Delete 2 labels?</h1>");
    shown.has("31 artifacts lose a label. They stay.");
    shown.has(r#"href="/admin/labels""#);
    let unused = page(&Fake::signed_in(ADMIN).answer(PREVIEW, 200, &preview(0)), address).await;
    unused.has("No artifact carries them.");
    unused.lacks("0 artifacts");
}

#[tokio::test]
async fn projects_are_selected_by_who_may_delete_them() {
    let row = |id: i64, name: &str, role: &str| {
        format!(
            r#"{{"project_id":{id},"name":"{name}","public":true,"owner_name":"admin",{role}"favorite":false,"repo_count":0,
            "creation_time":"2026-03-01T09:00:00Z","update_time":"2026-03-14T09:24:00Z"}}"#
        )
    };
    let (own, of_others) = (row(7, "team", r#""current_user_role_id":1,"#), row(8, "library", ""));
    let listed = |fake: Fake, rows: &str| fake.list("/api/berth/v1/projects", 60, &format!("[{rows}]"));
    let both = format!("{own},{of_others}");
    let shown = page(&listed(Fake::signed_in(MEI), &both), "/projects?q=t&show=public").await;
    shown.has(r#"action="/projects/-/bulk""#);
    shown.has(r#"name="kind" value="projects""#);
    shown.has(r#"name="q" value="name=~t,public=true""#);
    shown.has(r#"name="item" value="7" form="bulk""#);
    shown.lacks(r#"value="8" form="bulk""#);
    shown.has("All 60 that match");
    // A selection does not know what is one's own.
    for view in ["mine", "starred"] {
        let shown = page(&listed(Fake::signed_in(MEI), &both), &format!("/projects?show={view}")).await;
        shown.has(r#"name="item" value="7" form="bulk""#);
        shown.lacks(r#"name="all""#);
    }
    for fake in [Fake::signed_in(MEI), Fake::anonymous()] {
        let shown = page(&listed(fake, &of_others), "/projects").await;
        shown.has("library");
        shown.lacks(r#"id="bulk""#);
        shown.lacks(r#"form="bulk""#);
    }
    page(&listed(Fake::signed_in(ADMIN), &of_others), "/projects").await.has(r#"name="item" value="8" form="bulk""#);
}

#[tokio::test]
async fn the_question_about_projects_has_an_address_of_its_own() {
    let preview = r#"{"items":3,"unknown":[],"tags":0,"manifests":0,"bytes":0,"kept_count":2,
        "kept":[{"item":"7","name":"team","code":"PRECONDITION","message":"the project contains repositories"},
        {"item":"8","name":"library","code":"FORBIDDEN","message":"forbidden"}]}"#;
    let address = "/projects/-/bulk?kind=projects&act=delete&item=7&item=8&item=9";
    let shown = page(&Fake::signed_in(MEI).answer(PREVIEW, 200, preview), address).await;
    assert_eq!(shown.status, 200);
    shown.has("<h1>Delete 3 projects?</h1>");
    shown.has("Delete 1 project<");
    shown.has("They are gone for good");
    shown.has("team");
    shown.has("It still has repositories");
    shown.has("You may not do this");
    shown.lacks("A rule of the project protects");
    shown.has(r#"name="page" value="/projects/-/bulk""#);
    shown.has(r#"href="/projects""#);
    let operation = operation("finished", (2, 2, 0), "").replace(r#""kind":"users""#, r#""kind":"projects""#);
    let followed = Fake::signed_in(MEI).answer("/api/berth/v1/bulk/12", 200, &operation);
    page(&followed, "/projects/-/bulk?op=12").await.has("All 2 are done");
    let stranger = page(&Fake::anonymous(), address).await;
    assert_eq!(stranger.status, 302);
    assert_eq!(stranger.header("location"), format!("/sign-in?next={}", berth_types::url::encode(address)));
}
