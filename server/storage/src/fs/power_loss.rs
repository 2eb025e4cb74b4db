//! What a power loss may leave, played on the calls that the driver really makes.
//!
//! [`super::sys`] records every change below a folder that a test watches. A change is durable only once its sync came:
//! bytes by the sync of their file, names by the sync of their folder. Of what was not synced, a power loss keeps any part.
//! After each call all interesting parts are tried (nothing, everything, each one alone, each one missing, one write torn),
//! and the disk that results has to hold: a blob's name has the bytes of its digest, and what was acknowledged is there.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs::File,
    os::fd::{AsFd, AsRawFd, OwnedFd},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use berth_types::{Algorithm, Digest, Timestamp};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use tempfile::TempDir;
use uuid::Uuid;

use super::{FsStore, Shared};
use crate::{
    BlobStore, ByteStream, Error, Hasher, Position,
    suite::{bytes, digest, source},
};

/// How many pending changes of one file or folder are kept or lost one by one.
const VARIED_MAX: usize = 12;

/// A file by its number.
type Inode = u64;

/// A name: its folder below the watched one, and itself.
type Name = (PathBuf, String);

/// What a call changed.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Created(Inode, Option<Name>),
    Written(Inode, u64, Vec<u8>),
    Cut(Inode, u64),
    Synced(Inode),
    Linked(Inode, Name),
    Renamed(Name, Name),
    Unlinked(Name),
    MadeFolder(Name),
    SyncedFolder(PathBuf),
    /// A test was told that the blob is stored.
    Acknowledged(Digest),
    /// A test asked to take the blob away.
    Released(Digest),
}

/// What was recorded below each watched folder.
static WATCHED: Mutex<BTreeMap<PathBuf, Vec<Change>>> = Mutex::new(BTreeMap::new());

fn watched() -> MutexGuard<'static, BTreeMap<PathBuf, Vec<Change>>> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a call and writes down what it changed. While somebody watches, one call is made at a time, so that the record
/// has their order.
pub(super) fn recorded<T, E>(
    call: impl FnOnce() -> Result<T, E>,
    change: impl FnOnce(&T) -> Option<(PathBuf, Change)>,
) -> Result<T, E> {
    let mut watched = watched();
    if watched.is_empty() {
        drop(watched);
        return call();
    }
    let done = call()?;
    if let Some((path, change)) = change(&done)
        && let Some((_, record)) = watched.iter_mut().find(|(root, _)| path.starts_with(root))
    {
        record.push(change);
    }
    Ok(done)
}

fn path_of(handle: impl AsFd) -> PathBuf {
    std::fs::read_link(format!("/proc/self/fd/{}", handle.as_fd().as_raw_fd())).unwrap()
}

fn inode(file: impl AsFd) -> Inode {
    rustix::fs::fstat(file).unwrap().st_ino
}

fn named(folder: &OwnedFd, name: &str) -> Name {
    split(&path_of(folder).join(name))
}

fn split(path: &Path) -> Name {
    (path.parent().unwrap().to_owned(), path.file_name().unwrap().to_str().unwrap().to_owned())
}

type Noted = Option<(PathBuf, Change)>;

impl Change {
    pub fn created(file: &OwnedFd, name: Option<(&OwnedFd, &str)>) -> Noted {
        Some((path_of(file), Change::Created(inode(file), name.map(|(folder, name)| named(folder, name)))))
    }

    pub fn written(file: &File, bytes: &[u8], offset: u64) -> Noted {
        Some((path_of(file), Change::Written(inode(file), offset, bytes.to_owned())))
    }

    pub fn cut(file: &File, length: u64) -> Noted {
        Some((path_of(file), Change::Cut(inode(file), length)))
    }

    pub fn synced(file: &File) -> Noted {
        Some((path_of(file), Change::Synced(inode(file))))
    }

    pub fn linked(file: impl AsFd, folder: &OwnedFd, name: &str) -> Noted {
        Some((path_of(folder), Change::Linked(inode(file), named(folder, name))))
    }

    pub fn renamed(from: (&OwnedFd, &str), to: (&OwnedFd, &str)) -> Noted {
        Some((path_of(to.0), Change::Renamed(named(from.0, from.1), named(to.0, to.1))))
    }

