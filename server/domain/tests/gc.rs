//! Garbage collection: what nobody needs goes, what anybody needs stays, whoever comes between.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use berth_db::{Backend, Db, FromValue, Value, args};
use berth_domain::{
    Actor, Domain, Error, Limits,
    accessory::Puller,
    authz::{DeleteContent, ProjectAccess, ProjectAction, Pull, Push},
    blob::{self, ByteStream},
    gc::{self, Finding, Measure, Mode, Observer, Report, Thing, Verdict},
    manifest::{self, PushRequest},
    pull,
    upload::{self, Chunk},
};
use berth_storage::{BlobStore, Fault, Faulty, FsStore, read_all};
use berth_types::{Algorithm, Clock, Digest, Reference, RepoName, Timestamp, UserId, time::SystemClock};
use bytes::Bytes;
use futures_util::{StreamExt, stream};

#[path = "../../testkit/src/database.rs"]
mod database;
#[path = "../../testkit/src/everywhere.rs"]
#[macro_use]
mod everywhere;
#[path = "../../testkit/src/image.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod image;

use database::Database;
use image::{Blob, Image};

const NONE: Duration = Duration::ZERO;
const HOUR: Duration = Duration::from_secs(3600);
const REPO: &str = "p/a";
const OTHER: &str = "q/b";

/// The system's time, and how far ahead of it the test is.
#[derive(Clone, Default)]
struct Ahead(Arc<AtomicI64>);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_seconds(self.0.load(Ordering::SeqCst))
    }
}

struct World {
    domain: Domain,
    db: Db,
    store: Arc<dyn BlobStore>,
    clock: Ahead,
    // Dropped last: it removes the database.
    database: Option<Database>,
}

/// Remembers what it is told.
#[derive(Default)]
struct Told(Mutex<Vec<Finding>>);

impl Observer for Told {
    fn found(&self, finding: &Finding) {
        self.0.lock().unwrap().push(finding.clone());
    }
}

impl World {
    async fn new(backend: Backend) -> Option<World> {
        let database = Database::create(backend).await?;
        let db = database.open().await;
        let store: Arc<dyn BlobStore> = Arc::new(FsStore::open(&database.folder.path().join("storage"), None).unwrap());
        let clock = Ahead::default();
        let domain = Domain::new(db.clone(), store.clone(), Arc::new(clock.clone()), Limits::default());
        let world = World { domain, db, store, clock, database: Some(database) };
        for project in ["p", "q"] {
            let sql =
                "INSERT INTO projects (name, owner_id, public, created_at, updated_at) VALUES ($1, 1, FALSE, 1, 1)";
            world.execute(sql, args![project]).await;
        }
        Some(world)
    }

    /// Another process on the same data, as far as memory goes.
    fn another(&self) -> World {
        let folder = self.database.as_ref().unwrap().folder.path().join("storage");
        let store: Arc<dyn BlobStore> = Arc::new(FsStore::open(&folder, None).unwrap());
        let domain = Domain::new(self.db.clone(), store.clone(), Arc::new(self.clock.clone()), Limits::default());
        World { domain, db: self.db.clone(), store, clock: self.clock.clone(), database: None }
    }

    fn later(&self, time: Duration) {
        self.clock.0.fetch_add(time.as_secs().try_into().unwrap(), Ordering::SeqCst);
    }

    async fn execute(&self, sql: &'static str, args: &[Value]) {
        self.db
            .write(args.to_owned(), move |tx, args| {
                Box::pin(async move { tx.execute(sql, args).await.map_err(Error::from) })
            })
            .await
            .unwrap();
    }

    async fn value<T: FromValue>(&self, sql: &str, args: &[Value]) -> T {
        self.db.reader().await.unwrap().conn().row(sql, args).await.unwrap().unwrap().get(0).unwrap()
    }

    async fn count(&self, table: &str) -> i64 {
        self.value(&format!("SELECT COUNT(*) FROM {table}"), &[]).await
    }

