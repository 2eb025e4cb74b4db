//! Where a wizard stands, and what a check found.

use super::{Icon, MaybeText, State};
use crate::i18n::keys;
use crate::t;
use leptos::prelude::*;

/// The steps of a wizard.
#[component]
pub fn Steps(
    /// Their names in order.
    names: Vec<String>,
    /// The step shown, from 0.
    current: usize,
) -> impl IntoView {
    let item = move |(index, name): (usize, String)| {
        view! {
            <li
                data-state=(index < current).then_some("done")
                aria-current=(index == current).then_some("step")
            >
                <span>{name}</span>
            </li>
        }
    };
    view! { <ol class="steps">{names.into_iter().enumerate().map(item).collect_view()}</ol> }
}

/// A list of [`CheckLine`]s.
#[component]
pub fn Checks(
    /// The lines.
    children: Children,
) -> impl IntoView {
    view! { <ul class="checks">{children()}</ul> }
}

/// One thing that was checked, or one effect that is about to happen.
#[component]
pub fn CheckLine(
    /// How it went.
    state: State,
    /// What was checked.
    #[prop(into)]
    title: String,
    /// The time it took, or a number.
    #[prop(optional, into)]
    note: MaybeText,
    /// The cause, or a detail.
    #[prop(optional, into)]
    detail: MaybeText,
) -> impl IntoView {
    let (note, detail) = (note.0, detail.0);
    let word = match state {
        State::Ok => t!(keys::check::PASSED),
        State::Run => t!(keys::check::RUNNING),
        State::Warn => t!(keys::check::WARNING),
        State::Bad => t!(keys::check::FAILED),
        State::Wait => t!(keys::check::WAITING),
    };
    view! {
        <li data-state=state.name()>
            <Icon name=state.glyph() />
            <span>
                <span class="sr">{word} " "</span>
                <span class="strong">{title}</span>
            </span>
            <span class="t">{note}</span>
            {detail.map(|detail| view! { <span class="d">{detail}</span> })}
        </li>
    }
}
