//! The table of ratios in Markdown, and everything in JSON.

use serde_json::{Value, json};

use crate::{
    kernel,
    results::{Results, Row, Summary},
    target::{Kind, Target},
};

/// Others may keep this much of one processor busy before figures are doubted.
const OTHERS_MAX: f64 = 0.1;

/// How the machine was while one case was measured.
#[derive(Clone, Debug)]
pub struct Noise {
    /// The case.
    pub case: &'static str,
    /// Load average at its end.
    pub load: String,
    /// Processors that others kept busy.
    pub others: f64,
    /// How long it took, in seconds.
    pub seconds: f64,
}

/// What a run was.
pub struct Report<'r> {
    /// What was measured.
    pub results: &'r Results,
    /// Of which programs.
    pub targets: &'r [Target],
    /// On what machine.
    pub noise: &'r [Noise],
    /// How much of everything: repeats, tags and so on.
    pub scale: String,
}

impl Report<'_> {
    /// The peers, those with a second column included.
    fn peers(&self) -> impl Iterator<Item = &Target> {
        self.targets.iter().filter(|target| target.kind != Kind::Berth)
    }

    /// Lines about the machine, the programs and the noise.
    pub fn preamble(&self) -> String {
        let mut text = format!("Machine: {}. {}\n\n", kernel::machine(), self.scale);
        for target in self.targets.iter().filter(|target| !target.writes_only) {
            text.push_str(&format!("- {}: {}\n", target.name, target.version()));
        }
        text.push_str("\nLoad average and processors that other programs kept busy, by case: ");
        let cases: Vec<_> = self
            .noise
            .iter()
            .map(|noise| format!("{} {} / {:.2} ({:.0} s)", noise.case, noise.load, noise.others, noise.seconds))
            .collect();
        text.push_str(&format!("{}.\n", cases.join(", ")));
        let noisy: Vec<_> =
            self.noise.iter().filter(|noise| noise.others > OTHERS_MAX).map(|noise| noise.case).collect();
        if !noisy.is_empty() {
            let cases = noisy.join(", ");
            text.push_str(&format!("\n**Other programs used more than a tenth of a processor during {cases}.**\n"));
        }
        text
    }

    /// The table: Berth's median and range, each peer's median with the ratio, the goals.
    pub fn table(&self) -> String {
        let peers: Vec<&Target> = self
            .peers()
            .filter(|peer| self.results.rows.iter().any(|row| row.values.contains_key(&peer.name)))
            .collect();
        let mut text = String::from("| case | what | unit | Berth (min–max) |");
        peers.iter().for_each(|peer| text.push_str(&format!(" {} |", peer.name)));
        text.push_str(" goal | met |\n|---|---|---|---|");
        text.push_str(&"---|".repeat(peers.len() + 2));
        text.push('\n');
        for row in &self.results.rows {
            text.push_str(&format!("| {} | {} | {} | {} |", row.case, row.what, row.unit, range(row.summary("Berth"))));
            for peer in &peers {
                text.push_str(&match (row.summary(&peer.name), row.ratio(&peer.name)) {
                    (Some(theirs), Some(ratio)) => format!(" {} (**{}×**) |", number(theirs.median), number(ratio)),
                    (Some(theirs), None) => format!(" {} |", number(theirs.median)),
                    (None, _) => " |".to_owned(),
                });
            }
            text.push_str(&self.verdict(row));
            text.push('\n');
        }
        text
    }

    fn verdict(&self, row: &Row) -> String {
        let goals: Vec<_> = row.goals.iter().map(ToString::to_string).collect();
        let reached: Vec<_> = row.goals.iter().map(|goal| row.reaches(*goal, self.targets)).collect();
        let met = match reached.as_slice() {
            [] => "",
            reached if reached.contains(&Some(false)) => "**no**",
            reached if reached.contains(&None) => "not measured",
            _ => "yes",
        };
        format!(" {} | {met} |", goals.join(", "))
    }

    /// Further figures: rates, latencies, memory.
    pub fn details(&self) -> String {
        let mut text = String::from("| case | what | target | further figures (medians) |\n|---|---|---|---|\n");
        for row in &self.results.rows {
            for target in self.targets {
                let Some(details) = row.details.get(&target.name) else { continue };
                let figures: Vec<_> = details
                    .iter()
                    .filter_map(|(name, values)| Some(format!("{name} {}", number(Summary::of(values)?.median))))
                    .collect();
                let figures = figures.join(", ");
                text.push_str(&format!("| {} | {} | {} | {figures} |\n", row.case, row.what, target.name));
            }
        }
        text
    }

    /// Everything.
    pub fn to_json(&self) -> Value {
        let targets: Vec<_> = self
            .targets
            .iter()
            .map(|target| {
                json!({ "name": target.name, "version": target.version(), "every_write_on_disk": target.is_durable })
            })
            .collect();
        let noise: Vec<_> = self
            .noise
            .iter()
            .map(|noise| {
                json!({ "case": noise.case, "load_average": noise.load, "others_busy": noise.others, "seconds": noise.seconds })
            })
            .collect();
        json!({
            "machine": kernel::machine(),
            "scale": self.scale,
            "targets": targets,
            "noise": noise,
            "rows": self.results.to_json(self.targets),
        })
    }
}

fn range(summary: Option<Summary>) -> String {
    match summary {
        Some(found) if found.min == found.max => number(found.median),
        Some(found) => format!("{} ({}–{})", number(found.median), number(found.min), number(found.max)),
        None => String::new(),
    }
}

/// Three digits that count.
fn number(value: f64) -> String {
    match value.abs() {
        size if !size.is_finite() => "–".to_owned(),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::results::{Better, Goal};

    #[test]
    fn the_table_shows_medians_ratios_and_verdicts() {
        let mut targets = vec![Target::berth(Path::new("/bin/sh"), Path::new("/nowhere")).unwrap()];
        targets.extend(Target::peers("zot=/bin/sh", Path::new("/nowhere")).unwrap());
        let mut results = Results::default();
        let goals = [Goal::AtMost(25.0), Goal::Beats(3.0, Kind::Zot)];
        let row = results.row("B2", "manifest GET", "µs", Better::Less, &goals);
        row.add("Berth", 20.0).add("Berth", 22.0).add("Berth", 21.0).add("zot", 120.0).detail("Berth", "p99 µs", 512.3);
        let report = Report { results: &results, targets: &targets, noise: &[], scale: String::new() };
        let table = report.table();
        let line = "| B2 | manifest GET | µs | 21.0 (20.0–22.0) | 120 (**5.71×**) | ≤ 25, ≥ 3× zot | yes |";
        assert_eq!(table.lines().nth(2), Some(line));
        assert!(!table.contains("zot-durable"), "{table}");
        assert!(report.details().contains("| B2 | manifest GET | Berth | p99 µs 512 |"), "{}", report.details());
        assert_eq!(report.to_json()["rows"][0]["goals"][1]["met"], true);
    }
}
