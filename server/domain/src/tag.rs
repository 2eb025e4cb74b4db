//! Tags of an artifact and of a repository, and where they have been.

use berth_db::query;
use berth_types::{
    ArtifactId, Digest, RepoName, RepositoryId, TagId, TagName, Timestamp,
    api::{Tag, TagHistoryEntry},
    page::Paged,
    query::ListQuery,
};

use crate::{
    Domain, Error, Result, artifact, audit,
    authz::{CreateTag, DeleteTag, ListTags, ProjectAccess, Push},
    blob::belongs,
    immutable::Rules,
    manifest, repository,
};

pub(crate) fn shown(row: query::tag::Tag) -> Tag {
    Tag {
        id: TagId(row.id),
        repository_id: RepositoryId(row.repository_id),
        artifact_id: ArtifactId(row.manifest_id),
        name: row.name,
        push_time: row.pushed_at,
        pull_time: row.pulled_at.unwrap_or(Timestamp::NEVER),
        immutable: false,
    }
}

/// The same with whether a rule of the project forbids to move or delete it.
pub(crate) fn with_rules(tag: Tag, repo: &str, rules: Option<&Rules>) -> Tag {
    let repo = repo.parse::<RepoName>().ok();
    let immutable = rules.zip(repo).is_some_and(|(rules, repo)| rules.protect(&repo, &tag.name));
    Tag { immutable, ..tag }
}

/// The tags of an artifact; with whether a rule forbids to move or delete each where that is asked for.
///
/// # Errors
/// [`Error::NotFound`] for a repository or an artifact that does not exist.
pub async fn list_of(
    domain: &Domain,
    access: &ProjectAccess<ListTags>,
    repo: &RepoName,
    reference: &str,
    query: &ListQuery,
    with_immutable: bool,
) -> Result<Paged<Tag>> {
    belongs(access.project().name == repo.project())?;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let row = artifact::find(&mut conn, repo, reference).await?;
    let rules = match with_immutable {
        true => Some(Rules::load(&mut conn, access.project_id()).await?),
        false => None,
    };
    let tags = query::tag::list_of(&mut conn, row.id, query).await?;
    Ok(tags.map(|tag| with_rules(shown(tag), repo.as_str(), rules.as_ref())))
}

/// Adds a tag to an artifact.
///
/// # Errors
/// [`Error::NotFound`] for a repository or an artifact that does not exist, [`Error::BadRequest`] for what is no tag,
/// [`Error::Conflict`] for a tag that the repository has.
pub async fn create(
    domain: &Domain,
    access: &ProjectAccess<CreateTag>,
    repo: &RepoName,
    reference: &str,
    name: &str,
) -> Result<()> {
    belongs(access.project().name == repo.project())?;
    let args = (access.clone(), repo.clone(), reference.to_owned(), name.to_owned(), domain.now());
    domain
        .db
        .write(args, |tx, (access, repo, reference, name, now)| {
            Box::pin(async move {
                let row = artifact::find(tx, repo, reference).await?;
                let tag: TagName =
                    name.parse().map_err(|_| Error::BadRequest(format!("bad request: invalid tag name: {name}")))?;
                let repository = row.repository_id;
                query::push::lock_repository(tx, repository).await?;
                if query::push::tag(tx, repository, tag.as_str()).await?.is_some() {
                    let text = format!("tag {tag} already exists under the repository {repository}");
                    return Err(Error::Conflict(text));
                }
                let mut listed = 0;
                let target = (row.id, row.digest);
                manifest::point(tx, access, (repository, repo), &tag, target, *now, "create", &mut listed).await?;
                query::push::note_push(tx, repository, listed, *now).await?;
                let entry =
                    audit::Entry::success("create", "tag", format!("{repo}:{tag}")).in_project(access.project_id());
                audit::record(tx, access.actor(), *now, &entry).await?;
                let payload = serde_json::json!({ "repository": repo.as_str(), "tag": tag });
                query::push::add_event(tx, "create_tag", Some(access.project_id().0), &payload.to_string(), *now)
                    .await?;
                Ok(())
            })
        })
        .await
}

/// Takes a tag off an artifact; the artifact stays.
///
/// # Errors
/// [`Error::NotFound`] for a repository, an artifact or a tag on it that does not exist.
pub async fn delete(
    domain: &Domain,
    access: &ProjectAccess<DeleteTag>,
    repo: &RepoName,
    reference: &str,
    name: &str,
) -> Result<()> {
    belongs(access.project().name == repo.project())?;
    let args = (access.clone(), repo.clone(), reference.to_owned(), name.to_owned(), domain.now());
    domain
        .db
        .write(args, |tx, (access, repo, reference, name, now)| {
            Box::pin(async move {
                let row = artifact::find(tx, repo, reference).await?;
                query::push::lock_repository(tx, row.repository_id).await?;
                let absent = || Error::NotFound(format!("tag {name} attached to artifact {} not found", row.id));
                let tag: TagName = name.parse().map_err(|_| absent())?;
                let found = query::push::tag(tx, row.repository_id, tag.as_str()).await?;
                let (id, _) = found.filter(|(_, manifest)| *manifest == row.id).ok_or_else(absent)?;
                manifest::remove_tag(tx, access, (row.repository_id, repo), (id, &tag), row.id, *now).await
            })
        })
        .await
}

