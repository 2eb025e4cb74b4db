//! Links that keep the state of a page in its query.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays readable in a query value.
const QUERY: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/').remove(b':').remove(b',');

/// The query string `search` with some parameters replaced, or removed where the value is `None`: `?page=2&q=a`.
/// Without any parameter left it is `?`, a link to the plain page.
pub fn with_query(search: &str, changes: &[(&str, Option<&str>)]) -> String {
    let mut parts: Vec<String> = search
        .trim_start_matches('?')
        .split('&')
        .filter(|pair| !pair.is_empty())
        .filter(|pair| {
            let name = pair.split_once('=').map_or(*pair, |(name, _)| name);
            !changes.iter().any(|(changed, _)| *changed == name)
        })
        .map(str::to_owned)
        .collect();
    for (name, value) in changes {
        if let Some(value) = value {
            parts.push(format!("{name}={}", utf8_percent_encode(value, QUERY)));
        }
    }
    format!("?{}", parts.join("&"))
}

/// The parameters of a query string as decoded pairs, for the hidden fields of a form that must keep them.
pub fn query_pairs(search: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    search
        .trim_start_matches('?')
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_replace_and_remove() {
        assert_eq!(with_query("?q=a&page=3", &[("page", Some("4"))]), "?q=a&page=4");
        assert_eq!(with_query("q=a&page=3", &[("page", None)]), "?q=a");
        assert_eq!(with_query("page=3", &[("page", None)]), "?");
        assert_eq!(with_query("", &[("q", Some("a b&c=é/v1"))]), "?q=a%20b%26c%3D%C3%A9/v1");
        assert_eq!(with_query("pages=1", &[("page", Some("2"))]), "?pages=1&page=2");
    }

    #[test]
    fn pairs_are_decoded() {
        assert_eq!(query_pairs("?q=a+b%26&x"), [("q".into(), "a b&".into()), ("x".into(), String::new())]);
        assert!(query_pairs("").is_empty());
    }
}
