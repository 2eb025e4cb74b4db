//! Rows: entities, migrations, queries, and the one shape of write.
//!
//! * [`Db::write`] is the only way to change a row. It takes a closure that may run twice and awaits nothing but its
//!   [`Conn`]. SQLite runs queued closures in one transaction and commits once; PostgreSQL runs each in a transaction
//!   of its own and repeats it when two get in each other's way.
//! * [`Db::reader`] lends a connection for lookups on hot paths; [`Db::orm`] is sea-orm for lists with filters.
//! * Queries live in [`query`], one module a noun; they know no rule and no permission.

pub mod conn;
mod copy;
pub mod entity;
mod error;
#[cfg(feature = "faults")]
mod fault;
pub mod journal;
mod migration;
pub mod query;
mod value;
mod writer;

use std::{
    path::Path,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::BoxFuture;
use sea_orm::{DatabaseConnection, SqlxPostgresConnector, SqlxSqliteConnector};
use sea_orm_migration::MigratorTrait;
use sqlx::{
    ConnectOptions as _, Connection as _,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

pub use conn::{Backend, Conn};
pub use copy::CopiedDb;
pub use error::{DbError, Result};
#[cfg(feature = "faults")]
pub use fault::{DbFault, DbFaults};
pub use migration::Migrator;
pub use sea_orm;
pub use value::{FromValue, Row, Value};

/// How often a transaction of PostgreSQL is tried.
const TRIES_MAX: u32 = 6;
/// The key of the advisory lock under which one node migrates.
const MIGRATION_LOCK: i64 = 0x0062_6572_7468;
/// How long a statement waits for SQLite's lock, which only a foreign process can hold.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// `PRAGMA synchronous = FULL`: every commit is on the disk before it is told.
const SQLITE_FULL: i64 = 2;
/// Connections of sea-orm to SQLite. They only read.
const SQLITE_READERS: u32 = 4;
/// Statements that a SQLite connection remembers.
const STATEMENTS_CACHED: usize = 256;

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    orm: DatabaseConnection,
    driver: Driver,
    journal: journal::Place,
    #[cfg(feature = "faults")]
    faults: Arc<DbFaults>,
}

impl Inner {
    fn new(orm: DatabaseConnection, driver: Driver, journal: journal::Place) -> Arc<Self> {
        #[cfg(feature = "faults")]
        let faults = match &driver {
            Driver::Sqlite { writer, .. } => writer.faults.clone(),
            Driver::Postgres { .. } => Arc::default(),
        };
        Arc::new(Inner {
            orm,
            driver,
            journal,
            #[cfg(feature = "faults")]
            faults,
        })
    }
}

enum Driver {
    Sqlite { writer: writer::Writer, readers: Mutex<Vec<Mutex<rusqlite::Connection>>>, path: std::path::PathBuf },
    Postgres { pool: PgPool },
}

impl Db {
    /// Opens an embedded database, makes it where it does not exist, and migrates it.
    ///
    /// # Errors
    /// Where the file cannot be opened or a migration fails.
    pub async fn open_sqlite(path: &Path) -> Result<Db> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .log_statements(tracing_level())
            .log_slow_statements(tracing_level(), Duration::from_secs(1));
        keep_private(path).map_err(|error| DbError::Unavailable(error.to_string()))?;
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        let migrations = SqlxSqliteConnector::from_sqlx_sqlite_pool(pool);
        migrate(&migrations).await?;
        migrations.close().await?;
        let readers = options.pragma("query_only", "ON");
        let pool = SqlitePoolOptions::new().max_connections(SQLITE_READERS).connect_lazy_with(readers);
        let orm = SqlxSqliteConnector::from_sqlx_sqlite_pool(pool);
        let journal = journal::Place::default();
        let writer = writer::Writer::start(sqlite_connection(path, false)?, journal.clone())?;
        let driver = Driver::Sqlite { writer, readers: Mutex::new(Vec::new()), path: path.to_owned() };
        Ok(Db { inner: Inner::new(orm, driver, journal) })
    }

    /// Connects to PostgreSQL and migrates it, one node at a time.
    ///
    /// # Errors
    /// Where the server cannot be reached or a migration fails.
    pub async fn open_postgres(url: &str, connections_max: u32) -> Result<Db> {
        let options = PgConnectOptions::from_str(url)?
            .application_name("berth")
            .log_statements(tracing_level())
            .log_slow_statements(tracing_level(), Duration::from_secs(1));
        let mut guard = options.clone().connect().await?;
        sqlx::query("SELECT pg_advisory_lock($1)").bind(MIGRATION_LOCK).execute(&mut guard).await?;
        let pool = PgPoolOptions::new()
            .max_connections(connections_max)
            .acquire_timeout(Duration::from_secs(5))
            .connect_with(options)
            .await?;
        let orm = SqlxPostgresConnector::from_sqlx_postgres_pool(pool.clone());
        migrate(&orm).await?;
        // Closing the connection lets the lock go.
        guard.close().await?;
        Ok(Db { inner: Inner::new(orm, Driver::Postgres { pool }, journal::Place::default()) })
    }

    /// From now on `journal` decides where audit entries go, and hears of those that are committed.
    pub fn set_journal(&self, journal: Arc<dyn journal::Journal>) {
        self.inner.journal.set(journal);
    }

    /// What is rung whenever this process has committed events. One waits for it at a time.
    pub fn bell(&self) -> Arc<tokio::sync::Notify> {
        self.inner.journal.bell()
    }

    /// Which database this is.
    pub fn backend(&self) -> Backend {
        match self.inner.driver {
            Driver::Sqlite { .. } => Backend::Sqlite,
            Driver::Postgres { .. } => Backend::Postgres,
        }
    }

    /// sea-orm, for reading lists. On SQLite its connections cannot write.
    pub fn orm(&self) -> &DatabaseConnection {
        &self.inner.orm
    }

    /// Lends a connection for lookups.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] where none is to be had.
    pub async fn reader(&self) -> Result<Reader<'_>> {
        match &self.inner.driver {
            Driver::Sqlite { readers, path, .. } => {
                let idle = readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let connection = match idle {
                    Some(connection) => connection,
                    None => Mutex::new(sqlite_connection(path, true)?),
                };
                Ok(self.lend(Lent::Sqlite { connection: Some(connection), home: readers }))
            }
            Driver::Postgres { pool } => Ok(self.lend(Lent::Postgres(pool.acquire().await?))),
        }
    }

    fn lend<'d>(&'d self, lent: Lent<'d>) -> Reader<'d> {
        Reader {
            lent,
            #[cfg(feature = "faults")]
            faults: &self.inner.faults,
        }
    }

    /// Lets calls fail on demand.
    #[cfg(feature = "faults")]
    pub fn faults(&self) -> &DbFaults {
        &self.inner.faults
    }

    /// Changes rows. The closure gets its arguments by reference because it may run more than once; it awaits nothing
    /// but the connection. When this returns `Ok`, the change survives a power loss.
    ///
    /// # Errors
    /// The closure's own error, after which nothing of it remains, or the database's.
    pub async fn write<A, T, E, F>(&self, args: A, body: F) -> Result<T, E>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
        E: From<DbError> + Retryable + Send + 'static,
        F: for<'t> Fn(&'t mut Conn<'_>, &'t A) -> BoxFuture<'t, Result<T, E>> + Send + Sync + 'static,
    {
        match &self.inner.driver {
            Driver::Sqlite { writer, .. } => writer.write(args, body).await,
            Driver::Postgres { pool } => {
                let mut tries = 0;
                loop {
                    tries += 1;
                    match self.postgres_write(pool, &args, &body).await {
                        Err(error) if tries < TRIES_MAX && error.retryable() => {
                            tokio::time::sleep(Duration::from_millis(u64::from(2_u32.pow(tries)))).await;
                        }
                        outcome => return outcome,
                    }
                }
            }
        }
    }

    async fn postgres_write<A, T, E, F>(&self, pool: &PgPool, args: &A, body: &F) -> Result<T, E>
    where
        E: From<DbError>,
        F: for<'t> Fn(&'t mut Conn<'_>, &'t A) -> BoxFuture<'t, Result<T, E>>,
    {
        let mut transaction = pool.begin().await.map_err(DbError::from)?;
        let journal = self.inner.journal.get();
        let conn = Conn::postgres(&mut transaction).with_journal(journal.as_deref());
        #[cfg(feature = "faults")]
        let conn = conn.with_faults(&self.inner.faults);
        let mut conn = conn;
        let value = body(&mut conn, args).await?;
        if conn.is_broken() {
            return Err(DbError::Other("a write went on after a statement of it failed".to_owned()).into());
        }
        let (heard, has_event) = (conn.take_heard(), conn.has_event());
        drop(conn);
        let commit = async { Ok(transaction.commit().await?) };
        #[cfg(feature = "faults")]
        let commit = self.inner.faults.pass(commit);
        commit.await?;
        if has_event {
            self.inner.journal.ring();
        }
        if let (Some(journal), false) = (journal, heard.is_empty()) {
            journal.committed(heard);
        }
        Ok(value)
    }

    /// Settings of the database under which a power loss takes what was committed, as `name = value`. None is as it should
    /// be: SQLite is opened so that it keeps its commits, and PostgreSQL does so unless somebody told it otherwise.
    ///
    /// # Errors
    /// As the database says.
    pub async fn weak_settings(&self) -> Result<Vec<String>> {
        let mut reader = self.reader().await?;
        let mut conn = reader.conn();
        let mut weak = Vec::new();
        match self.backend() {
            Backend::Sqlite => {
                let row = conn.row("PRAGMA synchronous", &[]).await?;
                let synchronous: i64 = row.map_or(Ok(0), |row| row.get(0))?;
                if synchronous < SQLITE_FULL {
                    weak.push(format!("synchronous = {synchronous}"));
                }
            }
            Backend::Postgres => {
                for name in ["fsync", "full_page_writes", "synchronous_commit"] {
                    let row = conn.row("SELECT current_setting($1)", args![name]).await?;
                    let value: String = row.map_or_else(|| Ok(String::new()), |row| row.get(0))?;
                    if value == "off" {
                        weak.push(format!("{name} = {value}"));
                    }
                }
            }
        }
        Ok(weak)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// Why it does not.
    pub async fn ping(&self) -> Result<()> {
        self.reader().await?.conn().row("SELECT 1", &[]).await?;
        Ok(())
    }
}

