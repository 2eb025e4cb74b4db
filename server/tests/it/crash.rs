//! kill -9 in the middle of pushes: what was acknowledged is there afterwards, byte for byte.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use berth_testkit::{Backend, Blob, Client, Database, Image, Manifest, Reply, blob_path};
use berth_types::Digest;

use crate::process::Server;

/// Clients that push at the same time.
const PUSHERS: usize = 4;

/// What the server has acknowledged.
#[derive(Default)]
struct Ledger {
    blobs: HashMap<(String, Digest), Blob>,
    manifests: HashMap<(String, Digest), Manifest>,
    /// Where a tag may point: what was acknowledged last, and what was asked for since.
    tags: HashMap<(String, String), Vec<Digest>>,
    deleted: HashSet<(String, Digest)>,
}

struct Pusher {
    name: usize,
    client: Client,
    ledger: Arc<Mutex<Ledger>>,
    acknowledged: Arc<AtomicUsize>,
}

impl Pusher {
    /// Pushes until the server is gone.
    async fn run(self) {
        let mut done: Vec<Image> = Vec::new();
        for round in 0.. {
            let seed = uuid::Uuid::new_v4().to_string();
            let size = 1 + usize::from(u16::from_str_radix(&seed[..4], 16).unwrap()) * 4;
            let image = Image::with_layers(&seed, vec![Blob::random(&seed, size)]);
            // Two pushers share a repository.
            let repo = format!("library/crash{}", self.name / 2);
            if self.push(&repo, round, &image).await.is_err() {
                return;
            }
            done.push(image);
            if round % 4 == 3 && self.delete(&repo, done.remove(0)).await.is_err() {
                return;
            }
        }
    }

    async fn push(&self, repo: &str, round: usize, image: &Image) -> reqwest::Result<()> {
        for blob in &image.blobs {
            let uploads = format!("/v2/{repo}/blobs/uploads/");
            if round.is_multiple_of(3) {
                let path = format!("{uploads}?digest={}", blob.digest);
                self.acknowledge(self.client.post(&path).body(blob.bytes.clone()).try_send().await?, 201);
            } else {
                let begun = self.client.post(&uploads).try_send().await?.expect(202).location();
                let middle = if round % 3 == 1 { 0 } else { blob.bytes.len() / 2 };
                if middle > 0 {
                    self.client.patch(&begun).stream(&blob.bytes[..middle]).try_send().await?.expect(202);
                }
                let path = format!("{begun}&digest={}", blob.digest);
                self.acknowledge(self.client.put(&path).body(blob.bytes.slice(middle..)).try_send().await?, 201);
            }
            self.ledger.lock().unwrap().blobs.insert((repo.to_owned(), blob.digest), blob.clone());
        }
        let (tag, digest) = (format!("t{}", self.name), image.manifest.digest);
        let key = (repo.to_owned(), tag.clone());
        self.ledger.lock().unwrap().tags.entry(key.clone()).or_default().push(digest);
        let request =
            self.client.put(&format!("/v2/{repo}/manifests/{tag}")).header("content-type", &image.manifest.media_type);
        self.acknowledge(request.body(image.manifest.bytes.clone()).try_send().await?, 201);
        let mut ledger = self.ledger.lock().unwrap();
        ledger.tags.insert(key, vec![digest]);
        ledger.manifests.insert((repo.to_owned(), digest), image.manifest.clone());
        Ok(())
    }

    async fn delete(&self, repo: &str, image: Image) -> reqwest::Result<()> {
        let key = (repo.to_owned(), image.manifest.digest);
        {
            // From here on it may be there or not.
            let mut ledger = self.ledger.lock().unwrap();
            ledger.manifests.remove(&key);
            for blob in &image.blobs {
                ledger.blobs.remove(&(repo.to_owned(), blob.digest));
            }
        }
        self.acknowledge(self.client.delete(&format!("/v2/{repo}/manifests/{}", key.1)).try_send().await?, 202);
        self.ledger.lock().unwrap().deleted.insert(key);
        Ok(())
    }

