//! How storage grew, day by day: a card with a chart, or the same as a table. Time span and view stand in the address.

use crate::client::{ApiResult, use_client};
use crate::form::Refusal;
use crate::format::{ByteSize, bytes, count, date, natural, relative, use_now};
use crate::i18n::{keys, use_catalog};
use crate::load::Resource;
use crate::pages::loaded;
use crate::query::kept;
use crate::ui::{
    Card, CardBody, Cell, Chart, Column, Line, Priority, Row, RowHead, Segment, Segmented, Stroke, Table, TableBox,
    query_pairs, with_query,
};
use crate::{t, tn};
use berth_types::api::{UsageDay, UsageHistory};
use berth_types::{ProjectName, Timestamp};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Time spans on offer, in days.
const SPANS: [u64; 3] = [30, 90, 365];
/// The parameters in the address, and the place in the page that their links lead to.
const SPAN: &str = "days";
const VIEW: &str = "growth";
const TABLE: &str = "table";
const PLACE: &str = "growth";
const DAY_SECONDS: i64 = 24 * 3600;
/// The least that the upper edge of the chart stands for.
const TOP_MIN: u64 = 1024;

/// Whose storage it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// That of a project.
    Project(ProjectName),
    /// That of the whole installation.
    System,
}

/// What the address asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked {
    days: u64,
    is_table: bool,
    /// The query to keep.
    search: String,
}

impl Asked {
    fn read(search: &str) -> Self {
        let pairs = query_pairs(search);
        let of = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let days = of(SPAN).and_then(|days| days.parse().ok()).filter(|days| SPANS.contains(days));
        Asked { days: days.unwrap_or(SPANS[0]), is_table: of(VIEW) == Some(TABLE), search: kept(search) }
    }

    /// The same page with another choice; what is the default is not said.
    fn with(&self, days: u64, is_table: bool) -> String {
        let days = (days != SPANS[0]).then(|| days.to_string());
        let query = with_query(&self.search, &[(SPAN, days.as_deref()), (VIEW, is_table.then_some(TABLE))]);
        format!("{query}#{PLACE}")
    }
}

/// A history as the chart needs it.
#[derive(Debug, PartialEq, Eq)]
struct Picture {
    /// The first day of the time span.
    start: Timestamp,
    /// Days of the span, and bytes before and after sharing.
    logical: Vec<(u64, u64)>,
    stored: Vec<(u64, u64)>,
    /// What the upper edge stands for.
    top: u64,
    /// Days between the first measure and today that have none.
    gaps: u64,
}

impl Picture {
    fn of(days: &[UsageDay], span: u64) -> Option<Picture> {
        let today = days.last()?.day;
        let back = i64::try_from(span.saturating_sub(1)).unwrap_or_default();
        let start = today.plus_seconds(-back * DAY_SECONDS);
        let place = |day: &UsageDay| natural((day.day.unix_seconds() - start.unix_seconds()) / DAY_SECONDS);
        let line = |amount: fn(&UsageDay) -> i64| -> Vec<(u64, u64)> {
            days.iter().filter(|day| day.day >= start).map(|day| (place(day), natural(amount(day)))).collect()
        };
        let (logical, stored) = (line(|day| day.logical), line(|day| day.stored));
        let since = span.saturating_sub(stored.first().map_or(span, |(place, _)| *place));
        let highest = logical.iter().chain(&stored).map(|(_, bytes)| *bytes).max().unwrap_or_default();
        let gaps = since.saturating_sub(stored.len() as u64);
        Some(Picture { start, logical, stored, top: ceiling(highest), gaps })
    }
}

/// The next amount that reads well.
fn ceiling(highest: u64) -> u64 {
    const STEPS: [u64; 7] = [1, 2, 3, 4, 5, 6, 8];
    let units = std::iter::successors(Some(TOP_MIN), |unit| unit.checked_mul(1024));
    let tens = units.flat_map(|unit| [1, 10, 100].map(|ten| unit.saturating_mul(ten)));
    let mut steps = tens.flat_map(|ten| STEPS.map(|step| ten.saturating_mul(step)));
    steps.find(|step| *step >= highest).unwrap_or(u64::MAX)
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    /// A day, and how much more is stored than at the measure before.
    Day(UsageDay, Option<i64>),
    /// The first and the last of the days between two measures.
    Gap(Timestamp, Timestamp),
}

