//! What goes by age: abandoned uploads, dead sessions, old log rows, files that no row names. One node does it at a time.
//!
//! Every step may run twice and on several nodes at once; the lease only saves the work. A step that fails is logged and
//! tried again at the next round, and does not keep the others from running.

use std::time::Duration;

use berth_db::query::maintenance::{self as rows, Aging};
use berth_types::Timestamp;
use chrono::{Datelike, Months, NaiveDate};
use futures_util::StreamExt;

use crate::{Domain, Error, Result, session, storage};

/// How often the caller should run it.
pub const INTERVAL: Duration = Duration::from_secs(60);
/// How long a node that went away keeps the others waiting.
const LEASE_SECONDS: i64 = 180;
/// The age at which a file that no row names is taken away. Until then its push may still be under way.
const ORPHAN_SECONDS: i64 = 24 * 3600;
/// How long failed sign-ins count.
const LOGIN_FAILURE_SECONDS: i64 = 3600;
/// How long events can be read again.
const EVENT_SECONDS: i64 = 7 * 24 * 3600;
/// The audit log's partitions are made so many months ahead.
const PARTITIONS_AHEAD: u32 = 2;

/// How long things are kept.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// An upload that receives nothing.
    pub upload_idle: Duration,
    /// Audit entries; nothing: for ever.
    pub audit: Option<Duration>,
}

/// Which files are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orphans {
    /// Unfinished uploads. There are few.
    Uploads,
    /// All blobs as well, which walks the whole store.
    UploadsAndBlobs,
}

/// Does one round as `holder`, a name that no other node has. False where another node has the lease.
///
/// # Errors
/// Where the lease cannot be asked for. Failures of single steps are logged.
pub async fn run(domain: &Domain, holder: &str, keep: &Keep, orphans: Orphans) -> Result<bool> {
    let now = domain.now();
    let args = (holder.to_owned(), now);
    let leased: bool = domain
        .db
        .write(args, |tx, (holder, now)| {
            Box::pin(async move {
                Ok::<_, Error>(rows::lease(tx, "maintenance", holder, *now, now.plus_seconds(LEASE_SECONDS)).await?)
            })
        })
        .await?;
    if !leased {
        return Ok(false);
    }
    let older = |seconds: i64| now.plus_seconds(-seconds);
    log("idle uploads", drop_idle_uploads(domain, now.plus_seconds(-seconds(keep.upload_idle))).await);
    log("sessions", session::sweep(domain).await);
    log("failed sign-ins", purge(domain, Aging::LoginFailures, older(LOGIN_FAILURE_SECONDS)).await);
    log("events", purge(domain, Aging::Events, older(EVENT_SECONDS)).await);
    log("audit partitions", make_partitions(domain, now).await);
    if let Some(audit) = keep.audit {
        log("audit entries", purge_audit(domain, now.plus_seconds(-seconds(audit))).await);
    }
    log("usage", fold_usage(domain).await);
    log("upload files", sweep_uploads(domain, older(ORPHAN_SECONDS)).await);
    if orphans == Orphans::UploadsAndBlobs {
        log("blob files", sweep_blobs(domain, older(ORPHAN_SECONDS)).await);
    }
    Ok(true)
}

/// Rows before bytes: what a crash leaves between is a file without a row, swept by age.
async fn drop_idle_uploads(domain: &Domain, before: Timestamp) -> Result<u64> {
    let idle = rows::idle_uploads(&mut domain.db.reader().await?.conn(), before).await?;
    let mut removed = 0;
    for id in idle {
        let gone: bool = domain
            .db
            .write((id.clone(), before), |tx, (id, before)| {
                Box::pin(async move { Ok::<_, Error>(rows::delete_idle_upload(tx, id, *before).await?) })
            })
            .await?;
        if let (true, Ok(id)) = (gone, id.parse()) {
            domain.blobs.delete_upload(id).await.map_err(storage::error)?;
            removed += 1;
        }
    }
    let lapsed: u64 = domain
        .db
        .write(domain.now().plus_seconds(-ORPHAN_SECONDS), |tx, before| {
            Box::pin(async move { Ok::<_, Error>(rows::delete_lapsed_reservations(tx, *before).await?) })
        })
        .await?;
    if lapsed > 0 {
        tracing::info!(reservations = lapsed, "removed reservations without an upload");
    }
    Ok(removed)
}

async fn purge(domain: &Domain, table: Aging, before: Timestamp) -> Result<u64> {
    let mut removed = 0;
    loop {
        let batch: u64 = domain
            .db
            .write((table, before), |tx, (table, before)| {
                Box::pin(async move { Ok::<_, Error>(rows::delete_aged(tx, *table, *before).await?) })
            })
            .await?;
        removed += batch;
        if !rows::is_full(batch) {
            return Ok(removed);
        }
    }
}

