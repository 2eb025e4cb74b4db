//! Small parts of a row: platforms, tags, active filters, digests.

use super::{CopyButton, Glyph, Icon, MaybeText, classes};
use crate::format::digest_short;
use crate::i18n::keys;
use crate::t;
use leptos::prelude::*;

/// A row of chips that wraps.
#[component]
pub fn Chips(
    /// Of a table cell with platforms: keeps a smallest width.
    #[prop(optional)]
    platforms: bool,
    /// The chips.
    children: Children,
) -> impl IntoView {
    view! { <span class=classes(&["chips", if platforms { "plats" } else { "" }])>{children()}</span> }
}

/// A chip; a link when it has an address.
#[component]
pub fn Chip(
    /// Where it leads.
    #[prop(optional, into)]
    href: MaybeText,
    /// An icon before the text.
    #[prop(optional_no_strip, into)]
    icon: Option<Glyph>,
    /// In the face for code: platforms, media types.
    #[prop(optional)]
    mono: bool,
    /// The text.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    let href = href.0;
    let class = classes(&["chip", if mono { "chip-mono" } else { "" }]);
    let icon = icon.map(|name| view! { <Icon name=name /> });
    match href {
        Some(href) => view! {
            <a class=class href=href>
                {icon}
                {text}
            </a>
        }
        .into_any(),
        None => view! {
            <span class=class>
                {icon}
                {text}
            </span>
        }
        .into_any(),
    }
}

/// A filter that is on, with a link to the list without it.
#[component]
pub fn FilterChip(
    /// Name and value: "Role: guest".
    #[prop(into)]
    text: String,
    /// The page without this filter.
    #[prop(into)]
    remove_href: String,
) -> impl IntoView {
    let label = t!(keys::filter::REMOVE, filter = text);
    view! {
        <span class="chip chip-filter">
            {text}
            <a href=remove_href aria-label=label>
                <Icon name=Glyph::X />
            </a>
        </span>
    }
}

/// A shortened digest with a button that copies the whole.
#[component]
pub fn DigestChip(
    /// `sha256:…`
    #[prop(into)]
    digest: String,
) -> impl IntoView {
    let short = digest_short(&digest).to_owned();
    let label = t!(keys::copy::DIGEST, digest = short);
    let title = digest.clone();
    view! {
        <span class="digest" title=title>
            {short}
            <CopyButton text=digest label=label />
        </span>
    }
}
