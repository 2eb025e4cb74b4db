//! Native dialogs, for one question or one short form. Each is also a route for the case without script.

use super::button::button_class;
use super::{Glyph, Icon, Look, MaybeText, Size};
use crate::i18n::keys;
use crate::t;
use leptos::prelude::*;

/// How wide a dialog is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DialogWidth {
    /// 32rem: a question.
    #[default]
    Normal,
    /// 34rem: a form.
    Form,
}

/// A dialog, closed until a [`DialogLink`] or [`open_dialog`] opens it. Its child is a `<form>` with [`DialogHead`],
/// [`DialogBody`] and [`DialogFoot`].
#[component]
pub fn Dialog(
    /// Its id; [`DialogHead`] gets the same.
    #[prop(into)]
    id: String,
    /// How wide it is.
    #[prop(optional)]
    width: DialogWidth,
    /// The form.
    children: Children,
) -> impl IntoView {
    let width = match width {
        DialogWidth::Normal => None,
        DialogWidth::Form => Some("34"),
    };
    view! {
        <dialog class="dialog" id=id.clone() aria-labelledby=format!("{id}-t") data-w=width>
            {children()}
        </dialog>
    }
}

/// Title and close button of a dialog.
#[component]
pub fn DialogHead(
    /// The id of the dialog.
    #[prop(into)]
    id: String,
    /// The question, with the count: "Delete 2 tags?"
    #[prop(into)]
    title: String,
    /// One sentence more.
    #[prop(optional, into)]
    text: MaybeText,
) -> impl IntoView {
    let text = text.0;
    let title_id = format!("{id}-t");
    view! {
        <div class="dialog-head">
            <div>
                <h2 id=title_id>{title}</h2>
                {text.map(|text| view! { <p>{text}</p> })}
            </div>
            <button
                type="button"
                class="btn btn-ghost btn-icon btn-s"
                aria-label=t!(keys::dialog::CLOSE)
                on:click=move |_| close_dialog(&id)
            >
                <Icon name=Glyph::X />
            </button>
        </div>
    }
}

/// The fields or effects of a dialog.
#[component]
pub fn DialogBody(
    /// What it holds.
    children: Children,
) -> impl IntoView {
    view! { <div class="dialog-body">{children()}</div> }
}

/// The buttons of a dialog: Cancel, and what the caller adds after it.
#[component]
pub fn DialogFoot(
    /// The id of the dialog.
    #[prop(into)]
    id: String,
    /// Whether the focus starts on Cancel: in a destructive dialog.
    #[prop(optional)]
    destructive: bool,
    /// The submitting button; its text repeats verb and object.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="dialog-foot">
            <button type="button" class="btn" autofocus=destructive on:click=move |_| close_dialog(&id)>
                {t!(keys::dialog::CANCEL)}
            </button>
            {children()}
        </div>
    }
}

/// A link to the page with the same form, which opens the dialog instead where script runs.
#[component]
pub fn DialogLink(
    /// The page with the same form.
    #[prop(into)]
    href: String,
    /// The id of the dialog.
    #[prop(into)]
    dialog: String,
    /// What it is for.
    #[prop(optional)]
    look: Look,
    /// An icon before the text.
    #[prop(optional_no_strip, into)]
    icon: Option<Glyph>,
    /// The text.
    children: Children,
) -> impl IntoView {
    let open = move |event: leptos::ev::MouseEvent| {
        let plain = !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key());
        if plain && open_dialog(&dialog) {
            event.prevent_default();
        }
    };
    view! {
        <a class=button_class(look, Size::Normal, false, false) href=href on:click=open>
            {icon.map(|name| view! { <Icon name=name /> })}
            {children()}
        </a>
    }
}

/// Opens a dialog of the page; whether there was one to open.
pub fn open_dialog(id: &str) -> bool {
    #[cfg(target_arch = "wasm32")]
    if let Some(dialog) = find(id) {
        return dialog.open() || dialog.show_modal().is_ok();
    }
    #[cfg(not(target_arch = "wasm32"))]
    let _ = id;
    false
}

/// Closes a dialog of the page.
pub fn close_dialog(id: &str) {
    #[cfg(target_arch = "wasm32")]
    if let Some(dialog) = find(id) {
        dialog.close();
    }
    #[cfg(not(target_arch = "wasm32"))]
    let _ = id;
}

/// Closes a dialog whose form was taken, and empties the form for the next time.
pub fn finish_dialog(id: &str) {
    #[cfg(target_arch = "wasm32")]
    if let Some(form) = find(id).and_then(|dialog| dialog.query_selector("form").ok().flatten()) {
        use wasm_bindgen::JsCast;
        if let Some(form) = form.dyn_ref::<leptos::web_sys::HtmlFormElement>() {
            form.reset();
        }
    }
    close_dialog(id);
}

#[cfg(target_arch = "wasm32")]
fn find(id: &str) -> Option<leptos::web_sys::HtmlDialogElement> {
    use wasm_bindgen::JsCast;
    document().get_element_by_id(id)?.dyn_into().ok()
}
