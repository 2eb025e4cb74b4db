//! Lists with nothing in them over a fake transport: each says what to do next, by a command, a button or a link.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "the other suites use more of it")]
mod support;

use std::path::Path;
use support::{ADMIN, Fake, MEI, Page, page};

const DIGEST: &str = "sha256:9f1c2a7be04d510e6b1c88f2d3a97745c01e6ab2f49d83c5e7720a1bd4f6e938";
const ADMIN_ROLE: i64 = 1;
const GUEST_ROLE: i64 = 3;
const MAINTAINER_ROLE: i64 = 4;

/// What administrators of the system find empty.
const OF_SYSTEM: [&str; 35] = [
    "/projects",
    "/projects?q=zz",
    "/projects?show=mine",
    "/projects?show=starred",
    "/search",
    "/search?q=zz",
    "/account/tokens",
    "/admin/users?q=zz",
    "/admin/bulk",
    "/projects/-/bulk",
    "/admin/quotas",
    "/admin/quotas?q=zz",
    "/admin/storage",
    "/admin/storage?q=zz",
    "/admin/storage?tab=repositories",
    "/admin/storage?tab=repositories&q=zz",
    "/admin/storage?tab=repositories&unused=90",
    "/admin/labels",
    "/admin/robots",
    "/admin/robots?q=zz",
    "/admin/groups",
    "/admin/groups/1",
    "/admin/registries",
    "/admin/replication",
    "/admin/replication/new",
    "/admin/scanners",
    "/admin/preheat",
    "/admin/audit",
    "/admin/audit?operation=create",
    "/admin/jobs",
    "/admin/jobs?view=all",
    "/admin/jobs?view=schedules",
    "/admin/jobs?view=workers",
    "/admin/clean-up",
    "/admin/clean-up?tab=runs",
];

/// What its admin finds empty in a project.
const OF_PROJECT: [&str; 13] = [
    "",
    "/-/members",
    "/-/robots",
    "/-/labels",
    "/-/labels?q=zz",
    "/-/retention",
    "/-/immutability",
    "/-/webhooks",
    "/-/preheat",
    "/-/scanner",
    "/-/audit",
    "/-/storage",
    "/-/storage?unused=90",
];

/// What is empty in a repository, and about an artifact that nobody said anything about.
const OF_REPOSITORY: [&str; 10] = [
    "",
    "?q=zz",
    "?tab=artifacts",
    "?tab=history",
    "/-/tags/v1/history",
    "/-/artifacts/v1/attestations",
    "/-/artifacts/v1/sbom",
    "/-/artifacts/v1/referrers",
    "/-/artifacts/v1/vulnerabilities",
    "/-/artifacts/v1/layers",
];

/// What guests find empty and may not fill.
const OF_GUESTS: [&str; 11] = [
    "/projects/team",
    "/projects/team/-/labels",
    "/projects/team/-/scanner",
    "/projects?show=mine",
    "/projects/team/-/robots",
    "/projects/team/-/storage",
    "/projects/team/a/web",
    "/projects/team/a/web?tab=artifacts",
    "/projects/team/a/web?tab=history",
    "/projects",
    "/search?q=zz",
];

/// Who finds nothing, and only reads why: who may change it is somebody else, or it stands beside the list.
const REASON_ALONE: [(&str, &str); 2] = [
    ("Nothing to preview", "the button to add a rule is in the list of rules beside it"),
    (
        "No scanner yet",
        "who registers scanners is an administrator of the system, whom the text names and no list shows",
    ),
];

/// A `<Empty/>` without a next step, by file: why that is right.
const BARE: [(&str, &str); 3] = [
    ("artifact/sbom.rs", "the document lists no packages, which nobody can change"),
    ("project/retention/preview.rs", "the button to add a rule is in the list of rules beside it"),
    ("project/webhooks/edit.rs", "no delivery was made yet, and the form above says when one will be"),
];

