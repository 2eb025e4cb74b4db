//! When jobs come again: six fields of cron, as Harbor has them, or `@every` with a number of seconds.

use std::{str::FromStr, time::Duration};

use berth_db::{Conn, query::job as rows};
use berth_types::Timestamp;
use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};

/// A rule that could be read.
#[derive(Clone, Debug)]
pub enum Rule {
    /// Seconds, minutes, hours, day of the month, month, day of the week, in UTC.
    Cron(Box<Cron>),
    /// So long after the last time.
    Every(Duration),
}

/// A rule that nobody can follow.
#[derive(Debug, thiserror::Error)]
pub enum BadRule {
    /// It is no cron expression of six fields.
    #[error("`{rule}` is no cron expression of six fields: {reason}")]
    Cron {
        /// The rule.
        rule: String,
        /// What is wrong.
        reason: String,
    },
    /// `@every` is not followed by a positive number of seconds.
    #[error("`{0}` names no time: `@every 60s` does")]
    Every(String),
    /// Its moment never comes.
    #[error("`{0}` never comes")]
    Never(String),
}

impl FromStr for Rule {
    type Err = BadRule;

    fn from_str(rule: &str) -> Result<Self, BadRule> {
        if let Some(every) = rule.strip_prefix("@every ") {
            let seconds = every.trim().strip_suffix('s').and_then(|seconds| seconds.parse::<u64>().ok());
            let seconds = seconds.filter(|seconds| *seconds > 0).ok_or_else(|| BadRule::Every(rule.to_owned()))?;
            return Ok(Rule::Every(Duration::from_secs(seconds)));
        }
        let parser = CronParser::builder().seconds(Seconds::Required).year(Year::Disallowed).build();
        let cron =
            parser.parse(rule).map_err(|error| BadRule::Cron { rule: rule.to_owned(), reason: error.to_string() })?;
        Ok(Rule::Cron(Box::new(cron)))
    }
}

impl Rule {
    /// Every `duration`, of which whole seconds count; one at least.
    pub fn every(duration: Duration) -> String {
        format!("@every {}s", duration.as_secs().max(1))
    }

    /// The next moment after one. Nothing where there is none.
    pub fn next_after(&self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Rule::Every(every) => Some(now.plus_seconds(every.as_secs().try_into().ok()?)),
            Rule::Cron(cron) => {
                let next = cron.find_next_occurrence(&now.to_datetime(), false).ok()?;
                Some(Timestamp(next.timestamp_micros()))
            }
        }
    }
}

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
    let next_at = new.rule.parse::<Rule>()?.next_after(now).ok_or_else(|| BadRule::Never(new.rule.to_owned()))?;
    let schedule = rows::Schedule {
        name: new.name.to_owned(),
        kind: new.kind.to_owned(),
        cron: new.rule.to_owned(),
        payload: new.payload.to_owned(),
        next_at,
    };
    rows::set_schedule(conn, &schedule, now).await?;
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn next(rule: &str, now: &str) -> String {
        let now = Timestamp::parse_rfc3339(now).unwrap();
        rule.parse::<Rule>().unwrap().next_after(now).unwrap().to_rfc3339()
    }

    #[test]
    fn six_fields_are_cron_in_utc() {
        assert_eq!(next("0 0 0 * * *", "2026-02-28T12:00:00Z"), "2026-03-01T00:00:00.000Z");
        assert_eq!(next("30 15 4 * * 0", "2026-11-21T00:00:00Z"), "2026-11-22T04:15:30.000Z");
        assert_eq!(next("*/10 * * * * *", "2026-01-01T00:00:05Z"), "2026-01-01T00:00:10.000Z");
        // The moment itself is over.
        assert_eq!(next("0 0 * * * *", "2026-01-01T05:00:00Z"), "2026-01-01T06:00:00.000Z");
        assert_eq!(next("0 0 0 29 2 *", "2026-01-01T00:00:00Z"), "2028-02-29T00:00:00.000Z");
    }

    #[test]
    fn every_counts_from_the_last_time() {
        assert_eq!(next("@every 90s", "2026-01-01T00:00:00Z"), "2026-01-01T00:01:30.000Z");
        assert_eq!(Rule::every(Duration::from_secs(600)), "@every 600s");
        assert_eq!(Rule::every(Duration::ZERO), "@every 1s");
    }

    #[test]
    fn what_nobody_can_follow_is_refused() {
        for rule in
            ["", "* * * * *", "0 0 0 * * * 2026", "0 0 25 * * *", "@every", "@every 0s", "@every 5", "@every -5s"]
        {
            assert!(rule.parse::<Rule>().is_err(), "{rule}");
        }
    }
}
