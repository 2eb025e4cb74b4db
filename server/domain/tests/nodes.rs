//! Several processes on the same rows and bytes, and clients that try again when a store fails.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use berth_db::{Backend, Db};
use berth_domain::{
    Actor, Domain, Error, Limits,
    accessory::Puller,
    authz::{ProjectAccess, ProjectAction, Pull, Push},
    blob::{self, ByteStream},
    manifest::{self, PushRequest},
    upload::{self, Chunk, UploadId},
};
use berth_storage::{BlobStore, Fault, Faulty, FsStore, MemoryStore, read_all};
use berth_types::{Algorithm, RepoName, UserId, time::SystemClock};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::sync::oneshot;

#[path = "../../testkit/src/database.rs"]
mod database;
#[path = "../../testkit/src/image.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod image;

use database::Database;
use image::{Blob, Image};

fn repo() -> RepoName {
    "library/app".parse().unwrap()
}

fn node(db: &Db, store: Arc<dyn BlobStore>) -> Domain {
    Domain::new(db.clone(), store, Arc::new(SystemClock), Limits::default())
}

async fn may<A: ProjectAction>(domain: &Domain) -> ProjectAccess<A> {
    let admin = Actor::user(UserId::ADMIN, "admin", true);
    ProjectAccess::check(domain, &admin, &repo().project()).await.unwrap()
}

fn body(bytes: &Bytes) -> ByteStream {
    Box::pin(stream::iter([Ok(bytes.clone())]))
}

async fn append(domain: &Domain, id: UploadId, body: ByteStream) -> berth_domain::Result<u64> {
    upload::append(domain, &may::<Push>(domain).await, &repo(), id, Chunk { range: None, body }).await
}

async fn finish(domain: &Domain, id: UploadId, blob: &Blob) -> berth_domain::Result<u64> {
    let chunk = Chunk { range: None, body: Box::pin(stream::empty()) };
    upload::finish(domain, &may::<Push>(domain).await, &repo(), id, &blob.digest, chunk).await
}

/// Two nodes take a chunk at the same place. The one that writes it down first has won, the other is told how far the
/// upload is, and whatever lies in the file, no blob ever has other bytes than its digest says.
async fn overtake(backend: Backend, winner: &Blob, loser: &Blob) -> Option<berth_domain::Result<u64>> {
    let database = Database::create(backend).await?;
    let db = database.open().await;
    let folder = database.folder.path().join("storage");
    let open = || Arc::new(FsStore::open(&folder, None).unwrap());
    let (one, two) = (node(&db, open()), node(&db, open()));
    let id = upload::start(&one, &may::<Push>(&one).await, &repo(), Algorithm::Sha256).await.unwrap();
    // The slow node has read the row and waits for its bytes.
    let (asked, was_asked) = oneshot::channel();
    let (go, gone) = oneshot::channel();
    let bytes = loser.bytes.clone();
    let late = stream::once(async move {
        asked.send(()).unwrap();
        gone.await.unwrap();
        Ok(bytes)
    });
    let slow = {
        let two = two.clone();
        tokio::spawn(async move { append(&two, id, Box::pin(late)).await })
    };
    was_asked.await.unwrap();
    assert_eq!(append(&one, id, body(&winner.bytes)).await.unwrap(), winner.bytes.len() as u64);
    go.send(()).unwrap();
    let refused = slow.await.unwrap();
    let received = winner.bytes.len() as u64;
    assert!(matches!(refused, Err(Error::RangeInvalid { received: at }) if at == received), "{refused:?}");
    assert_eq!(upload::status(&one, &may::<Push>(&one).await, &repo(), id).await.unwrap(), received);
    let finished = finish(&one, id, winner).await;
    let found = blob::open(&one, &may::<Pull>(&one).await, &repo(), &winner.digest).await;
    match &finished {
        Ok(_) => assert_eq!(read_all(&*found.unwrap(), 1 << 20).await.unwrap(), winner.bytes),
        Err(_) => assert!(matches!(found, Err(Error::BlobUnknown(_)))),
    }
    Some(finished)
}

async fn two_nodes_on_one_upload_have_one_winner(backend: Backend) {
    let (blob, other) = (Blob::random("blob", 50_000), Blob::random("other", 50_000));
    // A client that tries again at another node sends the same bytes.
    if let Some(finished) = overtake(backend, &blob, &blob.clone()).await {
        assert_eq!(finished.unwrap(), blob.bytes.len() as u64);
    }
    // Other bytes may lie in the file now, and are found out.
    if let Some(finished) = overtake(backend, &blob, &other).await {
        assert!(matches!(finished, Err(Error::DigestInvalid(_))), "{finished:?}");
    }
}

#[tokio::test]
async fn two_nodes_on_one_upload_have_one_winner_on_sqlite() {
    two_nodes_on_one_upload_have_one_winner(Backend::Sqlite).await;
}

#[tokio::test]
async fn two_nodes_on_one_upload_have_one_winner_on_postgres() {
    two_nodes_on_one_upload_have_one_winner(Backend::Postgres).await;
}

/// docker's way: an upload, a streamed chunk, an empty end; what fails is begun anew.
async fn push_layer(domain: &Domain, blob: &Blob) -> berth_domain::Result<()> {
    let access = may::<Push>(domain).await;
    let id = upload::start(domain, &access, &repo(), Algorithm::Sha256).await?;
    let chunks = blob.bytes.chunks(1000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect::<Vec<_>>();
    append(domain, id, stream::iter(chunks).boxed()).await?;
    finish(domain, id, blob).await?;
    Ok(())
}

#[tokio::test]
async fn a_push_goes_through_after_any_fault_of_the_store() {
    let image = Image::new("image", 2);
    for fault in [Fault::Before, Fault::After, Fault::Full] {
        let mut failures = 0;
        for call in 1.. {
            let database = Database::create(Backend::Sqlite).await.unwrap();
            let db = database.open().await;
            let store = Faulty::new(Arc::new(MemoryStore::new()));
            let domain = node(&db, Arc::new(store.clone()));
            store.fail_at(call, fault);
            let mut tries = 0;
            for blob in &image.blobs {
                while let Err(error) = push_layer(&domain, blob).await {
                    tries += 1;
                    assert!(tries <= 5, "{fault:?} {call}: {error}");
                    // A fault of the server, which clients try again, and never one of theirs.
                    assert!(matches!(error, Error::Internal(_) | Error::Unavailable(_) | Error::Full(_)), "{error:?}");
                }
            }
            let reference = "v1".parse().unwrap();
            let push = || PushRequest {
                reference: &reference,
                tags: Vec::new(),
                content_type: Some(&image.manifest.media_type),
                bytes: image.manifest.bytes.clone(),
            };
            while let Err(error) = manifest::put(&domain, &may::<Push>(&domain).await, &repo(), push()).await {
                tries += 1;
                assert!(tries <= 5, "{fault:?} {call}: {error}");
            }
            let pull = may::<Pull>(&domain).await;
            let found = manifest::get(&domain, &pull, &repo(), &reference, Puller::Reader).await.unwrap();
            assert_eq!(found.bytes, image.manifest.bytes);
            let has_failed = store.calls() >= call;
            store.fail_at(u64::MAX, fault);
            for blob in &image.blobs {
                let open = blob::open(&domain, &pull, &repo(), &blob.digest).await.unwrap();
                assert_eq!(read_all(&*open, 1 << 20).await.unwrap(), blob.bytes);
            }
            failures += tries;
            if !has_failed {
                break;
            }
        }
        assert!(failures >= 5, "{fault:?}: {failures}");
    }
}