/// Somebody in a project whose lists are all empty.
fn within(user: &str, role: i64) -> Fake {
    let project = format!(
        r#"{{"project_id":7,"owner_id":1,"owner_name":"admin","name":"team","creation_time":"2026-03-01T09:00:00Z",
        "update_time":"2026-03-14T09:24:00Z","current_user_role_id":{role},"current_user_role_ids":[{role}],
        "repo_count":0,"metadata":{{"public":"false"}},"cve_allowlist":{{"items":[]}}}}"#
    );
    let artifact = format!(
        r#"{{"id":5,"type":"IMAGE","media_type":"application/vnd.oci.image.config.v1+json",
        "manifest_media_type":"application/vnd.oci.image.manifest.v1+json",
        "artifact_type":"application/vnd.oci.image.config.v1+json","project_id":7,"repository_id":3,
        "repository_name":"team/a/web","digest":"{DIGEST}","size":1,"push_time":"2026-03-14T09:24:00Z",
        "pull_time":"0001-01-01T00:00:00Z","addition_links":{{}},"tags":[]}}"#
    );
    let here = "/api/berth/v1/projects/team/repositories/a%252Fweb";
    let artifacts = "/api/v2.0/projects/team/repositories/a%252Fweb/artifacts";
    let summary = r#"{"id":3,"name":"team/a/web","artifact_count":0,"tag_count":0,"pull_count":0,"size":0,
        "push_time":"2026-03-14T09:24:00Z","pull_time":"0001-01-01T00:00:00Z"}"#;
    let plan = r#"{"grace_seconds":7200,"blobs":{"count":0,"bytes":0},"manifests":{"count":0,"bytes":0},
        "waiting":{"count":0,"bytes":0},"kept":[],"stored":{"count":0,"bytes":0},"untagged":0,"truncated":false,"items":[]}"#;
    let numbers = r#"{"queues":[],"schedules_paused":false,"workers":0,"nodes":0,"failed":0,"done":0}"#;
    let usage = r#"{"limit":-1,"used":0,"reserved":0,"repositories":0,"saved":0}"#;
    let days = r#"{"days":[{"day":"2026-03-14T00:00:00Z","measured_at":"2026-03-14T09:36:00Z","logical":0,"stored":0,
        "artifacts":0}],"next_at":"2026-03-15T00:00:00Z"}"#;
    Fake::signed_in(user)
        .otherwise_empty()
        .answer("/api/v2.0/projects/team", 200, &project)
        .answer("/api/v2.0/projects/team/scanner", 200, "")
        .answer(&format!("{here}/summary"), 200, summary)
        .answer(&format!("{artifacts}/v1"), 200, &artifact)
        .answer(&format!("{artifacts}/{}", DIGEST.replace(':', "%3A")), 200, &artifact)
        .answer("/api/v2.0/usergroups/1", 200, r#"{"id":1,"group_name":"crew","group_type":3}"#)
        .answer("/api/berth/v1/projects/team/usage", 200, usage)
        .answer("/api/berth/v1/projects/team/usage/days", 200, days)
        .answer("/api/berth/v1/gc/plan", 200, plan)
        .answer("/api/berth/v1/job-statistics", 200, numbers)
        .answer("/api/v2.0/system/gc/schedule", 200, "")
        .answer("/api/v2.0/system/purgeaudit/schedule", 200, "")
}

/// What stands in the empty states of a page: a title and all of the markup.
fn empties(page: &Page) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for part in page.html.split(r#"<div class="empty">"#).skip(1) {
        let mut depth = 1;
        let mut end = part.len();
        for (at, _) in part.match_indices('<') {
            if part[at..].starts_with("<div") {
                depth += 1;
            } else if part[at..].starts_with("</div") {
                depth -= 1;
            }
            if depth == 0 {
                end = at;
                break;
            }
        }
        let markup = part[..end].replace("<!>", "");
        let title = markup.split_once("<h").and_then(|(_, rest)| rest.split_once('>')).unwrap().1;
        found.push((title.split_once('<').unwrap().0.to_owned(), markup));
    }
    found
}

