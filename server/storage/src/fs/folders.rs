//! The folders: their names, their making, and how concurrent uploads share the sync of one.

use std::{
    os::fd::OwnedFd,
    path::Path,
    sync::{
        Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use berth_types::{Algorithm, Digest};
use rustix::{
    fs::{Mode, OFlags},
    io::Errno,
};

use super::sys;
use crate::{Error, Result};

pub(super) const ALGORITHMS: [Algorithm; 2] = [Algorithm::Sha256, Algorithm::Sha512];

/// One folder for each algorithm and first byte.
pub(super) const COUNT: usize = ALGORITHMS.len() * 256;

/// `<alg>/<aa>/<hex>`.
pub(super) fn blob_name(digest: &Digest) -> String {
    format!("{}/{}", folder_name(digest), digest.hex())
}

/// `<alg>/<aa>/<hex>/data`, as distribution has it.
pub(super) fn adopted_name(digest: &Digest) -> String {
    format!("{}/data", blob_name(digest))
}

/// `<alg>/<aa>`.
pub(super) fn folder_name(digest: &Digest) -> String {
    format!("{}/{:02x}", digest.algorithm().as_str(), digest.hash()[0])
}

/// The folder's place among [`COUNT`].
pub(super) fn folder_index(digest: &Digest) -> usize {
    let algorithm = match digest.algorithm() {
        Algorithm::Sha256 => 0,
        Algorithm::Sha512 => 1,
    };
    algorithm * 256 + usize::from(digest.hash()[0])
}

pub(super) fn open(path: &Path) -> Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}

/// Makes what is missing, durably, so that an upload syncs one folder only. Those of SHA-512 wait until
/// [`create_algorithm`] is asked for them, because few stores ever see one.
pub(super) fn create(root: &Path) -> Result<()> {
    create_all(root)?;
    create_one(&root.join("uploads"))?;
    create_one(&root.join("blobs"))?;
    // Also where they are there: who made them may have been killed before its sync.
    sync(root)?;
    create_algorithm(&root.join("blobs"), Algorithm::Sha256)
}

/// Makes the 256 folders of one algorithm, durably.
pub(super) fn create_algorithm(blobs: &Path, algorithm: Algorithm) -> Result<()> {
    let folder = blobs.join(algorithm.as_str());
    create_one(&folder)?;
    for byte in 0..=u8::MAX {
        create_one(&folder.join(format!("{byte:02x}")))?;
    }
    sync(&folder)?;
    sync(blobs)
}

/// Makes a folder with those above it, durably.
fn create_all(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    create_all(parent)?;
    create_one(path)?;
    sync(parent)
}

fn sync(folder: &Path) -> Result<()> {
    Ok(sys::sync_folder(open(folder)?)?)
}

fn create_one(path: &Path) -> Result<()> {
    match sys::make_folder(path) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Makes new names in a folder durable, once for all that wait.
#[derive(Default)]
pub(super) struct FolderSync {
    asked: AtomicU64,
    settled: Mutex<Settled>,
    /// Read by those who give names, written by who takes one away by age.
    names: RwLock<()>,
}

/// Tickets up to these numbers have their answer.
#[derive(Default)]
struct Settled {
    done: u64,
    failed: u64,
}

impl FolderSync {
    /// While this is held, nobody takes a name away by its age.
    pub fn committing(&self) -> RwLockReadGuard<'_, ()> {
        self.names.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// While this is held, nobody gives a name or relies on one that is there.
    pub fn alone(&self) -> RwLockWriteGuard<'_, ()> {
        self.names.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when every name that was made before the call is durable. `sync` is called by one of those who wait.
    pub fn wait(&self, sync: impl FnOnce() -> Result<()>) -> Result<()> {
        let ticket = self.asked.fetch_add(1, Ordering::AcqRel) + 1;
        let mut settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        if ticket <= settled.done {
            // The kernel reports a lost write once only, so those who waited for the same sync fail with it.
            return if ticket <= settled.failed { Err(failed_with_another()) } else { Ok(()) };
        }
        // Whoever has a ticket by now has made its name already.
        let covered = self.asked.load(Ordering::Acquire);
        let outcome = sync();
        settled.done = covered;
        if outcome.is_err() {
            settled.failed = covered;
        }
        outcome
    }
}

fn failed_with_another() -> Error {
    Error::Io(std::io::Error::other("the folder could not be synced"))
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, atomic::AtomicUsize, mpsc},
        thread,
        time::Duration,
    };

    use super::*;

    #[test]
    fn those_who_wait_share_one_sync() {
        let folder = Arc::new(FolderSync::default());
        let syncs = Arc::new(AtomicUsize::new(0));
        let (started, starts) = mpsc::channel();
        let (go, gate) = mpsc::channel::<()>();
        let first = thread::spawn({
            let (folder, syncs) = (folder.clone(), syncs.clone());
            move || {
                folder.wait(|| {
                    syncs.fetch_add(1, Ordering::SeqCst);
                    started.send(()).unwrap();
                    gate.recv().unwrap();
                    Ok(())
                })
            }
        });
        starts.recv().unwrap();
        let others: Vec<_> = (0..8)
            .map(|_| {
                let (folder, syncs) = (folder.clone(), syncs.clone());
                thread::spawn(move || {
                    folder.wait(|| {
                        syncs.fetch_add(1, Ordering::SeqCst);
                        Ok(())
                    })
                })
            })
            .collect();
        while folder.asked.load(Ordering::SeqCst) < 9 {
            thread::sleep(Duration::from_millis(1));
        }
        go.send(()).unwrap();
        first.join().unwrap().unwrap();
        others.into_iter().for_each(|other| other.join().unwrap().unwrap());
        assert_eq!(syncs.load(Ordering::SeqCst), 2, "the eight came after the first began, and share the second");
    }

    #[test]
    fn a_failed_sync_does_not_fail_those_who_come_later() {
        let folder = FolderSync::default();
        assert!(folder.wait(|| Err(Errno::IO.into())).is_err());
        assert!(folder.wait(|| Ok(())).is_ok());
    }
}
