//! Retention policies: at most one a project.

use berth_types::Timestamp;

use crate::{Conn, Result, Row, args};

/// A policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Row id.
    pub id: i64,
    /// The project's row id.
    pub project_id: i64,
    /// Six fields, or empty for by hand only.
    pub cron: String,
    /// The rules as JSON.
    pub rules: String,
}

impl Policy {
    fn read(row: &Row) -> Result<Self> {
        Ok(Policy { id: row.get(0)?, project_id: row.get(1)?, cron: row.get(2)?, rules: row.get(3)? })
    }
}

/// One policy.
///
/// # Errors
/// As the database says.
pub async fn get(conn: &mut Conn<'_>, id: i64) -> Result<Option<Policy>> {
    let sql = "SELECT id, project_id, cron, rules FROM retention_policies WHERE id = $1";
    conn.row(sql, args![id]).await?.as_ref().map(Policy::read).transpose()
}

/// The number of a project's policy.
///
/// # Errors
/// As the database says.
pub async fn of_project(conn: &mut Conn<'_>, project: i64) -> Result<Option<i64>> {
    let sql = "SELECT id FROM retention_policies WHERE project_id = $1";
    conn.row(sql, args![project]).await?.map(|row| row.get(0)).transpose()
}

/// Adds a policy and says its row id; nothing where the project has one.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn<'_>, project: i64, cron: &str, rules: &str, now: Timestamp) -> Result<Option<i64>> {
    let sql = "INSERT INTO retention_policies (project_id, cron, rules, created_at, updated_at)
               VALUES ($1, $2, $3, $4, $4) ON CONFLICT (project_id) DO NOTHING RETURNING id";
    conn.row(sql, args![project, cron, rules, now]).await?.map(|row| row.get(0)).transpose()
}

/// Changes a policy. False where the project has no such policy.
///
/// # Errors
/// As the database says.
pub async fn update(
    conn: &mut Conn<'_>,
    (project, id): (i64, i64),
    cron: &str,
    rules: &str,
    now: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE retention_policies SET cron = $3, rules = $4, updated_at = $5 WHERE project_id = $1 AND id = $2";
    Ok(conn.execute(sql, args![project, id, cron, rules, now]).await? > 0)
}

/// Removes a policy. False where the project has no such policy.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn<'_>, project: i64, id: i64) -> Result<bool> {
    let sql = "DELETE FROM retention_policies WHERE project_id = $1 AND id = $2";
    Ok(conn.execute(sql, args![project, id]).await? > 0)
}
