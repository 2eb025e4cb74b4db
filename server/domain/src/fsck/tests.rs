//! Losses beside pushes, and with a storage that fails in between.

use std::{
    num::NonZeroUsize,
    path::Path,
    sync::{
        Arc, Barrier,
        atomic::{AtomicI64, Ordering},
    },
};

use berth_db::{Db, args, query};
use berth_storage::{BlobStore, ByteStream, Fault, Faulty, FsStore, MemoryStore, Pace};
use berth_types::{Clock, Digest, ProjectName, RepoName, Timestamp, time::SystemClock};
use bytes::Bytes;
use sha2::Digest as _;
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::{
    Check, Depth, Event, Events, Kind, Options, Outcome, Repair, contain,
    rows::{Join, rewrite},
    verify_blob,
};
use crate::{
    Actor, Domain, Error, Limits, Result,
    authz::{MaintainStorage, ProjectAccess, Pull, Push, SystemAccess},
    blob,
};

const GOOD: &[u8] = b"as it was pushed";
const BAD: &[u8] = b"as it was pushe!";

/// The system's time, and how far ahead of it the test is.
#[derive(Clone, Default)]
struct Ahead(Arc<AtomicI64>);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_seconds(self.0.load(Ordering::Relaxed))
    }
}

struct Bench {
    domain: Domain,
    clock: Ahead,
    repo: RepoName,
    digest: Digest,
    _folder: TempDir,
}

impl Bench {
    async fn new(store: impl FnOnce(&Path) -> Arc<dyn BlobStore>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&folder.path().join("berth.db")).await.unwrap();
        let clock = Ahead::default();
        let domain = Domain::new(db, store(folder.path()), Arc::new(clock.clone()), Limits::default());
        let digest = Digest::Sha256(sha2::Sha256::digest(GOOD).into());
        Bench { domain, clock, repo: "library/a".parse().unwrap(), digest, _folder: folder }
    }

    async fn access(&self) -> Result<ProjectAccess<Push>> {
        let project: ProjectName = "library".parse().unwrap();
        ProjectAccess::<Push>::check(&self.domain, &Actor::system("test"), &project).await
    }

    async fn push(&self) -> Result<u64> {
        blob::put(&self.domain, &self.access().await?, &self.repo, &self.digest, body()).await
    }

    /// The second half of a push, whose bytes are stored.
    async fn commit(&self, stored: berth_storage::Stored) -> Result<()> {
        blob::commit(&self.domain, &self.access().await?, &self.repo, &self.digest, stored, None).await
    }

    /// Runs one step of a check that mends, and says what it reported.
    async fn step(&self, step: impl AsyncFnOnce(&Check<'_>)) -> Vec<(Kind, Outcome)> {
        let (sender, mut receiver) = mpsc::channel(100);
        let events = Events::new(sender);
        let (depth, repair, jobs) = (Depth::Full, Repair::Mend, NonZeroUsize::MIN);
        let options = Options { depth, repair, jobs, bytes_per_second: None };
        step(&Check::new(&self.domain, &options, &events).await.unwrap()).await;
        let mut found = Vec::new();
        while let Ok(event) = receiver.try_recv() {
            if let Event::Finding(finding) = event {
                found.push((finding.kind, finding.outcome));
            }
        }
        found
    }

    async fn count(&self, sql: &str) -> i64 {
        self.domain.db.reader().await.unwrap().conn().row(sql, &[]).await.unwrap().unwrap().get(0).unwrap()
    }

    /// Takes the blob from its repository, and gives it up at the present moment, as garbage collection does.
    async fn doom(&self) {
        let now = self.domain.now();
        let write = self.domain.db.write(now, |tx, now| {
            Box::pin(async move {
                tx.execute("DELETE FROM repository_blobs", &[]).await?;
                tx.execute("UPDATE blobs SET doomed_at = $1", args![*now]).await?;
                Ok::<_, Error>(())
            })
        });
        write.await.unwrap();
    }

    async fn stat(&self) -> Result<u64> {
        let project: ProjectName = "library".parse().unwrap();
        let access = ProjectAccess::<Pull>::check(&self.domain, &Actor::system("test"), &project).await?;
        blob::stat(&self.domain, &access, &self.repo, &self.digest).await
    }

    async fn verify(&self, repair: Repair) -> Result<Option<(Kind, Outcome)>> {
        let access = SystemAccess::<MaintainStorage>::check(&Actor::system("test"))?;
        let pace = Arc::new(Pace::new(None));
        let finding = verify_blob(&self.domain, &access, &self.digest, repair, &pace).await?;
        Ok(finding.map(|finding| (finding.kind, finding.outcome)))
    }
}

