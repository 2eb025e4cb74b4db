//! Who asks: reads the credential of a request and puts the caller into its extensions.
//!
//! A credential that proves nothing makes an anonymous caller, and the operation's own check refuses, as in Harbor.
//! [`Credential`] tells `/v2` what was presented, so that it can choose its challenge.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use berth_auth::Renewal;
use berth_domain::{Actor, Error};
use berth_types::ErrorCode;
use http::{HeaderMap, HeaderValue, header};

use crate::{ApiError, AppState, ClientAddr, RequestId, cookie, csrf::Proven};

/// Which credential a request carried, and whether it was good. A request extension.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Credential {
    /// None.
    #[default]
    None,
    /// `Authorization: Basic`.
    Basic {
        /// Whether it proved an identity.
        valid: bool,
    },
    /// `Authorization: Bearer`.
    Bearer {
        /// Whether it proved an identity.
        valid: bool,
    },
    /// The cookie `sid`.
    Session {
        /// Whether it proved an identity.
        valid: bool,
    },
    /// The portal, which asks on behalf of a caller that was verified at the outer request.
    Portal,
}

/// A caller who was verified already. Only code in this process can put it into a request.
#[derive(Clone, Debug)]
pub struct Verified(pub Actor);

/// The cookie of the living session that a request came with. A request extension.
#[derive(Clone, Debug)]
pub struct SessionCookie(pub String);

/// A request with this header does not keep its session alive.
const NO_RENEWAL: &str = "x-harbor-no-session-renewal";

/// [`authenticate`] as a layer.
pub async fn authenticated(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    match authenticate(&state, &mut request).await {
        Ok(()) => next.run(request).await,
        Err(refusal) => *refusal,
    }
}

/// Finds out who asks, and puts it into the request's extensions.
///
/// # Errors
/// The answer for a caller who has to wait, and for a database that does not answer.
pub async fn authenticate(state: &AppState, request: &mut Request) -> Result<(), Box<Response>> {
    let (actor, credential) = match request.extensions_mut().remove::<Verified>() {
        Some(Verified(actor)) => {
            // The form was checked where the visitor's own request came in.
            request.extensions_mut().insert(Proven);
            (actor, Credential::Portal)
        }
        None => identify(state, request).await.map_err(|error| Box::new(refuse(request, error)))?,
    };
    if actor.only_reads() && !may_be_sent_by_readers(request) {
        let error = Error::Forbidden("this personal access token reads only".to_owned());
        return Err(Box::new(refuse(request, error)));
    }
    request.extensions_mut().insert(actor);
    request.extensions_mut().insert(credential);
    Ok(())
}

/// Who a credential proves by now, for answers that take long. It keeps no session alive.
///
/// # Errors
/// Where the caller has to wait, and where the database does not answer.
pub async fn again(state: &AppState, headers: &HeaderMap, address: &str) -> berth_domain::Result<Option<Actor>> {
    match Presented::read(headers, false) {
        Presented::Basic(Some((name, secret))) => state.auth.basic(&name, &secret, address).await,
        Presented::Session(cookie) => state.auth.session(&cookie, Renewal::Keep).await,
        Presented::Basic(None) | Presented::Bearer(_) | Presented::Nothing => Ok(None),
    }
}

/// Where a request came from: the client's address and the request's id.
pub fn origin(extensions: &http::Extensions) -> (String, Arc<str>) {
    let address = extensions.get::<ClientAddr>().map(|addr| addr.0.to_string()).unwrap_or_default();
    let id = extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    (address, id)
}

