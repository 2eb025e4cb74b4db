//! Collections and purges by hand and by the clock, the queue of jobs, as Harbor's clients see them.

use berth_testkit::{Backend, Blob, Image, Reply, Role, Started, TestApp, eventually, on_both};
use serde_json::{Value, json};

const GC: &str = "/api/v2.0/system/gc";
const PURGE: &str = "/api/v2.0/system/purgeaudit";
const JOBS: &str = "/api/v2.0/jobservice";

on_both!(
    a_schedule_replaces_the_configured_one_until_it_is_given_up,
    a_chore_takes_no_nonsense,
    a_purge_removes_what_was_asked_for,
    runs_are_found_under_their_own_resource_only,
    queues_rest_and_go_on,
    only_administrators_see_the_queue,
);

fn order(kind: &str, cron: &str, parameters: &Value) -> Value {
    json!({ "schedule": { "type": kind, "cron": cron }, "parameters": parameters })
}

/// Asks for a run and waits until it has ended.
async fn run(app: &TestApp, resource: &str, parameters: &Value) -> Value {
    let asked = app.admin().post(&format!("{resource}/schedule")).json(&order("Manual", "", parameters)).send().await;
    ended(app, &asked.expect(201).location()).await
}

async fn ended(app: &TestApp, path: &str) -> Value {
    eventually(async || {
        let run = app.admin().get(path).send().await.expect(200).json();
        (!["Pending", "Running"].contains(&run["job_status"].as_str().unwrap())).then_some(run)
    })
    .await
}

fn parameters(run: &Value) -> Value {
    serde_json::from_str(run["job_parameters"].as_str().unwrap()).unwrap()
}

async fn schedules(app: &TestApp) -> Vec<(String, String)> {
    let listed = app.admin().get("/api/v2.0/schedules").send().await.expect(200);
    let rows = listed.json();
    let rows = rows.as_array().unwrap();
    assert_eq!(listed.header("x-total-count"), rows.len().to_string());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    rows.iter().map(|row| (text(&row["vendor_type"]), text(&row["cron"]))).collect()
}

