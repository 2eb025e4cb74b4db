//! Tags of an artifact.

use axum::extract::{FromRequestParts, State};
use berth_domain::{
    Domain,
    authz::{CreateTag, DeleteTag, ListTags},
    tag,
};
use berth_types::api::{NewTag, Tag};
use berth_web::{
    ApiError, ApiResult, AppState,
    extract::{List, RequireProject},
    reply::PagedJson,
};
use http::{StatusCode, request::Parts};

use crate::{
    body::Checked,
    extract::{InRepository, ListParams, Params, switch},
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(list, create)).routes(routes!(delete))
}

/// The tags of an artifact.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/tags",
    operation_id = "listTags", tag = "artifact",
    params(
        ListParams,
        ("with_immutable_status" = Option<bool>, Query, description = "With whether a rule forbids to move or delete it."),
    ),
    responses((status = 200, body = [Tag]))
)]
async fn list(
    list: List,
    InRepository { access, repo }: InRepository<ListTags>,
    params: Params,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<Tag>> {
    let immutable = switch(&list, "with_immutable_status", false);
    let rows = tag::list_of(&domain, &access, &repo, params.get("reference"), &list.query, immutable).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// Adds a tag.
#[utoipa::path(
    post, path = "/api/v2.0/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/tags",
    operation_id = "createTag", tag = "artifact", request_body = NewTag, responses((status = 201))
)]
async fn create(
    State(domain): State<Domain>,
    params: Params,
    Checked(Place(InRepository { access, repo }), request): Checked<Place, NewTag>,
) -> ApiResult<StatusCode> {
    tag::create(&domain, &access, &repo, params.get("reference"), &request.name).await?;
    Ok(StatusCode::CREATED)
}

/// Takes a tag off.
#[utoipa::path(
    delete,
    path = "/api/v2.0/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/tags/{tag_name}",
    operation_id = "deleteTag", tag = "artifact", responses((status = 200))
)]
async fn delete(
    InRepository { access, repo }: InRepository<DeleteTag>,
    params: Params,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(tag::delete(&domain, &access, &repo, params.get("reference"), params.get("tag_name")).await?)
}

/// Where a tag is made. Here a missing project is named before the repository, as in Harbor.
struct Place(InRepository<CreateTag>);

impl FromRequestParts<AppState> for Place {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        RequireProject::<CreateTag>::from_request_parts(parts, state).await?;
        Ok(Place(InRepository::from_request_parts(parts, state).await?))
    }
}
