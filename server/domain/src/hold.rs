//! Work that is done once at a time: in this process by a list in memory, on PostgreSQL also by a lease that other nodes see
//! and that ends soon after a node went away. An embedded database belongs to one process.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use berth_db::{Backend, query};
use tokio::runtime::Handle;
use uuid::Uuid;

use crate::{Domain, Error, Result};

/// How long a node that went away keeps the others waiting.
const SECONDS: i64 = 120;
/// How often a lease is renewed.
const RENEWAL: Duration = Duration::from_secs(30);

/// What this process is at work on.
#[derive(Debug, Default)]
pub(crate) struct Holds(Mutex<HashSet<&'static str>>);

impl Holds {
    fn lock(&self) -> MutexGuard<'_, HashSet<&'static str>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to do one kind of work, for as long as it is kept.
pub(crate) struct Hold {
    domain: Domain,
    name: &'static str,
    /// Who has the lease; nothing where none is needed.
    holder: Option<String>,
}

impl Hold {
    /// Takes it; nothing where somebody else has it.
    pub(crate) async fn take(domain: &Domain, name: &'static str) -> Result<Option<Hold>> {
        if !domain.holds.lock().insert(name) {
            return Ok(None);
        }
        let mut hold = Hold { domain: domain.clone(), name, holder: None };
        if domain.db.backend() == Backend::Postgres {
            let holder = Uuid::new_v4().to_string();
            if !lease(domain, name, &holder).await? {
                return Ok(None);
            }
            hold.holder = Some(holder);
        }
        Ok(Some(hold))
    }

    /// Runs `work` as long as it is held.
    ///
    /// # Errors
    /// What `work` says; [`Error::Conflict`] where another node has taken over, after which `work` is dropped.
    pub(crate) async fn during<T>(mut self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let Some(holder) = self.holder.clone() else { return work.await };
        let beat = async {
            loop {
                tokio::time::sleep(RENEWAL).await;
                // A database that does not answer for a moment does not end the lease yet.
                if let Ok(false) = lease(&self.domain, self.name, &holder).await {
                    return Error::Conflict(format!("another node has taken over: {}", self.name));
                }
            }
        };
        let outcome = tokio::select! {
            outcome = work => outcome,
            lost = beat => Err(lost),
        };
        // Waited for, because a process may end right after its work.
        self.holder = None;
        release(&self.domain, self.name, holder).await?;
        outcome
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.domain.holds.lock().remove(self.name);
        let (Some(holder), Ok(runtime)) = (self.holder.take(), Handle::try_current()) else { return };
        let (domain, name) = (self.domain.clone(), self.name);
        runtime.spawn(async move {
            if let Err(error) = release(&domain, name, holder).await {
                tracing::warn!(%error, lease = name, "a lease could not be given back, and ends by itself");
            }
        });
    }
}

async fn release(domain: &Domain, name: &'static str, holder: String) -> Result<()> {
    domain
        .db
        .write((name, holder), |tx, (name, holder)| {
            Box::pin(async move { Ok::<_, Error>(query::fsck::release(tx, name, holder).await?) })
        })
        .await
}

async fn lease(domain: &Domain, name: &'static str, holder: &str) -> Result<bool> {
    let args = (name, holder.to_owned(), domain.now());
    domain
        .db
        .write(args, |tx, (name, holder, now)| {
            Box::pin(async move {
                let until = now.plus_seconds(SECONDS);
                Ok::<_, Error>(query::maintenance::lease(tx, name, holder, *now, until).await?)
            })
        })
        .await
}