async fn purge_audit(domain: &Domain, before: Timestamp) -> Result<u64> {
    let partitions = rows::audit_partitions(&mut domain.db.reader().await?.conn()).await?;
    for name in partitions {
        if partition_end(&name).is_some_and(|end| end <= before) {
            tracing::info!(partition = name, "removing a month of the audit log");
            domain
                .db
                .write(name, |tx, name| {
                    Box::pin(async move { Ok::<_, Error>(rows::drop_audit_partition(tx, name).await?) })
                })
                .await?;
        }
    }
    purge(domain, Aging::Audit, before).await
}

async fn make_partitions(domain: &Domain, now: Timestamp) -> Result<u64> {
    let mut made = 0;
    for ahead in 0..=PARTITIONS_AHEAD {
        let Some((name, from, to)) = partition(now, ahead) else { continue };
        let is_new: bool = domain
            .db
            .write((name, from, to), |tx, (name, from, to)| {
                Box::pin(async move { Ok::<_, Error>(rows::create_audit_partition(tx, name, *from, *to).await?) })
            })
            .await?;
        made += u64::from(is_new);
    }
    Ok(made)
}

async fn fold_usage(domain: &Domain) -> Result<u64> {
    let projects = rows::projects_with_deltas(&mut domain.db.reader().await?.conn()).await?;
    let count = projects.len() as u64;
    for project in projects {
        domain
            .db
            .write(project, |tx, project| {
                Box::pin(async move { Ok::<_, Error>(rows::fold_deltas(tx, *project).await?) })
            })
            .await?;
    }
    Ok(count)
}

async fn sweep_uploads(domain: &Domain, before: Timestamp) -> Result<u64> {
    let mut removed = 0;
    for upload in domain.blobs.list_uploads().await.map_err(storage::error)? {
        let is_old = upload.modified < before;
        if is_old && !rows::upload_exists(&mut domain.db.reader().await?.conn(), &upload.id.to_string()).await? {
            match domain.blobs.delete_upload(upload.id).await {
                Ok(()) => removed += 1,
                // Somebody writes to it after all.
                Err(berth_storage::Error::Busy) => {}
                Err(error) => return Err(storage::error(error)),
            }
        }
    }
    Ok(removed)
}

async fn sweep_blobs(domain: &Domain, before: Timestamp) -> Result<u64> {
    let mut removed = 0;
    let mut blobs = domain.blobs.list().await.map_err(storage::error)?;
    while let Some(blob) = blobs.next().await {
        let blob = blob.map_err(storage::error)?;
        if blob.read_only || blob.modified >= before {
            continue;
        }
        if rows::blob_exists(&mut domain.db.reader().await?.conn(), &blob.digest).await? {
            continue;
        }
        // A push of the same bytes may come between: the store keeps what was stored again since.
        if domain.blobs.sweep(&blob.digest, before).await.map_err(storage::error)? {
            tracing::info!(blob.digest = %blob.digest, blob.size = blob.size, "removed a blob that no row names");
            removed += 1;
        }
    }
    Ok(removed)
}

/// The partition of the month that is `ahead` after the one of `now`: its name, and what it holds.
fn partition(now: Timestamp, ahead: u32) -> Option<(String, Timestamp, Timestamp)> {
    let today = now.to_datetime().date_naive();
    let first = NaiveDate::from_ymd_opt(today.year(), today.month(), 1)?.checked_add_months(Months::new(ahead))?;
    let next = first.checked_add_months(Months::new(1))?;
    let name = format!("audit_{:04}_{:02}", first.year(), first.month());
    Some((name, midnight(first)?, midnight(next)?))
}

fn partition_end(name: &str) -> Option<Timestamp> {
    let (year, month) = name.strip_prefix("audit_")?.split_once('_')?;
    let first = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, 1)?;
    midnight(first.checked_add_months(Months::new(1))?)
}

fn midnight(day: NaiveDate) -> Option<Timestamp> {
    Some(Timestamp(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_micros()))
}

fn seconds(duration: Duration) -> i64 {
    duration.as_secs().try_into().unwrap_or(i64::MAX)
}

fn log(step: &'static str, outcome: Result<u64>) {
    match outcome {
        Ok(0) => {}
        Ok(count) => tracing::debug!(step, count, "maintenance"),
        Err(error) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            tracing::warn!(step, %error, cause, "a step of maintenance failed and is tried again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_months_partition_begins_where_the_former_ends() {
        let december = Timestamp::parse_rfc3339("2025-12-31T23:59:59Z").unwrap();
        let (name, from, to) = partition(december, 0).unwrap();
        assert_eq!((name.as_str(), from.to_rfc3339().as_str()), ("audit_2025_12", "2025-12-01T00:00:00.000Z"));
        let (next, begins, _) = partition(december, 1).unwrap();
        assert_eq!((next.as_str(), begins), ("audit_2026_01", to));
        assert_eq!(partition_end("audit_2025_12"), Some(to));
        assert_eq!(partition_end("audit_default"), None);
    }
}
