//! Labelled inputs. Label above, hint below, error below the hint.

use super::{Glyph, Icon, MaybeText, classes};
use crate::i18n::keys;
use crate::t;
use leptos::prelude::*;

/// The id of the input of field `name`, unless it is given another.
pub fn field_id(name: &str) -> String {
    format!("f-{name}")
}

/// `aria-describedby` of an input: the hint and, if there is one, the error.
fn described_by(id: &str, hint: bool, error: MaybeProp<String>) -> impl Fn() -> Option<String> + Send + Sync + use<> {
    let (hint_id, error_id) = (format!("{id}-h"), format!("{id}-e"));
    move || match (hint, error.get().is_some()) {
        (true, true) => Some(format!("{hint_id} {error_id}")),
        (true, false) => Some(hint_id.clone()),
        (false, true) => Some(error_id.clone()),
        (false, false) => None,
    }
}

/// The label of a field, marked when an answer is not needed.
#[component]
fn Label(id: String, text: String, optional: bool) -> impl IntoView {
    view! {
        <label for=id>
            {text}
            {optional
                .then(|| {
                    view! {
                        " "
                        <span class="opt">{t!(keys::form::OPTIONAL)}</span>
                    }
                })}
        </label>
    }
}

/// Hint and error of a field.
#[component]
fn Notes(id: String, hint: Option<String>, error: MaybeProp<String>) -> impl IntoView {
    let (hint_id, error_id) = (format!("{id}-h"), format!("{id}-e"));
    view! {
        {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
        {move || {
            let id = error_id.clone();
            error
                .get()
                .map(|error| {
                    view! {
                        <p class="error" id=id>
                            <Icon name=Glyph::Error />
                            <span>{error}</span>
                        </p>
                    }
                })
        }}
    }
}

/// A field for one line of text.
#[component]
pub fn TextField(
    /// What is asked for.
    #[prop(into)]
    label: String,
    /// The name in the form that is posted.
    #[prop(into)]
    name: String,
    /// The id of the input, where [`field_id`] would not be unique.
    #[prop(optional, into)]
    id: MaybeText,
    /// What it holds at first.
    #[prop(optional, into)]
    value: String,
    /// Follows what is typed; without it the field is the form's alone.
    #[prop(optional_no_strip, into)]
    bind: Option<RwSignal<String>>,
    /// `type` of the input: `text`, `password`, `email`, `url`.
    #[prop(default = "text")]
    kind: &'static str,
    /// What would be a good answer.
    #[prop(optional, into)]
    hint: MaybeText,
    /// What is wrong with the answer and what would be right.
    #[prop(optional, into)]
    error: MaybeProp<String>,
    /// Marks a field that may stay empty.
    #[prop(optional)]
    optional: bool,
    /// Whether the browser insists on an answer.
    #[prop(optional)]
    required: bool,
    /// Whether it only shows.
    #[prop(optional)]
    readonly: bool,
    /// The larger size, on pages with one form.
    #[prop(optional)]
    large: bool,
    /// Whether the cursor starts here.
    #[prop(optional)]
    autofocus: bool,
    /// For names, addresses and codes: no capitals, no spell check.
    #[prop(optional)]
    raw: bool,
    /// `autocomplete` of the input.
    #[prop(optional_no_strip, into)]
    autocomplete: Option<&'static str>,
    /// `inputmode` of the input.
    #[prop(optional_no_strip, into)]
    inputmode: Option<&'static str>,
    /// An example, shown while it is empty.
    #[prop(optional, into)]
    placeholder: MaybeText,
    /// The most characters it takes.
    #[prop(optional_no_strip, into)]
    maxlength: Option<u32>,
    /// A unit after the input.
    #[prop(optional, into)]
    affix: MaybeText,
    /// The id of a `<datalist>` with answers that it offers.
    #[prop(optional_no_strip, into)]
    list: Option<&'static str>,
) -> impl IntoView {
    let (id, hint, placeholder, affix) = (id.0, hint.0, placeholder.0, affix.0);
    let id = id.unwrap_or_else(|| field_id(&name));
    let initial = bind.map_or(value, |bind| bind.get_untracked());
    let input = view! {
        <input
            id=id.clone()
            class=classes(&["input", if large { "input-l" } else { "" }])
            type=kind
            name=name
            value=initial
            aria-describedby=described_by(&id, hint.is_some(), error)
            aria-invalid=move || error.get().map(|_| "true")
            autocomplete=autocomplete
            inputmode=inputmode
            list=list
            placeholder=placeholder
            maxlength=maxlength.map(|most| most.to_string())
            autocapitalize=raw.then_some("none")
            spellcheck=raw.then_some("false")
            required=required
            readonly=readonly
            autofocus=autofocus
            on:input=move |event| {
                if let Some(bind) = bind {
                    bind.set(event_target_value(&event));
                }
            }
        />
    };
    let input = match affix {
        Some(affix) => view! {
            <div class="input-group">
                {input}
                <span class="affix">{affix}</span>
            </div>
        }
        .into_any(),
        None => input.into_any(),
    };
    view! {
        <div class="field">
            <Label id=id.clone() text=label optional=optional />
            {input}
            <Notes id=id hint=hint error=error />
        </div>
    }
}

/// One of the choices of a [`SelectField`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectOption {
    /// What is posted.
    pub value: String,
    /// What is shown.
    pub label: String,
}

