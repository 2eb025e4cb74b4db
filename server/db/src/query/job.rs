//! The queue of jobs.
//!
//! A job belongs to whoever holds its lease. Everything that a worker writes about its job asks for the lease in the same
//! statement, so that one who lost it changes nothing.

mod schedule;

pub use schedule::{Schedule, due_schedules, move_schedule, remove_schedule, schedule, set_schedule};

use berth_types::Timestamp;

use crate::{Backend, Conn, Result, Row, Value, args};

/// Rows that one transaction removes. More would keep other writes waiting.
const BATCH: i64 = 500;

/// The kind under whose name all schedules are paused.
pub const SCHEDULER: &str = "scheduler";

/// A job to be done.
#[derive(Clone, Debug, Default)]
pub struct NewJob {
    /// The job that it is a part of.
    pub parent_id: Option<i64>,
    /// What it does: the name of a registered kind.
    pub kind: String,
    /// Of unfinished jobs of the kind, one at most has this key.
    pub unique_key: Option<String>,
    /// Who asked for it: `manual`, `schedule` or `event`.
    pub cause: String,
    /// What it is about, as JSON.
    pub payload: String,
    /// How often it may be begun.
    pub attempts_max: i64,
    /// Not before this moment; nothing: at once.
    pub run_at: Option<Timestamp>,
}

/// What became of a request for a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// It waits under this id.
    New(i64),
    /// An unfinished one has its key, under this id.
    Known(i64),
}

impl Enqueued {
    /// The job's row id.
    pub const fn id(self) -> i64 {
        match self {
            Enqueued::New(id) | Enqueued::Known(id) => id,
        }
    }
}

/// Asks for a job, inside the transaction that causes it.
///
/// A job that already runs has its key as well. What has to be seen by a job must therefore be found by any of them, not
/// only by the one that is asked for here.
///
/// # Errors
/// As the database says.
pub async fn enqueue(conn: &mut Conn<'_>, job: &NewJob, now: Timestamp) -> Result<Enqueued> {
    let insert = "INSERT INTO jobs (parent_id, kind, unique_key, cause, payload, attempts_max, run_at, created_at)
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                  ON CONFLICT (kind, unique_key) WHERE unique_key IS NOT NULL AND finished_at IS NULL DO NOTHING
                  RETURNING id";
    let find = "SELECT id FROM jobs WHERE kind = $1 AND unique_key = $2 AND finished_at IS NULL";
    let values = args![
        job.parent_id,
        &job.kind,
        job.unique_key.clone(),
        &job.cause,
        &job.payload,
        job.attempts_max.max(1),
        job.run_at.unwrap_or(now),
        now
    ];
    loop {
        if let Some(row) = conn.row(insert, values).await? {
            let id = row.get(0)?;
            // What follows from something else is told when it begins: a push writes no second event.
            if job.cause == "manual" {
                tell(conn, id, &job.kind, "pending", now).await?;
            }
            return Ok(Enqueued::New(id));
        }
        // It may have ended since; then there is room for a new one.
        if let Some(row) = conn.row(find, args![&job.kind, job.unique_key.clone()]).await? {
            return Ok(Enqueued::Known(row.get(0)?));
        }
    }
}

/// A job that a worker has the lease of.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// Row id.
    pub id: i64,
    /// What it does.
    pub kind: String,
    /// What it is about, as JSON.
    pub payload: String,
    /// How often it was begun, this time included.
    pub attempts: i64,
    /// How often it may be begun.
    pub attempts_max: i64,
}

/// Ends jobs whose worker went away and that may not be begun again. Says how many.
///
/// # Errors
/// As the database says.
pub async fn end_lost(conn: &mut Conn<'_>, now: Timestamp) -> Result<u64> {
    let sql = "UPDATE jobs SET status = CASE WHEN stop_wanted THEN 'stopped' ELSE 'error' END,
                 error = 'the node that ran it went away', finished_at = $1, lease_holder = NULL, lease_until = NULL
               WHERE status = 'running' AND lease_until < $1 AND (attempts >= attempts_max OR stop_wanted)";
    let ended = conn.execute(sql, args![now]).await?;
    if ended > 0 {
        tell_queue(conn, now).await?;
    }
    Ok(ended)
}

