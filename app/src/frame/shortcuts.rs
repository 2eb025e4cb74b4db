//! The list of keys.

use crate::i18n::keys;
use crate::t;
use crate::ui::{Dialog, DialogBody, DialogHead, Glyph, Icon, open_dialog};
use leptos::prelude::*;

/// The id of the dialog.
pub(crate) const DIALOG: &str = "keys";

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
    let rows = [
        (&["Ctrl", "K"][..], k::PALETTE),
        (&["/"], k::SEARCH),
        (&["g", "p"], k::PROJECTS),
        (&["g", "m"], k::MEMBERS),
        (&["g", "a"], k::AUDIT),
        (&["g", "s"], k::SETTINGS),
        (&["g", "u"], k::USERS),
        (&["g", "t"], k::TOKENS),
        (&["j"], k::NEXT),
        (&["k"], k::FORMER),
        (&["F6"], k::TOASTS),
        (&["Esc"], k::CLOSE),
        (&["?"], k::HELP),
    ];
    let rows = rows.into_iter().map(|(pressed, meaning)| {
        let pressed = pressed.iter().map(|key| view! { <kbd class="kbd">{*key}</kbd> " " }).collect_view();
        view! {
            <dt>{t!(meaning)}</dt>
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
