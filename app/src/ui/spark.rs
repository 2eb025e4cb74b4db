//! A row of small bars: how something went, day by day. Behind it stands the same as a table.

use super::{Cell, Column, MenuFrame, MenuSide, Row, RowHead, Table, TableBox};
use crate::format::count;
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

/// The row of bars as a button that opens a table of its values. It opens without script.
#[component]
pub fn SparkMenu(
    /// What the bars show, in words: "12 pulls in the last 30 days".
    #[prop(into)]
    label: String,
    /// The days with their values from the start edge. The table has the last one first.
    days: Vec<(String, u64)>,
    /// What the table lists: "Pulls by day, newest first".
    #[prop(into)]
    caption: String,
    /// The heads of the two columns.
    columns: (String, String),
) -> impl IntoView {
    let values: Vec<u64> = days.iter().map(|(_, value)| *value).collect();
    let (own_name, title) = (label.clone(), label.clone());
    let summary = move || {
        view! {
            <summary class="spark-button" role="button" aria-label=own_name title=title>
                <Spark label=label values=values />
            </summary>
        }
    };
    let (day, amount) = columns;
    let name = amount.clone();
    let head = move || {
        view! {
            <Column label=day />
            <Column label=amount num=true />
        }
    };
    let rows = days.into_iter().rev().map(move |(day, value)| {
        let name = name.clone();
        view! {
            <Row>
                <RowHead>{day}</RowHead>
                <Cell label=name num=true>
                    {count(value)}
                </Cell>
            </Row>
        }
    });
    let rows = rows.collect_view();
    view! {
        <MenuFrame summary=summary side=MenuSide::End>
            <TableBox flush=true keep=caption.clone()>
                <Table caption=caption head=head>
                    {rows}
                </Table>
            </TableBox>
        </MenuFrame>
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
