//! Rules against moving and removing tags.

use axum::extract::{FromRequestParts, State};
use berth_domain::{
    Domain,
    authz::{CreateImmutableRule, DeleteImmutableRule, ListImmutableRules, UpdateImmutableRule},
    immutable,
};
use berth_types::{api::ImmutableRule, url::encode};
use berth_web::{
    ApiError, ApiResult, AppState,
    extract::{List, RequireProject},
    reply::{Created, PagedJson},
};
use http::request::Parts;

use crate::{
    body::{Body, Checked},
    decode::Field,
    extract::{ListParams, Params, number_in_path},
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(list, create)).routes(routes!(update, delete))
}

impl Body for ImmutableRule {
    const NAME: &'static str = "immutableRule";
    const MODEL: &'static str = "ImmutableRule";
    const FIELDS: &'static [(&'static str, Field)] = &[
        ("id", Field::Number),
        ("priority", Field::Number),
        ("disabled", Field::Switch),
        ("action", Field::Text),
        ("template", Field::Text),
    ];
}

/// The rules of a project.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name_or_id}/immutabletagrules", operation_id = "ListImmuRules",
    tag = "immutable", params(ListParams), responses((status = 200, body = [ImmutableRule]))
)]
async fn list(
    list: List,
    RequireProject(access): RequireProject<ListImmutableRules>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<ImmutableRule>> {
    let rows = immutable::list(&domain, &access, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// Adds a rule.
#[utoipa::path(
    post, path = "/api/v2.0/projects/{project_name_or_id}/immutabletagrules", operation_id = "CreateImmuRule",
    tag = "immutable", request_body = ImmutableRule, responses((status = 201))
)]
async fn create(
    State(domain): State<Domain>,
    params: Params,
    Checked(RequireProject(access), rule): Checked<RequireProject<CreateImmutableRule>, ImmutableRule>,
) -> ApiResult<Created> {
    let id = immutable::create(&domain, &access, &rule).await?;
    let project = encode(params.get("project_name_or_id"));
    Ok(Created(format!("/api/v2.0/projects/{project}/immutabletagrules/{id}")))
}

/// The number of a rule in the path.
struct RulePath(i64);

impl FromRequestParts<AppState> for RulePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        Ok(RulePath(number_in_path(parts, "immutable_rule_id").await?))
    }
}

/// Changes a rule.
#[utoipa::path(
    put, path = "/api/v2.0/projects/{project_name_or_id}/immutabletagrules/{immutable_rule_id}",
    operation_id = "UpdateImmuRule", tag = "immutable", request_body = ImmutableRule, responses((status = 200))
)]
async fn update(
    State(domain): State<Domain>,
    RulePath(id): RulePath,
    Checked(RequireProject(access), rule): Checked<RequireProject<UpdateImmutableRule>, ImmutableRule>,
) -> ApiResult<()> {
    Ok(immutable::update(&domain, &access, id, &rule).await?)
}

/// Removes a rule.
#[utoipa::path(
    delete, path = "/api/v2.0/projects/{project_name_or_id}/immutabletagrules/{immutable_rule_id}",
    operation_id = "DeleteImmuRule", tag = "immutable", responses((status = 200))
)]
async fn delete(
    RulePath(id): RulePath,
    RequireProject(access): RequireProject<DeleteImmutableRule>,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(immutable::delete(&domain, &access, id).await?)
}
