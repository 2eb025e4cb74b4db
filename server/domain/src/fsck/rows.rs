//! Rows against rows, and manifests against their bytes.

use berth_db::{
    Conn,
    query::{
        self,
        fsck::{Dangling, Drift, Line, LineText, Manifest},
    },
};
use berth_types::{Digest, manifest::parse};

use super::{Check, Depth, Finding, Kind, Outcome};
use crate::{
    Domain, Error, Result, accessory,
    blob::signed,
    manifest::{self, storable},
};

/// Manifests with their bytes that are read at once; each may have 4 MiB.
const MANIFESTS: i64 = 16;

impl Check<'_> {
    fn mended(&self) -> Outcome {
        if self.mends() { Outcome::Mended } else { Outcome::Left }
    }

    /// What points at blobs and manifests points at something. Before the manifests: lines that are written again from
    /// their bytes point only at what the repository links.
    pub(super) async fn links(&self) -> Result<()> {
        for link in query::fsck::dangling_links(&mut self.domain.db.reader().await?.conn()).await? {
            self.dangling_link(link).await?;
        }
        for line in query::fsck::dangling_lines(&mut self.domain.db.reader().await?.conn()).await? {
            // The row that it should point at, or none; then it is incomplete, which the next check says.
            let detail = format!("{} is said to have a row that is not there", line.digest);
            let finding = Finding::new(Kind::DanglingReference, &line.manifest, detail);
            if self.join(line, Join::Blob).await? {
                self.report(finding.with(self.mended())).await?;
            }
        }
        for line in query::fsck::unjoined_lines(&mut self.domain.db.reader().await?.conn()).await? {
            self.unjoined(line, Join::Blob).await?;
        }
        for line in query::fsck::unjoined_children(&mut self.domain.db.reader().await?.conn()).await? {
            self.unjoined(line, Join::Child).await?;
        }
        for line in query::fsck::unlinked_lines(&mut self.domain.db.reader().await?.conn()).await? {
            let detail = format!("the repository does not link its blob {}", line.digest);
            let finding = Finding::new(Kind::UnlinkedBlob, &line.manifest, detail);
            if self.link(line).await? {
                self.report(finding.with(self.mended())).await?;
            }
        }
        Ok(())
    }

    /// After the manifests, whose lines may have been written again.
    pub(super) async fn incomplete(&self) -> Result<()> {
        if self.domain.limits.sparse {
            return Ok(());
        }
        for line in query::fsck::missing_lines(&mut self.domain.db.reader().await?.conn()).await? {
            let detail = format!("it names {}, which the repository does not have; push it", line.digest);
            self.report(Finding::new(Kind::IncompleteManifest, &line.manifest, detail)).await?;
        }
        Ok(())
    }

    async fn dangling_link(&self, link: Dangling) -> Result<()> {
        let subject = format!("repository {}", link.repository_id);
        let finding = Finding::new(Kind::DanglingLink, subject, format!("blob {} has no row", link.target_id));
        if self.mends() {
            let write = self.domain.db.write(link, |tx, link| {
                Box::pin(async move { Ok::<_, Error>(query::fsck::drop_dangling_link(tx, link).await?) })
            });
            let _: bool = write.await?;
        }
        self.report(finding.with(self.mended())).await
    }

    async fn unjoined(&self, line: Line, join: Join) -> Result<()> {
        let detail = format!("the repository has {}, and the line that names it does not point there", line.digest);
        let finding = Finding::new(Kind::UnjoinedReference, &line.manifest, detail);
        match self.join(line, join).await? {
            true => self.report(finding.with(self.mended())).await,
            false => Ok(()),
        }
    }

    /// False where the manifest was deleted meanwhile, and the line with it.
    pub(super) async fn join(&self, line: Line, join: Join) -> Result<bool> {
        if !self.mends() {
            return Ok(true);
        }
        self.domain
            .db
            .write((line, join), |tx, (line, join)| {
                Box::pin(async move {
                    if !lock_manifest(tx, line.repository_id, line.manifest_id).await? {
                        return Ok(false);
                    }
                    // What the line should point at may have gone or come meanwhile.
                    let (repository, digests) = (line.repository_id, [line.digest]);
                    match join {
                        Join::Blob => {
                            let blobs = query::fsck::linked_blobs(tx, repository, &digests).await?;
                            let target_id = blobs.first().map(|blob| blob.id);
                            query::fsck::join_blob(tx, &Line { target_id, ..line.clone() }).await?;
                        }
                        Join::Child => {
                            let children = query::push::children(tx, repository, &digests).await?;
                            let target_id = children.first().map(|child| child.id);
                            query::fsck::join_child(tx, &Line { target_id, ..line.clone() }).await?;
                        }
                    }
                    Ok::<_, Error>(true)
                })
            })
            .await
    }

    /// As [`Check::join`].
    pub(super) async fn link(&self, line: Line) -> Result<bool> {
        let Some(blob) = line.target_id.filter(|_| self.mends()) else { return Ok(true) };
        let args = (line, blob, self.domain.now());
        self.domain
            .db
            .write(args, |tx, (line, blob, now)| {
                Box::pin(async move {
                    // As long as the manifest is there, its line keeps the blob's row.
                    if !lock_manifest(tx, line.repository_id, line.manifest_id).await? {
                        return Ok(false);
                    }
                    // What the project uses is counted anew in a later step.
                    query::push::link_blob(tx, line.repository_id, *blob, *now).await?;
                    Ok::<_, Error>(true)
                })
            })
            .await
    }

    pub(super) async fn manifests(&self) -> Result<()> {
        let bare = query::fsck::manifests_without_bytes(&mut self.domain.db.reader().await?.conn()).await?;
        for (name, digest) in bare {
            self.lost_manifest(Kind::MissingManifest, name, &digest, "its bytes are missing").await?;
        }
        if self.options.depth == Depth::Quick {
            return Ok(());
        }
        let mut after = 0;
        loop {
            let page = {
                let mut reader = self.domain.db.reader().await?;
                query::fsck::manifests_after(&mut reader.conn(), after, MANIFESTS).await?
            };
            let Some(last) = page.last() else { return Ok(()) };
            after = last.id;
            for row in page {
                self.count(|summary| summary.manifests += 1);
                self.manifest(row).await?;
            }
        }
    }

    /// A manifest whose bytes are missing or damaged. Bytes are compared whenever they come from the database, so nobody
    /// is given damaged ones, and a push replaces them. A server that has them in memory writes them back.
    async fn lost_manifest(&self, kind: Kind, name: String, digest: &Digest, what: &str) -> Result<()> {
        let finding = Finding::new(kind, name, format!("{what}; pushing it again makes it whole"));
        if !self.mends() {
            return self.report(finding).await;
        }
        let Some(bytes) = self.domain.manifests.get(digest) else {
            return self.report(finding.with(Outcome::Contained)).await;
        };
        let write = self.domain.db.write((*digest, bytes), |tx, (digest, bytes)| {
            Box::pin(async move { Ok::<_, Error>(query::push::store_bytes(tx, digest, bytes).await?) })
        });
        write.await?;
        self.report(finding.with(Outcome::Mended)).await
    }

    async fn manifest(&self, row: Manifest) -> Result<()> {
        let name = format!("{}@{}", row.repository, row.digest);
        if manifest::hash(&row.digest, &row.bytes) != row.digest {
            return self.lost_manifest(Kind::DamagedManifest, name, &row.digest, "its bytes have another digest").await;
        }
        let parsed = match parse(Some(&row.media_type), &row.bytes).or_else(|_| parse(None, &row.bytes)) {
            Ok(parsed) => parsed,
            Err(error) => {
                let detail = format!("its bytes are no manifest: {error}");
                return self.report(Finding::new(Kind::WrongManifestRow, name, detail)).await;
            }
        };
        let right = Manifest {
            media_type: parsed.media_type.clone(),
            config_media_type: parsed.config.as_ref().map(|config| storable(&config.media_type)).unwrap_or_default(),
            artifact_type: storable(parsed.referrer_artifact_type().unwrap_or_default()),
            manifest_size: signed(row.bytes.len() as u64),
            subject: parsed.subject.as_ref().map(|subject| subject.digest),
            accessory: match accessory::kind_of(&parsed) {
                // Where a tag names the subject, the tag says what it is.
                "" => row.accessory.clone(),
                kind => kind.to_owned(),
            },
            ..row.clone()
        };
        let lines = manifest::references(&parsed);
        let expected: Vec<LineText> =
            lines.iter().map(|line| (line.role.to_owned(), line.digest, line.media_type.clone(), line.size)).collect();
        let found = query::fsck::lines_of(&mut self.domain.db.reader().await?.conn(), row.id).await?;
        let wrong = differences(&row, &right, found == expected);
        if wrong.is_empty() || !still_there(self.domain, &row).await? {
            return Ok(());
        }
        let detail = format!("its row differs from its bytes in {}", wrong.join(", "));
        if self.mends() {
            let annotations = (!parsed.annotations.is_empty())
                .then(|| serde_json::to_string(&parsed.annotations))
                .and_then(std::result::Result::ok);
            if !rewrite(self.domain, right, lines, annotations).await? {
                return Ok(());
            }
        }
        self.report(Finding::new(Kind::WrongManifestRow, name, detail).with(self.mended())).await
    }

    pub(super) async fn counts(&self) -> Result<()> {
        for tag in query::fsck::misplaced_tags(&mut self.domain.db.reader().await?.conn()).await? {
            let place = tag.elsewhere.as_deref().unwrap_or("nothing");
            let detail = format!("it points at {place}, which is not in its repository");
            let mut finding = Finding::new(Kind::MisplacedTag, &tag.tag, detail);
            if let Some(target) = tag.target_id.filter(|_| self.mends()) {
                let args = (tag.id, target, tag.repository_id);
                let write = self.domain.db.write(args, |tx, (tag, target, repository)| {
                    Box::pin(async move {
                        query::push::lock_repository(tx, *repository).await?;
                        Ok::<_, Error>(query::fsck::replace_tag(tx, *tag, *target).await?)
                    })
                });
                write.await?;
                finding = finding.with(Outcome::Mended);
            }
            self.report(finding).await?;
        }
        let drift = query::fsck::project_drift(&mut self.domain.db.reader().await?.conn()).await?;
        self.recount(Kind::WrongProject, drift, "manifests are said to be of project").await?;
        let drift = query::fsck::tag_count_drift(&mut self.domain.db.reader().await?.conn()).await?;
        self.recount(Kind::TagCount, drift, "tags of its manifests are counted as").await?;
        let drift = query::fsck::parent_count_drift(&mut self.domain.db.reader().await?.conn()).await?;
        self.recount(Kind::ParentCount, drift, "indexes that list its manifests are counted as").await?;
        let drift = query::fsck::artifact_count_drift(&mut self.domain.db.reader().await?.conn()).await?;
        self.recount(Kind::ArtifactCount, drift, "artifacts are counted as").await
    }

    async fn recount(&self, kind: Kind, drifts: Vec<Drift>, what: &str) -> Result<()> {
        for drift in drifts {
            let Drift { id, name, kept, counted } = drift;
            if self.mends() {
                let write = self
                    .domain
                    .db
                    .write(id, |tx, id| Box::pin(async move { Ok::<_, Error>(query::fsck::recount(tx, *id).await?) }));
                write.await?;
            }
            let detail = format!("{what} {kept}, and are {counted}");
            self.report(Finding::new(kind, name, detail).with(self.mended())).await?;
        }
        Ok(())
    }

    pub(super) async fn usage(&self) -> Result<()> {
        let drifts = query::fsck::usage_drift(&mut self.domain.db.reader().await?.conn()).await?;
        for Drift { id, name, kept, counted } in drifts {
            if self.mends() {
                let write = self.domain.db.write((id, self.domain.now()), |tx, (id, now)| {
                    Box::pin(async move { Ok::<_, Error>(query::fsck::correct_usage(tx, *id, *now).await?) })
                });
                write.await?;
            }
            let detail = format!("it is said to use {kept} bytes, and uses {counted}");
            self.report(Finding::new(Kind::Usage, name, detail).with(self.mended())).await?;
        }
        Ok(())
    }
}

