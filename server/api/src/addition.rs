//! What can be read about an artifact beside the artifact itself.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use berth_domain::{Domain, addition, authz::ReadAddition};
use berth_types::api::BuildHistoryEntry;
use berth_web::{ApiError, ApiResult, AppState};
use http::header;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::extract::{InRepository, Params};

/// The additions that Harbor knows, in its order. `vulnerabilities` is an operation of its own there.
const ADDITIONS: [&str; 7] = ["build_history", "values.yaml", "readme.md", "dependencies", "sbom", "license", "files"];

/// The routes of this file.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get))
}

/// How an image was built.
#[utoipa::path(
    get,
    path = "/api/v2.0/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/additions/{addition}",
    operation_id = "getAddition", tag = "artifact", responses((status = 200, body = [BuildHistoryEntry]))
)]
async fn get(
    params: KnownAddition,
    InRepository { access, repo }: InRepository<ReadAddition>,
    State(domain): State<Domain>,
) -> ApiResult<Response> {
    let KnownAddition(params) = params;
    let lines = addition::get(&domain, &access, &repo, params.get("reference"), params.get("addition")).await?;
    let content_type = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    Ok((content_type, axum::Json(lines)).into_response())
}

/// The path's parameters, of which the addition is one that exists.
struct KnownAddition(Params);

impl axum::extract::FromRequestParts<AppState> for KnownAddition {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut http::request::Parts, state: &AppState) -> Result<Self, ApiError> {
        let params = Params::from_request_parts(parts, state).await?;
        let addition = params.get("addition");
        if !ADDITIONS.contains(&addition) && addition != "vulnerabilities" {
            let text = format!("addition in path should be one of [{}]", ADDITIONS.join(" "));
            return Err(ApiError::validation(text));
        }
        Ok(KnownAddition(params))
    }
}
