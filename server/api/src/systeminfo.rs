//! What the server says of itself.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use berth_domain::{
    Domain,
    authz::ReadVolumes,
    system::{self, Address},
};
use berth_types::{
    ErrorCode,
    api::{GeneralInfo, SystemInfo},
};
use berth_web::{
    ApiError, ApiResult, AppState,
    extract::{Caller, RequireSystem},
    state::base_url,
};
use http::{header, request::Parts};

use crate::routes::{Routes, routes};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(info)).routes(routes!(certificate)).routes(routes!(volumes))
}

/// How to sign in, and for those who are signed in how the server is set up.
#[utoipa::path(
    get, path = "/api/v2.0/systeminfo", operation_id = "getSystemInfo", tag = "systeminfo",
    responses((status = 200, body = GeneralInfo))
)]
async fn info(Caller(actor): Caller, State(state): State<AppState>, parts: Parts) -> ApiResult<Json<GeneralInfo>> {
    let url = base_url(&state.http, &parts);
    let host = url.split_once("://").map_or(url.as_str(), |(_, host)| host).to_owned();
    let has_ca_root = state.http.ca_certificate().await.is_some();
    Ok(Json(system::info(&state.domain, &actor, Address { url, host, has_ca_root }).await?))
}

/// The certificate of the authority behind the server's own, for clients that have to trust it.
#[utoipa::path(
    get, path = "/api/v2.0/systeminfo/getcert", operation_id = "getCert", tag = "systeminfo",
    responses((status = 200, body = String, content_type = "application/octet-stream"))
)]
async fn certificate(State(state): State<AppState>) -> ApiResult<Response> {
    let Some(pem) = state.http.ca_certificate().await else {
        return Err(ApiError::new(ErrorCode::NotFound, "resource not found: cert not found"));
    };
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_DISPOSITION, "attachment; filename=ca.crt"),
    ];
    Ok((headers, pem).into_response())
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
