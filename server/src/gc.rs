//! Garbage collection: the job that collects by the clock, and `berth gc`.
//!
//! The command asks the server that runs on the data folder, and otherwise takes the folder and collects itself. The server
//! answers line by line, so that nobody has to hold what a large store has to say.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::ensure;
use async_trait::async_trait;
use axum::{Json, extract::State, response::Response};
use berth_domain::{
    Domain, Error, collection,
    gc::{self, Count, Finding, Measure, Mode, Observer, Report, Thing, Verdict},
};
use berth_jobs::{Failure, Kind, Outcome, Task};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{
    runtime::Handle,
    sync::mpsc::{self, error::TrySendError},
    task::{JoinSet, block_in_place},
    time::{MissedTickBehavior, interval},
};

use crate::{
    boot::Booted,
    config::Config,
    conversation::{self, Place},
};

/// The job, and its schedule.
pub const KIND: &str = collection::KIND;
/// How often the job writes down how far it is.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(2);
/// The path on the server's socket.
const PATH: &str = "/admin/gc";
/// Findings that may wait for the end of a batch: as many as one has.
const FINDINGS_MAX: usize = 64;
/// Findings that a job's log names.
const NAMED_MAX: usize = 200;
const FREED: &str = "berth_gc_freed_bytes_total";
const REMOVED: &str = "berth_gc_removed_total";
const RUNS: &str = "berth_gc_runs_total";

/// What `berth gc` asks for.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Whether nothing is changed.
    #[serde(default)]
    pub dry_run: bool,
    /// The grace time; the configured one where it is missing.
    pub grace_seconds: Option<u64>,
}

impl Order {
    fn options(self, grace: Duration, measure: Measure) -> gc::Options {
        gc::Options {
            mode: if self.dry_run { Mode::DryRun } else { Mode::Collect },
            grace: self.grace_seconds.map_or(grace, Duration::from_secs),
            measure,
        }
    }
}

/// A line of the answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// Something that is garbage, or of a dry run also something that stays.
    Finding(Finding),
    /// What came of it. The last line.
    Report(Report),
}

/// Collects, or says what would be collected. Every line goes to `print`.
///
/// # Errors
/// Where there is no data folder, neither the server nor the folder can be reached, where the run fails, and what `print`
/// says.
pub async fn run(
    config: &Config,
    order: Order,
    print: &mut (dyn FnMut(Line) -> anyhow::Result<()> + Send),
) -> anyhow::Result<()> {
    let mut finished = false;
    let hear = |line: Line| {
        finished |= matches!(line, Line::Report(_));
        print(line)
    };
    match Place::find(config, "gc").await? {
        Place::Here(booted) => {
            let service = Service::new(&booted);
            conversation::here(|lines| work(service, order, lines), hear).await?;
        }
        Place::Server(socket) => conversation::ask(&socket, PATH, &order, hear).await?,
    }
    ensure!(finished, "the collection broke off");
    Ok(())
}

/// What the command's work is done with.
#[derive(Clone)]
pub(crate) struct Service {
    domain: Domain,
    grace: Duration,
    aside: Handle,
}

impl Service {
    pub(crate) fn new(booted: &Booted) -> Self {
        Service { domain: booted.state.domain.clone(), grace: booted.gc_grace, aside: booted.aside.handle() }
    }
}

/// The server's side.
pub(crate) async fn handle(State(service): State<Service>, Json(order): Json<Order>) -> Response {
    conversation::answer(|lines| work(service, order, lines))
}

async fn work(service: Service, order: Order, lines: mpsc::Sender<Line>) -> berth_domain::Result<()> {
    let Service { domain, grace, aside } = service;
    let options = order.options(grace, Measure::Store);
    let teller = Arc::new(Teller::new(lines.clone()));
    let observer = teller.clone();
    // A task of its own: where it waits for whoever reads, they must not wait for it.
    let mut run = JoinSet::new();
    run.spawn_on(async move { gc::run(&domain, &options, &*observer).await }, &aside);
    let outcome = match run.join_next().await {
        Some(Ok(outcome)) => outcome,
        Some(Err(error)) => Err(Error::Internal(error.into())),
        None => Err(Error::Internal("the run is gone".into())),
    };
    if let Ok(report) = &outcome {
        count(report);
    }
    // What it found before it failed.
    for finding in teller.take() {
        lines.send(Line::Finding(finding)).await.map_err(|_| Error::BodyAborted)?;
    }
    lines.send(Line::Report(outcome?)).await.map_err(|_| Error::BodyAborted)
}

/// Tells whoever reads what a run finds. Where they are slow the run waits, but only between batches: within one it has
/// claims, and pushes of what it has claims of are answered with "busy".
struct Teller {
    lines: mpsc::Sender<Line>,
    findings: Mutex<Vec<Finding>>,
}

impl Teller {
    fn new(lines: mpsc::Sender<Line>) -> Self {
        Teller { lines, findings: Mutex::default() }
    }

