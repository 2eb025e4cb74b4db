//! The rules of Berth, one module per noun.
//!
//! Every public function takes a witness of [`authz`] and the [`Domain`]; it owns its transaction, writes the audit
//! entry and the event of a change inside of it, and knows no HTTP. The fields of [`Domain`] are private to this
//! crate, so holding it gives nobody a query.

pub mod actor;
pub mod addition;
pub mod artifact;
mod artifact_kind;
pub mod audit;
pub mod authz;
pub mod backup;
pub mod blob;
mod claim;
pub mod copy;
pub mod error;
pub mod fsck;
#[doc(hidden)]
pub mod fuzz;
pub mod gc;
mod growth;
mod hold;
pub mod identity;
pub mod key;
pub mod maintenance;
pub mod manifest;
pub mod member;
pub mod metadata;
pub mod password;
mod policy;
pub mod project;
pub mod pull;
mod recent;
pub mod referrer;
pub mod repository;
pub mod search;
pub mod session;
pub mod settings;
pub mod setup;
pub mod statistics;
mod storage;
pub mod system;
pub mod tag;
pub mod throttle;
pub mod upload;
pub mod user;

use std::{
    ops::Deref,
    sync::{Arc, atomic::AtomicBool},
};

use berth_db::Db;
use berth_storage::BlobStore;
use berth_types::{Clock, Digest, Timestamp};
use bytes::Bytes;
use moka::sync::Cache;

pub use actor::{Actor, ActorKind};
pub use error::{Error, Result};

/// Everything that rules need. A clone is one more reference: every layer of a request holds one.
#[derive(Clone)]
pub struct Domain(Arc<Parts>);

/// What a [`Domain`] is made of. The fields are private to this crate.
#[derive(Clone)]
pub struct Parts {
    pub(crate) db: Db,
    pub(crate) blobs: Arc<dyn BlobStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Limits,
    pub(crate) pulls: Arc<pull::Batch>,
    pub(crate) uploads: Arc<upload::Turns>,
    pub(crate) claims: Arc<claim::Claims>,
    pub(crate) holds: Arc<hold::Holds>,
    /// Runs of garbage collection take turns.
    pub(crate) collecting: Arc<tokio::sync::Mutex<()>>,
    /// Wakes whoever runs jobs.
    pub(crate) jobs: Arc<tokio::sync::Notify>,
    pub(crate) manifests: Cache<Digest, Bytes>,
    pub(crate) settings: Arc<settings::Store>,
    pub(crate) recent: Arc<recent::Recent>,
    pub(crate) failures: Arc<throttle::Batch>,
    pub(crate) storage_health: Arc<system::StorageHealth>,
    /// Whether set-up is known to be done.
    pub(crate) set_up: Arc<AtomicBool>,
}

impl Deref for Domain {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Limits that the configuration sets.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest blob, in bytes.
    pub blob_size_bytes_max: u64,
    /// Whether a manifest may name configurations and layers that the repository does not have (yet).
    pub sparse: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { blob_size_bytes_max: u64::MAX, sparse: false }
    }
}

/// Manifests that are kept in memory, in bytes.
const MANIFEST_CACHE_BYTES_MAX: u64 = 16 << 20;

impl Domain {
    /// Puts the parts together.
    pub fn new(db: Db, blobs: Arc<dyn BlobStore>, clock: Arc<dyn Clock>, limits: Limits) -> Self {
        let manifests = Cache::builder()
            .weigher(|_: &Digest, bytes: &Bytes| u32::try_from(bytes.len()).unwrap_or(u32::MAX))
            .max_capacity(MANIFEST_CACHE_BYTES_MAX)
            .build();
        Domain(Arc::new(Parts {
            db,
            blobs,
            clock,
            limits,
            pulls: Arc::default(),
            uploads: Arc::default(),
            claims: Arc::default(),
            holds: Arc::default(),
            collecting: Arc::default(),
            jobs: Arc::default(),
            manifests,
            settings: Arc::default(),
            recent: Arc::default(),
            failures: Arc::default(),
            storage_health: Arc::default(),
            set_up: Arc::default(),
        }))
    }

    /// The same with settings that the configuration fixes.
    #[must_use]
    pub fn with_settings(self, overrides: settings::Overrides) -> Self {
        let mut parts = Arc::unwrap_or_clone(self.0);
        parts.settings = Arc::new(settings::Store::new(overrides));
        Domain(Arc::new(parts))
    }

    /// What a rule notifies after it asked for a job inside of its transaction, so that the job begins at once.
    pub fn jobs(&self) -> Arc<tokio::sync::Notify> {
        self.jobs.clone()
    }

    /// The current moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
