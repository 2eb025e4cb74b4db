//! A row of small bars: how something went, day by day.

use leptos::prelude::*;

/// Height of the highest bar.
const HEIGHT: u64 = 20;
/// From one bar to the next.
const STEP: u64 = 4;
/// What a bar takes of that.
const WIDTH: u64 = 3;

/// The row of bars, a picture whose name says what it shows.
#[component]
pub fn Spark(
    /// What it shows, in words: "12 pulls in the last 30 days".
    #[prop(into)]
    label: String,
    /// The values from the start edge.
    values: Vec<u64>,
) -> impl IntoView {
    let width = STEP * u64::try_from(values.len()).unwrap_or_default();
    let bars = (0_u64..).map(|place| place * STEP).zip(heights(&values)).map(|(x, height)| {
        view! { <rect x=x y=HEIGHT - height width=WIDTH height=height></rect> }
    });
    let bars = bars.collect_view();
    view! {
        <svg class="spark" role="img" aria-label=label viewBox=format!("0 0 {width} {HEIGHT}")>
            {bars}
        </svg>
    }
}

/// The heights of the bars: something is never shown as nothing.
fn heights(values: &[u64]) -> Vec<u64> {
    let highest = values.iter().copied().max().unwrap_or_default().max(1);
    values.iter().map(|value| value.saturating_mul(HEIGHT).div_ceil(highest).min(HEIGHT)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_is_never_shown_as_nothing() {
        assert_eq!(heights(&[0, 1, 50, 1000]), [0, 1, 1, 20]);
        assert_eq!(heights(&[0, 0]), [0, 0]);
        assert!(heights(&[]).is_empty());
    }
}
