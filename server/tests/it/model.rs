//! A reference model in memory and the server are driven by the same random operations, crashes among them, and every answer
//! is compared: status, bytes, lists. What fails is cut down to the shortest run that still does.

use std::collections::{BTreeMap, BTreeSet};

use berth_testkit::{Backend, Blob, Client, Image, Manifest, Reply, Started, TestApp, blob_path};
use proptest::{
    collection::vec,
    prelude::*,
    sample::Index,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};

/// Runs of the suite. More by `PROPTEST_CASES`.
const RUNS: u32 = 16;
const OPERATIONS_MAX: usize = 60;
const REPOSITORIES: usize = 2;
const TAGS: [&str; 3] = ["a", "b", "c"];
const SESSIONS: usize = 2;

/// What clients have at hand.
struct Shelf {
    blobs: Vec<Blob>,
    manifests: Vec<Known>,
}

/// A manifest, and what the model has to know of it.
struct Known {
    manifest: Manifest,
    blobs: Vec<usize>,
    children: Vec<usize>,
    subject: Option<usize>,
}

impl Shelf {
    /// Two images that share a layer, an index of both, a signature of the first, and a signature of that.
    fn new() -> Self {
        let (large, small) = (Blob::random("large layer", 70_000), Blob::random("small layer", 300));
        let one = Image::with_layers("one", vec![large.clone()]);
        let two = Image::with_layers("two", vec![large, small]);
        let index = Manifest::index(&[&one.manifest, &two.manifest]);
        let signed = Image::referring(&one.manifest, "application/x.signature", "signature");
        let again = Image::referring(&signed.manifest, "application/x.signature", "of a signature");
        let mut blobs: Vec<Blob> = Vec::new();
        for blob in [&one, &two, &signed, &again].into_iter().flat_map(|image| &image.blobs) {
            if !blobs.contains(blob) {
                blobs.push(blob.clone());
            }
        }
        blobs.push(Blob::new(""));
        let places = |image: &Image| -> Vec<usize> {
            image.blobs.iter().map(|blob| blobs.iter().position(|known| known == blob).unwrap()).collect()
        };
        let image = |image: &Image, subject| Known {
            manifest: image.manifest.clone(),
            blobs: places(image),
            children: Vec::new(),
            subject,
        };
        let manifests = vec![
            image(&one, None),
            image(&two, None),
            Known { manifest: index, blobs: Vec::new(), children: vec![0, 1], subject: None },
            image(&signed, Some(0)),
            image(&again, Some(3)),
        ];
        Shelf { blobs, manifests }
    }
}

/// How a manifest is named.
#[derive(Clone, Copy, Debug)]
enum By {
    Digest,
    Tag(usize),
}

#[derive(Clone, Debug)]
enum Operation {
    PutBlob {
        repo: usize,
        blob: Index,
        streamed: bool,
    },
    PutWrongBlob {
        repo: usize,
        blob: Index,
    },
    Mount {
        from: usize,
        to: usize,
        blob: Index,
    },
    GetBlob {
        repo: usize,
        blob: Index,
    },
    HeadBlob {
        repo: usize,
        blob: Index,
    },
    GetRange {
        repo: usize,
        blob: Index,
        from: Index,
        length: usize,
    },
    DeleteBlob {
        repo: usize,
        blob: Index,
    },
    Start {
        repo: usize,
        slot: usize,
    },
    /// The next bytes of a blob.
    Append {
        slot: usize,
        blob: Index,
        length: Index,
    },
    Status {
        slot: usize,
    },
    Finish {
        slot: usize,
        blob: Index,
        with_rest: bool,
    },
    Cancel {
        slot: usize,
    },
    PutManifest {
        repo: usize,
        manifest: Index,
        by: By,
    },
    GetManifest {
        repo: usize,
        manifest: Index,
        by: By,
    },
    DeleteManifest {
        repo: usize,
        manifest: Index,
    },
    DeleteTag {
        repo: usize,
        tag: usize,
    },
    Tags {
        repo: usize,
    },
    Referrers {
        repo: usize,
        manifest: Index,
    },
    Crash,
    Restart,
}

