//! Moves of artifacts between repositories: copied first, then removed where they were, and only what arrived.
//!
//! The copy is a transaction for each manifest, the removal one for all of them. Between the two both repositories have the
//! artifact, and a move that begins again finds what is there already. What goes is held against what the target has, while both
//! are locked: what came to the source in between is not lost, and neither is what went from the target.

use berth_db::{Conn, query};
use berth_types::{Digest, RepoName, Timestamp};

use crate::{
    Domain, Error, Result, artifact, audit,
    authz::{
        CreateArtifact, DeleteArtifact, DeleteRepository, ProjectAccess, Pull, Push, ReadArtifact, UpdateRepository,
    },
    blob::{belongs, ensure_repository},
    copy::{FAMILY_MAX, Family, Route},
    manifest::{self, Among, Taken},
    policy,
};

/// How often a move begins anew where somebody pushes to what is moved.
const TRIES_MAX: usize = 3;

/// Moves an artifact with its children, with what refers to them, and with its tags and labels. Children that something
/// else shows stay where they are as well, with their own tags. One that is gone and has arrived is as it should be.
///
/// # Errors
/// [`Error::NotFound`] where neither repository has it, [`Error::InUse`] where an index that stays lists it,
/// [`Error::Precondition`] where a rule of either project protects a tag, [`Error::Conflict`] for a tag that the target has
/// on something else, [`Error::Unsupported`] where somebody keeps pushing to it or it is nested too deeply, and as
/// [`manifest::put`]. The source is whole then.
pub(crate) async fn transfer(
    domain: &Domain,
    removal: &ProjectAccess<DeleteArtifact>,
    from: &RepoName,
    access: &ProjectAccess<CreateArtifact>,
    repo: &RepoName,
    digest: &Digest,
    taken: Taken,
) -> Result<()> {
    belongs(access.project().name == repo.project() && removal.project().name == from.project())?;
    let (push, pull) = (access.also::<Push>()?, removal.also::<ReadArtifact>()?.also::<Pull>()?);
    let route = Route { domain, push, repo, pull, from };
    for _ in 0..TRIES_MAX {
        if !has(domain, from, digest).await? {
            let text = || Error::NotFound(format!("artifact {from}@{digest} not found"));
            return if has(domain, repo, digest).await? { Ok(()) } else { Err(text()) };
        }
        let family = route.family(*digest, FAMILY_MAX).await?;
        check(&route, removal, digest, &family, taken).await?;
        for (position, member) in family.members.iter().enumerate() {
            // A child that has tags is an artifact of its own, and stays.
            let tags = (position >= family.children).then_some(taken);
            route.copy_one(*member, tags).await?;
        }
        match remove(domain, removal, &route, digest, family.members).await {
            Err(Error::Busy) => {}
            // Whoever removed it in between wanted what was wanted here.
            Err(Error::NotFound(_)) => return Ok(()),
            removed => return removed,
        }
    }
    // Waiting would not help what can never be moved, and keep all that comes after it.
    Err(Error::Unsupported("it changes while it is moved, or holds more than can be moved at once".to_owned()))
}

async fn has(domain: &Domain, repo: &RepoName, digest: &Digest) -> Result<bool> {
    let mut reader = domain.db.reader().await?;
    Ok(query::registry::manifest_by_digest(&mut reader.conn(), repo.as_str(), digest).await?.is_some())
}

/// What would refuse the removal, or a tag at the target, before anything is copied. The transactions look again.
async fn check(
    route: &Route<'_>,
    removal: &ProjectAccess<DeleteArtifact>,
    digest: &Digest,
    family: &Family,
    taken: Taken,
) -> Result<()> {
    let Route { domain, push, repo, from, .. } = route;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let row = artifact::find(&mut conn, from, &digest.to_string()).await?;
    if query::push::counts(&mut conn, row.id).await?.is_some_and(|counts| counts.parents > 0) {
        return Err(artifact::listed());
    }
    for member in family.members.iter().skip(family.children) {
        let found = query::registry::manifest_by_digest(&mut conn, from.as_str(), member).await?;
        let Some(found) = found else { continue };
        let tags = query::push::tags_of(&mut conn, found.id).await?;
        policy::before_removal(&mut conn, removal.project_id(), from, &tags).await?;
        for tag in tags {
            let there = query::registry::manifest_by_tag(&mut conn, repo.as_str(), &tag).await?;
            if there.is_none_or(|there| there.digest == *member) {
                continue;
            }
            match taken {
                Taken::Refused => return Err(manifest::taken(repo, &tag)),
                Taken::Moved | Taken::Pushed => policy::before_move(&mut conn, push.project_id(), repo, &tag).await?,
            }
        }
    }
    Ok(())
}

