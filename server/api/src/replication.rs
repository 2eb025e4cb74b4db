//! Replication policies, and what comes of them.

use axum::{
    Json,
    extract::{FromRequestParts, State},
};
use berth_domain::{
    Domain,
    authz::{
        CreateReplication, CreateReplicationPolicy, DeleteReplicationPolicy, ListReplicationPolicies, ListReplications,
        ReadReplication, ReadReplicationPolicy, UpdateReplicationPolicy,
    },
    replication,
};
use berth_types::api::{ReplicationExecution, ReplicationPolicy, ReplicationTask, StartReplicationExecution};
use berth_web::{
    ApiError, ApiResult, AppState,
    extract::{List, RequireSystem},
    reply::{Created, Lines, PagedJson},
};
use http::request::Parts;

use crate::{
    body::{Body, Checked},
    decode::Field,
    extract::{ListParams, number_in_path},
    remote::RowPath,
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(executions, start))
        .routes(routes!(execution, stop))
        .routes(routes!(tasks))
        .routes(routes!(log))
}

impl Body for ReplicationPolicy {
    const NAME: &'static str = "policy";
    const MODEL: &'static str = "ReplicationPolicy";
    const FIELDS: &'static [(&'static str, Field)] = &[
        ("id", Field::Number),
        ("name", Field::Text),
        ("description", Field::Text),
        ("dest_namespace", Field::Text),
        ("dest_namespace_replace_count", Field::Number),
        ("replicate_deletion", Field::Switch),
        ("deletion", Field::Switch),
        ("override", Field::Switch),
        ("enabled", Field::Switch),
        ("speed", Field::Number),
        ("copy_by_chunk", Field::Switch),
        ("single_active_replication", Field::Switch),
    ];
}

impl Body for StartReplicationExecution {
    const NAME: &'static str = "execution";
    const MODEL: &'static str = "StartReplicationExecution";
    const FIELDS: &'static [(&'static str, Field)] = &[("policy_id", Field::Number)];
}

/// Policies, newest first.
#[utoipa::path(
    get, path = "/api/v2.0/replication/policies", operation_id = "listReplicationPolicies", tag = "replication",
    params(ListParams, ("name" = Option<String>, Query, description = "Part of the name; `q` can do more.")),
    responses((status = 200, body = [ReplicationPolicy]))
)]
async fn list(
    list: List,
    RequireSystem(access): RequireSystem<ListReplicationPolicies>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<ReplicationPolicy>> {
    let name = list.param("name").filter(|name| !name.is_empty());
    let rows = replication::list(&domain, &access, name, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// Adds a policy.
#[utoipa::path(
    post, path = "/api/v2.0/replication/policies", operation_id = "createReplicationPolicy", tag = "replication",
    request_body = ReplicationPolicy, responses((status = 201))
)]
async fn create(
    State(domain): State<Domain>,
    Checked(RequireSystem(access), request): Checked<RequireSystem<CreateReplicationPolicy>, ReplicationPolicy>,
) -> ApiResult<Created> {
    let id = replication::create(&domain, &access, &request).await?;
    Ok(Created(format!("/api/v2.0/replication/policies/{id}")))
}

/// One policy.
#[utoipa::path(
    get, path = "/api/v2.0/replication/policies/{id}", operation_id = "getReplicationPolicy", tag = "replication",
    responses((status = 200, body = ReplicationPolicy))
)]
async fn get(
    RowPath(id): RowPath,
    RequireSystem(access): RequireSystem<ReadReplicationPolicy>,
    State(domain): State<Domain>,
) -> ApiResult<Json<ReplicationPolicy>> {
    Ok(Json(replication::get(&domain, &access, id).await?))
}

/// Changes a policy; what is left out becomes what it is in a new one.
#[utoipa::path(
    put, path = "/api/v2.0/replication/policies/{id}", operation_id = "updateReplicationPolicy", tag = "replication",
    request_body = ReplicationPolicy, responses((status = 200))
)]
async fn update(
    State(domain): State<Domain>,
    RowPath(id): RowPath,
    Checked(RequireSystem(access), request): Checked<RequireSystem<UpdateReplicationPolicy>, ReplicationPolicy>,
) -> ApiResult<()> {
    Ok(replication::update(&domain, &access, id, &request).await?)
}

/// Removes a policy.
#[utoipa::path(
    delete, path = "/api/v2.0/replication/policies/{id}", operation_id = "deleteReplicationPolicy",
    tag = "replication", responses((status = 200))
)]
async fn delete(
    RowPath(id): RowPath,
    RequireSystem(access): RequireSystem<DeleteReplicationPolicy>,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(replication::delete(&domain, &access, id).await?)
}