fn operation() -> impl Strategy<Value = Operation> {
    let (repo, slot, tag) = (0..REPOSITORIES, 0..SESSIONS, 0..TAGS.len());
    let (index, by) = (any::<Index>, prop_oneof![Just(By::Digest), (0..TAGS.len()).prop_map(By::Tag)]);
    prop_oneof![
        14 => (repo.clone(), index(), any::<bool>())
            .prop_map(|(repo, blob, streamed)| Operation::PutBlob { repo, blob, streamed }),
        1 => (repo.clone(), index()).prop_map(|(repo, blob)| Operation::PutWrongBlob { repo, blob }),
        4 => (repo.clone(), repo.clone(), index()).prop_map(|(from, to, blob)| Operation::Mount { from, to, blob }),
        3 => (repo.clone(), index()).prop_map(|(repo, blob)| Operation::GetBlob { repo, blob }),
        2 => (repo.clone(), index()).prop_map(|(repo, blob)| Operation::HeadBlob { repo, blob }),
        2 => (repo.clone(), index(), index(), 1..5000_usize)
            .prop_map(|(repo, blob, from, length)| Operation::GetRange { repo, blob, from, length }),
        2 => (repo.clone(), index()).prop_map(|(repo, blob)| Operation::DeleteBlob { repo, blob }),
        4 => (repo.clone(), slot.clone()).prop_map(|(repo, slot)| Operation::Start { repo, slot }),
        6 => (slot.clone(), index(), index()).prop_map(|(slot, blob, length)| Operation::Append { slot, blob, length }),
        1 => slot.clone().prop_map(|slot| Operation::Status { slot }),
        4 => (slot.clone(), index(), prop::bool::weighted(0.8))
            .prop_map(|(slot, blob, with_rest)| Operation::Finish { slot, blob, with_rest }),
        1 => slot.prop_map(|slot| Operation::Cancel { slot }),
        14 => (repo.clone(), index(), by.clone())
            .prop_map(|(repo, manifest, by)| Operation::PutManifest { repo, manifest, by }),
        5 => (repo.clone(), index(), by).prop_map(|(repo, manifest, by)| Operation::GetManifest { repo, manifest, by }),
        4 => (repo.clone(), index()).prop_map(|(repo, manifest)| Operation::DeleteManifest { repo, manifest }),
        3 => (repo.clone(), tag).prop_map(|(repo, tag)| Operation::DeleteTag { repo, tag }),
        3 => repo.clone().prop_map(|repo| Operation::Tags { repo }),
        3 => (repo, index()).prop_map(|(repo, manifest)| Operation::Referrers { repo, manifest }),
        2 => Just(Operation::Crash),
        1 => Just(Operation::Restart),
    ]
}

/// A repository as it should be.
#[derive(Clone, Debug, Default)]
struct Repository {
    blobs: BTreeSet<usize>,
    /// Lost with a manifest a moment ago: another manifest takes them back without an upload.
    remembered: BTreeSet<usize>,
    manifests: BTreeSet<usize>,
    tags: BTreeMap<usize, usize>,
    /// Whether a manifest ever came.
    is_known: bool,
}

impl Repository {
    fn needs(&self, shelf: &Shelf, blob: usize) -> bool {
        self.manifests.iter().any(|manifest| shelf.manifests[*manifest].blobs.contains(&blob))
    }

    fn link(&mut self, blob: usize) {
        self.blobs.insert(blob);
    }

    fn put(&mut self, shelf: &Shelf, manifest: usize) -> bool {
        let known = &shelf.manifests[manifest];
        if !self.manifests.contains(&manifest) {
            if known.blobs.iter().any(|blob| !self.blobs.contains(blob) && !self.remembered.contains(blob)) {
                return false;
            }
            for blob in &known.blobs {
                self.blobs.insert(*blob);
                self.remembered.remove(blob);
            }
            self.manifests.insert(manifest);
        }
        self.is_known = true;
        true
    }

    fn is_listed_by_an_index(&self, shelf: &Shelf, manifest: usize) -> bool {
        self.manifests.iter().any(|index| shelf.manifests[*index].children.contains(&manifest))
    }

    /// Removes a manifest with its tags, what refers to it, and the blobs that nothing needs then.
    fn delete(&mut self, shelf: &Shelf, manifest: usize) {
        let mut doomed = vec![manifest];
        let mut next = 0;
        while let Some(&subject) = doomed.get(next) {
            next += 1;
            doomed.extend(self.referrers(shelf, subject));
        }
        for manifest in doomed {
            self.manifests.remove(&manifest);
            self.tags.retain(|_, target| *target != manifest);
            for blob in &shelf.manifests[manifest].blobs {
                if !self.needs(shelf, *blob) && self.blobs.remove(blob) {
                    self.remembered.insert(*blob);
                }
            }
        }
    }

