//! The rules of Berth, one module per noun.
//!
//! Every public function takes a witness of [`authz`] and the [`Domain`]; it owns its transaction, writes the audit
//! entry and the event of a change inside of it, and knows no HTTP. The fields of [`Domain`] are private to this
//! crate, so holding it gives nobody a query.

pub mod actor;
mod artifact_kind;
pub mod audit;
pub mod authz;
pub mod blob;
pub mod error;
pub mod maintenance;
pub mod manifest;
mod policy;
pub mod pull;
pub mod referrer;
mod storage;
pub mod upload;

use std::sync::Arc;

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
    pub(crate) manifests: Cache<Digest, Bytes>,
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
        Domain { db, blobs, clock, limits, pulls: Arc::default(), manifests }
    }

    /// The current moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