impl Entry {
    /// What the table lists, newest first.
    fn all(days: &[UsageDay]) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(days.len());
        let mut before: Option<&UsageDay> = None;
        for day in days {
            if let Some(before) = before {
                let (first, last) = (before.day.plus_seconds(DAY_SECONDS), day.day.plus_seconds(-DAY_SECONDS));
                if first <= last {
                    entries.push(Entry::Gap(first, last));
                }
            }
            entries.push(Entry::Day(*day, before.map(|before| day.stored.saturating_sub(before.stored))));
            before = Some(day);
        }
        entries.reverse();
        entries
    }
}

/// The card.
#[component]
pub(crate) fn Growth(whose: Whose) -> impl IntoView {
    let client = use_client();
    let location = use_location();
    let asked = Memo::new(move |_| location.search.with(|search| Asked::read(search)));
    let history = {
        let whose = whose.clone();
        // The table is drawn of the same days, so changing to it loads nothing.
        let days = Memo::new(move |_| asked.with(|asked| asked.days));
        Resource::new(
            move || days.get(),
            move |days| {
                let (client, whose) = (client.clone(), whose.clone());
                async move {
                    let history = match &whose {
                        Whose::Project(name) => client.project_usage_days(name, days).await,
                        Whose::System => client.system_usage_days(days).await,
                    };
                    // The page is whole without it, so a refusal stands in the card and is not the page's.
                    Ok(history.map(|history| (days, history)))
                }
            },
        )
    };
    let spans = move || {
        let asked = asked.get();
        let spans = SPANS.map(|days| Segment {
            label: tn!(keys::usage::growth::SPAN, days),
            href: asked.with(days, asked.is_table),
            current: days == asked.days,
        });
        spans.to_vec()
    };
    let views = move || {
        let asked = asked.get();
        let view = |label: String, is_table: bool| Segment {
            label,
            href: asked.with(asked.days, is_table),
            current: is_table == asked.is_table,
        };
        vec![view(t!(keys::usage::growth::CHART), false), view(t!(keys::usage::growth::TABLE), true)]
    };
    let is_table = Memo::new(move |_| asked.with(|asked| asked.is_table));
    view! {
        <div id=PLACE>
            <Card title=t!(keys::usage::growth::TITLE)>
                <CardBody stack=true>
                    <div class="row g2 between">
                        <Segmented
                            label=t!(keys::usage::growth::SPAN_LABEL)
                            segments=Signal::derive(spans)
                        />
                        <Segmented label=t!(keys::usage::growth::VIEW) segments=Signal::derive(views) />
                    </div>
                    {loaded(
                        history,
                        move |history: ApiResult<(u64, UsageHistory)>| {
                            let whose = whose.clone();
                            move || match history.clone() {
                                Ok((span, history)) => {
                                    let is_table = is_table.get();
                                    view! { <Drawn whose=whose.clone() span=span history=history is_table=is_table /> }
                                        .into_any()
                                }
                                Err(error) => view! { <Refusal error=error /> }.into_any(),
                            }
                        },
                    )}
                </CardBody>
            </Card>
        </div>
    }
}

#[component]
fn Drawn(whose: Whose, span: u64, history: UsageHistory, is_table: bool) -> impl IntoView {
    let UsageHistory { days, next_at } = history;
    let Some(picture) = Picture::of(&days, span) else { return ().into_any() };
    let (unshared, stored) = match whose {
        Whose::Project(_) => (t!(keys::usage::growth::UNSHARED), t!(keys::usage::USED)),
        // Narrow screens have the name beside the value.
        Whose::System if is_table => (t!(keys::usage::USED), t!(keys::usage::SYSTEM_STORED)),
        Whose::System => (t!(keys::usage::SYSTEM_USED), t!(keys::usage::SYSTEM_STORED)),
    };
    let gaps = (picture.gaps > 0).then(|| {
        let text = tn!(keys::usage::growth::GAPS, picture.gaps);
        view! { <p class="small muted">{text}</p> }
    });
    let shown = if is_table {
        view! { <DayTable days=days.clone() unshared=unshared stored=stored /> }.into_any()
    } else {
        view! { <DayChart picture=picture unshared=unshared stored=stored /> }.into_any()
    };
    view! {
        <Change days=days next_at=next_at />
        {shown}
        {gaps}
    }
    .into_any()
}

