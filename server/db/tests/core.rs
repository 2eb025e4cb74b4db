//! The one shape of write, statements and migrations, on both databases.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use berth_db::{Backend, Conn, Db, DbError, Migrator, Value, args};
use sea_orm::ConnectionTrait;
use sea_orm_migration::MigratorTrait;

#[path = "../../testkit/src/database.rs"]
mod database;

use database::Database;

const INSERT: &str = "INSERT INTO settings (key, value, updated_at) VALUES ($1, $2, $3)";

/// Makes two tests of each function: one on SQLite, one on PostgreSQL.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {$(
        mod $name {
            use super::*;

            #[tokio::test]
            async fn sqlite() {
                if let Some(database) = Database::create(Backend::Sqlite).await { super::$name(&database).await }
            }

            #[tokio::test]
            async fn postgres() {
                if let Some(database) = Database::create(Backend::Postgres).await { super::$name(&database).await }
            }
        }
    )*};
}

async fn set(db: &Db, key: &str, value: &str) -> Result<(), DbError> {
    db.write((key.to_owned(), value.to_owned()), |tx, (key, value)| {
        Box::pin(async move { tx.execute(INSERT, args![&*key, &*value, 1_i64]).await.map(drop) })
    })
    .await
}

async fn values(db: &Db) -> Vec<(String, String)> {
    let mut reader = db.reader().await.unwrap();
    let rows = reader.conn().rows("SELECT key, value FROM settings ORDER BY key", &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0).unwrap(), row.get(1).unwrap())).collect()
}

async fn keys(db: &Db) -> Vec<String> {
    values(db).await.into_iter().map(|(key, _)| key).collect()
}

on_both!(
    concurrent_writes_are_all_there,
    a_write_reads_what_it_wrote,
    a_failing_closure_takes_only_itself_back,
    a_unique_index_says_so,
    a_foreign_key_says_so,
    arguments_go_by_their_number,
    a_missing_argument_is_an_error,
    values_come_back_as_they_went,
    a_conflict_is_tried_again,
    a_statement_that_failed_cannot_be_ignored,
    names_compare_by_bytes,
    what_was_acknowledged_is_there_after_opening_again,
    sea_orm_reads_what_was_written,
    migrations_go_up_and_down_and_up,
    many_nodes_may_open_at_once,
);

async fn concurrent_writes_are_all_there(database: &Database) {
    let db = database.open().await;
    let writes: Vec<_> = (0..100)
        .map(|n| {
            let db = db.clone();
            tokio::spawn(async move { set(&db, &format!("k{n:03}"), "v").await })
        })
        .collect();
    for write in writes {
        write.await.unwrap().unwrap();
    }
    assert_eq!(keys(&db).await, (0..100).map(|n| format!("k{n:03}")).collect::<Vec<_>>());
}

async fn a_write_reads_what_it_wrote(database: &Database) {
    let db = database.open().await;
    let found: i64 = db
        .write((), |tx, ()| {
            Box::pin(async move {
                tx.execute(INSERT, args!["a", "v", 1_i64]).await?;
                tx.row("SELECT COUNT(*) FROM settings", &[]).await?.unwrap().get(0)
            })
        })
        .await
        .unwrap_or_else(|error: DbError| panic!("{error}"));
    assert_eq!(found, 1);
}

async fn a_failing_closure_takes_only_itself_back(database: &Database) {
    let db = database.open().await;
    let writes: Vec<_> = (0..30)
        .map(|n| {
            let db = db.clone();
            tokio::spawn(async move {
                db.write(n, |tx, n| {
                    Box::pin(async move {
                        tx.execute(INSERT, args![format!("k{n:02}"), "v", 1_i64]).await?;
                        if n % 3 == 0 {
                            return Err(DbError::Other("refused".to_owned()));
                        }
                        Ok(())
                    })
                })
                .await
            })
        })
        .collect();
    for (n, write) in writes.into_iter().enumerate() {
        assert_eq!(write.await.unwrap().is_err(), n % 3 == 0);
    }
    assert_eq!(keys(&db).await, (0..30).filter(|n| n % 3 != 0).map(|n| format!("k{n:02}")).collect::<Vec<_>>());
}

