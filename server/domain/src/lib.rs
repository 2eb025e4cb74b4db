//! The rules of Berth, one module per noun.
//!
//! Every public function takes a witness of [`authz`] and the [`Domain`]; it owns its transaction, writes the audit
//! entry and the event of a change inside of it, and knows no HTTP. The fields of [`Domain`] are private to this
//! crate, so holding it gives nobody a query.

pub mod access;
pub mod accessory;
pub mod actor;
pub mod addition;
pub mod allowlist;
pub mod artifact;
mod artifact_kind;
pub mod audit;
pub mod audit_export;
pub mod authz;
pub mod backup;
pub mod blob;
pub mod bulk;
pub mod certificate;
pub mod chart;
mod claim;
pub mod collection;
pub mod content;
pub mod copy;
pub mod cron;
pub mod directory;
pub mod error;
pub mod event;
pub mod evidence;
pub mod find;
pub mod forward;
pub mod fsck;
#[doc(hidden)]
pub mod fuzz;
pub mod gc;
mod growth;
pub mod health;
mod hold;
pub mod icon;
pub mod identity;
pub mod immutable;
pub mod jobservice;
pub mod key;
pub mod label;
mod limit;
pub mod maintenance;
pub mod manifest;
mod markdown;
pub mod measure;
pub mod member;
pub mod metadata;
mod outbound;
pub mod overview;
pub mod password;
pub mod permission;
pub mod person;
mod policy;
pub mod preheat;
pub mod project;
pub mod pull;
pub mod purge;
pub mod quota;
pub mod readme;
mod recent;
pub mod referrer;
pub mod remote;
pub mod replication;
pub mod repository;
pub mod retention;
pub mod robot;
pub mod scan;
pub mod scanexport;
pub mod scanner;
mod seal;
pub mod search;
pub mod second_factor;
pub mod securityhub;
pub mod session;
pub mod settings;
pub mod setup;
pub mod shelf;
pub mod statistics;
mod storage;
pub mod support;
pub mod system;
pub mod tag;
pub mod throttle;
pub mod token;
mod totp;
mod transfer;
mod turn;
pub mod upload;
pub mod usage;
pub mod user;
pub mod usergroup;
pub mod view;
pub mod webhook;

use std::{
    ops::Deref,
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::{Duration, Instant},
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
    /// What was counted over all rows of a repository.
    pub(crate) facts: Arc<readme::Facts>,
    pub(crate) settings: Arc<settings::Store>,
    pub(crate) recent: Arc<recent::Recent>,
    pub(crate) failures: Arc<throttle::Batch>,
    pub(crate) storage_health: Arc<system::StorageHealth>,
    pub(crate) outbound: Arc<outbound::Outbound>,
    pub(crate) sealer: Arc<seal::Sealer>,
    /// When the worker of this node last looked for jobs.
    pub(crate) worker_pulse: Arc<Mutex<Instant>>,
    pub(crate) forward: Arc<forward::Forward>,
    pub(crate) audit_counts: Arc<audit::Counts>,
    /// What only the process knows.
    pub(crate) deployment: Arc<health::DeploymentCell>,
    /// Whoever follows what happens.
    pub(crate) events: Arc<event::Hub>,
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
    /// How long bytes stay after they lost their last user.
    pub gc_grace: Duration,
    /// Whether each pull has an audit entry of its own.
    pub every_pull: bool,
}

impl Default for Limits {
    fn default() -> Self {
        let gc_grace = Duration::from_secs(2 * 3600);
        Limits { blob_size_bytes_max: u64::MAX, sparse: false, gc_grace, every_pull: false }
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
        let forward = Arc::<forward::Forward>::default();
        db.set_journal(forward.clone());
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
            facts: Arc::default(),
            settings: Arc::default(),
            recent: Arc::default(),
            failures: Arc::default(),
            storage_health: Arc::default(),
            outbound: Arc::default(),
            sealer: Arc::default(),
            worker_pulse: Arc::new(Mutex::new(Instant::now())),
            forward,
            audit_counts: Arc::default(),
            deployment: Arc::default(),
            events: Arc::default(),
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

    /// The same with the installation's secret, under which secrets of others are kept.
    #[must_use]
    pub fn with_secret(self, secret: &[u8; 32]) -> Self {
        let mut parts = Arc::unwrap_or_clone(self.0);
        parts.sealer = Arc::new(seal::Sealer::new(secret));
        Domain(Arc::new(parts))
    }

    /// What a rule notifies after it asked for a job inside of its transaction, so that the job begins at once.
    pub fn jobs(&self) -> Arc<tokio::sync::Notify> {
        self.jobs.clone()
    }

    /// Where the worker of this node notes when it last looked for jobs.
    pub fn worker_pulse(&self) -> Arc<Mutex<Instant>> {
        self.worker_pulse.clone()
    }

    /// The current moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
