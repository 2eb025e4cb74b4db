//! The pages of projects, repositories and artifacts over a fake transport, as HTML.

#[expect(dead_code, reason = "the other suites use more of it")]
mod support;

use support::{ADMIN, Fake, MEI, answered, page};

const DIGEST: &str = "sha256:9f1c2a7be04d510e6b1c88f2d3a97745c01e6ab2f49d83c5e7720a1bd4f6e938";
const CHILD: &str = "sha256:3ab7719c0d52e8aa6b1c88f2d3a97745c01e6ab2f49d83c5e7720a1bd4f6e938";

/// A project as the API shows it to somebody with this role; 0 for none.
fn project(name: &str, role: i64, public: bool, repositories: i64) -> String {
    let roles = match role {
        0 => r#""current_user_role_ids":null"#.to_owned(),
        role => format!(r#""current_user_role_id":{role},"current_user_role_ids":[{role}]"#),
    };
    format!(
        r#"{{"project_id":7,"owner_id":1,"owner_name":"admin","name":"{name}","creation_time":"2026-03-01T09:00:00Z",
        "update_time":"2026-03-14T09:24:00Z",{roles},"repo_count":{repositories},"metadata":{{"public":"{public}"}},
        "cve_allowlist":{{"items":[]}}}}"#
    )
}

fn repository(name: &str, description: &str) -> String {
    format!(
        r#"{{"id":3,"project_id":7,"name":"{name}","description":"{description}","artifact_count":41,"pull_count":18402,
        "creation_time":"2026-03-01T09:00:00Z","update_time":"2026-03-14T09:24:00Z"}}"#
    )
}

/// Somebody with a role in the project `team`.
fn member(role: i64) -> Fake {
    let summary = r#"{"id":3,"name":"team/a/web","artifact_count":41,"tag_count":2,"pull_count":18402,"size":149526938,
        "push_time":"2026-03-14T09:24:00Z","pull_time":"0001-01-01T00:00:00Z"}"#;
    Fake::signed_in(MEI).answer("/api/v2.0/projects/team", 200, &project("team", role, false, 1)).answer(
        "/api/berth/v1/projects/team/repositories/a%252Fweb/summary",
        200,
        summary,
    )
}

const MEMBERS: &str = "/api/berth/v1/projects/team/members";
const PREVIEW: &str = "/api/berth/v1/bulk/preview";
const REPOSITORIES: &str = "/api/v2.0/projects/team/repositories";
const REPOSITORY: &str = "/api/v2.0/projects/team/repositories/a%252Fweb";
const TAGS: &str = "/api/berth/v1/projects/team/repositories/a%252Fweb/tags";

fn tags() -> String {
    format!(
        r#"[{{"name":"v1.2.0","digest":"{DIGEST}","artifact_id":5,"kind":"IMAGE","size":149526938,
        "platforms":["linux/amd64","linux/arm/v7"],"push_time":"2026-03-14T09:24:00Z","pull_time":"0001-01-01T00:00:00Z"}},
        {{"name":"latest","digest":"{DIGEST}","artifact_id":5,"kind":"IMAGE","size":149526938,"platforms":[],
        "push_time":"2026-03-13T09:24:00Z","pull_time":"2026-03-14T09:35:00Z"}}]"#
    )
}

const OVERVIEWS: &str = "/api/berth/v1/projects";

/// A project as the list shows it.
fn overview(name: &str, role: i64, public: bool, more: &str) -> String {
    let role = if role == 0 { String::new() } else { format!(r#""current_user_role_id":{role},"#) };
    format!(
        r#"{{"project_id":7,"name":"{name}","public":{public},"owner_name":"admin",{role}{more}"favorite":{},"repo_count":38,
        "creation_time":"2026-03-01T09:00:00Z","update_time":"2026-03-14T09:24:00Z"}}"#,
        name == "team"
    )
}

