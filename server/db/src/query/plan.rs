//! How SQLite goes about a statement, for tests of what it takes.

use crate::{Db, Value};

/// The steps of the plan, one a line, on an empty database.
pub(super) async fn plan(sql: &str, args: &[Value]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&folder.path().join("berth.db")).await.unwrap();
    let mut reader = db.reader().await.unwrap();
    let rows = reader.conn().rows(&format!("EXPLAIN QUERY PLAN {sql}"), args).await.unwrap();
    rows.iter().map(|row| row.get::<String>(3).unwrap()).collect::<Vec<_>>().join("\n")
}