    async fn usage(&self, project: &str) -> i64 {
        let sql = "SELECT storage_bytes_used + CAST(COALESCE(
                     (SELECT SUM(bytes) FROM quota_deltas WHERE project_id = p.id), 0) AS BIGINT)
                   FROM projects p WHERE name = $1";
        self.value(sql, args![project]).await
    }

    async fn may<A: ProjectAction>(&self, repo: &str) -> ProjectAccess<A> {
        let admin = Actor::user(UserId::ADMIN, "admin", true);
        ProjectAccess::check(&self.domain, &admin, &name(repo).project()).await.unwrap()
    }

    async fn put_blob(&self, repo: &str, blob: &Blob) -> berth_domain::Result<u64> {
        let access = self.may::<Push>(repo).await;
        blob::put(&self.domain, &access, &name(repo), &blob.digest, body(&blob.bytes)).await
    }

    async fn put_manifest(&self, repo: &str, reference: &str, image: &Image) -> berth_domain::Result<()> {
        let access = self.may::<Push>(repo).await;
        let reference = reference.parse::<Reference>().unwrap();
        let request = PushRequest {
            reference: &reference,
            tags: Vec::new(),
            content_type: Some(&image.manifest.media_type),
            bytes: image.manifest.bytes.clone(),
        };
        manifest::put(&self.domain, &access, &name(repo), request).await.map(drop)
    }

    async fn push(&self, repo: &str, tag: &str, image: &Image) {
        for blob in &image.blobs {
            self.put_blob(repo, blob).await.unwrap();
        }
        self.put_manifest(repo, tag, image).await.unwrap();
    }

    async fn mount(&self, repo: &str, from: &str, digest: &Digest) -> bool {
        let (access, source) = (self.may::<Push>(repo).await, self.may::<Pull>(from).await);
        blob::mount(&self.domain, &access, &name(repo), &source, &name(from), digest).await.unwrap()
    }

    async fn head(&self, repo: &str, digest: &Digest) -> berth_domain::Result<u64> {
        blob::stat(&self.domain, &self.may::<Pull>(repo).await, &name(repo), digest).await
    }

    async fn delete(&self, repo: &str, image: &Image) -> berth_domain::Result<()> {
        let access = self.may::<DeleteContent>(repo).await;
        manifest::delete(&self.domain, &access, &name(repo), &image.manifest.digest).await
    }

    async fn read(&self, repo: &str, digest: &Digest) -> berth_domain::Result<Bytes> {
        let blob = blob::open(&self.domain, &self.may::<Pull>(repo).await, &name(repo), digest).await?;
        Ok(read_all(&*blob, 1 << 20).await.unwrap())
    }

    /// Every byte of an image, by its tag or digest.
    async fn check(&self, repo: &str, reference: &str, image: &Image) {
        let access = self.may::<Pull>(repo).await;
        let found = manifest::get(&self.domain, &access, &name(repo), &reference.parse().unwrap(), Puller::Reader)
            .await
            .unwrap();
        assert_eq!(found.bytes, image.manifest.bytes);
        for blob in &image.blobs {
            assert_eq!(self.read(repo, &blob.digest).await.unwrap(), blob.bytes, "{}", blob.digest);
        }
    }

    async fn is_stored(&self, blob: &Blob) -> bool {
        self.store.stat(&blob.digest).await.unwrap().is_some()
    }

    async fn collect(&self, grace: Duration) -> Report {
        let options = gc::Options { mode: Mode::Collect, grace, measure: Measure::Store };
        gc::run(&self.domain, &options, &()).await.unwrap()
    }

    async fn dry_run(&self, grace: Duration) -> (Report, BTreeMap<Digest, (Thing, Verdict)>) {
        let options = gc::Options { mode: Mode::DryRun, grace, measure: Measure::Rows };
        let told = Told::default();
        let report = gc::run(&self.domain, &options, &told).await.unwrap();
        let findings = told.0.into_inner().unwrap();
        (report, findings.into_iter().map(|one| (one.digest, (one.thing, one.verdict))).collect())
    }

    /// Rows and bytes agree, whatever happened.
    async fn check_everything(&self) {
        for sql in [
            "SELECT COUNT(*) FROM blobs WHERE doomed_at IS NOT NULL",
            "SELECT COUNT(*) FROM repository_blobs rb WHERE NOT EXISTS (SELECT 1 FROM blobs b WHERE b.id = rb.blob_id)",
            "SELECT COUNT(*) FROM manifest_references mr JOIN manifests m ON m.id = mr.manifest_id WHERE mr.blob_id IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM repository_blobs rb WHERE rb.blob_id = mr.blob_id AND rb.repository_id = m.repository_id)",
            "SELECT COUNT(*) FROM manifests m WHERE NOT EXISTS (SELECT 1 FROM manifest_bytes b WHERE b.digest = m.digest)",
            "SELECT COUNT(*) FROM gc_blob_review g WHERE NOT EXISTS (SELECT 1 FROM blobs b WHERE b.id = g.blob_id)",
            "SELECT COUNT(*) FROM blobs b WHERE NOT EXISTS (SELECT 1 FROM repository_blobs rb WHERE rb.blob_id = b.id)
             AND NOT EXISTS (SELECT 1 FROM gc_blob_review g WHERE g.blob_id = b.id)",
        ] {
            assert_eq!(self.value::<i64>(sql, &[]).await, 0, "{sql}");
        }
        let rows = self.db.reader().await.unwrap().conn().rows("SELECT digest, size FROM blobs", &[]).await.unwrap();
        for row in rows {
            let (digest, size): (Digest, i64) = (row.get(0).unwrap(), row.get(1).unwrap());
            assert_eq!(self.store.stat(&digest).await.unwrap(), Some(size.try_into().unwrap()), "{digest}");
        }
        for project in ["p", "q"] {
            let sql = "SELECT CAST(COALESCE((SELECT SUM(size) FROM blobs WHERE id IN (
                           SELECT rb.blob_id FROM repository_blobs rb JOIN repositories r ON r.id = rb.repository_id
                           JOIN projects p ON p.id = r.project_id WHERE p.name = $1)), 0) AS BIGINT)
                       + CAST(COALESCE((SELECT SUM(LENGTH(bytes)) FROM manifest_bytes WHERE digest IN (
                           SELECT m.digest FROM manifests m JOIN projects p ON p.id = m.project_id WHERE p.name = $1)), 0) AS BIGINT)";
            assert_eq!(self.usage(project).await, self.value::<i64>(sql, args![project]).await, "usage of {project}");
        }
    }
}

