//! Lists with nothing in them: they hold the exact next step.

use super::{Glyph, Icon, MaybeText};
use leptos::prelude::*;

/// An empty list, or one filtered to nothing.
#[component]
pub fn Empty(
    /// What the list would hold.
    icon: Glyph,
    /// What is missing, in one line.
    #[prop(into)]
    title: String,
    /// Why, or what makes it appear.
    #[prop(into)]
    text: String,
    /// The next command.
    #[prop(optional, into)]
    command: MaybeText,
    /// The next button.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let command = command.0;
    view! {
        <div class="empty">
            <Icon name=icon art=true />
            <div>
                <h3>{title}</h3>
                <p>{text}</p>
            </div>
            {command.map(|command| view! { <super::CopyCommand text=command /> })}
            {children.map(|children| view! { <div class="actions">{children()}</div> })}
        </div>
    }
}
