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
    /// Those that the visitor is a member of.
    Mine,
    /// Those that the visitor starred.
    Starred,
    /// Those that anybody may pull from.
    Public,
    /// Those that only members see.
    Private,
}

/// The parameter in the address.
pub const PARAMETER: &str = "show";

const VIEWS: [View; 5] = [View::All, View::Mine, View::Starred, View::Public, View::Private];

impl View {
    /// The views on offer; what is somebody's own needs somebody.
    pub fn offered(signed_in: bool) -> &'static [View] {
        if signed_in { &VIEWS } else { &[] }
    }

    /// Reads the query of a page; what does not fit is as if it was not there.
    pub fn read(search: &str) -> Self {
        let pairs = query_pairs(search);
        let word = pairs.iter().find(|(key, _)| key == PARAMETER).map(|(_, value)| value.as_str());
        VIEWS.into_iter().find(|view| view.word() == word).unwrap_or_default()
    }

    /// The value of the parameter; none for the usual view.
    pub const fn word(self) -> Option<&'static str> {
        match self {
            View::All => None,
            View::Mine => Some("mine"),
            View::Starred => Some("starred"),
            View::Public => Some("public"),
            View::Private => Some("private"),
        }
    }

    /// What the view is called.
    pub const fn key(self) -> Key {
        match self {
            View::All => keys::projects::ALL,
            View::Mine => keys::projects::MINE,
            View::Starred => keys::project_list::STARRED,
            View::Public => keys::projects::PUBLIC,
            View::Private => keys::projects::PRIVATE,
        }
    }

    /// The parameter of the API for what is the visitor's own.
    pub const fn only(self) -> &'static str {
        match self {
            View::Mine => "member",
            View::Starred => "favorite",
            View::All | View::Public | View::Private => "",
        }
    }

    /// The filter of the API for this view and a part of the name.
    pub fn q(self, name: &str) -> String {
        let mut parts = Vec::new();
        let name = plain(name);
        if !name.is_empty() {
            parts.push(format!("name=~{name}"));
        }
        match self {
            View::Public => parts.push("public=true".to_owned()),
            View::Private => parts.push("public=false".to_owned()),
            View::All | View::Mine | View::Starred => {}
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
        assert_eq!(View::All.q(""), "");
        assert_eq!((View::Mine.q("a,b").as_str(), View::Mine.only()), ("name=~a b", "member"));
        assert_eq!(View::Private.q("web"), "name=~web,public=false");
        assert_eq!(parse_q(&View::Public.q("web")).unwrap().len(), 2);
    }
}
