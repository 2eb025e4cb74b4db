//! Every call to the store and to the database fails once, in every flow that changes something: the first, the second, and
//! so on until the flow passes. After each failure rows and bytes fit together, what was acknowledged is there, the error
//! says that it is ours, and the same flow succeeds at the next try, without a restart.

use std::{collections::BTreeMap, time::Duration};

use berth_db::DbFault;
use berth_domain::gc;
use berth_storage::{Fault, Faulty};

use super::*;

everywhere!(
    a_push_in_one_request,
    a_push_in_chunks,
    a_push_with_tags,
    a_push_of_an_index,
    a_mount,
    a_tag_that_is_deleted,
    a_manifest_that_is_deleted,
    a_blob_that_is_deleted,
    an_upload_that_is_cancelled,
    a_garbage_collection,
    a_finish_is_tried_again,
);

/// Longer than any lease.
const LEASE_MICROS: i64 = 3600 * 1_000_000;

/// More calls than any flow makes.
const CALLS_MAX: u64 = 2000;

/// What the server has said is there, or gone.
#[derive(Default)]
struct Ledger {
    blobs: Vec<(String, Blob)>,
    manifests: Vec<(String, Manifest)>,
    tags: Vec<(String, String, Digest)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    OneRequest,
    Chunks,
    Tags,
    Index,
    Mount,
    DeleteTag,
    DeleteManifest,
    DeleteBlob,
    Cancel,
    Collect,
}

/// What fails.
#[derive(Clone, Copy, Debug)]
enum Failure {
    Store(Fault),
    Database(DbFault),
}

/// Where a call to the store fails is the same on every database, and how a statement fails the same on every store: the
/// cheapest pair has all of it.
fn failures(world: &World) -> &'static [Failure] {
    const BEFORE: Failure = Failure::Database(DbFault::Before);
    const AFTER: Failure = Failure::Database(DbFault::After);
    const ALL: [Failure; 8] = [
        Failure::Store(Fault::Before),
        Failure::Store(Fault::After),
        Failure::Store(Fault::Full),
        Failure::Store(Fault::ReadOnly),
        Failure::Store(Fault::TooManyFiles),
        Failure::Database(DbFault::Full),
        BEFORE,
        AFTER,
    ];
    match (world.db.backend(), world.place) {
        (Backend::Sqlite, Place::Memory) => &ALL,
        (Backend::Sqlite, Place::Folder) => &[Failure::Store(Fault::Before), Failure::Store(Fault::After), AFTER],
        (Backend::Postgres, Place::Memory) => &[BEFORE, AFTER],
        (Backend::Postgres, Place::Folder) => &[Failure::Store(Fault::After), AFTER],
    }
}

/// A world whose store fails on demand; the database does so anyway.
struct Broken {
    world: World,
    store: Faulty,
}

impl Broken {
    fn new(mut world: World) -> Self {
        let store = Faulty::new(world.store.clone());
        world.store = Arc::new(store.clone());
        world.domain = Domain::new(world.db.clone(), world.store.clone(), world.clock.clone(), world.limits);
        // Files are stamped by the system's clock, and garbage collection compares: the rules live in the future.
        world.clock.0.store(20 * 365 * 86_400 * 1_000_000, Ordering::SeqCst);
        Broken { world, store }
    }

    /// Whether the call was made that was to fail.
    fn stop(&self, failure: Failure, call: u64) -> bool {
        let database = self.world.db.faults().stop();
        self.store.stop();
        match failure {
            Failure::Store(_) => self.store.calls() >= call,
            Failure::Database(_) => database >= call,
        }
    }

    fn fail_at(&self, failure: Failure, call: u64) {
        match failure {
            Failure::Store(fault) => self.store.fail_at(call, fault),
            Failure::Database(fault) => self.world.db.faults().fail_at(call, fault),
        }
    }

