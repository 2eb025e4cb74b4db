//! Numbers, sizes and times as the portal shows them.

use crate::i18n::{Catalog, Key, keys, use_catalog};
use crate::load::handed;
use berth_types::Timestamp;
use chrono::{Datelike, Timelike};
use leptos::prelude::*;

/// Between groups of three digits.
const NARROW_NO_BREAK_SPACE: char = '\u{202f}';
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// After this many days a date says more than a distance.
const RELATIVE_DAYS: i64 = 30;
/// Characters of a digest that tell artifacts apart on a page.
const SHORT_DIGEST: usize = 12;

/// A number of things or of bytes, which the API gives with a sign.
pub(crate) fn natural(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}

/// `1 240`, with narrow no-break spaces.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(NARROW_NO_BREAK_SPACE);
        }
        out.push(digit);
    }
    out
}

/// Binary units: `512 B`, `38.4 KiB`, `143 MiB`, with the decimal sign of the page's language.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if n < 1024 {
        return format!("{n}\u{a0}B");
    }
    let mut unit: u128 = 1024;
    let n = u128::from(n);
    for name in UNITS {
        // Rounded before the unit is chosen, so that 1023.99 KiB reads "1.0 MiB".
        let tenths = (n * 10 + unit / 2) / unit;
        let whole = (n + unit / 2) / unit;
        if tenths < 1000 {
            let catalog = use_catalog();
            let sign = catalog.get(keys::count::DECIMAL);
            return format!("{}{sign}{}\u{a0}{name}", tenths / 10, tenths % 10);
        }
        if whole < 1024 {
            return format!("{whole}\u{a0}{name}");
        }
        unit *= 1024;
    }
    count(u64::try_from(n).unwrap_or(u64::MAX))
}

/// Whole percent of `part` in `whole`, rounded down, so that 100 means all; 0 of nothing.
pub fn percent(part: u64, whole: u64) -> u64 {
    if whole == 0 {
        return 0;
    }
    u64::try_from(u128::from(part) * 100 / u128::from(whole)).unwrap_or(u64::MAX)
}

/// The first twelve hexadecimal digits: `9f1c2a7be04d` of `sha256:9f1c2a7be04d…`.
pub fn digest_short(digest: &str) -> &str {
    let hex = digest.split_once(':').map_or(digest, |(_, hex)| hex);
    hex.get(..SHORT_DIGEST).unwrap_or(hex)
}

/// `sha256:9f1c2a7be04d510e…f6e938`: enough at both ends to compare by eye.
pub fn digest_middle(digest: &str) -> String {
    let (algorithm, hex) = digest.split_once(':').unwrap_or(("", digest));
    match (hex.get(..16), hex.len().checked_sub(6).and_then(|at| hex.get(at..))) {
        (Some(head), Some(tail)) if hex.len() > 24 => format!("{algorithm}:{head}…{tail}"),
        (Some(_) | None, Some(_) | None) => digest.to_owned(),
    }
}

/// `2026-03-14 09:24:00 UTC`.
pub fn exact(at: Timestamp) -> String {
    let time = at.to_datetime();
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// `14 March 2026`.
pub fn date(catalog: &Catalog, at: Timestamp) -> String {
    let time = at.to_datetime();
    let month = catalog.get(month_key(time.month(), true));
    let (day, year) = (time.day().to_string(), time.year().to_string());
    catalog.format(keys::time::DATE, &[("day", &day), ("month", month), ("year", &year)])
}

/// `14 Mar 09:32:11`, for logs; with the year when it is not that of `now`.
pub fn clock(catalog: &Catalog, at: Timestamp, now: Timestamp) -> String {
    let time = at.to_datetime();
    let month = catalog.get(month_key(time.month(), false));
    let (day, year) = (time.day().to_string(), time.year().to_string());
    let of_day = format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second());
    let key = if time.year() == now.to_datetime().year() { keys::time::CLOCK } else { keys::time::CLOCK_WITH_YEAR };
    catalog.format(key, &[("day", &day), ("month", month), ("year", &year), ("time", &of_day)])
}

/// How far ahead of the moment of rendering something may be that is over.
const SKEW_SECONDS: i64 = 10;

