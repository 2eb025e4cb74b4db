//! Long names: they wrap at their separators and are never cut.

use leptos::prelude::*;

/// A repository or robot name that may wrap after each slash, plus, colon and at sign.
#[component]
pub fn Name(
    /// The name.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! { <span class="name">{breakable(&text)}</span> }
}

/// A link with a name in it, see [`Name`].
#[component]
pub fn NameLink(
    /// The name.
    #[prop(into)]
    text: String,
    /// Where it leads.
    #[prop(into)]
    href: String,
) -> impl IntoView {
    view! { <a class="name" href=href>{breakable(&text)}</a> }
}

/// The text with `<wbr>` after each separator.
pub fn breakable(text: &str) -> impl IntoView + use<> {
    text.split_inclusive(['/', '+', '@'])
        .map(|part| {
            let more = part.ends_with(['/', '+', '@']);
            (part.to_owned(), more.then(|| view! { <wbr /> }))
        })
        .collect::<Vec<_>>()
}
