//! Backups: a copy of the embedded database as it is at one moment, and every blob that it names.
//!
//! ```text
//! <backup>/berth-backup.json            what it holds; written last, so that a backup is whole or the one before it
//! <backup>/berth-<microseconds>.db      the database
//! <backup>/secret.key
//! <backup>/storage/blobs/<alg>/<aa>/<hex>
//! ```
//!
//! The database is copied first. A blob that it names was durable before its row, and garbage collection waits until the
//! backup is done, so all of them are there to be copied, whatever is pushed and deleted meanwhile. Blobs never change:
//! the next backup into the same folder copies only what is new.

use std::{
    collections::HashSet,
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use berth_db::{Backend, CopiedDb, query};
use berth_storage::{Export, Exported};
use berth_types::{Algorithm, Digest, Timestamp};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use tokio::{fs, sync::mpsc};

use crate::{
    Domain, Error, Result,
    authz::{MaintainStorage, SystemAccess},
    blob::unsigned,
    hold::Hold,
    storage,
};

/// The file that says what a backup holds.
pub const CONTENTS: &str = "berth-backup.json";
/// The secret key in a backup.
pub const SECRET_KEY: &str = "secret.key";
/// The version of the layout above. Another one is refused.
pub const FORMAT: u32 = 1;
/// Blobs that are copied at the same time.
const JOBS: usize = 8;
/// Rows that are read at once.
const PAGE: i64 = 500;
/// How often progress is told.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);
/// How long to wait before garbage collection is asked again whether it is done.
const COLLECTION_PAUSE: Duration = Duration::from_millis(500);

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// [`FORMAT`].
    pub format: u32,
    /// The version of Berth that wrote it.
    pub version: String,
    /// The random name of the installation.
    pub instance_id: String,
    /// The backup itself; nothing as long as the first one into this folder is not done.
    pub backup: Option<Backup>,
}

/// One backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// When the database was copied. Everything that was acknowledged before is in it.
    pub taken_at: Timestamp,
    /// When the last blob was copied.
    pub finished_at: Timestamp,
    /// The database's file; nothing where only blobs were asked for.
    pub database: Option<String>,
    /// Blobs that it holds.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Manifests in the database.
    pub manifests: u64,
    /// Tags in the database.
    pub tags: u64,
    /// Blobs that the database names and the storage did not have, or had damaged.
    pub missing: Vec<Digest>,
}

/// What goes into a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Database, secret key and blobs.
    Everything,
    /// Blobs only: the database has a backup of its own.
    Blobs,
}

/// How to make a backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Options {
    /// The folder; an absolute path. It is empty, does not exist yet, or holds an earlier backup of this installation.
    pub target: PathBuf,
    /// What goes into it.
    pub scope: Scope,
    /// Whether blobs on the same file system are copied, too, instead of getting another name.
    pub copy: bool,
}

/// One line of what is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// Garbage collection is waited for.
    Waiting,
    /// How far it is.
    Progress {
        /// Blobs that are in the backup.
        blobs: u64,
        /// Blobs in all.
        blobs_total: u64,
        /// Bytes that were copied.
        bytes: u64,
    },
    /// A blob is not there, or damaged.
    Missing {
        /// Which.
        digest: Digest,
        /// Why.
        detail: String,
    },
    /// It is done.
    Done(Summary),
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// What the backup holds; the list of missing blobs was told one by one.
    pub backup: Backup,
    /// How many blobs are missing.
    pub missing: u64,
    /// Blobs that were there from an earlier backup.
    pub kept: u64,
    /// Blobs that got another name.
    pub linked: u64,
    /// Blobs that were copied.
    pub copied: u64,
    /// Bytes that were copied.
    pub copied_bytes: u64,
    /// Blobs of earlier backups that are not needed any more.
    pub removed: u64,
}

/// Makes a backup while everything is in use.
///
/// # Errors
/// [`Error::Precondition`] for PostgreSQL without [`Scope::Blobs`]; [`Error::Conflict`] for a folder that holds something
/// else, or where another backup runs; what the database, the storage or the target say.
pub async fn create(
    domain: &Domain,
    _access: &SystemAccess<MaintainStorage>,
    secret_key: &Path,
    options: &Options,
    events: &mpsc::Sender<Event>,
) -> Result<Summary> {
    if domain.db.backend() == Backend::Postgres && options.scope == Scope::Everything {
        let text = "PostgreSQL is backed up by its own tools: run pg_dump first, then `berth backup --blobs-only`";
        return Err(Error::Precondition(text.to_owned()));
    }
    let hold = Hold::take(domain, "backup").await?;
    let hold = hold.ok_or_else(|| Error::Conflict("another backup is running".to_owned()))?;
    hold.during(async {
        let collection = hold_collection(domain, events).await?;
        // This process' collection waits for the lock, those of other nodes for the lease.
        let _turn = domain.collecting.lock().await;
        collection.during(write(domain, secret_key, options, events)).await
    })
    .await
}

