//! One connection, two databases: statements are written once, with `$1`, `$2` … as their arguments.
//!
//! On SQLite a call runs the statement before it returns, so a future over a [`Conn`] never waits; that is what lets
//! the writer thread run whole transactions without a runtime (see `writer`). On PostgreSQL it awaits the answer.

use std::sync::{Mutex, MutexGuard, PoisonError};

use sqlx::{Column as _, Row as _, TypeInfo as _, ValueRef as _, postgres::PgConnection};

use crate::{
    DbError, Result, Row, Value,
    journal::{AuditRow, Journal, Route},
};

/// Which database stands behind a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// SQLite, embedded.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// A connection, or the transaction that is open on it.
pub struct Conn<'c> {
    link: Link<'c>,
    journal: Option<&'c dyn Journal>,
    /// What the journal hears once the transaction is committed.
    heard: Vec<AuditRow>,
    /// Whether an event was written.
    has_event: bool,
}

enum Link<'c> {
    /// An embedded connection. The lock is never contended; it only makes the reference shareable.
    Sqlite(&'c Mutex<rusqlite::Connection>),
    /// A connection of the pool.
    Postgres(Session<'c>),
    /// Either, with statements that fail on demand.
    #[cfg(feature = "faults")]
    Faulty(Box<Link<'c>>, &'c crate::DbFaults),
}

/// A connection of the pool, and whether a statement failed on it.
struct Session<'c> {
    connection: &'c mut PgConnection,
    broken: bool,
}

impl Session<'_> {
    /// Notes a failure on its way to the caller.
    fn noting<T>(&mut self, outcome: sqlx::Result<T>) -> Result<T> {
        self.broken |= outcome.is_err();
        Ok(outcome?)
    }
}

impl<'c> Conn<'c> {
    /// On an embedded connection.
    pub(crate) const fn sqlite(connection: &'c Mutex<rusqlite::Connection>) -> Self {
        Conn { link: Link::Sqlite(connection), journal: None, heard: Vec::new(), has_event: false }
    }

    /// On a connection of the pool.
    pub(crate) const fn postgres(connection: &'c mut PgConnection) -> Self {
        let session = Session { connection, broken: false };
        Conn { link: Link::Postgres(session), journal: None, heard: Vec::new(), has_event: false }
    }

    /// The same with a journal that decides where audit entries go.
    #[must_use]
    pub(crate) fn with_journal(mut self, journal: Option<&'c dyn Journal>) -> Self {
        self.journal = journal;
        self
    }

    /// The same with statements that fail on demand.
    #[cfg(feature = "faults")]
    #[must_use]
    pub(crate) fn with_faults(mut self, faults: &'c crate::DbFaults) -> Self {
        self.link = Link::Faulty(Box::new(self.link), faults);
        self
    }

    /// Which database this is.
    pub const fn backend(&self) -> Backend {
        self.link.backend()
    }

    /// Whether a statement failed. PostgreSQL then turns the commit into a rollback, without an error.
    pub(crate) const fn is_broken(&self) -> bool {
        self.link.is_broken()
    }

    /// Where an audit entry goes: into the database, where nobody says otherwise.
    pub(crate) fn route(&self, row: &AuditRow) -> Route {
        self.journal.map_or(Route { row: true, told: false }, |journal| journal.route(row))
    }

    /// Keeps an audit entry for the journal.
    pub(crate) fn tell(&mut self, row: AuditRow) {
        self.heard.push(row);
    }

    /// Notes that an event was written.
    pub(crate) const fn note_event(&mut self) {
        self.has_event = true;
    }

    /// Whether an event was written.
    pub(crate) const fn has_event(&self) -> bool {
        self.has_event
    }

    /// What the journal hears if the transaction is committed.
    pub(crate) fn take_heard(&mut self) -> Vec<AuditRow> {
        std::mem::take(&mut self.heard)
    }

    /// Runs a statement and returns its rows.
    ///
    /// # Errors
    /// As the database says, see [`DbError`].
    pub async fn rows(&mut self, sql: &str, args: &[Value]) -> Result<Vec<Row>> {
        self.link.rows(sql, args).await
    }

    /// Runs a statement and returns its first row, if there is one.
    ///
    /// # Errors
    /// As the database says, see [`DbError`].
    pub async fn row(&mut self, sql: &str, args: &[Value]) -> Result<Option<Row>> {
        self.link.row(sql, args).await
    }

    /// Runs a statement and returns how many rows it changed.
    ///
    /// # Errors
    /// As the database says, see [`DbError`].
    pub async fn execute(&mut self, sql: &str, args: &[Value]) -> Result<u64> {
        self.link.execute(sql, args).await
    }

    /// Runs an `INSERT … RETURNING id` and returns the id.
    ///
    /// # Errors
    /// As the database says; [`DbError::Other`] where no row came back.
    pub async fn insert(&mut self, sql: &str, args: &[Value]) -> Result<i64> {
        let row = self.row(sql, args).await?.ok_or_else(|| DbError::Other("an insert returned no row".to_owned()))?;
        row.get(0)
    }
}

