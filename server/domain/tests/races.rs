//! Requests that get in each other's way: nothing may come out of it that neither of them alone could do.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;

use berth_db::{Backend, args};
use berth_domain::{
    Actor, Domain, Error, Limits,
    authz::{DeleteProject, DeleteRepository, ProjectAccess, ProjectAction, Pull, Push},
    blob::{self, ByteStream},
    manifest::{self, PushRequest},
    project, repository,
    upload::{self, Chunk},
};
use berth_storage::{FsStore, read_all};
use berth_types::{Algorithm, Digest, Reference, RepoName, UserId, time::SystemClock};
use bytes::Bytes;
use futures_util::stream;
use sha2::{Digest as _, Sha256};

#[path = "../../testkit/src/database.rs"]
mod database;
#[path = "../../testkit/src/everywhere.rs"]
#[macro_use]
mod everywhere;

use database::Database;

struct World {
    domain: Domain,
    // Dropped last: it removes the database.
    _database: Database,
}

impl World {
    async fn new(backend: Backend) -> Option<World> {
        let database = Database::create(backend).await?;
        let db = database.open().await;
        let store = FsStore::open(&database.folder.path().join("storage"), None).unwrap();
        let domain = Domain::new(db.clone(), Arc::new(store), Arc::new(SystemClock), Limits::default());
        let made = db.write((), |tx, ()| {
            Box::pin(async move {
                let sql =
                    "INSERT INTO projects (name, owner_id, public, created_at, updated_at) VALUES ($1, 1, FALSE, 1, 1)";
                tx.execute(sql, args!["p"]).await.map_err(Error::from)
            })
        });
        made.await.unwrap();
        Some(World { domain, _database: database })
    }

    async fn may<A: ProjectAction>(&self) -> ProjectAccess<A> {
        let admin = Actor::user(UserId::ADMIN, "admin", true);
        ProjectAccess::check(&self.domain, &admin, &repo().project()).await.unwrap()
    }
}

fn repo() -> RepoName {
    "p/a".parse().unwrap()
}

fn digest(bytes: &[u8]) -> Digest {
    Digest::Sha256(Sha256::digest(bytes).into())
}

fn body(bytes: &[u8]) -> ByteStream {
    Box::pin(stream::iter([Ok(Bytes::copy_from_slice(bytes))]))
}

async fn what_a_digest_names_is_what_is_stored(world: World) {
    let (push, pull) = (world.may::<Push>().await, world.may::<Pull>().await);
    for round in 0..100 {
        let (ours, theirs) = (format!("ours {round:06}").into_bytes(), format!("them {round:06}").into_bytes());
        let id = upload::start(&world.domain, &push, &repo(), Algorithm::Sha256).await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for bytes in [ours.clone(), theirs.clone(), theirs] {
            let (domain, push) = (world.domain.clone(), push.clone());
            tasks.spawn(async move {
                let _ = upload::append(&domain, &push, &repo(), id, Chunk { range: None, body: body(&bytes) }).await;
            });
        }
        let (domain, push, expected) = (world.domain.clone(), push.clone(), digest(&ours));
        tasks.spawn(async move {
            for _ in 0..5 {
                let chunk = Chunk { range: None, body: body(b"") };
                match upload::finish(&domain, &push, &repo(), id, &expected, chunk).await {
                    Err(Error::Conflict(_)) => tokio::task::yield_now().await,
                    _ => break,
                }
            }
        });
        while tasks.join_next().await.is_some() {}
        if let Ok(stored) = blob::open(&world.domain, &pull, &repo(), &digest(&ours)).await {
            assert_eq!(read_all(&*stored, 100).await.unwrap(), ours, "round {round}");
        }
    }
}

async fn who_was_let_in_leaves_nothing_in_a_deleted_project(world: World) {
    let push = world.may::<Push>().await;
    project::delete(&world.domain, &world.may::<DeleteProject>().await).await.unwrap();
    let stored = blob::put(&world.domain, &push, &repo(), &digest(b"x"), body(b"x")).await;
    assert!(matches!(stored, Err(Error::NameUnknown(_))), "{stored:?}");
    let started = upload::start(&world.domain, &push, &repo(), Algorithm::Sha256).await;
    assert!(matches!(started, Err(Error::NameUnknown(_))), "{started:?}");
    let bytes = br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
    let reference: Reference = "v1".parse().unwrap();
    let request =
        PushRequest { reference: &reference, tags: Vec::new(), content_type: None, bytes: Bytes::from_static(bytes) };
    let pushed = manifest::put(&world.domain, &push, &repo(), request).await;
    assert!(matches!(pushed, Err(Error::NameUnknown(_))), "{pushed:?}");
}

async fn a_push_goes_on_while_its_repository_is_deleted(world: World) {
    let (push, delete) = (world.may::<Push>().await, world.may::<DeleteRepository>().await);
    let bytes = br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let (domain, push) = (world.domain.clone(), push.clone());
        tasks.spawn(async move {
            for round in 0..25 {
                let blob = format!("{writer} {round}").into_bytes();
                blob::put(&domain, &push, &repo(), &digest(&blob), body(&blob)).await.unwrap();
                let reference: Reference = format!("v{writer}").parse().unwrap();
                let bytes = Bytes::from_static(bytes);
                let request = PushRequest { reference: &reference, tags: Vec::new(), content_type: None, bytes };
                manifest::put(&domain, &push, &repo(), request).await.unwrap();
            }
        });
    }
    let domain = world.domain.clone();
    tasks.spawn(async move {
        for _ in 0..25 {
            match repository::delete(&domain, &delete, &repo()).await {
                Ok(()) | Err(Error::NotFound(_)) => tokio::task::yield_now().await,
                Err(error) => panic!("{error:?}"),
            }
        }
    });
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

everywhere! {
    what_a_digest_names_is_what_is_stored
    who_was_let_in_leaves_nothing_in_a_deleted_project
    a_push_goes_on_while_its_repository_is_deleted
}