    fn referrers(&self, shelf: &Shelf, subject: usize) -> Vec<usize> {
        self.manifests.iter().copied().filter(|one| shelf.manifests[*one].subject == Some(subject)).collect()
    }
}

/// An upload that was begun.
#[derive(Clone, Debug)]
struct Session {
    repo: usize,
    location: String,
    received: Vec<u8>,
}

/// The model beside the server.
struct Pair<'s> {
    shelf: &'s Shelf,
    app: &'s mut TestApp,
    /// Each run has repositories of its own.
    run: usize,
    repositories: [Repository; REPOSITORIES],
    sessions: [Option<Session>; SESSIONS],
    compared: usize,
}

type Compared = Result<(), TestCaseError>;

/// The answer is as the model says.
fn same<T: PartialEq + std::fmt::Debug>(what: &str, server: T, model: T) -> Compared {
    if server == model {
        return Ok(());
    }
    Err(TestCaseError::fail(format!("{what}: the server says {server:?}, the model {model:?}")))
}

fn refused(what: &str, reply: &Reply, status: u16, code: &str) -> Compared {
    let found = reply.json()["errors"][0]["code"].as_str().unwrap_or_default().to_owned();
    same(what, (reply.status, found.as_str()), (status, code))
}

impl Pair<'_> {
    fn client(&self) -> Client {
        self.app.anonymous()
    }

    fn name(&self, repo: usize) -> String {
        format!("library/model{}/r{repo}", self.run)
    }

    fn blob(&self, index: Index) -> (usize, Blob) {
        let place = index.index(self.shelf.blobs.len());
        (place, self.shelf.blobs[place].clone())
    }

    fn manifest(&self, index: Index) -> (usize, Manifest) {
        let place = index.index(self.shelf.manifests.len());
        (place, self.shelf.manifests[place].manifest.clone())
    }

    async fn apply(&mut self, operation: &Operation) -> Compared {
        self.compared += 1;
        match operation.clone() {
            Operation::PutBlob { repo, blob, streamed } => {
                let (place, blob) = self.blob(blob);
                let uploads = format!("/v2/{}/blobs/uploads/", self.name(repo));
                let reply = if streamed {
                    let location = self.client().post(&uploads).send().await.expect(202).location();
                    self.client().put(&with_digest(&location, &blob)).stream(&blob.bytes).send().await
                } else {
                    self.client().post(&with_digest(&uploads, &blob)).body(blob.bytes.clone()).send().await
                };
                same("blob", reply.status, 201)?;
                self.repositories[repo].link(place);
                Ok(())
            }
            Operation::PutWrongBlob { repo, blob } => {
                let (_, blob) = self.blob(blob);
                let path = with_digest(&format!("/v2/{}/blobs/uploads/", self.name(repo)), &blob);
                let reply = self.client().post(&path).body("other bytes").send().await;
                refused("wrong blob", &reply, 400, "DIGEST_INVALID")
            }
            Operation::Mount { from, to, blob } => self.mount(from, to, blob).await,
            Operation::GetBlob { repo, blob } => {
                let (place, blob) = self.blob(blob);
                let reply = self.client().get(&blob_path(&self.name(repo), &blob.digest)).send().await;
                match self.repositories[repo].blobs.contains(&place) {
                    true => same("bytes", (reply.status, reply.body == blob.bytes), (200, true)),
                    false => refused("blob", &reply, 404, "BLOB_UNKNOWN"),
                }
            }
            Operation::HeadBlob { repo, blob } => {
                let (place, blob) = self.blob(blob);
                let reply = self.client().head(&blob_path(&self.name(repo), &blob.digest)).send().await;
                match self.repositories[repo].blobs.contains(&place) {
                    true => same(
                        "head",
                        (reply.status, reply.header("content-length").to_owned()),
                        (200, blob.bytes.len().to_string()),
                    ),
                    false => same("head", reply.status, 404),
                }
            }
            Operation::GetRange { repo, blob, from, length } => {
                let (place, blob) = self.blob(blob);
                if blob.bytes.is_empty() {
                    return Ok(());
                }
                let from = from.index(blob.bytes.len());
                let end = (from + length).min(blob.bytes.len());
                let range = format!("bytes={from}-{}", from + length - 1);
                let path = blob_path(&self.name(repo), &blob.digest);
                let reply = self.client().get(&path).header("range", range).send().await;
                match self.repositories[repo].blobs.contains(&place) {
                    true => same("range", (reply.status, reply.body == blob.bytes[from..end]), (206, true)),
                    false => refused("range", &reply, 404, "BLOB_UNKNOWN"),
                }
            }
            Operation::DeleteBlob { repo, blob } => {
                let (place, blob) = self.blob(blob);
                let reply = self.client().delete(&blob_path(&self.name(repo), &blob.digest)).send().await;
                let model = &mut self.repositories[repo];
                if !model.blobs.contains(&place) {
                    return refused("blob's deletion", &reply, 404, "BLOB_UNKNOWN");
                }
                if model.needs(self.shelf, place) {
                    return refused("blob's deletion", &reply, 405, "UNSUPPORTED");
                }
                model.blobs.remove(&place);
                model.remembered.remove(&place);
                same("blob's deletion", reply.status, 202)
            }
            Operation::Start { repo, slot } => {
                let reply = self.client().post(&format!("/v2/{}/blobs/uploads/", self.name(repo))).send().await;
                same("start", reply.status, 202)?;
                self.sessions[slot] = Some(Session { repo, location: reply.location(), received: Vec::new() });
                Ok(())
            }
            Operation::Append { slot, blob, length } => self.append(slot, blob, length).await,
            Operation::Status { slot } => {
                let Some(session) = self.sessions[slot].clone() else { return Ok(()) };
                let reply = self.client().get(&session.location).send().await;
                let range = format!("0-{}", session.received.len().saturating_sub(1));
                same("status", (reply.status, reply.header("range")), (204, range.as_str()))
            }
            Operation::Finish { slot, blob, with_rest } => self.finish(slot, blob, with_rest).await,
            Operation::Cancel { slot } => {
                let Some(session) = self.sessions[slot].take() else { return Ok(()) };
                same("cancel", self.client().delete(&session.location).send().await.status, 204)?;
                refused("gone", &self.client().get(&session.location).send().await, 404, "BLOB_UPLOAD_UNKNOWN")
            }
            Operation::PutManifest { repo, manifest, by } => {
                let (place, manifest) = self.manifest(manifest);
                let reply = self.client().put_manifest(&self.name(repo), &reference(by, &manifest), &manifest).await;
                let model = &mut self.repositories[repo];
                if !model.put(self.shelf, place) {
                    return refused("manifest", &reply, 400, "MANIFEST_BLOB_UNKNOWN");
                }
                if let By::Tag(tag) = by {
                    model.tags.insert(tag, place);
                }
                let digest = manifest.digest.to_string();
                same("manifest", (reply.status, reply.header("docker-content-digest")), (201, digest.as_str()))
            }
            Operation::GetManifest { repo, manifest, by } => {
                let (place, manifest) = self.manifest(manifest);
                let path = format!("/v2/{}/manifests/{}", self.name(repo), reference(by, &manifest));
                let reply = self.client().get(&path).send().await;
                let model = &self.repositories[repo];
                let expected = match by {
                    By::Digest => model.manifests.get(&place),
                    By::Tag(tag) => model.tags.get(&tag),
                };
                match expected.map(|place| &self.shelf.manifests[*place].manifest) {
                    Some(manifest) => same(
                        "manifest",
                        (reply.status, &reply.body, reply.header("content-type")),
                        (200, &manifest.bytes, manifest.media_type.as_str()),
                    ),
                    None => same("manifest", reply.status, 404),
                }
            }
            Operation::DeleteManifest { repo, manifest } => {
                let (place, manifest) = self.manifest(manifest);
                let path = format!("/v2/{}/manifests/{}", self.name(repo), manifest.digest);
                let reply = self.client().delete(&path).send().await;
                let model = &mut self.repositories[repo];
                if !model.manifests.contains(&place) {
                    return same("manifest's deletion", reply.status, 404);
                }
                if model.is_listed_by_an_index(self.shelf, place) {
                    return refused("manifest's deletion", &reply, 405, "UNSUPPORTED");
                }
                model.delete(self.shelf, place);
                same("manifest's deletion", reply.status, 202)
            }
            Operation::DeleteTag { repo, tag } => {
                let path = format!("/v2/{}/manifests/{}", self.name(repo), TAGS[tag]);
                let reply = self.client().delete(&path).send().await;
                let was_there = self.repositories[repo].tags.remove(&tag).is_some();
                same("tag's deletion", reply.status, if was_there { 202 } else { 404 })
            }
            Operation::Tags { repo } => {
                let reply = self.client().get(&format!("/v2/{}/tags/list", self.name(repo))).send().await;
                let model = &self.repositories[repo];
                if !model.is_known {
                    return refused("tags", &reply, 404, "NAME_UNKNOWN");
                }
                let names: Vec<&str> = model.tags.keys().map(|tag| TAGS[*tag]).collect();
                same("tags", (reply.status, &reply.json()["tags"]), (200, &serde_json::json!(names)))
            }
            Operation::Referrers { repo, manifest } => {
                let (place, manifest) = self.manifest(manifest);
                let path = format!("/v2/{}/referrers/{}", self.name(repo), manifest.digest);
                let reply = self.client().get(&path).send().await;
                let listed = reply.json()["manifests"].as_array().cloned().unwrap_or_default();
                let found: BTreeSet<String> =
                    listed.iter().map(|one| one["digest"].as_str().unwrap_or_default().to_owned()).collect();
                let expected = self.repositories[repo].referrers(self.shelf, place);
                let expected: BTreeSet<String> =
                    expected.iter().map(|one| self.shelf.manifests[*one].manifest.digest.to_string()).collect();
                same("referrers", (reply.status, found), (200, expected))
            }
            Operation::Crash => {
                self.app.crash().await;
                self.look().await
            }
            Operation::Restart => {
                self.app.restart().await;
                self.look().await
            }
        }
    }

    async fn mount(&mut self, from: usize, to: usize, blob: Index) -> Compared {
        let (place, blob) = self.blob(blob);
        let path = format!("/v2/{}/blobs/uploads/?mount={}&from={}", self.name(to), blob.digest, self.name(from));
        let reply = self.client().post(&path).send().await;
        if self.repositories[from].blobs.contains(&place) {
            self.repositories[to].link(place);
            return same("mount", reply.status, 201);
        }
        same("mount of nothing", reply.status, 202)?;
        same("its upload", self.client().delete(&reply.location()).send().await.status, 204)
    }

    async fn append(&mut self, slot: usize, blob: Index, length: Index) -> Compared {
        let (_, blob) = self.blob(blob);
        let Some(session) = self.sessions[slot].clone() else { return Ok(()) };
        let have = session.received.len();
        // Mostly what continues a blob; where the upload is of another one, whatever there is.
        let rest = blob.bytes.get(have..).filter(|rest| !rest.is_empty()).unwrap_or(b"more");
        let chunk = rest[..=length.index(rest.len())].to_vec();
        let range = format!("{have}-{}", have + chunk.len() - 1);
        let wrong = format!("{}-{}", have + 1, have + chunk.len());
        let reply =
            self.client().patch(&session.location).header("content-range", wrong).body(chunk.clone()).send().await;
        same("gap", reply.status, 416)?;
        let reply =
            self.client().patch(&session.location).header("content-range", range).body(chunk.clone()).send().await;
        let end = format!("0-{}", have + chunk.len() - 1);
        same("chunk", (reply.status, reply.header("range")), (202, end.as_str()))?;
        let location = reply.location();
        self.sessions[slot] = Some(Session { location, received: [session.received, chunk].concat(), ..session });
        Ok(())
    }

    async fn finish(&mut self, slot: usize, blob: Index, with_rest: bool) -> Compared {
        let (place, blob) = self.blob(blob);
        let Some(session) = self.sessions[slot].take() else { return Ok(()) };
        let rest = blob.bytes.get(session.received.len()..).unwrap_or_default();
        let rest = if with_rest { rest } else { &[] };
        let whole = [&session.received, rest].concat();
        let reply = self.client().finish(&session.location, &blob.digest, rest.to_vec()).await;
        if whole == blob.bytes {
            self.repositories[session.repo].link(place);
            same("finish", reply.status, 201)?;
        } else {
            refused("finish", &reply, 400, "DIGEST_INVALID")?;
        }
        refused("ended", &self.client().get(&session.location).send().await, 404, "BLOB_UPLOAD_UNKNOWN")
    }

    /// Everything that the model knows of.
    async fn look(&mut self) -> Compared {
        for repo in 0..REPOSITORIES {
            for blob in 0..self.shelf.blobs.len() {
                let path = blob_path(&self.name(repo), &self.shelf.blobs[blob].digest);
                let reply = self.client().get(&path).send().await;
                let model = self.repositories[repo].blobs.contains(&blob);
                same("blob", reply.status, if model { 200 } else { 404 })?;
                same("its bytes", model, model && reply.body == self.shelf.blobs[blob].bytes)?;
            }
            for manifest in 0..self.shelf.manifests.len() {
                let manifest_bytes = &self.shelf.manifests[manifest].manifest;
                let path = format!("/v2/{}/manifests/{}", self.name(repo), manifest_bytes.digest);
                let reply = self.client().get(&path).send().await;
                let model = self.repositories[repo].manifests.contains(&manifest);
                same("manifest", reply.status, if model { 200 } else { 404 })?;
                same("its bytes", model, model && reply.body == manifest_bytes.bytes)?;
            }
            for (tag, name) in TAGS.iter().enumerate() {
                let path = format!("/v2/{}/manifests/{name}", self.name(repo));
                let reply = self.client().head(&path).send().await;
                let model = self.repositories[repo].tags.get(&tag);
                let digest = model.map(|place| self.shelf.manifests[*place].manifest.digest.to_string());
                same("tag", reply.status, if digest.is_some() { 200 } else { 404 })?;
                let found = reply.header("docker-content-digest").to_owned();
                same("where it points", digest.clone().map(|_| found), digest)?;
            }
        }
        for session in self.sessions.iter().flatten() {
            let reply = self.client().get(&session.location).send().await;
            let range = format!("0-{}", session.received.len().saturating_sub(1));
            same("upload", (reply.status, reply.header("range")), (204, range.as_str()))?;
        }
        Ok(())
    }
}

