//! Small and capital letters of all scripts. The browser knows them; tables of our own would be a thirtieth of what is loaded at once.

/// The text in small letters.
pub(crate) fn lower(text: &str) -> String {
    #[cfg(target_arch = "wasm32")]
    let lower = js_sys::JsString::from(text).to_lower_case().into();
    #[cfg(not(target_arch = "wasm32"))]
    let lower = text.to_lowercase();
    lower
}

/// The text in capital letters.
pub(crate) fn upper(text: &str) -> String {
    #[cfg(target_arch = "wasm32")]
    let upper = js_sys::JsString::from(text).to_upper_case().into();
    #[cfg(not(target_arch = "wasm32"))]
    let upper = text.to_uppercase();
    upper
}
