//! Yes or no, and one of few.

use super::MaybeText;
use leptos::prelude::*;

/// A checkbox with its text.
#[component]
pub fn Check(
    /// The name in the form that is posted.
    #[prop(into)]
    name: String,
    /// What is posted when it is ticked.
    #[prop(default = "true".to_owned(), into)]
    value: String,
    /// Whether it is ticked at first.
    #[prop(optional)]
    checked: bool,
    /// The text.
    #[prop(into)]
    label: String,
    /// What it leads to.
    #[prop(optional, into)]
    hint: MaybeText,
) -> impl IntoView {
    let hint = hint.0;
    let id = super::field_id(&name);
    view! {
        <label class="check">
            <input type="checkbox" id=id name=name value=value checked=checked />
            {label_with_hint(label, hint)}
        </label>
    }
}

fn label_with_hint(label: String, hint: Option<String>) -> AnyView {
    match hint {
        Some(hint) => view! {
            <span>
                <span class="strong">{label}</span>
                <span class="hint">{hint}</span>
            </span>
        }
        .into_any(),
        None => view! { <span>{label}</span> }.into_any(),
    }
}

/// A group of [`ChoiceCard`]s under one question.
#[component]
pub fn ChoiceGroup(
    /// The question.
    #[prop(into)]
    legend: String,
    /// The cards.
    children: Children,
) -> impl IntoView {
    view! {
        <fieldset class="field">
            <legend>{legend}</legend>
            <div class="choices">{children()}</div>
        </fieldset>
    }
}

/// A radio button as a card: a choice that needs a line of explanation.
#[component]
pub fn ChoiceCard(
    /// The name in the form that is posted.
    #[prop(into)]
    name: String,
    /// What is posted when it is the chosen one.
    #[prop(into)]
    value: String,
    /// Whether it is the chosen one at first.
    #[prop(optional)]
    checked: bool,
    /// The choice.
    #[prop(into)]
    label: String,
    /// What it leads to.
    #[prop(into)]
    hint: String,
) -> impl IntoView {
    view! {
        <label class="choice">
            <input type="radio" name=name value=value checked=checked />
            <span>
                <span class="strong">{label}</span>
                <span class="hint">{hint}</span>
            </span>
        </label>
    }
}

/// One of the views in a [`Segmented`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its name.
    pub label: String,
    /// The page with this view.
    pub href: String,
    /// Whether it is the one that is shown.
    pub current: bool,
}

/// Links between few views of the same list.
#[component]
pub fn Segmented(
    /// What they choose.
    #[prop(into)]
    label: String,
    /// The views.
    #[prop(into)]
    segments: Signal<Vec<Segment>>,
) -> impl IntoView {
    let link = |segment: Segment| {
        view! {
            <a href=segment.href aria-current=segment.current.then_some("true")>
                {segment.label}
            </a>
        }
    };
    view! {
        <nav class="segmented" aria-label=label>
            {move || segments.get().into_iter().map(link).collect_view()}
        </nav>
    }
}
