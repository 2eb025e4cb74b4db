//! Blobs in memory, with the semantics of the file system's driver. For tests and throw-away servers.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use berth_types::{Digest, Timestamp};
use bytes::Bytes;
use futures_util::stream;
use uuid::Uuid;

use crate::{
    AppendError, BlobRead, BlobStore, ByteStream, Error, Hasher, Listed, Listing, Position, Result, Stored, Upload,
    intake::Intake,
};

/// Chunks in which a blob is read.
const CHUNK_BYTES: u64 = 1 << 20;

/// Blobs in memory. Cheap to clone; clones share their blobs.
#[derive(Clone, Default)]
pub struct MemoryStore {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    blobs: HashMap<Digest, (Bytes, Timestamp)>,
    quarantine: Vec<(Digest, Bytes, Timestamp)>,
    uploads: HashMap<Uuid, (Vec<u8>, Timestamp)>,
    in_use: HashSet<Uuid>,
}

impl MemoryStore {
    /// Puts other bytes under a digest, as a broken disk does. For tests.
    pub fn damage(&self, digest: Digest, bytes: Bytes) {
        self.lock().blobs.insert(digest, (bytes, now()));
    }

    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lease(&self, id: Uuid) -> Result<Lease> {
        if !self.lock().in_use.insert(id) {
            return Err(Error::Busy);
        }
        Ok(Lease { store: self.clone(), id })
    }

    fn insert(&self, digest: Digest, bytes: Bytes) -> Stored {
        let size = bytes.len() as u64;
        let existed = self.lock().blobs.insert(digest, (bytes, now())).is_some();
        Stored { size, existed }
    }
}

#[async_trait]
impl BlobStore for MemoryStore {
    async fn open(&self, digest: &Digest) -> Result<Option<Arc<dyn BlobRead>>> {
        let blob = self.lock().blobs.get(digest).map(|(bytes, _)| MemoryBlob(bytes.clone()));
        Ok(blob.map(|blob| Arc::new(blob) as Arc<dyn BlobRead>))
    }

    async fn stat(&self, digest: &Digest) -> Result<Option<u64>> {
        Ok(self.lock().blobs.get(digest).map(|(bytes, _)| bytes.len() as u64))
    }

    async fn put(&self, digest: &Digest, source: ByteStream, limit: u64) -> Result<Stored> {
        let mut intake = Intake::new(source, 0, limit);
        let mut hash = Hasher::new(digest.algorithm());
        let mut bytes = Vec::new();
        while !intake.ended() {
            intake.fill().await?;
            absorb(&mut intake, &mut bytes, Some(&mut hash));
        }
        let actual = hash.digest();
        if actual != *digest {
            return Err(Error::mismatch(digest, actual));
        }
        Ok(self.insert(*digest, bytes.into()))
    }

    async fn create_upload(&self, id: Uuid) -> Result<()> {
        if self.lock().uploads.contains_key(&id) {
            return Err(Error::Io(std::io::ErrorKind::AlreadyExists.into()));
        }
        self.lock().uploads.insert(id, (Vec::new(), now()));
        Ok(())
    }

    async fn append(
        &self,
        id: Uuid,
        at: Position,
        source: ByteStream,
        limit: u64,
    ) -> std::result::Result<Position, AppendError> {
        let lease = self.lease(id)?;
        let mut intake = Intake::new(source, at.offset, limit);
        let mut hash = at.hash.as_ref().and_then(|state| state.resume()).filter(|hash| hash.length() == at.offset);
        let mut added = Vec::new();
        let mut filled = Ok(());
        while filled.is_ok() && !intake.ended() {
            filled = intake.fill().await;
            absorb(&mut intake, &mut added, hash.as_mut());
        }
        let mut bytes = lease.take(at.offset)?;
        bytes.append(&mut added);
        let reached = Position { offset: bytes.len() as u64, hash: hash.as_ref().map(Hasher::state) };
        lease.put_back(bytes);
        match filled {
            Ok(()) => Ok(reached),
            Err(error) => Err(AppendError { reached: Some(reached), error }),
        }
    }

    async fn finish(&self, id: Uuid, at: Position, digest: &Digest) -> Result<Stored> {
        let lease = self.lease(id)?;
        let bytes = lease.take(at.offset)?;
        let kept = at.hash.as_ref().and_then(|state| state.resume());
        let kept = kept.filter(|hash| hash.length() == at.offset && hash.algorithm() == digest.algorithm());
        let actual = match kept {
            Some(hash) => hash.digest(),
            None => {
                let mut hash = Hasher::new(digest.algorithm());
                hash.update(&bytes);
                hash.digest()
            }
        };
        if actual != *digest {
            lease.put_back(bytes);
            return Err(Error::mismatch(digest, actual));
        }
        Ok(self.insert(*digest, bytes.into()))
    }

    async fn delete_upload(&self, id: Uuid) -> Result<()> {
        let _lease = self.lease(id)?;
        self.lock().uploads.remove(&id);
        Ok(())
    }

