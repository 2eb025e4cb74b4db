//! The global search.

use axum::{Json, extract::State};
use berth_domain::{Domain, search};
use berth_types::api::Search;
use berth_web::{
    ApiError, ApiResult,
    extract::{Seen, query_params},
};
use http::Uri;

use crate::routes::{Routes, routes};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(find))
}

/// Projects and repositories by part of their name.
#[utoipa::path(
    get, path = "/api/v2.0/search", operation_id = "search", tag = "search",
    params(("q" = String, Query, description = "Part of a name.")), responses((status = 200, body = Search))
)]
async fn find(uri: Uri, Seen(visible): Seen, State(domain): State<Domain>) -> ApiResult<Json<Search>> {
    let given = query_params(&uri).into_iter().find(|(key, _)| key == "q").map(|(_, text)| text);
    let Some(text) = given.filter(|text| !text.is_empty()) else {
        return Err(ApiError::validation("q in query is required"));
    };
    Ok(Json(search::find(&domain, &visible, &text).await?))
}
