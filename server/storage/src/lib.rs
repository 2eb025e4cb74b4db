//! Blob bytes by digest: file system and memory.
//!
//! A store knows digests and bytes, nothing else: no repositories, no users, no database. What it promises:
//!
//! - A blob becomes visible only whole and verified against its digest, and is acknowledged only after its bytes **and**
//!   its name are durable.
//! - A failed, refused or abandoned [`BlobStore::put`] leaves nothing. A failed [`BlobStore::append`] leaves the upload
//!   at the [`Position`] that it reports.
//! - A blob never changes once it is visible; deleting it does not disturb those who read it.
//! - Memory stays flat: a reader or a writer holds at most two chunks of its own.
//!
//! The caller keeps the order: data before rows on write, rows before data on delete. What a crash leaves is an orphan,
//! which [`BlobStore::list`] and [`BlobStore::list_uploads`] show with its age.
//!
//! # How an object store fits
//!
//! The trait asks for nothing that only a file system can do. `put` is a multipart upload to a key under `uploads/`
//! (one `PutObject` when the body ends within the first part), hashed on the way, and a server-side copy to
//! `blobs/<alg>/<aa>/<hex>` once the digest agrees; the copy is atomic and durable, so no folder needs syncing, and an
//! existing key of the same size is dedupe. An upload session is `uploads/<uuid>/<offset>`: each `append` adds one
//! object that carries its offset in its name, so that objects beyond the caller's [`Position`] are recognised and
//! dropped, and `finish` joins them by multipart copy (parts under 5 MiB are joined in memory first). `read` is a
//! ranged GET with bounded read-ahead; `list` is `ListObjectsV2`. A direct download URL is another trait on top of
//! this one, because only object stores have it.

use std::{io, ops::Range, path::Path, pin::Pin, sync::Arc};

use async_trait::async_trait;
use berth_types::{Digest, Timestamp};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use uuid::Uuid;

mod error;
mod export;
mod faulty;
mod fs;
mod hash;
mod intake;
mod memory;
#[cfg(test)]
#[macro_use]
mod suite;
mod verify;

pub use error::{AppendError, Error, Result};
pub use export::{Export, Exported, sync_all};
pub use faulty::{Fault, Faulty};
pub use fs::FsStore;
pub use hash::{HashState, Hasher};
pub use memory::MemoryStore;
pub use verify::{Pace, Verdict};

/// Bytes on their way in or out. Frames may have any size; an error ends the stream.
pub type ByteStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// What [`BlobStore::list`] yields. Dropping it stops the walk.
pub type Listing = Pin<Box<dyn Stream<Item = Result<Listed>> + Send>>;

/// A place that keeps blobs. One suite of tests runs over every driver.
#[async_trait]
pub trait BlobStore: Send + Sync + 'static {
    /// A handle that stays readable even when the blob is deleted meanwhile; `None` when there is no such blob.
    async fn open(&self, digest: &Digest) -> Result<Option<Arc<dyn BlobRead>>>;

    /// The size in bytes; `None` when there is no such blob.
    async fn stat(&self, digest: &Digest) -> Result<Option<u64>>;

    /// Stores `source` as `digest`, in one go. Refuses more than `limit` bytes and bytes of another digest, and then
    /// leaves nothing. When it returns, the blob is durable.
    async fn put(&self, digest: &Digest, source: ByteStream, limit: u64) -> Result<Stored>;

    /// Begins a resumable upload. The id must be new.
    async fn create_upload(&self, id: Uuid) -> Result<()>;

    /// Appends `source` at `at`, the position that the caller has recorded; what lies beyond it (a crash, an abandoned
    /// request) is dropped first. `limit` is the largest size in bytes of the whole upload. When it returns, the bytes
    /// are durable, and the caller records the new position.
    async fn append(
        &self,
        id: Uuid,
        at: Position,
        source: ByteStream,
        limit: u64,
    ) -> std::result::Result<Position, AppendError>;

    /// Turns the upload, as far as `at`, into the blob `digest`. Reads the bytes again only when `at` has no hash state
    /// of the digest's algorithm. After a mismatch the upload is still there, for [`BlobStore::delete_upload`].
    async fn finish(&self, id: Uuid, at: Position, digest: &Digest) -> Result<Stored>;

    /// Drops an upload. One that is not there is fine; one in use is [`Error::Busy`].
    async fn delete_upload(&self, id: Uuid) -> Result<()>;

    /// All uploads, also those that a crash left behind.
    async fn list_uploads(&self) -> Result<Vec<Upload>>;

    /// Deletes a blob. One that is not there is fine; one in a read-only root is [`Error::ReadOnly`].
    async fn delete(&self, digest: &Digest) -> Result<()>;

    /// Deletes a blob that was neither written nor stored again since `before`. False where it was, or is not there.
    ///
    /// For blobs that no row names: a push of the same bytes that comes meanwhile either finds the blob and keeps it, or
    /// does not find it and stores its own.
    async fn sweep(&self, digest: &Digest, before: Timestamp) -> Result<bool>;

    /// All blobs in no particular order, read as the stream is polled.
    async fn list(&self) -> Result<Listing>;

    /// Reads a blob again, at the given pace, and compares its digest. An I/O error says nothing about the bytes.
    async fn verify(&self, digest: &Digest, pace: &Arc<Pace>) -> Result<Verdict> {
        verify::by_reading(self, digest, pace).await
    }

    /// Moves a damaged blob aside, durably: from then on it is not there, and storing the same digest stores it anew.
    /// Reads it first, because what the caller judged may have been replaced since. False where there was none, its bytes
    /// are sound, or it was stored anew meanwhile: what is there then is sound. A damaged one in a read-only root is
    /// [`Error::ReadOnly`]. Those who read it read on.
    async fn quarantine(&self, digest: &Digest) -> Result<bool>;

    /// What lies in quarantine. A digest may be there more than once.
    async fn list_quarantine(&self) -> Result<Vec<Listed>>;

    /// Deletes what lies in quarantine under a digest. Nothing there is fine.
    async fn delete_quarantined(&self, digest: &Digest) -> Result<()>;

    /// Makes a blob the file `to`, which must not exist, and whose folder must. `None` where there is no such blob. The
    /// caller makes the file durable.
    async fn export(&self, digest: &Digest, to: &Path, how: Export) -> Result<Option<Exported>> {
        // A store without files has nothing to link.
        let _ = how;
        export::copy(self, digest, to).await
    }

    /// Writes, syncs, renames, reads and removes a few bytes, so that a full or read-only disk shows before a push.
    async fn health(&self) -> Result<()>;

    /// The room that the store has; `None` where it has no end, or none that can be told.
    async fn space(&self) -> Result<Option<Space>> {
        Ok(None)
    }
}

