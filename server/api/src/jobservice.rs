//! Who runs jobs, what waits, and what comes again.

use axum::{Json, extract::State};
use berth_domain::{
    Domain,
    authz::{ListJobs, ReadJobs, StopJobs},
    jobservice::{self, QueueAction},
};
use berth_types::api::{ActionRequest, JobQueue, ScheduleTask, SchedulerStatus, Worker, WorkerPool};
use berth_web::{
    ApiError, ApiResult,
    extract::{List, RequireSystem},
    reply::{Lines, PagedJson},
};

use crate::{
    body::{Body, Checked},
    decode::Field,
    extract::{Params, RequireSignedIn},
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(pools))
        .routes(routes!(workers))
        .routes(routes!(stop))
        .routes(routes!(log))
        .routes(routes!(queues))
        .routes(routes!(act))
        .routes(routes!(schedules))
        .routes(routes!(paused))
}

impl Body for ActionRequest {
    const NAME: &'static str = "actionRequest";
    const MODEL: &'static str = "ActionRequest";
    const FIELDS: &'static [(&'static str, Field)] = &[("action", Field::Text)];

    fn check(&self) -> Result<(), ApiError> {
        match self.action.as_deref() {
            None | Some("" | "stop" | "pause" | "resume") => Ok(()),
            Some(_) => Err(ApiError::invalid_field("action in body should be one of [stop pause resume]")),
        }
    }
}

/// The nodes that run jobs.
#[utoipa::path(
    get, path = "/api/v2.0/jobservice/pools", operation_id = "getWorkerPools", tag = "jobservice",
    responses((status = 200, body = [WorkerPool]))
)]
async fn pools(
    RequireSystem(access): RequireSystem<ListJobs>,
    State(domain): State<Domain>,
) -> ApiResult<Json<Vec<WorkerPool>>> {
    Ok(Json(jobservice::pools(&domain, &access).await?))
}

/// The places for jobs of a node.
#[utoipa::path(
    get, path = "/api/v2.0/jobservice/pools/{pool_id}/workers", operation_id = "getWorkers", tag = "jobservice",
    params(("pool_id" = String, Path, description = "The node, or `all`.")),
    responses((status = 200, body = [Worker]))
)]
async fn workers(
    params: Params,
    RequireSystem(access): RequireSystem<ListJobs>,
    State(domain): State<Domain>,
) -> ApiResult<Json<Vec<Worker>>> {
    Ok(Json(jobservice::workers(&domain, &access, params.get("pool_id")).await?))
}

/// Stops a job.
#[utoipa::path(
    put, path = "/api/v2.0/jobservice/jobs/{job_id}", operation_id = "stopRunningJob", tag = "jobservice",
    params(("job_id" = String, Path, description = "The job, or `all` that run.")), responses((status = 200))
)]
async fn stop(
    params: Params,
    RequireSystem(access): RequireSystem<StopJobs>,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(jobservice::stop(&domain, &access, params.get("job_id")).await?)
}

/// The log of a job.
#[utoipa::path(
    get, path = "/api/v2.0/jobservice/jobs/{job_id}/log", operation_id = "actionGetJobLog", tag = "jobservice",
    params(("job_id" = String, Path, description = "The job.")),
    responses((status = 200, body = String, content_type = "text/plain"))
)]
async fn log(
    params: Params,
    RequireSystem(access): RequireSystem<ReadJobs>,
    State(domain): State<Domain>,
) -> ApiResult<Lines> {
    Ok(Lines(jobservice::log(&domain, &access, params.get("job_id")).await?))
}

/// What waits, by kind of job.
#[utoipa::path(
    get, path = "/api/v2.0/jobservice/queues", operation_id = "listJobQueues", tag = "jobservice",
    responses((status = 200, body = [JobQueue]))
)]
async fn queues(
    RequireSystem(access): RequireSystem<ListJobs>,
    State(domain): State<Domain>,
) -> ApiResult<Json<Vec<JobQueue>>> {
    Ok(Json(jobservice::queues(&domain, &access).await?))
}

/// Ends, pauses or resumes what waits of a kind of job.
#[utoipa::path(
    put, path = "/api/v2.0/jobservice/queues/{job_type}", operation_id = "actionPendingJobs", tag = "jobservice",
    params(("job_type" = String, Path, description = "The kind, or `all`.")),
    request_body = ActionRequest, responses((status = 200))
)]
async fn act(
    State(domain): State<Domain>,
    params: Params,
    Checked(RequireSystem(access), request): Checked<RequireSystem<StopJobs>, ActionRequest>,
) -> ApiResult<()> {
    let action = QueueAction::read(request.action.as_deref().unwrap_or_default())?;
    Ok(jobservice::act_on_queue(&domain, &access, params.get("job_type"), action).await?)
}

/// Everything that comes again.
#[utoipa::path(
    get, path = "/api/v2.0/schedules", operation_id = "listSchedules", tag = "schedule",
    params(
        ("page" = Option<i64>, Query, description = "From 1."),
        ("page_size" = Option<i64>, Query, description = "Rows a page, at most 100."),
    ),
    responses((status = 200, body = [ScheduleTask]))
)]
async fn schedules(
    list: List,
    RequireSystem(access): RequireSystem<ListJobs>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<ScheduleTask>> {
    let rows = jobservice::schedules(&domain, &access, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// Whether nothing is begun by the clock.
#[utoipa::path(
    get, path = "/api/v2.0/schedules/{job_type}/paused", operation_id = "getSchedulePaused", tag = "schedule",
    params(("job_type" = String, Path, description = "Only `all`.")),
    responses((status = 200, body = SchedulerStatus))
)]
async fn paused(
    params: Params,
    RequireSignedIn(access): RequireSignedIn,
    State(domain): State<Domain>,
) -> ApiResult<Json<SchedulerStatus>> {
    Ok(Json(jobservice::schedules_paused(&domain, &access, params.get("job_type")).await?))
}