async fn hold_collection(domain: &Domain, events: &mpsc::Sender<Event>) -> Result<Hold> {
    loop {
        if let Some(hold) = Hold::take(domain, "gc").await? {
            return Ok(hold);
        }
        tell(events, Event::Waiting).await?;
        tokio::time::sleep(COLLECTION_PAUSE).await;
    }
}

async fn tell(events: &mpsc::Sender<Event>, event: Event) -> Result<()> {
    events.send(event).await.map_err(|_| Error::BodyAborted)
}

async fn write(domain: &Domain, secret_key: &Path, options: &Options, events: &mpsc::Sender<Event>) -> Result<Summary> {
    let setup = query::setup::find(&mut domain.db.reader().await?.conn()).await?;
    let instance_id = setup.map(|setup| setup.instance_id).unwrap_or_default();
    let target = Target { folder: options.target.clone() };
    let before = target.open(&instance_id).await?;
    if options.scope == Scope::Blobs && before.as_ref().is_some_and(|before| before.database.is_some()) {
        let text = format!("{} holds a backup with a database", target.folder.display());
        return Err(Error::Conflict(text));
    }
    // Also beside a dump: it opens the signing keys that are in the dump.
    target.copy_secret(secret_key).await?;
    let taken_at = domain.now();
    let database = match options.scope {
        Scope::Blobs => None,
        Scope::Everything => {
            let name = format!("berth-{}.db", taken_at.micros());
            domain.db.copy_to(&target.folder.join(&name)).await?;
            Some(name)
        }
    };
    let copied = database.as_ref().map(|name| CopiedDb::open(&target.folder.join(name))).transpose()?;
    let source = match &copied {
        Some(copy) => Source::Copy(copy),
        None => Source::Live(domain),
    };
    let copy = Copy {
        domain,
        target: &target,
        how: if options.copy { Export::Copy } else { Export::LinkOrCopy },
        events,
        total: source.total().await?,
        tally: Tally::default(),
    };
    let (named, missing) = copy.run(&source).await?;
    let (manifests, tags) = source.counts().await?;
    target.sync().await?;
    let backup = Backup {
        taken_at,
        finished_at: domain.now(),
        database,
        blobs: copy.tally.blobs.load(Ordering::Relaxed),
        bytes: copy.tally.bytes.load(Ordering::Relaxed),
        manifests: unsigned(manifests),
        tags: unsigned(tags),
        missing,
    };
    let version = env!("CARGO_PKG_VERSION").to_owned();
    target.finish(&Contents { format: FORMAT, version, instance_id, backup: Some(backup.clone()) }).await?;
    // Only now: until the line above the earlier backup was the one that counts. Beside blobs alone there may be dumps of
    // the database that name more of them.
    let removed = match options.scope {
        Scope::Everything => target.prune(&backup, before.as_ref(), &named).await?,
        Scope::Blobs => 0,
    };
    let Tally { kept, linked, copied, copied_bytes, .. } = copy.tally;
    let summary = Summary {
        missing: backup.missing.len() as u64,
        backup: Backup { missing: Vec::new(), ..backup },
        kept: kept.into_inner(),
        linked: linked.into_inner(),
        copied: copied.into_inner(),
        copied_bytes: copied_bytes.into_inner(),
        removed,
    };
    tell(events, Event::Done(summary.clone())).await?;
    Ok(summary)
}

/// Which database names the blobs.
enum Source<'s> {
    Copy(&'s CopiedDb),
    Live(&'s Domain),
}

impl Source<'_> {
    async fn page(&self, after: i64) -> Result<Vec<query::fsck::Blob>> {
        Ok(match self {
            Source::Copy(copy) => query::fsck::blobs_after(&mut copy.conn(), after, PAGE).await?,
            Source::Live(domain) => {
                query::fsck::blobs_after(&mut domain.db.reader().await?.conn(), after, PAGE).await?
            }
        })
    }

    async fn total(&self) -> Result<u64> {
        let (count, _) = match self {
            Source::Copy(copy) => query::fsck::blob_totals(&mut copy.conn()).await?,
            Source::Live(domain) => query::fsck::blob_totals(&mut domain.db.reader().await?.conn()).await?,
        };
        Ok(unsigned(count))
    }

    async fn counts(&self) -> Result<(i64, i64)> {
        Ok(match self {
            Source::Copy(copy) => query::backup::counts(&mut copy.conn()).await?,
            Source::Live(domain) => query::backup::counts(&mut domain.db.reader().await?.conn()).await?,
        })
    }
}

/// What was done so far.
#[derive(Default)]
struct Tally {
    blobs: AtomicU64,
    bytes: AtomicU64,
    kept: AtomicU64,
    linked: AtomicU64,
    copied: AtomicU64,
    copied_bytes: AtomicU64,
}

struct Copy<'c> {
    domain: &'c Domain,
    target: &'c Target,
    how: Export,
    events: &'c mpsc::Sender<Event>,
    total: u64,
    tally: Tally,
}

