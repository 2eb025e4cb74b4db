//! The first start: what the wizard asks and sends.

use axum::{Json, extract::State};
use berth_domain::{Domain, setup};
use berth_types::api::{SetupReq, SetupState};
use berth_web::{
    ApiResult, AppState,
    extract::{Caller, List},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::body::Checked;

/// The routes of this file.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(state, finish))
}

/// Whether set-up is done, and whether a link is good.
#[utoipa::path(
    get, path = "/api/berth/v1/setup", operation_id = "getSetup", tag = "berth",
    params(("token" = Option<String>, Query, description = "The token of the link.")),
    responses((status = 200, body = SetupState))
)]
async fn state(list: List, State(domain): State<Domain>) -> ApiResult<Json<SetupState>> {
    let token = list.param("token").filter(|token| !token.is_empty());
    Ok(Json(setup::state(&domain, token).await?))
}

/// Gives `admin` a password. The link is gone afterwards.
#[utoipa::path(
    post, path = "/api/berth/v1/setup", operation_id = "finishSetup", tag = "berth", request_body = SetupReq,
    responses((status = 200))
)]
async fn finish(
    State(domain): State<Domain>,
    Checked(Caller(actor), request): Checked<Caller, SetupReq>,
) -> ApiResult<()> {
    Ok(setup::finish(&domain, &actor, &request).await?)
}
