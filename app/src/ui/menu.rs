//! Menus: they open without script; with it they close on Escape and when the focus leaves.

use super::button::button_class;
use super::{Glyph, Icon, Look, MaybeText, Size, classes};
use leptos::prelude::*;

/// Where the panel of a menu stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MenuSide {
    /// Below, from the start edge.
    #[default]
    Start,
    /// Below, from the end edge.
    End,
    /// Above.
    Up,
}

/// A menu behind a button.
#[component]
pub fn Menu(
    /// The text of the button.
    #[prop(optional, into)]
    text: MaybeText,
    /// Its name, where the text is missing or too short: "Actions for payments".
    #[prop(optional, into)]
    label: MaybeText,
    /// An icon before the text, or alone.
    #[prop(optional_no_strip, into)]
    icon: Option<Glyph>,
    /// The look of the button.
    #[prop(optional)]
    look: Look,
    /// The size of the button.
    #[prop(optional)]
    size: Size,
    /// Where the panel stands.
    #[prop(optional)]
    side: MenuSide,
    /// A wide panel, for commands.
    #[prop(optional)]
    wide: bool,
    /// The panel.
    children: Children,
) -> impl IntoView {
    let (text, label) = (text.0, label.0);
    let icon_only = text.is_none();
    let title = icon_only.then(|| label.clone()).flatten();
    let summary = view! {
        <summary class=button_class(look, size, icon_only, false) role="button" aria-label=label title=title>
            {icon.map(|name| view! { <Icon name=name /> })}
            {text}
            {(!icon_only).then(|| view! { <Icon name=Glyph::Down /> })}
        </summary>
    };
    view! { <MenuFrame summary=move || summary side=side wide=wide children=children /> }
}

/// The menu of a row: three dots.
#[component]
pub fn RowMenu(
    /// Its name: "Actions for payments".
    #[prop(into)]
    label: String,
    /// [`MenuLink`]s and [`MenuButton`]s.
    children: Children,
) -> impl IntoView {
    view! {
        <Menu
            label=label
            icon=Glyph::More
            look=Look::Ghost
            size=Size::Small
            side=MenuSide::End
            children=children
        />
    }
}

/// A menu with a summary of its own. The summary must be a `<summary role="button">`.
#[component]
pub fn MenuFrame(
    /// The `<summary>`.
    #[prop(into)]
    summary: ViewFnOnce,
    /// Where the panel stands.
    #[prop(optional)]
    side: MenuSide,
    /// A wide panel, for commands.
    #[prop(optional)]
    wide: bool,
    /// The panel.
    children: Children,
) -> impl IntoView {
    let (side_class, sheet) = match side {
        MenuSide::Start => ("", ""),
        MenuSide::End => ("menu-end", "menu-sheet"),
        MenuSide::Up => ("menu-up", ""),
    };
    let details = NodeRef::<leptos::html::Details>::new();
    // A link in the menu may take the page away: what had the focus loses it when nothing of the menu is left.
    let element = move || details.try_get_untracked().flatten();
    let close = move || {
        if let Some(details) = element() {
            details.set_open(false);
        }
    };
    let on_keydown = move |event: leptos::ev::KeyboardEvent| {
        let Some(details) = element() else { return };
        if event.key() == "Escape" && details.open() {
            // A menu in a dialog closes alone.
            event.stop_propagation();
            event.prevent_default();
            close();
            focus_summary(&details);
        }
    };
    let on_focusout = move |event: leptos::ev::FocusEvent| {
        let Some(details) = element() else { return };
        // Without a related target the window lost the focus, or something that takes none was pressed inside.
        if event.related_target().is_some_and(|target| !contains(&details, target)) {
            close();
        }
    };
    view! {
        <details
            class=classes(&["menu", side_class, if wide { "menu-wide" } else { "" }, sheet])
            node_ref=details
            on:keydown=on_keydown
            on:focusout=on_focusout
        >
            {summary.run()}
            <div class="menu-panel">{children()}</div>
        </details>
    }
}

#[cfg(target_arch = "wasm32")]
fn contains(details: &leptos::web_sys::HtmlDetailsElement, target: leptos::web_sys::EventTarget) -> bool {
    use wasm_bindgen::JsCast;
    details.contains(target.dyn_ref())
}

#[cfg(target_arch = "wasm32")]
fn focus_summary(details: &leptos::web_sys::HtmlDetailsElement) {
    use wasm_bindgen::JsCast;
    if let Ok(Some(summary)) = details.query_selector("summary")
        && let Some(summary) = summary.dyn_ref::<leptos::web_sys::HtmlElement>()
    {
        // A summary can always take the focus.
        drop(summary.focus());
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn contains(_: &leptos::web_sys::HtmlDetailsElement, _: leptos::web_sys::EventTarget) -> bool {
    true
}

#[cfg(not(target_arch = "wasm32"))]
fn focus_summary(_: &leptos::web_sys::HtmlDetailsElement) {}

/// An entry of a menu that leads to a page.
#[component]
pub fn MenuLink(
    /// Where it leads.
    #[prop(into)]
    href: String,
    /// An icon before the text.
    #[prop(optional_no_strip, into)]
    icon: Option<Glyph>,
    /// Whether it leads to something destructive.
    #[prop(optional)]
    danger: bool,
    /// Whether it is the choice in force, in a menu of choices.
    #[prop(optional)]
    current: bool,
    /// The text.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    let icon = if current { Some(Glyph::Check) } else { icon };
    view! {
        <a
            class=classes(&["menu-item", if danger { "danger" } else { "" }])
            href=href
            aria-current=current.then_some("true")
        >
            {icon.map(|name| view! { <Icon name=name /> })}
            <span>{text}</span>
        </a>
    }
}

/// An entry of a menu that gives a file.
#[component]
pub fn MenuDownload(
    /// Where the file comes from.
    #[prop(into)]
    href: String,
    /// The text.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    // Both keep the router from taking the click for a page of the portal.
    view! {
        <a class="menu-item" href=href rel="external" download="">
            <Icon name=Glyph::Download />
            <span>{text}</span>
        </a>
    }
}

/// An entry of a menu that does something. `on:click` and further attributes pass through to it.
#[component]
pub fn MenuButton(
    /// An icon before the text.
    #[prop(optional_no_strip, into)]
    icon: Option<Glyph>,
    /// Whether it is destructive.
    #[prop(optional)]
    danger: bool,
    /// Submits the form around it.
    #[prop(optional)]
    submit: bool,
    /// The text.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! {
        <button
            type=if submit { "submit" } else { "button" }
            class=classes(&["menu-item", if danger { "danger" } else { "" }])
        >
            {icon.map(|name| view! { <Icon name=name /> })}
            <span>{text}</span>
        </button>
    }
}

/// A line between entries.
#[component]
pub fn MenuSeparator() -> impl IntoView {
    view! { <div class="menu-sep" role="presentation"></div> }
}
