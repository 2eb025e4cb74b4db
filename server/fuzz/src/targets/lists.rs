//! Cursors, pages, filters and orders of lists.

use berth_registry::fuzz;
use berth_types::{
    page::{PAGE_SIZE_MAX, Page},
    query::{Match, parse_q, parse_sort},
};
use berth_web::extract::query_params;
use http::{HeaderValue, Uri};

use super::{number, text};

const PATH: &str = "/v2/p/r/tags/list";

/// What a client gets in `Link` brings it to the page behind, whatever the last name is.
pub(super) fn cursor(input: &[u8]) {
    let Some((n, rest)) = number(input) else { return };
    let Some(last) = text(rest) else { return };
    let n = usize::try_from(n).unwrap_or(usize::MAX);
    let link = fuzz::link(PATH, last, n);
    assert!(HeaderValue::from_str(&link).is_ok(), "{link:?} is no header");
    let address = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\""));
    let uri: Option<Uri> = address.and_then(|address| address.parse().ok());
    assert!(uri.is_some(), "{link:?} names no address");
    let Some(uri) = uri else { return };
    assert_eq!(uri.path(), PATH);
    let params = query_params(&uri);
    let expected = [("last".to_owned(), last.to_owned()), ("n".to_owned(), n.to_string())];
    assert_eq!(params, expected);
    assert_eq!(fuzz::count(Some(&params[1].1)), Some(Some(n as u64)));
    // As a client might write it itself.
    match fuzz::count(Some(last)) {
        Some(None) => assert!(last.is_empty()),
        Some(Some(n)) => assert!(last.trim_start_matches('+').trim_start_matches('0') == n.to_string() || n == 0),
        None => {}
    }
    if let Ok(uri) = format!("{PATH}?{last}").parse() {
        for (key, value) in query_params(&uri) {
            if key == "n" {
                let _ = fuzz::count(Some(&value));
            }
        }
    }
}

pub(super) fn page(input: &[u8]) {
    let Some((first, rest)) = number(input) else { return };
    let Some((second, rest)) = number(rest) else { return };
    let Some((total, rest)) = number(rest) else { return };
    let Some(address) = text(rest) else { return };
    let signed = |number: u64| i64::from_le_bytes(number.to_le_bytes());
    let total = signed(total).max(0);
    match Page::new(Some(signed(first)), Some(signed(second))) {
        Err(error) => assert!(error.page_size > PAGE_SIZE_MAX),
        Ok(page) => {
            assert!((1..=PAGE_SIZE_MAX).contains(&page.page_size) && page.page >= 1 && page.offset() >= 0);
            let link = page.link(address, total);
            assert_eq!(page.offset() + page.page_size < total, link.ends_with("rel=\"next\""), "{link}");
        }
    }
}

pub(super) fn query(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let sort = parse_sort(text);
    assert!(sort.len() <= text.split(',').count());
    for sort in &sort {
        assert!(
            !sort.key.is_empty() && !sort.key.contains(',') && !sort.key.bytes().any(|byte| byte.is_ascii_uppercase())
        );
    }
    let written: Vec<String> =
        sort.iter().map(|sort| if sort.descending { format!("-{}", sort.key) } else { sort.key.clone() }).collect();
    // A key that begins or ends with a space, or begins with a dash, is no column and has no canonical form.
    if sort.iter().all(|sort| sort.key.trim() == sort.key && !sort.key.starts_with('-')) {
        assert_eq!(parse_sort(&written.join(",")), sort);
    }

    let Ok(filters) = parse_q(text) else { return };
    assert!(filters.len() <= text.split(',').count());
    for filter in filters {
        assert!(!filter.key.bytes().any(|byte| byte.is_ascii_uppercase()) && !filter.key.contains('='));
        let scalars: Vec<_> = match &filter.matches {
            Match::Exact(scalar) => vec![scalar],
            Match::Fuzzy(text) => {
                assert!(text.len() <= input.len().max(32));
                Vec::new()
            }
            Match::Range(min, max) => {
                assert!(min.is_some() || max.is_some());
                min.iter().chain(max).collect()
            }
            Match::Above(scalar) | Match::Below(scalar) => vec![scalar],
            Match::Any(scalars) | Match::All(scalars) => scalars.iter().collect(),
        };
        for scalar in scalars {
            assert!(scalar.as_text().len() <= input.len().max(40));
            let _ = scalar.as_number();
        }
    }
}
