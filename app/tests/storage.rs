//! What all projects store, over a fake transport, as HTML.

#[expect(dead_code, reason = "the other suites use more of it")]
mod support;

use support::{ADMIN, Fake, MEI, page};

const SYSTEM: &str = "/api/berth/v1/usage";
const PAGE: &str = "/admin/storage";

fn system() -> Fake {
    let usage =
        r#"{"projects":2,"used":1610612736,"stored":1079033856,"unlinked":5242880,"reserved":0,"saved":536821760}"#;
    let days = r#"{"days":[{"day":"2026-03-14T00:00:00Z","measured_at":"2026-03-14T09:00:00Z","logical":1610612736,
        "stored":1079033856,"artifacts":9}],"next_at":"2026-03-15T00:00:00Z"}"#;
    Fake::signed_in(ADMIN).answer(SYSTEM, 200, usage).answer(&format!("{SYSTEM}/days"), 200, days)
}

fn with_projects(total: i64) -> Fake {
    let rows = r#"[
        {"name":"team","used":1073741824,"own":536870912,"shared":536870912,"repo_count":12,"artifact_count":340,
         "pull_count":1234,"push_time":"2026-03-14T09:24:00Z","pull_time":"2026-03-14T09:34:00Z"},
        {"name":"ledger","used":536870912,"own":0,"shared":536870912,"repo_count":1,"artifact_count":1,"pull_count":0,
         "push_time":"2026-03-01T09:24:00Z"}]"#;
    system().list(&format!("{SYSTEM}/projects"), total, rows)
}

fn with_repositories(total: i64, rows: &str) -> Fake {
    system().list(&format!("{SYSTEM}/repositories"), total, rows)
}

#[tokio::test]
async fn the_whole_is_said_before_projects_are_compared() {
    let fake = with_projects(2);
    let shown = page(&fake, PAGE).await;
    assert_eq!(shown.status, 200);
    shown.has("<h1>Storage</h1>");
    // What counts, what is stored of it, what sharing saves and what a clean-up will remove.
    for text in ["1.5\u{a0}GiB", "1.0\u{a0}GiB", "512\u{a0}MiB", "5.0\u{a0}MiB", "Saved by sharing", "2 projects"] {
        shown.has(text);
    }
    shown.has("<h2>Growth</h2>");
    shown.has("Storage of all projects");
    shown.has(r#"href="/projects/team/-/storage""#);
    shown.has(r#"href="/projects/ledger/-/storage""#);
    shown.has("Only here");
    shown.has("1 234");
    shown.has("12 min ago");
    shown.has("Never");
    // The largest first, and every column but those that are counted for the page has a way to sort by it.
    assert!(fake.asked(&format!("{SYSTEM}/projects?sort=-size&page=1&page_size=25")));
    assert!(!fake.asked("/usage/repositories"));
    for field in
        ["sort=name", "sort=size", "sort=-repo_count", "sort=-pull_count", "sort=-push_time", "sort=-pull_time"]
    {
        shown.has(&format!(r#"href="?{field}""#));
    }
    shown.lacks("sort=-own");
    shown.has(r#"<a href="?tab=repositories">By repository</a>"#);
    shown.has(r#"aria-current="page">By project</a>"#);
    shown.lacks("style=");
    // The navigation leads here, and the calls that were made can be made again.
    shown.has(r#"<a href="/admin/storage" aria-current="page""#);
    shown.has("curl -u admin 'http://registry.example.com/api/berth/v1/usage/projects?sort=-size");
}

#[tokio::test]
async fn projects_are_searched_sorted_and_paged_in_the_address() {
    let fake = with_projects(60);
    let shown = page(&fake, &format!("{PAGE}?q=te&sort=-pull_time&page=2&days=90")).await;
    assert!(fake.asked(&format!("{SYSTEM}/projects?q=name%3D~te&sort=-pull_time&page=2&page_size=25")));
    shown.has("60 projects");
    shown.has(r#"value="te""#);
    // The other list begins anew, under the same picture.
    shown.has(r#"href="?days=90&amp;tab=repositories""#);
    shown.has(r#"href="?q=te&amp;days=90&amp;sort=pull_time""#);
    shown.has("page=3");
}

#[tokio::test]
async fn repositories_of_all_projects_are_compared() {
    let rows = r#"[{"name":"team/a/web","artifact_count":4,"pull_count":7,"bytes":429496729,"shared":1048576,
        "push_time":"2026-03-14T09:24:00Z"}]"#;
    let fake = with_repositories(1, rows);
    let shown = page(&fake, &format!("{PAGE}?tab=repositories&unused=365&q=web&sort=-pull_count")).await;
    assert_eq!(shown.status, 200);
    let asked = "q=name%3D~web&sort=-pull_count&page=1&page_size=25&unused_days=365";
    assert!(fake.asked(&format!("{SYSTEM}/repositories?{asked}")));
    assert!(!fake.asked("/usage/projects"));
    shown.has("Storage of the repositories of all projects");
    shown.has(r#"href="/projects/team/a/web""#);
    shown.has("410\u{a0}MiB");
    shown.has("1 repository");
    for days in [30, 90, 180] {
        shown.has(&format!(r#"href="?tab=repositories&amp;q=web&amp;sort=-pull_count&amp;unused={days}""#));
    }
    shown.has(r#"unused=365" aria-current="true">365 days</a>"#);
    shown.has(r#"aria-current="page">By repository</a>"#);
}

#[tokio::test]
async fn what_is_empty_says_how_to_go_on_and_stays_on_its_list() {
    let none = system().list(&format!("{SYSTEM}/projects"), 0, "[]");
    page(&none, PAGE).await.has("No projects yet");
    let found = page(&none, &format!("{PAGE}?q=zz&days=365")).await;
    found.has("Nothing matches “zz”");
    found.has(r#"href="?days=365""#);

    let none = with_repositories(0, "[]");
    let nothing = page(&none, &format!("{PAGE}?tab=repositories")).await;
    nothing.has("No repositories yet");
    nothing.has(r#"href="/projects""#);
    let unused = page(&none, &format!("{PAGE}?tab=repositories&unused=30")).await;
    unused.has("Everything was used in that time");
    unused.has(r#"href="?tab=repositories""#);
    let found = page(&none, &format!("{PAGE}?tab=repositories&q=zz")).await;
    found.has("Nothing matches “zz”");
    found.has(r#"href="?tab=repositories""#);
}

#[tokio::test]
async fn what_is_refused_leaves_the_lists() {
    let refused = r#"{"errors":[{"code":"INTERNAL_ERROR","message":"internal server error"}]}"#;
    let fake = with_projects(2).answer(SYSTEM, 500, refused);
    let shown = page(&fake, PAGE).await;
    assert_eq!(shown.status, 200);
    shown.lacks("Waits for clean-up");
    shown.has(r#"href="/projects/team/-/storage""#);
    assert_eq!(page(&Fake::signed_in(MEI), PAGE).await.status, 403);
}
