//! Paging as Harbor has it: `page` from 1, `page_size` from 1 to 100, `Link` and `X-Total-Count` in the answer.

use serde::{Deserialize, Serialize};

/// The page size where the client gives none.
pub const PAGE_SIZE_DEFAULT: i64 = 10;
/// The largest page size; more is 422.
pub const PAGE_SIZE_MAX: i64 = 100;

/// Which slice of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// From 1.
    pub page: i64,
    /// Rows a page, 1 to 100.
    pub page_size: i64,
}

impl Default for Page {
    fn default() -> Self {
        Page { page: 1, page_size: PAGE_SIZE_DEFAULT }
    }
}

impl Page {
    /// Reads the two parameters. Zero and negative numbers mean the default, as nothing is unbounded.
    ///
    /// # Errors
    /// [`PageError`] where a size is over the maximum.
    pub fn new(page: Option<i64>, page_size: Option<i64>) -> Result<Self, PageError> {
        let page_size = page_size.filter(|size| *size > 0).unwrap_or(PAGE_SIZE_DEFAULT);
        if page_size > PAGE_SIZE_MAX {
            return Err(PageError { page_size });
        }
        // Far pages are empty, and their offset must not overflow.
        let page = page.filter(|page| *page > 0).unwrap_or(1).min(i64::from(u32::MAX));
        Ok(Page { page, page_size })
    }

    /// How many rows lie before this page.
    pub const fn offset(self) -> i64 {
        (self.page - 1) * self.page_size
    }

    /// Harbor's `Link` header: relative addresses of the same request, `prev` and `next` where they exist, else empty.
    ///
    /// `path_and_query` is the request as it came, with its query already unescaped.
    pub fn link(self, path_and_query: &str, total: i64) -> String {
        let mut links = Vec::new();
        if self.page > 1 && (self.page - 1) * self.page_size < total {
            links.push(format!("<{}>; rel=\"prev\"", self.address(path_and_query, self.page - 1)));
        }
        if self.page * self.page_size < total {
            links.push(format!("<{}>; rel=\"next\"", self.address(path_and_query, self.page + 1)));
        }
        links.join(" , ")
    }

    /// The request's address with `page` and `page_size` replaced; keys in alphabetical order, as Harbor prints them.
    fn address(self, path_and_query: &str, page: i64) -> String {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let mut pairs: Vec<(String, String)> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .filter(|(key, _)| *key != "page" && *key != "page_size")
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        pairs.push(("page".to_owned(), page.to_string()));
        pairs.push(("page_size".to_owned(), self.page_size.to_string()));
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        let query: Vec<String> = pairs.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        format!("{path}?{}", query.join("&"))
    }
}

/// The page size is over [`PAGE_SIZE_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("page_size in query should be less than or equal to 100")]
pub struct PageError {
    /// What was asked for.
    pub page_size: i64,
}

/// One page of a list with the number of all its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paged<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// How many rows there are on all pages.
    pub total: i64,
}

impl<T> Paged<T> {
    /// The same page with each row turned into something else.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Paged<U> {
        Paged { items: self.items.into_iter().map(f).collect(), total: self.total }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_bounded() {
        assert_eq!(Page::new(None, None), Ok(Page { page: 1, page_size: 10 }));
        assert_eq!(Page::new(Some(-1), Some(0)), Ok(Page { page: 1, page_size: 10 }));
        assert!(Page::new(None, Some(100)).is_ok());
        assert!(Page::new(None, Some(101)).is_err());
        assert!(Page::new(Some(i64::MAX), Some(100)).unwrap().offset() > 0);
    }

    #[test]
    fn links_are_harbors() {
        let page = Page { page: 2, page_size: 10 };
        assert_eq!(
            page.link("/api/v2.0/projects?q=a=b&page=2", 25),
            "</api/v2.0/projects?page=1&page_size=10&q=a=b>; rel=\"prev\" , </api/v2.0/projects?page=3&page_size=10&q=a=b>; rel=\"next\""
        );
        assert_eq!(page.link("/api/v2.0/projects", 20).matches("rel").count(), 1);
        assert_eq!(Page::default().link("/api/v2.0/projects", 10), "");
    }
}