#[tokio::test]
async fn projects_are_listed_by_one_call_with_the_state_of_the_address() {
    let held = r#""storage":{"used":137438953472,"limit":214748364800},"push_time":"2026-03-14T09:24:00Z","#;
    let list = format!("[{},{}]", overview("team", 1, false, held), overview("library", 0, true, ""));
    let fake = Fake::signed_in(MEI).list(OVERVIEWS, 60, &list);
    let page = page(&fake, "/projects?q=t&show=private&sort=-push_time&page=2").await;
    assert_eq!(page.status, 200);
    page.has("<h1>Projects</h1>");
    page.has("60 projects");
    page.has(r#"href="/projects/team""#);
    page.has("Project admin");
    page.has("12 min ago");
    page.has("64% of quota used");
    page.has("Nothing pushed");
    page.has("26–50 of 60");
    page.has("Per page");
    page.has(r#"aria-sort="descending""#);
    page.has("/projects/team/-/delete");
    page.has(r#"action="/_portal/star""#);
    page.has(r#"aria-pressed="true" aria-label="Star team""#);
    page.has(r#"aria-pressed="false" aria-label="Star library""#);
    // A stranger changes nothing.
    page.lacks("/projects/library/-/members");
    assert!(fake.asked(&format!("{OVERVIEWS}?q=name%3D~t%2Cpublic%3Dfalse&sort=-push_time&page=2&page_size=25")));
}

#[tokio::test]
async fn what_is_ones_own_is_a_view_with_an_address() {
    let fake = Fake::signed_in(MEI).list(OVERVIEWS, 0, "[]");
    page(&fake, "/projects?show=mine").await.has("You are a member of no project");
    assert!(fake.asked("page_size=25&member=true"));
    page(&fake, "/projects?show=starred").await.has("No starred projects");
    assert!(fake.asked("page_size=25&favorite=true"));
}

#[tokio::test]
async fn whoever_has_no_project_is_told_where_to_begin() {
    let (begin, mine) = ("Begin with a project of your own", overview("team", 1, false, ""));
    let others = overview("library", 0, true, "");
    let listed = |fake: Fake, list: &str, total| fake.list(OVERVIEWS, total, &format!("[{list}]"));
    let newcomer = page(&listed(Fake::signed_in(MEI), &others, 1), "/projects").await;
    newcomer.has(begin);
    newcomer.has("library");
    // A filter, a further page, a project of one's own and a closed server are no start.
    page(&listed(Fake::signed_in(MEI), &others, 1), "/projects?q=lib").await.lacks(begin);
    page(&listed(Fake::signed_in(MEI), &others, 60), "/projects").await.lacks(begin);
    page(&listed(Fake::signed_in(MEI), &format!("{mine},{others}"), 2), "/projects").await.lacks(begin);
    let closed = Fake::signed_in(MEI).system(r#""project_creation_restriction":"adminonly""#);
    page(&listed(closed, &others, 1), "/projects").await.lacks(begin);
    // The first administrator owns the first project, which nobody has pushed to.
    let untouched = overview("library", 1, true, "").replace(r#""repo_count":38"#, r#""repo_count":0"#);
    page(&listed(Fake::signed_in(ADMIN), &untouched, 1), "/projects").await.has(begin);
    page(&listed(Fake::signed_in(ADMIN), &others, 1), "/projects").await.lacks(begin);
    page(&listed(Fake::anonymous(), &others, 1), "/projects").await.lacks(begin);
}

#[tokio::test]
async fn strangers_browse_public_projects() {
    let list = format!("[{}]", overview("library", 0, true, ""));
    let projects = page(&Fake::anonymous().list(OVERVIEWS, 1, &list), "/projects").await;
    projects.has("library");
    projects.has("1 project");
    projects.lacks("New project");
    // All rows fit on the shortest page.
    projects.has(r#"class="pager""#);
    projects.lacks("Per page");
    projects.lacks("show=mine");
    projects.lacks("/_portal/star");
    let none = page(&Fake::anonymous().list(OVERVIEWS, 0, "[]"), "/projects").await;
    none.has("No public projects");
    none.has("/sign-in?next=%2Fprojects");
}

#[tokio::test]
async fn an_empty_list_says_what_to_do() {
    let fake = Fake::signed_in(MEI).list(OVERVIEWS, 0, "null");
    page(&fake, "/projects").await.has("No projects yet");
    let filtered = page(&fake, "/projects?q=nope").await;
    filtered.has("Nothing matches “nope”");
    filtered.has("Clear filters");
}

#[tokio::test]
async fn the_front_page_leads_to_the_projects() {
    let page = page(&Fake::anonymous(), "/").await;
    assert_eq!((page.status, page.header("location").as_str()), (302, "/projects"));
}

#[tokio::test]
async fn a_project_is_made_by_a_plain_form() {
    let form = page(&Fake::signed_in(MEI), "/projects/-/new").await;
    form.has(r#"action="/_portal/new-project""#);
    form.has("registry.example.com/my-project/");
    form.has("Lower-case letters, digits");
    form.has(r#"name="public" value="false" checked"#);
    // Only administrators choose a limit.
    form.lacks(r#"name="quota""#);
    page(&Fake::signed_in(ADMIN), "/projects/-/new").await.has(r#"name="quota""#);
    let closed = Fake::signed_in(MEI).system(r#""project_creation_restriction":"adminonly""#);
    let closed = page(&closed, "/projects/-/new").await;
    closed.has("Only administrators create projects here");
    closed.lacks(r#"action="/_portal/new-project""#);
}

#[tokio::test]
async fn what_was_wrong_with_a_new_project_is_shown_without_script() {
    let answer =
        r#"{"faults":[["name",{"ProjectTaken":"team"}]],"refusal":null,"values":[["name","team"],["public","true"]]}"#;
    let page = page(&Fake::signed_in(MEI), &answered("/projects/-/new", "/_portal/new-project", answer)).await;
    page.has("A project named “team” exists already.");
    page.has("Lower-case letters, digits");
    page.has(r#"value="team""#);
    page.has(r#"name="public" value="true" checked"#);
}

#[tokio::test]
async fn a_project_shows_its_repositories() {
    let list = format!("[{}]", repository("team/a/web", "# Ledger\\n\\nBooks."));
    let summary =
        r#"{"repo_count":1,"project_admin_count":2,"quota":{"hard":{"storage":-1},"used":{"storage":1048576}}}"#;
    let fake = member(4).list("/api/v2.0/projects/team/repositories", 1, &list).answer(
        "/api/v2.0/projects/team/summary",
        200,
        summary,
    );
    let page = page(&fake, "/projects/team?q=web&sort=-pull_count").await;
    assert_eq!(page.status, 200);
    page.has("<title>team · Berth</title>");
    page.has("team/<wbr>a/<wbr>web");
    page.has(r#"href="/projects/team/a/web""#);
    page.has("18 402");
    page.has(">Ledger<");
    page.has("You are Maintainer");
    page.has("docker push registry.example.com/team/my-app:v1");
    page.has("docker login registry.example.com -u mei");
    page.has("no limit");
    page.has("/projects/team/-/members");
    page.lacks("/projects/team/-/audit");
    page.lacks("/projects/team/-/settings");
    assert!(fake.asked("/api/v2.0/projects/team/repositories?q=name%3D~web&sort=-pull_count"));
}

#[tokio::test]
async fn an_empty_project_holds_the_exact_commands() {
    let fake = member(2).list("/api/v2.0/projects/team/repositories", 0, "[]");
    let empty = page(&fake, "/projects/team").await;
    empty.has("No repositories yet");
    empty.has("docker tag my-app:latest registry.example.com/team/my-app:v1");
    let guest = page(&member(3).list("/api/v2.0/projects/team/repositories", 0, "[]"), "/projects/team").await;
    guest.has("Nothing was pushed to this project so far.");
    guest.lacks("docker push");
}

#[tokio::test]
async fn what_cannot_be_seen_is_not_found() {
    for address in ["/projects/secret", "/projects/UPPER", "/projects/team/-/robots", "/projects/team/a/-/artifacts"] {
        let page = page(&member(1), address).await;
        assert_eq!(page.status, 404, "{address}");
        page.has("Nothing is berthed here");
        page.has("All projects");
    }
    let body = r#"{"errors":[{"code":"FORBIDDEN","message":"forbidden"}]}"#;
    let refused = page(&Fake::signed_in(MEI).answer("/api/v2.0/projects/secret", 403, body), "/projects/secret").await;
    assert_eq!(refused.status, 403);
    refused.has("Your role does not allow this");
}

#[tokio::test]
async fn members_and_their_roles() {
    let list = r#"[{"id":1,"project_id":7,"entity_name":"mei","role_name":"projectAdmin","role_id":1,"entity_id":3,"entity_type":"u"},
        {"id":2,"project_id":7,"entity_name":"ada","role_name":"guest","role_id":3,"entity_id":4,"entity_type":"u"}]"#;
    let fake = member(1).list(MEMBERS, 2, list);
    let page_of_admin = page(&fake, "/projects/team/-/members?q=a").await;
    page_of_admin.has("2 members");
    page_of_admin.has("Role of ada");
    page_of_admin.has(r#"action="/_portal/member-role""#);
    page_of_admin.has("/projects/team/-/members/2/remove");
    page_of_admin.has("That is you");
    page_of_admin.lacks("Role of mei");
    page_of_admin.lacks("/projects/team/-/members/1/remove");
    page_of_admin.has("What each role may do");
    page_of_admin.has(r#"href="?q=a&amp;sort=-entity_name""#);
    page_of_admin.has(r#"href="?q=a&amp;sort=role_id""#);
    assert!(fake.asked(&format!("{MEMBERS}?q=entity_name%3D~a&sort=entity_name&page=1&page_size=25")));
    let fake = member(1).list(MEMBERS, 30, list);
    page(&fake, "/projects/team/-/members?sort=-role_id&page=2").await.has(r#"aria-sort="descending""#);
    assert!(fake.asked(&format!("{MEMBERS}?sort=-role_id&page=2")));
    let nobody = page(&member(1).list(MEMBERS, 0, "[]"), "/projects/team/-/members?q=zed").await;
    nobody.has("Nothing matches “zed”");
    nobody.lacks("Add the people who push or pull here.");
    let guest = page(&member(3).list(MEMBERS, 2, list), "/projects/team/-/members").await;
    guest.lacks(r#"action="/_portal/member-role""#);
    guest.lacks("Add member");
    assert_eq!(page(&member(5), "/projects/team/-/members").await.status, 403);
}

#[tokio::test]
async fn a_member_is_added_and_removed_by_plain_forms() {
    let form = page(&member(1), "/projects/team/-/members/new").await;
    form.has(r#"action="/_portal/add-member""#);
    form.has(r#"name="project" value="team""#);
    form.has(r#"name="role" value="2" checked"#);
    form.has("Pushes and pulls; cannot delete.");
    let answer =
        r#"{"faults":[["username",{"UserUnknown":"bob"}]],"refusal":null,"values":[["username","bob"],["role","3"]]}"#;
    let wrong = answered("/projects/team/-/members/new", "/_portal/add-member", answer);
    let wrong = page(&member(1), &wrong).await;
    wrong.has("There is no user named “bob”.");
    wrong.has(r#"name="role" value="3" checked"#);
    let one = r#"{"id":2,"project_id":7,"entity_name":"ada","role_name":"guest","role_id":3,"entity_id":4,"entity_type":"u"}"#;
    let fake = member(1).answer("/api/v2.0/projects/team/members/2", 200, one);
    let remove = page(&fake, "/projects/team/-/members/2/remove").await;
    remove.has("<h1>Remove ada?</h1>");
    remove.has("ada loses the role Guest in team.");
    assert_eq!(page(&member(4), "/projects/team/-/members/new").await.status, 403);
}

#[tokio::test]
async fn a_project_has_a_log_of_its_own() {
    let entries = r#"[{"id":7,"username":"mei","resource":"team/a/web:v1","resource_type":"artifact","operation":"create",
        "operation_description":"","operation_result":true,"op_time":"2026-03-14T09:32:11Z"}]"#;
    let fake = member(1).list("/api/berth/v1/projects/team/audit-logs", 1, entries).answer(
        "/api/berth/v1/users/current/views",
        200,
        "[]",
    );
    let log = page(&fake, "/projects/team/-/audit?operation=create").await;
    log.has("Artifact pushed");
    log.has(r#"href="/projects/team/a/web/-/artifacts/v1""#);
    assert!(fake.asked("/api/berth/v1/projects/team/audit-logs?q=operation%3Dcreate"));
    assert_eq!(page(&member(4), "/projects/team/-/audit").await.status, 403);
}

#[tokio::test]
async fn settings_and_deletion() {
    let deletable = "/api/v2.0/projects/team/_deletable";
    let fake = member(1).answer(deletable, 200, r#"{"deletable":true}"#);
    let settings = page(&fake, "/projects/team/-/settings").await;
    settings.lacks(r#"action="/_portal/project-access""#);
    settings.has(r#"href="/projects/team/-/settings/visibility""#);
    settings.has("Make public…");
    settings.has(r#"action="/_portal/delete-project""#);
    settings.has(r#"href="/projects/team/-/delete""#);
    let blocked = member(1).answer(deletable, 200, r#"{"message":"the project contains repositories"}"#);
    let blocked = page(&blocked, "/projects/team/-/settings").await;
    blocked.has("The project cannot be deleted yet");
    blocked.has("It holds 1 repository. Delete it first.");
    blocked.lacks("delete-project");
    let question = page(&member(1), "/projects/team/-/delete").await;
    question.has("<h1>Delete team?</h1>");
    question.has(r#"name="confirm""#);
    let answer = r#"{"faults":[["confirm",{"NameConfirm":"team"}]],"refusal":null,"values":[]}"#;
    let wrong = answered("/projects/team/-/delete", "/_portal/delete-project", answer);
    page(&member(1), &wrong).await.has("Type “team” to confirm.");
    assert_eq!(page(&member(4), "/projects/team/-/settings").await.status, 403);
}

#[tokio::test]
async fn a_developer_does_not_delete() {
    let fake = member(2).list(REPOSITORIES, 1, &format!("[{}]", repository("team/a/web", ""))).list(TAGS, 2, &tags());
    let shown = page(&fake, "/projects/team/a/web").await;
    shown.has("/projects/team/a/web/-/description");
    shown.lacks("/-/tags/latest/delete");
    shown.lacks("/projects/team/a/web/-/delete");
    for address in ["/-/delete", "/-/tags/v1/delete", &format!("/-/artifacts/{DIGEST}/delete")] {
        assert_eq!(page(&fake, &format!("/projects/team/a/web{address}")).await.status, 403, "{address}");
    }
}

#[tokio::test]
async fn the_questions_before_a_deletion() {
    let fake = member(1).list(REPOSITORIES, 1, &format!("[{}]", repository("team/a/web", ""))).answer(
        &format!("{REPOSITORY}/artifacts/v1"),
        200,
        &artifact(""),
    );
    let effect = r#"{"items":1,"unknown":[],"tags":1,"manifests":1,"bytes":1048576,"kept_count":0,"kept":[]}"#;
    let fake = fake.answer(PREVIEW, 200, effect);
    let repository = page(&fake, "/projects/team/a/web/-/delete").await;
    repository.has("<h1>Delete team/a/web?</h1>");
    repository.has("41 artifacts and all their tags are deleted.");
    repository.has(r#"action="/_portal/delete-repository""#);
    repository.has("1.0\u{a0}MiB that nothing else in the project has count no longer");
    let tag = page(&fake, "/projects/team/a/web/-/tags/v1/delete").await;
    tag.has("<h1>Delete the tag v1?</h1>");
    tag.has(r#"name="tag" value="v1""#);
    tag.has("1 artifact stays without any tag (1.0\u{a0}MiB).");
    // What a rule protects is not offered for deletion.
    let kept = effect.replace(
        r#""kept_count":0,"kept":[]"#,
        r#""kept_count":1,
        "kept":[{"item":"v1","code":"PRECONDITION","message":"the tag v1 configured as immutable, cannot be deleted"}]"#,
    );
    let protected = fake.clone().answer(PREVIEW, 200, &kept);
    for address in [
        "/projects/team/a/web/-/delete",
        "/projects/team/a/web/-/tags/v1/delete",
        "/projects/team/a/web/-/artifacts/v1/delete",
    ] {
        let (offered, kept) = (page(&fake, address).await, page(&protected, address).await);
        assert_eq!(kept.status, 200);
        kept.has("A rule of the project protects a tag of it");
        kept.has(">Cancel</a>");
        for text in ["btn-danger-fill", "What happens"] {
            offered.has(text);
            kept.lacks(text);
        }
    }
    let gone = fake.clone().answer(
        PREVIEW,
        200,
        r#"{"items":0,"unknown":["v9"],"tags":0,"manifests":0,"bytes":0,"kept_count":0,"kept":[]}"#,
    );
    let tag = page(&gone, "/projects/team/a/web/-/tags/v9/delete").await;
    assert_eq!(tag.status, 404);
    for text in ["<h1>v9</h1>", "It is not there any more", r#"href="/projects/team/a/web""#] {
        tag.has(text);
    }
    for text in ["What happens", "/_portal/delete-tag"] {
        tag.lacks(text);
    }
    // The tag of a signature is in no list, but it is there.
    let signature = page(&gone, "/projects/team/a/web/-/tags/v1/delete").await;
    signature.lacks("What happens");
    signature.has("/_portal/delete-tag");
    for (address, name, list) in [
        ("/projects/team/a/web/-/delete", "team/a/web", r#"href="/projects/team""#),
        ("/projects/team/a/web/-/artifacts/v9/delete", "v9", r#"href="/projects/team/a/web""#),
    ] {
        let gone = page(&member(1).answer(PREVIEW, 200, effect), address).await;
        assert_eq!(gone.status, 404, "{address}");
        gone.has(&format!("<h1>{name}</h1>"));
        gone.has("It is not there any more");
        gone.has(list);
        gone.lacks("/_portal/delete");
    }
    let artifact = page(&fake, "/projects/team/a/web/-/artifacts/v1/delete").await;
    artifact.has("<h1>Delete 9f1c2a7be04d?</h1>");
    artifact.has("The artifact and its 2 tags are deleted.");
    artifact.has("1 manifest is deleted, with what only it refers to.");
    artifact.has(&format!(r#"name="digest" value="{DIGEST}""#));
    page(&fake, "/projects/team/a/web/-/artifacts/v1/tag").await.has(r#"action="/_portal/add-tag""#);
    page(&fake, "/projects/team/a/web/-/description").await.has(r#"name="description""#);
}

/// An image with two tags; `more` are further fields.
fn artifact(more: &str) -> String {
    format!(
        r#"{{"id":5,"type":"IMAGE","media_type":"application/vnd.oci.image.config.v1+json",
        "manifest_media_type":"application/vnd.oci.image.manifest.v1+json",
        "artifact_type":"application/vnd.oci.image.config.v1+json","project_id":7,"repository_id":3,
        "repository_name":"team/a/web","digest":"{DIGEST}","size":149526938,"push_time":"2026-03-14T09:24:00Z",
        "pull_time":"0001-01-01T00:00:00Z","annotations":{{"org.opencontainers.image.licenses":"Apache-2.0"}},
        "extra_attrs":{{"os":"linux","architecture":"arm64","author":"ci","created":"2026-03-14T09:21:00Z",
        "config":{{"Entrypoint":["/bin/web","serve"],"Env":["TZ=UTC"],"ExposedPorts":{{"8080/tcp":{{}}}},"Labels":{{"team":"books"}}}}}},
        "tags":[{{"id":1,"repository_id":3,"artifact_id":5,"name":"v1","push_time":"2026-03-14T09:24:00Z","immutable":false}},
        {{"id":2,"repository_id":3,"artifact_id":5,"name":"latest","push_time":"2026-03-14T09:24:00Z","immutable":true}}]{more}}}"#
    )
}

#[tokio::test]
async fn an_artifact_says_what_it_is() {
    let fake = member(2).answer(&format!("{REPOSITORY}/artifacts/v1"), 200, &artifact(""));
    let page = page(&fake, "/projects/team/a/web/-/artifacts/v1").await;
    assert_eq!(page.status, 200);
    page.has("<title>team/a/web:v1 · Berth</title>");
    page.has("sha256:9f1c2a7be04d510e…f6e938");
    page.has("docker pull registry.example.com/team/a/web:v1");
    page.has("linux/<wbr>arm64");
    page.has("/bin/web serve");
    page.has("TZ=UTC");
    page.has("8080/tcp");
    page.has("Apache-2.0");
    page.has(">books<");
    page.has("Immutable");
    page.has("application/<wbr>vnd.oci.image.manifest.v1+<wbr>json");
    page.has("/projects/team/a/web/-/artifacts/v1/layers");
    page.has("/projects/team/a/web/-/tags/v1/history");
    page.lacks("/projects/team/a/web/-/artifacts/v1/delete");
}

/// An index of one image and its attestation.
fn index() -> String {
    let attestation = CHILD.replace("3ab7719c0d52", "77aa77aa77aa");
    artifact(&format!(
        r#","references":[{{"parent_id":5,"child_id":6,"child_digest":"{CHILD}","urls":null,
        "platform":{{"OsFeatures":null,"architecture":"amd64","os":"linux"}}}},
        {{"parent_id":5,"child_id":7,"child_digest":"{attestation}","urls":null,
        "platform":{{"OsFeatures":null,"architecture":"unknown","os":"unknown"}},
        "annotations":{{"vnd.docker.reference.type":"attestation-manifest","vnd.docker.reference.digest":"{CHILD}"}}}}]"#
    ))
}

const CHILDREN_PATH: &str = "/api/berth/v1/projects/team/repositories/a%252Fweb/artifacts/v1/children";

/// What an index lists, the attestation first.
fn children() -> String {
    let attestation = CHILD.replace("3ab7719c0d52", "77aa77aa77aa");
    format!(
        r#"[{{"digest":"{attestation}","attestation":true,"about":"{CHILD}","size":900,"layers":1,"present":true}},
        {{"digest":"{CHILD}","platform":"linux/amd64","size":51275366,"layers":9,"referrers":1,"present":true}}]"#
    )
}

#[tokio::test]
async fn an_index_lists_its_platforms_and_what_attests_them() {
    let fake =
        member(2).answer(&format!("{REPOSITORY}/artifacts/v1"), 200, &index()).list(CHILDREN_PATH, 2, &children());
    let page = page(&fake, "/projects/team/a/web/-/artifacts/v1").await;
    page.has("Multi-platform image");
    page.has(&format!(r#"href="/projects/team/a/web/-/artifacts/{CHILD}?of=v1""#));
    page.has("linux/amd64");
    page.has("48.9\u{a0}MiB");
    page.has("Attestations for linux/amd64");
    page.lacks("unknown/unknown");
}

const LAYERS: &str = r#"[
    {"digest":"sha256:0000000000aa","media_type":"application/vnd.oci.image.layer.v1.tar+gzip","size":1048576,
     "created_by":"/bin/sh -c #(nop) ADD file:x in / ","foreign":false},
    {"created_by":"ENV TZ=UTC","size":0},
    {"digest":"sha256:0000000000bb","media_type":"x","size":3145728,"created_by":"RUN /bin/sh -c make # buildkit"}]"#;

#[tokio::test]
async fn layers_are_joined_with_their_history() {
    let base = "/api/berth/v1/projects/team/repositories/a%252Fweb/artifacts";
    let digest = |digest: &str| format!("{base}/{}/layers", digest.replace(':', "%3A"));
    let fake = member(3).answer(&format!("{REPOSITORY}/artifacts/v1"), 200, &artifact("")).answer(
        &digest(DIGEST),
        200,
        LAYERS,
    );
    let image = page(&fake, "/projects/team/a/web/-/artifacts/v1/layers").await;
    image.has("linux/arm64: 2 layers, 4.0\u{a0}MiB compressed.");
    image.has("ADD file:x /");
    image.has("RUN make");
    image.has("no layer");
    image.has(r#"data-v="75""#);
    // An index shows the layers of its first image.
    let fake =
        member(3).answer(&format!("{REPOSITORY}/artifacts/v1"), 200, &index()).answer(&digest(CHILD), 200, LAYERS);
    let index = page(&fake, "/projects/team/a/web/-/artifacts/v1/layers").await;
    index.has("linux/amd64: 2 layers");
    index.has("?platform=sha256:3ab7719c0d52");
}

#[tokio::test]
async fn every_page_speaks_chinese() {
    let list = format!("[{}]", repository("team/a/web", ""));
    let fake = member(1)
        .list(REPOSITORIES, 1, &list)
        .list(TAGS, 2, &tags())
        .answer(&format!("{REPOSITORY}/artifacts/v1"), 200, &index())
        .list(CHILDREN_PATH, 2, &children())
        .cookie("berth_lang=zh-CN");
    let words = ["Repositories", "Members", "Digest", "Pushed", "Size", "Platforms", "Description", "Delete", "pulled"];
    for address in ["/projects/team", "/projects/team/a/web", "/projects/team/a/web/-/artifacts/v1"] {
        let page = page(&fake, address).await;
        page.has(r#"lang="zh-CN""#);
        for word in words {
            page.lacks(&format!(">{word}"));
        }
    }
}

#[tokio::test]
async fn nothing_needs_a_style_attribute_or_a_handler() {
    let fake = member(1)
        .list(REPOSITORIES, 1, &format!("[{}]", repository("team/a/web", "x")))
        .list(TAGS, 2, &tags())
        .answer("/api/v2.0/projects/team/_deletable", 200, r#"{"deletable":true}"#);
    for address in ["/projects/team/a/web", "/projects/team/-/settings", "/projects/team/-/members/new"] {
        let page = page(&fake, address).await;
        page.lacks(" style=\"");
        page.lacks(" onclick=");
    }
}

const LABEL: &str = r##"{"id":4,"name":"stable","description":"Tested","color":"#0065ab","scope":"p","project_id":7,
    "creation_time":"2026-03-14T09:24:00Z"}"##;

#[tokio::test]
async fn labels_of_a_project() {
    let labels = |role| {
        let fake = member(role).list("/api/v2.0/labels", 1, &format!("[{LABEL}]"));
        fake.answer("/api/v2.0/labels/4", 200, LABEL).list("/api/v2.0/projects/team/artifacts", 3, "[]")
    };
    let fake = labels(1);
    let list = page(&fake, "/projects/team/-/labels").await;
    list.has("<title>Labels · team · Berth</title>");
    list.has(r#"href="/projects/team/-/labels/new""#);
    list.has("/projects/team/-/labels/4/delete");
    assert!(fake.asked("scope=p&project_id=7"));
    let new = page(&fake, "/projects/team/-/labels/new").await;
    new.has(r#"name="project" value="team""#);
    new.has(r#"name="project_id" value="7""#);
    page(&fake, "/projects/team/-/labels/4/edit").await.has("<h1>Edit stable</h1>");
    let delete = page(&fake, "/projects/team/-/labels/4/delete").await;
    delete.has("The label comes off 3 artifacts. The artifacts stay.");
    delete.has(r#"action="/_portal/delete-label""#);
    assert!(fake.asked("/api/v2.0/projects/team/artifacts?q=labels%3D%284%29&page=1&page_size=1"));
    // A label of somebody else is none of this project's.
    let foreign = labels(1).answer("/api/v2.0/labels/4", 200, &LABEL.replace("\"project_id\":7", "\"project_id\":8"));
    assert_eq!(page(&foreign, "/projects/team/-/labels/4/delete").await.status, 404);
    let guest = labels(3);
    let list = page(&guest, "/projects/team/-/labels").await;
    list.has("stable");
    list.lacks("/-/labels/new");
    list.lacks("/-/labels/4/edit");
    for part in ["new", "4/edit", "4/delete"] {
        assert_eq!(page(&guest, &format!("/projects/team/-/labels/{part}")).await.status, 403, "{part}");
    }
    assert_eq!(page(&labels(5), "/projects/team/-/labels").await.status, 403);
}

#[tokio::test]
async fn labels_on_an_artifact() {
    let carries = |role| {
        let address = format!("{REPOSITORY}/artifacts/v1");
        let other = LABEL.replace("\"id\":4,\"name\":\"stable\"", "\"id\":5,\"name\":\"old\"");
        member(role).answer(&address, 200, &artifact(&format!(r#","labels":[{LABEL}]"#))).list(
            "/api/v2.0/labels",
            2,
            &format!("[{LABEL},{other}]"),
        )
    };
    let fake = carries(2);
    let overview = page(&fake, "/projects/team/a/web/-/artifacts/v1").await;
    overview.has("stable");
    overview.has("Remove the label stable");
    overview.has(r#"action="/_portal/take-label""#);
    overview.has(r#"href="/projects/team/a/web/-/artifacts/v1/labels""#);
    assert!(fake.asked("with_label=true"));
    let choose = page(&fake, "/projects/team/a/web/-/artifacts/v1/labels").await;
    choose.has("Add the label old");
    choose.has(r#"action="/_portal/put-label""#);
    choose.has("Remove the label stable");
    choose.lacks("Add the label stable");
    let guest = page(&carries(3), "/projects/team/a/web/-/artifacts/v1").await;
    guest.has("stable");
    guest.lacks("take-label");
    guest.lacks("/-/artifacts/v1/labels");
    assert_eq!(page(&carries(3), "/projects/team/a/web/-/artifacts/v1/labels").await.status, 403);
}

#[tokio::test]
async fn a_project_shows_how_full_it_is() {
    let summary = r#"{"repo_count":1,"quota":{"hard":{"storage":1073741824},"used":{"storage":1030792151}}}"#;
    let fake = member(1).answer("/api/v2.0/projects/team/summary", 200, summary).list(REPOSITORIES, 0, "[]");
    let front = page(&fake, "/projects/team").await;
    front.has(r#"role="img" aria-label="95% of quota used""#);
    front.has(r#"data-v="95" class="warn""#);
    front.has("41.0\u{a0}MiB left");
}