/// `12 min ago`, `yesterday`, `in 3 days`; a date beyond 30 days.
pub fn relative(catalog: &Catalog, at: Timestamp, now: Timestamp) -> String {
    let seconds = now.unix_seconds().saturating_sub(at.unix_seconds());
    let distance = seconds.unsigned_abs();
    // What was just made may be younger than the moment of rendering; it is no event of the future.
    let past = seconds > -SKEW_SECONDS;
    let of = |past_key: Key, future_key: Key, unit: i64| {
        let n = distance / unit.unsigned_abs();
        catalog.plural(if past { past_key } else { future_key }, n, &[])
    };
    let seconds = i64::try_from(distance).unwrap_or(i64::MAX);
    if seconds < MINUTE {
        catalog.get(if past { keys::time::NOW } else { keys::time::SOON }).to_owned()
    } else if seconds < HOUR {
        of(keys::time::MINUTES_AGO, keys::time::IN_MINUTES, MINUTE)
    } else if seconds < DAY {
        of(keys::time::HOURS_AGO, keys::time::IN_HOURS, HOUR)
    } else if seconds < 2 * DAY {
        catalog.get(if past { keys::time::YESTERDAY } else { keys::time::TOMORROW }).to_owned()
    } else if seconds <= RELATIVE_DAYS * DAY {
        of(keys::time::DAYS_AGO, keys::time::IN_DAYS, DAY)
    } else {
        date(catalog, at)
    }
}

fn month_key(month: u32, long: bool) -> Key {
    use keys::time::{month as full, month_short as short};
    const LONG: [Key; 12] = [
        full::M01,
        full::M02,
        full::M03,
        full::M04,
        full::M05,
        full::M06,
        full::M07,
        full::M08,
        full::M09,
        full::M10,
        full::M11,
        full::M12,
    ];
    const SHORT: [Key; 12] = [
        short::M01,
        short::M02,
        short::M03,
        short::M04,
        short::M05,
        short::M06,
        short::M07,
        short::M08,
        short::M09,
        short::M10,
        short::M11,
        short::M12,
    ];
    let index = usize::try_from(month.saturating_sub(1)).unwrap_or(0).min(11);
    if long { LONG[index] } else { SHORT[index] }
}

/// The moment of rendering. The browser gets the server's while it hydrates, so that both print the same distances.
#[derive(Clone, Copy)]
struct Now(RwSignal<Timestamp>);

/// Hands the moment of rendering down. `initial` runs on the server, and in the browser when no server rendered the page;
/// in the browser the moment then moves on by itself.
pub fn provide_now(initial: impl FnOnce() -> Timestamp) {
    let micros = handed(|| initial().micros());
    let now = RwSignal::new(Timestamp(micros));
    provide_context(Now(now));
    Effect::new(move || {
        let tick = move || now.update(|now| *now = now.plus_seconds(MINUTE));
        let handle = set_interval_with_handle(tick, std::time::Duration::from_secs(MINUTE.unsigned_abs())).ok();
        on_cleanup(move || {
            if let Some(handle) = handle {
                handle.clear();
            }
        });
    });
}

/// The moment of rendering.
pub fn use_now() -> Signal<Timestamp> {
    use_context::<Now>().map_or_else(|| Signal::stored(wall_clock()), |now| now.0.into())
}

#[cfg(not(target_arch = "wasm32"))]
fn wall_clock() -> Timestamp {
    use berth_types::Clock;
    berth_types::time::SystemClock.now()
}

#[cfg(target_arch = "wasm32")]
fn wall_clock() -> Timestamp {
    Timestamp((js_sys::Date::now() * 1000.0) as i64)
}

/// A time by its distance, exact in `title`.
#[component]
pub fn TimeAgo(
    /// The moment to show.
    at: Timestamp,
) -> impl IntoView {
    let (catalog, now) = (use_catalog(), use_now());
    view! {
        <time datetime=at.to_rfc3339() title=exact(at)>
            {move || relative(&catalog, at, now.get())}
        </time>
    }
}

/// A time as logs show it, exact in `title`.
#[component]
pub fn TimeClock(
    /// The moment to show.
    at: Timestamp,
) -> impl IntoView {
    let (catalog, now) = (use_catalog(), use_now());
    // Untracked: only the year of it is used.
    let text = clock(&catalog, at, now.get_untracked());
    view! { <time datetime=at.to_rfc3339() title=exact(at)>{text}</time> }
}

