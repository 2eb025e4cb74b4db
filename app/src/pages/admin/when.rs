//! What starts a rule: by hand, at times, or something that happens. The same fields for replication and preheating.

#[cfg(any(feature = "ssr", test))]
use crate::form::Fault;
use crate::form::{FormError, fault_of, value_of};
use crate::i18n::{Catalog, Key, keys};
use crate::pages::project::retention::{EVERY, Schedule, WEEKDAYS};
use crate::t;
use crate::ui::{SelectField, SelectOption, TextField};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The words of the API.
pub(crate) const MANUAL: &str = "manual";
/// At times.
pub(crate) const SCHEDULED: &str = "scheduled";
/// When something happens.
pub(crate) const EVENTS: &str = "event_based";

/// What starts a rule, as the form posts it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct When {
    /// `manual`, `scheduled` or `event_based`.
    pub trigger: String,
    /// `hour`, `day`, `week`, or `cron`.
    pub every: String,
    /// Hour and minute in UTC.
    pub at: String,
    /// From 0, which is Sunday.
    pub weekday: String,
    /// Six fields, where `cron` is chosen.
    pub cron: String,
}

impl When {
    /// Reads what the API says.
    pub fn of(trigger: &str, cron: &str) -> When {
        let schedule = Schedule::of(cron);
        let every = if schedule.every == "none" { "day".to_owned() } else { schedule.every };
        let trigger = if trigger.is_empty() { MANUAL } else { trigger };
        When { trigger: trigger.to_owned(), every, at: schedule.at, weekday: schedule.weekday, cron: cron.to_owned() }
    }

    fn schedule(&self) -> Schedule {
        Schedule {
            every: self.every.clone(),
            at: self.at.clone(),
            weekday: self.weekday.clone(),
            cron: self.cron.clone(),
        }
    }

    /// What starts the rule, in words. `on_event` is what has to happen.
    pub fn text(&self, catalog: &Catalog, on_event: Key) -> String {
        match self.trigger.as_str() {
            SCHEDULED => self.schedule().text(catalog),
            EVENTS => catalog.get(on_event).to_owned(),
            _ => catalog.get(keys::when::MANUAL).to_owned(),
        }
    }
}

#[cfg(any(feature = "ssr", test))]
impl When {
    /// The schedule as the API wants it; nothing where there is none.
    pub fn schedule_cron(&self) -> Option<String> {
        (self.trigger == SCHEDULED).then(|| self.schedule().cron())
    }

    /// What is wrong with a schedule that was written by hand.
    pub fn fault(&self) -> Option<Fault> {
        let cron = self.schedule_cron()?;
        let fields: Vec<&str> = cron.split_whitespace().collect();
        let is_right = fields.len() == 6 && fields.first() == Some(&"0") && fields.get(1) != Some(&"*");
        (!is_right).then_some(Fault::Schedule)
    }

