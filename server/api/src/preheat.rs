//! P2P networks, and which images of which projects are brought into them.

use axum::{
    Json,
    extract::{FromRequestParts, State},
};
use berth_domain::{
    Domain,
    authz::{
        CreatePreheatInstance, CreatePreheatPolicy, DeletePreheatInstance, DeletePreheatPolicy, ListPreheatInstances,
        ListPreheatPolicies, ReadPreheatInstance, ReadPreheatPolicy, UpdatePreheatInstance, UpdatePreheatPolicy,
    },
    preheat,
};
use berth_types::{
    api::{Execution, PreheatInstance, PreheatPolicy, PreheatVendor, ProviderUnderProject, Task},
    url::encode,
};
use berth_web::{
    ApiError, ApiResult, AppState,
    extract::{List, RequireProject, RequireSystem},
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
        .routes(routes!(vendors))
        .routes(routes!(ping))
        .routes(routes!(instances, create_instance))
        .routes(routes!(instance, update_instance, delete_instance))
        .routes(routes!(policies, create_policy))
        .routes(routes!(policy, update_policy, run, delete_policy))
        .routes(routes!(executions))
        .routes(routes!(execution, stop))
        .routes(routes!(tasks))
        .routes(routes!(log))
        .routes(routes!(providers))
}

impl Body for PreheatInstance {
    const NAME: &'static str = "instance";
    const MODEL: &'static str = "Instance";
    const FIELDS: &'static [(&'static str, Field)] = &[
        ("id", Field::Number),
        ("name", Field::Text),
        ("description", Field::Text),
        ("vendor", Field::Text),
        ("endpoint", Field::Text),
        ("auth_mode", Field::Text),
        ("status", Field::Text),
        ("enabled", Field::Switch),
        ("default", Field::Switch),
        ("insecure", Field::Switch),
        ("setup_timestamp", Field::Number),
    ];
}

impl Body for PreheatPolicy {
    const NAME: &'static str = "policy";
    const MODEL: &'static str = "PreheatPolicy";
    const FIELDS: &'static [(&'static str, Field)] = &[
        ("id", Field::Number),
        ("name", Field::Text),
        ("description", Field::Text),
        ("project_id", Field::Number),
        ("provider_id", Field::Number),
        ("provider_name", Field::Text),
        ("filters", Field::Text),
        ("trigger", Field::Text),
        ("enabled", Field::Switch),
        ("extra_attrs", Field::Text),
    ];
}

impl Body for Execution {
    const NAME: &'static str = "execution";
    const MODEL: &'static str = "Execution";
    const FIELDS: &'static [(&'static str, Field)] = &[("id", Field::Number), ("status", Field::Text)];
}

/// The policy in the path.
struct PolicyPath(String);

impl FromRequestParts<AppState> for PolicyPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let params = Params::from_request_parts(parts, state).await?;
        Ok(PolicyPath(params.get("preheat_policy_name").to_owned()))
    }
}

/// The run in the path.
struct ExecutionPath(i64);

impl FromRequestParts<AppState> for ExecutionPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        Ok(ExecutionPath(number_in_path(parts, "execution_id").await?))
    }
}

/// The task in the path, which no run has yet.
struct TaskPath;

impl FromRequestParts<AppState> for TaskPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        number_in_path(parts, "task_id").await?;
        Ok(TaskPath)
    }
}

/// The kinds of P2P network.
#[utoipa::path(
    get, path = "/api/v2.0/p2p/preheat/providers", operation_id = "ListProviders", tag = "preheat",
    responses((status = 200, body = [PreheatVendor]))
)]
async fn vendors(RequireSystem(access): RequireSystem<ListPreheatInstances>) -> ApiResult<Json<Vec<PreheatVendor>>> {
    Ok(Json(preheat::vendors(&access)))
}

/// Asks a P2P network whether it is well.
#[utoipa::path(
    post, path = "/api/v2.0/p2p/preheat/instances/ping", operation_id = "PingInstances", tag = "preheat",
    request_body = PreheatInstance, responses((status = 200))
)]
async fn ping(
    State(domain): State<Domain>,
    Checked(RequireSystem(access), request): Checked<RequireSystem<ReadPreheatInstance>, PreheatInstance>,
) -> ApiResult<()> {
    Ok(preheat::ping(&domain, &access, &request).await?)
}

