//! How the parts of the system are, and the file for those who help.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use berth_domain::{Domain, authz::ReadConfiguration, health, support};
use berth_types::api::HealthReport;
use berth_web::{ApiResult, extract::RequireSystem};
use http::header;

use crate::routes::{Routes, routes};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(report)).routes(routes!(bundle))
}

/// How the parts of the system are: database, storage, queue, certificate, scanners. Scanners are asked.
#[utoipa::path(
    get, path = "/api/berth/v1/system/health-report", operation_id = "getHealthReport", tag = "berth",
    responses((status = 200, body = HealthReport))
)]
async fn report(
    RequireSystem(access): RequireSystem<ReadConfiguration>,
    State(domain): State<Domain>,
) -> ApiResult<Json<HealthReport>> {
    Ok(Json(health::report(&domain, &access).await?))
}

/// A file for those who help: configuration, settings, health, counts, jobs that failed. No secret is in it.
#[utoipa::path(
    get, path = "/api/berth/v1/system/support-bundle", operation_id = "getSupportBundle", tag = "berth",
    responses((status = 200, body = String, content_type = "application/gzip"))
)]
async fn bundle(
    RequireSystem(access): RequireSystem<ReadConfiguration>,
    State(domain): State<Domain>,
) -> ApiResult<Response> {
    let bundle = support::bundle(&domain, &access).await?;
    let disposition = format!("attachment; filename=\"{}\"", bundle.name);
    let headers = [
        (header::CONTENT_TYPE, "application/gzip"),
        (header::CONTENT_DISPOSITION, disposition.as_str()),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, bundle.bytes).into_response())
}