async fn collection_by_hand(backend: Backend) {
    let settings = [("gc.interval", "0s"), ("gc.grace", "0s")];
    let Some(app) = TestApp::start_with(backend, Started::SetUp, &settings).await else { return };
    app.project("team", false).await;
    let admin = app.admin();
    let shared = Blob::random("shared", 3000);
    let (tagged, untagged) = (Image::with_layers("one", vec![shared.clone()]), Image::with_layers("two", vec![shared]));
    admin.push("team/app", "v1", &tagged).await;
    admin.push("team/app", "v2", &untagged).await;
    admin.delete("/api/v2.0/projects/team/repositories/app/artifacts/v2/tags/v2").send().await.expect(200);
    let artifacts = async || {
        let path = "/api/v2.0/projects/team/repositories/app/artifacts";
        admin.get(path).send().await.expect(200).json().as_array().unwrap().len()
    };

    // By default artifacts without a tag stay.
    let first = run(&app, GC, &json!({})).await;
    assert_eq!((first["job_status"].as_str(), first["job_kind"].as_str()), (Some("Success"), Some("MANUAL")));
    assert_eq!((parameters(&first)["purged_blobs"].as_u64(), artifacts().await), (Some(0), 2));

    let dry = run(&app, GC, &json!({ "dry_run": true, "delete_untagged": true, "workers": 3 })).await;
    let told = parameters(&dry);
    assert_eq!((&told["dry_run"], &told["workers"], &told["delete_untagged"]), (&json!(true), &json!(3), &json!(true)));
    let log = admin.get(&format!("{GC}/{}/log", dry["id"])).send().await.expect(200);
    assert_eq!(log.header("content-type"), "text/plain");
    assert!(log.text().contains("would remove 1 artifacts without a tag"), "{}", log.text());
    assert_eq!(artifacts().await, 2);

    let real = run(&app, GC, &json!({ "delete_untagged": true })).await;
    let told = parameters(&real);
    // The layer is the other image's as well.
    assert_eq!((told["purged_blobs"].as_u64(), told["purged_manifests"].as_u64()), (Some(1), Some(1)), "{told}");
    assert!(told["freed_space"].as_u64() > Some(0));
    assert_eq!(artifacts().await, 1);
    admin.pull("team/app", "v1", &tagged).await;
    let log = admin.get("/api/v2.0/projects/team/logs?q=operation=delete,username=gc").send().await.expect(200).json();
    assert_eq!(log.as_array().unwrap().len(), 1, "{log}");

    let history = admin.get(&format!("{GC}?q=status=Success&page_size=2")).send().await.expect(200);
    assert_eq!(history.header("x-total-count"), "3");
    assert_eq!(history.json()[0]["id"], real["id"]);
    admin.put(&format!("{GC}/{}", real["id"])).send().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_collects_on_sqlite() {
    collection_by_hand(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_collects_on_postgresql() {
    collection_by_hand(Backend::Postgres).await;
}

async fn a_schedule_replaces_the_configured_one_until_it_is_given_up(app: &TestApp) {
    let admin = app.admin();
    let path = format!("{GC}/schedule");
    let current = async || admin.get(&path).send().await.expect(200);
    let set = async |kind: &str, cron: &str| {
        let body = order(kind, cron, &json!({ "workers": 2, "dry_run": true }));
        admin.put(&path).json(&body).send().await.expect(200);
    };
    let none = current().await;
    assert_eq!((none.header("content-type"), none.body.len()), ("application/json", 0));
    let configured = vec![("GARBAGE_COLLECTION".to_owned(), "@every 600s".to_owned())];
    assert_eq!(schedules(app).await, configured);

    set("Daily", "0 0 3 * * *").await;
    let daily = current().await.json();
    assert_eq!((&daily["schedule"]["type"], &daily["schedule"]["cron"]), (&json!("Daily"), &json!("0 0 3 * * *")));
    let told = parameters(&daily);
    assert_eq!(told, json!({ "workers": 2, "delete_untagged": false, "delete_tag": false }));
    assert_eq!(schedules(app).await, [("GARBAGE_COLLECTION".to_owned(), "0 0 3 * * *".to_owned())]);

    // It comes by the clock, and the next time is set.
    app.later(86_400);
    let run = eventually(async || admin.get(GC).send().await.expect(200).json().get(0).cloned()).await;
    assert_eq!((&run["job_kind"], &run["schedule"]["type"]), (&json!("SCHEDULE"), &json!("Schedule")));
    assert!(current().await.json()["schedule"]["next_scheduled_time"] != daily["schedule"]["next_scheduled_time"]);

    set("None", "").await;
    assert_eq!(current().await.body.len(), 0);
    assert_eq!(schedules(app).await, configured);
}

async fn restarts(backend: Backend) {
    let Some(mut app) = TestApp::start(backend).await else { return };
    let path = format!("{GC}/schedule");
    let body = order("Weekly", "0 0 0 * * 0", &json!({}));
    app.admin().post(&path).json(&body).send().await.expect(201);
    app.restart().await;
    let kept = app.admin().get(&path).send().await.expect(200).json();
    assert_eq!(kept["schedule"]["type"], "Weekly");
    app.admin().put(&path).json(&order("None", "", &json!({}))).send().await.expect(200);
    app.restart().await;
    assert_eq!(schedules(&app).await, [("GARBAGE_COLLECTION".to_owned(), "@every 600s".to_owned())]);
}

#[tokio::test]
async fn a_chosen_schedule_outlives_a_restart_on_sqlite() {
    restarts(Backend::Sqlite).await;
}

#[tokio::test]
async fn a_chosen_schedule_outlives_a_restart_on_postgresql() {
    restarts(Backend::Postgres).await;
}

async fn a_chore_takes_no_nonsense(app: &TestApp) {
    let admin = app.admin();
    let post = async |resource: &str, body: &Value| -> Reply {
        admin.post(&format!("{resource}/schedule")).json(body).send().await
    };
    for resource in [GC, PURGE] {
        for body in [
            json!({}),
            json!({ "schedule": {} }),
            order("Daily", "", &json!({})),
            order("Custom", "* * * * * *", &json!({})),
            order("Custom", "0 0 0 31 2 *", &json!({})),
            // Nobody may take a run for a dry one that is not.
            order("Manual", "", &json!({ "dry_run": "true" })),
        ] {
            post(resource, &body).await.refused(400, "BAD_REQUEST");
        }
        post(resource, &order("Shoe", "", &json!({}))).await.refused(422, "UNPROCESSABLE_ENTITY");
        assert_eq!(admin.get(&format!("{resource}/schedule")).send().await.expect(200).body.len(), 0);
        assert_eq!(admin.get(resource).send().await.expect(200).json(), json!([]));
    }
    post(GC, &order("Manual", "", &json!({ "workers": 11 }))).await.refused(400, "BAD_REQUEST");
    let hours = json!({ "audit_retention_hour": 240_001 });
    post(PURGE, &order("Manual", "", &hours)).await.refused(400, "BAD_REQUEST");
}

async fn a_purge_removes_what_was_asked_for(app: &TestApp) {
    let admin = app.admin();
    app.project("old", false).await;
    admin.push("old/app", "v1", &Image::new("old", 1)).await;
    app.later(48 * 3600);
    app.project("young", false).await;
    let entries = async |q: &str| -> usize {
        let listed = admin.get(&format!("/api/v2.0/auditlog-exts?q={q}&page_size=1")).send().await.expect(200);
        listed.header("x-total-count").parse().unwrap()
    };
    let projects = "operation=create,resource_type=project";
    let order = |dry_run| json!({ "audit_retention_hour": 24, "include_event_types": "create_project,pull_artifact", "dry_run": dry_run });

    let dry = run(app, PURGE, &order(true)).await;
    assert_eq!(parameters(&dry), order(true));
    let log = admin.get(&format!("{PURGE}/{}/log", dry["id"])).send().await.expect(200).text();
    assert!(log.contains("would remove 1 entries older than 24 hours"), "{log}");
    assert_eq!(entries(projects).await, 2);

    let real = run(app, PURGE, &order(false)).await;
    assert_eq!(real["job_status"], "Success");
    assert_eq!(entries(projects).await, 1, "the young one stays");
    assert_eq!(entries("operation=create,resource_type=artifact").await, 1, "nobody asked for these");
    assert_eq!(entries("operation=delete,resource_type=audit_log").await, 1, "the log says that something is missing");

    // Without an age nothing goes.
    let none = run(app, PURGE, &json!({ "include_event_types": "create_artifact" })).await;
    assert_eq!(none["job_status"], "Success");
    let operations = json!({ "audit_retention_hour": 24, "include_operations": "create" });
    assert_eq!(entries("operation=create,resource_type=artifact").await, 1);
    run(app, PURGE, &operations).await;
    assert_eq!(entries("operation=create,resource_type=artifact").await, 0);
    assert_eq!(entries(projects).await, 1);
}

async fn runs_are_found_under_their_own_resource_only(app: &TestApp) {
    let admin = app.admin();
    let collected = run(app, GC, &json!({ "dry_run": true })).await;
    let id = &collected["id"];
    admin.get(&format!("{GC}/{id}")).send().await.expect(200);
    admin.get(&format!("{PURGE}/{id}")).send().await.refused(404, "NOT_FOUND");
    admin.get(&format!("{PURGE}/{id}/log")).send().await.refused(404, "NOT_FOUND");
    admin.put(&format!("{PURGE}/{id}")).send().await.refused(404, "NOT_FOUND");
    assert_eq!(admin.get(PURGE).send().await.expect(200).json(), json!([]));
    let log = admin.get(&format!("{JOBS}/jobs/{id}/log")).send().await.expect(200).text();
    assert!(log.contains("would remove 0 blobs"), "{log}");
}

async fn queues_rest_and_go_on(app: &TestApp) {
    let admin = app.admin();
    let act = async |queue: &str, action: &str| -> Reply {
        admin.put(&format!("{JOBS}/queues/{queue}")).json(&json!({ "action": action })).send().await
    };
    let queue = async |name: &str| -> Value {
        let queues = admin.get(&format!("{JOBS}/queues")).send().await.expect(200).json();
        queues.as_array().unwrap().iter().find(|queue| queue["job_type"] == name).unwrap().clone()
    };
    let ask = async || admin.post(&format!("{GC}/schedule")).json(&order("Manual", "", &json!({}))).send().await;
    act("SHOE", "pause").await.refused(404, "NOT_FOUND");
    act("GARBAGE_COLLECTION", "fly").await.refused(422, "UNPROCESSABLE_ENTITY");

    act("GARBAGE_COLLECTION", "pause").await.expect(200);
    let first = ask().await.expect(201).location();
    // One by hand is enough.
    ask().await.refused(409, "CONFLICT");
    let waiting = queue("GARBAGE_COLLECTION").await;
    assert_eq!((&waiting["paused"], &waiting["count"]), (&json!(true), &json!(1)));
    assert_eq!(admin.get(&first).send().await.expect(200).json()["job_status"], "Pending");
    act("GARBAGE_COLLECTION", "stop").await.expect(200);
    assert_eq!(admin.get(&first).send().await.expect(200).json()["job_status"], "Stopped");

    let second = ask().await.expect(201).location();
    admin.put(&second).send().await.expect(200);
    assert_eq!(admin.get(&second).send().await.expect(200).json()["job_status"], "Stopped");
    let third = ask().await.expect(201).location();
    act("GARBAGE_COLLECTION", "resume").await.expect(200);
    assert_eq!(ended(app, &third).await["job_status"], "Success");
    assert_eq!(queue("GARBAGE_COLLECTION").await["paused"], false);

    // A kind that Harbor does not know rests by our name for it.
    let rests = async || {
        let numbers = admin.get("/api/berth/v1/job-statistics").send().await.expect(200).json();
        let queues = numbers["queues"].as_array().unwrap();
        queues.iter().find(|queue| queue["kind"] == "bulk").unwrap()["paused"].clone()
    };
    for (queue, action, is_paused) in
        [("bulk", "pause", true), ("bulk", "resume", false), ("all", "pause", true), ("all", "resume", false)]
    {
        act(queue, action).await.expect(200);
        assert_eq!(rests().await, is_paused, "{queue} {action}");
    }

    // Schedules rest as a whole.
    let paused = async || admin.get("/api/v2.0/schedules/all/paused").send().await.expect(200).json();
    act("SCHEDULER", "pause").await.expect(200);
    assert_eq!(paused().await, json!({ "paused": true }));
    let before = admin.get(GC).send().await.expect(200).header("x-total-count").to_owned();
    app.later(3600);
    // Whatever the clock would have begun stands before this one.
    let by_hand = ended(app, &ask().await.expect(201).location()).await;
    let after: usize = admin.get(GC).send().await.expect(200).header("x-total-count").parse().unwrap();
    assert_eq!((after, &by_hand["job_kind"]), (before.parse::<usize>().unwrap() + 1, &json!("MANUAL")));
    act("all", "resume").await.expect(200);
    assert_eq!(paused().await, json!({ "paused": false }));
}

async fn only_administrators_see_the_queue(app: &TestApp) {
    app.project("team", false).await;
    let member = app.user_in("team", "lead", Role::ProjectAdmin).await;
    for path in [GC, PURGE, "/api/v2.0/quotas", "/api/v2.0/schedules", "/api/v2.0/jobservice/pools"] {
        member.get(path).send().await.refused(403, "FORBIDDEN");
        app.anonymous().get(path).send().await.refused(401, "UNAUTHORIZED");
    }
    member.get("/api/v2.0/schedules/all/paused").send().await.expect(200);

    let pools = app.admin().get(&format!("{JOBS}/pools")).send().await.expect(200).json();
    assert_eq!(pools.as_array().unwrap().len(), 1, "{pools}");
    assert_eq!(pools[0]["pid"], std::process::id());
    let pool = pools[0]["worker_pool_id"].as_str().unwrap();
    let workers = app.admin().get(&format!("{JOBS}/pools/{pool}/workers")).send().await.expect(200).json();
    assert_eq!(workers.as_array().unwrap().len() as u64, pools[0]["concurrency"].as_u64().unwrap());
}
