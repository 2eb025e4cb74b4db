//! Lasting facts in place.

use super::{CopyButton, Glyph, Icon, MaybeText, Tone, classes};
use crate::i18n::keys;
use crate::t;
use leptos::prelude::*;

/// A fact that stays on the page. A bad one names the cause, the next step and the request.
#[component]
pub fn Callout(
    /// What kind of fact.
    #[prop(optional)]
    tone: Tone,
    /// The fact in one sentence.
    #[prop(into)]
    title: String,
    /// The next step.
    #[prop(optional, into)]
    text: MaybeText,
    /// The id of the request that failed.
    #[prop(optional, into)]
    request_id: MaybeText,
    /// Buttons, or more than one sentence.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let (text, request_id) = (text.0, request_id.0);
    let (class, glyph) = match tone {
        Tone::Neutral | Tone::Accent => ("", Glyph::Info),
        Tone::Info => ("callout-info", Glyph::Info),
        Tone::Ok => ("callout-ok", Glyph::Ok),
        Tone::Warn => ("callout-warn", Glyph::Warn),
        Tone::Bad => ("callout-bad", Glyph::Error),
    };
    // A fresh failure is told at once; other facts are read where they stand.
    let role = (tone == Tone::Bad).then_some("alert");
    view! {
        <div class=classes(&["callout", class]) role=role>
            <Icon name=glyph />
            <div>
                <strong>{title}</strong>
                {text.map(|text| view! { <span>{text}</span> })}
                {request_id
                    .map(|id| {
                        view! {
                            <span class="id row g1">
                                {t!(keys::error::REQUEST, id = id)} " "
                                <CopyButton text=id label=t!(keys::copy::REQUEST_ID) />
                            </span>
                        }
                    })}
                {children.map(|children| children())}
            </div>
        </div>
    }
}

/// The buttons of a callout.
#[component]
pub fn CalloutActions(
    /// Small buttons.
    children: Children,
) -> impl IntoView {
    view! { <span class="actions">{children()}</span> }
}
