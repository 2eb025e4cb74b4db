//! Checks of the whole store: rows against bytes, bytes against digests, rows against rows.
//!
//! Everything may be in use meanwhile. What looks wrong is looked at again before it is reported, because a push writes
//! its bytes first and a deletion its rows. Mending never removes what was acknowledged: counts are counted again, lines
//! joined again, files that no row names go by age, and damaged bytes are moved to quarantine, where nobody is given them.
//!
//! A blob whose bytes are missing or damaged is *lost*: its row says since when, it answers as unknown, and so the next
//! client that pushes it uploads it again, which makes it whole in every repository. Manifests and tags stay.

mod blobs;
mod loss;
mod report;
mod rows;
#[cfg(test)]
mod tests;
mod uploads;

use std::{
    collections::HashSet,
    num::{NonZeroU64, NonZeroUsize},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use berth_db::query;
use berth_storage::Pace;
use berth_types::Digest;
use serde::{Deserialize, Serialize};

pub(crate) use self::loss::{LostBytes, contain, heal, refuse_lost};
pub use self::report::{Event, Events, Finding, Kind, Outcome, Progress, Summary};
use crate::{
    Domain, Error, Result,
    authz::{MaintainStorage, SystemAccess},
    hold::Hold,
    storage,
};

/// The most blobs that are read at the same time.
pub const JOBS_MAX: usize = 32;
/// The age at which a file that no row names is taken away, as in maintenance.
const ORPHAN_SECONDS: i64 = 24 * 3600;
/// How often progress is told.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);
/// Rows that are read at once.
const PAGE: i64 = 500;

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Depth {
    /// Rows and sizes of files only.
    Quick,
    /// All bytes, and compares their digests.
    Full,
}

/// What is done about findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repair {
    /// They are reported.
    Report,
    /// What can be mended without losing anything is mended.
    Mend,
}

/// How to check.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Options {
    /// How much is read.
    pub depth: Depth,
    /// What is done about findings.
    pub repair: Repair,
    /// Blobs read at the same time; at most [`JOBS_MAX`].
    pub jobs: NonZeroUsize,
    /// Bytes a second that are read at most, all jobs together.
    pub bytes_per_second: Option<NonZeroU64>,
}

/// Checks everything. One check at a time. Dropping the future ends it at any point.
///
/// # Errors
/// [`Error::Conflict`] where another check runs; [`Error::BodyAborted`] where nobody listens any more; what the database
/// or the storage says. Damage is no error.
pub async fn run(
    domain: &Domain,
    _access: &SystemAccess<MaintainStorage>,
    options: &Options,
    events: &Events,
) -> Result<Summary> {
    let hold = Hold::take(domain, "fsck").await?;
    let hold = hold.ok_or_else(|| Error::Conflict("another check of the storage is running".to_owned()))?;
    let check = Check::new(domain, options, events).await?;
    let summary = hold.during(check.run()).await?;
    events.send(Event::Done(summary.clone())).await?;
    Ok(summary)
}

/// Checks one blob, reading all of it, and says what is wrong with it.
///
/// # Errors
/// What the database or the storage says.
pub async fn verify_blob(
    domain: &Domain,
    _access: &SystemAccess<MaintainStorage>,
    digest: &Digest,
    repair: Repair,
    pace: &Arc<Pace>,
) -> Result<Option<Finding>> {
    let row = query::fsck::blobs(&mut domain.db.reader().await?.conn(), &[*digest]).await?.first().copied();
    match row {
        Some(row) => blobs::examine(domain, &row, Depth::Full, repair, pace).await,
        None => Ok(None),
    }
}

/// A check that runs.
struct Check<'c> {
    domain: &'c Domain,
    options: Options,
    events: &'c Events,
    pace: StopOnDrop,
    /// What lay in quarantine at the start.
    quarantined: HashSet<Digest>,
    summary: Mutex<Summary>,
    blobs: AtomicU64,
    totals: (u64, u64),
}

