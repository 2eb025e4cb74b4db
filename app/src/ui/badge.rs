//! Facts in one word: badges and statuses. Shape or text always says what the colour says.

use super::{Glyph, Icon, classes};
use leptos::prelude::*;

/// What a coloured part says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Just a fact.
    #[default]
    Neutral,
    /// As it should be.
    Ok,
    /// Needs attention.
    Warn,
    /// Wrong.
    Bad,
    /// Worth knowing.
    Info,
    /// Chosen or changed here.
    Accent,
}

/// A fact in a box.
#[component]
pub fn Badge(
    /// What it says.
    #[prop(optional)]
    tone: Tone,
    /// An icon before the text.
    #[prop(optional_no_strip, into)]
    icon: Option<Glyph>,
    /// The text.
    children: Children,
) -> impl IntoView {
    let tone = match tone {
        Tone::Neutral => "",
        Tone::Ok => "badge-ok",
        Tone::Warn => "badge-warn",
        Tone::Bad => "badge-bad",
        Tone::Info => "badge-info",
        Tone::Accent => "badge-accent",
    };
    view! {
        <span class=classes(&["badge", tone])>
            {icon.map(|name| view! { <Icon name=name /> })}
            {children()}
        </span>
    }
}

/// How something went or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Done.
    Ok,
    /// Going on.
    Run,
    /// Done or going on, with a reservation.
    Warn,
    /// Failed.
    Bad,
    /// Not begun.
    Wait,
}

impl State {
    pub(super) const fn glyph(self) -> Glyph {
        match self {
            State::Ok => Glyph::Ok,
            State::Run => Glyph::Spinner,
            State::Warn => Glyph::Warn,
            State::Bad => Glyph::Error,
            State::Wait => Glyph::Clock,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Run => "run",
            State::Warn => "warn",
            State::Bad => "bad",
            State::Wait => "wait",
        }
    }
}

/// A state with its icon.
#[component]
pub fn Status(
    /// How it goes.
    state: State,
    /// The state in words.
    children: Children,
) -> impl IntoView {
    let class = if state == State::Wait { "" } else { state.name() };
    view! {
        <span class=classes(&["status", class])>
            <Icon name=state.glyph() spin=state == State::Run />
            {children()}
        </span>
    }
}