    async fn fail_every_call(&self, flow: Flow) {
        let mut failed = 0;
        for &failure in failures(&self.world) {
            for call in 1.. {
                assert!(call < CALLS_MAX, "{flow:?} does not end");
                let seed = format!("{flow:?} {failure:?} {call}");
                let repo = format!("library/{}", seed.to_lowercase().replace(['(', ')', ' '], "-").replace("--", "-"));
                let repo = repo.trim_end_matches('-');
                self.prepare(flow, repo, &seed).await;
                let mut ledger = Ledger::default();
                self.fail_at(failure, call);
                let outcome = self.act(flow, repo, &seed, &mut ledger).await;
                let was_made = self.stop(failure, call);
                if let Err(error) = &outcome {
                    assert!(was_made, "{seed}: {error}");
                    let is_ours = matches!(error, Error::Unavailable(_) | Error::Full(_) | Error::Internal(_));
                    assert!(is_ours, "{seed}: the client would take the blame for {error:?}");
                }
                self.world.assert_consistent(&seed).await;
                self.world.assert_acknowledged(&ledger, &seed).await;
                if outcome.is_err() {
                    failed += 1;
                    if flow == Flow::Collect {
                        // A lease that could not be given back ends by itself.
                        self.world.clock.0.fetch_add(LEASE_MICROS, Ordering::SeqCst);
                    }
                    let again = self.act(flow, repo, &seed, &mut ledger).await;
                    let is_done = match &again {
                        Ok(()) => true,
                        // The first try did it, and only its answer got lost.
                        Err(Error::ManifestUnknown(_) | Error::BlobUnknown(_) | Error::UploadUnknown) => flow.removes(),
                        Err(_) => false,
                    };
                    assert!(is_done, "{seed}: the second try: {again:?}");
                    self.world.assert_consistent(&seed).await;
                    self.world.assert_acknowledged(&ledger, &seed).await;
                }
                self.assert_done(flow, repo, &seed).await;
                if !was_made {
                    break;
                }
            }
        }
        assert!(failed > 3, "{flow:?} failed only {failed} times");
    }

    async fn prepare(&self, flow: Flow, repo: &str, seed: &str) {
        let image = Image::new(seed, 2);
        match flow {
            Flow::OneRequest | Flow::Chunks | Flow::Tags | Flow::Index => {}
            Flow::Mount => self.world.put_blob(&format!("{repo}/source"), &image.blobs[0]).await,
            Flow::DeleteTag | Flow::DeleteManifest => {
                self.world.push(repo, "v1", &image).await;
                self.world.push(repo, "v2", &image).await;
            }
            Flow::DeleteBlob => self.world.put_blob(repo, &image.blobs[0]).await,
            Flow::Cancel => {}
            Flow::Collect => {
                self.world.push(repo, "v1", &image).await;
                self.world.push(&format!("{repo}/kept"), "v1", &kept(seed, &image)).await;
                self.world.delete(repo, &image.manifest).await.unwrap();
            }
        }
    }

    async fn act(&self, flow: Flow, repo: &str, seed: &str, ledger: &mut Ledger) -> berth_domain::Result<()> {
        let world = &self.world;
        let image = Image::new(seed, 2);
        match flow {
            Flow::OneRequest => {
                for blob in &image.blobs {
                    world.try_put_blob(repo, blob, ledger).await?;
                }
                world.try_put(repo, "v1", &[], &image.manifest, ledger).await
            }
            Flow::Chunks => {
                for blob in &image.blobs {
                    world.try_chunks(repo, blob, ledger).await?;
                }
                world.try_put(repo, "v1", &[], &image.manifest, ledger).await
            }
            Flow::Tags => {
                for blob in &image.blobs {
                    world.try_put_blob(repo, blob, ledger).await?;
                }
                let digest = image.manifest.digest.to_string();
                world.try_put(repo, &digest, &["a", "b"], &image.manifest, ledger).await?;
                // Tags move.
                let other = Image::with_layers(&format!("{seed} moved"), image.blobs[1..].to_vec());
                world.try_put_blob(repo, &other.blobs[0], ledger).await?;
                ledger.tags.retain(|(_, tag, _)| tag != "a");
                world.try_put(repo, "a", &[], &other.manifest, ledger).await
            }
            Flow::Index => {
                for blob in &image.blobs {
                    world.try_put_blob(repo, blob, ledger).await?;
                }
                world.try_put(repo, &image.manifest.digest.to_string(), &[], &image.manifest, ledger).await?;
                let index = Manifest::index(&[&image.manifest]);
                world.try_put(repo, "index", &[], &index, ledger).await?;
                let signature = Image::referring(&index, "application/x.signature", seed);
                for blob in &signature.blobs {
                    world.try_put_blob(repo, blob, ledger).await?;
                }
                world.try_put(repo, &signature.manifest.digest.to_string(), &[], &signature.manifest, ledger).await
            }
            Flow::Mount => {
                let (source, target) = (world.try_may::<Pull>(repo).await?, world.try_may::<Push>(repo).await?);
                let (from, blob) = (name(&format!("{repo}/source")), &image.blobs[0]);
                if !blob::mount(&world.domain, &target, &name(repo), &source, &from, &blob.digest).await? {
                    return Err(Error::BlobUnknown(blob.digest));
                }
                ledger.blobs.push((repo.to_owned(), blob.clone()));
                Ok(())
            }
            Flow::DeleteTag => {
                let access = world.try_may::<DeleteContent>(repo).await?;
                manifest::delete_tag(&world.domain, &access, &name(repo), &"v1".parse().unwrap()).await
            }
            Flow::DeleteManifest => {
                let access = world.try_may::<DeleteContent>(repo).await?;
                manifest::delete(&world.domain, &access, &name(repo), &image.manifest.digest).await
            }
            Flow::DeleteBlob => {
                let access = world.try_may::<DeleteContent>(repo).await?;
                blob::delete(&world.domain, &access, &name(repo), &image.blobs[0].digest).await
            }
            Flow::Cancel => {
                let access = world.try_may::<Push>(repo).await?;
                let id = upload::start(&world.domain, &access, &name(repo), Algorithm::Sha256).await?;
                let chunk = Chunk { range: None, body: body(b"some bytes") };
                upload::append(&world.domain, &access, &name(repo), id, chunk).await?;
                upload::cancel(&world.domain, &access, &name(repo), id).await?;
                let gone = upload::status(&world.domain, &access, &name(repo), id).await;
                match gone {
                    Err(Error::UploadUnknown) => Ok(()),
                    Ok(at) => Err(Error::internal(format!("a cancelled upload is at {at}"))),
                    Err(other) => Err(other),
                }
            }
            Flow::Collect => {
                let options =
                    gc::Options { mode: gc::Mode::Collect, grace: Duration::ZERO, measure: gc::Measure::Rows };
                gc::run(&world.domain, &options, &Silent).await.map(drop)
            }
        }
    }

