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
    /// Whether a card with a title is around it, so that its own title is one level below.
    #[prop(optional)]
    in_card: bool,
    /// The next command.
    #[prop(optional, into)]
    command: MaybeText,
    /// The next button.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let command = command.0;
    let title = if in_card { view! { <h3>{title}</h3> }.into_any() } else { view! { <h2>{title}</h2> }.into_any() };
    view! {
        <div class="empty">
            <Icon name=icon art=true />
            <div>
                {title}
                <p>{text}</p>
            </div>
            {command.map(|command| view! { <super::CopyCommand text=command /> })}
            {children.map(|children| view! { <div class="actions">{children()}</div> })}
        </div>
    }
}
