//! Labels that people put on things. The colour is an attribute of a drawing, since the policy for content forbids style
//! attributes; the name always says what the colour says.

use super::{MaybeText, breakable};
use leptos::prelude::*;

/// A label: a dot in its colour and its name.
#[component]
pub fn LabelChip(
    /// Its name.
    #[prop(into)]
    text: String,
    /// Its colour, `#rgb` or `#rrggbb`; another is shown without one.
    #[prop(into)]
    color: String,
    /// What it means.
    #[prop(optional, into)]
    title: MaybeText,
) -> impl IntoView {
    let title = title.0.filter(|title| !title.is_empty());
    let fill = if is_hex(&color) { color } else { "none".to_owned() };
    view! {
        <span class="chip chip-label" title=title>
            <svg class="i" viewBox="0 0 16 16" aria-hidden="true">
                <circle cx="8" cy="8" r="5.5" fill=fill></circle>
            </svg>
            <span>{breakable(&text)}</span>
        </span>
    }
}

fn is_hex(color: &str) -> bool {
    color
        .strip_prefix('#')
        .is_some_and(|hex| matches!(hex.len(), 3 | 6) && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_colours_are_drawn() {
        assert!(is_hex("#0065AB") && is_hex("#fff"));
        for bad in ["", "red", "#12345", "url(#x)", "#ggg"] {
            assert!(!is_hex(bad), "{bad}");
        }
    }
}
