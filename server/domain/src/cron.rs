//! Schedules as Harbor's API takes them: six fields of cron, refused in the words of Harbor's parser.
//!
//! Seconds, minutes, hours, day of the month, month, day of the week; lists, ranges, steps and English names. The queue
//! of jobs understands more; what is refused here would not run in Harbor either.

use crate::{Error, Result};

/// Why a schedule is none. The texts are Harbor's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCron {
    /// There is nothing.
    #[error("empty cron string is invalid")]
    Empty,
    /// There are words for common schedules, and Harbor takes none of them.
    #[error("parser does not accept descriptors: {0}")]
    Descriptor(String),
    /// A time zone of its own, which would be followed wrongly: all schedules are UTC.
    #[error("a time zone is not accepted: {0}")]
    Zone(String),
    /// There are more fields, or fewer.
    #[error("expected exactly 6 fields, found {found}: [{fields}]")]
    Fields {
        /// How many there are.
        found: usize,
        /// All of them.
        fields: String,
    },
    /// A field cannot be read.
    #[error("{0}")]
    Field(String),
    /// It would run more than once a minute.
    #[error("the 1st field (indicating Seconds of time) of the cron setting must be 0")]
    Seconds,
}

/// Whether a schedule can be followed.
///
/// # Errors
/// See [`BadCron`].
pub fn check(cron: &str) -> std::result::Result<(), BadCron> {
    if cron.is_empty() {
        return Err(BadCron::Empty);
    }
    if cron.starts_with("TZ=") || cron.starts_with("CRON_TZ=") {
        return Err(BadCron::Zone(cron.to_owned()));
    }
    if cron.starts_with('@') {
        return Err(BadCron::Descriptor(cron.to_owned()));
    }
    let fields: Vec<&str> = cron.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Err(BadCron::Fields { found: fields.len(), fields: fields.join(" ") });
    }
    for (text, field) in fields.iter().zip(&FIELDS) {
        for range in text.split(',') {
            field.check(range).map_err(BadCron::Field)?;
        }
    }
    if cron.split(' ').next() != Some("0") {
        return Err(BadCron::Seconds);
    }
    Ok(())
}

/// The same, refused as the schedule of something: `invalid cron string for scheduled gc: x, error: …`.
///
/// # Errors
/// [`Error::BadRequest`].
pub fn check_for(what: &str, cron: &str) -> Result<()> {
    check(cron)
        .map_err(|error| Error::BadRequest(format!("invalid cron string for scheduled {what}: {cron}, error: {error}")))
}

/// What one field may hold.
struct Field {
    min: u64,
    max: u64,
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
    /// `*`, `?`, `5`, `1-5`, each with a step or without.
    fn check(&self, text: &str) -> std::result::Result<(), String> {
        let parts: Vec<&str> = text.split('/').collect();
        let bounds: Vec<&str> = parts.first().copied().unwrap_or_default().split('-').collect();
        let (first, mut last) = match bounds.as_slice() {
            ["*" | "?"] => (self.min, self.max),
            [one] => {
                let number = self.number(one)?;
                (number, number)
            }
            [first, last] => (self.number(first)?, self.number(last)?),
            _ => return Err(format!("too many hyphens: {text}")),
        };
        match parts.as_slice() {
            [_] => {}
            [_, step] => {
                if bounds.len() == 1 {
                    last = self.max;
                }
                if whole(step)? == 0 {
                    return Err(format!("step of range should be a positive number: {text}"));
                }
            }
            _ => return Err(format!("too many slashes: {text}")),
        }
        if first < self.min {
            return Err(format!("beginning of range ({first}) below minimum ({}): {text}", self.min));
        }
        if last > self.max {
            return Err(format!("end of range ({last}) above maximum ({}): {text}", self.max));
        }
        if first > last {
            return Err(format!("beginning of range ({first}) beyond end of range ({last}): {text}"));
        }
        Ok(())
    }

