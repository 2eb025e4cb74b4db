//! What is known of vulnerabilities in the whole system.

use axum::{Json, extract::State};
use berth_domain::{
    Domain,
    authz::{ListVulnerabilities, ReadSecurityHub},
    securityhub,
};
use berth_types::api::{SecuritySummary, VulnerabilityItem};
use berth_web::{
    ApiResult,
    extract::{List, RequireSystem},
    reply::PagedJson,
};

use crate::routes::{Routes, routes};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(summary)).routes(routes!(list))
}

/// Counts of vulnerabilities and artifacts.
#[utoipa::path(
    get, path = "/api/v2.0/security/summary", operation_id = "getSecuritySummary", tag = "securityhub",
    params(
        ("with_dangerous_cve" = Option<bool>, Query, description = "With the worst vulnerabilities."),
        ("with_dangerous_artifact" = Option<bool>, Query, description = "With the artifacts that have the worst ones."),
    ),
    responses((status = 200, body = SecuritySummary))
)]
async fn summary(
    RequireSystem(access): RequireSystem<ReadSecurityHub>,
    State(domain): State<Domain>,
) -> ApiResult<Json<SecuritySummary>> {
    Ok(Json(securityhub::summary(&domain, &access).await?))
}

/// The vulnerabilities of all artifacts.
#[utoipa::path(
    get, path = "/api/v2.0/security/vul", operation_id = "ListVulnerabilities", tag = "securityhub",
    params(
        ("q" = Option<String>, Query, description = "By `cve_id`, `severity`, `status`, `cvss_score_v3=[min~max]`, `project_id`, `repository_name`, `package`, `tag`, `digest`."),
        ("page" = Option<i64>, Query, description = "From 1."),
        ("page_size" = Option<i64>, Query, description = "Rows a page, at most 100."),
        ("tune_count" = Option<bool>, Query, description = "Whether more than 1,000 are counted as -1."),
        ("with_tag" = Option<bool>, Query, description = "With the artifacts' tags."),
    ),
    responses((status = 200, body = [VulnerabilityItem]))
)]
async fn list(
    list: List,
    RequireSystem(access): RequireSystem<ListVulnerabilities>,
) -> ApiResult<PagedJson<VulnerabilityItem>> {
    let rows = securityhub::list(&access, &list.query)?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}
