//! Forms that read as a sentence: the message says where its fields stand, so that every language has its own order.

use super::{SelectOption, classes};
use leptos::prelude::*;

/// The fewest characters that a field for a pattern has room for.
const WIDTH_MIN: usize = 16;
/// The most characters that it has room for at first.
const WIDTH_MAX: usize = 40;

/// A sentence with fields. `{name}` in the text is where the field of this name stands; one that it does not name is left out.
#[component]
pub fn Sentence(
    /// The text.
    #[prop(into)]
    text: String,
    /// The fields by name.
    fields: Vec<(&'static str, AnyView)>,
) -> impl IntoView {
    let mut fields: Vec<(&'static str, Option<AnyView>)> =
        fields.into_iter().map(|(name, field)| (name, Some(field))).collect();
    let parts = pieces(&text).into_iter().map(|piece| match piece {
        Piece::Text(text) => view! { <span>{text}</span> }.into_any(),
        Piece::Field(name) => {
            let field = fields.iter_mut().find(|(known, _)| *known == name).and_then(|(_, field)| field.take());
            field.unwrap_or_else(|| ().into_any())
        }
    });
    let parts: Vec<AnyView> = parts.collect();
    view! { <div class="sentence">{parts}</div> }
}

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field(String),
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, name, after)) =
        rest.split_once('{').and_then(|(before, tail)| tail.split_once('}').map(|(name, after)| (before, name, after)))
    {
        if !before.trim().is_empty() {
            pieces.push(Piece::Text(before.trim().to_owned()));
        }
        pieces.push(Piece::Field(name.to_owned()));
        rest = after;
    }
    if !rest.trim().is_empty() {
        pieces.push(Piece::Text(rest.trim().to_owned()));
    }
    pieces
}

/// A field for a few words inside a sentence.
#[component]
pub fn SentenceInput(
    /// Its name for screen readers.
    #[prop(into)]
    label: String,
    /// The name in the form.
    #[prop(into)]
    name: String,
    /// Its id.
    #[prop(into)]
    id: String,
    /// What it holds at first.
    #[prop(into)]
    value: String,
    /// `type` of the input.
    #[prop(default = "text")]
    kind: &'static str,
    /// For a number: narrow, with digits on the keyboard.
    #[prop(optional)]
    number: bool,
    /// For patterns: as wide as what it holds, while it is typed too where the browser can.
    #[prop(optional)]
    mono: bool,
    /// Whether it is left out of the sentence for now.
    #[prop(optional, into)]
    hidden: Signal<bool>,
    /// Whether its answer is wrong; the text stands elsewhere.
    #[prop(optional, into)]
    invalid: Signal<bool>,
) -> impl IntoView {
    let size = mono.then(|| value.chars().count().clamp(WIDTH_MIN, WIDTH_MAX).to_string());
    view! {
        <input
            class=classes(&["input", if mono { "mono" } else { "" }, if number { "num-in" } else { "" }])
            id=id
            type=kind
            name=name
            value=value
            size=size
            aria-label=label
            inputmode=number.then_some("numeric")
            autocapitalize=mono.then_some("none")
            spellcheck=mono.then_some("false")
            autocomplete="off"
            hidden=move || hidden.get()
            aria-invalid=move || invalid.get().then_some("true")
        />
    }
}

/// A choice inside a sentence. `on:change` passes through to it.
#[component]
pub fn SentenceSelect(
    /// Its name for screen readers.
    #[prop(into)]
    label: String,
    /// The name in the form.
    #[prop(into)]
    name: String,
    /// What can be chosen.
    options: Vec<SelectOption>,
    /// The value chosen at first.
    #[prop(into)]
    selected: String,
) -> impl IntoView {
    let options = options.into_iter().map(move |option| {
        let chosen = option.value == selected;
        view! {
            <option value=option.value selected=chosen>
                {option.label}
            </option>
        }
    });
    view! {
        <select class="select" name=name aria-label=label>
            {options.collect_view()}
        </select>
    }
}

/// What the form around an element holds, as a query string, in the browser.
pub fn form_query(event: &leptos::web_sys::Event) -> Option<String> {
    #[cfg(target_arch = "wasm32")]
    {
        use leptos::web_sys::{Element, FormData, HtmlFormElement, UrlSearchParams};
        use wasm_bindgen::JsCast;
        let element: Element = event.target()?.dyn_into().ok()?;
        let form: HtmlFormElement = element.closest("form").ok()??.dyn_into().ok()?;
        let data = FormData::new_with_form(&form).ok()?;
        Some(String::from(UrlSearchParams::new_with_str_sequence_sequence(&data).ok()?.to_string()))
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        let _ = event;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_cut_where_its_fields_stand() {
        let text = |text: &str| Piece::Text(text.to_owned());
        let field = |name: &str| Piece::Field(name.to_owned());
        assert_eq!(
            pieces("In {repos} keep {number} tags"),
            [text("In"), field("repos"), text("keep"), field("number"), text("tags")]
        );
        assert_eq!(pieces("{a} {b}"), [field("a"), field("b")]);
        assert_eq!(pieces("no fields"), [text("no fields")]);
        assert_eq!(pieces("open {"), [text("open {")]);
    }
}