    /// The flow has had its effect.
    async fn assert_done(&self, flow: Flow, repo: &str, seed: &str) {
        let world = &self.world;
        let image = Image::new(seed, 2);
        let is_gone = |found: berth_domain::Result<manifest::Found>| matches!(found, Err(Error::ManifestUnknown(_)));
        match flow {
            Flow::OneRequest | Flow::Chunks => {
                assert_eq!(world.get(repo, "v1").await.unwrap().bytes, image.manifest.bytes, "{seed}");
            }
            Flow::Tags => {
                assert_eq!(world.tags(repo).await, ["a", "b"], "{seed}");
                assert_eq!(world.get(repo, "b").await.unwrap().digest, image.manifest.digest, "{seed}");
                assert_ne!(world.get(repo, "a").await.unwrap().digest, image.manifest.digest, "{seed}");
            }
            Flow::Index => {
                assert_eq!((world.tags(repo).await, world.artifacts(repo).await), (vec!["index".to_owned()], 1))
            }
            Flow::Mount => assert_eq!(world.blob(repo, &image.blobs[0].digest).await.unwrap(), image.blobs[0].bytes),
            Flow::DeleteTag => {
                assert!(is_gone(world.get(repo, "v1").await) && world.tags(repo).await == ["v2"], "{seed}")
            }
            Flow::DeleteManifest => {
                assert!(is_gone(world.get(repo, &image.manifest.digest.to_string()).await), "{seed}");
                assert!(world.tags(repo).await.is_empty(), "{seed}");
            }
            Flow::DeleteBlob => {
                let found = world.blob(repo, &image.blobs[0].digest).await;
                assert!(matches!(found, Err(Error::BlobUnknown(_))), "{seed}");
            }
            Flow::Cancel => {}
            Flow::Collect => {
                // A removal that failed is told in the report, and done by the next run.
                self.world.clock.0.fetch_add(LEASE_MICROS, Ordering::SeqCst);
                self.act(flow, repo, seed, &mut Ledger::default()).await.unwrap();
                let garbage = world.store.stat(&image.blobs[0].digest).await.unwrap();
                assert!(garbage.is_none(), "{seed}: garbage is left");
                let sql = "SELECT COUNT(*) FROM blobs WHERE digest = $1";
                assert_eq!(world.one::<i64>(sql, args![image.blobs[0].digest]).await, 0, "{seed}");
                let kept = kept(seed, &image);
                let blobs = kept.blobs.iter().map(|blob| (format!("{repo}/kept"), blob.clone())).collect();
                let manifests = vec![(format!("{repo}/kept"), kept.manifest.clone())];
                let ledger = Ledger { blobs, manifests, ..Ledger::default() };
                world.assert_acknowledged(&ledger, seed).await;
                world.assert_consistent(seed).await;
            }
        }
    }
}