fn name(repo: &str) -> RepoName {
    repo.parse().unwrap()
}

fn body(bytes: &Bytes) -> ByteStream {
    Box::pin(stream::iter([Ok(bytes.clone())]))
}

fn shared_layers(seed: &str, layers: &[Blob]) -> Image {
    Image::with_layers(seed, layers.to_vec())
}

async fn garbage_goes_and_what_is_needed_stays(world: World) {
    let (shared, own, other) = (Blob::random("shared", 5000), Blob::random("own", 3000), Blob::random("other", 2000));
    let (one, two) =
        (shared_layers("one", &[shared.clone(), own.clone()]), shared_layers("two", &[shared.clone(), other]));
    world.push(REPO, "one", &one).await;
    world.push(REPO, "two", &two).await;
    world.push(OTHER, "two", &two).await;
    world.delete(REPO, &one).await.unwrap();
    let usage = world.usage("p").await;
    assert_eq!(usage, two.size() as i64, "usage falls at once");

    let (would, findings) = world.dry_run(NONE).await;
    assert_eq!(findings[&own.digest], (Thing::Blob, Verdict::Garbage));
    assert_eq!(findings[&one.blobs[0].digest], (Thing::Blob, Verdict::Garbage));
    assert_eq!(findings[&one.manifest.digest], (Thing::Manifest, Verdict::Garbage));
    assert_eq!(findings[&shared.digest], (Thing::Blob, Verdict::Linked));
    assert!(world.is_stored(&own).await, "a dry run changes nothing");
    assert_eq!((would.blobs.count, would.manifests.count, would.after), (2, 1, would.before));

    let report = world.collect(NONE).await;
    let freed = (own.bytes.len() + one.blobs[0].bytes.len()) as u64;
    assert_eq!((report.blobs.count, report.blobs.bytes), (2, freed));
    assert_eq!((report.blobs, report.manifests), (would.blobs, would.manifests));
    assert_eq!((report.manifests.count, report.manifests.bytes), (1, one.manifest.bytes.len() as u64));
    assert_eq!(report.before.bytes - report.after.bytes, freed);
    assert_eq!(report.stored_before.unwrap().bytes - report.stored_after.unwrap().bytes, freed);
    assert!(!world.is_stored(&own).await && !world.is_stored(&one.blobs[0]).await && world.is_stored(&shared).await);
    assert_eq!(world.usage("p").await, usage, "it fell when the links went, not when the bytes do");
    world.check(REPO, "two", &two).await;
    world.check(OTHER, "two", &two).await;
    assert_eq!(
        (world.count("gc_blob_review").await, world.count("gc_manifest_review").await),
        (0, 0),
        "all is looked at"
    );
    world.check_everything().await;

    let again = world.collect(NONE).await;
    assert_eq!((again.blobs.count, again.manifests.count), (0, 0));
    // The same content comes again as if it had never been there.
    world.push(REPO, "one", &one).await;
    world.check(REPO, "one", &one).await;
    world.check_everything().await;
}

