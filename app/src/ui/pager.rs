//! The foot of a list: which part is shown, how long a page is, the other pages as links.

use super::filters::hidden_field;
use super::{GetForm, Glyph, Icon, query_pairs, with_query};
use crate::format::count;
use crate::i18n::keys;
use crate::load::handed;
use crate::t;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_location;

/// Page lengths on offer.
pub const PAGE_SIZES: [u64; 3] = [25, 50, 100];
/// The query parameter that chooses one.
const QUERY: &str = "page_size";
/// The cookie that remembers the choice.
const COOKIE: &str = "berth_page_size";

/// How long the visitor wants lists to be.
#[derive(Clone, Copy)]
pub(crate) struct OwnPageSize(StoredValue<u64>);

impl OwnPageSize {
    /// Rows of a page, where its address says nothing of it.
    pub fn get(self) -> u64 {
        self.0.get_value()
    }

    /// Makes a length that of later lists; the list at hand follows its address.
    fn choose(self, size: u64) {
        self.0.set_value(size);
        #[cfg(target_arch = "wasm32")]
        crate::preference::remember_here(COOKIE, &size.to_string());
    }
}

/// Hands the chosen length of lists down. The server reads it from the request, the browser takes over what the server read.
pub(crate) fn provide_page_size() {
    let size = handed(asked);
    provide_context(OwnPageSize(StoredValue::new(size)));
}

/// How long the visitor wants lists to be.
pub(crate) fn use_page_size() -> OwnPageSize {
    use_context().unwrap_or_else(|| OwnPageSize(StoredValue::new(PAGE_SIZES[0])))
}

/// A length on offer.
fn on_offer(text: &str) -> Option<u64> {
    text.parse().ok().filter(|size| PAGE_SIZES.contains(size))
}

/// What the request says, by query or by cookie; a choice by query is remembered.
#[cfg(feature = "ssr")]
fn asked() -> u64 {
    let asked = crate::preference::asked(QUERY, COOKIE);
    let chosen = asked.query.as_deref().and_then(on_offer);
    if let Some(size) = chosen {
        crate::preference::remember(COOKIE, &size.to_string());
    }
    chosen.or_else(|| asked.cookie.as_deref().and_then(on_offer)).unwrap_or(PAGE_SIZES[0])
}

#[cfg(not(feature = "ssr"))]
fn asked() -> u64 {
    // Nothing was handed down by a server.
    PAGE_SIZES[0]
}

/// The foot of a list. Where the list ends before the page that is asked for, its last page comes.
#[component]
pub fn Pager(
    /// The page that is shown, from 1.
    page: u64,
    /// Rows of a page.
    page_size: u64,
    /// Rows of all pages.
    total: u64,
    /// The query of the page, to be kept in the links.
    #[prop(optional, into)]
    search: String,
) -> impl IntoView {
    let page_size = page_size.max(1);
    let pages = total.div_ceil(page_size).max(1);
    if total > 0 && page > pages {
        // Rows were taken away, or the address is somebody else's.
        let last = with_query(&search, &[("page", (pages > 1).then(|| pages.to_string()).as_deref())]);
        let path = use_location().pathname.get_untracked();
        let options = NavigateOptions { replace: true, ..NavigateOptions::default() };
        return view! { <Redirect path=format!("{path}{last}") options=options /> }.into_any();
    }
    let from = if total == 0 { 0 } else { (page.saturating_sub(1)).saturating_mul(page_size).saturating_add(1) };
    let to = page.saturating_mul(page_size).min(total);
    let range = t!(keys::pager::RANGE, from = count(from), to = count(to), total = count(total));
    let link = {
        let search = search.clone();
        move |to: u64| with_query(&search, &[("page", (to > 1).then(|| to.to_string()).as_deref())])
    };
    let numbers = page_numbers(page, pages).into_iter().map(|number| match number {
        Some(number) => view! {
            <li>
                <a href=link(number) aria-current=(number == page).then_some("page")>
                    {count(number)}
                </a>
            </li>
        }
        .into_any(),
        None => view! {
            <li>
                <span aria-hidden="true">"…"</span>
            </li>
        }
        .into_any(),
    });
    let step = |shown: bool, to: u64, label: String, icon: Glyph| {
        shown.then(|| {
            view! {
                <li>
                    <a href=link(to) aria-label=label>
                        <Icon name=icon />
                    </a>
                </li>
            }
        })
    };
    let list = (pages > 1).then(|| {
        view! {
            <ol class="push">
                {step(page > 1, page.saturating_sub(1).min(pages), t!(keys::pager::PREVIOUS), Glyph::Left)}
                {numbers.collect_view()} {step(page < pages, page + 1, t!(keys::pager::NEXT), Glyph::Right)}
            </ol>
        }
    });
    // Where all rows fit on the shortest page there is nothing to choose.
    let size = (total > PAGE_SIZES[0]).then(|| view! { <PageSize page_size=page_size search=search /> });
    view! {
        <nav class="pager" aria-label=t!(keys::pager::LABEL)>
            <span>{range}</span>
            {size}
            {list}
        </nav>
    }
    .into_any()
}

