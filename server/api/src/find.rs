//! The search over everything that the caller may see.

use axum::{Json, extract::State};
use berth_domain::{
    Domain,
    find::{self, Kind},
};
use berth_types::api::SearchHit;
use berth_web::{
    ApiError, ApiResult,
    extract::{Seen, query_params},
};
use http::Uri;

use crate::routes::{Routes, routes};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(everything))
}

/// Projects, repositories, tags and artifacts that the caller may see, and for administrators people and robots: by the
/// beginning or a part of a name, as `repository:tag`, by the first digits of a digest. The best of each kind first.
#[utoipa::path(
    get, path = "/api/berth/v1/search", operation_id = "findEverything", tag = "berth",
    params(
        ("q" = String, Query, description = "What to look for; nothing finds nothing."),
        ("kind" = Option<String>, Query, description = "`project`, `repository`, `tag`, `artifact`, `user` or `robot` alone."),
        ("limit" = Option<i64>, Query, description = "Hits of each kind, 1 to 100; 6 where it is not given."),
    ),
    responses((status = 200, body = [SearchHit]))
)]
async fn everything(uri: Uri, Seen(visible): Seen, State(domain): State<Domain>) -> ApiResult<Json<Vec<SearchHit>>> {
    let params = query_params(&uri);
    let param = |key: &str| {
        let given = params.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        given.filter(|value| !value.is_empty())
    };
    let kind = param("kind").map(Kind::parse).transpose()?;
    let limit = match param("limit") {
        None => find::HITS_DEFAULT,
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| (1..=find::HITS_MAX).contains(limit))
            .ok_or_else(|| ApiError::validation(format!("limit in query should be 1 to {}", find::HITS_MAX)))?,
    };
    let text = param("q").unwrap_or_default();
    Ok(Json(find::everything(&domain, &visible, text, kind, limit).await?))
}
