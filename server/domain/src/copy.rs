//! Copies of artifacts between repositories: no byte moves, the same blobs are linked and the same manifest is kept.

use std::collections::{HashMap, HashSet};

use berth_db::query;
use berth_types::{
    Digest, Reference, RepoName, TagName,
    manifest::{DESCRIPTORS_MAX, Manifest, parse},
};

use crate::{
    Domain, Error, Result, artifact,
    authz::{CreateArtifact, ProjectAccess, Pull, Push, ReadArtifact},
    blob::{self, belongs},
    manifest::{self, PushRequest, Taken},
};

/// The deepest nesting of indexes that is followed. Real ones have one level.
const DEPTH_MAX: usize = 4;
/// The most manifests that one copy may be about. The widest index has [`DESCRIPTORS_MAX`], each with a signature.
pub(crate) const FAMILY_MAX: usize = 2 * DESCRIPTORS_MAX;

/// Copies an artifact, named by tag or digest, with its children, with what refers to them, and with all their tags.
///
/// # Errors
/// [`Error::BadRequest`] where there is nothing to copy or more than 20,000 manifests belong to it, and as
/// [`manifest::put`].
pub async fn copy(
    domain: &Domain,
    access: &ProjectAccess<CreateArtifact>,
    repo: &RepoName,
    source: &ProjectAccess<ReadArtifact>,
    from: &RepoName,
    reference: &Reference,
) -> Result<()> {
    belongs(access.project().name == repo.project() && source.project().name == from.project())?;
    let (push, pull) = (access.also::<Push>()?, source.also::<Pull>()?);
    let route = Route { domain, push, repo, pull, from };
    let mut reader = domain.db.reader().await?;
    let absent = |error| match error {
        // What a query names is a mistake in the query, as in Harbor.
        Error::NotFound(_) => {
            let separator = if matches!(reference, Reference::Tag(_)) { ':' } else { '@' };
            Error::BadRequest(format!("artifact {from}{separator}{reference} not found"))
        }
        error => error,
    };
    let row = artifact::find(&mut reader.conn(), from, &reference.to_string()).await.map_err(absent)?;
    drop(reader);
    // Children before their index, so that nobody sees an index without them.
    for digest in route.family(row.digest, FAMILY_MAX).await?.members {
        route.copy_one(digest, Some(Taken::Pushed)).await?;
    }
    Ok(())
}

/// Copies what a tag pointed at when it was chosen, as [`copy`], but with this tag alone.
///
/// # Errors
/// [`Error::NotFound`] where the artifact is gone, and as [`copy`].
pub(crate) async fn copy_tag(
    domain: &Domain,
    access: &ProjectAccess<CreateArtifact>,
    repo: &RepoName,
    source: &ProjectAccess<ReadArtifact>,
    from: &RepoName,
    (tag, digest): (&TagName, Digest),
) -> Result<()> {
    belongs(access.project().name == repo.project() && source.project().name == from.project())?;
    let route = Route { domain, push: access.also()?, repo, pull: source.also()?, from };
    let family = route.family(digest, FAMILY_MAX).await?;
    for (place, member) in family.members.into_iter().enumerate() {
        match place.cmp(&family.children) {
            // Tags of their own have nothing to do with the one that was chosen.
            std::cmp::Ordering::Less => route.copy_one(member, None).await?,
            std::cmp::Ordering::Equal => route.copy_with(member, Taken::Pushed, vec![tag.clone()]).await?,
            // Signatures may be found by their tags alone.
            std::cmp::Ordering::Greater => route.copy_one(member, Some(Taken::Pushed)).await?,
        }
    }
    Ok(())
}

/// From where to where, and with which rights.
pub(crate) struct Route<'r> {
    pub domain: &'r Domain,
    pub push: ProjectAccess<Push>,
    pub repo: &'r RepoName,
    pub pull: ProjectAccess<Pull>,
    pub from: &'r RepoName,
}

