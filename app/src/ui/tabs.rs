//! Tabs: links between the parts of one object.

use crate::format::count;
use leptos::prelude::*;

/// One part of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// Its name.
    pub label: String,
    /// The page with this part.
    pub href: String,
    /// How many things it holds.
    pub count: Option<u64>,
    /// Whether it is the one that is shown.
    pub current: bool,
}

/// Links between the parts of one object.
#[component]
pub fn Tabs(
    /// What they belong to: "Repository".
    #[prop(into)]
    label: String,
    /// The parts.
    #[prop(into)]
    tabs: Signal<Vec<Tab>>,
) -> impl IntoView {
    let link = |tab: Tab| {
        view! {
            <a href=tab.href aria-current=tab.current.then_some("page")>
                {tab.label}
                {tab.count
                    .map(|n| {
                        view! {
                            " "
                            <span class="n">{count(n)}</span>
                        }
                    })}
            </a>
        }
    };
    view! {
        <nav class="tabs" aria-label=label>
            {move || tabs.get().into_iter().map(link).collect_view()}
        </nav>
    }
}
