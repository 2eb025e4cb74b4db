//! Lines over time: how something grew. Its page has the same as a table.

use super::classes;
use leptos::prelude::*;

/// The drawing's own width and height; it is stretched to the room there is.
const WIDTH: u64 = 1000;
const HEIGHT: u64 = 1000;

/// How a [`Line`] is drawn. Not by colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// Unbroken, with the room below it filled.
    Solid,
    /// In dashes.
    Dashed,
}

impl Stroke {
    const fn class(self) -> &'static str {
        match self {
            Stroke::Solid => "solid",
            Stroke::Dashed => "dashed",
        }
    }
}

/// One line of a [`Chart`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it shows.
    pub name: String,
    /// How it is drawn.
    pub stroke: Stroke,
    /// Place from the start edge and value, in the order of places. It is broken where a place is missing.
    pub points: Vec<(u64, u64)>,
}

/// Lines, with their names above, a scale at the side and the ends of the time below.
#[component]
pub fn Chart(
    /// What it shows, in words.
    #[prop(into)]
    label: String,
    /// The lines; later ones lie above earlier ones.
    lines: Vec<Line>,
    /// Places from edge to edge.
    places: u64,
    /// The value at the upper edge.
    top: u64,
    /// Words beside the lines of the grid, from the top down.
    scale: Vec<String>,
    /// Words at the start and at the end.
    ends: (String, String),
) -> impl IntoView {
    let names = lines.iter().map(|line| {
        view! {
            <li>
                <span class=classes(&["chart-key", line.stroke.class()]) aria-hidden="true"></span>
                {line.name.clone()}
            </li>
        }
    });
    let names = names.collect_view();
    let grid = grid(scale.len() as u64);
    let drawn = lines.iter().map(|line| {
        let runs = runs(&line.points, places, top);
        let area = (line.stroke == Stroke::Solid).then(|| view! { <path class="chart-area" d=areas(&runs)></path> });
        view! {
            {area}
            <path class=classes(&["chart-line", line.stroke.class()]) d=strokes(&runs)></path>
            <path class=classes(&["chart-dot", line.stroke.class()]) d=dots(&runs)></path>
        }
    });
    let drawn = drawn.collect_view();
    let scale = scale.into_iter().map(|text| view! { <span>{text}</span> }).collect_view();
    view! {
        <div class="chart">
            <ul class="chart-names">{names}</ul>
            <div class="chart-scale" aria-hidden="true">
                {scale}
            </div>
            <svg role="img" aria-label=label viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none">
                <path class="chart-grid" d=grid></path>
                {drawn}
            </svg>
            <div class="chart-ends" aria-hidden="true">
                <span>{ends.0}</span>
                <span>{ends.1}</span>
            </div>
        </div>
    }
}

/// A stretch of points without a gap, as they are drawn.
type Run = Vec<(u64, u64)>;

fn runs(points: &[(u64, u64)], places: u64, top: u64) -> Vec<Run> {
    let (last, top) = (places.saturating_sub(1).max(1), u128::from(top.max(1)));
    let mut runs: Vec<Run> = Vec::new();
    let mut before = None;
    for (place, value) in points.iter().filter(|(place, _)| *place <= last) {
        let height = u128::from(*value) * u128::from(HEIGHT) / top;
        let at = (place * WIDTH / last, HEIGHT - u64::try_from(height).unwrap_or(HEIGHT).min(HEIGHT));
        match runs.last_mut() {
            Some(run) if before == place.checked_sub(1) => run.push(at),
            _ => runs.push(vec![at]),
        }
        before = Some(*place);
    }
    runs
}

/// The lines of the grid, the first at the top and the last at the bottom.
fn grid(lines: u64) -> String {
    let last = lines.saturating_sub(1).max(1);
    (0..lines).map(|line| format!("M0 {}H{WIDTH}", line * HEIGHT / last)).collect()
}

fn strokes(runs: &[Run]) -> String {
    let step = |(index, (x, y)): (usize, &(u64, u64))| format!("{}{x} {y}", if index == 0 { 'M' } else { 'L' });
    runs.iter().filter(|run| run.len() > 1).flat_map(|run| run.iter().enumerate().map(step)).collect()
}

/// Points that no line leads to, and the last one.
fn dots(runs: &[Run]) -> String {
    let last = runs.last().and_then(|run| run.last()).filter(|_| runs.last().is_some_and(|run| run.len() > 1));
    let alone = runs.iter().filter(|run| run.len() == 1).flatten();
    alone.chain(last).map(|(x, y)| format!("M{x} {y}h0")).collect()
}

fn areas(runs: &[Run]) -> String {
    let area = |run: &Run| {
        let along: String = run.iter().map(|(x, y)| format!("L{x} {y}")).collect();
        let (first, last) = (run.first().map_or(0, |at| at.0), run.last().map_or(0, |at| at.0));
        format!("M{first} {HEIGHT}{along}L{last} {HEIGHT}z")
    };
    runs.iter().filter(|run| run.len() > 1).map(area).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_place_breaks_the_line() {
        let runs = runs(&[(0, 0), (1, 50), (3, 100), (4, 100)], 5, 100);
        assert_eq!(runs, [vec![(0, 1000), (250, 500)], vec![(750, 0), (1000, 0)]]);
        assert_eq!(strokes(&runs), "M0 1000L250 500M750 0L1000 0");
        assert_eq!(areas(&runs), "M0 1000L0 1000L250 500L250 1000zM750 1000L750 0L1000 0L1000 1000z");
        assert_eq!(dots(&runs), "M1000 0h0");
    }

    #[test]
    fn a_point_alone_is_a_dot() {
        let runs = runs(&[(2, 5), (9, 20), (10, 1)], 10, 20);
        assert_eq!((strokes(&runs).as_str(), areas(&runs).as_str()), ("", ""), "the last place is 9");
        assert_eq!(dots(&runs), "M222 750h0M1000 0h0");
        assert_eq!(dots(&super::runs(&[(0, 1)], 1, 0)), "M0 0h0");
        assert!(super::runs(&[], 30, 1).is_empty());
    }

    #[test]
    fn the_grid_reaches_from_edge_to_edge() {
        assert_eq!(grid(3), "M0 0H1000M0 500H1000M0 1000H1000");
    }
}
