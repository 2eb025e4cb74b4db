//! What starts a rule: by hand, at times, or something that happens. The same fields for replication and preheating.

#[cfg(any(feature = "ssr", test))]
use crate::form::Fault;
use crate::form::{FormError, value_of};
use crate::i18n::{Catalog, Key, keys};
use crate::pages::schedule::schedule_fields;
use crate::schedule::Schedule;
use crate::t;
use crate::ui::{SelectField, SelectOption};
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

    /// The field that is wrong in a schedule, and why. A rule may not start every minute.
    pub fn fault(&self) -> Option<(&'static str, Fault)> {
        let cron = self.schedule_cron()?;
        let each_minute = (cron.split_whitespace().nth(1) == Some("*")).then_some(("cron", Fault::Schedule));
        self.schedule().fault().or(each_minute)
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
    let triggers = [(MANUAL, keys::when::MANUAL), (SCHEDULED, keys::when::SCHEDULED), (EVENTS, on_event)];
    let triggers = triggers.map(|(word, key)| SelectOption::new(word, t!(key)));
    view! {
        <div class="form when">
            <SelectField
                label=t!(keys::when::LABEL)
                name="trigger"
                options=triggers.to_vec()
                selected=value_of(answer, "trigger", &when.trigger)
            />
            {schedule_fields(answer, &when.schedule(), None)}
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
            assert_eq!(by_hand(bad), Some(("cron", Fault::Schedule)), "{bad}");
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
