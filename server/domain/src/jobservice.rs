//! The queue of jobs as administrators see it, under the names that Harbor has for kinds of jobs.

mod chore;
pub mod list;

use std::collections::HashMap;

use berth_db::{
    Conn,
    query::{
        job::{self as jobs, Job, SCHEDULER},
        jobservice as rows,
    },
};
use berth_types::{
    api::{JobQueue, ScheduleTask, SchedulerStatus, Worker, WorkerPool},
    page::Paged,
    query::ListQuery,
};
pub(crate) use chore::{Chore, Parameters, Wish, switch};

use crate::{
    Domain, Error, Result, audit,
    authz::{ListJobs, ReadJobs, SignedIn, StopJobs, SystemAccess},
    bulk, collection, purge,
};

/// A node that was not heard of for so long does not run any more, in seconds. Nodes tell every half minute.
const SILENCE_SECONDS: i64 = 120;
/// Lines of a log that one answer shows.
const LOG_LINES_MAX: i64 = 10_000;
/// All kinds, or all jobs, where a path could name one.
const ALL: &str = "all";

/// Kinds of jobs: Harbor's name, and ours. Those that have no work yet can be paused all the same, which holds when they
/// do.
const KINDS: [(&str, &str); 9] = [
    ("GARBAGE_COLLECTION", collection::KIND),
    ("IMAGE_SCAN", "scan"),
    ("P2P_PREHEAT", "preheat"),
    ("PURGE_AUDIT_LOG", purge::KIND),
    ("REPLICATION", "replication"),
    ("RETENTION", "retention"),
    ("SCAN_DATA_EXPORT", "scan_export"),
    ("SCHEDULER", SCHEDULER),
    ("WEBHOOK", "webhook"),
];

/// Kinds that Harbor has no name for. Its list of queues leaves them out; they are paused and stopped by ours.
const OWN_KINDS: [&str; 1] = [bulk::KIND];

/// Harbor's name of a kind; ours where it has none.
pub(crate) fn name_of(kind: &str) -> &str {
    KINDS.iter().find(|(_, known)| *known == kind).map_or(kind, |(name, _)| name)
}

/// Our kind by Harbor's name, in any case; by ours where it has none.
fn kind_of(name: &str) -> Option<&'static str> {
    let own = || OWN_KINDS.into_iter().find(|kind| *kind == name);
    KINDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, kind)| *kind).or_else(own)
}

/// The nodes that run jobs.
///
/// # Errors
/// What the database says.
pub async fn pools(domain: &Domain, _access: &SystemAccess<ListJobs>) -> Result<Vec<WorkerPool>> {
    let since = domain.now().plus_seconds(-SILENCE_SECONDS);
    let workers = rows::workers(&mut domain.db.reader().await?.conn(), since).await?;
    let shown = |worker: rows::Worker| WorkerPool {
        pid: worker.pid,
        worker_pool_id: worker.id,
        start_at: worker.started_at,
        heartbeat_at: worker.seen_at,
        concurrency: worker.concurrency,
        host: worker.host,
    };
    Ok(workers.into_iter().map(shown).collect())
}

/// The places for jobs of one node, or of `all`: those that are taken first.
///
/// # Errors
/// What the database says. A node that does not exist has none.
pub async fn workers(domain: &Domain, _access: &SystemAccess<ListJobs>, pool: &str) -> Result<Vec<Worker>> {
    let since = domain.now().plus_seconds(-SILENCE_SECONDS);
    let mut reader = domain.db.reader().await?;
    let pools = rows::workers(&mut reader.conn(), since).await?;
    let mut running: HashMap<String, Vec<rows::Running>> = HashMap::new();
    for job in rows::running(&mut reader.conn()).await? {
        running.entry(job.worker.clone()).or_default().push(job);
    }
    let mut places = Vec::new();
    for node in pools.into_iter().filter(|node| pool.eq_ignore_ascii_case(ALL) || node.id == pool) {
        let mut jobs = running.remove(&node.id).unwrap_or_default().into_iter();
        for place in 1..=node.concurrency {
            let free = Worker { id: format!("{}-{place}", node.id), pool_id: node.id.clone(), ..Worker::default() };
            places.push(match jobs.next() {
                None => free,
                Some(job) => Worker {
                    job_name: name_of(&job.kind).to_owned(),
                    job_id: job.id.to_string(),
                    start_at: job.started_at,
                    check_in: if job.progress == "{}" { String::new() } else { job.progress },
                    ..free
                },
            });
        }
    }
    Ok(places)
}

