//! Forms about such things: the fields that several have, and trying a connection before anything is kept.

use crate::form::{FormAction, FormError, fault_of, value_of};
use crate::i18n::{keys, use_catalog};
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::t;
use crate::ui::{Button, Callout, Check, Glyph, LinkButton, Look, TextField, Tone};
use leptos::prelude::*;
use serde::{Deserialize, Deserializer};

/// The field in which a browser without script is told that what it tried answers.
const TRIED: &str = "tried";

/// Ends a server function of a form that keeps a thing or, where nothing was `done`, only tried it. `answer` is what the
/// form was filled with.
///
/// # Errors
/// The error it was given. And the answer itself to a browser without script, which takes the trial home in its address.
#[cfg(feature = "ssr")]
pub(crate) fn conclude_trial(
    done: Result<Option<Notice>, FormError>,
    mut answer: FormError,
    list: &str,
    name: &str,
) -> Result<bool, FormError> {
    let posted = match done {
        Ok(None) if !crate::form::is_plain() => return Ok(true),
        Ok(None) => {
            answer.values.push((TRIED.to_owned(), "true".to_owned()));
            return Err(answer);
        }
        Ok(Some(notice)) => crate::form::conclude(Ok(()), &notice.on(list, name.trim())),
        Err(error) => crate::form::conclude(Err(error), list),
    };
    posted.map(|()| false)
}

/// That the last trial of a form worked.
#[component]
pub(crate) fn Tried(
    /// The action of the form; it gives whether it only tried.
    action: FormAction,
) -> impl IntoView {
    let (output, error) = (action.output::<bool>(), action.error());
    let catalog = use_catalog();
    let answers = move || {
        output.get() == Some(true) || error.with(|error| error.as_ref().is_some_and(|e| e.value(TRIED).is_some()))
    };
    move || answers().then(|| view! { <Callout tone=Tone::Ok title=catalog.get(keys::outside::ANSWERS).to_owned() /> })
}

/// Save, test, cancel: the buttons of a form about something that can be tried.
pub(crate) fn trial_buttons(action: FormAction, back: String) -> AnyView {
    view! {
        <div class="row">
            <Button look=Look::Primary submit=true busy=action.pending() attr:name="intent" attr:value="save">
                {t!(keys::common::SAVE)}
            </Button>
            <Button icon=Glyph::Refresh submit=true busy=action.pending() attr:name="intent" attr:value="test">
                {t!(keys::registries::TEST)}
            </Button>
            <LinkButton href=back>{t!(keys::common::CANCEL)}</LinkButton>
        </div>
    }
    .into_any()
}

/// What a form remembers of a tick.
pub(crate) fn is_ticked(answer: Signal<Option<FormError>>, field: &str, initial: bool) -> bool {
    value_of(answer, field, flag(initial)) == "true"
}

/// A tick as a form remembers it.
pub(crate) const fn flag(on: bool) -> &'static str {
    if on { "true" } else { "false" }
}

/// Reads a tick as forms post it: fields that are gathered from a form are text.
pub(crate) fn ticked<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    String::deserialize(deserializer).map(|text| text == "true")
}

/// The field for the words of whoever made the thing.
pub(crate) fn description_field(answer: Signal<Option<FormError>>, initial: &str) -> AnyView {
    view! {
        <TextField
            label=t!(keys::outside::DESCRIPTION)
            name="description"
            value=value_of(answer, "description", initial)
            autocomplete="off"
            maxlength=1000
            optional=true
        />
    }
    .into_any()
}

/// The field for a password or a token. What is stored is not shown and stays where nothing is filled in.
pub(crate) fn secret_field(answer: Signal<Option<FormError>>, field: &'static str, has_secret: bool) -> AnyView {
    let hint = if has_secret { t!(keys::registries::SECRET_KEPT) } else { t!(keys::registries::SECRET_HINT) };
    view! {
        <TextField
            label=t!(keys::registries::SECRET)
            name=field
            kind="password"
            hint=hint
            error=fault_of(answer, field)
            autocomplete="new-password"
            optional=true
        />
    }
    .into_any()
}

/// The tick that switches the thing on.
pub(crate) fn enabled_tick(answer: Signal<Option<FormError>>, on: bool) -> AnyView {
    view! { <Check name="enabled" checked=is_ticked(answer, "enabled", on) label=t!(keys::outside::ENABLED) /> }
        .into_any()
}

/// The tick that takes any certificate.
pub(crate) fn insecure_tick(answer: Signal<Option<FormError>>, on: bool) -> AnyView {
    view! {
        <Check
            name="insecure"
            checked=is_ticked(answer, "insecure", on)
            label=t!(keys::registries::INSECURE)
            hint=t!(keys::registries::INSECURE_HINT)
        />
    }
    .into_any()
}
