//! Resumable uploads. The row says how far an upload has come; bytes beyond it were never acknowledged.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use berth_db::query;
use berth_storage::{ByteStream, Position};
use berth_types::{Algorithm, Digest, RepoName, range::ByteRange};
pub use uuid::Uuid as UploadId;
use uuid::Uuid;

use crate::{
    Domain, Error, Result,
    authz::{ProjectAccess, Push},
    blob::{belongs, commit, ensure_repository, signed, unsigned},
    policy, storage,
};

/// What a request brings to an upload.
pub struct Chunk {
    /// Which bytes it says they are; nothing where it appends whatever comes.
    pub range: Option<ByteRange>,
    /// The bytes.
    pub body: ByteStream,
}

/// Begins an upload and says its id.
///
/// # Errors
/// What the disk or the database says.
pub async fn start(
    domain: &Domain,
    access: &ProjectAccess<Push>,
    repo: &RepoName,
    algorithm: Algorithm,
) -> Result<Uuid> {
    belongs(access.project().name == repo.project())?;
    let id = Uuid::new_v4();
    domain.blobs.create_upload(id).await.map_err(storage::error)?;
    let args = (access.clone(), repo.clone(), id.to_string(), algorithm, domain.now());
    domain
        .db
        .write(args, |tx, (access, repo, id, algorithm, now)| {
            Box::pin(async move {
                let repository = ensure_repository(tx, access, repo, *now).await?;
                query::push::insert_upload(tx, id, repository, algorithm.as_str(), &access.actor().name, *now).await?;
                Ok::<_, Error>(())
            })
        })
        .await?;
    Ok(id)
}

/// How many bytes an upload has.
///
/// # Errors
/// [`Error::UploadUnknown`] where the repository has no such upload.
pub async fn status(domain: &Domain, access: &ProjectAccess<Push>, repo: &RepoName, id: Uuid) -> Result<u64> {
    Ok(find(domain, access, repo, id).await?.1.offset)
}

/// Appends a chunk and says how many bytes the upload has then.
///
/// # Errors
/// [`Error::UploadUnknown`]; [`Error::RangeInvalid`] for a chunk that does not continue the upload, which stays usable;
/// [`Error::BodyAborted`] where the client went away, with the bytes that came recorded.
pub async fn append(
    domain: &Domain,
    access: &ProjectAccess<Push>,
    repo: &RepoName,
    id: Uuid,
    chunk: Chunk,
) -> Result<u64> {
    let turn = Turn::take(domain, id)?;
    let (_, at) = find(domain, access, repo, id).await?;
    Ok(receive(domain, turn, at, chunk).await?.0.offset)
}

/// Appends what the request brings, checks the digest and makes the blob visible. Says the blob's size.
///
/// # Errors
/// As [`append`]; [`Error::DigestInvalid`] where the bytes have another digest, [`Error::Denied`] where there is no room for
/// them. After both the upload is gone.
pub async fn finish(
    domain: &Domain,
    access: &ProjectAccess<Push>,
    repo: &RepoName,
    id: Uuid,
    digest: &Digest,
    chunk: Chunk,
) -> Result<u64> {
    let turn = Turn::take(domain, id)?;
    let (_, at) = find(domain, access, repo, id).await?;
    let (at, _turn) = match receive(domain, turn, at.clone(), chunk).await {
        Err(Error::UploadUnknown) => return finish_again(domain, access, repo, (id, &at), digest).await,
        received => received?,
    };
    // Until the commit nothing else says that these bytes are wanted.
    let _claim = domain.claims.push(digest).await;
    let stored = match domain.blobs.finish(id, at, digest).await.map_err(storage::error) {
        Err(error @ Error::DigestInvalid(_)) => {
            drop_upload(domain, id).await?;
            return Err(error);
        }
        stored => stored?,
    };
    let committed = commit(domain, access, repo, digest, stored, Some(id.to_string())).await;
    if matches!(committed, Err(Error::Denied(_))) {
        // It would hold room that nobody can use.
        drop_upload(domain, id).await?;
    }
    committed.map(|()| stored.size)
}

