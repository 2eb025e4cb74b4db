//! `Authorization`, registry tokens and their scopes.

use base64::{Engine, engine::general_purpose::STANDARD};
use berth_auth::{SERVICE, fuzz};
use berth_types::{ProjectName, scope::Scope};
use berth_web::credential::Presented;
use http::{HeaderMap, HeaderValue, header};

use super::text;

/// Clocks may differ by a minute.
const LEEWAY_SECONDS: i64 = 60;

pub(super) fn authorization(input: &[u8]) {
    let (is_registry, rest) = match input.split_first() {
        Some((first, rest)) => (first % 2 == 0, rest),
        None => (true, input),
    };
    let (line, cookie) = match rest.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => (rest, &rest[..0]),
    };
    let mut headers = HeaderMap::new();
    let Ok(line) = HeaderValue::from_bytes(line) else { return };
    headers.insert(header::AUTHORIZATION, line);
    if let Ok(cookie) = HeaderValue::from_bytes(cookie) {
        headers.insert(header::COOKIE, cookie);
    }
    match Presented::read(&headers, is_registry) {
        Presented::Nothing | Presented::Basic(None) => {}
        Presented::Basic(Some((name, secret))) => {
            assert!(!name.is_empty() && !name.contains(':'));
            let line = format!("Basic {}", STANDARD.encode(format!("{name}:{secret}")));
            let Ok(line) = HeaderValue::from_str(&line) else { return };
            headers.insert(header::AUTHORIZATION, line);
            assert_eq!(Presented::read(&headers, is_registry), Presented::Basic(Some((name, secret))));
        }
        Presented::Bearer(token) => {
            assert!(is_registry, "tokens are good for the registry only");
            assert_eq!(token.trim(), token);
        }
        Presented::Session(cookie) => assert!(!cookie.contains(';')),
    }
}

pub(super) fn jwt(input: &[u8]) {
    let Some(text) = text(input) else { return };
    assert!(fuzz::read_token(text).is_none(), "nobody signed {text:?}");
    let Ok(claims) = serde_json::from_str(text) else { return };
    let Some(Some(accepted)) = fuzz::read_signed(&claims) else { return };
    assert_eq!((accepted.issuer.as_str(), accepted.audience.as_str()), ("harbor-token-issuer", SERVICE));
    assert!(accepted.expires.saturating_add(LEEWAY_SECONDS) > fuzz::NOW_SECONDS);
    assert!(accepted.not_before.saturating_sub(LEEWAY_SECONDS) <= fuzz::NOW_SECONDS);
    assert!(accepted.projects.len() <= accepted.entries);
    assert!(accepted.projects.iter().all(|name| name.parse::<ProjectName>().is_ok()));
}

pub(super) fn scope(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let scopes = Scope::parse_all(text.split('\n'));
    assert!(scopes.len() <= text.len());
    for scope in scopes {
        assert!(!scope.kind.contains(':'));
        assert!(scope.actions.iter().all(|action| !action.is_empty() && !action.contains([',', ':', ' '])));
        let written = format!("{}:{}:{}", scope.kind, scope.name, scope.actions.join(","));
        assert_eq!(Scope::parse(&written), scope);
        // A cursor over scopes must come to an end, so nothing may be read twice.
        assert_eq!(Scope::parse_all([written.as_str()].into_iter()), [scope]);
    }
}
