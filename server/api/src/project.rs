//! Projects.

use axum::{Json, extract::State};
use berth_domain::{
    Domain,
    artifact::{self, Ages},
    authz::{DeleteProject, ListArtifacts, ReadProject, UpdateProject},
    project::{self, Detail, Filters},
};
use berth_types::{
    ErrorCode,
    api::{Artifact, Project, ProjectDeletable, ProjectReq, ProjectSummary},
};
use berth_web::{
    ApiError, ApiResult,
    extract::{List, RequireProject, Seen, is_yes_header, query_params},
    reply::{Created, PagedJson},
};
use http::HeaderMap;

use crate::{
    artifact::{WithParams, with_of},
    body::Checked,
    extract::{ListParams, RequireCreation, RequireSignedIn, switch},
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(list, head, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(deletable))
        .routes(routes!(summary))
        .routes(routes!(artifacts))
}

/// The projects that the caller may see.
#[utoipa::path(
    get, path = "/api/v2.0/projects", operation_id = "listProjects", tag = "project",
    params(
        ListParams,
        ("name" = Option<String>, Query, description = "Part of the name."),
        ("public" = Option<bool>, Query, description = "Only public or only private ones."),
        ("owner" = Option<String>, Query, description = "Sign-in name of the owner."),
        ("with_detail" = Option<bool>, Query, description = "With owner, settings and overlooked vulnerabilities."),
    ),
    responses((status = 200, body = [Project]))
)]
async fn list(list: List, Seen(visible): Seen, State(domain): State<Domain>) -> ApiResult<PagedJson<Project>> {
    let text = |key: &str| list.param(key).filter(|text| !text.is_empty()).map(str::to_owned);
    let filters = Filters {
        name: text("name"),
        public: text("public").map(|_| switch(&list, "public", false)),
        owner: text("owner"),
    };
    let detail = if switch(&list, "with_detail", true) { Detail::Full } else { Detail::Brief };
    let rows = project::list(&domain, &visible, &filters, &list.query, detail).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// Whether a name is taken.
#[utoipa::path(
    head, path = "/api/v2.0/projects", operation_id = "headProject", tag = "project",
    params(("project_name" = String, Query, description = "The name.")),
    responses((status = 200))
)]
async fn head(
    Named(name): Named,
    RequireSignedIn(access): RequireSignedIn,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    if !project::exists(&domain, &access, &name).await? {
        return Err(ApiError::new(ErrorCode::NotFound, format!("project {name} not found")));
    }
    Ok(())
}

/// `project_name` of a query, which has to be there.
struct Named(String);

impl<S: Sync> axum::extract::FromRequestParts<S> for Named {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut http::request::Parts, _: &S) -> Result<Self, ApiError> {
        let given = query_params(&parts.uri).into_iter().find(|(key, _)| key == "project_name");
        match given {
            Some((_, name)) if !name.is_empty() => Ok(Named(name)),
            _ => Err(ApiError::validation("project_name in query is required")),
        }
    }
}

/// Makes a project.
#[utoipa::path(
    post, path = "/api/v2.0/projects", operation_id = "createProject", tag = "project",
    params(("X-Resource-Name-In-Location" = Option<bool>, Header, description = "Whether Location names it.")),
    request_body = ProjectReq, responses((status = 201))
)]
async fn create(
    State(domain): State<Domain>,
    headers: HeaderMap,
    Checked(RequireCreation(access), request): Checked<RequireCreation, ProjectReq>,
) -> ApiResult<Created> {
    let id = project::create(&domain, &access, &request).await?;
    let named = is_yes_header(&headers, "x-resource-name-in-location");
    let last = if named { request.project_name } else { id.to_string() };
    Ok(Created(format!("/api/v2.0/projects/{last}")))
}

/// One project.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name_or_id}", operation_id = "getProject", tag = "project",
    responses((status = 200, body = Project))
)]
async fn get(
    RequireProject(access): RequireProject<ReadProject>,
    State(domain): State<Domain>,
) -> ApiResult<Json<Project>> {
    Ok(Json(project::get(&domain, &access).await?))
}

/// Changes settings and the list of overlooked vulnerabilities.
#[utoipa::path(
    put, path = "/api/v2.0/projects/{project_name_or_id}", operation_id = "updateProject", tag = "project",
    request_body = ProjectReq, responses((status = 200))
)]
async fn update(
    State(domain): State<Domain>,
    Checked(RequireProject(access), request): Checked<RequireProject<UpdateProject>, ProjectReq>,
) -> ApiResult<()> {
    Ok(project::update(&domain, &access, &request).await?)
}

/// Removes a project without repositories.
#[utoipa::path(
    delete, path = "/api/v2.0/projects/{project_name_or_id}", operation_id = "deleteProject", tag = "project",
    responses((status = 200))
)]
async fn delete(RequireProject(access): RequireProject<DeleteProject>, State(domain): State<Domain>) -> ApiResult<()> {
    Ok(project::delete(&domain, &access).await?)
}

/// Whether a project can be removed.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name_or_id}/_deletable", operation_id = "getProjectDeletable",
    tag = "project", responses((status = 200, body = ProjectDeletable))
)]
async fn deletable(
    RequireProject(access): RequireProject<DeleteProject>,
    State(domain): State<Domain>,
) -> ApiResult<Json<ProjectDeletable>> {
    Ok(Json(project::deletable(&domain, &access).await?))
}

/// Counts of a project.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name_or_id}/summary", operation_id = "getProjectSummary",
    tag = "project", responses((status = 200, body = ProjectSummary))
)]
async fn summary(
    RequireProject(access): RequireProject<ReadProject>,
    State(domain): State<Domain>,
) -> ApiResult<Json<ProjectSummary>> {
    Ok(Json(project::summary(&domain, &access).await?))
}

/// The artifacts of all repositories of a project, for those who are signed in.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name_or_id}/artifacts", operation_id = "listArtifactsOfProject",
    tag = "project",
    params(
        ListParams, WithParams,
        ("X-Accept-Vulnerabilities" = Option<String>, Header, description = "Media types of reports."),
        ("latest_in_repository" = Option<bool>, Query, description = "Only the newest of each repository; needs `media_type` or `artifact_type` in `q`."),
    ),
    responses((status = 200, body = [Artifact]))
)]
async fn artifacts(
    list: List,
    _: RequireSignedIn,
    RequireProject(access): RequireProject<ListArtifacts>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<Artifact>> {
    let ages = if switch(&list, "latest_in_repository", false) { Ages::Newest } else { Ages::All };
    let rows = artifact::list_of_project(&domain, &access, &list.query, ages, with_of(&list)).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}