/// What belongs to an artifact.
#[derive(Debug)]
pub(crate) struct Family {
    /// The manifests: children, then those that list them, then what refers to any of them.
    pub members: Vec<Digest>,
    /// How many of the first are children; the artifact itself is next.
    pub children: usize,
}

impl Route<'_> {
    /// The manifests to copy, at most `max`.
    pub(crate) async fn family(&self, root: Digest, max: usize) -> Result<Family> {
        let too_large = || Error::BadRequest(format!("more than {max} manifests belong to {}@{root}", self.from));
        // Every digest that an index names, and whether it is there. An index may name the same one a thousand times, and so
        // may the next.
        let mut known = HashMap::from([(root, true)]);
        let mut level = vec![root];
        let mut levels = Vec::new();
        for _ in 0..DEPTH_MAX {
            let (mut next, mut seen) = (Vec::new(), HashSet::new());
            for digest in &level {
                let (_, manifest, _) = self.read(digest).await?;
                for child in manifest.manifests {
                    if !seen.insert(child.digest) {
                        continue;
                    }
                    let is_there = match known.get(&child.digest) {
                        Some(is_there) => *is_there,
                        None if known.len() >= max => return Err(too_large()),
                        None => {
                            let is_there = self.has(&child.digest).await?;
                            known.insert(child.digest, is_there);
                            is_there
                        }
                    };
                    if is_there {
                        next.push(child.digest);
                    }
                }
            }
            levels.push(std::mem::replace(&mut level, next));
            if level.is_empty() {
                break;
            }
        }
        let mut members = HashSet::new();
        let mut family: Vec<Digest> =
            levels.into_iter().rev().flatten().filter(|digest| members.insert(*digest)).collect();
        let children = family.len().saturating_sub(1);
        // The list grows while it is read: accessories have accessories.
        let mut next = 0;
        while let Some(subject) = family.get(next).copied() {
            next += 1;
            for digest in self.referring(&subject).await? {
                if members.insert(digest) {
                    family.push(digest);
                }
            }
            if family.len() > max {
                return Err(too_large());
            }
        }
        Ok(Family { members: family, children })
    }

    async fn has(&self, digest: &Digest) -> Result<bool> {
        let mut reader = self.domain.db.reader().await?;
        let found = query::registry::manifest_by_digest(&mut reader.conn(), self.from.as_str(), digest).await?;
        Ok(found.is_some())
    }

    async fn referring(&self, subject: &Digest) -> Result<Vec<Digest>> {
        let mut reader = self.domain.db.reader().await?;
        let mut conn = reader.conn();
        let Some(repository) = query::registry::repository(&mut conn, self.from.as_str()).await? else {
            return Ok(Vec::new());
        };
        let found = query::push::accessories(&mut conn, repository.id, subject).await?;
        Ok(found.into_iter().map(|(_, digest)| digest).collect())
    }

    async fn read(&self, digest: &Digest) -> Result<(manifest::Found, Manifest, Vec<TagName>)> {
        let mut reader = self.domain.db.reader().await?;
        let mut conn = reader.conn();
        let found = query::registry::manifest_by_digest(&mut conn, self.from.as_str(), digest).await?;
        let found = found.ok_or_else(|| Error::NotFound(format!("artifact {}@{digest} not found", self.from)))?;
        let tags = query::push::tags_of(&mut conn, found.id).await?;
        drop(reader);
        let bytes = manifest::bytes(self.domain, digest).await?;
        let bytes = bytes.ok_or_else(|| Error::internal(format!("the bytes of manifest {digest} are lost")))?;
        let parsed = parse(Some(&found.media_type), &bytes).map_err(Error::internal)?;
        let tags = tags.iter().filter_map(|tag| tag.parse().ok()).collect();
        Ok((manifest::Found { digest: *digest, media_type: found.media_type, bytes }, parsed, tags))
    }

    /// Copies a manifest, and its tags where it is said what becomes of those that are there.
    pub(crate) async fn copy_one(&self, digest: Digest, taken: Option<Taken>) -> Result<()> {
        let tags = match taken {
            Some(_) => self.read(&digest).await?.2,
            None => Vec::new(),
        };
        self.copy_with(digest, taken.unwrap_or(Taken::Refused), tags).await
    }

    async fn copy_with(&self, digest: Digest, taken: Taken, tags: Vec<TagName>) -> Result<()> {
        let (found, manifest, _) = self.read(&digest).await?;
        let blobs = manifest.config.iter().chain(&manifest.layers).chain(&manifest.manifests);
        let mut seen = HashSet::new();
        for descriptor in blobs.filter(|descriptor| seen.insert(descriptor.digest)) {
            // False for foreign layers and for the manifests of an index, which are no blobs.
            blob::mount(self.domain, &self.push, self.repo, &self.pull, self.from, &descriptor.digest).await?;
        }
        let push = PushRequest {
            reference: &Reference::Digest(digest),
            tags,
            content_type: Some(&found.media_type),
            bytes: found.bytes,
        };
        manifest::put_over(self.domain, &self.push, self.repo, push, taken).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use berth_db::Db;
    use berth_storage::MemoryStore;
    use berth_types::time::SystemClock;
    use bytes::Bytes;
    use sha2::Digest as _;

    use super::*;
    use crate::{Actor, Limits};

    const INDEX: &str = "application/vnd.oci.image.index.v1+json";
    /// How often each index names the next.
    const TIMES: usize = 300;

    async fn push(domain: &Domain, repo: &RepoName, children: &[Digest]) -> Digest {
        let child = |digest| serde_json::json!({ "mediaType": INDEX, "digest": digest, "size": 2 });
        let children: Vec<_> = children.iter().map(child).collect();
        let bytes = serde_json::json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": children }).to_string();
        let digest = Digest::Sha256(sha2::Sha256::digest(&bytes).into());
        let reference = Reference::Digest(digest);
        let access = ProjectAccess::check(domain, &Actor::system("test"), &repo.project()).await.unwrap();
        let (tags, bytes) = (Vec::new(), Bytes::from(bytes));
        let push = PushRequest { reference: &reference, tags, content_type: Some(INDEX), bytes };
        manifest::put(domain, &access, repo, push).await.unwrap();
        digest
    }

    #[tokio::test]
    async fn an_index_that_names_the_same_again_and_again_is_copied_once() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&folder.path().join("berth.db")).await.unwrap();
        let domain = Domain::new(db, Arc::new(MemoryStore::new()), Arc::new(SystemClock), Limits::default());
        let (from, repo): (RepoName, RepoName) = ("library/a".parse().unwrap(), "library/b".parse().unwrap());
        let mut pushed = vec![push(&domain, &from, &[]).await];
        // Were every mention followed, the last level would be 27 million long.
        for _ in 1..DEPTH_MAX {
            let last = *pushed.last().unwrap();
            pushed.push(push(&domain, &from, &vec![last; TIMES]).await);
        }
        let top = *pushed.last().unwrap();
        let access = ProjectAccess::<CreateArtifact>::check(&domain, &Actor::system("test"), &repo.project()).await;
        let source = ProjectAccess::<ReadArtifact>::check(&domain, &Actor::system("test"), &from.project()).await;
        let (access, source) = (access.unwrap(), source.unwrap());
        let (push, pull) = (access.also::<Push>().unwrap(), source.also::<Pull>().unwrap());
        let route = Route { domain: &domain, push, repo: &repo, pull, from: &from };
        let family = route.family(top, DEPTH_MAX).await.unwrap();
        assert_eq!((&family.members, family.children), (&pushed, DEPTH_MAX - 1), "children first");
        let refused = route.family(top, DEPTH_MAX - 1).await;
        assert!(matches!(&refused, Err(Error::BadRequest(text)) if text.contains("more than 3")), "{refused:?}");

        copy(&domain, &access, &repo, &source, &from, &Reference::Digest(top)).await.unwrap();
        let mut reader = domain.db.reader().await.unwrap();
        for digest in &pushed {
            let found = query::registry::manifest_by_digest(&mut reader.conn(), repo.as_str(), digest).await.unwrap();
            assert!(found.is_some(), "{digest}");
        }
    }
}