async fn a_unique_index_says_so(database: &Database) {
    let db = database.open().await;
    set(&db, "a", "first").await.unwrap();
    let refused = set(&db, "a", "second").await;
    assert!(matches!(refused, Err(DbError::Unique(_))), "{refused:?}");
    assert_eq!(values(&db).await, [("a".to_owned(), "first".to_owned())]);

    // Also where the index is no primary key and looks at some rows only.
    let user: Result<u64, DbError> = db
        .write((), |tx, ()| {
            Box::pin(async move {
                let sql = "INSERT INTO users (username, created_at, updated_at) VALUES ($1, $2, $2)";
                tx.execute(sql, args!["admin", 1_i64]).await
            })
        })
        .await;
    assert!(matches!(user, Err(DbError::Unique(_))), "{user:?}");
}

async fn a_foreign_key_says_so(database: &Database) {
    let db = database.open().await;
    let refused: Result<u64, DbError> = db
        .write((), |tx, ()| {
            Box::pin(async move {
                let sql = "INSERT INTO projects (name, owner_id, created_at, updated_at) VALUES ($1, $2, $3, $3)";
                tx.execute(sql, args!["p", 4711_i64, 1_i64]).await
            })
        })
        .await;
    assert!(matches!(refused, Err(DbError::ForeignKey(_))), "{refused:?}");
}