/// The P2P networks.
#[utoipa::path(
    get, path = "/api/v2.0/p2p/preheat/instances", operation_id = "ListInstances", tag = "preheat",
    params(ListParams), responses((status = 200, body = [PreheatInstance]))
)]
async fn instances(
    list: List,
    RequireSystem(access): RequireSystem<ListPreheatInstances>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<PreheatInstance>> {
    let rows = preheat::instances(&domain, &access, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// Adds a P2P network.
#[utoipa::path(
    post, path = "/api/v2.0/p2p/preheat/instances", operation_id = "CreateInstance", tag = "preheat",
    request_body = PreheatInstance, responses((status = 201))
)]
async fn create_instance(
    State(domain): State<Domain>,
    Checked(RequireSystem(access), request): Checked<RequireSystem<CreatePreheatInstance>, PreheatInstance>,
) -> ApiResult<Created> {
    preheat::create_instance(&domain, &access, &request).await?;
    Ok(Created(format!("/api/v2.0/p2p/preheat/instances/{}", encode(&request.name))))
}

/// One P2P network.
#[utoipa::path(
    get, path = "/api/v2.0/p2p/preheat/instances/{preheat_instance_name}", operation_id = "GetInstance",
    tag = "preheat", responses((status = 200, body = PreheatInstance))
)]
async fn instance(
    params: Params,
    RequireSystem(access): RequireSystem<ReadPreheatInstance>,
    State(domain): State<Domain>,
) -> ApiResult<Json<PreheatInstance>> {
    Ok(Json(preheat::instance(&domain, &access, params.get("preheat_instance_name")).await?))
}

/// Changes a P2P network.
#[utoipa::path(
    put, path = "/api/v2.0/p2p/preheat/instances/{preheat_instance_name}", operation_id = "UpdateInstance",
    tag = "preheat", request_body = PreheatInstance, responses((status = 200))
)]
async fn update_instance(
    params: Params,
    State(domain): State<Domain>,
    Checked(RequireSystem(access), request): Checked<RequireSystem<UpdatePreheatInstance>, PreheatInstance>,
) -> ApiResult<()> {
    Ok(preheat::update_instance(&domain, &access, params.get("preheat_instance_name"), &request).await?)
}

/// Removes a P2P network.
#[utoipa::path(
    delete, path = "/api/v2.0/p2p/preheat/instances/{preheat_instance_name}", operation_id = "DeleteInstance",
    tag = "preheat", responses((status = 200))
)]
async fn delete_instance(
    params: Params,
    RequireSystem(access): RequireSystem<DeletePreheatInstance>,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(preheat::delete_instance(&domain, &access, params.get("preheat_instance_name")).await?)
}

/// The policies of a project.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name}/preheat/policies", operation_id = "ListPolicies",
    tag = "preheat", params(ListParams), responses((status = 200, body = [PreheatPolicy]))
)]
async fn policies(
    list: List,
    RequireProject(access): RequireProject<ListPreheatPolicies>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<PreheatPolicy>> {
    let rows = preheat::policies(&domain, &access, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// Adds a policy.
#[utoipa::path(
    post, path = "/api/v2.0/projects/{project_name}/preheat/policies", operation_id = "CreatePolicy",
    tag = "preheat", request_body = PreheatPolicy, responses((status = 201))
)]
async fn create_policy(
    params: Params,
    State(domain): State<Domain>,
    Checked(RequireProject(access), request): Checked<RequireProject<CreatePreheatPolicy>, PreheatPolicy>,
) -> ApiResult<Created> {
    preheat::create_policy(&domain, &access, &request).await?;
    let (project, name) = (encode(params.get("project_name")), encode(&request.name));
    Ok(Created(format!("/api/v2.0/projects/{project}/preheat/policies/{name}")))
}

/// One policy.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name}/preheat/policies/{preheat_policy_name}",
    operation_id = "GetPolicy", tag = "preheat", responses((status = 200, body = PreheatPolicy))
)]
async fn policy(
    PolicyPath(name): PolicyPath,
    RequireProject(access): RequireProject<ReadPreheatPolicy>,
    State(domain): State<Domain>,
) -> ApiResult<Json<PreheatPolicy>> {
    Ok(Json(preheat::policy(&domain, &access, &name).await?))
}

/// Changes a policy.
#[utoipa::path(
    put, path = "/api/v2.0/projects/{project_name}/preheat/policies/{preheat_policy_name}",
    operation_id = "UpdatePolicy", tag = "preheat", request_body = PreheatPolicy, responses((status = 200))
)]
async fn update_policy(
    PolicyPath(name): PolicyPath,
    State(domain): State<Domain>,
    Checked(RequireProject(access), request): Checked<RequireProject<UpdatePreheatPolicy>, PreheatPolicy>,
) -> ApiResult<()> {
    Ok(preheat::update_policy(&domain, &access, &name, &request).await?)
}