/// The runs of policies.
#[utoipa::path(
    get, path = "/api/v2.0/replication/executions", operation_id = "listReplicationExecutions", tag = "replication",
    params(
        ("sort" = Option<String>, Query, description = "Order: `key` or `-key`, joined by commas."),
        ("page" = Option<i64>, Query, description = "From 1."),
        ("page_size" = Option<i64>, Query, description = "Rows a page, at most 100."),
        ("policy_id" = Option<i64>, Query, description = "Runs of one policy."),
        ("status" = Option<String>, Query, description = "Runs in one state."),
        ("trigger" = Option<String>, Query, description = "Runs that were started in one way."),
    ),
    responses((status = 200, body = [ReplicationExecution]))
)]
async fn executions(
    list: List,
    RequireSystem(access): RequireSystem<ListReplications>,
) -> ApiResult<PagedJson<ReplicationExecution>> {
    let policy = list.param("policy_id").filter(|id| !id.is_empty());
    if let Some(wrong) = policy.filter(|id| id.parse::<i64>().is_err()) {
        return Err(ApiError::validation(format!("policy_id in query must be of type int64: \"{wrong}\"")));
    }
    let rows = replication::executions(&access);
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// Runs a policy. Not available yet.
#[utoipa::path(
    post, path = "/api/v2.0/replication/executions", operation_id = "startReplication", tag = "replication",
    request_body = StartReplicationExecution, responses((status = 201))
)]
async fn start(
    State(domain): State<Domain>,
    Checked(RequireSystem(access), request): Checked<RequireSystem<CreateReplication>, StartReplicationExecution>,
) -> ApiResult<Created> {
    let id = replication::start(&domain, &access, request.policy_id).await?;
    Ok(Created(format!("/api/v2.0/replication/executions/{id}")))
}

/// One run.
#[utoipa::path(
    get, path = "/api/v2.0/replication/executions/{id}", operation_id = "getReplicationExecution",
    tag = "replication", responses((status = 200, body = ReplicationExecution))
)]
async fn execution(
    RowPath(id): RowPath,
    RequireSystem(access): RequireSystem<ReadReplication>,
) -> ApiResult<Json<ReplicationExecution>> {
    Ok(Json(replication::execution(&access, id)?))
}

/// Stops a run.
#[utoipa::path(
    put, path = "/api/v2.0/replication/executions/{id}", operation_id = "stopReplication", tag = "replication",
    responses((status = 200))
)]
async fn stop(RowPath(id): RowPath, RequireSystem(access): RequireSystem<CreateReplication>) -> ApiResult<()> {
    Ok(replication::stop(&access, id)?)
}

/// The tasks of a run.
#[utoipa::path(
    get, path = "/api/v2.0/replication/executions/{id}/tasks", operation_id = "listReplicationTasks",
    tag = "replication",
    params(
        ("sort" = Option<String>, Query, description = "Order: `key` or `-key`, joined by commas."),
        ("page" = Option<i64>, Query, description = "From 1."),
        ("page_size" = Option<i64>, Query, description = "Rows a page, at most 100."),
        ("status" = Option<String>, Query, description = "Tasks in one state."),
        ("resource_type" = Option<String>, Query, description = "Tasks about one kind of thing."),
    ),
    responses((status = 200, body = [ReplicationTask]))
)]
async fn tasks(
    list: List,
    RowPath(id): RowPath,
    RequireSystem(access): RequireSystem<ListReplications>,
) -> ApiResult<PagedJson<ReplicationTask>> {
    let rows = replication::tasks(&access, id)?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// What a task had to say.
#[utoipa::path(
    get, path = "/api/v2.0/replication/executions/{id}/tasks/{task_id}/log", operation_id = "getReplicationLog",
    tag = "replication", responses((status = 200, body = String, content_type = "text/plain"))
)]
async fn log(TaskPath(task_id): TaskPath, RequireSystem(access): RequireSystem<ReadReplication>) -> ApiResult<Lines> {
    Ok(Lines(replication::log(&access, task_id)?))
}

/// The row id of a task in a path, which has to name a run as well.
struct TaskPath(i64);

impl FromRequestParts<AppState> for TaskPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        number_in_path(parts, "id").await?;
        number_in_path(parts, "task_id").await.map(TaskPath)
    }
}
