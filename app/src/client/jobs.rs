//! Jobs, clean-ups, purges of the audit log, health.

use super::{ApiResult, Client, ListParams, Method};
use berth_types::api::{
    ActionRequest, CleanUpPlan, ExecHistory, GCHistory, HealthReport, Job, JobStatistics, Schedule, ScheduleTask,
    Worker, WorkerPool,
};
use berth_types::page::Paged;
use berth_types::url::{API, BERTH_API, encode, with_query};

/// Work of which the system has one kind, with one schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chore {
    /// Garbage collection.
    CleanUp,
    /// Purges of the audit log.
    Purge,
}

impl Chore {
    fn path(self) -> String {
        let name = match self {
            Chore::CleanUp => "gc",
            Chore::Purge => "purgeaudit",
        };
        format!("{API}/system/{name}")
    }
}

impl Client {
    /// The jobs of all kinds; `q` takes `kind`, `status` (`active` for what waits or runs), `trigger`.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn jobs(&self, params: &ListParams) -> ApiResult<Paged<Job>> {
        self.list(params.on(&format!("{BERTH_API}/jobs"), &[])).await
    }

    /// One job.
    ///
    /// # Errors
    /// 404 where there is none.
    pub async fn job(&self, id: i64) -> ApiResult<Job> {
        self.get(format!("{BERTH_API}/jobs/{id}")).await
    }

    /// The lines of a job's log.
    ///
    /// # Errors
    /// 404 where there is no such job.
    pub async fn job_log(&self, id: i64) -> ApiResult<String> {
        self.text(job_log(id)).await
    }

    /// How the queue stands.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn job_statistics(&self) -> ApiResult<JobStatistics> {
        self.get(format!("{BERTH_API}/job-statistics")).await
    }

    /// Ends a job that waits, and asks one that runs to stop.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn stop_job(&self, id: i64) -> ApiResult<()> {
        self.call(Method::Put, format!("{API}/jobservice/jobs/{id}"), None).await.map(drop)
    }

    /// Does `stop`, `pause` or `resume` to the queue of a kind, or of `all`.
    ///
    /// # Errors
    /// 404 for a kind that does not exist.
    pub async fn act_on_queue(&self, kind: &str, action: &str) -> ApiResult<()> {
        let body = ActionRequest { action: Some(action.to_owned()) };
        self.send(Method::Put, format!("{API}/jobservice/queues/{}", encode(kind)), &body).await.map(drop)
    }

    /// Everything that comes again.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn schedules(&self, params: &ListParams) -> ApiResult<Paged<ScheduleTask>> {
        self.list(params.on(&format!("{API}/schedules"), &[])).await
    }

    /// The nodes that run jobs.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn worker_pools(&self) -> ApiResult<Vec<WorkerPool>> {
        self.get(format!("{API}/jobservice/pools")).await
    }

    /// The places for jobs on all nodes.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn workers(&self) -> ApiResult<Vec<Worker>> {
        self.get(format!("{API}/jobservice/pools/all/workers")).await
    }

    /// What a clean-up would do now.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn clean_up_plan(&self, untagged: bool) -> ApiResult<CleanUpPlan> {
        let untagged = if untagged { "true" } else { "" };
        self.get(with_query(&format!("{BERTH_API}/gc/plan"), &[("untagged", untagged)])).await
    }

    /// The clean-ups, newest first.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn clean_ups(&self, params: &ListParams) -> ApiResult<Paged<GCHistory>> {
        self.list(params.on(&Chore::CleanUp.path(), &[])).await
    }

    /// The purges of the audit log, newest first.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn purges(&self, params: &ListParams) -> ApiResult<Paged<ExecHistory>> {
        self.list(params.on(&Chore::Purge.path(), &[])).await
    }

    /// The schedule of a chore that somebody chose.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn chore_schedule(&self, chore: Chore) -> ApiResult<Option<GCHistory>> {
        let answer = self.call(Method::Get, format!("{}/schedule", chore.path()), None).await?;
        if answer.body.is_empty() { Ok(None) } else { answer.json().map(Some) }
    }

    /// Runs a chore now, which makes a job. Says the job's id.
    ///
    /// # Errors
    /// 409 while one runs that was asked for.
    pub async fn run_chore(&self, chore: Chore, order: &Schedule) -> ApiResult<Option<i64>> {
        Ok(self.send(Method::Post, format!("{}/schedule", chore.path()), order).await?.created_id())
    }

    /// Changes the schedule of a chore.
    ///
    /// # Errors
    /// 400 for a schedule that nobody can follow.
    pub async fn schedule_chore(&self, chore: Chore, order: &Schedule) -> ApiResult<()> {
        self.send(Method::Put, format!("{}/schedule", chore.path()), order).await.map(drop)
    }

    /// How the parts of the system are.
    ///
    /// # Errors
    /// 403 for all but administrators.
    pub async fn health_report(&self) -> ApiResult<HealthReport> {
        self.get(format!("{BERTH_API}/system/health-report")).await
    }
}

/// Where the log of a job is.
pub fn job_log(id: i64) -> String {
    format!("{API}/jobservice/jobs/{id}/log")
}

/// Where the support bundle is.
pub fn support_bundle() -> String {
    format!("{BERTH_API}/system/support-bundle")
}
