//! The data folder: one process at a time, and the secret key.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use anyhow::Context;
use rand::RngCore;
use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};
use secrecy::SecretBox;

use crate::config::DataConfig;

/// Bytes of the secret key.
pub const SECRET_KEY_BYTES: usize = 32;

/// The secret key. It goes to `auth`, and nowhere else.
pub type SecretKey = SecretBox<[u8; SECRET_KEY_BYTES]>;

/// The folder is ours until this is dropped.
#[derive(Debug)]
pub struct DataLock {
    _file: File,
}

/// The folder belongs to another process.
#[derive(Debug, thiserror::Error)]
#[error("the data folder {folder} is in use by {holder}", folder = folder.display())]
pub struct InUse {
    /// Which.
    pub folder: PathBuf,
    /// By whom, as far as it is known.
    pub holder: String,
}

/// Makes the folder where it does not exist, and takes its lock.
///
/// # Errors
/// [`InUse`] where another process has it; otherwise as the system says.
pub fn lock(data: &DataConfig, purpose: &str) -> anyhow::Result<DataLock> {
    // The database holds password hashes: a folder that we make is for our own account alone.
    make_folder(&data.dir).with_context(|| format!("could not make {}", data.dir.display()))?;
    let path = data.lock();
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .with_context(|| format!("could not open {}", path.display()))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => {
            let mut holder = String::new();
            let known = file.read_to_string(&mut holder).is_ok() && !holder.trim().is_empty();
            let holder = if known { holder.trim().to_owned() } else { "another process".to_owned() };
            return Err(InUse { folder: data.dir.clone(), holder }.into());
        }
        Err(error) => return Err(error).with_context(|| format!("could not lock {}", path.display())),
    }
    file.set_len(0)?;
    writeln!(file, "process {} (berth {purpose})", std::process::id())?;
    Ok(DataLock { _file: file })
}

/// Makes a folder with those above it, so that a power loss leaves them there with all that comes into them.
fn make_folder(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = parent(path);
    make_folder(parent)?;
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => sync_folder(parent),
    }
}

/// Makes the names in a folder durable.
///
/// # Errors
/// As the system says.
pub fn sync_folder(path: &Path) -> std::io::Result<()> {
    File::open(path)?.sync_all()
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Reads the secret key, and makes it at first start. Only the holder of the lock makes one.
///
/// # Errors
/// Where the file cannot be read or written, or holds something else.
pub fn secret_key(path: &Path, _lock: &DataLock) -> anyhow::Result<SecretKey> {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&text).with_context(|| format!("{} is no secret key", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            make(path).with_context(|| format!("could not make {}", path.display()))
        }
        Err(error) => Err(error).with_context(|| format!("could not read {}", path.display())),
    }
}

fn parse(text: &str) -> anyhow::Result<SecretKey> {
    let mut key = Box::new([0; SECRET_KEY_BYTES]);
    hex::decode_to_slice(text.trim(), &mut key[..]).context("it should be 64 hexadecimal digits")?;
    Ok(SecretBox::new(key))
}

/// Under another name first, so that a crash leaves either no key or a whole one.
fn make(path: &Path) -> anyhow::Result<SecretKey> {
    let mut key = Box::new([0; SECRET_KEY_BYTES]);
    rand::rng().fill_bytes(&mut key[..]);
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = PathBuf::from(unfinished);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    writeln!(file, "{}", hex::encode(&key[..]))?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    sync_folder(parent(path))?;
    Ok(SecretBox::new(key))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use secrecy::ExposeSecret;

    use super::*;

    fn data(folder: &Path) -> DataConfig {
        DataConfig { dir: folder.join("data"), adopt: None, secret_key: folder.join("data/secret.key") }
    }

    #[test]
    fn one_process_has_the_folder_and_the_other_learns_who() {
        let folder = tempfile::tempdir().unwrap();
        let first = lock(&data(folder.path()), "serve").unwrap();
        let refused = lock(&data(folder.path()), "admin").unwrap_err();
        let refused = refused.downcast::<InUse>().unwrap();
        assert_eq!(refused.holder, format!("process {} (berth serve)", std::process::id()));
        drop(first);
        lock(&data(folder.path()), "admin").unwrap();
    }

    #[test]
    fn folders_above_the_data_folder_are_made_for_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let above = folder.path().join("a/b");
        let held = lock(&data(&above), "serve").unwrap();
        for path in [folder.path().join("a"), above.clone(), above.join("data")] {
            assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o700);
        }
        drop(held);
        lock(&data(&above), "serve").unwrap();
        std::fs::write(folder.path().join("file"), "in the way").unwrap();
        assert!(lock(&data(&folder.path().join("file")), "serve").is_err());
    }

    #[test]
    fn the_secret_key_is_made_once_for_nobody_else_to_read() {
        let folder = tempfile::tempdir().unwrap();
        let data = data(folder.path());
        let held = lock(&data, "serve").unwrap();
        let made = secret_key(&data.secret_key, &held).unwrap();
        let read = secret_key(&data.secret_key, &held).unwrap();
        assert_eq!(made.expose_secret(), read.expose_secret());
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&data.secret_key), mode(&data.dir)), (0o600, 0o700));
        std::fs::write(&data.secret_key, "short").unwrap();
        assert!(secret_key(&data.secret_key, &held).is_err());
    }
}