impl Flow {
    /// Whether a second try finds nothing left to do.
    fn removes(self) -> bool {
        matches!(self, Flow::DeleteTag | Flow::DeleteManifest | Flow::DeleteBlob)
    }
}

/// An image that shares a layer with another.
fn kept(seed: &str, image: &Image) -> Image {
    Image::with_layers(&format!("{seed} kept"), vec![image.blobs[1].clone()])
}

struct Silent;

impl gc::Observer for Silent {}

impl World {
    async fn try_may<A: ProjectAction>(&self, repo: &str) -> berth_domain::Result<ProjectAccess<A>> {
        let admin = Actor::user(UserId::ADMIN, "admin", true);
        ProjectAccess::check(&self.domain, &admin, &name(repo).project()).await
    }

    async fn try_put_blob(&self, repo: &str, blob: &Blob, ledger: &mut Ledger) -> berth_domain::Result<()> {
        let access = self.try_may::<Push>(repo).await?;
        blob::put(&self.domain, &access, &name(repo), &blob.digest, body(&blob.bytes)).await?;
        ledger.blobs.push((repo.to_owned(), blob.clone()));
        Ok(())
    }

    async fn try_chunks(&self, repo: &str, blob: &Blob, ledger: &mut Ledger) -> berth_domain::Result<()> {
        let (access, repo_name) = (self.try_may::<Push>(repo).await?, name(repo));
        let id = upload::start(&self.domain, &access, &repo_name, Algorithm::Sha256).await?;
        let middle = blob.bytes.len() / 2;
        let chunk = Chunk { range: None, body: body(&blob.bytes[..middle]) };
        upload::append(&self.domain, &access, &repo_name, id, chunk).await?;
        let rest = Chunk { range: None, body: body(&blob.bytes[middle..]) };
        upload::finish(&self.domain, &access, &repo_name, id, &blob.digest, rest).await?;
        ledger.blobs.push((repo.to_owned(), blob.clone()));
        Ok(())
    }

    async fn try_put(
        &self,
        repo: &str,
        reference: &str,
        tags: &[&str],
        manifest: &Manifest,
        ledger: &mut Ledger,
    ) -> berth_domain::Result<()> {
        let access = self.try_may::<Push>(repo).await?;
        let reference = reference.parse::<Reference>().unwrap();
        let request = PushRequest {
            reference: &reference,
            tags: tags.iter().map(|tag| tag.parse().unwrap()).collect(),
            content_type: Some(&manifest.media_type),
            bytes: manifest.bytes.clone(),
        };
        manifest::put(&self.domain, &access, &name(repo), request).await?;
        ledger.manifests.push((repo.to_owned(), manifest.clone()));
        let by_tag = match &reference {
            Reference::Tag(tag) => Some(tag.to_string()),
            Reference::Digest(_) => None,
        };
        let tags = tags.iter().map(|tag| (*tag).to_owned()).chain(by_tag);
        ledger.tags.extend(tags.map(|tag| (repo.to_owned(), tag, manifest.digest)));
        Ok(())
    }

    /// What was acknowledged is there, byte for byte.
    async fn assert_acknowledged(&self, ledger: &Ledger, context: &str) {
        for (repo, blob) in &ledger.blobs {
            assert_eq!(self.blob(repo, &blob.digest).await.unwrap(), blob.bytes, "{context}");
        }
        for (repo, manifest) in &ledger.manifests {
            let found = self.get(repo, &manifest.digest.to_string()).await.unwrap();
            assert_eq!(
                (found.bytes, found.media_type),
                (manifest.bytes.clone(), manifest.media_type.clone()),
                "{context}"
            );
        }
        for (repo, tag, digest) in &ledger.tags {
            assert_eq!(self.get(repo, tag).await.unwrap().digest, *digest, "{context}: {tag}");
        }
    }

