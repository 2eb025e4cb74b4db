//! The navigation: groups of links, the person at its foot.

use super::{Avatar, Glyph, Icon, MaybeText, MenuFrame, MenuSide};
use crate::i18n::keys;
use crate::t;
use leptos::prelude::*;

/// A group of [`NavLink`]s.
#[component]
pub fn NavGroup(
    /// Its title.
    #[prop(optional, into)]
    title: MaybeText,
    /// The project whose pages it holds, in place of a title.
    #[prop(optional, into)]
    project: MaybeText,
    /// The links.
    children: Children,
) -> impl IntoView {
    let (title, project) = (title.0, project.0);
    let head = match (project, title) {
        (Some(project), _) => Some(
            view! {
                <p class="nav-title">
                    <Avatar name=project.clone() square=true />
                    {super::breakable(&project)}
                </p>
            }
            .into_any(),
        ),
        (None, Some(title)) => Some(view! { <h2>{title}</h2> }.into_any()),
        (None, None) => None,
    };
    match head {
        Some(head) => view! {
            <div class="nav-group">
                {head}
                <ul>{children()}</ul>
            </div>
        }
        .into_any(),
        None => view! { <ul class="nav-group">{children()}</ul> }.into_any(),
    }
}

/// A link of the navigation.
#[component]
pub fn NavLink(
    /// Where it leads.
    #[prop(into)]
    href: String,
    /// Its icon.
    icon: Glyph,
    /// Its name.
    #[prop(into)]
    text: String,
    /// Whether the page shown belongs to it.
    #[prop(optional, into)]
    current: Signal<bool>,
) -> impl IntoView {
    view! {
        <li>
            <a class="nav-link" href=href aria-current=move || current.get().then_some("page")>
                <Icon name=icon />
                {text}
            </a>
        </li>
    }
}

/// The menu of the person who is signed in.
#[component]
pub fn UserMenu(
    /// The name of the person.
    #[prop(into)]
    name: String,
    /// [`MenuLink`](super::MenuLink)s and [`MenuButton`](super::MenuButton)s.
    children: Children,
) -> impl IntoView {
    let label = t!(keys::shell::ACCOUNT_MENU, name = name);
    let summary = view! {
        <summary class="user-btn" role="button" aria-label=label>
            <Avatar name=name.clone() />
            <b>{name}</b>
        </summary>
    };
    view! { <MenuFrame summary=move || summary side=MenuSide::Up children=children /> }
}