/// Takes a tag off that was selected a while ago, where it still points at what it pointed at then; at whatever it points
/// where that was not noted.
///
/// # Errors
/// [`Error::NotFound`] for a repository or a tag that does not exist, [`Error::Conflict`] for a tag that was moved since.
pub(crate) async fn delete_selected(
    domain: &Domain,
    access: &ProjectAccess<DeleteTag>,
    repo: &RepoName,
    name: &str,
    seen: Option<Digest>,
) -> Result<()> {
    belongs(access.project().name == repo.project())?;
    let tag: TagName = name.parse().map_err(|_| Error::NotFound(format!("tag {name} not found")))?;
    let args = (access.clone(), repo.clone(), tag, seen, domain.now());
    domain
        .db
        .write(args, |tx, (access, repo, tag, seen, now)| {
            Box::pin(async move {
                let repository = artifact::find(tx, repo, tag.as_str()).await?.repository_id;
                query::push::lock_repository(tx, repository).await?;
                // Whoever held the lock may have moved it, or taken it off.
                let row = artifact::find(tx, repo, tag.as_str()).await?;
                if seen.is_some_and(|seen| seen != row.digest) {
                    let text = format!("tag {tag} was moved to {} since it was selected", row.digest);
                    return Err(Error::Conflict(text));
                }
                let found = query::push::tag(tx, repository, tag.as_str()).await?;
                let (id, manifest) = found.ok_or_else(|| Error::NotFound(format!("tag {tag} not found")))?;
                manifest::remove_tag(tx, access, (repository, repo), (id, tag), manifest, *now).await
            })
        })
        .await
}

/// Where a tag has been, newest first, or all tags of the repository where none is named. Also of tags that were removed.
///
/// # Errors
/// [`Error::NotFound`] where nothing was ever pushed to the repository.
pub async fn history(
    domain: &Domain,
    access: &ProjectAccess<ListTags>,
    repo: &RepoName,
    tag: Option<&str>,
    query: &ListQuery,
) -> Result<Paged<TagHistoryEntry>> {
    belongs(access.project().name == repo.project())?;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let repository = query::registry::repository(&mut conn, repo.as_str()).await?.filter(|found| found.listed);
    let repository = repository.ok_or_else(|| repository::not_found(repo))?;
    let rows = query::tag::history(&mut conn, repository.id, tag, query).await?;
    let ids: Vec<i64> = rows.items.iter().map(|row| row.id).collect();
    let around = query::shelf::around(&mut conn, &ids).await?;
    Ok(rows.map(|row| {
        let around = around.get(&row.id).copied().unwrap_or_default();
        TagHistoryEntry {
            tag: row.tag,
            digest: row.digest.map(|digest| digest.to_string()),
            from: around.from.map(|digest| digest.to_string()),
            operation: row.operation,
            at: row.at,
            username: row.actor,
            present: around.present,
            here: around.here,
            current: around.current,
        }
    }))
}

/// Points a tag at a manifest that the repository has, as a push of it would: also a tag that was removed.
///
/// # Errors
/// [`Error::NotFound`] for a repository or a manifest that does not exist, [`Error::BadRequest`] for what is no tag or no
/// digest, [`Error::Precondition`] where a rule protects the tag.
pub async fn restore(
    domain: &Domain,
    access: &ProjectAccess<Push>,
    repo: &RepoName,
    name: &str,
    digest: &str,
) -> Result<()> {
    belongs(access.project().name == repo.project())?;
    let tag: TagName = name.parse().map_err(|_| Error::BadRequest(format!("bad request: invalid tag name: {name}")))?;
    let digest: Digest =
        digest.parse().map_err(|_| Error::BadRequest(format!("bad request: invalid digest: {digest}")))?;
    let args = (access.clone(), repo.clone(), tag, digest, domain.now());
    domain
        .db
        .write(args, |tx, (access, repo, tag, digest, now)| {
            Box::pin(async move {
                let repository = artifact::find(tx, repo, &digest.to_string()).await?.repository_id;
                query::push::lock_repository(tx, repository).await?;
                // Whoever held the lock may have deleted it.
                let row = artifact::find(tx, repo, &digest.to_string()).await?;
                let mut listed = 0;
                let target = (row.id, row.digest);
                manifest::point(tx, access, (repository, repo), tag, target, *now, "restore", &mut listed).await?;
                query::push::note_push(tx, repository, listed, *now).await?;
                let entry = audit::Entry::success("restore", "tag", format!("{repo}:{tag}"))
                    .described(format!("restore tag: {repo}:{tag} to {digest}"))
                    .in_project(access.project_id());
                audit::record(tx, access.actor(), *now, &entry).await?;
                let payload = serde_json::json!({ "repository": repo.as_str(), "tag": tag });
                query::push::add_event(tx, "create_tag", Some(access.project_id().0), &payload.to_string(), *now)
                    .await?;
                Ok(())
            })
        })
        .await
}
