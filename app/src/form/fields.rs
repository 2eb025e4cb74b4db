//! Fields that several forms have.

use super::{FormError, fault_of};
use crate::i18n::{Key, keys};
use crate::t;
use crate::ui::TextField;
use leptos::prelude::*;

/// A new password and its repetition.
#[component]
pub fn NewPassword(
    /// The last answer of the form.
    answer: Signal<Option<FormError>>,
    /// What the first field is called.
    #[prop(default = keys::sign_up::PASSWORD)]
    label: Key,
    /// What the second one is called.
    #[prop(default = keys::sign_up::PASSWORD_REPEAT)]
    repeat: Key,
    /// The larger size, on pages with one form.
    #[prop(optional)]
    large: bool,
) -> impl IntoView {
    view! {
        <TextField
            label=t!(label)
            name="password"
            kind="password"
            hint=t!(keys::validation::PASSWORD_HINT)
            error=fault_of(answer, "password")
            autocomplete="new-password"
            large=large
            required=true
        />
        <TextField
            label=t!(repeat)
            name="repeat"
            kind="password"
            error=fault_of(answer, "repeat")
            autocomplete="new-password"
            large=large
            required=true
        />
    }
}
