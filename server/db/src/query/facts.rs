//! What the database says of itself.

use berth_types::Timestamp;

use crate::{Backend, Conn, Result};

/// What the database says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its version.
    pub version: String,
    /// Bytes of its files.
    pub size_bytes: i64,
    /// Its clock; nothing where it is the process's own.
    pub clock: Option<Timestamp>,
}

/// What the database says of itself.
///
/// # Errors
/// As the database says.
pub async fn facts(conn: &mut Conn<'_>) -> Result<Facts> {
    let row = match conn.backend() {
        Backend::Sqlite => {
            let sql = "SELECT sqlite_version(), page_count * page_size FROM pragma_page_count(), pragma_page_size()";
            conn.row(sql, &[]).await?
        }
        Backend::Postgres => {
            let sql = "SELECT current_setting('server_version'), pg_database_size(current_database()),
                         (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint";
            conn.row(sql, &[]).await?
        }
    };
    let Some(row) = row else { return Ok(Facts::default()) };
    let clock = match conn.backend() {
        Backend::Sqlite => None,
        Backend::Postgres => Some(row.get(2)?),
    };
    Ok(Facts { version: row.get(0)?, size_bytes: row.get(1)?, clock })
}

/// Tables whose rows are counted, with the names under which they are shown.
const COUNTED: [(&str, &str); 12] = [
    ("users", "SELECT COUNT(*) FROM users WHERE deleted_at IS NULL"),
    ("groups", "SELECT COUNT(*) FROM user_groups"),
    ("identities", "SELECT COUNT(*) FROM identities"),
    ("projects", "SELECT COUNT(*) FROM projects WHERE deleted_at IS NULL"),
    ("repositories", "SELECT COUNT(*) FROM repositories WHERE listed = TRUE"),
    ("manifests", "SELECT COUNT(*) FROM manifests"),
    ("tags", "SELECT COUNT(*) FROM tags"),
    ("blobs", "SELECT COUNT(*) FROM blobs"),
    ("uploads", "SELECT COUNT(*) FROM uploads"),
    ("events", "SELECT COUNT(*) FROM events"),
    ("jobs", "SELECT COUNT(*) FROM jobs"),
    ("sessions", "SELECT COUNT(*) FROM sessions"),
];

/// How many rows there are, by the name of what they are.
///
/// # Errors
/// As the database says.
pub async fn counts(conn: &mut Conn<'_>) -> Result<Vec<(&'static str, i64)>> {
    let mut counts = Vec::with_capacity(COUNTED.len());
    for (name, sql) in COUNTED {
        let count = conn.row(sql, &[]).await?.map_or(Ok(0), |row| row.get(0))?;
        counts.push((name, count));
    }
    Ok(counts)
}
