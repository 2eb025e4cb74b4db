//! Copying: the next command stands on the page, whole, and one click takes it.

use super::{Glyph, Icon, MaybeText, announce, classes, use_announcer};
use crate::i18n::keys;
use crate::t;
use leptos::prelude::*;

/// For how long a button shows that it has copied.
const DONE_SECONDS: u64 = 2;

/// A button that copies a text. Without script the style sheet hides it.
#[component]
pub fn CopyButton(
    /// What is copied.
    #[prop(into)]
    text: Signal<String>,
    /// Its name: "Copy pull command by tag".
    #[prop(into)]
    label: String,
    /// What it shows, where two stand side by side.
    #[prop(default = Glyph::Copy)]
    icon: Glyph,
) -> impl IntoView {
    let done = RwSignal::new(false);
    let announcer = use_announcer();
    let said = t!(keys::copy::DONE);
    let title = if icon == Glyph::Copy { t!(keys::copy::TITLE) } else { label.clone() };
    let copy = move |_| {
        let said = said.clone();
        write_clipboard(text.get_untracked(), move || {
            done.set(true);
            announce(announcer, said);
            set_timeout(
                move || {
                    // The button may have left the page meanwhile.
                    let _ = done.try_set(false);
                },
                std::time::Duration::from_secs(DONE_SECONDS),
            );
        });
    };
    view! {
        <button
            type="button"
            class="icon-copy"
            aria-label=label
            title=title
            data-done=move || done.get().then_some("")
            on:click=copy
        >
            {move || {
                let name = if done.get() { Glyph::Check } else { icon };
                view! { <Icon name=name /> }
            }}
        </button>
    }
}

/// A whole command with a button to copy it. It wraps and is never cut.
#[component]
pub fn CopyCommand(
    /// The command.
    #[prop(into)]
    text: Signal<String>,
    /// The name of the button: "Copy pull command".
    #[prop(optional, into)]
    label: MaybeText,
    /// Whether it is a secret that is shown once.
    #[prop(optional)]
    secret: bool,
) -> impl IntoView {
    let label = label.0;
    let label = label.unwrap_or_else(|| t!(keys::copy::COMMAND));
    view! {
        <div class=classes(&["copy", if secret { "secret" } else { "" }])>
            <code>{move || text.get()}</code>
            <CopyButton text=text label=label />
        </div>
    }
}

/// Puts `text` on the clipboard and calls `then` when it is there. A refusal by the browser changes nothing: the text can
/// still be selected.
#[cfg(target_arch = "wasm32")]
pub(crate) fn write_clipboard(text: String, then: impl FnOnce() + 'static) {
    let clipboard = window().navigator().clipboard();
    // Outside a secure context there is no clipboard; calling it would throw.
    if wasm_bindgen::JsValue::from(&clipboard).is_undefined() {
        return;
    }
    let written = clipboard.write_text(&text);
    leptos::task::spawn_local(async move {
        if wasm_bindgen_futures::JsFuture::from(written).await.is_ok() {
            then();
        }
    });
}

#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn write_clipboard(text: String, then: impl FnOnce() + 'static) {
    // Clicks happen in the browser only.
    drop((text, then));
}
