//! Settings made at run time.

use axum::{Json, extract::State};
use berth_domain::{
    Domain,
    authz::{ReadConfiguration, UpdateConfiguration},
    settings,
};
use berth_types::api::Configurations;
use berth_web::{ApiResult, AppState, extract::RequireSystem};
use serde_json::{Map, Value};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::body::Checked;

/// The routes of this file.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get, update))
}

/// All settings with their values. Secrets are left out.
#[utoipa::path(
    get, path = "/api/v2.0/configurations", operation_id = "getConfigurations", tag = "configure",
    responses((status = 200, body = Configurations))
)]
async fn get(
    RequireSystem(access): RequireSystem<ReadConfiguration>,
    State(domain): State<Domain>,
) -> ApiResult<Json<Value>> {
    let settings: Configurations = settings::get(&domain, &access).await?;
    let mut answer = serde_json::to_value(settings).unwrap_or_default();
    // The schedule of scans is set elsewhere; Harbor shows its place all the same.
    answer["scan_all_policy"] = serde_json::json!({});
    Ok(Json(answer))
}

/// Changes the settings that are given. Unknown ones are ignored.
#[utoipa::path(
    put, path = "/api/v2.0/configurations", operation_id = "updateConfigurations", tag = "configure",
    request_body(content = Object, description = "Values by name."), responses((status = 200))
)]
async fn update(
    State(domain): State<Domain>,
    Checked(RequireSystem(access), given): Checked<RequireSystem<UpdateConfiguration>, Map<String, Value>>,
) -> ApiResult<()> {
    Ok(settings::update(&domain, &access, &given).await?)
}
