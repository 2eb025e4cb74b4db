//! Blobs as files.
//!
//! ```text
//! <root>/blobs/<alg>/<aa>/<hex>     one file a blob, <aa> the first byte; never changed, only linked and unlinked
//! <root>/uploads/<uuid>             resumable uploads, and one-request uploads where O_TMPFILE is unsupported
//! <root>/quarantine/<alg>/<hex>     damaged blobs, which nobody is given
//! <adopted>/docker/registry/v2/blobs/<alg>/<aa>/<hex>/data      another registry's store, only read
//! ```

use std::{
    collections::HashSet,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use berth_types::{Digest, Timestamp};
use rustix::{
    fs::{AtFlags, Mode, OFlags, ResolveFlags},
    io::Errno,
};
use tokio::sync::Semaphore;
use uuid::Uuid;

use self::{
    folders::FolderSync,
    read::{FileBlob, Readers},
    write::{Tail, Temp},
};
use crate::{
    AppendError, BlobRead, BlobStore, ByteStream, Error, Hasher, Listed, Listing, Position, Result, Space, Stored,
    Upload,
    export::{Export, Exported, copy},
    intake::Intake,
    verify::{Pace, Verdict},
};

mod folders;
mod list;
mod map;
#[cfg(test)]
mod power_loss;
mod read;
mod scrub;
mod sys;
#[cfg(test)]
mod tests;
mod write;

/// Jobs that write, sync or link at the same time. More would only queue inside the kernel.
const WRITE_JOBS_MAX: usize = 64;

/// Blobs in a folder of the local file system. Cheap to clone.
#[derive(Clone)]
pub struct FsStore {
    shared: Arc<Shared>,
}

struct Shared {
    root: PathBuf,
    blobs: OwnedFd,
    uploads: OwnedFd,
    adopted: Option<Adopted>,
    unnamed_files: bool,
    folders: Vec<FolderSync>,
    /// Whether the folders of SHA-512 are known to be there.
    sha512: Mutex<bool>,
    in_use: Mutex<HashSet<Uuid>>,
    readers: Arc<Readers>,
    writers: Arc<Semaphore>,
}

struct Adopted {
    path: PathBuf,
    blobs: OwnedFd,
}

impl FsStore {
    /// Opens the store in `root`, and makes its folders on first start. `adopted` is the folder that holds another
    /// registry's `docker/registry/v2`; its blobs are served, never changed. Blocks; called once, at start.
    pub fn open(root: &Path, adopted: Option<&Path>) -> Result<Self> {
        let mut shared = Shared::open(root, adopted)?;
        shared.unnamed_files = write::unnamed_files_work(&shared.uploads);
        if !shared.unnamed_files {
            tracing::info!(storage.root = %root.display(), "the file system has no unnamed files, uploads get names");
        }
        Ok(FsStore { shared: Arc::new(shared) })
    }

    async fn write_job<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Arc<Shared>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let shared = self.shared.clone();
        blocking(&self.shared.writers, move || job(&shared)).await
    }
}

#[async_trait]
impl BlobStore for FsStore {
    async fn open(&self, digest: &Digest) -> Result<Option<Arc<dyn BlobRead>>> {
        if let Some(known) = self.shared.open_cached(digest)? {
            return Ok(known.map(|blob| Arc::new(blob) as Arc<dyn BlobRead>));
        }
        let (shared, digest) = (self.shared.clone(), *digest);
        let blob = blocking(&self.shared.readers.jobs, move || shared.open_blob(&digest)).await?;
        Ok(blob.map(|blob| Arc::new(blob) as Arc<dyn BlobRead>))
    }

    async fn stat(&self, digest: &Digest) -> Result<Option<u64>> {
        let (shared, digest) = (self.shared.clone(), *digest);
        blocking(&self.shared.readers.jobs, move || shared.stat(&digest)).await
    }

    async fn put(&self, digest: &Digest, source: ByteStream, limit: u64) -> Result<Stored> {
        let digest = *digest;
        let mut intake = Intake::new(source, 0, limit);
        intake.fill().await?;
        if intake.ended() {
            let batch = intake.take();
            return self
                .write_job(move |shared| {
                    let mut hash = Hasher::new(digest.algorithm());
                    batch.parts.iter().for_each(|part| hash.update(part));
                    verify(&digest, hash.digest())?;
                    let temp = Temp::create(shared)?;
                    write::write_parts(&temp.file, &batch.parts, 0)?;
                    shared.commit(&temp.file, temp.name(), &digest, batch.len)
                })
                .await;
        }
        let temp = self.write_job(Temp::create).await?;
        let name = temp.name();
        let mut tail = Tail::of_temp(temp, digest.algorithm());
        tail.pump(&self.shared.writers, &mut intake, Ok(())).await?;
        self.write_job(move |shared| {
            let size = tail.offset();
            verify(&digest, tail.digest()?)?;
            shared.commit(tail.file(), name, &digest, size)
        })
        .await
    }

