//! What every page has once: sprite, toasts, a live region, keys.

use super::form::Navigate;
use super::toast::ToastRegion;
use super::{Sprite, Toasts, menu};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use std::time::Duration;

/// For how long a text can be read where screen readers find it, after it was said.
const SAID: Duration = Duration::from_secs(10);

/// The hidden texts that screen readers speak when they come. What is said does not take the place of what was said just
/// before: the result of a form and the title of the page that it led to are both heard.
#[derive(Clone, Copy)]
pub struct Announcer {
    said: RwSignal<Vec<(u64, String)>>,
    next: StoredValue<u64>,
}

impl Announcer {
    fn new() -> Self {
        Announcer { said: RwSignal::new(Vec::new()), next: StoredValue::new(0) }
    }
}

/// The live region of the page.
pub fn use_announcer() -> Announcer {
    use_context().unwrap_or_else(Announcer::new)
}

/// Says `text` to screen readers, also when it is the same as before.
pub fn announce(announcer: Announcer, text: String) {
    // The page may be gone by then.
    let Some(id) = announcer.next.try_update_value(|next| {
        *next += 1;
        *next
    }) else {
        return;
    };
    announcer.said.update(|said| said.push((id, text)));
    let forget = move || {
        let _ = announcer.said.try_update(|said| said.retain(|(each, _)| *each != id));
    };
    set_timeout(forget, SAID);
}

/// Says on the root of the document that all of the page was taken over.
const READY: &str = "data-ready";

/// Leaves links and forms to the browser until all of the page was taken over. The router hears of clicks before, while code may
/// still be on its way, and would keep them without going anywhere. Once a document, before there is a router.
#[cfg(all(target_arch = "wasm32", feature = "hydrate"))]
pub(crate) fn leave_to_browser() {
    use leptos::web_sys::{Element, Event};
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;

    let heard = Closure::<dyn Fn(Event)>::new(|event: Event| {
        let is_ready = document().document_element().is_some_and(|root| root.has_attribute(READY));
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let link = target.and_then(|target| target.closest("a[href]").ok().flatten());
        if !is_ready && (event.type_() == "submit" || link.is_some()) {
            event.stop_propagation();
        }
    });
    for kind in ["click", "submit"] {
        // It refuses no kind of event; the closure lives as long as the document.
        let heard = heard.as_ref().unchecked_ref();
        drop(window().add_event_listener_with_callback_and_bool(kind, heard, true));
    }
    heard.forget();
}

/// The frame around everything: gives the parts below their toasts and live region. Once per page, inside the router.
#[component]
pub fn KitRoot(
    /// The page.
    children: Children,
) -> impl IntoView {
    let announcer = Announcer::new();
    provide_context(announcer);
    provide_context(Toasts::new());
    let navigate = use_navigate();
    provide_context(Navigate(Callback::new(move |address: String| navigate(&address, Default::default()))));
    Effect::new(|| {
        let handle = window_event_listener(leptos::ev::keydown, on_key);
        on_cleanup(move || handle.remove());
        menu::attend();
    });
    // It is the last of the page: when it is taken over, so is all before it, whose code may have come later than this. Whoever
    // drives the page can wait for it.
    let region = NodeRef::<leptos::html::Div>::new();
    Effect::new(move || {
        if region.get().is_some()
            && let Some(root) = document().document_element()
        {
            drop(root.set_attribute(READY, ""));
        }
    });
    view! {
        <Sprite />
        {children()}
        <ToastRegion />
        <div class="sr" role="status" aria-atomic="false" node_ref=region>
            <For each=move || announcer.said.get() key=|(id, _)| *id children=|(_, text)| view! { <p>{text}</p> } />
        </div>
    }
}

/// The key that goes to the search of the list.
pub const SEARCH_KEY: &str = "/";
/// The key that goes to the toasts.
pub const TOASTS_KEY: &str = "F6";

/// The two keys that lead somewhere on every page.
#[cfg(target_arch = "wasm32")]
fn on_key(event: leptos::ev::KeyboardEvent) {
    use wasm_bindgen::JsCast;
    if event.default_prevented() || event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let typing = document().active_element().is_some_and(|element| {
        matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
            || element.has_attribute("contenteditable")
    });
    let target = match event.key().as_str() {
        SEARCH_KEY if !typing => ".filters .search input",
        TOASTS_KEY => "#toasts:has(.toast)",
        _ => return,
    };
    if let Ok(Some(element)) = document().query_selector(target)
        && let Some(element) = element.dyn_ref::<leptos::web_sys::HtmlElement>()
        && element.focus().is_ok()
    {
        event.prevent_default();
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn on_key(_: leptos::ev::KeyboardEvent) {}
