//! The fields of a form about a robot.

use super::Home;
use super::grant::{Grant, Places, lines};
use super::life::{self, OFFERED_DAYS};
use super::ticks::{ProjectPermissions, Ticks, ticked};
use crate::form::{FormError, fault_of, value_of};
use crate::format::date;
use crate::i18n::{keys, use_catalog};
use crate::ui::{ChoiceCard, ChoiceGroup, SelectField, SelectOption, TextArea, TextField};
use crate::{t, tn};
use berth_types::api::Permissions;
use leptos::prelude::*;

/// The days of a new robot, as most pipelines want them.
const USUAL_DAYS: &str = "90";

/// What it is for.
#[component]
pub(super) fn Description(answer: Signal<Option<FormError>>, text: String) -> impl IntoView {
    view! {
        <TextField
            label=t!(keys::robots::DESCRIPTION)
            name="description"
            value=value_of(answer, "description", &text)
            hint=t!(keys::robots::DESCRIPTION_HINT)
            optional=true
        />
    }
}

/// How long it lives. `ends` is when it does now, where it exists.
#[component]
pub(super) fn ExpiryFields(answer: Signal<Option<FormError>>, ends: Option<i64>) -> impl IntoView {
    let mut options = Vec::new();
    if let Some(ends) = ends {
        let label = match life::end(ends) {
            Some(end) => t!(keys::robots::expiry::KEEP, date = date(&use_catalog(), end)),
            None => t!(keys::robots::expiry::KEEP_NEVER),
        };
        options.push(SelectOption::new("keep", label));
    }
    options.extend(
        OFFERED_DAYS
            .map(|days| SelectOption::new(days.to_string(), tn!(keys::robots::expiry::DAYS, days.unsigned_abs()))),
    );
    options.push(SelectOption::new("other", t!(keys::robots::expiry::OTHER)));
    options.push(SelectOption::new("never", t!(keys::robots::expiry::NEVER)));
    let first = if ends.is_some() { "keep" } else { USUAL_DAYS };
    view! {
        <div class="expiry form">
            <SelectField
                label=t!(keys::robots::expiry::LABEL)
                name="expiry"
                options=options
                selected=value_of(answer, "expiry", first)
                hint=t!(keys::robots::expiry::HINT)
            />
            <div class="days">
                <TextField
                    label=t!(keys::robots::expiry::DAYS_LABEL)
                    name="days"
                    value=value_of(answer, "days", "")
                    hint=t!(keys::robots::expiry::DAYS_HINT)
                    error=fault_of(answer, "days")
                    inputmode="numeric"
                    optional=true
                />
            </div>
        </div>
    }
}

/// What it may, and where.
#[component]
pub(super) fn GrantFields(
    home: Home,
    catalogue: Permissions,
    grant: Grant,
    answer: Signal<Option<FormError>>,
) -> impl IntoView {
    let (of_project, of_system) = (lines(&catalogue.project), lines(&catalogue.system));
    let is_system = home == Home::System;
    let places = is_system.then(|| view! { <PlaceFields places=grant.places.clone() answer=answer /> });
    let system = is_system.then(|| {
        let given = ticked(answer, "system", &grant.system);
        let open = !given.is_empty();
        view! {
            <Ticks
                title=t!(keys::robots::IN_SYSTEM)
                hint=t!(keys::robots::IN_SYSTEM_HINT)
                field="system"
                lines=of_system
                given=given
                open=Signal::stored(open)
                answer=answer
            />
        }
    });
    view! {
        {places}
        <ProjectPermissions lines=of_project given=grant.project answer=answer />
        {system}
    }
}

/// The projects of a robot of the system.
#[component]
fn PlaceFields(places: Places, answer: Signal<Option<FormError>>) -> impl IntoView {
    let (scope, names) = match places {
        Places::None => ("some", String::new()),
        Places::All => ("all", String::new()),
        Places::Named(names) => ("some", names.join("\n")),
    };
    let scope = value_of(answer, "scope", scope);
    let choices = [
        ("some", t!(keys::robots::place::SOME), t!(keys::robots::place::SOME_HINT)),
        ("all", t!(keys::robots::place::ALL), t!(keys::robots::place::ALL_HINT)),
        ("none", t!(keys::robots::place::NONE), t!(keys::robots::place::NONE_HINT)),
    ];
    let cards = choices.map(|(value, label, hint)| {
        let checked = value == scope;
        view! { <ChoiceCard name="scope" value=value checked=checked label=label hint=hint /> }
    });
    view! {
        <ChoiceGroup legend=t!(keys::robots::WHERE)>{cards.collect_view()}</ChoiceGroup>
        <TextArea
            label=t!(keys::robots::place::NAMES)
            name="projects"
            value=value_of(answer, "projects", &names)
            hint=t!(keys::robots::place::NAMES_HINT)
            error=fault_of(answer, "projects")
            optional=true
            rows=3
        />
    }
}
