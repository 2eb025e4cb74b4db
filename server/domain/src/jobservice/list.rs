//! Jobs of every kind in one list, and the queue in numbers.

use berth_db::query::{
    job::{self as jobs, Job as Row, SCHEDULER},
    jobservice::{self as rows, Which},
};
use berth_types::{
    api::{Job, JobStatistics, QueueState},
    page::Paged,
    query::{Filter, ListQuery, Match, Scalar},
};
use serde_json::Value;

use super::{KINDS, OWN_KINDS, SILENCE_SECONDS, kind_of, name_of};
use crate::{
    Domain, Error, Result,
    authz::{ListJobs, ReadJobs, SystemAccess},
    bulk,
};

/// What `status` may say for jobs that have not ended.
const ACTIVE: &str = "active";
/// How far back jobs that ended are counted, in seconds.
const DAY_SECONDS: i64 = 24 * 3600;

/// The jobs, newest first. `kind` takes Harbor's names too, `status=active` those that wait or run.
///
/// # Errors
/// What the database says.
pub async fn all(domain: &Domain, _access: &SystemAccess<ListJobs>, query: &ListQuery) -> Result<Paged<Job>> {
    let mut query = query.clone();
    let before = query.filters.len();
    query.filters.retain(|filter| !(filter.key == "status" && is(filter, ACTIVE)));
    let which = if query.filters.len() < before { Which::Unfinished } else { Which::Any };
    for filter in &mut query.filters {
        if filter.key == "kind"
            && let Match::Exact(Scalar::Text(name)) = &mut filter.matches
            && let Some(kind) = kind_of(name)
        {
            *name = kind.to_owned();
        }
    }
    Ok(rows::all(&mut domain.db.reader().await?.conn(), which, &query).await?.map(|row| shown(&row)))
}

fn is(filter: &Filter, text: &str) -> bool {
    matches!(&filter.matches, Match::Exact(Scalar::Text(found)) if found == text)
}

/// One job.
///
/// # Errors
/// [`Error::NotFound`] for one that does not exist.
pub async fn get(domain: &Domain, _access: &SystemAccess<ReadJobs>, id: &str) -> Result<Job> {
    let unknown = || Error::NotFound(format!("job {id} not found"));
    let number = id.parse().map_err(|_| unknown())?;
    let found = jobs::find(&mut domain.db.reader().await?.conn(), number).await?;
    found.map(|row| shown(&row)).ok_or_else(unknown)
}

/// How the queue stands.
///
/// # Errors
/// What the database says.
pub async fn statistics(domain: &Domain, _access: &SystemAccess<ListJobs>) -> Result<JobStatistics> {
    numbers(domain).await
}

/// As [`statistics`], for what else says it.
pub(crate) async fn numbers(domain: &Domain) -> Result<JobStatistics> {
    let now = domain.now();
    let mut reader = domain.db.reader().await?;
    let paused = rows::pauses(&mut reader.conn()).await?;
    let depths = jobs::depths(&mut reader.conn(), now).await?;
    let nodes = rows::workers(&mut reader.conn(), now.plus_seconds(-SILENCE_SECONDS)).await?;
    let (failed, done) = rows::ended_since(&mut reader.conn(), now.plus_seconds(-DAY_SECONDS)).await?;
    // Those that Harbor has no name for come after the others.
    let known: Vec<&str> = KINDS.iter().map(|(_, kind)| *kind).chain(OWN_KINDS).collect();
    let strange = depths.iter().map(|depth| depth.kind.as_str()).filter(|kind| !known.contains(kind));
    let kinds = known.iter().copied().filter(|kind| *kind != SCHEDULER).chain(strange);
    let state = |kind: &str| {
        let depth = depths.iter().find(|depth| depth.kind == kind);
        let oldest = depth.and_then(|depth| depth.oldest);
        QueueState {
            kind: name_of(kind).to_owned(),
            waiting: depth.map_or(0, |depth| depth.due),
            running: depth.map_or(0, |depth| depth.running),
            latency_seconds: oldest.map_or(0, |oldest| (now.unix_seconds() - oldest.unix_seconds()).max(0)),
            paused: paused.iter().any(|paused| paused == kind),
        }
    };
    Ok(JobStatistics {
        queues: kinds.map(state).collect(),
        schedules_paused: paused.iter().any(|kind| kind == SCHEDULER),
        workers: nodes.iter().map(|node| node.concurrency).sum(),
        nodes: nodes.len().try_into().unwrap_or(i64::MAX),
        failed,
        done,
    })
}

/// A row as it is shown. What the job is about stays, as it may hold secrets of others, but for the id of an operation.
pub(crate) fn shown(row: &Row) -> Job {
    Job {
        id: row.id,
        kind: name_of(&row.kind).to_owned(),
        status: row.status.clone(),
        trigger: row.cause.clone(),
        percent: percent(&row.progress),
        failed: number(&row.progress, "failed"),
        operation: (row.kind == bulk::KIND).then(|| number(&row.payload, "operation")?.try_into().ok()).flatten(),
        attempts: row.attempts,
        error: row.error.clone(),
        run_at: row.run_at,
        creation_time: row.created_at,
        start_time: row.started_at,
        end_time: row.finished_at,
    }
}

/// How far a job is: what it says itself, or what was tried of all that is to do.
fn percent(progress: &str) -> Option<u8> {
    let of = |key: &str| number(progress, key);
    let percent = match (of("percent"), of("done"), of("total")) {
        (Some(percent), ..) => percent,
        (None, Some(done), Some(total)) if total > 0 => {
            done.saturating_add(of("failed").unwrap_or_default()).saturating_mul(100) / total
        }
        _ => return None,
    };
    u8::try_from(percent.min(100)).ok()
}

fn number(object: &str, key: &str) -> Option<u64> {
    serde_json::from_str::<Value>(object).ok()?.get(key)?.as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_says_how_far_it_is_or_does_not() {
        assert_eq!(percent("{}"), None);
        assert_eq!(percent("{\"percent\":31}"), Some(31));
        assert_eq!(percent("{\"done\":5,\"total\":8}"), Some(62));
        assert_eq!(percent("{\"done\":9,\"total\":8}"), Some(100));
        assert_eq!(percent("{\"done\":1,\"total\":3,\"failed\":2}"), Some(100), "what failed is not waited for");
        assert_eq!(number("{\"done\":1,\"total\":3,\"failed\":2}", "failed"), Some(2));
        assert_eq!(number("{\"done\":1}", "failed"), None);
        assert_eq!(percent("{\"done\":9,\"total\":0}"), None);
        assert_eq!(percent("nonsense"), None);
    }
}
