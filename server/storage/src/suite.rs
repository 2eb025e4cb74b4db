//! One suite for every driver: `suite!(make)`, where `make` gives a [`Harness`].

use std::{io, sync::Arc, time::Duration};

use berth_types::{Algorithm, Digest};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use uuid::Uuid;

use crate::{
    BlobStore, ByteStream, Error, Export, Exported, Hasher, Pace, Position, Result, Verdict, intake::BATCH_BYTES,
    read_all,
};

const LIMIT: u64 = 1 << 30;

/// Puts other bytes in the place of a blob, behind the store's back.
type Damage = Box<dyn Fn(&Digest, Bytes) + Send + Sync>;

/// A driver under test.
pub(crate) struct Harness {
    pub store: Arc<dyn BlobStore>,
    /// Puts other bytes under the digest of a blob that is there.
    pub damage: Damage,
    /// What lies in the storage, by whatever name.
    pub leftovers: Box<dyn Fn() -> Vec<String> + Send + Sync>,
}

impl Harness {
    /// Deletes what the store shows; nothing else may be left.
    pub async fn tear_down(self) {
        for digest in listed(&*self.store).await {
            self.store.delete(&digest).await.unwrap();
        }
        // Jobs of abandoned requests finish on their own time.
        for _ in 0..200 {
            for upload in self.store.list_uploads().await.unwrap() {
                match self.store.delete_upload(upload.id).await {
                    Ok(()) | Err(Error::Busy) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            if (self.leftovers)().is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!((self.leftovers)(), Vec::<String>::new());
    }
}

macro_rules! suite {
    ($make:expr) => {
        crate::suite::suite!(@tests $make,
            stores_and_reads_back, stores_nothing_twice, refuses_other_bytes, refuses_too_many_bytes,
            leaves_nothing_when_the_source_fails, leaves_nothing_when_abandoned, reads_ranges, keeps_an_empty_blob,
            knows_sha512, appends_and_resumes, finishes_without_a_hash_state, finishes_under_another_algorithm,
            drops_what_was_not_recorded, reports_progress_when_the_source_fails, appends_within_the_limit,
            refuses_two_writers, notices_lost_bytes, knows_no_upload, keeps_the_upload_after_a_mismatch,
            finishes_one_digest_twice_at_once, deletes_twice, reads_on_after_delete, lists_blobs_and_uploads,
            sweeps_what_was_not_stored_again, verifies_at_a_pace, exports_what_it_has, is_healthy);

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn moves_aside_and_stores_anew() {
            let harness: crate::suite::Harness = ($make)();
            crate::suite::moves_aside_and_stores_anew(&harness).await;
            harness.tear_down().await;
        }
    };
    (@tests $make:expr, $($test:ident),*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            let harness: crate::suite::Harness = ($make)();
            crate::suite::$test(&*harness.store).await;
            harness.tear_down().await;
        }
    )*};
}
pub(crate) use suite;

pub(crate) fn bytes(size: usize) -> Bytes {
    (0..size).map(|n| (n ^ (n >> 8) ^ (n >> 16)) as u8).collect::<Vec<u8>>().into()
}

pub(crate) fn digest(algorithm: Algorithm, bytes: &[u8]) -> Digest {
    let mut hash = Hasher::new(algorithm);
    hash.update(bytes);
    hash.digest()
}

fn sha256(bytes: &[u8]) -> Digest {
    digest(Algorithm::Sha256, bytes)
}

/// The bytes in frames as a network would cut them.
pub(crate) fn source(bytes: &Bytes) -> ByteStream {
    let bytes = bytes.clone();
    let frame = 60_001;
    let starts = (0..bytes.len()).step_by(frame);
    Box::pin(stream::iter(
        starts.map(move |start| Ok(bytes.slice(start..(start + frame).min(bytes.len())))).collect::<Vec<_>>(),
    ))
}

fn broken(bytes: &Bytes) -> ByteStream {
    let error = || Err(io::Error::from(io::ErrorKind::ConnectionReset));
    Box::pin(source(bytes).chain(stream::once(async move { error() })))
}

fn endless(bytes: &Bytes) -> ByteStream {
    Box::pin(source(bytes).chain(stream::pending()))
}

pub(crate) async fn read(store: &dyn BlobStore, digest: &Digest, range: std::ops::Range<u64>) -> Vec<u8> {
    let blob = store.open(digest).await.unwrap().expect("the blob is there");
    blob.read(range).try_collect::<Vec<_>>().await.unwrap().concat()
}

pub(crate) async fn put(store: &dyn BlobStore, bytes: &Bytes) -> Digest {
    let digest = sha256(bytes);
    store.put(&digest, source(bytes), LIMIT).await.unwrap();
    digest
}

async fn listed(store: &dyn BlobStore) -> Vec<Digest> {
    let listed: Vec<_> = store.list().await.unwrap().try_collect().await.unwrap();
    listed.into_iter().map(|blob| blob.digest).collect()
}

async fn assert_empty(store: &dyn BlobStore) {
    assert_eq!(listed(store).await, []);
}

async fn begin(store: &dyn BlobStore) -> (Uuid, Position) {
    let id = Uuid::new_v4();
    store.create_upload(id).await.unwrap();
    (id, Position::start(Algorithm::Sha256))
}

/// A position, as it comes back from the caller's database.
fn recorded(at: &Position) -> Position {
    Position::recorded(at.offset, at.hash.as_ref().map(|state| state.as_bytes()))
}

fn forgotten(at: &Position) -> Position {
    Position::recorded(at.offset, None)
}

pub(crate) async fn stores_and_reads_back(store: &dyn BlobStore) {
    for size in [1, 1000, 65_537, BATCH_BYTES - 1, BATCH_BYTES, 3 * BATCH_BYTES + 17] {
        let bytes = bytes(size);
        let digest = sha256(&bytes);
        assert_eq!(store.stat(&digest).await.unwrap(), None);
        assert!(store.open(&digest).await.unwrap().is_none());
        let stored = store.put(&digest, source(&bytes), size as u64).await.unwrap();
        assert_eq!((stored.size, stored.existed), (size as u64, false));
        assert_eq!(store.stat(&digest).await.unwrap(), Some(size as u64));
        let blob = store.open(&digest).await.unwrap().unwrap();
        assert_eq!(blob.size(), size as u64);
        assert_eq!(read_all(&*blob, size).await.unwrap(), bytes);
        assert!(matches!(read_all(&*blob, size - 1).await, Err(Error::TooLarge { .. })));
        assert!(read(store, &digest, 0..u64::MAX).await == bytes);
    }
}

pub(crate) async fn stores_nothing_twice(store: &dyn BlobStore) {
    for size in [100, 2 * BATCH_BYTES] {
        let bytes = bytes(size);
        let digest = put(store, &bytes).await;
        let again = store.put(&digest, source(&bytes), LIMIT).await.unwrap();
        assert_eq!((again.size, again.existed), (size as u64, true));
        assert!(read(store, &digest, 0..u64::MAX).await == bytes);
    }
}

pub(crate) async fn refuses_other_bytes(store: &dyn BlobStore) {
    for size in [100, 2 * BATCH_BYTES] {
        let (bytes, other) = (bytes(size), sha256(b"other"));
        match store.put(&other, source(&bytes), LIMIT).await {
            Err(Error::DigestMismatch { expected, actual }) => {
                assert_eq!((*expected, *actual), (other, sha256(&bytes)))
            }
            other => panic!("{other:?}"),
        }
    }
    assert_empty(store).await;
}

pub(crate) async fn refuses_too_many_bytes(store: &dyn BlobStore) {
    for size in [100, 2 * BATCH_BYTES] {
        let bytes = bytes(size);
        let refused = store.put(&sha256(&bytes), source(&bytes), size as u64 - 1).await;
        assert!(matches!(refused, Err(Error::TooLarge { limit }) if limit == size as u64 - 1));
    }
    assert_empty(store).await;
}

pub(crate) async fn leaves_nothing_when_the_source_fails(store: &dyn BlobStore) {
    for size in [100, 2 * BATCH_BYTES] {
        let bytes = bytes(size);
        assert!(matches!(store.put(&sha256(&bytes), broken(&bytes), LIMIT).await, Err(Error::Source(_))));
    }
    assert_empty(store).await;
}

pub(crate) async fn leaves_nothing_when_abandoned(store: &dyn BlobStore) {
    let bytes = bytes(3 * BATCH_BYTES);
    let digest = sha256(&bytes);
    let put = store.put(&digest, endless(&bytes), LIMIT);
    assert!(tokio::time::timeout(Duration::from_millis(50), put).await.is_err());
    assert_empty(store).await;
}

pub(crate) async fn reads_ranges(store: &dyn BlobStore) {
    let size = (2 << 20) + 12_345;
    let bytes = bytes(size);
    let digest = put(store, &bytes).await;
    let mib = 1 << 20;
    let ranges = [(0, 1), (0, size), (1, size), (4095, 4097), (mib - 1, mib + 1), (777, 200_000), (mib, size), (5, 5)];
    for (start, end) in ranges {
        let part = read(store, &digest, start as u64..end as u64).await;
        assert!(part == bytes[start..end], "{start}..{end}");
    }
    assert_eq!(read(store, &digest, size as u64 - 3..u64::MAX).await, bytes[size - 3..]);
    assert!(read(store, &digest, size as u64..u64::MAX).await.is_empty());
    assert!(read(store, &digest, u64::MAX - 1..u64::MAX).await.is_empty());
}

pub(crate) async fn keeps_an_empty_blob(store: &dyn BlobStore) {
    let digest = put(store, &Bytes::new()).await;
    assert_eq!(store.stat(&digest).await.unwrap(), Some(0));
    let blob = store.open(&digest).await.unwrap().unwrap();
    assert_eq!(read_all(&*blob, 0).await.unwrap(), Bytes::new());
    let (id, at) = begin(store).await;
    assert!(store.finish(id, at, &digest).await.unwrap().existed);
}

pub(crate) async fn knows_sha512(store: &dyn BlobStore) {
    for size in [10, 2 * BATCH_BYTES] {
        let bytes = bytes(size);
        let digest = digest(Algorithm::Sha512, &bytes);
        assert!(!store.put(&digest, source(&bytes), LIMIT).await.unwrap().existed);
        assert!(read(store, &digest, 0..u64::MAX).await == bytes);
        assert_eq!(store.stat(&sha256(&bytes)).await.unwrap(), None);
    }
    let bytes = bytes(1000);
    let id = Uuid::new_v4();
    store.create_upload(id).await.unwrap();
    let at = store.append(id, Position::start(Algorithm::Sha512), source(&bytes), LIMIT).await.unwrap();
    store.finish(id, recorded(&at), &digest(Algorithm::Sha512, &bytes)).await.unwrap();
}

pub(crate) async fn appends_and_resumes(store: &dyn BlobStore) {
    let whole = bytes(4 * BATCH_BYTES);
    let cuts = [0, 1, 2, 70, 5000, BATCH_BYTES + 1, 4 * BATCH_BYTES];
    let (id, mut at) = begin(store).await;
    for cut in cuts.windows(2) {
        at = store.append(id, recorded(&at), source(&whole.slice(cut[0]..cut[1])), LIMIT).await.unwrap();
        assert_eq!(at.offset, cut[1] as u64);
        assert!(at.hash.is_some());
    }
    let stored = store.finish(id, recorded(&at), &sha256(&whole)).await.unwrap();
    assert_eq!((stored.size, stored.existed), (whole.len() as u64, false));
    assert!(read(store, &sha256(&whole), 0..u64::MAX).await == whole);
    assert_eq!(store.list_uploads().await.unwrap(), []);
}

pub(crate) async fn finishes_without_a_hash_state(store: &dyn BlobStore) {
    let whole = bytes(3 * BATCH_BYTES);
    let (id, at) = begin(store).await;
    let at = store.append(id, at, source(&whole.slice(..1000)), LIMIT).await.unwrap();
    let at = store.append(id, forgotten(&at), source(&whole.slice(1000..)), LIMIT).await.unwrap();
    assert_eq!(at.hash, None);
    store.finish(id, at, &sha256(&whole)).await.unwrap();
}

pub(crate) async fn finishes_under_another_algorithm(store: &dyn BlobStore) {
    let whole = bytes(1000);
    let (id, at) = begin(store).await;
    let at = store.append(id, at, source(&whole), LIMIT).await.unwrap();
    store.finish(id, at, &digest(Algorithm::Sha512, &whole)).await.unwrap();
}

pub(crate) async fn drops_what_was_not_recorded(store: &dyn BlobStore) {
    let whole = bytes(2 * BATCH_BYTES);
    let (id, at) = begin(store).await;
    let first = store.append(id, at, source(&whole.slice(..1000)), LIMIT).await.unwrap();
    // The answer of this one is lost in a crash.
    store.append(id, first.clone(), source(&bytes(5 * BATCH_BYTES)), LIMIT).await.unwrap();
    let second = store.append(id, first, source(&whole.slice(1000..)), LIMIT).await.unwrap();
    store.append(id, second.clone(), source(&bytes(3)), LIMIT).await.unwrap();
    store.finish(id, second, &sha256(&whole)).await.unwrap();
    assert!(read(store, &sha256(&whole), 0..u64::MAX).await == whole);
}

pub(crate) async fn reports_progress_when_the_source_fails(store: &dyn BlobStore) {
    for size in [100, 3 * BATCH_BYTES + 100] {
        let whole = bytes(size + 50);
        let (id, at) = begin(store).await;
        let failed = store.append(id, at, broken(&whole.slice(..size)), LIMIT).await.unwrap_err();
        assert!(matches!(failed.error, Error::Source(_)));
        let reached = failed.reached.unwrap();
        assert_eq!(reached.offset, size as u64, "all that came before is kept");
        let at = store.append(id, recorded(&reached), source(&whole.slice(size..)), LIMIT).await.unwrap();
        store.finish(id, at, &sha256(&whole)).await.unwrap();
    }
}

pub(crate) async fn appends_within_the_limit(store: &dyn BlobStore) {
    let whole = bytes(100);
    let (id, at) = begin(store).await;
    let at = store.append(id, at, source(&whole.slice(..60)), 100).await.unwrap();
    let refused = store.append(id, at.clone(), source(&whole.slice(..41)), 100).await.unwrap_err();
    assert!(matches!(refused.error, Error::TooLarge { limit: 100 }));
    let at = store.append(id, at, source(&whole.slice(60..)), 100).await.unwrap();
    store.finish(id, at, &sha256(&whole)).await.unwrap();
}

pub(crate) async fn refuses_two_writers(store: &dyn BlobStore) {
    let whole = bytes(1000);
    let (id, start) = begin(store).await;
    let mut first = store.append(id, start.clone(), endless(&whole), LIMIT);
    tokio::select! {
        _ = &mut first => panic!("it has no end"),
        () = tokio::time::sleep(Duration::from_millis(20)) => {}
    }
    let second = store.append(id, start.clone(), source(&whole), LIMIT).await;
    assert!(matches!(second.unwrap_err().error, Error::Busy));
    assert!(matches!(store.finish(id, start.clone(), &sha256(&whole)).await, Err(Error::Busy)));
    assert!(matches!(store.delete_upload(id).await, Err(Error::Busy)));
    drop(first);
    let at = store.append(id, start, source(&whole), LIMIT).await.unwrap();
    store.finish(id, at, &sha256(&whole)).await.unwrap();
}

pub(crate) async fn notices_lost_bytes(store: &dyn BlobStore) {
    let whole = bytes(100);
    let (id, start) = begin(store).await;
    let at = store.append(id, start.clone(), source(&whole), LIMIT).await.unwrap();
    store.append(id, start, source(&whole.slice(..10)), LIMIT).await.unwrap();
    let refused = store.append(id, at.clone(), source(&whole), LIMIT).await.unwrap_err();
    assert!(matches!(refused.error, Error::Offset { have: 10 }));
    assert!(matches!(store.finish(id, at, &sha256(&whole)).await, Err(Error::Offset { have: 10 })));
}

pub(crate) async fn knows_no_upload(store: &dyn BlobStore) {
    let (id, at) = (Uuid::new_v4(), Position::start(Algorithm::Sha256));
    for size in [0, 10, 2 * BATCH_BYTES] {
        let refused = store.append(id, at.clone(), source(&bytes(size)), LIMIT).await.unwrap_err();
        assert!(matches!(refused.error, Error::UnknownUpload));
    }
    assert!(matches!(store.finish(id, at, &sha256(b"")).await, Err(Error::UnknownUpload)));
    store.delete_upload(id).await.unwrap();
    store.create_upload(id).await.unwrap();
    assert!(store.create_upload(id).await.is_err());
    store.delete_upload(id).await.unwrap();
    store.delete_upload(id).await.unwrap();
}

pub(crate) async fn keeps_the_upload_after_a_mismatch(store: &dyn BlobStore) {
    let whole = bytes(100);
    let (id, at) = begin(store).await;
    let at = store.append(id, at, source(&whole), LIMIT).await.unwrap();
    for at in [at.clone(), forgotten(&at)] {
        assert!(matches!(store.finish(id, at, &sha256(b"other")).await, Err(Error::DigestMismatch { .. })));
    }
    assert_empty(store).await;
    store.finish(id, at, &sha256(&whole)).await.unwrap();
}

pub(crate) async fn finishes_one_digest_twice_at_once(store: &dyn BlobStore) {
    let whole = bytes(BATCH_BYTES + 5);
    let digest = sha256(&whole);
    let mut uploads = Vec::new();
    for _ in 0..4 {
        let (id, at) = begin(store).await;
        uploads.push((id, store.append(id, at, source(&whole), LIMIT).await.unwrap()));
    }
    let finishes = futures_util::future::join_all(uploads.into_iter().map(|(id, at)| store.finish(id, at, &digest)));
    let puts = futures_util::future::join_all((0..4).map(|_| store.put(&digest, source(&whole), LIMIT)));
    let (finishes, puts) = tokio::join!(finishes, puts);
    let stored: Result<Vec<_>> = finishes.into_iter().chain(puts).collect();
    let stored = stored.unwrap();
    assert!(stored.iter().all(|stored| stored.size == whole.len() as u64));
    assert_eq!(stored.iter().filter(|stored| !stored.existed).count(), 1, "one of them was the first");
    assert_eq!(listed(store).await, [digest]);
    assert_eq!(store.list_uploads().await.unwrap(), []);
    assert!(read(store, &digest, 0..u64::MAX).await == whole);
}

pub(crate) async fn deletes_twice(store: &dyn BlobStore) {
    let digest = put(store, &bytes(10)).await;
    store.delete(&digest).await.unwrap();
    store.delete(&digest).await.unwrap();
    assert_eq!(store.stat(&digest).await.unwrap(), None);
    assert!(store.open(&digest).await.unwrap().is_none());
}

pub(crate) async fn reads_on_after_delete(store: &dyn BlobStore) {
    let whole = bytes(3 << 20);
    let digest = put(store, &whole).await;
    let blob = store.open(&digest).await.unwrap().unwrap();
    let mut stream = blob.read(0..blob.size());
    let first = stream.next().await.unwrap().unwrap();
    store.delete(&digest).await.unwrap();
    let rest = stream.try_collect::<Vec<_>>().await.unwrap().concat();
    assert!([&first, &rest[..]].concat() == whole);
    assert!(blob.read(0..blob.size()).try_collect::<Vec<_>>().await.unwrap().concat() == whole);
}

pub(crate) async fn lists_blobs_and_uploads(store: &dyn BlobStore) {
    let mut expected = Vec::new();
    for size in 0..20 {
        expected.push(put(store, &bytes(size)).await);
    }
    let mut found = listed(store).await;
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    let blobs: Vec<_> = store.list().await.unwrap().try_collect().await.unwrap();
    assert_eq!(blobs.iter().map(|blob| blob.size).sum::<u64>(), 190);
    let year_2020 = 1_577_836_800_000_000;
    assert!(blobs.iter().all(|blob| blob.modified.micros() > year_2020 && !blob.read_only));

    let (id, at) = begin(store).await;
    store.append(id, at, source(&bytes(7)), LIMIT).await.unwrap();
    let uploads = store.list_uploads().await.unwrap();
    assert_eq!(uploads.iter().map(|upload| (upload.id, upload.size)).collect::<Vec<_>>(), [(id, 7)]);
    assert!(uploads[0].modified.micros() > year_2020);
}

pub(crate) async fn sweeps_what_was_not_stored_again(store: &dyn BlobStore) {
    let bytes = bytes(1000);
    let digest = sha256(&bytes);
    let put = || store.put(&digest, source(&bytes), LIMIT);
    put().await.unwrap();
    let first = listed_at(store).await;
    assert!(!store.sweep(&digest, first).await.unwrap(), "as young as the limit");
    tokio::time::sleep(Duration::from_millis(20)).await;
    put().await.unwrap();
    let again = listed_at(store).await;
    assert!(first < again, "storing the same bytes makes the blob young");
    assert!(!store.sweep(&digest, again).await.unwrap());
    assert!(store.sweep(&digest, again.plus_seconds(1)).await.unwrap());
    assert_eq!(store.stat(&digest).await.unwrap(), None);
    assert!(!store.sweep(&digest, again.plus_seconds(1)).await.unwrap(), "nothing is left to sweep");
}

async fn listed_at(store: &dyn BlobStore) -> berth_types::Timestamp {
    store.list().await.unwrap().next().await.unwrap().unwrap().modified
}

pub(crate) async fn verifies_at_a_pace(store: &dyn BlobStore) {
    let pace = Arc::new(Pace::new(None));
    assert_eq!(store.verify(&sha256(b"never stored"), &pace).await.unwrap(), Verdict::Absent);
    let mut read = 0;
    for size in [0, 1, 300_000] {
        let digest = put(store, &bytes(size)).await;
        assert_eq!(store.verify(&digest, &pace).await.unwrap(), Verdict::Sound { size: size as u64 });
        read += size as u64;
        assert_eq!(pace.bytes(), read);
    }
    let stopped = Arc::new(Pace::new(None));
    stopped.stop();
    let digest = sha256(&bytes(300_000));
    assert!(
        matches!(store.verify(&digest, &stopped).await, Err(Error::Io(error)) if error.kind() == io::ErrorKind::Interrupted)
    );
}

pub(crate) async fn moves_aside_and_stores_anew(harness: &Harness) {
    let store = &*harness.store;
    let (whole, damaged) = (bytes(5000), bytes(4000));
    let digest = put(store, &whole).await;
    assert!(!store.quarantine(&sha256(b"never stored")).await.unwrap());
    for count in 1..=3 {
        assert!(!store.quarantine(&digest).await.unwrap(), "its bytes are sound");
        assert_eq!(store.stat(&digest).await.unwrap(), Some(5000));
        (harness.damage)(&digest, damaged.clone());
        let reader = store.open(&digest).await.unwrap().unwrap();
        assert!(store.quarantine(&digest).await.unwrap());
        assert!(!store.quarantine(&digest).await.unwrap(), "it has gone");
        assert!(store.open(&digest).await.unwrap().is_none());
        assert_eq!(store.stat(&digest).await.unwrap(), None);
        assert_empty(store).await;
        let aside = store.list_quarantine().await.unwrap();
        assert_eq!(aside.iter().map(|blob| (blob.digest, blob.size)).collect::<Vec<_>>(), vec![(digest, 4000); count]);
        assert_eq!(
            reader.read(0..4000).try_collect::<Vec<_>>().await.unwrap().concat(),
            damaged,
            "who reads it reads on"
        );
        assert!(!store.put(&digest, source(&whole), LIMIT).await.unwrap().existed, "the same digest is stored anew");
        assert_eq!(self::read(store, &digest, 0..u64::MAX).await, whole);
    }
    store.delete_quarantined(&digest).await.unwrap();
    store.delete_quarantined(&digest).await.unwrap();
    assert_eq!(store.list_quarantine().await.unwrap(), []);
    assert_eq!(self::read(store, &digest, 0..u64::MAX).await, whole);
}

pub(crate) async fn exports_what_it_has(store: &dyn BlobStore) {
    let folder = tempfile::TempDir::new().unwrap();
    let whole = bytes(300_000);
    let digest = put(store, &whole).await;
    for (name, how) in [("linked", Export::LinkOrCopy), ("copied", Export::Copy)] {
        let path = folder.path().join(name);
        assert_eq!(store.export(&sha256(b"never stored"), &path, how).await.unwrap(), None);
        let exported = store.export(&digest, &path, how).await.unwrap().unwrap();
        assert!(how == Export::LinkOrCopy || exported == Exported::Copied { size: 300_000 });
        assert_eq!(exported.size(), 300_000);
        assert!(std::fs::read(&path).unwrap() == whole);
    }
    store.delete(&digest).await.unwrap();
    assert!(std::fs::read(folder.path().join("linked")).unwrap() == whole, "the store's own name is another");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing unfinished is left");
}

pub(crate) async fn is_healthy(store: &dyn BlobStore) {
    store.health().await.unwrap();
    assert_eq!(store.list_uploads().await.unwrap(), []);
    assert_empty(store).await;
}
