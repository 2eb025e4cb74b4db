//! Reading bytes again to see whether they still are what their digest names.

use std::{
    num::NonZeroU64,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use berth_types::Digest;
use futures_util::StreamExt;

use crate::{BlobStore, Error, Hasher, Result};

/// The longest a reader sleeps in one go, so that a stop is noticed soon.
const NAP_MAX: Duration = Duration::from_millis(200);

/// What [`BlobStore::verify`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There is no such blob.
    Absent,
    /// The bytes have their digest.
    Sound {
        /// Size in bytes.
        size: u64,
    },
    /// The bytes have another digest.
    Damaged {
        /// Size in bytes.
        size: u64,
    },
}

/// How fast bytes may be read again, shared by all who read at the same time, and how many were read.
#[derive(Debug)]
pub struct Pace {
    bytes_per_second: Option<NonZeroU64>,
    /// When all that was read so far is paid for.
    paid: Mutex<Option<Instant>>,
    bytes: AtomicU64,
    stopped: AtomicBool,
}

impl Pace {
    /// At most so many bytes a second together; as fast as it goes without a number.
    pub fn new(bytes_per_second: Option<NonZeroU64>) -> Self {
        Pace { bytes_per_second, paid: Mutex::default(), bytes: AtomicU64::default(), stopped: AtomicBool::default() }
    }

    /// Bytes read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Lets everybody who reads give up soon, with [`std::io::ErrorKind::Interrupted`].
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Counts bytes that were read, and says how long to wait before more are.
    fn charge(&self, bytes: u64) -> Duration {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let Some(rate) = self.bytes_per_second else { return Duration::ZERO };
        let price = Duration::from_nanos((bytes.saturating_mul(1_000_000_000)) / rate);
        let now = Instant::now();
        let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        let until = paid.map_or(now, |paid| paid.max(now)) + price;
        *paid = Some(until);
        until - now
    }

    fn check(&self) -> Result<()> {
        if self.stopped.load(Ordering::Relaxed) {
            return Err(Error::Io(std::io::ErrorKind::Interrupted.into()));
        }
        Ok(())
    }

    /// Counts bytes that were read and waits until more may be. Blocks.
    pub(crate) fn wait_blocking(&self, bytes: u64) -> Result<()> {
        let mut wait = self.charge(bytes);
        loop {
            self.check()?;
            if wait.is_zero() {
                return Ok(());
            }
            let nap = wait.min(NAP_MAX);
            std::thread::sleep(nap);
            wait -= nap;
        }
    }

    async fn wait(&self, bytes: u64) -> Result<()> {
        let mut wait = self.charge(bytes);
        loop {
            self.check()?;
            if wait.is_zero() {
                return Ok(());
            }
            let nap = wait.min(NAP_MAX);
            tokio::time::sleep(nap).await;
            wait -= nap;
        }
    }
}

/// [`BlobStore::verify`] by way of the reading that every store has.
pub(crate) async fn by_reading<S: BlobStore + ?Sized>(store: &S, digest: &Digest, pace: &Pace) -> Result<Verdict> {
    let Some(blob) = store.open(digest).await? else { return Ok(Verdict::Absent) };
    let mut hash = Hasher::new(digest.algorithm());
    let mut stream = blob.read(0..blob.size());
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        hash.update(&chunk);
        pace.wait(chunk.len() as u64).await?;
    }
    Ok(verdict(digest, hash))
}

/// Compares what was hashed with what it should be.
pub(crate) fn verdict(digest: &Digest, hash: Hasher) -> Verdict {
    let size = hash.length();
    if hash.digest() == *digest { Verdict::Sound { size } } else { Verdict::Damaged { size } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_read_share_one_rate() {
        let pace = Pace::new(NonZeroU64::new(1000));
        let first = pace.charge(100);
        assert!(first <= Duration::from_millis(100) && first > Duration::from_millis(50), "{first:?}");
        let second = pace.charge(900);
        assert!(second > Duration::from_millis(900) && second <= Duration::from_secs(1), "{second:?}");
        assert_eq!(pace.bytes(), 1000);
        assert_eq!(Pace::new(None).charge(u64::MAX), Duration::ZERO);
    }

    #[test]
    fn a_stop_is_noticed_in_the_middle_of_a_long_wait() {
        let pace = std::sync::Arc::new(Pace::new(NonZeroU64::new(1)));
        let reader = std::thread::spawn({
            let pace = pace.clone();
            move || pace.wait_blocking(1_000_000)
        });
        while pace.bytes() == 0 {
            std::thread::yield_now();
        }
        pace.stop();
        assert!(
            matches!(reader.join().unwrap(), Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::Interrupted)
        );
    }
}