/// What a line points at.
#[derive(Clone, Copy)]
pub(super) enum Join {
    Blob,
    Child,
}

fn differences(row: &Manifest, right: &Manifest, lines_agree: bool) -> Vec<&'static str> {
    [
        ("media type", row.media_type == right.media_type),
        ("media type of the configuration", row.config_media_type == right.config_media_type),
        ("artifact type", row.artifact_type == right.artifact_type),
        ("size", row.manifest_size == right.manifest_size),
        ("subject", row.subject == right.subject),
        ("kind of accessory", row.accessory == right.accessory),
        ("what it points at", lines_agree),
    ]
    .into_iter()
    .filter(|(_, agrees)| !agrees)
    .map(|(what, _)| what)
    .collect()
}

/// Its lines go together with the row, so a manifest that was deleted meanwhile looks as if it had none.
async fn still_there(domain: &Domain, row: &Manifest) -> Result<bool> {
    let mut reader = domain.db.reader().await?;
    let page = query::fsck::manifests_after(&mut reader.conn(), row.id - 1, 1).await?;
    Ok(page.first().is_some_and(|now| now.id == row.id))
}

/// Locks a repository and one of its manifests. False where it was deleted since it was looked at.
async fn lock_manifest(tx: &mut Conn<'_>, repository: i64, manifest: i64) -> Result<bool> {
    query::push::lock_repository(tx, repository).await?;
    Ok(query::push::counts(tx, manifest).await?.is_some())
}

