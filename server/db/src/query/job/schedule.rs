//! Jobs that come again.

use berth_types::Timestamp;

use crate::{Backend, Conn, Result, Row, args};

/// When jobs of a kind come again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The name by which it is changed.
    pub name: String,
    /// What its jobs do.
    pub kind: String,
    /// When, in words of cron.
    pub cron: String,
    /// What its jobs are about, as JSON.
    pub payload: String,
    /// When the next job is due.
    pub next_at: Timestamp,
}

/// Sets a schedule. One that says the same as before keeps its next moment: a restart puts nothing off.
///
/// # Errors
/// As the database says.
pub async fn set_schedule(conn: &mut Conn<'_>, schedule: &Schedule, now: Timestamp) -> Result<()> {
    let sql = "INSERT INTO job_schedules (name, kind, cron, payload, next_at, created_at, updated_at)
               VALUES ($1, $2, $3, $4, $5, $6, $6)
               ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, cron = excluded.cron, payload = excluded.payload,
                 next_at = CASE WHEN job_schedules.cron = excluded.cron THEN job_schedules.next_at ELSE excluded.next_at END,
                 updated_at = excluded.updated_at";
    let Schedule { name, kind, cron, payload, next_at } = schedule;
    conn.execute(sql, args![name, kind, cron, payload, *next_at, now]).await?;
    Ok(())
}

/// Ends a schedule. False where there was none.
///
/// # Errors
/// As the database says.
pub async fn remove_schedule(conn: &mut Conn<'_>, name: &str) -> Result<bool> {
    Ok(conn.execute("DELETE FROM job_schedules WHERE name = $1", args![name]).await? > 0)
}

/// One schedule.
///
/// # Errors
/// As the database says.
pub async fn schedule(conn: &mut Conn<'_>, name: &str) -> Result<Option<Schedule>> {
    let sql = "SELECT name, kind, cron, payload, next_at FROM job_schedules WHERE name = $1";
    conn.row(sql, args![name]).await?.as_ref().map(read_schedule).transpose()
}

/// The schedules whose moment has come, locked until the transaction ends. Another node's are left out, and all of them
/// while [`SCHEDULER`](super::SCHEDULER) is paused.
///
/// # Errors
/// As the database says.
pub async fn due_schedules(conn: &mut Conn<'_>, now: Timestamp) -> Result<Vec<Schedule>> {
    let mut sql = "SELECT name, kind, cron, payload, next_at FROM job_schedules WHERE next_at <= $1
                     AND NOT EXISTS (SELECT 1 FROM job_pauses WHERE kind = 'scheduler') ORDER BY next_at"
        .to_owned();
    if conn.backend() == Backend::Postgres {
        sql.push_str(" FOR UPDATE SKIP LOCKED");
    }
    conn.rows(&sql, args![now]).await?.iter().map(read_schedule).collect()
}

fn read_schedule(row: &Row) -> Result<Schedule> {
    Ok(Schedule { name: row.get(0)?, kind: row.get(1)?, cron: row.get(2)?, payload: row.get(3)?, next_at: row.get(4)? })
}

/// Says when a schedule's next job is due.
///
/// # Errors
/// As the database says.
pub async fn move_schedule(conn: &mut Conn<'_>, name: &str, next_at: Timestamp) -> Result<()> {
    conn.execute("UPDATE job_schedules SET next_at = $2 WHERE name = $1", args![name, next_at]).await?;
    Ok(())
}
