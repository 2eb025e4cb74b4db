//! Measured values, and whether they reach their goals.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::target::{Kind, Target};

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Costs and latencies.
    Less,
    /// Rates.
    More,
}

/// What a row should reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// Berth's value is at most this.
    AtMost(f64),
    /// Berth's value is at least this.
    AtLeast(f64),
    /// Berth is so many times better than one program. Where that is measured with every write on disk, that counts.
    Beats(f64, Kind),
    /// Berth is so many times better than every peer.
    BeatsAll(f64),
}

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// `B2`
    pub case: &'static str,
    /// What is measured.
    pub what: String,
    /// Of the values.
    pub unit: &'static str,
    /// Which way is better.
    pub better: Better,
    /// What it should reach.
    pub goals: Vec<Goal>,
    /// Repeats by target.
    pub values: BTreeMap<String, Vec<f64>>,
    /// Further figures by target and name: latencies, rates, memory.
    pub details: BTreeMap<String, BTreeMap<&'static str, Vec<f64>>>,
}

/// Median, minimum and maximum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Median.
    pub median: f64,
    /// Minimum.
    pub min: f64,
    /// Maximum.
    pub max: f64,
}

impl Summary {
    /// Of some values; nothing of none.
    pub fn of(values: &[f64]) -> Option<Summary> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let median = if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 };
        Some(Summary { median, min, max })
    }
}

impl Row {
    /// A target's summary.
    pub fn summary(&self, target: &str) -> Option<Summary> {
        Summary::of(self.values.get(target)?)
    }

    /// How many times better Berth is than a peer.
    pub fn ratio(&self, peer: &str) -> Option<f64> {
        let (ours, theirs) = (self.summary("Berth")?.median, self.summary(peer)?.median);
        Some(match self.better {
            Better::Less => theirs / ours,
            Better::More => ours / theirs,
        })
    }

    /// Whether a goal is reached; nothing where what it needs was not measured.
    pub fn reaches(&self, goal: Goal, targets: &[Target]) -> Option<bool> {
        let ours = self.summary("Berth")?.median;
        match goal {
            Goal::AtMost(limit) => Some(ours <= limit),
            Goal::AtLeast(limit) => Some(ours >= limit),
            Goal::Beats(factor, kind) => {
                let measured = |target: &&Target| target.kind == kind && self.values.contains_key(&target.name);
                let peers: Vec<&Target> = targets.iter().filter(measured).collect();
                let durable = peers.iter().any(|peer| peer.is_durable);
                self.beats(factor, peers.into_iter().filter(|peer| peer.is_durable || !durable))
            }
            Goal::BeatsAll(factor) => self.beats(factor, targets.iter().filter(|target| target.kind != Kind::Berth)),
        }
    }

    fn beats<'t>(&self, factor: f64, peers: impl Iterator<Item = &'t Target>) -> Option<bool> {
        let ratios: Vec<f64> = peers.filter_map(|peer| self.ratio(&peer.name)).collect();
        (!ratios.is_empty()).then(|| ratios.iter().all(|ratio| *ratio >= factor))
    }

    /// Everything, for programs.
    fn to_json(&self, targets: &[Target]) -> Value {
        let summary = |values: &[f64]| match Summary::of(values) {
            Some(found) => json!({ "median": found.median, "min": found.min, "max": found.max, "repeats": values }),
            None => Value::Null,
        };
        let by_target: BTreeMap<&String, Value> = self
            .values
            .iter()
            .map(|(target, values)| {
                let details = self.details.get(target).into_iter().flatten();
                let details: BTreeMap<_, _> = details.map(|(name, values)| (*name, summary(values))).collect();
                let value = json!({ "value": summary(values), "ratio": self.ratio(target), "details": details });
                (target, value)
            })
            .collect();
        let goals: Vec<Value> = self
            .goals
            .iter()
            .map(|goal| json!({ "goal": goal.to_string(), "met": self.reaches(*goal, targets) }))
            .collect();
        json!({ "case": self.case, "what": self.what, "unit": self.unit, "targets": by_target, "goals": goals })
    }
}

