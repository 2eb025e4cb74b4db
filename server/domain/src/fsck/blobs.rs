//! Blobs: each row has its bytes, the bytes have their digest, and each file has a row.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
};

use berth_db::query::{self, fsck::Blob};
use berth_storage::{Listed, Pace, Verdict};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{Check, Depth, Finding, Kind, ORPHAN_SECONDS, Outcome, PAGE, Repair, loss};
use crate::{
    Domain, Error, Result,
    blob::{signed, unsigned},
    storage,
};

/// How long garbage collection may take between giving a blob up and removing its row.
const DOOMED_SECONDS: i64 = 3600;

impl Check<'_> {
    pub(super) async fn blob_rows(&self) -> Result<()> {
        let mut after = 0;
        loop {
            let page = {
                let mut reader = self.domain.db.reader().await?;
                query::fsck::blobs_after(&mut reader.conn(), after, PAGE).await?
            };
            let Some(last) = page.last() else { return Ok(()) };
            after = last.id;
            let checks = stream::iter(page).map(|row| self.blob_row(row));
            checks.buffer_unordered(self.options.jobs.get()).try_collect::<()>().await?;
        }
    }

    async fn blob_row(&self, row: Blob) -> Result<()> {
        let (depth, repair) = (self.options.depth, self.options.repair);
        let finding = examine(self.domain, &row, depth, repair, &self.pace.0).await?;
        self.blobs.fetch_add(1, Ordering::Relaxed);
        let is_sound = finding.is_none() && depth == Depth::Full;
        if is_sound && self.mends() && self.quarantined.contains(&row.digest) {
            self.domain.blobs.delete_quarantined(&row.digest).await.map_err(storage::error)?;
        }
        match finding {
            Some(finding) => self.report(finding).await,
            None => Ok(()),
        }
    }

    pub(super) async fn blob_files(&self) -> Result<()> {
        let files = self.domain.blobs.list().await.map_err(storage::error)?;
        let mut pages = files.try_chunks(PAGE as usize);
        while let Some(page) = pages.next().await {
            let page = page.map_err(|broken| storage::error(broken.1))?;
            let digests: Vec<_> = page.iter().map(|file| file.digest).collect();
            let rows = {
                let mut reader = self.domain.db.reader().await?;
                query::fsck::blobs(&mut reader.conn(), &digests).await?
            };
            let rows: HashMap<_, _> = rows.into_iter().map(|row| (row.digest, row)).collect();
            for file in page {
                // Another registry's store has what it has.
                if !file.read_only && !rows.contains_key(&file.digest) {
                    self.orphan_blob(&file).await?;
                }
            }
        }
        Ok(())
    }

    async fn orphan_blob(&self, file: &Listed) -> Result<()> {
        // Garbage collection removes the row first and the file right after.
        if self.domain.blobs.stat(&file.digest).await.map_err(storage::error)?.is_none() {
            return Ok(());
        }
        let now = self.domain.now();
        let before = now.plus_seconds(-ORPHAN_SECONDS);
        let hours = (now.unix_seconds() - file.modified.unix_seconds()) / 3600;
        let detail = format!("no row names this file of {} bytes, written {hours} hours ago", file.size);
        let finding = Finding::new(Kind::OrphanBlob, file.digest, detail);
        if file.modified >= before {
            return self.report(finding.with(Outcome::Young)).await;
        }
        // A push of the same bytes may come between: the store keeps what was stored again since.
        let is_gone = self.mends() && self.domain.blobs.sweep(&file.digest, before).await.map_err(storage::error)?;
        self.report(finding.with(if is_gone { Outcome::Mended } else { Outcome::Left })).await
    }

    /// Blobs that garbage collection gave up before a crash.
    pub(super) async fn doomed(&self) -> Result<()> {
        let mut after = 0;
        loop {
            let page = {
                let mut reader = self.domain.db.reader().await?;
                query::gc::doomed(&mut reader.conn(), after, PAGE).await?
            };
            let Some(last) = page.last() else { return Ok(()) };
            after = last.id;
            for doomed in page {
                if doomed.doomed_at.plus_seconds(DOOMED_SECONDS) > self.domain.now() {
                    continue;
                }
                let mut finding = Finding::new(Kind::DoomedBlob, doomed.digest, "garbage collection did not finish it");
                if self.mends() {
                    // Whoever has the digest, a push or a collection, is about to settle the row itself.
                    let Some(_claim) = self.domain.claims.collect(&doomed.digest) else { continue };
                    // What was stored again since the mark stays for whoever stored it, as in garbage collection.
                    let swept = self.domain.blobs.sweep(&doomed.digest, doomed.doomed_at).await;
                    let _: bool = swept.map_err(storage::error)?;
                    let args = (doomed.id, doomed.doomed_at);
                    let removed = self.domain.db.write(args, |tx, (id, at)| {
                        Box::pin(async move { Ok::<_, Error>(query::gc::delete_doomed(tx, &[*id], *at).await?) })
                    });
                    // The claim ends after the commit.
                    let removed: u64 = removed.await?;
                    if removed == 0 {
                        continue;
                    }
                    finding = finding.with(Outcome::Mended);
                }
                self.report(finding).await?;
            }
        }
    }
}