    async fn list_uploads(&self) -> Result<Vec<Upload>> {
        let uploads = &self.lock().uploads;
        let upload = |(id, (bytes, modified)): (&Uuid, &(Vec<u8>, Timestamp))| Upload {
            id: *id,
            size: bytes.len() as u64,
            modified: *modified,
        };
        Ok(uploads.iter().map(upload).collect())
    }

    async fn delete(&self, digest: &Digest) -> Result<()> {
        self.lock().blobs.remove(digest);
        Ok(())
    }

    async fn sweep(&self, digest: &Digest, before: Timestamp) -> Result<bool> {
        let blobs = &mut self.lock().blobs;
        let is_old = blobs.get(digest).is_some_and(|(_, stored)| *stored < before);
        Ok(is_old && blobs.remove(digest).is_some())
    }

    async fn list(&self) -> Result<Listing> {
        let blobs = &self.lock().blobs;
        let listed: Vec<_> = blobs
            .iter()
            .map(|(digest, (bytes, modified))| {
                Ok(Listed { digest: *digest, size: bytes.len() as u64, modified: *modified, read_only: false })
            })
            .collect();
        Ok(Box::pin(stream::iter(listed)))
    }

    async fn quarantine(&self, digest: &Digest) -> Result<bool> {
        let mut shared = self.lock();
        let is_damaged = shared.blobs.get(digest).is_some_and(|(bytes, _)| {
            let mut hash = Hasher::new(digest.algorithm());
            hash.update(bytes);
            hash.digest() != *digest
        });
        let damaged = if is_damaged { shared.blobs.remove(digest) } else { None };
        let Some((bytes, stored)) = damaged else { return Ok(false) };
        shared.quarantine.push((*digest, bytes, stored));
        Ok(true)
    }

    async fn list_quarantine(&self) -> Result<Vec<Listed>> {
        let listed = |(digest, bytes, modified): &(Digest, Bytes, Timestamp)| Listed {
            digest: *digest,
            size: bytes.len() as u64,
            modified: *modified,
            read_only: false,
        };
        Ok(self.lock().quarantine.iter().map(listed).collect())
    }

    async fn delete_quarantined(&self, digest: &Digest) -> Result<()> {
        self.lock().quarantine.retain(|(quarantined, ..)| quarantined != digest);
        Ok(())
    }

    async fn health(&self) -> Result<()> {
        Ok(())
    }
}

struct MemoryBlob(Bytes);

impl BlobRead for MemoryBlob {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read(&self, range: Range<u64>) -> ByteStream {
        let end = range.end.min(self.size());
        let start = range.start.min(end);
        let bytes = self.0.slice(start as usize..end as usize);
        Box::pin(stream::iter((0..(end - start).div_ceil(CHUNK_BYTES)).map(move |chunk| {
            let from = chunk * CHUNK_BYTES;
            let to = (from + CHUNK_BYTES).min(bytes.len() as u64);
            Ok(bytes.slice(from as usize..to as usize))
        })))
    }
}

struct Lease {
    store: MemoryStore,
    id: Uuid,
}

impl Lease {
    /// Takes the upload's bytes out, cut to `offset`. Nothing is awaited until they are put back or stored.
    fn take(&self, offset: u64) -> Result<Vec<u8>> {
        let mut shared = self.store.lock();
        let (bytes, _) = shared.uploads.get(&self.id).ok_or(Error::UnknownUpload)?;
        let have = bytes.len() as u64;
        if have < offset {
            return Err(Error::Offset { have });
        }
        let (mut bytes, _) = shared.uploads.remove(&self.id).ok_or(Error::UnknownUpload)?;
        bytes.truncate(offset as usize);
        Ok(bytes)
    }

    fn put_back(&self, bytes: Vec<u8>) {
        self.store.lock().uploads.insert(self.id, (bytes, now()));
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.store.lock().in_use.remove(&self.id);
    }
}

fn absorb(intake: &mut Intake, bytes: &mut Vec<u8>, mut hash: Option<&mut Hasher>) {
    for part in intake.take().parts {
        bytes.extend_from_slice(&part);
        if let Some(hash) = &mut hash {
            hash.update(&part);
        }
    }
}

/// A file system stamps its files by the system's clock, and so does this.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(since.as_micros() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::{Harness, suite};

    suite!(|| {
        let store = MemoryStore::new();
        let damaged = store.clone();
        Harness {
            store: Arc::new(store.clone()),
            damage: Box::new(move |digest, bytes| damaged.damage(*digest, bytes)),
            leftovers: Box::new(move || leftovers(&store)),
        }
    });

    fn leftovers(store: &MemoryStore) -> Vec<String> {
        let shared = store.lock();
        let blobs = shared.blobs.keys().map(Digest::to_string);
        let blobs = blobs.chain(shared.quarantine.iter().map(|(digest, ..)| digest.to_string()));
        blobs.chain(shared.uploads.keys().map(Uuid::to_string)).collect()
    }
}
