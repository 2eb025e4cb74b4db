//! Which artifacts of a project are kept.

use axum::{Json, extract::FromRequestParts, extract::State};
use berth_domain::{
    Actor, Domain, Error,
    authz::{
        CreateRetention, DeleteRetention, ListRetentionRuns, ProjectAccess, ProjectAction, ReadRetention,
        UpdateRetention,
    },
    retention,
};
use berth_types::{
    ErrorCode, ProjectId,
    api::{
        RetentionExecution, RetentionExecutionTask, RetentionMetadata, RetentionOperation, RetentionPolicy,
        RetentionRun,
    },
};
use berth_web::{
    ApiError, ApiResult, AppState,
    extract::{Caller, List},
    reply::{Created, Lines, PagedJson},
};
use http::request::Parts;

use crate::{
    body::{Body, Checked},
    decode::Field,
    extract::{RequireSignedIn, number_in_path},
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(metadata))
        .routes(routes!(create))
        .routes(routes!(get, update, delete))
        .routes(routes!(executions, run))
        .routes(routes!(operate))
        .routes(routes!(tasks))
        .routes(routes!(log))
}

impl Body for RetentionPolicy {
    const NAME: &'static str = "policy";
    const MODEL: &'static str = "RetentionPolicy";
    const FIELDS: &'static [(&'static str, Field)] = &[("id", Field::Number), ("algorithm", Field::Text)];
}

impl Body for RetentionRun {
    const NAME: &'static str = "body";
    const MODEL: &'static str = "retention.TriggerRetentionExecutionBody";
    const FIELDS: &'static [(&'static str, Field)] = &[("dry_run", Field::Switch)];
}

impl Body for RetentionOperation {
    const NAME: &'static str = "body";
    const MODEL: &'static str = "retention.OperateRetentionExecutionBody";
    const FIELDS: &'static [(&'static str, Field)] = &[("action", Field::Text)];
}

/// What rules can be made of.
#[utoipa::path(
    get, path = "/api/v2.0/retentions/metadatas", operation_id = "getRentenitionMetadata", tag = "Retention",
    responses((status = 200, body = RetentionMetadata))
)]
async fn metadata(RequireSignedIn(access): RequireSignedIn) -> Json<RetentionMetadata> {
    Json(retention::metadata(&access))
}

/// Makes the policy of a project.
#[utoipa::path(
    post, path = "/api/v2.0/retentions", operation_id = "createRetention", tag = "Retention",
    request_body = RetentionPolicy, responses((status = 201))
)]
async fn create(
    State(domain): State<Domain>,
    Checked(Caller(actor), request): Checked<Caller, RetentionPolicy>,
) -> ApiResult<Created> {
    let access = in_project::<CreateRetention>(&domain, &actor, retention::project_of(&request)?).await?;
    let id = retention::create(&domain, &access, &request).await?;
    Ok(Created(format!("/api/v2.0/retentions/{id}")))
}

/// The witness for the project that a request names in its body.
async fn in_project<A: ProjectAction>(
    domain: &Domain,
    actor: &Actor,
    project: ProjectId,
) -> berth_domain::Result<ProjectAccess<A>> {
    ProjectAccess::check_id(domain, actor, project).await.map_err(|error| match error {
        Error::NotFound(_) => retention::no_project(project),
        error => error,
    })
}

/// The policy that the path names, and the witness of an action in its project.
struct OnePolicy<A: ProjectAction> {
    access: ProjectAccess<A>,
    id: i64,
}

impl<A: ProjectAction> FromRequestParts<AppState> for OnePolicy<A> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let id = number_in_path(parts, "id").await?;
        let Caller(actor) = Caller::from_request_parts(parts, state).await?;
        Ok(OnePolicy { access: ProjectAccess::check_retention(&state.domain, &actor, id).await?, id })
    }
}

/// One policy.
#[utoipa::path(
    get, path = "/api/v2.0/retentions/{id}", operation_id = "getRetention", tag = "Retention",
    responses((status = 200, body = RetentionPolicy))
)]
async fn get(
    OnePolicy { access, id }: OnePolicy<ReadRetention>,
    State(domain): State<Domain>,
) -> ApiResult<Json<RetentionPolicy>> {
    Ok(Json(retention::get(&domain, &access, id).await?))
}

/// Who wants to change which policy. The body names the project, as in Harbor.
struct Named {
    actor: Actor,
    id: i64,
}

impl FromRequestParts<AppState> for Named {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let id = number_in_path(parts, "id").await?;
        let Caller(actor) = Caller::from_request_parts(parts, state).await?;
        Ok(Named { actor, id })
    }
}

