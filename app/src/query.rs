//! The state of a list in the address of its page: what is searched for, order, page.

use crate::client::ListParams;
use crate::ui::{PAGE_SIZES, TICKED, use_page_size};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use serde::{Deserialize, Serialize};

/// Search, order and page of a list as its address has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListState {
    /// What was searched for; empty for nothing.
    pub q: String,
    /// `name`, or `-name` for descending.
    pub sort: String,
    /// From 1.
    pub page: u64,
    /// Rows a page, 1 to 100.
    pub page_size: u64,
    /// The whole query, for links that keep it.
    pub search: String,
}

impl ListState {
    /// Reads the query of a page; what does not fit is as if it was not there.
    pub fn read(search: &str, default_sort: &str) -> Self {
        ListState::read_for(search, default_sort, PAGE_SIZES[0])
    }

    /// The same for somebody who chose how long lists are.
    pub fn read_for(search: &str, default_sort: &str, own_page_size: u64) -> Self {
        let pairs = crate::ui::query_pairs(search);
        let text = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned());
        let number = |name: &str| text(name).and_then(|value| value.parse::<u64>().ok()).filter(|n| *n > 0);
        ListState {
            q: text("q").unwrap_or_default(),
            sort: text("sort").filter(|sort| !sort.is_empty()).unwrap_or_else(|| default_sort.to_owned()),
            page: number("page").unwrap_or(1),
            page_size: number("page_size").filter(|size| *size <= 100).unwrap_or(own_page_size),
            search: kept(search),
        }
    }

    /// The parameters of the API, with a filter in Harbor's grammar.
    pub fn params(&self, filter: String) -> ListParams {
        ListParams { q: filter, sort: self.sort.clone(), page: self.page, page_size: self.page_size }
    }

    /// The same for a list that is one page.
    pub fn all(&self, filter: String) -> ListParams {
        ListParams { q: filter, sort: self.sort.clone(), ..ListParams::default() }
    }

    /// Whether this is the first page of all rows in the list's own order, where new rows appear.
    pub fn is_first(&self, default_sort: &str) -> bool {
        self.page == 1 && self.q.is_empty() && self.sort == default_sort
    }

    /// `field=~q`, or nothing where nothing was searched for.
    pub fn fuzzy(&self, field: &str) -> String {
        if self.q.is_empty() { String::new() } else { format!("{field}=~{}", plain(&self.q)) }
    }
}

/// A text for use inside a filter: the grammar separates filters by commas and has no way to quote one.
pub fn plain(text: &str) -> String {
    text.replace(',', " ").trim().to_owned()
}

/// The state of the list of this page.
pub fn use_list_state(default_sort: &'static str) -> Memo<ListState> {
    let location = use_location();
    let own = use_page_size();
    Memo::new(move |_| location.search.with(|search| ListState::read_for(search, default_sort, own.get())))
}

/// A query without what belongs to one visit only: notices, answers of forms, ticks, a choice of language or theme.
pub fn kept(search: &str) -> String {
    const ONCE: [&str; 5] = ["__path", "__err", TICKED, crate::i18n::QUERY, crate::theme::QUERY];
    let gone = ONCE.map(|name| (name, None));
    crate::ui::with_query(&without_notice(search), &gone).trim_start_matches('?').to_owned()
}

/// What an action told is said once: links of the list do not repeat it.
fn without_notice(search: &str) -> String {
    let gone = crate::notice::PARAMETERS.map(|name| (name, None));
    crate::ui::with_query(search, &gone).trim_start_matches('?').to_owned()
}

/// Takes parameters out of the address bar: the page has what they say, and neither a bookmark nor the next loading should.
#[cfg(target_arch = "wasm32")]
pub(crate) fn forget_in_address(names: &[&str]) {
    let location = window().location();
    let (Ok(path), Ok(search), Ok(hash)) = (location.pathname(), location.search(), location.hash()) else { return };
    let gone: Vec<_> = names.iter().map(|name| (*name, None)).collect();
    let kept = crate::ui::with_query(&search, &gone);
    if let (true, Ok(history)) = (kept != search, window().history()) {
        let address = format!("{path}{}{hash}", if kept == "?" { "" } else { &kept });
        let state = history.state().unwrap_or_default();
        // Refused at worst for a flood of changes: the address then stays as it is.
        drop(history.replace_state_with_url(&state, "", Some(&address)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_its_nonsense_dropped() {
        let state = ListState::read("?q=a%20b&sort=-name&page=3&page_size=50&notice=x&name=y&z=1&ticked=v1", "name");
        assert_eq!((state.q.as_str(), state.sort.as_str(), state.page, state.page_size), ("a b", "-name", 3, 50));
        assert_eq!(state.search, "q=a%20b&sort=-name&page=3&page_size=50&z=1");
        let state = ListState::read("page=0&page_size=101&sort=", "name");
        assert_eq!((state.sort.as_str(), state.page, state.page_size), ("name", 1, 25));
        // The address says more than what somebody chose before.
        let sizes = ["", "page_size=50", "page_size=0"].map(|search| ListState::read_for(search, "", 100).page_size);
        assert_eq!(sizes, [100, 50, 100]);
    }

    #[test]
    fn filters_are_one_filter() {
        let state = ListState { q: "a,b=c".into(), ..ListState::default() };
        assert_eq!(state.fuzzy("name"), "name=~a b=c");
        assert_eq!(ListState::default().fuzzy("name"), "");
    }
}
