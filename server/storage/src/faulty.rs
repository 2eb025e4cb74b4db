//! A store that fails on demand, for tests: "fail the N-th call for N = 1, 2, 3… until the run passes".

use std::{
    io,
    ops::Range,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use berth_types::{Digest, Timestamp};
use futures_util::stream;
use uuid::Uuid;

use crate::{
    AppendError, BlobRead, BlobStore, ByteStream, Error, Export, Exported, Listed, Listing, Pace, Position, Result,
    Space, Stored, Upload, Verdict,
};

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An I/O error, with nothing done.
    Before,
    /// An I/O error, with everything done: the answer got lost.
    After,
    /// [`Error::Full`], with nothing done.
    Full,
    /// [`Error::ReadOnly`], with nothing done.
    ReadOnly,
    /// [`Error::TooManyFiles`], with nothing done.
    TooManyFiles,
}

impl Fault {
    fn error(self) -> Error {
        match self {
            Fault::Before | Fault::After => Error::Io(injected()),
            Fault::Full => Error::Full,
            Fault::ReadOnly => Error::ReadOnly,
            Fault::TooManyFiles => Error::TooManyFiles,
        }
    }
}

/// Passes every call on to another store, except the one that shall fail. Reading a blob counts as a call, too.
#[derive(Clone)]
pub struct Faulty {
    inner: Arc<dyn BlobStore>,
    plan: Arc<Plan>,
}

#[derive(Default)]
struct Plan {
    calls: AtomicU64,
    fault: Mutex<Option<(u64, Fault)>>,
}

impl Faulty {
    /// Passes everything on until [`Faulty::fail_at`].
    pub fn new(inner: Arc<dyn BlobStore>) -> Self {
        Faulty { inner, plan: Arc::default() }
    }

    /// Lets the `call`-th call from now on fail, counted from 1, and forgets an earlier plan.
    pub fn fail_at(&self, call: u64, fault: Fault) {
        self.plan.calls.store(0, Ordering::SeqCst);
        *self.plan.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some((call, fault));
    }

    /// From now on nothing fails.
    pub fn stop(&self) {
        *self.plan.fault.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// How many calls there were since [`Faulty::fail_at`]. Fewer than its number: nothing failed.
    pub fn calls(&self) -> u64 {
        self.plan.calls.load(Ordering::SeqCst)
    }

    async fn pass<T, E: From<Error>>(
        &self,
        call: impl Future<Output = std::result::Result<T, E>>,
    ) -> std::result::Result<T, E> {
        match self.plan.next() {
            None => call.await,
            Some(Fault::After) => {
                call.await?;
                Err(Fault::After.error().into())
            }
            Some(fault) => Err(fault.error().into()),
        }
    }
}

impl Plan {
    fn next(&self) -> Option<Fault> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let fault = *self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        fault.filter(|(at, _)| *at == call).map(|(_, fault)| fault)
    }
}

fn injected() -> io::Error {
    io::Error::other("injected fault")
}

#[async_trait]
impl BlobStore for Faulty {
    async fn open(&self, digest: &Digest) -> Result<Option<Arc<dyn BlobRead>>> {
        let blob = self.pass(self.inner.open(digest)).await?;
        Ok(blob.map(|blob| Arc::new(FaultyBlob { blob, plan: self.plan.clone() }) as Arc<dyn BlobRead>))
    }

    async fn stat(&self, digest: &Digest) -> Result<Option<u64>> {
        self.pass(self.inner.stat(digest)).await
    }

    async fn put(&self, digest: &Digest, source: ByteStream, limit: u64) -> Result<Stored> {
        self.pass(self.inner.put(digest, source, limit)).await
    }

    async fn create_upload(&self, id: Uuid) -> Result<()> {
        self.pass(self.inner.create_upload(id)).await
    }

    async fn append(
        &self,
        id: Uuid,
        at: Position,
        source: ByteStream,
        limit: u64,
    ) -> std::result::Result<Position, AppendError> {
        self.pass(self.inner.append(id, at, source, limit)).await
    }

