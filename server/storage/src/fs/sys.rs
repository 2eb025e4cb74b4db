//! Every call that changes the file system. Nothing else in this driver does, so that a test can record their order and
//! play a power loss after each of them. Outside of tests these are the plain calls.

use std::{
    fs::File,
    io,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::fs::FileExt,
    },
    path::Path,
};

use rustix::{
    fs::{AtFlags, CWD, Mode, OFlags, RenameFlags, Timespec, Timestamps, UTIME_NOW},
    io::Errno,
};

#[cfg(test)]
use super::power_loss::{Change, recorded};

/// The answer of a call by its number.
type Answer<T = ()> = Result<T, Errno>;

const FILE_MODE: Mode = Mode::from_raw_mode(0o640);
const FOLDER_MODE: Mode = Mode::from_raw_mode(0o750);

/// The present moment, for both times of a file.
const NOW: Timestamps = {
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    Timestamps { last_access: now, last_modification: now }
};

/// Runs a call. In a test that records, what it changed is written down in the order of the calls.
#[cfg(not(test))]
macro_rules! change {
    ($call:expr, $result:pat => $change:expr) => {
        $call
    };
}
#[cfg(test)]
macro_rules! change {
    ($call:expr, $result:pat => $change:expr) => {
        recorded(|| $call, |$result| $change)
    };
}

/// A new file without a name on the file system of `folder`.
pub(super) fn create_unnamed(folder: &OwnedFd) -> Answer<OwnedFd> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    change!(rustix::fs::openat(folder, ".", flags, FILE_MODE), file => Change::created(file, None))
}

/// A new file.
pub(super) fn create(folder: &OwnedFd, name: &str) -> Answer<OwnedFd> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::CLOEXEC;
    change!(rustix::fs::openat(folder, name, flags, FILE_MODE), file => Change::created(file, Some((folder, name))))
}

/// Gives a file made by [`create_unnamed`] a name.
pub(super) fn link_unnamed(file: impl AsFd, folder: &OwnedFd, name: &str) -> Answer {
    // By way of /proc, because a link from the handle itself (AT_EMPTY_PATH) asks for a capability on older kernels.
    let path = format!("/proc/self/fd/{}", file.as_fd().as_raw_fd());
    change!(
        rustix::fs::linkat(CWD, path, folder, name, AtFlags::SYMLINK_FOLLOW),
        () => Change::linked(&file, folder, name)
    )
}

/// Gives a file a second name outside of the store. Not the store's to keep: whoever asked makes it durable.
pub(super) fn link_out(folder: &OwnedFd, name: &str, to: &Path) -> Answer {
    rustix::fs::linkat(folder, name, CWD, to, AtFlags::empty())
}

/// Moves a file to a name, whoever had that before.
pub(super) fn rename(from: &OwnedFd, name: &str, to: &OwnedFd, new_name: &str) -> Answer {
    change!(rustix::fs::renameat(from, name, to, new_name), () => Change::renamed((from, name), (to, new_name)))
}

/// Moves a file to a name that nobody has. Some file systems cannot: `INVAL`, `NOSYS` or `OPNOTSUPP`.
pub(super) fn rename_to_new(from: &OwnedFd, name: &str, to: &OwnedFd, new_name: &str) -> Answer {
    change!(
        rustix::fs::renameat_with(from, name, to, new_name, RenameFlags::NOREPLACE),
        () => Change::renamed((from, name), (to, new_name))
    )
}

/// Takes a name away.
pub(super) fn unlink(folder: &OwnedFd, name: &str) -> Answer {
    change!(rustix::fs::unlinkat(folder, name, AtFlags::empty()), () => Change::unlinked(folder, name))
}

/// Writes all of `bytes` at `offset`.
pub(super) fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    change!(file.write_all_at(bytes, offset), () => Change::written(file, bytes, offset))
}

/// Cuts a file.
pub(super) fn set_len(file: &File, length: u64) -> io::Result<()> {
    change!(file.set_len(length), () => Change::cut(file, length))
}

/// Makes the bytes of a file durable.
pub(super) fn sync_data(file: &File) -> io::Result<()> {
    change!(file.sync_data(), () => Change::synced(file))
}

/// Asks the kernel to begin with writing some bytes of a file, and does not wait. A hint: nothing is durable by it, and a
/// kernel that has no such call writes later.
pub(super) fn start_writing(file: &File, offset: u64, length: u64) {
    #[cfg(target_os = "linux")]
    if let (Ok(offset), Ok(length)) = (offset.try_into(), length.try_into()) {
        // SAFETY: the call takes a handle, which `file` keeps open meanwhile, and numbers; it touches no memory of ours.
        let _ = unsafe { libc::sync_file_range(file.as_raw_fd(), offset, length, libc::SYNC_FILE_RANGE_WRITE) };
    }
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(folder: impl AsFd) -> Answer {
    change!(rustix::fs::fsync(&folder), () => Change::synced_folder(&folder))
}

/// A new folder.
pub(super) fn make_folder(path: &Path) -> Answer {
    change!(rustix::fs::mkdir(path, FOLDER_MODE), () => Change::made_folder(path))
}

/// Makes an open file young.
pub(super) fn touch_file(file: &File) -> Answer {
    rustix::fs::futimens(file, &NOW)
}

/// Makes a file young.
pub(super) fn touch(folder: &OwnedFd, name: &str) -> Answer {
    rustix::fs::utimensat(folder, name, &NOW, AtFlags::empty())
}
