//! Moments and reasons in words.

use crate::i18n::{Catalog, keys};
use berth_types::Timestamp;
use chrono::{Datelike, Timelike};

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
    fn moments_have_a_date_on_other_days() {
        let now = Timestamp::from_unix_seconds(1_773_480_960);
        let english = Catalog::of(Locale::En);
        let shown = |at| moment(&english, at, now).replace('\u{a0}', " ");
        assert_eq!(shown(now.plus_seconds(3600)), "10:36 UTC");
        assert_eq!(shown(now.plus_seconds(86_400)), "15 March 2026, 09:36 UTC");
    }
}
