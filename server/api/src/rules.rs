//! What rules about tags would do, and do (`/api/berth/v1`).

use axum::{Json, extract::State};
use berth_domain::{
    Domain,
    authz::{ListImmutableRules, ReadRetention},
    immutable, retention,
};
use berth_types::api::{ImmutableCoverage, ImmutablePreview, ImmutableRule, RetentionPolicy, RetentionPreview};
use berth_web::{
    ApiError, ApiResult,
    extract::{List, RequireProject},
};

use crate::body::Checked;
use crate::routes::{Routes, routes};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(preview_retention))
        .routes(routes!(immutable_coverage))
        .routes(routes!(preview_immutable))
}

/// What a retention policy would keep and remove in a project if it ran now, and why. The policy need not be kept; its
/// scope does not count.
#[utoipa::path(
    post, path = "/api/berth/v1/projects/{project_name_or_id}/retention/preview", operation_id = "previewRetention",
    tag = "berth", request_body = RetentionPolicy,
    params(
        ("show" = Option<String>, Query, description = "`kept` or `removed`; both where nothing is said."),
        ("page" = Option<i64>, Query, description = "From 1."),
        ("page_size" = Option<i64>, Query, description = "Items a page, at most 100."),
    ),
    responses((status = 200, body = RetentionPreview))
)]
async fn preview_retention(
    State(domain): State<Domain>,
    list: List,
    Checked(RequireProject(access), policy): Checked<RequireProject<ReadRetention>, RetentionPolicy>,
) -> ApiResult<Json<RetentionPreview>> {
    let show = match list.param("show") {
        None | Some("") => retention::Show::All,
        Some("kept") => retention::Show::Kept,
        Some("removed") => retention::Show::Removed,
        Some(other) => {
            let text = format!("show in query should be one of [kept removed], not \"{other}\"");
            return Err(ApiError::validation(text));
        }
    };
    Ok(Json(retention::preview(&domain, &access, &policy, show, list.query.page).await?))
}

/// How many tags each immutability rule of a project selects, oldest rule first.
#[utoipa::path(
    get, path = "/api/berth/v1/projects/{project_name_or_id}/immutabletagrules/coverage",
    operation_id = "listImmutableCoverage", tag = "berth", responses((status = 200, body = [ImmutableCoverage]))
)]
async fn immutable_coverage(
    State(domain): State<Domain>,
    RequireProject(access): RequireProject<ListImmutableRules>,
) -> ApiResult<Json<Vec<ImmutableCoverage>>> {
    Ok(Json(immutable::coverage(&domain, &access).await?))
}

/// Which tags an immutability rule would protect. The rule need not be kept.
#[utoipa::path(
    post, path = "/api/berth/v1/projects/{project_name_or_id}/immutabletagrules/preview",
    operation_id = "previewImmutableRule", tag = "berth", request_body = ImmutableRule,
    params(
        ("page" = Option<i64>, Query, description = "From 1."),
        ("page_size" = Option<i64>, Query, description = "Tags a page, at most 100."),
    ),
    responses((status = 200, body = ImmutablePreview))
)]
async fn preview_immutable(
    State(domain): State<Domain>,
    list: List,
    Checked(RequireProject(access), rule): Checked<RequireProject<ListImmutableRules>, ImmutableRule>,
) -> ApiResult<Json<ImmutablePreview>> {
    Ok(Json(immutable::preview(&domain, &access, &rule, list.query.page).await?))
}
