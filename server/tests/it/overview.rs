//! What administrators see of the whole: jobs of all kinds, what a clean-up would do, health, the support bundle.

use std::io::Read;

use berth_testkit::{Backend, Image, Role, Started, TestApp, eventually, on_both};
use flate2::read::GzDecoder;
use serde_json::{Value, json};

on_both!(
    jobs_are_listed_and_counted,
    the_health_report_has_numbers,
    only_administrators_look,
    a_bundle_holds_no_secret,
);

const BERTH: &str = "/api/berth/v1";
const GC: &str = "/api/v2.0/system/gc";

async fn get(app: &TestApp, path: &str) -> Value {
    app.admin().get(&format!("{BERTH}{path}")).send().await.expect(200).json()
}

async fn collect(app: &TestApp, parameters: &Value) -> Value {
    let order = json!({ "schedule": { "type": "Manual" }, "parameters": parameters });
    let path = app.admin().post(&format!("{GC}/schedule")).json(&order).send().await.expect(201).location();
    let id = path.rsplit('/').next().unwrap().to_owned();
    eventually(async || {
        let job = get(app, &format!("/jobs/{id}")).await;
        (!["pending", "running"].contains(&job["status"].as_str().unwrap())).then_some(job)
    })
    .await
}

async fn jobs_are_listed_and_counted(app: &TestApp) {
    let first = collect(app, &json!({ "dry_run": true })).await;
    let second = collect(app, &json!({})).await;
    assert_eq!((&second["kind"], &second["status"]), (&json!("GARBAGE_COLLECTION"), &json!("success")));
    assert_eq!((&second["trigger"], &second["attempts"]), (&json!("manual"), &json!(1)));
    assert!(second["start_time"].is_string() && second["end_time"].is_string());

    let listed = app.admin().get(&format!("{BERTH}/jobs?page_size=1")).send().await.expect(200);
    assert_eq!(listed.header("x-total-count"), "2");
    assert_eq!(listed.json()[0]["id"], second["id"], "newest first");
    let of = async |q: &str| get(app, &format!("/jobs?q={q}")).await.as_array().unwrap().len();
    assert_eq!(of("kind=GARBAGE_COLLECTION").await, 2);
    assert_eq!(of("kind=gc,status=success").await, 2);
    assert_eq!((of("kind=REPLICATION").await, of("status=error").await, of("status=active").await), (0, 0, 0));
    let oldest = get(app, "/jobs?sort=creation_time").await;
    assert_eq!(oldest[0]["id"], first["id"]);

    let queue = "/api/v2.0/jobservice/queues/GARBAGE_COLLECTION";
    app.admin().put(queue).json(&json!({ "action": "pause" })).send().await.expect(200);
    let order = json!({ "schedule": { "type": "Manual" }, "parameters": {} });
    app.admin().post(&format!("{GC}/schedule")).json(&order).send().await.expect(201);
    let active = get(app, "/jobs?q=status=active").await;
    assert_eq!((active.as_array().unwrap().len(), &active[0]["status"]), (1, &json!("pending")));
    let numbers = get(app, "/job-statistics").await;
    let queues = numbers["queues"].as_array().unwrap();
    let collection = queues.iter().find(|queue| queue["kind"] == "GARBAGE_COLLECTION").unwrap();
    assert_eq!((&collection["waiting"], &collection["paused"]), (&json!(1), &json!(true)));
    assert_eq!((&numbers["done"], &numbers["failed"], &numbers["nodes"]), (&json!(2), &json!(0), &json!(1)));
    assert!(numbers["workers"].as_i64() > Some(0));
    app.admin().put(queue).json(&json!({ "action": "stop" })).send().await.expect(200);
    assert_eq!(of("status=active").await, 0);
    for missing in ["/jobs/999999", "/jobs/x"] {
        app.admin().get(&format!("{BERTH}{missing}")).send().await.expect(404);
    }
}

