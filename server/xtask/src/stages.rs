//! Stages of a longer task: each is timed, none is left out silently.

use std::process::ExitCode;
use std::time::Instant;

use crate::workspace::is_ci;

/// What happened so far.
pub struct Stages {
    results: Vec<(String, Outcome)>,
    is_ci: bool,
}

enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

impl Stages {
    /// No stage yet.
    pub fn new() -> Self {
        Self { results: Vec::new(), is_ci: is_ci() }
    }

    /// Runs a stage. An error counts as a failure and does not stop the task.
    pub fn run<T>(&mut self, name: &str, stage: impl FnOnce() -> anyhow::Result<T>) -> Option<T> {
        self.timed(name, stage, |error, _| Outcome::Failed(error))
    }

    /// Prepares what a suite needs. An error is a failure under CI and a counted skip elsewhere.
    pub fn prepare<T>(&mut self, name: &str, stage: impl FnOnce() -> anyhow::Result<T>) -> Option<T> {
        self.timed(name, stage, |error, is_ci| if is_ci { Outcome::Failed(error) } else { Outcome::Skipped(error) })
    }

    /// A suite that cannot run here: an error under CI, a counted skip elsewhere.
    pub fn cannot_run(&mut self, name: &str, reason: &str) {
        let reason = reason.to_owned();
        self.record(name, if self.is_ci { Outcome::Failed(reason) } else { Outcome::Skipped(reason) });
    }

    /// A suite that was left out on purpose, or that needs something this machine may lack even under CI.
    pub fn skip(&mut self, name: &str, reason: &str) {
        self.record(name, Outcome::Skipped(reason.to_owned()));
    }

    /// Whether a stage has failed.
    pub fn has_failed(&self) -> bool {
        self.count(|outcome| matches!(outcome, Outcome::Failed(_))) > 0
    }

    /// Prints the totals. The exit code is that of the worst stage.
    pub fn finish(self) -> ExitCode {
        for (name, outcome) in &self.results {
            match outcome {
                Outcome::Passed => {}
                Outcome::Failed(reason) => println!("FAILED {name}: {reason}"),
                Outcome::Skipped(reason) => println!("skipped {name}: {reason}"),
            }
        }
        println!("{}", self.totals());
        if self.has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    fn timed<T>(
        &mut self,
        name: &str,
        stage: impl FnOnce() -> anyhow::Result<T>,
        failure: impl FnOnce(String, bool) -> Outcome,
    ) -> Option<T> {
        let start = Instant::now();
        let result = stage();
        println!("stage {name}: {:.1} s", start.elapsed().as_secs_f64());
        match result {
            Ok(value) => {
                self.record(name, Outcome::Passed);
                Some(value)
            }
            Err(error) => {
                let outcome = failure(format!("{error:#}"), self.is_ci);
                self.record(name, outcome);
                None
            }
        }
    }

    fn record(&mut self, name: &str, outcome: Outcome) {
        match &outcome {
            Outcome::Passed => {}
            Outcome::Failed(reason) => eprintln!("{name} failed: {reason}"),
            Outcome::Skipped(reason) => eprintln!("{name} skipped: {reason}"),
        }
        self.results.push((name.to_owned(), outcome));
    }

    fn totals(&self) -> String {
        format!(
            "{} passed, {} failed, {} skipped",
            self.count(|outcome| matches!(outcome, Outcome::Passed)),
            self.count(|outcome| matches!(outcome, Outcome::Failed(_))),
            self.count(|outcome| matches!(outcome, Outcome::Skipped(_))),
        )
    }

    fn count(&self, matches: impl Fn(&Outcome) -> bool) -> usize {
        self.results.iter().filter(|(_, outcome)| matches(outcome)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::Stages;

    fn stages(is_ci: bool) -> Stages {
        Stages { results: Vec::new(), is_ci }
    }

    #[test]
    fn an_unprepared_suite_is_a_counted_skip_at_home() {
        let mut stages = stages(false);
        assert_eq!(stages.run("one", || Ok(1)), Some(1));
        assert_eq!(stages.prepare("two", || anyhow::bail!("no Go") as anyhow::Result<()>), None);
        stages.cannot_run("three", "no Node");
        assert!(!stages.has_failed());
        assert_eq!(stages.totals(), "1 passed, 0 failed, 2 skipped");
    }

    #[test]
    fn an_unprepared_suite_is_an_error_under_ci() {
        let mut stages = stages(true);
        stages.prepare("two", || anyhow::bail!("no Go") as anyhow::Result<()>);
        stages.cannot_run("three", "no Node");
        stages.skip("four", "a filter was given");
        assert!(stages.has_failed());
        assert_eq!(stages.totals(), "0 passed, 2 failed, 1 skipped");
    }
}
