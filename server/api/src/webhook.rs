//! Webhook policies.

use axum::{
    Json,
    extract::{FromRequestParts, State},
};
use berth_domain::{
    Domain,
    authz::{CreateWebhookPolicy, DeleteWebhookPolicy, ListWebhookPolicies, ReadWebhookPolicy, UpdateWebhookPolicy},
    webhook,
};
use berth_types::{
    api::{Execution, SupportedWebhookEventTypes, Task, WebhookJob, WebhookLastTrigger, WebhookPolicy},
    url::encode,
};
use berth_web::{
    ApiError, ApiResult, AppState,
    extract::{List, RequireProject},
    reply::{Created, Lines, PagedJson},
};
use http::request::Parts;

use crate::{
    body::{Body, Checked},
    decode::Field,
    extract::{ListParams, Params, number_in_path},
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(executions))
        .routes(routes!(tasks))
        .routes(routes!(log))
        .routes(routes!(last_trigger))
        .routes(routes!(jobs))
        .routes(routes!(events))
}

impl Body for WebhookPolicy {
    const NAME: &'static str = "policy";
    const MODEL: &'static str = "WebhookPolicy";
    const FIELDS: &'static [(&'static str, Field)] = &[
        ("id", Field::Number),
        ("name", Field::Text),
        ("description", Field::Text),
        ("project_id", Field::Number),
        ("creator", Field::Text),
        ("enabled", Field::Switch),
    ];
}

/// The policy in the path.
struct PolicyPath(i64);

impl FromRequestParts<AppState> for PolicyPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        Ok(PolicyPath(number_in_path(parts, "webhook_policy_id").await?))
    }
}

/// The delivery in the path.
struct ExecutionPath(i64);

impl FromRequestParts<AppState> for ExecutionPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        Ok(ExecutionPath(number_in_path(parts, "execution_id").await?))
    }
}

/// The task in the path, which no delivery has yet.
struct TaskPath;

impl FromRequestParts<AppState> for TaskPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        number_in_path(parts, "task_id").await?;
        Ok(TaskPath)
    }
}

/// The policies of a project.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name_or_id}/webhook/policies",
    operation_id = "ListWebhookPoliciesOfProject", tag = "webhook", params(ListParams),
    responses((status = 200, body = [WebhookPolicy]))
)]
async fn list(
    list: List,
    RequireProject(access): RequireProject<ListWebhookPolicies>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<WebhookPolicy>> {
    let rows = webhook::list(&domain, &access, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// Adds a policy.
#[utoipa::path(
    post, path = "/api/v2.0/projects/{project_name_or_id}/webhook/policies",
    operation_id = "CreateWebhookPolicyOfProject", tag = "webhook", request_body = WebhookPolicy,
    responses((status = 201))
)]
async fn create(
    State(domain): State<Domain>,
    params: Params,
    Checked(RequireProject(access), request): Checked<RequireProject<CreateWebhookPolicy>, WebhookPolicy>,
) -> ApiResult<Created> {
    let id = webhook::create(&domain, &access, &request).await?;
    let project = encode(params.get("project_name_or_id"));
    Ok(Created(format!("/api/v2.0/projects/{project}/webhook/policies/{id}")))
}

/// One policy.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name_or_id}/webhook/policies/{webhook_policy_id}",
    operation_id = "GetWebhookPolicyOfProject", tag = "webhook", responses((status = 200, body = WebhookPolicy))
)]
async fn get(
    PolicyPath(id): PolicyPath,
    RequireProject(access): RequireProject<ReadWebhookPolicy>,
    State(domain): State<Domain>,
) -> ApiResult<Json<WebhookPolicy>> {
    Ok(Json(webhook::get(&domain, &access, id).await?))
}

/// Changes a policy.
#[utoipa::path(
    put, path = "/api/v2.0/projects/{project_name_or_id}/webhook/policies/{webhook_policy_id}",
    operation_id = "UpdateWebhookPolicyOfProject", tag = "webhook", request_body = WebhookPolicy,
    responses((status = 200))
)]
async fn update(
    State(domain): State<Domain>,
    PolicyPath(id): PolicyPath,
    Checked(RequireProject(access), request): Checked<RequireProject<UpdateWebhookPolicy>, WebhookPolicy>,
) -> ApiResult<()> {
    Ok(webhook::update(&domain, &access, id, &request).await?)
}

