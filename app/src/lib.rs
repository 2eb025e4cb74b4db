//! The portal: pages, components and the typed client.

#![recursion_limit = "256"]

pub mod amount;
mod apart;
pub mod client;
pub mod form;
pub mod format;
pub mod frame;
pub mod i18n;
mod letters;
pub mod live;
pub mod load;
pub mod notice;
#[cfg(feature = "ssr")]
pub mod page;
pub mod pages;
pub mod preference;
pub mod query;
mod routes;
pub mod runtime;
pub mod schedule;
pub mod session;
pub mod snippets;
pub mod theme;
pub mod ui;

#[cfg(target_arch = "wasm32")]
pub use apart::load_again_without_parts;
#[cfg(feature = "ssr")]
pub use page::{Assets, PageContext, shell};
pub use routes::Portal;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::Router;

/// The portal, the inside of `<body>`.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    session::provide_session();
    runtime::provide_runtime();
    ui::provide_page_size();
    format::provide_now(moment);
    // Before the router, which is told of the same events in turn.
    #[cfg(target_arch = "wasm32")]
    frame::remember_places();
    #[cfg(target_arch = "wasm32")]
    {
        theme::provide_from_document();
        forget_answer();
    }
    view! {
        <Title text="Berth" formatter=|text: String| if text == "Berth" { text } else { format!("{text} · Berth") } />
        <Router>
            <ui::KitRoot>
                <frame::Attendant />
                <Portal />
            </ui::KitRoot>
        </Router>
    }
}

/// Runs in the server; the browser is given the server's moment.
#[cfg(feature = "ssr")]
fn moment() -> berth_types::Timestamp {
    use_context::<page::Moment>().map_or(berth_types::Timestamp(0), |moment| moment.0)
}

#[cfg(not(feature = "ssr"))]
fn moment() -> berth_types::Timestamp {
    // Nothing was handed down yet, so this is the clock.
    format::use_now().get_untracked()
}

/// Takes the answer of a posted form out of the address bar: the page has it, and a bookmark must not.
#[cfg(target_arch = "wasm32")]
fn forget_answer() {
    Effect::new(|| query::forget_in_address(&["__path", "__err"]));
}

/// The language in which the server rendered the page.
#[cfg(target_arch = "wasm32")]
pub fn page_language() -> String {
    document().document_element().and_then(|root| root.get_attribute("lang")).unwrap_or_default()
}

/// Takes over the page that the server rendered.
#[cfg(all(target_arch = "wasm32", feature = "hydrate"))]
pub fn hydrate(catalog: i18n::Catalog) {
    ui::leave_to_browser();
    // Parts of the page may still be on their way.
    leptos::mount::hydrate_lazy(move || {
        i18n::provide_catalog(catalog);
        view! { <App /> }
    });
}
