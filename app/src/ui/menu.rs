//! Menus: they open without script; with it they close on Escape, when the focus leaves and when something else is pressed,
//! and arrow keys go through their entries.

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
    view! {
        <details
            class=classes(&["menu", side_class, if wide { "menu-wide" } else { "" }, sheet])
        >
            {summary.run()}
            <div class="menu-panel">{children()}</div>
        </details>
    }
}

/// Makes the menus of the document close and be walked by keys, those that come later as well. Once a document.
pub(super) fn attend() {
    #[cfg(target_arch = "wasm32")]
    browser::attend();
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use leptos::prelude::document;
    use leptos::web_sys::{Element, Event, FocusEvent, HtmlDetailsElement, HtmlElement, KeyboardEvent, Node};
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;

    pub(super) fn attend() {
        listen("keydown", |event| {
            if let Some(event) = event.dyn_ref::<KeyboardEvent>() {
                on_key(event);
            }
        });
        listen("focusout", |event| {
            // Without a related target the window lost the focus, or something that takes none was pressed.
            let to = event.dyn_ref::<FocusEvent>().and_then(FocusEvent::related_target);
            if let (Some(menu), Some(to)) = (menu_of(event), to)
                && !menu.contains(to.dyn_ref::<Node>())
            {
                menu.set_open(false);
            }
        });
        listen("pointerdown", |event| {
            let inside = menu_of(event);
            open_menus().into_iter().filter(|menu| Some(menu) != inside.as_ref()).for_each(|menu| menu.set_open(false));
        });
    }

    /// Hears events before the elements that they are about: what a menu takes for itself nobody else sees.
    fn listen(event: &str, heard: impl Fn(&Event) + 'static) {
        let heard = Closure::<dyn Fn(Event)>::new(move |event: Event| heard(&event));
        // It refuses no kind of event; the closure lives as long as the document.
        drop(document().add_event_listener_with_callback_and_bool(event, heard.as_ref().unchecked_ref(), true));
        heard.forget();
    }

    /// The menu that an event happened in.
    fn menu_of(event: &Event) -> Option<HtmlDetailsElement> {
        let menu = event.target()?.dyn_into::<Element>().ok()?.closest("details.menu").ok()??;
        menu.dyn_into().ok()
    }

    fn open_menus() -> Vec<HtmlDetailsElement> {
        let Ok(open) = document().query_selector_all("details.menu[open]") else { return Vec::new() };
        (0..open.length()).filter_map(|at| open.get(at)?.dyn_into().ok()).collect()
    }

    fn on_key(event: &KeyboardEvent) {
        // Who pressed beside the entries has the focus nowhere.
        let Some(menu) = menu_of(event).or_else(|| open_menus().pop()) else { return };
        let taken = match event.key().as_str() {
            "Escape" if menu.open() => {
                menu.set_open(false);
                focus(menu.query_selector("summary").ok().flatten())
            }
            key @ ("ArrowDown" | "ArrowUp" | "Home" | "End") => walk(&menu, key),
            _ => false,
        };
        if taken {
            // A menu in a dialog closes alone, and a page does not scroll.
            event.stop_propagation();
            event.prevent_default();
        }
    }

    /// Goes to another entry, from the button to the first or the last one. Keys in a field of the panel are the field's.
    fn walk(menu: &HtmlDetailsElement, key: &str) -> bool {
        let Ok(found) = menu.query_selector_all(".menu-item") else { return false };
        let entries: Vec<Element> = (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect();
        let Some(active) = document().active_element() else { return false };
        let here = entries.iter().position(|entry| *entry == active);
        let last = entries.len().saturating_sub(1);
        let to = match (here, key) {
            (None, _) if active.tag_name() != "SUMMARY" => return false,
            (_, "Home") | (None, "ArrowDown") => 0,
            (_, "End") | (None, _) => last,
            (Some(here), "ArrowDown") => {
                if here == last {
                    0
                } else {
                    here + 1
                }
            }
            (Some(here), _) => here.checked_sub(1).unwrap_or(last),
        };
        if entries.is_empty() || (here.is_none() && !menu.open() && !key.starts_with("Arrow")) {
            return false;
        }
        menu.set_open(true);
        focus(entries.into_iter().nth(to))
    }

    fn focus(element: Option<Element>) -> bool {
        element
            .and_then(|element| element.dyn_into::<HtmlElement>().ok())
            .is_some_and(|element| element.focus().is_ok())
    }
}

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
