//! Copies of artifacts between repositories: no byte moves, the same blobs are linked and the same manifest is kept.

use berth_db::query;
use berth_types::{
    Digest, Reference, RepoName, TagName,
    manifest::{Manifest, parse},
};

use crate::{
    Domain, Error, Result, artifact,
    authz::{CreateArtifact, ProjectAccess, Pull, Push, ReadArtifact},
    blob::{self, belongs},
    manifest::{self, PushRequest},
};

/// The deepest nesting of indexes that is followed. Real ones have one level.
const DEPTH_MAX: usize = 4;

/// Copies an artifact, named by tag or digest, with its children, with what refers to them, and with all their tags.
///
/// # Errors
/// [`Error::BadRequest`] where there is nothing to copy, and as [`manifest::put`].
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
    for digest in route.family(row.digest).await? {
        route.copy_one(digest).await?;
    }
    Ok(())
}

struct Route<'r> {
    domain: &'r Domain,
    push: ProjectAccess<Push>,
    repo: &'r RepoName,
    pull: ProjectAccess<Pull>,
    from: &'r RepoName,
}

impl Route<'_> {
    /// The manifests to copy: children, then those that list them, then what refers to any of them.
    async fn family(&self, root: Digest) -> Result<Vec<Digest>> {
        let mut level = vec![root];
        let mut levels = Vec::new();
        for _ in 0..DEPTH_MAX {
            let mut next = Vec::new();
            for digest in &level {
                let (_, manifest, _) = self.read(digest).await?;
                for child in manifest.manifests {
                    if self.has(&child.digest).await? {
                        next.push(child.digest);
                    }
                }
            }
            levels.push(std::mem::replace(&mut level, next));
            if level.is_empty() {
                break;
            }
        }
        let mut family: Vec<Digest> = Vec::new();
        for digest in levels.into_iter().rev().flatten() {
            if !family.contains(&digest) {
                family.push(digest);
            }
        }
        // The list grows while it is read: accessories have accessories.
        let mut next = 0;
        while let Some(subject) = family.get(next).copied() {
            next += 1;
            for digest in self.referring(&subject).await? {
                if !family.contains(&digest) {
                    family.push(digest);
                }
            }
        }
        Ok(family)
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
        let parsed = parse(Some(&found.media_type), &bytes).map_err(Error::internal)?;
        let tags = tags.iter().filter_map(|tag| tag.parse().ok()).collect();
        Ok((manifest::Found { digest: *digest, media_type: found.media_type, bytes }, parsed, tags))
    }

    async fn copy_one(&self, digest: Digest) -> Result<()> {
        let (found, manifest, tags) = self.read(&digest).await?;
        let blobs = manifest.config.iter().chain(&manifest.layers).chain(&manifest.manifests);
        for descriptor in blobs {
            // False for foreign layers and for the manifests of an index, which are no blobs.
            blob::mount(self.domain, &self.push, self.repo, &self.pull, self.from, &descriptor.digest).await?;
        }
        let push = PushRequest {
            reference: &Reference::Digest(digest),
            tags,
            content_type: Some(&found.media_type),
            bytes: found.bytes,
        };
        manifest::put(self.domain, &self.push, self.repo, push).await?;
        Ok(())
    }
}
