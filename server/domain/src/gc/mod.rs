//! Online garbage collection: bytes that nobody needs go while pushes and pulls go on.
//!
//! Deletions only remove rows and links, and ask for a review of what may have lost its last user (`gc_blob_review`,
//! `gc_manifest_review`). A run looks at the reviews that are older than the grace time, in small batches with a rest after
//! each, so that nobody waits for it.
//!
//! A blob is removed in three steps, each of which may be the last before a crash:
//!
//! 1. A transaction marks its row as doomed, if it is garbage still: no repository links it, no manifest points at it, and
//!    nobody relied on it within the grace time. From here on nobody can link it: a push of the same bytes answers "busy", a
//!    mount finds nothing.
//! 2. Its bytes are removed from the store, unless they were stored again since the mark.
//! 3. A transaction removes the doomed row.
//!
//! A row that is not doomed thus always has its bytes. Pushes of this process do not even see the mark: whoever brings a
//! digest claims it ([`crate::claim`]) from before its bytes are stored until its row is committed, and a removal claims it
//! from the first step to the third. Pushes of other processes look at the store inside their transaction, in which their
//! row keeps the mark away. What a crash leaves is doomed rows; [`recover`] and every run finish them first.
//!
//! A blob that a repository has, but no manifest of it needs, is an upload or a mount whose manifest did not come. Its link
//! ends after the grace time, and after a day at least: pushes take their time, also where the grace time is short.

pub mod plan;
mod report;
mod run;
mod untagged;

use std::time::Duration;

use berth_db::query::gc as rows;
use berth_types::Timestamp;

pub use self::report::{Count, Finding, Report, Thing, Verdict};
use self::run::Run;
pub use self::untagged::remove_untagged;
use crate::{Domain, Error, Result};

/// How long a repository may take back a blob that it lost with a manifest, without a new upload, in seconds.
pub(crate) const RELINK_SECONDS: i64 = 3600;

/// Whether anything is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Names what would be done.
    DryRun,
    /// Does it.
    Collect,
}

/// Whether the store is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Bytes are counted by their rows.
    Rows,
    /// The store's blobs are counted as well, before and after, which takes a walk each.
    Store,
}

/// How a run goes.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whether anything is changed.
    pub mode: Mode,
    /// How long a thing stays after it lost its last user, or after somebody relied on it.
    pub grace: Duration,
    /// Whether the store is walked.
    pub measure: Measure,
}

/// Who follows a run. A run calls it in between; it must not wait.
pub trait Observer: Send + Sync {
    /// Something is garbage; in a dry run also: something is kept.
    fn found(&self, _finding: &Finding) {}

    /// A batch is done.
    fn progressed(&self, _so_far: &Report) {}

    /// Whether the run should end after this batch.
    fn wants_stop(&self) -> bool {
        false
    }
}

/// Nobody follows.
impl Observer for () {}

/// Collects, or says what would be collected. Runs of one process take turns.
///
/// # Errors
/// [`Error::Conflict`] where another node collects, and what the disk or the database says. What was removed until then
/// stays removed; nothing is left half done that the next run would not finish.
pub async fn run(domain: &Domain, options: &Options, observer: &dyn Observer) -> Result<Report> {
    let _turn = domain.collecting.lock().await;
    let mut run = Run::new(domain, *options, observer);
    match options.mode {
        Mode::DryRun => run.look().await?,
        Mode::Collect => run.collect().await?,
    }
    let report = run.into_report();
    if options.mode == Mode::Collect && (report.freed_bytes() > 0 || report.dropped_links > 0) {
        tracing::info!(
            gc.blobs = report.blobs.count,
            gc.manifests = report.manifests.count,
            gc.links = report.dropped_links,
            gc.freed_bytes = report.freed_bytes(),
            gc.elapsed_milliseconds = report.elapsed_milliseconds,
            "garbage collection freed {} bytes",
            report.freed_bytes()
        );
    }
    Ok(report)
}

/// Finishes what a crash interrupted. Until then pushes of these blobs are answered with "busy". Says how many there were;
/// nothing is done where another node collects.
///
/// # Errors
/// What the disk or the database says.
pub async fn recover(domain: &Domain) -> Result<u64> {
    let _turn = domain.collecting.lock().await;
    if rows::doomed(&mut domain.db.reader().await?.conn(), 0, 1).await?.is_empty() {
        return Ok(0);
    }
    let options = Options { mode: Mode::Collect, grace: Duration::ZERO, measure: Measure::Rows };
    let mut run = Run::new(domain, options, &());
    let done = run.finish_doomed().await;
    run.release().await?;
    match done {
        Ok(()) => {}
        Err(Error::Conflict(_)) => return Ok(0),
        Err(error) => return Err(error),
    }
    Ok(run.into_report().blobs.count)
}

/// Asks for a review of what nobody needs and nothing asks to look at. No path leads there; this is the net below them.
pub(crate) async fn find_forgotten(domain: &Domain) -> Result<u64> {
    let mut found = 0;
    let mut after = Some(0);
    while let Some(place) = after {
        let (more, last) = domain
            .db
            .write((place, domain.now()), |tx, (place, now)| {
                Box::pin(async move { Ok::<_, Error>(rows::find_forgotten(tx, *place, *now).await?) })
            })
            .await?;
        found += more;
        after = last;
    }
    let manifests: u64 = domain
        .db
        .write(domain.now(), |tx, now| {
            Box::pin(async move { Ok::<_, Error>(rows::find_forgotten_manifests(tx, *now).await?) })
        })
        .await?;
    Ok(found + manifests)
}

/// The moment `duration` before another.
fn before(at: Timestamp, duration: Duration) -> Timestamp {
    Timestamp(at.micros().saturating_sub(micros(duration)))
}

/// The moment `duration` after another.
fn after(at: Timestamp, duration: Duration) -> Timestamp {
    Timestamp(at.micros().saturating_add(micros(duration)))
}

fn micros(duration: Duration) -> i64 {
    duration.as_micros().try_into().unwrap_or(i64::MAX)
}
