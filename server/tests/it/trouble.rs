//! A disk or a database in trouble, under the real program: clients are told so in the right words, others are served as far
//! as that is possible, and all is well again without a restart.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use berth_testkit::{Backend, Blob, Client, Database, Image, Reply, blob_path};
use tokio::{net::TcpListener, task::JoinSet};

use crate::process::Server;

const REPO: &str = "library/trouble";
/// No answer may take longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A file system of its own, in memory. It goes when this is dropped.
struct Volume(PathBuf);

impl Volume {
    /// Nothing where the system does not let us mount.
    fn mount(at: PathBuf, megabytes: u32) -> Option<Self> {
        std::fs::create_dir_all(&at).unwrap();
        let options = format!("size={megabytes}m,mode=700");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "berth-test"]).arg(&at).output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            println!("SKIPPED: a volume can be mounted by the superuser only");
            return None;
        }
        Some(Volume(at))
    }

    fn remount(&self, option: &str) {
        let options = format!("remount,{option}");
        let done = Command::new("mount").args(["-o", &options]).arg(&self.0).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// Takes all the room that is left.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("filler");
        let mut file = std::fs::File::create(&path).unwrap();
        for size in [1 << 20, 4 << 10, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
        path
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // Lazily: a server that was killed may still be about to let go.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

async fn within<T>(what: &str, answer: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(answer) => answer,
        Err(_) => panic!("no answer to {what}"),
    }
}

async fn push(client: &Client, blob: &Blob) -> Reply {
    let path = format!("/v2/{REPO}/blobs/uploads/?digest={}", blob.digest);
    within("a push", client.post(&path).body(blob.bytes.clone()).send()).await
}

async fn pull(client: &Client, blob: &Blob) -> Reply {
    within("a pull", client.get(&blob_path(REPO, &blob.digest)).send()).await
}

/// A refusal in the registry's envelope that says when to come back, and nothing of the machine.
#[track_caller]
fn assert_refused(reply: &Reply, statuses: &[u16]) {
    assert!(statuses.contains(&reply.status), "{} from {}: {}", reply.status, reply.url, reply.text());
    let seconds: u64 = reply.header("retry-after").parse().expect("Retry-After");
    assert!((1..=60).contains(&seconds));
    let code = reply.json()["errors"][0]["code"].as_str().expect("an envelope").to_owned();
    assert!(matches!(code.as_str(), "SERVICE_UNAVAILABLE" | "INSUFFICIENT_STORAGE"), "{code}");
    for secret in ["/dev/", "/tmp", "sqlite", "postgres", "os error"] {
        assert!(!reply.text().to_lowercase().contains(secret), "{}", reply.text());
    }
}

async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < PATIENCE, "{what} did not come");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn ready(client: &Client) -> u16 {
    within("/readyz", client.get("/readyz").send()).await.status
}

#[tokio::test]
async fn a_full_disk() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let Some(volume) = Volume::mount(database.folder.path().join("data"), 32) else { return };
    let server = Server::start(&database);
    let client = &server.admin;
    let (image, blob) = (Image::new("full", 2), Blob::random("does not fit", 1 << 20));
    client.push(REPO, "v1", &image).await;

    let filler = volume.fill();
    assert_refused(&push(client, &blob).await, &[507]);
    let upload = within("a start", client.post(&format!("/v2/{REPO}/blobs/uploads/")).send()).await;
    assert_refused(&upload, &[507, 503]);
    let tag = within("a tag", client.put_manifest(REPO, "v2", &image.manifest)).await;
    assert_refused(&tag, &[507, 503]);
    client.pull(REPO, "v1", &image).await;
    until("an unready answer", || async { ready(client).await == 503 }).await;
    within("/healthz", client.get("/healthz").send()).await.expect(200);

    std::fs::remove_file(filler).unwrap();
    until("room", || async { push(client, &blob).await.status == 201 }).await;
    assert!(pull(client, &blob).await.expect(200).body == blob.bytes);
    within("a tag", client.put_manifest(REPO, "v2", &image.manifest)).await.expect(201);
    until("a ready answer", || async { ready(client).await == 200 }).await;
    drop(server);
}

#[tokio::test]
async fn a_read_only_disk() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let Some(volume) = Volume::mount(database.folder.path().join("data/storage"), 32) else { return };
    let server = Server::start(&database);
    let client = &server.admin;
    let (image, blob) = (Image::new("read-only", 1), Blob::random("not written", 5000));
    client.push(REPO, "v1", &image).await;

    volume.remount("ro");
    assert_refused(&push(client, &blob).await, &[503]);
    assert_refused(&within("a start", client.post(&format!("/v2/{REPO}/blobs/uploads/")).send()).await, &[503]);
    client.pull(REPO, "v1", &image).await;
    until("an unready answer", || async { ready(client).await == 503 }).await;

    volume.remount("rw");
    push(client, &blob).await.expect(201);
    until("a ready answer", || async { ready(client).await == 200 }).await;
    drop(server);
}

