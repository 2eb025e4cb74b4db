//! Blobs whose bytes are missing or damaged: nobody is given them, and a push makes them whole.
//!
//! The order keeps what a push acknowledges. A push makes its bytes durable and then writes the row, which takes the loss
//! back. Here the bytes are read once more before they are moved, because a push may have brought sound ones since they
//! were judged; then the loss is written, and then the bytes are looked at once more: had they come before, the loss is
//! taken back here; come they after, the push does it.
//!
//! A push that found damaged bytes and relies on them must not come between their move and the mark, or it would be
//! acknowledged without any. The claim on the digest keeps pushes of this process away. Where a push has it already, the
//! loss is written before the move, and refuses that push at its commit.

use std::sync::Arc;

use berth_db::{Conn, query};
use berth_storage::{Pace, Verdict};
use berth_types::Digest;

use crate::{Domain, Error, Result, storage};

/// A push relied on bytes that were there, and that turn out to be lost.
#[derive(Debug, thiserror::Error)]
#[error("the stored bytes are damaged")]
pub(crate) struct LostBytes;

/// Moves damaged bytes of a blob aside, if there are any, and writes down that it is lost. False where it is not lost
/// after all: its row is gone, or a push brought it back meanwhile.
///
/// # Errors
/// What the database or the storage says. A damaged blob in a read-only root stays where it is, and is not given to
/// anybody all the same.
pub(crate) async fn contain(domain: &Domain, digest: &Digest) -> Result<bool> {
    let (domain, digest) = (domain.clone(), *digest);
    // Moving goes on in another thread when nobody waits any more, and so must what belongs to it.
    tokio::spawn(async move { contain_now(&domain, &digest).await }).await.map_err(Error::internal)?
}

async fn contain_now(domain: &Domain, digest: &Digest) -> Result<bool> {
    // A push has its digest for as long as its client sends, which may be hours, and one of the callers is such a push:
    // nobody waits for it.
    let claim = domain.claims.collect(digest);
    let mut newly = claim.is_none() && mark(domain, digest).await?;
    match domain.blobs.quarantine(digest).await {
        Ok(true) => tracing::error!(blob.digest = %digest, "moved a damaged blob to quarantine"),
        Ok(false) if is_there(domain, digest).await? => {
            // Sound, or brought anew.
            unmark(domain, digest).await?;
            return Ok(false);
        }
        Ok(false) => {}
        Err(berth_storage::Error::ReadOnly) => {
            tracing::error!(blob.digest = %digest, "a damaged blob lies in a root that is only read");
            mark(domain, digest).await?;
            return Ok(true);
        }
        Err(error) => return Err(storage::error(error)),
    }
    newly |= mark(domain, digest).await?;
    if is_there(domain, digest).await? {
        unmark(domain, digest).await?;
        return Ok(false);
    }
    if newly {
        tracing::error!(blob.digest = %digest, "a blob is lost until somebody pushes it again");
        return Ok(true);
    }
    let rows = query::fsck::blobs(&mut domain.db.reader().await?.conn(), &[*digest]).await?;
    Ok(rows.first().is_some_and(|row| row.lost_at.is_some()))
}

async fn is_there(domain: &Domain, digest: &Digest) -> Result<bool> {
    Ok(domain.blobs.stat(digest).await.map_err(storage::error)?.is_some())
}

/// Takes a loss back where the bytes are there and sound; damaged ones go to quarantine. True where they are sound.
///
/// # Errors
/// What the database or the storage says.
pub(crate) async fn heal(domain: &Domain, digest: &Digest) -> Result<bool> {
    let pace = Arc::new(Pace::new(None));
    match domain.blobs.verify(digest, &pace).await.map_err(storage::error)? {
        Verdict::Sound { .. } => {
            unmark(domain, digest).await?;
            Ok(true)
        }
        Verdict::Damaged { .. } | Verdict::Absent => {
            contain(domain, digest).await?;
            Ok(false)
        }
    }
}

/// Refuses a push whose bytes were there already where the blob is lost: what it relied on is damaged, or gone by now.
///
/// # Errors
/// [`Error::Unavailable`] with [`LostBytes`]; what the database says.
pub(crate) async fn refuse_lost(tx: &mut Conn<'_>, digest: &Digest) -> Result<()> {
    let rows = query::fsck::blobs(tx, &[*digest]).await?;
    if rows.first().is_some_and(|row| row.lost_at.is_some()) {
        return Err(Error::Unavailable(Box::new(LostBytes)));
    }
    Ok(())
}

pub(super) async fn mark(domain: &Domain, digest: &Digest) -> Result<bool> {
    domain
        .db
        .write((*digest, domain.now()), |tx, (digest, now)| {
            Box::pin(async move { Ok::<_, Error>(query::fsck::mark_lost(tx, digest, *now).await?) })
        })
        .await
}

pub(super) async fn unmark(domain: &Domain, digest: &Digest) -> Result<bool> {
    domain
        .db
        .write(*digest, |tx, digest| {
            Box::pin(async move { Ok::<_, Error>(query::fsck::mark_found(tx, digest).await?) })
        })
        .await
}
