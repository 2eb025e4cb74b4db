//! One client: pushes in every way, moves, mounts, deletes, and writes down what it was promised.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use berth_types::Digest;
use http::Method;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

use crate::{
    content::{Blob, Manifest},
    http::{Answer, Call, Http, Stop},
    model::{Content, Effect, Image, Model, Repo, Watch},
    tags::Board,
};

/// Repositories that all clients push to.
const REPOS: usize = 3;
/// Manifests that a client keeps, before it deletes some.
const MANIFESTS_MAX: usize = 24;

/// What clients know of each other.
#[derive(Default)]
pub struct Common {
    /// Blobs that others may mount.
    offers: Mutex<VecDeque<(Repo, Content)>>,
    /// Operations that were acknowledged to any of them.
    pub acknowledged: AtomicU64,
}

impl Common {
    fn offer(&self, repo: &Repo, content: &Content) {
        let mut offers = self.offers.lock().unwrap_or_else(PoisonError::into_inner);
        offers.push_back((repo.clone(), content.clone()));
        if offers.len() > 64 {
            offers.pop_front();
        }
    }

    fn any_offer(&self, random: &mut StdRng) -> Option<(Repo, Content)> {
        let offers = self.offers.lock().unwrap_or_else(PoisonError::into_inner);
        (!offers.is_empty()).then(|| offers[random.random_range(0..offers.len())].clone())
    }
}

/// An upload that goes on over restarts.
pub struct Session {
    /// Where.
    pub repo: Repo,
    /// The path that the server gave.
    pub location: String,
    /// What is sent.
    pub content: Content,
    /// Bytes that the server has acknowledged.
    pub acknowledged: usize,
    /// Bytes that it may have.
    pub sent: usize,
}

/// An operation without an answer.
pub struct Pending {
    /// Its kind.
    pub kind: &'static str,
    /// What it does, if it happened.
    pub effect: Effect,
    /// Whether it ends the session.
    pub ends_session: bool,
}

/// Somebody who uses the registry.
pub struct Client {
    id: usize,
    seed: Arc<str>,
    random: StdRng,
    count: u64,
    repos: Vec<Repo>,
    board: Arc<Board>,
    common: Arc<Common>,
    /// What it knows.
    pub model: Model,
    /// What is to be looked at.
    pub watch: Watch,
    /// What it asked for last, without an answer.
    pub pending: Option<Pending>,
    /// An upload that is not complete.
    pub session: Option<Session>,
    /// Acknowledged operations by kind.
    pub acknowledged: BTreeMap<&'static str, u64>,
}

impl Client {
    /// The client of this number.
    pub fn new(id: usize, seed: u64, board: Arc<Board>, common: Arc<Common>) -> Self {
        Client {
            id,
            seed: format!("{seed}/{id}").into(),
            random: StdRng::seed_from_u64(seed.wrapping_add(id as u64 + 1)),
            count: 0,
            repos: repositories(id),
            board,
            common,
            model: Model::default(),
            watch: Watch::default(),
            pending: None,
            session: None,
            acknowledged: BTreeMap::new(),
        }
    }

    /// Works until the server is gone or somebody says stop.
    pub async fn work(&mut self, http: &Http, stop: &AtomicBool) -> Stop {
        while !stop.load(Ordering::SeqCst) {
            if let Err(stop) = self.act(http).await {
                return stop;
            }
        }
        Stop::Cut
    }

    async fn act(&mut self, http: &Http) -> Result<(), Stop> {
        if self.model.manifests.len() > MANIFESTS_MAX {
            return self.delete_manifest(http).await;
        }
        match self.random.random_range(0..100) {
            0..28 => self.push_image(http, None).await,
            28..36 => self.push_referrer(http).await,
            36..44 => self.move_tag(http).await,
            44..50 => self.delete_tag(http).await,
            50..56 => self.delete_manifest(http).await,
            56..62 => self.push_and_delete_blob(http).await,
            62..68 => self.mount(http).await,
            68..80 => self.continue_session(http).await,
            80..84 => self.read_back(http).await,
            _ => {
                let kind = self.board.act(http, &mut self.random).await?;
                self.count_one(kind);
                Ok(())
            }
        }
    }

    // Pushes.