#[tokio::test]
async fn too_many_open_files() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let server = Server::start(&database);
    let client = &server.admin;
    let (image, blob) = (Image::new("files", 1), Blob::random("no handle", 5000));
    client.push(REPO, "v1", &image).await;
    client.pull(REPO, "v1", &image).await;

    // The connection is there already; from here on nothing can be opened.
    let limit = Limit::lower(server.id());
    assert_refused(&push(client, &blob).await, &[503]);
    assert_refused(&pull(client, &image.blobs[0]).await, &[503]);
    let head = within("a tag", client.head(&format!("/v2/{REPO}/manifests/v1")).send()).await;
    assert_eq!(head.status, 200, "what needs no file is served");
    assert_eq!(ready(client).await, 503);
    let other = server.anonymous();
    let waiting = tokio::spawn(async move { other.get("/healthz").send().await.status });

    limit.restore();
    push(client, &blob).await.expect(201);
    assert!(pull(client, &blob).await.expect(200).body == blob.bytes);
    assert_eq!(within("a connection that waited", waiting).await.unwrap(), 200);
    until("a ready answer", || async { ready(client).await == 200 }).await;
}

/// Put in front of the system's library: every sync of a file takes a second for as long as the marker is there.
const SLOW: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int slowly(const char *name, int file) {
    const char *marker = getenv("SLOW_SYNC_MARKER");
    if (marker && access(marker, F_OK) == 0) {
        struct timespec second = { 1, 0 };
        nanosleep(&second, 0);
    }
    return ((int (*)(int))dlsym(RTLD_NEXT, name))(file);
}

int fsync(int file) { return slowly("fsync", file); }
int fdatasync(int file) { return slowly("fdatasync", file); }
"#;

/// Compiles [`SLOW`]. Nothing where there is no compiler.
fn slow_library(folder: &Path) -> Option<PathBuf> {
    let (source, library) = (folder.join("slow.c"), folder.join("slow.so"));
    std::fs::write(&source, SLOW).unwrap();
    let compiled = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl").output();
    if let Ok(output) = compiled {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return Some(library);
    }
    println!("SKIPPED: there is no C compiler");
    None
}

/// A disk that takes a second for each sync, under bytes and rows alike.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_disk() {
    const PUSHES: usize = 24;
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let folder = database.folder.path().to_owned();
    let Some(library) = slow_library(&folder) else { return };
    let marker = folder.join("slow");
    let server =
        Server::start_under(&database, &[("LD_PRELOAD", library.as_path()), ("SLOW_SYNC_MARKER", marker.as_path())]);
    let client = &server.admin;
    let image = Image::new("slow", 2);
    client.push(REPO, "v1", &image).await;

    std::fs::write(&marker, "").unwrap();
    let began = Instant::now();
    let blobs: Vec<Blob> = (0..PUSHES).map(|n| Blob::random(&format!("slow {n}"), 100_000)).collect();
    let mut pushes = JoinSet::new();
    for blob in blobs.clone() {
        let client = client.clone();
        pushes.spawn(async move { (push(&client, &blob).await.status, began.elapsed()) });
    }
    let mut pulls = Vec::new();
    while !pushes.is_empty() {
        let asked = Instant::now();
        client.pull(REPO, "v1", &image).await;
        pulls.push(asked.elapsed());
        while let Some(pushed) = pushes.try_join_next() {
            let (status, after) = pushed.unwrap();
            assert_eq!(status, 201);
            // Bytes and row are a sync each: an earlier answer would be one too early.
            assert!(after >= Duration::from_secs(2), "acknowledged after {after:?}");
        }
    }
    // Syncs are shared: one after the other these take 48 s.
    assert!(began.elapsed() < Duration::from_secs(24), "{:?}", began.elapsed());
    pulls.sort();
    let median = pulls[pulls.len() / 2];
    assert!(median < Duration::from_millis(500), "who reads waits for who writes: {median:?} of {}", pulls.len());
    within("/healthz", client.get("/healthz").send()).await.expect(200);

    std::fs::remove_file(marker).unwrap();
    for blob in &blobs {
        assert!(pull(client, blob).await.expect(200).body == blob.bytes);
    }
    push(client, &Blob::random("quick again", 1000)).await.expect(201);
    until("a ready answer", || async { ready(client).await == 200 }).await;
}

