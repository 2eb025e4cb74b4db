//! Bars that show a share. The policy for content forbids style attributes, so the length goes in steps of 5%.

use super::classes;
use crate::format::percent;
use crate::i18n::keys;
use crate::t;
use leptos::prelude::*;

/// From this share on a quota warns.
const WARN_PERCENT: u64 = 90;
/// From this share on a quota is as good as full.
const BAD_PERCENT: u64 = 98;

/// One part of a [`Meter`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Percent of the whole bar.
    pub percent: u64,
    /// The class that colours it: empty, `ok`, `warn`, `bad`, `alt`, `pend`.
    pub class: &'static str,
}

/// A bar; its label says what it shows.
#[component]
pub fn Meter(
    /// The value in words: "64% of quota used".
    #[prop(into)]
    label: String,
    /// The parts from the start edge.
    parts: Vec<Part>,
    /// The higher one.
    #[prop(optional)]
    large: bool,
) -> impl IntoView {
    let bars = parts.into_iter().map(|part| {
        view! { <span class=(!part.class.is_empty()).then_some(part.class) data-v=step(part.percent)></span> }
    });
    view! {
        <div class=classes(&["meter", if large { "meter-l" } else { "" }]) role="img" aria-label=label>
            {bars.collect_view()}
        </div>
    }
}

/// Percent rounded to a step of 5; something is never shown as nothing, and only all as all.
fn step(percent: u64) -> String {
    let rounded = (percent.min(100) + 2) / 5 * 5;
    match percent {
        0 => 0,
        1..=4 => 5,
        5..=99 => rounded.min(95),
        100.. => 100,
    }
    .to_string()
}

/// The bar of a quota: how much of the limit is used, coloured when it gets tight.
#[component]
pub fn QuotaBar(
    /// Bytes used.
    used: u64,
    /// Bytes allowed.
    limit: u64,
) -> impl IntoView {
    let (share, class) = quota_share(used, limit);
    view! { <Meter label=t!(keys::quota::USED, percent = share) parts=vec![Part { percent: share, class }] /> }
}

/// Percent of a limit that is used, and the class that colours it.
fn quota_share(used: u64, limit: u64) -> (u64, &'static str) {
    let share = if limit == 0 { 100 } else { percent(used, limit) };
    let class = match share {
        BAD_PERCENT.. => "bad",
        WARN_PERCENT.. => "warn",
        _ => "",
    };
    (share, class)
}

/// How much of a limit is left, in words, where it gets tight.
pub fn quota_left(used: u64, limit: u64) -> Option<String> {
    let (_, class) = quota_share(used, limit);
    let left = || t!(keys::quota::LEFT, amount = crate::format::bytes(limit.saturating_sub(used)));
    (!class.is_empty()).then(left)
}

/// Storage used and, where there is one, the limit with a bar.
#[component]
pub fn Quota(
    /// Bytes used.
    used: u64,
    /// Bytes allowed.
    limit: Option<u64>,
) -> impl IntoView {
    let Some(limit) = limit else {
        return view! {
            <div class="quota">
                <span class="tiny row between nowrap-row">
                    <crate::format::ByteSize bytes=used />
                    <span class="dim">{t!(keys::quota::NO_LIMIT)}</span>
                </span>
            </div>
        }
        .into_any();
    };
    let (_, class) = quota_share(used, limit);
    let left = quota_left(used, limit).map(|left| view! { <span class=classes(&[class, "strong"])>{left}</span> });
    view! {
        <div class="quota">
            <span class="tiny row between nowrap-row">
                <span class=classes(&["num", class])>
                    {crate::format::bytes(used)} " "
                    <span class=if class.is_empty() { "dim" } else { class }>
                        {format!("/ {}", crate::format::bytes(limit))}
                    </span>
                </span>
                {left}
            </span>
            <QuotaBar used=used limit=limit />
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_tell_nothing_and_all_apart() {
        let shown = [0, 1, 4, 5, 7, 8, 64, 98, 99, 100, 140].map(step);
        assert_eq!(shown, ["0", "5", "5", "5", "5", "10", "65", "95", "95", "100", "100"]);
    }
}