async fn walk(fake: &Fake, addresses: impl IntoIterator<Item = String>) {
    let mut faults = Vec::new();
    for address in addresses {
        let page = page(fake, &address).await;
        assert_eq!(page.status, 200, "{address}");
        let found = empties(&page);
        if found.is_empty() {
            faults.push(format!("{address} shows no empty list"));
        }
        for (title, markup) in found {
            let has_step = ["<a ", "<button", "<form"].iter().any(|step| markup.contains(step));
            if !has_step && !REASON_ALONE.iter().any(|(known, _)| *known == title) {
                faults.push(format!("{address}: “{title}” does not say what to do next"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[tokio::test]
async fn an_administrator_always_finds_the_next_step() {
    walk(&within(ADMIN, ADMIN_ROLE), OF_SYSTEM.map(str::to_owned)).await;
    let more = ["/admin/clean-up?tab=purge", "/admin/settings?q=zz"].map(str::to_owned);
    walk(&within(ADMIN, ADMIN_ROLE), more).await;
}

#[tokio::test]
async fn who_runs_a_project_finds_the_next_step() {
    let fake = within(MEI, ADMIN_ROLE);
    walk(&fake, OF_PROJECT.map(|part| format!("/projects/team{part}"))).await;
    walk(&fake, OF_REPOSITORY.map(|part| format!("/projects/team/a/web{part}"))).await;
}

#[tokio::test]
async fn who_may_not_fill_a_list_is_led_elsewhere() {
    walk(&within(MEI, GUEST_ROLE), OF_GUESTS.map(str::to_owned)).await;
    let maintainer = page(&within(MEI, MAINTAINER_ROLE), "/projects/team/-/webhooks").await;
    maintainer.has("Ask a project admin");
    maintainer.lacks(r#"href="/projects/team/-/webhooks/new""#);
}

#[tokio::test]
async fn who_lacks_a_right_reads_which_one_and_who_has_it() {
    let guest = within(MEI, GUEST_ROLE);
    let labels = page(&guest, "/projects/team/-/labels").await;
    labels.has("This needs the permission “Create” on “Labels”. Roles that have it: Project admin, Maintainer.");
    labels.has(r#"href="/projects/team/-/members""#);
    // Whoever may make one is not told of it.
    page(&within(MEI, MAINTAINER_ROLE), "/projects/team/-/labels").await.lacks("This needs the permission");

    let about = page(&guest, "/projects/team/a/web").await;
    about.has("Nobody has said yet what this repository holds and how to run it.");
    about.has("Roles that have it: Project admin, Maintainer");

    let scanner = page(&guest, "/projects/team/-/scanner").await;
    scanner.has("in the whole system. System administrators have it.");
    scanner.lacks("/admin/scanners");
    let chosen = r#"{"uuid":"u-1","name":"trivy","description":"","url":"http://trivy:8080","disabled":false,
        "is_default":true,"auth":"","access_credential":"","skip_certVerify":false,"use_internal_addr":false,
        "create_time":"2026-03-01T09:00:00Z","update_time":"2026-03-01T09:00:00Z","health":"healthy"}"#;
    let chosen = guest.clone().answer("/api/v2.0/projects/team/scanner", 200, chosen);
    page(&chosen, "/projects/team/-/scanner").await.has("Roles that have it: Project admin. ");

    let admin = page(&within(MEI, ADMIN_ROLE), "/projects/team/-/preheat/new").await;
    admin.has("No P2P network");
    admin.has("in the whole system. System administrators have it.");
}

#[tokio::test]
async fn who_may_make_no_project_reads_whom_to_ask_and_by_which_name() {
    let fake = Fake::signed_in(MEI).otherwise_empty().system(r#""project_creation_restriction":"adminonly""#);
    for address in ["/projects", "/projects?show=mine"] {
        let shown = page(&fake, address).await;
        assert_eq!(shown.status, 200, "{address}");
        shown.has("Only administrators create projects here.");
        shown.has(r#"<code class="mono">mei</code>"#);
        shown.lacks("/projects/-/new");
    }
}

#[test]
fn no_empty_list_is_bare_without_a_reason() {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages");
    let mut bare = Vec::new();
    let mut all = 0;
    visit(&pages, &mut |path, source| {
        for part in source.split("<Empty").skip(1).filter(|part| part.starts_with(char::is_whitespace)) {
            all += 1;
            let end = part.char_indices().find(|(at, c)| *c == '>' && !part[..*at].ends_with(['-', '=']));
            let tag = &part[..end.unwrap().0];
            if tag.ends_with('/') && !tag.contains("command=") {
                bare.push(path.strip_prefix(&pages).unwrap().to_str().unwrap().to_owned());
            }
        }
    });
    bare.sort();
    assert!(all > 40, "only {all} empty lists were found");
    assert_eq!(bare, BARE.map(|(file, _)| file.to_owned()));
}

fn visit(folder: &Path, take: &mut dyn FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit(&path, take);
        } else {
            take(&path, &std::fs::read_to_string(&path).unwrap());
        }
    }
}
