//! Which projects the list shows: read from the address of the page, written in the grammar of the API.

use crate::i18n::{Key, keys};
use crate::query::plain;
use crate::ui::query_pairs;

/// Which projects are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// All that the visitor may see.
    #[default]
    All,
    /// Those that the visitor made.
    Mine,
    /// Those that anybody may pull from.
    Public,
    /// Those that only members see.
    Private,
}

/// The parameter in the address.
pub const PARAMETER: &str = "show";

impl View {
    /// The views on offer; what is somebody's own needs somebody.
    pub fn offered(signed_in: bool) -> &'static [View] {
        if signed_in { &[View::All, View::Mine, View::Public, View::Private] } else { &[] }
    }

    /// Reads the query of a page; what does not fit is as if it was not there.
    pub fn read(search: &str) -> Self {
        let pairs = query_pairs(search);
        let word = pairs.iter().find(|(key, _)| key == PARAMETER).map(|(_, value)| value.as_str());
        match word {
            Some("mine") => View::Mine,
            Some("public") => View::Public,
            Some("private") => View::Private,
            Some(_) | None => View::All,
        }
    }

    /// The value of the parameter; none for the usual view.
    pub const fn word(self) -> Option<&'static str> {
        match self {
            View::All => None,
            View::Mine => Some("mine"),
            View::Public => Some("public"),
            View::Private => Some("private"),
        }
    }

    /// What the view is called.
    pub const fn key(self) -> Key {
        match self {
            View::All => keys::projects::ALL,
            View::Mine => keys::projects::MINE,
            View::Public => keys::projects::PUBLIC,
            View::Private => keys::projects::PRIVATE,
        }
    }

    /// The filter of the API for this view and a part of the name.
    pub fn q(self, name: &str, username: Option<&str>) -> String {
        let mut parts = Vec::new();
        let name = plain(name);
        if !name.is_empty() {
            parts.push(format!("name=~{name}"));
        }
        match (self, username) {
            (View::Mine, Some(username)) => parts.push(format!("owner={}", plain(username))),
            (View::Public, _) => parts.push("public=true".to_owned()),
            (View::Private, _) => parts.push("public=false".to_owned()),
            (View::Mine, None) | (View::All, _) => {}
        }
        parts.join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use berth_types::query::parse_q;

    #[test]
    fn addresses_are_read_back() {
        for view in View::offered(true) {
            let search = view.word().map_or(String::new(), |word| format!("?show={word}&page=2"));
            assert_eq!(View::read(&search), *view);
        }
        assert_eq!(View::read("show=proxy"), View::All);
        assert!(View::offered(false).is_empty());
    }

    #[test]
    fn filters_fit_the_grammar() {
        assert_eq!(View::All.q("", Some("mei")), "");
        assert_eq!(View::Mine.q("a,b", Some("mei")), "name=~a b,owner=mei");
        assert_eq!(View::Private.q("web", None), "name=~web,public=false");
        assert_eq!(parse_q(&View::Public.q("web", None)).unwrap().len(), 2);
    }
}
