//! The second factor: switched on and off by its owner alone, taken off by administrators.

use axum::{
    Extension, Json,
    extract::{FromRequestParts, State},
};
use berth_auth::Auth;
use berth_domain::{
    Domain,
    authz::{SelfAccess, UpdateUser},
    second_factor::{self, ComesBy, Proof},
};
use berth_types::api::{
    RecoveryCodes, SecondFactorCode, SecondFactorProof, SecondFactorReq, SecondFactorSecret, SecondFactorState,
};
use berth_web::{
    ApiError, ApiResult, AppState, SessionCookie,
    extract::{RequireSelf, RequireSystem},
    state::base_url,
};
use http::request::Parts;

use crate::{
    body::{Body, Checked},
    decode::Field,
    extract::UserPath,
    routes::{Routes, routes},
};

/// The routes of this file.
pub fn router() -> Routes {
    Routes::new()
        .routes(routes!(state, begin))
        .routes(routes!(confirm))
        .routes(routes!(renew))
        .routes(routes!(disable))
        .routes(routes!(remove))
}

impl Body for SecondFactorReq {
    const NAME: &'static str = "second_factor";
    const MODEL: &'static str = "SecondFactorReq";
    const FIELDS: &'static [(&'static str, Field)] = &[("password", Field::Text)];
}

impl Body for SecondFactorCode {
    const NAME: &'static str = "code";
    const MODEL: &'static str = "SecondFactorCode";
    const FIELDS: &'static [(&'static str, Field)] = &[("code", Field::Text)];
}

impl Body for SecondFactorProof {
    const NAME: &'static str = "proof";
    const MODEL: &'static str = "SecondFactorProof";
    const FIELDS: &'static [(&'static str, Field)] = &[("password", Field::Text), ("code", Field::Text)];
}

/// A caller, and what authenticator apps call the server that is asked.
struct Here {
    access: SelfAccess,
    issuer: String,
}

impl FromRequestParts<AppState> for Here {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let RequireSelf(access) = RequireSelf::from_request_parts(parts, state).await?;
        let url = base_url(&state.http, parts);
        let host = url.split_once("://").map_or(&*url, |(_, rest)| rest);
        Ok(Here { access, issuer: host.split('/').next().unwrap_or(host).to_owned() })
    }
}

/// Whether a code is asked for after the caller's password.
#[utoipa::path(
    get, path = "/api/berth/v1/users/current/second-factor", operation_id = "getSecondFactor", tag = "berth",
    responses((status = 200, body = SecondFactorState))
)]
async fn state(RequireSelf(access): RequireSelf, State(domain): State<Domain>) -> ApiResult<Json<SecondFactorState>> {
    Ok(Json(second_factor::state(&domain, &access).await?))
}

/// Makes a secret for the caller's authenticator app, which counts once it is confirmed. The answer is the only one with it.
#[utoipa::path(
    post, path = "/api/berth/v1/users/current/second-factor", operation_id = "beginSecondFactor", tag = "berth",
    request_body = SecondFactorReq, responses((status = 200, body = SecondFactorSecret))
)]
async fn begin(
    State(domain): State<Domain>,
    Checked(here, request): Checked<Here, SecondFactorReq>,
) -> ApiResult<Json<SecondFactorSecret>> {
    Ok(Json(second_factor::begin(&domain, &here.access, &request.password, &here.issuer).await?))
}

/// Switches the second factor on by the first code of the app. The answer is the only one with the recovery codes. Other
/// sessions end, and the password alone signs in nowhere any more.
#[utoipa::path(
    post, path = "/api/berth/v1/users/current/second-factor/confirm", operation_id = "confirmSecondFactor", tag = "berth",
    request_body = SecondFactorCode, responses((status = 200, body = RecoveryCodes))
)]
async fn confirm(
    session: Option<Extension<SessionCookie>>,
    State(auth): State<Auth>,
    State(domain): State<Domain>,
    Checked(RequireSelf(access), request): Checked<RequireSelf, SecondFactorCode>,
) -> ApiResult<Json<RecoveryCodes>> {
    let keep = session.map(|session| auth.session_hash(&session.0.0));
    let keep = keep.as_ref().map(<[u8; 32]>::as_slice);
    let made = auth.generate_recovery_codes();
    second_factor::confirm(&domain, &access, &request.code, made.hashes, keep).await?;
    Ok(Json(RecoveryCodes { codes: made.codes }))
}

/// What the caller shows, and how far that reaches.
fn shown<'p>(
    auth: &Auth,
    proof: &'p SecondFactorProof,
    session: Option<&Extension<SessionCookie>>,
) -> (Proof<'p>, ComesBy) {
    let comes_by = if session.is_some() { ComesBy::Session } else { ComesBy::Password };
    let proof =
        if proof.code.is_empty() { Proof::Password(&proof.password) } else { Proof::Code(auth.given(&proof.code)) };
    (proof, comes_by)
}

/// Makes new recovery codes, by the password or by a code; those before are good no more. The answer is the only one with them.
#[utoipa::path(
    post, path = "/api/berth/v1/users/current/second-factor/recovery-codes", operation_id = "renewRecoveryCodes",
    tag = "berth", request_body = SecondFactorProof, responses((status = 200, body = RecoveryCodes))
)]
async fn renew(
    session: Option<Extension<SessionCookie>>,
    State(auth): State<Auth>,
    State(domain): State<Domain>,
    Checked(RequireSelf(access), proof): Checked<RequireSelf, SecondFactorProof>,
) -> ApiResult<Json<RecoveryCodes>> {
    let (proof, comes_by) = shown(&auth, &proof, session.as_ref());
    let made = auth.generate_recovery_codes();
    second_factor::renew_recovery_codes(&domain, &access, proof, comes_by, made.hashes).await?;
    Ok(Json(RecoveryCodes { codes: made.codes }))
}

/// Switches the caller's second factor off, by the password or by a code.
#[utoipa::path(
    post, path = "/api/berth/v1/users/current/second-factor/disable", operation_id = "disableSecondFactor", tag = "berth",
    request_body = SecondFactorProof, responses((status = 200))
)]
async fn disable(
    session: Option<Extension<SessionCookie>>,
    State(auth): State<Auth>,
    State(domain): State<Domain>,
    Checked(RequireSelf(access), proof): Checked<RequireSelf, SecondFactorProof>,
) -> ApiResult<()> {
    let (proof, comes_by) = shown(&auth, &proof, session.as_ref());
    Ok(second_factor::switch_off(&domain, &access, proof, comes_by).await?)
}

/// Takes the second factor off the account of somebody who has lost it. For administrators.
#[utoipa::path(
    delete, path = "/api/berth/v1/users/{user_id}/second-factor", operation_id = "removeSecondFactor", tag = "berth",
    responses((status = 200))
)]
async fn remove(
    UserPath(id): UserPath,
    RequireSystem(access): RequireSystem<UpdateUser>,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(second_factor::remove(&domain, &access, id).await?)
}
