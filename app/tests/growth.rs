//! How storage grew, on the pages of a project and of the installation, over a fake transport, as HTML.

#[expect(dead_code, reason = "the other suites use more of it")]
mod support;

use support::{ADMIN, Fake, MEI, Page, page};

const PROJECT: &str = "/api/berth/v1/projects/team/usage";
const SYSTEM: &str = "/api/berth/v1/usage";
const MIB: i64 = 1 << 20;

/// Measures of days of March 2026, as the day and the MiB that are stored. Today is the 14th.
fn history(days: &[(u32, i64)]) -> String {
    let days = days.iter().map(|(day, mib)| {
        format!(
            r#"{{"day":"2026-03-{day:02}T00:00:00Z","measured_at":"2026-03-{day:02}T09:00:00Z","logical":{},"stored":{},
            "artifacts":1240}}"#,
            2 * mib * MIB,
            mib * MIB
        )
    });
    let days: Vec<String> = days.collect();
    format!(r#"{{"days":[{}],"next_at":"2026-03-15T00:00:00Z"}}"#, days.join(","))
}

fn project(days: &str) -> Fake {
    let project = r#"{"project_id":7,"owner_id":1,"owner_name":"admin","name":"team","creation_time":"2026-03-01T09:00:00Z",
        "update_time":"2026-03-14T09:24:00Z","current_user_role_id":3,"current_user_role_ids":[3],"repo_count":1,
        "metadata":{"public":"false"},"cve_allowlist":{"items":[]}}"#;
    let usage = r#"{"limit":-1,"used":0,"reserved":0,"repositories":0,"saved":0}"#;
    Fake::signed_in(MEI)
        .answer("/api/v2.0/projects/team", 200, project)
        .answer(PROJECT, 200, usage)
        .answer(&format!("{PROJECT}/days"), 200, days)
        .list(&format!("{PROJECT}/repositories"), 0, "[]")
}

fn system(days: &str) -> Fake {
    let usage = r#"{"projects":3,"used":0,"stored":0,"unlinked":0,"reserved":0,"saved":0}"#;
    Fake::signed_in(ADMIN).list(&format!("{SYSTEM}/projects"), 0, "[]").answer(SYSTEM, 200, usage).answer(
        &format!("{SYSTEM}/days"),
        200,
        days,
    )
}

/// The pages with their card, and what they call what is stored.
async fn both(query: &str, days: &str) -> [(Page, &'static str); 2] {
    let of_project = page(&project(days), &format!("/projects/team/-/storage{query}")).await;
    let of_system = page(&system(days), &format!("/admin/storage{query}")).await;
    [(of_project, "Counts"), (of_system, "Stored")]
}

#[tokio::test]
async fn a_chart_says_in_words_what_it_draws() {
    for (shown, stored) in both("?q=x&days=90", &history(&[(9, 10), (10, 12), (14, 30)])).await {
        assert_eq!(shown.status, 200);
        shown.has("<h2>Growth</h2>");
        shown.has("20.0\u{a0}MiB more than on 9 March 2026");
        shown.has("On 3 of these days no server ran, so nothing was measured.");
        shown.has(&format!(
            r#"aria-label="{stored}: 10.0{nb}MiB on 9 March 2026, 30.0{nb}MiB on 14 March 2026, at most 30.0{nb}MiB."#,
            nb = '\u{a0}'
        ));
        // The days without a measure break the line: two days of it, and today alone.
        shown.has("60.0\u{a0}MiB");
        shown.has(r#"d="M943 834L955 800" class="chart-line solid""#);
        shown.has(r#"d="M1000 500h0" class="chart-dot solid""#);
        shown.has("15 December 2025");
        // Choices keep what else the address says.
        shown.has(r##"href="?q=x#growth""##);
        shown.has(r##"href="?q=x&amp;days=365#growth""##);
        shown.has(r##"href="?q=x&amp;days=90&amp;growth=table#growth""##);
        shown.lacks("style=");
    }
}

#[tokio::test]
async fn the_table_has_every_day_and_says_what_is_missing() {
    for (shown, _) in both("?growth=table", &history(&[(9, 12), (10, 10), (13, 10), (14, 30)])).await {
        assert_eq!(shown.status, 200);
        shown.has("Storage by day, newest first");
        for text in ["11 March 2026 – 12 March 2026", "not measured", "\u{2212}2.0\u{a0}MiB", "+20.0\u{a0}MiB", "1 240"]
        {
            shown.has(text);
        }
        shown.lacks("chart-line");
        let at = |day: &str| shown.html.find(day).unwrap_or_else(|| panic!("no {day}"));
        assert!(at("scope=\"row\">14 March 2026") < at("scope=\"row\">9 March 2026"));
    }
}

#[tokio::test]
async fn the_first_day_says_when_the_next_comes() {
    for (shown, _) in both("", &history(&[(14, 5)])).await {
        assert_eq!(shown.status, 200);
        shown.has("This is the first day: one point a day is kept (UTC). The next one comes in 14 hours.");
        shown.has(r#"d="M1000 500h0" class="chart-dot solid""#);
        shown.lacks("nothing was measured");
    }
}

#[tokio::test]
async fn what_is_refused_stands_in_the_card_and_leaves_the_page() {
    let refused = r#"{"errors":[{"code":"INTERNAL_ERROR","message":"internal server error"}]}"#;
    let fakes = [
        project("").answer(&format!("{PROJECT}/days"), 500, refused),
        system("").answer(&format!("{SYSTEM}/days"), 500, refused),
    ];
    for (fake, path) in fakes.iter().zip(["/projects/team/-/storage", "/admin/storage"]) {
        let shown = page(fake, path).await;
        assert_eq!(shown.status, 200, "{path}");
        shown.has("<h2>Growth</h2>");
        shown.has("req-1");
        shown.has(r#"role="alert""#);
    }
    assert!(fakes[0].asked("/usage/days?days=30"));
}
