//! A QR code, for a camera.

use leptos::prelude::*;

/// Modules of quiet around a code, as its standard asks.
const QUIET: i32 = 4;

/// A QR code as a picture. It is dark on light in both themes: not every camera reads the other way.
#[component]
pub fn Qr(
    /// What it is.
    #[prop(into)]
    label: String,
    /// Modules of a side.
    size: i32,
    /// The dark modules, as a path whose unit is a module.
    #[prop(into)]
    path: String,
) -> impl IntoView {
    let side = size + 2 * QUIET;
    view! {
        <svg
            class="qr"
            role="img"
            aria-label=label
            viewBox=format!("-{QUIET} -{QUIET} {side} {side}")
            shape-rendering="crispEdges"
        >
            <path d=path></path>
        </svg>
    }
}
