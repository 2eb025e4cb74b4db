//! Blobs: which are named, and how each gets into the folder.

use std::{
    collections::HashSet,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use berth_db::{CopiedDb, query};
use berth_storage::{Export, Exported};
use berth_types::Digest;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::{fs, sync::mpsc};

use super::{
    Event,
    target::{Target, target_error},
    tell,
};
use crate::{Domain, Result, blob::unsigned, storage};

/// Blobs that are copied at the same time.
const JOBS: usize = 8;
/// Rows that are read at once.
const PAGE: i64 = 500;
/// How often progress is told.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);

/// Which database names the blobs.
pub(super) enum Source<'s> {
    Copy(&'s CopiedDb),
    Live(&'s Domain),
}

impl Source<'_> {
    async fn page(&self, after: i64) -> Result<Vec<query::fsck::Blob>> {
        Ok(match self {
            Source::Copy(copy) => query::fsck::blobs_after(&mut copy.conn(), after, PAGE).await?,
            Source::Live(domain) => {
                query::fsck::blobs_after(&mut domain.db.reader().await?.conn(), after, PAGE).await?
            }
        })
    }

    pub(super) async fn total(&self) -> Result<u64> {
        let (count, _) = match self {
            Source::Copy(copy) => query::fsck::blob_totals(&mut copy.conn()).await?,
            Source::Live(domain) => query::fsck::blob_totals(&mut domain.db.reader().await?.conn()).await?,
        };
        Ok(unsigned(count))
    }

    pub(super) async fn counts(&self) -> Result<(i64, i64)> {
        Ok(match self {
            Source::Copy(copy) => query::backup::counts(&mut copy.conn()).await?,
            Source::Live(domain) => query::backup::counts(&mut domain.db.reader().await?.conn()).await?,
        })
    }
}

/// What was done so far.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) blobs: AtomicU64,
    pub(super) bytes: AtomicU64,
    pub(super) kept: AtomicU64,
    pub(super) linked: AtomicU64,
    pub(super) copied: AtomicU64,
    pub(super) copied_bytes: AtomicU64,
}

/// The blobs on their way into the folder.
pub(super) struct Copy<'c> {
    pub(super) domain: &'c Domain,
    pub(super) target: &'c Target,
    pub(super) how: Export,
    pub(super) events: &'c mpsc::Sender<Event>,
    pub(super) total: u64,
    pub(super) tally: Tally,
}

impl Copy<'_> {
    /// Copies every blob that is named, and says which those are and which are missing.
    pub(super) async fn run(&self, source: &Source<'_>) -> Result<(HashSet<Digest>, Vec<Digest>)> {
        let telling = async {
            let failed = loop {
                tokio::time::sleep(PROGRESS_INTERVAL).await;
                let progress = Event::Progress {
                    blobs: self.tally.blobs.load(Ordering::Relaxed),
                    blobs_total: self.total,
                    bytes: self.tally.copied_bytes.load(Ordering::Relaxed),
                };
                if let Err(error) = tell(self.events, progress).await {
                    break error;
                }
            };
            Err(failed)
        };
        tokio::select! {
            done = self.blobs(source) => done,
            told = telling => told,
        }
    }

    async fn blobs(&self, source: &Source<'_>) -> Result<(HashSet<Digest>, Vec<Digest>)> {
        let (mut named, mut missing) = (HashSet::new(), Vec::new());
        let mut after = 0;
        loop {
            let page = source.page(after).await?;
            let Some(last) = page.last() else { return Ok((named, missing)) };
            after = last.id;
            named.extend(page.iter().map(|row| row.digest));
            let copies = stream::iter(page).map(|row| self.blob(row)).buffer_unordered(JOBS);
            missing.extend(copies.try_filter_map(async |missing| Ok(missing)).try_collect::<Vec<_>>().await?);
        }
    }

    /// Copies one blob; says its digest where it is missing.
    async fn blob(&self, row: query::fsck::Blob) -> Result<Option<Digest>> {
        let to = self.target.blob(&row.digest);
        let add = |counter: &AtomicU64, count: u64| counter.fetch_add(count, Ordering::Relaxed);
        let size = match fs::metadata(&to).await {
            Ok(there) if there.len() == unsigned(row.size) => {
                add(&self.tally.kept, 1);
                there.len()
            }
            // Of another size: an earlier backup was cut off by a power loss, or the disk is at fault.
            Ok(_) => {
                fs::remove_file(&to).await.map_err(|error| target_error(&to, error))?;
                match self.export(&row, &to).await? {
                    Some(size) => size,
                    None => return Ok(Some(row.digest)),
                }
            }
            Err(_) => match self.export(&row, &to).await? {
                Some(size) => size,
                None => return Ok(Some(row.digest)),
            },
        };
        add(&self.tally.blobs, 1);
        add(&self.tally.bytes, size);
        Ok(None)
    }

    async fn export(&self, row: &query::fsck::Blob, to: &Path) -> Result<Option<u64>> {
        if row.lost_at.is_some() {
            return self.missing(row, "it was found missing or damaged before").await;
        }
        match self.domain.blobs.export(&row.digest, to, self.how).await {
            Ok(Some(exported)) => {
                if exported.size() != unsigned(row.size) {
                    fs::remove_file(to).await.map_err(|error| target_error(to, error))?;
                    return self
                        .missing(row, &format!("it has {} bytes instead of {}", exported.size(), row.size))
                        .await;
                }
                match exported {
                    Exported::Linked { .. } => self.tally.linked.fetch_add(1, Ordering::Relaxed),
                    Exported::Copied { size } => {
                        self.tally.copied_bytes.fetch_add(size, Ordering::Relaxed);
                        self.tally.copied.fetch_add(1, Ordering::Relaxed)
                    }
                };
                Ok(Some(exported.size()))
            }
            Ok(None) => self.missing(row, "its file is missing").await,
            Err(berth_storage::Error::DigestMismatch { .. }) => {
                self.missing(row, "its bytes have another digest").await
            }
            Err(error) => Err(storage::error(error)),
        }
    }

    async fn missing(&self, row: &query::fsck::Blob, detail: &str) -> Result<Option<u64>> {
        tracing::warn!(blob.digest = %row.digest, "a blob is not in the backup: {detail}");
        tell(self.events, Event::Missing { digest: row.digest, detail: detail.to_owned() }).await?;
        Ok(None)
    }
}