/// Finishes an upload whose bytes have their name already: an earlier try could not commit. What the row says was received
/// is the blob, so the client that tries again is told so.
async fn finish_again(
    domain: &Domain,
    access: &ProjectAccess<Push>,
    repo: &RepoName,
    (id, at): (Uuid, &Position),
    digest: &Digest,
) -> Result<u64> {
    let _turn = Turn::take(domain, id)?;
    let _claim = domain.claims.push(digest).await;
    let received = at.hash.as_ref().and_then(|state| state.resume()).map(|hash| hash.digest());
    let blob = match received {
        Some(received) if received == *digest => domain.blobs.open(digest).await.map_err(storage::error)?,
        _ => None,
    };
    let blob = blob.filter(|blob| blob.size() == at.offset).ok_or(Error::UploadUnknown)?;
    // Nothing is moved, but the store knows again that these bytes are wanted, and has read that they are whole.
    let stored = domain.blobs.put(digest, blob.read(0..blob.size()), blob.size()).await.map_err(storage::error)?;
    commit(domain, access, repo, digest, stored, Some(id.to_string())).await?;
    Ok(stored.size)
}

/// Whether all bytes of an upload lie under their digest already: its end was broken off between bytes and rows, and
/// succeeds when the client asks again.
///
/// # Errors
/// What the disk says.
pub(crate) async fn has_become_blob(domain: &Domain, received: u64, hash_state: Option<&[u8]>) -> Result<bool> {
    let hash = Position::recorded(received, hash_state).hash.as_ref().and_then(|state| state.resume());
    let Some(hash) = hash.filter(|hash| hash.length() == received) else { return Ok(false) };
    let blob = domain.blobs.open(&hash.digest()).await.map_err(storage::error)?;
    Ok(blob.is_some_and(|blob| blob.size() == received))
}

/// Ends an upload and forgets its bytes.
///
/// # Errors
/// [`Error::UploadUnknown`] where the repository has no such upload.
pub async fn cancel(domain: &Domain, access: &ProjectAccess<Push>, repo: &RepoName, id: Uuid) -> Result<()> {
    let _turn = Turn::take(domain, id)?;
    find(domain, access, repo, id).await?;
    drop_upload(domain, id).await
}

/// Uploads that a request is at work on.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<HashSet<Uuid>>);

impl Turns {
    fn lock(&self) -> MutexGuard<'_, HashSet<Uuid>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to change one upload, from reading its row to writing it. A request that went by a row read before
/// another's bytes came would put its own in their place, under the hash of what was there.
pub(crate) struct Turn {
    turns: Arc<Turns>,
    id: Uuid,
}

impl Turn {
    fn take(domain: &Domain, id: Uuid) -> Result<Self> {
        if !domain.uploads.lock().insert(id) {
            return Err(storage::error(berth_storage::Error::Busy));
        }
        Ok(Turn { turns: domain.uploads.clone(), id })
    }
}

/// The turn of an upload, for as long as it is kept; nothing where a request is at work on it.
pub(crate) fn turn(domain: &Domain, id: Uuid) -> Option<Turn> {
    Turn::take(domain, id).ok()
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.lock().remove(&self.id);
    }
}

/// Rows before data: what a crash leaves between is an orphan file, swept by age.
pub(crate) async fn drop_upload(domain: &Domain, id: Uuid) -> Result<()> {
    let removed: bool = domain
        .db
        .write(id.to_string(), |tx, id| {
            Box::pin(async move { Ok::<_, Error>(query::push::delete_upload(tx, id).await?) })
        })
        .await?;
    if !removed {
        return Err(Error::UploadUnknown);
    }
    if let Err(error) = domain.blobs.delete_upload(id).await {
        // What was asked for is done: nobody can go on with it. The file goes by age.
        tracing::warn!(upload.id = %id, %error, "the file of an upload that ended could not be removed");
    }
    Ok(())
}