    async fn push_image(&mut self, http: &Http, subject: Option<(Repo, Manifest)>) -> Result<(), Stop> {
        let repo = match &subject {
            Some((repo, _)) => repo.clone(),
            None => self.any_repo(),
        };
        let mut blobs = vec![self.push_blob(http, &repo).await?];
        for _ in 0..self.random.random_range(0..3) {
            // A layer that is there already is not sent again, as every client does it.
            let known: Vec<Content> =
                self.model.blobs.iter().filter(|((home, _), _)| *home == repo).map(|(_, blob)| blob.clone()).collect();
            let known = known.choose(&mut self.random).cloned().filter(|_| self.random.random_bool(0.3));
            match known {
                Some(content) => {
                    let answer = http.call(Method::HEAD, &blob_path(&repo, &content.digest)).send().await?;
                    if answer.status != 200 {
                        return Err(answer.unexpected("HEAD of a blob that is there"));
                    }
                    blobs.push(content);
                }
                None => blobs.push(self.push_blob(http, &repo).await?),
            }
        }
        let image = self.image(&blobs, subject.as_ref().map(|(_, subject)| subject));
        let tags: Vec<String> = (0..2).map(|_| self.any_tag()).collect::<BTreeSet<_>>().into_iter().collect();
        let digest = image.manifest.digest.to_string();
        let (kind, reference, tags) = match self.random.random_range(0..3) {
            _ if subject.is_some() => ("referrer push", digest, vec![]),
            0 => ("manifest push by tag", tags[0].clone(), vec![tags[0].clone()]),
            1 => ("manifest push by digest", digest, vec![]),
            _ => {
                let query: Vec<String> = tags.iter().map(|tag| format!("tag={tag}")).collect();
                ("digest push with tags", format!("{digest}?{}", query.join("&")), tags)
            }
        };
        let call = put_manifest(http, &repo, &reference, &image.manifest);
        let answer = self.ask(kind, Effect::Manifest(repo, image, tags), call, 201).await?;
        if answer.status == 201 { Ok(()) } else { Err(answer.unexpected(kind)) }
    }

    async fn push_referrer(&mut self, http: &Http) -> Result<(), Stop> {
        let all: Vec<_> = self.model.manifests.iter().filter(|(_, image)| image.subject.is_none()).collect();
        let subject = all.choose(&mut self.random).map(|((repo, _), image)| (repo.clone(), image.manifest.clone()));
        self.push_image(http, subject).await
    }

    fn image(&mut self, blobs: &[Content], subject: Option<&Manifest>) -> Image {
        let sizes: Vec<(Digest, usize)> = blobs.iter().map(|blob| (blob.digest, blob.size)).collect();
        Image {
            manifest: Manifest::new(&self.next_seed(), &sizes, subject),
            blobs: blobs.iter().map(|blob| blob.digest).collect(),
            subject: subject.map(|subject| subject.digest),
        }
    }

    /// A new blob by one of the ways that there are.
    async fn push_blob(&mut self, http: &Http, repo: &Repo) -> Result<Content, Stop> {
        let (content, blob) = self.new_content();
        let effect = Effect::Blob(repo.clone(), content.clone());
        let pause = Duration::from_millis(self.random.random_range(0..8));
        let uploads = format!("/v2/{repo}/blobs/uploads/");
        let way = self.random.random_range(0..5);
        let (kind, call) = match way {
            0 | 1 => {
                let call = http.call(Method::POST, &format!("{uploads}?digest={}", blob.digest));
                let call =
                    if way == 0 { call.body(blob.bytes.clone()) } else { call.slowly(blob.bytes.clone(), 5, pause) };
                ("blob push, one POST", call)
            }
            2 => {
                let location = start_upload(http, &uploads).await?;
                ("blob push, POST and PUT", finish_upload(http, &location, &blob.digest).body(blob.bytes.clone()))
            }
            3 => {
                let location = start_upload(http, &uploads).await?;
                let patch = http.call(Method::PATCH, &location).slowly(blob.bytes.clone(), 6, pause).send().await?;
                let location = accepted(&patch, "a streamed PATCH")?;
                ("blob push, streamed PATCH", finish_upload(http, &location, &blob.digest))
            }
            _ => {
                let mut location = start_upload(http, &uploads).await?;
                let chunk = blob.bytes.len().div_ceil(3).max(1);
                for start in (0..blob.bytes.len()).step_by(chunk) {
                    let end = (start + chunk).min(blob.bytes.len());
                    let answer = append(http, &location, &blob, start, end).send().await?;
                    location = accepted(&answer, "a chunk")?;
                }
                ("blob push, chunked PATCH", finish_upload(http, &location, &blob.digest))
            }
        };
        let answer = self.ask(kind, effect, call, 201).await?;
        if answer.status != 201 {
            return Err(answer.unexpected(kind));
        }
        self.common.offer(repo, &content);
        Ok(content)
    }

