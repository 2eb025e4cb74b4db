//! Garbage collection in a real server: by the clock, and by the command.

use std::{path::PathBuf, time::Duration};

use berth_db::Backend;
use berth_domain::gc::{Finding, Report, Thing, Verdict};
use berth_server::gc::{self, Line, Order};
use berth_testkit::{Blob, Image, Started, TestApp};

const REPO: &str = "team/app";

/// Where a blob lies.
fn path(app: &TestApp, blob: &Blob) -> PathBuf {
    let digest = blob.digest.to_string();
    let (algorithm, hex) = digest.split_once(':').unwrap();
    app.config.data.storage().join("blobs").join(algorithm).join(&hex[..2]).join(hex)
}

async fn delete(app: &TestApp, image: &Image) {
    let path = format!("/v2/{REPO}/manifests/{}", image.manifest.digest);
    app.admin().delete(&path).send().await.expect(202);
}

/// What the command prints.
async fn command(app: &TestApp, dry_run: bool, grace_seconds: Option<u64>) -> (Vec<Finding>, Report) {
    let (mut findings, mut reports) = (Vec::new(), Vec::new());
    let order = Order { dry_run, grace_seconds };
    let print = &mut |line| {
        match line {
            Line::Finding(finding) => findings.push(finding),
            Line::Report(report) => reports.push(report),
        }
        Ok(())
    };
    gc::run(&app.config, order, print).await.unwrap();
    assert_eq!(reports.len(), 1);
    (findings, reports.remove(0))
}

async fn by_the_clock(backend: Backend) {
    let settings = [("gc.grace", "0s"), ("gc.interval", "1s")];
    let Some(mut app) = TestApp::start_with(backend, Started::SetUp, &settings).await else { return };
    app.project("team", false).await;
    let shared = Blob::random("shared", 4000);
    let one = Image::with_layers("one", vec![shared.clone(), Blob::random("own", 3000)]);
    let two = Image::with_layers("two", vec![shared.clone()]);
    app.admin().push(REPO, "one", &one).await;
    app.admin().push(REPO, "two", &two).await;
    delete(&app, &one).await;
    for gone in [&one.blobs[0], &one.blobs[2]] {
        let mut tries = 0;
        while path(&app, gone).exists() {
            tries += 1;
            assert!(tries < 600, "{} is never collected", gone.digest);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    assert!(path(&app, &shared).exists());
    app.admin().pull(REPO, "two", &two).await;
    let numbers = app.anonymous().get("/metrics").send().await.expect(200);
    let numbers = String::from_utf8_lossy(&numbers.body).into_owned();
    assert!(numbers.contains("berth_gc_freed_bytes_total"), "{numbers}");

    // The same content again, and the same server again.
    app.admin().push(REPO, "one", &one).await;
    app.restart().await;
    app.admin().pull(REPO, "one", &one).await;
    app.stop().await;
}

async fn by_the_command(backend: Backend) {
    let settings = [("gc.interval", "0s")];
    let Some(mut app) = TestApp::start_with(backend, Started::SetUp, &settings).await else { return };
    app.project("team", false).await;
    let (one, two) = (Image::new("command one", 2), Image::new("command two", 1));
    app.admin().push(REPO, "one", &one).await;
    app.admin().push(REPO, "two", &two).await;
    delete(&app, &one).await;

    let (findings, report) = command(&app, true, None).await;
    assert!(report.dry_run && report.blobs.count == 0 && report.grace_seconds == 86_400, "{report:?}");
    let reason = |findings: &[Finding], blob: &Blob| {
        findings.iter().find(|finding| finding.digest == blob.digest).map(|finding| (finding.thing, finding.verdict))
    };
    assert_eq!(reason(&findings, &one.blobs[1]), Some((Thing::Blob, Verdict::InGrace)));
    assert_eq!(reason(&findings, &two.blobs[1]), Some((Thing::Blob, Verdict::Linked)));

    let (findings, report) = command(&app, true, Some(0)).await;
    assert_eq!((report.blobs.count, report.manifests.count), (3, 1));
    assert_eq!(reason(&findings, &one.blobs[1]), Some((Thing::Blob, Verdict::Garbage)));
    assert!(one.blobs.iter().all(|blob| path(&app, blob).exists()), "nothing was changed");

    let (_, report) = command(&app, false, Some(0)).await;
    let bytes: u64 = one.blobs.iter().map(|blob| blob.bytes.len() as u64).sum();
    assert_eq!((report.blobs.count, report.blobs.bytes), (3, bytes));
    assert_eq!(report.stored_before.unwrap().bytes - report.stored_after.unwrap().bytes, bytes);
    assert!(!one.blobs.iter().any(|blob| path(&app, blob).exists()));
    app.admin().pull(REPO, "two", &two).await;

    // Without a server the command takes the folder.
    delete(&app, &two).await;
    app.stop().await;
    let (_, report) = command(&app, false, Some(0)).await;
    assert_eq!((report.blobs.count, report.after.count, report.stored_after.unwrap().count), (2, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_sqlite_collects_by_the_clock() {
    by_the_clock(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_postgresql_collects_by_the_clock() {
    by_the_clock(Backend::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_asks_a_server_on_sqlite() {
    by_the_command(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_asks_a_server_on_postgresql() {
    by_the_command(Backend::Postgres).await;
}
