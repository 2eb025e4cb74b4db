//! Scans of artifacts and of everything.

use axum::{
    Json,
    extract::{FromRequestParts, State},
};
use berth_domain::{
    Domain,
    authz::{
        CreateSbom, CreateScan, CreateScanAll, ProjectAction, ReadAddition, ReadScan, ReadScanAll, StopSbom, StopScan,
        StopScanAll, UpdateScanAll,
    },
    scan,
};
use berth_types::api::{SCAN_TYPES, ScanType, Schedule, Stats};
use berth_web::{
    ApiError, ApiResult, AppState,
    extract::RequireSystem,
    reply::{Lines, MaybeJson},
};
use http::{StatusCode, request::Parts};
use serde::Deserialize;

use crate::{
    body::{Body, Checked},
    decode::Field,
    extract::{InRepository, Params},
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(begin))
        .routes(routes!(stop))
        .routes(routes!(log))
        .routes(routes!(reports))
        .routes(routes!(schedule, create_schedule, update_schedule))
        .routes(routes!(stop_all))
        .routes(routes!(last))
        .routes(routes!(last_scheduled))
}

impl Body for ScanType {
    const NAME: &'static str = "scanType";
    const MODEL: &'static str = "ScanType";
    const FIELDS: &'static [(&'static str, Field)] = &[("scan_type", Field::Text)];

    fn check(&self) -> Result<(), ApiError> {
        if self.scan_type.is_empty() || SCAN_TYPES.contains(&self.scan_type.as_str()) {
            return Ok(());
        }
        let allowed = SCAN_TYPES.join(" ");
        Err(ApiError::invalid_field(format!("scan_type in body should be one of [{allowed}]")))
    }
}

/// The same where a request may leave it out.
#[derive(Default, Deserialize)]
#[serde(transparent)]
struct MaybeScanType(ScanType);

impl Body for MaybeScanType {
    const NAME: &'static str = ScanType::NAME;
    const MODEL: &'static str = ScanType::MODEL;
    const FIELDS: &'static [(&'static str, Field)] = ScanType::FIELDS;

    fn absent() -> Result<Self, ApiError> {
        Ok(MaybeScanType::default())
    }

    fn check(&self) -> Result<(), ApiError> {
        self.0.check()
    }
}

fn wants_sbom(given: &ScanType) -> bool {
    given.scan_type == "sbom"
}

/// The artifact of a path. What a caller needs the right to is known after the body alone.
struct Target(Parts);

impl FromRequestParts<AppState> for Target {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        Ok(Target(parts.clone()))
    }
}

impl Target {
    async fn permit<A: ProjectAction>(mut self, state: &AppState) -> Result<(InRepository<A>, Params), ApiError> {
        let found = InRepository::from_request_parts(&mut self.0, state).await?;
        Ok((found, Params::from_request_parts(&mut self.0, state).await?))
    }
}

/// Scans an artifact.
#[utoipa::path(
    post, path = "/api/v2.0/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/scan",
    operation_id = "scanArtifact", tag = "scan", request_body(content = Option<ScanType>), responses((status = 202))
)]
async fn begin(
    State(state): State<AppState>,
    Checked(target, MaybeScanType(given)): Checked<Target, MaybeScanType>,
) -> ApiResult<StatusCode> {
    if wants_sbom(&given) {
        let (InRepository { access, repo }, params) = target.permit::<CreateSbom>(&state).await?;
        scan::generate_sbom(&state.domain, &access, &repo, params.get("reference")).await?;
    } else {
        let (InRepository { access, repo }, params) = target.permit::<CreateScan>(&state).await?;
        scan::scan(&state.domain, &access, &repo, params.get("reference")).await?;
    }
    Ok(StatusCode::ACCEPTED)
}

/// Stops the scan of an artifact.
#[utoipa::path(
    post, path = "/api/v2.0/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/scan/stop",
    operation_id = "stopScanArtifact", tag = "scan", request_body = ScanType, responses((status = 202))
)]
async fn stop(
    State(state): State<AppState>,
    Checked(target, given): Checked<Target, ScanType>,
) -> ApiResult<StatusCode> {
    if wants_sbom(&given) {
        let (InRepository { access, repo }, params) = target.permit::<StopSbom>(&state).await?;
        scan::stop_sbom(&state.domain, &access, &repo, params.get("reference")).await?;
    } else {
        let (InRepository { access, repo }, params) = target.permit::<StopScan>(&state).await?;
        scan::stop_scan(&state.domain, &access, &repo, params.get("reference")).await?;
    }
    Ok(StatusCode::ACCEPTED)
}

