//! Labels, and what they are put on.

use axum::{Json, extract::FromRequestParts, extract::State};
use berth_domain::{
    Domain,
    authz::{
        AddLabel, CreateLabel, DeleteLabel, LabelAccess, LabelScope, ListLabels, ProjectAction, ReadLabel, RemoveLabel,
        UpdateLabel,
    },
    label,
};
use berth_types::{ErrorCode, ProjectId, api::Label};
use berth_web::{
    ApiError, ApiResult, AppState,
    extract::{Caller, List, RequireProject},
    reply::{Created, PagedJson},
};
use http::request::Parts;

use crate::{
    body::{Body, Checked},
    decode::Field,
    extract::{InRepository, ListParams, Params, number_in_path},
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(add))
        .routes(routes!(remove))
}

impl Body for Label {
    const NAME: &'static str = "label";
    const MODEL: &'static str = "Label";
    const FIELDS: &'static [(&'static str, Field)] = &[
        ("id", Field::Number),
        ("name", Field::Text),
        ("description", Field::Text),
        ("color", Field::Text),
        ("scope", Field::Text),
        ("project_id", Field::Number),
    ];
}

/// The labels of the system or of a project.
#[utoipa::path(
    get, path = "/api/v2.0/labels", operation_id = "ListLabels", tag = "label",
    params(
        ListParams,
        ("name" = Option<String>, Query, description = "Part of the name."),
        ("scope" = Option<String>, Query, description = "`g`: those of the system; `p`: those of a project."),
        ("project_id" = Option<i64>, Query, description = "Which project, with `scope=p`."),
    ),
    responses((status = 200, body = [Label]))
)]
async fn list(list: List, Caller(actor): Caller, State(domain): State<Domain>) -> ApiResult<PagedJson<Label>> {
    let access = LabelAccess::<ListLabels>::check(&domain, &actor, asked(&list)?).await?;
    let name = list.param("name").filter(|name| !name.is_empty());
    let rows = label::list(&domain, &access, name, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// Whose labels a query asks for.
fn asked(list: &List) -> Result<LabelScope, ApiError> {
    let project = match list.param("project_id").filter(|text| !text.is_empty()) {
        None => 0,
        Some(text) => text
            .parse()
            .map_err(|_| ApiError::validation(format!("project_id in query must be of type int64: \"{text}\"")))?,
    };
    match list.param("scope").unwrap_or_default() {
        "g" => Ok(LabelScope::System),
        "p" if project == 0 => {
            Err(ApiError::new(ErrorCode::BadRequest, "must with project ID when to query project labels"))
        }
        "p" => Ok(LabelScope::Project(ProjectId(project))),
        scope => Err(ApiError::new(ErrorCode::BadRequest, format!("invalid scope: {scope}"))),
    }
}

/// Makes a label.
#[utoipa::path(
    post, path = "/api/v2.0/labels", operation_id = "CreateLabel", tag = "label", request_body = Label,
    responses((status = 201))
)]
async fn create(
    State(domain): State<Domain>,
    Checked(Caller(actor), request): Checked<Caller, Label>,
) -> ApiResult<Created> {
    let scope = match request.scope.as_str() {
        "g" => LabelScope::System,
        "p" => LabelScope::Project(request.project_id.unwrap_or(ProjectId(0))),
        _ => return Err(ApiError::new(ErrorCode::BadRequest, "unsupported label scope")),
    };
    let access = LabelAccess::<CreateLabel>::check(&domain, &actor, scope).await?;
    let id = label::create(&domain, &access, &request).await?;
    Ok(Created(format!("/api/v2.0/labels/{id}")))
}

/// The label that the path names, and the witness of an action in its scope.
struct OneLabel<A: ProjectAction> {
    access: LabelAccess<A>,
    id: i64,
}

impl<A: ProjectAction> FromRequestParts<AppState> for OneLabel<A> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let id = number_in_path(parts, "label_id").await?;
        let Caller(actor) = Caller::from_request_parts(parts, state).await?;
        Ok(OneLabel { access: LabelAccess::of(&state.domain, &actor, id).await?, id })
    }
}

/// One label.
#[utoipa::path(
    get, path = "/api/v2.0/labels/{label_id}", operation_id = "GetLabelByID", tag = "label",
    responses((status = 200, body = Label))
)]
async fn get(OneLabel { access, id }: OneLabel<ReadLabel>, State(domain): State<Domain>) -> ApiResult<Json<Label>> {
    Ok(Json(label::get(&domain, &access, id).await?))
}

/// Changes name, description and colour of a label.
#[utoipa::path(
    put, path = "/api/v2.0/labels/{label_id}", operation_id = "UpdateLabel", tag = "label", request_body = Label,
    responses((status = 200))
)]
async fn update(
    State(domain): State<Domain>,
    Checked(OneLabel { access, id }, request): Checked<OneLabel<UpdateLabel>, Label>,
) -> ApiResult<()> {
    Ok(label::update(&domain, &access, id, &request).await?)
}

/// Removes a label from everything that it is on.
#[utoipa::path(
    delete, path = "/api/v2.0/labels/{label_id}", operation_id = "DeleteLabel", tag = "label",
    responses((status = 200))
)]
async fn delete(OneLabel { access, id }: OneLabel<DeleteLabel>, State(domain): State<Domain>) -> ApiResult<()> {
    Ok(label::delete(&domain, &access, id).await?)
}

/// Puts a label on an artifact.
#[utoipa::path(
    post, path = "/api/v2.0/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/labels",
    operation_id = "addLabel", tag = "artifact", request_body = Label, responses((status = 200))
)]
async fn add(
    State(domain): State<Domain>,
    params: Params,
    Checked(Place(InRepository { access, repo }), request): Checked<Place, Label>,
) -> ApiResult<()> {
    Ok(label::add(&domain, &access, &repo, params.get("reference"), request.id).await?)
}

/// Where a label is put. Here a missing project is named before the repository, as in Harbor.
struct Place(InRepository<AddLabel>);

impl FromRequestParts<AppState> for Place {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        RequireProject::<AddLabel>::from_request_parts(parts, state).await?;
        Ok(Place(InRepository::from_request_parts(parts, state).await?))
    }
}

/// Takes a label off an artifact.
#[utoipa::path(
    delete,
    path = "/api/v2.0/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/labels/{label_id}",
    operation_id = "removeLabel", tag = "artifact", responses((status = 200))
)]
async fn remove(
    LabelPath(id): LabelPath,
    InRepository { access, repo }: InRepository<RemoveLabel>,
    params: Params,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(label::remove(&domain, &access, &repo, params.get("reference"), id).await?)
}

/// The number of a label in the path.
struct LabelPath(i64);

impl FromRequestParts<AppState> for LabelPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        Ok(LabelPath(number_in_path(parts, "label_id").await?))
    }
}
