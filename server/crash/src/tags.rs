//! Tags that several clients move at the same time, and the check that each of them is one register.
//!
//! A few manifests are pushed under a few tags, read, listed and deleted again and again. Every operation goes into the
//! history of each tag and manifest that it touches. Another manifest names all their blobs and stays, so that each can
//! be pushed again at any time.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use berth_types::Digest;
use futures_util::future::join_all;
use http::Method;
use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{
    content::{Blob, Manifest},
    http::{Answer, Http, Stop},
    model::Repo,
    wgl::{Event, Op, Value, is_linearizable},
};

/// Tags that are moved about.
const TAGS: usize = 3;
/// Manifests that they are moved between.
const MANIFESTS: usize = 4;

/// The value of a manifest that is there: it is there or not, and nothing else.
const PRESENT: u8 = 0;

/// One register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Register {
    Tag(usize),
    Manifest(usize),
}

/// Tags and manifests of one repository, with the history of each.
pub struct Board {
    repo: Repo,
    blobs: Vec<Blob>,
    manifests: Vec<Manifest>,
    anchor: Manifest,
    clock: AtomicU64,
    histories: Mutex<HashMap<Register, Vec<Event>>>,
    states: Mutex<HashMap<Register, Value>>,
    /// Operations in the histories that were found to be linearizable.
    pub checked: AtomicU64,
}

impl Board {
    /// Manifests that depend on the seed.
    pub fn new(repo: &str, seed: &str) -> Arc<Self> {
        let blobs: Vec<Blob> = (0..=MANIFESTS).map(|n| Blob::random(&format!("{seed} shared {n}"), 500 + n)).collect();
        let named: Vec<(Digest, usize)> = blobs.iter().map(|blob| (blob.digest, blob.bytes.len())).collect();
        Arc::new(Board {
            repo: repo.into(),
            blobs,
            manifests: (0..MANIFESTS).map(|n| Manifest::new(&format!("{seed} {n}"), &named[n..n + 2], None)).collect(),
            anchor: Manifest::new(seed, &named, None),
            clock: AtomicU64::new(1),
            histories: Mutex::default(),
            states: Mutex::default(),
            checked: AtomicU64::new(0),
        })
    }

    /// The repository that all of it is in.
    pub fn repo(&self) -> &Repo {
        &self.repo
    }

    /// Pushes what the manifests need.
    ///
    /// # Errors
    /// Where that is refused.
    pub async fn prepare(&self, http: &Http) -> Result<(), Stop> {
        for blob in &self.blobs {
            let path = format!("/v2/{}/blobs/uploads/?digest={}", self.repo, blob.digest);
            let answer = http.call(Method::POST, &path).body(blob.bytes.clone()).send().await?;
            if answer.status != 201 {
                return Err(answer.unexpected("a blob was refused"));
            }
        }
        let answer = self.put(http, "anchor", &self.anchor).await?;
        if answer.status == 201 { Ok(()) } else { Err(answer.unexpected("a manifest was refused")) }
    }

