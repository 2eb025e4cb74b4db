//! The queue of jobs as administrators see it: histories, workers, queues, and schedules that somebody chose.

use berth_types::{Timestamp, page::Paged, query::ListQuery};

use super::{
    job::{COLUMNS, Job, read},
    list::{Column, List, Source},
};
use crate::{Conn, Result, Row, Value, args};

/// Rows that one transaction changes. More would keep other writes waiting.
const BATCH: i64 = 500;

const HISTORY: Source = Source {
    select: COLUMNS,
    from: "jobs",
    columns: &[
        Column::number("id", "id"),
        Column::text(
            "status",
            "CASE status WHEN 'pending' THEN 'Pending' WHEN 'running' THEN 'Running' WHEN 'success' THEN 'Success'
                         WHEN 'stopped' THEN 'Stopped' ELSE 'Error' END",
        ),
        Column::text("trigger", "UPPER(cause)"),
        Column::time("creation_time", "created_at"),
        Column::time("start_time", "started_at"),
        Column::time("end_time", "finished_at"),
    ],
    order: "id DESC",
    tie: "id DESC",
};

/// The jobs of a kind, newest first.
///
/// # Errors
/// As the database says.
pub async fn history(conn: &mut Conn<'_>, kind: &str, query: &ListQuery) -> Result<Paged<Job>> {
    let list = List::of(HISTORY).and("kind = ?", args![kind]).filtered(&query.filters).sorted(query);
    let rows = list.page(conn, query).await?;
    let items = rows.items.iter().map(read).collect::<Result<_>>()?;
    Ok(Paged { items, total: rows.total })
}

const ALL: Source = Source {
    select: COLUMNS,
    from: "jobs",
    columns: &[
        Column::number("id", "id"),
        Column::text("kind", "kind"),
        Column::text("status", "status"),
        Column::text("trigger", "cause"),
        Column::text("error", "error"),
        Column::time("creation_time", "created_at"),
        Column::time("start_time", "started_at"),
        Column::time("end_time", "finished_at"),
    ],
    order: "id DESC",
    tie: "id DESC",
};

/// The jobs of all kinds, newest first.
///
/// # Errors
/// As the database says.
pub async fn all(conn: &mut Conn<'_>, which: Which, query: &ListQuery) -> Result<Paged<Job>> {
    let list = List::of(ALL).filtered(&query.filters).sorted(query);
    let list = match which {
        Which::Any => list,
        // Each half has an index of its own.
        Which::Unfinished => list.and(
            "id IN (SELECT id FROM jobs WHERE status = 'pending' UNION ALL SELECT id FROM jobs WHERE status = 'running')",
            &[],
        ),
    };
    let rows = list.page(conn, query).await?;
    let items = rows.items.iter().map(read).collect::<Result<_>>()?;
    Ok(Paged { items, total: rows.total })
}

/// Which jobs are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    Any,
    /// Those that wait or run.
    Unfinished,
}

/// How many jobs failed, and how many did what they are for, since a moment.
///
/// # Errors
/// As the database says.
pub async fn ended_since(conn: &mut Conn<'_>, since: Timestamp) -> Result<(i64, i64)> {
    let sql = "SELECT CAST(COALESCE(SUM(CASE WHEN status = 'error' THEN 1 ELSE 0 END), 0) AS BIGINT),
                 CAST(COALESCE(SUM(CASE WHEN status = 'success' THEN 1 ELSE 0 END), 0) AS BIGINT)
               FROM jobs WHERE finished_at IS NOT NULL AND finished_at >= $1";
    conn.row(sql, args![since]).await?.map_or(Ok((0, 0)), |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The jobs that failed last.
///
/// # Errors
/// As the database says.
pub async fn failed(conn: &mut Conn<'_>, limit: i64) -> Result<Vec<Job>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM jobs WHERE finished_at IS NOT NULL AND status = 'error' ORDER BY finished_at DESC LIMIT $1"
    );
    conn.rows(&sql, args![limit]).await?.iter().map(read).collect()
}

/// A node that runs jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worker {
    /// The name under which it holds leases.
    pub id: String,
    /// Its process id.
    pub pid: i64,
    /// The machine that it runs on.
    pub host: String,
    /// Jobs that it runs at the same time.
    pub concurrency: i64,
    /// When it started.
    pub started_at: Timestamp,
    /// When it was last heard of.
    pub seen_at: Timestamp,
}

/// Writes down that a node is there.
///
/// # Errors
/// As the database says.
pub async fn note_worker(conn: &mut Conn<'_>, worker: &Worker) -> Result<()> {
    let sql =
        "INSERT INTO job_workers (id, pid, host, concurrency, started_at, seen_at) VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at";
    let Worker { id, pid, host, concurrency, started_at, seen_at } = worker;
    conn.execute(sql, args![id, *pid, host, *concurrency, *started_at, *seen_at]).await?;
    Ok(())
}