/// The choice of a page length: posted at once with script, by a button without.
#[component]
fn PageSize(page_size: u64, search: String) -> impl IntoView {
    let hidden: Vec<_> = query_pairs(&search)
        .into_iter()
        .filter(|(name, _)| name != "page" && name != QUERY)
        .map(hidden_field)
        .collect();
    let mut sizes = PAGE_SIZES.to_vec();
    if !sizes.contains(&page_size) {
        sizes.push(page_size);
        sizes.sort_unstable();
    }
    let options = sizes.into_iter().map(move |size| {
        view! {
            <option value=size.to_string() selected=size == page_size>
                {size.to_string()}
            </option>
        }
    });
    let own = use_page_size();
    let on_change = move |event: leptos::ev::Event| {
        if let Some(size) = on_offer(&event_target_value(&event)) {
            own.choose(size);
        }
        submit_form(event);
    };
    // As text, because browsers with script do not parse what is inside.
    let apply = format!("<button class=\"btn btn-s\">{}</button>", t!(keys::pager::APPLY));
    view! {
        <GetForm class="row g1">
            {hidden}
            <label>
                {t!(keys::pager::PER_PAGE)} " "
                <select class="select select-s" name=QUERY on:change=on_change>
                    {options.collect_view()}
                </select>
            </label>
            <noscript inner_html=apply></noscript>
        </GetForm>
    }
}

/// Submits the form of the select that changed.
pub(crate) fn submit_form(event: leptos::ev::Event) {
    #[cfg(target_arch = "wasm32")]
    {
        use wasm_bindgen::JsCast;
        let form = event
            .target()
            .and_then(|target| target.dyn_into::<leptos::web_sys::Element>().ok())
            .and_then(|select| select.closest("form").ok().flatten())
            .and_then(|form| form.dyn_into::<leptos::web_sys::HtmlFormElement>().ok());
        if let Some(form) = form {
            // Fails only for an invalid form; this one has nothing to check.
            drop(form.request_submit());
        }
    }
    #[cfg(not(target_arch = "wasm32"))]
    drop(event);
}

/// First, last and the neighbours of `page`; `None` for a gap.
fn page_numbers(page: u64, pages: u64) -> Vec<Option<u64>> {
    let mut shown: Vec<u64> = [1, page.saturating_sub(1), page, page + 1, pages]
        .into_iter()
        .filter(|number| (1..=pages).contains(number))
        .collect();
    if page == 1 {
        shown.extend((3 <= pages).then_some(3));
    }
    shown.sort_unstable();
    shown.dedup();
    let mut out = Vec::new();
    let mut last = 0;
    for number in shown {
        match number - last {
            0 | 1 => {}
            // A gap of one page is shorter as that page.
            2 => out.push(Some(number - 1)),
            _ => out.push(None),
        }
        out.push(Some(number));
        last = number;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lengths_on_offer_are_remembered() {
        let read = ["25", "50", "100", "7", "1000", "-25", "", "x"].map(on_offer);
        assert_eq!(read, [Some(25), Some(50), Some(100), None, None, None, None, None]);
    }

    #[test]
    fn pages_are_shown_around_the_current() {
        let shown = |page, pages| {
            let words = page_numbers(page, pages).into_iter();
            words.map(|number| number.map_or("…".to_owned(), |n| n.to_string())).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(shown(1, 25), "1 2 3 … 25");
        assert_eq!(shown(1, 2), "1 2");
        assert_eq!(shown(4, 25), "1 2 3 4 5 … 25");
        assert_eq!(shown(12, 25), "1 … 11 12 13 … 25");
        assert_eq!(shown(25, 25), "1 … 24 25");
        assert_eq!(shown(99, 3), "1 2 3");
    }
}