async fn identify(state: &AppState, request: &mut Request) -> berth_domain::Result<(Actor, Credential)> {
    let (address, id) = origin(request.extensions());
    let presented = Presented::read(request.headers(), is_registry(request.uri().path()));
    let (found, credential) = match presented {
        Presented::Basic(pair) => {
            let found = match pair {
                Some((name, secret)) => state.auth.basic(&name, &secret, &address).await?,
                None => None,
            };
            let valid = found.is_some();
            (found, Credential::Basic { valid })
        }
        Presented::Bearer(token) => {
            let found = state.auth.bearer(&token).await?;
            let valid = found.is_some();
            (found, Credential::Bearer { valid })
        }
        Presented::Session(cookie) => {
            let renewal = if request.headers().contains_key(NO_RENEWAL) { Renewal::Keep } else { Renewal::Slide };
            let found = state.auth.session(&cookie, renewal).await?;
            let valid = found.is_some();
            if valid {
                request.extensions_mut().insert(SessionCookie(cookie));
            }
            (found, Credential::Session { valid })
        }
        Presented::Nothing => (None, Credential::None),
    };
    Ok((found.unwrap_or_default().on_request(address, id), credential))
}

/// What a request shows, before it is verified.
#[derive(Debug, PartialEq)]
#[doc(hidden)]
pub enum Presented {
    /// No credential that is understood.
    Nothing,
    /// Name and secret, where they can be read.
    Basic(Option<(String, String)>),
    /// A registry token.
    Bearer(String),
    /// The value of the cookie `sid`.
    Session(String),
}

impl Presented {
    /// Reads the headers. Bearer tokens count on `/v2` only.
    pub fn read(headers: &HeaderMap, is_registry: bool) -> Self {
        let line = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (scheme, rest) = line.split_once(' ').unwrap_or((line, ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Presented::Basic(basic(rest.trim()));
        }
        // Registry tokens are good for the registry only; elsewhere they count as no credential.
        if is_registry && scheme.eq_ignore_ascii_case("bearer") {
            return Presented::Bearer(rest.trim().to_owned());
        }
        cookie::get(headers, cookie::SESSION).map_or(Presented::Nothing, |value| Presented::Session(value.to_owned()))
    }
}

fn basic(encoded: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (name, secret) = text.split_once(':')?;
    (!name.is_empty()).then(|| (name.to_owned(), secret.to_owned()))
}

fn is_registry(path: &str) -> bool {
    path == "/v2" || path.starts_with("/v2/")
}

/// Whether a token that reads only may send a request at all. The registry asks for each of its actions itself, and a
/// registry token grants no more than what it is fetched with.
fn may_be_sent_by_readers(request: &Request) -> bool {
    let path = request.uri().path();
    request.method().is_safe() || is_registry(path) || path.starts_with("/service/")
}

fn refuse(request: &Request, error: Error) -> Response {
    let code = match error {
        Error::TooManyRequests { .. } if is_registry(request.uri().path()) => Some(ErrorCode::OciTooManyRequests),
        _ => None,
    };
    let refusal = ApiError::from(error);
    let is_challenge = refusal.code() == ErrorCode::Unauthorized && is_registry(request.uri().path());
    let mut response = match code {
        Some(code) => refusal.with_code(code).into_response(),
        None => refusal.into_response(),
    };
    if is_challenge {
        // As `/v2` says it to a wrong password.
        let challenge = HeaderValue::from_static("Basic realm=\"harbor\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presented(authorization: &'static str, cookie: &'static str, is_registry: bool) -> Presented {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static(authorization));
        headers.insert(header::COOKIE, HeaderValue::from_static(cookie));
        Presented::read(&headers, is_registry)
    }

    #[test]
    fn the_first_credential_that_is_understood_counts() {
        let pair = Some(("a".to_owned(), "b:c".to_owned()));
        assert_eq!(presented("Basic YTpiOmM=", "sid=s", false), Presented::Basic(pair.clone()));
        assert_eq!(presented("basic  YTpiOmM=", "", true), Presented::Basic(pair));
        assert_eq!(presented("Basic !!!", "sid=s", true), Presented::Basic(None));
        assert_eq!(presented("Basic", "", true), Presented::Basic(None));
        assert_eq!(presented("Basic OnNlY3JldA==", "", true), Presented::Basic(None));
        assert_eq!(presented("Bearer t", "sid=s", true), Presented::Bearer("t".into()));
        assert_eq!(presented("Bearer t", "sid=s", false), Presented::Session("s".into()));
        assert_eq!(presented("Harbor-Secret t", "", true), Presented::Nothing);
    }
}