/// How many files a process may open, lowered to what it has.
struct Limit {
    process: u32,
    before: String,
}

impl Limit {
    fn lower(process: u32) -> Self {
        let limits = std::fs::read_to_string(format!("/proc/{process}/limits")).unwrap();
        let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
        let numbers: Vec<&str> = line.split_whitespace().skip(3).take(2).collect();
        let limit = Limit { process, before: numbers.join(":") };
        let open = |number: usize| Path::new(&format!("/proc/{process}/fd/{number}")).symlink_metadata().is_ok();
        let free = (0..).find(|number| !open(*number)).unwrap();
        limit.set(&format!("{free}:{}", numbers[1]));
        limit
    }

    fn set(&self, limits: &str) {
        let process = self.process.to_string();
        let status = Command::new("prlimit").args(["--pid", &process, &format!("--nofile={limits}")]).status().unwrap();
        assert!(status.success());
    }

    fn restore(self) {
        self.set(&self.before);
    }
}

#[tokio::test]
async fn a_database_that_another_process_locks() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let server = Server::start(&database);
    let client = &server.admin;
    let image = Image::new("locked", 1);
    client.push(REPO, "v1", &image).await;

    let other = rusqlite::Connection::open(database.folder.path().join("data/berth.db")).unwrap();
    other.busy_timeout(PATIENCE).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = Instant::now();
    let blobs: Vec<Blob> = (0..12).map(|n| Blob::random(&format!("locked {n}"), 1000)).collect();
    let mut pushes = JoinSet::new();
    for blob in blobs.clone() {
        let client = client.clone();
        pushes.spawn(async move { push(&client, &blob).await });
    }
    while !pushes.is_empty() {
        client.pull(REPO, "v1", &image).await;
        while let Some(reply) = pushes.try_join_next() {
            assert_refused(&reply.unwrap(), &[503]);
        }
    }
    // Twelve that wait one after the other would take a minute.
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    for blob in &blobs {
        until("a push", || async { push(client, blob).await.status == 201 }).await;
        assert!(pull(client, blob).await.expect(200).body == blob.bytes);
    }
    assert_eq!(ready(client).await, 200);
}

/// Stands between Berth and PostgreSQL, and can go away.
struct Proxy {
    address: std::net::SocketAddr,
    target: String,
    serving: Arc<Mutex<Option<tokio::task::JoinHandle<()>>>>,
}

impl Proxy {
    async fn start(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let proxy = Proxy { address, target, serving: Arc::default() };
        proxy.serve(listener);
        proxy
    }

    fn serve(&self, listener: TcpListener) {
        let target = self.target.clone();
        let serving = tokio::spawn(async move {
            // Dropped with this task, which ends all connections.
            let mut connections = JoinSet::new();
            while let Ok((mut client, _)) = listener.accept().await {
                let target = target.clone();
                connections.spawn(async move {
                    if let Ok(mut server) = tokio::net::TcpStream::connect(target).await {
                        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
        *self.serving.lock().unwrap() = Some(serving);
    }

    async fn cut(&self) {
        let serving = self.serving.lock().unwrap().take().unwrap();
        serving.abort();
        let _ = serving.await;
    }

    async fn restore(&self) {
        self.serve(TcpListener::bind(self.address).await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_gone() {
    let Some(database) = Database::create(Backend::Postgres).await else { return };
    let mut url: url::Url = database.url().unwrap().parse().unwrap();
    let proxy = Proxy::start(format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5432))).await;
    url.set_host(Some("127.0.0.1")).unwrap();
    url.set_port(Some(proxy.address.port())).unwrap();
    let server = Server::start_as(&database, "error", "auto", &[("db.url", url.as_str())]);
    let client = &server.admin;
    let (image, blob) = (Image::new("gone", 1), Blob::random("no database", 5000));
    client.push(REPO, "v1", &image).await;

    proxy.cut().await;
    for _ in 0..3 {
        assert_refused(&push(client, &blob).await, &[503]);
        assert_refused(&pull(client, &image.blobs[0]).await, &[503]);
    }
    assert_eq!(ready(client).await, 503);
    within("/healthz", client.get("/healthz").send()).await.expect(200);
    let page = within("the API", client.get("/api/v2.0/projects").send()).await;
    assert_eq!((page.status, page.header("retry-after").is_empty()), (503, false), "{}", page.text());

    proxy.restore().await;
    until("a push", || async { push(client, &blob).await.status == 201 }).await;
    assert!(pull(client, &blob).await.expect(200).body == blob.bytes);
    client.pull(REPO, "v1", &image).await;
    // The question may still meet a connection that was cut.
    until("readiness", || async { ready(client).await == 200 }).await;
}