async fn find(
    domain: &Domain,
    access: &ProjectAccess<Push>,
    repo: &RepoName,
    id: Uuid,
) -> Result<(query::registry::Upload, Position)> {
    belongs(access.project().name == repo.project())?;
    let mut reader = domain.db.reader().await?;
    let upload = query::registry::upload(&mut reader.conn(), repo.as_str(), &id.to_string()).await?;
    // Knowing an id is no right to it: what somebody else began does not exist.
    let upload = upload.filter(|upload| upload.actor == *access.actor().name).ok_or(Error::UploadUnknown)?;
    let at = match &upload.hash_state {
        // Nothing received yet: the row has no state, and a fresh one is as good.
        None if upload.received == 0 => Position::start(upload.algorithm.parse().unwrap_or(Algorithm::Sha256)),
        state => Position::recorded(unsigned(upload.received), state.as_deref()),
    };
    Ok((upload, at))
}

/// Runs to its end even when the client goes away and its request is dropped: what came is then recorded, so that the
/// client can go on from there.
async fn receive(domain: &Domain, turn: Turn, at: Position, chunk: Chunk) -> Result<(Position, Turn)> {
    let domain = domain.clone();
    let received = async move { Ok((take_in(&domain, turn.id, at, chunk).await?, turn)) };
    tokio::spawn(received).await.map_err(Error::internal)?
}

async fn take_in(domain: &Domain, id: Uuid, at: Position, chunk: Chunk) -> Result<Position> {
    if let Some(range) = chunk.range
        && range.start != at.offset
    {
        // docker resumes from the `Range` of this answer, so a gap here would corrupt the layer silently.
        return Err(Error::RangeInvalid { received: at.offset });
    }
    let before = at.offset;
    let limit = domain.limits.blob_size_bytes_max;
    match domain.blobs.append(id, at, chunk.body, limit).await {
        Ok(reached) => {
            // Also before the end that follows: a crash between bytes and rows leaves an upload that can be ended again.
            if reached.offset != before {
                record(domain, id, before, &reached).await?;
            }
            let expected = chunk.range.map(ByteRange::len);
            if expected.is_some_and(|expected| reached.offset - before != expected) {
                return Err(Error::SizeInvalid("the body is not as long as its Content-Range".to_owned()));
            }
            Ok(reached)
        }
        Err(failed) => {
            if let Some(reached) = failed.reached {
                record(domain, id, before, &reached).await?;
            }
            Err(storage::error(failed.error))
        }
    }
}

/// Writes down how far an upload has come from `before`. [`Turn`] is of this process only: where another node went by
/// the same row and was first, its record stays, and since its bytes may lie under ours they are read again at the end.
async fn record(domain: &Domain, id: Uuid, before: u64, at: &Position) -> Result<()> {
    let state = at.hash.as_ref().map(|hash| hash.as_bytes().to_vec());
    let is_measured = domain.settings().await?.quota_per_project_enable();
    let args = (id.to_string(), signed(before), signed(at.offset), state, is_measured, domain.now());
    let overtaken: Option<u64> = domain
        .db
        .write(args, |tx, (id, before, received, state, is_measured, now)| {
            Box::pin(async move {
                if query::push::advance_upload(tx, id, *before, *received, state.clone(), *now).await? {
                    if *is_measured {
                        policy::reserve(tx, id, *received, *now).await?;
                    }
                    return Ok::<_, Error>(None);
                }
                let received = query::push::distrust_upload(tx, id).await?.ok_or(Error::UploadUnknown)?;
                Ok(Some(unsigned(received)))
            })
        })
        .await?;
    overtaken.map_or(Ok(()), |received| Err(Error::RangeInvalid { received }))
}
