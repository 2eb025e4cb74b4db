//! The vulnerabilities that the whole system overlooks.

use axum::{Json, extract::State};
use berth_domain::{Domain, allowlist, authz::UpdateConfiguration};
use berth_types::api::{CveAllowlist, CveAllowlistReq};
use berth_web::{ApiResult, extract::RequireSystem};

use crate::{
    body::{Body, Checked},
    decode::Field,
    extract::RequireSignedIn,
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(get, put))
}

impl Body for CveAllowlistReq {
    const NAME: &'static str = "allowlist";
    const MODEL: &'static str = "CVEAllowlist";
    const FIELDS: &'static [(&'static str, Field)] =
        &[("items", Field::List("*models.CVEAllowlistItem")), ("expires_at", Field::Number)];
}

/// The list of the whole system.
#[utoipa::path(
    get, path = "/api/v2.0/system/CVEAllowlist", operation_id = "getSystemCVEAllowlist", tag = "SystemCVEAllowlist",
    responses((status = 200, body = CveAllowlist))
)]
async fn get(RequireSignedIn(access): RequireSignedIn, State(domain): State<Domain>) -> ApiResult<Json<CveAllowlist>> {
    Ok(Json(allowlist::get(&domain, &access).await?))
}

/// Replaces the list of the whole system.
#[utoipa::path(
    put, path = "/api/v2.0/system/CVEAllowlist", operation_id = "putSystemCVEAllowlist", tag = "SystemCVEAllowlist",
    request_body = CveAllowlist, responses((status = 200))
)]
async fn put(
    State(domain): State<Domain>,
    Checked(RequireSystem(access), request): Checked<RequireSystem<UpdateConfiguration>, CveAllowlistReq>,
) -> ApiResult<()> {
    Ok(allowlist::put(&domain, &access, &request.into()).await?)
}