async fn nothing_goes_before_the_grace_time(world: World) {
    let image = Image::new("grace", 2);
    world.push(REPO, "v1", &image).await;
    world.later(HOUR * 5);
    world.delete(REPO, &image).await.unwrap();
    let report = world.collect(HOUR).await;
    assert_eq!((report.blobs.count, report.manifests.count), (0, 0));
    assert_eq!(report.kept[&Verdict::InGrace].count, 3);
    assert_eq!(world.dry_run(HOUR).await.1[&image.blobs[1].digest], (Thing::Blob, Verdict::InGrace));
    world.later(HOUR + Duration::from_secs(1));
    assert_eq!(world.collect(HOUR).await.blobs.count, 3);
    assert_eq!((world.count("blobs").await, world.count("manifest_bytes").await), (0, 0));
}

async fn what_somebody_asked_for_stays_for_the_grace_time(world: World) {
    let image = Image::new("touch", 1);
    world.push(REPO, "v1", &image).await;
    world.later(HOUR);
    world.head(REPO, &image.blobs[1].digest).await.unwrap();
    world.delete(REPO, &image).await.unwrap();
    // What was asked waits in memory; a dry run sees it as well.
    assert_eq!(world.dry_run(NONE).await.1[&image.blobs[1].digest], (Thing::Blob, Verdict::Touched));
    let report = world.collect(NONE).await;
    assert_eq!((report.blobs.count, report.kept[&Verdict::Touched].count), (1, 1));
    assert!(world.is_stored(&image.blobs[1]).await);
    let report = world.collect(NONE).await;
    assert_eq!(report.blobs.count, 1, "nobody asked again");
    assert!(!world.is_stored(&image.blobs[1]).await);

    // A touch that is written holds for the grace time, from when it was.
    world.push(REPO, "v1", &image).await;
    world.later(HOUR * 2);
    world.delete(REPO, &image).await.unwrap();
    world.later(HOUR * 2);
    let sql = "UPDATE blobs SET touched_at = $2 WHERE digest = $1";
    world.execute(sql, args![image.blobs[0].digest, world.clock.now()]).await;
    let report = world.collect(HOUR).await;
    assert_eq!((report.blobs.count, report.kept[&Verdict::Touched].count), (1, 1));
    world.later(HOUR + Duration::from_secs(1));
    assert_eq!(world.collect(HOUR).await.blobs.count, 1);
}