    async fn finish(&self, id: Uuid, at: Position, digest: &Digest) -> Result<Stored> {
        self.pass(self.inner.finish(id, at, digest)).await
    }

    async fn delete_upload(&self, id: Uuid) -> Result<()> {
        self.pass(self.inner.delete_upload(id)).await
    }

    async fn list_uploads(&self) -> Result<Vec<Upload>> {
        self.pass(self.inner.list_uploads()).await
    }

    async fn delete(&self, digest: &Digest) -> Result<()> {
        self.pass(self.inner.delete(digest)).await
    }

    async fn sweep(&self, digest: &Digest, before: Timestamp) -> Result<bool> {
        self.pass(self.inner.sweep(digest, before)).await
    }

    async fn list(&self) -> Result<Listing> {
        self.pass(self.inner.list()).await
    }

    async fn verify(&self, digest: &Digest, pace: &Arc<Pace>) -> Result<Verdict> {
        self.pass(self.inner.verify(digest, pace)).await
    }

    async fn quarantine(&self, digest: &Digest) -> Result<bool> {
        self.pass(self.inner.quarantine(digest)).await
    }

    async fn list_quarantine(&self) -> Result<Vec<Listed>> {
        self.pass(self.inner.list_quarantine()).await
    }

    async fn delete_quarantined(&self, digest: &Digest) -> Result<()> {
        self.pass(self.inner.delete_quarantined(digest)).await
    }

    async fn export(&self, digest: &Digest, to: &Path, how: Export) -> Result<Option<Exported>> {
        self.pass(self.inner.export(digest, to, how)).await
    }

    async fn health(&self) -> Result<()> {
        self.pass(self.inner.health()).await
    }

    async fn space(&self) -> Result<Option<Space>> {
        self.pass(self.inner.space()).await
    }
}

struct FaultyBlob {
    blob: Arc<dyn BlobRead>,
    plan: Arc<Plan>,
}

impl BlobRead for FaultyBlob {
    fn size(&self) -> u64 {
        self.blob.size()
    }

    fn read(&self, range: Range<u64>) -> ByteStream {
        match self.plan.next() {
            None => self.blob.read(range),
            Some(_) => Box::pin(stream::iter([Err(injected())])),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;

    use super::*;
    use crate::{
        MemoryStore,
        suite::{Harness, bytes, digest, source, suite},
    };

    mod without_a_fault {
        use super::*;

        suite!(|| {
            let inner = MemoryStore::new();
            Harness {
                store: Arc::new(Faulty::new(Arc::new(inner.clone()))),
                damage: Box::new(move |digest, bytes| inner.damage(*digest, bytes)),
                leftovers: Box::new(Vec::new),
            }
        });
    }

    #[tokio::test]
    async fn the_chosen_call_fails_and_no_other() {
        let (bytes, inner) = (bytes(10), Arc::new(MemoryStore::new()));
        let digest = digest(berth_types::Algorithm::Sha256, &bytes);
        let store = Faulty::new(inner.clone());
        store.fail_at(2, Fault::Before);
        assert_eq!(store.stat(&digest).await.unwrap(), None);
        assert!(matches!(store.put(&digest, source(&bytes), 10).await, Err(Error::Io(_))));
        assert_eq!(inner.stat(&digest).await.unwrap(), None);
        store.fail_at(1, Fault::After);
        assert!(matches!(store.put(&digest, source(&bytes), 10).await, Err(Error::Io(_))));
        assert_eq!(inner.stat(&digest).await.unwrap(), Some(10));
        store.fail_at(1, Fault::Full);
        assert!(matches!(store.health().await, Err(Error::Full)));
        store.fail_at(2, Fault::Before);
        let blob = store.open(&digest).await.unwrap().unwrap();
        assert!(blob.read(0..10).next().await.unwrap().is_err());
        assert!(blob.read(0..10).next().await.unwrap().is_ok());
        assert_eq!(store.calls(), 3);
    }
}