    /// One operation of a client, and its kind. A server error leaves its outcome open where the database may be away.
    ///
    /// # Errors
    /// [`Stop::Cut`] without an answer; [`Stop::Fault`] for an answer that can never be right.
    pub async fn act(&self, http: &Http, random: &mut StdRng) -> Result<&'static str, Stop> {
        let (tag, value) = (random.random_range(0..TAGS), random.random_range(0..MANIFESTS));
        match random.random_range(0..100) {
            0..30 => self.move_tag(http, tag, value).await,
            30..38 => self.push_with_tags(http, [tag, (tag + 1) % TAGS], value).await,
            38..72 => self.read_tag(http, if random.random() { Method::GET } else { Method::HEAD }, tag).await,
            72..80 => self.delete_tag(http, tag).await,
            80..84 => self.delete_manifest(http, value).await,
            84..92 => self.read_manifest(http, value).await,
            _ => self.list(http).await,
        }
    }

    async fn move_tag(&self, http: &Http, tag: usize, value: usize) -> Result<&'static str, Stop> {
        let changes = [(Register::Tag(tag), Op::Write(value as u8)), (Register::Manifest(value), Op::Write(PRESENT))];
        let name = tag_name(tag);
        let call = self.put(http, &name, &self.manifests[value]);
        self.change("tag move (shared)", &changes, 201, call).await
    }

    async fn push_with_tags(&self, http: &Http, tags: [usize; 2], value: usize) -> Result<&'static str, Stop> {
        let manifest = &self.manifests[value];
        let mut changes = vec![(Register::Manifest(value), Op::Write(PRESENT))];
        changes.extend(tags.map(|tag| (Register::Tag(tag), Op::Write(value as u8))));
        let names = tags.map(tag_name);
        let reference = format!("{}?tag={}&tag={}", manifest.digest, names[0], names[1]);
        let call = self.put(http, &reference, manifest);
        self.change("digest push with tags (shared)", &changes, 201, call).await
    }

    async fn delete_tag(&self, http: &Http, tag: usize) -> Result<&'static str, Stop> {
        let path = format!("/v2/{}/manifests/{}", self.repo, tag_name(tag));
        let call = http.call(Method::DELETE, &path).send();
        self.change("tag delete (shared)", &[(Register::Tag(tag), Op::Delete)], 202, call).await
    }

    async fn delete_manifest(&self, http: &Http, value: usize) -> Result<&'static str, Stop> {
        let path = format!("/v2/{}/manifests/{}", self.repo, self.manifests[value].digest);
        let mut changes = vec![(Register::Manifest(value), Op::Delete)];
        changes.extend((0..TAGS).map(|tag| (Register::Tag(tag), Op::ClearIf(value as u8))));
        let call = http.call(Method::DELETE, &path).send();
        self.change("manifest delete (shared)", &changes, 202, call).await
    }

    async fn read_tag(&self, http: &Http, method: Method, tag: usize) -> Result<&'static str, Stop> {
        let invoked = self.tick();
        let is_head = method == Method::HEAD;
        let answer = http.call(method, &format!("/v2/{}/manifests/{}", self.repo, tag_name(tag))).send().await?;
        let seen = self.value(&answer, is_head)?;
        let mut seen_all = vec![(Register::Tag(tag), Op::Read(seen))];
        // Who finds the manifest by its tag finds that it is there.
        seen_all.extend(seen.map(|value| (Register::Manifest(value.into()), Op::Read(Some(PRESENT)))));
        self.note(&seen_all, invoked, true);
        Ok("tag read (shared)")
    }

    async fn read_manifest(&self, http: &Http, value: usize) -> Result<&'static str, Stop> {
        let invoked = self.tick();
        let manifest = &self.manifests[value];
        let answer = http.get(&format!("/v2/{}/manifests/{}", self.repo, manifest.digest)).await?;
        let seen = self.value(&answer, false)?.map(|_| PRESENT);
        if seen.is_some() && answer.body != manifest.bytes {
            return Err(answer.unexpected("other bytes"));
        }
        self.note(&[(Register::Manifest(value), Op::Read(seen))], invoked, true);
        Ok("manifest read (shared)")
    }

    async fn list(&self, http: &Http) -> Result<&'static str, Stop> {
        let invoked = self.tick();
        let answer = http.get(&format!("/v2/{}/tags/list", self.repo)).await?;
        let listed: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
        let names = listed.as_ref().and_then(|list| list["tags"].as_array()).filter(|_| answer.status == 200);
        let Some(names) = names else { return Err(answer.unexpected("no list of tags")) };
        let seen: Vec<_> = (0..TAGS)
            .map(|tag| (Register::Tag(tag), Op::Exists(names.iter().any(|name| *name == tag_name(tag)))))
            .collect();
        self.note(&seen, invoked, true);
        Ok("tag list (shared)")
    }

    /// Sends a change and writes down how it ended. What there was nothing to delete of was found empty.
    async fn change(
        &self,
        kind: &'static str,
        changes: &[(Register, Op)],
        accepted: u16,
        call: impl Future<Output = Result<Answer, Stop>>,
    ) -> Result<&'static str, Stop> {
        let invoked = self.tick();
        let answer = match call.await {
            Ok(answer) if answer.status < 500 => answer,
            Ok(answer) => {
                self.note(changes, invoked, false);
                return Err(answer.unexpected(kind));
            }
            Err(stop) => {
                self.note(changes, invoked, false);
                return Err(stop);
            }
        };
        match (answer.status, changes.first()) {
            (status, _) if status == accepted => self.note(changes, invoked, true),
            (404, Some((register, Op::Delete))) => self.note(&[(*register, Op::Read(None))], invoked, true),
            _ => return Err(answer.unexpected(kind)),
        }
        Ok(kind)
    }

    fn put(&self, http: &Http, reference: &str, manifest: &Manifest) -> impl Future<Output = Result<Answer, Stop>> {
        let call = http.call(Method::PUT, &format!("/v2/{}/manifests/{reference}", self.repo));
        call.header("content-type", Manifest::MEDIA_TYPE).body(manifest.bytes.clone()).send()
    }

    /// Which of the manifests the answer is, after a look at its bytes.
    fn value(&self, answer: &Answer, is_head: bool) -> Result<Value, Stop> {
        match answer.status {
            404 => return Ok(None),
            200 => {}
            _ => return Err(answer.unexpected("neither a manifest nor 404")),
        }
        let digest: Option<Digest> = answer.header("docker-content-digest").parse().ok();
        let found = self.manifests.iter().position(|manifest| Some(manifest.digest) == digest);
        let Some(found) = found else { return Err(answer.unexpected("a manifest that nobody pushed")) };
        if !is_head && answer.body != self.manifests[found].bytes {
            return Err(answer.unexpected("other bytes"));
        }
        Ok(Some(found as u8))
    }

    /// Reads every register while nobody else is at work, and checks all histories since the last time.
    /// Says what is wrong.
    ///
    /// # Errors
    /// Where the server does not answer.
    pub async fn settle(&self, http: &Http) -> Result<Vec<String>, Stop> {
        // What had no answer can no longer happen.
        let over = self.tick();
        for event in self.histories.lock().unwrap_or_else(PoisonError::into_inner).values_mut().flatten() {
            event.returned = event.returned.min(over);
        }
        for tag in 0..TAGS {
            self.read_tag(http, Method::GET, tag).await?;
        }
        for value in 0..MANIFESTS {
            self.read_manifest(http, value).await?;
        }
        self.list(http).await?;
        let histories = std::mem::take(&mut *self.histories.lock().unwrap_or_else(PoisonError::into_inner));
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let mut faults = Vec::new();
        for (register, history) in histories {
            let initial = states.get(&register).copied().unwrap_or_default();
            if !is_linearizable(initial, &history) {
                faults
                    .push(format!("{register:?} of {} is not linearizable from {initial:?}: {history:#?}", self.repo));
            }
            let last = history.iter().filter(|event| event.is_answered).rev().find_map(|event| match event.op {
                Op::Read(seen) => Some(seen),
                _ => None,
            });
            states.insert(register, last.unwrap_or(initial));
            self.checked.fetch_add(history.len() as u64, Ordering::Relaxed);
        }
        Ok(faults)
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    fn note(&self, operations: &[(Register, Op)], invoked: u64, is_answered: bool) {
        let returned = if is_answered { self.tick() } else { u64::MAX };
        let mut histories = self.histories.lock().unwrap_or_else(PoisonError::into_inner);
        for (register, op) in operations {
            histories.entry(*register).or_default().push(Event { op: *op, invoked, returned, is_answered });
        }
    }
}

