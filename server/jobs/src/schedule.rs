//! When jobs come again: six fields of cron, as Harbor has them, or `@every` with a number of seconds.

use berth_db::{
    Conn,
    query::{job as rows, jobservice},
};
use berth_types::Timestamp;
pub use berth_types::rule::{BadRule, Rule};

/// What comes again.
#[derive(Clone, Debug)]
pub struct NewSchedule<'s> {
    /// The name by which it is changed. Unfinished jobs of a schedule are one at most.
    pub name: &'s str,
    /// What its jobs do.
    pub kind: &'s str,
    /// When.
    pub rule: &'s str,
    /// What its jobs are about, as JSON.
    pub payload: &'s str,
}

/// Why a schedule was not set.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rule cannot be followed.
    #[error("the rule cannot be followed")]
    Rule(#[from] BadRule),
    /// What the database says.
    #[error("the schedule could not be written")]
    Db(#[from] berth_db::DbError),
}

/// Sets a schedule inside a transaction. One whose rule is the same keeps its next moment, so that a restart puts nothing off.
///
/// # Errors
/// See [`Error`].
pub async fn set(conn: &mut Conn<'_>, new: &NewSchedule<'_>, now: Timestamp) -> Result<(), Error> {
    rows::set_schedule(conn, &row(new, now)?, now).await?;
    Ok(())
}

/// Sets what the configuration wants inside a transaction. It holds unless somebody chose another rule; one that is the
/// same as before keeps its next moment.
///
/// # Errors
/// See [`Error`].
pub async fn set_default(conn: &mut Conn<'_>, new: &NewSchedule<'_>, now: Timestamp) -> Result<(), Error> {
    jobservice::set_default(conn, &row(new, now)?, now).await?;
    Ok(())
}

/// Ends what the configuration wanted inside a transaction. A rule that somebody chose goes on.
///
/// # Errors
/// As the database says.
pub async fn remove_default(conn: &mut Conn<'_>, name: &str) -> berth_db::Result<()> {
    jobservice::remove_default(conn, name).await
}

fn row(new: &NewSchedule<'_>, now: Timestamp) -> Result<rows::Schedule, BadRule> {
    let next_at = new.rule.parse::<Rule>()?.next_after(now).ok_or_else(|| BadRule::Never(new.rule.to_owned()))?;
    Ok(rows::Schedule {
        name: new.name.to_owned(),
        kind: new.kind.to_owned(),
        cron: new.rule.to_owned(),
        payload: new.payload.to_owned(),
        next_at,
    })
}

/// Ends a schedule inside a transaction. False where there was none.
///
/// # Errors
/// As the database says.
pub async fn remove(conn: &mut Conn<'_>, name: &str) -> berth_db::Result<bool> {
    rows::remove_schedule(conn, name).await
}

/// Asks for the jobs of all schedules whose moment has come. Moments that were missed are one job, not many.
pub(crate) async fn fire(conn: &mut Conn<'_>, attempts_max: i64, now: Timestamp) -> berth_db::Result<u64> {
    let mut fired = 0;
    for schedule in rows::due_schedules(conn, now).await? {
        let next = schedule.cron.parse::<Rule>().ok().and_then(|rule| rule.next_after(now));
        let Some(next) = next else {
            // Written by a version that knew more rules, or by hand.
            tracing::error!(
                schedule = schedule.name,
                cron = schedule.cron,
                "a schedule cannot be followed and is put off"
            );
            rows::move_schedule(conn, &schedule.name, now.plus_seconds(3600)).await?;
            continue;
        };
        let job = rows::NewJob {
            kind: schedule.kind,
            unique_key: Some(format!("schedule:{}", schedule.name)),
            cause: "schedule".to_owned(),
            payload: schedule.payload,
            attempts_max,
            ..rows::NewJob::default()
        };
        rows::enqueue(conn, &job, now).await?;
        rows::move_schedule(conn, &schedule.name, next).await?;
        fired += 1;
    }
    Ok(fired)
}
