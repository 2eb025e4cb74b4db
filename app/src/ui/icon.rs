//! Icons from one sprite per page.

use leptos::prelude::*;

macro_rules! glyphs {
    ($($variant:ident = $id:literal,)*) => {
        /// A symbol of the sprite.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Glyph {
            $(#[doc = concat!("`#i-", $id, "`")] $variant,)*
        }

        impl Glyph {
            /// The reference of `<use>`.
            pub const fn href(self) -> &'static str {
                match self {
                    $(Glyph::$variant => concat!("#i-", $id),)*
                }
            }

            #[cfg(test)]
            const ALL: &'static [Glyph] = &[$(Glyph::$variant,)*];
        }
    };
}

glyphs! {
    Search = "search",
    Plus = "plus",
    Check = "check",
    X = "x",
    Down = "down",
    Up = "up",
    Right = "right",
    Left = "left",
    Sort = "sort",
    Copy = "copy",
    Download = "download",
    Upload = "upload",
    More = "more",
    Star = "star",
    Lock = "lock",
    Globe = "globe",
    Project = "project",
    Repo = "repo",
    Tag = "tag",
    Layers = "layers",
    Shield = "shield",
    ShieldOk = "shield-ok",
    Sign = "sign",
    Sbom = "sbom",
    Clock = "clock",
    History = "history",
    Users = "users",
    User = "user",
    Robot = "robot",
    Key = "key",
    Hook = "hook",
    Log = "log",
    Settings = "settings",
    Trash = "trash",
    Filter = "filter",
    Refresh = "refresh",
    Play = "play",
    Pause = "pause",
    Stop = "stop",
    External = "external",
    Info = "info",
    Warn = "warn",
    Error = "error",
    Ok = "ok",
    Minus = "minus",
    Spinner = "spinner",
    Terminal = "terminal",
    Db = "db",
    Server = "server",
    Cloud = "cloud",
    Sync = "sync",
    Menu = "menu",
    Sun = "sun",
    Moon = "moon",
    Theme = "theme",
    Help = "help",
    Tree = "tree",
    Sweep = "sweep",
    Calendar = "calendar",
    Eye = "eye",
    Bolt = "bolt",
    Undo = "undo",
    Chip = "chip",
    Edit = "edit",
    Logout = "logout",
    File = "file",
    Arrow = "arrow",
    Helm = "helm",
}

/// An icon beside text; screen readers skip it. An icon alone belongs in an `IconButton`.
#[component]
pub fn Icon(
    /// Which one.
    name: Glyph,
    /// Whether it turns.
    #[prop(optional)]
    spin: bool,
    /// Whether it is the large, thin one of an empty state.
    #[prop(optional)]
    art: bool,
) -> impl IntoView {
    let class = match (spin, art) {
        (true, _) => "i spin",
        (false, true) => "i art",
        (false, false) => "i",
    };
    view! {
        <svg class=class aria-hidden="true">
            <use href=name.href()></use>
        </svg>
    }
}

/// The symbols that icons refer to; once per page. The server writes them, the browser finds them there.
#[component]
pub fn Sprite() -> impl IntoView {
    view! { <svg hidden inner_html=symbols()></svg> }
}

#[cfg(not(target_arch = "wasm32"))]
fn symbols() -> &'static str {
    const FILE: &str = include_str!("../../../public/sprite.svg");
    FILE.split_once('>').and_then(|(_, rest)| rest.rsplit_once("</svg>")).map_or("", |(symbols, _)| symbols)
}

#[cfg(target_arch = "wasm32")]
fn symbols() -> &'static str {
    ""
}

/// The mark of Berth.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg viewBox="0 0 32 32" aria-hidden="true">
            <path
                class="quay"
                d="M5 7v13.5A7.5 7.5 0 0 0 12.5 28h7a7.5 7.5 0 0 0 7.5-7.5V7"
                fill="none"
                stroke-width="3.5"
                stroke-linecap="round"
            ></path>
            <path
                class="hull"
                d="M16 2.5c3.6 3.3 5.5 7.1 5.5 11v6a3 3 0 0 1-3 3h-5a3 3 0 0 1-3-3v-6c0-3.9 1.9-7.7 5.5-11z"
            ></path>
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_glyph_is_in_the_sprite() {
        for glyph in Glyph::ALL {
            let id = glyph.href().trim_start_matches('#');
            assert!(symbols().contains(&format!("<symbol id=\"{id}\"")), "{id}");
        }
        assert_eq!(symbols().matches("<symbol ").count(), Glyph::ALL.len());
    }
}
