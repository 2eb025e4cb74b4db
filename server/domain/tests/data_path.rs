//! Push, pull and delete without HTTP: what rows and bytes there are afterwards, on every store and database.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use berth_db::{Backend, Db, FromValue, Value, args};
use berth_domain::{
    Actor, Domain, Error, Limits,
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

#[path = "../../testkit/src/database.rs"]
mod database;
#[path = "../../testkit/src/image.rs"]
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
        self.limits = Limits { blob_size_bytes_max };
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
        manifest::get(&self.domain, &access, &name(repo), &reference.parse().unwrap()).await
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

macro_rules! everywhere {
    ($(async fn $name:ident(mut $world:ident: World) $body:block)*) => {$(
        mod $name {
            use super::*;

            async fn run(backend: Backend, place: Place) {
                let Some($world) = World::new(backend, place).await else { return };
                let mut $world = $world;
                // Most tests change nothing about their world.
                let _: &mut World = &mut $world;
                $body
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

everywhere! {
    async fn a_blob_is_seen_only_where_it_is_linked(mut world: World) {
        world.project("other").await;
        let blob = Blob::random("blob", 5000);
        world.put_blob("library/a", &blob).await;
        assert_eq!(world.blob("library/a", &blob.digest).await.unwrap(), blob.bytes);
        for repo in ["library/b", "other/a"] {
            assert!(matches!(world.blob(repo, &blob.digest).await, Err(Error::BlobUnknown(_))));
        }
        // Twice is as good as once.
        world.put_blob("library/a", &blob).await;
        world.put_blob("library/b", &blob).await;
        assert_eq!((world.count("blobs").await, world.usage("library").await), (1, 5000));

        // A row for uploads alone is no repository that anybody sees.
        let access = world.may::<Pull>("library/a").await;
        let tags = referrer::tags(&world.domain, &access, &name("library/a"), "", None).await;
        assert!(matches!(tags, Err(Error::NameUnknown(_))));
    }

    async fn a_blob_of_other_bytes_is_refused(mut world: World) {
        let blob = Blob::random("blob", 5000);
        let access = world.may::<Push>("library/a").await;
        let wrong = blob::put(&world.domain, &access, &name("library/a"), &blob.digest, body(&blob.bytes[1..])).await;
        assert!(matches!(wrong, Err(Error::DigestInvalid(_))), "{wrong:?}");
        world.limit(4999);
        let large = blob::put(&world.domain, &access, &name("library/a"), &blob.digest, body(&blob.bytes)).await;
        assert!(matches!(large, Err(Error::TooLarge { size_bytes_max: 4999 })), "{large:?}");
        assert_eq!((world.count("blobs").await, world.usage("library").await), (0, 0));
        assert!(world.store.stat(&blob.digest).await.unwrap().is_none());
    }

    async fn blobs_mount_from_where_they_are(mut world: World) {
        world.project("private").await;
        let blob = Blob::random("blob", 3000);
        world.put_blob("private/a", &blob).await;
        let (source, target) = (world.may::<Pull>("private/a").await, world.may::<Push>("library/b").await);
        let (from, to) = (name("private/a"), name("library/b"));
        assert!(blob::mount(&world.domain, &target, &to, &source, &from, &blob.digest).await.unwrap());
        assert_eq!(world.blob("library/b", &blob.digest).await.unwrap(), blob.bytes);
        assert_eq!((world.usage("private").await, world.usage("library").await), (3000, 3000));
        let unknown = Blob::random("unknown", 1).digest;
        assert!(!blob::mount(&world.domain, &target, &to, &source, &from, &unknown).await.unwrap());
        assert!(!blob::mount_from_anywhere(&world.domain, &target, &to, &unknown).await.unwrap());
    }

    async fn a_mount_without_source_takes_only_what_may_be_read(mut world: World) {
        world.project("private").await;
        let (secret, open) = (Blob::random("secret", 100), Blob::random("open", 100));
        world.put_blob("private/a", &secret).await;
        world.put_blob("library/a", &open).await;
        // Somebody who may push to `target` and is nobody in `private`.
        let insert = "INSERT INTO users (username, created_at, updated_at) VALUES ('dev', 1, 1)";
        let member = "INSERT INTO members (project_id, user_id, role, created_at, updated_at)
                      SELECT p.id, u.id, 2, 1, 1 FROM projects p, users u WHERE p.name = 'target' AND u.username = 'dev'";
        world.project("target").await;
        world.execute(insert, &[]).await;
        world.execute(member, &[]).await;
        let id = world.one::<i64>("SELECT id FROM users WHERE username = 'dev'", &[]).await;
        let dev = Actor::user(UserId(id), "dev", false);
        let access = ProjectAccess::<Push>::check(&world.domain, &dev, &"target".parse().unwrap()).await.unwrap();
        let to = name("target/b");
        assert!(!blob::mount_from_anywhere(&world.domain, &access, &to, &secret.digest).await.unwrap());
        assert!(blob::mount_from_anywhere(&world.domain, &access, &to, &open.digest).await.unwrap());
    }

    async fn a_blob_goes_unless_a_manifest_needs_it(mut world: World) {
        let image = Image::new("image", 1);
        world.push("library/a", "v1", &image).await;
        let stray = Blob::random("stray", 400);
        world.put_blob("library/a", &stray).await;
        let access = world.may::<DeleteContent>("library/a").await;
        let delete = |digest: Digest| {
            let (domain, access) = (world.domain.clone(), access.clone());
            async move { blob::delete(&domain, &access, &name("library/a"), &digest).await }
        };
        delete(stray.digest).await.unwrap();
        assert!(matches!(world.blob("library/a", &stray.digest).await, Err(Error::BlobUnknown(_))));
        assert!(matches!(delete(stray.digest).await, Err(Error::BlobUnknown(_))));
        assert!(matches!(delete(image.blobs[1].digest).await, Err(Error::Unsupported(_))));
        assert_eq!(world.usage("library").await, image.size() as i64);
        let sql = "SELECT COUNT(*) FROM gc_blob_review WHERE reason = 'unlinked'";
        assert_eq!(world.one::<i64>(sql, &[]).await, 1);
    }

    async fn an_upload_goes_on_after_a_restart(mut world: World) {
        let blob = Blob::random("blob", 9000);
        let id = world.start("library/a").await;
        assert_eq!(world.append("library/a", id, &blob.bytes[..4000]).await.unwrap(), 4000);
        world.restart();
        assert_eq!(upload::status(&world.domain, &world.may("library/a").await, &name("library/a"), id).await.unwrap(), 4000);
        assert_eq!(world.append("library/a", id, &blob.bytes[4000..7000]).await.unwrap(), 7000);
        world.restart();
        assert_eq!(world.finish("library/a", id, &blob.digest, &blob.bytes[7000..]).await.unwrap(), 9000);
        assert_eq!(world.blob("library/a", &blob.digest).await.unwrap(), blob.bytes);
        assert!(matches!(world.append("library/a", id, b"x").await, Err(Error::UploadUnknown)));
        assert_eq!((world.count("uploads").await, world.usage("library").await), (0, 9000));
        assert_eq!(world.store.list_uploads().await.unwrap().len(), 0);
    }

    async fn an_upload_needs_no_hash_state(mut world: World) {
        let blob = Blob::random("blob", 3000);
        let sha512 = Blob::sha512(blob.bytes.clone());
        for digest in [blob.digest, sha512.digest] {
            let id = world.start("library/a").await;
            world.append("library/a", id, &blob.bytes[..1000]).await.unwrap();
            // As after an upgrade that changes what a hash state looks like.
            world.execute("UPDATE uploads SET hash_state = NULL", &[]).await;
            world.restart();
            world.append("library/a", id, &blob.bytes[1000..2000]).await.unwrap();
            assert_eq!(world.finish("library/a", id, &digest, &blob.bytes[2000..]).await.unwrap(), 3000);
            assert_eq!(world.blob("library/a", &digest).await.unwrap(), blob.bytes);
        }
    }

    async fn chunks_have_to_join(mut world: World) {
        let id = world.start("library/a").await;
        world.append("library/a", id, &[1; 1000]).await.unwrap();
        let chunk = |start, end, bytes: usize| Chunk { range: Some(ByteRange { start, end }), body: body(&vec![2; bytes]) };
        let access = world.may("library/a").await;
        for start in [0, 999, 1001] {
            let refused = upload::append(&world.domain, &access, &name("library/a"), id, chunk(start, start + 100, 100)).await;
            assert!(matches!(refused, Err(Error::RangeInvalid { received: 1000 })), "{refused:?}");
        }
        // The upload stays usable, also by others than those of its repository's only.
        assert_eq!(upload::append(&world.domain, &access, &name("library/a"), id, chunk(1000, 1100, 100)).await.unwrap(), 1100);
        let foreign = upload::status(&world.domain, &world.may("library/b").await, &name("library/b"), id).await;
        assert!(matches!(foreign, Err(Error::UploadUnknown)));
    }

    async fn a_body_that_breaks_off_leaves_what_came(mut world: World) {
        let blob = Blob::random("blob", 4000);
        let id = world.start("library/a").await;
        let broken = stream::iter([
            Ok(blob.bytes.slice(..1500)),
            Err(std::io::Error::new(std::io::ErrorKind::ConnectionReset, "gone")),
        ]);
        let access = world.may("library/a").await;
        let chunk = Chunk { range: None, body: Box::pin(broken) };
        let outcome = upload::append(&world.domain, &access, &name("library/a"), id, chunk).await;
        assert!(matches!(outcome, Err(Error::BodyAborted)), "{outcome:?}");
        let received = upload::status(&world.domain, &access, &name("library/a"), id).await.unwrap();
        assert!(received <= 1500);
        world.finish("library/a", id, &blob.digest, &blob.bytes[received as usize..]).await.unwrap();
        assert_eq!(world.blob("library/a", &blob.digest).await.unwrap(), blob.bytes);
    }

    async fn a_wrong_digest_ends_the_upload(mut world: World) {
        let id = world.start("library/a").await;
        world.append("library/a", id, b"something").await.unwrap();
        let wrong = world.finish("library/a", id, &Blob::new("else").digest, b"").await;
        assert!(matches!(wrong, Err(Error::DigestInvalid(_))), "{wrong:?}");
        assert!(matches!(world.append("library/a", id, b"x").await, Err(Error::UploadUnknown)));
        assert_eq!((world.count("uploads").await, world.count("blobs").await), (0, 0));
    }

    async fn a_cancelled_upload_is_gone(mut world: World) {
        let id = world.start("library/a").await;
        world.append("library/a", id, b"something").await.unwrap();
        let access = world.may("library/a").await;
        upload::cancel(&world.domain, &access, &name("library/a"), id).await.unwrap();
        let again = upload::cancel(&world.domain, &access, &name("library/a"), id).await;
        assert!(matches!(again, Err(Error::UploadUnknown)));
        assert_eq!(world.store.list_uploads().await.unwrap().len(), 0);
    }

    async fn a_docker_image_keeps_its_media_type(mut world: World) {
        let image = Image::docker("image", 2);
        world.push("library/a", "v1", &image).await;
        let found = world.get("library/a", "v1").await.unwrap();
        assert_eq!((found.media_type, found.bytes), (image.manifest.media_type.clone(), image.manifest.bytes.clone()));
    }

    async fn an_image_comes_back_byte_for_byte(mut world: World) {
        let image = Image::new("image", 3);
        world.push("library/app/web", "v1", &image).await;
        world.restart();
        let by_digest = image.manifest.digest.to_string();
        for reference in ["v1", by_digest.as_str()] {
            let found = world.get("library/app/web", reference).await.unwrap();
            assert_eq!((found.bytes, found.digest), (image.manifest.bytes.clone(), image.manifest.digest));
            assert_eq!(found.media_type, image.manifest.media_type);
        }
        for blob in &image.blobs {
            assert_eq!(world.blob("library/app/web", &blob.digest).await.unwrap(), blob.bytes);
        }
        assert_eq!(world.artifacts("library/app/web").await, 1);
        assert_eq!(world.usage("library").await, image.size() as i64);
        // A second push of the same is no second artifact, and costs nothing.
        world.push("library/app/web", "v1", &image).await;
        assert_eq!((world.artifacts("library/app/web").await, world.usage("library").await), (1, image.size() as i64));
        assert_eq!(world.count("tag_history").await, 1);
    }

    async fn a_manifest_needs_its_blobs_here(mut world: World) {
        let image = Image::new("image", 2);
        for blob in &image.blobs[..2] {
            world.put_blob("library/a", blob).await;
        }
        world.put_blob("library/b", &image.blobs[2]).await;
        let refused = world.put("library/a", "v1", &image.manifest).await;
        let missing = image.blobs[2].digest;
        assert!(matches!(refused, Err(Error::ManifestBlobUnknown(digest)) if digest == missing), "{refused:?}");
        assert_eq!((world.count("manifests").await, world.count("manifest_bytes").await), (0, 0));
        // The refusal is no obstacle to doing better.
        world.put_blob("library/a", &image.blobs[2]).await;
        world.put("library/a", "v1", &image.manifest).await.unwrap();
        assert_eq!(world.usage("library").await, image.size() as i64);
    }

    async fn a_layer_elsewhere_is_not_asked_for(mut world: World) {
        let config = Blob::new("{}");
        world.put_blob("library/a", &config).await;
        let foreign = Blob::random("foreign", 10);
        let json = serde_json::json!({
            "schemaVersion": 2, "mediaType": berth_types::media_type::DOCKER_MANIFEST,
            "config": { "mediaType": "application/vnd.docker.container.image.v1+json", "digest": config.digest, "size": 2 },
            "layers": [{
                "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "digest": foreign.digest,
                "size": 10_000_000, "urls": ["https://layers.example/x"],
            }],
        });
        let manifest = Manifest::new(berth_types::media_type::DOCKER_MANIFEST, &json);
        world.put("library/a", "v1", &manifest).await.unwrap();
        assert_eq!(world.usage("library").await, 2 + manifest.bytes.len() as i64);
    }

    async fn a_tag_that_moves_leaves_a_manifest_behind(mut world: World) {
        let (old, new) = (Image::new("old", 1), Image::new("new", 1));
        world.push("library/a", "latest", &old).await;
        world.push("library/a", "latest", &new).await;
        assert_eq!(world.get("library/a", "latest").await.unwrap().digest, new.manifest.digest);
        assert_eq!(world.get("library/a", &old.manifest.digest.to_string()).await.unwrap().bytes, old.manifest.bytes);
        assert_eq!(world.artifacts("library/a").await, 2);
        world.push("library/a", "latest", &old).await;
        assert_eq!((world.artifacts("library/a").await, world.count("tag_history").await), (2, 3));
    }

    async fn a_tag_goes_and_its_manifest_stays(mut world: World) {
        let image = Image::new("image", 1);
        world.push("library/a", "v1", &image).await;
        world.push("library/a", "v2", &image).await;
        assert_eq!((world.artifacts("library/a").await, world.tags("library/a").await.len()), (1, 2));
        world.delete_tag("library/a", "v1").await.unwrap();
        assert!(matches!(world.delete_tag("library/a", "v1").await, Err(Error::ManifestUnknown(_))));
        assert!(matches!(world.get("library/a", "v1").await, Err(Error::ManifestUnknown(_))));
        assert_eq!(world.tags("library/a").await, ["v2"]);
        world.delete_tag("library/a", "v2").await.unwrap();
        assert_eq!(world.artifacts("library/a").await, 1);
        assert_eq!(world.get("library/a", &image.manifest.digest.to_string()).await.unwrap().digest, image.manifest.digest);
        assert_eq!(world.tags("library/a").await, Vec::<String>::new());
    }

    async fn one_push_sets_many_tags(mut world: World) {
        let image = Image::new("image", 1);
        for blob in &image.blobs {
            world.put_blob("library/a", blob).await;
        }
        let reference = Reference::Digest(image.manifest.digest);
        let tags: Vec<TagName> = ["1", "1.2", "1.2.3"].iter().map(|tag| tag.parse().unwrap()).collect();
        let request = PushRequest { reference: &reference, tags: tags.clone(), content_type: Some(&image.manifest.media_type), bytes: image.manifest.bytes.clone() };
        let pushed = manifest::put(&world.domain, &world.may("library/a").await, &name("library/a"), request).await.unwrap();
        assert_eq!((pushed.digest, pushed.tags), (image.manifest.digest, tags));
        assert_eq!(world.tags("library/a").await, ["1", "1.2", "1.2.3"]);
        assert_eq!(world.artifacts("library/a").await, 1);
    }

    async fn children_hide_behind_their_index(mut world: World) {
        let (amd, arm) = (Image::new("amd64", 1), Image::new("arm64", 1));
        for image in [&amd, &arm] {
            world.push("library/a", &image.manifest.digest.to_string(), image).await;
        }
        assert_eq!(world.artifacts("library/a").await, 2);
        let index = Manifest::index(&[&amd.manifest, &arm.manifest]);
        world.put("library/a", "v1", &index).await.unwrap();
        assert_eq!(world.artifacts("library/a").await, 1);
        // A tag of its own brings a child back into the list.
        world.put("library/a", "only-amd", &amd.manifest).await.unwrap();
        assert_eq!(world.artifacts("library/a").await, 2);

        let refused = world.delete("library/a", &amd.manifest).await;
        assert!(matches!(refused, Err(Error::Unsupported(_))), "{refused:?}");
        world.delete("library/a", &index).await.unwrap();
        assert_eq!(world.artifacts("library/a").await, 2);
        world.delete("library/a", &amd.manifest).await.unwrap();
        world.delete("library/a", &arm.manifest).await.unwrap();
        assert_eq!((world.artifacts("library/a").await, world.usage("library").await), (0, 0));
    }

    async fn an_index_may_come_before_its_children(mut world: World) {
        let (amd, arm) = (Image::new("amd64", 1), Image::new("arm64", 1));
        let index = Manifest::index(&[&amd.manifest, &arm.manifest]);
        let outer = Manifest::index(&[&index]);
        world.put("library/a", "outer", &outer).await.unwrap();
        world.put("library/a", "v1", &index).await.unwrap();
        assert_eq!(world.artifacts("library/a").await, 2);
        world.push("library/a", &amd.manifest.digest.to_string(), &amd).await;
        assert_eq!(world.artifacts("library/a").await, 2);
        assert!(matches!(world.delete("library/a", &amd.manifest).await, Err(Error::Unsupported(_))));
        world.delete_tag("library/a", "v1").await.unwrap();
        assert_eq!(world.artifacts("library/a").await, 1);
        world.delete("library/a", &outer).await.unwrap();
        world.delete("library/a", &index).await.unwrap();
        assert_eq!(world.artifacts("library/a").await, 1);
        world.delete("library/a", &amd.manifest).await.unwrap();
        assert_eq!((world.artifacts("library/a").await, world.usage("library").await), (0, 0));
    }

    async fn an_index_that_names_a_child_twice_counts_it_once(mut world: World) {
        let image = Image::new("image", 1);
        let index = Manifest::index(&[&image.manifest, &image.manifest]);
        world.push("library/a", &image.manifest.digest.to_string(), &image).await;
        world.put("library/a", "v1", &index).await.unwrap();
        assert_eq!(world.artifacts("library/a").await, 1);
        world.delete("library/a", &index).await.unwrap();
        assert_eq!(world.artifacts("library/a").await, 1);
        world.delete("library/a", &image.manifest).await.unwrap();
        // The other order.
        world.put("library/a", "v1", &index).await.unwrap();
        world.push("library/a", &image.manifest.digest.to_string(), &image).await;
        assert_eq!(world.artifacts("library/a").await, 1);
        world.delete("library/a", &index).await.unwrap();
        world.delete("library/a", &image.manifest).await.unwrap();
        assert_eq!((world.artifacts("library/a").await, world.usage("library").await), (0, 0));
    }

    async fn accessories_follow_their_subject(mut world: World) {
        let image = Image::new("image", 1);
        let signature = Image::referring(&image.manifest, "application/vnd.example.signature", "s");
        let attestation = Image::referring(&signature.manifest, "application/vnd.example.attestation", "t");
        // The signature may be there first.
        world.push("library/a", &signature.manifest.digest.to_string(), &signature).await;
        assert_eq!(world.artifacts("library/a").await, 0);
        world.push("library/a", "v1", &image).await;
        world.push("library/a", "sha256-tag.att", &attestation).await;
        assert_eq!(world.artifacts("library/a").await, 1);

        let access = world.may("library/a").await;
        let list = |kind: &'static str| referrer::list(&world.domain, &access, REPO.get_or_init(|| name("library/a")), &image.manifest.digest, kind, 0);
        let found = list("").await.unwrap();
        assert_eq!(found.manifests.len(), 1);
        assert_eq!(found.manifests[0].digest, signature.manifest.digest);
        assert_eq!(found.manifests[0].artifact_type, "application/vnd.example.signature");
        assert_eq!(found.manifests[0].annotations["org.example.seed"], "s");
        assert_eq!(list("application/vnd.example.signature").await.unwrap().manifests.len(), 1);
        assert_eq!(list("application/vnd.example.other").await.unwrap().manifests.len(), 0);

        world.delete("library/a", &image.manifest).await.unwrap();
        assert_eq!((world.count("manifests").await, world.artifacts("library/a").await), (0, 0));
        assert_eq!((world.usage("library").await, world.count("tags").await), (0, 0));
    }

    async fn usage_falls_with_the_last_link(mut world: World) {
        world.project("other").await;
        let (one, two) = (Image::new("shared", 2), {
            let shared = Image::new("shared", 2);
            Image::with_layers("two", shared.blobs[1..].to_vec())
        });
        world.push("library/a", "v1", &one).await;
        world.push("library/a", "v2", &two).await;
        world.push("library/b", "v1", &one).await;
        world.push("other/a", "v1", &one).await;
        let own = (two.blobs[0].bytes.len() + two.manifest.bytes.len()) as i64;
        let both = one.size() as i64 + own;
        assert_eq!((world.usage("library").await, world.usage("other").await), (both, one.size() as i64));
        world.delete("library/a", &one.manifest).await.unwrap();
        assert_eq!(world.usage("library").await, both);
        world.delete("library/b", &one.manifest).await.unwrap();
        // The configuration and the manifest are gone, the layers are still needed.
        let freed = (one.blobs[0].bytes.len() + one.manifest.bytes.len()) as i64;
        assert_eq!(world.usage("library").await, both - freed);
        world.delete("library/a", &two.manifest).await.unwrap();
        assert_eq!((world.usage("library").await, world.usage("other").await), (0, one.size() as i64));
        let access = world.may::<DeleteRepository>("other/a").await;
        repository::delete(&world.domain, &access, &name("other/a")).await.unwrap();
        assert_eq!((world.usage("other").await, world.count("repository_blobs").await), (0, 0));
    }

    async fn a_deleted_repository_can_be_pushed_again(mut world: World) {
        let image = Image::new("image", 2);
        let index = Manifest::index(&[&image.manifest]);
        world.push("library/a", "v1", &image).await;
        world.put("library/a", "multi", &index).await.unwrap();
        let access = world.may::<DeleteRepository>("library/a").await;
        repository::delete(&world.domain, &access, &name("library/a")).await.unwrap();
        assert!(matches!(world.get("library/a", "v1").await, Err(Error::ManifestUnknown(_))));
        assert!(matches!(world.blob("library/a", &image.blobs[0].digest).await, Err(Error::BlobUnknown(_))));
        assert_eq!(world.usage("library").await, 0);
        world.push("library/a", "v1", &image).await;
        assert_eq!(world.get("library/a", "v1").await.unwrap().bytes, image.manifest.bytes);
        assert_eq!(world.usage("library").await, image.size() as i64);
    }

    async fn a_full_project_refuses_and_keeps_what_it_has(mut world: World) {
        let image = Image::new("image", 1);
        world.push("library/a", "v1", &image).await;
        let limit = image.size() as i64 + 1500;
        world.execute("UPDATE projects SET storage_bytes_max = $1", args![limit]).await;
        let (fits, exceeds) = (Blob::random("fits", 1000), Blob::random("exceeds", 1000));
        world.put_blob("library/a", &fits).await;
        let access = world.may::<Push>("library/a").await;
        let refused = blob::put(&world.domain, &access, &name("library/a"), &exceeds.digest, body(&exceeds.bytes)).await;
        assert!(matches!(&refused, Err(Error::Denied(text)) if text.contains("exceed")), "{refused:?}");
        assert!(matches!(world.blob("library/a", &exceeds.digest).await, Err(Error::BlobUnknown(_))));
        // What the project has already costs nothing, also in another repository.
        world.put_blob("library/b", &fits).await;
        assert_eq!(world.usage("library").await, image.size() as i64 + 1000);
    }

    async fn pulls_are_counted_with_the_next_flush(mut world: World) {
        let image = Image::new("image", 1);
        world.push("library/a", "v1", &image).await;
        let audited = world.count("audit").await;
        for _ in 0..3 {
            world.get("library/a", "v1").await.unwrap();
        }
        world.get("library/a", &image.manifest.digest.to_string()).await.unwrap();
        // Looking is not pulling.
        let access = world.may("library/a").await;
        manifest::stat(&world.domain, &access, &name("library/a"), &"v1".parse().unwrap()).await.unwrap();
        assert_eq!(world.one::<i64>("SELECT pull_count FROM repositories", &[]).await, 0);
        pull::flush(&world.domain).await.unwrap();
        assert_eq!(world.one::<i64>("SELECT pull_count FROM repositories", &[]).await, 4);
        assert_eq!(world.one::<i64>("SELECT pull_count FROM manifests", &[]).await, 4);
        assert_eq!(world.count("audit").await, audited + 4);
        assert!(world.one::<Option<i64>>("SELECT pulled_at FROM tags", &[]).await.is_some());
        pull::flush(&world.domain).await.unwrap();
        assert_eq!(world.one::<i64>("SELECT pull_count FROM repositories", &[]).await, 4);

        // What is gone before the flush does not stop it.
        world.get("library/a", "v1").await.unwrap();
        world.delete("library/a", &image.manifest).await.unwrap();
        pull::flush(&world.domain).await.unwrap();
        assert_eq!(world.count("audit").await, audited + 6);
    }

    async fn every_change_is_audited(mut world: World) {
        let image = Image::new("image", 1);
        world.push("library/a", "v1", &image).await;
        world.push("library/a", "v2", &image).await;
        world.delete_tag("library/a", "v1").await.unwrap();
        world.delete("library/a", &image.manifest).await.unwrap();
        let mut reader = world.db.reader().await.unwrap();
        let sql = "SELECT operation, resource_type, resource, username, project_id FROM audit ORDER BY id";
        let rows = reader.conn().rows(sql, &[]).await.unwrap();
        let told: Vec<String> = rows.iter().map(|row| {
            assert_eq!(row.get::<String>(3).unwrap(), "admin");
            assert_eq!(row.get::<i64>(4).unwrap(), 1);
            format!("{} {} {}", row.get::<String>(0).unwrap(), row.get::<String>(1).unwrap(), row.get::<String>(2).unwrap())
        }).collect();
        let by_digest = format!("delete artifact library/a@{}", image.manifest.digest);
        assert_eq!(told, ["create artifact library/a:v1", "create artifact library/a:v2", "delete tag library/a:v1", by_digest.as_str()]);
    }

    async fn a_sha512_push_keeps_its_digest(mut world: World) {
        let image = Image::new("image", 1);
        for blob in &image.blobs {
            world.put_blob("library/a", blob).await;
        }
        let sha512 = image.manifest.sha512().to_string();
        let pushed = world.put("library/a", &sha512, &image.manifest).await.unwrap();
        assert_eq!(pushed.digest.to_string(), sha512);
        assert_eq!(world.get("library/a", &sha512).await.unwrap().bytes, image.manifest.bytes);
        let by_sha256 = world.get("library/a", &image.manifest.digest.to_string()).await;
        assert!(matches!(by_sha256, Err(Error::ManifestUnknown(_))));
        let blob = Blob::sha512(Blob::random("blob", 2000).bytes);
        world.put_blob("library/a", &blob).await;
        assert_eq!(world.blob("library/a", &blob.digest).await.unwrap(), blob.bytes);
    }

    async fn concurrent_pushes_of_one_image_agree(mut world: World) {
        let image = Image::new("image", 3);
        let start = Barrier::new(8);
        let world = &world;
        let pushes = (0..8).map(|n| {
            let (image, start) = (&image, &start);
            async move {
                start.wait().await;
                world.push(&format!("library/r{}", n % 4), &format!("v{n}"), image).await;
            }
        });
        futures_util::future::join_all(pushes).await;
        assert_eq!((world.count("manifests").await, world.count("tags").await), (4, 8));
        assert_eq!((world.count("blobs").await, world.count("manifest_bytes").await), (4, 1));
        assert_eq!(world.usage("library").await, image.size() as i64);
        let start = Barrier::new(4);
        let deletions = (0..4).map(|n| {
            let (image, start) = (&image, &start);
            async move {
                start.wait().await;
                world.delete(&format!("library/r{n}"), &image.manifest).await.unwrap();
            }
        });
        futures_util::future::join_all(deletions).await;
        assert_eq!((world.count("manifests").await, world.count("repository_blobs").await), (0, 0));
        assert_eq!(world.usage("library").await, 0);
    }

    async fn many_tags_of_one_repository_at_once(mut world: World) {
        let images: Vec<Image> = (0..6).map(|n| Image::new(&format!("image {n}"), 1)).collect();
        let world = &world;
        let pushes = images.iter().map(|image| async move {
            world.push("library/a", "latest", image).await;
            world.delete("library/a", &image.manifest).await.unwrap();
            world.push("library/a", "latest", image).await;
        });
        futures_util::future::join_all(pushes).await;
        assert_eq!((world.artifacts("library/a").await, world.count("tags").await), (6, 1));
        for image in &images {
            world.delete("library/a", &image.manifest).await.unwrap();
        }
        assert_eq!((world.artifacts("library/a").await, world.usage("library").await), (0, 0));
    }
}

static REPO: std::sync::OnceLock<RepoName> = std::sync::OnceLock::new();