/// Without a clock that collects, and with a grace time that the plan tells.
async fn plan_on(backend: Backend) {
    let settings = [("gc.interval", "0s"), ("gc.grace", "2h")];
    let Some(app) = TestApp::start_with(backend, Started::SetUp, &settings).await else { return };
    let app = &app;
    let admin = app.admin();
    let plan = get(app, "/gc/plan").await;
    assert_eq!((&plan["grace_seconds"], &plan["stored"]["count"]), (&json!(7200), &json!(0)));
    assert!(plan["schedule"].is_null());
    let daily = json!({ "schedule": { "type": "Daily", "cron": "0 0 3 * * *" } });
    admin.put(&format!("{GC}/schedule")).json(&daily).send().await.expect(200);
    let schedule = &get(app, "/gc/plan").await["schedule"];
    assert_eq!((&schedule["cron"], &schedule["chosen"]), (&json!("0 0 3 * * *"), &json!(true)));
    admin.put(&format!("{GC}/schedule")).json(&json!({ "schedule": { "type": "None" } })).send().await.expect(200);

    // The numbers of usage are those that the collection finds and leaves; manifests count there as well, and go at once.
    let usage = async |manifests: &[&Image]| {
        let (usage, plan) = (get(app, "/usage").await, get(app, "/gc/plan").await);
        let amount = |key: &str| usage[key].as_u64().unwrap();
        let manifests: usize = manifests.iter().map(|image| image.manifest.bytes.len()).sum();
        assert_eq!(amount("stored"), plan["stored"]["bytes"].as_u64().unwrap() + manifests as u64);
        assert_eq!(amount("stored"), amount("used") + amount("unlinked"));
        (amount("used"), amount("unlinked"))
    };
    assert_eq!(usage(&[]).await, (0, 0));
    let (image, other) = (Image::new("image", 2), Image::new("other", 2));
    admin.push("library/app", "v1", &image).await;
    admin.push("library/app", "v2", &other).await;
    let (used, unlinked) = usage(&[&image, &other]).await;
    assert!(used > 0 && unlinked == 0);
    let stored = get(app, "/gc/plan").await["stored"]["bytes"].as_u64().unwrap();
    assert!(stored > 0);
    let tag = "/api/v2.0/projects/library/repositories/app/artifacts/v2/tags/v2";
    admin.delete(tag).send().await.expect(200);
    admin.delete("/api/v2.0/projects/library/repositories/app/artifacts/v1").send().await.expect(200);
    let (kept, given_up) = usage(&[&other]).await;
    assert_eq!(kept + given_up + image.manifest.bytes.len() as u64, used);
    assert!(given_up > 0);
    let plan = get(app, "/gc/plan?untagged=true").await;
    assert_eq!((&plan["blobs"]["count"], &plan["untagged"]), (&json!(0), &json!(0)), "the grace time holds");
    assert!(plan["waiting"]["count"].as_u64() > Some(0), "{plan}");
    let free_at = plan["all_free_at"].as_str().unwrap().to_owned();
    let waits = plan["items"].as_array().unwrap();
    assert!(waits.iter().all(|item| item["free_at"].is_string() && item["verdict"] == "in_grace"), "{plan}");
    assert!(waits.iter().any(|item| item["free_at"] == json!(free_at)));

    app.later(7200 + 5);
    let only_unlinked = get(app, "/gc/plan").await;
    assert_eq!(only_unlinked["blobs"]["bytes"].as_u64(), Some(given_up));
    let plan = get(app, "/gc/plan?untagged=true").await;
    assert!(plan["blobs"]["count"].as_u64() > Some(0) && plan["manifests"]["count"] == 1, "{plan}");
    assert_eq!(
        (&plan["all_free_at"], &plan["waiting"]["count"], &plan["untagged"]),
        (&Value::Null, &json!(0), &json!(1))
    );

    // What was planned is what goes, and after deleting everything nothing is left.
    let planned = plan["blobs"]["bytes"].as_u64().unwrap();
    let before = plan["stored"]["bytes"].as_u64().unwrap();
    assert_eq!(collect(app, &json!({ "delete_untagged": true })).await["status"], "success");
    let after = get(app, "/gc/plan").await;
    assert_eq!(after["stored"]["bytes"].as_u64().unwrap(), before - planned);
    app.later(2 * 7200);
    collect(app, &json!({})).await;
    assert_eq!(get(app, "/gc/plan").await["stored"], json!({ "count": 0, "bytes": 0 }));
    assert_eq!(usage(&[]).await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_says_what_goes_and_when_on_sqlite() {
    plan_on(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_says_what_goes_and_when_on_postgresql() {
    plan_on(Backend::Postgres).await;
}

async fn the_health_report_has_numbers(app: &TestApp) {
    app.admin().push("library/app", "v1", &Image::new("image", 1)).await;
    let report = get(app, "/system/health-report").await;
    let database = &report["database"];
    assert_eq!(database["works"], json!(true));
    assert!(["sqlite", "postgresql"].contains(&database["kind"].as_str().unwrap()));
    assert!(database["size_bytes"].as_i64() > Some(0) && !database["version"].as_str().unwrap().is_empty());
    let skew = database["clock_ahead_milliseconds"].as_i64();
    assert_eq!(skew.is_some(), database["kind"] == "postgresql");
    assert!(skew.unwrap_or_default().abs() < 60_000);
    assert_eq!((&report["storage"]["works"], &report["queue"]["works"]), (&json!(true), &json!(true)));
    assert!(report["storage"]["used_bytes"].as_u64() > Some(0) && report["storage"]["free_bytes"].as_u64() > Some(0));
    assert!(report["queue"]["workers"].as_i64() > Some(0));
    assert!(report["certificate"].is_null() && report["external_url"].is_null());
    assert_eq!(report["scanners"], json!([]));
    assert!(!report["version"].as_str().unwrap().is_empty());

    // A scanner that is gone is said, and takes nobody along.
    let adapter = crate::scanners::Adapter::start().await;
    let scanner = json!({ "name": "scanner", "url": adapter.url });
    app.admin().post("/api/v2.0/scanners").json(&scanner).send().await.expect(201);
    let report = get(app, "/system/health-report").await;
    assert_eq!((&report["scanners"][0]["name"], &report["scanners"][0]["works"]), (&json!("scanner"), &json!(true)));
}

async fn only_administrators_look(app: &TestApp) {
    app.project("team", false).await;
    let padmin = app.user_in("team", "padmin", Role::ProjectAdmin).await;
    for path in ["/jobs", "/jobs/1", "/job-statistics", "/gc/plan", "/system/health-report", "/system/support-bundle"] {
        padmin.get(&format!("{BERTH}{path}")).send().await.refused(403, "FORBIDDEN");
        app.anonymous().get(&format!("{BERTH}{path}")).send().await.refused(401, "UNAUTHORIZED");
    }
}

/// A bundle, unpacked into one text.
async fn bundle(app: &TestApp) -> String {
    let reply = app.admin().get(&format!("{BERTH}/system/support-bundle")).send().await.expect(200);
    assert_eq!(reply.header("content-type"), "application/gzip");
    assert!(reply.header("content-disposition").starts_with("attachment; filename=\"berth-support-"));
    let mut archive = Vec::new();
    GzDecoder::new(&reply.body[..]).read_to_end(&mut archive).unwrap();
    // As others read it.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bundle.tar");
    std::fs::write(&file, &archive).unwrap();
    let listed = std::process::Command::new("tar").arg("-tf").arg(&file).output().unwrap();
    let names = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.status.success(), "{names}");
    for name in ["README.txt", "versions.json", "configuration.toml", "health.json", "failed-jobs.json"] {
        assert!(names.contains(name), "{names}");
    }
    String::from_utf8(archive).unwrap()
}

async fn a_bundle_holds_no_secret(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    let settings = json!({
        "ldap_search_password": "canary-ldap", "oidc_client_secret": "canary-oidc", "uaa_client_secret": "canary-uaa",
        "banner_message": "a word for all",
    });
    admin.put("/api/v2.0/configurations").json(&settings).send().await.expect(200);
    let robot = json!({
        "name": "builder", "duration": -1, "level": "system",
        "permissions": [{ "kind": "project", "namespace": "team", "access": [{ "resource": "repository", "action": "pull" }] }],
    });
    let robot = admin.post("/api/v2.0/robots").json(&robot).send().await.expect(201).json();
    let hook = json!({
        "name": "hook", "enabled": true, "event_types": ["PUSH_ARTIFACT"],
        "targets": [{ "type": "http", "address": "https://hooks.example/x", "auth_header": "Bearer canary-hook" }],
    });
    admin.post("/api/v2.0/projects/team/webhook/policies").json(&hook).send().await.expect(201);
    let token = app.token(&admin, &["repository:team/app:pull"]).await;
    let session = app.session("admin", berth_testkit::ADMIN_PASSWORD).await;
    session.get("/api/v2.0/users/current").send().await.expect(200);
    // A job that fails with words of others.
    let db = app.rows().await;
    let failed: Result<(), berth_db::DbError> = db
        .write((), |tx, ()| {
            Box::pin(async move {
                let error = "POST https://canary-user:canary-pass@hooks.example/x?token=canary-query: Authorization: Bearer canary-bearer";
                let sql = "INSERT INTO jobs (kind, status, error, payload, run_at, created_at, finished_at)
                           VALUES ('webhook', 'error', $1, '{\"secret\":\"canary-payload\"}', 1, 1, 2)";
                tx.execute(sql, &[error.into()]).await?;
                Ok(())
            })
        })
        .await;
    failed.unwrap();

    let text = bundle(app).await;
    assert!(text.contains("a word for all") && text.contains("hooks.example/x"), "it says what is no secret");
    assert!(text.contains("\"projects\": 2") && text.contains("data.dir"), "{text}");
    let robot_secret = robot["secret"].as_str().unwrap();
    let mut secrets = vec![
        "canary-".to_owned(),
        berth_testkit::ADMIN_PASSWORD.to_owned(),
        robot_secret.to_owned(),
        token,
        std::fs::read_to_string(&app.config.data.secret_key).unwrap().trim().to_owned(),
    ];
    // The address of the database has a password in it.
    secrets.extend(app.database().url());
    for secret in secrets {
        assert!(!secret.is_empty() && !text.contains(&secret), "the bundle holds {secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_leaves_out_what_the_configuration_hides() {
    let settings = [
        ("metrics.token", "canary-metrics"),
        ("settings.oidc_client_secret", "canary-fixed"),
        ("settings.banner_message", "fixed by the file"),
    ];
    let app = TestApp::start_with(Backend::Sqlite, Started::SetUp, &settings).await.unwrap();
    let text = bundle(&app).await;
    assert!(text.contains("fixed by the file") && text.contains("[redacted]"));
    for secret in ["canary-", berth_testkit::ADMIN_PASSWORD] {
        assert!(!text.contains(secret), "the bundle holds {secret}");
    }
}
