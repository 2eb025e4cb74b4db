//! Pages whose code is no part of what every visitor loads first.
//!
//! `cargo xtask` takes the module apart at the functions made here: the browser loads a part when one of its pages is shown for the
//! first time. The server has all of them in one.

use leptos::prelude::*;
use leptos_router::ChooseView;
use std::future::Future;
use std::pin::Pin;

/// A page of a route. All routes have the same type, so the router is compiled once and not for every page.
#[derive(Clone, Copy)]
pub(crate) struct Page {
    /// Draws it.
    pub draw: fn() -> Later<AnyView>,
    /// Loads its code. Drawn afterwards, the page is there at once, as taking it over from the server asks.
    pub load: fn() -> Later<()>,
}

/// What comes later.
pub(crate) type Later<T> = Pin<Box<dyn Future<Output = T>>>;

impl ChooseView for Page {
    async fn choose(self) -> AnyView {
        (self.draw)().await
    }

    async fn preload(&self) {
        (self.load)().await;
    }
}

/// Makes functions that give pages: `pages!(projects => projects::Projects)`.
macro_rules! pages {
    ($($name:ident => $page:path),+ $(,)?) => {
        $(
            fn $name() -> $crate::apart::Page {
                $crate::apart::Page {
                    draw: || {
                        Box::pin(async { ::leptos::prelude::IntoAny::into_any(::leptos::prelude::view! { <$page /> }) })
                    },
                    load: || Box::pin(async {}),
                }
            }
        )+
    };
}
pub(crate) use pages;

/// The same for pages of one part of the module: `pages_apart!(admin: users => admin::Users)`.
macro_rules! pages_apart {
    ($part:ident: $($name:ident => $page:path),+ $(,)?) => {
        $(
            fn $name() -> $crate::apart::Page {
                #[cfg_attr(
                    target_arch = "wasm32",
                    ::leptos::wasm_split::wasm_split(
                        $part,
                        wasm_split_path = ::leptos::wasm_split,
                        preload(load)
                    )
                )]
                fn $name() -> ::leptos::prelude::AnyView {
                    ::leptos::prelude::IntoAny::into_any(::leptos::prelude::view! { <$page /> })
                }
                #[cfg(target_arch = "wasm32")]
                let page = $crate::apart::Page { draw: || Box::pin($name()), load: || Box::pin(load()) };
                #[cfg(not(target_arch = "wasm32"))]
                let page = $crate::apart::Page { draw: || Box::pin(async { $name() }), load: || Box::pin(async {}) };
                page
            }
        )+
    };
}
pub(crate) use pages_apart;

/// Calls a function that is marked with `wasm_split`, and draws what it gives.
macro_rules! draw_apart {
    ($call:expr) => {{
        #[cfg(target_arch = "wasm32")]
        let page = $call;
        #[cfg(not(target_arch = "wasm32"))]
        let page = async move { $call };
        $crate::apart::when_loaded(page)
    }};
}
pub(crate) use draw_apart;

/// A view that is there once its code is.
#[cfg(target_arch = "wasm32")]
pub(crate) fn when_loaded(page: impl Future<Output = AnyView> + 'static) -> AnyView {
    // The browser has one thread.
    Suspend::new(leptos::__reexports::send_wrapper::SendWrapper::new(page)).into_any()
}

/// A view that is there at once, in the shape that the browser expects.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn when_loaded(page: impl Future<Output = AnyView> + Send + 'static) -> AnyView {
    Suspend::new(page).into_any()
}

#[cfg(target_arch = "wasm32")]
thread_local! {
    /// The page that is gone to: while its code is loaded, the address is that of the page before.
    static GOING_TO: std::cell::RefCell<String> = const { std::cell::RefCell::new(String::new()) };
}

/// Notes which page is gone to.
#[cfg(target_arch = "wasm32")]
pub(crate) fn going_to(address: String) {
    GOING_TO.set(address);
}

/// Where the code of a page is not to be had (the server has a newer version meanwhile, or the connection was away), the page is
/// loaded from the server as a whole. Once a document, after the hook that reports panics.
#[cfg(target_arch = "wasm32")]
pub fn load_again_without_parts() {
    /// What the loader of parts panics with.
    const MISSING: &str = "SplitLoaderError";
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        report(panic);
        if panic.to_string().contains(MISSING) {
            load_again();
        }
    }));
}

/// Loads the page that is gone to as a document of its own, unless that was done a moment ago: what is missing then will be
/// missing again, and the page can be read as it is.
#[cfg(target_arch = "wasm32")]
fn load_again() {
    const NOTE: &str = "berth:loaded-again";
    const MOMENT_MILLIS: f64 = 10.0 * 60_000.0;
    let (location, address) = (window().location(), GOING_TO.take());
    let Ok(Some(storage)) = window().session_storage() else { return };
    let (Ok(path), Ok(search), Ok(hash)) = (location.pathname(), location.search(), location.hash()) else { return };
    let here = format!("{path}{search}{hash}");
    let now = js_sys::Date::now();
    let noted = storage.get_item(NOTE).ok().flatten().unwrap_or_default();
    let (at, page) = noted.split_once(' ').unwrap_or_default();
    let is_again = page == address && at.parse::<f64>().is_ok_and(|at| now - at < MOMENT_MILLIS);
    // Without the note it might go on for ever.
    if !is_again && storage.set_item(NOTE, &format!("{now} {address}")).is_ok() {
        // The same address with a fragment would only be scrolled to.
        drop(if address.is_empty() || address == here { location.reload() } else { location.assign(&address) });
    }
}
