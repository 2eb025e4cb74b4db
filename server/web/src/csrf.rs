//! Protection against requests that another site makes a browser send.
//!
//! A browser sends the session's cookie along wherever a request comes from. So a request that carries it and changes
//! something has to show that it comes from a page of ours: the browser says so itself (`Sec-Fetch-Site`, `Origin`), or
//! the request has a form token, as Harbor's clients do.

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use berth_auth::{Auth, CsrfRefusal};
use berth_types::ErrorCode;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};

use crate::{ApiError, AppState, HttpOptions, cookie};

/// A request that came from a page of ours. A request extension.
#[derive(Clone, Copy, Debug)]
pub struct Proven;

/// The session that an answer starts. A response extension, so that the form token in the answer fits it.
#[derive(Clone, Debug)]
pub struct StartedSession(pub String);

/// What the answer to an accepted request needs so that the next form will be accepted too.
#[derive(Debug)]
pub struct Form {
    sid: Option<String>,
    former: Option<String>,
    path: Path,
    wants_page: bool,
}

/// Refuses what another site made a browser send.
///
/// # Errors
/// The refusal, with a fresh form token.
pub fn check(state: &AppState, request: &mut Request) -> Result<Form, Box<Response>> {
    let sid = cookie::get(request.headers(), cookie::SESSION).map(str::to_owned);
    let former = cookie::get(request.headers(), cookie::CSRF).filter(|value| !value.is_empty()).map(str::to_owned);
    let path = Path::of(request.uri().path());
    let session = sid.as_deref().unwrap_or_default();
    let is_unsafe = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
    if is_unsafe {
        let own = is_same_origin(&state.http, request.headers(), request.uri());
        let token = request.headers().get(cookie::CSRF_HEADER).and_then(|value| value.to_str().ok());
        let outcome = if own { Ok(()) } else { state.auth.csrf_check(token, former.as_deref(), session) };
        match outcome {
            Ok(()) => {
                request.extensions_mut().insert(Proven);
            }
            Err(refusal) if sid.is_some() || path != Path::Api => {
                return Err(Box::new(refuse(state, refusal, session, former.as_deref())));
            }
            // Without a cookie there is nothing that a browser would have added.
            Err(_) => {}
        }
    }
    let wants_page = *request.method() == Method::GET && path == Path::Other;
    Ok(Form { sid, former, path, wants_page })
}

impl Form {
    /// Puts the form token, and the cookies that belong to it, into the answer of a browser.
    pub fn hand_out(self, state: &AppState, response: &mut Response) {
        let Form { sid, former, path, wants_page } = self;
        let started = response.extensions_mut().remove::<StartedSession>().map(|StartedSession(sid)| sid);
        if sid.is_some() || started.is_some() || path == Path::Account {
            let session = started.or(sid).unwrap_or_default();
            hand_out(state, response.headers_mut(), &session, former.as_deref());
        } else if wants_page && is_page(response) {
            // A form on this page may be sent without a session: it needs a token all the same.
            let sid = Auth::anonymous_cookie();
            let headers = response.headers_mut();
            if let Some(set) = cookie::session(&sid, state.http.is_secure()) {
                headers.append(header::SET_COOKIE, set);
            }
            hand_out(state, headers, &sid, former.as_deref());
        }
    }
}

/// Which protection a path has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Path {
    /// Called by programs: protected where the session's cookie comes along.
    Api,
    /// Signing in and out: always protected.
    Account,
    /// Pages: always protected.
    Other,
}

impl Path {
    fn of(path: &str) -> Self {
        let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        match first {
            "v2" | "api" | "service" => Path::Api,
            "c" => Path::Account,
            _ => Path::Other,
        }
    }
}

fn refuse(state: &AppState, refusal: CsrfRefusal, session: &str, former: Option<&str>) -> Response {
    let mut response = ApiError::new(ErrorCode::Forbidden, refusal.to_string()).into_response();
    hand_out(state, response.headers_mut(), session, former);
    response
}

/// Puts the form token into an answer, and the cookie that belongs to it where the browser has none yet.
fn hand_out(state: &AppState, headers: &mut HeaderMap, session: &str, former: Option<&str>) {
    // What a cache keeps for everybody must not hold what belongs to one browser.
    let cache = headers.get(header::CACHE_CONTROL).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if cache.contains("public") || cache.contains("immutable") {
        return;
    }
    let fresh = former.is_none().then(Auth::csrf_cookie);
    let value = fresh.as_deref().or(former).unwrap_or_default();
    if let Ok(token) = HeaderValue::try_from(state.auth.csrf_token(value, session)) {
        headers.insert(cookie::CSRF_HEADER, token);
    }
    if let Some(set) = fresh.and_then(|fresh| cookie::csrf(&fresh, state.http.is_secure())) {
        headers.append(header::SET_COOKIE, set);
    }
}

fn is_page(response: &Response) -> bool {
    let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    response.status() == StatusCode::OK && content_type.is_some_and(|value| value.starts_with("text/html"))
}

/// Whether the browser says that a request comes from a page of ours. Other programs say nothing.
fn is_same_origin(options: &HttpOptions, headers: &HeaderMap, uri: &Uri) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        // `none` is a person who typed the address or followed a bookmark.
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = text(header::ORIGIN) else { return false };
    if let Some(own) = &options.external_url
        && own.origin().ascii_serialization() == origin
    {
        return true;
    }
    let host = text(header::HOST).or_else(|| uri.authority().map(|authority| authority.as_str()));
    let Some((_, authority)) = origin.split_once("://") else { return false };
    host.is_some_and(|host| host.eq_ignore_ascii_case(authority))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(pairs: &[(&'static str, &'static str)]) -> bool {
        let options =
            HttpOptions { external_url: Some("https://berth.example.com".parse().unwrap()), ..HttpOptions::default() };
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        is_same_origin(&options, &headers, &Uri::from_static("/c/login"))
    }

    #[test]
    fn a_browser_says_where_a_request_comes_from() {
        assert!(same(&[("sec-fetch-site", "same-origin")]));
        assert!(same(&[("sec-fetch-site", "none")]));
        assert!(same(&[("origin", "https://berth.example.com")]));
        assert!(same(&[("origin", "http://127.0.0.1:5000"), ("host", "127.0.0.1:5000")]));
        for pairs in [
            &[("sec-fetch-site", "cross-site"), ("origin", "https://berth.example.com")][..],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "https://evil.example.com"), ("host", "127.0.0.1:5000")],
            &[("origin", "http://berth.example.com"), ("host", "127.0.0.1:5000")],
            &[("origin", "null"), ("host", "null")],
            &[],
        ] {
            assert!(!same(pairs), "{pairs:?}");
        }
    }

    #[test]
    fn paths_have_their_protection() {
        assert_eq!(Path::of("/api/v2.0/users"), Path::Api);
        assert_eq!(Path::of("/v2"), Path::Api);
        assert_eq!(Path::of("/service/token"), Path::Api);
        assert_eq!(Path::of("/c/login"), Path::Account);
        assert_eq!(Path::of("/v2x"), Path::Other);
        assert_eq!(Path::of("/"), Path::Other);
    }
}
