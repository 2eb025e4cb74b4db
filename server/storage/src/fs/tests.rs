//! The suite on a file system, with unnamed and with named temporary files, and what only a file system has.

use std::{fs, path::Path, sync::Arc};

use berth_types::Algorithm;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use tempfile::TempDir;
use uuid::Uuid;

use super::{FsStore, Shared};
use crate::{
    BlobStore, ByteStream, Error, Export, Pace, Position, Verdict,
    suite::{Harness, bytes, digest, put, read, source},
};

mod unnamed {
    crate::suite::suite!(|| {
        super::harness(super::folder_in_memory(), |root| super::FsStore::open(root, None).unwrap())
    });
}

mod named {
    crate::suite::suite!(|| super::harness(super::folder_in_memory(), super::without_unnamed_files));
}

/// For the suite, which makes a store for each test: 256 folders take long on a disk. The tests below use the disk.
fn folder_in_memory() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap()
}

fn harness(folder: TempDir, open: fn(&Path) -> FsStore) -> Harness {
    let store = Arc::new(open(folder.path()));
    let root = folder.path().to_owned();
    Harness {
        store,
        damage: Box::new(move |digest, bytes| fs::write(blob_path(&root, digest), bytes).unwrap()),
        leftovers: Box::new(move || files_in(folder.path())),
    }
}

fn without_unnamed_files(root: &Path) -> FsStore {
    FsStore { shared: Arc::new(Shared::open(root, None).unwrap()) }
}

fn files_in(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_in(&path));
        } else {
            files.push(path.display().to_string());
        }
    }
    files
}

fn blob_path(root: &Path, digest: &berth_types::Digest) -> std::path::PathBuf {
    root.join("blobs").join(super::folders::blob_name(digest))
}

#[tokio::test]
async fn everything_survives_a_restart() {
    let folder = TempDir::new().unwrap();
    let whole = bytes(3000);
    let (blob, id, at) = {
        let store = FsStore::open(folder.path(), None).unwrap();
        let blob = put(&store, &bytes(10)).await;
        let id = Uuid::new_v4();
        store.create_upload(id).await.unwrap();
        let start = Position::start(Algorithm::Sha256);
        (blob, id, store.append(id, start, source(&whole.slice(..1000)), 3000).await.unwrap())
    };
    let store = FsStore::open(folder.path(), None).unwrap();
    assert_eq!(read(&store, &blob, 0..10).await, bytes(10));
    let at = Position::recorded(at.offset, at.hash.as_ref().map(|state| state.as_bytes()));
    let at = store.append(id, at, source(&whole.slice(1000..)), 3000).await.unwrap();
    store.finish(id, at, &digest(Algorithm::Sha256, &whole)).await.unwrap();
}

#[tokio::test]
async fn blobs_lie_flat_in_folders_that_exist_from_the_start() {
    let folder = TempDir::new().unwrap();
    let store = FsStore::open(folder.path(), None).unwrap();
    assert_eq!(fs::read_dir(folder.path().join("blobs/sha256")).unwrap().count(), 256);
    let digest = put(&store, &Bytes::from_static(b"abc")).await;
    let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(blob_path(folder.path(), &digest), folder.path().join(format!("blobs/sha256/ba/{hex}")));
    assert_eq!(fs::read(blob_path(folder.path(), &digest)).unwrap(), b"abc");
}

#[tokio::test]
async fn an_adopted_store_is_served_and_never_changed() {
    let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let large = bytes(300_000);
    let digest = digest(Algorithm::Sha256, &large);
    let blobs = other.path().join("docker/registry/v2/blobs");
    assert!(FsStore::open(folder.path(), Some(other.path())).is_err());
    let blob = blobs.join(super::folders::blob_name(&digest));
    fs::create_dir_all(&blob).unwrap();
    fs::write(blob.join("data"), &large).unwrap();

    let store = FsStore::open(folder.path(), Some(other.path())).unwrap();
    assert_eq!(store.stat(&digest).await.unwrap(), Some(300_000));
    assert!(read(&store, &digest, 0..300_000).await == large);
    assert!(store.put(&digest, source(&large), 300_000).await.unwrap().existed);
    assert!(!blob_path(folder.path(), &digest).exists());
    let ours = put(&store, &bytes(5)).await;
    let mut listed: Vec<_> = store.list().await.unwrap().try_collect().await.unwrap();
    listed.sort_by_key(|blob| blob.size);
    assert_eq!(
        listed.iter().map(|blob| (blob.digest, blob.read_only)).collect::<Vec<_>>(),
        [(ours, false), (digest, true)]
    );
    assert!(matches!(store.delete(&digest).await, Err(Error::ReadOnly)));
    assert_eq!(files_in(other.path()).len(), 1);
    store.delete(&ours).await.unwrap();
    assert_eq!(store.stat(&ours).await.unwrap(), None);
}

