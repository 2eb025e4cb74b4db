//! How often a repository was pulled: in all, and on each of the last days.

use crate::format::{date, natural, use_now};
use crate::i18n::{keys, use_catalog};
use crate::ui::{Fact, Glyph, Icon, SparkMenu};
use crate::{t, tn};
use berth_types::Timestamp;
use leptos::prelude::*;

const DAY_SECONDS: i64 = 24 * 3600;

/// The fact in the head of the page.
#[component]
pub(super) fn Pulls(
    /// How often in all.
    total: i64,
    /// How often on each of the last days, the last of them today.
    days: Vec<i64>,
) -> impl IntoView {
    let total = tn!(keys::count::PULLS, natural(total));
    let of_days: u64 = days.iter().copied().map(natural).sum();
    if of_days == 0 {
        return view! { <Fact icon=Glyph::Download>{total}</Fact> }.into_any();
    }
    let (catalog, today) = (use_catalog(), use_now().get_untracked());
    let days = dated(&days, today).into_iter().map(|(day, pulls)| (date(&catalog, day), pulls)).collect();
    view! {
        <div>
            <Icon name=Glyph::Download />
            <span>{total}</span>
            <SparkMenu
                label=tn!(keys::shelf::PULLS_OF_MONTH, of_days)
                days=days
                caption=t!(keys::shelf::PULLS_BY_DAY)
                columns=(t!(keys::usage::growth::DAY), t!(keys::usage::PULLS))
            />
        </div>
    }
    .into_any()
}

/// The days with a moment of each.
fn dated(days: &[i64], today: Timestamp) -> Vec<(Timestamp, u64)> {
    let ago = (0..days.len()).rev().map(|ago| i64::try_from(ago).unwrap_or_default());
    ago.zip(days).map(|(ago, pulls)| (today.plus_seconds(-ago * DAY_SECONDS), natural(*pulls))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_is_today() {
        let today = Timestamp::parse_rfc3339("2026-03-01T09:36:00Z").unwrap();
        let yesterday = Timestamp::parse_rfc3339("2026-02-28T09:36:00Z").unwrap();
        assert_eq!(dated(&[3, 5], today), [(yesterday, 3), (today, 5)]);
        assert!(dated(&[], today).is_empty());
    }
}
