//! How long a token lives.

#[cfg(any(feature = "ssr", test))]
use crate::form::Fault;
use berth_types::Timestamp;
#[cfg(any(feature = "ssr", test))]
use chrono::NaiveDate;

const DAY_SECONDS: i64 = 24 * 60 * 60;
/// From so many days before its end a token is worth a look.
const SOON_DAYS: i64 = 14;
/// The days on offer; the first is the usual.
pub(super) const OFFERED_DAYS: [u64; 3] = [90, 30, 365];
/// Chosen for a token that does not end.
pub(super) const NEVER: &str = "never";
/// Chosen for a day of one's own.
pub(super) const DATE: &str = "date";

/// Whether a token ends within two weeks.
pub(super) fn is_soon(end: Timestamp, now: Timestamp) -> bool {
    end.unix_seconds().saturating_sub(now.unix_seconds()) < SOON_DAYS * DAY_SECONDS
}

/// When a token shall end: after the days that were chosen, with the day that was chosen (UTC), or never.
///
/// # Errors
/// The fault of the field of the day.
#[cfg(any(feature = "ssr", test))]
pub(super) fn end(choice: &str, day: &str, now: Timestamp) -> Result<Option<Timestamp>, Fault> {
    match choice {
        NEVER => Ok(None),
        DATE => {
            let day: NaiveDate = day.trim().parse().map_err(|_| Fault::DatePast)?;
            let last = day.and_hms_opt(23, 59, 59).map(|last| Timestamp(last.and_utc().timestamp_micros()));
            last.filter(|last| *last > now).map(Some).ok_or(Fault::DatePast)
        }
        days => {
            let days = days.parse::<i64>().ok().filter(|days| (1..=3650).contains(days));
            days.map(|days| Some(now.plus_seconds(days * DAY_SECONDS))).ok_or(Fault::NumberRange(1, 3650))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_773_480_960); // 2026-03-14 09:36:00

    #[test]
    fn choices_are_read() {
        assert_eq!(end("never", "2020-01-01", NOW), Ok(None));
        assert_eq!(end("30", "", NOW), Ok(Some(NOW.plus_seconds(30 * DAY_SECONDS))));
        let last = end("date", " 2026-03-14 ", NOW).unwrap().unwrap();
        assert_eq!(last.to_rfc3339(), "2026-03-14T23:59:59.000Z");
        for day in ["", "2026-03-13", "tomorrow", "2026-13-01"] {
            assert_eq!(end("date", day, NOW), Err(Fault::DatePast), "{day}");
        }
        assert_eq!(end("0", "", NOW), Err(Fault::NumberRange(1, 3650)));
        assert_eq!(end("", "", NOW), Err(Fault::NumberRange(1, 3650)));
    }

    #[test]
    fn two_weeks_are_soon() {
        assert!(is_soon(NOW.plus_seconds(13 * DAY_SECONDS), NOW));
        assert!(!is_soon(NOW.plus_seconds(15 * DAY_SECONDS), NOW));
    }
}
