//! The head of a page: its one `h1`, a sentence, facts, actions.

use super::{Glyph, Icon, MaybeText};
use leptos::prelude::*;

/// The head of a page.
#[component]
pub fn PageHead(
    /// The title; long names go through [`breakable`](super::breakable).
    #[prop(into)]
    title: ViewFnOnce,
    /// One sentence.
    #[prop(optional, into)]
    sub: MaybeText,
    /// [`Fact`]s.
    #[prop(optional, into)]
    meta: Option<ViewFnOnce>,
    /// Buttons; one of them primary at most.
    #[prop(optional, into)]
    actions: Option<ViewFnOnce>,
) -> impl IntoView {
    let sub = sub.0;
    view! {
        <div class="page-head">
            <div>
                <h1>{title.run()}</h1>
                {sub.map(|sub| view! { <p class="sub">{sub}</p> })}
                {meta.map(|meta| view! { <div class="meta">{meta.run()}</div> })}
            </div>
            {actions.map(|actions| view! { <div class="actions keep">{actions.run()}</div> })}
        </div>
    }
}

/// A fact in the head of a page.
#[component]
pub fn Fact(
    /// What kind of fact.
    icon: Glyph,
    /// The fact.
    children: Children,
) -> impl IntoView {
    view! {
        <span>
            <Icon name=icon />
            <span>{children()}</span>
        </span>
    }
}
