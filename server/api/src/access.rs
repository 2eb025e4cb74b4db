//! Why somebody may do something (`/api/berth/v1`).

use axum::{Json, extract::State};
use berth_domain::{Domain, access, authz::ListMembers};
use berth_types::{Action, ErrorCode, Resource, api::AccessExplanation};
use berth_web::{
    ApiError, ApiResult,
    extract::{List, RequireProject},
};

use crate::routes::{Routes, routes};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(explain))
}

/// Why a person or a robot may do something in a project, or may not: every rule that gives them something.
#[utoipa::path(
    get, path = "/api/berth/v1/projects/{project_name}/access", operation_id = "explainAccess", tag = "berth",
    params(
        ("username" = String, Query, description = "The sign-in name of the person, or the whole name of the robot."),
        ("action" = Option<String>, Query, description = "What is asked about, as in permissions: `push`, `delete`."),
        ("resource" = Option<String>, Query, description = "On what; `repository` where it is not given."),
    ),
    responses((status = 200, body = AccessExplanation))
)]
async fn explain(
    list: List,
    RequireProject(access): RequireProject<ListMembers>,
    State(domain): State<Domain>,
) -> ApiResult<Json<AccessExplanation>> {
    let given = |key| list.param(key).filter(|value| !value.is_empty());
    let username = given("username").ok_or_else(|| ApiError::validation("username in query is required"))?;
    let unknown = |what: &str, word: &str| ApiError::new(ErrorCode::BadRequest, format!("unknown {what} {word}"));
    let resource = match given("resource") {
        Some(word) => Resource::parse(word).ok_or_else(|| unknown("resource", word))?,
        None => Resource::Repository,
    };
    let question = match given("action") {
        Some(word) => Some((resource, Action::parse(word).ok_or_else(|| unknown("action", word))?)),
        None => None,
    };
    Ok(Json(access::explain(&domain, &access, username, question).await?))
}
