//! The bar above a list: search, views, count.

use super::{Button, GetForm, Glyph, Icon, Look, Menu, MenuLink, Size, query_pairs, with_query};
use crate::i18n::keys;
use crate::t;
use leptos::prelude::*;

/// The bar above a list.
#[component]
pub fn Filters(
    /// [`SearchBox`], [`Segmented`](super::Segmented), menus, [`FilterCount`].
    children: Children,
) -> impl IntoView {
    view! { <div class="filters">{children()}</div> }
}

/// The search of a list. It posts itself as a query, so that the result has an address. What is typed and not yet searched for
/// gets a button, which says that there is something to do. The list of the result has a search of its own, which takes the focus
/// over.
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
    let (shown, is_changed) = (value.clone(), RwSignal::new(false));
    let end = move || {
        if is_changed.get() {
            view! {
                <Button size=Size::Small look=Look::Ghost submit=true>
                    {t!(keys::pager::APPLY)}
                </Button>
            }
            .into_any()
        } else {
            view! {
                <kbd class="kbd" aria-hidden="true">
                    "/"
                </kbd>
            }
            .into_any()
        }
    };
    let field = NodeRef::<leptos::html::Input>::new();
    searched::take_over(field);
    view! {
        <GetForm class="search" role="search" on:submit=|_| searched::note()>
            <Icon name=Glyph::Search />
            <input
                node_ref=field
                class="input"
                type="search"
                name="q"
                value=value
                aria-label=label.clone()
                placeholder=label
                autocomplete="off"
                spellcheck="false"
                on:input=move |event| is_changed.set(event_target_value(&event).trim() != shown.trim())
            />
            {hidden}
            {end}
        </GetForm>
    }
}

/// Which page is being searched: whoever searched goes on from the field, which is drawn again with the list.
mod searched {
    use leptos::html::Input;
    use leptos::prelude::*;
    #[cfg(target_arch = "wasm32")]
    use std::cell::RefCell;

    #[cfg(target_arch = "wasm32")]
    thread_local! {
        /// The path of the page, until its field is drawn again.
        static PAGE: RefCell<Option<String>> = const { RefCell::new(None) };
    }

    #[cfg(target_arch = "wasm32")]
    fn here() -> Option<String> {
        window().location().pathname().ok()
    }

    #[cfg(target_arch = "wasm32")]
    pub(super) fn note() {
        PAGE.set(here());
    }

    #[cfg(target_arch = "wasm32")]
    pub(super) fn take_over(field: NodeRef<Input>) {
        Effect::new(move || {
            let Some(field) = field.get() else { return };
            let page = PAGE.take();
            // Went with the field before, unless the visitor took it elsewhere meanwhile.
            let is_lost = document().active_element().is_none_or(|active| active.tag_name() == "BODY");
            if page.is_some() && page == here() && is_lost {
                drop(field.focus());
                let end = field.value().encode_utf16().count().try_into().unwrap_or(u32::MAX);
                drop(field.set_selection_range(end, end));
            }
        });
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn note() {}

    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn take_over(_: NodeRef<Input>) {}
}

/// A field that keeps a parameter of the query.
pub(super) fn hidden_field((name, value): (String, String)) -> impl IntoView {
    view! { <input type="hidden" name=name value=value /> }
}

/// The orders of a list as a menu, those that no head of a column has among them.
#[component]
pub fn SortMenu(
    /// The orders, as the address has them when they are chosen, with their names: `-push_time`, "Pushed".
    orders: Vec<(&'static str, String)>,
    /// The order of now.
    #[prop(into)]
    sort: String,
    /// The query string to keep; the page number goes.
    #[prop(into)]
    search: String,
) -> impl IntoView {
    let field = sort.trim_start_matches('-');
    let current = orders.iter().find(|(order, _)| order.trim_start_matches('-') == field);
    let current = current.map(|(_, label)| label.clone()).unwrap_or_default();
    let link = |(order, label): (&'static str, String)| {
        let href = with_query(&search, &[("sort", Some(order)), ("page", None)]);
        view! { <MenuLink href=href current=order == sort text=label /> }
    };
    let links: Vec<_> = orders.into_iter().map(link).collect();
    view! { <Menu text=t!(keys::filter::SORT, field = current)>{links}</Menu> }
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
