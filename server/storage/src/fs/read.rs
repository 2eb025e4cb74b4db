//! Reading: from the kernel's cache where it has the bytes, by positioned reads on other threads where it has not.
//!
//! What the kernel has is copied into a buffer that is used again and again, and so stays in the processor's cache: that costs
//! less than entering and leaving the pages of a mapping. Only when many readers at once hold buffers, files are mapped instead.

use std::{
    fs::File,
    io::{self, IoSliceMut},
    num::NonZeroU64,
    ops::Range,
    os::unix::fs::MetadataExt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use futures_util::stream;
use rustix::{fs::Advice, io::ReadWriteFlags};
use tokio::{sync::Semaphore, task::spawn_blocking};

use super::map::Mapping;
use crate::{BlobRead, ByteStream, Result};

/// Reads from the disk at the same time; more only wait inside the kernel.
const READ_JOBS_MAX: usize = 64;

/// A mapped slice ends where the file's offset is a multiple of this.
const SLICE_BYTES: u64 = 1 << 20;

/// Fewer resident bytes than this are not worth a slice, and shorter reads not worth a mapping.
const RESIDENT_BYTES_MIN: usize = 64 << 10;

/// A positioned read from the disk, while memory is plentiful and when it is not.
const CHUNK_BYTES: usize = 256 << 10;
const CHUNK_SCARCE_BYTES: usize = 64 << 10;

/// All readers' buffers together may hold this much before files are mapped and chunks become small.
pub(super) const BUFFERS_BYTES: usize = 8 << 20;

/// Buffers that wait for the next reader; 2 MiB.
const IDLE_BUFFERS_MAX: usize = 8;

/// What the kernel is asked to fetch behind a positioned read, so that the next bytes need no buffer. When half of it is read it is
/// asked for more: who waits for the last byte first finds the disk idle.
const AHEAD_BYTES: u64 = 8 << 20;

/// Whether nobody but Berth can change a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// In Berth's own root: never changed, so it may be mapped.
    Ours,
    /// In an adopted root: somebody could cut it under a mapping.
    Foreign,
}

/// What all readers of a store share.
pub(super) struct Readers {
    pub jobs: Arc<Semaphore>,
    buffered: AtomicUsize,
    /// Buffers that nobody holds, to be used again without being asked for and cleared.
    idle: Mutex<Vec<Vec<u8>>>,
}

impl Readers {
    pub fn new() -> Self {
        Readers { jobs: Arc::new(Semaphore::new(READ_JOBS_MAX)), buffered: AtomicUsize::new(0), idle: Mutex::default() }
    }

    fn is_plentiful(&self) -> bool {
        self.buffered.load(Ordering::Relaxed) < BUFFERS_BYTES
    }

    fn chunk_bytes(&self) -> usize {
        if self.is_plentiful() { CHUNK_BYTES } else { CHUNK_SCARCE_BYTES }
    }

    /// A buffer of `length` bytes with anything in it.
    fn buffer(&self, length: usize) -> Vec<u8> {
        let used = if length == CHUNK_BYTES { self.idle().pop() } else { None };
        used.unwrap_or_else(|| vec![0; length])
    }

