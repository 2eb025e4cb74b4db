//! Blobs as repositories see them: a blob is there for a caller only where the repository links it.

use std::sync::Arc;

use berth_db::{Backend, Conn, query};
pub use berth_storage::{BlobRead, ByteStream};
use berth_storage::{BlobStore, Stored};
use berth_types::{Digest, RepoName, Timestamp};

use crate::{
    Domain, Error, Result,
    authz::{DeleteContent, ProjectAccess, Pull, Push},
    fsck, growth, policy, storage,
};

/// How many repositories are tried for a mount that names no source.
const MOUNT_SOURCES_MAX: i64 = 20;

/// Size of a blob in bytes.
///
/// # Errors
/// [`Error::BlobUnknown`] where the repository does not link it.
pub async fn stat(domain: &Domain, access: &ProjectAccess<Pull>, repo: &RepoName, digest: &Digest) -> Result<u64> {
    belongs(access.project().name == repo.project())?;
    let mut reader = domain.db.reader().await?;
    let size = query::registry::blob_size(&mut reader.conn(), repo.as_str(), digest).await?;
    let size = size.ok_or(Error::BlobUnknown(*digest))?;
    // Only what is there: digests that a stranger makes up would fill the batch.
    domain.pulls.touch(digest);
    Ok(unsigned(size))
}

/// A blob to be read.
///
/// # Errors
/// [`Error::BlobUnknown`] where the repository does not link it.
pub async fn open(
    domain: &Domain,
    access: &ProjectAccess<Pull>,
    repo: &RepoName,
    digest: &Digest,
) -> Result<Arc<dyn BlobRead>> {
    let size = stat(domain, access, repo, digest).await?;
    let blob = domain.blobs.open(digest).await.map_err(storage::error)?;
    if let Some(blob) = blob.filter(|blob| blob.size() == size) {
        return Ok(blob);
    }
    // The row promises the bytes; without them this is a fault of ours. From here on the blob answers as unknown, so that
    // the next client that pushes it brings them again.
    match fsck::contain(domain, digest).await? {
        true => Err(Error::internal(format!("the bytes of {digest} are missing or cut off"))),
        // Deleted or pushed anew in this very moment.
        false => Err(Error::BlobUnknown(*digest)),
    }
}

/// Stores a whole blob in one request.
///
/// # Errors
/// [`Error::DigestInvalid`] where the bytes have another digest, [`Error::TooLarge`], and what the disk says.
pub async fn put(
    domain: &Domain,
    access: &ProjectAccess<Push>,
    repo: &RepoName,
    digest: &Digest,
    body: ByteStream,
) -> Result<u64> {
    belongs(access.project().name == repo.project())?;
    // Until the commit nothing else says that these bytes are wanted.
    let _claim = domain.claims.push(digest).await;
    let stored = domain.blobs.put(digest, body, domain.limits.blob_size_bytes_max).await.map_err(storage::error)?;
    commit(domain, access, repo, digest, stored, None).await?;
    Ok(stored.size)
}

/// Writes the rows of a blob whose bytes are durable. Only after this the client is told. The caller has claimed the
/// digest since before it stored the bytes.
///
/// # Errors
/// [`Error::Busy`] where another node's garbage collection takes these bytes away.
pub(crate) async fn commit(
    domain: &Domain,
    access: &ProjectAccess<Push>,
    repo: &RepoName,
    digest: &Digest,
    stored: Stored,
    upload: Option<String>,
) -> Result<()> {
    let access = policy::admit(domain, access).await?;
    let args = (access, repo.clone(), *digest, stored, upload, domain.blobs.clone(), domain.now());
    let written = domain
        .db
        .write(args, |tx, (access, repo, digest, stored, upload, blobs, now)| {
            Box::pin(async move {
                let repository = ensure_repository(tx, access, repo, *now).await?;
                query::push::share_repository(tx, repository).await?;
                if let Some(upload) = upload
                    && !query::push::delete_upload(tx, upload).await?
                {
                    return Err(Error::UploadUnknown);
                }
                if stored.existed {
                    fsck::refuse_lost(tx, digest).await?;
                }
                let blob = query::push::ensure_blob(tx, digest, signed(stored.size), *now).await?.ok_or(Error::Busy)?;
                is_still_stored(tx, &**blobs, digest).await?;
                link(tx, access, repository, (blob, digest, stored.size), *now).await?;
                // An upload whose manifest never comes is garbage, and nothing else would say so.
                Ok(query::push::review_blob(tx, blob, "uploaded", *now).await?)
            })
        })
        .await;
    if let Err(Error::Unavailable(cause)) = &written
        && cause.is::<fsck::LostBytes>()
    {
        // Afterwards the client's next try finds sound bytes, or none and brings its own.
        fsck::heal(domain, digest).await?;
    }
    written
}

/// Looks at the store once more where another process may have removed the bytes since they were stored. The row is held
/// by this transaction: from here on nobody gives them up.
///
/// This is the one place where a write awaits something other than the database. It does so on PostgreSQL alone, which does
/// not mind; SQLite belongs to one process, whose claims have kept collection away.
async fn is_still_stored(tx: &Conn<'_>, blobs: &dyn BlobStore, digest: &Digest) -> Result<()> {
    if tx.backend() == Backend::Postgres && blobs.stat(digest).await.map_err(storage::error)?.is_none() {
        return Err(Error::Busy);
    }
    Ok(())
}

