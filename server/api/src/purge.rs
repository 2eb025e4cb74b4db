//! Purges of the audit log.

use axum::{
    Json,
    extract::{FromRequestParts, State},
};
use berth_domain::{
    Domain,
    authz::{CreatePurge, ListPurges, ReadPurge, StopPurge, UpdatePurge},
    purge,
};
use berth_types::api::{ExecHistory, Schedule};
use berth_web::{
    ApiError, ApiResult, AppState,
    extract::{List, RequireSystem},
    reply::{Created, Lines, MaybeJson, PagedJson},
};
use http::request::Parts;

use crate::{
    body::Checked,
    extract::{ListParams, number_in_path},
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(history))
        .routes(routes!(get, stop))
        .routes(routes!(log))
        .routes(routes!(schedule, create, update))
}

/// The run that the path names.
struct RunPath(i64);

impl FromRequestParts<AppState> for RunPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        number_in_path(parts, "purge_id").await.map(RunPath)
    }
}

/// The purges of the audit log.
#[utoipa::path(
    get, path = "/api/v2.0/system/purgeaudit", operation_id = "getPurgeHistory", tag = "purge",
    params(ListParams), responses((status = 200, body = [ExecHistory]))
)]
async fn history(
    list: List,
    RequireSystem(access): RequireSystem<ListPurges>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<ExecHistory>> {
    let rows = purge::history(&domain, &access, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// One purge.
#[utoipa::path(
    get, path = "/api/v2.0/system/purgeaudit/{purge_id}", operation_id = "getPurgeJob", tag = "purge",
    params(("purge_id" = i64, Path, description = "Row id of the purge.")),
    responses((status = 200, body = ExecHistory))
)]
async fn get(
    RunPath(id): RunPath,
    RequireSystem(access): RequireSystem<ReadPurge>,
    State(domain): State<Domain>,
) -> ApiResult<Json<ExecHistory>> {
    Ok(Json(purge::get(&domain, &access, id).await?))
}

/// Stops a purge.
#[utoipa::path(
    put, path = "/api/v2.0/system/purgeaudit/{purge_id}", operation_id = "stopPurge", tag = "purge",
    params(("purge_id" = i64, Path, description = "Row id of the purge.")), responses((status = 200))
)]
async fn stop(
    RunPath(id): RunPath,
    RequireSystem(access): RequireSystem<StopPurge>,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(purge::stop(&domain, &access, id).await?)
}

/// The log of a purge.
#[utoipa::path(
    get, path = "/api/v2.0/system/purgeaudit/{purge_id}/log", operation_id = "getPurgeJobLog", tag = "purge",
    params(("purge_id" = i64, Path, description = "Row id of the purge.")),
    responses((status = 200, body = String, content_type = "text/plain"))
)]
async fn log(
    RunPath(id): RunPath,
    RequireSystem(access): RequireSystem<ReadPurge>,
    State(domain): State<Domain>,
) -> ApiResult<Lines> {
    Ok(Lines(purge::log(&domain, &access, id).await?))
}

/// The schedule of purges.
#[utoipa::path(
    get, path = "/api/v2.0/system/purgeaudit/schedule", operation_id = "getPurgeSchedule", tag = "purge",
    responses((status = 200, body = ExecHistory))
)]
async fn schedule(
    RequireSystem(access): RequireSystem<ReadPurge>,
    State(domain): State<Domain>,
) -> ApiResult<MaybeJson<ExecHistory>> {
    Ok(MaybeJson(purge::schedule(&domain, &access).await?))
}

/// Purges the audit log now, or by the clock.
#[utoipa::path(
    post, path = "/api/v2.0/system/purgeaudit/schedule", operation_id = "createPurgeSchedule", tag = "purge",
    request_body = Schedule, responses((status = 201))
)]
async fn create(
    State(domain): State<Domain>,
    Checked(RequireSystem(access), request): Checked<RequireSystem<CreatePurge>, Schedule>,
) -> ApiResult<Created> {
    let id = purge::create(&domain, &access, &request).await?;
    Ok(Created(format!("/api/v2.0/system/purgeaudit/{id}")))
}

/// Changes the schedule of purges.
#[utoipa::path(
    put, path = "/api/v2.0/system/purgeaudit/schedule", operation_id = "updatePurgeSchedule", tag = "purge",
    request_body = Schedule, responses((status = 200))
)]
async fn update(
    State(domain): State<Domain>,
    Checked(RequireSystem(access), request): Checked<RequireSystem<UpdatePurge>, Schedule>,
) -> ApiResult<()> {
    Ok(purge::update(&domain, &access, &request).await?)
}