impl Link<'_> {
    const fn backend(&self) -> Backend {
        match self {
            Link::Sqlite(_) => Backend::Sqlite,
            Link::Postgres(_) => Backend::Postgres,
            #[cfg(feature = "faults")]
            Link::Faulty(link, _) => link.backend(),
        }
    }

    const fn is_broken(&self) -> bool {
        match self {
            Link::Sqlite(_) => false,
            Link::Postgres(session) => session.broken,
            #[cfg(feature = "faults")]
            Link::Faulty(link, _) => link.is_broken(),
        }
    }

    async fn rows(&mut self, sql: &str, args: &[Value]) -> Result<Vec<Row>> {
        match self {
            Link::Sqlite(connection) => sqlite_rows(&lock(connection), sql, args),
            Link::Postgres(session) => {
                let rows = postgres_query(sql, args).fetch_all(&mut *session.connection).await;
                session.noting(rows)?.iter().map(postgres_row).collect()
            }
            #[cfg(feature = "faults")]
            Link::Faulty(link, faults) => faults.pass(Box::pin(link.rows(sql, args))).await,
        }
    }

    async fn row(&mut self, sql: &str, args: &[Value]) -> Result<Option<Row>> {
        match self {
            Link::Sqlite(connection) => Ok(sqlite_rows(&lock(connection), sql, args)?.into_iter().next()),
            Link::Postgres(session) => {
                let row = postgres_query(sql, args).fetch_optional(&mut *session.connection).await;
                session.noting(row)?.as_ref().map(postgres_row).transpose()
            }
            #[cfg(feature = "faults")]
            Link::Faulty(link, faults) => faults.pass(Box::pin(link.row(sql, args))).await,
        }
    }

    async fn execute(&mut self, sql: &str, args: &[Value]) -> Result<u64> {
        match self {
            Link::Sqlite(connection) => {
                let connection = lock(connection);
                let mut statement = connection.prepare_cached(sql)?;
                bind(&mut statement, args)?;
                Ok(statement.raw_execute()? as u64)
            }
            Link::Postgres(session) => {
                let done = postgres_query(sql, args).execute(&mut *session.connection).await;
                Ok(session.noting(done)?.rows_affected())
            }
            #[cfg(feature = "faults")]
            Link::Faulty(link, faults) => faults.pass(Box::pin(link.execute(sql, args))).await,
        }
    }
}

/// A poisoned lock only means that some statement panicked; the transaction around it was rolled back.
fn lock(connection: &Mutex<rusqlite::Connection>) -> MutexGuard<'_, rusqlite::Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

fn sqlite_rows(connection: &rusqlite::Connection, sql: &str, args: &[Value]) -> Result<Vec<Row>> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, args)?;
    let columns = statement.column_count();
    let mut rows = statement.raw_query();
    let mut result = Vec::new();
    while let Some(row) = rows.next()? {
        let mut values = Vec::with_capacity(columns);
        for column in 0..columns {
            use rusqlite::types::ValueRef;
            values.push(match row.get_ref(column)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => Value::Int(Some(number)),
                ValueRef::Real(number) => Value::Int(Some(number as i64)),
                ValueRef::Text(text) => Value::Text(Some(String::from_utf8_lossy(text).into_owned())),
                ValueRef::Blob(bytes) => Value::Bytes(Some(bytes.to_owned())),
            });
        }
        result.push(Row(values));
    }
    Ok(result)
}

/// Binds by the number in the argument's name: SQLite counts `$2` as the first argument if it comes first.
fn bind(statement: &mut rusqlite::CachedStatement<'_>, args: &[Value]) -> Result<()> {
    for index in 1..=statement.parameter_count() {
        let position =
            statement.parameter_name(index).and_then(|name| name[1..].parse::<usize>().ok()).unwrap_or(index);
        let value = args
            .get(position - 1)
            .ok_or_else(|| DbError::Other(format!("statement has an argument ${position}, which was not given")))?;
        match value {
            Value::Null | Value::Int(None) | Value::Text(None) | Value::Bytes(None) | Value::Bool(None) => {
                statement.raw_bind_parameter(index, rusqlite::types::Null)?;
            }
            Value::Int(Some(number)) => statement.raw_bind_parameter(index, number)?,
            Value::Text(Some(text)) => statement.raw_bind_parameter(index, text)?,
            Value::Bytes(Some(bytes)) => statement.raw_bind_parameter(index, bytes)?,
            Value::Bool(Some(switch)) => statement.raw_bind_parameter(index, switch)?,
        }
    }
    Ok(())
}

fn postgres_query<'q>(
    sql: &'q str,
    args: &[Value],
) -> sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments> {
    // Every text comes from this workspace: constants, or builders that quote names and number arguments.
    let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
    for value in args {
        query = match value.clone() {
            Value::Null => query.bind(Option::<String>::None),
            Value::Int(number) => query.bind(number),
            Value::Text(text) => query.bind(text),
            Value::Bytes(bytes) => query.bind(bytes),
            Value::Bool(switch) => query.bind(switch),
        };
    }
    query
}

fn postgres_row(row: &sqlx::postgres::PgRow) -> Result<Row> {
    let mut values = Vec::with_capacity(row.len());
    for column in row.columns() {
        let index = column.ordinal();
        if row.try_get_raw(index)?.is_null() {
            values.push(Value::Null);
            continue;
        }
        values.push(match column.type_info().name() {
            "INT8" => Value::Int(Some(row.try_get(index)?)),
            "INT4" => Value::Int(Some(i64::from(row.try_get::<i32, _>(index)?))),
            "BOOL" => Value::Bool(Some(row.try_get(index)?)),
            "BYTEA" => Value::Bytes(Some(row.try_get(index)?)),
            _ => Value::Text(Some(row.try_get(index)?)),
        });
    }
    Ok(Row(values))
}
