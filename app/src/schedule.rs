//! When something runs by itself: common schedules in words, everything else as cron.

use crate::form::Fault;
use crate::i18n::{Catalog, Key, keys};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// A schedule in the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// `none`, `hour`, `day`, `week`, or `cron`.
    pub every: String,
    /// Hour and minute in UTC: `02:00`.
    pub at: String,
    /// From 0, which is Sunday.
    pub weekday: String,
    /// Six fields, where `cron` is chosen.
    pub cron: String,
}

/// The least and the most of each field of cron, and the names of its numbers.
const FIELDS: [(u8, u8, &[&str]); 6] = [
    (0, 59, &[]),
    (0, 59, &[]),
    (0, 23, &[]),
    (1, 31, &[]),
    (1, 12, &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    (0, 6, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
];

/// Whether the server takes a field of cron: ranges with a step or without, separated by commas.
fn is_field(text: &str, (min, max, names): (u8, u8, &[&str])) -> bool {
    let number = |text: &str| {
        let named = names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let number = match named {
            Some(index) => u8::try_from(index).ok().map(|index| index + min),
            None => text.parse().ok(),
        };
        number.filter(|number| (min..=max).contains(number))
    };
    text.split(',').all(|range| {
        let (bounds, step) = range.split_once('/').map_or((range, None), |(bounds, step)| (bounds, Some(step)));
        let is_step = step.is_none_or(|step| step.parse::<u32>().is_ok_and(|step| step > 0));
        let is_range = match bounds.split_once('-') {
            Some((first, last)) => number(first).zip(number(last)).is_some_and(|(first, last)| first <= last),
            None => matches!(bounds, "*" | "?") || number(bounds).is_some(),
        };
        is_step && is_range
    })
}

impl Default for Schedule {
    fn default() -> Self {
        Schedule { every: "none".to_owned(), at: "02:00".to_owned(), weekday: "0".to_owned(), cron: String::new() }
    }
}

/// How often something may run.
pub const EVERY: [(&str, Key); 4] = [
    ("hour", keys::schedule::every::HOUR),
    ("day", keys::schedule::every::DAY),
    ("week", keys::schedule::every::WEEK),
    ("cron", keys::schedule::every::CRON),
];

/// The days of the week, Sunday first.
pub const WEEKDAYS: [Key; 7] = [
    keys::schedule::weekday::D0,
    keys::schedule::weekday::D1,
    keys::schedule::weekday::D2,
    keys::schedule::weekday::D3,
    keys::schedule::weekday::D4,
    keys::schedule::weekday::D5,
    keys::schedule::weekday::D6,
];

impl Schedule {
    /// Reads six fields of cron.
    pub fn of(cron: &str) -> Schedule {
        let kept = Schedule { cron: cron.to_owned(), ..Schedule::default() };
        let fields: Vec<&str> = cron.split_whitespace().collect();
        let number = |text: &str, most: u8| text.parse::<u8>().ok().filter(|number| *number <= most);
        let of = |every: &str| Schedule { every: every.to_owned(), ..kept.clone() };
        let ["0", minute, hour, "*", "*", weekday] = fields[..] else {
            return of(if cron.is_empty() { "none" } else { "cron" });
        };
        let Some(minute) = number(minute, 59) else { return of("cron") };
        match (hour, number(hour, 23), weekday, number(weekday, 6)) {
            ("*", _, "*", _) => Schedule { at: format!("00:{minute:02}"), ..of("hour") },
            (_, Some(hour), "*", _) => Schedule { at: format!("{hour:02}:{minute:02}"), ..of("day") },
            (_, Some(hour), _, Some(weekday)) => {
                Schedule { at: format!("{hour:02}:{minute:02}"), weekday: weekday.to_string(), ..of("week") }
            }
            _ => of("cron"),
        }
    }

    fn read_time(&self) -> Option<(u8, u8)> {
        let read = |text: &str| text.parse::<u8>().ok();
        let time = self.at.split_once(':').and_then(|(hour, minute)| {
            // Some browsers add seconds.
            Some((read(hour)?, read(minute.get(..2)?)?))
        });
        time.filter(|(hour, minute)| *hour < 24 && *minute < 60)
    }

    /// Hour and minute, midnight where they are none.
    fn time(&self) -> (u8, u8) {
        self.read_time().unwrap_or_default()
    }

    /// The field that is wrong in what was chosen, and why.
    pub fn fault(&self) -> Option<(&'static str, Fault)> {
        match self.every.as_str() {
            "hour" | "day" | "week" => self.read_time().is_none().then_some(("at", Fault::Required)),
            "cron" => {
                let fields: Vec<&str> = self.cron.split_whitespace().collect();
                let is_right = fields.len() == FIELDS.len() && fields.first() == Some(&"0");
                let is_right = is_right && fields.iter().zip(FIELDS).all(|(text, field)| is_field(text, field));
                (!is_right).then_some(("cron", Fault::Schedule))
            }
            _ => None,
        }
    }

    /// What a form remembers.
    #[cfg(any(feature = "ssr", test))]
    pub fn values(&self) -> [(&'static str, &str); 4] {
        [("every", &self.every), ("at", &self.at), ("weekday", &self.weekday), ("cron", &self.cron)]
    }

    /// Six fields, or nothing for by hand only.
    pub fn cron(&self) -> String {
        let (hour, minute) = self.time();
        match self.every.as_str() {
            "hour" => format!("0 {minute} * * * *"),
            "day" => format!("0 {minute} {hour} * * *"),
            "week" => format!("0 {minute} {hour} * * {}", self.weekday),
            "cron" => self.cron.trim().to_owned(),
            _ => String::new(),
        }
    }

    /// The schedule in words: "Every day at 03:00 UTC".
    pub fn text(&self, catalog: &Catalog) -> String {
        let (hour, minute) = self.time();
        let time = format!("{hour:02}:{minute:02}");
        match self.every.as_str() {
            "hour" => catalog.format(keys::schedule::text::HOUR, &[("minute", &minute.to_string())]),
            "day" => catalog.format(keys::schedule::text::DAY, &[("time", &time)]),
            "week" => {
                let day = self.weekday.parse().ok().and_then(|index: usize| WEEKDAYS.get(index)).copied();
                let day = day.map_or("", |key| catalog.get(key));
                catalog.format(keys::schedule::text::WEEK, &[("day", day), ("time", &time)])
            }
            "cron" => catalog.format(keys::schedule::text::CRON, &[("cron", &self.cron)]),
            _ => catalog.get(keys::schedule::text::NONE).to_owned(),
        }
    }
}

/// A rule of a schedule in words: six fields of cron, or `@every` with a number of seconds, as configurations have it.
pub fn rule_text(catalog: &Catalog, rule: &str) -> String {
    let seconds = rule.strip_prefix("@every ").and_then(|every| every.trim().strip_suffix('s')?.parse().ok());
    match seconds {
        Some(seconds) => catalog.format(keys::schedule::text::EVERY, &[("time", &span(catalog, seconds))]),
        None => Schedule::of(rule).text(catalog),
    }
}

/// A span of time, given in seconds, in whole units: "2 hours", "90 min".
pub fn span(catalog: &Catalog, seconds: u64) -> String {
    let (key, n) = match seconds {
        0 => (keys::schedule::span::SECONDS, 0),
        _ if seconds.is_multiple_of(HOUR) => (keys::schedule::span::HOURS, seconds / HOUR),
        _ if seconds.is_multiple_of(MINUTE) || seconds > HOUR => (keys::schedule::span::MINUTES, seconds / MINUTE),
        _ => (keys::schedule::span::SECONDS, seconds),
    };
    catalog.plural(key, n, &[("count", &crate::format::count(n))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    #[test]
    fn schedules_are_read_back() {
        for (cron, every, text) in [
            ("", "none", "Only by hand"),
            ("0 0 * * * *", "hour", "Every hour at minute 0"),
            ("0 30 2 * * *", "day", "Every day at 02:30 UTC"),
            ("0 0 14 * * 1", "week", "Every Monday at 14:00 UTC"),
            ("0 0 14 1 * *", "cron", "By the schedule 0 0 14 1 * *"),
            ("0 */5 * * * *", "cron", "By the schedule 0 */5 * * * *"),
            ("0 0 0 * * mon", "cron", "By the schedule 0 0 0 * * mon"),
        ] {
            let schedule = Schedule::of(cron);
            assert_eq!(schedule.every, every, "{cron}");
            assert_eq!(schedule.cron(), cron);
            assert_eq!(schedule.text(&Catalog::of(Locale::En)), text);
        }
    }

    #[test]
    fn rules_are_said_in_words() {
        let text = |rule: &str| rule_text(&Catalog::of(Locale::En), rule);
        assert_eq!(text("0 0 3 * * *"), "Every day at 03:00 UTC");
        assert_eq!(text("@every 7200s"), "Every 2 hours");
        assert_eq!(text("@every 600s"), "Every 10 min");
        assert_eq!(text("@every x"), "By the schedule @every x");
        assert_eq!(rule_text(&Catalog::of(Locale::ZhCn), "0 30 4 * * 1"), "每星期一 04:30（UTC）");
    }

    #[test]
    fn what_is_wrong_is_found_only_where_it_counts() {
        let fault = |every: &str, at: &str, cron: &str| {
            Schedule { every: every.into(), at: at.into(), cron: cron.into(), ..Schedule::default() }.fault()
        };
        for at in ["25:00", "tea", "", "1"] {
            assert_eq!(fault("week", at, ""), Some(("at", Fault::Required)), "{at}");
            assert_eq!(fault("cron", at, "0 0 2 * * *"), None, "{at}");
        }
        for cron in [
            "",
            "0 0 2 * *",
            "5 0 2 * * *",
            "@daily",
            "every tuesday",
            "0 a 2 * * *",
            "0 60 2 * * *",
            "0 5-1 2 * * *",
            "0 0 2 * * */0",
        ] {
            assert_eq!(fault("cron", "02:00", cron), Some(("cron", Fault::Schedule)), "{cron}");
            assert_eq!(fault("day", "02:00", cron), None, "{cron}");
            assert_eq!(fault("none", "", cron), None, "{cron}");
        }
        for cron in ["0 */5 * * * *", "0 0 14 1,15 jan-MAR mon", "0 0 2 ? * 1-5/2"] {
            assert_eq!(fault("cron", "02:00", cron), None, "{cron}");
        }
    }

    #[test]
    fn times_come_as_browsers_send_them() {
        let at = |at: &str| Schedule { every: "day".to_owned(), at: at.to_owned(), ..Schedule::default() }.cron();
        assert_eq!(at("02:05"), "0 5 2 * * *");
        assert_eq!(at("23:59:00"), "0 59 23 * * *");
        assert_eq!(at("25:00"), "0 0 0 * * *");
        assert_eq!(at("tea"), "0 0 0 * * *");
    }
}
