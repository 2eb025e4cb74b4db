//! What collections and purges share: one run at a time by hand, a schedule, a history.

use std::collections::BTreeMap;

use berth_db::{
    Conn,
    query::{
        job::{self as jobs, Enqueued, Job, NewJob},
        jobservice as rows,
    },
};
use berth_types::{
    Timestamp,
    api::{GCHistory, Schedule, ScheduleObj},
    page::Paged,
    query::ListQuery,
    rule::Rule,
};
use serde_json::Value;

use super::{log_of, name_of};
use crate::{Actor, Domain, Error, Result, audit, cron};

/// How often a job of somebody's request is begun.
const ATTEMPTS_MAX: i64 = 3;

/// Work of which the system has one kind, one schedule and a history.
pub(crate) struct Chore {
    /// The kind of its jobs, and the name of its schedule.
    pub kind: &'static str,
    /// What Harbor's refusals call its schedule.
    pub called: &'static str,
    /// The resource of its audit entries.
    pub resource: &'static str,
}

/// What a request wants of a chore.
pub(crate) enum Wish {
    /// A run, now.
    Now,
    /// No runs by the clock.
    Never,
    /// Runs by the clock.
    ByClock(ScheduleObj),
}

impl Wish {
    /// Reads a request.
    ///
    /// # Errors
    /// [`Error::BadRequest`] where it says nothing, or a schedule that cannot be followed.
    pub fn read(chore: &Chore, request: &Schedule) -> Result<Self> {
        let Some(schedule) = &request.schedule else {
            return Err(Error::BadRequest("bad request: schedule cann't be empty".to_owned()));
        };
        match schedule.kind.as_str() {
            "" => Err(Error::BadRequest("bad request: schedule type cann't be empty".to_owned())),
            "Manual" => Ok(Wish::Now),
            "None" => Ok(Wish::Never),
            _ => {
                cron::check_for(chore.called, &schedule.cron)?;
                Ok(Wish::ByClock(schedule.clone()))
            }
        }
    }
}

impl Chore {
    /// Does what a request wants: asks for a run with `now` as its payload, or sets the schedule of runs with `by_clock`.
    /// Says the row id of the run or the schedule; 0 where neither is left.
    pub(crate) async fn follow(
        &self,
        domain: &Domain,
        actor: &Actor,
        wish: Wish,
        (now, by_clock): (String, String),
    ) -> Result<i64> {
        let id = match wish {
            Wish::Now => self.ask(domain, actor, now).await?,
            Wish::Never => self.give_up(domain, actor).await?,
            Wish::ByClock(schedule) => self.choose(domain, actor, schedule, by_clock).await?,
        };
        domain.jobs.notify_one();
        Ok(id)
    }

    async fn ask(&self, domain: &Domain, actor: &Actor, payload: String) -> Result<i64> {
        let job = NewJob {
            kind: self.kind.to_owned(),
            unique_key: Some("manual".to_owned()),
            cause: "manual".to_owned(),
            payload,
            attempts_max: ATTEMPTS_MAX,
            ..NewJob::default()
        };
        let args = (actor.clone(), job, self.resource, domain.now());
        domain
            .db
            .write(args, |tx, (actor, job, resource, now)| {
                Box::pin(async move {
                    let id = match jobs::enqueue(tx, job, *now).await? {
                        Enqueued::New(id) => id,
                        Enqueued::Known(id) => {
                            return Err(Error::Conflict(format!("the run {id} has not ended yet")));
                        }
                    };
                    audit::record(tx, actor, *now, &audit::Entry::success("create", resource, id.to_string())).await?;
                    Ok(id)
                })
            })
            .await
    }

    async fn choose(&self, domain: &Domain, actor: &Actor, schedule: ScheduleObj, payload: String) -> Result<i64> {
        let now = domain.now();
        let next_at = next_after(&schedule.cron, now).ok_or_else(|| {
            let Chore { called, .. } = self;
            Error::BadRequest(format!(
                "invalid cron string for scheduled {called}: {}, error: it never comes",
                schedule.cron
            ))
        })?;
        let choice = rows::Choice {
            name: self.kind.to_owned(),
            kind: self.kind.to_owned(),
            cron: schedule.cron,
            payload,
            label: schedule.kind,
            next_at,
        };
        let args = (actor.clone(), choice, self.resource, now);
        domain
            .db
            .write(args, |tx, (actor, choice, resource, now)| {
                Box::pin(async move {
                    let id = rows::choose(tx, choice, *now).await?;
                    note_schedule(tx, actor, resource, &choice.cron, *now).await?;
                    Ok(id)
                })
            })
            .await
    }

