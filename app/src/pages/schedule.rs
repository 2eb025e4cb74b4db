//! The fields of a schedule, the same wherever something can run by itself.

use crate::form::{FormError, fault_of, value_of};
use crate::i18n::keys;
use crate::schedule::{EVERY, Schedule, WEEKDAYS};
use crate::t;
use crate::ui::{SelectField, SelectOption, TextField};
use leptos::prelude::*;

/// The fields `every`, `at`, `weekday` and `cron`. `none` is the choice of no schedule, where there is one.
///
/// What a choice does not need is hidden by the style sheet, so that nothing moves when the script arrives.
pub(crate) fn schedule_fields(
    answer: Signal<Option<FormError>>,
    schedule: &Schedule,
    none: Option<SelectOption>,
) -> AnyView {
    let value = |name: &str, initial: &str| value_of(answer, name, initial);
    let every = none.into_iter().chain(EVERY.map(|(word, key)| SelectOption::new(word, t!(key))));
    let days = WEEKDAYS.iter().enumerate().map(|(day, key)| SelectOption::new(day.to_string(), t!(*key)));
    view! {
        <div class="form schedule">
            <SelectField
                label=t!(keys::schedule::EVERY_LABEL)
                name="every"
                options=every.collect()
                selected=value("every", &schedule.every)
            />
            <div class="at">
                <TextField
                    label=t!(keys::schedule::AT)
                    name="at"
                    kind="time"
                    value=value("at", &schedule.at)
                    hint=t!(keys::schedule::AT_HINT)
                    error=fault_of(answer, "at")
                />
            </div>
            <div class="weekday">
                <SelectField
                    label=t!(keys::schedule::WEEKDAY_LABEL)
                    name="weekday"
                    options=days.collect()
                    selected=value("weekday", &schedule.weekday)
                />
            </div>
            <div class="cron">
                <TextField
                    label=t!(keys::schedule::CRON)
                    name="cron"
                    value=value("cron", &schedule.cron)
                    hint=t!(keys::schedule::CRON_HINT)
                    error=fault_of(answer, "cron")
                    placeholder="0 30 2 * * *"
                    autocomplete="off"
                    maxlength=100
                    raw=true
                />
            </div>
        </div>
    }
    .into_any()
}
