//! Operations on many things at once (`/api/berth/v1/bulk`).

use axum::{
    Json,
    extract::{FromRequestParts, State},
};
use berth_domain::{Domain, authz::OperationAccess, bulk};
use berth_types::api::{BulkOperation, BulkPreview, BulkRequest, BulkStarted};
use berth_web::{ApiError, ApiResult, AppState, extract::Caller};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};

use crate::{
    body::{Body, Checked},
    decode::Field,
    extract::{RequireSignedIn, number_in_path},
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(begin)).routes(routes!(preview)).routes(routes!(status))
}

impl Body for BulkRequest {
    const NAME: &'static str = "bulk";
    const MODEL: &'static str = "BulkRequest";
    const FIELDS: &'static [(&'static str, Field)] = &[
        ("kind", Field::Text),
        ("action", Field::Text),
        ("repository", Field::Text),
        ("project", Field::Text),
        ("q", Field::Text),
        ("all", Field::Switch),
        ("label_id", Field::Number),
        ("role_id", Field::Number),
        ("target", Field::Text),
        ("overwrite", Field::Switch),
    ];
}

/// The witness about the operation that the path names.
struct RequireOperation(OperationAccess);

impl FromRequestParts<AppState> for RequireOperation {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let id = number_in_path(parts, "operation_id").await?;
        let Caller(actor) = Caller::from_request_parts(parts, state).await?;
        Ok(RequireOperation(OperationAccess::check(&state.domain, &actor, id).await?))
    }
}

/// Begins an operation on many things, named or all that a list shows. It is worked off item by item with the rights of
/// the caller; what fails does not keep the others.
#[utoipa::path(
    post, path = "/api/berth/v1/bulk", operation_id = "beginBulk", tag = "berth", request_body = BulkRequest,
    responses((status = 202, body = BulkStarted))
)]
async fn begin(
    State(domain): State<Domain>,
    Checked(RequireSignedIn(access), request): Checked<RequireSignedIn, BulkRequest>,
) -> ApiResult<(StatusCode, HeaderMap, Json<BulkStarted>)> {
    let id = bulk::begin(&domain, &access, &request).await?;
    let mut headers = HeaderMap::new();
    if let Ok(address) = HeaderValue::from_str(&format!("/api/berth/v1/bulk/{id}")) {
        headers.insert(header::LOCATION, address);
    }
    Ok((StatusCode::ACCEPTED, headers, Json(BulkStarted { id })))
}

/// What such an operation would do: counted, and nothing is done.
#[utoipa::path(
    post, path = "/api/berth/v1/bulk/preview", operation_id = "previewBulk", tag = "berth", request_body = BulkRequest,
    responses((status = 200, body = BulkPreview))
)]
async fn preview(
    State(domain): State<Domain>,
    Checked(RequireSignedIn(access), request): Checked<RequireSignedIn, BulkRequest>,
) -> ApiResult<Json<BulkPreview>> {
    Ok(Json(bulk::preview(&domain, &access, &request).await?))
}

/// How far an operation is, and what failed: for whoever began it, and administrators.
#[utoipa::path(
    get, path = "/api/berth/v1/bulk/{operation_id}", operation_id = "getBulk", tag = "berth",
    params(("operation_id" = i64, Path, description = "The operation.")), responses((status = 200, body = BulkOperation))
)]
async fn status(
    RequireOperation(access): RequireOperation,
    State(domain): State<Domain>,
) -> ApiResult<Json<BulkOperation>> {
    Ok(Json(bulk::status(&domain, &access).await?))
}