    async fn give_up(&self, domain: &Domain, actor: &Actor) -> Result<i64> {
        let args = (actor.clone(), self.kind, self.resource, domain.now());
        domain
            .db
            .write(args, |tx, (actor, name, resource, now)| {
                Box::pin(async move {
                    let Some(row) = rows::schedule(tx, name).await? else { return Ok(0) };
                    if !row.is_chosen() {
                        return Ok(0);
                    }
                    let fallback = row.fallback.as_deref().and_then(|rule| next_after(rule, *now));
                    match fallback {
                        Some(next_at) => rows::fall_back(tx, name, next_at, *now).await?,
                        None => _ = rows::end_choice(tx, name).await?,
                    }
                    note_schedule(tx, actor, resource, "None", *now).await?;
                    Ok(0)
                })
            })
            .await
    }

    /// The schedule that somebody chose.
    pub(crate) async fn schedule(&self, domain: &Domain) -> Result<Option<GCHistory>> {
        let row = rows::schedule(&mut domain.db.reader().await?.conn(), self.kind).await?;
        Ok(row.filter(rows::Schedule::is_chosen).map(|row| GCHistory {
            id: row.id,
            job_kind: row.cron.clone(),
            job_parameters: row.payload,
            schedule: Some(ScheduleObj { kind: row.label, cron: row.cron, next_scheduled_time: Some(row.next_at) }),
            // What Harbor's scheduler says of a schedule that it follows.
            job_status: "Running".to_owned(),
            creation_time: Some(row.created_at),
            update_time: Some(row.updated_at),
            ..GCHistory::default()
        }))
    }

    /// The runs, newest first.
    pub(crate) async fn history(&self, domain: &Domain, query: &ListQuery) -> Result<Paged<Job>> {
        Ok(rows::history(&mut domain.db.reader().await?.conn(), self.kind, query).await?)
    }

    /// One run.
    pub(crate) async fn run(&self, domain: &Domain, id: i64) -> Result<Option<Job>> {
        let found = jobs::find(&mut domain.db.reader().await?.conn(), id).await?;
        Ok(found.filter(|job| job.kind == self.kind))
    }

    /// A run as it is shown, with its parameters.
    pub(crate) fn shown(&self, job: &Job, parameters: &Value) -> GCHistory {
        let kind = if job.cause == "manual" { "Manual" } else { "Schedule" };
        GCHistory {
            id: job.id,
            job_name: name_of(self.kind).to_owned(),
            job_kind: job.cause.to_ascii_uppercase(),
            job_parameters: parameters.to_string(),
            schedule: Some(ScheduleObj {
                kind: kind.to_owned(),
                cron: String::new(),
                next_scheduled_time: Some(Timestamp::NEVER),
            }),
            job_status: status_of(&job.status).to_owned(),
            deleted: false,
            creation_time: Some(job.created_at),
            update_time: Some(job.finished_at.or(job.started_at).unwrap_or(job.created_at)),
        }
    }

    /// Asks a run to stop. One that has ended is fine.
    pub(crate) async fn stop(&self, domain: &Domain, actor: &Actor, id: i64) -> Result<()> {
        let args = (actor.clone(), id, self.kind, self.resource, domain.now());
        domain
            .db
            .write(args, |tx, (actor, id, kind, resource, now)| {
                Box::pin(async move {
                    let found = jobs::find(tx, *id).await?.filter(|job| job.kind == *kind);
                    if found.is_none() {
                        return Err(Error::NotFound(format!("execution {id} not found")));
                    }
                    if jobs::stop(tx, *id, *now).await? {
                        let entry = audit::Entry::success("stop", resource, id.to_string());
                        audit::record(tx, actor, *now, &entry).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// The log of a run; nothing where there is no such run.
    pub(crate) async fn log(&self, domain: &Domain, id: i64) -> Result<Option<String>> {
        let mut reader = domain.db.reader().await?;
        let Some(job) = jobs::find(&mut reader.conn(), id).await?.filter(|job| job.kind == self.kind) else {
            return Ok(None);
        };
        log_of(&mut reader.conn(), &job).await.map(Some)
    }
}

/// A yes or no of a request's parameters.
///
/// # Errors
/// [`Error::BadRequest`] for anything else: a dry run that nobody understood must not remove anything.
pub(crate) fn switch(parameters: &Parameters, name: &str) -> Result<bool> {
    match parameters.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(switch)) => Ok(*switch),
        Some(_) => Err(Error::BadRequest(format!("bad request: {name} should be true or false"))),
    }
}

/// The parameters of a request.
pub(crate) type Parameters = BTreeMap<String, Value>;

async fn note_schedule(
    tx: &mut Conn<'_>,
    actor: &Actor,
    resource: &'static str,
    rule: &str,
    now: Timestamp,
) -> Result<()> {
    let entry = audit::Entry::success("update", resource, "schedule").described(format!("set the schedule to {rule}"));
    audit::record(tx, actor, now, &entry).await
}

fn next_after(rule: &str, now: Timestamp) -> Option<Timestamp> {
    rule.parse::<Rule>().ok()?.next_after(now)
}

fn status_of(status: &str) -> &'static str {
    match status {
        "pending" => "Pending",
        "running" => "Running",
        "success" => "Success",
        "stopped" => "Stopped",
        _ => "Error",
    }
}
