//! When a policy runs: common schedules in words, everything else as cron.

use crate::i18n::{Catalog, Key, keys};

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

impl Default for Schedule {
    fn default() -> Self {
        Schedule { every: "none".to_owned(), at: "02:00".to_owned(), weekday: "0".to_owned(), cron: String::new() }
    }
}

/// How often a policy may run.
pub const EVERY: [(&str, Key); 5] = [
    ("none", keys::retention::every::NONE),
    ("hour", keys::retention::every::HOUR),
    ("day", keys::retention::every::DAY),
    ("week", keys::retention::every::WEEK),
    ("cron", keys::retention::every::CRON),
];

/// The days of the week, Sunday first.
pub const WEEKDAYS: [Key; 7] = [
    keys::retention::weekday::D0,
    keys::retention::weekday::D1,
    keys::retention::weekday::D2,
    keys::retention::weekday::D3,
    keys::retention::weekday::D4,
    keys::retention::weekday::D5,
    keys::retention::weekday::D6,
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

    /// Hour and minute, midnight where they are none.
    fn time(&self) -> (u8, u8) {
        let read = |text: &str| text.parse::<u8>().ok();
        let time = self.at.split_once(':').and_then(|(hour, minute)| {
            // Some browsers add seconds.
            Some((read(hour)?, read(minute.get(..2)?)?))
        });
        time.filter(|(hour, minute)| *hour < 24 && *minute < 60).unwrap_or_default()
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

    /// The schedule in words.
    pub fn text(&self, catalog: &Catalog) -> String {
        let (hour, minute) = self.time();
        let time = format!("{hour:02}:{minute:02}");
        match self.every.as_str() {
            "hour" => catalog.format(keys::retention::when::HOUR, &[("minute", &minute.to_string())]),
            "day" => catalog.format(keys::retention::when::DAY, &[("time", &time)]),
            "week" => {
                let day = self.weekday.parse().ok().and_then(|index: usize| WEEKDAYS.get(index)).copied();
                let day = day.map_or("", |key| catalog.get(key));
                catalog.format(keys::retention::when::WEEK, &[("day", day), ("time", &time)])
            }
            "cron" => catalog.format(keys::retention::when::CRON, &[("cron", &self.cron)]),
            _ => catalog.get(keys::retention::when::NONE).to_owned(),
        }
    }
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
    fn times_come_as_browsers_send_them() {
        let at = |at: &str| Schedule { every: "day".to_owned(), at: at.to_owned(), ..Schedule::default() }.cron();
        assert_eq!(at("02:05"), "0 5 2 * * *");
        assert_eq!(at("23:59:00"), "0 59 23 * * *");
        assert_eq!(at("25:00"), "0 0 0 * * *");
        assert_eq!(at("tea"), "0 0 0 * * *");
    }
}
