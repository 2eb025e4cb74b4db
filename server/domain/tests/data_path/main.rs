//! Push, pull and delete without HTTP: what rows and bytes there are afterwards, on every store and database.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use berth_db::{Backend, Db, FromValue, Value, args};
use berth_domain::{
    Actor, Domain, Error, Limits,
    accessory::Puller,
    authz::{DeleteContent, DeleteRepository, ProjectAccess, ProjectAction, Pull, Push},
    blob::{self, ByteStream},
    manifest::{self, PushRequest, Pushed},
    pull, referrer, repository,
    upload::{self, Chunk, UploadId},
};
use berth_storage::{BlobStore, FsStore, MemoryStore, read_all};
use berth_types::{Algorithm, Clock, Digest, Reference, RepoName, TagName, Timestamp, UserId, range::ByteRange};
use bytes::Bytes;
use futures_util::stream;
use tokio::sync::Barrier;

#[path = "../../../testkit/src/database.rs"]
mod database;
#[path = "../../../testkit/src/image.rs"]
mod image;

use database::Database;
use image::{Blob, Image, Manifest};

/// A clock that never stands still.
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp(1_700_000_000_000_000 + self.0.fetch_add(1000, Ordering::SeqCst))
    }
}

#[derive(Clone, Copy)]
enum Place {
    Memory,
    Folder,
}

/// A domain as user 1, with witnesses at hand.
struct World {
    domain: Domain,
    db: Db,
    store: Arc<dyn BlobStore>,
    place: Place,
    clock: Arc<Ticking>,
    limits: Limits,
    // Dropped last: it removes the database.
    database: Database,
}

impl World {
    async fn new(backend: Backend, place: Place) -> Option<World> {
        let database = Database::create(backend).await?;
        let db = database.open().await;
        let store: Arc<dyn BlobStore> = match place {
            Place::Memory => Arc::new(MemoryStore::new()),
            Place::Folder => Arc::new(FsStore::open(&database.folder.path().join("storage"), None).unwrap()),
        };
        let clock = Arc::new(Ticking(AtomicI64::new(0)));
        let limits = Limits::default();
        let domain = Domain::new(db.clone(), store.clone(), clock.clone(), limits);
        Some(World { domain, db, store, place, clock, limits, database })
    }

    /// What another process on the same data would see: nothing that was only in memory.
    fn restart(&mut self) {
        if matches!(self.place, Place::Folder) {
            self.store = Arc::new(FsStore::open(&self.database.folder.path().join("storage"), None).unwrap());
        }
        self.domain = Domain::new(self.db.clone(), self.store.clone(), self.clock.clone(), self.limits);
    }

    fn limit(&mut self, blob_size_bytes_max: u64) {
        self.limits = Limits { blob_size_bytes_max, ..self.limits };
        self.restart();
    }

    async fn may<A: ProjectAction>(&self, repo: &str) -> ProjectAccess<A> {
        let admin = Actor::user(UserId::ADMIN, "admin", true);
        ProjectAccess::check(&self.domain, &admin, &name(repo).project()).await.unwrap()
    }

    async fn project(&self, name: &str) {
        let sql = "INSERT INTO projects (name, owner_id, public, created_at, updated_at) VALUES ($1, 1, FALSE, 1, 1)";
        self.execute(sql, args![name]).await;
    }

    /// Changes rows behind the back of the rules.
    async fn execute(&self, sql: &'static str, args: &[Value]) {
        self.db
            .write(args.to_owned(), move |tx, args| {
                Box::pin(async move { tx.execute(sql, args).await.map_err(Error::from) })
            })
            .await
            .unwrap();
    }

    async fn put_blob(&self, repo: &str, blob: &Blob) {
        let access = self.may::<Push>(repo).await;
        blob::put(&self.domain, &access, &name(repo), &blob.digest, body(&blob.bytes)).await.unwrap();
    }

    async fn put(&self, repo: &str, reference: &str, manifest: &Manifest) -> berth_domain::Result<Pushed> {
        let access = self.may::<Push>(repo).await;
        let reference = reference.parse::<Reference>().unwrap();
        let request = PushRequest {
            reference: &reference,
            tags: Vec::new(),
            content_type: Some(&manifest.media_type),
            bytes: manifest.bytes.clone(),
        };
        manifest::put(&self.domain, &access, &name(repo), request).await
    }

    async fn push(&self, repo: &str, reference: &str, image: &Image) {
        for blob in &image.blobs {
            self.put_blob(repo, blob).await;
        }
        self.put(repo, reference, &image.manifest).await.unwrap();
    }

    async fn get(&self, repo: &str, reference: &str) -> berth_domain::Result<manifest::Found> {
        let access = self.may::<Pull>(repo).await;
        manifest::get(&self.domain, &access, &name(repo), &reference.parse().unwrap(), Puller::Reader).await
    }