    fn acknowledge(&self, reply: Reply, status: u16) {
        reply.expect(status);
        self.acknowledged.fetch_add(1, Ordering::SeqCst);
    }
}

/// Reads back all that was acknowledged.
async fn verify(client: &Client, ledger: &Mutex<Ledger>) {
    let (blobs, manifests, tags, deleted) = {
        let ledger = ledger.lock().unwrap();
        (ledger.blobs.clone(), ledger.manifests.clone(), ledger.tags.clone(), ledger.deleted.clone())
    };
    for ((repo, digest), blob) in blobs {
        let reply = client.get(&blob_path(&repo, &digest)).send().await.expect(200);
        assert!(reply.body == blob.bytes, "blob {digest} has other bytes");
    }
    for ((repo, digest), manifest) in manifests {
        let reply = client.get(&format!("/v2/{repo}/manifests/{digest}")).send().await.expect(200);
        assert_eq!(
            (reply.body, reply.headers["content-type"].to_str().unwrap()),
            (manifest.bytes, manifest.media_type.as_str())
        );
    }
    for (repo, digest) in deleted {
        client.get(&format!("/v2/{repo}/manifests/{digest}")).send().await.refused(404, "MANIFEST_UNKNOWN");
    }
    for ((repo, tag), candidates) in tags {
        let reply = client.head(&format!("/v2/{repo}/manifests/{tag}")).send().await;
        // The very first push of a tag may have been cut off.
        if reply.status == 404
            && ledger.lock().unwrap().manifests.keys().all(|(_, digest)| !candidates.contains(digest))
        {
            continue;
        }
        let found: Digest = reply.expect(200).header("docker-content-digest").parse().unwrap();
        assert!(candidates.contains(&found), "{repo}:{tag} points at {found} and not at one of {candidates:?}");
        ledger.lock().unwrap().tags.insert((repo, tag), vec![found]);
    }
}

async fn survive(backend: Backend, kills: usize) {
    let Some(database) = Database::create(backend).await else { return };
    let ledger = Arc::<Mutex<Ledger>>::default();
    for _ in 0..kills {
        let server = Server::start(&database);
        verify(&server.admin, &ledger).await;
        let acknowledged = Arc::<AtomicUsize>::default();
        let pushers: Vec<_> = (0..PUSHERS)
            .map(|name| {
                let (client, ledger, acknowledged) = (server.admin.clone(), ledger.clone(), acknowledged.clone());
                tokio::spawn(Pusher { name, client, ledger, acknowledged }.run())
            })
            .collect();
        // Some moment, told in answers: a slow machine gets as far as a fast one.
        let moment = 10 + usize::from(uuid::Uuid::new_v4().as_bytes()[0]) % 60;
        while acknowledged.load(Ordering::SeqCst) < moment && !pushers.iter().any(tokio::task::JoinHandle::is_finished)
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.kill();
        for pusher in pushers {
            pusher.await.unwrap();
        }
    }
    let server = Server::start(&database);
    verify(&server.admin, &ledger).await;
    let ledger = ledger.lock().unwrap();
    assert!(ledger.blobs.len() >= kills && !ledger.manifests.is_empty());
    assert!(is_tidy(&database.folder.path().join("data/storage")), "a crash left something under a blob's name");
}

/// Whether every file under `blobs` has the name of its own digest.
fn is_tidy(storage: &Path) -> bool {
    let mut folders = vec![storage.join("blobs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let blob = Blob::new(std::fs::read(&path).unwrap());
            if blob.digest.hex() != name {
                return false;
            }
        }
    }
    true
}

#[tokio::test]
async fn what_was_acknowledged_survives_on_sqlite() {
    survive(Backend::Sqlite, 10).await;
}

#[tokio::test]
async fn what_was_acknowledged_survives_on_postgres() {
    survive(Backend::Postgres, 5).await;
}