    /// Rows and bytes fit together.
    async fn assert_consistent(&self, context: &str) {
        for (broken, sql) in DANGLING {
            let count: i64 = self.one(sql, &[]).await;
            assert_eq!(count, 0, "{context}: {count} × {broken}");
        }
        let mut reader = self.db.reader().await.unwrap();
        let blobs = reader.conn().rows("SELECT digest, size FROM blobs WHERE doomed_at IS NULL", &[]).await.unwrap();
        let used: BTreeMap<i64, i64> = sums(&reader.conn().rows(USED, &[]).await.unwrap());
        let charged: BTreeMap<i64, i64> = sums(&reader.conn().rows(CHARGED, &[]).await.unwrap());
        drop(reader);
        for row in blobs {
            let (digest, size) = (row.get::<Digest>(0).unwrap(), row.get::<i64>(1).unwrap());
            let stored = self.store.stat(&digest).await.unwrap();
            assert_eq!(stored, Some(size as u64), "{context}: the row of {digest} promises its bytes");
        }
        for (project, bytes) in charged {
            assert_eq!(bytes, used.get(&project).copied().unwrap_or_default(), "{context}: usage of project {project}");
        }
    }
}

fn sums(rows: &[berth_db::Row]) -> BTreeMap<i64, i64> {
    rows.iter().map(|row| (row.get(0).unwrap(), row.get(1).unwrap())).collect()
}

/// What must not be there, and how many of it are.
const DANGLING: [(&str, &str); 13] = [
    (
        "link without blob or repository",
        "SELECT COUNT(*) FROM repository_blobs rb LEFT JOIN blobs b ON b.id = rb.blob_id
         LEFT JOIN repositories r ON r.id = rb.repository_id WHERE b.id IS NULL OR r.id IS NULL",
    ),
    (
        "link to a doomed blob",
        "SELECT COUNT(*) FROM repository_blobs rb JOIN blobs b ON b.id = rb.blob_id WHERE b.doomed_at IS NOT NULL",
    ),
    (
        "manifest without its bytes",
        "SELECT COUNT(*) FROM manifests m LEFT JOIN manifest_bytes mb ON mb.digest = m.digest
         WHERE mb.digest IS NULL OR length(mb.bytes) <> m.manifest_size",
    ),
    (
        "manifest whose blob the repository does not have",
        "SELECT COUNT(*) FROM manifest_references mr JOIN manifests m ON m.id = mr.manifest_id
         WHERE mr.role IN ('config', 'layer') AND NOT EXISTS (
             SELECT 1 FROM repository_blobs rb WHERE rb.repository_id = m.repository_id AND rb.blob_id = mr.blob_id)",
    ),
    (
        "index that points at another's child",
        "SELECT COUNT(*) FROM manifest_references mr JOIN manifests m ON m.id = mr.manifest_id
         WHERE mr.child_id IS NOT NULL AND NOT EXISTS (
             SELECT 1 FROM manifests c
             WHERE c.id = mr.child_id AND c.repository_id = m.repository_id AND c.digest = mr.digest)",
    ),
    (
        "tag without its manifest",
        "SELECT COUNT(*) FROM tags t LEFT JOIN manifests m ON m.id = t.manifest_id AND m.repository_id = t.repository_id
         WHERE m.id IS NULL",
    ),
    (
        "tag that its history does not know",
        "SELECT COUNT(*) FROM tags t JOIN manifests m ON m.id = t.manifest_id
         WHERE NOT EXISTS (SELECT 1 FROM tag_history h WHERE h.digest = m.digest AND h.id = (
             SELECT MAX(l.id) FROM tag_history l WHERE l.repository_id = t.repository_id AND l.tag = t.name))",
    ),
    (
        "wrong count of tags",
        "SELECT COUNT(*) FROM manifests m WHERE m.tag_count <> (SELECT COUNT(*) FROM tags t WHERE t.manifest_id = m.id)",
    ),
    (
        "wrong count of parents",
        "SELECT COUNT(*) FROM manifests m WHERE m.parent_count <> (
             SELECT COUNT(DISTINCT p.id) FROM manifest_references mr JOIN manifests p ON p.id = mr.manifest_id
             WHERE mr.role = 'child' AND mr.digest = m.digest AND p.repository_id = m.repository_id)",
    ),
    (
        "wrong count of artifacts",
        "SELECT COUNT(*) FROM repositories r WHERE r.artifact_count <> (
             SELECT COUNT(*) FROM manifests m WHERE m.repository_id = r.id AND m.subject IS NULL
               AND (m.tag_count > 0 OR m.parent_count = 0))",
    ),
    (
        "bytes of a manifest that nobody looks at again",
        "SELECT COUNT(*) FROM manifest_bytes mb
         WHERE NOT EXISTS (SELECT 1 FROM manifests m WHERE m.digest = mb.digest)
           AND NOT EXISTS (SELECT 1 FROM gc_manifest_review g WHERE g.digest = mb.digest)",
    ),
    (
        "blob that nobody links and nobody looks at again",
        "SELECT COUNT(*) FROM blobs b WHERE b.doomed_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM repository_blobs rb WHERE rb.blob_id = b.id)
           AND NOT EXISTS (SELECT 1 FROM gc_blob_review g WHERE g.blob_id = b.id)",
    ),
    (
        "reservation without its upload",
        "SELECT COUNT(*) FROM quota_reservations q WHERE NOT EXISTS (SELECT 1 FROM uploads u WHERE u.id = q.upload_id)",
    ),
];

