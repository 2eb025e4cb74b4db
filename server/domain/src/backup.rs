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

mod copy;
mod target;

pub use target::blob_path;

use std::{
    path::{Path, PathBuf},
    sync::atomic::Ordering,
    time::Duration,
};

use berth_db::{Backend, CopiedDb, query};
use berth_storage::Export;
use berth_types::{Digest, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::{
    Domain, Error, Result,
    authz::{MaintainStorage, SystemAccess},
    blob::unsigned,
    hold::Hold,
};
use copy::{Copy, Source, Tally};
use target::Target;

/// The file that says what a backup holds.
pub const CONTENTS: &str = "berth-backup.json";
/// The secret key in a backup.
pub const SECRET_KEY: &str = "secret.key";
/// The version of the layout above. Another one is refused.
pub const FORMAT: u32 = 1;
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
