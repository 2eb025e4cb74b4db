//! Quotas of projects.

use axum::{
    Json,
    extract::{FromRequestParts, State},
};
use berth_domain::{
    Domain,
    authz::{ListQuotas, ReadSystemQuota, UpdateQuota},
    quota::{self, Filters},
};
use berth_types::api::{Quota, QuotaUpdateReq};
use berth_web::{
    ApiError, ApiResult, AppState,
    extract::{List, RequireSystem},
    reply::PagedJson,
};
use http::request::Parts;
use serde_json::Value;

use crate::{
    body::{Body, Checked},
    decode,
    extract::number_in_path,
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(get, update))
}

impl Body for QuotaUpdateReq {
    const NAME: &'static str = "hard";
    const MODEL: &'static str = "QuotaUpdateReq";

    fn check(&self) -> Result<(), ApiError> {
        let wrong = self.hard.iter().flatten().find(|(_, value)| value.as_i64().is_none());
        let Some((_, value)) = wrong else { return Ok(()) };
        let found = match value {
            Value::Number(number) => format!("number {number}"),
            value => decode::kind(value).to_owned(),
        };
        Err(ApiError::validation(format!(
            "parsing hard body from \"\" failed, because json: cannot unmarshal {found} into Go struct field \
             QuotaUpdateReq.hard of type int64"
        )))
    }
}

/// The quota that the path names.
struct QuotaPath(i64);

impl FromRequestParts<AppState> for QuotaPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        number_in_path(parts, "id").await.map(QuotaPath)
    }
}

/// The quotas of projects.
#[utoipa::path(
    get, path = "/api/v2.0/quotas", operation_id = "listQuotas", tag = "quota",
    params(
        ("page" = Option<i64>, Query, description = "From 1."),
        ("page_size" = Option<i64>, Query, description = "Rows a page, at most 100."),
        ("reference" = Option<String>, Query, description = "Of what: only `project` has quotas."),
        ("reference_id" = Option<String>, Query, description = "Row id of the project."),
        ("q" = Option<String>, Query, description = "Filters, for example `name=~team` by the project's name."),
        ("sort" = Option<String>, Query, description = "`hard.storage`, `used.storage`, `name`, or with `-` before it."),
    ),
    responses((status = 200, body = [Quota]))
)]
async fn list(
    list: List,
    RequireSystem(access): RequireSystem<ListQuotas>,
    State(domain): State<Domain>,
) -> ApiResult<PagedJson<Quota>> {
    let text = |key: &str| list.param(key).filter(|text| !text.is_empty()).map(str::to_owned);
    let filters = Filters { reference: text("reference"), reference_id: text("reference_id") };
    let rows = quota::list(&domain, &access, &filters, &list.query).await?;
    Ok(PagedJson { rows, page: list.query.page, address: list.address })
}

/// The quota of one project.
#[utoipa::path(
    get, path = "/api/v2.0/quotas/{id}", operation_id = "getQuota", tag = "quota",
    params(("id" = i64, Path, description = "Row id of the quota.")), responses((status = 200, body = Quota))
)]
async fn get(
    QuotaPath(id): QuotaPath,
    RequireSystem(access): RequireSystem<ReadSystemQuota>,
    State(domain): State<Domain>,
) -> ApiResult<Json<Quota>> {
    Ok(Json(quota::get(&domain, &access, id).await?))
}

/// Changes the limit of a project.
#[utoipa::path(
    put, path = "/api/v2.0/quotas/{id}", operation_id = "updateQuota", tag = "quota",
    params(("id" = i64, Path, description = "Row id of the quota.")),
    request_body = QuotaUpdateReq, responses((status = 200))
)]
async fn update(
    State(domain): State<Domain>,
    QuotaPath(id): QuotaPath,
    Checked(RequireSystem(access), request): Checked<RequireSystem<UpdateQuota>, QuotaUpdateReq>,
) -> ApiResult<()> {
    Ok(quota::update(&domain, &access, id, &request).await?)
}