/// What each project has, counted.
const USED: &str = "SELECT project_id, CAST(SUM(size) AS BIGINT) FROM (
    SELECT DISTINCT r.project_id AS project_id, b.id AS id, b.size AS size FROM repository_blobs rb
    JOIN repositories r ON r.id = rb.repository_id JOIN blobs b ON b.id = rb.blob_id
    UNION ALL
    SELECT project_id, -MIN(id), MIN(manifest_size) FROM manifests GROUP BY project_id, digest) AS things
    GROUP BY project_id";

/// What each project is charged for.
const CHARGED: &str = "SELECT p.id, p.storage_bytes_used
    + CAST(COALESCE((SELECT SUM(q.bytes) FROM quota_deltas q WHERE q.project_id = p.id), 0) AS BIGINT) FROM projects p";

async fn a_push_in_one_request(world: World) {
    Broken::new(world).fail_every_call(Flow::OneRequest).await;
}

async fn a_push_in_chunks(world: World) {
    Broken::new(world).fail_every_call(Flow::Chunks).await;
}

async fn a_push_with_tags(world: World) {
    Broken::new(world).fail_every_call(Flow::Tags).await;
}

async fn a_push_of_an_index(world: World) {
    Broken::new(world).fail_every_call(Flow::Index).await;
}

async fn a_mount(world: World) {
    Broken::new(world).fail_every_call(Flow::Mount).await;
}

async fn a_tag_that_is_deleted(world: World) {
    Broken::new(world).fail_every_call(Flow::DeleteTag).await;
}

async fn a_manifest_that_is_deleted(world: World) {
    Broken::new(world).fail_every_call(Flow::DeleteManifest).await;
}

async fn a_blob_that_is_deleted(world: World) {
    Broken::new(world).fail_every_call(Flow::DeleteBlob).await;
}

async fn an_upload_that_is_cancelled(world: World) {
    Broken::new(world).fail_every_call(Flow::Cancel).await;
}

async fn a_garbage_collection(world: World) {
    Broken::new(world).fail_every_call(Flow::Collect).await;
}

/// Between a blob's name and its row: the client repeats its last request, and the bytes need not come again.
async fn a_finish_is_tried_again(world: World) {
    let broken = Broken::new(world);
    let world = &broken.world;
    let (mut failed, mut again) = (0, 0);
    // An answer that got lost is another matter: the upload is then gone, and the blob there.
    let failures = [Failure::Database(DbFault::Before), Failure::Store(Fault::Before), Failure::Store(Fault::After)];
    for failure in failures {
        for call in 1..CALLS_MAX {
            let blob = Blob::random(&format!("{failure:?} {call}"), 3000);
            let id = world.start("library/a").await;
            world.append("library/a", id, &blob.bytes).await.unwrap();
            let access = world.may::<Push>("library/a").await;
            let repo = name("library/a");
            let finish = || {
                let chunk = Chunk { range: None, body: body(b"") };
                upload::finish(&world.domain, &access, &repo, id, &blob.digest, chunk)
            };
            broken.fail_at(failure, call);
            let outcome = finish().await;
            let was_made = broken.stop(failure, call);
            if let Err(error) = outcome {
                failed += 1;
                assert!(matches!(error, Error::Unavailable(_) | Error::Internal(_)), "{error:?}");
                again += u64::from(world.store.stat(&blob.digest).await.unwrap().is_some());
                assert_eq!(finish().await.unwrap(), 3000, "{failure:?} {call}");
            }
            assert_eq!(world.blob("library/a", &blob.digest).await.unwrap(), blob.bytes);
            world.assert_consistent(&format!("{failure:?} {call}")).await;
            if !was_made {
                break;
            }
        }
    }
    assert!(failed > 5 && again > 3, "{failed} failures, {again} with the blob in its place");
    assert_eq!(world.count("uploads").await, 0);
    assert_eq!(world.store.list_uploads().await.unwrap().len(), 0);
}