fn tag_name(tag: usize) -> String {
    format!("shared-{tag}")
}

/// Lets clients at the same tags, over one or several servers, and checks what they saw. Says how many operations the
/// checked histories have.
///
/// # Errors
/// [`Stop::Fault`] with the history that is not linearizable; whatever else a client stumbled over.
pub async fn race(servers: &[Http], clients: usize, operations: usize, seed: u64) -> Result<u64, Stop> {
    let Some(first) = servers.first() else { return Ok(0) };
    let board = Board::new("library/race", &seed.to_string());
    board.prepare(first).await?;
    let racing: Vec<_> = (0..clients)
        .map(|client| {
            let (board, servers) = (board.clone(), servers.to_vec());
            let mut random = StdRng::seed_from_u64(seed.wrapping_add(client as u64));
            tokio::spawn(async move {
                for _ in 0..operations {
                    let server = &servers[random.random_range(0..servers.len())];
                    board.act(server, &mut random).await?;
                }
                Ok::<_, Stop>(())
            })
        })
        .collect();
    for client in join_all(racing).await {
        client.map_err(|error| Stop::Fault(format!("a client panicked: {error}")))??;
    }
    let mut faults = Vec::new();
    // What is settled on one server has to look the same on the others.
    for server in servers {
        faults.extend(board.settle(server).await?);
    }
    if faults.is_empty() { Ok(board.checked.load(Ordering::Relaxed)) } else { Err(Stop::Fault(faults.join("\n"))) }
}
