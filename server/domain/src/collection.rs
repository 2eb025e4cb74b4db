//! Garbage collection as the API shows it: runs by hand, the schedule, the history. The work is [`crate::gc`]'s.

use berth_db::query::job::Job;
use berth_types::{
    api::{GCHistory, Schedule},
    page::Paged,
    query::ListQuery,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Domain, Error, Result,
    authz::{
        CreateCollection, ListCollections, ReadCollection, StopCollection, SystemAccess, SystemAction, UpdateCollection,
    },
    gc,
    jobservice::{Chore, Parameters, Wish, switch},
};

/// The kind of its jobs, and the name of its schedule.
pub const KIND: &str = "gc";
/// The largest number of workers that a request may name.
const WORKERS_MAX: i64 = 10;

const CHORE: Chore = Chore { kind: KIND, called: "gc", resource: "gc" };

/// What a job is to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Whether nothing is changed.
    #[serde(default)]
    pub dry_run: bool,
    /// The grace time; the configured one where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_seconds: Option<u64>,
    /// Whether artifacts without a tag go first.
    #[serde(default)]
    pub delete_untagged: bool,
    /// Kept for clients that read it back: tags are rows, and go with their artifact.
    #[serde(default)]
    pub delete_tag: bool,
    /// Kept for clients that read it back: one run removes in one stream, and rests in between.
    #[serde(default = "one")]
    pub workers: i64,
}

const fn one() -> i64 {
    1
}

impl Order {
    /// Reads the parameters of a request. What Harbor ignores is ignored, unless it could remove more than was meant.
    fn read(parameters: &Parameters) -> Result<Self> {
        let workers = parameters.get("workers").and_then(Value::as_i64).unwrap_or(1);
        if !(1..=WORKERS_MAX).contains(&workers) {
            return Err(Error::BadRequest(format!(
                "Error: Invalid number of workers:{workers}. Workers must be greater than 0 and less than or equal to \
                 {WORKERS_MAX}."
            )));
        }
        let is_wanted = |name: &str| parameters.get(name).and_then(Value::as_bool).unwrap_or_default();
        Ok(Order {
            dry_run: switch(parameters, "dry_run")?,
            grace_seconds: None,
            delete_untagged: is_wanted("delete_untagged"),
            delete_tag: is_wanted("delete_tag"),
            workers,
        })
    }
}

/// Does what a request wants: a run, a schedule, or none. Says the row id of the run or the schedule.
///
/// # Errors
/// [`Error::BadRequest`] for a request that cannot be followed; [`Error::Conflict`] while a run that was asked for by hand
/// has not ended.
pub async fn create(domain: &Domain, access: &SystemAccess<CreateCollection>, request: &Schedule) -> Result<i64> {
    follow(domain, access, request).await
}

/// As [`create`].
///
/// # Errors
/// As [`create`].
pub async fn update(domain: &Domain, access: &SystemAccess<UpdateCollection>, request: &Schedule) -> Result<()> {
    follow(domain, access, request).await.map(|_| ())
}

async fn follow<A: SystemAction>(domain: &Domain, access: &SystemAccess<A>, request: &Schedule) -> Result<i64> {
    let wish = Wish::read(&CHORE, request)?;
    let order = Order::read(request.parameters.as_ref().unwrap_or(&Parameters::new()))?;
    let text = |order: Order| serde_json::to_string(&order).map_err(Error::internal);
    // A schedule that only ever looks would look like one that collects.
    let payloads = (text(order)?, text(Order { dry_run: false, ..order })?);
    CHORE.follow(domain, access.actor(), wish, payloads).await
}

/// The schedule that somebody chose. Where nobody did, the configuration's interval holds.
///
/// # Errors
/// What the database says.
pub async fn schedule(domain: &Domain, _access: &SystemAccess<ReadCollection>) -> Result<Option<GCHistory>> {
    let Some(schedule) = CHORE.schedule(domain).await? else { return Ok(None) };
    let order: Order = serde_json::from_str(&schedule.job_parameters).unwrap_or_default();
    let parameters = json!({
        "delete_untagged": order.delete_untagged, "delete_tag": order.delete_tag, "workers": order.workers,
    });
    Ok(Some(GCHistory { job_parameters: parameters.to_string(), ..schedule }))
}

/// The runs, newest first.
///
/// # Errors
/// What the database says.
pub async fn history(
    domain: &Domain,
    _access: &SystemAccess<ListCollections>,
    query: &ListQuery,
) -> Result<Paged<GCHistory>> {
    Ok(CHORE.history(domain, query).await?.map(|job| shown(&job)))
}

/// One run.
///
/// # Errors
/// [`Error::NotFound`] where there is none.
pub async fn get(domain: &Domain, _access: &SystemAccess<ReadCollection>, id: i64) -> Result<GCHistory> {
    let job = CHORE.run(domain, id).await?;
    job.as_ref().map(shown).ok_or_else(|| Error::NotFound(format!("garbage collection execution {id} not found")))
}

/// Asks a run to stop. One that has ended is fine.
///
/// # Errors
/// [`Error::NotFound`] where there is none.
pub async fn stop(domain: &Domain, access: &SystemAccess<StopCollection>, id: i64) -> Result<()> {
    CHORE.stop(domain, access.actor(), id).await
}

/// The log of a run.
///
/// # Errors
/// [`Error::NotFound`] where there is none.
pub async fn log(domain: &Domain, _access: &SystemAccess<ReadCollection>, id: i64) -> Result<String> {
    let log = CHORE.log(domain, id).await?;
    log.ok_or_else(|| Error::NotFound(format!("garbage collection {id} log is not found")))
}

fn shown(job: &Job) -> GCHistory {
    let order: Order = serde_json::from_str(&job.payload).unwrap_or_default();
    // Nothing was done yet where the job has not said how far it is.
    let report: gc::Report = serde_json::from_str(&job.progress).unwrap_or_default();
    let parameters = json!({
        "delete_untagged": order.delete_untagged,
        "delete_tag": order.delete_tag,
        "dry_run": order.dry_run,
        "workers": order.workers,
        // The grace time, in the hours of Harbor's name for it.
        "time_window": report.grace_seconds / 3600,
        "freed_space": report.freed_bytes(),
        "purged_blobs": report.blobs.count,
        "purged_manifests": report.manifests.count,
    });
    CHORE.shown(job, &parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parameters: Value) -> Result<Order> {
        Order::read(&serde_json::from_value(parameters).unwrap())
    }

    #[test]
    fn what_could_remove_more_than_was_meant_is_refused() {
        for parameters in [json!({ "dry_run": "true" }), json!({ "dry_run": 1 }), json!({ "workers": 0 })] {
            assert!(matches!(read(parameters), Err(Error::BadRequest(_))));
        }
        let order = read(json!({ "dry_run": true, "delete_untagged": "x", "workers": "x", "shoe": 1 })).unwrap();
        assert!(order.dry_run && !order.delete_untagged && order.workers == 1);
    }

    #[test]
    fn a_job_reads_what_a_request_wrote() {
        let order = read(json!({ "dry_run": true, "delete_untagged": true, "workers": 7 })).unwrap();
        assert_eq!(serde_json::from_str::<Order>(&serde_json::to_string(&order).unwrap()).unwrap(), order);
        let default: Order = serde_json::from_str("{}").unwrap();
        assert!(!default.dry_run && !default.delete_untagged && default.grace_seconds.is_none());
    }
}