async fn arguments_go_by_their_number(database: &Database) {
    let db = database.open().await;
    db.write((), |tx, ()| {
        Box::pin(async move {
            let sql = "INSERT INTO settings (value, updated_at, key, updated_by) VALUES ($2, $3, $1, $2)";
            tx.execute(sql, args!["key", "twice", 7_i64]).await
        })
    })
    .await
    .unwrap_or_else(|error: DbError| panic!("{error}"));
    let mut reader = db.reader().await.unwrap();
    let sql = "SELECT key, value, updated_by, updated_at FROM settings WHERE updated_at = $2 AND key = $1";
    let row = reader.conn().row(sql, args!["key", 7_i64]).await.unwrap().unwrap();
    let texts: [String; 3] = [row.get(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap()];
    assert_eq!(texts, ["key", "twice", "twice"]);
    assert_eq!(row.get::<i64>(3).unwrap(), 7);
}

async fn a_missing_argument_is_an_error(database: &Database) {
    let db = database.open().await;
    let mut reader = db.reader().await.unwrap();
    let missing = reader.conn().rows("SELECT key FROM settings WHERE key = $1 AND value = $2", args!["a"]).await;
    assert!(missing.is_err());
    // The connection is good for the next statement.
    assert!(reader.conn().row("SELECT 1", &[]).await.unwrap().is_some());
}

async fn values_come_back_as_they_went(database: &Database) {
    let db = database.open().await;
    let bytes: Vec<u8> = (0..=255).collect();
    let text = "naïve 港口 \u{1F6A2} 'quoted' $1 ?";
    db.write((bytes.clone(), text.to_owned()), |tx, (bytes, text)| {
        Box::pin(async move {
            tx.execute(INSERT, args!["text", &*text, i64::MAX]).await?;
            let sql = "INSERT INTO identities (kind, name, secret_hash, secret_phc, disabled, expires_at, created_at, updated_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $7)";
            tx.execute(sql, args!["robot", "r", bytes.clone(), None::<String>, true, None::<i64>, i64::MIN]).await
        })
    })
    .await
    .unwrap_or_else(|error: DbError| panic!("{error}"));
    let mut reader = db.reader().await.unwrap();
    let mut conn = reader.conn();
    let row = conn.row("SELECT value, updated_at FROM settings", &[]).await.unwrap().unwrap();
    assert_eq!((row.get::<String>(0).unwrap(), row.get::<i64>(1).unwrap()), (text.to_owned(), i64::MAX));
    let sql = "SELECT secret_hash, secret_phc, disabled, expires_at, created_at FROM identities";
    let row = conn.row(sql, &[]).await.unwrap().unwrap();
    assert_eq!(row.get::<Vec<u8>>(0).unwrap(), bytes);
    assert_eq!(row.get::<Option<String>>(1).unwrap(), None);
    assert!(row.get::<bool>(2).unwrap());
    assert_eq!(row.get::<Option<i64>>(3).unwrap(), None);
    assert_eq!(row.get::<i64>(4).unwrap(), i64::MIN);
    assert!(matches!(row.get::<i64>(0), Err(DbError::Column { column: 0, .. })));
}

async fn a_conflict_is_tried_again(database: &Database) {
    let db = database.open().await;
    set(&db, "n", "0").await.unwrap();
    let tries = Arc::new(AtomicUsize::new(0));
    let outcome: Result<(), DbError> = db
        .write(tries.clone(), |tx, tries| {
            Box::pin(async move {
                let nth = tries.fetch_add(1, Ordering::SeqCst);
                tx.execute("UPDATE settings SET value = 'tried' WHERE key = 'n'", &[]).await?;
                if nth == 0 && tx.backend() == Backend::Postgres {
                    return Err(DbError::Conflict("two at once".to_owned()));
                }
                Ok(())
            })
        })
        .await;
    outcome.unwrap();
    // One writer has nobody to get in the way of.
    assert_eq!(tries.load(Ordering::SeqCst), if db.backend() == Backend::Sqlite { 1 } else { 2 });
    assert_eq!(values(&db).await, [("n".to_owned(), "tried".to_owned())]);
}

async fn a_statement_that_failed_cannot_be_ignored(database: &Database) {
    let db = database.open().await;
    set(&db, "a", "first").await.unwrap();
    let outcome: Result<(), DbError> = db
        .write((), |tx, ()| {
            Box::pin(async move {
                tx.execute(INSERT, args!["b", "v", 1_i64]).await?;
                let _ = tx.execute(INSERT, args!["a", "second", 1_i64]).await;
                Ok(())
            })
        })
        .await;
    // PostgreSQL turns the commit of a broken transaction into a rollback without an error.
    let written = keys(&db).await == ["a", "b"];
    assert_eq!(outcome.is_ok(), written, "{outcome:?}");
}

async fn names_compare_by_bytes(database: &Database) {
    let db = database.open().await;
    for key in ["b", "B", "a", "Z", "é", "_"] {
        set(&db, key, "v").await.unwrap();
    }
    assert_eq!(keys(&db).await, ["B", "Z", "_", "a", "b", "é"]);
}

async fn what_was_acknowledged_is_there_after_opening_again(database: &Database) {
    let db = database.open().await;
    set(&db, "a", "v").await.unwrap();
    drop(db);
    let db = database.open().await;
    assert_eq!(keys(&db).await, ["a"]);
    db.ping().await.unwrap();
}

async fn sea_orm_reads_what_was_written(database: &Database) {
    use berth_db::entity::{projects, users};
    use sea_orm::EntityTrait;

    let db = database.open().await;
    let users = users::Entity::find().all(db.orm()).await.unwrap();
    assert_eq!(users.iter().map(|user| (user.id, user.username.as_str())).collect::<Vec<_>>(), [(1, "admin")]);
    let projects = projects::Entity::find().all(db.orm()).await.unwrap();
    assert_eq!(projects.iter().map(|project| project.name.as_str()).collect::<Vec<_>>(), ["library"]);
}

async fn migrations_go_up_and_down_and_up(database: &Database) {
    let url = database.url().unwrap_or_else(|| format!("sqlite://{}?mode=rwc", database.sqlite_path().display()));
    let connection = sea_orm::Database::connect(&url).await.unwrap();
    Migrator::up(&connection, None).await.unwrap();
    let full = tables(&connection).await;
    assert!(full.iter().any(|table| table == "manifests"), "{full:?}");
    Migrator::down(&connection, None).await.unwrap();
    assert_eq!(tables(&connection).await, Vec::<String>::new());
    Migrator::up(&connection, None).await.unwrap();
    assert_eq!(tables(&connection).await, full);
    connection.close().await.unwrap();
    // A second opening has nothing to do, and the seed is there once.
    let db = database.open().await;
    let row = db.reader().await.unwrap().conn().row("SELECT COUNT(*) FROM users", &[]).await.unwrap().unwrap();
    assert_eq!(row.get::<i64>(0).unwrap(), 1);
}

async fn many_nodes_may_open_at_once(database: &Database) {
    if database.url().is_none() {
        // One process per folder; a lock elsewhere sees to it.
        return;
    }
    let (a, b, c) = tokio::join!(database.open(), database.open(), database.open());
    for db in [a, b, c] {
        db.ping().await.unwrap();
    }
}

/// Tables that are ours.
async fn tables(connection: &sea_orm::DatabaseConnection) -> Vec<String> {
    let backend = connection.get_database_backend();
    let sql = match backend {
        sea_orm::DatabaseBackend::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        }
        _ => "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename",
    };
    let rows = connection.query_all_raw(sea_orm::Statement::from_string(backend, sql)).await.unwrap();
    let names = rows.iter().map(|row| row.try_get::<String>("", "name").unwrap());
    names.filter(|name| name != "seaql_migrations").collect()
}