/// Takes the leases of at most `limit` due jobs of the given kinds, those of a worker that went away included.
///
/// # Errors
/// As the database says.
pub async fn claim(
    conn: &mut Conn<'_>,
    kinds: &[&str],
    holder: &str,
    now: Timestamp,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<Claimed>> {
    if kinds.is_empty() || limit == 0 {
        return Ok(Vec::new());
    }
    let known = super::marks(2, kinds.len());
    let mut claimed = Vec::new();
    let due =
        ["status = 'pending' AND run_at <= $1", "status = 'running' AND lease_until < $1 AND attempts < attempts_max"];
    // The empty text keeps SQLite from going through all jobs of these kinds, of which nearly all have ended.
    for due in due {
        let left = limit - claimed.len();
        if left == 0 {
            break;
        }
        let mut sql = format!(
            "SELECT id FROM jobs WHERE {due} AND kind || '' IN ({known}) AND kind NOT IN (SELECT kind FROM job_pauses)
             ORDER BY run_at, id LIMIT {left}"
        );
        if conn.backend() == Backend::Postgres {
            sql.push_str(" FOR UPDATE SKIP LOCKED");
        }
        let values: Vec<Value> =
            std::iter::once(now.into()).chain(kinds.iter().map(|kind| Value::from(*kind))).collect();
        for row in conn.rows(&sql, &values).await? {
            let id: i64 = row.get(0)?;
            let take =
                "UPDATE jobs SET status = 'running', attempts = attempts + 1, lease_holder = $2, lease_until = $3,
                          started_at = COALESCE(started_at, $4)
                        WHERE id = $1 RETURNING id, kind, payload, attempts, attempts_max";
            if let Some(row) = conn.row(take, args![id, holder, until, now]).await? {
                let kind: String = row.get(1)?;
                tell(conn, id, &kind, "running", now).await?;
                claimed.push(Claimed {
                    id: row.get(0)?,
                    kind,
                    payload: row.get(2)?,
                    attempts: row.get(3)?,
                    attempts_max: row.get(4)?,
                });
            }
        }
    }
    Ok(claimed)
}

/// Renews a lease. Says whether somebody asked the job to stop; nothing where the lease is lost.
///
/// # Errors
/// As the database says.
pub async fn renew(conn: &mut Conn<'_>, id: i64, holder: &str, until: Timestamp) -> Result<Option<bool>> {
    let sql = "UPDATE jobs SET lease_until = $3 WHERE id = $1 AND lease_holder = $2 AND status = 'running'
               RETURNING stop_wanted";
    conn.row(sql, args![id, holder, until]).await?.map(|row| row.get(0)).transpose()
}

/// Writes down how far a job is. False where the lease is lost.
///
/// # Errors
/// As the database says.
pub async fn set_progress(conn: &mut Conn<'_>, id: i64, holder: &str, progress: &str, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE jobs SET progress = $3 WHERE id = $1 AND lease_holder = $2 AND status = 'running' RETURNING kind";
    let changed = conn.row(sql, args![id, holder, progress]).await?;
    tell_of(conn, id, changed, "running", now).await
}

/// Writes a line of a job's log. False where the lease is lost.
///
/// # Errors
/// As the database says.
pub async fn add_log(conn: &mut Conn<'_>, id: i64, holder: &str, line: &str, now: Timestamp) -> Result<bool> {
    let sql = "INSERT INTO job_logs (job_id, at, line)
               SELECT id, CAST($3 AS BIGINT), CAST($4 AS TEXT) FROM jobs WHERE id = $1 AND lease_holder = $2 AND status = 'running'";
    let written = conn.execute(sql, args![id, holder, now, line]).await? > 0;
    if written {
        let payload = format!("{{\"job\":{id}}}");
        super::push::add_event(conn, "job_log", None, &payload, now).await?;
    }
    Ok(written)
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It did what it is for.
    Success,
    /// It failed for good.
    Error(String),
    /// Somebody stopped it.
    Stopped,
}

/// Ends a job. False where the lease is lost.
///
/// # Errors
/// As the database says.
pub async fn finish(conn: &mut Conn<'_>, id: i64, holder: &str, end: &End, now: Timestamp) -> Result<bool> {
    let (status, error) = match end {
        End::Success => ("success", None),
        End::Error(error) => ("error", Some(error.clone())),
        End::Stopped => ("stopped", None),
    };
    let sql = "UPDATE jobs SET status = $3, error = $4, finished_at = $5, lease_holder = NULL, lease_until = NULL
               WHERE id = $1 AND lease_holder = $2 AND status = 'running' RETURNING kind";
    let ended = conn.row(sql, args![id, holder, status, error, now]).await?;
    tell_of(conn, id, ended, status, now).await
}

/// Gives a job back for another attempt. False where the lease is lost.
///
/// # Errors
/// As the database says.
pub async fn retry(conn: &mut Conn<'_>, id: i64, holder: &str, error: &str, run_at: Timestamp) -> Result<bool> {
    let sql = "UPDATE jobs SET status = 'pending', error = $3, run_at = $4, lease_holder = NULL, lease_until = NULL
               WHERE id = $1 AND lease_holder = $2 AND status = 'running' RETURNING kind";
    let given = conn.row(sql, args![id, holder, error, run_at]).await?;
    tell_of(conn, id, given, "pending", run_at).await
}

/// Gives a job back as if it had not been begun: its worker stops. False where the lease is lost.
///
/// # Errors
/// As the database says.
pub async fn give_back(conn: &mut Conn<'_>, id: i64, holder: &str, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE jobs SET status = 'pending', attempts = attempts - 1, run_at = $3, lease_holder = NULL, lease_until = NULL
               WHERE id = $1 AND lease_holder = $2 AND status = 'running' RETURNING kind";
    let given = conn.row(sql, args![id, holder, now]).await?;
    tell_of(conn, id, given, "pending", now).await
}

/// Stops a job: one that waits ends at once, one that runs is asked to. False where it has ended.
///
/// # Errors
/// As the database says.
pub async fn stop(conn: &mut Conn<'_>, id: i64, now: Timestamp) -> Result<bool> {
    let waiting =
        "UPDATE jobs SET status = 'stopped', finished_at = $2 WHERE id = $1 AND status = 'pending' RETURNING kind";
    let stopped = conn.row(waiting, args![id, now]).await?;
    if tell_of(conn, id, stopped, "stopped", now).await? {
        return Ok(true);
    }
    let running = "UPDATE jobs SET stop_wanted = TRUE WHERE id = $1 AND status = 'running'";
    Ok(conn.execute(running, args![id]).await? > 0)
}

/// Keeps jobs of a kind from being begun; those that run go on.
///
/// # Errors
/// As the database says.
pub async fn pause(conn: &mut Conn<'_>, kind: &str, now: Timestamp) -> Result<()> {
    conn.execute("INSERT INTO job_pauses (kind, at) VALUES ($1, $2) ON CONFLICT (kind) DO NOTHING", args![kind, now])
        .await?;
    tell_queue(conn, now).await
}

/// Ends a pause.
///
/// # Errors
/// As the database says.
pub async fn resume(conn: &mut Conn<'_>, kind: &str) -> Result<()> {
    conn.execute("DELETE FROM job_pauses WHERE kind = $1", args![kind]).await?;
    Ok(())
}

/// A job as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Row id.
    pub id: i64,
    /// The job that it is a part of.
    pub parent_id: Option<i64>,
    /// What it does.
    pub kind: String,
    /// Who asked for it.
    pub cause: String,
    /// What it is about, as JSON.
    pub payload: String,
    /// `pending`, `running`, `success`, `error` or `stopped`.
    pub status: String,
    /// How far it is, as JSON.
    pub progress: String,
    /// How often it was begun.
    pub attempts: i64,
    /// Not before this moment.
    pub run_at: Timestamp,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it was begun first.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

pub(super) const COLUMNS: &str = "id, parent_id, kind, cause, payload, status, progress, attempts, run_at, error, created_at, started_at, finished_at";

pub(super) fn read(row: &Row) -> Result<Job> {
    Ok(Job {
        id: row.get(0)?,
        parent_id: row.get(1)?,
        kind: row.get(2)?,
        cause: row.get(3)?,
        payload: row.get(4)?,
        status: row.get(5)?,
        progress: row.get(6)?,
        attempts: row.get(7)?,
        run_at: row.get(8)?,
        error: row.get(9)?,
        created_at: row.get(10)?,
        started_at: row.get(11)?,
        finished_at: row.get(12)?,
    })
}

/// One job.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn<'_>, id: i64) -> Result<Option<Job>> {
    let sql = format!("SELECT {COLUMNS} FROM jobs WHERE id = $1");
    conn.row(&sql, args![id]).await?.as_ref().map(read).transpose()
}