/// The log of the scan that made a report.
#[utoipa::path(
    get,
    path = "/api/v2.0/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/scan/{report_id}/log",
    operation_id = "getReportLog", tag = "scan", responses((status = 200, body = String, content_type = "text/plain"))
)]
async fn log(
    InRepository { access, repo }: InRepository<ReadScan>,
    params: Params,
    State(domain): State<Domain>,
) -> ApiResult<Lines> {
    Ok(Lines(scan::log(&domain, &access, &repo, params.get("reference"), params.get("report_id")).await?))
}

/// The reports on an artifact, by media type.
#[utoipa::path(
    get,
    path = "/api/v2.0/projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/additions/vulnerabilities",
    operation_id = "getVulnerabilitiesAddition", tag = "artifact",
    params(("X-Accept-Vulnerabilities" = Option<String>, Header, description = "Media types of reports, the first that there is one of.")),
    responses((status = 200, body = serde_json::Value, content_type = "application/json"))
)]
async fn reports(
    InRepository { access, repo }: InRepository<ReadAddition>,
    params: Params,
    State(domain): State<Domain>,
) -> ApiResult<Json<serde_json::Value>> {
    let reports = scan::reports(&domain, &access, &repo, params.get("reference")).await?;
    Ok(Json(reports.into_iter().collect()))
}

/// When everything is scanned; an empty answer where it is not.
#[utoipa::path(
    get, path = "/api/v2.0/system/scanAll/schedule", operation_id = "getScanAllSchedule", tag = "scanAll",
    responses((status = 200, body = Schedule))
)]
async fn schedule(
    RequireSystem(access): RequireSystem<ReadScanAll>,
    State(domain): State<Domain>,
) -> ApiResult<MaybeJson<Schedule>> {
    Ok(MaybeJson(scan::schedule(&domain, &access).await?))
}

/// Sets when everything is scanned, or scans everything at once.
#[utoipa::path(
    post, path = "/api/v2.0/system/scanAll/schedule", operation_id = "createScanAllSchedule", tag = "scanAll",
    request_body = Schedule, responses((status = 201))
)]
async fn create_schedule(
    State(domain): State<Domain>,
    Checked(RequireSystem(access), request): Checked<RequireSystem<CreateScanAll>, Schedule>,
) -> ApiResult<StatusCode> {
    scan::create_schedule(&domain, &access, &request).await?;
    Ok(StatusCode::CREATED)
}

/// Changes when everything is scanned.
#[utoipa::path(
    put, path = "/api/v2.0/system/scanAll/schedule", operation_id = "updateScanAllSchedule", tag = "scanAll",
    request_body = Schedule, responses((status = 200))
)]
async fn update_schedule(
    State(domain): State<Domain>,
    Checked(RequireSystem(access), request): Checked<RequireSystem<UpdateScanAll>, Schedule>,
) -> ApiResult<()> {
    Ok(scan::update_schedule(&domain, &access, &request).await?)
}

/// Stops the scan of everything.
#[utoipa::path(
    post, path = "/api/v2.0/system/scanAll/stop", operation_id = "stopScanAll", tag = "scanAll",
    responses((status = 202))
)]
async fn stop_all(
    RequireSystem(access): RequireSystem<StopScanAll>,
    State(domain): State<Domain>,
) -> ApiResult<StatusCode> {
    scan::stop_all(&domain, &access).await?;
    Ok(StatusCode::ACCEPTED)
}

/// How far the last scan of everything is.
#[utoipa::path(
    get, path = "/api/v2.0/scans/all/metrics", operation_id = "getLatestScanAllMetrics", tag = "scanAll",
    responses((status = 200, body = Stats))
)]
async fn last(
    RequireSystem(access): RequireSystem<ReadScanAll>,
    State(domain): State<Domain>,
) -> ApiResult<Json<Stats>> {
    Ok(Json(scan::last(&domain, &access).await?))
}

/// How far the last scan of everything that the schedule began is.
#[utoipa::path(
    get, path = "/api/v2.0/scans/schedule/metrics", operation_id = "getLatestScheduledScanAllMetrics", tag = "scanAll",
    responses((status = 200, body = Stats))
)]
async fn last_scheduled(
    RequireSystem(access): RequireSystem<ReadScanAll>,
    State(domain): State<Domain>,
) -> ApiResult<Json<Stats>> {
    Ok(Json(scan::last_scheduled(&domain, &access).await?))
}