impl Copy<'_> {
    /// Copies every blob that is named, and says which those are and which are missing.
    async fn run(&self, source: &Source<'_>) -> Result<(HashSet<Digest>, Vec<Digest>)> {
        let telling = async {
            let failed = loop {
                tokio::time::sleep(PROGRESS_INTERVAL).await;
                let progress = Event::Progress {
                    blobs: self.tally.blobs.load(Ordering::Relaxed),
                    blobs_total: self.total,
                    bytes: self.tally.copied_bytes.load(Ordering::Relaxed),
                };
                if let Err(error) = tell(self.events, progress).await {
                    break error;
                }
            };
            Err(failed)
        };
        tokio::select! {
            done = self.blobs(source) => done,
            told = telling => told,
        }
    }

    async fn blobs(&self, source: &Source<'_>) -> Result<(HashSet<Digest>, Vec<Digest>)> {
        let (mut named, mut missing) = (HashSet::new(), Vec::new());
        let mut after = 0;
        loop {
            let page = source.page(after).await?;
            let Some(last) = page.last() else { return Ok((named, missing)) };
            after = last.id;
            named.extend(page.iter().map(|row| row.digest));
            let copies = stream::iter(page).map(|row| self.blob(row)).buffer_unordered(JOBS);
            missing.extend(copies.try_filter_map(async |missing| Ok(missing)).try_collect::<Vec<_>>().await?);
        }
    }

    /// Copies one blob; says its digest where it is missing.
    async fn blob(&self, row: query::fsck::Blob) -> Result<Option<Digest>> {
        let to = self.target.blob(&row.digest);
        let add = |counter: &AtomicU64, count: u64| counter.fetch_add(count, Ordering::Relaxed);
        let size = match fs::metadata(&to).await {
            Ok(there) if there.len() == unsigned(row.size) => {
                add(&self.tally.kept, 1);
                there.len()
            }
            // Of another size: an earlier backup was cut off by a power loss, or the disk is at fault.
            Ok(_) => {
                fs::remove_file(&to).await.map_err(|error| target_error(&to, error))?;
                match self.export(&row, &to).await? {
                    Some(size) => size,
                    None => return Ok(Some(row.digest)),
                }
            }
            Err(_) => match self.export(&row, &to).await? {
                Some(size) => size,
                None => return Ok(Some(row.digest)),
            },
        };
        add(&self.tally.blobs, 1);
        add(&self.tally.bytes, size);
        Ok(None)
    }

    async fn export(&self, row: &query::fsck::Blob, to: &Path) -> Result<Option<u64>> {
        if row.lost_at.is_some() {
            return self.missing(row, "it was found missing or damaged before").await;
        }
        match self.domain.blobs.export(&row.digest, to, self.how).await {
            Ok(Some(exported)) => {
                if exported.size() != unsigned(row.size) {
                    fs::remove_file(to).await.map_err(|error| target_error(to, error))?;
                    return self
                        .missing(row, &format!("it has {} bytes instead of {}", exported.size(), row.size))
                        .await;
                }
                match exported {
                    Exported::Linked { .. } => self.tally.linked.fetch_add(1, Ordering::Relaxed),
                    Exported::Copied { size } => {
                        self.tally.copied_bytes.fetch_add(size, Ordering::Relaxed);
                        self.tally.copied.fetch_add(1, Ordering::Relaxed)
                    }
                };
                Ok(Some(exported.size()))
            }
            Ok(None) => self.missing(row, "its file is missing").await,
            Err(berth_storage::Error::DigestMismatch { .. }) => {
                self.missing(row, "its bytes have another digest").await
            }
            Err(error) => Err(storage::error(error)),
        }
    }

    async fn missing(&self, row: &query::fsck::Blob, detail: &str) -> Result<Option<u64>> {
        tracing::warn!(blob.digest = %row.digest, "a blob is not in the backup: {detail}");
        tell(self.events, Event::Missing { digest: row.digest, detail: detail.to_owned() }).await?;
        Ok(None)
    }
}

/// The folder of a backup.
struct Target {
    folder: PathBuf,
}

impl Target {
    /// Makes the folder what it should be, and says what it held.
    async fn open(&self, instance_id: &str) -> Result<Option<Backup>> {
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

    fn blob(&self, digest: &Digest) -> PathBuf {
        blob_path(&self.folder, digest)
    }

    async fn copy_secret(&self, from: &Path) -> Result<()> {
        let key = fs::read(from).await.map_err(|error| target_error(from, error))?;
        self.replace(SECRET_KEY, &key).await
    }

    /// Makes everything that was written durable, in one go: a sync for each of many small blobs would take hours.
    async fn sync(&self) -> Result<()> {
        berth_storage::sync_all(&self.folder).await.map_err(storage::error)
    }

    async fn finish(&self, contents: &Contents) -> Result<()> {
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
    async fn prune(&self, now: &Backup, before: Option<&Backup>, named: &HashSet<Digest>) -> Result<u64> {
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

fn target_error(path: &Path, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::Full(Box::new(error)),
        // Whoever asks for a backup is told what is wrong with the folder that they named.
        _ => Error::Precondition(format!("{}: {error}", path.display())),
    }
}
