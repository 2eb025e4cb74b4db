//! A repository as its page shows it: what it is at a glance, where its tags have been, its description.

use axum::{Json, extract::State};
use berth_domain::{
    Domain,
    authz::{ListTags, Push, UpdateRepository},
    readme, tag,
};
use berth_types::api::{Readme, ReadmePreviewReq, RepositorySummary, TagHistoryEntry, TagRestoreReq};
use berth_web::{ApiError, ApiResult, extract::List, reply::PagedJson};

use crate::{
    body::{Body, Checked},
    decode::Field,
    extract::{InRepository, ListParams, Params},
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(summary))
        .routes(routes!(get_readme))
        .routes(routes!(preview_readme))
        .routes(routes!(history))
        .routes(routes!(restore))
}

/// What a repository is: numbers, its main tag, its source, its description as safe HTML.
#[utoipa::path(
    get, path = "/api/berth/v1/projects/{project_name}/repositories/{repository_name}/summary",
    operation_id = "getRepositorySummary", tag = "berth", responses((status = 200, body = RepositorySummary))
)]
async fn summary(
    InRepository { access, repo }: InRepository<ListTags>,
    State(domain): State<Domain>,
) -> ApiResult<Json<RepositorySummary>> {
    Ok(Json(readme::summary(&domain, &access, &repo).await?))
}

/// The description of a repository as safe HTML; where it has none, what its main tag says about itself
/// (`org.opencontainers.image.description`).
#[utoipa::path(
    get, path = "/api/berth/v1/projects/{project_name}/repositories/{repository_name}/readme",
    operation_id = "getReadme", tag = "berth", responses((status = 200, body = Readme))
)]
async fn get_readme(
    InRepository { access, repo }: InRepository<ListTags>,
    State(domain): State<Domain>,
) -> ApiResult<Json<Readme>> {
    Ok(Json(readme::get(&domain, &access, &repo).await?))
}

/// How a description would be shown. Changes nothing.
#[utoipa::path(
    post, path = "/api/berth/v1/projects/{project_name}/repositories/{repository_name}/readme/preview",
    operation_id = "previewReadme", tag = "berth", request_body = ReadmePreviewReq,
    responses((status = 200, body = Readme))
)]
async fn preview_readme(
    State(domain): State<Domain>,
    Checked(InRepository { access, repo }, request): Checked<InRepository<UpdateRepository>, ReadmePreviewReq>,
) -> ApiResult<Json<Readme>> {
    Ok(Json(readme::preview(&domain, &access, &repo, &request.description).await?))
}

/// Where the tags of a repository have been, newest first. `q` knows `tag`, `operation`, `username` and `at`.
#[utoipa::path(
    get, path = "/api/berth/v1/projects/{project_name}/repositories/{repository_name}/history",
    operation_id = "listRepositoryHistory", tag = "berth", params(ListParams),
    responses((status = 200, body = [TagHistoryEntry]))
)]
async fn history(
    list: List,
    InRepository { access, repo }: InRepository<ListTags>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<TagHistoryEntry>> {
    let rows = tag::history(&domain, &access, &repo, None, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// Points a tag at a manifest that the repository still has, also a tag that was deleted. Who may push may do it.
#[utoipa::path(
    post, path = "/api/berth/v1/projects/{project_name}/repositories/{repository_name}/tags/{tag_name}/restore",
    operation_id = "restoreTag", tag = "berth", request_body = TagRestoreReq, responses((status = 200))
)]
async fn restore(
    State(domain): State<Domain>,
    params: Params,
    Checked(InRepository { access, repo }, request): Checked<InRepository<Push>, TagRestoreReq>,
) -> ApiResult<()> {
    Ok(tag::restore(&domain, &access, &repo, params.get("tag_name"), &request.digest).await?)
}

impl Body for TagRestoreReq {
    const NAME: &'static str = "restore";
    const MODEL: &'static str = "TagRestoreReq";
    const FIELDS: &'static [(&'static str, Field)] = &[("digest", Field::Text)];

    fn check(&self) -> Result<(), ApiError> {
        if self.digest.is_empty() {
            return Err(ApiError::invalid_field("digest in body is required"));
        }
        Ok(())
    }
}

impl Body for ReadmePreviewReq {
    const NAME: &'static str = "readme";
    const MODEL: &'static str = "ReadmePreviewReq";
    const FIELDS: &'static [(&'static str, Field)] = &[("description", Field::Text)];
}
