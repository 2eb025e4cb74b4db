//! From batches to a durable file under its digest.

use std::{
    any::Any,
    fs::File,
    os::{fd::OwnedFd, unix::fs::FileExt},
    sync::{Arc, PoisonError},
};

use berth_types::{Algorithm, Digest, Timestamp};
use bytes::Bytes;
use rustix::{
    fs::{Mode, OFlags},
    io::Errno,
};
use tokio::{runtime::Handle, sync::Semaphore, task::spawn_blocking};
use uuid::Uuid;

use super::{Lease, Shared, folders, size_at, sys, unlink};
use crate::{
    Error, Hasher, Position, Result, Stored,
    intake::{Batch, Intake},
};

/// Bytes read at once when an upload is hashed again.
const REHASH_BYTES: usize = 1 << 20;

/// A one-request upload: a file without a name, or else with a name that goes when this does.
pub(super) struct Temp {
    pub file: Arc<File>,
    lease: Option<Lease>,
}

impl Temp {
    pub fn create(shared: &Arc<Shared>) -> Result<Self> {
        if shared.unnamed_files {
            return Ok(Temp { file: Arc::new(sys::create_unnamed(&shared.uploads)?.into()), lease: None });
        }
        let lease = shared.lease(Uuid::new_v4())?;
        let file = shared.create_named(&lease)?;
        Ok(Temp { file: Arc::new(file), lease: Some(lease) })
    }

    pub fn name(&self) -> Option<Uuid> {
        self.lease.as_ref().map(|lease| lease.id)
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        if let Some(lease) = &self.lease
            && let Err(error) = lease.shared.unlink_upload(lease.id)
        {
            tracing::warn!(upload.id = %lease.id, %error, "could not remove a temporary file");
        }
    }
}

/// Drops what it holds on another thread, because freeing the blocks of a large file takes long.
struct Elsewhere<T: Send + 'static>(Option<T>);

impl<T: Send + 'static> Drop for Elsewhere<T> {
    fn drop(&mut self) {
        let held = self.0.take();
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn_blocking(move || drop(held));
        }
    }
}

/// How far a file may run ahead of the disk. Small enough that a disk has something to do while a chunk of a few MiB is
/// received, large enough for long writes.
const AHEAD_BYTES_MAX: u64 = 4 << 20;

/// The growing end of a file. Hashing and writing of a batch run side by side, while the next batch is received.
pub(super) struct Tail {
    file: Arc<File>,
    /// What must outlive every job that writes: the lease, or the temporary file. Dropped after `file`.
    keep: Arc<dyn Any + Send + Sync>,
    offset: u64,
    /// As far as the kernel was asked to write.
    asked: u64,
    hash: Option<Hasher>,
}

impl Tail {
    pub fn of_temp(temp: Temp, algorithm: Algorithm) -> Self {
        let (file, hash) = (temp.file.clone(), Some(Hasher::new(algorithm)));
        Tail { file, keep: Arc::new(Elsewhere(Some(temp))), offset: 0, asked: 0, hash }
    }

    pub fn of_upload(file: File, lease: Lease, offset: u64, hash: Option<Hasher>) -> Self {
        Tail { file: Arc::new(file), keep: Arc::new(lease), offset, asked: offset, hash }
    }

    pub fn file(&self) -> &File {
        &self.file
    }

    pub fn offset(&self) -> u64 {
        self.offset
    }

    pub fn position(&self) -> Position {
        Position { offset: self.offset, hash: self.hash.as_ref().map(Hasher::state) }
    }

    /// The digest of all bytes, for a tail that began with a hash.
    pub fn digest(&self) -> Result<Digest> {
        let hash = self.hash.clone().ok_or_else(|| Error::Io(std::io::Error::other("the upload was not hashed")))?;
        Ok(hash.digest())
    }

    pub fn sync(&self) -> Result<()> {
        Ok(sys::sync_data(&self.file)?)
    }

    /// Takes everything that `intake` still gives, whose first batch was received with the result `filled`. After an
    /// error the tail stands behind the last batch that was written whole.
    pub async fn pump(&mut self, jobs: &Arc<Semaphore>, intake: &mut Intake, mut filled: Result<()>) -> Result<()> {
        loop {
            let batch = intake.take();
            if filled.is_err() || intake.ended() {
                self.absorb(jobs, batch).await?;
                return filled;
            }
            let (absorbed, next) = tokio::join!(self.absorb(jobs, batch), intake.fill());
            absorbed?;
            filled = next;
        }
    }

