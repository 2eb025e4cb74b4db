//! What can be read about an artifact beside the artifact itself.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use berth_domain::{Domain, addition, authz::ReadAddition};
use berth_web::{ApiError, ApiResult, AppState};
use http::header;

use crate::extract::{InRepository, Params};
use crate::routes::{Routes, routes};

/// The additions that Harbor knows, in its order. `vulnerabilities` is an operation of its own.
const ADDITIONS: [&str; 7] = ["build_history", "values.yaml", "readme.md", "dependencies", "sbom", "license", "files"];

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(get))
}

/// How an image was built, the documents of a chart or a model, the content of an SBOM.
#[utoipa::path(
    get,
    path = "/api/v2.0/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/additions/{addition}",
    operation_id = "getAddition", tag = "artifact",
    responses((status = 200, content(
        (serde_json::Value = "application/json"),
        (String = "text/markdown"),
        (String = "text/plain"),
    )))
)]
async fn get(
    params: KnownAddition,
    InRepository { access, repo }: InRepository<ReadAddition>,
    State(domain): State<Domain>,
) -> ApiResult<Response> {
    let KnownAddition(params) = params;
    let found = addition::get(&domain, &access, &repo, params.get("reference"), params.get("addition")).await?;
    // What others wrote is not to be taken for a page.
    let headers = [(header::CONTENT_TYPE, found.content_type), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    Ok((headers, found.content).into_response())
}

/// The path's parameters, of which the addition is one that exists.
struct KnownAddition(Params);

impl axum::extract::FromRequestParts<AppState> for KnownAddition {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut http::request::Parts, state: &AppState) -> Result<Self, ApiError> {
        let params = Params::from_request_parts(parts, state).await?;
        if !ADDITIONS.contains(&params.get("addition")) {
            let text = format!("addition in path should be one of [{}]", ADDITIONS.join(" "));
            return Err(ApiError::validation(text));
        }
        Ok(KnownAddition(params))
    }
}
