//! Pictures of kinds of artifacts.

use axum::{Json, extract::State};
use berth_domain::{Domain, icon};
use berth_types::api::Icon;
use berth_web::ApiResult;

use crate::extract::Params;
use crate::routes::{Routes, routes};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(get))
}

/// A picture by the digest that artifacts and accessories name. Anybody may look.
#[utoipa::path(
    get, path = "/api/v2.0/icons/{digest}", operation_id = "getIcon", tag = "icon",
    responses((status = 200, body = Icon))
)]
async fn get(params: Params, State(domain): State<Domain>) -> ApiResult<Json<Icon>> {
    Ok(Json(icon::get(&domain, params.get("digest")).await?))
}
