//! How long a robot lives, and how it stands at a moment.

#[cfg(any(feature = "ssr", test))]
use crate::form::Fault;
use crate::format::natural;
use berth_types::Timestamp;
use berth_types::api::Robot;

/// For ever, as the API writes it.
const NEVER: i64 = -1;
const DAY_SECONDS: i64 = 24 * 60 * 60;
/// The most days that a form takes.
#[cfg(any(feature = "ssr", test))]
pub const DAYS_MAX: i64 = 3650;
/// From so many days before its end a robot is worth a look.
const SOON_DAYS: i64 = 14;

/// How a robot stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It works.
    Active,
    /// It works for so many days more; 0 for less than one.
    EndsSoon(u64),
    /// Somebody switched it off.
    Disabled,
    /// Its time is over.
    Expired,
}

impl Standing {
    /// How a robot stands at a moment. An end counts more than a switch: switching it on would not help.
    pub fn of(robot: &Robot, now: Timestamp) -> Standing {
        let left = robot.expires_at.saturating_sub(now.unix_seconds());
        match (robot.expires_at != NEVER, robot.disable) {
            (true, _) if left <= 0 => Standing::Expired,
            (_, true) => Standing::Disabled,
            (true, false) if left < SOON_DAYS * DAY_SECONDS => Standing::EndsSoon(natural(left / DAY_SECONDS)),
            (true | false, false) => Standing::Active,
        }
    }
}

/// When a robot ends; nothing for one that does not.
pub fn end(expires_at: i64) -> Option<Timestamp> {
    (expires_at != NEVER).then(|| Timestamp::from_unix_seconds(expires_at))
}

/// The days on offer.
pub const OFFERED_DAYS: [i64; 4] = [30, 90, 180, 365];

/// How long a robot shall live, counted from today.
#[cfg(any(feature = "ssr", test))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// As long as it would.
    Keep,
    /// For ever.
    Never,
    /// So many days more.
    Days(i64),
}

#[cfg(any(feature = "ssr", test))]
impl Expiry {
    /// Reads what a form posted: `keep`, `never`, `other` with the number beside it, or a number.
    ///
    /// # Errors
    /// The fault of the number of days.
    pub fn read(choice: &str, days: &str) -> Result<Expiry, Fault> {
        let number = match choice {
            "keep" => return Ok(Expiry::Keep),
            "never" => return Ok(Expiry::Never),
            "other" => days.trim(),
            number => number,
        };
        match number.parse::<i64>() {
            Ok(days) if (1..=DAYS_MAX).contains(&days) => Ok(Expiry::Days(days)),
            Ok(_) | Err(_) => Err(Fault::NumberRange(1, DAYS_MAX)),
        }
    }

    /// The days from a robot's making as the API counts them; nothing where they stay as they are.
    pub fn duration(self, made: Timestamp, now: Timestamp) -> Option<i64> {
        match self {
            Expiry::Keep => None,
            Expiry::Never => Some(NEVER),
            Expiry::Days(days) => {
                let age = now.unix_seconds().saturating_sub(made.unix_seconds()).max(0);
                // A begun day counts, so that nobody gets less than was chosen.
                Some(days + (age + DAY_SECONDS - 1) / DAY_SECONDS)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_773_480_960);

    fn robot(expires_in: Option<i64>, disable: bool) -> Robot {
        let expires_at = expires_in.map_or(NEVER, |seconds| NOW.unix_seconds() + seconds);
        serde_json::from_value(serde_json::json!({
            "id": 1, "name": "robot$ci", "level": "system", "duration": 30, "editable": true, "disable": disable,
            "expires_at": expires_at, "creator_type": "local", "creator_ref": 1,
            "creation_time": "2026-03-01T09:00:00Z", "update_time": "2026-03-01T09:00:00Z",
        }))
        .unwrap()
    }

    #[test]
    fn robots_stand_as_their_end_and_switch_say() {
        let of = |left, disable| Standing::of(&robot(left, disable), NOW);
        assert_eq!(of(None, false), Standing::Active);
        assert_eq!(of(None, true), Standing::Disabled);
        assert_eq!(of(Some(0), true), Standing::Expired);
        assert_eq!(of(Some(-1), false), Standing::Expired);
        assert_eq!(of(Some(DAY_SECONDS - 1), false), Standing::EndsSoon(0));
        assert_eq!(of(Some(9 * DAY_SECONDS), false), Standing::EndsSoon(9));
        assert_eq!(of(Some(SOON_DAYS * DAY_SECONDS), false), Standing::Active);
        assert_eq!(end(NEVER), None);
        assert_eq!(end(NOW.unix_seconds()), Some(NOW));
    }

    #[test]
    fn choices_are_read() {
        assert_eq!(Expiry::read("keep", ""), Ok(Expiry::Keep));
        assert_eq!(Expiry::read("never", "7"), Ok(Expiry::Never));
        assert_eq!(Expiry::read("90", ""), Ok(Expiry::Days(90)));
        assert_eq!(Expiry::read("other", " 7 "), Ok(Expiry::Days(7)));
        for (choice, days) in [("other", ""), ("other", "0"), ("other", "3651"), ("", ""), ("other", "-1")] {
            assert_eq!(Expiry::read(choice, days), Err(Fault::NumberRange(1, DAYS_MAX)), "{choice} {days}");
        }
    }

    #[test]
    fn days_count_from_today() {
        let made = NOW.plus_seconds(-100 * DAY_SECONDS - 5);
        assert_eq!(Expiry::Days(30).duration(NOW, NOW), Some(30));
        assert_eq!(Expiry::Days(30).duration(made, NOW), Some(131));
        assert_eq!(Expiry::Never.duration(made, NOW), Some(NEVER));
        assert_eq!(Expiry::Keep.duration(made, NOW), None);
    }
}