async fn sqlite() -> (Database, Db) {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let db = database.open().await;
    (database, db)
}

/// Holds the writer inside a closure until the returned sender is dropped.
fn hold_the_writer(db: &Db) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<(), DbError>>) {
    let (release, wait) = mpsc::channel::<()>();
    let db = db.clone();
    let held = tokio::spawn(async move {
        db.write(Mutex::new(wait), |_, wait| {
            Box::pin(async move {
                // It ends with an error when the sender goes away, which is the signal.
                let _ = wait.lock().unwrap().recv_timeout(Duration::from_secs(20));
                Ok(())
            })
        })
        .await
    });
    (release, held)
}

#[tokio::test]
async fn writes_that_wait_share_one_transaction() {
    let (database, db) = sqlite().await;
    let before = commits(&database.sqlite_path());
    let (release, held) = hold_the_writer(&db);
    let writes: Vec<_> = (0..100)
        .map(|n| {
            let db = db.clone();
            tokio::spawn(async move { set(&db, &format!("k{n}"), "v").await })
        })
        .collect();
    // Every spawned task runs up to its first wait: then all writes are queued.
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
    assert_eq!(keys(&db).await, Vec::<String>::new());
    drop(release);
    held.await.unwrap().unwrap();
    for write in writes {
        write.await.unwrap().unwrap();
    }
    assert_eq!(keys(&db).await.len(), 100);
    let made = commits(&database.sqlite_path()) - before;
    assert!((1..=2).contains(&made), "{made} transactions for 100 writes");
}

/// Commits in the write-ahead log: frames that give the size of the database.
fn commits(path: &Path) -> usize {
    let log = std::fs::read(path.with_extension("db-wal")).unwrap_or_default();
    let Some(header) = log.get(..32) else { return 0 };
    let word = |bytes: &[u8], at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    let frame = 24 + word(header, 8) as usize;
    let salt = &header[16..24];
    let frames = log[32..].chunks_exact(frame).take_while(|frame| &frame[8..16] == salt);
    frames.filter(|frame| word(frame, 4) != 0).count()
}

#[tokio::test]
async fn a_panic_takes_nobody_along() {
    let (_database, db) = sqlite().await;
    let (release, held) = hold_the_writer(&db);
    let panicking = {
        let db = db.clone();
        tokio::spawn(async move {
            db.write((), |tx: &mut Conn<'_>, ()| {
                Box::pin(async move {
                    tx.execute(INSERT, args!["lost", "v", 1_i64]).await?;
                    panic!("a fault in a closure");
                    #[expect(unreachable_code, reason = "says the type")]
                    Ok::<(), DbError>(())
                })
            })
            .await
        })
    };
    let good = {
        let db = db.clone();
        tokio::spawn(async move { set(&db, "kept", "v").await })
    };
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    drop(release);
    held.await.unwrap().unwrap();
    assert!(panicking.await.unwrap().is_err());
    good.await.unwrap().unwrap();
    set(&db, "later", "v").await.unwrap();
    assert_eq!(keys(&db).await, ["kept", "later"]);
}

