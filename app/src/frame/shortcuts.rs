//! The keys: what they do, and the list of them.

use crate::i18n::{Key, keys};
use crate::t;
use crate::ui::{Dialog, DialogBody, DialogHead, Glyph, Icon, SEARCH_KEY, TOASTS_KEY, open_dialog};
use leptos::prelude::*;

/// The id of the dialog.
pub(crate) const DIALOG: &str = "keys";

/// The key that waits for another one.
pub(super) const PREFIX: &str = "g";

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// Opens the palette.
    Palette,
    /// Follows the first link of this selector: one of the page, so that nobody is led where they may not go.
    Follow(&'static str),
    /// Goes so many rows down.
    Step(i32),
    /// Opens the list of keys.
    Keys,
    /// What the kit does by itself, on every page.
    Kit,
}

/// A key, or two one after the other.
pub(super) struct Shortcut {
    pressed: &'static [&'static str],
    deed: Deed,
    meaning: Key,
}

const fn on(pressed: &'static [&'static str], deed: Deed, meaning: Key) -> Shortcut {
    Shortcut { pressed, deed, meaning }
}

/// All there are. The list shows each of them, and what is pressed is looked up here.
static SHORTCUTS: [Shortcut; 14] = {
    use keys::keyboard as k;
    [
        on(&["Ctrl", "K"], Deed::Palette, k::PALETTE),
        on(&[SEARCH_KEY], Deed::Kit, k::SEARCH),
        on(&[PREFIX, "p"], Deed::Follow(r#".app-nav a[href="/projects"]"#), k::PROJECTS),
        on(&[PREFIX, "m"], Deed::Follow(r#".app-nav a[href$="/-/members"]"#), k::MEMBERS),
        on(&[PREFIX, "a"], Deed::Follow(r#".app-nav a[href$="/-/audit"], .app-nav a[href="/admin/audit"]"#), k::AUDIT),
        on(
            &[PREFIX, "s"],
            Deed::Follow(r#".app-nav a[href$="/-/settings"], .app-nav a[href="/admin/settings"]"#),
            k::SETTINGS,
        ),
        on(&[PREFIX, "u"], Deed::Follow(r#".app-nav a[href="/admin/users"]"#), k::USERS),
        on(&[PREFIX, "h"], Deed::Follow(r#".app-nav a[href="/admin/health"]"#), keys::nav::HEALTH),
        on(&[PREFIX, "t"], Deed::Follow(r#".app-nav a[href="/account/tokens"]"#), k::TOKENS),
        on(&["j"], Deed::Step(1), k::NEXT),
        on(&["k"], Deed::Step(-1), k::FORMER),
        on(&[TOASTS_KEY], Deed::Kit, k::TOASTS),
        on(&["Esc"], Deed::Kit, k::CLOSE),
        on(&["?"], Deed::Keys, k::HELP),
    ]
};

/// What was pressed: with Ctrl or ⌘, after the prefix, or alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(any(target_arch = "wasm32", test)), expect(dead_code, reason = "keys are pressed in browsers"))]
pub(super) enum Held {
    /// With Ctrl or ⌘.
    Command,
    /// Behind [`PREFIX`].
    Prefix,
    /// Nothing.
    Nothing,
}

/// What a key does, if it does anything. Letters behind Ctrl and ⌘ may be capitals.
#[cfg_attr(not(any(target_arch = "wasm32", test)), expect(dead_code, reason = "keys are pressed in browsers"))]
pub(super) fn deed_of(held: Held, key: &str) -> Option<Deed> {
    let is_it = |shortcut: &&Shortcut| match (held, shortcut.pressed) {
        (Held::Command, ["Ctrl", letter]) => letter.eq_ignore_ascii_case(key),
        (Held::Prefix, [PREFIX, letter]) => *letter == key,
        (Held::Nothing, [only]) => *only == key,
        _ => false,
    };
    SHORTCUTS.iter().find(is_it).map(|shortcut| shortcut.deed)
}

/// The button that shows the keys. Without script there are none, and the style sheet hides it.
#[component]
pub(super) fn KeysButton() -> impl IntoView {
    let label = t!(keys::keyboard::TITLE);
    view! {
        <button
            type="button"
            class="btn btn-ghost btn-icon needs-script"
            aria-label=label.clone()
            aria-keyshortcuts="?"
            title=label
            on:click=|_| {
                open_dialog(DIALOG);
            }
        >
            <Icon name=Glyph::Help />
        </button>
    }
}

/// The keys, in a dialog.
#[component]
pub(super) fn KeysDialog() -> impl IntoView {
    use keys::keyboard as k;
    let rows = SHORTCUTS.iter().map(|Shortcut { pressed, meaning, .. }| {
        let pressed = pressed.iter().map(|key| view! { <kbd class="kbd">{*key}</kbd> " " }).collect_view();
        view! {
            <dt>{t!(*meaning)}</dt>
            <dd>{pressed}</dd>
        }
    });
    view! {
        <Dialog id=DIALOG>
            <DialogHead id=DIALOG title=t!(k::TITLE) text=t!(k::TEXT) />
            <DialogBody>
                <dl class="kv keys">{rows.collect_view()}</dl>
            </DialogBody>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_listed_once_and_does_what_the_list_says() {
        for (place, shortcut) in SHORTCUTS.iter().enumerate() {
            let Shortcut { pressed, deed, .. } = shortcut;
            assert!(SHORTCUTS[..place].iter().all(|other| other.pressed != *pressed), "{pressed:?}");
            let (held, key) = match pressed {
                ["Ctrl", letter] => (Held::Command, letter),
                [PREFIX, letter] => (Held::Prefix, letter),
                [only] => (Held::Nothing, only),
                _ => panic!("{pressed:?} is nothing that can be pressed"),
            };
            assert_eq!(deed_of(held, key), Some(*deed), "{pressed:?}");
            if let Deed::Follow(selector) = deed {
                assert!(selector.split(", ").all(|part| part.starts_with(".app-nav a[")), "{selector}");
            }
        }
        assert_eq!(deed_of(Held::Command, "k"), Some(Deed::Palette));
        assert_eq!(deed_of(Held::Nothing, "h"), None);
        assert_eq!(deed_of(Held::Nothing, PREFIX), None);
    }

    #[test]
    fn the_list_shows_every_key() {
        let owner = Owner::new();
        let html = owner.with(|| view! { <KeysDialog /> }.to_html());
        let shown = html.matches("<dt>").count();
        assert_eq!(shown, SHORTCUTS.len(), "{html}");
        assert!(html.contains("System health"), "{html}");
    }
}
