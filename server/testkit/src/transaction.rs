//! A transaction beside the server's.

use sqlx::{Connection as _, PgConnection};

use crate::Database;

/// Begins a transaction that writes and runs until what is returned is dropped. PostgreSQL only.
///
/// # Panics
/// On SQLite, and where it cannot be begun.
pub async fn hold_transaction(database: &Database) -> PgConnection {
    let url = database.url().expect("PostgreSQL");
    let mut connection = PgConnection::connect(&url).await.expect("a connection");
    for sql in ["BEGIN", "SELECT pg_current_xact_id()"] {
        sqlx::query(sql).execute(&mut connection).await.expect("a transaction");
    }
    connection
}
