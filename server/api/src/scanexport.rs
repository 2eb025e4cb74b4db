//! Exports of what scans found.

use axum::{
    Json,
    extract::{FromRequestParts, State},
    response::{IntoResponse, Response},
};
use berth_domain::{
    Domain, Error,
    authz::{CreateExport, ProjectAccess},
    scanexport,
};
use berth_types::api::{
    ScanDataExportExecution, ScanDataExportExecutionList, ScanDataExportJob, ScanDataExportRequest,
};
use berth_web::{ApiError, ApiResult, AppState, extract::Caller};
use http::{header, request::Parts};

use crate::{
    body::{Body, Checked},
    decode::Field,
    extract::{RequireSignedIn, number_in_path},
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(begin)).routes(routes!(get)).routes(routes!(list)).routes(routes!(download))
}

impl Body for ScanDataExportRequest {
    const NAME: &'static str = "criteria";
    const MODEL: &'static str = "ScanDataExportRequest";
    const FIELDS: &'static [(&'static str, Field)] = &[
        ("job_name", Field::Text),
        ("projects", Field::List("int64")),
        ("labels", Field::List("int64")),
        ("repositories", Field::Text),
        ("cveIds", Field::Text),
        ("tags", Field::Text),
    ];
}

/// The header `X-Scan-Data-Type`, which has to be there.
struct DataType(String);

impl FromRequestParts<AppState> for DataType {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        let given = parts.headers.get("x-scan-data-type").and_then(|value| value.to_str().ok());
        match given.filter(|text| !text.is_empty()) {
            Some(text) => Ok(DataType(text.to_owned())),
            None => Err(ApiError::validation("X-Scan-Data-Type in header is required")),
        }
    }
}

/// The execution in the path.
struct ExecutionPath(i64);

impl FromRequestParts<AppState> for ExecutionPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        Ok(ExecutionPath(number_in_path(parts, "execution_id").await?))
    }
}

/// Begins an export.
#[utoipa::path(
    post, path = "/api/v2.0/export/cve", operation_id = "exportScanData", tag = "scan data export",
    params(("X-Scan-Data-Type" = String, Header, description = "What is exported: `application/vnd.security.vulnerability.report; version=1.1`.")),
    request_body = ScanDataExportRequest, responses((status = 200, body = ScanDataExportJob))
)]
async fn begin(
    DataType(data_type): DataType,
    State(domain): State<Domain>,
    Checked(Caller(actor), request): Checked<Caller, ScanDataExportRequest>,
) -> ApiResult<Json<ScanDataExportJob>> {
    let project = scanexport::project_of(&request, &data_type)?;
    let access = ProjectAccess::<CreateExport>::check_id(&domain, &actor, project).await;
    let access = access.map_err(|error| match error {
        Error::NotFound(text) => Error::NotFound(format!("resource not found: {text}")),
        error => error,
    })?;
    Ok(Json(ScanDataExportJob { id: scanexport::begin(&access)? }))
}

/// One export.
#[utoipa::path(
    get, path = "/api/v2.0/export/cve/execution/{execution_id}", operation_id = "getScanDataExportExecution",
    tag = "scan data export", responses((status = 200, body = ScanDataExportExecution))
)]
async fn get(
    ExecutionPath(id): ExecutionPath,
    RequireSignedIn(access): RequireSignedIn,
) -> ApiResult<Json<ScanDataExportExecution>> {
    Ok(Json(scanexport::get(&access, id)?))
}

/// The caller's exports.
#[utoipa::path(
    get, path = "/api/v2.0/export/cve/executions", operation_id = "getScanDataExportExecutionList",
    tag = "scan data export", responses((status = 200, body = ScanDataExportExecutionList))
)]
async fn list(RequireSignedIn(access): RequireSignedIn) -> Json<ScanDataExportExecutionList> {
    Json(scanexport::list(&access))
}

/// The file of an export, as CSV.
#[utoipa::path(
    get, path = "/api/v2.0/export/cve/download/{execution_id}", operation_id = "downloadScanData",
    tag = "scan data export",
    params(("format" = Option<String>, Query, description = "`csv`, the only one.")),
    responses((status = 200, body = String, content_type = "text/csv"))
)]
async fn download(ExecutionPath(id): ExecutionPath, RequireSignedIn(access): RequireSignedIn) -> ApiResult<Response> {
    let file = scanexport::download(&access, id)?;
    let name = format!("attachment; filename=\"scandata_export_{id}.csv\"");
    let headers = [(header::CONTENT_TYPE, "text/csv".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, file).into_response())
}