/// Runs a policy.
#[utoipa::path(
    post, path = "/api/v2.0/projects/{project_name}/preheat/policies/{preheat_policy_name}",
    operation_id = "ManualPreheat", tag = "preheat", request_body = PreheatPolicy, responses((status = 201))
)]
async fn run(
    PolicyPath(name): PolicyPath,
    params: Params,
    State(domain): State<Domain>,
    Checked(RequireProject(access), _): Checked<RequireProject<ReadPreheatPolicy>, PreheatPolicy>,
) -> ApiResult<Created> {
    let id = preheat::run(&domain, &access, &name).await?;
    let (project, name) = (encode(params.get("project_name")), encode(&name));
    Ok(Created(format!("/api/v2.0/projects/{project}/preheat/policies/{name}/executions/{id}")))
}

/// Removes a policy.
#[utoipa::path(
    delete, path = "/api/v2.0/projects/{project_name}/preheat/policies/{preheat_policy_name}",
    operation_id = "DeletePolicy", tag = "preheat", responses((status = 200))
)]
async fn delete_policy(
    PolicyPath(name): PolicyPath,
    RequireProject(access): RequireProject<DeletePreheatPolicy>,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(preheat::delete_policy(&domain, &access, &name).await?)
}

/// The runs of a policy.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name}/preheat/policies/{preheat_policy_name}/executions",
    operation_id = "ListExecutions", tag = "preheat", params(ListParams),
    responses((status = 200, body = [Execution]))
)]
async fn executions(
    list: List,
    PolicyPath(name): PolicyPath,
    RequireProject(access): RequireProject<ListPreheatPolicies>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<Execution>> {
    let rows = preheat::executions(&domain, &access, &name).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// One run of a policy.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name}/preheat/policies/{preheat_policy_name}/executions/{execution_id}",
    operation_id = "GetExecution", tag = "preheat", responses((status = 200, body = Execution))
)]
async fn execution(
    PolicyPath(name): PolicyPath,
    ExecutionPath(id): ExecutionPath,
    RequireProject(access): RequireProject<ReadPreheatPolicy>,
    State(domain): State<Domain>,
) -> ApiResult<Json<Execution>> {
    Ok(Json(preheat::execution(&domain, &access, &name, id).await?))
}

/// Stops a run of a policy.
#[utoipa::path(
    patch, path = "/api/v2.0/projects/{project_name}/preheat/policies/{preheat_policy_name}/executions/{execution_id}",
    operation_id = "StopExecution", tag = "preheat", request_body = Execution, responses((status = 200))
)]
async fn stop(
    PolicyPath(name): PolicyPath,
    ExecutionPath(id): ExecutionPath,
    State(domain): State<Domain>,
    Checked(RequireProject(access), _): Checked<RequireProject<UpdatePreheatPolicy>, Execution>,
) -> ApiResult<()> {
    Ok(preheat::stop(&domain, &access, &name, id).await?)
}

/// The tasks of a run.
#[utoipa::path(
    get,
    path = "/api/v2.0/projects/{project_name}/preheat/policies/{preheat_policy_name}/executions/{execution_id}/tasks",
    operation_id = "ListTasks", tag = "preheat", params(ListParams), responses((status = 200, body = [Task]))
)]
async fn tasks(
    list: List,
    PolicyPath(name): PolicyPath,
    ExecutionPath(execution): ExecutionPath,
    RequireProject(access): RequireProject<ListPreheatPolicies>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<Task>> {
    let rows = preheat::tasks(&domain, &access, &name, execution).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// What a task of a run wrote down.
#[utoipa::path(
    get,
    path = "/api/v2.0/projects/{project_name}/preheat/policies/{preheat_policy_name}/executions/{execution_id}/tasks/{task_id}/logs",
    operation_id = "GetPreheatLog", tag = "preheat",
    responses((status = 200, body = String, content_type = "text/plain"))
)]
async fn log(
    PolicyPath(name): PolicyPath,
    ExecutionPath(execution): ExecutionPath,
    TaskPath: TaskPath,
    RequireProject(access): RequireProject<ReadPreheatPolicy>,
    State(domain): State<Domain>,
) -> ApiResult<Lines> {
    Ok(Lines(preheat::log(&domain, &access, &name, execution).await?))
}

/// The P2P networks that policies of a project can be for.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name}/preheat/providers", operation_id = "ListProvidersUnderProject",
    tag = "preheat", responses((status = 200, body = [ProviderUnderProject]))
)]
async fn providers(
    RequireProject(access): RequireProject<ListPreheatPolicies>,
    State(domain): State<Domain>,
) -> ApiResult<Json<Vec<ProviderUnderProject>>> {
    Ok(Json(preheat::providers(&domain, &access).await?))
}