    async fn mount(&mut self, http: &Http) -> Result<(), Stop> {
        let Some((from, content)) = self.common.any_offer(&mut self.random) else { return Ok(()) };
        // Others do not push here, so nobody else can change what the mount makes.
        let repo = self.repos[REPOS].clone();
        if from == repo {
            return Ok(());
        }
        let source = if self.random.random_bool(0.8) { format!("&from={from}") } else { String::new() };
        let path = format!("/v2/{repo}/blobs/uploads/?mount={}{source}", content.digest);
        let effect = Effect::Blob(repo.clone(), content);
        let answer = self.ask("mount", effect, http.call(Method::POST, &path), 201).await?;
        match answer.status {
            201 => Ok(()),
            // The source is gone, so the server wants the bytes.
            202 => {
                let answer = http.call(Method::DELETE, &accepted(&answer, "an upload")?).send().await?;
                if answer.status != 204 {
                    return Err(answer.unexpected("cancelling an upload"));
                }
                self.count_one("upload cancel");
                Ok(())
            }
            _ => Err(answer.unexpected("mount")),
        }
    }

    // Uploads over restarts.

    async fn continue_session(&mut self, http: &Http) -> Result<(), Stop> {
        let Some(session) = &mut self.session else {
            let repo = self.any_repo();
            let location = start_upload(http, &format!("/v2/{repo}/blobs/uploads/")).await?;
            let (content, _) = self.new_content();
            self.session = Some(Session { repo, location, content, acknowledged: 0, sent: 0 });
            self.count_one("upload start");
            return Ok(());
        };
        let blob = session.content.blob();
        let start = session.acknowledged;
        let end = blob.bytes.len().min(start + 1 + blob.bytes.len() / 4);
        let is_last = end == blob.bytes.len();
        session.sent = end;
        if is_last {
            // The last bytes come with the request that ends it, as some clients do it.
            let call = finish_upload(http, &session.location, &blob.digest).body(blob.bytes.slice(start..));
            let effect = Effect::Blob(session.repo.clone(), session.content.clone());
            let answer = self.ask_ending("resumed upload, end", effect, call).await?;
            if answer.status != 201 {
                return Err(answer.unexpected("the end of a resumed upload"));
            }
            self.session = None;
            return Ok(());
        }
        let call = append(http, &session.location, &blob, start, end);
        let answer = match self.random.random_bool(0.5) {
            true => call.send().await?,
            false => {
                let pause = Duration::from_millis(self.random.random_range(0..10));
                http.call(Method::PATCH, &session.location)
                    .slowly(blob.bytes.slice(start..end), 4, pause)
                    .send()
                    .await?
            }
        };
        let location = accepted(&answer, "a chunk of a resumed upload")?;
        let range = answer.header("range");
        if range != format!("0-{}", end - 1) {
            return Err(Stop::Fault(format!("a chunk to {end} was acknowledged with `Range: {range}`")));
        }
        (session.location, session.acknowledged) = (location, end);
        self.count_one("resumed upload, chunk");
        Ok(())
    }

    // Changes and deletions.

    async fn move_tag(&mut self, http: &Http) -> Result<(), Stop> {
        let all: Vec<_> = self.model.manifests.iter().collect();
        let Some(((repo, _), image)) = all.choose(&mut self.random) else { return Ok(()) };
        let (repo, image) = (repo.clone(), (*image).clone());
        let tag = self.any_tag();
        let call = put_manifest(http, &repo, &tag, &image.manifest);
        let answer = self.ask("tag move", Effect::Manifest(repo, image, vec![tag]), call, 201).await?;
        if answer.status == 201 { Ok(()) } else { Err(answer.unexpected("tag move")) }
    }

    async fn delete_tag(&mut self, http: &Http) -> Result<(), Stop> {
        let all: Vec<_> = self.model.tags.keys().cloned().collect();
        let Some((repo, tag)) = all.choose(&mut self.random).cloned() else { return Ok(()) };
        let call = http.call(Method::DELETE, &format!("/v2/{repo}/manifests/{tag}"));
        let answer = self.ask("tag delete", Effect::DropTag(repo, tag), call, 202).await?;
        if answer.status == 202 { Ok(()) } else { Err(answer.unexpected("tag delete")) }
    }

    async fn delete_manifest(&mut self, http: &Http) -> Result<(), Stop> {
        let all: Vec<_> = self.model.manifests.keys().cloned().collect();
        let Some((repo, digest)) = all.choose(&mut self.random).cloned() else { return Ok(()) };
        let call = http.call(Method::DELETE, &format!("/v2/{repo}/manifests/{digest}"));
        let answer = self.ask("manifest delete", Effect::DropManifest(repo, digest), call, 202).await?;
        if answer.status == 202 { Ok(()) } else { Err(answer.unexpected("manifest delete")) }
    }

    async fn push_and_delete_blob(&mut self, http: &Http) -> Result<(), Stop> {
        let named: Vec<_> = self
            .model
            .manifests
            .iter()
            .flat_map(|((repo, _), image)| image.blobs.iter().map(|b| (repo.clone(), *b)))
            .collect();
        if let Some((repo, digest)) = named.choose(&mut self.random).filter(|_| self.random.random_bool(0.2)) {
            let answer = http.call(Method::DELETE, &blob_path(repo, digest)).send().await?;
            if answer.status != 405 {
                return Err(answer.unexpected("deleting a blob that a manifest names"));
            }
            return Ok(());
        }
        let repo = self.any_repo();
        let digest = self.push_blob(http, &repo).await?.digest;
        let call = http.call(Method::DELETE, &blob_path(&repo, &digest));
        let answer = self.ask("blob delete", Effect::DropBlob(repo, digest), call, 202).await?;
        if answer.status == 202 { Ok(()) } else { Err(answer.unexpected("blob delete")) }
    }