/// Changes the policy of a project.
#[utoipa::path(
    put, path = "/api/v2.0/retentions/{id}", operation_id = "updateRetention", tag = "Retention",
    request_body = RetentionPolicy, responses((status = 200))
)]
async fn update(
    State(domain): State<Domain>,
    Checked(Named { actor, id }, request): Checked<Named, RetentionPolicy>,
) -> ApiResult<()> {
    let access = in_project::<UpdateRetention>(&domain, &actor, retention::project_of(&request)?).await?;
    Ok(retention::update(&domain, &access, id, &request).await?)
}

/// Removes the policy of a project.
#[utoipa::path(
    delete, path = "/api/v2.0/retentions/{id}", operation_id = "deleteRetention", tag = "Retention",
    responses((status = 200))
)]
async fn delete(Doomed(OnePolicy { access, id }): Doomed, State(domain): State<Domain>) -> ApiResult<()> {
    Ok(retention::delete(&domain, &access, id).await?)
}

/// A policy to be removed. One that is not there is a bad request here, as in Harbor.
struct Doomed(OnePolicy<DeleteRetention>);

impl FromRequestParts<AppState> for Doomed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        match OnePolicy::from_request_parts(parts, state).await {
            Ok(found) => Ok(Doomed(found)),
            Err(error) if error.code() == ErrorCode::NotFound => {
                Err(ApiError::new(ErrorCode::BadRequest, format!("bad request: {}", error.message())))
            }
            Err(error) => Err(error),
        }
    }
}

/// The runs of a policy.
#[utoipa::path(
    get, path = "/api/v2.0/retentions/{id}/executions", operation_id = "listRetentionExecutions", tag = "Retention",
    params(
        ("page" = Option<i64>, Query, description = "From 1."),
        ("page_size" = Option<i64>, Query, description = "Rows a page, at most 100."),
    ),
    responses((status = 200, body = [RetentionExecution]))
)]
async fn executions(
    list: List,
    OnePolicy { access, .. }: OnePolicy<ListRetentionRuns>,
) -> PagedJson<RetentionExecution> {
    PagedJson { rows: retention::executions(&access), page: list.query.page, address: list.address }
}

/// Runs a policy by hand.
#[utoipa::path(
    post, path = "/api/v2.0/retentions/{id}/executions", operation_id = "triggerRetentionExecution",
    tag = "Retention", request_body = inline(RetentionRun), responses((status = 200), (status = 201))
)]
async fn run(
    Checked(OnePolicy { access, .. }, _): Checked<OnePolicy<UpdateRetention>, RetentionRun>,
) -> ApiResult<Created> {
    Err(retention::run(&access).into())
}

/// A run of the policy that the path names.
struct OneRun<A: ProjectAction> {
    access: ProjectAccess<A>,
    execution: i64,
}

impl<A: ProjectAction> FromRequestParts<AppState> for OneRun<A> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let execution = number_in_path(parts, "eid").await?;
        let OnePolicy { access, .. } = OnePolicy::from_request_parts(parts, state).await?;
        Ok(OneRun { access, execution })
    }
}

/// Stops a run.
#[utoipa::path(
    patch, path = "/api/v2.0/retentions/{id}/executions/{eid}", operation_id = "operateRetentionExecution",
    tag = "Retention", request_body = inline(RetentionOperation), responses((status = 200))
)]
async fn operate(
    Checked(OneRun { access, execution }, request): Checked<OneRun<UpdateRetention>, RetentionOperation>,
) -> ApiResult<()> {
    Err(retention::operate(&access, execution, &request.action).into())
}

/// What a run did, by repository.
#[utoipa::path(
    get, path = "/api/v2.0/retentions/{id}/executions/{eid}/tasks", operation_id = "listRetentionTasks",
    tag = "Retention",
    params(
        ("page" = Option<i64>, Query, description = "From 1."),
        ("page_size" = Option<i64>, Query, description = "Rows a page, at most 100."),
    ),
    responses((status = 200, body = [RetentionExecutionTask]))
)]
async fn tasks(
    _: List,
    OneRun { access, execution }: OneRun<ListRetentionRuns>,
) -> ApiResult<PagedJson<RetentionExecutionTask>> {
    Err(retention::tasks(&access, execution).into())
}

/// The log of what a run did in one repository.
#[utoipa::path(
    get, path = "/api/v2.0/retentions/{id}/executions/{eid}/tasks/{tid}", operation_id = "getRetentionTaskLog",
    tag = "Retention", responses((status = 200, body = String, content_type = "text/plain"))
)]
async fn log(TaskPath(task): TaskPath, OneRun { access, .. }: OneRun<ReadRetention>) -> ApiResult<Lines> {
    Err(retention::log(&access, task).into())
}

/// The number of a task in the path.
struct TaskPath(i64);

impl FromRequestParts<AppState> for TaskPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        Ok(TaskPath(number_in_path(parts, "tid").await?))
    }
}
