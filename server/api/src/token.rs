//! The token service: registry clients trade a credential for a token here.

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::any,
};
use berth_auth::{Auth, SERVICE};
use berth_types::scope::Scope;
use berth_web::{
    ApiResult,
    extract::{Caller, query_params},
};
use http::{HeaderValue, Method, StatusCode, Uri, header};
use serde::Serialize;

use crate::routes::Routes;

/// The routes of this file. They are the registry protocol's, not part of the described API.
pub fn router() -> Routes {
    Routes::from(Router::new().route("/service/token", any(token)).route("/service/token/jwks", any(jwks)))
}

/// What clients get. The second name of the token stays empty, as in Harbor: no client needs both.
#[derive(Serialize)]
struct TokenResp {
    token: String,
    access_token: &'static str,
    expires_in: i64,
    issued_at: String,
}

async fn token(method: Method, uri: Uri, Caller(actor): Caller, State(auth): State<Auth>) -> ApiResult<Response> {
    if method != Method::GET {
        // Clients that try the other way of asking take this for "ask with GET".
        return Ok((StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET")], "Method Not Allowed\n").into_response());
    }
    let params = query_params(&uri);
    let all =
        |wanted: &'static str| params.iter().filter(move |(key, _)| key == wanted).map(|(_, value)| value.as_str());
    let service = all("service").next().unwrap_or_default();
    if service != SERVICE {
        return Ok((StatusCode::BAD_REQUEST, format!("Unable to handle service: {service}")).into_response());
    }
    // Asking for nothing is how a client finds out whether a password is right.
    if actor.is_anonymous() && all("scope").next().is_none() {
        return Ok(StatusCode::UNAUTHORIZED.into_response());
    }
    let issued = auth.issue(&actor, &Scope::parse_all(all("scope"))).await?;
    let body = TokenResp {
        token: issued.token,
        access_token: "",
        expires_in: issued.expires_in_seconds,
        issued_at: issued.issued_at.to_datetime().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
    };
    let mut response = Json(body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    Ok(response)
}

async fn jwks(method: Method, State(auth): State<Auth>) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    Json(auth.jwks()).into_response()
}
