//! Manifests: kept as they were pushed, found by tag or digest, and never written back.
//!
//! A push is one transaction: bytes, row, what it points at, tags with their history, the project's usage, the audit
//! entry and the event. Lists show a manifest unless it refers to another one or only an index leads to it; the counts
//! that decide this are kept here and nowhere else.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use berth_db::{Conn, query, query::push::Counts};
use berth_types::{
    Digest, Reference, RepoName, TagName, Timestamp,
    manifest::{MANIFEST_SIZE_BYTES_MAX, Manifest, parse},
};
use bytes::Bytes;
use sha2::{Digest as _, Sha256, Sha512};

use crate::{
    Domain, Error, Result,
    accessory::{self, Puller},
    artifact_kind::{self, Kind},
    audit,
    authz::{DeleteContent, ProjectAccess, ProjectAction, Pull, Push},
    blob::{belongs, ensure_repository, link, signed, unlink},
    gc,
    growth::grow,
    policy,
    pull::{self, Pulled, Target},
};

/// The most tags that one push may set.
pub const TAGS_A_PUSH_MAX: usize = 32;

/// A manifest to be sent.
#[derive(Clone, Debug)]
pub struct Found {
    /// Digest of the bytes.
    pub digest: Digest,
    /// The media type it was pushed under.
    pub media_type: String,
    /// The bytes as they were pushed.
    pub bytes: Bytes,
}

/// A manifest that was accepted.
#[derive(Clone, Debug)]
pub struct Pushed {
    /// Its digest.
    pub digest: Digest,
    /// What it refers to.
    pub subject: Option<Digest>,
    /// The tags that point at it now.
    pub tags: Vec<TagName>,
}

/// What a push brings.
#[derive(Clone, Debug)]
pub struct PushRequest<'r> {
    /// The tag or digest of the path.
    pub reference: &'r Reference,
    /// Further tags (`?tag=`, with a digest in the path).
    pub tags: Vec<TagName>,
    /// The request's `Content-Type`.
    pub content_type: Option<&'r str>,
    /// The bytes.
    pub bytes: Bytes,
}

/// What a push does with a tag that the repository has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is pushed once more, whatever it points at.
    Pushed,
    /// It stays as it is on the same manifest, and is moved from another one.
    Moved,
    /// It stays as it is on the same manifest, and refuses the push from another one.
    Refused,
}

/// What a removal may take along.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Among<'c> {
    /// Whatever belongs to it.
    Everything,
    /// Only what another repository has as well, with all its tags. Both repositories are locked.
    Arrived(&'c RepoName),
}