/// Removes at the source what has arrived.
///
/// # Errors
/// [`Error::Busy`] where the source has more than was copied, or the target lost it again.
async fn remove(
    domain: &Domain,
    removal: &ProjectAccess<DeleteArtifact>,
    route: &Route<'_>,
    digest: &Digest,
    family: Vec<Digest>,
) -> Result<()> {
    let args = (removal.clone(), route.from.clone(), route.repo.clone(), *digest, family, domain.now());
    domain
        .db
        .write(args, |tx, (removal, from, repo, digest, family, now)| {
            Box::pin(async move {
                carry_labels(tx, from, repo, family, *now).await?;
                let among = Among::Arrived(repo);
                artifact::remove_whole(tx, removal, from, &digest.to_string(), among, *now).await?;
                let entry = audit::Entry::success("delete", "artifact", format!("{from}@{digest}"))
                    .described(format!("move artifact: {from}@{digest} to {repo}"))
                    .in_project(removal.project_id());
                audit::record(tx, removal.actor(), *now, &entry).await?;
                let payload = serde_json::json!({ "repository": from.as_str(), "digest": digest.to_string() });
                let project = Some(removal.project_id().0);
                query::push::add_event(tx, "delete_artifact", project, &payload.to_string(), *now).await?;
                Ok(())
            })
        })
        .await
}

/// Locks both repositories, and puts the labels that the target's project knows on what has arrived.
async fn carry_labels(
    tx: &mut Conn<'_>,
    from: &RepoName,
    repo: &RepoName,
    family: &[Digest],
    now: Timestamp,
) -> Result<()> {
    let source = query::registry::repository(tx, from.as_str()).await?;
    let target = query::registry::repository(tx, repo.as_str()).await?;
    let (Some(source), Some(target)) = (source, target) else { return Err(Error::Busy) };
    lock_both(tx, source.id, target.id).await?;
    query::label::carry(tx, source.id, target.id, family, now).await?;
    Ok(())
}

/// Of two moves in opposite directions the second finds what the first has left. Always in this order, so that they do not
/// wait for each other.
async fn lock_both(tx: &mut Conn<'_>, source: i64, target: i64) -> Result<()> {
    for id in [source.min(target), source.max(target)] {
        query::push::lock_repository(tx, id).await?;
    }
    Ok(())
}

/// Ends the move of a repository, once its artifacts have gone or where it never had any: it is removed, its pulls count at the
/// target, and its description goes along where the target has none and the caller may give it one. The target is made where
/// nothing has arrived there. One that is gone is as it should be.
///
/// # Errors
/// [`holds`] and [`receives`], for a repository that stays; [`Error::NameUnknown`] where the target's project is gone.
pub(crate) async fn close(
    domain: &Domain,
    removal: &ProjectAccess<DeleteRepository>,
    from: &RepoName,
    access: &ProjectAccess<CreateArtifact>,
    repo: &RepoName,
) -> Result<()> {
    belongs(access.project().name == repo.project() && removal.project().name == from.project())?;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let Some(found) = query::repository::by_name(&mut conn, from.as_str()).await? else { return Ok(()) };
    // Nobody waits for the writer where it stays.
    check_empty(&mut conn, found.id, from).await?;
    drop(reader);
    let (describes, push) = (access.also::<UpdateRepository>().is_ok(), access.also::<Push>()?);
    let args = (removal.clone(), from.clone(), push, repo.clone(), describes, domain.now());
    domain
        .db
        .write(args, |tx, (removal, from, push, repo, describes, now)| {
            Box::pin(async move {
                let Some(before) = query::repository::by_name(tx, from.as_str()).await? else { return Ok(()) };
                let target = ensure_repository(tx, push, repo, *now).await?;
                lock_both(tx, before.id, target).await?;
                // As it is now that nobody else changes it.
                let Some(source) = query::repository::by_name(tx, from.as_str()).await? else { return Ok(()) };
                check_empty(tx, source.id, from).await?;
                // From here on a target that was just made is listed.
                query::push::note_push(tx, target, 0, *now).await?;
                let arrived = query::repository::by_name(tx, repo.as_str()).await?.filter(|found| found.id == target);
                // What was deleted meanwhile, and perhaps made anew, was never held.
                let (true, Some(arrived)) = (source.id == before.id, arrived) else { return Err(Error::Busy) };
                if *describes && arrived.description.is_empty() && !source.description.is_empty() {
                    query::repository::describe(tx, target, &source.description, *now).await?;
                }
                query::repository::carry_pulls(tx, source.id, target).await?;
                query::repository::delete(tx, removal.project_id().0, source.id, *now).await?;
                let entry = audit::Entry::success("delete", "repository", from.as_str())
                    .described(format!("move repository: {from} to {repo}"))
                    .in_project(removal.project_id());
                audit::record(tx, removal.actor(), *now, &entry).await?;
                let payload = serde_json::json!({ "repository": from.as_str() }).to_string();
                query::push::add_event(tx, "delete_repository", Some(removal.project_id().0), &payload, *now).await?;
                Ok(())
            })
        })
        .await
}

/// Refuses a repository that is not empty. An upload that nobody goes on with is removed by maintenance when it has rested for
/// long enough, and a blob that no manifest came for by garbage collection; then they keep the repository no longer.
async fn check_empty(conn: &mut Conn<'_>, id: i64, repo: &RepoName) -> Result<()> {
    let found = query::repository::contents(conn, id).await?;
    if found.manifests {
        return Err(holds(repo));
    }
    if found.uploads { Err(receives(repo)) } else { Ok(()) }
}