fn with_digest(location: &str, blob: &Blob) -> String {
    let separator = if location.contains('?') { '&' } else { '?' };
    format!("{location}{separator}digest={}", blob.digest)
}

fn reference(by: By, manifest: &Manifest) -> String {
    match by {
        By::Digest => manifest.digest.to_string(),
        By::Tag(tag) => TAGS[tag].to_owned(),
    }
}

fn compare(backend: Backend, runs: u32) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let everybody = [("registry.anonymous", "all")];
    let Some(mut app) = runtime.block_on(TestApp::start_with(backend, Started::SetUp, &everybody)) else { return };
    // `PROPTEST_CASES` says more; a seed of its own for each run.
    let mut config = Config { failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    if config.cases == Config::with_cases(256).cases {
        config.cases = runs;
    }
    let seed = *uuid::Uuid::new_v4().as_bytes();
    let seed = [seed, seed].concat();
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let shelf = Shelf::new();
    let app = std::cell::RefCell::new(&mut app);
    let (run, compared) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let outcome = runner.run(&vec(operation(), 1..OPERATIONS_MAX), |operations| {
        run.set(run.get() + 1);
        let mut app = app.borrow_mut();
        let mut pair = Pair {
            shelf: &shelf,
            app: &mut app,
            run: run.get(),
            repositories: Default::default(),
            sessions: Default::default(),
            compared: 0,
        };
        runtime.block_on(async {
            for operation in &operations {
                pair.apply(operation).await?;
            }
            pair.look().await
        })?;
        compared.set(compared.get() + pair.compared);
        Ok(())
    });
    match outcome {
        Ok(()) => println!("{} operations in {} runs agree", compared.get(), run.get()),
        Err(TestError::Fail(reason, operations)) => panic!("{reason}, after {operations:#?}"),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
    assert!(compared.get() > runs as usize, "operations were compared");
}

#[test]
fn the_server_does_as_the_model_on_sqlite() {
    compare(Backend::Sqlite, RUNS);
}

#[test]
fn the_server_does_as_the_model_on_postgres() {
    compare(Backend::Postgres, RUNS / 2);
}
