//! The star of a favourite.

use super::{Glyph, Icon};
use leptos::prelude::*;

/// A button that posts its form: pressed where the thing is starred.
#[component]
pub fn Star(
    /// What it stars: "Star payments".
    #[prop(into)]
    label: String,
    /// Whether it is starred.
    on: bool,
) -> impl IntoView {
    view! {
        <button
            type="submit"
            class="star"
            aria-pressed=if on { "true" } else { "false" }
            aria-label=label.clone()
            title=label
        >
            <Icon name=Glyph::Star />
        </button>
    }
}