fn body() -> ByteStream {
    Box::pin(futures_util::stream::iter([Ok(Bytes::from_static(GOOD))]))
}

#[tokio::test]
async fn a_lost_blob_answers_as_unknown_until_it_is_pushed() {
    let store = MemoryStore::new();
    let bench = Bench::new(|_| Arc::new(store.clone())).await;
    bench.push().await.unwrap();
    assert_eq!(bench.verify(Repair::Mend).await.unwrap(), None);
    store.damage(bench.digest, Bytes::from_static(BAD));
    assert_eq!(bench.verify(Repair::Report).await.unwrap(), Some((Kind::DamagedBlob, Outcome::Left)));
    assert_eq!(bench.stat().await.unwrap(), GOOD.len() as u64, "a report changes nothing");
    assert_eq!(bench.verify(Repair::Mend).await.unwrap(), Some((Kind::DamagedBlob, Outcome::Contained)));
    assert!(matches!(bench.stat().await, Err(Error::BlobUnknown(_))));
    assert_eq!(bench.verify(Repair::Mend).await.unwrap(), Some((Kind::LostBlob, Outcome::Contained)));
    bench.push().await.unwrap();
    assert_eq!(bench.stat().await.unwrap(), GOOD.len() as u64);
    assert_eq!(bench.verify(Repair::Report).await.unwrap(), None);
}

#[tokio::test]
async fn a_push_that_relied_on_damaged_bytes_is_refused_and_the_next_one_brings_its_own() {
    let bench = Bench::new(|folder| Arc::new(FsStore::open(&folder.join("storage"), None).unwrap())).await;
    bench.push().await.unwrap();
    let hex = bench.digest.hex();
    let path = bench._folder.path().join("storage/blobs/sha256").join(&hex[..2]).join(&hex);
    std::fs::write(&path, BAD).unwrap();
    // As if the damage were found between the storing of the bytes and the writing of the row.
    assert!(super::loss::mark(&bench.domain, &bench.digest).await.unwrap());
    assert!(matches!(bench.push().await, Err(Error::Unavailable(_))));
    assert!(matches!(bench.stat().await, Err(Error::BlobUnknown(_))));
    assert!(!path.exists(), "the damaged bytes are in quarantine");
    bench.push().await.unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), GOOD);
    assert_eq!(bench.verify(Repair::Report).await.unwrap(), None);
}

#[tokio::test]
async fn a_loss_that_a_push_overtook_is_taken_back() {
    let store = MemoryStore::new();
    let bench = Bench::new(|_| Arc::new(store.clone())).await;
    bench.push().await.unwrap();
    assert!(super::loss::mark(&bench.domain, &bench.digest).await.unwrap());
    assert_eq!(bench.verify(Repair::Report).await.unwrap(), Some((Kind::LostBlob, Outcome::Left)));
    assert_eq!(bench.verify(Repair::Mend).await.unwrap(), Some((Kind::LostBlob, Outcome::Mended)));
    assert_eq!(bench.stat().await.unwrap(), GOOD.len() as u64);
    let unknown = Digest::Sha256([7; 32]);
    assert!(!contain(&bench.domain, &unknown).await.unwrap(), "nothing is lost that was never there");
}

#[tokio::test]
async fn wherever_the_storage_fails_the_next_check_comes_to_the_same() {
    for fault in [Fault::Before, Fault::After] {
        for call in 1.. {
            let store = MemoryStore::new();
            let faulty = Faulty::new(Arc::new(store.clone()));
            let bench = Bench::new(|_| Arc::new(faulty.clone())).await;
            bench.push().await.unwrap();
            store.damage(bench.digest, Bytes::from_static(BAD));
            faulty.fail_at(call, fault);
            let first = bench.verify(Repair::Mend).await;
            let passed = faulty.calls() < call;
            faulty.fail_at(u64::MAX, fault);
            let next = bench.verify(Repair::Mend).await.unwrap();
            assert!(
                next.is_some_and(|(_, outcome)| outcome == Outcome::Contained),
                "{fault:?} at {call}: {first:?}, {next:?}"
            );
            assert!(matches!(bench.stat().await, Err(Error::BlobUnknown(_))), "{fault:?} at {call}");
            bench.push().await.unwrap();
            assert_eq!(bench.verify(Repair::Report).await.unwrap(), None);
            if passed {
                assert!(call > 2, "the check calls the storage more than once");
                break;
            }
        }
    }
}

