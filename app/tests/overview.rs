//! The pages of jobs, clean-up and health over a fake transport, as HTML.

#[expect(dead_code, reason = "the other suites use more of it")]
mod support;

use support::{ADMIN, Fake, MEI, page};

const BERTH: &str = "/api/berth/v1";
const NUMBERS: &str = r#"{"queues":[
    {"kind":"GARBAGE_COLLECTION","waiting":0,"running":1,"latency_seconds":0,"paused":false},
    {"kind":"REPLICATION","waiting":14,"running":0,"latency_seconds":9,"paused":true}],
    "schedules_paused":false,"workers":8,"nodes":2,"failed":2,"done":1906}"#;
const RUNNING: &str = r#"{"id":7,"kind":"GARBAGE_COLLECTION","status":"running","trigger":"manual","percent":31,"attempts":1,
    "run_at":"2026-03-14T09:35:00Z","creation_time":"2026-03-14T09:35:00Z","start_time":"2026-03-14T09:35:00Z"}"#;
const FAILED: &str = r#"{"id":6,"kind":"NEW_KIND","status":"error","trigger":"event","attempts":3,"error":"no <room>",
    "run_at":"2026-03-14T09:35:00Z","creation_time":"2026-03-14T09:35:00Z","end_time":"2026-03-14T09:36:00Z"}"#;

fn jobs() -> Fake {
    Fake::signed_in(ADMIN).answer(&format!("{BERTH}/job-statistics"), 200, NUMBERS).list(
        &format!("{BERTH}/jobs"),
        30,
        &format!("[{RUNNING},{FAILED}]"),
    )
}

