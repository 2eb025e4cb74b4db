//! Sign-in throttling: failures by account and address, counted in the database so that all nodes know them.
//!
//! A few failures are free. After them every further attempt has to wait, from a second up to a minute, and is told so
//! instead of being held. Failures are written in batches; what is not written yet counts all the same.

use std::sync::{Mutex, PoisonError};

use berth_db::query::throttle::{self as rows, Failure};
use berth_types::Timestamp;
use tokio::sync::RwLock;

use crate::{Actor, Domain, Error, Result, audit};

/// Failures of an account from an address that cost nothing.
const FREE_OF_ACCOUNT: i64 = 10;
/// Failures from an address that cost nothing.
const FREE_OF_ADDRESS: i64 = 50;
/// How long a failure counts, in seconds.
const WINDOW_SECONDS: i64 = 5 * 60;
/// The longest wait, in seconds.
const WAIT_SECONDS_MAX: i64 = 60;
/// How long failures are collected before they are written.
const BATCH_EVERY: std::time::Duration = std::time::Duration::from_millis(500);
/// Failures that are kept until they are written. More than this in half a second are an attack that counts already.
const BATCH_MAX: usize = 10_000;
/// The longest account name that is noted.
const ACCOUNT_CHARS_MAX: usize = 255;

/// Failures that are not written yet.
#[derive(Default)]
pub(crate) struct Batch {
    pending: Mutex<Vec<Noted>>,
    /// Held for writing while a batch moves from memory to the database, so that none is counted twice or not at all.
    moving: RwLock<()>,
}

#[derive(Clone)]
struct Noted {
    failure: Failure,
    /// Who tried to sign in, where the audit log shows it.
    audited: Option<Actor>,
}

/// What a failed attempt leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// It counts.
    Counted,
    /// It counts, and the audit log shows it.
    Audited,
}

/// Refuses an attempt that came too early.
///
/// # Errors
/// [`Error::TooManyRequests`] with the time to wait.
pub async fn check(domain: &Domain, account: &str, address: &str) -> Result<()> {
    let (account, address) = (cut(account), network(address));
    let now = domain.now();
    let since = now.plus_seconds(-WINDOW_SECONDS);
    let guard = domain.failures.moving.read().await;
    let mut failures = rows::count(&mut domain.db.reader().await?.conn(), &account, &address, since).await?;
    let counts = |noted: &&Noted| noted.failure.address == address && noted.failure.at > since;
    for noted in domain.failures.lock().iter().filter(counts) {
        let at = noted.failure.at;
        failures.of_address += 1;
        failures.address_last = failures.address_last.max(Some(at));
        if noted.failure.account == account {
            failures.of_account += 1;
            failures.account_last = failures.account_last.max(Some(at));
        }
    }
    drop(guard);
    let waits = [
        wait(failures.of_account, FREE_OF_ACCOUNT, failures.account_last, now),
        wait(failures.of_address, FREE_OF_ADDRESS, failures.address_last, now),
    ];
    match waits.into_iter().flatten().max() {
        Some(seconds) => Err(Error::TooManyRequests { retry_after_seconds: seconds.unsigned_abs() }),
        None => Ok(()),
    }
}

/// Notes a failure.
pub fn note(domain: &Domain, account: &str, address: &str, request_id: &str, trace: Trace) {
    let audited = match trace {
        Trace::Counted => None,
        Trace::Audited => Some(Actor { name: cut(account).into(), ..Actor::anonymous(address, request_id) }),
    };
    let failure = Failure { account: cut(account), address: network(address), at: domain.now() };
    let mut pending = domain.failures.lock();
    if pending.len() >= BATCH_MAX {
        return;
    }
    pending.push(Noted { failure, audited });
    let is_first = pending.len() == 1;
    drop(pending);
    if is_first {
        let domain = domain.clone();
        tokio::spawn(async move {
            tokio::time::sleep(BATCH_EVERY).await;
            if let Err(error) = flush(&domain).await {
                tracing::warn!(%error, "failed sign-ins could not be written");
            }
        });
    }
}

/// Writes what was noted. Called by itself, and once more at the end of the process.
///
/// # Errors
/// Where the database does not answer; what could not be written is dropped.
pub async fn flush(domain: &Domain) -> Result<()> {
    let _guard = domain.failures.moving.write().await;
    let batch = std::mem::take(&mut *domain.failures.lock());
    if batch.is_empty() {
        return Ok(());
    }
    let now = domain.now();
    domain
        .db
        .write((batch, now), |tx, (batch, now)| {
            Box::pin(async move {
                rows::delete_before(tx, now.plus_seconds(-WINDOW_SECONDS)).await?;
                for noted in batch {
                    rows::insert(tx, &noted.failure).await?;
                    if let Some(actor) = &noted.audited {
                        let entry = audit::Entry::success("login", "user", &*actor.name).described("login").failed();
                        audit::record(tx, actor, noted.failure.at, &entry).await?;
                    }
                }
                Ok(())
            })
        })
        .await
}

impl Batch {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Noted>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long an attempt still has to wait, in seconds, after `count` failures of which `free` cost nothing.
fn wait(count: i64, free: i64, last: Option<Timestamp>, now: Timestamp) -> Option<i64> {
    let over = count.checked_sub(free).filter(|over| *over >= 0)?;
    let pause = (1_i64 << over.min(6)).min(WAIT_SECONDS_MAX);
    let left_micros = last?.plus_seconds(pause).micros() - now.micros();
    // A clock that was set back must not lock anybody out for longer than the longest pause.
    (left_micros > 0).then(|| ((left_micros + 999_999) / 1_000_000).min(WAIT_SECONDS_MAX))
}

fn cut(account: &str) -> String {
    account.chars().filter(|char| *char != '\0').take(ACCOUNT_CHARS_MAX).collect()
}

/// An address as it is counted: whoever has one IPv6 address has 2^64 of them.
fn network(address: &str) -> String {
    match address.parse::<std::net::Ipv6Addr>() {
        Ok(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Err(_) => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_from_a_second_to_a_minute() {
        let last = Timestamp::from_unix_seconds(1_000);
        let at = |seconds| Timestamp::from_unix_seconds(seconds);
        assert_eq!(wait(9, 10, Some(last), last), None);
        assert_eq!(wait(10, 10, Some(last), last), Some(1));
        assert_eq!(wait(10, 10, Some(last), at(1_001)), None);
        assert_eq!(wait(13, 10, Some(last), at(1_007)), Some(1));
        assert_eq!(wait(13, 10, Some(last), at(1_008)), None);
        assert_eq!(wait(1_000, 10, Some(last), at(1_059)), Some(1));
        assert_eq!(wait(1_000, 10, Some(last), at(1_060)), None);
        assert_eq!(wait(1_000, 10, Some(last), at(0)), Some(60));
    }

    #[test]
    fn neighbours_of_an_ipv6_network_are_one() {
        assert_eq!(network("2001:db8:1:2:3::4"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2::"), network("2001:db8:1:3::"));
        assert_eq!(network("10.0.0.1"), "10.0.0.1");
    }
}