/// Writes row and lines again from the bytes. False where the manifest was deleted meanwhile.
pub(super) async fn rewrite(
    domain: &Domain,
    right: Manifest,
    lines: Vec<query::push::NewReference>,
    annotations: Option<String>,
) -> Result<bool> {
    domain
        .db
        .write((right, lines, annotations), |tx, (right, lines, annotations)| {
            Box::pin(async move {
                if !lock_manifest(tx, right.repository_id, right.id).await? {
                    return Ok(false);
                }
                query::fsck::rewrite_manifest(tx, right, annotations.as_deref()).await?;
                write_lines(tx, right, lines).await?;
                query::fsck::recount(tx, right.repository_id).await?;
                Ok::<_, Error>(true)
            })
        })
        .await
}

async fn write_lines(tx: &mut Conn<'_>, row: &Manifest, lines: &[query::push::NewReference]) -> Result<()> {
    let mut digests: Vec<_> = lines.iter().map(|line| line.digest).collect();
    digests.sort();
    digests.dedup();
    let blobs = query::fsck::linked_blobs(tx, row.repository_id, &digests).await?;
    let children = query::push::children(tx, row.repository_id, &digests).await?;
    for (position, line) in lines.iter().enumerate() {
        let blob = blobs.iter().find(|blob| blob.digest == line.digest).map(|blob| blob.id);
        let child = children.iter().find(|child| child.digest == line.digest).map(|child| child.id);
        let (blob, child) = match line.role {
            "subject" => (None, None),
            "child" => (blob, child),
            _ => (blob, None),
        };
        query::push::insert_reference(tx, row.id, position as i64, line, blob, child).await?;
    }
    Ok(())
}
