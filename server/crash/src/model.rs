//! What one client knows to be there. Clients never change each other's things, so each knows its own exactly, but for
//! the one operation that had no answer yet.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use berth_types::Digest;

use crate::content::{Blob, Manifest};

/// A repository's name.
pub type Repo = Arc<str>;

/// Bytes that can be made again at any time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    seed: Arc<str>,
    /// How many.
    pub size: usize,
    /// Their sha256.
    pub digest: Digest,
}

impl Content {
    /// Bytes that depend on the seed, with their description.
    pub fn new(seed: &str, size: usize) -> (Self, Blob) {
        let blob = Blob::random(seed, size);
        (Content { seed: seed.into(), size, digest: blob.digest }, blob)
    }

    /// The bytes.
    pub fn blob(&self) -> Blob {
        Blob::random(&self.seed, self.size)
    }
}

/// A manifest in a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The manifest with its bytes.
    pub manifest: Manifest,
    /// The blobs that it names.
    pub blobs: BTreeSet<Digest>,
    /// What it refers to.
    pub subject: Option<Digest>,
}

/// Something that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// A blob of a repository.
    Blob(Repo, Digest),
    /// A manifest by digest.
    Manifest(Repo, Digest),
    /// A tag.
    Tag(Repo, String),
    /// What refers to a manifest.
    Referrers(Repo, Digest),
}

/// What the answer has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// 404.
    Nothing,
    /// These bytes.
    Blob(Content),
    /// This manifest.
    Manifest(Manifest),
    /// A manifest of this digest.
    Tag(Digest),
    /// Exactly these.
    Referrers(BTreeSet<Digest>),
}

/// One atomic change that a client asked for.
#[derive(Clone, Debug)]
pub enum Effect {
    /// A blob is in a repository.
    Blob(Repo, Content),
    /// It is no longer.
    DropBlob(Repo, Digest),
    /// A manifest is in a repository, and tags point at it.
    Manifest(Repo, Image, Vec<String>),
    /// A tag is gone.
    DropTag(Repo, String),
    /// A manifest is gone, with its tags, with what refers to it, and with the blobs that nothing else there names.
    DropManifest(Repo, Digest),
}

/// Everything that one client has made.
#[derive(Clone, Default)]
pub struct Model {
    /// Blobs by repository.
    pub blobs: BTreeMap<(Repo, Digest), Content>,
    /// Manifests by repository.
    pub manifests: BTreeMap<(Repo, Digest), Image>,
    /// Tags by repository.
    pub tags: BTreeMap<(Repo, String), Digest>,
}

impl Model {
    /// Makes the change and names what it touched.
    pub fn apply(&mut self, effect: &Effect) -> Vec<Key> {
        let mut touched = Vec::new();
        match effect {
            Effect::Blob(repo, content) => {
                self.blobs.insert((repo.clone(), content.digest), content.clone());
                touched.push(Key::Blob(repo.clone(), content.digest));
            }
            Effect::DropBlob(repo, digest) => {
                self.blobs.remove(&(repo.clone(), *digest));
                touched.push(Key::Blob(repo.clone(), *digest));
            }
            Effect::Manifest(repo, image, tags) => {
                let digest = image.manifest.digest;
                self.manifests.insert((repo.clone(), digest), image.clone());
                touched.push(Key::Manifest(repo.clone(), digest));
                touched.extend(image.blobs.iter().map(|blob| Key::Blob(repo.clone(), *blob)));
                touched.extend(image.subject.map(|subject| Key::Referrers(repo.clone(), subject)));
                for tag in tags {
                    self.tags.insert((repo.clone(), tag.clone()), digest);
                    touched.push(Key::Tag(repo.clone(), tag.clone()));
                }
            }
            Effect::DropTag(repo, tag) => {
                self.tags.remove(&(repo.clone(), tag.clone()));
                touched.push(Key::Tag(repo.clone(), tag.clone()));
            }
            Effect::DropManifest(repo, digest) => self.drop_manifest(repo, *digest, &mut touched),
        }
        touched
    }

    fn drop_manifest(&mut self, repo: &Repo, digest: Digest, touched: &mut Vec<Key>) {
        let Some(image) = self.manifests.remove(&(repo.clone(), digest)) else { return };
        touched.push(Key::Manifest(repo.clone(), digest));
        touched.push(Key::Referrers(repo.clone(), digest));
        touched.extend(image.subject.map(|subject| Key::Referrers(repo.clone(), subject)));
        let tags: Vec<_> = self.tags.iter().filter(|((home, _), at)| home == repo && **at == digest).collect();
        let tags: Vec<_> = tags.into_iter().map(|(key, _)| key.clone()).collect();
        for tag in tags {
            self.tags.remove(&tag);
            touched.push(Key::Tag(tag.0, tag.1));
        }
        let referring: Vec<Digest> = self.referrers(repo, &digest).into_iter().collect();
        for referrer in referring {
            self.drop_manifest(repo, referrer, touched);
        }
        for blob in image.blobs {
            if !self.is_named(repo, &blob) {
                self.blobs.remove(&(repo.clone(), blob));
                touched.push(Key::Blob(repo.clone(), blob));
            }
        }
    }