/// Reading goes on in other threads; it ends when the check does.
struct StopOnDrop(Arc<Pace>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl<'c> Check<'c> {
    async fn new(domain: &'c Domain, options: &Options, events: &'c Events) -> Result<Self> {
        let (count, bytes) = query::fsck::blob_totals(&mut domain.db.reader().await?.conn()).await?;
        let aside = domain.blobs.list_quarantine().await.map_err(storage::error)?;
        let jobs = options.jobs.min(NonZeroUsize::new(JOBS_MAX).unwrap_or(NonZeroUsize::MIN));
        Ok(Check {
            domain,
            options: Options { jobs, ..*options },
            events,
            pace: StopOnDrop(Arc::new(Pace::new(options.bytes_per_second))),
            quarantined: aside.iter().map(|blob| blob.digest).collect(),
            summary: Mutex::default(),
            blobs: AtomicU64::default(),
            totals: (crate::blob::unsigned(count), crate::blob::unsigned(bytes)),
        })
    }

    fn mends(&self) -> bool {
        self.options.repair == Repair::Mend
    }

    async fn run(&self) -> Result<Summary> {
        let started = Instant::now();
        let telling = async {
            let failed = loop {
                tokio::time::sleep(PROGRESS_INTERVAL).await;
                if let Err(error) = self.events.send(Event::Progress(self.progress())).await {
                    break error;
                }
            };
            Err(failed)
        };
        tokio::select! {
            done = self.steps() => done?,
            told = telling => told?,
        }
        let aside = self.domain.blobs.list_quarantine().await.map_err(storage::error)?.len() as u64;
        let mut summary = self.summary.lock().unwrap_or_else(PoisonError::into_inner).clone();
        summary.blobs = self.blobs.load(Ordering::Relaxed);
        summary.bytes = self.pace.0.bytes();
        summary.quarantined = aside;
        summary.milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(summary)
    }

    /// In an order in which a later step sees what an earlier one has mended.
    async fn steps(&self) -> Result<()> {
        self.database().await?;
        self.blob_rows().await?;
        self.blob_files().await?;
        self.doomed().await?;
        self.links().await?;
        self.manifests().await?;
        self.incomplete().await?;
        self.counts().await?;
        self.usage().await?;
        self.upload_rows().await?;
        self.upload_files().await
    }

    fn progress(&self) -> Progress {
        let (blobs_total, bytes_total) = self.totals;
        Progress { blobs: self.blobs.load(Ordering::Relaxed), blobs_total, bytes: self.pace.0.bytes(), bytes_total }
    }

    async fn report(&self, finding: Finding) -> Result<()> {
        {
            let mut summary = self.summary.lock().unwrap_or_else(PoisonError::into_inner);
            match finding.outcome {
                Outcome::Young => summary.young += 1,
                Outcome::Mended => summary.mended += 1,
                Outcome::Left | Outcome::Contained => summary.left += 1,
            }
            if finding.outcome != Outcome::Young {
                *summary.findings.entry(finding.kind).or_default() += 1;
            }
        }
        if finding.outcome.is_left() {
            tracing::warn!(fsck.kind = %finding.kind, fsck.subject = finding.subject, "{}", finding.detail);
        }
        self.events.send(Event::Finding(finding)).await
    }

    fn count(&self, change: impl FnOnce(&mut Summary)) {
        change(&mut self.summary.lock().unwrap_or_else(PoisonError::into_inner));
    }

    async fn database(&self) -> Result<()> {
        let thorough = self.options.depth == Depth::Full;
        let lines = query::fsck::integrity(&mut self.domain.db.reader().await?.conn(), thorough).await?;
        for line in lines {
            let detail = format!("SQLite finds its file damaged: {line}; restore a backup");
            self.report(Finding::new(Kind::Database, "berth.db", detail)).await?;
        }
        Ok(())
    }
}
