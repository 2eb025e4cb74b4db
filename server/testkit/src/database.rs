//! A fresh database for each test, of either kind.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use berth_db::{Backend, Db};
use sqlx::{ConnectOptions as _, Connection as _, postgres::PgConnectOptions};
use tempfile::TempDir;

/// Names the PostgreSQL server that tests may make databases on.
pub const POSTGRES_URL: &str = "BERTH_TEST_POSTGRES_URL";

/// An empty database. It is removed when this is dropped.
pub struct Database {
    /// A folder for this test alone, in memory where the system has such a place. The SQLite file lies in it.
    pub folder: TempDir,
    postgres: Option<(PgConnectOptions, String)>,
}

impl Database {
    /// Makes a database. Nothing where no PostgreSQL server is at hand, which is said aloud.
    ///
    /// # Panics
    /// Where it cannot be made, and under CI where the server's address is not given.
    pub async fn create(backend: Backend) -> Option<Self> {
        let folder = temporary_folder();
        if backend == Backend::Sqlite {
            return Some(Database { folder, postgres: None });
        }
        let Some(server) = variable(POSTGRES_URL) else {
            assert!(!is_ci(), "{POSTGRES_URL} has to be set under CI");
            println!("SKIPPED: {POSTGRES_URL} is not set");
            return None;
        };
        let server: PgConnectOptions = server.parse().expect("the address of a PostgreSQL server");
        let name = format!("berth_{}", uuid::Uuid::new_v4().simple());
        admin(&server, &format!("CREATE DATABASE {name}")).await.expect("a new database");
        Some(Database { folder, postgres: Some((server, name)) })
    }

    /// Opens it and brings it up to date.
    ///
    /// # Panics
    /// Where that fails.
    pub async fn open(&self) -> Db {
        match self.url() {
            Some(url) => Db::open_postgres(&url, 8).await.expect("a database"),
            None => Db::open_sqlite(&self.sqlite_path()).await.expect("a database"),
        }
    }

    /// Address of the PostgreSQL database; nothing for SQLite.
    pub fn url(&self) -> Option<String> {
        let (server, name) = self.postgres.as_ref()?;
        Some(server.clone().database(name).to_url_lossy().to_string())
    }

    /// The file of the SQLite database.
    pub fn sqlite_path(&self) -> PathBuf {
        self.folder.path().join("berth.db")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some((server, name)) = self.postgres.take() else { return };
        // A thread, because the test's own runtime is about to end or may be the one that drops this.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime
                .block_on(admin(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")))
                .map_err(std::io::Error::other)
        });
        if let Ok(Err(error)) = dropped.join() {
            eprintln!("a test's database could not be removed: {error}");
        }
    }
}

/// Whether a missing tool is an error instead of a reason to skip.
pub fn is_ci() -> bool {
    variable("CI").is_some()
}

/// Every sync of a test goes to memory where it can.
fn temporary_folder() -> TempDir {
    let builder = |folder: &Path| tempfile::Builder::new().prefix("berth-test-").tempdir_in(folder);
    builder(Path::new("/dev/shm")).or_else(|_| builder(&std::env::temp_dir())).expect("a temporary folder")
}

async fn admin(server: &PgConnectOptions, sql: &str) -> sqlx::Result<()> {
    let mut connection = server.connect().await?;
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await?;
    connection.close().await
}

#[expect(clippy::disallowed_methods, reason = "the test runner speaks to tests through the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
