//! Uploads: each row has its file with all bytes that were acknowledged, and each file has a row.

use std::collections::HashMap;

use berth_db::query::{self, fsck::Upload};
use uuid::Uuid;

use super::{Check, Finding, Kind, ORPHAN_SECONDS, Outcome, PAGE};
use crate::{Error, Result, blob::unsigned, storage, upload};

impl Check<'_> {
    pub(super) async fn upload_rows(&self) -> Result<()> {
        let files = self.upload_sizes().await?;
        let mut after = String::new();
        loop {
            let page = {
                let mut reader = self.domain.db.reader().await?;
                query::fsck::uploads_after(&mut reader.conn(), &after, PAGE).await?
            };
            let Some(last) = page.last() else { return Ok(()) };
            after = last.id.clone();
            for row in page {
                self.count(|summary| summary.uploads += 1);
                if !is_whole(&files, &row) {
                    self.upload_row(&row).await?;
                }
            }
        }
    }

    /// Looks again while no request is at work on the upload: the end of an upload moves the file before the row goes.
    async fn upload_row(&self, row: &Upload) -> Result<()> {
        let Ok(id) = row.id.parse::<Uuid>() else {
            return self.report(Finding::new(Kind::UploadWithoutBytes, &row.id, "its id is none")).await;
        };
        let Some(_turn) = upload::turn(self.domain, id) else { return Ok(()) };
        let now = {
            let mut reader = self.domain.db.reader().await?;
            query::fsck::upload(&mut reader.conn(), &row.id).await?
        };
        let Some(row) = now else { return Ok(()) };
        if is_whole(&self.upload_sizes().await?, &row)
            || upload::has_become_blob(self.domain, unsigned(row.received), row.hash_state.as_deref()).await?
        {
            return Ok(());
        }
        let detail = format!("{} bytes were received, and its file does not have them", row.received);
        let finding = Finding::new(Kind::UploadWithoutBytes, &row.id, detail);
        if !self.mends() {
            return self.report(finding).await;
        }
        // Its client is told that the upload is unknown, and begins again.
        match upload::drop_upload(self.domain, id).await {
            Ok(()) | Err(Error::UploadUnknown) => self.report(finding.with(Outcome::Mended)).await,
            Err(error) => Err(error),
        }
    }

    async fn upload_sizes(&self) -> Result<HashMap<String, u64>> {
        let files = self.domain.blobs.list_uploads().await.map_err(storage::error)?;
        Ok(files.into_iter().map(|file| (file.id.to_string(), file.size)).collect())
    }

    pub(super) async fn upload_files(&self) -> Result<()> {
        let now = self.domain.now();
        let before = now.plus_seconds(-ORPHAN_SECONDS);
        for file in self.domain.blobs.list_uploads().await.map_err(storage::error)? {
            let id = file.id.to_string();
            let row = {
                let mut reader = self.domain.db.reader().await?;
                query::fsck::upload(&mut reader.conn(), &id).await?
            };
            if row.is_some() {
                continue;
            }
            let hours = (now.unix_seconds() - file.modified.unix_seconds()) / 3600;
            let detail = format!("no row names this file of {} bytes, written {hours} hours ago", file.size);
            let finding = Finding::new(Kind::OrphanUpload, id, detail);
            let outcome = match file.modified < before {
                false => Outcome::Young,
                true if !self.mends() => Outcome::Left,
                true => match self.domain.blobs.delete_upload(file.id).await {
                    Ok(()) => Outcome::Mended,
                    // Somebody writes to it after all.
                    Err(berth_storage::Error::Busy) => Outcome::Young,
                    Err(error) => return Err(storage::error(error)),
                },
            };
            self.report(finding.with(outcome)).await?;
        }
        Ok(())
    }
}

fn is_whole(files: &HashMap<String, u64>, row: &Upload) -> bool {
    files.get(&row.id).is_some_and(|size| *size >= unsigned(row.received))
}
