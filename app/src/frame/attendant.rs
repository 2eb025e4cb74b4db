//! What follows the visitor from page to page in the browser: keys, the focus after a navigation, the list of calls.

use crate::ui::use_announcer;
use leptos::prelude::*;

/// Once a document, inside the router and around all pages' own parts; it draws nothing.
#[component]
pub(crate) fn Attendant() -> impl IntoView {
    let announcer = use_announcer();
    #[cfg(target_arch = "wasm32")]
    browser::attend(announcer);
    #[cfg(not(target_arch = "wasm32"))]
    let _ = announcer;
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use crate::client::calls;
    use crate::frame::shortcuts::{DIALOG, Deed, Held, PREFIX, deed_of};
    use crate::frame::{curl, place};
    use crate::session::use_session;
    use crate::ui::{Announcer, Copies, announce, expect_ticks, open_dialog, open_palette};
    use leptos::ev::KeyboardEvent;
    use leptos::prelude::*;
    use leptos::web_sys::{Element, FocusOptions, HtmlElement};
    use leptos_router::hooks::use_location;
    use std::cell::Cell;
    use std::time::Duration;
    use wasm_bindgen::JsCast;

    /// How long `g` waits for the key behind it, in milliseconds.
    const PREFIX_MILLISECONDS: f64 = 1500.0;
    /// How often it is looked whether a new page is there.
    const LOOK_EVERY: Duration = Duration::from_millis(60);
    /// After so many looks nothing more is expected: the page is the same with another address.
    const LOOKS_MAX: u32 = 150;

    thread_local! {
        /// When `g` was pressed, by the clock of the page.
        static PREFIX_AT: Cell<f64> = const { Cell::new(f64::NEG_INFINITY) };
    }

    pub(super) fn attend(announcer: Announcer) {
        calls::follow(use_session().with_untracked(|session| session.user.as_ref().map(|user| user.username.clone())));
        let location = use_location();
        let followed = RenderEffect::new(move |before: Option<(String, String, String)>| {
            let here = (location.pathname.get(), location.search.get(), location.hash.get());
            crate::apart::going_to(address(&here) + &here.2);
            if !here.2.is_empty() && before.as_ref() != Some(&here) {
                let place = here.2.clone();
                set_timeout(move || focus_place(place, LOOKS_MAX), LOOK_EVERY);
            }
            if let Some(before) = before.filter(|before| (&before.0, &before.1) != (&here.0, &here.1)) {
                calls::begin();
                expect_ticks();
                let (left, is_other) = (Left::here(), before.0 != here.0);
                let shown = left.clone();
                place::changed(address(&before), address(&here), move || !is_other || shown.is_gone());
                if is_other {
                    set_timeout(move || arrive(announcer, left, LOOKS_MAX), LOOK_EVERY);
                }
            }
            here
        });
        // It lives as long as the document.
        let _kept = StoredValue::new_local(followed);
        let copies = Copies::of_page();
        Effect::new(move || {
            let keys = window_event_listener(leptos::ev::keydown, on_key);
            let copies = copies.clone();
            let clicks = window_event_listener(leptos::ev::click, move |event| {
                let on_copy = event.target().and_then(|target| target.dyn_into::<Element>().ok());
                let on_copy = on_copy.and_then(|target| target.closest(&format!("#{}", curl::COPY)).ok().flatten());
                if on_copy.is_some() {
                    let text = document().get_element_by_id(curl::LIST).and_then(|list| list.text_content());
                    copies.copy(text.unwrap_or_default(), || {});
                }
            });
            on_cleanup(move || {
                keys.remove();
                clicks.remove();
            });
        });
    }

    /// Path and query as the address bar has them.
    fn address((path, search, _): &(String, String, String)) -> String {
        let query = search.trim_start_matches('?');
        if query.is_empty() { path.clone() } else { format!("{path}?{query}") }
    }

    /// A page as far as it can be told from the next one.
    #[derive(Clone)]
    struct Left {
        main: Option<HtmlElement>,
        title: String,
    }

    impl Left {
        fn here() -> Self {
            Left { main: find("#main"), title: document().title() }
        }

        /// Whether the next page is there: with a frame of its own, or with its title in the same one.
        fn is_gone(&self) -> bool {
            find("#main") != self.main || document().title() != self.title
        }
    }

    /// After a navigation: once the page is there, the focus goes to it unless it has taken it, and its title is said.
    fn arrive(announcer: Announcer, left: Left, looks: u32) {
        if looks > 0 && !left.is_gone() {
            set_timeout(move || arrive(announcer, left, looks - 1), LOOK_EVERY);
            return;
        }
        focus_page(LOOKS_MAX);
        announce(announcer, document().title());
    }

    /// Puts the focus on what the address names on its page, once that is there.
    fn focus_place(fragment: String, looks: u32) {
        let id = fragment.trim_start_matches('#');
        let id = js_sys::decode_uri_component(id).ok().and_then(|id| id.as_string()).unwrap_or_else(|| id.to_owned());
        let Some(place) = html(document().get_element_by_id(&id)) else {
            if looks > 0 {
                set_timeout(move || focus_place(fragment, looks - 1), LOOK_EVERY);
            }
            return;
        };
        drop(place.focus());
        if html(document().active_element()).as_ref() == Some(&place) {
            return;
        }
        // What cannot be changed takes no focus; its name can.
        let label = place.get_attribute("aria-labelledby").and_then(|label| document().get_element_by_id(&label));
        if let Some(label) = html(label) {
            label.set_tab_index(-1);
            drop(label.focus());
        }
    }

    fn html(element: Option<Element>) -> Option<HtmlElement> {
        element?.dyn_into().ok()
    }

    /// Puts the focus on the page unless it is in there, and again should a part that is loaded later take the place of what
    /// had it.
    fn focus_page(looks: u32) {
        let Some(main) = find("#main") else { return };
        let inside = document().active_element().is_some_and(|active| main.contains(Some(&active)));
        if !inside && find("dialog[open]").is_none() {
            // The element takes the focus: it has a tab index. Where the page is scrolled to is not up to the focus.
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            drop(main.focus_with_options(&options));
        }
        keep_focus(main, looks);
    }

    fn keep_focus(main: HtmlElement, looks: u32) {
        if looks == 0 {
            return;
        }
        let look = move || {
            let is_lost = document().active_element().is_none_or(|active| active.tag_name() == "BODY");
            match (main.is_connected(), is_lost) {
                (true, _) => keep_focus(main, looks - 1),
                (false, true) => focus_page(looks - 1),
                // Somebody went on meanwhile.
                (false, false) => {}
            }
        };
        set_timeout(look, LOOK_EVERY);
    }

    fn on_key(event: KeyboardEvent) {
        if event.default_prevented() || event.is_composing() {
            return;
        }
        let key = event.key();
        let is_command = event.ctrl_key() || event.meta_key();
        if is_command && (event.alt_key() || event.shift_key()) {
            return;
        }
        // Single keys are for typing where somebody types, and a dialog has its own.
        if !is_command && (event.alt_key() || is_typing() || find("dialog[open]").is_some()) {
            return;
        }
        let held = if is_command {
            Held::Command
        } else {
            let now = js_sys::Date::now();
            let is_prefixed = now - PREFIX_AT.replace(f64::NEG_INFINITY) < PREFIX_MILLISECONDS;
            if !is_prefixed && key == PREFIX {
                PREFIX_AT.set(now);
                return;
            }
            if is_prefixed { Held::Prefix } else { Held::Nothing }
        };
        let is_done = match deed_of(held, &key) {
            Some(Deed::Palette) => open_palette(),
            Some(Deed::Follow(selector)) => follow(selector),
            Some(Deed::Step(by)) => step(by),
            Some(Deed::Keys) => open_dialog(DIALOG),
            Some(Deed::Kit) | None => false,
        };
        if is_done {
            event.prevent_default();
        }
    }

    fn follow(selector: &str) -> bool {
        let Some(link) = find(selector) else { return false };
        link.click();
        true
    }

    /// Goes to the next or the former row of the list.
    fn step(by: i32) -> bool {
        let Ok(rows) = document().query_selector_all(r#"#main [role="rowheader"] a[href]"#) else { return false };
        let active = document().active_element();
        let rows: Vec<HtmlElement> = (0..rows.length()).filter_map(|at| rows.get(at)?.dyn_into().ok()).collect();
        let at = rows.iter().position(|row| {
            let line = row.closest(r#"[role="row"]"#).ok().flatten();
            active.as_ref().is_some_and(|active| line.is_some_and(|line| line.contains(Some(active))))
        });
        let next = match (at, by > 0) {
            (Some(at), true) => at + 1,
            (Some(at), false) => at.wrapping_sub(1),
            (None, _) => 0,
        };
        rows.get(next).is_some_and(|row| row.focus().is_ok())
    }

    fn is_typing() -> bool {
        // What a dialog had that closed a moment ago loses the focus with the next frame.
        let active = document()
            .active_element()
            .filter(|element| !element.closest("dialog:not([open])").is_ok_and(|found| found.is_some()));
        active.is_some_and(|element| {
            matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
                || element.has_attribute("contenteditable")
        })
    }

    fn find(selector: &str) -> Option<HtmlElement> {
        document().query_selector(selector).ok().flatten()?.dyn_into().ok()
    }
}
