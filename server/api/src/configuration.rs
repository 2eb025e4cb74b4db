//! Settings made at run time.

use axum::{
    Json,
    extract::{Path, State},
};
use berth_domain::{
    Domain,
    authz::{InternalAccess, ReadConfiguration, UpdateConfiguration},
    health, settings,
};
use berth_types::api::{Configurations, ConfiguredValue, SettingInfo};
use berth_web::{
    ApiResult,
    extract::{Caller, RequireSystem},
};
use serde_json::{Map, Value};

use crate::body::Checked;
use crate::routes::{Routes, routes};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(get, update))
        .routes(routes!(internal))
        .routes(routes!(describe))
        .routes(routes!(configured))
        .routes(routes!(reset))
}

/// All settings with their values. Secrets are left out.
#[utoipa::path(
    get, path = "/api/v2.0/configurations", operation_id = "getConfigurations", tag = "configure",
    responses((status = 200, body = ref("#/components/schemas/ConfigurationsResponse")))
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
    request_body(content = ref("#/components/schemas/Configurations"), description = "Values by name."),
    responses((status = 200))
)]
async fn update(
    State(domain): State<Domain>,
    Checked(RequireSystem(access), given): Checked<RequireSystem<UpdateConfiguration>, Map<String, Value>>,
) -> ApiResult<()> {
    Ok(settings::update(&domain, &access, &given).await?)
}

/// All settings, secrets included, for services of the installation alone. Nobody else gets them, whoever it is.
#[utoipa::path(
    get, path = "/api/v2.0/internalconfig", operation_id = "getInternalconfig", tag = "configure",
    responses((status = 200, body = ref("#/components/schemas/InternalConfigurationsResponse")))
)]
async fn internal(Caller(actor): Caller, State(domain): State<Domain>) -> ApiResult<Json<Configurations>> {
    let access = InternalAccess::check(&actor)?;
    Ok(Json(settings::internal(&domain, &access).await?))
}

/// All settings with where their values come from: the default, the database, or the file, the variable or the flag that
/// fixes them. Secrets are named and not shown.
#[utoipa::path(
    get, path = "/api/berth/v1/settings", operation_id = "listSettings", tag = "berth",
    responses((status = 200, body = [SettingInfo]))
)]
async fn describe(
    RequireSystem(access): RequireSystem<ReadConfiguration>,
    State(domain): State<Domain>,
) -> ApiResult<Json<Vec<SettingInfo>>> {
    Ok(Json(settings::describe(&domain, &access).await?))
}

/// What this server was started with: its file, its environment, its flags, or defaults. To change it takes a restart.
/// Secrets are named and not shown.
#[utoipa::path(
    get, path = "/api/berth/v1/configuration", operation_id = "listConfiguration", tag = "berth",
    responses((status = 200, body = [ConfiguredValue]))
)]
async fn configured(
    RequireSystem(access): RequireSystem<ReadConfiguration>,
    State(domain): State<Domain>,
) -> Json<Vec<ConfiguredValue>> {
    Json(health::configured(&domain, &access))
}

/// Forgets what was set through the API, so that the default of a setting holds again.
#[utoipa::path(
    delete, path = "/api/berth/v1/settings/{setting_name}", operation_id = "resetSetting", tag = "berth",
    responses((status = 200))
)]
async fn reset(
    RequireSystem(access): RequireSystem<UpdateConfiguration>,
    Path(name): Path<String>,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(settings::reset(&domain, &access, &name).await?)
}
