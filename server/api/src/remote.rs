//! Other registries that artifacts come from or go to.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{FromRequestParts, State},
};
use berth_domain::{
    Domain,
    authz::{CreateRegistry, DeleteRegistry, ListAdapters, ListRegistries, ReadRegistry, UpdateRegistry},
    remote,
};
use berth_types::api::{Registry, RegistryCheck, RegistryInfo, RegistryPing, RegistryProviderInfo, RegistryUpdate};
use berth_web::{
    ApiError, ApiResult, AppState,
    extract::{List, RequireSystem},
    reply::{Created, PagedJson},
};
use http::request::Parts;

use crate::{
    body::{Body, Checked},
    decode::Field,
    extract::{ListParams, number_in_path},
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(list, create))
        .routes(routes!(ping))
        .routes(routes!(check))
        .routes(routes!(get, update, delete))
        .routes(routes!(info))
        .routes(routes!(adapters))
        .routes(routes!(adapter_infos))
}

impl Body for Registry {
    const NAME: &'static str = "registry";
    const MODEL: &'static str = "Registry";
    const FIELDS: &'static [(&'static str, Field)] = &[
        ("id", Field::Number),
        ("url", Field::Text),
        ("name", Field::Text),
        ("type", Field::Text),
        ("insecure", Field::Switch),
        ("ca_certificate", Field::Text),
        ("description", Field::Text),
        ("status", Field::Text),
    ];
}

impl Body for RegistryUpdate {
    const NAME: &'static str = "registry";
    const MODEL: &'static str = "RegistryUpdate";
    const FIELDS: &'static [(&'static str, Field)] = &[
        ("name", Field::Text),
        ("description", Field::Text),
        ("url", Field::Text),
        ("credential_type", Field::Text),
        ("access_key", Field::Text),
        ("access_secret", Field::Text),
        ("insecure", Field::Switch),
        ("ca_certificate", Field::Text),
    ];
}

impl Body for RegistryPing {
    const NAME: &'static str = "registry";
    const MODEL: &'static str = "RegistryPing";
    const FIELDS: &'static [(&'static str, Field)] = &[
        ("id", Field::Number),
        ("type", Field::Text),
        ("url", Field::Text),
        ("credential_type", Field::Text),
        ("access_key", Field::Text),
        ("access_secret", Field::Text),
        ("insecure", Field::Switch),
        ("ca_certificate", Field::Text),
    ];
}

/// The row id that a path names `id`.
pub(crate) struct RowPath(pub(crate) i64);

impl FromRequestParts<AppState> for RowPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        number_in_path(parts, "id").await.map(RowPath)
    }
}

/// Registries.
#[utoipa::path(
    get, path = "/api/v2.0/registries", operation_id = "listRegistries", tag = "registry",
    params(ListParams, ("name" = Option<String>, Query, description = "Part of the name; `q` can do more.")),
    responses((status = 200, body = [Registry]))
)]
async fn list(
    list: List,
    RequireSystem(access): RequireSystem<ListRegistries>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<Registry>> {
    let name = list.param("name").filter(|name| !name.is_empty());
    let rows = remote::list(&domain, &access, name, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// Adds a registry, which has to answer.
#[utoipa::path(
    post, path = "/api/v2.0/registries", operation_id = "createRegistry", tag = "registry",
    request_body = Registry, responses((status = 201))
)]
async fn create(
    State(domain): State<Domain>,
    Checked(RequireSystem(access), request): Checked<RequireSystem<CreateRegistry>, Registry>,
) -> ApiResult<Created> {
    let id = remote::create(&domain, &access, &request).await?;
    Ok(Created(format!("/api/v2.0/registries/{id}")))
}

/// Whether a registry answers.
#[utoipa::path(
    post, path = "/api/v2.0/registries/ping", operation_id = "pingRegistry", tag = "registry",
    request_body = RegistryPing, responses((status = 200))
)]
async fn ping(
    State(domain): State<Domain>,
    Checked(RequireSystem(access), request): Checked<RequireSystem<ReadRegistry>, RegistryPing>,
) -> ApiResult<()> {
    Ok(remote::ping(&domain, &access, &request).await?)
}

/// Tests the connection to a registry step by step: what works, what fails first, and why.
#[utoipa::path(
    post, path = "/api/berth/v1/registries/check", operation_id = "checkRegistry", tag = "berth",
    request_body = RegistryPing, responses((status = 200, body = RegistryCheck))
)]
async fn check(
    State(domain): State<Domain>,
    Checked(RequireSystem(access), request): Checked<RequireSystem<ReadRegistry>, RegistryPing>,
) -> ApiResult<Json<RegistryCheck>> {
    Ok(Json(remote::test(&domain, &access, &request).await?))
}

/// One registry; 0 is this server itself.
#[utoipa::path(
    get, path = "/api/v2.0/registries/{id}", operation_id = "getRegistry", tag = "registry",
    responses((status = 200, body = Registry))
)]
async fn get(
    RowPath(id): RowPath,
    RequireSystem(access): RequireSystem<ReadRegistry>,
    State(domain): State<Domain>,
) -> ApiResult<Json<Registry>> {
    Ok(Json(remote::get(&domain, &access, id).await?))
}

/// Changes a registry, which has to answer afterwards.
#[utoipa::path(
    put, path = "/api/v2.0/registries/{id}", operation_id = "updateRegistry", tag = "registry",
    request_body = RegistryUpdate, responses((status = 200))
)]
async fn update(
    State(domain): State<Domain>,
    RowPath(id): RowPath,
    Checked(RequireSystem(access), request): Checked<RequireSystem<UpdateRegistry>, RegistryUpdate>,
) -> ApiResult<()> {
    Ok(remote::update(&domain, &access, id, &request).await?)
}

/// Removes a registry that no policy uses.
#[utoipa::path(
    delete, path = "/api/v2.0/registries/{id}", operation_id = "deleteRegistry", tag = "registry",
    responses((status = 200))
)]
async fn delete(
    RowPath(id): RowPath,
    RequireSystem(access): RequireSystem<DeleteRegistry>,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(remote::delete(&domain, &access, id).await?)
}

/// What policies can do with a registry.
#[utoipa::path(
    get, path = "/api/v2.0/registries/{id}/info", operation_id = "getRegistryInfo", tag = "registry",
    responses((status = 200, body = RegistryInfo))
)]
async fn info(
    RowPath(id): RowPath,
    RequireSystem(access): RequireSystem<ReadRegistry>,
    State(domain): State<Domain>,
) -> ApiResult<Json<RegistryInfo>> {
    Ok(Json(remote::info(&domain, &access, id).await?))
}

/// The types that registries can have.
#[utoipa::path(
    get, path = "/api/v2.0/replication/adapters", operation_id = "listRegistryProviderTypes", tag = "registry",
    responses((status = 200, body = [String]))
)]
async fn adapters(RequireSystem(access): RequireSystem<ListAdapters>) -> Json<Vec<String>> {
    Json(remote::types(&access))
}

/// What a form needs to know of the types of registry.
#[utoipa::path(
    get, path = "/api/v2.0/replication/adapterinfos", operation_id = "listRegistryProviderInfos", tag = "registry",
    responses((status = 200, body = BTreeMap<String, RegistryProviderInfo>))
)]
async fn adapter_infos(
    RequireSystem(access): RequireSystem<ListAdapters>,
) -> Json<BTreeMap<String, RegistryProviderInfo>> {
    Json(remote::providers(&access))
}