/// What keeps a repository that something was left in, or pushed to.
pub(crate) fn holds(repo: &RepoName) -> Error {
    Error::Conflict(format!("the repository {repo} still holds artifacts"))
}

/// What keeps a repository that somebody pushes to.
pub(crate) fn receives(repo: &RepoName) -> Error {
    Error::Precondition(format!("an upload to the repository {repo} is under way"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use berth_db::Db;
    use berth_storage::MemoryStore;
    use berth_types::{Reference, TagName, time::SystemClock};
    use bytes::Bytes;
    use sha2::Digest as _;

    use super::*;
    use crate::{Actor, Limits, authz::DeleteTag, manifest::PushRequest, tag};

    const INDEX: &str = "application/vnd.oci.image.index.v1+json";

    async fn push(domain: &Domain, repo: &RepoName, tag: &str, subject: Option<&Digest>) -> Digest {
        let mut json = serde_json::json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] });
        if let Some(subject) = subject {
            json["subject"] = serde_json::json!({ "mediaType": INDEX, "digest": subject, "size": 2 });
        }
        let bytes = json.to_string();
        let digest = Digest::Sha256(sha2::Sha256::digest(&bytes).into());
        let access = ProjectAccess::check(domain, &Actor::system("test"), &repo.project()).await.unwrap();
        let tags: Vec<TagName> = tag.parse().into_iter().collect();
        let reference = Reference::Digest(digest);
        let push = PushRequest { reference: &reference, tags, content_type: Some(INDEX), bytes: Bytes::from(bytes) };
        manifest::put(domain, &access, repo, push).await.unwrap();
        digest
    }

    #[tokio::test]
    async fn what_came_to_the_source_after_the_copy_is_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&folder.path().join("berth.db")).await.unwrap();
        let domain = Domain::new(db, Arc::new(MemoryStore::new()), Arc::new(SystemClock), Limits::default());
        let (from, repo): (RepoName, RepoName) = ("library/a".parse().unwrap(), "library/b".parse().unwrap());
        let digest = push(&domain, &from, "v1", None).await;
        let actor = Actor::system("test");
        let removal = ProjectAccess::<DeleteArtifact>::check(&domain, &actor, &from.project()).await.unwrap();
        let access = ProjectAccess::<CreateArtifact>::check(&domain, &actor, &repo.project()).await.unwrap();
        let pull = removal.also::<ReadArtifact>().unwrap().also::<Pull>().unwrap();
        let route = Route { domain: &domain, push: access.also::<Push>().unwrap(), repo: &repo, pull, from: &from };
        let refused = async |family: &[Digest]| {
            let removed = remove(&domain, &removal, &route, &digest, family.to_vec()).await;
            assert!(matches!(removed, Err(Error::Busy)), "{removed:?}");
        };
        let copy = async |digest| route.copy_one(digest, Some(Taken::Refused)).await.unwrap();
        // Nothing arrived: nothing goes.
        refused(&[digest]).await;
        copy(digest).await;

        // A tag, then a signature.
        push(&domain, &from, "v2", None).await;
        refused(&[digest]).await;
        copy(digest).await;
        let signature = push(&domain, &from, "", Some(&digest)).await;
        refused(&[digest]).await;

        // A tag, and then the signature, that went from the target again.
        copy(signature).await;
        let there = ProjectAccess::<DeleteTag>::check(&domain, &actor, &repo.project()).await.unwrap();
        tag::delete(&domain, &there, &repo, "v2", "v2").await.unwrap();
        refused(&[digest, signature]).await;
        copy(digest).await;
        let there = ProjectAccess::<DeleteArtifact>::check(&domain, &actor, &repo.project()).await.unwrap();
        artifact::delete(&domain, &there, &repo, &signature.to_string()).await.unwrap();
        refused(&[digest, signature]).await;
        assert!(has(&domain, &from, &digest).await.unwrap() && has(&domain, &from, &signature).await.unwrap());

        // The move itself begins anew then. Once more is as it should be, and what never was there is not.
        for _ in 0..2 {
            transfer(&domain, &removal, &from, &access, &repo, &digest, Taken::Refused).await.unwrap();
        }
        for moved in [digest, signature] {
            assert!(!has(&domain, &from, &moved).await.unwrap() && has(&domain, &repo, &moved).await.unwrap());
        }
        let mut reader = domain.db.reader().await.unwrap();
        for tag in ["v1", "v2"] {
            let found = query::registry::manifest_by_tag(&mut reader.conn(), repo.as_str(), tag).await.unwrap();
            assert_eq!(found.unwrap().digest, digest, "{tag}");
        }
        let unknown = Digest::Sha256([7; 32]);
        let missing = transfer(&domain, &removal, &from, &access, &repo, &unknown, Taken::Refused).await;
        assert!(matches!(missing, Err(Error::NotFound(_))), "{missing:?}");
    }
}
