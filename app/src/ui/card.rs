//! Cards.

use super::{MaybeText, classes};
use leptos::prelude::*;

/// A card, with a head when it has a title. Give it `CardBody`, a flush table or a list.
#[component]
pub fn Card(
    /// The title in the head, an `h2`.
    #[prop(optional, into)]
    title: MaybeText,
    /// The name of a card without a visible title.
    #[prop(optional, into)]
    label: MaybeText,
    /// Buttons and notes at the end of the head.
    #[prop(optional, into)]
    actions: Option<ViewFnOnce>,
    /// What the card holds.
    children: Children,
) -> impl IntoView {
    let (title, label) = (title.0, label.0);
    let head = title.map(|title| {
        view! {
            <div class="card-head">
                <h2>{title}</h2>
                {actions.map(|actions| view! { <span class="push row">{actions.run()}</span> })}
            </div>
        }
    });
    view! {
        <section class="card" aria-label=label>
            {head}
            {children()}
        </section>
    }
}

/// The padded inside of a card.
#[component]
pub fn CardBody(
    /// Parts below each other with a gap.
    #[prop(optional)]
    stack: bool,
    /// What it holds.
    children: Children,
) -> impl IntoView {
    view! { <div class=classes(&["card-body", if stack { "stack g3" } else { "" }])>{children()}</div> }
}

/// The foot of a card, for buttons.
#[component]
pub fn CardFoot(
    /// What it holds.
    children: Children,
) -> impl IntoView {
    view! { <div class="card-foot">{children()}</div> }
}

/// A label and its value in a [`KeyValues`] list.
#[component]
pub fn KeyValue(
    /// What it is.
    #[prop(into)]
    label: String,
    /// What it holds.
    children: Children,
) -> impl IntoView {
    view! {
        <dt>{label}</dt>
        <dd>{children()}</dd>
    }
}

/// Labels and values side by side.
#[component]
pub fn KeyValues(
    /// [`KeyValue`]s.
    children: Children,
) -> impl IntoView {
    view! { <dl class="kv">{children()}</dl> }
}

/// A setting in a list: what it is at the start, its control at the end.
#[component]
pub fn Setting(
    /// What is set.
    #[prop(into)]
    label: String,
    /// What it means.
    #[prop(optional, into)]
    text: MaybeText,
    /// The id of the label, for `aria-labelledby` of the control.
    #[prop(into)]
    id: String,
    /// The control and where its value comes from.
    children: Children,
) -> impl IntoView {
    let text = text.0;
    view! {
        <li class="setting">
            <div class="grow">
                <p class="strong" id=id>
                    {label}
                </p>
                {text.map(|text| view! { <p class="small muted">{text}</p> })}
            </div>
            <div class="setting-value">{children()}</div>
        </li>
    }
}