    fn number(&self, text: &str) -> std::result::Result<u64, String> {
        let lower = text.to_ascii_lowercase();
        let named = (self.min..).zip(self.names).find(|(_, name)| **name == lower);
        named.map_or_else(|| whole(text), |(number, _)| Ok(number))
    }
}

fn whole(text: &str) -> std::result::Result<u64, String> {
    let number: i64 = text
        .parse()
        .map_err(|_| format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax"))?;
    u64::try_from(number).map_err(|_| format!("negative number ({number}) not allowed: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_harbor_follows_is_accepted() {
        for cron in
            ["0 0 0 * * *", "0 30 3 * * 1", "0 */15 * ? * MON-FRI", "0 5/10 1,2,3 1-15/2 jan,Jul *", "0  0 0 31 2 0-6"]
        {
            assert_eq!(check(cron), Ok(()), "{cron}");
        }
    }

    #[test]
    fn what_is_accepted_is_followed() {
        let now = berth_types::Timestamp::parse_rfc3339("2026-11-21T10:02:03Z").unwrap();
        let forms = [
            "*", "?", "*/1", "*/7", "?/2", "*/100", "5", "05", "+5", "3/2", "3/90", "1-5", "1-5/2", "3-3/9", "1,2,5",
            "*,5",
        ];
        let months = ["jan", "OCT/2", "mar-Jul", "feb,NOV", "2,apr-jun/2"];
        let days = ["Sun", "mon-fri", "TUE,thu-SAT/2", "wed/2", "0-6"];
        let mut followed = 0;
        for (index, own) in [&[][..], &[], &[], &months, &days].into_iter().enumerate() {
            for form in forms.iter().chain(own) {
                for rest in ["*", "?", "1", "2-5/3"] {
                    let mut fields = ["0", rest, rest, rest, rest, rest];
                    fields[index + 1] = form;
                    let cron = fields.join(" ");
                    assert_eq!(check(&cron), Ok(()), "{cron}");
                    let next = cron.parse::<berth_types::rule::Rule>().unwrap().next_after(now);
                    assert!(next.is_some_and(|next| next > now), "{cron}: {next:?}");
                    followed += 1;
                }
            }
        }
        assert_eq!(followed, 4 * (5 * forms.len() + months.len() + days.len()));
    }

    #[test]
    fn the_rest_is_refused_in_its_words() {
        for (cron, text) in [
            ("", "empty cron string is invalid"),
            ("hello", "expected exactly 6 fields, found 1: [hello]"),
            ("0 0 * * *", "expected exactly 6 fields, found 5: [0 0 * * *]"),
            ("* * * * * *", "the 1st field (indicating Seconds of time) of the cron setting must be 0"),
            ("@every 5s", "parser does not accept descriptors: @every 5s"),
            ("TZ=Asia/Tokyo 0 0 0 * * *", "a time zone is not accepted: TZ=Asia/Tokyo 0 0 0 * * *"),
            ("0 0 24 * * *", "end of range (24) above maximum (23): 24"),
            ("0 0 0 0 * *", "beginning of range (0) below minimum (1): 0"),
            ("0 0 0 * * 5-1", "beginning of range (5) beyond end of range (1): 5-1"),
            ("0 1-2-3 0 * * *", "too many hyphens: 1-2-3"),
            ("0 */2/3 0 * * *", "too many slashes: */2/3"),
            ("0 */0 0 * * *", "step of range should be a positive number: */0"),
            ("0 1, 0 * * *", "failed to parse int from : strconv.Atoi: parsing \"\": invalid syntax"),
            ("0 x 0 * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"),
        ] {
            assert_eq!(check(cron).unwrap_err().to_string(), text, "{cron}");
        }
        let refused = check_for("gc", "hello").unwrap_err().to_string();
        assert_eq!(
            refused,
            "invalid cron string for scheduled gc: hello, error: expected exactly 6 fields, found 1: [hello]"
        );
    }
}