/// Asks a running job to stop, or `all` of them. One that does not run is fine, as in Harbor.
///
/// # Errors
/// What the database says.
pub async fn stop(domain: &Domain, access: &SystemAccess<StopJobs>, id: &str) -> Result<()> {
    let args = (access.actor().clone(), id.to_owned(), domain.now());
    domain
        .db
        .write(args, |tx, (actor, id, now)| {
            Box::pin(async move {
                let stopped = match id.parse::<i64>() {
                    Ok(id) => jobs::stop(tx, id, *now).await?,
                    Err(_) if id.eq_ignore_ascii_case(ALL) => rows::stop_running(tx).await? > 0,
                    Err(_) => false,
                };
                if stopped {
                    audit::record(tx, actor, *now, &audit::Entry::success("stop", "job", id.as_str())).await?;
                }
                Ok(())
            })
        })
        .await
}

/// The log of a job.
///
/// # Errors
/// [`Error::NotFound`] for a job that does not exist.
pub async fn log(domain: &Domain, _access: &SystemAccess<ReadJobs>, id: &str) -> Result<String> {
    // The text of Harbor's inner service, which its API hands through.
    let unknown =
        || Error::NotFound(format!("{{\"code\":10010,\"message\":\"object is not found\",\"details\":\"{id}\"}}"));
    let number = id.parse().map_err(|_| unknown())?;
    let mut reader = domain.db.reader().await?;
    let job = jobs::find(&mut reader.conn(), number).await?.ok_or_else(unknown)?;
    log_of(&mut reader.conn(), &job).await
}

/// What waits, by kind. SCHEDULER is what the clock begins.
///
/// # Errors
/// What the database says.
pub async fn queues(domain: &Domain, _access: &SystemAccess<ListJobs>) -> Result<Vec<JobQueue>> {
    let now = domain.now();
    let mut reader = domain.db.reader().await?;
    let paused = rows::pauses(&mut reader.conn()).await?;
    let depths = jobs::depths(&mut reader.conn(), now).await?;
    let shown = |(name, kind): &(&str, &str)| {
        let depth = depths.iter().find(|depth| depth.kind == *kind);
        let oldest = depth.and_then(|depth| depth.oldest);
        JobQueue {
            job_type: (*name).to_owned(),
            count: depth.map_or(0, |depth| depth.due),
            latency: oldest.map_or(0, |oldest| (now.unix_seconds() - oldest.unix_seconds()).max(0)),
            paused: paused.iter().any(|paused| paused == kind),
        }
    };
    Ok(KINDS.iter().map(shown).collect())
}

/// What is done to a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueAction {
    /// Ends all that waits.
    Stop,
    /// Begins nothing more.
    Pause,
    /// Begins again.
    Resume,
}

impl QueueAction {
    /// Reads Harbor's word.
    ///
    /// # Errors
    /// [`Error::BadRequest`] for another one.
    pub fn read(word: &str) -> Result<Self> {
        match word {
            "stop" => Ok(QueueAction::Stop),
            "pause" => Ok(QueueAction::Pause),
            "resume" => Ok(QueueAction::Resume),
            _ => Err(Error::BadRequest("bad request: the action is not supported".to_owned())),
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            QueueAction::Stop => "stop",
            QueueAction::Pause => "pause",
            QueueAction::Resume => "resume",
        }
    }
}

