//! Schedules, reasons and spans of time in words.

use crate::i18n::{Catalog, Key, keys};
use berth_types::Timestamp;
use chrono::{Datelike, Timelike};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// The days of the week, Sunday first.
pub(super) const DAYS: [Key; 7] = [
    keys::clean_up::day::D0,
    keys::clean_up::day::D1,
    keys::clean_up::day::D2,
    keys::clean_up::day::D3,
    keys::clean_up::day::D4,
    keys::clean_up::day::D5,
    keys::clean_up::day::D6,
];

/// A rule of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// So many seconds after the last time.
    Every(u64),
    /// At this minute of every hour.
    Hourly(u8),
    /// At this hour and minute.
    Daily(u8, u8),
    /// On this day (Sunday is 0) at this hour and minute.
    Weekly(u8, u8, u8),
    /// Six fields of cron that say something else.
    Cron(String),
}

impl Rule {
    pub(super) fn read(rule: &str) -> Rule {
        let cron = || Rule::Cron(rule.to_owned());
        if let Some(every) = rule.strip_prefix("@every ") {
            return every.trim().strip_suffix('s').and_then(|n| n.parse().ok()).map_or_else(cron, Rule::Every);
        }
        let fields: Vec<&str> = rule.split_whitespace().collect();
        let ["0", minute, hour, "*", "*", day] = fields[..] else { return cron() };
        let below = |text: &str, end: u8| text.parse::<u8>().ok().filter(|number| *number < end);
        match (below(minute, 60), below(hour, 24), below(day, 7)) {
            (Some(minute), None, None) if hour == "*" && day == "*" => Rule::Hourly(minute),
            (Some(minute), Some(hour), None) if day == "*" => Rule::Daily(hour, minute),
            (Some(minute), Some(hour), Some(day)) => Rule::Weekly(day, hour, minute),
            _ => cron(),
        }
    }

    fn text(&self, catalog: &Catalog) -> String {
        let time = |hour: &u8, minute: &u8| format!("{hour:02}:{minute:02}");
        match self {
            Rule::Every(seconds) => catalog.format(keys::clean_up::rule::EVERY, &[("time", &span(catalog, *seconds))]),
            Rule::Hourly(minute) => {
                catalog.format(keys::clean_up::rule::HOURLY, &[("minute", &format!("{minute:02}"))])
            }
            Rule::Daily(hour, minute) => catalog.format(keys::clean_up::rule::DAILY, &[("time", &time(hour, minute))]),
            Rule::Weekly(day, hour, minute) => {
                let day = DAYS.get(usize::from(*day)).map_or("", |key| catalog.get(*key));
                catalog.format(keys::clean_up::rule::WEEKLY, &[("day", day), ("time", &time(hour, minute))])
            }
            Rule::Cron(cron) => cron.clone(),
        }
    }
}

/// A rule of a schedule in words: "Every day at 03:00 UTC".
pub(in crate::pages::admin) fn rule_text(catalog: &Catalog, rule: &str) -> String {
    Rule::read(rule).text(catalog)
}

/// A span of time in whole units: "2 hours", "90 min".
pub(super) fn span(catalog: &Catalog, seconds: u64) -> String {
    let (key, n) = match seconds {
        0 => (keys::clean_up::SECONDS, 0),
        _ if seconds.is_multiple_of(HOUR) => (keys::clean_up::HOURS, seconds / HOUR),
        _ if seconds.is_multiple_of(MINUTE) || seconds > HOUR => (keys::clean_up::MINUTES, seconds / MINUTE),
        _ => (keys::clean_up::SECONDS, seconds),
    };
    catalog.plural(key, n, &[("count", &crate::format::count(n))])
}

/// `11:04 UTC`, with the date where it is another day.
pub(super) fn moment(catalog: &Catalog, at: Timestamp, now: Timestamp) -> String {
    let (time, today) = (at.to_datetime(), now.to_datetime());
    let clock = format!("{:02}:{:02}\u{a0}UTC", time.hour(), time.minute());
    let is_today = (time.year(), time.ordinal()) == (today.year(), today.ordinal());
    if is_today { clock } else { format!("{}, {clock}", crate::format::date(catalog, at)) }
}

/// Why something was looked at.
pub(super) fn asked_text(catalog: &Catalog, asked: &str) -> String {
    let key = match asked {
        "uploaded" => keys::clean_up::asked::UPLOADED,
        "mounted" => keys::clean_up::asked::MOUNTED,
        "unlinked" => keys::clean_up::asked::UNLINKED,
        "deleted" => keys::clean_up::asked::DELETED,
        "repository deleted" => keys::clean_up::asked::REPOSITORY,
        "interrupted" => keys::clean_up::asked::INTERRUPTED,
        other => return other.to_owned(),
    };
    catalog.get(key).to_owned()
}

/// Why something stays.
pub(super) fn kept_text(catalog: &Catalog, verdict: &str) -> String {
    let key = match verdict {
        "linked" => keys::clean_up::keep::LINKED,
        "awaits_manifest" => keys::clean_up::keep::AWAITS,
        "referenced" => keys::clean_up::keep::REFERENCED,
        "in_grace" => keys::clean_up::keep::GRACE,
        "touched" => keys::clean_up::keep::TOUCHED,
        "being_pushed" => keys::clean_up::keep::PUSHED,
        other => return other.to_owned(),
    };
    catalog.get(key).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    #[test]
    fn rules_are_said_in_words() {
        let text = |rule: &str| rule_text(&Catalog::of(Locale::En), rule);
        assert_eq!(text("0 0 3 * * *"), "Every day at 03:00 UTC");
        assert_eq!(text("0 15 * * * *"), "Every hour, 15 min past");
        assert_eq!(text("0 30 4 * * 1"), "Every Monday at 04:30 UTC");
        assert_eq!(text("@every 7200s"), "Every 2 hours");
        assert_eq!(text("@every 600s"), "Every 10 min");
        for other in ["0 0 3 1 * *", "0 */5 * * * *", "* * * * * *", "@every x", "0 0 3 * * mon"] {
            assert_eq!(text(other), other);
        }
        assert_eq!(rule_text(&Catalog::of(Locale::ZhCn), "0 30 4 * * 1"), "每周一 04:30 UTC");
    }

    #[test]
    fn moments_have_a_date_on_other_days() {
        let now = Timestamp::from_unix_seconds(1_773_480_960);
        let english = Catalog::of(Locale::En);
        let shown = |at| moment(&english, at, now).replace('\u{a0}', " ");
        assert_eq!(shown(now.plus_seconds(3600)), "10:36 UTC");
        assert_eq!(shown(now.plus_seconds(86_400)), "15 March 2026, 09:36 UTC");
    }
}