/// The jobs of a kind, newest first, before the row `before`.
///
/// # Errors
/// As the database says.
pub async fn list(conn: &mut Conn<'_>, kind: &str, before: i64, limit: i64) -> Result<Vec<Job>> {
    let sql = format!("SELECT {COLUMNS} FROM jobs WHERE kind = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
    conn.rows(&sql, args![kind, before, limit]).await?.iter().map(read).collect()
}

/// A job's log, after the row `after`: row ids, moments and lines.
///
/// # Errors
/// As the database says.
pub async fn logs(conn: &mut Conn<'_>, id: i64, after: i64, limit: i64) -> Result<Vec<(i64, Timestamp, String)>> {
    let sql = "SELECT id, at, line FROM job_logs WHERE job_id = $1 AND id > $2 ORDER BY id LIMIT $3";
    let rows = conn.rows(sql, args![id, after, limit]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect()
}

/// How much of a kind waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Depth {
    /// The kind.
    pub kind: String,
    /// Jobs that could be begun now.
    pub due: i64,
    /// Jobs that run.
    pub running: i64,
    /// Since when the oldest one could be begun.
    pub oldest: Option<Timestamp>,
}

/// How much waits, by kind. Kinds of which nothing waits and nothing runs are missing.
///
/// # Errors
/// As the database says.
pub async fn depths(conn: &mut Conn<'_>, now: Timestamp) -> Result<Vec<Depth>> {
    let sql = "SELECT kind, CAST(SUM(CASE WHEN status = 'pending' THEN 1 ELSE 0 END) AS BIGINT),
                 CAST(SUM(CASE WHEN status = 'running' THEN 1 ELSE 0 END) AS BIGINT),
                 MIN(CASE WHEN status = 'pending' THEN run_at END)
               FROM (SELECT kind, status, run_at FROM jobs WHERE status = 'pending' AND run_at <= $1
                     UNION ALL SELECT kind, status, run_at FROM jobs WHERE status = 'running') unfinished
               GROUP BY kind ORDER BY kind";
    let rows = conn.rows(sql, args![now]).await?;
    let read = |row: &Row| Ok(Depth { kind: row.get(0)?, due: row.get(1)?, running: row.get(2)?, oldest: row.get(3)? });
    rows.iter().map(read).collect()
}

/// What there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// A schedule's moment has come.
    pub schedules: bool,
    /// A job waits to be begun, or its worker went away.
    pub jobs: bool,
}

