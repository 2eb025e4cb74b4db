//! When jobs come again: six fields of cron, as Harbor has them, or `@every` with a number of seconds.

use std::{collections::BTreeSet, str::FromStr, time::Duration};

use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};

use crate::Timestamp;

/// A rule that could be read.
#[derive(Clone, Debug)]
pub enum Rule {
    /// Seconds, minutes, hours, day of the month, month, day of the week, in UTC.
    Cron(Box<Cron>),
    /// So long after the last time.
    Every(Duration),
}

/// A rule that nobody can follow.
#[derive(Debug, thiserror::Error)]
pub enum BadRule {
    /// It is no cron expression of six fields.
    #[error("`{rule}` is no cron expression of six fields: {reason}")]
    Cron {
        /// The rule.
        rule: String,
        /// What is wrong.
        reason: String,
    },
    /// `@every` is not followed by a positive number of seconds.
    #[error("`{0}` names no time: `@every 60s` does")]
    Every(String),
    /// Its moment never comes.
    #[error("`{0}` never comes")]
    Never(String),
}

impl FromStr for Rule {
    type Err = BadRule;

    fn from_str(rule: &str) -> Result<Self, BadRule> {
        if let Some(every) = rule.strip_prefix("@every ") {
            let seconds = every.trim().strip_suffix('s').and_then(|seconds| seconds.parse::<u64>().ok());
            let seconds = seconds.filter(|seconds| *seconds > 0).ok_or_else(|| BadRule::Every(rule.to_owned()))?;
            return Ok(Rule::Every(Duration::from_secs(seconds)));
        }
        let parser = CronParser::builder().seconds(Seconds::Required).year(Year::Disallowed).build();
        let plain: Vec<String> = rule
            .split_whitespace()
            .enumerate()
            // What Harbor does not know is left to the parser, which may.
            .map(|(index, text)| FIELDS.get(index).and_then(|field| field.spell_out(text)).unwrap_or(text.to_owned()))
            .collect();
        let cron = parser
            .parse(&plain.join(" "))
            .map_err(|error| BadRule::Cron { rule: rule.to_owned(), reason: error.to_string() })?;
        Ok(Rule::Cron(Box::new(cron)))
    }
}

/// What one field of a rule may hold in Harbor.
struct Field {
    min: usize,
    max: usize,
    /// Names of its numbers, from `min` on.
    names: &'static [&'static str],
}

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const FIELDS: [Field; 6] = [
    Field { min: 0, max: 59, names: &[] },
    Field { min: 0, max: 59, names: &[] },
    Field { min: 0, max: 23, names: &[] },
    Field { min: 1, max: 31, names: &[] },
    Field { min: 1, max: 12, names: MONTHS },
    Field { min: 0, max: 6, names: DAYS },
];

impl Field {
    /// The numbers of a field, or `*` for all of them, as Harbor reads it: `?` everywhere, `5/10` from five on, steps
    /// that are longer than the field. Nothing where Harbor would not read it.
    fn spell_out(&self, text: &str) -> Option<String> {
        let (mut numbers, mut all) = (BTreeSet::new(), false);
        for part in text.split(',') {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, Some(step.parse().ok().filter(|step: &usize| *step > 0)?)),
                None => (part, None),
            };
            let (first, last) = match (range, range.split_once('-')) {
                ("*" | "?", _) => {
                    all |= step.is_none_or(|step| step == 1);
                    (self.min, self.max)
                }
                (_, Some((first, last))) => (self.number(first)?, self.number(last)?),
                (_, None) if step.is_some() => (self.number(range)?, self.max),
                (_, None) => (self.number(range)?, self.number(range)?),
            };
            if first < self.min || last > self.max || first > last {
                return None;
            }
            numbers.extend((first..=last).step_by(step.unwrap_or(1)));
        }
        if all {
            return Some("*".to_owned());
        }
        let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
        Some(numbers.join(","))
    }

    fn number(&self, text: &str) -> Option<usize> {
        let named = (self.min..).zip(self.names).find(|(_, name)| name.eq_ignore_ascii_case(text));
        named.map_or_else(|| text.parse().ok(), |(number, _)| Some(number))
    }
}

impl Rule {
    /// Every `duration`, of which whole seconds count; one at least.
    pub fn every(duration: Duration) -> String {
        format!("@every {}s", duration.as_secs().max(1))
    }

    /// The next moment after one. Nothing where there is none.
    pub fn next_after(&self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Rule::Every(every) => Some(now.plus_seconds(every.as_secs().try_into().ok()?)),
            Rule::Cron(cron) => {
                let next = cron.find_next_occurrence(&now.to_datetime(), false).ok()?;
                Some(Timestamp(next.timestamp_micros()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(rule: &str, now: &str) -> String {
        let now = Timestamp::parse_rfc3339(now).unwrap();
        rule.parse::<Rule>().unwrap().next_after(now).unwrap().to_rfc3339()
    }

    #[test]
    fn six_fields_are_cron_in_utc() {
        assert_eq!(next("0 0 0 * * *", "2026-02-28T12:00:00Z"), "2026-03-01T00:00:00.000Z");
        assert_eq!(next("30 15 4 * * 0", "2026-11-21T00:00:00Z"), "2026-11-22T04:15:30.000Z");
        assert_eq!(next("*/10 * * * * *", "2026-01-01T00:00:05Z"), "2026-01-01T00:00:10.000Z");
        // The moment itself is over.
        assert_eq!(next("0 0 * * * *", "2026-01-01T05:00:00Z"), "2026-01-01T06:00:00.000Z");
        assert_eq!(next("0 0 0 29 2 *", "2026-01-01T00:00:00Z"), "2028-02-29T00:00:00.000Z");
    }

    #[test]
    fn fields_mean_what_they_mean_in_harbor() {
        let saturday = "2026-11-21T10:02:00Z";
        for (rule, expected) in [
            ("0 5/10 * * * *", "2026-11-21T10:05:00.000Z"),
            ("0 ? ? ? ? ?", "2026-11-21T10:03:00.000Z"),
            ("0 0/90 * * * *", "2026-11-21T11:00:00.000Z"),
            ("0 */100 3 ? * mon-FRI", "2026-11-23T03:00:00.000Z"),
            ("0 0 0 * JAN,jul *", "2027-01-01T00:00:00.000Z"),
            // Either of two days, unless one of them is any.
            ("0 0 0 25 * SUN", "2026-11-22T00:00:00.000Z"),
            ("0 0 0 ? * 1", "2026-11-23T00:00:00.000Z"),
            ("0 0 0 25 * */1", "2026-11-25T00:00:00.000Z"),
            ("0 0 0 30 * 0-6", "2026-11-22T00:00:00.000Z"),
        ] {
            assert_eq!(next(rule, saturday), expected, "{rule}");
        }
    }

    #[test]
    fn every_counts_from_the_last_time() {
        assert_eq!(next("@every 90s", "2026-01-01T00:00:00Z"), "2026-01-01T00:01:30.000Z");
        assert_eq!(Rule::every(Duration::from_secs(600)), "@every 600s");
        assert_eq!(Rule::every(Duration::ZERO), "@every 1s");
    }

    #[test]
    fn what_nobody_can_follow_is_refused() {
        for rule in [
            "",
            "* * * * *",
            "0 0 0 * * * 2026",
            "0 0 25 * * *",
            "0 *,x 0 * * *",
            "@every",
            "@every 0s",
            "@every 5",
            "@every -5s",
        ] {
            assert!(rule.parse::<Rule>().is_err(), "{rule}");
        }
    }
}
