//! Where a page stands.

use super::breakable;
use crate::i18n::keys;
use crate::t;
use leptos::prelude::*;

/// A page above the current one, or the current one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crumb {
    /// Its name.
    pub text: String,
    /// Its address; none for the current page.
    pub href: Option<String>,
}

impl Crumb {
    /// A page above the current one.
    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Crumb { text: text.into(), href: Some(href.into()) }
    }

    /// The current page.
    pub fn here(text: impl Into<String>) -> Self {
        Crumb { text: text.into(), href: None }
    }
}

/// The way from the top to the current page.
#[component]
pub fn Crumbs(
    /// From the top down; the last is the current page.
    #[prop(into)]
    crumbs: Signal<Vec<Crumb>>,
) -> impl IntoView {
    let item = |crumb: Crumb| {
        let text = breakable(&crumb.text);
        match crumb.href {
            Some(href) => view! {
                <li>
                    <a href=href>{text}</a>
                </li>
            }
            .into_any(),
            None => view! {
                <li>
                    <span class="name" aria-current="page">
                        {text}
                    </span>
                </li>
            }
            .into_any(),
        }
    };
    view! {
        <nav class="crumbs" aria-label=t!(keys::shell::BREADCRUMB)>
            <ol>{move || crumbs.get().into_iter().map(item).collect_view()}</ol>
        </nav>
    }
}
