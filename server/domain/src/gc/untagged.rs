//! Artifacts without a tag, which a run may be asked to remove before it looks for bytes that nobody needs.

use berth_db::query::{self, gc as rows};
use berth_types::{ProjectId, RepoName};

use super::{Mode, Observer, Options, before};
use crate::{
    Actor, Domain, Error, Result, audit,
    authz::{DeleteArtifact, ProjectAccess},
    manifest,
};

/// Artifacts in one batch.
const BATCH: i64 = 64;

/// Removes the artifacts that have no tag, that no index leads to and that refer to nothing, where they were pushed before
/// the grace time. Says how many there were; in a dry run they stay.
///
/// # Errors
/// What the database says. What was removed until then stays removed.
pub async fn remove_untagged(domain: &Domain, options: &Options, observer: &dyn Observer) -> Result<u64> {
    let cutoff = before(domain.now(), options.grace);
    let mut count = 0;
    loop {
        // What an index led to is untagged once the index is gone, and may lie before it.
        let (mut found, mut removed) = (0, 0);
        let mut after = 0;
        loop {
            if observer.wants_stop() {
                return Ok(count + removed);
            }
            let mut reader = domain.db.reader().await?;
            let batch = rows::untagged(&mut reader.conn(), after, cutoff, BATCH).await?;
            drop(reader);
            let Some(last) = batch.last() else { break };
            after = last.id;
            found += batch.len() as u64;
            if options.mode == Mode::Collect {
                for artifact in batch {
                    removed += u64::from(remove(domain, artifact).await?);
                }
            }
            tokio::task::yield_now().await;
        }
        match options.mode {
            Mode::DryRun => return Ok(found),
            Mode::Collect if removed == 0 => return Ok(count),
            Mode::Collect => count += removed,
        }
    }
}

/// Removes one, unless it found a tag or an index since.
async fn remove(domain: &Domain, artifact: rows::Untagged) -> Result<bool> {
    let actor = Actor::system("gc");
    let project = ProjectId(artifact.project_id);
    let access = match ProjectAccess::<DeleteArtifact>::check_id(domain, &actor, project).await {
        // The project went meanwhile, and took it along.
        Err(Error::NotFound(_)) => return Ok(false),
        access => access?,
    };
    let repo: RepoName = artifact.repository.parse().map_err(Error::internal)?;
    let removed = domain
        .db
        .write((access, repo, artifact, domain.now()), |tx, (access, repo, artifact, now)| {
            Box::pin(async move {
                query::push::lock_repository(tx, artifact.repository_id).await?;
                let counts = query::push::counts(tx, artifact.id).await?;
                if counts.is_none_or(|counts| counts.tags > 0 || counts.parents > 0 || counts.accessory) {
                    return Ok(false);
                }
                let digest = artifact.digest;
                manifest::remove(tx, access, (artifact.repository_id, repo), artifact.id, digest, *now).await?;
                let name = format!("{repo}@{digest}");
                let entry = audit::Entry::success("delete", "artifact", name)
                    .described(format!("delete artifact: {repo}@{digest}, which has no tag"))
                    .in_project(access.project_id());
                audit::record(tx, access.actor(), *now, &entry).await?;
                let payload = serde_json::json!({ "repository": repo.as_str(), "digest": digest.to_string() });
                query::push::add_event(tx, "delete_artifact", Some(access.project_id().0), &payload.to_string(), *now)
                    .await?;
                Ok(true)
            })
        })
        .await;
    match removed {
        // A rule of the project keeps a tag of what refers to it, for example of its signature.
        Err(Error::Precondition(_)) => Ok(false),
        removed => removed,
    }
}
