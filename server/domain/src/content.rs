//! What lies in an artifact, and the tree of what refers to it, a bounded part at a time. Nothing here counts as a pull.

use std::{collections::BTreeMap, sync::Arc};

use berth_db::{Conn, query, query::artifact::Artifact as Row, query::artifact::Blob};
use berth_storage::BlobRead;
use berth_types::{
    Digest, RepoName,
    api::{ContentFile, IndexChild, Readme, ReferrerNode},
    manifest::Descriptor,
    page::Paged,
    query::ListQuery,
    referral::{ATTESTATION_MANIFEST, PREDICATE_TYPE, REFERENCE_DIGEST, REFERENCE_TYPE, platform_label},
};
use bytes::Bytes;
use tokio::sync::SemaphorePermit;

use crate::{
    Domain, Error, Result, addition, artifact,
    artifact_kind::CONFIG_SIZE_BYTES_MAX,
    authz::{ListAccessories, ProjectAccess, Pull, ReadAddition, ReadArtifact},
    blob::{self, belongs},
    chart, manifest, markdown, storage,
};

/// The largest document that is shown as HTML, in bytes. Larger ones can be read as they are.
const README_SIZE_BYTES_MAX: usize = 1 << 20;

/// How deep the tree of referrers is shown at once: the referrers of a page are the first level.
const TREE_DEPTH_MAX: usize = 4;
/// How many referrers are shown of each referrer.
const TREE_WIDTH_MAX: i64 = 20;
/// How many nodes a tree has at most.
const TREE_NODES_MAX: usize = 500;
/// How many layers of a referrer are shown.
const FILES_MAX: i64 = 5;
/// Where a layer has its name, models last.
const TITLES: [&str; 3] = ["org.opencontainers.image.title", "org.cncf.model.filepath", "org.cnai.model.filepath"];

/// The children of an index. What is no index has none.
///
/// # Errors
/// [`Error::NotFound`] for a repository or an artifact that does not exist.
pub async fn children(
    domain: &Domain,
    access: &ProjectAccess<ReadArtifact>,
    repo: &RepoName,
    reference: &str,
    query: &ListQuery,
) -> Result<Paged<IndexChild>> {
    belongs(access.project().name == repo.project())?;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let row = artifact::find(&mut conn, repo, reference).await?;
    let (rows, total) = query::content::children(&mut conn, row.id, query.page).await?;
    Ok(Paged { items: rows.iter().map(child).collect(), total })
}

fn child(row: &query::content::ListedChild) -> IndexChild {
    let line = Line::read(&row.line);
    IndexChild {
        digest: row.line.digest.to_string(),
        media_type: row.media_type.clone(),
        platform: line.platform,
        attestation: line.is_attestation,
        about: line.about,
        size: row.size,
        layers: row.layers,
        referrers: row.referrers,
        present: row.line.child.is_some(),
    }
}

/// What an index says about one of its children.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Line {
    /// As people write it; empty where it says nothing.
    pub(crate) platform: String,
    /// Whether it is about another child.
    pub(crate) is_attestation: bool,
    /// The digest of that child.
    pub(crate) about: String,
}

impl Line {
    pub(crate) fn read(line: &query::artifact::Child) -> Self {
        let Some(descriptor) = artifact::descriptor_of(line) else { return Line::default() };
        let Descriptor { annotations, platform, .. } = descriptor;
        let is_attestation = annotations.get(REFERENCE_TYPE).is_some_and(|kind| kind == ATTESTATION_MANIFEST);
        let platform = platform.unwrap_or_default();
        let platform =
            platform_label(&platform.os, &platform.architecture, platform.variant.as_deref().unwrap_or_default());
        let about = annotations.get(REFERENCE_DIGEST).filter(|_| is_attestation).cloned().unwrap_or_default();
        Line { platform, is_attestation, about }
    }
}