impl SelectOption {
    /// A choice that posts `value` and shows `label`.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        SelectOption { value: value.into(), label: label.into() }
    }
}

/// A field to choose one of several.
#[component]
pub fn SelectField(
    /// What is asked for.
    #[prop(into)]
    label: String,
    /// The name in the form that is posted.
    #[prop(into)]
    name: String,
    /// What can be chosen.
    options: Vec<SelectOption>,
    /// The value chosen at first.
    #[prop(optional, into)]
    selected: String,
    /// Follows the choice.
    #[prop(optional_no_strip, into)]
    bind: Option<RwSignal<String>>,
    /// What would be a good answer.
    #[prop(optional, into)]
    hint: MaybeText,
    /// What is wrong with the answer and what would be right.
    #[prop(optional, into)]
    error: MaybeProp<String>,
) -> impl IntoView {
    let hint = hint.0;
    let id = field_id(&name);
    view! {
        <div class="field">
            <Label id=id.clone() text=label optional=false />
            <select
                id=id.clone()
                class="select"
                name=name
                aria-describedby=described_by(&id, hint.is_some(), error)
                aria-invalid=move || error.get().map(|_| "true")
                on:change=move |event| {
                    if let Some(bind) = bind {
                        bind.set(event_target_value(&event));
                    }
                }
            >
                {select_options(options, &selected)}
            </select>
            <Notes id=id hint=hint error=error />
        </div>
    }
}

fn select_options(options: Vec<SelectOption>, selected: &str) -> impl IntoView + use<> {
    options
        .into_iter()
        .map(|option| {
            let chosen = option.value == selected;
            view! {
                <option value=option.value selected=chosen>
                    {option.label}
                </option>
            }
        })
        .collect_view()
}

/// A small select without a visible label, inside a table or a sentence. `on:change` passes through to it.
#[component]
pub fn SmallSelect(
    /// Its name for screen readers: "Role of Ada Okafor".
    #[prop(into)]
    label: String,
    /// The name in the form that is posted.
    #[prop(into)]
    name: String,
    /// What can be chosen.
    options: Vec<SelectOption>,
    /// The value chosen at first.
    #[prop(optional, into)]
    selected: String,
) -> impl IntoView {
    view! {
        // What a browser puts back after a reload nobody has chosen now.
        <select class="select select-s" name=name aria-label=label autocomplete="off">
            {select_options(options, &selected)}
        </select>
    }
}

/// A field for several lines of text.
#[component]
pub fn TextArea(
    /// What is asked for.
    #[prop(into)]
    label: String,
    /// The name in the form that is posted.
    #[prop(into)]
    name: String,
    /// What it holds at first.
    #[prop(optional, into)]
    value: String,
    /// What would be a good answer.
    #[prop(optional, into)]
    hint: MaybeText,
    /// What is wrong with the answer and what would be right.
    #[prop(optional, into)]
    error: MaybeProp<String>,
    /// Marks a field that may stay empty.
    #[prop(optional)]
    optional: bool,
    /// Lines shown at first.
    #[prop(default = 4)]
    rows: u32,
) -> impl IntoView {
    let hint = hint.0;
    let id = field_id(&name);
    view! {
        <div class="field">
            <Label id=id.clone() text=label optional=optional />
            <textarea
                id=id.clone()
                class="textarea"
                name=name
                rows=rows.to_string()
                aria-describedby=described_by(&id, hint.is_some(), error)
                aria-invalid=move || error.get().map(|_| "true")
            >
                {value}
            </textarea>
            <Notes id=id hint=hint error=error />
        </div>
    }
}
