//! Files as memory. All `unsafe` of the crate is here.

use std::{
    ffi::{c_int, c_uchar, c_void},
    fs::File,
    io,
    ops::Range,
    sync::Arc,
};

use bytes::Bytes;
use memmap2::{Advice, Mmap, MmapOptions, UncheckedAdvice};

/// Pages asked for at once; 1 MiB and a page in pages of 4 KiB.
const PAGES_MAX: usize = 257;

/// A part of a file, mapped read-only.
pub(super) struct Mapping {
    map: Mmap,
    /// Offset in the file of the mapping's first byte, at the start of a page.
    base: u64,
    page: usize,
}

impl Mapping {
    /// Maps `range` of `file`, which must not be empty. The file must never be changed or cut while it is mapped.
    pub fn new(file: &File, range: Range<u64>) -> io::Result<Self> {
        let page = rustix::param::page_size();
        let base = range.start - range.start % page as u64;
        let length = usize::try_from(range.end - base).map_err(io::Error::other)?;
        // SAFETY: the caller maps blobs only, which are written before they have a name and from then on only linked
        // and unlinked; an unlinked file keeps its bytes as long as it is mapped.
        let map = unsafe { MmapOptions::new().offset(base).len(length).map(file)? };
        Ok(Mapping { map, base, page })
    }

    /// How many bytes from `offset` on, at most `want`, can be read without waiting for the disk. Stops at the end of
    /// a page unless all are there.
    pub fn resident(&self, offset: u64, want: usize) -> usize {
        let Some(within) = self.index(offset) else { return 0 };
        let skipped = within % self.page;
        let first = within - skipped;
        let length = (skipped + want).min(self.map.len() - first).min(PAGES_MAX * self.page);
        let mut pages = [0; PAGES_MAX];
        // SAFETY: `first` is a multiple of the page size, as is the mapping's address; `first + length` lies within the
        // mapping, which lives as long as `self`; `length` covers at most PAGES_MAX pages, one byte of answer each.
        let outcome = unsafe {
            let address = self.map.as_ptr().add(first).cast_mut();
            mincore(address.cast(), length, pages.as_mut_ptr())
        };
        if outcome != 0 {
            return 0;
        }
        let run = pages.iter().take_while(|page| **page & 1 == 1).count() * self.page;
        let ready = run.min(length).saturating_sub(skipped).min(want);
        if ready == 0 || !self.populate(within, ready) { 0 } else { ready }
    }

    /// Enters the pages now, in one call. Where that fails the file was cut or the disk gave up, and touching the
    /// memory would end the process; a positioned read reports the same as an error.
    fn populate(&self, within: usize, length: usize) -> bool {
        match self.map.advise_range(Advice::PopulateRead, within, length) {
            Ok(()) => true,
            // Linux before 5.14 does not know the advice.
            Err(error) => error.kind() == io::ErrorKind::InvalidInput,
        }
    }

    /// The `length` bytes from `offset` on, which must lie within the mapping.
    pub fn slice(self: &Arc<Self>, offset: u64, length: usize) -> Option<Bytes> {
        let start = self.index(offset)?;
        let end = start.checked_add(length).filter(|end| *end <= self.map.len())?;
        Some(Bytes::from_owner(Slice { mapping: self.clone(), start, end }))
    }

    fn index(&self, offset: u64) -> Option<usize> {
        let within = offset.checked_sub(self.base)?;
        usize::try_from(within).ok().filter(|within| *within < self.map.len())
    }
}

/// Some bytes of a mapping. Dropped, it gives its pages back, so that a large blob does not stay in memory behind its
/// reader; the kernel's cache keeps them.
struct Slice {
    mapping: Arc<Mapping>,
    start: usize,
    end: usize,
}

impl AsRef<[u8]> for Slice {
    fn as_ref(&self) -> &[u8] {
        &self.mapping.map[self.start..self.end]
    }
}