#[tokio::test]
async fn what_a_push_stored_beside_the_end_of_a_broken_collection_stays() {
    let store = MemoryStore::new();
    let bench = Bench::new(|_| Arc::new(store.clone())).await;
    bench.push().await.unwrap();
    // Given up two hours ago, while the bytes are as young as the system's clock says.
    bench.clock.0.store(-2 * 3600, Ordering::Relaxed);
    bench.doom().await;
    bench.clock.0.store(0, Ordering::Relaxed);

    let claim = bench.domain.claims.push(&bench.digest).await;
    let stored = store.put(&bench.digest, body(), 100).await.unwrap();
    assert_eq!(bench.step(async |check| check.doomed().await.unwrap()).await, []);
    assert_eq!(store.stat(&bench.digest).await.unwrap(), Some(stored.size), "a push has them");
    assert_eq!(bench.count("SELECT COUNT(*) FROM blobs WHERE doomed_at IS NOT NULL").await, 1);
    assert!(matches!(bench.commit(stored).await, Err(Error::Busy)), "its client tries again");
    drop(claim);

    // Between the two tries: the row goes, and what was stored since the mark stays.
    let found = bench.step(async |check| check.doomed().await.unwrap()).await;
    assert_eq!(found, [(Kind::DoomedBlob, Outcome::Mended)]);
    assert_eq!(bench.count("SELECT COUNT(*) FROM blobs").await, 0);
    assert_eq!(store.stat(&bench.digest).await.unwrap(), Some(stored.size));
    assert!(bench.domain.claims.collect(&bench.digest).is_some(), "the claim has ended");
    bench.push().await.unwrap();
    assert_eq!(bench.verify(Repair::Report).await.unwrap(), None);
    assert_eq!(bench.stat().await.unwrap(), stored.size);
}

#[tokio::test]
async fn a_broken_collection_is_brought_to_its_end() {
    let store = MemoryStore::new();
    let bench = Bench::new(|_| Arc::new(store.clone())).await;
    bench.push().await.unwrap();
    bench.clock.0.store(60, Ordering::Relaxed);
    bench.doom().await;
    assert_eq!(bench.step(async |check| check.doomed().await.unwrap()).await, [], "it may be under way");
    bench.clock.0.store(2 * 3600, Ordering::Relaxed);
    let found = bench.step(async |check| check.doomed().await.unwrap()).await;
    assert_eq!(found, [(Kind::DoomedBlob, Outcome::Mended)]);
    assert_eq!(bench.count("SELECT COUNT(*) FROM blobs").await, 0);
    assert_eq!(store.stat(&bench.digest).await.unwrap(), None);
}

#[tokio::test]
async fn bytes_that_a_push_brought_after_the_look_are_not_moved() {
    let bench = Bench::new(|folder| Arc::new(FsStore::open(&folder.join("storage"), None).unwrap())).await;
    // As if a check had read damaged bytes, and then this push had replaced them and was acknowledged.
    bench.push().await.unwrap();
    assert!(!contain(&bench.domain, &bench.digest).await.unwrap());
    assert_eq!(bench.domain.blobs.list_quarantine().await.unwrap(), []);
    assert_eq!(bench.stat().await.unwrap(), GOOD.len() as u64);
    assert_eq!(bench.verify(Repair::Report).await.unwrap(), None);
}