impl std::fmt::Display for Goal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = |kind: &Kind| match kind {
            Kind::Berth => "Berth",
            Kind::Distribution => "distribution",
            Kind::DockerRegistry => "docker-registry",
            Kind::Zot => "zot",
        };
        match self {
            Goal::AtMost(limit) => write!(f, "≤ {limit}"),
            Goal::AtLeast(limit) => write!(f, "≥ {limit}"),
            Goal::Beats(factor, kind) => write!(f, "≥ {factor}× {}", name(kind)),
            Goal::BeatsAll(factor) => write!(f, "≥ {factor}× every peer"),
        }
    }
}

/// All rows, in the order in which they were first measured.
#[derive(Debug, Default)]
pub struct Results {
    /// The rows.
    pub rows: Vec<Row>,
}

impl Results {
    /// The row of a case, made where it is missing.
    pub fn row(
        &mut self,
        case: &'static str,
        what: &str,
        unit: &'static str,
        better: Better,
        goals: &[Goal],
    ) -> &mut Row {
        let found = self.rows.iter().position(|row| row.case == case && row.what == what);
        let at = found.unwrap_or_else(|| {
            let (values, details) = (BTreeMap::new(), BTreeMap::new());
            let row = Row { case, what: what.to_owned(), unit, better, goals: goals.to_vec(), values, details };
            self.rows.push(row);
            self.rows.len() - 1
        });
        &mut self.rows[at]
    }

    /// Everything, for programs.
    pub fn to_json(&self, targets: &[Target]) -> Vec<Value> {
        self.rows.iter().map(|row| row.to_json(targets)).collect()
    }
}

impl Row {
    /// Adds a repeat.
    pub fn add(&mut self, target: &str, value: f64) -> &mut Self {
        self.values.entry(target.to_owned()).or_default().push(value);
        self
    }

    /// Adds a further figure of a repeat.
    pub fn detail(&mut self, target: &str, name: &'static str, value: f64) -> &mut Self {
        self.details.entry(target.to_owned()).or_default().entry(name).or_default().push(value);
        self
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn targets() -> Vec<Target> {
        let mut targets = Target::peers("zot=/bin/sh", Path::new("/nowhere")).unwrap();
        targets.push(Target::berth(Path::new("/bin/sh"), Path::new("/nowhere")).unwrap());
        targets
    }

    fn row(better: Better, values: &[(&str, f64)]) -> Row {
        let mut results = Results::default();
        let row = results.row("B0", "something", "µs", better, &[]);
        for (target, value) in values {
            row.add(target, *value);
        }
        row.clone()
    }

    #[test]
    fn the_median_of_an_even_count_lies_between() {
        assert_eq!(Summary::of(&[4.0, 1.0, 3.0, 2.0]), Some(Summary { median: 2.5, min: 1.0, max: 4.0 }));
        assert_eq!(Summary::of(&[]), None);
    }

    #[test]
    fn ratios_say_how_many_times_better_berth_is() {
        let cost = row(Better::Less, &[("Berth", 20.0), ("zot", 60.0)]);
        let rate = row(Better::More, &[("Berth", 600.0), ("zot", 300.0)]);
        assert_eq!((cost.ratio("zot"), rate.ratio("zot")), (Some(3.0), Some(2.0)));
        assert_eq!(cost.ratio("distribution"), None);
    }

    #[test]
    fn goals_are_judged_by_the_durable_peer_where_there_is_one() {
        let targets = targets();
        let values = [("Berth", 600.0), ("zot", 1200.0), ("zot-durable", 100.0)];
        let rate = row(Better::More, &values);
        assert_eq!(rate.reaches(Goal::Beats(5.0, Kind::Zot), &targets), Some(true));
        assert_eq!(rate.reaches(Goal::BeatsAll(1.0), &targets), Some(false));
        assert_eq!(rate.reaches(Goal::Beats(5.0, Kind::Distribution), &targets), None);
        let read = row(Better::More, &values[..2]);
        assert_eq!(read.reaches(Goal::Beats(0.6, Kind::Zot), &targets), Some(false));
        assert_eq!(read.reaches(Goal::AtLeast(600.0), &targets), Some(true));
        assert_eq!(read.reaches(Goal::AtMost(599.0), &targets), Some(false));
    }
}