impl Among<'_> {
    async fn allows(self, tx: &mut Conn<'_>, digest: &Digest, tags: &[String]) -> Result<bool> {
        let Among::Arrived(repo) = self else { return Ok(true) };
        if query::registry::manifest_by_digest(tx, repo.as_str(), digest).await?.is_none() {
            return Ok(false);
        }
        for tag in tags {
            let there = query::registry::manifest_by_tag(tx, repo.as_str(), tag).await?;
            if there.is_none_or(|there| there.digest != *digest) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The refusal of a tag that is taken.
pub(crate) fn taken(repo: &RepoName, tag: &str) -> Error {
    Error::Conflict(format!("{repo} has a tag {tag} that points at something else"))
}

/// Digest, media type and size, without the bytes and without counting a pull.
///
/// # Errors
/// [`Error::ManifestUnknown`] where the repository has no such manifest; [`Error::Policy`] where it lacks a signature,
/// unless the caller may push.
pub async fn stat(
    domain: &Domain,
    access: &ProjectAccess<Pull>,
    repo: &RepoName,
    reference: &Reference,
) -> Result<(Digest, String, u64)> {
    let found = find(domain, access, repo, reference).await?;
    accessory::require_signature(domain, access, &found, Puller::Signer).await?;
    // One whose bytes are lost is unknown here, too: else a client that has it would not push it again.
    let bytes = bytes(domain, &found.digest).await?.ok_or_else(|| unknown(repo, reference))?;
    Ok((found.digest, found.media_type, bytes.len() as u64))
}

/// A manifest with its bytes. Counts as a pull.
///
/// # Errors
/// [`Error::ManifestUnknown`] where the repository has no such manifest; [`Error::Policy`] where it lacks a signature.
pub async fn get(
    domain: &Domain,
    access: &ProjectAccess<Pull>,
    repo: &RepoName,
    reference: &Reference,
    puller: Puller,
) -> Result<Found> {
    let found = find(domain, access, repo, reference).await?;
    accessory::require_signature(domain, access, &found, puller).await?;
    let bytes = bytes(domain, &found.digest).await?.ok_or_else(|| unknown(repo, reference))?;
    let target = Target { repository_id: found.repository_id, manifest_id: found.id, tag_id: found.tag_id };
    let pulled = Pulled { target, project_id: access.project_id(), repo, reference, digest: &found.digest };
    pull::note(domain, access.actor(), pulled);
    Ok(Found { digest: found.digest, media_type: found.media_type, bytes })
}

async fn find(
    domain: &Domain,
    access: &ProjectAccess<Pull>,
    repo: &RepoName,
    reference: &Reference,
) -> Result<query::registry::Manifest> {
    belongs(access.project().name == repo.project())?;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let found = match reference {
        Reference::Tag(tag) => query::registry::manifest_by_tag(&mut conn, repo.as_str(), tag.as_str()).await?,
        Reference::Digest(digest) => query::registry::manifest_by_digest(&mut conn, repo.as_str(), digest).await?,
    };
    found.ok_or_else(|| unknown(repo, reference))
}

fn unknown(repo: &RepoName, reference: &Reference) -> Error {
    let separator = if matches!(reference, Reference::Tag(_)) { ':' } else { '@' };
    Error::ManifestUnknown(format!("artifact {repo}{separator}{reference} not found"))
}

/// The bytes behind a digest; nothing where they are missing or damaged. What a digest names never changes, so they are
/// cached.
pub(crate) async fn bytes(domain: &Domain, digest: &Digest) -> Result<Option<Bytes>> {
    if let Some(bytes) = domain.manifests.get(digest) {
        return Ok(Some(bytes));
    }
    let found = query::registry::manifest_bytes(&mut domain.db.reader().await?.conn(), digest).await?;
    let Some(bytes) = found.map(Bytes::from) else {
        tracing::error!(artifact.digest = %digest, "the bytes of a manifest are missing");
        return Ok(None);
    };
    if hash(digest, &bytes) != *digest {
        tracing::error!(artifact.digest = %digest, "the bytes of a manifest are damaged, and are not served");
        return Ok(None);
    }
    domain.manifests.insert(*digest, bytes.clone());
    Ok(Some(bytes))
}

/// The digest that bytes have, by the algorithm of the one that they should have.
pub(crate) fn hash(expected: &Digest, bytes: &[u8]) -> Digest {
    match expected {
        Digest::Sha256(_) => Digest::Sha256(Sha256::digest(bytes).into()),
        Digest::Sha512(_) => Digest::Sha512(Sha512::digest(bytes).into()),
    }
}

/// Accepts a manifest.
///
/// # Errors
/// [`Error::ManifestInvalid`], [`Error::DigestInvalid`], [`Error::TooLarge`], [`Error::ManifestBlobUnknown`] for a
/// configuration or layer that the repository does not have (unless [`crate::Limits::sparse`]), and what [`policy`] says.
pub async fn put(
    domain: &Domain,
    access: &ProjectAccess<Push>,
    repo: &RepoName,
    push: PushRequest<'_>,
) -> Result<Pushed> {
    put_over(domain, access, repo, push, Taken::Pushed).await
}

/// Accepts a manifest, with a word on its tags that the repository has.
///
/// # Errors
/// As [`put`], and [`Error::Conflict`] for a tag that refuses it.
pub(crate) async fn put_over(
    domain: &Domain,
    access: &ProjectAccess<Push>,
    repo: &RepoName,
    push: PushRequest<'_>,
    taken: Taken,
) -> Result<Pushed> {
    belongs(access.project().name == repo.project())?;
    if push.bytes.len() > MANIFEST_SIZE_BYTES_MAX {
        return Err(Error::TooLarge { size_bytes_max: MANIFEST_SIZE_BYTES_MAX as u64 });
    }
    let manifest = parse(push.content_type, &push.bytes).map_err(|error| Error::ManifestInvalid(error.to_string()))?;
    let digest = digest_of(push.reference, &push.bytes)?;
    let mut tags = push.tags;
    if let Reference::Tag(tag) = push.reference {
        tags.insert(0, tag.clone());
    }
    let kind = artifact_kind::of(domain, &manifest).await?;
    let by_tag = accessory::by_tags(&manifest, &tags);
    let mut row = row(access, &manifest, digest, push.bytes.len(), kind);
    if let Some((subject, accessory)) = by_tag {
        row = query::push::NewManifest { subject: Some(subject), accessory, subject_by_tag: true, ..row };
    }
    let change = Arc::new(Change {
        access: policy::admit(domain, access).await?,
        repo: repo.clone(),
        row,
        by_tag,
        references: references(&manifest),
        bytes: push.bytes.clone(),
        manifest,
        tags: tags.clone(),
        taken,
        is_sparse_fine: domain.limits.sparse,
        is_cached: domain.manifests.contains_key(&digest),
        now: domain.now(),
    });
    // A tag is no word of the manifest, so clients hear of no subject then.
    let subject = change.manifest.subject.as_ref().map(|subject| subject.digest);
    domain.db.write(change, |tx, change| Box::pin(write(tx, change))).await?;
    domain.manifests.insert(digest, push.bytes);
    Ok(Pushed { digest, subject, tags })
}

struct Change {
    access: ProjectAccess<Push>,
    repo: RepoName,
    row: query::push::NewManifest,
    /// What a tag makes it belong to, and as what.
    by_tag: Option<(Digest, &'static str)>,
    references: Vec<query::push::NewReference>,
    bytes: Bytes,
    manifest: Manifest,
    tags: Vec<TagName>,
    taken: Taken,
    is_sparse_fine: bool,
    /// Whether the bytes were read or written a while ago, and were whole.
    is_cached: bool,
    now: Timestamp,
}

fn digest_of(reference: &Reference, bytes: &[u8]) -> Result<Digest> {
    let sha256 = || Digest::Sha256(Sha256::digest(bytes).into());
    let Reference::Digest(expected) = reference else { return Ok(sha256()) };
    let actual = hash(expected, bytes);
    if actual != *expected {
        return Err(Error::DigestInvalid("provided digest did not match uploaded content".to_owned()));
    }
    Ok(actual)
}

fn row(
    access: &ProjectAccess<Push>,
    manifest: &Manifest,
    digest: Digest,
    size: usize,
    kind: Kind,
) -> query::push::NewManifest {
    let config_media_type = manifest.config.as_ref().map(|config| storable(&config.media_type)).unwrap_or_default();
    let annotations = (!manifest.annotations.is_empty()).then(|| serde_json::to_string(&manifest.annotations));
    query::push::NewManifest {
        project_id: access.project_id().0,
        digest,
        media_type: manifest.media_type.clone(),
        config_media_type,
        artifact_type: storable(manifest.referrer_artifact_type().unwrap_or_default()),
        kind: storable(&kind.name),
        manifest_size: signed(size as u64),
        subject: manifest.subject.as_ref().map(|subject| subject.digest),
        accessory: accessory::kind_of(manifest),
        subject_by_tag: false,
        icon: kind.icon,
        annotations: annotations.and_then(std::result::Result::ok),
        extra_attrs: kind.extra_attrs,
        pushed_by: access.actor().name.to_string(),
    }
}

/// A text as both databases keep it: PostgreSQL takes no NUL character. The bytes that were pushed have it still.
pub(crate) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

pub(crate) fn references(manifest: &Manifest) -> Vec<query::push::NewReference> {
    let line = |role, descriptor: &berth_types::manifest::Descriptor| query::push::NewReference {
        role,
        digest: descriptor.digest,
        media_type: storable(&descriptor.media_type),
        size: descriptor.size,
        descriptor: serde_json::to_string(descriptor).ok(),
    };
    let config = manifest.config.iter().map(|descriptor| line("config", descriptor));
    let layers = manifest.layers.iter().map(|descriptor| line("layer", descriptor));
    let children = manifest.manifests.iter().map(|descriptor| line("child", descriptor));
    let subject = manifest.subject.iter().map(|descriptor| line("subject", descriptor));
    config.chain(layers).chain(children).chain(subject).collect()
}

async fn write(tx: &mut Conn<'_>, change: &Change) -> Result<()> {
    let Change { access, repo, row, now, .. } = change;
    let project = access.project_id().0;
    let repository = ensure_repository(tx, access, repo, *now).await?;
    query::push::lock_repository(tx, repository).await?;
    let mut listed = 0;
    let known = query::push::counts_by_digest(tx, repository, &row.digest).await?;
    let manifest = match known {
        Some(counts) => {
            // Its bytes may have been lost since; here they are again.
            if !change.is_cached {
                query::push::store_bytes(tx, &row.digest, &change.bytes).await?;
            }
            if let Some((subject, accessory)) = change.by_tag
                && !counts.accessory
            {
                query::push::refer_by_tag(tx, counts.id, &subject, accessory).await?;
                listed += difference(counts, Counts { accessory: true, ..counts });
            }
            counts.id
        }
        None => insert(tx, change, repository, &mut listed).await?,
    };
    for tag in &change.tags {
        if stays(tx, change, repository, tag, manifest).await? {
            continue;
        }
        point(tx, access, (repository, repo), tag, (manifest, row.digest), *now, "push", &mut listed).await?;
    }
    query::push::note_push(tx, repository, listed, *now).await?;
    for name in labels(repo, &change.tags, &row.digest) {
        let entry = audit::Entry::success("create", "artifact", name)
            .described(format!("push artifact: {repo}@{}", row.digest))
            .in_project(access.project_id());
        audit::record(tx, access.actor(), *now, &entry).await?;
    }
    let payload = serde_json::json!({
        "repository": repo.as_str(), "digest": row.digest.to_string(), "tags": change.tags, "actor": &*access.actor().name,
    });
    query::push::add_event(tx, "push_artifact", Some(project), &payload.to_string(), *now).await?;
    Ok(())
}

/// Whether a tag is left as it is.
async fn stays(tx: &mut Conn<'_>, change: &Change, repository: i64, tag: &TagName, manifest: i64) -> Result<bool> {
    if change.taken == Taken::Pushed {
        return Ok(false);
    }
    match query::push::tag(tx, repository, tag.as_str()).await? {
        Some((_, at)) if at == manifest => Ok(true),
        Some(_) if change.taken == Taken::Refused => Err(taken(&change.repo, tag.as_str())),
        Some(_) | None => Ok(false),
    }
}

/// How the audit log names a push: by each tag, else by digest.
fn labels(repo: &RepoName, tags: &[TagName], digest: &Digest) -> Vec<String> {
    if tags.is_empty() {
        return vec![format!("{repo}@{digest}")];
    }
    tags.iter().map(|tag| format!("{repo}:{tag}")).collect()
}

/// Writes a manifest that the repository does not have yet.
async fn insert(tx: &mut Conn<'_>, change: &Change, repository: i64, listed: &mut i64) -> Result<i64> {
    let Change { access, repo, row, manifest, now, .. } = change;
    let project = access.project_id().0;
    let found = resolve(tx, change, repository).await?;
    // First, because it locks: two pushes at once must not both find the manifest new to the project.
    query::push::store_bytes(tx, &row.digest, &change.bytes).await?;
    let is_new_to_project = !query::push::project_has_manifest(tx, project, &row.digest, repository).await?;
    let growth = if is_new_to_project { row.manifest_size } else { 0 };
    policy::before_push(tx, access, repo, crate::blob::unsigned(growth)).await?;
    let parents = query::push::adopt_by_parents(tx, repository, &row.digest, None).await?;
    let size = row.manifest_size.saturating_add(found.size());
    // The configuration was read by digest alone. Where the repository does not have it, it may be somebody else's.
    let has_config = manifest.config.as_ref().is_some_and(|config| found.blob(&config.digest).is_some());
    let row = if has_config { row } else { &query::push::NewManifest { extra_attrs: None, ..row.clone() } };
    let has_icon = row.icon.is_none_or(|icon| found.blob(&icon).is_some());
    let row = if has_icon { row } else { &query::push::NewManifest { icon: None, ..row.clone() } };
    let id = query::push::insert_manifest(tx, repository, row, size, parents, *now).await?;
    if query::push::adopt_by_parents(tx, repository, &row.digest, Some(id)).await? > 0 {
        let parents = query::push::parents(tx, id).await?;
        grow(tx, parents, size).await?;
    }
    for (position, reference) in change.references.iter().enumerate() {
        let blob = found.blob(&reference.digest);
        let child = if reference.role == "child" { found.child(&reference.digest) } else { None };
        query::push::insert_reference(tx, id, position as i64, reference, blob, child).await?;
    }
    for child in found.children.values() {
        let before = query::push::counts(tx, child.id).await?;
        query::push::add_parents(tx, child.id, 1).await?;
        if let Some(before) = before {
            *listed += difference(before, Counts { parents: before.parents + 1, ..before });
        }
    }
    let counts = Counts { id, tags: 0, parents, accessory: row.subject.is_some() };
    *listed += i64::from(counts.is_listed());
    query::push::add_usage(tx, project, growth, *now).await?;
    Ok(id)
}

/// What a manifest points at, as far as the repository has it.
struct Resolved {
    /// Row ids and sizes. Looked up for every descriptor, of which a manifest may have thousands.
    blobs: HashMap<Digest, (i64, i64)>,
    children: HashMap<Digest, query::push::Child>,
}

impl Resolved {
    fn blob(&self, digest: &Digest) -> Option<i64> {
        self.blobs.get(digest).map(|(id, _)| *id)
    }

    fn child(&self, digest: &Digest) -> Option<i64> {
        self.children.get(digest).map(|child| child.id)
    }

    fn size(&self) -> i64 {
        let blobs = self.blobs.values().map(|(_, size)| size);
        let sizes = blobs.chain(self.children.values().map(|child| &child.size));
        // Indexes of indexes double it at every level.
        sizes.fold(0, |sum: i64, size| sum.saturating_add(*size))
    }
}

async fn resolve(tx: &mut Conn<'_>, change: &Change, repository: i64) -> Result<Resolved> {
    let manifest = &change.manifest;
    let needed = manifest.config.iter().chain(&manifest.layers);
    let mut digests: Vec<Digest> = needed.clone().map(|descriptor| descriptor.digest).collect();
    // A build cache lists its layers among the children of an index.
    digests.extend(manifest.manifests.iter().map(|descriptor| descriptor.digest));
    digests.sort();
    digests.dedup();
    let blobs = query::push::linked_blobs(tx, repository, &digests).await?;
    let mut blobs: HashMap<_, _> = blobs.into_iter().map(|(digest, id, size)| (digest, (id, size))).collect();
    let since = change.now.plus_seconds(-gc::RELINK_SECONDS);
    let mut lost = Vec::new();
    for descriptor in needed {
        let is_elsewhere = !descriptor.urls.is_empty();
        if is_elsewhere || blobs.contains_key(&descriptor.digest) {
            continue;
        }
        match query::gc::remembered_link(tx, repository, &descriptor.digest, since).await? {
            Some((id, size)) => lost.push((id, size, descriptor.digest)),
            None if change.is_sparse_fine => {}
            None => return Err(Error::ManifestBlobUnknown(descriptor.digest)),
        }
    }
    // In the order of all who lock several blobs.
    lost.sort_unstable_by_key(|(id, ..)| *id);
    lost.dedup_by_key(|(id, ..)| *id);
    for (_, size, digest) in lost {
        match relink(tx, change, repository, (&digest, size)).await? {
            Some(blob) => _ = blobs.insert(digest, blob),
            None if change.is_sparse_fine => {}
            None => return Err(Error::ManifestBlobUnknown(digest)),
        }
    }
    // Children that are not there yet are accepted: mirrors and partial copies push sparse indexes (spec, "Push").
    let mut children: Vec<Digest> = manifest.manifests.iter().map(|descriptor| descriptor.digest).collect();
    children.sort();
    children.dedup();
    let children = query::push::children(tx, repository, &children).await?;
    let children = children.into_iter().map(|child| (child.digest, child)).collect();
    Ok(Resolved { blobs, children })
}

/// Takes back a blob that the repository lost with a manifest, or to garbage collection, a moment ago: whoever was told then that it is there has not
/// uploaded it. Nothing where it is going.
async fn relink(
    tx: &mut Conn<'_>,
    change: &Change,
    repository: i64,
    (digest, size): (&Digest, i64),
) -> Result<Option<(i64, i64)>> {
    let Some(blob) = query::push::use_blob(tx, digest, change.now).await? else { return Ok(None) };
    link(tx, &change.access, repository, (blob, digest, crate::blob::unsigned(size)), change.now).await?;
    query::gc::forget_link(tx, repository, blob).await?;
    Ok(Some((blob, size)))
}

fn difference(before: Counts, after: Counts) -> i64 {
    i64::from(after.is_listed()) - i64::from(before.is_listed())
}

/// Points a tag at a manifest, and keeps the counts of what it pointed at before. A rule may forbid it where the tag
/// exists.
#[expect(clippy::too_many_arguments, reason = "one place where tags move, called with what its callers have at hand")]
pub(crate) async fn point<A: ProjectAction>(
    tx: &mut Conn<'_>,
    access: &ProjectAccess<A>,
    (repository, repo): (i64, &RepoName),
    tag: &TagName,
    (manifest, digest): (i64, Digest),
    now: Timestamp,
    operation: &str,
    listed: &mut i64,
) -> Result<()> {
    let previous = query::push::tag(tx, repository, tag.as_str()).await?.map(|(_, manifest)| manifest);
    if previous.is_some() {
        policy::before_move(tx, access.project_id(), repo, tag.as_str()).await?;
    }
    query::push::upsert_tag(tx, repository, tag.as_str(), &tag.sort_key(), manifest, now).await?;
    if previous == Some(manifest) {
        return Ok(());
    }
    if let Some(previous) = previous {
        *listed += retag(tx, previous, -1).await?;
    }
    *listed += retag(tx, manifest, 1).await?;
    let actor = &access.actor().name;
    query::push::add_tag_history(tx, repository, tag.as_str(), Some(digest), operation, actor, now).await?;
    Ok(())
}

async fn retag(tx: &mut Conn<'_>, manifest: i64, count: i64) -> Result<i64> {
    let before = query::push::counts(tx, manifest).await?;
    query::push::add_tags(tx, manifest, count).await?;
    Ok(before.map_or(0, |before| difference(before, Counts { tags: before.tags + count, ..before })))
}

/// Removes a tag; the manifest stays.
///
/// # Errors
/// [`Error::ManifestUnknown`] where the repository has no such tag.
pub async fn delete_tag(
    domain: &Domain,
    access: &ProjectAccess<DeleteContent>,
    repo: &RepoName,
    tag: &TagName,
) -> Result<()> {
    belongs(access.project().name == repo.project())?;
    let args = (access.clone(), repo.clone(), tag.clone(), domain.now());
    domain
        .db
        .write(args, |tx, (access, repo, tag, now)| {
            Box::pin(async move {
                let unknown = || unknown(repo, &Reference::Tag(tag.clone()));
                let repository = query::registry::repository(tx, repo.as_str()).await?.ok_or_else(unknown)?;
                query::push::lock_repository(tx, repository.id).await?;
                let (id, manifest) = query::push::tag(tx, repository.id, tag.as_str()).await?.ok_or_else(unknown)?;
                remove_tag(tx, access, (repository.id, repo), (id, tag), manifest, *now).await
            })
        })
        .await
}

/// Removes a tag's row, keeps the counts, and writes down who did it. A rule may forbid it.
pub(crate) async fn remove_tag<A: ProjectAction>(
    tx: &mut Conn<'_>,
    access: &ProjectAccess<A>,
    (repository, repo): (i64, &RepoName),
    (id, tag): (i64, &TagName),
    manifest: i64,
    now: Timestamp,
) -> Result<()> {
    policy::before_removal(tx, access.project_id(), repo, &[tag.to_string()]).await?;
    query::push::delete_tag(tx, id).await?;
    let listed = retag(tx, manifest, -1).await?;
    query::push::add_tag_history(tx, repository, tag.as_str(), None, "delete", &access.actor().name, now).await?;
    query::push::note_push(tx, repository, listed, now).await?;
    let entry = audit::Entry::success("delete", "tag", format!("{repo}:{tag}")).in_project(access.project_id());
    audit::record(tx, access.actor(), now, &entry).await?;
    let payload = serde_json::json!({ "repository": repo.as_str(), "tag": tag });
    query::push::add_event(tx, "delete_tag", Some(access.project_id().0), &payload.to_string(), now).await?;
    Ok(())
}

/// Removes a manifest with its tags and with what refers to it. Bytes go when garbage collection finds them unused.
///
/// # Errors
/// [`Error::ManifestUnknown`] where the repository has no such manifest; [`Error::Unsupported`] where an index of the
/// repository lists it.
pub async fn delete(
    domain: &Domain,
    access: &ProjectAccess<DeleteContent>,
    repo: &RepoName,
    digest: &Digest,
) -> Result<()> {
    belongs(access.project().name == repo.project())?;
    let args = (access.clone(), repo.clone(), *digest, domain.now());
    domain
        .db
        .write(args, |tx, (access, repo, digest, now)| {
            Box::pin(async move {
                let unknown = || unknown(repo, &Reference::Digest(*digest));
                let repository = query::registry::repository(tx, repo.as_str()).await?.ok_or_else(unknown)?;
                query::push::lock_repository(tx, repository.id).await?;
                let counts = query::push::counts_by_digest(tx, repository.id, digest).await?.ok_or_else(unknown)?;
                if counts.parents > 0 {
                    return Err(Error::Unsupported("the deleting artifact is referenced by others".to_owned()));
                }
                remove(tx, access, (repository.id, repo), counts.id, *digest, *now).await?;
                let name = format!("{repo}@{digest}");
                let entry = audit::Entry::success("delete", "artifact", name).in_project(access.project_id());
                audit::record(tx, access.actor(), *now, &entry).await?;
                let payload = serde_json::json!({ "repository": repo.as_str(), "digest": digest.to_string() });
                query::push::add_event(tx, "delete_artifact", Some(access.project_id().0), &payload.to_string(), *now)
                    .await?;
                Ok(())
            })
        })
        .await
}

/// Removes a manifest and, one after the other, all that refers to it. Says nothing to the audit log. A rule that
/// protects a tag of any of them keeps all of them.
pub(crate) async fn remove<A: ProjectAction>(
    tx: &mut Conn<'_>,
    access: &ProjectAccess<A>,
    (repository, repo): (i64, &RepoName),
    id: i64,
    digest: Digest,
    now: Timestamp,
) -> Result<()> {
    remove_among(tx, access, (repository, repo), (id, digest), Among::Everything, now).await
}

/// The same, as long as all of it may go.
///
/// # Errors
/// [`Error::Busy`] where something else would go as well.
pub(crate) async fn remove_among<A: ProjectAction>(
    tx: &mut Conn<'_>,
    access: &ProjectAccess<A>,
    (repository, repo): (i64, &RepoName),
    (id, digest): (i64, Digest),
    among: Among<'_>,
    now: Timestamp,
) -> Result<()> {
    let mut doomed = vec![(id, digest)];
    let mut known = HashSet::from([id]);
    // Accessories of accessories go as well; the list only grows by manifests that are still there.
    let mut next = 0;
    while let Some(&(_, digest)) = doomed.get(next) {
        next += 1;
        for accessory in query::push::accessories(tx, repository, &digest).await? {
            if known.insert(accessory.0) {
                doomed.push(accessory);
            }
        }
    }
    query::push::lock_targets(tx, &doomed.iter().map(|(id, _)| *id).collect::<Vec<_>>()).await?;
    for (id, digest) in doomed {
        remove_one(tx, access, (repository, repo), (id, digest), among, now).await?;
    }
    Ok(())
}

async fn remove_one<A: ProjectAction>(
    tx: &mut Conn<'_>,
    access: &ProjectAccess<A>,
    (repository, repo): (i64, &RepoName),
    (id, digest): (i64, Digest),
    among: Among<'_>,
    now: Timestamp,
) -> Result<()> {
    let Some(counts) = query::push::counts(tx, id).await? else { return Ok(()) };
    let project = access.project_id().0;
    let tags = query::push::tags_of(tx, id).await?;
    if !among.allows(tx, &digest, &tags).await? {
        return Err(Error::Busy);
    }
    policy::before_removal(tx, access.project_id(), repo, &tags).await?;
    for tag in tags {
        if let Some((tag_id, _)) = query::push::tag(tx, repository, &tag).await? {
            query::push::delete_tag(tx, tag_id).await?;
            query::push::add_tag_history(tx, repository, &tag, None, "delete", &access.actor().name, now).await?;
        }
    }
    let (blobs, children) = query::push::targets(tx, id).await?;
    query::push::delete_manifest(tx, id).await?;
    let mut listed = -i64::from(counts.is_listed());
    for child in children {
        let before = query::push::counts(tx, child).await?;
        query::push::add_parents(tx, child, -1).await?;
        if let Some(before) = before {
            listed += difference(before, Counts { parents: before.parents - 1, ..before });
        }
    }
    for (blob, size) in blobs {
        if !query::push::blob_in_use(tx, repository, blob).await? {
            unlink(tx, project, repository, blob, size, now).await?;
            // A push that counts on the blob may be under way.
            query::gc::remember_link(tx, repository, blob, now).await?;
        }
    }
    query::push::lock_bytes(tx, &digest).await?;
    if !query::push::project_has_manifest(tx, project, &digest, repository).await? {
        let size = query::push::manifest_size(tx, &digest).await?;
        query::push::add_usage(tx, project, -size, now).await?;
    }
    query::push::review_manifest(tx, &digest, "deleted", now).await?;
    query::push::note_push(tx, repository, listed, now).await?;
    Ok(())
}