/// Forgets a node.
///
/// # Errors
/// As the database says.
pub async fn forget_worker(conn: &mut Conn<'_>, id: &str) -> Result<()> {
    conn.execute("DELETE FROM job_workers WHERE id = $1", args![id]).await?;
    Ok(())
}

/// Forgets the nodes that were not heard of since a moment.
///
/// # Errors
/// As the database says.
pub async fn forget_silent_workers(conn: &mut Conn<'_>, before: Timestamp) -> Result<u64> {
    conn.execute("DELETE FROM job_workers WHERE seen_at < $1", args![before]).await
}

/// The nodes that were heard of since a moment, oldest first.
///
/// # Errors
/// As the database says.
pub async fn workers(conn: &mut Conn<'_>, since: Timestamp) -> Result<Vec<Worker>> {
    let sql = "SELECT id, pid, host, concurrency, started_at, seen_at FROM job_workers WHERE seen_at >= $1
               ORDER BY started_at, id";
    let read = |row: &Row| {
        Ok(Worker {
            id: row.get(0)?,
            pid: row.get(1)?,
            host: row.get(2)?,
            concurrency: row.get(3)?,
            started_at: row.get(4)?,
            seen_at: row.get(5)?,
        })
    };
    conn.rows(sql, args![since]).await?.iter().map(read).collect()
}

/// A job that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// Row id.
    pub id: i64,
    /// What it does.
    pub kind: String,
    /// The node that runs it.
    pub worker: String,
    /// When it was begun first.
    pub started_at: Option<Timestamp>,
    /// How far it is, as JSON.
    pub progress: String,
}

/// The jobs that run, oldest first.
///
/// # Errors
/// As the database says.
pub async fn running(conn: &mut Conn<'_>) -> Result<Vec<Running>> {
    let sql = "SELECT id, kind, lease_holder, started_at, progress FROM jobs
               WHERE status = 'running' AND lease_holder IS NOT NULL ORDER BY started_at, id";
    let read = |row: &Row| {
        Ok(Running {
            id: row.get(0)?,
            kind: row.get(1)?,
            worker: row.get(2)?,
            started_at: row.get(3)?,
            progress: row.get(4)?,
        })
    };
    conn.rows(sql, &[]).await?.iter().map(read).collect()
}

/// Asks all jobs that run to stop. Says how many.
///
/// # Errors
/// As the database says.
pub async fn stop_running(conn: &mut Conn<'_>) -> Result<u64> {
    conn.execute("UPDATE jobs SET stop_wanted = TRUE WHERE status = 'running' AND stop_wanted = FALSE", &[]).await
}

/// Stops a batch of the jobs of some kinds that wait. Says how many there were; fewer than a batch means that none is left.
///
/// # Errors
/// As the database says.
pub async fn stop_waiting(conn: &mut Conn<'_>, kinds: &[&str], now: Timestamp) -> Result<u64> {
    // The empty text keeps SQLite from going through all jobs of these kinds, of which nearly all have ended.
    let sql = format!(
        "UPDATE jobs SET status = 'stopped', finished_at = $1 WHERE status = 'pending' AND id IN
         (SELECT id FROM jobs WHERE status = 'pending' AND kind || '' IN ({}) ORDER BY run_at, id LIMIT {BATCH})",
        super::marks(2, kinds.len())
    );
    let values: Vec<Value> = std::iter::once(now.into()).chain(kinds.iter().map(|kind| Value::from(*kind))).collect();
    let stopped = conn.execute(&sql, &values).await?;
    if stopped > 0 {
        super::job::tell_queue(conn, now).await?;
    }
    Ok(stopped)
}

/// Whether a batch was full, so that more may be left.
pub const fn is_full(stopped: u64) -> bool {
    stopped >= BATCH as u64
}

/// The kinds that are paused.
///
/// # Errors
/// As the database says.
pub async fn pauses(conn: &mut Conn<'_>) -> Result<Vec<String>> {
    conn.rows("SELECT kind FROM job_pauses", &[]).await?.iter().map(|row| row.get(0)).collect()
}

/// Jobs that come again, as they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Row id.
    pub id: i64,
    /// The name by which it is changed.
    pub name: String,
    /// What its jobs do.
    pub kind: String,
    /// The rule that holds.
    pub cron: String,
    /// What its jobs are about, as JSON.
    pub payload: String,
    /// What the API calls it; empty where nobody chose it.
    pub label: String,
    /// The configured rule, which holds where nobody chose another.
    pub fallback: Option<String>,
    /// When the next job is due.
    pub next_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

impl Schedule {
    /// Whether somebody chose the rule that holds.
    pub fn is_chosen(&self) -> bool {
        self.fallback.as_deref() != Some(self.cron.as_str())
    }