/// What refers to an artifact, each with what refers to it in turn, some levels deep.
///
/// # Errors
/// [`Error::NotFound`] for a repository or an artifact that does not exist.
pub async fn referrers(
    domain: &Domain,
    access: &ProjectAccess<ListAccessories>,
    repo: &RepoName,
    reference: &str,
    query: &ListQuery,
) -> Result<Paged<ReferrerNode>> {
    belongs(access.project().name == repo.project())?;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let subject = artifact::find(&mut conn, repo, reference).await?;
    let repository = subject.repository_id;
    let (rows, total) = query::content::accessories(&mut conn, repository, &subject.digest, query).await?;
    let mut levels = vec![rows];
    let mut left = TREE_NODES_MAX;
    while let Some(last) = levels.last().filter(|last| !last.is_empty() && levels.len() < TREE_DEPTH_MAX) {
        left = left.saturating_sub(last.len());
        let digests: Vec<Digest> = last.iter().map(|row| row.digest).collect();
        let found = query::artifact::accessories(&mut conn, repository, &digests, TREE_WIDTH_MAX).await?;
        levels.push(found.into_values().flatten().take(left).collect());
    }
    let all: Vec<&Row> = levels.iter().flatten().collect();
    let ids: Vec<i64> = all.iter().map(|row| row.id).collect();
    let digests: Vec<Digest> = all.iter().map(|row| row.digest).collect();
    let counts = query::content::referrer_counts(&mut conn, repository, &digests).await?;
    let mut layers = query::content::first_layers(&mut conn, &ids, FILES_MAX).await?;
    let mut shown = |row: Row| {
        let files = layers.remove(&row.id).unwrap_or_default();
        node(&row, &files, counts.get(&row.digest).copied().unwrap_or_default())
    };
    // From the deepest level on, so that each node finds its own.
    let mut above: BTreeMap<Digest, Vec<ReferrerNode>> = BTreeMap::new();
    let mut top = Vec::new();
    for (level, rows) in levels.into_iter().enumerate().rev() {
        let mut here: BTreeMap<Digest, Vec<ReferrerNode>> = BTreeMap::new();
        for row in rows {
            let (digest, refers_to) = (row.digest, row.subject);
            let mut node = shown(row);
            node.referrers = above.remove(&digest).unwrap_or_default();
            match refers_to {
                Some(parent) if level > 0 => here.entry(parent).or_default().push(node),
                Some(_) | None => top.push(node),
            }
        }
        above = here;
    }
    Ok(Paged { items: top, total })
}

fn node(row: &Row, files: &[Blob], referrer_count: i64) -> ReferrerNode {
    ReferrerNode {
        digest: row.digest.to_string(),
        media_type: row.media_type.clone(),
        artifact_type: row.artifact_type.clone(),
        kind: row.accessory.clone(),
        size: row.size,
        push_time: row.pushed_at,
        annotations: row.annotations.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default(),
        files: files.iter().map(file).collect(),
        referrer_count,
        referrers: Vec::new(),
    }
}

/// A layer with what its descriptor says.
pub(crate) fn file(blob: &Blob) -> ContentFile {
    let descriptor = blob.descriptor.as_deref().and_then(|text| serde_json::from_str::<Descriptor>(text).ok());
    let predicate_type = descriptor.as_ref().and_then(|descriptor| descriptor.annotations.get(PREDICATE_TYPE).cloned());
    ContentFile {
        digest: blob.digest.to_string(),
        media_type: blob.media_type.clone(),
        size: blob.size,
        title: descriptor.as_ref().and_then(title).unwrap_or_default(),
        predicate_type: predicate_type.unwrap_or_default(),
        present: blob.is_here,
    }
}

/// The name that a layer has by its descriptor.
pub(crate) fn title(descriptor: &Descriptor) -> Option<String> {
    TITLES.iter().find_map(|name| descriptor.annotations.get(*name)).cloned()
}

/// What a chart or a model says about itself, as HTML to be shown; empty where it says nothing.
///
/// # Errors
/// As [`addition::get`]; [`Error::Unprocessable`] for a document that is too large to be shown so.
pub async fn readme(
    domain: &Domain,
    access: &ProjectAccess<ReadAddition>,
    repo: &RepoName,
    reference: &str,
) -> Result<Readme> {
    let found = addition::get(domain, access, repo, reference, "readme.md").await?;
    if found.content.len() > README_SIZE_BYTES_MAX {
        return Err(Error::Unprocessable(format!("the document is larger than {} MiB", README_SIZE_BYTES_MAX >> 20)));
    }
    let text = String::from_utf8_lossy(&found.content).into_owned();
    let shown =
        move || Readme { html: markdown::to_html(&text), summary: markdown::summary(&text), source: String::new() };
    tokio::task::spawn_blocking(shown).await.map_err(Error::internal)
}

/// Exact bytes with what they are.
#[derive(Clone, Debug)]
pub struct Exact {
    /// Their digest.
    pub digest: Digest,
    /// Their media type, as the manifest says.
    pub media_type: String,
    /// The bytes.
    pub bytes: Bytes,
}

/// The exact bytes of a manifest.
///
/// # Errors
/// [`Error::NotFound`] for a repository or an artifact that does not exist, and for one whose bytes are lost.
pub async fn manifest(
    domain: &Domain,
    access: &ProjectAccess<ReadAddition>,
    repo: &RepoName,
    reference: &str,
) -> Result<Exact> {
    belongs(access.project().name == repo.project())?;
    let row = artifact::find(&mut domain.db.reader().await?.conn(), repo, reference).await?;
    let bytes = manifest::bytes(domain, &row.digest).await?;
    let bytes = bytes.ok_or_else(|| Error::NotFound(format!("the bytes of {} are lost", row.digest)))?;
    Ok(Exact { digest: row.digest, media_type: row.media_type, bytes })
}