async fn a_doomed_blob_is_not_there_until_its_removal_is_finished(world: World) {
    let image = Image::new("doomed", 1);
    let layer = image.blobs[1].clone();
    let doom = "UPDATE blobs SET doomed_at = $2 WHERE digest = $1";
    world.push(REPO, "v1", &image).await;
    world.delete(REPO, &image).await.unwrap();

    // A crash after the mark, with the bytes in place.
    // A while ago: the clock of a file system lags behind by some milliseconds.
    world.execute(doom, args![layer.digest, world.clock.now().plus_seconds(-1)]).await;
    assert!(matches!(world.put_blob(REPO, &layer).await, Err(Error::Busy)));
    assert!(matches!(world.head(REPO, &layer.digest).await, Err(Error::BlobUnknown(_))));
    assert!(matches!(world.read(REPO, &layer.digest).await, Err(Error::BlobUnknown(_))));
    assert!(!world.mount(OTHER, REPO, &layer.digest).await);
    let refused = world.put_manifest(REPO, "v1", &image).await;
    assert!(matches!(refused, Err(Error::ManifestBlobUnknown(_))), "what is going is not taken back: {refused:?}");
    assert_eq!(world.count("repository_blobs").await, 0);
    assert_eq!(world.dry_run(HOUR).await.1[&layer.digest], (Thing::Blob, Verdict::Interrupted));
    // The push above stored the bytes again, so they are not removed, only the row is.
    assert_eq!(gc::recover(&world.domain).await.unwrap(), 1);
    assert!(world.is_stored(&layer).await);
    world.put_blob(REPO, &layer).await.unwrap();
    assert_eq!(world.read(REPO, &layer.digest).await.unwrap(), layer.bytes);
    world.put_manifest(REPO, "v1", &image).await.unwrap();
    world.check(REPO, "v1", &image).await;
    world.check_everything().await;

    // A crash after the bytes went.
    world.delete(REPO, &image).await.unwrap();
    world.execute(doom, args![layer.digest, world.clock.now()]).await;
    world.store.delete(&layer.digest).await.unwrap();
    assert_eq!(
        world.another().collect(HOUR * 100).await.blobs.count,
        1,
        "the next run finishes it, whatever its grace time"
    );
    assert_eq!(gc::recover(&world.domain).await.unwrap(), 0);
    world.push(REPO, "v1", &image).await;
    world.check(REPO, "v1", &image).await;
    world.check_everything().await;

    // A crash after the mark, and nobody came.
    world.delete(REPO, &image).await.unwrap();
    world.execute(doom, args![layer.digest, world.clock.now()]).await;
    assert_eq!(gc::recover(&world.domain).await.unwrap(), 1);
    assert!(!world.is_stored(&layer).await);
    world.check_everything().await;
}

async fn every_failure_of_the_store_leaves_a_truth(world: World) {
    for fault in [Fault::Before, Fault::After] {
        for call in 1.. {
            let image = Image::new(&format!("{fault:?} {call}"), 3);
            world.push(REPO, "v1", &image).await;
            world.delete(REPO, &image).await.unwrap();
            let faulty = Faulty::new(world.store.clone());
            let domain = Domain::new(
                world.db.clone(),
                Arc::new(faulty.clone()),
                Arc::new(world.clock.clone()),
                Limits::default(),
            );
            faulty.fail_at(call, fault);
            let options = gc::Options { mode: Mode::Collect, grace: NONE, measure: Measure::Rows };
            let report = gc::run(&domain, &options, &()).await.unwrap();
            let failed = report.kept.get(&Verdict::Failed).map_or(0, |count| count.count);
            let was_hit = faulty.calls() >= call;
            assert_eq!(report.blobs.count + failed, 4, "{report:?}");
            // Everything can be pushed at once, or after the next run where nobody could tell.
            gc::recover(&world.domain).await.unwrap();
            world.push(REPO, "v1", &image).await;
            world.check(REPO, "v1", &image).await;
            world.check_everything().await;
            world.delete(REPO, &image).await.unwrap();
            // Twice: the pull above was noted.
            world.collect(NONE).await;
            let last = world.collect(NONE).await;
            assert_eq!((last.after.count, last.stored_after.unwrap().count), (0, 0));
            if !was_hit {
                break;
            }
        }
    }
}