/// Removes a policy.
#[utoipa::path(
    delete, path = "/api/v2.0/projects/{project_name_or_id}/webhook/policies/{webhook_policy_id}",
    operation_id = "DeleteWebhookPolicyOfProject", tag = "webhook", responses((status = 200))
)]
async fn delete(
    PolicyPath(id): PolicyPath,
    RequireProject(access): RequireProject<DeleteWebhookPolicy>,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(webhook::delete(&domain, &access, id).await?)
}

/// The deliveries of a policy.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name_or_id}/webhook/policies/{webhook_policy_id}/executions",
    operation_id = "ListExecutionsOfWebhookPolicy", tag = "webhook", params(ListParams),
    responses((status = 200, body = [Execution]))
)]
async fn executions(
    list: List,
    PolicyPath(id): PolicyPath,
    RequireProject(access): RequireProject<ReadWebhookPolicy>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<Execution>> {
    let rows = webhook::executions(&domain, &access, id).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// The tasks of a delivery.
#[utoipa::path(
    get,
    path = "/api/v2.0/projects/{project_name_or_id}/webhook/policies/{webhook_policy_id}/executions/{execution_id}/tasks",
    operation_id = "ListTasksOfWebhookExecution", tag = "webhook", params(ListParams),
    responses((status = 200, body = [Task]))
)]
async fn tasks(
    list: List,
    PolicyPath(id): PolicyPath,
    ExecutionPath(execution): ExecutionPath,
    RequireProject(access): RequireProject<ReadWebhookPolicy>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<Task>> {
    let rows = webhook::tasks(&domain, &access, id, execution).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// What a task of a delivery wrote down.
#[utoipa::path(
    get,
    path = "/api/v2.0/projects/{project_name_or_id}/webhook/policies/{webhook_policy_id}/executions/{execution_id}/tasks/{task_id}/log",
    operation_id = "GetLogsOfWebhookTask", tag = "webhook",
    responses((status = 200, body = String, content_type = "text/plain"))
)]
async fn log(
    PolicyPath(id): PolicyPath,
    ExecutionPath(execution): ExecutionPath,
    TaskPath: TaskPath,
    RequireProject(access): RequireProject<ReadWebhookPolicy>,
    State(domain): State<Domain>,
) -> ApiResult<Lines> {
    Ok(Lines(webhook::log(&domain, &access, id, execution).await?))
}

/// When each policy last sent something about each of its kinds of event.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name_or_id}/webhook/lasttrigger", operation_id = "LastTrigger",
    tag = "webhook", responses((status = 200, body = [WebhookLastTrigger]))
)]
async fn last_trigger(
    RequireProject(access): RequireProject<ReadWebhookPolicy>,
    State(domain): State<Domain>,
) -> ApiResult<Json<Vec<WebhookLastTrigger>>> {
    Ok(Json(webhook::last_triggers(&domain, &access).await?))
}

/// The policy that a list of jobs is about, and the list.
struct JobsOf(i64, List);

impl FromRequestParts<AppState> for JobsOf {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let list = List::from_request_parts(parts, state).await?;
        let Some(text) = list.param("policy_id").filter(|text| !text.is_empty()) else {
            return Err(ApiError::validation("policy_id in query is required"));
        };
        let wrong = |_| ApiError::validation(format!("policy_id in query must be of type int64: \"{text}\""));
        Ok(JobsOf(text.parse().map_err(wrong)?, list))
    }
}

/// The deliveries of a policy in the older form.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name_or_id}/webhook/jobs", operation_id = "ListWebhookJobs",
    tag = "webhookjob",
    params(
        ListParams,
        ("policy_id" = i64, Query, description = "Number of the policy."),
        ("status" = Option<Vec<String>>, Query, description = "Only deliveries that stand like this."),
    ),
    responses((status = 200, body = [WebhookJob]))
)]
async fn jobs(
    JobsOf(policy, list): JobsOf,
    RequireProject(access): RequireProject<ReadWebhookPolicy>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<WebhookJob>> {
    let rows = webhook::jobs(&domain, &access, policy).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// What policies can be made of.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name_or_id}/webhook/events", operation_id = "GetSupportedEventTypes",
    tag = "webhook", responses((status = 200, body = SupportedWebhookEventTypes))
)]
async fn events(
    RequireProject(access): RequireProject<ReadWebhookPolicy>,
) -> ApiResult<Json<SupportedWebhookEventTypes>> {
    Ok(Json(webhook::supported(&access)))
}
