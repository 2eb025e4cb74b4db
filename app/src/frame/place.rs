//! Where on a page the visitor was, for when Back or Forward leads there again.
//!
//! Browsers do this by themselves for documents. Here a page's rows come after its address, so the place is gone to once they
//! are there; a document that is loaded as a whole stays the browser's.

use leptos::prelude::*;
use leptos::web_sys::ScrollRestoration;
use std::cell::{Cell, RefCell};
use std::time::Duration;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

/// How often it is looked whether the page is long enough by now.
const LOOK_EVERY: Duration = Duration::from_millis(60);
/// After so many looks the page is another one than it was.
const LOOKS_MAX: u32 = 250;
/// A page that has not grown for so many looks is all there.
const QUIET_LOOKS: u32 = 10;
/// Addresses that are remembered: then the oldest is forgotten.
const PLACES_MAX: usize = 200;

thread_local! {
    /// How far down each address was left, in CSS pixels, the oldest first.
    static PLACES: RefCell<Vec<(String, f64)>> = const { RefCell::new(Vec::new()) };
    /// How far down the page is now. The router goes to the top before anybody hears of the next address.
    static NOW: Cell<f64> = const { Cell::new(0.0) };
    /// The address of the page, without its fragment.
    static HERE: RefCell<String> = const { RefCell::new(String::new()) };
    /// Whether the visitor goes through the history to another address.
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
    // A link to a place on the page is told like this as well, and is none.
    listen("popstate", || BY_HISTORY.set(HERE.with_borrow(|here| *here != address())));
    for used in ["wheel", "touchstart", "pointerdown", "keydown"] {
        listen(used, stop);
    }
    HERE.set(address());
    note();
}

fn listen(event: &str, heard: fn()) {
    let heard = Closure::<dyn Fn()>::new(heard);
    // It refuses no kind of event; the closure lives as long as the document.
    drop(window().add_event_listener_with_callback(event, heard.as_ref().unchecked_ref()));
    heard.forget();
}

fn note() {
    NOW.set(scrolled());
}

fn scrolled() -> f64 {
    window().scroll_y().unwrap_or_default()
}

/// What the address bar says, without a fragment.
fn address() -> String {
    let location = window().location();
    location.pathname().unwrap_or_default() + &location.search().unwrap_or_default()
}

/// The address changed: keeps the place of the page that is left, and goes to the one of the page that is come back to.
pub(super) fn changed(left: String, come_to: String, is_there: impl Fn() -> bool + 'static) {
    stop();
    let place = PLACES.with_borrow_mut(|places| {
        let place = places.iter().find(|(address, _)| *address == come_to).map(|(_, place)| *place);
        places.retain(|(address, _)| *address != left);
        if places.len() >= PLACES_MAX {
            places.remove(0);
        }
        places.push((left, NOW.get()));
        place.unwrap_or_default()
    });
    HERE.set(come_to);
    if BY_HISTORY.take() {
        go(place, GOING.get(), (LOOKS_MAX, QUIET_LOOKS), Box::new(is_there));
    }
}

/// Goes to a place as soon as the page reaches so far, or as far as it reaches when it grows no more.
fn go(place: f64, turn: u32, (looks, quiet): (u32, u32), is_there: Box<dyn Fn() -> bool>) {
    set_timeout(
        move || {
            if GOING.get() != turn || looks == 0 || quiet == 0 {
                return;
            }
            let mut left = (looks - 1, QUIET_LOOKS);
            if is_there() {
                let before = scrolled();
                window().scroll_to_with_x_and_y(0.0, place);
                if (scrolled() - place).abs() < 2.0 {
                    return;
                }
                if (scrolled() - before).abs() < 1.0 {
                    left.1 = quiet - 1;
                }
            }
            go(place, turn, left, is_there);
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
