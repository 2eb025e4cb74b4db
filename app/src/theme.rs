//! Light, dark or as the system: a cookie, written into the document by the server so that nothing flashes.

use crate::i18n::keys;
use crate::t;
use crate::ui::{Glyph, Icon};
use leptos::prelude::*;

/// The cookie that remembers the theme.
pub const COOKIE: &str = "berth_theme";
/// The query parameter that changes the theme.
pub const QUERY: &str = "theme";

/// The colour scheme of the portal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// What the system says.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// All themes, in the order the button goes through them.
    pub const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    /// The value in cookie and query.
    pub const fn code(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// The theme with this code.
    pub fn from_code(code: &str) -> Option<Theme> {
        Theme::ALL.into_iter().find(|theme| theme.code() == code)
    }

    /// `data-theme` of the root element; none follows the system.
    pub const fn attribute(self) -> Option<&'static str> {
        match self {
            Theme::System => None,
            Theme::Light | Theme::Dark => Some(self.code()),
        }
    }

    const fn next(self) -> Theme {
        match self {
            Theme::System => Theme::Light,
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::System,
        }
    }

    /// The name of the theme in the language of the page.
    pub fn label(self) -> String {
        match self {
            Theme::System => t!(keys::theme::SYSTEM),
            Theme::Light => t!(keys::theme::LIGHT),
            Theme::Dark => t!(keys::theme::DARK),
        }
    }

    const fn glyph(self) -> Glyph {
        match self {
            Theme::System => Glyph::Theme,
            Theme::Light => Glyph::Sun,
            Theme::Dark => Glyph::Moon,
        }
    }
}

/// Hands the theme down to the components below; in the browser, changes of it take effect at once.
pub fn provide_theme(theme: Theme) -> RwSignal<Theme> {
    let signal = RwSignal::new(theme);
    provide_context(signal);
    signal
}

/// The theme of the page.
pub fn use_theme() -> RwSignal<Theme> {
    use_context().unwrap_or_else(|| RwSignal::new(Theme::System))
}

/// Reads the theme of the request being rendered, hands it down and remembers a choice made by query.
#[cfg(feature = "ssr")]
pub fn provide_for_request() -> Theme {
    let asked = crate::preference::asked(QUERY, COOKIE);
    let chosen = asked.query.as_deref().and_then(Theme::from_code);
    if let Some(theme) = chosen {
        crate::preference::remember(COOKIE, theme.code());
    }
    let theme = chosen.or_else(|| asked.cookie.as_deref().and_then(Theme::from_code)).unwrap_or_default();
    provide_theme(theme);
    theme
}

/// Reads the theme that the server wrote into the document and hands it down.
#[cfg(target_arch = "wasm32")]
pub fn provide_from_document() -> Theme {
    let root = document().document_element();
    let theme = root.and_then(|root| root.get_attribute("data-theme")).and_then(|code| Theme::from_code(&code));
    let theme = theme.unwrap_or_default();
    provide_theme(theme);
    theme
}

/// Makes `theme` that of this page and of later visits.
pub fn set_theme(signal: RwSignal<Theme>, theme: Theme) {
    signal.set(theme);
    #[cfg(target_arch = "wasm32")]
    {
        if let Some(root) = document().document_element() {
            // Neither call can fail for a constant attribute name.
            drop(match theme.attribute() {
                Some(value) => root.set_attribute("data-theme", value),
                None => root.remove_attribute("data-theme"),
            });
        }
        crate::preference::remember_here(COOKIE, theme.code());
    }
}

/// A button that goes through the themes. Without script it posts the choice as a query of the same page.
#[component]
pub fn ThemeToggle() -> impl IntoView {
    let theme = use_theme();
    let catalog = crate::i18n::use_catalog();
    let names = Theme::ALL.map(|theme| theme.label());
    let label = move || {
        let current = theme.get();
        let name = Theme::ALL.iter().position(|each| *each == current).and_then(|at| names.get(at));
        catalog.format(keys::theme::TOGGLE, &[("theme", name.map_or("", String::as_str))])
    };
    let toggle = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        set_theme(theme, theme.get_untracked().next());
    };
    view! {
        <form method="get" on:submit=toggle>
            <button
                class="btn btn-ghost btn-icon"
                name=QUERY
                value=move || theme.get().next().code()
                aria-label=label
                title=t!(keys::theme::TITLE)
            >
                {move || view! { <Icon name=theme.get().glyph() /> }}
            </button>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_attributes() {
        for theme in Theme::ALL {
            assert_eq!(Theme::from_code(theme.code()), Some(theme));
        }
        assert_eq!(Theme::System.attribute(), None);
        assert_eq!(Theme::Dark.attribute(), Some("dark"));
        assert_eq!(Theme::from_code("blue"), None);
    }
}
