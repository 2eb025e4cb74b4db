//! Blobs as repositories see them: a blob is there for a caller only where the repository links it.

use std::sync::Arc;

use berth_db::{Conn, query};
pub use berth_storage::ByteStream;
use berth_storage::{BlobRead, Stored};
use berth_types::{Digest, RepoName, Timestamp};

use crate::{
    Domain, Error, Result,
    authz::{DeleteContent, ProjectAccess, Pull, Push},
    policy, storage,
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
    stat(domain, access, repo, digest).await?;
    let blob = domain.blobs.open(digest).await.map_err(storage::error)?;
    // The row promises the bytes; without them this is a fault of ours, which fsck names.
    blob.ok_or_else(|| Error::internal(format!("the bytes of {digest} are missing")))
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
    let stored = domain.blobs.put(digest, body, domain.limits.blob_size_bytes_max).await.map_err(storage::error)?;
    commit(domain, access, repo, digest, stored, None).await?;
    Ok(stored.size)
}

/// Writes the rows of a blob whose bytes are durable. Only after this the client is told.
pub(crate) async fn commit(
    domain: &Domain,
    access: &ProjectAccess<Push>,
    repo: &RepoName,
    digest: &Digest,
    stored: Stored,
    upload: Option<String>,
) -> Result<()> {
    let args = (access.clone(), repo.clone(), *digest, stored.size, upload, domain.now());
    domain
        .db
        .write(args, |tx, (access, repo, digest, size, upload, now)| {
            Box::pin(async move {
                if let Some(upload) = upload
                    && !query::push::delete_upload(tx, upload).await?
                {
                    return Err(Error::UploadUnknown);
                }
                let repository = ensure_repository(tx, access, repo, *now).await?;
                let blob = query::push::ensure_blob(tx, digest, signed(*size), *now).await?;
                link(tx, access, repository, blob, *size, *now).await?;
                // An upload whose manifest never comes is garbage, and nothing else would say so.
                Ok(query::push::review_blob(tx, blob, "uploaded", *now).await?)
            })
        })
        .await
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
async fn link(
    tx: &mut Conn<'_>,
    access: &ProjectAccess<Push>,
    repository: i64,
    blob: i64,
    size: u64,
    now: Timestamp,
) -> Result<()> {
    let project = access.project_id().0;
    if query::push::link_blob(tx, repository, blob, now).await?
        && !query::push::project_has_blob(tx, project, blob, repository).await?
    {
        policy::before_growth(tx, access, size, "").await?;
        query::push::add_usage(tx, project, signed(size), now).await?;
    }
    Ok(())
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
    let args = (access.clone(), repo.clone(), from.clone(), *digest, domain.now());
    domain
        .db
        .write(args, |tx, (access, repo, from, digest, now)| {
            Box::pin(async move {
                let Some(size) = query::registry::blob_size(tx, from.as_str(), digest).await? else { return Ok(false) };
                let repository = ensure_repository(tx, access, repo, *now).await?;
                let blob = query::push::ensure_blob(tx, digest, size, *now).await?;
                link(tx, access, repository, blob, unsigned(size), *now).await?;
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