/// Compares a blob's row with its bytes.
pub(super) async fn examine(
    domain: &Domain,
    row: &Blob,
    depth: Depth,
    repair: Repair,
    pace: &Arc<Pace>,
) -> Result<Option<Finding>> {
    let quick = match depth {
        Depth::Full => None,
        Depth::Quick => domain.blobs.stat(&row.digest).await.map(|size| size.filter(|_| row.lost_at.is_none())).ok(),
    };
    let verdict = match quick {
        Some(Some(size)) if signed(size) == row.size => return Ok(None),
        // What looks odd is read even if nothing else is: a wrong size is either the row's fault or the file's.
        _ => domain.blobs.verify(&row.digest, pace).await,
    };
    let verdict = match verdict {
        Ok(verdict) => verdict,
        Err(berth_storage::Error::Io(error)) if error.kind() == std::io::ErrorKind::Interrupted => {
            return Err(Error::BodyAborted);
        }
        Err(berth_storage::Error::Io(error)) => {
            let detail = format!("the disk does not give its bytes: {error}");
            return Ok(Some(Finding::new(Kind::UnreadableBlob, row.digest, detail)));
        }
        Err(error) => return Err(storage::error(error)),
    };
    match verdict {
        Verdict::Sound { size } => sound(domain, row, size, repair).await,
        Verdict::Absent => damaged(domain, row, None, repair).await,
        Verdict::Damaged { size } => damaged(domain, row, Some(size), repair).await,
    }
}

async fn sound(domain: &Domain, row: &Blob, size: u64, repair: Repair) -> Result<Option<Finding>> {
    let mends = repair == Repair::Mend;
    let outcome = if mends { Outcome::Mended } else { Outcome::Left };
    if row.lost_at.is_some() {
        if mends {
            loss::unmark(domain, &row.digest).await?;
        }
        let detail = "it counts as lost, but its bytes are there and sound";
        return Ok(Some(Finding::new(Kind::LostBlob, row.digest, detail).with(outcome)));
    }
    if signed(size) == row.size {
        return Ok(None);
    }
    if mends {
        let write = domain.db.write((row.id, signed(size)), |tx, (id, size)| {
            Box::pin(async move { Ok::<_, Error>(query::fsck::set_blob_size(tx, *id, *size).await?) })
        });
        write.await?;
    }
    let detail = format!("its row says {} bytes, it has {size}, and its digest is right", row.size);
    Ok(Some(Finding::new(Kind::WrongSize, row.digest, detail).with(outcome)))
}

/// A blob whose bytes are missing, or have another digest and `size` bytes.
async fn damaged(domain: &Domain, row: &Blob, size: Option<u64>, repair: Repair) -> Result<Option<Finding>> {
    let (now, users) = {
        let mut reader = domain.db.reader().await?;
        let mut conn = reader.conn();
        let now = query::fsck::blobs(&mut conn, &[row.digest]).await?.first().copied();
        (now, query::fsck::manifests_of_blob(&mut conn, row.id).await?)
    };
    // Deleted or pushed again meanwhile.
    let Some(now) = now.filter(|now| now.id == row.id) else { return Ok(None) };
    if row.lost_at.is_some() && now.lost_at.is_none() {
        return Ok(None);
    }
    let users = match users {
        (0, _) | (_, None) => "no manifest needs it".to_owned(),
        (1, Some(example)) => format!("{example} needs it"),
        (count, Some(example)) => format!("{count} manifests need it, {example} is one"),
    };
    let (kind, what) = match (size, now.lost_at) {
        (Some(size), _) if size == unsigned(row.size) => {
            (Kind::DamagedBlob, "its bytes have another digest".to_owned())
        }
        (Some(size), _) => (Kind::DamagedBlob, format!("it has {size} bytes instead of {}", row.size)),
        (None, Some(since)) => (Kind::LostBlob, format!("its bytes are lost since {}", since.to_rfc3339())),
        (None, None) => (Kind::MissingBlob, "its file is missing".to_owned()),
    };
    let finding = Finding::new(kind, row.digest, format!("{what}; {users}; pushing it again makes it whole"));
    if repair == Repair::Report {
        return Ok(Some(finding));
    }
    match loss::contain(domain, &row.digest).await? {
        true => Ok(Some(finding.with(Outcome::Contained))),
        false => Ok(None),
    }
}
