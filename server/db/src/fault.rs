//! A database that fails on demand, for tests: "fail the N-th call for N = 1, 2, 3… until the run passes". Only with the
//! feature `faults`.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use crate::{DbError, Result};

/// How a call fails. Statements and commits count as calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DbFault {
    /// It does nothing: a commit is not made.
    Before,
    /// It is done, and its answer gets lost: a commit stands.
    After,
    /// As [`DbFault::Before`], for want of room.
    Full,
}

impl DbFault {
    fn error(self) -> DbError {
        match self {
            DbFault::Before | DbFault::After => DbError::Unavailable("injected fault".to_owned()),
            DbFault::Full => DbError::Full("injected fault".to_owned()),
        }
    }
}

/// Which call shall fail.
#[derive(Debug, Default)]
pub struct DbFaults {
    calls: AtomicU64,
    fault: Mutex<Option<(u64, DbFault)>>,
}

impl DbFaults {
    /// Lets the `call`-th call from now on fail, counted from 1, and forgets an earlier plan.
    pub fn fail_at(&self, call: u64, fault: DbFault) {
        let mut plan = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        self.calls.store(0, Ordering::SeqCst);
        *plan = Some((call, fault));
    }

    /// From now on nothing fails. Says how many calls there were since [`DbFaults::fail_at`].
    pub fn stop(&self) -> u64 {
        let mut plan = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        *plan = None;
        self.calls.load(Ordering::SeqCst)
    }

    /// Counts a call and says whether it is the one.
    fn next(&self) -> Option<DbFault> {
        let plan = *self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, fault) = plan?;
        (self.calls.fetch_add(1, Ordering::SeqCst) + 1 == at).then_some(fault)
    }

    /// Makes a call, unless it is the one that fails.
    pub(crate) async fn pass<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        match self.next() {
            None => call.await,
            Some(DbFault::After) => {
                call.await?;
                Err(DbFault::After.error())
            }
            Some(fault) => Err(fault.error()),
        }
    }

    /// As [`DbFaults::pass`] for a call that blocks.
    pub(crate) fn pass_blocking<T>(&self, call: impl FnOnce() -> Result<T>) -> Result<T> {
        match self.next() {
            None => call(),
            Some(DbFault::After) => call().and(Err(DbFault::After.error())),
            Some(fault) => Err(fault.error()),
        }
    }
}