    async fn blob(&self, repo: &str, digest: &Digest) -> berth_domain::Result<Bytes> {
        let access = self.may::<Pull>(repo).await;
        let found = blob::open(&self.domain, &access, &name(repo), digest).await?;
        Ok(read_all(&*found, 64 << 20).await.unwrap())
    }

    async fn delete(&self, repo: &str, manifest: &Manifest) -> berth_domain::Result<()> {
        let access = self.may::<DeleteContent>(repo).await;
        manifest::delete(&self.domain, &access, &name(repo), &manifest.digest).await
    }

    async fn delete_tag(&self, repo: &str, tag: &str) -> berth_domain::Result<()> {
        let access = self.may::<DeleteContent>(repo).await;
        manifest::delete_tag(&self.domain, &access, &name(repo), &tag.parse().unwrap()).await
    }

    /// The one column of the one row of a query.
    async fn one<T: FromValue>(&self, sql: &str, args: &[Value]) -> T {
        let mut reader = self.db.reader().await.unwrap();
        reader.conn().row(sql, args).await.unwrap().expect("a row").get(0).unwrap()
    }

    /// Artifacts that lists show.
    async fn artifacts(&self, repo: &str) -> i64 {
        let kept = self.one("SELECT artifact_count FROM repositories WHERE name = $1", args![repo]).await;
        let counted: i64 = self
            .one(
                "SELECT COUNT(*) FROM manifests m JOIN repositories r ON r.id = m.repository_id
                 WHERE r.name = $1 AND m.subject IS NULL
                   AND (EXISTS (SELECT 1 FROM tags t WHERE t.manifest_id = m.id)
                     OR NOT EXISTS (SELECT 1 FROM manifest_references mr JOIN manifests p ON p.id = mr.manifest_id
                                    WHERE mr.digest = m.digest AND mr.role = 'child' AND p.repository_id = r.id))",
                args![repo],
            )
            .await;
        assert_eq!(kept, counted, "the count that is kept is the count there is");
        kept
    }

    /// Bytes that a project is charged for.
    async fn usage(&self, project: &str) -> i64 {
        let sql = "SELECT storage_bytes_used + CAST(COALESCE((SELECT SUM(bytes) FROM quota_deltas
                   WHERE project_id = projects.id), 0) AS BIGINT) FROM projects WHERE name = $1";
        self.one(sql, args![project]).await
    }

    async fn count(&self, table: &str) -> i64 {
        self.one(&format!("SELECT COUNT(*) FROM {table}"), &[]).await
    }

    async fn tags(&self, repo: &str) -> Vec<String> {
        let access = self.may::<Pull>(repo).await;
        referrer::tags(&self.domain, &access, &name(repo), "", None).await.unwrap().names
    }

    async fn start(&self, repo: &str) -> UploadId {
        upload::start(&self.domain, &self.may(repo).await, &name(repo), Algorithm::Sha256).await.unwrap()
    }

    async fn append(&self, repo: &str, id: UploadId, bytes: &[u8]) -> berth_domain::Result<u64> {
        let chunk = Chunk { range: None, body: body(bytes) };
        upload::append(&self.domain, &self.may(repo).await, &name(repo), id, chunk).await
    }

    async fn finish(&self, repo: &str, id: UploadId, digest: &Digest, rest: &[u8]) -> berth_domain::Result<u64> {
        let chunk = Chunk { range: None, body: body(rest) };
        upload::finish(&self.domain, &self.may(repo).await, &name(repo), id, digest, chunk).await
    }
}

fn name(repo: &str) -> RepoName {
    repo.parse().unwrap()
}

fn body(bytes: &[u8]) -> ByteStream {
    let pieces: Vec<_> = bytes.chunks(700).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    Box::pin(stream::iter(pieces))
}

/// Makes four tests of each function: both databases with both stores.
macro_rules! everywhere {
    ($($name:ident),* $(,)?) => {$(
        mod $name {
            use super::*;

            async fn run(backend: Backend, place: Place) {
                if let Some(world) = World::new(backend, place).await { super::$name(world).await }
            }

            #[tokio::test]
            async fn sqlite_memory() { run(Backend::Sqlite, Place::Memory).await }
            #[tokio::test]
            async fn sqlite_folder() { run(Backend::Sqlite, Place::Folder).await }
            #[tokio::test]
            async fn postgres_memory() { run(Backend::Postgres, Place::Memory).await }
            #[tokio::test]
            async fn postgres_folder() { run(Backend::Postgres, Place::Folder).await }
        }
    )*};
}

mod blobs;
mod faults;
mod manifests;
