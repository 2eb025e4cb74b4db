//! Signing in and out (`/c/*`, Harbor's addresses for browsers), and the caller's sessions.

use axum::{
    Extension, Json, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use berth_auth::{Auth, HALFWAY_SECONDS, NewSession, Origin, SecondStep, SignedIn};
use berth_domain::{
    Actor, Domain, Error, session,
    user::{self, Key},
};
use berth_types::{
    ErrorCode,
    api::{SECOND_FACTOR_OVER, SECOND_FACTOR_REQUIRED, SECOND_FACTOR_WRONG, Session},
    error::{ErrorBody, ErrorEnvelope},
};
use berth_web::{
    ApiError, ApiResult, AppState, SessionCookie, cookie,
    credential::origin,
    csrf::StartedSession,
    error::envelope_response,
    extract::{Caller, List, RequireSelf, form_pairs},
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};

use crate::routes::{Routes, routes};

/// The routes of this file.
pub fn router() -> Routes {
    // Harbor's description of its API leaves these out, and so does ours.
    let account = Router::new()
        .route("/c/login", post(sign_in))
        .route("/c/login/code", post(sign_in_with_code))
        .route("/c/log_out", get(sign_out))
        .route("/c/userExists", post(exists))
        .route("/c/oidc/login", get(no_oidc))
        .route("/c/oidc/callback", get(no_oidc))
        .route("/c/oidc/onboard", post(no_oidc))
        .route("/c/oidc/logout", get(no_oidc))
        .route("/c/authproxy/redirect", get(no_authproxy));
    Routes::from(account).routes(routes!(list, revoke_others)).routes(routes!(revoke))
}

async fn sign_in(
    State(state): State<AppState>,
    former: Option<Extension<SessionCookie>>,
    extensions: http::Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> ApiResult<Response> {
    let pairs = form_pairs(&body);
    let field =
        |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default();
    let (name, password) = (field("principal"), field("password"));
    if name.is_empty() || password.is_empty() {
        return Ok(StatusCode::UNAUTHORIZED.into_response());
    }
    let from = from(&extensions, &headers);
    match state.auth.sign_in(name, password, &from).await? {
        None => Ok(StatusCode::UNAUTHORIZED.into_response()),
        Some(SignedIn::Done(new)) => Ok(signed_in(&state, former, new).await?),
        Some(SignedIn::Halfway(ticket)) => {
            let mut response =
                unfinished(SECOND_FACTOR_REQUIRED, "the password is right; POST the code to /c/login/code");
            if let Some(set) = cookie::halfway(&ticket, HALFWAY_SECONDS, state.http.is_secure()) {
                response.headers_mut().append(header::SET_COOKIE, set);
            }
            Ok(response)
        }
    }
}

/// The second step: a code of the app, or a recovery code.
async fn sign_in_with_code(
    State(state): State<AppState>,
    former: Option<Extension<SessionCookie>>,
    extensions: http::Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> ApiResult<Response> {
    let pairs = form_pairs(&body);
    let code = pairs.iter().find(|(key, _)| key == "code").map(|(_, value)| value.as_str()).unwrap_or_default();
    let ticket = cookie::get(&headers, cookie::HALFWAY).unwrap_or_default();
    match state.auth.second_step(ticket, code, &from(&extensions, &headers)).await? {
        SecondStep::Done(new) => {
            let mut response = signed_in(&state, former, new).await?;
            if let Some(set) = cookie::halfway("", 0, state.http.is_secure()) {
                response.headers_mut().append(header::SET_COOKIE, set);
            }
            Ok(response)
        }
        SecondStep::Wrong => Ok(unfinished(SECOND_FACTOR_WRONG, "the code is wrong, or was used before")),
        SecondStep::Over => Ok(unfinished(SECOND_FACTOR_OVER, "sign in with the password first, then with the code")),
    }
}

/// Where a browser signs in from.
fn from(extensions: &http::Extensions, headers: &HeaderMap) -> Origin {
    let (address, request_id) = origin(extensions);
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Origin { address, user_agent: user_agent.to_owned(), request_id: request_id.to_string() }
}

/// Nobody is signed in yet. Harbor has no word for it.
fn unfinished(code: &str, message: &str) -> Response {
    let error = ErrorBody { code: code.to_owned(), message: message.to_owned() };
    envelope_response(StatusCode::UNAUTHORIZED, &ErrorEnvelope { errors: vec![error] })
}

/// Hands a new session to the browser.
async fn signed_in(state: &AppState, former: Option<Extension<SessionCookie>>, new: NewSession) -> ApiResult<Response> {
    // The browser is about to forget its former session.
    if let Some(Extension(SessionCookie(former))) = former {
        state.auth.sign_out(&former, &Actor::default()).await?;
    }
    let mut response = StatusCode::OK.into_response();
    if let Some(set) = cookie::session(&new.cookie, state.http.is_secure()) {
        response.headers_mut().append(header::SET_COOKIE, set);
    }
    response.extensions_mut().insert(StartedSession(new.cookie));
    Ok(response)
}

async fn sign_out(State(state): State<AppState>, Caller(actor): Caller, headers: HeaderMap) -> ApiResult<Response> {
    if let Some(sid) = cookie::get(&headers, cookie::SESSION) {
        state.auth.sign_out(sid, &actor).await?;
    }
    let mut response = StatusCode::OK.into_response();
    if let Some(set) = cookie::no_session(state.http.is_secure()) {
        response.headers_mut().append(header::SET_COOKIE, set);
    }
    Ok(response)
}

async fn exists(State(domain): State<Domain>, Caller(actor): Caller, body: Bytes) -> ApiResult<Response> {
    let pairs = form_pairs(&body);
    let field =
        |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default();
    // Who may ask comes first, as in Harbor.
    let key = if field("target") == "email" { Key::Email } else { Key::Username };
    let found = match user::exists(&domain, &actor, key, field("value")).await {
        Ok(found) => found,
        Err(Error::Precondition(reason)) => return Ok((StatusCode::PRECONDITION_FAILED, reason).into_response()),
        Err(error) => return Err(error.into()),
    };
    if !["username", "email"].contains(&field("target")) {
        return Err(ApiError::new(ErrorCode::BadRequest, "the target must be username or email"));
    }
    Ok(Json(found).into_response())
}

async fn no_oidc(State(domain): State<Domain>) -> ApiResult<Response> {
    let settings = domain.settings().await?;
    Ok(wrong_mode(format!("auth mode: {} is not OIDC based", settings.auth_mode())))
}

async fn no_authproxy(State(domain): State<Domain>) -> ApiResult<Response> {
    let settings = domain.settings().await?;
    Ok(wrong_mode(format!("the auth mode {} does not support this flow", settings.auth_mode())))
}

/// Harbor has a word of its own for this refusal, and only here.
fn wrong_mode(message: String) -> Response {
    let error = ErrorBody { code: "PRECONDITION_FAILED".to_owned(), message };
    envelope_response(StatusCode::PRECONDITION_FAILED, &ErrorEnvelope { errors: vec![error] })
}

/// The caller's sessions, last used first.
#[utoipa::path(
    get, path = "/api/berth/v1/sessions", operation_id = "listSessions", tag = "berth",
    params((
        "sort" = Option<String>, Query,
        description = "`user_agent`, `remote_addr`, `created_at`, `seen_at` or `expires_at`; `-` before it turns it round.",
    )),
    responses((status = 200, body = [Session]))
)]
async fn list(
    asked: List,
    RequireSelf(access): RequireSelf,
    current: Option<Extension<SessionCookie>>,
    State(auth): State<Auth>,
    State(domain): State<Domain>,
) -> ApiResult<Json<Vec<Session>>> {
    let hash = current.map(|current| auth.session_hash(&current.0.0));
    Ok(Json(session::list(&domain, &access, hash.as_ref().map(<[u8; 32]>::as_slice), &asked.query).await?))
}

/// Ends all of the caller's sessions but the one that asks.
#[utoipa::path(
    delete, path = "/api/berth/v1/sessions", operation_id = "deleteOtherSessions", tag = "berth",
    responses((status = 200))
)]
async fn revoke_others(
    RequireSelf(access): RequireSelf,
    current: Option<Extension<SessionCookie>>,
    State(auth): State<Auth>,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    let hash = current.map(|current| auth.session_hash(&current.0.0));
    Ok(session::revoke_others(&domain, &access, hash.as_ref().map(<[u8; 32]>::as_slice)).await?)
}

/// Ends one of the caller's sessions.
#[utoipa::path(
    delete, path = "/api/berth/v1/sessions/{id}", operation_id = "deleteSession", tag = "berth",
    responses((status = 200))
)]
async fn revoke(
    RequireSelf(access): RequireSelf,
    Path(id): Path<String>,
    State(domain): State<Domain>,
) -> ApiResult<()> {
    Ok(session::revoke(&domain, &access, &id).await?)
}