    fn take_back(&self, mut buffer: Vec<u8>) {
        if buffer.capacity() != CHUNK_BYTES {
            return;
        }
        // What a shorter read left out was cleared or read once; to set the length again clears the rest.
        buffer.resize(CHUNK_BYTES, 0);
        let mut idle = self.idle();
        if idle.len() < IDLE_BUFFERS_MAX {
            idle.push(buffer);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct FileBlob {
    file: Arc<File>,
    size: u64,
    mappable: bool,
    readers: Arc<Readers>,
}

impl FileBlob {
    pub fn new(file: File, trust: Trust, readers: &Arc<Readers>) -> Result<Self> {
        let metadata = file.metadata()?;
        // The kernel tells only a file's owner which pages it holds, and answers "all" to others.
        let owned = metadata.uid() == rustix::process::geteuid().as_raw();
        let mappable = trust == Trust::Ours && owned;
        Ok(FileBlob { file: Arc::new(file), size: metadata.len(), mappable, readers: readers.clone() })
    }
}

impl BlobRead for FileBlob {
    fn size(&self) -> u64 {
        self.size
    }

    fn read(&self, range: Range<u64>) -> ByteStream {
        let end = range.end.min(self.size);
        let start = range.start.min(end);
        let mappable = self.mappable && end - start > RESIDENT_BYTES_MIN as u64;
        let map = if mappable { Map::Possible } else { Map::Impossible };
        let cursor = Cursor { file: self.file.clone(), readers: self.readers.clone(), at: start, end, asked: end, map };
        Box::pin(stream::try_unfold(cursor, |mut cursor| async move {
            let chunk = cursor.next().await?;
            Ok(chunk.map(|chunk| (chunk, cursor)))
        }))
    }
}

struct Cursor {
    file: Arc<File>,
    readers: Arc<Readers>,
    at: u64,
    end: u64,
    /// Where that ends which the kernel was asked to fetch; `end` while nothing had to come from the disk.
    asked: u64,
    map: Map,
}

enum Map {
    Possible,
    Made(Arc<Mapping>),
    Impossible,
}

impl Cursor {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        if self.at == self.end {
            return Ok(None);
        }
        let ready = match self.map {
            Map::Possible | Map::Made(_) if !self.readers.is_plentiful() => self.mapped(),
            Map::Possible | Map::Made(_) | Map::Impossible => self.cached(),
        };
        let chunk = match ready {
            Some(chunk) => {
                self.look_ahead();
                chunk
            }
            None => self.positioned().await?,
        };
        self.at += chunk.len() as u64;
        Ok(Some(chunk))
    }

    /// Has the kernel fetch more, in time. On another thread: making room for pages and asking the disk for them takes a while.
    fn look_ahead(&mut self) {
        if self.asked == self.end || self.asked.saturating_sub(self.at) > AHEAD_BYTES / 2 {
            return;
        }
        let Ok(permit) = self.readers.jobs.clone().try_acquire_owned() else { return };
        let (file, from) = (self.file.clone(), self.asked.max(self.at));
        self.asked = (from + AHEAD_BYTES / 2).min(self.end);
        let until = self.asked;
        spawn_blocking(move || {
            fetch(&file, from..until);
            drop(permit);
        });
    }

    /// A slice of the mapped file, when its pages are in memory.
    fn mapped(&mut self) -> Option<Bytes> {
        let mapping = match &self.map {
            Map::Made(mapping) => mapping.clone(),
            Map::Impossible => return None,
            Map::Possible => match Mapping::new(&self.file, self.at..self.end) {
                Ok(mapping) => {
                    let mapping = Arc::new(mapping);
                    self.map = Map::Made(mapping.clone());
                    mapping
                }
                Err(error) => {
                    tracing::debug!(%error, "a blob could not be mapped, it is read instead");
                    self.map = Map::Impossible;
                    return None;
                }
            },
        };
        let boundary = (self.at / SLICE_BYTES + 1) * SLICE_BYTES;
        let want = (boundary.min(self.end) - self.at) as usize;
        let resident = mapping.resident(self.at, want);
        if resident < want && resident < RESIDENT_BYTES_MIN {
            return None;
        }
        mapping.slice(self.at, resident)
    }

    /// A copy from the kernel's cache, if that needs no disk.
    fn cached(&self) -> Option<Bytes> {
        let want = self.want();
        let mut buffer = self.readers.buffer(want);
        let mut slices = [IoSliceMut::new(&mut buffer)];
        let got = rustix::io::preadv2(&self.file, &mut slices, self.at, ReadWriteFlags::NOWAIT).unwrap_or_default();
        if got < want && got < RESIDENT_BYTES_MIN {
            self.readers.take_back(buffer);
            return None;
        }
        buffer.truncate(got);
        Some(self.counted(buffer))
    }

    /// A read that may wait for the disk.
    async fn positioned(&mut self) -> io::Result<Bytes> {
        let (file, at, want) = (self.file.clone(), self.at, self.want());
        let asked = (at + want as u64 + AHEAD_BYTES).min(self.end);
        self.asked = asked;
        let permit = self.readers.jobs.clone().acquire_owned().await.map_err(io::Error::other)?;
        let reading = spawn_blocking(move || {
            let _permit = permit;
            let mut buffer = Vec::with_capacity(want);
            rustix::io::retry_on_intr(|| rustix::io::pread(&file, rustix::buffer::spare_capacity(&mut buffer), at))?;
            fetch(&file, at + buffer.len() as u64..asked);
            io::Result::Ok(buffer)
        });
        let buffer = reading.await??;
        if buffer.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file is shorter than it was"));
        }
        Ok(self.counted(buffer))
    }

    fn want(&self) -> usize {
        (self.end - self.at).min(self.readers.chunk_bytes() as u64) as usize
    }

    fn counted(&self, buffer: Vec<u8>) -> Bytes {
        self.readers.buffered.fetch_add(buffer.len(), Ordering::Relaxed);
        Bytes::from_owner(Buffer { bytes: buffer, readers: self.readers.clone() })
    }
}

/// Asks the kernel for bytes that will be read soon.
fn fetch(file: &File, range: Range<u64>) {
    if let Some(length) = range.end.checked_sub(range.start).and_then(NonZeroU64::new) {
        // Only advice: without it the next read waits a little longer.
        let _ = rustix::fs::fadvise(file, range.start, Some(length), Advice::WillNeed);
    }
}

/// A reader's own memory, counted as long as somebody holds it.
struct Buffer {
    bytes: Vec<u8>,
    readers: Arc<Readers>,
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.readers.buffered.fetch_sub(self.bytes.len(), Ordering::Relaxed);
        self.readers.take_back(std::mem::take(&mut self.bytes));
    }
}