async fn a_repository_takes_back_what_it_lost_a_moment_ago(world: World) {
    let image = Image::new("relink", 2);
    world.push(REPO, "v1", &image).await;
    let usage = world.usage("p").await;
    for blob in &image.blobs {
        world.head(REPO, &blob.digest).await.unwrap();
    }
    world.delete(REPO, &image).await.unwrap();
    assert_eq!(world.usage("p").await, 0);
    let elsewhere = world.put_manifest("p/other", "v1", &image).await;
    assert!(matches!(elsewhere, Err(Error::ManifestBlobUnknown(_))), "only the repository that lost it: {elsewhere:?}");
    world.put_manifest(REPO, "v2", &image).await.unwrap();
    assert_eq!(world.usage("p").await, usage);
    world.check(REPO, "v2", &image).await;
    assert_eq!(world.count("unlinked_blobs").await, 0);
    world.collect(NONE).await;
    world.check(REPO, "v2", &image).await;
    world.check_everything().await;

    // It counts against the quota like a push.
    world.delete(REPO, &image).await.unwrap();
    world.execute("UPDATE projects SET storage_bytes_max = 100 WHERE name = $1", args!["p"]).await;
    let denied = world.put_manifest(REPO, "v3", &image).await;
    assert!(matches!(denied, Err(Error::Denied(_))), "{denied:?}");
    world.execute("UPDATE projects SET storage_bytes_max = -1 WHERE name = $1", args!["p"]).await;
    world.put_manifest(REPO, "v3", &image).await.unwrap();
    world.check_everything().await;

    // An hour later nobody can still be under way.
    world.delete(REPO, &image).await.unwrap();
    world.later(HOUR + Duration::from_secs(1));
    let late = world.put_manifest(REPO, "v4", &image).await;
    assert!(matches!(late, Err(Error::ManifestBlobUnknown(_))), "{late:?}");
    world.collect(HOUR * 100).await;
    assert_eq!(world.count("unlinked_blobs").await, 0, "and the memory of it goes");

    // What was deleted by name is gone.
    let blob = Blob::random("by name", 10);
    world.put_blob(REPO, &blob).await.unwrap();
    let access = world.may::<DeleteContent>(REPO).await;
    blob::delete(&world.domain, &access, &name(REPO), &blob.digest).await.unwrap();
    let gone = world.put_manifest(REPO, "v5", &Image::with_layers("by name", vec![blob])).await;
    assert!(matches!(gone, Err(Error::ManifestBlobUnknown(_))), "{gone:?}");
}

async fn an_upload_whose_manifest_never_comes_goes(world: World) {
    let (blob, needed) = (Blob::random("lonely", 700), Image::new("needed", 1));
    world.put_blob(REPO, &blob).await.unwrap();
    world.push(REPO, "v1", &needed).await;
    assert!(world.mount(OTHER, REPO, &needed.blobs[1].digest).await);
    let report = world.collect(NONE).await;
    assert_eq!((report.blobs.count, report.dropped_links), (0, 0), "a push takes its time");
    assert_eq!(report.kept[&Verdict::AwaitsManifest].count, 2);
    assert_eq!(world.dry_run(NONE).await.1[&blob.digest], (Thing::Blob, Verdict::AwaitsManifest));
    assert!(world.usage("q").await > 0);

    world.later(HOUR * 25);
    let report = world.collect(NONE).await;
    assert_eq!(report.dropped_links, 2);
    assert_eq!((world.usage("q").await, world.usage("p").await), (0, needed.size() as i64));
    assert!(matches!(world.head(REPO, &blob.digest).await, Err(Error::BlobUnknown(_))));
    world.later(Duration::from_secs(1));
    world.collect(NONE).await;
    assert!(!world.is_stored(&blob).await);
    world.check(REPO, "v1", &needed).await;
    world.check_everything().await;

    // Who was told that a blob is there, before its link went, needs no second upload.
    let told = Image::new("told", 1);
    for blob in &told.blobs {
        world.put_blob(REPO, blob).await.unwrap();
        world.head(REPO, &blob.digest).await.unwrap();
    }
    world.later(HOUR * 25);
    world.execute("UPDATE blobs SET touched_at = 1", &[]).await;
    pull::flush(&world.domain).await.unwrap();
    world.execute("UPDATE blobs SET touched_at = 1", &[]).await;
    assert_eq!(world.collect(NONE).await.dropped_links, 2);
    world.put_manifest(REPO, "told", &told).await.unwrap();
    world.check(REPO, "told", &told).await;
    world.check_everything().await;

    // A manifest that comes in time keeps it.
    let late = Image::new("late", 1);
    for blob in &late.blobs {
        world.put_blob(REPO, blob).await.unwrap();
    }
    world.later(HOUR * 23);
    world.collect(NONE).await;
    world.put_manifest(REPO, "late", &late).await.unwrap();
    world.later(HOUR * 50);
    world.collect(NONE).await;
    world.check(REPO, "late", &late).await;
    world.check_everything().await;
}