    fn take(&self) -> Vec<Finding> {
        std::mem::take(&mut self.findings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn tell(&self) {
        for finding in self.take() {
            let sent = match self.lines.try_send(Line::Finding(finding)) {
                // Only this task stands still: the runtime moves the others to another thread.
                Err(TrySendError::Full(line)) => block_in_place(|| self.lines.blocking_send(line).is_ok()),
                sent => sent.is_ok(),
            };
            if !sent {
                // Nobody reads any more. See `wants_stop`.
                return;
            }
        }
    }
}

impl Observer for Teller {
    fn found(&self, finding: &Finding) {
        let waiting = {
            let mut findings = self.findings.lock().unwrap_or_else(PoisonError::into_inner);
            findings.push(finding.clone());
            findings.len()
        };
        // Only a dry run finds more in one go, and it claims nothing.
        if waiting > FINDINGS_MAX {
            self.tell();
        }
    }

    fn progressed(&self, _: &Report) {
        self.tell();
    }

    fn wants_stop(&self) -> bool {
        self.tell();
        self.lines.is_closed()
    }
}

/// Collects by the clock.
pub(crate) struct Job {
    pub domain: Domain,
    pub grace: Duration,
}

#[derive(Default)]
struct Watch {
    report: Mutex<Report>,
    /// The first things that are garbage.
    named: Mutex<Vec<Finding>>,
    stop: AtomicBool,
}

impl Observer for Watch {
    fn found(&self, finding: &Finding) {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if finding.verdict.is_garbage() && named.len() < NAMED_MAX {
            named.push(finding.clone());
        }
    }

    fn progressed(&self, so_far: &Report) {
        so_far.clone_into(&mut self.report.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn wants_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Kind for Job {
    fn name(&self) -> &'static str {
        KIND
    }

    async fn run(&self, task: &Task) -> Outcome {
        let asked = read(task.payload())?;
        let order = Order { dry_run: asked.dry_run, grace_seconds: asked.grace_seconds };
        let watch = Arc::<Watch>::default();
        // A task of its own: while this one writes its progress, the run must not stand still in a transaction.
        let mut run = JoinSet::new();
        let (domain, observer, options) =
            (self.domain.clone(), watch.clone(), order.options(self.grace, Measure::Rows));
        run.spawn(async move {
            let untagged = match asked.delete_untagged {
                true => Some(gc::remove_untagged(&domain, &options, &*observer).await?),
                false => None,
            };
            gc::run(&domain, &options, &*observer).await.map(|report| (untagged, report))
        });
        let mut ticks = interval(PROGRESS_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.tick().await;
        let done = loop {
            tokio::select! {
                done = run.join_next() => break done,
                () = task.stopped(), if !watch.stop.load(Ordering::Relaxed) => watch.stop.store(true, Ordering::Relaxed),
                _ = ticks.tick() => {
                    let so_far = watch.report.lock().unwrap_or_else(PoisonError::into_inner).clone();
                    task.progress(&shown(&so_far)?).await?;
                }
            }
        };
        let (untagged, report) = match done {
            Some(Ok(Ok(done))) => done,
            // It does what this job is for.
            Some(Ok(Err(Error::Conflict(text)))) => return task.log(text).await,
            Some(Ok(Err(error))) => return Err(Failure::retry(&error)),
            Some(Err(error)) => return Err(Failure::retry(&error)),
            None => return Err(Failure::Retry("the run is gone".to_owned())),
        };
        count(&report);
        task.progress(&shown(&report)?).await?;
        if let Some(count) = untagged {
            let did = if report.dry_run { "would remove" } else { "removed" };
            task.log(format!("{did} {count} artifacts without a tag")).await?;
        }
        let named = std::mem::take(&mut *watch.named.lock().unwrap_or_else(PoisonError::into_inner));
        for finding in &named {
            task.log(show_finding(finding, report.dry_run).trim_end()).await?;
        }
        if named.len() == NAMED_MAX {
            task.log("what follows is only counted").await?;
        }
        task.log(summary(&report)).await?;
        if report.stopped { Err(Failure::Stopped) } else { Ok(()) }
    }
}

/// What a job is to do. Bytes must not go because nobody understood that they should stay.
fn read(payload: &Value) -> Result<collection::Order, Failure> {
    collection::Order::deserialize(payload).map_err(|error| Failure::fatal(&error))
}

fn shown(report: &Report) -> Result<Value, Failure> {
    serde_json::to_value(report).map_err(|error| Failure::fatal(&error))
}

/// Says what the numbers of collection are about.
pub(crate) fn describe() {
    ::metrics::describe_counter!(FREED, ::metrics::Unit::Bytes, "Bytes that garbage collection removed.");
    ::metrics::describe_counter!(REMOVED, "Things that garbage collection removed.");
    ::metrics::describe_counter!(RUNS, "Runs of garbage collection that came to their end.");
}

fn count(report: &Report) {
    if report.dry_run {
        return;
    }
    ::metrics::counter!(RUNS).increment(1);
    ::metrics::counter!(FREED).increment(report.freed_bytes());
    ::metrics::counter!(REMOVED, "thing" => "blob").increment(report.blobs.count);
    ::metrics::counter!(REMOVED, "thing" => "manifest").increment(report.manifests.count);
}

/// A finding for people.
pub fn show_finding(finding: &Finding, dry_run: bool) -> String {
    let thing = match finding.thing {
        Thing::Blob => "blob",
        Thing::Manifest => "manifest",
    };
    let fate = match (finding.verdict.is_garbage(), dry_run) {
        (true, true) => "garbage",
        (true, false) => "removed",
        (false, _) => "kept   ",
    };
    let Finding { digest, bytes, verdict, asked, .. } = finding;
    format!("{fate}  {thing} {digest}  {bytes} bytes  {asked}: {}\n", verdict.reason())
}

/// A report for people.
pub fn show_report(report: &Report) -> String {
    let things = |Count { count, bytes }: Count| format!("{count} ({bytes} bytes)");
    let mut text = format!("{}\n", summary(report));
    for (verdict, count) in &report.kept {
        text.push_str(&format!("kept {}: {}\n", things(*count), verdict.reason()));
    }
    if report.dropped_links > 0 {
        text.push_str(&format!("ended {} uploads and mounts whose manifest never came\n", report.dropped_links));
    }
    text.push_str(&format!(
        "blobs in the database: {} before, {} after\n",
        things(report.before),
        things(report.after)
    ));
    if let (Some(before), Some(after)) = (report.stored_before, report.stored_after) {
        text.push_str(&format!("blobs in the store: {} before, {} after\n", things(before), things(after)));
    }
    if report.kept.contains_key(&Verdict::Failed) {
        text.push_str("some bytes could not be removed; the server's log says why\n");
    }
    text
}

fn summary(report: &Report) -> String {
    let did = if report.dry_run { "would remove" } else { "removed" };
    format!(
        "{did} {} blobs ({} bytes) and {} manifests ({} bytes) with a grace time of {} s",
        report.blobs.count, report.blobs.bytes, report.manifests.count, report.manifests.bytes, report.grace_seconds
    )
}

#[cfg(test)]
mod tests {
    use berth_types::Digest;
    use serde_json::json;

    use super::*;
    use crate::config::{self, Inputs};

    #[test]
    fn a_job_that_cannot_be_read_collects_nothing() {
        let order = read(&json!({})).unwrap();
        assert!(!order.dry_run && order.grace_seconds.is_none());
        assert!(read(&json!({ "dry_run": true, "grace_seconds": 5 })).unwrap().dry_run);
        for payload in [
            json!(null),
            json!({ "dry_run": "true" }),
            json!({ "dry-run": true }),
            json!({ "dry_run": true, "grace_seconds": -1 }),
        ] {
            assert!(matches!(read(&payload), Err(Failure::Fatal(_))), "{payload}");
        }
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_is_not_made() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("typo");
        let inputs = Inputs::default().with_flag("data.dir", "--data-dir", folder.to_string_lossy());
        let config = config::load(&inputs).unwrap().config;
        let order = Order { dry_run: false, grace_seconds: None };
        let error = run(&config, order, &mut |line| panic!("{line:?}")).await.unwrap_err();
        assert!(error.to_string().starts_with("there is no data folder"), "{error:#}");
        assert!(!folder.exists());

        std::fs::create_dir(&folder).unwrap();
        let error = run(&config, order, &mut |line| panic!("{line:?}")).await.unwrap_err();
        assert!(error.to_string().starts_with("there is no database"), "{error:#}");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_run_waits_for_who_reads_and_only_between_batches() {
        let finding = |bytes| Finding {
            thing: Thing::Blob,
            digest: Digest::Sha256([7; 32]),
            bytes,
            verdict: Verdict::Garbage,
            asked: "unlinked".to_owned(),
        };
        let (sender, mut lines) = mpsc::channel(1);
        let teller = Arc::new(Teller::new(sender));
        for bytes in 0..3 {
            teller.found(&finding(bytes));
        }
        assert!(lines.is_empty(), "a batch goes on");
        let observer = teller.clone();
        let run = tokio::spawn(async move { observer.progressed(&Report::default()) });
        for expected in 0..3 {
            let Some(Line::Finding(finding)) = lines.recv().await else { panic!("a finding is missing") };
            assert_eq!(finding.bytes, expected);
        }
        run.await.unwrap();
        assert!(!teller.wants_stop());
        // However many a dry run finds in one go, few of them wait.
        let observer = teller.clone();
        let run = tokio::spawn(async move {
            for bytes in 0..1000 {
                observer.found(&finding(bytes));
            }
        });
        assert!(lines.recv().await.is_some());
        assert!(!run.is_finished() && teller.take().len() <= FINDINGS_MAX);
        // Whoever leaves ends it.
        drop(lines);
        run.await.unwrap();
        assert!(teller.wants_stop());
    }
}
