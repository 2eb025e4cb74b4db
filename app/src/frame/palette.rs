//! The palette of the portal: what the server finds, and the pages, settings and actions that the visitor has.

use super::ProjectPage;
use super::places::{Deed, Found, Place, around as set_around, found as found_places, of_project, places};
use crate::i18n::{Catalog, keys, use_catalog};
use crate::pages::search::{best, groups};
use crate::session::use_session;
use crate::t;
use crate::theme::{set_theme, use_theme};
use crate::ui::{Palette, PaletteGroup, PaletteItem};
use leptos::prelude::*;

/// Places of each kind that are shown at most.
const PLACES: usize = 8;

/// The palette of every page with navigation.
#[component]
pub(super) fn PagePalette(
    /// The project that the page belongs to, with its pages.
    around: Option<(String, Vec<ProjectPage>)>,
) -> impl IntoView {
    let query = RwSignal::new(String::new());
    let found = RwSignal::new(Vec::new());
    #[cfg(target_arch = "wasm32")]
    browser::search(query, found);
    let catalog = use_catalog();
    let mut own = around.map(|(project, pages)| of_project(&catalog, &project, pages)).unwrap_or_default();
    own.extend(use_session().with_untracked(|session| places(&catalog, session)));
    let all = Signal::derive(move || {
        let typed = query.get();
        let own = found_places(&own, &typed, PLACES);
        let own = own.into_iter().map(|group| (group.fit, shown(&catalog, group))).collect();
        found.with(|hits| set_around(own, groups(&catalog, hits), best(hits, &typed)))
    });
    let theme = use_theme();
    let choose = Callback::new(move |href: String| match Deed::of(&href) {
        Deed::Go(_) => false,
        Deed::Theme(chosen) => {
            set_theme(theme, chosen);
            true
        }
        Deed::SignOut => sign_out(&href),
    });
    view! { <Palette query=query groups=all hint=t!(keys::palette::HINT) choose=choose /> }
}

/// Places of a kind as the palette shows them.
fn shown(catalog: &Catalog, group: Found) -> PaletteGroup {
    let item =
        |place: Place| PaletteItem { href: place.deed.href(), icon: place.icon, name: place.name, note: place.note };
    PaletteGroup {
        title: catalog.get(group.kind.title()).to_owned(),
        items: group.places.into_iter().map(item).collect(),
    }
}

/// Sends the form that every page has for it; whether there is one.
#[cfg(target_arch = "wasm32")]
fn sign_out(address: &str) -> bool {
    use wasm_bindgen::JsCast;
    let form = document().query_selector(&format!("form[method=post][action='{address}']")).ok().flatten();
    let form = form.and_then(|form| form.dyn_into::<leptos::web_sys::HtmlFormElement>().ok());
    form.is_some_and(|form| form.submit().is_ok())
}

#[cfg(not(target_arch = "wasm32"))]
fn sign_out(_: &str) -> bool {
    false
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use crate::client::use_client;
    use berth_types::api::SearchHit;
    use leptos::prelude::*;
    use std::time::Duration;

    /// Hits of each kind.
    const HITS: u32 = 5;
    /// After so long without a key the server is asked.
    const PAUSE: Duration = Duration::from_millis(120);

    /// Fills `found` with what the server finds for what was typed last.
    pub(super) fn search(query: RwSignal<String>, found: RwSignal<Vec<SearchHit>>) {
        let client = use_client();
        Effect::new(move || {
            let typed = query.get();
            if typed.trim().is_empty() {
                found.set(Vec::new());
                return;
            }
            let client = client.clone();
            let ask = move || {
                // Typed on, or the page is gone.
                if query.try_get_untracked().as_ref() != Some(&typed) {
                    return;
                }
                leptos::task::spawn_local(async move {
                    // What could not be asked finds nothing; the results page says why.
                    let hits = client.find(typed.trim(), HITS).await.unwrap_or_default();
                    if query.try_get_untracked().as_ref() == Some(&typed) {
                        let _ = found.try_set(hits);
                    }
                });
            };
            set_timeout(ask, PAUSE);
        });
    }
}