/// A date, exact in `title`.
#[component]
pub fn TimeDate(
    /// The moment to show.
    at: Timestamp,
) -> impl IntoView {
    let text = date(&use_catalog(), at);
    view! { <time datetime=at.to_rfc3339() title=exact(at)>{text}</time> }
}

/// A size in binary units, the exact count of bytes in `title`.
#[component]
pub fn ByteSize(
    /// Bytes.
    bytes: u64,
) -> impl IntoView {
    let title = crate::tn!(keys::count::BYTES, bytes);
    view! { <span class="num" title=title>{self::bytes(bytes)}</span> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_773_480_960); // 2026-03-14 09:36:00

    #[test]
    fn counts_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1\u{202f}000", "1\u{202f}234\u{202f}567"]);
    }

    #[test]
    fn sizes_have_one_decimal_below_a_hundred() {
        let shown = |n| bytes(n).replace('\u{a0}', " ");
        assert_eq!(shown(0), "0 B");
        assert_eq!(shown(1023), "1023 B");
        assert_eq!(shown(1024), "1.0 KiB");
        assert_eq!(shown(39_322), "38.4 KiB");
        assert_eq!(shown(149_526_938), "143 MiB");
        assert_eq!(shown(1024 * 1024 - 1), "1.0 MiB");
        assert_eq!(shown(102_399), "100 KiB", "99.999 rounds to a hundred");
        assert_eq!(shown(200 << 30), "200 GiB");
        assert_eq!(shown(u64::MAX), "16.0 EiB");
        let german = Owner::new().with(|| {
            provide_context(Catalog::of(crate::i18n::Locale::De));
            shown(39_322)
        });
        assert_eq!(german, "38,4 KiB");
    }

    #[test]
    fn percent_says_hundred_only_for_all() {
        assert_eq!((percent(0, 0), percent(999, 1000), percent(5, 5), percent(u64::MAX, 1)), (0, 99, 100, u64::MAX));
    }

    #[test]
    fn digests_are_shortened() {
        let digest = "sha256:9f1c2a7be04d510e6b1c88f2d3a97745c01e6ab2f49d83c5e7720a1bd4f6e938";
        assert_eq!(digest_short(digest), "9f1c2a7be04d");
        assert_eq!(digest_short("abc"), "abc");
        assert_eq!(digest_middle(digest), "sha256:9f1c2a7be04d510e…f6e938");
        assert_eq!(digest_middle("sha256:abc"), "sha256:abc");
    }

    #[test]
    fn times_are_relative_up_to_thirty_days() {
        let english = Catalog::of(Locale::En);
        let ago = |seconds: i64| relative(&english, NOW.plus_seconds(-seconds), NOW);
        assert_eq!(ago(0), "now");
        assert_eq!(ago(12 * MINUTE), "12 min ago");
        assert_eq!(ago(HOUR), "1 hour ago");
        assert_eq!(ago(23 * HOUR), "23 hours ago");
        assert_eq!(ago(DAY), "yesterday");
        assert_eq!(ago(30 * DAY), "30 days ago");
        assert_eq!(ago(31 * DAY), "11 February 2026");
        assert_eq!(ago(-3 * DAY), "in 3 days");
        assert_eq!(ago(-2), "now", "made while the page was rendered");
        assert_eq!(ago(-30), "in a moment");
        let chinese = Catalog::of(Locale::ZhCn);
        assert_eq!(relative(&chinese, NOW.plus_seconds(-12 * MINUTE), NOW), "12 分钟前");
        assert_eq!(date(&chinese, NOW), "2026 年 3 月 14 日");
        assert_eq!(relative(&english, Timestamp::NEVER, NOW), "1 January 1");
    }

    #[test]
    fn logs_show_clock_time() {
        let english = Catalog::of(Locale::En);
        assert_eq!(exact(NOW), "2026-03-14 09:36:00 UTC");
        assert_eq!(clock(&english, NOW, NOW), "14 Mar 09:36:00");
        assert_eq!(clock(&english, NOW, NOW.plus_seconds(365 * DAY)), "14 Mar 2026 09:36:00");
    }
}
