//! Quotas of projects.

use berth_types::{Timestamp, page::Paged, query::ListQuery};

use super::list::{Column, List, Source};
use crate::{Backend, Conn, Result, Row, args};

/// The quota of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// The project's row id.
    pub project_id: i64,
    /// The project's name.
    pub project_name: String,
    /// The owner's sign-in name.
    pub owner_name: String,
    /// Bytes that it may hold; −1 for as many as there are.
    pub storage_bytes_max: i64,
    /// Bytes that it holds, started uploads left out.
    pub storage_bytes_used: i64,
    /// When the project was made.
    pub created_at: Timestamp,
    /// When the project was changed.
    pub updated_at: Timestamp,
}

impl Quota {
    fn read(row: &Row) -> Result<Self> {
        Ok(Quota {
            project_id: row.get(0)?,
            project_name: row.get(1)?,
            owner_name: row.get(2)?,
            storage_bytes_max: row.get(3)?,
            storage_bytes_used: row.get(4)?,
            created_at: row.get(5)?,
            updated_at: row.get(6)?,
        })
    }
}

const QUOTAS: Source = Source {
    select: "p.id, p.name, COALESCE(u.username, ''), p.storage_bytes_max,
             p.storage_bytes_used
               + CAST(COALESCE((SELECT SUM(d.bytes) FROM quota_deltas d WHERE d.project_id = p.id), 0) AS BIGINT),
             p.created_at, p.updated_at",
    from: "projects p LEFT JOIN users u ON u.id = p.owner_id",
    columns: &[
        Column::number("id", "p.id"),
        Column::number("reference_id", "p.id"),
        Column::text("name", "p.name"),
        // No limit is the highest one.
        Column::number(
            "hard.storage",
            "CASE WHEN p.storage_bytes_max < 0 THEN 9223372036854775807 ELSE p.storage_bytes_max END",
        ),
        Column::number(
            "used.storage",
            "(p.storage_bytes_used
               + CAST(COALESCE((SELECT SUM(d.bytes) FROM quota_deltas d WHERE d.project_id = p.id), 0) AS BIGINT))",
        ),
        Column::time("creation_time", "p.created_at"),
        Column::time("update_time", "p.updated_at"),
    ],
    order: "p.created_at DESC",
    tie: "p.id ASC",
};

/// The quotas of all projects, or of one.
///
/// # Errors
/// As the database says.
pub async fn list(conn: &mut Conn<'_>, project: Option<i64>, query: &ListQuery) -> Result<Paged<Quota>> {
    let mut list = List::of(QUOTAS).and("p.deleted_at IS NULL", &[]);
    if let Some(id) = project {
        list = list.and("p.id = ?", args![id]);
    }
    let rows = list.filtered(&query.filters).sorted(query).page(conn, query).await?;
    let items = rows.items.iter().map(Quota::read).collect::<Result<_>>()?;
    Ok(Paged { items, total: rows.total })
}

/// The quota of a project.
///
/// # Errors
/// As the database says.
pub async fn get(conn: &mut Conn<'_>, project: i64) -> Result<Option<Quota>> {
    let list = List::of(QUOTAS).and("p.deleted_at IS NULL AND p.id = ?", args![project]);
    list.slice(conn, 1, 0).await?.first().map(Quota::read).transpose()
}

/// Changes the limit of a project. False where there is none.
///
/// # Errors
/// As the database says.
pub async fn set_limit(conn: &mut Conn<'_>, project: i64, storage_bytes_max: i64, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE projects SET storage_bytes_max = $2, updated_at = $3 WHERE id = $1 AND deleted_at IS NULL";
    Ok(conn.execute(sql, args![project, storage_bytes_max, now]).await? > 0)
}

/// Locks a project's limit for the rest of the transaction, where others write at the same time: who else would let the
/// project grow waits.
///
/// # Errors
/// As the database says.
pub async fn hold(conn: &mut Conn<'_>, project: i64) -> Result<()> {
    if conn.backend() == Backend::Postgres {
        // Repositories that are made meanwhile refer to the row, and do not wait for this.
        conn.row("SELECT id FROM projects WHERE id = $1 FOR NO KEY UPDATE", args![project]).await?;
    }
    Ok(())
}

/// The room of a project that has a limit, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// The limit.
    pub limit: i64,
    /// What the project holds.
    pub used: i64,
    /// What uploads that are under way have received, one left out.
    pub reserved: i64,
}

/// Reserves room for all that an upload has received. Says what room there is without it, where the project has a limit.
///
/// # Errors
/// As the database says.
pub async fn reserve(conn: &mut Conn<'_>, upload: &str, bytes: i64, now: Timestamp) -> Result<Option<Room>> {
    let limited = "SELECT p.id FROM uploads u JOIN repositories r ON r.id = u.repository_id
                   JOIN projects p ON p.id = r.project_id WHERE u.id = $1 AND p.storage_bytes_max >= 0";
    let Some(row) = conn.row(limited, args![upload]).await? else { return Ok(None) };
    let project: i64 = row.get(0)?;
    let sql = "INSERT INTO quota_reservations (upload_id, project_id, bytes, at) VALUES ($1, $2, $3, $4)
               ON CONFLICT (upload_id) DO UPDATE SET bytes = excluded.bytes, at = excluded.at";
    conn.execute(sql, args![upload, project, bytes, now]).await?;
    let room = "SELECT p.storage_bytes_max, p.storage_bytes_used
                  + CAST(COALESCE((SELECT SUM(bytes) FROM quota_deltas WHERE project_id = p.id), 0) AS BIGINT),
                  CAST(COALESCE((SELECT SUM(bytes) FROM quota_reservations WHERE project_id = p.id AND upload_id <> $2), 0)
                    AS BIGINT)
                FROM projects p WHERE p.id = $1";
    let row = conn.row(room, args![project, upload]).await?;
    row.map(|row| Ok(Room { limit: row.get(0)?, used: row.get(1)?, reserved: row.get(2)? })).transpose()
}
