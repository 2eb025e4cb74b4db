//! Verifying files against their names, and moving aside those that are damaged.
//!
//! ```text
//! <root>/quarantine/<alg>/<hex>         a damaged blob; a second one of the same name gets `.1`, `.2`, …
//! ```

use std::{fs::File, io, os::fd::OwnedFd, os::unix::fs::FileExt, path::Path};

use berth_types::{Algorithm, Digest};
use rustix::{
    fs::{Advice, AtFlags, Mode, OFlags},
    io::Errno,
};

use super::{Shared, folders, list, read::Trust, size_at, sys, unlink};
use crate::{
    Error, Exported, Hasher, Listed, Result,
    verify::{Pace, Verdict, verdict},
};

/// Bytes read at once: few enough to be hashed out of the processor's cache.
const READ_BYTES: usize = 256 << 10;
/// Damaged blobs of one name that are kept.
const SAME_NAME_MAX: u32 = 1000;

impl Shared {
    /// See [`crate::BlobStore::verify`]. Blocks as long as it reads.
    pub fn verify(&self, digest: &Digest, pace: &Pace) -> Result<Verdict> {
        match self.open_any(digest)? {
            Some((file, _)) => rehash(&file, digest, pace),
            None => Ok(Verdict::Absent),
        }
    }

