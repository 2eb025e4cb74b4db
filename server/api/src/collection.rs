//! Garbage collection, as Harbor shows it.

use axum::{
    Json,
    extract::{FromRequestParts, State},
};
use berth_domain::{
    Domain,
    authz::{CreateCollection, ListCollections, ReadCollection, StopCollection, UpdateCollection},
    collection,
    gc::plan::{Untagged, plan as planned},
};
use berth_types::api::{CleanUpPlan, GCHistory, Schedule};
use berth_web::{
    ApiError, ApiResult, AppState,
    extract::{List, RequireSystem},
    reply::{Created, Lines, MaybeJson, PagedJson},
};
use http::request::Parts;

use crate::{
    body::Checked,
    extract::{ListParams, number_in_path, switch},
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(history))
        .routes(routes!(get, stop))
        .routes(routes!(log))
        .routes(routes!(schedule, create, update))
        .routes(routes!(plan))
}

/// The run that the path names.
struct RunPath(i64);

impl FromRequestParts<AppState> for RunPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        number_in_path(parts, "gc_id").await.map(RunPath)
    }
}

/// The runs of garbage collection.
#[utoipa::path(
    get, path = "/api/v2.0/system/gc", operation_id = "getGCHistory", tag = "gc",
    params(ListParams), responses((status = 200, body = [GCHistory]))
)]
async fn history(
    list: List,
    RequireSystem(access): RequireSystem<ListCollections>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<GCHistory>> {
    let rows = collection::history(&domain, &access, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// One run.
#[utoipa::path(
    get, path = "/api/v2.0/system/gc/{gc_id}", operation_id = "getGC", tag = "gc",
    params(("gc_id" = i64, Path, description = "Row id of the run.")), responses((status = 200, body = GCHistory))
)]
async fn get(
    RunPath(id): RunPath,
    RequireSystem(access): RequireSystem<ReadCollection>,
    State(domain): State<Domain>,
) -> ApiResult<Json<GCHistory>> {
    Ok(Json(collection::get(&domain, &access, id).await?))
}

/// Stops a run.
#[utoipa::path(
    put, path = "/api/v2.0/system/gc/{gc_id}", operation_id = "stopGC", tag = "gc",
    params(("gc_id" = i64, Path, description = "Row id of the run.")), responses((status = 200))
)]
async fn stop(
    RunPath(id): RunPath,
    RequireSystem(access): RequireSystem<StopCollection>,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(collection::stop(&domain, &access, id).await?)
}

/// The log of a run.
#[utoipa::path(
    get, path = "/api/v2.0/system/gc/{gc_id}/log", operation_id = "getGCLog", tag = "gc",
    params(("gc_id" = i64, Path, description = "Row id of the run.")),
    responses((status = 200, body = String, content_type = "text/plain"))
)]
async fn log(
    RunPath(id): RunPath,
    RequireSystem(access): RequireSystem<ReadCollection>,
    State(domain): State<Domain>,
) -> ApiResult<Lines> {
    Ok(Lines(collection::log(&domain, &access, id).await?))
}

/// The schedule of garbage collection.
#[utoipa::path(
    get, path = "/api/v2.0/system/gc/schedule", operation_id = "getGCSchedule", tag = "gc",
    responses((status = 200, body = GCHistory))
)]
async fn schedule(
    RequireSystem(access): RequireSystem<ReadCollection>,
    State(domain): State<Domain>,
) -> ApiResult<MaybeJson<GCHistory>> {
    Ok(MaybeJson(collection::schedule(&domain, &access).await?))
}

/// Runs garbage collection now, or by the clock.
#[utoipa::path(
    post, path = "/api/v2.0/system/gc/schedule", operation_id = "createGCSchedule", tag = "gc",
    request_body = Schedule, responses((status = 201))
)]
async fn create(
    State(domain): State<Domain>,
    Checked(RequireSystem(access), request): Checked<RequireSystem<CreateCollection>, Schedule>,
) -> ApiResult<Created> {
    let id = collection::create(&domain, &access, &request).await?;
    Ok(Created(format!("/api/v2.0/system/gc/{id}")))
}

/// Changes the schedule of garbage collection.
#[utoipa::path(
    put, path = "/api/v2.0/system/gc/schedule", operation_id = "updateGCSchedule", tag = "gc",
    request_body = Schedule, responses((status = 200))
)]
async fn update(
    State(domain): State<Domain>,
    Checked(RequireSystem(access), request): Checked<RequireSystem<UpdateCollection>, Schedule>,
) -> ApiResult<()> {
    Ok(collection::update(&domain, &access, &request).await?)
}

/// What a run would do now: what can go, what waits for the grace time and until when, what stays and why.
#[utoipa::path(
    get, path = "/api/berth/v1/gc/plan", operation_id = "getGCPlan", tag = "berth",
    params(("untagged" = Option<bool>, Query, description = "Whether artifacts without a tag are counted.")),
    responses((status = 200, body = CleanUpPlan))
)]
async fn plan(
    list: List,
    RequireSystem(access): RequireSystem<ReadCollection>,
    State(domain): State<Domain>,
) -> ApiResult<Json<CleanUpPlan>> {
    let untagged = if switch(&list, "untagged", false) { Untagged::Counted } else { Untagged::Kept };
    Ok(Json(planned(&domain, &access, untagged).await?))
}
