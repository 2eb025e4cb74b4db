//! What projects and the installation held day by day: measured, kept, and the same as by counting.

use std::time::Duration;

use berth_db::query::measure::{self as rows, Day, Held};
use berth_domain::{
    maintenance::{self, Keep, Orphans},
    measure,
};
use berth_server::gc::{self, Order};
use berth_testkit::{Backend, Client, Image, Role, Started, TestApp, eventually, on_both};
use berth_types::Timestamp;
use serde_json::{Value, json};

const PROJECT: &str = "/api/berth/v1/projects/team/usage";
const SYSTEM: &str = "/api/berth/v1/usage";
const DAY: i64 = 24 * 3600;

on_both!(
    a_measure_is_what_counting_says,
    a_day_has_one_row_however_many_nodes_write_it,
    a_day_without_a_server_is_a_gap,
    measures_are_kept_for_a_bounded_time,
    who_sees_the_usage_sees_its_days,
);

async fn get(client: &Client, path: &str) -> Value {
    client.get(path).send().await.expect(200).json()
}

/// Goes on to the beginning of the next day, so that what follows is all of one day.
fn morning(app: &TestApp) {
    app.later(DAY - app.running().state().domain.now().unix_seconds().rem_euclid(DAY));
}

/// A round of maintenance of a node, late enough to measure again.
async fn round(app: &TestApp, node: &str) {
    app.later(3601);
    let keep = Keep { upload_idle: Duration::from_secs(DAY.unsigned_abs() * 7), audit: None };
    let domain = &app.running().state().domain;
    eventually(async || {
        let is_done = maintenance::run(domain, node, &keep, Orphans::Uploads).await.unwrap();
        if !is_done {
            // The server's own round has the lease.
            app.later(200);
        }
        is_done.then_some(())
    })
    .await;
}

async fn rows_of(app: &TestApp, project: i64) -> (Vec<Day>, Vec<Day>) {
    let db = app.rows().await;
    let mut reader = db.reader().await.unwrap();
    let conn = &mut reader.conn();
    let ever = Timestamp::from_unix_seconds(0);
    let all = rows::days_of_all(conn, ever).await.unwrap();
    (rows::days_of_project(conn, project, ever).await.unwrap(), all)
}

/// The last row of a project, and of the installation.
async fn last(app: &TestApp, project: i64) -> (Held, Held) {
    let (project, all) = rows_of(app, project).await;
    (project.last().unwrap().held, all.last().unwrap().held)
}

/// What the pages beside the history show of the same.
async fn shown(app: &TestApp) -> (Held, Held) {
    let (project, system) = (get(&app.admin(), PROJECT).await, get(&app.admin(), SYSTEM).await);
    let statistics = get(&app.admin(), "/api/v2.0/projects/team/summary").await;
    let amount = |value: &Value, key: &str| value[key].as_i64().unwrap_or_else(|| panic!("no {key} in {value}"));
    let rows = get(&app.admin(), &format!("{PROJECT}/repositories")).await;
    let artifacts = rows.as_array().unwrap().iter().map(|row| amount(row, "artifact_count")).sum();
    assert_eq!(amount(&statistics["quota"]["used"], "storage"), amount(&project, "used"));
    let (logical, stored) = (amount(&project, "repositories"), amount(&project, "used"));
    let whole = (amount(&system, "used"), amount(&system, "stored"));
    (Held { logical, stored, artifacts }, Held { logical: whole.0, stored: whole.1, artifacts })
}

async fn a_measure_is_what_counting_says(app: &TestApp) {
    let (admin, id) = (app.admin(), app.project("team", false).await);
    let (one, two) = (Image::new("one", 3), Image::new("two", 1));
    admin.push("team/a", "v1", &one).await;
    admin.push("team/b", "v1", &one).await;
    admin.push("team/b", "v2", &two).await;
    round(app, "node").await;
    let size = |image: &Image| i64::try_from(image.size()).unwrap();
    let held = Held { logical: 2 * size(&one) + size(&two), stored: size(&one) + size(&two), artifacts: 3 };
    assert_eq!(last(app, id).await.0, held);
    assert_eq!(last(app, id).await, shown(app).await);

    // Today is as it is now, not as it was measured.
    admin.delete("/api/v2.0/projects/team/repositories/b").send().await.expect(200);
    let history = get(&admin, &format!("{PROJECT}/days")).await;
    let days = history["days"].as_array().unwrap();
    assert_eq!((&days[days.len() - 1]["stored"], &days[days.len() - 1]["artifacts"]), (&json!(size(&one)), &json!(1)));
    assert_eq!(last(app, id).await.0, held);
    // And the measure of the same day follows it.
    round(app, "node").await;
    assert_eq!(last(app, id).await, shown(app).await);
    let db = app.rows().await;
    let drift = berth_db::query::fsck::usage_drift(&mut db.reader().await.unwrap().conn()).await.unwrap();
    assert!(drift.is_empty(), "{drift:?}");
}

