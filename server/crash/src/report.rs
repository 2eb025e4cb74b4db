//! What a run has seen.

use std::{collections::BTreeMap, fmt, time::Duration};

/// Figures of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What was killed, and on which database.
    pub title: String,
    /// The seed of contents and moments.
    pub seed: u64,
    /// How many clients were at work.
    pub clients: usize,
    /// SIGKILLs of the server.
    pub kills: u64,
    /// SIGKILLs of the database.
    pub database_kills: u64,
    /// Acknowledged operations by kind.
    pub acknowledged: BTreeMap<&'static str, u64>,
    /// Operations without an answer that turned out to have happened.
    pub happened: u64,
    /// Operations without an answer that turned out not to have happened.
    pub not_happened: u64,
    /// Uploads found with bytes after a restart.
    pub resumed: u64,
    /// Answers compared with what was acknowledged.
    pub compared: u64,
    /// Operations in histories of shared tags and manifests.
    pub linearized: u64,
    /// What `berth fsck` said at the end.
    pub fsck: String,
    /// How long it took.
    pub took: Duration,
    /// Broken promises.
    pub faults: Vec<String>,
}

impl Report {
    /// Acknowledged changes of all kinds; reads are left out.
    pub fn changes(&self) -> u64 {
        let changes = self.acknowledged.iter().filter(|(kind, _)| !kind.contains("read") && !kind.contains("list"));
        changes.map(|(_, count)| count).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.took.as_secs_f64() / 60.0;
        let rows = [
            ("kills of the server", self.kills.to_string()),
            ("kills of the database", self.database_kills.to_string()),
            ("acknowledged changes", self.changes().to_string()),
            ("without an answer, had happened", self.happened.to_string()),
            ("without an answer, had not happened", self.not_happened.to_string()),
            ("uploads resumed after a restart", self.resumed.to_string()),
            ("answers compared byte by byte", self.compared.to_string()),
            ("operations in linearizable histories", self.linearized.to_string()),
            ("lost, half done or come back", self.faults.len().to_string()),
            ("clients, seed, minutes", format!("{}, {}, {minutes:.1}", self.clients, self.seed)),
        ];
        writeln!(out, "### {}\n\n| what | count |\n|---|---|", self.title)?;
        for (what, count) in rows {
            writeln!(out, "| {what} | {count} |")?;
        }
        let kinds: Vec<String> = self.acknowledged.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        writeln!(out, "\nAcknowledged: {}.", kinds.join(", "))?;
        writeln!(out, "\n`berth fsck` at the end: {}", self.fsck.trim())?;
        for fault in &self.faults {
            writeln!(out, "\nFAULT: {fault}")?;
        }
        Ok(())
    }
}