    async fn create_upload(&self, id: Uuid) -> Result<()> {
        self.write_job(move |shared| {
            let lease = shared.lease(id)?;
            shared.create_named(&lease).map(drop)
        })
        .await
    }

    async fn append(
        &self,
        id: Uuid,
        at: Position,
        source: ByteStream,
        limit: u64,
    ) -> std::result::Result<Position, AppendError> {
        let lease = self.shared.lease(id)?;
        let mut intake = Intake::new(source, at.offset, limit);
        let filled = intake.fill().await;
        let open = move |shared: &Arc<Shared>| {
            let file = shared.open_upload(&lease, at.offset)?;
            let hash = at.hash.as_ref().and_then(|state| state.resume());
            let hash = hash.filter(|hash| hash.length() == at.offset);
            Ok(Tail::of_upload(file, lease, at.offset, hash))
        };
        if intake.ended() {
            let batch = intake.take();
            let reached = self
                .write_job(move |shared| {
                    let mut tail = open(shared)?;
                    tail.absorb_now(&batch)?;
                    tail.sync()?;
                    Ok(tail.position())
                })
                .await?;
            return match filled {
                Ok(()) => Ok(reached),
                Err(error) => Err(AppendError { reached: Some(reached), error }),
            };
        }
        let mut tail = self.write_job(open).await?;
        let pumped = tail.pump(&self.shared.writers, &mut intake, filled).await;
        let synced = self.write_job(move |_| tail.sync().map(|()| tail.position())).await;
        match (pumped, synced) {
            (Ok(()), Ok(reached)) => Ok(reached),
            (Ok(()), Err(error)) => Err(error.into()),
            (Err(error), synced) => Err(AppendError { reached: synced.ok(), error }),
        }
    }

    async fn finish(&self, id: Uuid, at: Position, digest: &Digest) -> Result<Stored> {
        let lease = self.shared.lease(id)?;
        let digest = *digest;
        self.write_job(move |shared| {
            let file = shared.open_upload(&lease, at.offset)?;
            let kept = at.hash.as_ref().and_then(|state| state.resume());
            let kept = kept.filter(|hash| hash.length() == at.offset && hash.algorithm() == digest.algorithm());
            let hash = match kept {
                Some(hash) => hash,
                None => write::hash_file(&file, digest.algorithm(), at.offset)?,
            };
            verify(&digest, hash.digest())?;
            shared.commit(&file, Some(lease.id), &digest, at.offset)
        })
        .await
    }

    async fn delete_upload(&self, id: Uuid) -> Result<()> {
        let lease = self.shared.lease(id)?;
        self.write_job(move |shared| shared.unlink_upload(lease.id)).await
    }

    async fn list_uploads(&self) -> Result<Vec<Upload>> {
        let shared = self.shared.clone();
        blocking(&self.shared.readers.jobs, move || list::uploads(&shared.root)).await
    }

    async fn delete(&self, digest: &Digest) -> Result<()> {
        let digest = *digest;
        self.write_job(move |shared| shared.delete(&digest)).await
    }

    async fn sweep(&self, digest: &Digest, before: Timestamp) -> Result<bool> {
        let digest = *digest;
        self.write_job(move |shared| shared.sweep(&digest, before)).await
    }

    async fn list(&self) -> Result<Listing> {
        let adopted = self.shared.adopted.as_ref().map(|adopted| adopted.path.clone());
        Ok(list::blobs(self.shared.readers.jobs.clone(), self.shared.root.join("blobs"), adopted))
    }

    async fn verify(&self, digest: &Digest, pace: &Arc<Pace>) -> Result<Verdict> {
        let (shared, digest, pace) = (self.shared.clone(), *digest, pace.clone());
        blocking(&self.shared.readers.jobs, move || shared.verify(&digest, &pace)).await
    }

    async fn quarantine(&self, digest: &Digest) -> Result<bool> {
        let digest = *digest;
        self.write_job(move |shared| shared.quarantine(&digest)).await
    }

    async fn list_quarantine(&self) -> Result<Vec<Listed>> {
        self.write_job(|shared| shared.list_quarantine()).await
    }

    async fn delete_quarantined(&self, digest: &Digest) -> Result<()> {
        let digest = *digest;
        self.write_job(move |shared| shared.delete_quarantined(&digest)).await
    }

    async fn export(&self, digest: &Digest, to: &Path, how: Export) -> Result<Option<Exported>> {
        if how == Export::LinkOrCopy {
            let (digest, path) = (*digest, to.to_owned());
            if let Some(linked) = self.write_job(move |shared| shared.link_out(&digest, &path)).await? {
                return Ok(Some(linked));
            }
        }
        copy(self, digest, to).await
    }

    async fn health(&self) -> Result<()> {
        self.write_job(|shared| shared.health()).await
    }