/// How much more is stored than on the first day of the span; on the very first day, when there will be more to say.
#[component]
fn Change(days: Vec<UsageDay>, next_at: Timestamp) -> impl IntoView {
    let (catalog, now) = (use_catalog(), use_now());
    match days.as_slice() {
        [first, .., last] => {
            let on = date(&catalog, first.day);
            let amount = bytes(last.stored.abs_diff(first.stored));
            let text = match last.stored.cmp(&first.stored) {
                std::cmp::Ordering::Greater => t!(keys::usage::growth::MORE, amount = amount, date = on),
                std::cmp::Ordering::Less => t!(keys::usage::growth::LESS, amount = amount, date = on),
                std::cmp::Ordering::Equal => t!(keys::usage::growth::SAME, date = on),
            };
            view! { <p class="strong">{text}</p> }.into_any()
        }
        [_] | [] => {
            let text = move || {
                let when = relative(&catalog, next_at, now.get());
                catalog.format(keys::usage::growth::FIRST, &[("when", &when)])
            };
            view! { <p>{text}</p> }.into_any()
        }
    }
}

#[component]
fn DayChart(picture: Picture, unshared: String, stored: String) -> impl IntoView {
    let catalog = use_catalog();
    let Picture { start, logical, stored: points, top, .. } = picture;
    let places = points.last().map_or(1, |(place, _)| place + 1);
    let on = |place: u64| {
        let days = i64::try_from(place).unwrap_or_default();
        date(&catalog, start.plus_seconds(days * DAY_SECONDS))
    };
    let (first, last) = (points.first().copied().unwrap_or_default(), points.last().copied().unwrap_or_default());
    let label = t!(
        keys::usage::growth::PICTURE,
        name = stored,
        from = bytes(first.1),
        start = on(first.0),
        to = bytes(last.1),
        end = on(last.0),
        most = bytes(points.iter().map(|(_, bytes)| *bytes).max().unwrap_or_default()),
    );
    let lines = vec![
        Line { name: stored, stroke: Stroke::Solid, points },
        Line { name: unshared, stroke: Stroke::Dashed, points: logical },
    ];
    let scale = [top, top / 2, 0].map(bytes).to_vec();
    let ends = (on(0), t!(keys::usage::growth::TODAY));
    view! { <Chart label=label lines=lines places=places top=top scale=scale ends=ends /> }
}

#[component]
fn DayTable(days: Vec<UsageDay>, unshared: String, stored: String) -> impl IntoView {
    let head = {
        let (unshared, stored) = (unshared.clone(), stored.clone());
        move || {
            view! {
                <Column label=t!(keys::usage::growth::DAY) />
                <Column label=stored num=true />
                <Column label=t!(keys::usage::growth::CHANGE) num=true />
                <Column label=unshared num=true priority=Priority::Second />
                <Column label=t!(keys::usage::ARTIFACTS) num=true priority=Priority::Second />
            }
        }
    };
    let rows = Entry::all(&days).into_iter().map(|entry| {
        view! { <DayRow entry=entry unshared=unshared.clone() stored=stored.clone() /> }
    });
    let rows = rows.collect_view();
    view! {
        <TableBox flush=true>
            <Table caption=t!(keys::usage::growth::CAPTION) head=head>
                {rows}
            </Table>
        </TableBox>
    }
}

