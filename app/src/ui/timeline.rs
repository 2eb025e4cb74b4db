//! Events in order, the newest first.

use super::{Glyph, Icon, classes};
use leptos::prelude::*;

/// The list of events.
#[component]
pub fn Timeline(
    /// [`TimelineItem`]s.
    children: Children,
) -> impl IntoView {
    view! { <ol class="timeline">{children()}</ol> }
}

/// One event.
#[component]
pub fn TimelineItem(
    /// What kind of event.
    icon: Glyph,
    /// Whether it is the state now.
    #[prop(optional)]
    current: bool,
    /// What happened.
    #[prop(into)]
    title: ViewFnOnce,
    /// When and by whom.
    #[prop(optional, into)]
    detail: Option<ViewFnOnce>,
    /// Buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <li>
            <span class=classes(&["dot", if current { "now" } else { "" }])>
                <Icon name=icon />
            </span>
            <div class="t">
                {title.run()} {detail.map(|detail| view! { <div class="d">{detail.run()}</div> })}
            </div>
            {children.map(|children| view! { <div class="actions">{children()}</div> })}
        </li>
    }
}