/// Finds or makes the repository of a push.
///
/// # Errors
/// [`Error::NameUnknown`] where the project was deleted since the caller was let in.
pub(crate) async fn ensure_repository(
    tx: &mut Conn<'_>,
    access: &ProjectAccess<Push>,
    repo: &RepoName,
    now: Timestamp,
) -> Result<i64> {
    let found = query::push::ensure_repository(tx, access.project_id().0, repo.as_str(), now).await?;
    found.ok_or_else(|| Error::NameUnknown(repo.to_string()))
}

/// Links a blob to a repository and charges the project for it, where it is new to the project.
pub(crate) async fn link(
    tx: &mut Conn<'_>,
    access: &ProjectAccess<Push>,
    repository: i64,
    (blob, digest, size): (i64, &Digest, u64),
    now: Timestamp,
) -> Result<()> {
    let project = access.project_id().0;
    if !query::push::link_blob(tx, repository, blob, now).await? {
        return Ok(());
    }
    if !query::push::project_has_blob(tx, project, blob, repository).await? {
        policy::before_growth(tx, access, size, "").await?;
        query::push::add_usage(tx, project, signed(size), now).await?;
    }
    // After the link: it waits for a manifest's push that holds the repository, whose references are seen then.
    let waiting = query::push::adopt_blob(tx, repository, digest, blob).await?;
    growth::grow(tx, waiting, signed(size)).await
}

/// Makes a blob of another repository visible in this one, without moving bytes.
///
/// False where there is nothing to mount: the client then uploads.
///
/// # Errors
/// What the database says.
pub async fn mount(
    domain: &Domain,
    access: &ProjectAccess<Push>,
    repo: &RepoName,
    source: &ProjectAccess<Pull>,
    from: &RepoName,
    digest: &Digest,
) -> Result<bool> {
    belongs(access.project().name == repo.project() && source.project().name == from.project())?;
    let args = (policy::admit(domain, access).await?, repo.clone(), from.clone(), *digest, domain.now());
    domain
        .db
        .write(args, |tx, (access, repo, from, digest, now)| {
            Box::pin(async move {
                let Some(size) = query::registry::blob_size(tx, from.as_str(), digest).await? else { return Ok(false) };
                let repository = ensure_repository(tx, access, repo, *now).await?;
                query::push::share_repository(tx, repository).await?;
                // The link may have gone since, and the bytes with it.
                let Some(blob) = query::push::use_blob(tx, digest, *now).await? else { return Ok(false) };
                link(tx, access, repository, (blob, digest, unsigned(size)), *now).await?;
                query::push::review_blob(tx, blob, "mounted", *now).await?;
                Ok(true)
            })
        })
        .await
}

/// Mounts from whatever repository the caller may pull from. False where there is none.
///
/// # Errors
/// What the database says.
pub async fn mount_from_anywhere(
    domain: &Domain,
    access: &ProjectAccess<Push>,
    repo: &RepoName,
    digest: &Digest,
) -> Result<bool> {
    let homes = {
        let mut reader = domain.db.reader().await?;
        let project = access.project_id().0;
        query::registry::blob_homes(&mut reader.conn(), digest, project, MOUNT_SOURCES_MAX).await?
    };
    for home in homes {
        let Ok(from) = home.parse::<RepoName>() else { continue };
        // Only what the caller may read is offered, or a digest would be enough to read a private blob.
        let Ok(source) = ProjectAccess::<Pull>::check(domain, access.actor(), &from.project()).await else { continue };
        if mount(domain, access, repo, &source, &from, digest).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Takes a blob away from a repository. Its bytes go when garbage collection finds that nobody links them.
///
/// # Errors
/// [`Error::BlobUnknown`] where the repository does not link it, [`Error::Unsupported`] where one of its manifests
/// points at it.
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
                let unknown = || Error::BlobUnknown(*digest);
                let repository = query::registry::repository(tx, repo.as_str()).await?.ok_or_else(unknown)?;
                query::push::lock_repository(tx, repository.id).await?;
                let linked = query::push::linked_blobs(tx, repository.id, &[*digest]).await?;
                let &(_, blob, size) = linked.first().ok_or_else(unknown)?;
                if query::push::blob_in_use(tx, repository.id, blob).await? {
                    return Err(Error::Unsupported(format!("blob {digest} is referenced by a manifest")));
                }
                // Whoever deletes it on purpose does not want the next manifest to bring it back.
                query::gc::forget_link(tx, repository.id, blob).await?;
                unlink(tx, access.project_id().0, repository.id, blob, size, *now).await
            })
        })
        .await
}

/// Removes a link, gives the project its bytes back and asks garbage collection to look.
pub(crate) async fn unlink(
    tx: &mut Conn<'_>,
    project: i64,
    repository: i64,
    blob: i64,
    size: i64,
    now: Timestamp,
) -> Result<()> {
    if !query::push::unlink_blob(tx, repository, blob).await? {
        return Ok(());
    }
    query::push::lock_blob(tx, blob).await?;
    if !query::push::project_has_blob(tx, project, blob, repository).await? {
        query::push::add_usage(tx, project, -size, now).await?;
    }
    query::push::review_blob(tx, blob, "unlinked", now).await?;
    Ok(())
}

/// A witness is for one project; a repository of another one under it is a fault of the caller's code.
pub(crate) fn belongs(same_project: bool) -> Result<()> {
    if !same_project {
        return Err(Error::internal("a witness was used for another project"));
    }
    Ok(())
}

/// Sizes are never negative in the database.
pub(crate) fn unsigned(size: i64) -> u64 {
    size.try_into().unwrap_or_default()
}

/// No disk holds more than an `i64` counts.
pub(crate) fn signed(size: u64) -> i64 {
    size.try_into().unwrap_or(i64::MAX)
}
