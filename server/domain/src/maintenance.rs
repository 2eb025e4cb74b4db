//! What goes by age: abandoned uploads, dead sessions, old log rows, files that no row names. One node does it at a time.
//!
//! Every step may run twice and on several nodes at once; the lease only saves the work. A step that fails is logged and
//! tried again at the next round, and does not keep the others from running.

use std::time::Duration;

use berth_db::query::maintenance::{self as rows, Aging};
use berth_types::Timestamp;
use chrono::{Datelike, Months, NaiveDate};
use futures_util::StreamExt;

use crate::{Domain, Error, Result, gc, measure, pull, remote, session, storage, upload};

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
    log("former secrets", forget_former_secrets(domain, now).await);
    log("failed sign-ins", purge(domain, Aging::LoginFailures, older(LOGIN_FAILURE_SECONDS)).await);
    log("events", purge(domain, Aging::Events, older(EVENT_SECONDS)).await);
    log("pulls by day", purge(domain, Aging::PullDays, pull::first_day(now)).await);
    log("usage by day", purge(domain, Aging::UsageDays, measure::first_kept(now)).await);
    log("usage of projects by day", purge(domain, Aging::ProjectUsageDays, measure::first_kept(now)).await);
    log("audit partitions", make_partitions(domain, now).await);
    if let Some(audit) = keep.audit {
        log("audit entries", purge_audit(domain, now.plus_seconds(-seconds(audit))).await);
    }
    log("usage", fold_usage(domain).await);
    log("measures", measure::take(domain).await);
    log("upload files", sweep_uploads(domain, older(ORPHAN_SECONDS)).await);
    if orphans == Orphans::UploadsAndBlobs {
        log("blob files", sweep_blobs(domain, older(ORPHAN_SECONDS)).await);
        log("forgotten garbage", gc::find_forgotten(domain).await);
    }
    // Others are waited for, so this comes last.
    log("registries", remote::look_after(domain).await);
    Ok(true)
}