#[tokio::test]
async fn jobs_are_listed_with_their_states() {
    let fake = jobs();
    let page = page(&fake, "/admin/jobs").await;
    assert_eq!(page.status, 200);
    page.has("<h1>Jobs</h1>");
    page.has("of 8 workers");
    page.has("oldest 9 s");
    page.has(r#"aria-label="31%""#);
    page.has("no &lt;room&gt;");
    page.has("NEW_KIND");
    page.has(r#"href="?stop_job=7""#);
    page.lacks("stop_job=6");
    page.has(r#"href="?pause=all""#);
    page.has("30 jobs");
    page.lacks(r#"class="live""#);
    assert!(fake.asked(&format!("{BERTH}/jobs?q=status%3Dactive&page=1&page_size=25")));
    assert!(!fake.asked("/log"));
}

#[tokio::test]
async fn a_job_of_which_a_part_failed_is_not_done_well() {
    let job = |failed: &str| {
        let job = format!(
            r#"{{"id":8,"kind":"bulk","status":"success","trigger":"manual","percent":100{failed},"attempts":1,
            "run_at":"2026-03-14T09:35:00Z","creation_time":"2026-03-14T09:35:00Z","end_time":"2026-03-14T09:36:00Z"}}"#
        );
        jobs().list(&format!("{BERTH}/jobs"), 1, &format!("[{job}]"))
    };
    let partly = page(&job(r#","failed":2,"operation":31"#), "/admin/jobs?view=all").await;
    partly.has("Done, 2 failed");
    partly.has(r#"href="/admin/bulk?op=31""#);
    partly.has("Bulk operation");
    partly.lacks(">bulk");
    partly.lacks("</svg>Done<");
    for whole in ["", r#","failed":0"#] {
        page(&job(whole), "/admin/jobs?view=all").await.has("</svg>Done<");
    }
}

#[tokio::test]
async fn jobs_are_searched_and_sorted_by_the_server() {
    let fake = jobs();
    let found = page(&fake, "/admin/jobs?view=failed&q=no+room&sort=-start_time&job=6&page=2").await;
    found.has(r#"type="search" name="q" value="no room""#);
    found.has(r#"<input type="hidden" name="view" value="failed""#);
    found.has(r#"aria-sort="descending""#);
    found.has("sort=start_time");
    assert!(fake.asked(&format!("{BERTH}/jobs?q=status%3Derror%2Cerror%3D~no%20room&sort=-start_time&page=2")));
    let none = jobs().list(&format!("{BERTH}/jobs"), 0, "[]").answer(&format!("{BERTH}/jobs/6"), 200, FAILED).answer(
        "/api/v2.0/jobservice/jobs/6/log",
        200,
        "",
    );
    let none_page = page(&none, "/admin/jobs?view=all&q=%2317&job=6").await;
    none_page.has("Nothing matches “#17”");
    none_page.has(r#"href="?view=all&amp;job=6""#);
    // The log of a job that another search may not find is not kept open by it.
    none_page.lacks(r#"<input type="hidden" name="job""#);
    none_page.lacks("Jobs that ended are kept for 30 days.");
    assert!(none.asked(&format!("{BERTH}/jobs?q=id%3D17&page=1")));
}

#[tokio::test]
async fn runs_of_clean_ups_are_sorted_by_the_server() {
    let fake = clean_up();
    let runs = page(&fake, "/admin/clean-up?tab=runs&sort=status").await;
    runs.has(r#"href="?tab=runs&amp;sort=-status""#);
    runs.has(r#"href="?tab=runs&amp;sort=-creation_time""#);
    assert!(fake.asked("/api/v2.0/system/gc?sort=status&page=1"));
}

#[tokio::test]
async fn the_log_of_a_job_follows_the_list() {
    let log = "2026-03-14T09:35:58.104Z [INFO] snapshot <a>\n2026-03-14T09:35:59.104Z [ERROR] storage timed out\n";
    let fake =
        jobs().answer(&format!("{BERTH}/jobs/7"), 200, RUNNING).answer("/api/v2.0/jobservice/jobs/7/log", 200, log);
    let page = page(&fake, "/admin/jobs?view=all&kind=GARBAGE_COLLECTION&job=7").await;
    page.has("Log of Clean-up #7");
    page.has(r#"role="log""#);
    page.has(r#"data-lv="error""#);
    page.has("snapshot &lt;a&gt;");
    page.has(r#"href="/api/v2.0/jobservice/jobs/7/log""#);
    page.has(r#"aria-pressed="true""#);
    assert!(fake.asked("q=kind%3DGARBAGE_COLLECTION&"));
}

#[tokio::test]
async fn what_is_done_to_a_queue_is_asked_first() {
    let asked = page(&jobs(), "/admin/jobs?view=queues&stop=REPLICATION").await;
    asked.has("Drop what waits of Replication?");
    asked.has("14 wait and will never run. 0 run and go on.");
    asked.has(r#"action="/_portal/act-on-queue""#);
    asked.has(r#"name="kind" value="REPLICATION""#);
    asked.has(r#"name="back" value="/admin/jobs?view=queues""#);
    asked.has("Paused");
    let stop = page(&jobs(), "/admin/jobs?stop_job=7").await;
    stop.has("Stop job 7?");
    stop.has(r#"action="/_portal/stop-job""#);
    let pause = page(&jobs(), "/admin/jobs?pause=all").await;
    pause.has("14 wait and are not begun until you resume. 1 run and go on.");
}

#[tokio::test]
async fn schedules_and_workers_have_parts_of_their_own() {
    let fake = jobs()
        .list("/api/v2.0/schedules", 1, r#"[{"id":1,"vendor_type":"GARBAGE_COLLECTION","cron":"0 0 3 * * *"}]"#)
        .answer(
            "/api/v2.0/jobservice/pools",
            200,
            r#"[{"pid":9,"worker_pool_id":"a","start_at":"2026-03-14T09:00:00Z","heartbeat_at":"2026-03-14T09:35:00Z",
                "concurrency":4,"host":"node-1"}]"#,
        )
        .answer(
            "/api/v2.0/jobservice/pools/all/workers",
            200,
            r#"[{"id":"a-1","pool_id":"a","job_name":"GARBAGE_COLLECTION","job_id":"7"},{"id":"a-2","pool_id":"a"}]"#,
        );
    let schedules = page(&fake, "/admin/jobs?view=schedules").await;
    schedules.has("Every day at 03:00 UTC");
    schedules.has(r#"pause=SCHEDULER"#);
    let workers = page(&fake, "/admin/jobs?view=workers").await;
    workers.has("node-1");
    workers.has("1 of 4");
    workers.has(r#"href="/admin/jobs?job=7""#);
}

const PLAN: &str = r#"{"grace_seconds":7200,"schedule":{"cron":"@every 600s","next_at":"2026-03-14T09:40:00Z","chosen":false},
    "blobs":{"count":3,"bytes":3221225472},"manifests":{"count":1,"bytes":400},"waiting":{"count":1,"bytes":1024},
    "all_free_at":"2026-03-14T11:04:00Z","kept":[{"verdict":"awaits_manifest","things":{"count":2,"bytes":2048}}],
    "stored":{"count":40,"bytes":4294967296},"untagged":2,"truncated":false,"items":[
    {"thing":"blob","digest":"sha256:aa00bb11cc22dd33ee44ff5566778899aa00bb11cc22dd33ee44ff5566778899","bytes":3221225472,
     "asked":"unlinked","verdict":"garbage"},
    {"thing":"manifest","digest":"sha256:bb00bb11cc22dd33ee44ff5566778899aa00bb11cc22dd33ee44ff5566778899","bytes":1024,
     "asked":"repository deleted","verdict":"in_grace","free_at":"2026-03-14T11:04:00Z"}]}"#;
const RUN: &str = r#"{"id":5,"job_name":"GARBAGE_COLLECTION","job_kind":"MANUAL","job_status":"Success",
    "job_parameters":"{\"dry_run\":true,\"freed_space\":2048,\"purged_blobs\":4,\"purged_manifests\":2}",
    "creation_time":"2026-03-14T09:00:00Z","update_time":"2026-03-14T09:06:12Z"}"#;

fn clean_up() -> Fake {
    Fake::signed_in(ADMIN).answer(&format!("{BERTH}/gc/plan"), 200, PLAN).list(
        "/api/v2.0/system/gc",
        1,
        &format!("[{RUN}]"),
    )
}

#[tokio::test]
async fn the_plan_says_what_goes_and_when() {
    let page = page(&clean_up(), "/admin/clean-up").await;
    assert_eq!(page.status, 200);
    for text in [
        "<h1>Clean-up</h1>",
        "Every 10 min",
        "Grace time 2 hours",
        "3 blobs, 1 manifests",
        "all free at 11:04",
        "Its last artifact was deleted",
        "The repository was deleted",
        "Uploaded or mounted, its manifest may still come",
        "Last run, measured",
        "Done in 6 min",
        r#"href="/admin/clean-up?ask=now""#,
        r#"action="/_portal/clean-up""#,
    ] {
        page.has(text);
    }
    page.lacks("Clean up now?");
}

#[tokio::test]
async fn a_run_is_asked_for_with_its_effect() {
    let fake = clean_up();
    let asked = page(&fake, "/admin/clean-up?ask=now&untagged=true").await;
    asked.has("Clean up now?");
    asked.has("3 blobs and 1 manifests. This cannot be undone.");
    asked.has("2 artifacts without a tag are deleted as well");
    asked.has(r#"name="untagged" value="true""#);
    assert!(fake.asked("/gc/plan?untagged=true"));
    let runs = page(&clean_up(), "/admin/clean-up?tab=runs").await;
    runs.has("dry run");
    runs.has(r#"href="/admin/jobs?view=all&amp;kind=GARBAGE_COLLECTION&amp;job=5""#);
}

#[tokio::test]
async fn schedules_and_purges_are_forms() {
    let fake = clean_up()
        .answer("/api/v2.0/system/gc/schedule", 200, "")
        .list("/api/v2.0/system/purgeaudit", 0, "[]")
        .answer(
            "/api/v2.0/system/purgeaudit/schedule",
            200,
            r#"{"id":3,"job_kind":"0 0 4 * * 0","schedule":{"type":"Custom","cron":"0 0 4 * * 0"},
                "job_parameters":"{\"audit_retention_hour\":720,\"include_event_types\":\"create_artifact\"}"}"#,
        )
        .answer(
            "/api/v2.0/auditlog-exts/events",
            200,
            r#"[{"event_type":"create_artifact"},{"event_type":"pull_artifact"}]"#,
        );
    let schedule = page(&fake, "/admin/clean-up?tab=schedule").await;
    schedule.has("It comes from the configuration");
    schedule.has(r#"action="/_portal/schedule-chore""#);
    let purge = page(&fake, "/admin/clean-up?tab=purge").await;
    purge.has("Nothing was purged yet");
    purge.has("Now: Every Sunday at 04:00 UTC");
    purge.has(r#"value="30""#);
    purge.has(r#"name="parameters[audit_retention_hour]" value="720""#);
    purge.lacks("Purge the audit log?");
    let asked = page(&fake, "/admin/clean-up?tab=purge&purge=ask&days=30&event=pull_artifact").await;
    asked.has("Purge the audit log?");
    asked.has("Entries of 1 kinds of events that are older than 30 days go.");
    asked.has(r#"action="/_portal/purge-audit""#);
}

#[tokio::test]
async fn health_says_what_is_wrong_and_what_helps() {
    let report = r#"{"version":"0.1.0","started_at":"2026-03-02T09:36:00Z","checked_at":"2026-03-14T09:36:00Z",
        "database":{"works":true,"kind":"postgresql","version":"16.2","size_bytes":1048576,"milliseconds":2,
          "clock_ahead_milliseconds":-4},
        "storage":{"works":true,"milliseconds":24,"used_bytes":100,"free_bytes":50,"total_bytes":100},
        "queue":{"works":true,"waiting":14,"oldest_seconds":9,"running":3,"workers":8,"nodes":2,"paused":[]},
        "certificate":{"ends_at":"2026-03-23T09:36:00Z"},
        "scanners":[{"name":"trivy","disabled":false,"is_default":true,"works":false,"milliseconds":4000,"error":"refused"}],
        "audit_lost":0,"streams":1}"#;
    let fake = Fake::signed_in(ADMIN).answer(&format!("{BERTH}/system/health-report"), 200, report);
    let health = page(&fake, "/admin/health").await;
    assert_eq!(health.status, 200);
    for text in [
        "<h1>System health</h1>",
        "Berth 0.1.0",
        "PostgreSQL 16.2, 1.0",
        "14 waiting, 3 of 8 workers busy",
        "It ends on 23 March 2026.",
        "It does not answer: refused.",
        "4 ms from the database",
        "Something does not work.",
        r#"href="/api/berth/v1/system/support-bundle""#,
        r#"data-state="bad""#,
    ] {
        health.has(text);
    }
    for address in ["/admin/health", "/admin/jobs", "/admin/clean-up"] {
        assert_eq!(page(&Fake::signed_in(MEI), address).await.status, 403, "{address}");
    }
}
