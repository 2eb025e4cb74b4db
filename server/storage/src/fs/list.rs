//! Walks over what lies on the disk, a folder at a time.

use std::{
    fs::{self, DirEntry, Metadata},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use berth_types::{Algorithm, Digest, Timestamp};
use futures_util::{StreamExt, stream};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{blocking, folders};
use crate::{Listed, Listing, Result, Upload};

/// Which of the two layouts a root has.
#[derive(Clone, Copy)]
enum Layout {
    Flat,
    Adopted,
}

pub(super) fn uploads(root: &Path) -> Result<Vec<Upload>> {
    let mut uploads = Vec::new();
    for entry in fs::read_dir(root.join("uploads"))? {
        let entry = entry?;
        let id = entry.file_name().to_str().and_then(|name| Uuid::try_parse(name).ok());
        let Some(id) = id else {
            tracing::warn!(path = %entry.path().display(), "a foreign file lies among the uploads");
            continue;
        };
        if let Some(metadata) = still_there(entry.metadata())? {
            uploads.push(Upload { id, size: metadata.len(), modified: modified(&metadata) });
        }
    }
    Ok(uploads)
}

pub(super) fn blobs(jobs: Arc<Semaphore>, flat: PathBuf, adopted: Option<PathBuf>) -> Listing {
    let roots = [Some((flat, Layout::Flat)), adopted.map(|path| (path, Layout::Adopted))];
    let walks = roots.into_iter().flatten().flat_map(|(root, layout)| {
        folders::ALGORITHMS.into_iter().flat_map(move |algorithm| {
            let root = root.join(algorithm.as_str());
            (0..=u8::MAX).map(move |byte| (root.join(format!("{byte:02x}")), algorithm, layout))
        })
    });
    let walk = stream::iter(walks).then(move |(folder, algorithm, layout)| {
        let jobs = jobs.clone();
        async move { blocking(&jobs, move || folder_blobs(&folder, algorithm, layout)).await }
    });
    Box::pin(walk.flat_map(|found| {
        let found = match found {
            Ok(blobs) => blobs.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        };
        stream::iter(found)
    }))
}

/// Damaged blobs; several may have been of one digest.
pub(super) fn quarantined(folder: &Path, algorithm: Algorithm) -> Result<Vec<Listed>> {
    let mut blobs = Vec::new();
    let Some(entries) = still_there(fs::read_dir(folder))? else { return Ok(blobs) };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let hex = name.to_str().map(|name| name.split_once('.').map_or(name, |(hex, _)| hex));
        let digest = hex.and_then(|hex| format!("{}:{hex}", algorithm.as_str()).parse().ok());
        if let (Some(digest), Some(metadata)) = (digest, still_there(entry.metadata())?) {
            blobs.push(Listed { digest, size: metadata.len(), modified: modified(&metadata), read_only: false });
        }
    }
    Ok(blobs)
}

fn folder_blobs(folder: &Path, algorithm: Algorithm, layout: Layout) -> Result<Vec<Listed>> {
    let mut blobs = Vec::new();
    let Some(entries) = still_there(fs::read_dir(folder))? else { return Ok(blobs) };
    for entry in entries {
        let entry = entry?;
        let Some(digest) = digest_of(&entry, algorithm) else {
            tracing::warn!(path = %entry.path().display(), "a foreign file lies among the blobs");
            continue;
        };
        let (metadata, read_only) = match layout {
            Layout::Flat => (entry.metadata(), false),
            Layout::Adopted => (fs::metadata(entry.path().join("data")), true),
        };
        if let Some(metadata) = still_there(metadata)? {
            blobs.push(Listed { digest, size: metadata.len(), modified: modified(&metadata), read_only });
        }
    }
    Ok(blobs)
}

fn digest_of(entry: &DirEntry, algorithm: Algorithm) -> Option<Digest> {
    format!("{}:{}", algorithm.as_str(), entry.file_name().to_str()?).parse().ok()
}

/// What went away during the walk is not part of it.
fn still_there<T>(found: io::Result<T>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn modified(metadata: &Metadata) -> Timestamp {
    Timestamp(metadata.mtime() * 1_000_000 + metadata.mtime_nsec() / 1_000)
}