/// The exact bytes of a configuration.
///
/// # Errors
/// [`Error::NotFound`] for a repository or an artifact that does not exist, and where the repository has no configuration
/// of it, [`Error::Unprocessable`] for one that is too large to be read.
pub async fn config(
    domain: &Domain,
    access: &ProjectAccess<ReadAddition>,
    repo: &RepoName,
    reference: &str,
) -> Result<Exact> {
    belongs(access.project().name == repo.project())?;
    let mut reader = domain.db.reader().await?;
    let row = artifact::find(&mut reader.conn(), repo, reference).await?;
    let blobs = query::artifact::blobs(&mut reader.conn(), row.id).await?;
    drop(reader);
    let config = blobs.into_iter().find(|blob| blob.role == "config" && blob.is_here);
    let config = config.ok_or_else(|| Error::NotFound(format!("{repo} has no configuration of {}", row.digest)))?;
    let turn = chart::turn().await?;
    let bytes = read(domain, &turn, &config.digest, CONFIG_SIZE_BYTES_MAX).await?;
    Ok(Exact { digest: config.digest, media_type: config.media_type, bytes })
}

/// A whole blob in memory. The caller keeps its [`chart::turn`] until what it makes of the bytes is done.
///
/// # Errors
/// [`Error::NotFound`] where it is lost, [`Error::Unprocessable`] where it is larger.
pub(crate) async fn read(
    domain: &Domain,
    _turn: &SemaphorePermit<'_>,
    digest: &Digest,
    size_bytes_max: usize,
) -> Result<Bytes> {
    let blob = domain.blobs.open(digest).await.map_err(storage::error)?;
    let blob = blob.ok_or_else(|| Error::NotFound(format!("blob {digest} not found")))?;
    match berth_storage::read_all(&*blob, size_bytes_max).await.map_err(storage::error) {
        Err(Error::TooLarge { .. }) => {
            Err(Error::Unprocessable(format!("the document is larger than {} MiB", size_bytes_max >> 20)))
        }
        bytes => bytes,
    }
}

/// A layer to be downloaded: the one that is named, else the only one.
///
/// # Errors
/// [`Error::NotFound`] for a repository or an artifact that does not exist, and for what is no layer of it that the
/// repository has, [`Error::BadRequest`] where there are several and none is named. Who may not pull is refused.
pub async fn layer(
    domain: &Domain,
    access: &ProjectAccess<ReadAddition>,
    repo: &RepoName,
    reference: &str,
    digest: Option<&str>,
) -> Result<(ContentFile, Arc<dyn BlobRead>)> {
    belongs(access.project().name == repo.project())?;
    let pull = access.also::<Pull>()?;
    let (row, layers) = layers_of(&mut domain.db.reader().await?.conn(), repo, reference).await?;
    let found = match (digest, layers.as_slice()) {
        (Some(digest), all) => all.iter().find(|blob| blob.digest.to_string() == digest),
        (None, [only]) => Some(only),
        (None, []) => None,
        (None, _) => return Err(Error::BadRequest(format!("{} has more than one layer", row.digest))),
    };
    let found = found.filter(|blob| blob.is_here);
    let found = found.ok_or_else(|| Error::NotFound(format!("{} has no such layer", row.digest)))?;
    let read = blob::open(domain, &pull, repo, &found.digest).await?;
    Ok((file(found), read))
}

async fn layers_of(conn: &mut Conn<'_>, repo: &RepoName, reference: &str) -> Result<(Row, Vec<Blob>)> {
    let row = artifact::find(conn, repo, reference).await?;
    let mut blobs = query::artifact::blobs(conn, row.id).await?;
    blobs.retain(|blob| blob.role == "layer");
    Ok((row, blobs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(descriptor: &str) -> Line {
        let digest = Digest::Sha256([1; 32]);
        let descriptor = descriptor.replace("DIGEST", &digest.to_string());
        Line::read(&query::artifact::Child { parent: 1, child: Some(2), digest, descriptor: Some(descriptor) })
    }

    #[test]
    fn an_index_says_what_its_children_are() {
        let image = line(
            r#"{"mediaType":"x","digest":"DIGEST","size":1,"platform":{"os":"linux","architecture":"arm64","variant":"v8"}}"#,
        );
        assert_eq!(image, Line { platform: "linux/arm64/v8".to_owned(), ..Line::default() });
        let attestation = line(
            r#"{"mediaType":"x","digest":"DIGEST","size":1,"platform":{"os":"unknown","architecture":"unknown"},
                "annotations":{"vnd.docker.reference.type":"attestation-manifest","vnd.docker.reference.digest":"sha256:b"}}"#,
        );
        assert_eq!(attestation.about, "sha256:b");
        assert!(attestation.is_attestation && attestation.platform.is_empty());
        // Only the annotation makes it one.
        let other = line(
            r#"{"mediaType":"x","digest":"DIGEST","size":1,"annotations":{"vnd.docker.reference.digest":"sha256:b"}}"#,
        );
        assert_eq!(other, Line::default());
        assert_eq!(line("no JSON"), Line::default());
    }
}
