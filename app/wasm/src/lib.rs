//! The browser's side of the portal: takes over the page that the server rendered.
#![cfg(target_arch = "wasm32")]

use berth_i18n::Locale;
use wasm_bindgen::prelude::*;

/// Takes over the page in the language it was rendered in; `messages` is the text of that language's file. Where the
/// file belongs to another build the page stays as it is: it works without script.
#[wasm_bindgen]
pub fn hydrate(messages: &str) {
    console_error_panic_hook::set_once();
    berth_app::load_again_without_parts();
    let code = berth_app::page_language();
    let locale = Locale::from_code(&code).unwrap_or_default();
    if let Ok(catalog) = berth_i18n::load(locale, messages) {
        berth_app::hydrate(catalog);
    }
}
