//! kill -9 under load, and tags that several clients move at the same time: short runs of `cargo xtask crash`.

use std::{ffi::OsString, os::unix::fs::symlink, path::Path, time::Duration};

use berth_crash::{
    Callers, Collection, Plan,
    http::Http,
    server::{Program, Server},
    tags::race,
};
use berth_testkit::{Backend, Database, Started, TestApp};

/// Clients that are at work at the same time.
const CLIENTS: usize = 4;

async fn survive(backend: Backend, kills: u64, change: impl FnOnce(&mut Plan)) {
    let Some(database) = Database::create(backend).await else { return };
    let mut plan = Plan {
        program: program(&database, "data"),
        postgres: database.url(),
        database_kill_every: 0,
        kills,
        time_max: Duration::from_secs(120),
        moments_millis: 20..=400,
        full_check_every: 5,
        clients: CLIENTS,
        callers: Callers::Anonymous,
        collection: Collection::Never,
        seed: rand_seed(),
        is_verbose: false,
    };
    change(&mut plan);
    let report = plan.run().await.unwrap();
    println!("{report}");
    assert!(report.faults.is_empty(), "{report}");
    assert!(report.changes() > 0 && report.compared > report.changes(), "{report}");
}

/// Every run is another one; the report says which.
fn rand_seed() -> u64 {
    rand::random()
}

fn program(database: &Database, data: &str) -> Program {
    let environment = database.url().map(|url| ("BERTH_DB__URL".to_owned(), OsString::from(url)));
    let data = database.folder.path().join(data);
    Program { binary: env!("CARGO_BIN_EXE_berth").into(), data, environment: environment.into_iter().collect() }
}

#[tokio::test]
async fn what_was_acknowledged_survives_on_sqlite() {
    survive(Backend::Sqlite, 10, |_| ()).await;
}

#[tokio::test]
async fn what_was_acknowledged_survives_on_postgres() {
    survive(Backend::Postgres, 6, |_| ()).await;
}

#[tokio::test]
async fn what_was_acknowledged_survives_while_garbage_is_collected() {
    survive(Backend::Sqlite, 6, |plan| plan.collection = Collection::Always).await;
}

#[tokio::test]
async fn tokens_survive_too() {
    survive(Backend::Sqlite, 3, |plan| plan.callers = Callers::Tokens).await;
}

async fn tags_are_linearizable(backend: Backend) {
    let settings = [("registry.anonymous", "all")];
    let Some(app) = TestApp::start_with(backend, Started::SetUp, &settings).await else { return };
    let server = Http::new(app.url().as_str()).unwrap();
    let checked = race(&[server], 6, 60, rand_seed()).await.unwrap();
    assert!(checked > 6 * 60, "{checked} operations");
}

#[tokio::test]
async fn tags_are_linearizable_on_sqlite() {
    tags_are_linearizable(Backend::Sqlite).await;
}

#[tokio::test]
async fn tags_are_linearizable_on_postgres() {
    tags_are_linearizable(Backend::Postgres).await;
}

#[tokio::test]
async fn tags_are_linearizable_over_two_servers_on_one_database() {
    let Some(database) = Database::create(Backend::Postgres).await else { return };
    let first = start(&program(&database, "first"));
    // Each has its own folder, whose lock it holds; they share bytes and the key.
    let (one, other) = (database.folder.path().join("first"), database.folder.path().join("second"));
    std::fs::create_dir(&other).unwrap();
    for shared in ["storage", "secret.key"] {
        share(&one, &other, shared);
    }
    let second = start(&program(&database, "second"));
    let servers = [&first, &second].map(|server| Http::new(&server.base).unwrap());
    let checked = race(&servers, 6, 60, rand_seed()).await.unwrap();
    assert!(checked > 6 * 60, "{checked} operations");
    drop((first, second));
    // All take their locks in one order. Each deadlock would cost a second, and six in a row the answer.
    let db = database.open().await;
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    let row = db.reader().await.unwrap().conn().row(deadlocks, &[]).await.unwrap().unwrap();
    assert_eq!(row.get::<i64>(0).unwrap(), 0);
}

fn share(one: &Path, other: &Path, name: &str) {
    symlink(one.join(name), other.join(name)).unwrap();
}

fn start(program: &Program) -> Server {
    let mut program = program.clone();
    program.environment.push(("BERTH_REGISTRY__ANONYMOUS".to_owned(), "all".into()));
    program.start(0).unwrap()
}