#[tokio::test]
async fn a_blob_of_the_wrong_size_is_replaced_by_verified_bytes() {
    for open in [(|root: &Path| FsStore::open(root, None).unwrap()) as fn(&Path) -> FsStore, without_unnamed_files] {
        let folder = TempDir::new().unwrap();
        let store = open(folder.path());
        let whole = bytes(5000);
        let digest = put(&store, &whole).await;
        fs::write(blob_path(folder.path(), &digest), b"damaged").unwrap();
        assert!(!store.put(&digest, source(&whole), 5000).await.unwrap().existed);
        assert_eq!(read(&store, &digest, 0..5000).await, whole);
        assert_eq!(files_in(folder.path()).len(), 1);
    }
}

/// Holds as much memory as readers may before files are mapped.
async fn hold_buffers(store: &FsStore, digest: &berth_types::Digest) -> Vec<Bytes> {
    let blob = store.open(digest).await.unwrap().unwrap();
    let mut held = Vec::new();
    while held.iter().map(Bytes::len).sum::<usize>() < super::read::BUFFERS_BYTES {
        held.push(blob.read(0..blob.size()).next().await.unwrap().unwrap());
    }
    held
}

#[tokio::test]
async fn a_blob_that_is_cut_on_the_disk_gives_an_error_not_a_crash() {
    for is_mapped in [false, true] {
        let folder = TempDir::new().unwrap();
        let store = FsStore::open(folder.path(), None).unwrap();
        let digest = put(&store, &bytes(4 << 20)).await;
        let held = if is_mapped { hold_buffers(&store, &digest).await } else { Vec::new() };
        let blob = store.open(&digest).await.unwrap().unwrap();
        let mut stream = blob.read(0..blob.size());
        let first = stream.next().await.unwrap().unwrap();
        assert_eq!(first.len() == 1 << 20, is_mapped);
        let file = fs::OpenOptions::new().write(true).open(blob_path(folder.path(), &digest)).unwrap();
        file.set_len(first.len() as u64).unwrap();
        let error = stream.next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
        assert!(stream.next().await.is_none());
        drop(held);
    }
}

#[tokio::test]
async fn buffers_that_are_used_again_hold_nothing_of_their_last_reader() {
    let folder = TempDir::new().unwrap();
    let store = FsStore::open(folder.path(), None).unwrap();
    let (first, second) = (bytes(1 << 20), Bytes::from(vec![9; 300_000]));
    let digests = [put(&store, &first).await, put(&store, &second).await];
    for _ in 0..3 {
        assert!(read(&store, &digests[0], 0..1 << 20).await == first);
        assert!(read(&store, &digests[1], 0..300_000).await == second);
        assert!(read(&store, &digests[1], 7..100_007).await == second[7..100_007]);
    }
}

#[tokio::test]
async fn bytes_outlive_blob_store_and_file() {
    let folder = TempDir::new().unwrap();
    let store = FsStore::open(folder.path(), None).unwrap();
    let whole = bytes(2 << 20);
    let digest = put(&store, &whole).await;
    let blob = store.open(&digest).await.unwrap().unwrap();
    let chunks: Vec<Bytes> = blob.read(0..blob.size()).try_collect().await.unwrap();
    drop((blob, store, folder));
    assert!(chunks.concat() == whole);
}

