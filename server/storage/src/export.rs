//! Blobs as files of their own, for a backup.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use berth_types::Digest;
use futures_util::StreamExt;
use tokio::{fs, io::AsyncWriteExt};

use crate::{BlobStore, Error, Hasher, Result};

/// How a blob may become another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// As another name of the same bytes where the file systems allow it, else as a copy.
    LinkOrCopy,
    /// As a copy that shares nothing.
    Copy,
}

/// What [`BlobStore::export`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exported {
    /// The file is another name of the store's own bytes, which were not read.
    Linked {
        /// Size in bytes.
        size: u64,
    },
    /// The file is a copy, and has its digest.
    Copied {
        /// Size in bytes.
        size: u64,
    },
}

impl Exported {
    /// Size in bytes.
    pub const fn size(self) -> u64 {
        match self {
            Exported::Linked { size } | Exported::Copied { size } => size,
        }
    }
}

/// Makes all that was written to the file system of `folder` durable, whoever wrote it. One call for any number of files.
///
/// # Errors
/// What the disk says.
pub async fn sync_all(folder: &Path) -> Result<()> {
    let folder = folder.to_owned();
    let synced = tokio::task::spawn_blocking(move || {
        let folder = std::fs::File::open(folder)?;
        Ok(rustix::fs::syncfs(&folder)?)
    });
    synced.await.map_err(|error| Error::Io(error.into()))?
}

/// Copies a blob into the new file `to`, and compares its digest on the way. Under another name first, so that `to`
/// is either whole or not there. Nothing where there is no such blob.
pub(crate) async fn copy<S: BlobStore + ?Sized>(store: &S, digest: &Digest, to: &Path) -> Result<Option<Exported>> {
    let Some(blob) = store.open(digest).await? else { return Ok(None) };
    let unfinished = unfinished(to);
    let copied = async {
        let mut file = fs::File::create(&unfinished).await?;
        let mut hash = Hasher::new(digest.algorithm());
        let mut stream = blob.read(0..blob.size());
        while let Some(chunk) = stream.next().await {
            let chunk = chunk?;
            hash.update(&chunk);
            file.write_all(&chunk).await?;
        }
        file.flush().await?;
        let size = hash.length();
        let actual = hash.digest();
        if actual != *digest {
            return Err(Error::mismatch(digest, actual));
        }
        fs::rename(&unfinished, to).await?;
        Ok(Some(Exported::Copied { size }))
    };
    let copied = copied.await;
    if copied.is_err() {
        // What cannot be removed is written over by the next try.
        let _ = fs::remove_file(&unfinished).await;
    }
    copied
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}
