//! Where on a page the visitor was, for when Back or Forward leads there again.
//!
//! Browsers do this by themselves for documents. Here a page's rows come after its address, so the place is gone to once they
//! are there; a document that is loaded as a whole stays the browser's.

use leptos::prelude::*;
use leptos::web_sys::ScrollRestoration;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::Duration;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

/// How often it is looked whether the page is long enough by now.
const LOOK_EVERY: Duration = Duration::from_millis(60);
/// After so many looks the page is another one than it was.
const LOOKS_MAX: u32 = 80;
/// Addresses that are remembered; then all are forgotten.
const PLACES_MAX: usize = 200;

thread_local! {
    /// How far down each address was left, in CSS pixels.
    static PLACES: RefCell<HashMap<String, f64>> = RefCell::default();
    /// How far down the page is now. The router goes to the top before anybody hears of the next address.
    static NOW: Cell<f64> = const { Cell::new(0.0) };
    /// Whether the visitor goes through the history.
    static BY_HISTORY: Cell<bool> = const { Cell::new(false) };
    /// Which of the places is being gone to: whoever scrolls or goes on meanwhile ends it.
    static GOING: Cell<u32> = const { Cell::new(0) };
}

/// Begins to remember. Once a document, before there is a router: who listens to the window is told in the order of asking.
pub(crate) fn remember() {
    set_restoration(ScrollRestoration::Manual);
    // Reloaded, or come back to from another document, a page is the browser's again.
    listen("pagehide", || set_restoration(ScrollRestoration::Auto));
    listen("pageshow", || set_restoration(ScrollRestoration::Manual));
    listen("scroll", note);
    listen("popstate", || BY_HISTORY.set(true));
    for used in ["wheel", "touchstart", "pointerdown", "keydown"] {
        listen(used, stop);
    }
    note();
}

fn listen(event: &str, heard: fn()) {
    let heard = Closure::<dyn Fn()>::new(heard);
    // It refuses no kind of event; the closure lives as long as the document.
    drop(window().add_event_listener_with_callback(event, heard.as_ref().unchecked_ref()));
    heard.forget();
}

fn note() {
    NOW.set(window().scroll_y().unwrap_or_default());
}

/// The address changed: keeps the place of the page that is left, and goes to the one of the page that is come back to.
pub(super) fn changed(left: &str, come_to: &str, is_there: impl Fn() -> bool + 'static) {
    stop();
    PLACES.with_borrow_mut(|places| {
        if places.len() >= PLACES_MAX {
            places.clear();
        }
        places.insert(left.to_owned(), NOW.get());
    });
    if !BY_HISTORY.take() {
        return;
    }
    let place = PLACES.with_borrow(|places| places.get(come_to).copied()).unwrap_or_default();
    go(place, GOING.get(), LOOKS_MAX, Box::new(is_there));
}

fn go(place: f64, turn: u32, looks: u32, is_there: Box<dyn Fn() -> bool>) {
    set_timeout(
        move || {
            if GOING.get() != turn {
                return;
            }
            let is_there_now = is_there();
            if is_there_now {
                window().scroll_to_with_x_and_y(0.0, place);
            }
            let is_reached = is_there_now && (window().scroll_y().unwrap_or_default() - place).abs() < 2.0;
            if !is_reached && looks > 0 {
                go(place, turn, looks - 1, is_there);
            }
        },
        LOOK_EVERY,
    );
}

fn stop() {
    GOING.set(GOING.get().wrapping_add(1));
}

fn set_restoration(mode: ScrollRestoration) {
    if let Ok(history) = window().history() {
        let _ = history.set_scroll_restoration(mode);
    }
}
