//! Purges of the audit log: the job that does them.

use async_trait::async_trait;
use berth_domain::{Domain, purge};
use berth_jobs::{Failure, Kind, Outcome, Task};
use serde::Deserialize;

/// The job, and its schedule.
pub const KIND: &str = purge::KIND;

/// Removes old entries.
pub(crate) struct Job {
    pub domain: Domain,
}

#[async_trait]
impl Kind for Job {
    fn name(&self) -> &'static str {
        KIND
    }

    async fn run(&self, task: &Task) -> Outcome {
        // Entries must not go because nobody understood that they should stay.
        let order = purge::Order::deserialize(task.payload()).map_err(|error| Failure::fatal(&error))?;
        if order.audit_retention_hour <= 0 {
            return task.log("audit_retention_hour is no positive number, so nothing is removed").await;
        }
        let done = purge::run(&self.domain, &order, &|| task.wants_stop()).await;
        let report = done.map_err(|error| Failure::retry(&error))?;
        let shown = serde_json::to_value(report).map_err(|error| Failure::fatal(&error))?;
        task.progress(&shown).await?;
        let did = if order.dry_run { "would remove" } else { "removed" };
        let (entries, hours) = (report.entries, order.audit_retention_hour);
        let events = [order.include_event_types.as_str(), order.include_operations.as_str()].join(" ");
        task.log(format!("{did} {entries} entries older than {hours} hours of the events: {}", events.trim())).await?;
        if report.stopped { Err(Failure::Stopped) } else { Ok(()) }
    }
}