/// Rows before bytes: what a crash leaves between is a file without a row, swept by age.
async fn drop_idle_uploads(domain: &Domain, before: Timestamp) -> Result<u64> {
    let idle = rows::idle_uploads(&mut domain.db.reader().await?.conn(), before).await?;
    let mut removed = 0;
    for id in idle {
        let upload = id.parse().ok();
        // The row tells of bytes when their request ends. One that is at work for longer than that is not idle.
        let turn = upload.map(|upload| upload::turn(domain, upload));
        if matches!(turn, Some(None)) {
            continue;
        }
        let gone: bool = domain
            .db
            .write((id.clone(), before), |tx, (id, before)| {
                Box::pin(async move { Ok::<_, Error>(rows::delete_idle_upload(tx, id, *before).await?) })
            })
            .await?;
        if let (true, Some(upload)) = (gone, upload) {
            removed += 1;
            match domain.blobs.delete_upload(upload).await {
                // Another node writes to it. Without a row it goes by age.
                Ok(()) | Err(berth_storage::Error::Busy) => {}
                Err(error) => return Err(storage::error(error)),
            }
        }
    }
    let lapsed: u64 = domain
        .db
        .write(domain.now().plus_seconds(-ORPHAN_SECONDS), |tx, before| {
            Box::pin(async move { Ok::<_, Error>(rows::delete_lapsed_reservations(tx, *before).await?) })
        })
        .await?;
    if lapsed > 0 {
        tracing::info!(reservations = lapsed, "removed reservations of uploads that rest");
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

/// They do not work any more; this only takes their hashes away.
async fn forget_former_secrets(domain: &Domain, now: Timestamp) -> Result<u64> {
    domain
        .db
        .write(now, |tx, now| {
            Box::pin(async move { Ok::<_, Error>(berth_db::query::robot::forget_former_secrets(tx, *now).await?) })
        })
        .await
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
    use std::sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    };

    use berth_db::{Db, args};
    use berth_storage::{BlobStore, MemoryStore};
    use berth_types::{Algorithm, Clock, Digest, time::SystemClock};
    use sha2::Digest as _;
    use uuid::Uuid;

    use super::*;
    use crate::Limits;

    const KEEP: Keep = Keep { upload_idle: Duration::from_secs(168 * 3600), audit: Some(Duration::from_secs(86_400)) };

    /// The system's time, and how far ahead of it the test is.
    #[derive(Clone, Default)]
    struct Ahead(Arc<AtomicI64>);

    impl Clock for Ahead {
        fn now(&self) -> Timestamp {
            SystemClock.now().plus_seconds(self.0.load(Ordering::Relaxed))
        }
    }

    async fn count(domain: &Domain, sql: &str) -> i64 {
        domain.db.reader().await.unwrap().conn().row(sql, &[]).await.unwrap().unwrap().get(0).unwrap()
    }

    #[tokio::test]
    async fn what_is_old_goes_and_what_is_young_stays() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&folder.path().join("berth.db")).await.unwrap();
        let (clock, store) = (Ahead::default(), MemoryStore::new());
        let domain = Domain::new(db, Arc::new(store.clone()), Arc::new(clock.clone()), Limits::default());
        let (old, young) = (Uuid::new_v4(), Uuid::new_v4());
        let bytes = b"named by no row";
        let digest = Digest::Sha256(sha2::Sha256::digest(bytes).into());
        let body = Box::pin(futures_util::stream::iter([Ok(bytes::Bytes::from_static(bytes))]));
        store.put(&digest, body, 100).await.unwrap();
        for id in [old, young] {
            store.create_upload(id).await.unwrap();
        }
        let now = domain.now();
        let write = domain.db.write((old, young, now), |tx, (old, young, now)| {
            Box::pin(async move {
                let sql = "INSERT INTO repositories (project_id, name, created_at, updated_at) VALUES (1, 'library/a', $1, $1) RETURNING id";
                let repository = tx.insert(sql, args![*now]).await?;
                for (id, at) in [(old, *now), (young, now.plus_seconds(168 * 3600))] {
                    let sql = "INSERT INTO uploads (id, repository_id, created_at, updated_at) VALUES ($1, $2, $3, $3)";
                    tx.execute(sql, args![id.to_string(), repository, at]).await?;
                    let sql = "INSERT INTO quota_reservations (upload_id, project_id, bytes, at) VALUES ($1, 1, 5, $2)";
                    tx.execute(sql, args![id.to_string(), at]).await?;
                    let sql = "INSERT INTO events (at, kind, payload) VALUES ($1, 'push', '{}')";
                    tx.execute(sql, args![at]).await?;
                    let sql = "INSERT INTO audit (at, username, operation, resource_type, resource, description, successful)
                               VALUES ($1, 'a', 'pull', 'artifact', 'a', '', TRUE)";
                    tx.execute(sql, args![at]).await?;
                    let sql = "INSERT INTO quota_deltas (project_id, bytes, at) VALUES (1, 20, $1)";
                    tx.execute(sql, args![at]).await?;
                }
                for (name, until) in [("over", *now), ("working", now.plus_seconds(169 * 3600))] {
                    let sql = "INSERT INTO identities (kind, name, former_hash, former_until, created_at, updated_at)
                               VALUES ('robot', $1, $2, $3, $3, $3)";
                    tx.execute(sql, args![name, vec![1_u8], until]).await?;
                }
                for age_days in [0, 20, 40] {
                    let day = now.plus_seconds(-age_days * 24 * 3600);
                    berth_db::query::pulls::add(tx, repository, day, 1).await?;
                }
                Ok::<_, Error>(())
            })
        });
        write.await.unwrap();

        clock.0.store(168 * 3600 + 60, Ordering::Relaxed);
        assert!(run(&domain, "one", &KEEP, Orphans::UploadsAndBlobs).await.unwrap());
        assert!(!run(&domain, "other", &KEEP, Orphans::Uploads).await.unwrap(), "one node at a time");
        assert_eq!(count(&domain, "SELECT COUNT(*) FROM uploads").await, 1);
        assert_eq!(count(&domain, "SELECT COUNT(*) FROM quota_reservations").await, 1);
        assert_eq!(count(&domain, "SELECT COUNT(*) FROM events").await, 1);
        assert_eq!(count(&domain, "SELECT COUNT(*) FROM audit").await, 1);
        assert_eq!(count(&domain, "SELECT COUNT(*) FROM pull_days").await, 2);
        let former = "SELECT COUNT(*) FROM identities WHERE former_hash IS NOT NULL AND name = 'working'";
        assert_eq!(count(&domain, former).await, 1);
        assert_eq!(count(&domain, "SELECT COUNT(*) FROM identities WHERE former_hash IS NOT NULL").await, 1);
        assert_eq!(count(&domain, "SELECT COUNT(*) FROM quota_deltas").await, 0);
        assert_eq!(count(&domain, "SELECT storage_bytes_used FROM projects WHERE id = 1").await, 40);
        let left: Vec<Uuid> = store.list_uploads().await.unwrap().iter().map(|upload| upload.id).collect();
        assert_eq!(left, [young], "the row keeps the file");
        assert_eq!(store.stat(&digest).await.unwrap(), None);

        clock.0.store(168 * 3600 + 600, Ordering::Relaxed);
        assert!(run(&domain, "other", &KEEP, Orphans::Uploads).await.unwrap(), "the lease has ended");
    }

    #[tokio::test]
    async fn an_upload_that_a_request_is_at_work_on_is_not_idle() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&folder.path().join("berth.db")).await.unwrap();
        let store = MemoryStore::new();
        let domain = Domain::new(db, Arc::new(store.clone()), Arc::new(SystemClock), Limits::default());
        let (taken, busy, idle) = (Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4());
        let write = domain.db.write([taken, busy, idle], |tx, uploads| {
            Box::pin(async move {
                let sql = "INSERT INTO repositories (project_id, name, created_at, updated_at) VALUES (1, 'library/a', 1, 1) RETURNING id";
                let repository = tx.insert(sql, &[]).await?;
                for (at, id) in uploads.iter().enumerate() {
                    let sql = "INSERT INTO uploads (id, repository_id, created_at, updated_at) VALUES ($1, $2, $3, $3)";
                    tx.execute(sql, args![id.to_string(), repository, at as i64]).await?;
                }
                Ok::<_, Error>(())
            })
        });
        write.await.unwrap();
        for id in [taken, busy, idle] {
            store.create_upload(id).await.unwrap();
        }
        let turn = upload::turn(&domain, taken).unwrap();
        // Another node's request: its turn is not seen here, its file is in use.
        let (began, begins) = tokio::sync::oneshot::channel();
        let endless = futures_util::stream::once(async move {
            began.send(()).unwrap();
            std::future::pending().await
        });
        let writing = tokio::spawn({
            let store = store.clone();
            async move { store.append(busy, berth_storage::Position::start(Algorithm::Sha256), Box::pin(endless), 9).await }
        });
        begins.await.unwrap();

        let before = domain.now();
        assert_eq!(drop_idle_uploads(&domain, before).await.unwrap(), 2);
        let sql = "SELECT id FROM uploads";
        let rows = domain.db.reader().await.unwrap().conn().rows(sql, &[]).await.unwrap();
        let left: Vec<String> = rows.iter().map(|row| row.get(0).unwrap()).collect();
        assert_eq!(left, [taken.to_string()]);
        let files: Vec<Uuid> = store.list_uploads().await.unwrap().iter().map(|upload| upload.id).collect();
        assert!(files.contains(&taken) && files.contains(&busy) && !files.contains(&idle), "{files:?}");
        drop(turn);
        assert_eq!(drop_idle_uploads(&domain, before).await.unwrap(), 1);
        writing.abort();
    }

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
