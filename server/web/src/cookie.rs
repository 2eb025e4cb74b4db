//! The cookies: `sid` names a session, `_gorilla_csrf` (Harbor's name) belongs to form tokens, `berth_halfway` is a browser's
//! that has shown a password and has a code still to show.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// The session's cookie.
pub const SESSION: &str = "sid";
/// The ticket between password and code.
pub const HALFWAY: &str = "berth_halfway";
/// The cookie of form tokens.
pub const CSRF: &str = "_gorilla_csrf";
/// The header of form tokens, in requests and answers.
pub const CSRF_HEADER: HeaderName = HeaderName::from_static("x-harbor-csrf-token");

/// How long a browser keeps the cookie of form tokens, in seconds.
const CSRF_SECONDS: u32 = 12 * 60 * 60;
/// Longer values are none of ours.
const VALUE_BYTES_MAX: usize = 256;

/// The value of a cookie.
pub fn get<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(key, value)| *key == name && value.len() <= VALUE_BYTES_MAX)?;
    Some(value)
}

/// `Set-Cookie` of a session. It ends with the browser; the server ends it earlier.
pub fn session(value: &str, secure: bool) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("{SESSION}={value}; Path=/; HttpOnly; SameSite=Lax{}", flag(secure))).ok()
}

/// `Set-Cookie` that takes the session's cookie away.
pub fn no_session(secure: bool) -> Option<HeaderValue> {
    let text = format!("{SESSION}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{}", flag(secure));
    HeaderValue::try_from(text).ok()
}

/// `Set-Cookie` of the ticket between password and code; zero seconds take it away.
pub fn halfway(value: &str, seconds: i64, secure: bool) -> Option<HeaderValue> {
    let text = format!("{HALFWAY}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{}", flag(secure));
    HeaderValue::try_from(text).ok()
}

/// `Set-Cookie` of form tokens.
pub fn csrf(value: &str, secure: bool) -> Option<HeaderValue> {
    let text = format!("{CSRF}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={CSRF_SECONDS}{}", flag(secure));
    HeaderValue::try_from(text).ok()
}

const fn flag(secure: bool) -> &'static str {
    if secure { "; Secure" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("xsid=1; sid=a=b;_gorilla_csrf=c"));
        headers.append(header::COOKIE, HeaderValue::from_static("sid=second"));
        assert_eq!(get(&headers, SESSION), Some("a=b"));
        assert_eq!(get(&headers, CSRF), Some("c"));
        assert_eq!(get(&headers, "id"), None);
    }

    #[test]
    fn a_cookie_is_secure_where_the_address_is() {
        assert_eq!(session("v", false).unwrap(), "sid=v; Path=/; HttpOnly; SameSite=Lax");
        assert_eq!(session("v", true).unwrap(), "sid=v; Path=/; HttpOnly; SameSite=Lax; Secure");
        assert!(session("v\n", true).is_none());
    }
}
