//! The folder of a backup: what it may hold, and how files get into it and out of it again.

use std::{
    collections::HashSet,
    io,
    path::{Path, PathBuf},
};

use berth_types::{Algorithm, Digest};
use tokio::fs;

use super::{Backup, CONTENTS, Contents, FORMAT, SECRET_KEY};
use crate::{Error, Result, storage};

/// The folder.
pub(super) struct Target {
    pub(super) folder: PathBuf,
}

impl Target {
    /// Makes the folder what it should be, and says what it held.
    pub(super) async fn open(&self, instance_id: &str) -> Result<Option<Backup>> {
        let folder = &self.folder;
        let refused = |why: &str| Error::Conflict(format!("{} {why}", folder.display()));
        if !folder.is_absolute() {
            return Err(refused("is no absolute path"));
        }
        make_folder(folder, 0o700).await?;
        let before = match fs::read(folder.join(CONTENTS)).await {
            Ok(text) => {
                let contents: Contents =
                    serde_json::from_slice(&text).map_err(|_| refused("holds a backup that cannot be read"))?;
                if contents.format != FORMAT {
                    return Err(refused("holds a backup of another version of Berth"));
                }
                if contents.instance_id != instance_id {
                    return Err(refused("holds a backup of another installation"));
                }
                contents.backup
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut entries = fs::read_dir(folder).await.map_err(|error| target_error(folder, error))?;
                if entries.next_entry().await.map_err(|error| target_error(folder, error))?.is_some() {
                    return Err(refused("is not empty, and holds no backup"));
                }
                let version = env!("CARGO_PKG_VERSION").to_owned();
                let instance_id = instance_id.to_owned();
                self.finish(&Contents { format: FORMAT, version, instance_id, backup: None }).await?;
                None
            }
            Err(error) => return Err(target_error(folder, error)),
        };
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            for byte in 0..=u8::MAX {
                let path = folder.join(format!("storage/blobs/{}/{byte:02x}", algorithm.as_str()));
                make_folder(&path, 0o750).await?;
            }
        }
        Ok(before)
    }

    pub(super) fn blob(&self, digest: &Digest) -> PathBuf {
        blob_path(&self.folder, digest)
    }

    pub(super) async fn copy_secret(&self, from: &Path) -> Result<()> {
        let key = fs::read(from).await.map_err(|error| target_error(from, error))?;
        self.replace(SECRET_KEY, &key).await
    }

    /// Makes everything that was written durable, in one go: a sync for each of many small blobs would take hours.
    pub(super) async fn sync(&self) -> Result<()> {
        berth_storage::sync_all(&self.folder).await.map_err(storage::error)
    }

    pub(super) async fn finish(&self, contents: &Contents) -> Result<()> {
        let text = serde_json::to_vec_pretty(contents).map_err(Error::internal)?;
        self.replace(CONTENTS, &text).await
    }

    /// Writes a file that is either the old or the new one, durably, for nobody else to read.
    async fn replace(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let (path, new) = (self.folder.join(name), self.folder.join(format!("{name}.new")));
        let bytes = bytes.to_owned();
        let folder = self.folder.clone();
        let written = tokio::task::spawn_blocking(move || {
            use std::{io::Write, os::unix::fs::OpenOptionsExt};
            let mut file =
                std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            std::fs::rename(&new, &path)?;
            std::fs::File::open(&folder)?.sync_all()
        });
        written.await.map_err(Error::internal)?.map_err(|error| target_error(&self.folder, error))
    }

    /// Removes what only earlier backups needed. Says how many blobs those were.
    pub(super) async fn prune(&self, now: &Backup, before: Option<&Backup>, named: &HashSet<Digest>) -> Result<u64> {
        let mut entries = fs::read_dir(&self.folder).await.map_err(|error| target_error(&self.folder, error))?;
        while let Some(entry) = entries.next_entry().await.map_err(|error| target_error(&self.folder, error))? {
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_database = name.starts_with("berth-") && name.ends_with(".db");
            if is_database && now.database.as_ref() != Some(&name) {
                fs::remove_file(entry.path()).await.map_err(|error| target_error(&self.folder, error))?;
            }
        }
        if before.is_none() {
            return Ok(0);
        }
        let mut removed = 0;
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            for byte in 0..=u8::MAX {
                let path = self.folder.join(format!("storage/blobs/{}/{byte:02x}", algorithm.as_str()));
                let mut entries = fs::read_dir(&path).await.map_err(|error| target_error(&path, error))?;
                while let Some(entry) = entries.next_entry().await.map_err(|error| target_error(&path, error))? {
                    let name = entry.file_name().to_string_lossy().into_owned();
                    let digest = format!("{}:{name}", algorithm.as_str()).parse::<Digest>();
                    if digest.is_ok_and(|digest| named.contains(&digest)) {
                        continue;
                    }
                    fs::remove_file(entry.path()).await.map_err(|error| target_error(&path, error))?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }
}

/// Where a backup in `folder` keeps a blob.
pub fn blob_path(folder: &Path, digest: &Digest) -> PathBuf {
    let (algorithm, hex) = (digest.algorithm().as_str(), digest.hex());
    folder.join("storage/blobs").join(algorithm).join(&hex[..2]).join(&hex)
}

async fn make_folder(path: &Path, mode: u32) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(mode);
    builder.create(path).await.map_err(|error| target_error(path, error))
}

pub(super) fn target_error(path: &Path, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::Full(Box::new(error)),
        // Whoever asks for a backup is told what is wrong with the folder that they named.
        _ => Error::Precondition(format!("{}: {error}", path.display())),
    }
}
