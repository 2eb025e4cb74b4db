//! The audit log, of the system and of a project, and its older shape.

use axum::{Json, extract::State};
use berth_domain::{
    Domain, audit,
    authz::{ListAudit, ListLogs},
};
use berth_types::api::{AuditEntry, AuditLog, AuditLogEventType, AuditLogExt};
use berth_web::{
    ApiResult,
    extract::{List, RequireProject, RequireSystem},
    reply::PagedJson,
};

use crate::extract::{ListParams, RequireAudit};
use crate::routes::{Routes, routes};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(list))
        .routes(routes!(list_old))
        .routes(routes!(events))
        .routes(routes!(list_of_project))
        .routes(routes!(list_old_of_project))
        .routes(routes!(list_whole))
        .routes(routes!(list_whole_of_project))
}

/// The entries that the caller may see: all for administrators, else those of the projects that the caller administers.
#[utoipa::path(
    get, path = "/api/v2.0/auditlog-exts", operation_id = "listAuditLogExts", tag = "auditlog", params(ListParams),
    responses((status = 200, body = [AuditLogExt]))
)]
async fn list(
    list: List,
    RequireAudit(view): RequireAudit,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<AuditLogExt>> {
    let rows = audit::list(&domain, &view, &list.query).await?.map(AuditLogExt::from);
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// The same entries in their older shape.
#[utoipa::path(
    get, path = "/api/v2.0/audit-logs", operation_id = "listAuditLogs", tag = "auditlog", params(ListParams),
    responses((status = 200, body = [AuditLog]))
)]
async fn list_old(
    list: List,
    RequireAudit(view): RequireAudit,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<AuditLog>> {
    let rows = audit::list(&domain, &view, &list.query).await?.map(AuditLog::from);
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// The kinds of event that are logged.
#[utoipa::path(
    get, path = "/api/v2.0/auditlog-exts/events", operation_id = "listAuditLogEventTypes", tag = "auditlog",
    responses((status = 200, body = [AuditLogEventType]))
)]
async fn events(RequireSystem(access): RequireSystem<ListAudit>) -> Json<Vec<AuditLogEventType>> {
    Json(audit::event_types(&access))
}

/// The entries of a project.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name}/auditlog-exts", operation_id = "getLogExts", tag = "project",
    params(ListParams), responses((status = 200, body = [AuditLogExt]))
)]
async fn list_of_project(
    list: List,
    RequireProject(access): RequireProject<ListLogs>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<AuditLogExt>> {
    let rows = audit::list_of(&domain, &access, &list.query).await?.map(AuditLogExt::from);
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// The entries of a project in their older shape.
#[utoipa::path(
    get, path = "/api/v2.0/projects/{project_name}/logs", operation_id = "getLogs", tag = "project",
    params(ListParams), responses((status = 200, body = [AuditLog]))
)]
async fn list_old_of_project(
    list: List,
    RequireProject(access): RequireProject<ListLogs>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<AuditLog>> {
    let rows = audit::list_of(&domain, &access, &list.query).await?.map(AuditLog::from);
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// The entries that the caller may see, with the addresses that they came from.
#[utoipa::path(
    get, path = "/api/berth/v1/audit-logs", operation_id = "listAuditEntries", tag = "berth", params(ListParams),
    responses((status = 200, body = [AuditEntry]))
)]
async fn list_whole(
    list: List,
    RequireAudit(view): RequireAudit,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<AuditEntry>> {
    let rows = audit::list(&domain, &view, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// The entries of a project, with the addresses that they came from.
#[utoipa::path(
    get, path = "/api/berth/v1/projects/{project_name}/audit-logs", operation_id = "listProjectAuditEntries",
    tag = "berth", params(ListParams), responses((status = 200, body = [AuditEntry]))
)]
async fn list_whole_of_project(
    list: List,
    RequireProject(access): RequireProject<ListLogs>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<AuditEntry>> {
    let rows = audit::list_of(&domain, &access, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}