async fn an_open_blob_is_read_to_its_end(world: World) {
    let image = Image::with_layers("open", vec![Blob::random("open", 900_000)]);
    world.push(REPO, "v1", &image).await;
    let access = world.may::<Pull>(REPO).await;
    let open = blob::open(&world.domain, &access, &name(REPO), &image.blobs[1].digest).await.unwrap();
    pull::flush(&world.domain).await.unwrap();
    world.delete(REPO, &image).await.unwrap();
    world.later(Duration::from_secs(1));
    assert_eq!(world.collect(NONE).await.blobs.count, 2);
    assert_eq!(read_all(&*open, 1 << 20).await.unwrap(), image.blobs[1].bytes);
}

async fn nodes_take_turns(world: World) {
    let image = Image::new("turns", 1);
    world.push(REPO, "v1", &image).await;
    world.delete(REPO, &image).await.unwrap();
    let sql =
        "INSERT INTO settings (key, value, updated_by, updated_at) VALUES ('lease:gc', 'lease', 'another node', $1)";
    world.execute(sql, args![world.clock.now().plus_seconds(30)]).await;
    let options = gc::Options { mode: Mode::Collect, grace: NONE, measure: Measure::Rows };
    let refused = gc::run(&world.domain, &options, &()).await;
    match world.db.backend() {
        Backend::Postgres => assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}"),
        // One process has the whole database.
        Backend::Sqlite => assert_eq!(refused.unwrap().blobs.count, 2),
    }
    world.later(Duration::from_secs(31));
    world.collect(NONE).await;
    assert_eq!(world.count("blobs").await, 0, "the lease of a node that went away ends");
    world.collect(NONE).await;
}

/// What happened to pushes.
#[derive(Default)]
struct Tally {
    acked: AtomicU64,
    repeated: AtomicU64,
    busy: AtomicU64,
    deleted: AtomicU64,
    collected: AtomicU64,
}