#[tokio::test]
async fn what_is_not_in_memory_comes_by_positioned_reads() {
    let folder = TempDir::new().unwrap();
    let store = FsStore::open(folder.path(), None).unwrap();
    let whole = bytes((3 << 20) + 99);
    let digest = put(&store, &whole).await;
    let file = fs::File::open(blob_path(folder.path(), &digest)).unwrap();
    file.sync_all().unwrap();
    rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
    assert!(read(&store, &digest, 0..u64::MAX).await == whole);
    rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
    assert!(read(&store, &digest, 1_000_001..3_000_000).await == whole[1_000_001..3_000_000]);
}

#[tokio::test]
async fn a_foreign_file_is_not_listed_and_a_folder_in_the_way_is_an_error() {
    let folder = TempDir::new().unwrap();
    let store = FsStore::open(folder.path(), None).unwrap();
    fs::write(folder.path().join("blobs/sha256/00/readme"), b"").unwrap();
    fs::write(folder.path().join("uploads/readme"), b"").unwrap();
    assert_eq!(store.list().await.unwrap().count().await, 0);
    assert!(store.list_uploads().await.unwrap().is_empty());
    fs::remove_dir_all(folder.path().join("uploads")).unwrap();
    assert!(matches!(store.health().await, Err(Error::Io(_))));
}

#[tokio::test]
async fn damage_on_the_disk_is_noticed_and_its_bytes_are_kept_aside() {
    let folder = TempDir::new().unwrap();
    let store = FsStore::open(folder.path(), None).unwrap();
    let whole = bytes(1 << 20);
    let digest = put(&store, &whole).await;
    let mut damaged = whole.to_vec();
    damaged[777_777] ^= 1;
    fs::write(blob_path(folder.path(), &digest), &damaged).unwrap();
    let pace = Arc::new(Pace::new(None));
    assert_eq!(store.verify(&digest, &pace).await.unwrap(), Verdict::Damaged { size: 1 << 20 });
    assert!(store.quarantine(&digest).await.unwrap());
    assert!(fs::read(folder.path().join("quarantine/sha256").join(digest.hex())).unwrap() == damaged);
    assert_eq!(store.verify(&digest, &pace).await.unwrap(), Verdict::Absent);
}

#[tokio::test]
async fn a_damaged_blob_of_an_adopted_store_cannot_be_moved_and_is_not_exported() {
    let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let digest = digest(Algorithm::Sha256, b"as it was");
    let blob = other.path().join("docker/registry/v2/blobs").join(super::folders::blob_name(&digest));
    fs::create_dir_all(&blob).unwrap();
    fs::write(blob.join("data"), b"as it is!").unwrap();
    let store = FsStore::open(folder.path(), Some(other.path())).unwrap();
    assert_eq!(store.verify(&digest, &Arc::new(Pace::new(None))).await.unwrap(), Verdict::Damaged { size: 9 });
    assert!(matches!(store.quarantine(&digest).await, Err(Error::ReadOnly)));
    let to = folder.path().join("exported");
    assert!(matches!(store.export(&digest, &to, Export::LinkOrCopy).await, Err(Error::DigestMismatch { .. })));
    assert!(!to.exists() && !folder.path().join("exported.part").exists());
}

#[tokio::test]
async fn an_upload_that_is_written_while_it_comes_is_whole() {
    let folder = TempDir::new().unwrap();
    let store = FsStore::open(folder.path(), None).unwrap();
    let whole = bytes(9 << 20);
    let (id, digest) = (Uuid::new_v4(), digest(Algorithm::Sha256, &whole));
    store.create_upload(id).await.unwrap();
    let frames = |from: usize, to: usize| -> ByteStream {
        let frames: Vec<_> = (from..to).step_by(100_000).map(|at| Ok(whole.slice(at..to.min(at + 100_000)))).collect();
        Box::pin(futures_util::stream::iter(frames))
    };
    let at = store.append(id, Position::start(Algorithm::Sha256), frames(0, 5 << 20), 1 << 30).await.unwrap();
    let at = store.append(id, at, frames(5 << 20, 9 << 20), 1 << 30).await.unwrap();
    assert_eq!(at.offset, 9 << 20);
    assert_eq!(store.finish(id, at, &digest).await.unwrap().size, 9 << 20);
    assert!(read(&store, &digest, 0..9 << 20).await == whole);
}
