//! Copying: the next command stands on the page, whole, and one click takes it.

use super::{Announcer, Glyph, Icon, MaybeText, ToastKind, Toasts, announce, classes, use_announcer, use_toasts};
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
    let copies = Copies::of_page();
    let title = if icon == Glyph::Copy { t!(keys::copy::TITLE) } else { label.clone() };
    let copy = move |_| {
        copies.copy(text.get_untracked(), move || {
            done.set(true);
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

/// What copying says: that it is done, to who does not see it, and that it is not, to everybody.
#[derive(Clone)]
pub(crate) struct Copies {
    announcer: Announcer,
    toasts: Toasts,
    done: String,
    refused: String,
    by_hand: String,
}

impl Copies {
    /// In the language and the regions of this page.
    pub(crate) fn of_page() -> Self {
        Copies {
            announcer: use_announcer(),
            toasts: use_toasts(),
            done: t!(keys::copy::DONE),
            refused: t!(keys::copy::REFUSED),
            by_hand: t!(keys::copy::BY_HAND),
        }
    }

    /// Puts `text` on the clipboard, and calls `then` when it is there. Where the browser refuses that, the text can still
    /// be selected.
    pub(crate) fn copy(&self, text: String, then: impl FnOnce() + 'static) {
        let said = self.clone();
        write_clipboard(text, move |is_there| {
            if is_there {
                announce(said.announcer, said.done);
                then();
            } else {
                said.toasts.push(ToastKind::Bad, said.refused, Some(said.by_hand));
            }
        });
    }
}

/// Puts `text` on the clipboard and says whether it is there.
#[cfg(target_arch = "wasm32")]
fn write_clipboard(text: String, then: impl FnOnce(bool) + 'static) {
    let clipboard = window().navigator().clipboard();
    // A page that came by plain HTTP has none; calling it would throw.
    if wasm_bindgen::JsValue::from(&clipboard).is_undefined() {
        return then(copy_selected(&text));
    }
    let written = clipboard.write_text(&text);
    leptos::task::spawn_local(async move {
        let is_there = wasm_bindgen_futures::JsFuture::from(written).await.is_ok();
        then(is_there || copy_selected(&text));
    });
}

/// The old way, which works without a secure context: what is selected in a field is copied.
#[cfg(target_arch = "wasm32")]
fn copy_selected(text: &str) -> bool {
    use wasm_bindgen::JsCast;
    let document = document();
    let before = document.active_element();
    // Outside an open dialog nothing takes the focus.
    let dialog = before.as_ref().and_then(|element| element.closest("dialog[open]").ok().flatten());
    let Some(place) = dialog.or_else(|| document.body().map(Into::into)) else { return false };
    let Ok(field) = document.create_element("textarea") else { return false };
    let field: leptos::web_sys::HtmlTextAreaElement = field.unchecked_into();
    field.set_class_name("sr");
    field.set_value(text);
    if place.append_child(&field).is_err() {
        return false;
    }
    field.select();
    let document: leptos::web_sys::HtmlDocument = document.unchecked_into();
    let is_there = document.exec_command("copy").unwrap_or(false);
    field.remove();
    if let Some(before) = before.and_then(|element| element.dyn_into::<leptos::web_sys::HtmlElement>().ok()) {
        // It had the focus.
        drop(before.focus());
    }
    is_there
}

#[cfg(not(target_arch = "wasm32"))]
fn write_clipboard(text: String, then: impl FnOnce(bool) + 'static) {
    // Clicks happen in the browser only.
    drop((text, then));
}
