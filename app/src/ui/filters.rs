//! The bar above a list: search, views, count.

use super::{GetForm, Glyph, Icon, query_pairs};
use leptos::prelude::*;

/// The bar above a list.
#[component]
pub fn Filters(
    /// [`SearchBox`], [`Segmented`](super::Segmented), menus, [`FilterCount`].
    children: Children,
) -> impl IntoView {
    view! { <div class="filters">{children()}</div> }
}

/// The search of a list. It posts itself as a query, so that the result has an address.
#[component]
pub fn SearchBox(
    /// What it does: "Filter projects".
    #[prop(into)]
    label: String,
    /// What was searched for.
    #[prop(optional, into)]
    value: String,
    /// The query string to keep; the page number goes.
    #[prop(optional, into)]
    keep: String,
) -> impl IntoView {
    let hidden: Vec<_> =
        query_pairs(&keep).into_iter().filter(|(kept, _)| kept != "q" && kept != "page").map(hidden_field).collect();
    view! {
        <GetForm class="search" role="search">
            <Icon name=Glyph::Search />
            <input
                class="input"
                type="search"
                name="q"
                value=value
                aria-label=label.clone()
                placeholder=label
                autocomplete="off"
                spellcheck="false"
            />
            {hidden}
            <kbd class="kbd" aria-hidden="true">
                "/"
            </kbd>
        </GetForm>
    }
}

/// A field that keeps a parameter of the query.
pub(super) fn hidden_field((name, value): (String, String)) -> impl IntoView {
    view! { <input type="hidden" name=name value=value /> }
}

/// How many match, told to screen readers when it changes: "6 of 14".
#[component]
pub fn FilterCount(
    /// The count in words.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    view! {
        <span class="count" role="status">
            {move || text.get()}
        </span>
    }
}
