//! Counts.

use axum::{Json, extract::State};
use berth_domain::{Domain, statistics};
use berth_types::api::Statistic;
use berth_web::ApiResult;

use crate::extract::RequireSignedIn;
use crate::routes::{Routes, routes};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(get))
}

/// Projects and repositories that the caller may see; totals for administrators.
#[utoipa::path(
    get, path = "/api/v2.0/statistics", operation_id = "getStatistic", tag = "statistic",
    responses((status = 200, body = Statistic))
)]
async fn get(RequireSignedIn(access): RequireSignedIn, State(domain): State<Domain>) -> ApiResult<Json<Statistic>> {
    Ok(Json(statistics::get(&domain, &access).await?))
}