impl Drop for Slice {
    fn drop(&mut self) {
        let start = self.start - self.start % self.mapping.page;
        // SAFETY: the range lies within the mapping, which is shared and read-only, so pages that another slice still
        // reads come back from the file with the same bytes.
        let outcome =
            unsafe { self.mapping.map.unchecked_advise_range(UncheckedAdvice::DontNeed, start, self.end - start) };
        if let Err(error) = outcome {
            tracing::debug!(%error, "pages could not be given back");
        }
    }
}

// rustix has no such call; the C library, which the standard library links, has.
unsafe extern "C" {
    fn mincore(address: *mut c_void, length: usize, pages: *mut c_uchar) -> c_int;
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Seek, Write},
        num::NonZeroU64,
    };

    use super::*;

    const PAGE: usize = 4096;

    fn file(pages: usize) -> (File, Vec<u8>) {
        let mut bytes: Vec<u8> = (0..pages * PAGE + 123).map(|n| (n / 7 + n / PAGE) as u8).collect();
        bytes.truncate(pages * PAGE + 123);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        file.rewind().unwrap();
        (file, bytes)
    }

    #[test]
    fn a_slice_holds_the_bytes_of_the_file_wherever_it_starts() {
        let (file, bytes) = file(20);
        let whole = bytes.len() as u64;
        for (start, end) in [(0, whole), (1, whole), (5000, 5001), (8192, 20_000), (whole - 1, whole)] {
            let mapping = Arc::new(Mapping::new(&file, start..end).unwrap());
            let want = (end - start) as usize;
            assert_eq!(mapping.resident(start, want), want);
            let slice = mapping.slice(start, want).unwrap();
            assert_eq!(slice, bytes[start as usize..end as usize]);
            assert!(mapping.slice(start, want + 1).is_none());
            assert!(mapping.slice(end, 1).is_none());
        }
    }

    #[test]
    fn giving_pages_back_does_not_disturb_other_slices() {
        let (file, bytes) = file(8);
        let mapping = Arc::new(Mapping::new(&file, 0..bytes.len() as u64).unwrap());
        let whole = mapping.slice(0, bytes.len()).unwrap();
        let part = mapping.slice(100, PAGE).unwrap();
        drop(mapping);
        drop(part.clone());
        drop(part);
        assert_eq!(whole, bytes);
        let tail = whole.slice(PAGE..);
        drop(whole);
        drop(file);
        assert_eq!(tail, bytes[PAGE..]);
    }

    #[test]
    fn pages_that_the_kernel_dropped_are_not_resident() {
        let (file, bytes) = file(64);
        file.sync_all().unwrap();
        let mapping = Arc::new(Mapping::new(&file, 0..bytes.len() as u64).unwrap());
        assert_eq!(mapping.resident(0, bytes.len()), bytes.len());
        let (from, pages) = (16 * PAGE as u64, NonZeroU64::new(48 * PAGE as u64));
        drop(mapping.slice(0, bytes.len()));
        rustix::fs::fadvise(&file, from, pages, rustix::fs::Advice::DontNeed).unwrap();
        // A memory file system keeps its pages; there is no slower disk behind it.
        let resident = mapping.resident(0, bytes.len());
        assert!(resident == 16 * PAGE || resident == bytes.len(), "{resident}");
        assert!(resident == bytes.len() || mapping.resident(16 * PAGE as u64, PAGE) == 0);
    }

    #[test]
    fn a_file_that_was_cut_is_noticed_before_its_memory_is_touched() {
        let (file, bytes) = file(32);
        let mapping = Mapping::new(&file, 0..bytes.len() as u64).unwrap();
        assert_eq!(mapping.resident(0, bytes.len()), bytes.len());
        file.set_len(4 * PAGE as u64).unwrap();
        assert!(mapping.resident(0, bytes.len()) <= 4 * PAGE);
        assert_eq!(mapping.resident(8 * PAGE as u64, PAGE), 0);
        assert!(!mapping.populate(8 * PAGE, PAGE), "the kernel refuses instead of raising SIGBUS");
    }
}
