//! What robots can be given.

use axum::{Json, extract::FromRequestParts};
use berth_domain::{authz::RobotCatalogue, permission};
use berth_types::api::Permissions;
use berth_web::{ApiError, AppState, extract::Caller};
use http::request::Parts;

use crate::routes::{Routes, routes};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(list))
}

/// The witness that somebody may see the catalogue.
struct RequireCatalogue(RobotCatalogue);

impl FromRequestParts<AppState> for RequireCatalogue {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Caller(actor) = Caller::from_request_parts(parts, state).await?;
        Ok(RequireCatalogue(RobotCatalogue::check(&state.domain, &actor).await?))
    }
}

/// Everything that robots can be given, for who makes robots.
#[utoipa::path(
    get, path = "/api/v2.0/permissions", operation_id = "getPermissions", tag = "permissions",
    responses((status = 200, body = Permissions))
)]
async fn list(RequireCatalogue(access): RequireCatalogue) -> Json<Permissions> {
    Json(permission::catalogue(&access))
}