async fn a_day_has_one_row_however_many_nodes_write_it(app: &TestApp) {
    let (admin, id) = (app.admin(), app.project("team", false).await);
    morning(app);
    round(app, "one").await;
    admin.push("team/a", "v1", &Image::new("image", 1)).await;
    round(app, "two").await;
    let (project, all) = rows_of(app, id).await;
    let today = all.last().unwrap().at;
    let of_today = |days: &[Day]| days.iter().filter(|day| day.at == today).count();
    assert_eq!((of_today(&project), of_today(&all)), (1, 1));
    assert_eq!(last(app, id).await, shown(app).await);

    // Without a lease, and both at once: the younger measure is the one that stays.
    let (early, late) = (today.plus_seconds(DAY / 2), today.plus_seconds(DAY / 2 + 1));
    let node = async |measured_at: Timestamp, stored: i64| {
        let held = Held { logical: stored, stored, artifacts: stored };
        let day = Day { at: today, measured_at, held };
        let db = app.rows().await;
        let write = db.write((day, id), |tx, (day, id)| {
            Box::pin(async move {
                rows::keep_projects(tx, day.at, day.measured_at, &[(*id, day.held)]).await?;
                rows::keep_all(tx, *day).await
            })
        });
        write.await.unwrap();
    };
    tokio::join!(node(late, 2), node(early, 1), node(late, 2));
    let (project, all) = rows_of(app, id).await;
    assert_eq!((of_today(&project), of_today(&all)), (1, 1));
    assert_eq!((last(app, id).await.0.stored, last(app, id).await.1.stored), (2, 2));
}

async fn a_day_without_a_server_is_a_gap(app: &TestApp) {
    let admin = app.admin();
    app.project("team", false).await;
    morning(app);
    round(app, "node").await;
    app.later(3 * DAY);
    round(app, "node").await;
    app.later(DAY);
    for path in [format!("{PROJECT}/days"), format!("{SYSTEM}/days")] {
        let history = get(&admin, &path).await;
        let days = history["days"].as_array().unwrap();
        let at = |value: &Value| Timestamp::parse_rfc3339(value.as_str().unwrap()).unwrap().unix_seconds() / DAY;
        let today = at(&days[days.len() - 1]["day"]);
        let ago: Vec<_> = days.iter().map(|day| today - at(&day["day"])).collect();
        assert!(ago.ends_with(&[4, 1, 0]) && !ago.contains(&3) && !ago.contains(&2), "{history}");
        assert_eq!(at(&history["next_at"]), today + 1);
        let few = get(&admin, &format!("{path}?days=2")).await;
        assert_eq!(few["days"].as_array().unwrap().len(), 2, "{few}");
    }
}

async fn measures_are_kept_for_a_bounded_time(app: &TestApp) {
    let id = app.project("team", false).await;
    morning(app);
    round(app, "node").await;
    let first = rows_of(app, id).await.0.last().unwrap().at;
    let is_kept = |days: &[Day]| days.iter().any(|day| day.at == first);
    app.later((measure::KEPT_DAYS - 1) * DAY);
    round(app, "node").await;
    let (project, all) = rows_of(app, id).await;
    assert!(is_kept(&project) && is_kept(&all), "{project:?} {all:?}");
    app.later(DAY);
    round(app, "node").await;
    let (project, all) = rows_of(app, id).await;
    assert!(!is_kept(&project) && !is_kept(&all), "{project:?} {all:?}");
}

async fn who_sees_the_usage_sees_its_days(app: &TestApp) {
    app.project("team", false).await;
    let (guest, stranger) = (app.user_in("team", "guest", Role::Guest).await, app.user("stranger").await);
    let (project, system) = (format!("{PROJECT}/days"), format!("{SYSTEM}/days"));
    guest.get(&project).send().await.expect(200);
    stranger.get(&project).send().await.refused(403, "FORBIDDEN");
    app.anonymous().get(&project).send().await.refused(401, "UNAUTHORIZED");
    guest.get(&system).send().await.refused(403, "FORBIDDEN");
    for path in [project, system] {
        for wrong in ["0", "401", "-1"] {
            app.admin().get(&format!("{path}?days={wrong}")).send().await.refused(400, "BAD_REQUEST");
        }
        app.admin().get(&format!("{path}?days=x")).send().await.expect(422);
        app.admin().get(&format!("{path}?days=400")).send().await.expect(200);
    }
}

/// What is deleted leaves the projects at once, and what is stored with the collection.
async fn deletions_and_the_collection_on(backend: Backend) {
    let settings = [("gc.interval", "0s")];
    let Some(app) = TestApp::start_with(backend, Started::SetUp, &settings).await else { return };
    let (app, id) = (&app, app.project("team", false).await);
    let image = Image::new("image", 2);
    let size = i64::try_from(image.size()).unwrap();
    app.admin().push("team/a", "v1", &image).await;
    round(app, "node").await;
    let held = Held { logical: size, stored: size, artifacts: 1 };
    assert_eq!(last(app, id).await, (held, held));
    app.admin().delete("/api/v2.0/projects/team/repositories/a").send().await.expect(200);
    round(app, "node").await;
    let (project, all) = last(app, id).await;
    assert_eq!((project, all.logical, all.artifacts), (Held::default(), 0, 0));
    assert!(all.stored > 0, "blobs wait for the collection");
    assert_eq!((project, all), shown(app).await);
    // Longer than somebody may rely on what was looked at.
    app.later(2 * DAY);
    let order = Order { dry_run: false, grace_seconds: None };
    gc::run(&app.config, order, &mut |_| Ok(())).await.unwrap();
    round(app, "node").await;
    assert_eq!(last(app, id).await, (Held::default(), Held::default()));
    assert_eq!(last(app, id).await, shown(app).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn deletions_and_the_collection_on_sqlite() {
    deletions_and_the_collection_on(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deletions_and_the_collection_on_postgres() {
    deletions_and_the_collection_on(Backend::Postgres).await;
}