    async fn space(&self) -> Result<Option<Space>> {
        self.write_job(|shared| {
            let volume = rustix::fs::statvfs(&shared.root).map_err(std::io::Error::from)?;
            let bytes = |blocks: u64| blocks.saturating_mul(volume.f_frsize);
            Ok(Some(Space { total: bytes(volume.f_blocks), free: bytes(volume.f_bavail) }))
        })
        .await
    }
}

impl Shared {
    fn open(root: &Path, adopted: Option<&Path>) -> Result<Self> {
        folders::create(root)?;
        Ok(Shared {
            root: root.to_owned(),
            blobs: folders::open(&root.join("blobs"))?,
            uploads: folders::open(&root.join("uploads"))?,
            adopted: adopted.map(Adopted::open).transpose()?,
            unnamed_files: false,
            folders: (0..folders::COUNT).map(|_| FolderSync::default()).collect(),
            sha512: Mutex::default(),
            in_use: Mutex::default(),
            readers: Arc::new(Readers::new()),
            writers: Arc::new(Semaphore::new(WRITE_JOBS_MAX)),
        })
    }

    /// Opens without leaving the thread when the kernel has the name in memory. The outer `None` is "cannot tell".
    fn open_cached(&self, digest: &Digest) -> Result<Option<Option<FileBlob>>> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let name = folders::blob_name(digest);
        match rustix::fs::openat2(&self.blobs, &name, flags, Mode::empty(), ResolveFlags::CACHED) {
            Ok(file) => FileBlob::new(file.into(), read::Trust::Ours, &self.readers).map(|blob| Some(Some(blob))),
            Err(Errno::NOENT) if self.adopted.is_none() => Ok(Some(None)),
            Err(Errno::MFILE | Errno::NFILE) => Err(Error::TooManyFiles),
            Err(_) => Ok(None),
        }
    }

    fn open_blob(&self, digest: &Digest) -> Result<Option<FileBlob>> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        match rustix::fs::openat(&self.blobs, folders::blob_name(digest), flags, Mode::empty()) {
            Ok(file) => return FileBlob::new(file.into(), read::Trust::Ours, &self.readers).map(Some),
            Err(Errno::NOENT) => {}
            Err(error) => return Err(error.into()),
        }
        let Some(adopted) = &self.adopted else { return Ok(None) };
        match rustix::fs::openat(&adopted.blobs, folders::adopted_name(digest), flags, Mode::empty()) {
            Ok(file) => FileBlob::new(file.into(), read::Trust::Foreign, &self.readers).map(Some),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn stat(&self, digest: &Digest) -> Result<Option<u64>> {
        match size_at(&self.blobs, &folders::blob_name(digest))? {
            Some(size) => Ok(Some(size)),
            None => self.stat_adopted(digest),
        }
    }

    fn stat_adopted(&self, digest: &Digest) -> Result<Option<u64>> {
        match &self.adopted {
            Some(adopted) => size_at(&adopted.blobs, &folders::adopted_name(digest)),
            None => Ok(None),
        }
    }

    fn delete(&self, digest: &Digest) -> Result<()> {
        // No sync: the row is gone already, and a file that a power loss brings back is an orphan, which is swept.
        unlink(&self.blobs, &folders::blob_name(digest))?;
        match self.stat_adopted(digest)? {
            Some(_) => Err(Error::ReadOnly),
            None => Ok(()),
        }
    }

    /// Keeps an upload to one request at a time.
    fn lease(self: &Arc<Self>, id: Uuid) -> Result<Lease> {
        if !self.in_use().insert(id) {
            return Err(Error::Busy);
        }
        Ok(Lease { shared: self.clone(), id })
    }

    fn in_use(&self) -> MutexGuard<'_, HashSet<Uuid>> {
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Adopted {
    fn open(folder: &Path) -> Result<Self> {
        let path = folder.join("docker/registry/v2/blobs");
        Ok(Adopted { blobs: folders::open(&path)?, path })
    }
}

/// The right to change one upload. It goes along into jobs on other threads, so that it outlives a request that is
/// dropped while such a job still writes.
struct Lease {
    shared: Arc<Shared>,
    id: Uuid,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.shared.in_use().remove(&self.id);
    }
}

fn verify(expected: &Digest, actual: Digest) -> Result<()> {
    if *expected != actual {
        return Err(Error::mismatch(expected, actual));
    }
    Ok(())
}

fn size_at(folder: &OwnedFd, name: &str) -> Result<Option<u64>> {
    match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat.st_size as u64)),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn unlink(folder: &OwnedFd, name: &str) -> Result<()> {
    match sys::unlink(folder, name) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Runs `job` where it may block. The permit stays with the job, also when nobody waits for it any more.
async fn blocking<T: Send + 'static>(
    jobs: &Arc<Semaphore>,
    job: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let permit = jobs.clone().acquire_owned().await.map_err(|error| Error::Io(std::io::Error::other(error)))?;
    let running = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        job()
    });
    running.await.map_err(|error| Error::Io(error.into()))?
}