#[tokio::test]
async fn a_closure_that_waits_for_something_else_fails() {
    let (_database, db) = sqlite().await;
    let outcome: Result<(), DbError> = db
        .write((), |tx, ()| {
            Box::pin(async move {
                tx.execute(INSERT, args!["a", "v", 1_i64]).await?;
                tokio::task::yield_now().await;
                Ok(())
            })
        })
        .await;
    assert!(matches!(outcome, Err(DbError::Other(_))), "{outcome:?}");
    assert_eq!(keys(&db).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_caller_that_goes_away_loses_nothing() {
    let (_database, db) = sqlite().await;
    let (release, held) = hold_the_writer(&db);
    let abandoned = {
        let db = db.clone();
        tokio::spawn(async move { set(&db, "a", "v").await })
    };
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    abandoned.abort();
    drop(release);
    held.await.unwrap().unwrap();
    set(&db, "b", "v").await.unwrap();
    assert_eq!(keys(&db).await, ["a", "b"]);
}

#[tokio::test]
async fn readers_of_sqlite_cannot_write() {
    let (_database, db) = sqlite().await;
    let mut reader = db.reader().await.unwrap();
    let refused = reader.conn().execute(INSERT, args!["a", "v", 1_i64]).await;
    assert!(matches!(refused, Err(DbError::Unavailable(_))), "{refused:?}");
    let refused = db.orm().execute_unprepared("DELETE FROM users").await;
    assert!(refused.is_err());
}

#[tokio::test]
async fn a_reader_sees_one_state_while_others_write() {
    let (_database, db) = sqlite().await;
    let mut held = db.reader().await.unwrap();
    let mut conn = held.conn();
    conn.execute("BEGIN", &[]).await.unwrap();
    let count = |row: Option<berth_db::Row>| row.unwrap().get::<i64>(0).unwrap();
    assert_eq!(count(conn.row("SELECT COUNT(*) FROM settings", &[]).await.unwrap()), 0);
    set(&db, "a", "v").await.unwrap();
    assert_eq!(count(conn.row("SELECT COUNT(*) FROM settings", &[]).await.unwrap()), 0);
    conn.execute("COMMIT", &[]).await.unwrap();
    assert_eq!(count(conn.row("SELECT COUNT(*) FROM settings", &[]).await.unwrap()), 1);
}

#[test]
fn arguments_become_values() {
    let [a, b, c, d]: &[Value; 4] = args![1_i64, "x", None::<bool>, vec![1_u8]];
    assert_eq!(a, &Value::Int(Some(1)));
    assert_eq!(b, &Value::Text(Some("x".to_owned())));
    assert_eq!(c, &Value::Bool(None));
    assert_eq!(d, &Value::Bytes(Some(vec![1])));
}

/// What a commit means. The writer is asked on its own connection, and every reader on its own.
#[tokio::test]
async fn commits_of_sqlite_are_kept_through_a_power_loss() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let db = database.open().await;
    let number = |sql: &'static str| {
        db.write(sql, |tx, sql| Box::pin(async move { tx.row(sql, &[]).await?.unwrap().get::<i64>(0) }))
    };
    assert_eq!(number("PRAGMA synchronous").await.unwrap(), 2, "FULL");
    assert_eq!(number("PRAGMA temp_store").await.unwrap(), 2, "MEMORY: no file for each savepoint");
    assert_eq!(number("PRAGMA foreign_keys").await.unwrap(), 1);
    let mode = db.write((), |tx, ()| {
        Box::pin(async move { tx.row("PRAGMA journal_mode", &[]).await?.unwrap().get::<String>(0) })
    });
    assert_eq!(mode.await.unwrap(), "wal");
    assert!(db.weak_settings().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_postgres_that_forgets_is_found_out() {
    let Some(database) = Database::create(Backend::Postgres).await else { return };
    let url = database.url().unwrap();
    let separator = if url.contains('?') { '&' } else { '?' };
    let open = async |value: &str| {
        Db::open_postgres(&format!("{url}{separator}options=-c%20synchronous_commit%3D{value}"), 2).await.unwrap()
    };
    let is_weak = async |db: &Db| db.weak_settings().await.unwrap().contains(&"synchronous_commit = off".to_owned());
    assert!(is_weak(&open("off").await).await);
    assert!(!is_weak(&open("on").await).await);
}

/// A foreign process that holds SQLite's lock keeps nobody waiting for much longer than the time-out, however many wait.
#[tokio::test]
async fn writes_that_wait_for_a_lock_give_up_together() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let db = database.open().await;
    let other = rusqlite::Connection::open(database.sqlite_path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = std::time::Instant::now();
    let writes: Vec<_> = (0..20)
        .map(|n| {
            let db = db.clone();
            tokio::spawn(async move { set(&db, &format!("key {n}"), "value").await })
        })
        .collect();
    for write in writes {
        assert!(matches!(write.await.unwrap(), Err(DbError::Unavailable(_))));
    }
    // One after the other they would take more than a minute and a half.
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    assert_eq!(keys(&db).await, Vec::<String>::new(), "readers are served");
    other.execute_batch("ROLLBACK").unwrap();
    set(&db, "key", "value").await.unwrap();
    assert_eq!(keys(&db).await, ["key"]);
}

#[tokio::test]
async fn a_database_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&folder.path().join("berth.db")).await.unwrap();
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
    assert!(files.len() > 1, "the log lies beside the database");
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
    }
    drop(db);
}
