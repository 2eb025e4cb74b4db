//! Settings of projects.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use berth_domain::{
    Domain,
    authz::{CreateMetadata, DeleteMetadata, ListMetadata, ReadMetadata, UpdateMetadata},
    metadata,
};
use berth_web::{ApiResult, extract::RequireProject};

use crate::{
    body::Checked,
    extract::Params,
    routes::{Routes, routes},
};

type Settings = BTreeMap<String, String>;

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(list, create)).routes(routes!(get, update, delete))
}

/// All settings.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name_or_id}/metadatas", operation_id = "listProjectMetadatas",
    tag = "projectMetadata", responses((status = 200, body = BTreeMap<String, String>))
)]
async fn list(
    RequireProject(access): RequireProject<ListMetadata>,
    State(domain): State<Domain>,
) -> ApiResult<Json<Settings>> {
    Ok(Json(metadata::list(&domain, &access).await?))
}

/// Adds one setting.
#[utoipa::path(
    post, path = "/api/v2.0/projects/{project_name_or_id}/metadatas", operation_id = "addProjectMetadatas",
    tag = "projectMetadata", request_body = BTreeMap<String, String>, responses((status = 200))
)]
async fn create(
    State(domain): State<Domain>,
    Checked(RequireProject(access), given): Checked<RequireProject<CreateMetadata>, Settings>,
) -> ApiResult<()> {
    Ok(metadata::create(&domain, &access, &given).await?)
}

/// One setting.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name_or_id}/metadatas/{meta_name}", operation_id = "getProjectMetadata",
    tag = "projectMetadata", responses((status = 200, body = BTreeMap<String, String>))
)]
async fn get(
    RequireProject(access): RequireProject<ReadMetadata>,
    params: Params,
    State(domain): State<Domain>,
) -> ApiResult<Json<Settings>> {
    Ok(Json(metadata::get(&domain, &access, params.get("meta_name")).await?))
}

/// Sets a setting.
#[utoipa::path(
    put, path = "/api/v2.0/projects/{project_name_or_id}/metadatas/{meta_name}", operation_id = "updateProjectMetadata",
    tag = "projectMetadata", request_body = BTreeMap<String, String>, responses((status = 200))
)]
async fn update(
    State(domain): State<Domain>,
    params: Params,
    Checked(RequireProject(access), given): Checked<RequireProject<UpdateMetadata>, Settings>,
) -> ApiResult<()> {
    Ok(metadata::update(&domain, &access, params.get("meta_name"), &given).await?)
}

/// Removes a setting.
#[utoipa::path(
    delete, path = "/api/v2.0/projects/{project_name_or_id}/metadatas/{meta_name}",
    operation_id = "deleteProjectMetadata", tag = "projectMetadata", responses((status = 200))
)]
async fn delete(
    RequireProject(access): RequireProject<DeleteMetadata>,
    params: Params,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(metadata::delete(&domain, &access, params.get("meta_name")).await?)
}