    pub fn unlinked(folder: &OwnedFd, name: &str) -> Noted {
        Some((path_of(folder), Change::Unlinked(named(folder, name))))
    }

    pub fn made_folder(path: &Path) -> Noted {
        let path = path.canonicalize().unwrap();
        Some((path.clone(), Change::MadeFolder(split(&path))))
    }

    pub fn synced_folder(folder: impl AsFd) -> Noted {
        let path = path_of(folder);
        Some((path.clone(), Change::SyncedFolder(path)))
    }
}

/// A watched folder, whose own name is durable.
struct Watch {
    folder: TempDir,
    root: PathBuf,
}

impl Watch {
    fn new() -> Self {
        let folder = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
        let root = folder.path().canonicalize().unwrap();
        watched().insert(root.clone(), Vec::new());
        Watch { folder, root }
    }

    fn note(&self, change: Change) {
        watched().get_mut(&self.root).unwrap().push(change);
    }

    fn record(&self) -> Vec<Change> {
        watched()[&self.root].clone()
    }

    /// Stores a blob and notes when that is acknowledged.
    async fn put(&self, store: &FsStore, whole: &Bytes) -> Digest {
        self.put_as(store, whole, Algorithm::Sha256).await
    }

    async fn put_as(&self, store: &FsStore, whole: &Bytes, algorithm: Algorithm) -> Digest {
        let digest = digest(algorithm, whole);
        store.put(&digest, source(whole), 1 << 30).await.unwrap();
        self.note(Change::Acknowledged(digest));
        digest
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        watched().remove(&self.root);
    }
}

/// A name comes or goes.
#[derive(Clone, Debug)]
enum Entry {
    Is(String, Node),
    Gone(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Node {
    File(Inode),
    Folder,
}

#[derive(Clone, Debug)]
enum Edit {
    Write(u64, Vec<u8>),
    Cut(u64),
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Edit::Write(offset, written) => {
                let end = *offset as usize + written.len();
                bytes.resize(bytes.len().max(end), 0);
                bytes[*offset as usize..end].copy_from_slice(written);
            }
            Edit::Cut(length) => bytes.resize(*length as usize, 0),
        }
    }

    /// The first half of it.
    fn torn(&self) -> Edit {
        match self {
            Edit::Write(offset, written) => Edit::Write(*offset, written[..written.len() / 2].to_owned()),
            Edit::Cut(length) => Edit::Cut(*length),
        }
    }
}

/// What the disk holds for certain, and what may have come to it since.
#[derive(Clone, Debug)]
struct Unsettled<D, C> {
    durable: D,
    pending: Vec<C>,
    /// How often it changed.
    version: usize,
}

impl<D: Default, C> Default for Unsettled<D, C> {
    fn default() -> Self {
        Unsettled { durable: D::default(), pending: Vec::new(), version: 0 }
    }
}

/// Which part of what is pending a power loss keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kept {
    Nothing,
    Everything,
    /// The change of this number alone.
    Only(usize),
    /// All but the change of this number.
    Without(usize),
    /// Everything before the change of this number, and half of that one.
    Torn(usize),
}

impl Kept {
    /// Of a long row of changes, which only the making of the 256 folders is, the last ones vary.
    fn all(pending: usize) -> Vec<Kept> {
        let each = (pending.saturating_sub(VARIED_MAX)..pending)
            .flat_map(|n| [Kept::Only(n), Kept::Without(n), Kept::Torn(n)]);
        [Kept::Nothing, Kept::Everything].into_iter().chain(each).collect()
    }

    fn keeps(self, n: usize) -> bool {
        match self {
            Kept::Nothing => false,
            Kept::Everything => true,
            Kept::Only(one) => n == one,
            Kept::Without(one) => n != one,
            Kept::Torn(one) => n <= one,
        }
    }
}

#[derive(Default)]
struct Disk {
    root: PathBuf,
    files: BTreeMap<Inode, Unsettled<Vec<u8>, Edit>>,
    folders: BTreeMap<PathBuf, Unsettled<BTreeMap<String, Node>, Entry>>,
    /// The names as the running system sees them.
    present: HashMap<Name, Node>,
    acknowledged: BTreeSet<Digest>,
    /// Digests that were checked: one state differs little from the next.
    checked: HashMap<(Digest, Inode, usize, Kept), bool>,
    versions: usize,
    states: usize,
}

