//! What the server says of itself.

use axum::{Json, extract::State};
use berth_domain::{
    Domain,
    authz::ReadVolumes,
    system::{self, Address},
};
use berth_types::api::{GeneralInfo, SystemInfo};
use berth_web::{
    ApiResult, AppState,
    extract::{Caller, RequireSystem},
    state::base_url,
};
use http::request::Parts;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes of this file.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(info)).routes(routes!(volumes))
}

/// How to sign in, and for those who are signed in how the server is set up.
#[utoipa::path(
    get, path = "/api/v2.0/systeminfo", operation_id = "getSystemInfo", tag = "systeminfo",
    responses((status = 200, body = GeneralInfo))
)]
async fn info(Caller(actor): Caller, State(state): State<AppState>, parts: Parts) -> ApiResult<Json<GeneralInfo>> {
    let url = base_url(&state.http, &parts);
    let host = url.split_once("://").map_or(url.as_str(), |(_, host)| host).to_owned();
    Ok(Json(system::info(&state.domain, &actor, Address { url, host }).await?))
}

/// Room of the storage.
#[utoipa::path(
    get, path = "/api/v2.0/systeminfo/volumes", operation_id = "getVolumes", tag = "systeminfo",
    responses((status = 200, body = SystemInfo))
)]
async fn volumes(
    RequireSystem(access): RequireSystem<ReadVolumes>,
    State(domain): State<Domain>,
) -> ApiResult<Json<SystemInfo>> {
    Ok(Json(system::volumes(&domain, &access).await?))
}