/// Pushes, mounts, deletes and pushes again, always from the same few layers, until `rounds` manifests were acknowledged
/// and something was collected meanwhile: on a busy machine all rounds may pass within the collector's first run, which
/// leaves alone what was deleted since it began. Says which are there at the end.
async fn be_busy(
    world: Arc<World>,
    layers: Vec<Blob>,
    who: usize,
    rounds: usize,
    tally: Arc<Tally>,
) -> Vec<(String, Image)> {
    let mut mine: Vec<(String, Image)> = Vec::new();
    let mut chance = who as u64 * 7919 + 1;
    let mut next = move |below: usize| {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (chance >> 33) as usize % below
    };
    for round in 0..rounds * 50 {
        if round >= rounds && tally.collected.load(Ordering::Relaxed) > 0 {
            break;
        }
        let repo = if next(2) == 0 { REPO } else { OTHER };
        let from = if repo == REPO { OTHER } else { REPO };
        let (one, two) = (layers[next(layers.len())].clone(), layers[next(layers.len())].clone());
        let image = shared_layers(&format!("{who} {}", round % 5), &[one, two]);
        let mut tries = 0;
        loop {
            tries += 1;
            assert!(tries < 500, "a push never comes through");
            let mut pushed = Ok(());
            for blob in &image.blobs {
                let stored = match next(3) {
                    0 if world.mount(repo, from, &blob.digest).await => Ok(()),
                    1 => upload(&world, repo, blob).await,
                    _ => world.put_blob(repo, blob).await.map(drop),
                };
                pushed = pushed.and(stored);
            }
            if pushed.is_ok() {
                pushed = world.put_manifest(repo, &image.manifest.digest.to_string(), &image).await;
            }
            match pushed {
                Ok(()) => break,
                // Somebody deleted the last manifest that had the layer, between its push and this one's.
                Err(Error::ManifestBlobUnknown(_)) => tally.repeated.fetch_add(1, Ordering::Relaxed),
                Err(Error::Busy | Error::UploadUnknown) => tally.busy.fetch_add(1, Ordering::Relaxed),
                Err(error) => panic!("{error:?}"),
            };
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tally.acked.fetch_add(1, Ordering::Relaxed);
        world.check(repo, &image.manifest.digest.to_string(), &image).await;
        mine.retain(|(at, known)| !(at == repo && known.manifest.digest == image.manifest.digest));
        mine.push((repo.to_owned(), image));
        while mine.len() > next(4) {
            let (repo, image) = mine.swap_remove(next(mine.len()));
            world.delete(&repo, &image).await.unwrap();
            tally.deleted.fetch_add(1, Ordering::Relaxed);
        }
    }
    mine
}

async fn upload(world: &World, repo: &str, blob: &Blob) -> berth_domain::Result<()> {
    let access = world.may::<Push>(repo).await;
    let id = upload::start(&world.domain, &access, &name(repo), Algorithm::Sha256).await?;
    let chunk = Chunk { range: None, body: body(&blob.bytes) };
    upload::finish(&world.domain, &access, &name(repo), id, &blob.digest, chunk).await.map(drop)
}

async fn race(world: World, collector: Arc<World>) -> Arc<Tally> {
    const PUSHERS: usize = 4;
    const ROUNDS: usize = 30;
    let layers: Vec<Blob> = (0..10).map(|n| Blob::random(&format!("layer {n}"), 2000 + n)).collect();
    let (world, tally) = (Arc::new(world), Arc::<Tally>::default());
    let done = Arc::new(AtomicBool::new(false));
    let collecting = tokio::spawn({
        let (world, done, tally) = (collector, done.clone(), tally.clone());
        async move {
            while !done.load(Ordering::Relaxed) {
                let report = world.collect(NONE).await;
                assert!(!report.kept.contains_key(&Verdict::Failed), "{report:?}");
                tally.collected.fetch_add(report.blobs.count, Ordering::Relaxed);
            }
        }
    });
    let mut pushers = tokio::task::JoinSet::new();
    for who in 0..PUSHERS {
        pushers.spawn(be_busy(world.clone(), layers.clone(), who, ROUNDS, tally.clone()));
    }
    let mut left = Vec::new();
    while let Some(mine) = pushers.join_next().await {
        left.extend(mine.unwrap());
    }
    done.store(true, Ordering::Relaxed);
    collecting.await.unwrap();
    for (repo, image) in &left {
        world.check(repo, &image.manifest.digest.to_string(), image).await;
    }
    world.check_everything().await;
    assert!(tally.acked.load(Ordering::Relaxed) >= (PUSHERS * ROUNDS) as u64);
    assert!(tally.collected.load(Ordering::Relaxed) > 0, "nothing was collected, so nothing was raced against");

    // And when everything is deleted, nothing is left.
    for (repo, image) in &left {
        world.delete(repo, image).await.unwrap();
    }
    world.later(HOUR * 25);
    for _ in 0..3 {
        world.collect(NONE).await;
        world.later(Duration::from_secs(1));
    }
    world.check_everything().await;
    assert_eq!((world.usage("p").await, world.usage("q").await), (0, 0));
    assert_eq!((world.count("blobs").await, world.count("manifest_bytes").await), (0, 0));
    let mut stored = world.store.list().await.unwrap();
    let mut orphans = 0;
    while stored.next().await.is_some() {
        orphans += 1;
    }
    println!(
        "acked {:?}, repeated {:?}, busy {:?}, deleted {:?}, collected {:?}, orphans {orphans}",
        tally.acked, tally.repeated, tally.busy, tally.deleted, tally.collected
    );
    assert_eq!(orphans, 0, "files without a row");
    tally
}

async fn pushes_race_with_collection(world: World) {
    let collector = Arc::new(World {
        domain: world.domain.clone(),
        db: world.db.clone(),
        store: world.store.clone(),
        clock: world.clock.clone(),
        database: None,
    });
    let tally = race(world, collector).await;
    assert_eq!(tally.busy.load(Ordering::Relaxed), 0, "a single node never says so");
}

/// Two processes on one PostgreSQL and one store: neither sees the other's claims.
async fn pushes_race_with_another_nodes_collection(world: World) {
    if world.db.backend() == Backend::Sqlite {
        return;
    }
    let collector = Arc::new(world.another());
    race(world, collector).await;
}

everywhere! {
    garbage_goes_and_what_is_needed_stays
    nothing_goes_before_the_grace_time
    what_somebody_asked_for_stays_for_the_grace_time
    a_doomed_blob_is_not_there_until_its_removal_is_finished
    every_failure_of_the_store_leaves_a_truth
    a_repository_takes_back_what_it_lost_a_moment_ago
    an_upload_whose_manifest_never_comes_goes
    an_open_blob_is_read_to_its_end
    nodes_take_turns
    pushes_race_with_collection
    pushes_race_with_another_nodes_collection
}
