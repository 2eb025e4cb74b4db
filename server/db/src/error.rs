//! What can go wrong between a query and its rows.

/// An error of the database, told apart as far as callers act on it.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A unique index refused the row. The text names the index or its columns.
    #[error("unique violation: {0}")]
    Unique(String),
    /// A foreign key refused the change.
    #[error("foreign key violation: {0}")]
    ForeignKey(String),
    /// Locked, unreachable, or out of connections. Worth another try soon.
    #[error("database is not available: {0}")]
    Unavailable(String),
    /// No room for the write.
    #[error("database is full: {0}")]
    Full(String),
    /// A text that the database cannot keep: PostgreSQL takes no NUL character.
    #[error("text that cannot be stored: {0}")]
    Text(String),
    /// Two transactions got in each other's way; the write was tried several times.
    #[error("transaction could not be serialised: {0}")]
    Conflict(String),
    /// A column does not hold what the code expects.
    #[error("column {column} does not hold {expected}")]
    Column {
        /// Position in the row.
        column: usize,
        /// The type that was asked for.
        expected: &'static str,
    },
    /// Anything else.
    #[error("database error: {0}")]
    Other(String),
}

/// The result of everything here.
pub type Result<T, E = DbError> = std::result::Result<T, E>;

impl From<rusqlite::Error> for DbError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::{ErrorCode, ffi};
        let text = error.to_string();
        let rusqlite::Error::SqliteFailure(failure, _) = &error else { return DbError::Other(text) };
        match failure.extended_code {
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
                return DbError::Unique(text);
            }
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY => return DbError::ForeignKey(text),
            _ => {}
        }
        match failure.code {
            ErrorCode::DiskFull => DbError::Full(text),
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::SystemIoFailure => DbError::Unavailable(text),
            _ => DbError::Other(text),
        }
    }
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        let text = error.to_string();
        match &error {
            sqlx::Error::Database(database) => {
                let code = database.code().unwrap_or_default();
                match code.as_ref() {
                    "23505" => DbError::Unique(database.constraint().unwrap_or(&text).to_owned()),
                    "23503" => DbError::ForeignKey(database.constraint().unwrap_or(&text).to_owned()),
                    "40001" | "40P01" => DbError::Conflict(text),
                    "53100" => DbError::Full(text),
                    "22021" | "22P05" => DbError::Text(text),
                    code if code.starts_with("57P") || code.starts_with("53") || code.starts_with("08") => {
                        DbError::Unavailable(text)
                    }
                    _ => DbError::Other(text),
                }
            }
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => {
                DbError::Unavailable(text)
            }
            _ => DbError::Other(text),
        }
    }
}

impl From<sea_orm::DbErr> for DbError {
    fn from(error: sea_orm::DbErr) -> Self {
        use sea_orm::{DbErr, RuntimeErr};
        match error {
            DbErr::ConnectionAcquire(error) => DbError::Unavailable(error.to_string()),
            DbErr::Conn(error) => DbError::Unavailable(error.to_string()),
            DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
                let text = error.to_string();
                match std::sync::Arc::try_unwrap(error) {
                    Ok(error) => error.into(),
                    Err(_) => DbError::Other(text),
                }
            }
            other => DbError::Other(other.to_string()),
        }
    }
}