    fn read(row: &Row) -> Result<Self> {
        Ok(Schedule {
            id: row.get(0)?,
            name: row.get(1)?,
            kind: row.get(2)?,
            cron: row.get(3)?,
            payload: row.get(4)?,
            label: row.get(5)?,
            fallback: row.get(6)?,
            next_at: row.get(7)?,
            created_at: row.get(8)?,
            updated_at: row.get(9)?,
        })
    }
}

const SCHEDULES: Source = Source {
    select: "id, name, kind, cron, payload, label, fallback, next_at, created_at, updated_at",
    from: "job_schedules",
    columns: &[],
    order: "id ASC",
    tie: "id ASC",
};

/// All schedules.
///
/// # Errors
/// As the database says.
pub async fn schedules(conn: &mut Conn<'_>, query: &ListQuery) -> Result<Paged<Schedule>> {
    let rows = List::of(SCHEDULES).page(conn, query).await?;
    let items = rows.items.iter().map(Schedule::read).collect::<Result<_>>()?;
    Ok(Paged { items, total: rows.total })
}

/// One schedule.
///
/// # Errors
/// As the database says.
pub async fn schedule(conn: &mut Conn<'_>, name: &str) -> Result<Option<Schedule>> {
    let list = List::of(SCHEDULES).and("name = ?", args![name]);
    list.slice(conn, 1, 0).await?.first().map(Schedule::read).transpose()
}

/// A rule that somebody chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The name by which the schedule is changed.
    pub name: String,
    /// What its jobs do.
    pub kind: String,
    /// The rule.
    pub cron: String,
    /// What its jobs are about, as JSON.
    pub payload: String,
    /// What the API calls it.
    pub label: String,
    /// When the next job is due.
    pub next_at: Timestamp,
}

/// Sets a rule that somebody chose, in place of what held. Says the schedule's row id.
///
/// # Errors
/// As the database says.
pub async fn choose(conn: &mut Conn<'_>, choice: &Choice, now: Timestamp) -> Result<i64> {
    let sql = "INSERT INTO job_schedules (name, kind, cron, payload, label, next_at, created_at, updated_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
               ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, cron = excluded.cron, payload = excluded.payload,
                 label = excluded.label, next_at = excluded.next_at, updated_at = excluded.updated_at
               RETURNING id";
    let Choice { name, kind, cron, payload, label, next_at } = choice;
    conn.insert(sql, args![name, kind, cron, payload, label, *next_at, now]).await
}

/// Ends a schedule that has no configured rule to go back to. False where there was none.
///
/// # Errors
/// As the database says.
pub async fn end_choice(conn: &mut Conn<'_>, name: &str) -> Result<bool> {
    Ok(conn.execute("DELETE FROM job_schedules WHERE name = $1 AND fallback IS NULL", args![name]).await? > 0)
}

/// Lets the configured rule of a schedule hold again.
///
/// # Errors
/// As the database says.
pub async fn fall_back(conn: &mut Conn<'_>, name: &str, next_at: Timestamp, now: Timestamp) -> Result<()> {
    let sql = "UPDATE job_schedules SET cron = fallback, payload = '{}', label = '', next_at = $2, updated_at = $3
               WHERE name = $1 AND fallback IS NOT NULL";
    conn.execute(sql, args![name, next_at, now]).await?;
    Ok(())
}

/// Sets the configured rule of a schedule. It holds unless somebody chose another. One that says the same as before keeps
/// its next moment: a restart puts nothing off.
///
/// # Errors
/// As the database says.
pub async fn set_default(conn: &mut Conn<'_>, schedule: &super::job::Schedule, now: Timestamp) -> Result<()> {
    let sql = "INSERT INTO job_schedules (name, kind, cron, payload, fallback, next_at, created_at, updated_at)
               VALUES ($1, $2, $3, $4, $3, $5, $6, $6)
               ON CONFLICT (name) DO UPDATE SET
                 next_at = CASE WHEN job_schedules.cron = job_schedules.fallback AND job_schedules.cron <> excluded.cron
                                THEN excluded.next_at ELSE job_schedules.next_at END,
                 cron = CASE WHEN job_schedules.cron = job_schedules.fallback THEN excluded.cron ELSE job_schedules.cron END,
                 fallback = excluded.fallback";
    let super::job::Schedule { name, kind, cron, payload, next_at } = schedule;
    conn.execute(sql, args![name, kind, cron, payload, *next_at, now]).await?;
    Ok(())
}

/// Ends the configured rule of a schedule. One that somebody chose goes on.
///
/// # Errors
/// As the database says.
pub async fn remove_default(conn: &mut Conn<'_>, name: &str) -> Result<()> {
    conn.execute("DELETE FROM job_schedules WHERE name = $1 AND cron = fallback", args![name]).await?;
    conn.execute("UPDATE job_schedules SET fallback = NULL WHERE name = $1", args![name]).await?;
    Ok(())
}