    /// What the form remembers.
    pub fn values(&self) -> [(&'static str, &str); 5] {
        [
            ("trigger", &self.trigger),
            ("every", &self.every),
            ("at", &self.at),
            ("weekday", &self.weekday),
            ("cron", &self.cron),
        ]
    }
}

/// The fields. `on_event` is what has to happen for the third choice.
pub(crate) fn when_fields(answer: Signal<Option<FormError>>, when: &When, on_event: Key) -> AnyView {
    let value = |name: &str, initial: &str| value_of(answer, name, initial);
    let triggers = [(MANUAL, keys::when::MANUAL), (SCHEDULED, keys::when::SCHEDULED), (EVENTS, on_event)];
    let triggers = triggers.map(|(word, key)| SelectOption::new(word, t!(key)));
    let every = EVERY.iter().filter(|(word, _)| *word != "none").map(|(word, key)| SelectOption::new(*word, t!(*key)));
    let days = WEEKDAYS.iter().enumerate().map(|(day, key)| SelectOption::new(day.to_string(), t!(*key)));
    let trigger = RwSignal::new(value("trigger", &when.trigger));
    let how_often = RwSignal::new(value("every", &when.every));
    // Without script all fields are there, and those that do not count say so by their labels.
    let unscheduled = move || trigger.with(|trigger| trigger != SCHEDULED).then_some("");
    let needs = move |words: &'static [&'static str]| {
        move || how_often.with(|every| !words.contains(&every.as_str())).then_some("")
    };
    let no_script = RwSignal::new(true);
    Effect::new(move || no_script.set(false));
    let hidden = move |is_hidden: Option<&'static str>| is_hidden.filter(|_| !no_script.get());
    let (time_hidden, day_hidden, cron_hidden) = (needs(&["hour", "day", "week"]), needs(&["week"]), needs(&["cron"]));
    view! {
        <SelectField
            label=t!(keys::when::LABEL)
            name="trigger"
            options=triggers.to_vec()
            selected=trigger.get_untracked()
            bind=trigger
        />
        <div class="form" hidden=move || hidden(unscheduled())>
            <SelectField
                label=t!(keys::when::EVERY)
                name="every"
                options=every.collect()
                selected=how_often.get_untracked()
                bind=how_often
            />
            <div hidden=move || hidden(time_hidden())>
                <TextField
                    label=t!(keys::when::AT)
                    name="at"
                    kind="time"
                    value=value("at", &when.at)
                    hint=t!(keys::when::AT_HINT)
                />
            </div>
            <div hidden=move || hidden(day_hidden())>
                <SelectField
                    label=t!(keys::when::WEEKDAY)
                    name="weekday"
                    options=days.collect()
                    selected=value("weekday", &when.weekday)
                />
            </div>
            <div hidden=move || hidden(cron_hidden())>
                <TextField
                    label=t!(keys::when::CRON)
                    name="cron"
                    value=value("cron", &when.cron)
                    hint=t!(keys::when::CRON_HINT)
                    error=fault_of(answer, "cron")
                    placeholder="0 30 2 * * *"
                    autocomplete="off"
                    raw=true
                />
            </div>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    #[test]
    fn what_starts_a_rule_is_read_back() {
        let daily = When::of(SCHEDULED, "0 30 2 * * *");
        assert_eq!((daily.every.as_str(), daily.at.as_str()), ("day", "02:30"));
        assert_eq!(daily.schedule_cron().as_deref(), Some("0 30 2 * * *"));
        let odd = When::of(SCHEDULED, "0 0 14 1 * *");
        assert_eq!((odd.every.as_str(), odd.schedule_cron().as_deref()), ("cron", Some("0 0 14 1 * *")));
        let manual = When::of("", "");
        assert_eq!((manual.trigger.as_str(), manual.schedule_cron()), (MANUAL, None));
        assert_eq!(When::of(EVENTS, "0 30 2 * * *").schedule_cron(), None);
    }

    #[test]
    fn a_schedule_by_hand_has_six_fields_and_a_minute() {
        let by_hand = |cron: &str| When { every: "cron".into(), cron: cron.into(), ..When::of(SCHEDULED, "") }.fault();
        assert_eq!(by_hand("0 0 2 * * *"), None);
        for bad in ["", "0 0 2 * *", "5 0 2 * * *", "0 * 2 * * *", "@daily"] {
            assert_eq!(by_hand(bad), Some(Fault::Schedule), "{bad}");
        }
        assert_eq!(When::of(MANUAL, "nonsense").fault(), None);
    }

    #[test]
    fn people_read_when() {
        let text = |when: When| when.text(&Catalog::of(Locale::En), keys::replication::ON_PUSH);
        assert_eq!(text(When::of(SCHEDULED, "0 0 1 * * *")), "Every day at 01:00 UTC");
        assert_eq!(text(When::of(EVENTS, "")), "On push and delete");
        assert_eq!(text(When::of("", "")), "By hand");
    }
}