#[tokio::test]
async fn a_push_under_way_that_relies_on_damaged_bytes_is_refused_when_they_are_moved() {
    let bench = Bench::new(|folder| Arc::new(FsStore::open(&folder.join("storage"), None).unwrap())).await;
    bench.push().await.unwrap();
    let hex = bench.digest.hex();
    let path = bench._folder.path().join("storage/blobs/sha256").join(&hex[..2]).join(&hex);
    std::fs::write(&path, BAD).unwrap();

    let claim = bench.domain.claims.push(&bench.digest).await;
    let stored = bench.domain.blobs.put(&bench.digest, body(), 100).await.unwrap();
    assert!(stored.existed, "only the size is compared");
    assert!(contain(&bench.domain, &bench.digest).await.unwrap(), "nobody waits for the push");
    assert!(!path.exists());
    assert!(matches!(bench.commit(stored).await, Err(Error::Unavailable(_))));
    drop(claim);
    bench.push().await.unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), GOOD);
    assert_eq!(bench.stat().await.unwrap(), GOOD.len() as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_push_comes_between_the_move_and_the_mark_and_both_outlive_whoever_asked() {
    let store = MemoryStore::new();
    let bench = Bench::new(|_| Arc::new(store.clone())).await;
    bench.push().await.unwrap();
    store.damage(bench.digest, Bytes::from_static(BAD));

    // Whoever writes waits behind this one, which keeps the writer's own thread.
    let (begun, go) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let held = tokio::spawn({
        let (db, args) = (bench.domain.db.clone(), (begun.clone(), go.clone()));
        async move {
            db.write(args, |_, (begun, go)| {
                Box::pin(async move {
                    begun.wait();
                    go.wait();
                    Ok::<_, Error>(())
                })
            })
            .await
        }
    });
    begun.wait();
    let asked = tokio::spawn({
        let (domain, digest) = (bench.domain.clone(), bench.digest);
        async move { contain(&domain, &digest).await }
    });
    while store.stat(&bench.digest).await.unwrap().is_some() {
        tokio::task::yield_now().await;
    }
    asked.abort();
    assert!(asked.await.unwrap_err().is_cancelled());
    assert_eq!(bench.stat().await.unwrap(), GOOD.len() as u64, "the mark waits for the writer");
    assert!(bench.domain.claims.collect(&bench.digest).is_none(), "pushes wait for the mark");
    go.wait();
    held.await.unwrap().unwrap();
    drop(bench.domain.claims.push(&bench.digest).await);
    assert!(matches!(bench.stat().await, Err(Error::BlobUnknown(_))));
    bench.push().await.unwrap();
    assert_eq!(bench.stat().await.unwrap(), GOOD.len() as u64);
}

#[tokio::test]
async fn a_manifest_that_was_deleted_since_the_look_is_not_mended() {
    let bench = Bench::new(|_| Arc::new(MemoryStore::new())).await;
    bench.push().await.unwrap();
    let (blob, repository) = (
        bench.count("SELECT blob_id FROM repository_blobs").await,
        bench.count("SELECT repository_id FROM repository_blobs").await,
    );
    let write = bench.domain.db.write((repository, blob), |tx, (repository, blob)| {
        Box::pin(async move { Ok::<_, Error>(query::push::unlink_blob(tx, *repository, *blob).await?) })
    });
    assert!(write.await.unwrap());
    let line = query::fsck::Line {
        manifest_id: 7,
        position: 0,
        repository_id: repository,
        manifest: "library/a".to_owned(),
        digest: bench.digest,
        target_id: Some(blob),
    };
    let right = query::fsck::Manifest {
        id: 7,
        repository_id: repository,
        repository: "library/a".to_owned(),
        digest: Digest::Sha256([7; 32]),
        media_type: "application/vnd.oci.image.manifest.v1+json".to_owned(),
        config_media_type: String::new(),
        artifact_type: String::new(),
        manifest_size: 2,
        subject: None,
        accessory: String::new(),
        bytes: b"{}".to_vec(),
    };
    let new = query::push::NewReference {
        role: "layer",
        digest: bench.digest,
        media_type: "application/vnd.oci.image.layer.v1.tar".to_owned(),
        size: GOOD.len() as i64,
        descriptor: None,
    };
    let found = bench.step(async |check| {
        assert!(!check.link(line.clone()).await.unwrap());
        assert!(!check.join(line.clone(), Join::Blob).await.unwrap());
        assert!(!check.join(line, Join::Child).await.unwrap());
        assert!(!rewrite(&bench.domain, right, vec![new], None).await.unwrap());
    });
    assert_eq!(found.await, []);
    assert_eq!(bench.count("SELECT COUNT(*) FROM repository_blobs").await, 0, "no link without a manifest");
    assert_eq!(bench.count("SELECT COUNT(*) FROM manifest_references").await, 0);
}
