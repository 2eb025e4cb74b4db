//! Operations on many things at once: the job that works them off.

use async_trait::async_trait;
use berth_domain::{Domain, bulk};
use berth_jobs::{Failure, Kind, Outcome, Task};

/// Works off an operation.
pub(crate) struct Job {
    pub domain: Domain,
}

#[async_trait]
impl Kind for Job {
    fn name(&self) -> &'static str {
        bulk::KIND
    }

    async fn run(&self, task: &Task) -> Outcome {
        let operation = task.payload()["operation"].as_i64();
        let operation = operation.ok_or_else(|| Failure::Fatal("the payload names no operation".to_owned()))?;
        let done = bulk::run(&self.domain, operation, &|| task.wants_stop()).await;
        let report = done.map_err(|error| Failure::retry(&error))?;
        let shown = serde_json::to_value(report).map_err(|error| Failure::fatal(&error))?;
        task.progress(&shown).await?;
        if report.stopped { Err(Failure::Stopped) } else { Ok(()) }
    }
}
