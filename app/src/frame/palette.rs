//! The palette of the portal: what the server finds, and the pages and actions that the visitor has.

use crate::i18n::{Key, keys};
use crate::pages::search::{groups, page_matches};
use crate::session::{Session, use_session};
use crate::t;
use crate::ui::{Glyph, Palette, PaletteGroup, PaletteItem};
use leptos::prelude::*;

/// Who has a page or an action.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    All,
    People,
    Makers,
    Administrators,
}

/// Pages and actions: where, by which name, for whom.
const PLACES: &[(&str, Key, Glyph, For)] = &[
    ("/projects", keys::nav::PROJECTS, Glyph::Project, For::All),
    ("/account", keys::nav::PROFILE, Glyph::User, For::People),
    ("/account/password", keys::account::TAB_PASSWORD, Glyph::Lock, For::People),
    ("/account/tokens", keys::account::tokens::TITLE, Glyph::Key, For::People),
    ("/account/sessions", keys::nav::SESSIONS, Glyph::Clock, For::People),
    ("/account/preferences", keys::nav::PREFERENCES, Glyph::Settings, For::People),
    ("/admin/users", keys::nav::USERS, Glyph::User, For::Administrators),
    ("/admin/robots", keys::nav::SYSTEM_ROBOTS, Glyph::Robot, For::Administrators),
    ("/admin/quotas", keys::nav::QUOTAS, Glyph::Db, For::Administrators),
    ("/admin/labels", keys::nav::SYSTEM_LABELS, Glyph::Tag, For::Administrators),
    ("/admin/groups", keys::nav::GROUPS, Glyph::Users, For::Administrators),
    ("/admin/jobs", keys::nav::JOBS, Glyph::Bolt, For::Administrators),
    ("/admin/clean-up", keys::nav::CLEAN_UP, Glyph::Sweep, For::Administrators),
    ("/admin/health", keys::nav::HEALTH, Glyph::Server, For::Administrators),
    ("/admin/registries", keys::nav::REGISTRIES, Glyph::Server, For::Administrators),
    ("/admin/replication", keys::nav::REPLICATION, Glyph::Sync, For::Administrators),
    ("/admin/scanners", keys::nav::SCANNERS, Glyph::Shield, For::Administrators),
    ("/admin/allowlist", keys::nav::ALLOWLIST, Glyph::ShieldOk, For::Administrators),
    ("/admin/preheat", keys::nav::PREHEAT, Glyph::Bolt, For::Administrators),
    ("/admin/audit", keys::nav::SYSTEM_AUDIT, Glyph::Log, For::Administrators),
    ("/admin/settings", keys::nav::SYSTEM_SETTINGS, Glyph::Settings, For::Administrators),
];
const ACTIONS: &[(&str, Key, Glyph, For)] = &[
    ("/projects/-/new", keys::projects::NEW, Glyph::Plus, For::Makers),
    ("/account/tokens/new", keys::account::tokens::NEW_TITLE, Glyph::Plus, For::People),
    ("/admin/users/new", keys::admin_users::NEW, Glyph::Plus, For::Administrators),
    ("/admin/robots/new", keys::robots::NEW, Glyph::Plus, For::Administrators),
    ("/admin/labels/new", keys::labels::NEW, Glyph::Plus, For::Administrators),
];

impl For {
    fn holds(self, session: &Session) -> bool {
        match self {
            For::All => true,
            For::People => session.user.is_some(),
            For::Makers => session.can_create_projects(),
            For::Administrators => session.is_admin(),
        }
    }
}

/// The palette of every page with navigation.
#[component]
pub(super) fn PagePalette() -> impl IntoView {
    let query = RwSignal::new(String::new());
    let found = RwSignal::new(Vec::new());
    #[cfg(target_arch = "wasm32")]
    browser::search(query, found);
    let session = use_session();
    let known = |places: &[(&'static str, Key, Glyph, For)], note: &str| -> Vec<PaletteItem> {
        session.with_untracked(|session| {
            let own = places.iter().filter(|(_, _, _, whose)| whose.holds(session));
            let item = |(href, key, icon, _): &(&'static str, Key, Glyph, For)| PaletteItem {
                icon: *icon,
                name: t!(*key),
                note: note.to_owned(),
                href: (*href).to_owned(),
            };
            own.map(item).collect()
        })
    };
    let administration = t!(keys::nav::ADMINISTRATION);
    let mut pages = known(PLACES, "");
    for page in &mut pages {
        if page.href.starts_with("/admin/") {
            page.note.clone_from(&administration);
        }
    }
    let actions = known(ACTIONS, "");
    let (pages_title, actions_title) = (t!(keys::palette::PAGES), t!(keys::palette::ACTIONS));
    let catalog = crate::i18n::use_catalog();
    let all = Signal::derive(move || {
        let typed = query.get();
        let mut all = found.with(|hits| groups(&catalog, hits));
        for (title, items) in [(&pages_title, &pages), (&actions_title, &actions)] {
            let items: Vec<_> =
                items.iter().filter(|item| page_matches(&item.name, &item.note, &typed)).cloned().collect();
            if !items.is_empty() {
                all.push(PaletteGroup { title: title.clone(), items });
            }
        }
        all
    });
    view! { <Palette query=query groups=all hint=t!(keys::palette::HINT) /> }
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