/// Errors that say whether the same write may work at the next try.
pub trait Retryable {
    /// True for two transactions that got in each other's way.
    fn retryable(&self) -> bool;
}

impl Retryable for DbError {
    fn retryable(&self) -> bool {
        matches!(self, DbError::Conflict(_))
    }
}

/// A lent connection. It goes back when it is dropped.
pub struct Reader<'d> {
    lent: Lent<'d>,
    #[cfg(feature = "faults")]
    faults: &'d DbFaults,
}

enum Lent<'d> {
    Sqlite { connection: Option<Mutex<rusqlite::Connection>>, home: &'d Mutex<Vec<Mutex<rusqlite::Connection>>> },
    Postgres(sqlx::pool::PoolConnection<sqlx::Postgres>),
}

impl Reader<'_> {
    /// The connection, to pass to queries.
    #[expect(clippy::expect_used, reason = "the connection leaves its place only in `drop`")]
    pub fn conn(&mut self) -> Conn<'_> {
        let conn = match &mut self.lent {
            Lent::Sqlite { connection, .. } => Conn::sqlite(connection.as_ref().expect("lent until dropped")),
            Lent::Postgres(connection) => Conn::postgres(connection),
        };
        #[cfg(feature = "faults")]
        let conn = conn.with_faults(self.faults);
        conn
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        if let Lent::Sqlite { connection, home } = &mut self.lent
            && let Some(connection) = connection.take()
        {
            home.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}

/// Makes the file of a new database, for its owner alone: it holds what passwords are checked against. The files that SQLite
/// puts beside it get the same mode.
fn keep_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(drop)
}

/// Brings the tables up to date, and says so in one line.
async fn migrate(database: &DatabaseConnection) -> Result<()> {
    let steps = Migrator::get_pending_migrations(database).await?.len();
    Migrator::up(database, None).await?;
    if steps > 0 {
        tracing::info!(steps, "the tables of the database are up to date");
    }
    Ok(())
}

fn sqlite_connection(path: &Path, query_only: bool) -> Result<rusqlite::Connection> {
    let connection = rusqlite::Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "query_only", if query_only { "ON" } else { "OFF" })?;
    if !query_only {
        // What a savepoint may have to restore would otherwise go through a temporary file.
        connection.pragma_update(None, "temp_store", "MEMORY")?;
    }
    Ok(connection)
}

/// sqlx would otherwise print every statement where people look for news.
fn tracing_level() -> log::LevelFilter {
    log::LevelFilter::Trace
}
