//! When a chore runs by itself.

#[cfg(feature = "ssr")]
use super::Part;
use super::words::{DAYS, Rule, rule_text};
use crate::client::Chore;
#[cfg(feature = "ssr")]
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::form::{Fault, FormError};
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of, fault_of, value_of};
use crate::i18n::{Key, keys, use_catalog};
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::t;
use crate::ui::{Button, Callout, Card, CardBody, Check, Look, SelectField, SelectOption, TextField, Tone};
use berth_types::api::{CleanUpSchedule, GCHistory};
#[cfg(feature = "ssr")]
use berth_types::api::{Schedule, ScheduleObj};
use leptos::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How often a chore may run.
const EVERY: [(&str, Key); 5] = [
    ("none", keys::clean_up::every::NONE),
    ("hour", keys::clean_up::every::HOUR),
    ("day", keys::clean_up::every::DAY),
    ("week", keys::clean_up::every::WEEK),
    ("cron", keys::clean_up::every::CRON),
];
/// The time at which a chore runs where nobody said another.
const TIME: &str = "03:00";

/// What a form says of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Draft {
    every: &'static str,
    /// Hour and minute: `03:00`.
    at: String,
    /// From 0, which is Sunday.
    weekday: String,
    cron: String,
}

impl Draft {
    fn of(rule: Option<&str>) -> Self {
        let rule = rule.unwrap_or_default();
        let kept = Draft { every: "none", at: TIME.to_owned(), weekday: "0".to_owned(), cron: rule.to_owned() };
        let time = |hour: u8, minute: u8| format!("{hour:02}:{minute:02}");
        match Rule::read(rule) {
            Rule::Hourly(minute) => Draft { every: "hour", at: time(0, minute), ..kept },
            Rule::Daily(hour, minute) => Draft { every: "day", at: time(hour, minute), ..kept },
            Rule::Weekly(day, hour, minute) => {
                Draft { every: "week", at: time(hour, minute), weekday: day.to_string(), ..kept }
            }
            Rule::Cron(cron) if !cron.is_empty() => Draft { every: "cron", ..kept },
            Rule::Cron(_) | Rule::Every(_) => kept,
        }
    }
}

/// The kind and the rule that fields ask for, in Harbor's words. Nothing where the time cannot be read.
#[cfg_attr(not(feature = "ssr"), expect(dead_code, reason = "forms are read by the server"))]
fn rule_of(every: &str, at: &str, weekday: &str, cron: &str) -> Option<(&'static str, String)> {
    let (hour, minute) = at.split_once(':').and_then(|(hour, minute)| {
        // Some browsers add seconds.
        let (hour, minute) = (hour.parse::<u8>().ok()?, minute.get(..2)?.parse::<u8>().ok()?);
        (hour < 24 && minute < 60).then_some((hour, minute))
    })?;
    Some(match every {
        "hour" => ("Custom", format!("0 {minute} * * * *")),
        "day" => ("Custom", format!("0 {minute} {hour} * * *")),
        "week" => {
            let day = weekday.parse::<u8>().ok().filter(|day| *day < 7)?;
            ("Custom", format!("0 {minute} {hour} * * {day}"))
        }
        "cron" => ("Custom", cron.trim().to_owned()),
        _ => ("None", String::new()),
    })
}

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
    let answer = FormError::keeping(&[("every", &every), ("at", &at), ("weekday", &weekday), ("cron", &cron)]);
    let posted = async {
        let Some((kind, rule)) = rule_of(&every, &at, &weekday, &cron) else {
            return Err(answer.clone().with("at", Fault::Required));
        };
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
        let order = Schedule { schedule: Some(schedule), parameters: Some(given), ..Schedule::default() };
        client.schedule_chore(chore, &order).await.map_err(|refusal| match (refusal.status, every.as_str()) {
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
    let draft = Draft::of(rule);
    let told: Parameters =
        chosen.as_ref().and_then(|chosen| serde_json::from_str(&chosen.job_parameters).ok()).unwrap_or_default();
    let now = rule.or(holds.as_ref().map(|holds| holds.cron.as_str()));
    let (tone, title, text) = match (now, rule.is_some()) {
        (Some(now), true) => (Tone::Ok, rule_text(&catalog, now), t!(keys::clean_up::SCHEDULE_CHOSEN)),
        (Some(now), false) => (Tone::Neutral, rule_text(&catalog, now), t!(keys::clean_up::SCHEDULE_CONFIGURED)),
        (None, _) => (Tone::Neutral, t!(keys::clean_up::NEVER), t!(keys::clean_up::SCHEDULE_NONE)),
    };
    let none = if chore == Chore::Purge { keys::clean_up::purge::BY_HAND } else { keys::clean_up::every::NONE };
    let choices = EVERY
        .into_iter()
        .map(|(value, key)| SelectOption::new(value, t!(if value == "none" { none } else { key })))
        .collect();
    let days = DAYS.into_iter().enumerate().map(|(n, key)| SelectOption::new(n.to_string(), t!(key))).collect();
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
                    <SelectField
                        label=t!(keys::clean_up::WHEN)
                        name="every"
                        options=choices
                        selected=value_of(answer, "every", draft.every)
                    />
                    <TextField
                        label=t!(keys::clean_up::TIME)
                        name="at"
                        kind="time"
                        value=value_of(answer, "at", &draft.at)
                        error=fault_of(answer, "at")
                        required=true
                    />
                    <SelectField
                        label=t!(keys::clean_up::WEEKDAY)
                        name="weekday"
                        options=days
                        selected=value_of(answer, "weekday", &draft.weekday)
                    />
                    <TextField
                        label=t!(keys::clean_up::CRON)
                        name="cron"
                        value=value_of(answer, "cron", &draft.cron)
                        hint=t!(keys::clean_up::CRON_HINT)
                        error=fault_of(answer, "cron")
                        raw=true
                        autocomplete="off"
                        optional=true
                        maxlength=100
                    />
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_reads_what_another_wrote() {
        for rule in ["0 5 * * * *", "0 30 4 * * *", "0 0 14 * * 1", "0 0 3 1 * *"] {
            let Draft { every, at, weekday, cron } = Draft::of(Some(rule));
            assert_eq!(rule_of(every, &at, &weekday, &cron), Some(("Custom", rule.to_owned())), "{rule}");
        }
        for none in [None, Some(""), Some("@every 600s")] {
            assert_eq!(Draft::of(none).every, "none");
        }
        assert_eq!(rule_of("none", TIME, "0", ""), Some(("None", String::new())));
        for (at, day) in [("25:00", "0"), ("tea", "0"), ("", "0"), (TIME, "7")] {
            assert_eq!(rule_of("week", at, day, ""), None, "{at} {day}");
        }
    }
}
