//! Projects with what they hold, and stars (`/api/berth/v1`).

use axum::{Json, extract::State};
use berth_domain::{
    Domain,
    authz::{ListQuotas, ListRepositories, ReadProject, ReadQuota},
    measure,
    overview::{self, Filters},
    usage,
};
use berth_types::api::{ProjectOverview, ProjectStorage, ProjectUsage, RepositoryUsage, SystemUsage, UsageHistory};
use berth_web::{
    ApiError, ApiResult,
    extract::{List, RequireProject, RequireSelf, RequireSystem, Seen},
    reply::PagedJson,
};

use crate::extract::{ListParams, switch};
use crate::routes::{Routes, routes};

/// Days that a history has where nobody says how many.
const DAYS: i64 = 30;

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(projects))
        .routes(routes!(star, unstar))
        .routes(routes!(of_project))
        .routes(routes!(of_repositories))
        .routes(routes!(days_of_project))
        .routes(routes!(of_system))
        .routes(routes!(of_projects))
        .routes(routes!(of_all_repositories))
        .routes(routes!(days_of_system))
}

/// The projects that the caller may see, with what they hold. `q` knows `name`, `public` and times; `sort` also
/// `storage`, `push_time` and `repo_count`.
#[utoipa::path(
    get, path = "/api/berth/v1/projects", operation_id = "listProjectOverviews", tag = "berth",
    params(
        ListParams,
        ("member" = Option<bool>, Query, description = "Only those that the caller is a member of."),
        ("favorite" = Option<bool>, Query, description = "Only those that the caller starred."),
    ),
    responses((status = 200, body = [ProjectOverview]))
)]
async fn projects(
    list: List,
    Seen(visible): Seen,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<ProjectOverview>> {
    let filters = Filters { member: switch(&list, "member", false), starred: switch(&list, "favorite", false) };
    let rows = overview::list(&domain, &visible, filters, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// Stars a project for the caller.
#[utoipa::path(
    put, path = "/api/berth/v1/projects/{project_name}/favorite", operation_id = "starProject", tag = "berth",
    responses((status = 200))
)]
async fn star(
    RequireSelf(person): RequireSelf,
    RequireProject(access): RequireProject<ReadProject>,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(overview::star(&domain, &access, &person).await?)
}

/// Takes the caller's star back.
#[utoipa::path(
    delete, path = "/api/berth/v1/projects/{project_name}/favorite", operation_id = "unstarProject", tag = "berth",
    responses((status = 200))
)]
async fn unstar(
    RequireSelf(person): RequireSelf,
    RequireProject(access): RequireProject<ReadProject>,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(overview::unstar(&domain, &access, &person).await?)
}

/// The storage of a project: what counts, what is reserved, what is shared.
#[utoipa::path(
    get, path = "/api/berth/v1/projects/{project_name}/usage", operation_id = "getProjectUsage", tag = "berth",
    responses((status = 200, body = ProjectUsage))
)]
async fn of_project(
    RequireProject(access): RequireProject<ReadQuota>,
    State(domain): State<Domain>,
) -> ApiResult<Json<ProjectUsage>> {
    Ok(Json(usage::of_project(&domain, &access).await?))
}

/// What the repositories of a project hold. `q` knows `name`; `sort` also `size`, `artifact_count`, `pull_count`,
/// `push_time` and `pull_time`.
#[utoipa::path(
    get, path = "/api/berth/v1/projects/{project_name}/usage/repositories", operation_id = "listRepositoryUsage",
    tag = "berth",
    params(
        ListParams,
        ("unused_days" = Option<i64>, Query, description = "Only those of which nothing was pushed or pulled for so long."),
    ),
    responses((status = 200, body = [RepositoryUsage]))
)]
async fn of_repositories(
    list: List,
    RequireProject(access): RequireProject<ListRepositories>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<RepositoryUsage>> {
    let days = number(&list, "unused_days")?;
    let rows = usage::of_repositories(&domain, &access, days, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// What a project held day by day, UTC: one measure a day, the last of them today as it is now.
#[utoipa::path(
    get, path = "/api/berth/v1/projects/{project_name}/usage/days", operation_id = "getProjectUsageDays",
    tag = "berth",
    params(("days" = Option<i64>, Query, description = "How many days, today among them: 1 to 400, without it 30.")),
    responses((status = 200, body = UsageHistory))
)]
async fn days_of_project(
    list: List,
    RequireProject(access): RequireProject<ReadQuota>,
    State(domain): State<Domain>,
) -> ApiResult<Json<UsageHistory>> {
    let days = number(&list, "days")?.unwrap_or(DAYS);
    Ok(Json(measure::of_project(&domain, &access, days).await?))
}

/// The storage of the whole installation, for administrators.
#[utoipa::path(
    get, path = "/api/berth/v1/usage", operation_id = "getSystemUsage", tag = "berth",
    responses((status = 200, body = SystemUsage))
)]
async fn of_system(
    RequireSystem(access): RequireSystem<ListQuotas>,
    State(domain): State<Domain>,
) -> ApiResult<Json<SystemUsage>> {
    Ok(Json(usage::of_system(&domain, &access).await?))
}

/// What all projects hold, for administrators. `q` knows `name`; `sort` also `size`, `repo_count`, `artifact_count`,
/// `pull_count`, `push_time` and `pull_time`.
#[utoipa::path(
    get, path = "/api/berth/v1/usage/projects", operation_id = "listProjectStorage", tag = "berth",
    params(ListParams),
    responses((status = 200, body = [ProjectStorage]))
)]
async fn of_projects(
    list: List,
    RequireSystem(access): RequireSystem<ListQuotas>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<ProjectStorage>> {
    let rows = usage::of_projects(&domain, &access, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// What the repositories of all projects hold, for administrators. `q` knows `name`, with the project's; `sort` also
/// `size`, `artifact_count`, `pull_count`, `push_time` and `pull_time`.
#[utoipa::path(
    get, path = "/api/berth/v1/usage/repositories", operation_id = "listAllRepositoryUsage", tag = "berth",
    params(
        ListParams,
        ("unused_days" = Option<i64>, Query, description = "Only those of which nothing was pushed or pulled for so long."),
    ),
    responses((status = 200, body = [RepositoryUsage]))
)]
async fn of_all_repositories(
    list: List,
    RequireSystem(access): RequireSystem<ListQuotas>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<RepositoryUsage>> {
    let days = number(&list, "unused_days")?;
    let rows = usage::of_all_repositories(&domain, &access, days, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// What the whole installation held day by day, UTC: one measure a day, the last of them today as it is now. For
/// administrators.
#[utoipa::path(
    get, path = "/api/berth/v1/usage/days", operation_id = "getSystemUsageDays", tag = "berth",
    params(("days" = Option<i64>, Query, description = "How many days, today among them: 1 to 400, without it 30.")),
    responses((status = 200, body = UsageHistory))
)]
async fn days_of_system(
    list: List,
    RequireSystem(access): RequireSystem<ListQuotas>,
    State(domain): State<Domain>,
) -> ApiResult<Json<UsageHistory>> {
    let days = number(&list, "days")?.unwrap_or(DAYS);
    Ok(Json(measure::of_system(&domain, &access, days).await?))
}

/// A number in the query; an empty one is none.
fn number(list: &List, key: &str) -> ApiResult<Option<i64>> {
    let wrong = |text: &str| ApiError::validation(format!("{key} in query must be of type int64: \"{text}\""));
    let given = list.param(key).filter(|text| !text.is_empty());
    given.map(|text| text.parse().map_err(|_| wrong(text))).transpose()
}
