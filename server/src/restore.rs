//! `berth restore`: a data folder from a backup.
//!
//! Everything is brought to the new folder first, and compared with its digests on the way; the database gets its name
//! last. Until then no server starts there with half of it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use berth_db::{CopiedDb, query};
use berth_domain::backup::{Backup, SECRET_KEY, blob_path};
use berth_storage::{FsStore, Hasher};
use berth_types::{Algorithm, Clock, Digest, time::SystemClock};
use clap::Args;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{amount, backup::contents, config::Config, data_folder, fsck::line};

/// Blobs that are copied at the same time.
const JOBS: usize = 4;
/// Bytes that are copied at once.
const COPY_BYTES: usize = 256 << 10;
/// Rows that are read at once.
const PAGE: i64 = 500;
/// The most blobs that are named one by one when they are missing.
const NAMED_MAX: usize = 20;

/// Where from, and how.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// The folder with the backup
    from: PathBuf,
    /// Do not compare bytes with their digests
    #[arg(long)]
    no_verify: bool,
    /// Restore what is there, also where blobs of the backup are missing or damaged
    #[arg(long)]
    partial: bool,
}

/// What was restored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Blobs.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Blobs that are not there: missing or damaged in the backup, or already when it was made.
    pub lost: Vec<Digest>,
}

/// Restores into the configured data folder, which must be empty or new.
///
/// # Errors
/// Where the folder is not empty, or the backup cannot be read or is damaged.
pub async fn command(config: &Config, arguments: &Arguments) -> anyhow::Result<()> {
    let backup = contents(&arguments.from)?;
    let restored = restore(config, arguments, &backup).await?;
    let folder = config.data.dir.display();
    line(&format!(
        "restored {} blobs ({}), {} manifests and {} tags as of {} into {folder}",
        restored.blobs,
        amount::shown(restored.bytes),
        backup.manifests,
        backup.tags,
        backup.taken_at.to_rfc3339()
    ))?;
    if !restored.lost.is_empty() {
        line(&format!("{} blobs are lost: they answer as unknown until somebody pushes them", restored.lost.len()))?;
    }
    if backup.database.is_none() {
        line("the backup has blobs only: restore the dump of the database before the server starts")?;
    }
    Ok(())
}

async fn restore(config: &Config, arguments: &Arguments, backup: &Backup) -> anyhow::Result<Restored> {
    let (from, data) = (&arguments.from, &config.data);
    if backup.database.is_some() && config.db.url.is_some() {
        bail!("the backup has an embedded database, and `db.url` names another one");
    }
    check_empty(&data.dir)?;
    if data.secret_key.exists() {
        bail!("there is a secret key at {} already", data.secret_key.display());
    }
    let _lock = data_folder::lock(data, "restore")?;
    let storage = data.storage();
    // Makes the folders.
    tokio::task::spawn_blocking(move || FsStore::open(&storage, None)).await?.context("could not make the storage")?;

    let unfinished = data.dir.join("berth.db.restoring");
    let database = match &backup.database {
        None => None,
        Some(name) => {
            copy_file(&from.join(name), &unfinished).context("could not copy the database")?;
            let copy = CopiedDb::open_for_change(&unfinished)?;
            if !arguments.no_verify
                && let Some(damage) = copy.check().await?.into_iter().next()
            {
                bail!("the database of the backup is damaged: {damage}");
            }
            Some(copy)
        }
    };
    let mut copying = Copying { from, to: &data.dir, verify: !arguments.no_verify, restored: Restored::default() };
    match &database {
        Some(database) => copying.named(database).await?,
        None => copying.found().await?,
    }
    let Copying { restored, .. } = copying;
    let is_news = |digest: &&Digest| !backup.missing.contains(digest);
    let news: Vec<&Digest> = restored.lost.iter().filter(is_news).collect();
    if !news.is_empty() && !arguments.partial {
        for digest in news.iter().take(NAMED_MAX) {
            line(&format!("missing or damaged {digest}"))?;
        }
        bail!(
            "{} blobs of the backup are missing or damaged; to restore the rest, empty {} and use --partial",
            news.len(),
            data.dir.display()
        );
    }
    let key = fs::read(from.join(SECRET_KEY)).context("could not read the secret key of the backup")?;
    write_secret(&data.secret_key, &key).with_context(|| format!("could not write {}", data.secret_key.display()))?;
    if let Some(database) = database {
        query::backup::mark_lost(&mut database.conn(), &restored.lost, SystemClock.now()).await?;
        query::backup::forget_unfinished(&mut database.conn()).await?;
        query::backup::delete_doomed(&mut database.conn()).await?;
        database.close()?;
        berth_storage::sync_all(&data.dir).await?;
        fs::rename(&unfinished, data.database())?;
    }
    berth_storage::sync_all(&data.dir).await?;
    Ok(restored)
}

