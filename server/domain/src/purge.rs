//! Purges of the audit log: entries of chosen events that are older than so many hours, by hand or by the clock.
//!
//! Apart from this, the configuration may limit the age of all entries ([`crate::maintenance`]).

use berth_db::query::{job::Job, purge as rows};
use berth_types::{
    Timestamp,
    api::{ExecHistory, Schedule},
    page::Paged,
    query::ListQuery,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Actor, Domain, Error, Result, audit,
    authz::{CreatePurge, ListPurges, ReadPurge, StopPurge, SystemAccess, SystemAction, UpdatePurge},
    jobservice::{Chore, Parameters, Wish, switch},
};

/// The kind of its jobs, and the name of its schedule.
pub const KIND: &str = "audit_purge";
/// The largest age, in hours.
const RETENTION_HOURS_MAX: i64 = 240_000;
/// Names of events in one request.
const EVENTS_MAX: usize = 200;

const CHORE: Chore = Chore { kind: KIND, called: "log rotation purge", resource: "audit_purge" };

/// What a job is to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The age from which entries go, in hours. Nothing goes where it is not positive.
    #[serde(default)]
    pub audit_retention_hour: i64,
    /// Whose entries go, separated by commas: `create_artifact`, `pull_artifact`, …
    #[serde(default)]
    pub include_event_types: String,
    /// As older clients say it, by operation: `create`, `pull`, …
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub include_operations: String,
    /// Whether entries are only counted.
    #[serde(default)]
    pub dry_run: bool,
}

impl Order {
    /// Reads the parameters of a request. An age that is no number counts as none, as in Harbor, and removes nothing.
    fn read(parameters: &Parameters) -> Result<Self> {
        let hours = parameters.get("audit_retention_hour").and_then(Value::as_i64).unwrap_or_default();
        if hours > RETENTION_HOURS_MAX {
            let text = format!("bad request: audit_retention_hour should be less than {RETENTION_HOURS_MAX}");
            return Err(Error::BadRequest(text));
        }
        let order = Order {
            audit_retention_hour: hours,
            include_event_types: names(parameters, "include_event_types")?,
            include_operations: names(parameters, "include_operations")?,
            dry_run: switch(parameters, "dry_run")?,
        };
        if list(&order.include_event_types).len() + list(&order.include_operations).len() > EVENTS_MAX {
            return Err(Error::BadRequest(format!("bad request: at most {EVENTS_MAX} kinds of events")));
        }
        Ok(order)
    }
}

fn names(parameters: &Parameters, name: &str) -> Result<String> {
    match parameters.get(name) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(Error::BadRequest(format!("bad request: {name} should be a text"))),
    }
}

fn list(names: &str) -> Vec<String> {
    names.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_ascii_lowercase).collect()
}

/// Does what a request wants: a run, a schedule, or none. Says the row id of the run or the schedule.
///
/// # Errors
/// [`Error::BadRequest`] for a request that cannot be followed; [`Error::Conflict`] while a run that was asked for by hand
/// has not ended.
pub async fn create(domain: &Domain, access: &SystemAccess<CreatePurge>, request: &Schedule) -> Result<i64> {
    follow(domain, access, request).await
}

/// As [`create`].
///
/// # Errors
/// As [`create`].
pub async fn update(domain: &Domain, access: &SystemAccess<UpdatePurge>, request: &Schedule) -> Result<()> {
    follow(domain, access, request).await.map(|_| ())
}

async fn follow<A: SystemAction>(domain: &Domain, access: &SystemAccess<A>, request: &Schedule) -> Result<i64> {
    let wish = Wish::read(&CHORE, request)?;
    let order = Order::read(request.parameters.as_ref().unwrap_or(&Parameters::new()))?;
    let payload = serde_json::to_string(&order).map_err(Error::internal)?;
    CHORE.follow(domain, access.actor(), wish, (payload.clone(), payload)).await
}

/// The schedule.
///
/// # Errors
/// What the database says.
pub async fn schedule(domain: &Domain, _access: &SystemAccess<ReadPurge>) -> Result<Option<ExecHistory>> {
    Ok(CHORE.schedule(domain).await?.map(ExecHistory::from))
}

/// The runs, newest first.
///
/// # Errors
/// What the database says.
pub async fn history(
    domain: &Domain,
    _access: &SystemAccess<ListPurges>,
    query: &ListQuery,
) -> Result<Paged<ExecHistory>> {
    Ok(CHORE.history(domain, query).await?.map(|job| shown(&job)))
}