/// Does something to the queue of a kind, or to all of them.
///
/// # Errors
/// [`Error::NotFound`] for a kind that does not exist.
pub async fn act_on_queue(
    domain: &Domain,
    access: &SystemAccess<StopJobs>,
    name: &str,
    action: QueueAction,
) -> Result<()> {
    let kinds = if name.eq_ignore_ascii_case(ALL) {
        KINDS.iter().map(|(_, kind)| *kind).chain(OWN_KINDS).collect()
    } else {
        vec![kind_of(name).ok_or_else(|| Error::NotFound(format!("job type {name} not found")))?]
    };
    let args = (access.actor().clone(), name.to_owned(), kinds.clone(), action, domain.now());
    let mut stopped: u64 = domain
        .db
        .write(args, |tx, (actor, name, kinds, action, now)| {
            Box::pin(async move {
                let mut stopped = 0;
                match action {
                    QueueAction::Stop => stopped = rows::stop_waiting(tx, kinds, *now).await?,
                    QueueAction::Pause => {
                        for kind in kinds {
                            jobs::pause(tx, kind, *now).await?;
                        }
                    }
                    QueueAction::Resume => {
                        for kind in kinds {
                            jobs::resume(tx, kind).await?;
                        }
                        jobs::tell_queue(tx, *now).await?;
                    }
                }
                let entry = audit::Entry::success(action.as_str(), "job_queue", name.as_str());
                audit::record(tx, actor, *now, &entry).await?;
                Ok::<_, Error>(stopped)
            })
        })
        .await?;
    while rows::is_full(stopped) {
        let args = (kinds.clone(), domain.now());
        stopped = domain
            .db
            .write(args, |tx, (kinds, now)| {
                Box::pin(async move { Ok::<_, Error>(rows::stop_waiting(tx, kinds, *now).await?) })
            })
            .await?;
    }
    if action == QueueAction::Resume {
        domain.jobs.notify_one();
    }
    Ok(())
}

/// Everything that comes again.
///
/// # Errors
/// What the database says.
pub async fn schedules(
    domain: &Domain,
    _access: &SystemAccess<ListJobs>,
    query: &ListQuery,
) -> Result<Paged<ScheduleTask>> {
    let found = rows::schedules(&mut domain.db.reader().await?.conn(), query).await?;
    Ok(found.map(|row| ScheduleTask {
        id: row.id,
        vendor_type: name_of(&row.kind).to_owned(),
        vendor_id: None,
        cron: row.cron,
        update_time: Some(row.updated_at),
    }))
}

/// Whether nothing is begun by the clock.
///
/// # Errors
/// [`Error::BadRequest`] for anything but `all`, as in Harbor.
pub async fn schedules_paused(domain: &Domain, _access: &SignedIn, kind: &str) -> Result<SchedulerStatus> {
    if !kind.eq_ignore_ascii_case(ALL) {
        return Err(Error::BadRequest("job_type can only be 'all'".to_owned()));
    }
    let paused = rows::pauses(&mut domain.db.reader().await?.conn()).await?;
    Ok(SchedulerStatus { paused: paused.iter().any(|kind| kind == SCHEDULER) })
}

async fn log_of(conn: &mut Conn<'_>, job: &Job) -> Result<String> {
    let mut text = String::new();
    for (_, at, line) in jobs::logs(conn, job.id, 0, LOG_LINES_MAX).await? {
        text.push_str(&format!("{} [INFO] {line}\n", at.to_rfc3339()));
    }
    if let (Some(error), Some(at)) = (&job.error, job.finished_at.or(job.started_at)) {
        text.push_str(&format!("{} [ERROR] {error}\n", at.to_rfc3339()));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_kinds_lead_both_ways() {
        for (name, kind) in KINDS {
            assert_eq!((name_of(kind), kind_of(&name.to_lowercase())), (name, Some(kind)));
        }
        assert_eq!((name_of("other"), kind_of("gc")), ("other", None));
        assert_eq!((name_of("bulk"), kind_of("bulk")), ("bulk", Some("bulk")));
    }
}
