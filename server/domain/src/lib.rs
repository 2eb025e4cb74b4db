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
pub mod blob;
pub mod copy;
pub mod error;
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

use std::sync::{Arc, atomic::AtomicBool};

use berth_db::Db;
use berth_storage::BlobStore;
use berth_types::{Clock, Digest, Timestamp};
use bytes::Bytes;
use moka::sync::Cache;

pub use actor::{Actor, ActorKind};
pub use error::{Error, Result};

/// Everything that rules need. Cheap to clone.
#[derive(Clone)]
pub struct Domain {
    pub(crate) db: Db,
    pub(crate) blobs: Arc<dyn BlobStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Limits,
    pub(crate) pulls: Arc<pull::Batch>,
    pub(crate) uploads: Arc<upload::Turns>,
    pub(crate) manifests: Cache<Digest, Bytes>,
    pub(crate) settings: Arc<settings::Store>,
    pub(crate) recent: Arc<recent::Recent>,
    pub(crate) failures: Arc<throttle::Batch>,
    pub(crate) storage_health: Arc<system::StorageHealth>,
    /// Whether set-up is known to be done.
    pub(crate) set_up: Arc<AtomicBool>,
}

/// Limits that the configuration sets.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest blob, in bytes.
    pub blob_size_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { blob_size_bytes_max: u64::MAX }
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
        Domain {
            db,
            blobs,
            clock,
            limits,
            pulls: Arc::default(),
            uploads: Arc::default(),
            manifests,
            settings: Arc::default(),
            recent: Arc::default(),
            failures: Arc::default(),
            storage_health: Arc::default(),
            set_up: Arc::default(),
        }
    }

    /// The same with settings that the configuration fixes.
    #[must_use]
    pub fn with_settings(mut self, overrides: settings::Overrides) -> Self {
        self.settings = Arc::new(settings::Store::new(overrides));
        self
    }

    /// The current moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