/// One run.
///
/// # Errors
/// [`Error::NotFound`] where there is none.
pub async fn get(domain: &Domain, _access: &SystemAccess<ReadPurge>, id: i64) -> Result<ExecHistory> {
    let job = CHORE.run(domain, id).await?;
    job.as_ref().map(shown).ok_or_else(|| Error::NotFound(format!("execution {id} not found")))
}

/// Asks a run to stop. One that has ended is fine.
///
/// # Errors
/// [`Error::NotFound`] where there is none.
pub async fn stop(domain: &Domain, access: &SystemAccess<StopPurge>, id: i64) -> Result<()> {
    CHORE.stop(domain, access.actor(), id).await
}

/// The log of a run.
///
/// # Errors
/// [`Error::NotFound`] where there is none.
pub async fn log(domain: &Domain, _access: &SystemAccess<ReadPurge>, id: i64) -> Result<String> {
    let log = CHORE.log(domain, id).await?;
    log.ok_or_else(|| Error::NotFound(format!("purge job with execution ID: {id} taskLog is not found")))
}

fn shown(job: &Job) -> ExecHistory {
    let order: Value = serde_json::from_str(&job.payload).unwrap_or_default();
    CHORE.shown(job, &order).into()
}

/// What a run did. Of a dry run, what would have been done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Entries that went.
    pub entries: u64,
    /// Whether it was stopped before it came to its end.
    pub stopped: bool,
}

/// Follows a job's order, in batches. Asks `wants_stop` after each.
///
/// # Errors
/// What the database says. What was removed until then stays removed.
pub async fn run(domain: &Domain, order: &Order, wants_stop: &(dyn Fn() -> bool + Sync)) -> Result<Report> {
    let mut report = Report::default();
    if order.audit_retention_hour <= 0 {
        return Ok(report);
    }
    let doomed = rows::Doomed {
        before: domain.now().plus_seconds(-order.audit_retention_hour.saturating_mul(3600)),
        events: list(&order.include_event_types),
        operations: list(&order.include_operations),
    };
    let mut place = Some((Timestamp(i64::MIN), 0));
    while let Some(after) = place {
        if wants_stop() {
            report.stopped = true;
            break;
        }
        let found = rows::find(&mut domain.db.reader().await?.conn(), &doomed, after).await?;
        place = found.place;
        report.entries += match found.entries {
            entries if entries.is_empty() => 0,
            entries if order.dry_run => entries.len() as u64,
            entries => remove(domain, entries).await?,
        };
        tokio::task::yield_now().await;
    }
    if report.entries > 0 && !order.dry_run {
        note(domain, report.entries).await?;
    }
    Ok(report)
}

async fn remove(domain: &Domain, entries: Vec<rows::Place>) -> Result<u64> {
    domain
        .db
        .write(entries, |tx, entries| Box::pin(async move { Ok::<_, Error>(rows::delete(tx, entries).await?) }))
        .await
}

/// The log says that it is not whole any more.
async fn note(domain: &Domain, entries: u64) -> Result<()> {
    let entry = audit::Entry::success("delete", "audit_log", "audit log").described(format!("purge {entries} entries"));
    domain
        .db
        .write((entry, domain.now()), |tx, (entry, now)| {
            Box::pin(async move { audit::record(tx, &Actor::system("purge"), *now, entry).await })
        })
        .await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(parameters: Value) -> Result<Order> {
        Order::read(&serde_json::from_value(parameters).unwrap())
    }

    #[test]
    fn what_cannot_be_understood_removes_nothing() {
        for parameters in [
            json!({ "audit_retention_hour": 240_001 }),
            json!({ "dry_run": "yes" }),
            json!({ "include_event_types": ["create_artifact"] }),
            json!({ "include_event_types": "x,".repeat(201) }),
        ] {
            assert!(matches!(read(parameters.clone()), Err(Error::BadRequest(_))), "{parameters}");
        }
        for parameters in [json!({}), json!({ "audit_retention_hour": "x" }), json!({ "audit_retention_hour": -1 })] {
            assert!(read(parameters).unwrap().audit_retention_hour <= 0);
        }
        assert_eq!(list(" create_artifact, ,Pull_artifact"), ["create_artifact", "pull_artifact"]);
    }
}
