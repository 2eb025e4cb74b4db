//! What a visitor chose and a cookie remembers: language and theme.
//!
//! A choice is a link or a form with a query (`?lang=zh-CN`), so that it works without script; the page that answers it
//! sets the cookie.

/// The value of cookie `name` in a `Cookie` header.
pub fn cookie<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    header.split(';').find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// The value of `name` in a query string, undecoded: the values read here are plain codes.
pub fn query<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.trim_start_matches('?').split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// A cookie for one year, the same for all pages. It is no secret: scripts may read it.
pub fn set_cookie(name: &str, value: &str) -> String {
    format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax")
}

/// What a request says about a preference.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// From the query: to be remembered.
    pub query: Option<String>,
    /// From the cookie.
    pub cookie: Option<String>,
}

/// What the request being rendered says about a preference.
#[cfg(feature = "ssr")]
pub(crate) fn asked(query_name: &str, cookie_name: &str) -> Asked {
    let Some(parts) = leptos::prelude::use_context::<http::request::Parts>() else { return Asked::default() };
    let of_query = parts.uri.query().and_then(|text| query(text, query_name)).map(str::to_owned);
    let headers = parts.headers.get_all(http::header::COOKIE);
    let of_cookie = headers.iter().filter_map(|value| value.to_str().ok()).find_map(|text| cookie(text, cookie_name));
    Asked { query: of_query, cookie: of_cookie.map(str::to_owned) }
}

/// Sets a cookie with the response being rendered.
#[cfg(feature = "ssr")]
pub(crate) fn remember(name: &str, value: &str) {
    if let (Some(response), Ok(header)) = (
        leptos::prelude::use_context::<leptos_axum::ResponseOptions>(),
        http::HeaderValue::from_str(&set_cookie(name, value)),
    ) {
        response.append_header(http::header::SET_COOKIE, header);
    }
}

/// Sets a cookie from the page.
#[cfg(target_arch = "wasm32")]
pub(crate) fn remember_here(name: &str, value: &str) {
    let document = leptos::prelude::document();
    // A refusal (cookies switched off) only means that the choice ends with the page.
    drop(js_sys::Reflect::set(&document, &"cookie".into(), &set_cookie(name, value).into()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_and_queries_are_read_by_their_whole_name() {
        assert_eq!(cookie("a=1; berth_lang=zh-CN; b=2", "berth_lang"), Some("zh-CN"));
        assert_eq!(cookie("xberth_lang=en; berth_language=en", "berth_lang"), None);
        assert_eq!(query("?page=2&lang=en", "lang"), Some("en"));
        assert_eq!(query("language=en", "lang"), None);
    }
}