/// Room of a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes in all.
    pub total: u64,
    /// Bytes that can still be written.
    pub free: u64,
}

/// An open blob.
pub trait BlobRead: Send + Sync {
    /// Size in bytes.
    fn size(&self) -> u64;

    /// The bytes `range`, cut to the blob. Each call is a reader of its own.
    fn read(&self, range: Range<u64>) -> ByteStream;
}

/// The whole blob in memory, for small ones such as image configurations. [`Error::TooLarge`] beyond `limit` bytes.
pub async fn read_all(blob: &dyn BlobRead, limit: usize) -> Result<Bytes> {
    if blob.size() > limit as u64 {
        return Err(Error::TooLarge { limit: limit as u64 });
    }
    let mut stream = blob.read(0..blob.size());
    let Some(first) = stream.next().await.transpose()? else { return Ok(Bytes::new()) };
    if first.len() as u64 == blob.size() {
        return Ok(first);
    }
    let mut all = BytesMut::with_capacity(limit.min(blob.size() as usize));
    all.extend_from_slice(&first);
    while let Some(chunk) = stream.next().await.transpose()? {
        all.extend_from_slice(&chunk);
    }
    Ok(all.freeze())
}

/// A blob that is now durable under its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Size in bytes.
    pub size: u64,
    /// Whether the store had these bytes before.
    pub existed: bool,
}

/// How far an upload has come. The caller keeps it between requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Bytes received.
    pub offset: u64,
    /// The hash of those bytes so far; without it, [`BlobStore::finish`] reads them again.
    pub hash: Option<HashState>,
}

impl Position {
    /// The beginning of an upload whose digest will be of `algorithm` (SHA-256 unless the client announced another).
    pub fn start(algorithm: berth_types::Algorithm) -> Self {
        Position { offset: 0, hash: Some(Hasher::new(algorithm).state()) }
    }

    /// A position as it was recorded. A state that cannot be read, or is of other bytes, counts as none.
    pub fn recorded(offset: u64, state: Option<&[u8]>) -> Self {
        let hash = state.and_then(HashState::from_bytes).filter(|hash| hash.length() == offset);
        Position { offset, hash }
    }
}

/// A blob, as [`BlobStore::list`] shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name; its bytes are not checked.
    pub digest: Digest,
    /// Size in bytes.
    pub size: u64,
    /// When it was written.
    pub modified: Timestamp,
    /// Whether it lies in a root that is only read, so that it cannot be deleted.
    pub read_only: bool,
}

/// An upload, as [`BlobStore::list_uploads`] shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its id. Ids that the caller does not know are temporary files of one-request uploads.
    pub id: Uuid,
    /// Bytes that it holds, which may be more than were acknowledged.
    pub size: u64,
    /// When it was last written.
    pub modified: Timestamp,
}
