//! The audit log on its way out: an entry is a row of its transaction, and who listens hears of it once that is committed.

use std::sync::{Arc, PoisonError, RwLock};

use berth_types::Timestamp;
use tokio::sync::Notify;

/// An entry of the audit log that is about to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRow {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub username: String,
    /// What was done.
    pub operation: String,
    /// To what kind of thing.
    pub resource_type: String,
    /// To which one.
    pub resource: String,
    /// In which project.
    pub project_id: Option<i64>,
    /// A sentence.
    pub description: String,
    /// Whether it worked.
    pub successful: bool,
    /// From where.
    pub client_address: String,
    /// Id of the request.
    pub request_id: String,
}

/// Where an entry goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// Into the database.
    pub row: bool,
    /// To the journal, once the transaction is committed.
    pub told: bool,
}

/// Who decides where entries go, and hears of those that are committed.
pub trait Journal: Send + Sync + 'static {
    /// Where an entry goes. It is asked inside of transactions, so it must neither wait nor ask the database.
    fn route(&self, row: &AuditRow) -> Route;

    /// Takes entries of a committed transaction. It must not wait: on SQLite all writes stand behind it.
    fn committed(&self, rows: Vec<AuditRow>);
}

/// Who hears of what is committed, shared by all that write.
#[derive(Clone, Default)]
pub(crate) struct Place {
    journal: Arc<RwLock<Option<Arc<dyn Journal>>>>,
    bell: Arc<Notify>,
}

impl Place {
    pub(crate) fn set(&self, journal: Arc<dyn Journal>) {
        *self.journal.write().unwrap_or_else(PoisonError::into_inner) = Some(journal);
    }

    pub(crate) fn get(&self) -> Option<Arc<dyn Journal>> {
        self.journal.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is rung when events are committed.
    pub(crate) fn bell(&self) -> Arc<Notify> {
        self.bell.clone()
    }

    /// Says that events are committed. Costs nearly nothing where nobody waits.
    pub(crate) fn ring(&self) {
        self.bell.notify_one();
    }
}