    /// Read-your-writes, while others are at work.
    async fn read_back(&mut self, http: &Http) -> Result<(), Stop> {
        let keys = self.model.keys();
        let Some(key) = keys.choose(&mut self.random) else { return Ok(()) };
        let expected = self.model.expected(key);
        match crate::check::difference(http, key, &expected).await? {
            None => {
                self.count_one("read of what was written");
                Ok(())
            }
            Some(difference) => Err(Stop::Fault(format!("read-your-writes: {key:?}: {difference}"))),
        }
    }

    // Bookkeeping.

    /// Asks for a change. It counts as made when the answer says so, and stays open while there is none.
    async fn ask(&mut self, kind: &'static str, effect: Effect, call: Call, accepted: u16) -> Result<Answer, Stop> {
        self.ask_with(Pending { kind, effect, ends_session: false }, call, accepted).await
    }

    async fn ask_ending(&mut self, kind: &'static str, effect: Effect, call: Call) -> Result<Answer, Stop> {
        self.ask_with(Pending { kind, effect, ends_session: true }, call, 201).await
    }

    async fn ask_with(&mut self, pending: Pending, call: Call, accepted: u16) -> Result<Answer, Stop> {
        self.pending = Some(pending);
        let answer = call.send().await?;
        if answer.status >= 500 {
            return Err(answer.unexpected("a change"));
        }
        if let Some(pending) = self.pending.take()
            && answer.status == accepted
        {
            self.count_one(pending.kind);
            self.happened(&pending.effect);
        }
        Ok(answer)
    }

    /// Takes a change into what is known.
    pub fn happened(&mut self, effect: &Effect) {
        let touched = self.model.apply(effect);
        self.watch.fresh.extend(touched);
    }

    fn count_one(&mut self, kind: &'static str) {
        *self.acknowledged.entry(kind).or_default() += 1;
        self.common.acknowledged.fetch_add(1, Ordering::SeqCst);
    }

    fn any_repo(&mut self) -> Repo {
        self.repos[self.random.random_range(0..self.repos.len())].clone()
    }

    /// A tag that no other client uses.
    fn any_tag(&mut self) -> String {
        format!("c{}-{}", self.id, self.random.random_range(0..6))
    }

    fn next_seed(&mut self) -> String {
        self.count += 1;
        format!("{}/{}", self.seed, self.count)
    }

    /// Mostly small, now and then more than a pipe or a page holds.
    fn new_content(&mut self) -> (Content, Blob) {
        let size_max = [64, 4 << 10, 40 << 10, 300 << 10][self.random.random_range(0..4)];
        let size = self.random.random_range(16..size_max);
        Content::new(&self.next_seed(), size)
    }
}

/// The repositories of a client; the last is its own.
pub fn repositories(id: usize) -> Vec<Repo> {
    let shared = (0..REPOS).map(|n| format!("library/crash-{n}").into());
    shared.chain([format!("library/crash/of/{id}").into()]).collect()
}

/// Where a blob is.
pub fn blob_path(repo: &str, digest: &Digest) -> String {
    format!("/v2/{repo}/blobs/{digest}")
}

fn put_manifest(http: &Http, repo: &str, reference: &str, manifest: &Manifest) -> Call {
    let call = http.call(Method::PUT, &format!("/v2/{repo}/manifests/{reference}"));
    call.header("content-type", Manifest::MEDIA_TYPE).body(manifest.bytes.clone())
}

async fn start_upload(http: &Http, uploads: &str) -> Result<String, Stop> {
    accepted(&http.call(Method::POST, uploads).send().await?, "an upload")
}

fn append(http: &Http, location: &str, blob: &Blob, start: usize, end: usize) -> Call {
    let call = http.call(Method::PATCH, location).header("content-range", &format!("{start}-{}", end - 1));
    call.body(blob.bytes.slice(start..end))
}

fn finish_upload(http: &Http, location: &str, digest: &Digest) -> Call {
    let separator = if location.contains('?') { '&' } else { '?' };
    http.call(Method::PUT, &format!("{location}{separator}digest={digest}"))
}

/// The location of an upload that goes on.
fn accepted(answer: &Answer, what: &str) -> Result<String, Stop> {
    if answer.status != 202 || answer.header("location").is_empty() {
        return Err(answer.unexpected(what));
    }
    Ok(answer.header("location").to_owned())
}