    /// As [`Tail::pump`] for one batch, on this thread.
    pub fn absorb_now(&mut self, batch: &Batch) -> Result<()> {
        write_parts(&self.file, &batch.parts, self.offset)?;
        if let Some(hash) = &mut self.hash {
            batch.parts.iter().for_each(|part| hash.update(part));
        }
        self.offset += batch.len;
        Ok(())
    }

    async fn absorb(&mut self, jobs: &Arc<Semaphore>, batch: Batch) -> Result<()> {
        if batch.len == 0 {
            return Ok(());
        }
        let hashing = self.hash.clone().map(|mut hash| {
            let parts = batch.parts.clone();
            spawn_blocking(move || {
                parts.iter().for_each(|part| hash.update(part));
                hash
            })
        });
        let (file, keep, offset, len) = (self.file.clone(), self.keep.clone(), self.offset, batch.len);
        let ahead = offset + len - self.asked;
        let ask = (ahead >= AHEAD_BYTES_MAX).then_some(self.asked);
        let written = super::blocking(jobs, move || {
            let _keep = keep;
            write_parts(&file, &batch.parts, offset)?;
            if let Some(from) = ask {
                // The sync at the end then finds little to do. A disk that cannot says so there.
                sys::start_writing(&file, from, ahead);
            }
            Ok(())
        });
        written.await?;
        if ask.is_some() {
            self.asked += ahead;
        }
        if let Some(hashing) = hashing {
            self.hash = Some(hashing.await.map_err(|error| Error::Io(error.into()))?);
        }
        self.offset += len;
        Ok(())
    }
}

pub(super) fn write_parts(file: &File, parts: &[Bytes], mut offset: u64) -> Result<()> {
    for part in parts {
        sys::write_all_at(file, part, offset)?;
        offset += part.len() as u64;
    }
    Ok(())
}

/// Hashes the first `length` bytes of `file`.
pub(super) fn hash_file(file: &File, algorithm: Algorithm, length: u64) -> Result<Hasher> {
    let mut hash = Hasher::new(algorithm);
    let mut buffer = vec![0; REHASH_BYTES];
    while hash.length() < length {
        let want = (length - hash.length()).min(REHASH_BYTES as u64) as usize;
        file.read_exact_at(&mut buffer[..want], hash.length())?;
        hash.update(&buffer[..want]);
    }
    Ok(hash)
}

/// Whether files can be made without a name and get one later: the file system must allow it, and /proc be there.
pub(super) fn unnamed_files_work(uploads: &OwnedFd) -> bool {
    let name = Uuid::new_v4().to_string();
    let Ok(file) = sys::create_unnamed(uploads) else { return false };
    sys::link_unnamed(&file, uploads, &name).is_ok() && unlink(uploads, &name).is_ok()
}

impl Shared {
    pub fn create_named(&self, lease: &Lease) -> Result<File> {
        Ok(sys::create(&self.uploads, &lease.id.to_string())?.into())
    }

    /// Opens an upload and drops what lies beyond `offset`.
    pub fn open_upload(&self, lease: &Lease, offset: u64) -> Result<File> {
        let flags = OFlags::RDWR | OFlags::CLOEXEC;
        let file: File = match rustix::fs::openat(&self.uploads, lease.id.to_string(), flags, Mode::empty()) {
            Ok(file) => file.into(),
            Err(Errno::NOENT) => return Err(Error::UnknownUpload),
            Err(error) => return Err(error.into()),
        };
        let have = file.metadata()?.len();
        if have < offset {
            return Err(Error::Offset { have });
        }
        if have > offset {
            sys::set_len(&file, offset)?;
        }
        Ok(file)
    }

    pub fn unlink_upload(&self, id: Uuid) -> Result<()> {
        unlink(&self.uploads, &id.to_string())
    }

    /// Gives a verified file its digest as a name, durably. `upload` is its present name, if it has one.
    pub fn commit(&self, file: &File, upload: Option<Uuid>, digest: &Digest, size: u64) -> Result<Stored> {
        let stored = |existed| Ok(Stored { size, existed });
        if self.stat_adopted(digest)? == Some(size) {
            upload.map_or(Ok(()), |id| self.unlink_upload(id))?;
            return stored(true);
        }
        let settle = || {
            // The last chunk may have come days ago, and age is what `sweep` looks at.
            sys::touch_file(file)?;
            Ok::<_, Error>(sys::sync_data(file)?)
        };
        let is_new = !self.holds(digest, size)?;
        if is_new {
            settle()?;
        }
        let folder = &self.folders[folders::folder_index(digest)];
        let existed = {
            let _committing = folder.committing();
            if !is_new && self.touch(digest)? {
                upload.map_or(Ok(()), |id| self.unlink_upload(id))?;
                true
            } else {
                if !is_new {
                    // It was swept since we looked.
                    settle()?;
                }
                self.make_folders(digest.algorithm())?;
                match upload {
                    Some(id) => self.rename_to(&id.to_string(), digest, size)?,
                    None => self.link_to(file, digest, size)?,
                }
            }
        };
        // Also for a file that was there: whoever linked it may not have come to its sync yet.
        folder.wait(|| {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let folder = rustix::fs::openat(&self.blobs, folders::folder_name(digest), flags, Mode::empty())?;
            Ok(sys::sync_folder(folder)?)
        })?;
        stored(existed)
    }

