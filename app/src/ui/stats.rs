//! The strip of numbers below the head of a page.

use super::MaybeText;
use leptos::prelude::*;

/// The strip.
#[component]
pub fn Stats(
    /// [`Stat`]s.
    children: Children,
) -> impl IntoView {
    view! { <dl class="stats">{children()}</dl> }
}

/// One number.
#[component]
pub fn Stat(
    /// What is counted.
    #[prop(into)]
    label: String,
    /// A line below the number.
    #[prop(optional, into)]
    note: MaybeText,
    /// The number, with a link to its parts.
    children: Children,
) -> impl IntoView {
    let note = note.0;
    view! {
        <div>
            <dt>{label}</dt>
            <dd>{children()}</dd>
            {note.map(|note| view! { <dd class="note">{note}</dd> })}
        </div>
    }
}
