//! The first start: what the wizard asks and sends.

use axum::{Json, extract::State};
use berth_domain::{Domain, setup};
use berth_types::api::{SetupReq, SetupState};
use berth_web::{
    ApiResult, AppState,
    client_addr::ByTrustedProxy,
    extract::{Caller, List},
    state::{HttpOptions, base_url},
};
use http::request::Parts;

use crate::body::Checked;
use crate::routes::{Routes, routes};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new().routes(routes!(state, finish))
}

/// Whether set-up is done, and whether a link is good.
#[utoipa::path(
    get, path = "/api/berth/v1/setup", operation_id = "getSetup", tag = "berth",
    params(("token" = Option<String>, Query, description = "The token of the link.")),
    responses((status = 200, body = SetupState))
)]
async fn state(list: List, State(state): State<AppState>, parts: Parts) -> ApiResult<Json<SetupState>> {
    let token = list.param("token").filter(|token| !token.is_empty());
    let mut told = setup::state(&state.domain, token).await?;
    if told.token_valid == Some(true) {
        let address = base_url(&state.http, &parts);
        told.checks = Some(setup::checks(&state.domain, address, requested(&state.http, parts)).await);
    }
    Ok(Json(told))
}

/// Scheme and host by which a request came, if what forwarded it speaks the truth. Good for showing and for nothing else.
fn requested(http: &HttpOptions, mut parts: Parts) -> String {
    parts.extensions.insert(ByTrustedProxy);
    base_url(&HttpOptions { external_url: None, ..http.clone() }, &parts)
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