/// Whether there is anything to do.
///
/// # Errors
/// As the database says.
pub async fn due(conn: &mut Conn<'_>, now: Timestamp) -> Result<Due> {
    let sql = "SELECT EXISTS (SELECT 1 FROM job_schedules WHERE next_at <= $1
                         AND NOT EXISTS (SELECT 1 FROM job_pauses WHERE kind = 'scheduler')),
                 EXISTS (SELECT 1 FROM jobs WHERE status = 'pending' AND run_at <= $1
                         AND kind NOT IN (SELECT kind FROM job_pauses))
                 OR EXISTS (SELECT 1 FROM jobs WHERE status = 'running' AND lease_until < $1)";
    let row = conn.row(sql, args![now]).await?;
    row.map_or(Ok(Due { schedules: false, jobs: false }), |row| Ok(Due { schedules: row.get(0)?, jobs: row.get(1)? }))
}

/// Removes a batch of jobs that ended before a moment, with their logs. Says how many.
///
/// # Errors
/// As the database says.
pub async fn purge(conn: &mut Conn<'_>, before: Timestamp) -> Result<u64> {
    let sql = "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE finished_at < $1 ORDER BY finished_at LIMIT $2)";
    conn.execute(sql, args![before, BATCH]).await
}

/// Tells that a job stands otherwise.
async fn tell(conn: &mut Conn<'_>, id: i64, kind: &str, status: &str, now: Timestamp) -> Result<()> {
    // Kinds and statuses are words of ours.
    let payload = format!("{{\"job\":{id},\"kind\":\"{kind}\",\"status\":\"{status}\"}}");
    super::push::add_event(conn, "job", None, &payload, now).await
}

/// The same where a statement returned the job's kind. False where it changed none.
async fn tell_of(conn: &mut Conn<'_>, id: i64, changed: Option<Row>, status: &str, now: Timestamp) -> Result<bool> {
    let Some(row) = changed else { return Ok(false) };
    let kind: String = row.get(0)?;
    tell(conn, id, &kind, status, now).await?;
    Ok(true)
}

/// Tells that queues as a whole stand otherwise.
///
/// # Errors
/// As the database says.
pub async fn tell_queue(conn: &mut Conn<'_>, now: Timestamp) -> Result<()> {
    super::push::add_event(conn, "job_queue", None, "{}", now).await
}
