//! What Harbor lacks about tags and layers (`/api/berth/v1`).

use axum::{Json, extract::State};
use berth_domain::{
    Domain, addition,
    authz::{ListTags, ReadArtifact},
    shelf, tag,
};
use berth_types::api::{LayerInfo, RepositoryTag, TagHistoryEntry};
use berth_web::{ApiResult, extract::List, reply::PagedJson};

use crate::extract::{InRepository, ListParams, Params};
use crate::routes::{Routes, routes};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(tags)).routes(routes!(history)).routes(routes!(layers))
}

/// The tags of a repository with what they point at. `q` knows `name`, `platform` (`os/architecture[/variant]`), `signed`
/// (`true`, `false`) and `labels` (`(id id)`, all of them); `sort` knows `name` (in natural order: v1.9 before v1.10),
/// `push_time`, `pull_time` and `size`.
#[utoipa::path(
    get, path = "/api/berth/v1/projects/{project_name}/repositories/{repository_name}/tags",
    operation_id = "listRepositoryTags", tag = "berth", params(ListParams),
    responses((status = 200, body = [RepositoryTag]))
)]
async fn tags(
    list: List,
    InRepository { access, repo }: InRepository<ListTags>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<RepositoryTag>> {
    let rows = shelf::list(&domain, &access, &repo, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// Where a tag has been, newest first.
#[utoipa::path(
    get, path = "/api/berth/v1/projects/{project_name}/repositories/{repository_name}/tags/{tag_name}/history",
    operation_id = "listTagHistory", tag = "berth", params(ListParams),
    responses((status = 200, body = [TagHistoryEntry]))
)]
async fn history(
    list: List,
    InRepository { access, repo }: InRepository<ListTags>,
    params: Params,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<TagHistoryEntry>> {
    let rows = tag::history(&domain, &access, &repo, Some(params.get("tag_name")), &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// The layers of an image, each with the line of the history that made it.
#[utoipa::path(
    get, path = "/api/berth/v1/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/layers",
    operation_id = "listLayers", tag = "berth", responses((status = 200, body = [LayerInfo]))
)]
async fn layers(
    InRepository { access, repo }: InRepository<ReadArtifact>,
    params: Params,
    State(domain): State<Domain>,
) -> ApiResult<Json<Vec<LayerInfo>>> {
    Ok(Json(addition::layers(&domain, &access, &repo, params.get("reference")).await?))
}
