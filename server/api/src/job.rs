//! Jobs of every kind in one list, which Harbor lacks.

use axum::{Json, extract::State};
use berth_domain::{
    Domain,
    authz::{ListJobs, ReadJobs},
    jobservice::list,
};
use berth_types::api::{Job, JobStatistics};
use berth_web::{
    ApiResult,
    extract::{List, RequireSystem},
    reply::PagedJson,
};

use crate::extract::{ListParams, Params};
use crate::routes::{Routes, routes};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(all)).routes(routes!(get)).routes(routes!(statistics))
}

/// The jobs, newest first. `q` knows `id`, `kind`, `status`, `trigger`, `error` and the times; `status=active` is what waits or
/// runs. `sort` knows the same.
#[utoipa::path(
    get, path = "/api/berth/v1/jobs", operation_id = "listJobs", tag = "berth", params(ListParams),
    responses((status = 200, body = [Job]))
)]
async fn all(
    list: List,
    RequireSystem(access): RequireSystem<ListJobs>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<Job>> {
    let rows = list::all(&domain, &access, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// One job.
#[utoipa::path(
    get, path = "/api/berth/v1/jobs/{job_id}", operation_id = "getJob", tag = "berth",
    responses((status = 200, body = Job))
)]
async fn get(
    params: Params,
    RequireSystem(access): RequireSystem<ReadJobs>,
    State(domain): State<Domain>,
) -> ApiResult<Json<Job>> {
    Ok(Json(list::get(&domain, &access, params.get("job_id")).await?))
}

/// How the queue of jobs stands.
#[utoipa::path(
    get, path = "/api/berth/v1/job-statistics", operation_id = "getJobStatistics", tag = "berth",
    responses((status = 200, body = JobStatistics))
)]
async fn statistics(
    RequireSystem(access): RequireSystem<ListJobs>,
    State(domain): State<Domain>,
) -> ApiResult<Json<JobStatistics>> {
    Ok(Json(list::statistics(&domain, &access).await?))
}
