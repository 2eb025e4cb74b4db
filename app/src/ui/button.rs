//! Buttons, and links that look like them.

use super::{Glyph, Icon, classes};
use leptos::prelude::*;

/// What a button is for. At most one primary button in a view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// The usual one.
    #[default]
    Plain,
    /// The main action of the view.
    Primary,
    /// Without a border, for lesser actions.
    Ghost,
    /// Leads to something destructive.
    Danger,
    /// Does something destructive.
    DangerFill,
}

/// How large a control is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    /// In tables and heads of cards.
    Small,
    /// Everywhere else.
    #[default]
    Normal,
    /// On pages with one form.
    Large,
}

/// The classes of a button.
pub(super) fn button_class(look: Look, size: Size, icon_only: bool, block: bool) -> String {
    let look = match look {
        Look::Plain => "",
        Look::Primary => "btn-primary",
        Look::Ghost => "btn-ghost",
        Look::Danger => "btn-danger",
        Look::DangerFill => "btn-danger-fill",
    };
    let size = match size {
        Size::Small => "btn-s",
        Size::Normal => "",
        Size::Large => "btn-l",
    };
    classes(&["btn", look, if icon_only { "btn-icon" } else { "" }, size, if block { "btn-block" } else { "" }])
}

/// A button. `on:click` and further attributes (`attr:name`, `attr:value`) pass through to it.
#[component]
pub fn Button(
    /// What it is for.
    #[prop(optional)]
    look: Look,
    /// How large it is.
    #[prop(optional)]
    size: Size,
    /// An icon before the text.
    #[prop(optional_no_strip, into)]
    icon: Option<Glyph>,
    /// As wide as its container.
    #[prop(optional)]
    block: bool,
    /// Submits the form around it.
    #[prop(optional)]
    submit: bool,
    /// Whether its work is going on; text and width stay.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// The text: a verb.
    children: Children,
) -> impl IntoView {
    view! {
        <button
            type=if submit { "submit" } else { "button" }
            class=button_class(look, size, false, block)
            aria-busy=move || busy.get().then_some("true")
        >
            {icon.map(|name| view! { <Icon name=name /> })}
            {children()}
        </button>
    }
}

/// A link that looks like a button.
#[component]
pub fn LinkButton(
    /// Where it leads.
    #[prop(into)]
    href: String,
    /// What it is for.
    #[prop(optional)]
    look: Look,
    /// How large it is.
    #[prop(optional)]
    size: Size,
    /// An icon before the text.
    #[prop(optional_no_strip, into)]
    icon: Option<Glyph>,
    /// The text.
    children: Children,
) -> impl IntoView {
    view! {
        <a class=button_class(look, size, false, false) href=href>
            {icon.map(|name| view! { <Icon name=name /> })}
            {children()}
        </a>
    }
}

/// A button that shows only an icon.
#[component]
pub fn IconButton(
    /// The icon.
    icon: Glyph,
    /// Its name, for `aria-label` and `title`.
    #[prop(into)]
    label: String,
    /// How large it is.
    #[prop(optional)]
    size: Size,
    /// Submits the form around it.
    #[prop(optional)]
    submit: bool,
) -> impl IntoView {
    view! {
        <button
            type=if submit { "submit" } else { "button" }
            class=button_class(Look::Ghost, size, true, false)
            aria-label=label.clone()
            title=label
        >
            <Icon name=icon />
        </button>
    }
}
