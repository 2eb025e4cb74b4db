//! Members of projects.

use axum::{Json, extract::State};
use berth_domain::{
    Domain,
    authz::{CreateMember, DeleteMember, ListMembers, ReadMember, UpdateMember},
    member,
};
use berth_types::{
    ErrorCode,
    api::{MemberCandidate, ProjectMember, ProjectMemberEntity, RoleRequest},
    url::encode,
};
use berth_web::{
    ApiError, ApiResult,
    extract::{List, RequireProject},
    reply::{Created, PagedJson},
};

use crate::{
    body::Checked,
    extract::{ListParams, MemberPath, Params},
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(found))
        .routes(routes!(candidates))
}

/// The members of a project.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name_or_id}/members", operation_id = "listProjectMembers", tag = "member",
    params(
        ("page" = Option<i64>, Query, description = "From 1."),
        ("page_size" = Option<i64>, Query, description = "Rows a page, at most 100."),
        ("entityname" = Option<String>, Query, description = "Sign-in name of one member."),
    ),
    responses((status = 200, body = [ProjectMemberEntity]))
)]
async fn list(
    list: List,
    RequireProject(access): RequireProject<ListMembers>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<ProjectMemberEntity>> {
    let name = list.param("entityname").filter(|name| !name.is_empty());
    let rows = member::list(&domain, &access, name, list.query.page).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// Adds a member.
#[utoipa::path(
    post, path = "/api/v2.0/projects/{project_name_or_id}/members", operation_id = "createProjectMember",
    tag = "member", request_body = ProjectMember, responses((status = 201))
)]
async fn create(
    State(domain): State<Domain>,
    params: Params,
    Checked(RequireProject(access), request): Checked<RequireProject<CreateMember>, ProjectMember>,
) -> ApiResult<Created> {
    let id = member::create(&domain, &access, &request).await?;
    Ok(Created(format!("/api/v2.0/projects/{}/members/{id}", encode(params.get("project_name_or_id")))))
}

/// One member.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name_or_id}/members/{mid}", operation_id = "getProjectMember",
    tag = "member", responses((status = 200, body = ProjectMemberEntity))
)]
async fn get(
    MemberPath(id): MemberPath,
    RequireProject(access): RequireProject<ReadMember>,
    State(domain): State<Domain>,
) -> ApiResult<Json<ProjectMemberEntity>> {
    if id.0 == 0 {
        return Err(ApiError::new(ErrorCode::BadRequest, "the member id can not be empty!"));
    }
    Ok(Json(member::get(&domain, &access, id).await?))
}

/// Changes a role.
#[utoipa::path(
    put, path = "/api/v2.0/projects/{project_name_or_id}/members/{mid}", operation_id = "updateProjectMember",
    tag = "member", request_body = RoleRequest, responses((status = 200))
)]
async fn update(
    State(domain): State<Domain>,
    MemberPath(id): MemberPath,
    Checked(RequireProject(access), request): Checked<RequireProject<UpdateMember>, RoleRequest>,
) -> ApiResult<()> {
    Ok(member::update(&domain, &access, id, request.role_id).await?)
}

/// Removes a member.
#[utoipa::path(
    delete, path = "/api/v2.0/projects/{project_name_or_id}/members/{mid}", operation_id = "deleteProjectMember",
    tag = "member", responses((status = 200))
)]
async fn delete(
    MemberPath(id): MemberPath,
    RequireProject(access): RequireProject<DeleteMember>,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(member::delete(&domain, &access, id).await?)
}

/// The members of a project with a search and an order. `q` knows `entity_name`, `entity_type` (`u`, `g`) and `role_id`; so
/// does `sort`.
#[utoipa::path(
    get, path = "/api/berth/v1/projects/{project_name}/members", operation_id = "findProjectMembers", tag = "berth",
    params(ListParams), responses((status = 200, body = [ProjectMemberEntity]))
)]
async fn found(
    list: List,
    RequireProject(access): RequireProject<ListMembers>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<ProjectMemberEntity>> {
    let rows = member::found(&domain, &access, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// People who may become members: whose sign-in name or full name contains a text, and whose e-mail address it is. At most
/// ten; the exact ones come first.
#[utoipa::path(
    get, path = "/api/berth/v1/projects/{project_name}/candidates", operation_id = "findMemberCandidates", tag = "berth",
    params(("text" = String, Query, description = "Part of a sign-in name or a full name, or a whole e-mail address.")),
    responses((status = 200, body = [MemberCandidate]))
)]
async fn candidates(
    list: List,
    RequireProject(access): RequireProject<CreateMember>,
    State(domain): State<Domain>,
) -> ApiResult<Json<Vec<MemberCandidate>>> {
    let text = list.param("text").ok_or_else(|| ApiError::validation("text in query is required"))?;
    Ok(Json(member::candidates(&domain, &access, text).await?))
}