#[component]
fn DayRow(entry: Entry, unshared: String, stored: String) -> impl IntoView {
    let catalog = use_catalog();
    let on = |day: Timestamp| date(&catalog, day);
    let (name, held, change, before_sharing, artifacts) = match entry {
        Entry::Day(day, change) => (
            on(day.day),
            view! { <ByteSize bytes=natural(day.stored) /> }.into_any(),
            change.map(signed),
            Some(view! { <ByteSize bytes=natural(day.logical) /> }),
            Some(count(natural(day.artifacts))),
        ),
        Entry::Gap(first, last) => {
            let name = if first == last {
                on(first)
            } else {
                t!(keys::usage::growth::FROM_TO, first = on(first), last = on(last))
            };
            let text = t!(keys::usage::growth::NOT_MEASURED);
            (name, view! { <span class="dim">{text}</span> }.into_any(), None, None, None)
        }
    };
    view! {
        <Row>
            <RowHead>{name}</RowHead>
            <Cell label=stored num=true>
                {held}
            </Cell>
            <Cell label=t!(keys::usage::growth::CHANGE) num=true>
                {change}
            </Cell>
            <Cell label=unshared num=true priority=Priority::Second>
                {before_sharing}
            </Cell>
            <Cell label=t!(keys::usage::ARTIFACTS) num=true priority=Priority::Second>
                {artifacts}
            </Cell>
        </Row>
    }
}

/// A difference with its sign: `+1.2 GiB`.
fn signed(amount: i64) -> String {
    let sign = match amount.signum() {
        1 => "+",
        -1 => "\u{2212}",
        _ => "",
    };
    format!("{sign}{}", bytes(amount.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Timestamp = Timestamp::from_unix_seconds(1_773_446_400); // 2026-03-14

    fn day(ago: i64, stored: i64) -> UsageDay {
        let day = TODAY.plus_seconds(-ago * DAY_SECONDS);
        UsageDay { day, measured_at: day, logical: 2 * stored, stored, artifacts: 1 }
    }

    #[test]
    fn the_address_keeps_time_span_and_view() {
        let asked = Asked::read("?days=90&growth=table&q=a&notice=saved");
        assert_eq!((asked.days, asked.is_table), (90, true));
        assert_eq!(asked.with(365, true), "?q=a&days=365&growth=table#growth");
        assert_eq!(asked.with(30, false), "?q=a#growth");
        let plain = Asked::read("?days=31&growth=x");
        assert_eq!((plain.days, plain.is_table), (30, false), "only what is on offer");
    }

    #[test]
    fn a_point_stands_at_its_day_and_gaps_are_counted() {
        let picture = Picture::of(&[day(5, 1), day(4, 700), day(0, 600)], 30).unwrap();
        assert_eq!(picture.stored, [(24, 1), (25, 700), (29, 600)]);
        assert_eq!(picture.logical, [(24, 2), (25, 1400), (29, 1200)]);
        assert_eq!((picture.gaps, picture.top), (3, 2048));
        assert_eq!(picture.start, TODAY.plus_seconds(-29 * DAY_SECONDS));
        let first = Picture::of(&[day(0, 0)], 365).unwrap();
        assert_eq!((first.stored.as_slice(), first.gaps, first.top), ([(364, 0)].as_slice(), 0, TOP_MIN));
        assert_eq!(Picture::of(&[], 30), None);
    }

    #[test]
    fn the_upper_edge_reads_well() {
        let shown = [0, 1025, 6 << 20, 501 << 20, 3 << 40].map(|highest| bytes(ceiling(highest)));
        assert_eq!(
            shown.map(|text| text.replace('\u{a0}', " ")),
            ["1.0 KiB", "2.0 KiB", "6.0 MiB", "600 MiB", "3.0 TiB"]
        );
        assert_eq!(ceiling(u64::MAX), u64::MAX);
    }

    #[test]
    fn the_table_says_what_was_not_measured() {
        let (old, next, now) = (day(5, 1), day(4, 700), day(0, 600));
        let gap = Entry::Gap(TODAY.plus_seconds(-3 * DAY_SECONDS), TODAY.plus_seconds(-DAY_SECONDS));
        let all = Entry::all(&[old, next, now]);
        assert_eq!(all, [Entry::Day(now, Some(-100)), gap, Entry::Day(next, Some(699)), Entry::Day(old, None)]);
        assert_eq!(
            [0, 2048, -2048].map(|amount| signed(amount).replace('\u{a0}', " ")),
            ["0 B", "+2.0 KiB", "\u{2212}2.0 KiB"]
        );
    }
}