struct Copying<'c> {
    from: &'c Path,
    to: &'c Path,
    verify: bool,
    restored: Restored,
}

impl Copying<'_> {
    /// Copies the blobs that a database names.
    async fn named(&mut self, database: &CopiedDb) -> anyhow::Result<()> {
        let mut after = 0;
        loop {
            let page = query::fsck::blobs_after(&mut database.conn(), after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.id;
            self.copy(page.into_iter().map(|row| (row.digest, u64::try_from(row.size).ok())).collect()).await?;
        }
    }

    /// Copies all blobs that are there.
    async fn found(&mut self) -> anyhow::Result<()> {
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            for byte in 0..=u8::MAX {
                let folder = self.from.join(format!("storage/blobs/{}/{byte:02x}", algorithm.as_str()));
                let mut blobs = Vec::new();
                for entry in fs::read_dir(&folder).with_context(|| format!("could not read {}", folder.display()))? {
                    let name = entry?.file_name();
                    let digest = format!("{}:{}", algorithm.as_str(), name.to_string_lossy()).parse::<Digest>();
                    blobs.extend(digest.ok().map(|digest| (digest, None)));
                }
                self.copy(blobs).await?;
            }
        }
        Ok(())
    }

    async fn copy(&mut self, blobs: Vec<(Digest, Option<u64>)>) -> anyhow::Result<()> {
        let copies = stream::iter(blobs).map(|(digest, size)| {
            let (from, to) = (blob_path(self.from, &digest), blob_path(self.to, &digest));
            let verify = self.verify;
            async move {
                let copied = tokio::task::spawn_blocking(move || copy_blob(&from, &to, &digest, size, verify)).await?;
                anyhow::Ok((digest, copied.with_context(|| format!("could not copy {digest}"))?))
            }
        });
        let copied: Vec<(Digest, Option<u64>)> = copies.buffer_unordered(JOBS).try_collect().await?;
        for (digest, size) in copied {
            match size {
                Some(size) => {
                    self.restored.blobs += 1;
                    self.restored.bytes += size;
                }
                None => self.restored.lost.push(digest),
            }
        }
        Ok(())
    }
}

/// Copies a blob and says how many bytes it has; nothing where it is missing or damaged.
fn copy_blob(from: &Path, to: &Path, digest: &Digest, size: Option<u64>, verify: bool) -> io::Result<Option<u64>> {
    let mut source = match File::open(from) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if let Some(folder) = to.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o750).create(folder)?;
    }
    let mut target = OpenOptions::new().write(true).create_new(true).mode(0o640).open(to)?;
    let copied = if verify {
        let mut hash = Hasher::new(digest.algorithm());
        let mut buffer = vec![0; COPY_BYTES];
        loop {
            let got = match source.read(&mut buffer) {
                Ok(0) => break,
                Ok(got) => got,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // The disk of the backup does not give these bytes: they are as good as missing.
                Err(_) => return fs::remove_file(to).map(|()| None),
            };
            hash.update(&buffer[..got]);
            target.write_all(&buffer[..got])?;
        }
        let length = hash.length();
        (hash.digest() == *digest).then_some(length)
    } else {
        Some(io::copy(&mut source, &mut target)?)
    };
    match copied.filter(|copied| size.is_none_or(|size| size == *copied)) {
        Some(copied) => Ok(Some(copied)),
        None => fs::remove_file(to).map(|()| None),
    }
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let mut target = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(&mut File::open(from)?, &mut target).map(drop)
}

fn write_secret(path: &Path, key: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(key)?;
    file.sync_all()
}

fn check_empty(folder: &Path) -> anyhow::Result<()> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("could not read {}", folder.display())),
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => bail!("{} is not empty: a backup is restored into a new data folder only", folder.display()),
        },
    }
}
