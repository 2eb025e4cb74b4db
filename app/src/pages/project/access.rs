//! Who can pull from a project, as a question.

use crate::i18n::keys;
use crate::t;
use crate::ui::{ChoiceCard, ChoiceGroup};
use leptos::prelude::*;

/// The question, posted as `public`.
#[component]
pub(crate) fn AccessChoice(
    /// What is chosen at first.
    public: bool,
) -> impl IntoView {
    view! {
        <ChoiceGroup legend=t!(keys::project_new::ACCESS)>
            <ChoiceCard
                name="public"
                value="false"
                checked=!public
                label=t!(keys::project_new::PRIVATE)
                hint=t!(keys::project_new::PRIVATE_HINT)
            />
            <ChoiceCard
                name="public"
                value="true"
                checked=public
                label=t!(keys::project_new::PUBLIC)
                hint=t!(keys::project_new::PUBLIC_HINT)
            />
        </ChoiceGroup>
    }
}
