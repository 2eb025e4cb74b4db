//! What projects and the whole installation held, day by day (UTC).
//!
//! Maintenance measures every hour, so a day keeps what was there at its end, or when the last node stopped on it. A day on
//! which no server ran has no row, and nobody makes one up.

use berth_db::query::measure::{self as rows, Day, Held};
use berth_types::{
    Timestamp,
    api::{UsageDay, UsageHistory},
};

use crate::{
    Domain, Error, Result,
    authz::{ListQuotas, ProjectAccess, ReadQuota, SystemAccess},
    pull::day_of,
};

/// Days that are kept, today among them, and the most that somebody may ask for.
pub const KEPT_DAYS: i64 = 400;
/// How long a measure of the same day is young enough.
const EVERY_SECONDS: i64 = 3600;
const DAY_SECONDS: i64 = 24 * 3600;

/// What a project held on the last days, the last of them today as it is now.
///
/// # Errors
/// [`Error::BadRequest`] for a number of days that is none.
pub async fn of_project(domain: &Domain, access: &ProjectAccess<ReadQuota>, days: i64) -> Result<UsageHistory> {
    let (now, first) = asked(domain, days)?;
    let mut reader = domain.db.reader().await?;
    let conn = &mut reader.conn();
    let project = access.project_id().0;
    let known = rows::days_of_project(conn, project, first).await?;
    Ok(history(known, rows::of_project(conn, project).await?, now))
}

/// What the whole installation held on the last days, the last of them today as it is now.
///
/// # Errors
/// [`Error::BadRequest`] for a number of days that is none.
pub async fn of_system(domain: &Domain, _access: &SystemAccess<ListQuotas>, days: i64) -> Result<UsageHistory> {
    let (now, first) = asked(domain, days)?;
    let mut reader = domain.db.reader().await?;
    let conn = &mut reader.conn();
    let known = rows::days_of_all(conn, first).await?;
    Ok(history(known, rows::of_all(conn).await?, now))
}

/// The moment, and the first of so many days that end with it.
fn asked(domain: &Domain, days: i64) -> Result<(Timestamp, Timestamp)> {
    if !(1..=KEPT_DAYS).contains(&days) {
        return Err(Error::BadRequest(format!("days is from 1 to {KEPT_DAYS}, not {days}")));
    }
    let now = domain.now();
    Ok((now, day_of(now).plus_seconds((1 - days) * DAY_SECONDS)))
}

/// Days before today as they were measured, and today as it is.
fn history(known: Vec<Day>, held: Held, now: Timestamp) -> UsageHistory {
    let today = Day { at: day_of(now), measured_at: now, held };
    let before = known.into_iter().filter(|day| day.at < today.at);
    let days = before.chain([today]).map(|Day { at, measured_at, held }| UsageDay {
        day: at,
        measured_at,
        logical: held.logical,
        stored: held.stored,
        artifacts: held.artifacts,
    });
    UsageHistory { days: days.collect(), next_at: today.at.plus_seconds(DAY_SECONDS) }
}

/// The first of the days that are kept.
pub(crate) fn first_kept(now: Timestamp) -> Timestamp {
    day_of(now).plus_seconds((1 - KEPT_DAYS) * DAY_SECONDS)
}

/// Measures, unless that was done within the hour. Says how many rows it wrote.
pub(crate) async fn take(domain: &Domain) -> Result<u64> {
    let now = domain.now();
    let day = day_of(now);
    let last = rows::measured_at(&mut domain.db.reader().await?.conn(), day).await?;
    if last.is_some_and(|last| last.plus_seconds(EVERY_SECONDS) > now) {
        return Ok(0);
    }
    let (mut after, mut written) = (0, 0);
    loop {
        let batch = rows::of_projects(&mut domain.db.reader().await?.conn(), after).await?;
        let Some((last, _)) = batch.last() else { break };
        after = *last;
        written += batch.len() as u64;
        let is_last = batch.len() < rows::BATCH;
        domain
            .db
            .write((batch, day, now), |tx, (batch, day, now)| {
                Box::pin(async move { Ok::<_, Error>(rows::keep_projects(tx, *day, *now, batch).await?) })
            })
            .await?;
        if is_last {
            break;
        }
    }
    let held = rows::of_all(&mut domain.db.reader().await?.conn()).await?;
    // Its row comes last: as long as it is missing or old, the next round measures the projects as well.
    let whole = Day { at: day, measured_at: now, held };
    domain
        .db
        .write(whole, |tx, whole| Box::pin(async move { Ok::<_, Error>(rows::keep_all(tx, *whole).await?) }))
        .await?;
    Ok(written + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_unix_seconds(1_773_489_600); // 2026-03-14 12:00:00

    fn day(ago: i64, stored: i64) -> Day {
        let at = day_of(NOON).plus_seconds(-ago * DAY_SECONDS);
        Day { at, measured_at: at.plus_seconds(23 * 3600), held: Held { logical: stored, stored, artifacts: 1 } }
    }

    #[test]
    fn today_is_what_is_there_now_and_a_gap_stays_one() {
        let now = Held { logical: 9, stored: 7, artifacts: 2 };
        let history = history(vec![day(5, 1), day(4, 2), day(0, 3)], now, NOON);
        let shown: Vec<_> = history.days.iter().map(|day| (day.day.to_rfc3339(), day.stored)).collect();
        let at = |day: u32| format!("2026-03-{day:02}T00:00:00.000Z");
        assert_eq!(shown, [(at(9), 1), (at(10), 2), (at(14), 7)]);
        assert_eq!((history.days[2].measured_at, history.days[2].logical), (NOON, 9));
        assert_eq!(history.next_at.to_rfc3339(), at(15));
    }

    #[test]
    fn as_many_days_are_kept_as_can_be_asked_for() {
        let first = first_kept(NOON);
        assert_eq!((day_of(NOON).unix_seconds() - first.unix_seconds()) / DAY_SECONDS + 1, KEPT_DAYS);
    }
}
