//! Repositories.

use axum::{Json, extract::State};
use berth_domain::{
    Domain,
    authz::{DeleteRepository, ListRepositories, ReadRepository, UpdateRepository},
    repository,
};
use berth_types::api::{Repository, RepositoryUpdate};
use berth_web::{
    ApiResult,
    extract::{List, RequireProject, Seen},
    reply::PagedJson,
};

use crate::{
    body::Checked,
    extract::{InRepository, ListParams},
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(list_all)).routes(routes!(list)).routes(routes!(get, update, delete))
}

/// The repositories that the caller may see.
#[utoipa::path(
    get, path = "/api/v2.0/repositories", operation_id = "listAllRepositories", tag = "repository",
    params(ListParams), responses((status = 200, body = [Repository]))
)]
async fn list_all(list: List, Seen(visible): Seen, State(domain): State<Domain>) -> ApiResult<PagedJson<Repository>> {
    let rows = repository::list_all(&domain, &visible, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// The repositories of a project.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name}/repositories", operation_id = "listRepositories",
    tag = "repository", params(ListParams), responses((status = 200, body = [Repository]))
)]
async fn list(
    list: List,
    RequireProject(access): RequireProject<ListRepositories>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<Repository>> {
    let rows = repository::list(&domain, &access, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// One repository.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name}/repositories/{repository_name}", operation_id = "getRepository",
    tag = "repository", responses((status = 200, body = Repository))
)]
async fn get(
    InRepository { access, repo }: InRepository<ReadRepository>,
    State(domain): State<Domain>,
) -> ApiResult<Json<Repository>> {
    Ok(Json(repository::get(&domain, &access, &repo).await?))
}

/// Changes the description.
#[utoipa::path(
    put, path = "/api/v2.0/projects/{project_name}/repositories/{repository_name}", operation_id = "updateRepository",
    tag = "repository", request_body = Repository, responses((status = 200))
)]
async fn update(
    State(domain): State<Domain>,
    Checked(InRepository { access, repo }, request): Checked<InRepository<UpdateRepository>, RepositoryUpdate>,
) -> ApiResult<()> {
    Ok(repository::describe(&domain, &access, &repo, &request.description).await?)
}

/// Removes a repository with everything in it.
#[utoipa::path(
    delete, path = "/api/v2.0/projects/{project_name}/repositories/{repository_name}",
    operation_id = "deleteRepository", tag = "repository", responses((status = 200))
)]
async fn delete(
    InRepository { access, repo }: InRepository<DeleteRepository>,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(repository::delete(&domain, &access, &repo).await?)
}