    /// What the server has to answer.
    pub fn expected(&self, key: &Key) -> Expected {
        let found = match key {
            Key::Blob(repo, digest) => self.blobs.get(&(repo.clone(), *digest)).cloned().map(Expected::Blob),
            Key::Manifest(repo, digest) => {
                let image = self.manifests.get(&(repo.clone(), *digest));
                image.map(|image| Expected::Manifest(image.manifest.clone()))
            }
            Key::Tag(repo, tag) => self.tags.get(&(repo.clone(), tag.clone())).copied().map(Expected::Tag),
            Key::Referrers(repo, digest) => Some(Expected::Referrers(self.referrers(repo, digest))),
        };
        found.unwrap_or(Expected::Nothing)
    }

    /// Everything that is there.
    pub fn keys(&self) -> Vec<Key> {
        let blobs = self.blobs.keys().map(|(repo, digest)| Key::Blob(repo.clone(), *digest));
        let manifests = self.manifests.keys().map(|(repo, digest)| Key::Manifest(repo.clone(), *digest));
        let referrers = self.manifests.keys().map(|(repo, digest)| Key::Referrers(repo.clone(), *digest));
        let tags = self.tags.keys().map(|(repo, tag)| Key::Tag(repo.clone(), tag.clone()));
        blobs.chain(manifests).chain(referrers).chain(tags).collect()
    }

    /// Whether a manifest of the repository names the blob.
    fn is_named(&self, repo: &Repo, blob: &Digest) -> bool {
        self.manifests.iter().any(|((home, _), image)| home == repo && image.blobs.contains(blob))
    }

    fn referrers(&self, repo: &Repo, subject: &Digest) -> BTreeSet<Digest> {
        let referring =
            self.manifests.iter().filter(|((home, _), image)| home == repo && image.subject == Some(*subject));
        referring.map(|((_, digest), _)| *digest).collect()
    }
}

/// What is left to look at.
#[derive(Default)]
pub struct Watch {
    /// Touched since the last check.
    pub fresh: HashSet<Key>,
    /// Deleted, and not made again.
    pub gone: Vec<Key>,
}

#[cfg(test)]
mod tests {
    use super::{Content, Effect, Expected, Image, Key, Model, Repo};
    use crate::content::Manifest;

    fn image(seed: &str, blobs: &[&Content], subject: Option<&Image>) -> Image {
        let blobs = blobs.iter().map(|content| content.digest).collect();
        let subject = subject.map(|subject| subject.manifest.digest);
        Image { manifest: Manifest::new(seed, &[], None), blobs, subject }
    }

    #[test]
    fn a_deleted_manifest_takes_along_what_is_its_own() {
        let (mut model, repo) = (Model::default(), Repo::from("library/a"));
        let (own, _) = Content::new("own", 10);
        let (shared, _) = Content::new("shared", 10);
        let (first, second) = (image("1", &[&own, &shared], None), image("2", &[&shared], None));
        let signature = image("3", &[], Some(&first));
        for content in [&own, &shared] {
            model.apply(&Effect::Blob(repo.clone(), content.clone()));
        }
        model.apply(&Effect::Manifest(repo.clone(), first.clone(), vec!["a".to_owned()]));
        model.apply(&Effect::Manifest(repo.clone(), second.clone(), vec!["b".to_owned()]));
        model.apply(&Effect::Manifest(repo.clone(), signature.clone(), vec![]));
        let touched = model.apply(&Effect::DropManifest(repo.clone(), first.manifest.digest));

        let blob = |content: &Content| Key::Blob(repo.clone(), content.digest);
        let by_digest = |image: &Image| Key::Manifest(repo.clone(), image.manifest.digest);
        let tag = |name: &str| Key::Tag(repo.clone(), name.to_owned());
        for gone in [blob(&own), by_digest(&first), by_digest(&signature), tag("a")] {
            assert!(touched.contains(&gone), "{gone:?}");
            assert_eq!(model.expected(&gone), Expected::Nothing);
        }
        assert_eq!(model.expected(&blob(&shared)), Expected::Blob(shared));
        assert_eq!(model.expected(&tag("b")), Expected::Tag(second.manifest.digest));
    }
}
