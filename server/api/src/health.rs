//! Health, ping, version.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use berth_domain::{Domain, system};
use berth_types::api::OverallHealthStatus;
use berth_web::extract::Caller;
use http::header;

use crate::routes::{Routes, routes};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(health)).routes(routes!(ping)).routes(routes!(version))
}

/// Whether the parts of the server work.
#[utoipa::path(
    get, path = "/api/v2.0/health", operation_id = "getHealth", tag = "health",
    responses((status = 200, body = OverallHealthStatus))
)]
async fn health(Caller(actor): Caller, State(domain): State<Domain>) -> Json<OverallHealthStatus> {
    Json(system::health(&domain, &actor).await)
}

/// Whether the server answers.
#[utoipa::path(
    get, path = "/api/v2.0/ping", operation_id = "getPing", tag = "ping",
    responses((status = 200, body = String, content_type = "text/plain"))
)]
async fn ping() -> Response {
    ([(header::CONTENT_TYPE, "text/plain")], "Pong").into_response()
}

/// The version of the API.
#[utoipa::path(
    get, path = "/api/version", operation_id = "getVersion", tag = "ping",
    responses((status = 200, body = String, content_type = "text/plain"))
)]
async fn version() -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], "{\"version\":\"v2.0\"}").into_response()
}