impl Disk {
    fn new(root: &Path) -> Self {
        let mut disk = Disk { root: root.to_owned(), ..Disk::default() };
        disk.folders.insert(root.to_owned(), Unsettled::default());
        disk
    }

    /// A file that changes.
    fn file(&mut self, inode: Inode) -> &mut Unsettled<Vec<u8>, Edit> {
        self.versions += 1;
        let file = self.files.get_mut(&inode).unwrap();
        file.version = self.versions;
        file
    }

    fn entry(&mut self, (folder, name): &Name, node: Option<Node>) {
        let pending = &mut self.folders.entry(folder.clone()).or_default().pending;
        match node {
            Some(node) => {
                pending.push(Entry::Is(name.clone(), node));
                self.present.insert((folder.clone(), name.clone()), node);
            }
            None => {
                pending.push(Entry::Gone(name.clone()));
                self.present.remove(&(folder.clone(), name.clone()));
            }
        }
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Created(inode, name) => {
                // Numbers are used again once a file is gone for good.
                self.files.insert(*inode, Unsettled::default());
                self.file(*inode);
                if let Some(name) = name {
                    self.entry(name, Some(Node::File(*inode)));
                }
            }
            Change::Written(inode, offset, bytes) => {
                self.file(*inode).pending.push(Edit::Write(*offset, bytes.clone()));
            }
            Change::Cut(inode, length) => self.file(*inode).pending.push(Edit::Cut(*length)),
            Change::Synced(inode) => {
                let file = self.file(*inode);
                for edit in std::mem::take(&mut file.pending) {
                    edit.apply(&mut file.durable);
                }
            }
            Change::Linked(inode, name) => self.entry(name, Some(Node::File(*inode))),
            Change::Renamed(from, to) => {
                let node = self.present[from];
                self.entry(to, Some(node));
                self.entry(from, None);
            }
            Change::Unlinked(name) => self.entry(name, None),
            Change::MadeFolder(name) => {
                self.entry(name, Some(Node::Folder));
                self.folders.insert(name.0.join(&name.1), Unsettled::default());
            }
            Change::SyncedFolder(path) => {
                if let Some(folder) = self.folders.get_mut(path) {
                    folder.durable = names(folder, Kept::Everything);
                    folder.pending.clear();
                }
            }
            Change::Acknowledged(digest) => {
                self.acknowledged.insert(*digest);
            }
            Change::Released(digest) => {
                self.acknowledged.remove(digest);
            }
        }
    }

    /// Every disk that a power loss at this moment may leave, one folder or file varying while the others keep nothing,
    /// or everything.
    fn lose_power(&mut self) -> Result<(), String> {
        for rest in [Kept::Nothing, Kept::Everything] {
            self.check(rest, None)?;
            for (path, pending) in
                self.folders.iter().map(|(path, folder)| (path.clone(), folder.pending.len())).collect::<Vec<_>>()
            {
                for kept in Kept::all(pending).into_iter().skip(2) {
                    self.check(rest, Some((Varied::Folder(&path), kept)))?;
                }
            }
            for (inode, pending) in
                self.files.iter().map(|(inode, file)| (*inode, file.pending.len())).collect::<Vec<_>>()
            {
                for kept in Kept::all(pending) {
                    self.check(rest, Some((Varied::File(inode), kept)))?;
                }
            }
        }
        Ok(())
    }

    fn check(&mut self, rest: Kept, varied: Option<(Varied<'_>, Kept)>) -> Result<(), String> {
        self.states += 1;
        let of_folder = |path: &Path| match varied {
            Some((Varied::Folder(one), kept)) if one == path => kept,
            _ => rest,
        };
        let of_file = |inode: Inode| match varied {
            Some((Varied::File(one), kept)) if one == inode => kept,
            _ => rest,
        };
        let mut found = BTreeMap::new();
        let mut walk = vec![self.root.clone()];
        while let Some(path) = walk.pop() {
            for (name, node) in names(&self.folders[&path], of_folder(&path)) {
                match node {
                    Node::Folder => walk.push(path.join(name)),
                    Node::File(inode) => {
                        let below = path.strip_prefix(&self.root).unwrap();
                        if let Some(digest) = blob(below, &name) {
                            found.insert(digest, inode);
                        }
                    }
                }
            }
        }
        for (digest, inode) in &found {
            let file = &self.files[inode];
            let kept = if file.pending.is_empty() { Kept::Nothing } else { of_file(*inode) };
            let right = *self.checked.entry((*digest, *inode, file.version, kept)).or_insert_with(|| {
                let mut hash = Hasher::new(digest.algorithm());
                hash.update(&content(file, kept));
                hash.digest() == *digest
            });
            if !right {
                return Err(format!("{digest} has other bytes ({rest:?}, {varied:?})"));
            }
        }
        match self.acknowledged.iter().find(|digest| !found.contains_key(digest)) {
            Some(lost) => Err(format!("{lost} was acknowledged and is gone ({rest:?}, {varied:?})")),
            None => Ok(()),
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Varied<'a> {
    Folder(&'a Path),
    File(Inode),
}

fn names(folder: &Unsettled<BTreeMap<String, Node>, Entry>, kept: Kept) -> BTreeMap<String, Node> {
    let mut names = folder.durable.clone();
    for (_, entry) in folder.pending.iter().enumerate().filter(|(n, _)| kept.keeps(*n)) {
        match entry {
            Entry::Is(name, node) => names.insert(name.clone(), *node),
            Entry::Gone(name) => names.remove(name),
        };
    }
    names
}

fn content(file: &Unsettled<Vec<u8>, Edit>, kept: Kept) -> Vec<u8> {
    let mut bytes = file.durable.clone();
    for (n, edit) in file.pending.iter().enumerate().filter(|(n, _)| kept.keeps(*n)) {
        match kept {
            Kept::Torn(one) if n == one => edit.torn().apply(&mut bytes),
            _ => edit.apply(&mut bytes),
        }
    }
    bytes
}

/// The digest that a name promises.
fn blob(folder: &Path, name: &str) -> Option<Digest> {
    let mut parts = folder.iter().map(|part| part.to_str().unwrap());
    let is_blob = parts.by_ref().find(|part| *part == "blobs").is_some();
    let algorithm = parts.next().filter(|_| is_blob)?;
    format!("{algorithm}:{name}").parse().ok()
}

/// Plays power losses after each call of a record, and says how many disks were looked at.
fn play(root: &Path, record: &[Change]) -> Result<usize, String> {
    let mut disk = Disk::new(root);
    for (n, change) in record.iter().enumerate() {
        disk.apply(change);
        // An empty folder more or less holds no blob; what comes into it is played with all that is pending.
        if matches!(change, Change::MadeFolder(_)) {
            continue;
        }
        disk.lose_power().map_err(|lost| format!("after call {n}, {}: {lost}", brief(change)))?;
    }
    Ok(disk.states)
}

fn brief(change: &Change) -> String {
    match change {
        Change::Written(inode, offset, bytes) => format!("Written({inode}, {offset}, {} bytes)", bytes.len()),
        change => format!("{change:?}"),
    }
}

fn assert_durable(watch: &Watch) {
    let record = watch.record();
    match play(&watch.root, &record) {
        Ok(states) => assert!(states > record.len(), "power losses were played"),
        Err(lost) => panic!("{lost}"),
    }
}

/// With files that have no name until they are whole, and with such that have one.
fn drivers() -> [fn(&Path) -> FsStore; 2] {
    [|root| FsStore::open(root, None).unwrap(), |root| FsStore { shared: Arc::new(Shared::open(root, None).unwrap()) }]
}

#[tokio::test]
async fn a_blob_of_one_request_survives() {
    for open in drivers() {
        let watch = Watch::new();
        let store = open(&watch.root.join("storage"));
        for size in [0, 10, 3000, 700_000] {
            watch.put(&store, &bytes(size)).await;
        }
        // What is there already is acknowledged as well.
        watch.put(&store, &bytes(3000)).await;
        watch.put_as(&store, &bytes(500), Algorithm::Sha512).await;
        assert_durable(&watch);
    }
}

#[tokio::test]
async fn an_upload_in_chunks_survives() {
    for open in drivers() {
        let watch = Watch::new();
        let root = watch.root.join("storage");
        let store = open(&root);
        let whole = bytes(300_000);
        let target = digest(Algorithm::Sha256, &whole);
        for round in 0..2 {
            let id = Uuid::new_v4();
            store.create_upload(id).await.unwrap();
            let start = Position::start(Algorithm::Sha256);
            let at = store.append(id, start, source(&whole.slice(..100_000)), 1 << 20).await.unwrap();
            // A body that breaks off, and bytes beyond the position that was recorded.
            let broken: ByteStream = Box::pin(
                stream::iter([Ok(whole.slice(100_000..150_000))])
                    .chain(stream::iter([Err(std::io::ErrorKind::ConnectionReset.into())])),
            );
            store.append(id, at.clone(), broken, 1 << 20).await.unwrap_err();
            let at = store.append(id, at, source(&whole.slice(100_000..)), 1 << 20).await.unwrap();
            assert_eq!(store.finish(id, at, &target).await.unwrap().existed, round == 1);
            watch.note(Change::Acknowledged(target));
        }
        assert_durable(&watch);
    }
}

#[tokio::test]
async fn concurrent_pushes_that_share_a_sync_survive() {
    for open in drivers() {
        let watch = Arc::new(Watch::new());
        let store = open(&watch.root.join("storage"));
        let alike: Vec<Bytes> = in_one_folder(6);
        // The same blob several times, and several blobs of one folder.
        let pushes = alike.iter().chain(&alike[..3]).map(|whole| {
            let (watch, store, whole) = (watch.clone(), store.clone(), whole.clone());
            tokio::spawn(async move { watch.put(&store, &whole).await })
        });
        for push in pushes.collect::<Vec<_>>() {
            push.await.unwrap();
        }
        assert_durable(&watch);
    }
}

/// Blobs whose digests begin with the same byte.
fn in_one_folder(count: usize) -> Vec<Bytes> {
    let blobs = (0_u32..).map(|n| Bytes::from(format!("blob number {n}")));
    blobs.filter(|blob| digest(Algorithm::Sha256, blob).hash()[0] == 0x42).take(count).collect()
}

#[tokio::test]
async fn what_is_pushed_again_while_it_is_swept_survives() {
    let future = Timestamp(i64::MAX);
    for open in drivers() {
        let watch = Arc::new(Watch::new());
        let store = open(&watch.root.join("storage"));
        let whole = bytes(2000);
        let target = digest(Algorithm::Sha256, &whole);
        for _ in 0..20 {
            let pushed = watch.put(&store, &whole);
            // Old enough for the first sweep; whoever stores it again makes it young for the second.
            let now = modified(&store, &target).await.unwrap_or(Timestamp(0)).plus_seconds(3600);
            let (_, swept) = tokio::join!(pushed, store.sweep(&target, Timestamp(now.0 - 7_200_000_000)));
            assert!(!swept.unwrap(), "it is young");
        }
        watch.note(Change::Released(target));
        assert!(store.sweep(&target, future).await.unwrap());
        watch.put(&store, &whole).await;
        assert_durable(&watch);
    }
}

async fn modified(store: &FsStore, digest: &Digest) -> Option<Timestamp> {
    let listed: Vec<_> = store.list().await.unwrap().filter_map(|blob| async { blob.ok() }).collect().await;
    listed.into_iter().find(|blob| blob.digest == *digest).map(|blob| blob.modified)
}

#[tokio::test]
async fn the_sweep_leaves_what_a_push_relies_on_under_its_name() {
    let watch = Watch::new();
    let store = FsStore::open(&watch.root.join("storage"), None).unwrap();
    let whole = bytes(700);
    let target = digest(Algorithm::Sha256, &whole);
    watch.put(&store, &whole).await;
    let folder = &store.shared.folders[super::folders::folder_index(&target)];
    let before = modified(&store, &target).await.unwrap().plus_seconds(1);
    let committing = folder.committing();
    // A push that has found the blob is under way: the sweep waits for it, and then finds the blob young.
    let mut sweep = Box::pin(store.sweep(&target, before));
    assert!((&mut sweep).now_or_never().is_none());
    let file = File::open(watch.root.join("storage/blobs").join(super::folders::blob_name(&target))).unwrap();
    file.set_modified(std::time::SystemTime::now() + std::time::Duration::from_secs(60)).unwrap();
    drop(committing);
    assert!(!sweep.await.unwrap());
    assert_eq!(store.stat(&target).await.unwrap(), Some(700));
}

#[tokio::test]
async fn the_health_probe_and_refused_pushes_leave_no_blob() {
    for open in drivers() {
        let watch = Watch::new();
        let store = open(&watch.root.join("storage"));
        store.health().await.unwrap();
        let (other, whole) = (digest(Algorithm::Sha256, &bytes(1)), bytes(900));
        assert!(matches!(store.put(&other, source(&whole), 1 << 20).await, Err(Error::DigestMismatch { .. })));
        let target = watch.put(&store, &whole).await;
        watch.note(Change::Released(target));
        store.delete(&target).await.unwrap();
        assert_durable(&watch);
    }
}

/// A disk that does not come back from a call holds up who writes, however many they are, and nobody who reads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_go_on_while_the_disk_hangs() {
    let watch = Arc::new(Watch::new());
    let store = FsStore::open(&watch.root.join("storage"), None).unwrap();
    let whole = bytes(200_000);
    let target = watch.put(&store, &whole).await;
    let (held, hold) = std::sync::mpsc::channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let disk = std::thread::spawn(move || {
        // Every call that changes something waits for this lock while a test watches.
        let _disk = watched();
        held.send(()).unwrap();
        released.recv().unwrap();
    });
    hold.recv().unwrap();
    let mut pushes = tokio::task::JoinSet::new();
    for n in 0..2 * super::WRITE_JOBS_MAX {
        let (store, whole) = (store.clone(), Bytes::from(format!("blob {n}")));
        pushes.spawn(async move { store.put(&digest(Algorithm::Sha256, &whole), source(&whole), 100).await });
    }
    while store.shared.writers.available_permits() > 0 {
        tokio::task::yield_now().await;
    }
    for _ in 0..20 {
        let blob = store.open(&target).await.unwrap().unwrap();
        assert!(crate::read_all(&*blob, 1 << 20).await.unwrap() == whole);
        assert_eq!(store.stat(&target).await.unwrap(), Some(200_000));
    }
    assert!(pushes.try_join_next().is_none(), "nothing is acknowledged that is not written");
    release.send(()).unwrap();
    disk.join().unwrap();
    while let Some(pushed) = pushes.join_next().await {
        pushed.unwrap().unwrap();
    }
}

/// The check finds what it is there for: without any one of the syncs, some power loss loses something.
#[tokio::test]
async fn no_sync_can_be_left_out() {
    let watch = Watch::new();
    let store = FsStore::open(&watch.root.join("storage"), None).unwrap();
    watch.put(&store, &bytes(3000)).await;
    let record = watch.record();
    play(&watch.root, &record).unwrap();
    let is_sync = |change: &&Change| matches!(change, Change::Synced(_) | Change::SyncedFolder(_));
    let syncs: Vec<usize> = (0..record.len()).filter(|n| is_sync(&&record[*n])).collect();
    // The file, its folder, and at first start those of the folder itself, of `blobs`, `uploads` and their parents.
    assert!(syncs.len() >= 4, "{syncs:?}");
    for left_out in syncs {
        let mut record = record.clone();
        let change = record.remove(left_out);
        assert!(play(&watch.root, &record).is_err(), "nothing is lost without {}", brief(&change));
    }
    assert!(watch.folder.path().exists());
}

/// Nothing goes to the disk past the record.
#[test]
fn all_changes_go_through_one_module() {
    let sources = [
        ("mod", include_str!("mod.rs")),
        ("folders", include_str!("folders.rs")),
        ("list", include_str!("list.rs")),
        ("map", include_str!("map.rs")),
        ("read", include_str!("read.rs")),
        ("scrub", include_str!("scrub.rs")),
        ("write", include_str!("write.rs")),
    ];
    let calls = [
        "rustix::fs::rename",
        "rustix::fs::link",
        "rustix::fs::unlink",
        "rustix::fs::mkdir",
        "rustix::fs::fsync",
        "rustix::fs::fdatasync",
        ".sync_all(",
        ".sync_data(",
        ".write_all",
        ".write_at",
        ".set_len(",
        "fs::remove",
        "fs::rename",
        "fs::write",
        "OFlags::CREATE",
        "OFlags::TMPFILE",
        "OFlags::TRUNC",
    ];
    for (module, source) in sources {
        let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for call in calls {
            assert!(!code.contains(call), "{module} calls {call} itself");
        }
    }
}
