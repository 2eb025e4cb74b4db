//! A tree of things that hang on one another, as nested lists.

use super::{Glyph, Icon};
use leptos::prelude::*;

/// One thing of a [`Tree`].
pub struct TreeNode {
    /// What it is.
    pub icon: Glyph,
    /// Its name, with badges behind it.
    pub title: AnyView,
    /// Lines about it.
    pub details: Vec<AnyView>,
    /// Buttons at the end edge.
    pub actions: AnyView,
    /// What hangs on it.
    pub children: Vec<TreeNode>,
}

/// The tree. Its depth is that of its data, so whoever builds it bounds it.
#[component]
pub fn Tree(
    /// What it shows.
    #[prop(into)]
    label: String,
    /// The things at the top.
    nodes: Vec<TreeNode>,
) -> impl IntoView {
    view! {
        <ul class="tree" aria-label=label>
            {nodes.into_iter().map(item).collect_view()}
        </ul>
    }
}

fn item(node: TreeNode) -> AnyView {
    let TreeNode { icon, title, details, actions, children } = node;
    let details = details.into_iter().map(|line| view! { <span class="d">{line}</span> }).collect_view();
    let below = (!children.is_empty()).then(|| {
        view! { <ul>{children.into_iter().map(item).collect_view()}</ul> }
    });
    view! {
        <li>
            <div class="node">
                <Icon name=icon />
                <span class="t">{title}</span>
                <span class="row g1">{actions}</span>
                {details}
            </div>
            {below}
        </li>
    }
    .into_any()
}
