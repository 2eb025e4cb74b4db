//! When a chore runs by itself.

#[cfg(feature = "ssr")]
use super::Part;
#[cfg(feature = "ssr")]
use crate::client::use_client;
use crate::client::{Chore, json};
#[cfg(feature = "ssr")]
use crate::form::{Fault, FormError};
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of};
use crate::i18n::{keys, use_catalog};
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::schedule::schedule_fields;
use crate::schedule::{Schedule, rule_text};
use crate::t;
use crate::ui::{Button, Callout, Card, CardBody, Check, Look, SelectOption, Tone};
use berth_types::api::{CleanUpSchedule, GCHistory};
#[cfg(feature = "ssr")]
use berth_types::api::{Schedule as ChoreOrder, ScheduleObj};
use leptos::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Sets the schedule of a chore. What its runs do goes along: `parameters` of purges, `untagged` of clean-ups.
#[server(prefix = "/_portal", endpoint = "schedule-chore")]
pub(crate) async fn post_schedule(
    chore: String,
    every: String,
    #[server(default)] at: String,
    #[server(default)] weekday: String,
    #[server(default)] cron: String,
    #[server(default)] untagged: bool,
    #[server(default)] parameters: BTreeMap<String, String>,
) -> Posted {
    let client = use_client();
    let (chore, part) = if chore == "purge" { (Chore::Purge, Part::Purge) } else { (Chore::CleanUp, Part::Schedule) };
    let chosen = Schedule { every, at, weekday, cron };
    let answer = FormError::keeping(&chosen.values());
    let posted = async {
        if let Some((field, fault)) = chosen.fault() {
            return Err(answer.clone().with(field, fault));
        }
        let rule = chosen.cron();
        let kind = if rule.is_empty() { "None" } else { "Custom" };
        let schedule = ScheduleObj { kind: kind.to_owned(), cron: rule, ..ScheduleObj::default() };
        let mut given: BTreeMap<String, serde_json::Value> = parameters
            .into_iter()
            .map(|(name, text)| {
                let value = text.parse::<i64>().map_or_else(|_| text.clone().into(), Into::into);
                (name, value)
            })
            .collect();
        if chore == Chore::CleanUp {
            given.insert("delete_untagged".to_owned(), untagged.into());
        }
        let order = ChoreOrder { schedule: Some(schedule), parameters: Some(given), ..ChoreOrder::default() };
        client.schedule_chore(chore, &order).await.map_err(|refusal| match (refusal.status, chosen.every.as_str()) {
            (400, "cron") => answer.clone().with("cron", Fault::Schedule),
            _ => answer.clone().refused(refusal),
        })
    };
    let posted = posted.await;
    crate::form::conclude(posted, &Notice::ScheduleSaved.on(&part.path(), ""))
}

/// What a schedule's runs are to do.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
struct Parameters {
    delete_untagged: bool,
}

/// The schedule that holds, and the form to choose another.
#[component]
pub(super) fn ScheduleCard(
    chore: Chore,
    /// What holds, where anything does.
    holds: Option<CleanUpSchedule>,
    /// What somebody chose.
    chosen: Option<GCHistory>,
    /// What its runs are to do, for chores that need to be told.
    parameters: Vec<(String, String)>,
) -> impl IntoView {
    let action = FormAction::of::<PostSchedule>();
    let answer = answer_of(action);
    let catalog = use_catalog();
    let rule = chosen.as_ref().and_then(|chosen| chosen.schedule.as_ref()).map(|schedule| schedule.cron.as_str());
    // Without a choice of somebody, what is configured holds.
    let none = if chore == Chore::Purge { keys::clean_up::purge::BY_HAND } else { keys::clean_up::CONFIGURED };
    let draft = Schedule::of(rule.unwrap_or_default());
    let told: Parameters =
        chosen.as_ref().and_then(|chosen| json::read(&chosen.job_parameters).ok()).unwrap_or_default();
    let now = rule.or(holds.as_ref().map(|holds| holds.cron.as_str()));
    let (tone, title, text) = match (now, rule.is_some()) {
        (Some(now), true) => (Tone::Ok, rule_text(&catalog, now), t!(keys::clean_up::SCHEDULE_CHOSEN)),
        (Some(now), false) => (Tone::Neutral, rule_text(&catalog, now), t!(keys::clean_up::SCHEDULE_CONFIGURED)),
        (None, _) => (Tone::Neutral, t!(keys::clean_up::NEVER), t!(keys::clean_up::SCHEDULE_NONE)),
    };
    let name = if chore == Chore::Purge { "purge" } else { "clean-up" };
    let untagged = (chore == Chore::CleanUp).then(|| {
        view! {
            <Check
                name="untagged"
                checked=told.delete_untagged
                label=t!(keys::clean_up::DELETE_UNTAGGED)
                hint=t!(keys::clean_up::DELETE_UNTAGGED_HINT)
            />
        }
    });
    let hidden: Vec<_> = parameters
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=format!("parameters[{name}]") value=value /> })
        .collect();
    view! {
        <FormErrors answer=answer />
        <Callout tone=tone title=t!(keys::clean_up::SCHEDULE_NOW, rule = title) text=text />
        <Card title=t!(keys::clean_up::tab::SCHEDULE)>
            <CardBody>
                <PostForm action=action attr:class="form">
                    <input type="hidden" name="chore" value=name />
                    {hidden}
                    {schedule_fields(answer, &draft, Some(SelectOption::new("none", t!(none))))}
                    {untagged}
                    <div class="row">
                        <Button look=Look::Primary submit=true busy=action.pending()>
                            {t!(keys::common::SAVE)}
                        </Button>
                    </div>
                </PostForm>
            </CardBody>
        </Card>
    }
}
