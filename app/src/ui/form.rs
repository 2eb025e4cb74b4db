//! What is said when a form comes back.

use super::field_id;
use crate::i18n::keys;
use crate::tn;
use leptos::prelude::*;

/// Something wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The id of the input, the target of the link.
    pub id: String,
    /// What is wrong, in one line.
    pub text: String,
}

impl FieldError {
    /// An error of the field `name`.
    pub fn of(name: &str, text: impl Into<String>) -> Self {
        FieldError { id: field_id(name), text: text.into() }
    }
}

/// All errors of a form, above its fields; takes the focus when they appear. Nothing while there are none.
#[component]
pub fn ErrorSummary(
    /// The errors in the order of the fields.
    #[prop(into)]
    errors: Signal<Vec<FieldError>>,
) -> impl IntoView {
    let summary = NodeRef::<leptos::html::Div>::new();
    Effect::new(move || {
        if !errors.with(Vec::is_empty)
            && let Some(summary) = summary.get()
        {
            // The element is in the document, so it can take the focus.
            drop(summary.focus());
        }
    });
    let item = |error: FieldError| {
        view! {
            <li>
                <a href=format!("#{}", error.id) rel="external">
                    {error.text}
                </a>
            </li>
        }
    };
    let title = {
        let catalog = crate::i18n::use_catalog();
        move |n: usize| catalog.plural(keys::form::SUMMARY, n as u64, &[])
    };
    move || {
        let errors = errors.get();
        (!errors.is_empty()).then(|| {
            view! {
                <div class="error-summary" role="alert" tabindex="-1" node_ref=summary>
                    <h2>{title(errors.len())}</h2>
                    <ul>{errors.into_iter().map(item).collect_view()}</ul>
                </div>
            }
        })
    }
}

/// A form that becomes the query of the page: filters, page length. With script the router takes the new address.
#[component]
pub fn GetForm(
    /// Its classes.
    #[prop(default = "")]
    class: &'static str,
    /// Its role.
    #[prop(optional_no_strip, into)]
    role: Option<&'static str>,
    /// The page that it leads to; this one where there is none.
    #[prop(optional, into)]
    action: Option<String>,
    /// The fields.
    children: Children,
) -> impl IntoView {
    let navigate = use_context::<Navigate>();
    let on_submit = move |event: leptos::ev::SubmitEvent| {
        if let Some(Navigate(navigate)) = navigate
            && let Some(address) = address_of(&event)
        {
            event.prevent_default();
            navigate.run(address);
        }
    };
    view! {
        <form method="get" action=action class=class role=role on:submit=on_submit>
            {children()}
        </form>
    }
}

/// Goes to another address of the portal; [`KitRoot`](super::KitRoot) takes it from the router.
#[derive(Clone, Copy)]
pub(super) struct Navigate(pub(super) Callback<String>);

/// The address that a form leads to; fields left empty are left out.
#[cfg(target_arch = "wasm32")]
fn address_of(event: &leptos::ev::SubmitEvent) -> Option<String> {
    use leptos::web_sys::{FormData, HtmlFormElement, UrlSearchParams};
    use wasm_bindgen::JsCast;
    let form: HtmlFormElement = event.target()?.dyn_into().ok()?;
    let data = FormData::new_with_form(&form).ok()?;
    let query = String::from(UrlSearchParams::new_with_str_sequence_sequence(&data).ok()?.to_string());
    let filled: Vec<&str> = query.split('&').filter(|pair| !pair.ends_with('=')).collect();
    let page = form.get_attribute("action").or_else(|| window().location().pathname().ok())?;
    Some(format!("{page}?{}", filled.join("&")))
}

#[cfg(not(target_arch = "wasm32"))]
fn address_of(_: &leptos::ev::SubmitEvent) -> Option<String> {
    None
}

/// The count of things that a form would save: "Save 2 changes".
pub fn save_label(changes: u64) -> String {
    tn!(keys::form::SAVE_CHANGES, changes)
}