    fn open_any(&self, digest: &Digest) -> Result<Option<(File, Trust)>> {
        let open = |folder: &OwnedFd, name: String| match rustix::fs::openat(
            folder,
            name,
            OFlags::RDONLY | OFlags::CLOEXEC,
            Mode::empty(),
        ) {
            Ok(file) => Ok(Some(File::from(file))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(Error::from(error)),
        };
        match (open(&self.blobs, folders::blob_name(digest))?, &self.adopted) {
            (None, Some(adopted)) => {
                Ok(open(&adopted.blobs, folders::adopted_name(digest))?.map(|file| (file, Trust::Foreign)))
            }
            (found, _) => Ok(found.map(|file| (file, Trust::Ours))),
        }
    }

    /// See [`crate::BlobStore::quarantine`]. Blocks as long as it reads.
    pub fn quarantine(&self, digest: &Digest) -> Result<bool> {
        match self.find_damaged(digest)? {
            Some((file, Trust::Ours)) => self.set_aside(digest, &file),
            Some((_, Trust::Foreign)) => Err(Error::ReadOnly),
            None => Ok(false),
        }
    }

    /// The file that is the blob now, if its bytes have another digest.
    fn find_damaged(&self, digest: &Digest) -> Result<Option<(File, Trust)>> {
        let Some((file, trust)) = self.open_any(digest)? else { return Ok(None) };
        let verdict = rehash(&file, digest, &Pace::new(None))?;
        Ok(matches!(verdict, Verdict::Damaged { .. }).then_some((file, trust)))
    }

    /// Moves a file that was found damaged to quarantine. Reading it took its time: where the blob's name is another
    /// file's by now, a push brought the blob anew, and false is the answer. From the look at the name to the rename
    /// nobody gives the blob its name, or relies on it. The open file keeps its inode's number from being used again.
    fn set_aside(&self, digest: &Digest, damaged: &File) -> Result<bool> {
        let name = folders::blob_name(digest);
        let quarantine = self.make_quarantine(digest.algorithm())?;
        let _alone = self.folders[folders::folder_index(digest)].alone();
        if !is_named(damaged, &self.blobs, &name)? {
            return Ok(false);
        }
        let aside = free_name(&quarantine, &digest.hex())?;
        match sys::rename(&self.blobs, &name, &quarantine, &aside) {
            Ok(()) => {}
            Err(Errno::NOENT) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        sys::sync_folder(&quarantine)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::openat(&self.blobs, folders::folder_name(digest), flags, Mode::empty())?;
        sys::sync_folder(folder)?;
        Ok(true)
    }

    /// See [`crate::BlobStore::list_quarantine`].
    pub fn list_quarantine(&self) -> Result<Vec<Listed>> {
        let mut listed = Vec::new();
        for algorithm in folders::ALGORITHMS {
            listed.extend(list::quarantined(&self.quarantine_path(algorithm), algorithm)?);
        }
        Ok(listed)
    }

    /// See [`crate::BlobStore::delete_quarantined`].
    pub fn delete_quarantined(&self, digest: &Digest) -> Result<()> {
        let folder = match folders::open(&self.quarantine_path(digest.algorithm())) {
            Ok(folder) => folder,
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        for number in 0..SAME_NAME_MAX {
            let name = numbered(&digest.hex(), number);
            if size_at(&folder, &name)?.is_none() {
                break;
            }
            unlink(&folder, &name)?;
        }
        Ok(())
    }

    /// Gives a blob a second name outside of the store. False where the file systems do not allow it, or the blob is
    /// not ours.
    pub fn link_out(&self, digest: &Digest, to: &Path) -> Result<Option<Exported>> {
        let name = folders::blob_name(digest);
        let Some(size) = size_at(&self.blobs, &name)? else { return Ok(None) };
        match sys::link_out(&self.blobs, &name, to) {
            Ok(()) => Ok(Some(Exported::Linked { size })),
            Err(
                Errno::NOENT
                | Errno::XDEV
                | Errno::PERM
                | Errno::MLINK
                | Errno::OPNOTSUPP
                | Errno::NOSYS
                | Errno::ACCESS,
            ) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn quarantine_path(&self, algorithm: Algorithm) -> std::path::PathBuf {
        self.root.join("quarantine").join(algorithm.as_str())
    }

    /// Makes the folder, durably, where it is not there.
    fn make_quarantine(&self, algorithm: Algorithm) -> Result<OwnedFd> {
        let folder = self.quarantine_path(algorithm);
        let parent = self.root.join("quarantine");
        for (path, above) in [(&parent, &self.root), (&folder, &parent)] {
            match sys::make_folder(path) {
                Ok(()) => sys::sync_folder(folders::open(above)?)?,
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
        folders::open(&folder)
    }
}

/// Reads a file from its beginning and compares what it has with a digest.
fn rehash(file: &File, digest: &Digest, pace: &Pace) -> Result<Verdict> {
    // Only advice: without it reading takes longer, and others' pages may leave memory sooner.
    let _ = rustix::fs::fadvise(file, 0, None, Advice::Sequential);
    let _ = rustix::fs::fadvise(file, 0, None, Advice::NoReuse);
    let mut hash = Hasher::new(digest.algorithm());
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let got = match file.read_at(&mut buffer, hash.length()) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            got => got?,
        };
        if got == 0 {
            return Ok(verdict(digest, hash));
        }
        hash.update(&buffer[..got]);
        pace.wait_blocking(got as u64)?;
    }
}

/// Whether a name is that of an open file.
fn is_named(file: &File, folder: &OwnedFd, name: &str) -> Result<bool> {
    let open = rustix::fs::fstat(file)?;
    match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(named) => Ok((named.st_dev, named.st_ino) == (open.st_dev, open.st_ino)),
        Err(Errno::NOENT) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn numbered(hex: &str, number: u32) -> String {
    if number == 0 { hex.to_owned() } else { format!("{hex}.{number}") }
}

fn free_name(folder: &OwnedFd, hex: &str) -> Result<String> {
    for number in 0..SAME_NAME_MAX {
        let name = numbered(hex, number);
        if size_at(folder, &name)?.is_none() {
            return Ok(name);
        }
    }
    Err(Error::Io(io::Error::other(format!("{SAME_NAME_MAX} damaged blobs of one digest lie in quarantine"))))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::suite::{bytes, digest};

    #[test]
    fn what_was_stored_while_the_damaged_file_was_read_stays() {
        let folder = TempDir::new().unwrap();
        let shared = Shared::open(folder.path(), None).unwrap();
        let whole = bytes(5000);
        let digest = digest(Algorithm::Sha256, &whole);
        let path = folder.path().join("blobs").join(folders::blob_name(&digest));
        let store = |bytes: &[u8]| {
            let new = folder.path().join("uploads/new");
            fs::write(&new, bytes).unwrap();
            fs::rename(&new, &path).unwrap();
        };
        store(b"damaged");
        let (damaged, _) = shared.find_damaged(&digest).unwrap().unwrap();
        store(&whole);
        assert!(!shared.set_aside(&digest, &damaged).unwrap());
        assert!(fs::read(&path).unwrap() == whole);
        assert!(shared.find_damaged(&digest).unwrap().is_none(), "sound bytes are never moved");
        fs::remove_file(&path).unwrap();
        assert!(!shared.set_aside(&digest, &damaged).unwrap());
        assert_eq!(shared.list_quarantine().unwrap(), []);

        store(b"damaged");
        let (damaged, _) = shared.find_damaged(&digest).unwrap().unwrap();
        assert!(shared.set_aside(&digest, &damaged).unwrap());
        assert!(!path.exists());
        assert_eq!(shared.list_quarantine().unwrap().len(), 1);
    }

    #[test]
    fn a_sound_blob_of_an_adopted_store_is_not_damaged() {
        let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let digest = digest(Algorithm::Sha256, b"as it was");
        let blob = other.path().join("docker/registry/v2/blobs").join(folders::blob_name(&digest));
        fs::create_dir_all(&blob).unwrap();
        fs::write(blob.join("data"), b"as it was").unwrap();
        let shared = Shared::open(folder.path(), Some(other.path())).unwrap();
        assert!(!shared.quarantine(&digest).unwrap());
        fs::write(blob.join("data"), b"as it is!").unwrap();
        assert!(matches!(shared.quarantine(&digest), Err(Error::ReadOnly)));
    }
}
