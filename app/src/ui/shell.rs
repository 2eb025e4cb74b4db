//! The frames of pages: with navigation, or for the pages before it.

use super::{Crumb, Crumbs, Glyph, Icon, Mark};
use crate::i18n::{LanguageLinks, keys};
use crate::t;
use crate::theme::ThemeToggle;
use leptos::prelude::*;

/// The frame of a page with navigation.
#[component]
pub fn AppShell(
    /// The groups of the navigation.
    #[prop(into)]
    nav: ViewFnOnce,
    /// The foot of the navigation, before the theme button: a [`UserMenu`](super::UserMenu) or a link to sign in.
    #[prop(into)]
    foot: ViewFnOnce,
    /// Where the page stands.
    #[prop(into)]
    crumbs: Signal<Vec<Crumb>>,
    /// Parts at the end of the top bar.
    #[prop(optional, into)]
    tools: Option<ViewFnOnce>,
    /// The page, the inside of `<main>`.
    children: Children,
) -> impl IntoView {
    view! {
        <SkipLink />
        <div class="app">
            <nav class="app-nav" id="nav" popover="auto" aria-label=t!(keys::shell::MAIN_NAV)>
                <Brand href="/" />
                {nav.run()}
                <div class="nav-foot">{foot.run()} <ThemeToggle /></div>
            </nav>
            <div class="app-body">
                <header class="topbar">
                    <button
                        type="button"
                        class="btn btn-ghost btn-icon nav-open"
                        popovertarget="nav"
                        aria-label=t!(keys::shell::OPEN_NAV)
                    >
                        <Icon name=Glyph::Menu />
                    </button>
                    <Crumbs crumbs=crumbs />
                    {tools.map(ViewFnOnce::run)}
                </header>
                <main class="page" id="main" tabindex="-1">
                    {children()}
                </main>
            </div>
        </div>
    }
}

/// How wide the card of an [`AuthShell`] is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthWidth {
    /// 23rem: to sign in.
    #[default]
    Narrow,
    /// 26rem: to create an account.
    Normal,
    /// 40rem: to set up.
    Wide,
}

/// The frame of a page before signing in: set-up, sign in, sign up.
#[component]
pub fn AuthShell(
    /// How wide the card is.
    #[prop(optional)]
    width: AuthWidth,
    /// The query to keep when another language is chosen.
    #[prop(optional, into)]
    search: String,
    /// Version and links at the foot.
    #[prop(optional, into)]
    foot: Option<ViewFnOnce>,
    /// The inside of the card; it starts with the `h1`.
    children: Children,
) -> impl IntoView {
    let width = match width {
        AuthWidth::Narrow => None,
        AuthWidth::Normal => Some("26"),
        AuthWidth::Wide => Some("40"),
    };
    view! {
        <SkipLink />
        <div class="auth">
            <header class="auth-top">
                <Brand href="/" />
                <span class="push row g1">
                    <LanguageLinks keep=search />
                    <ThemeToggle />
                </span>
            </header>
            <main class="auth-main" id="main" tabindex="-1" data-w=width>
                <div class="auth-card">{children()}</div>
            </main>
            <footer class="auth-foot">{foot.map(ViewFnOnce::run)}</footer>
        </div>
    }
}

/// The first stop of the Tab key.
#[component]
fn SkipLink() -> impl IntoView {
    view! {
        <a class="skip" href="#main" rel="external">
            {t!(keys::shell::SKIP)}
        </a>
    }
}

/// Mark and name.
#[component]
fn Brand(
    /// Where it leads.
    href: &'static str,
) -> impl IntoView {
    view! {
        <a class="brand" href=href>
            <Mark />
            "Berth"
        </a>
    }
}