    fn make_folders(&self, algorithm: Algorithm) -> Result<()> {
        if algorithm == Algorithm::Sha256 {
            return Ok(());
        }
        let mut made = self.sha512.lock().unwrap_or_else(PoisonError::into_inner);
        if !*made {
            folders::create_algorithm(&self.root.join("blobs"), algorithm)?;
            *made = true;
        }
        Ok(())
    }

    /// Whether the blob is there in its right size. One of another size was damaged outside of Berth; the verified
    /// bytes at hand take its place.
    fn holds(&self, digest: &Digest, size: u64) -> Result<bool> {
        match size_at(&self.blobs, &folders::blob_name(digest))? {
            None => Ok(false),
            Some(present) if present == size => Ok(true),
            Some(present) => {
                tracing::warn!(blob.digest = %digest, blob.size = size, found = present, "replacing a damaged blob");
                Ok(false)
            }
        }
    }

    /// Makes a blob young again. False where it was swept meanwhile.
    fn touch(&self, digest: &Digest) -> Result<bool> {
        match sys::touch(&self.blobs, &folders::blob_name(digest)) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// See [`crate::BlobStore::sweep`]. No [`Shared::commit`] in the folder is under way meanwhile: one that has found the
    /// blob and made it young may be acknowledged at any moment, so the blob must not leave its name even for an instant.
    pub fn sweep(&self, digest: &Digest, before: Timestamp) -> Result<bool> {
        let name = folders::blob_name(digest);
        let _alone = self.folders[folders::folder_index(digest)].alone();
        let file: File = match rustix::fs::openat(&self.blobs, &name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()) {
            Ok(file) => file.into(),
            Err(Errno::NOENT) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        if super::list::modified(&file.metadata()?) >= before {
            return Ok(false);
        }
        unlink(&self.blobs, &name)?;
        Ok(true)
    }

    fn link_to(&self, file: &File, digest: &Digest, size: u64) -> Result<bool> {
        match sys::link_unnamed(file, &self.blobs, &folders::blob_name(digest)) {
            Ok(()) => Ok(false),
            Err(Errno::EXIST) if self.holds(digest, size)? => Ok(true),
            Err(Errno::EXIST) => {
                let name = Uuid::new_v4().to_string();
                sys::link_unnamed(file, &self.uploads, &name)?;
                sys::rename(&self.uploads, &name, &self.blobs, &folders::blob_name(digest))?;
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn rename_to(&self, upload: &str, digest: &Digest, size: u64) -> Result<bool> {
        let name = folders::blob_name(digest);
        match sys::rename_to_new(&self.uploads, upload, &self.blobs, &name) {
            Ok(()) => Ok(false),
            Err(Errno::EXIST) if self.holds(digest, size)? => {
                unlink(&self.uploads, upload)?;
                Ok(true)
            }
            // Replacing is harmless, the bytes being the same or the old ones damaged. Some file systems can only that.
            Err(Errno::EXIST | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                sys::rename(&self.uploads, upload, &self.blobs, &name)?;
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    pub fn health(self: &Arc<Self>) -> Result<()> {
        let lease = self.lease(Uuid::new_v4())?;
        let temp = Temp { file: Arc::new(self.create_named(&lease)?), lease: Some(lease) };
        let probe = Uuid::new_v4().into_bytes();
        sys::write_all_at(&temp.file, &probe, 0)?;
        sys::sync_data(&temp.file)?;
        let renamed = self.lease(Uuid::new_v4())?;
        let name = temp.name().unwrap_or_default().to_string();
        sys::rename(&self.uploads, &name, &self.uploads, &renamed.id.to_string())?;
        let file = self.open_upload(&renamed, probe.len() as u64);
        self.unlink_upload(renamed.id)?;
        let mut back = [0; 16];
        file?.read_exact_at(&mut back, 0)?;
        if back != probe {
            return Err(Error::Io(std::io::Error::other("the storage returns other bytes than were written")));
        }
        Ok(())
    }
}
