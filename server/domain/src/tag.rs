//! Tags of an artifact and of a repository, and where they have been.

use std::collections::{BTreeMap, BTreeSet};

use berth_db::query;
use berth_types::{
    ArtifactId, RepoName, RepositoryId, TagId, TagName, Timestamp,
    api::{RepositoryTag, Tag, TagHistoryEntry},
    manifest::Platform,
    page::Paged,
    query::{ListQuery, Match},
};

use crate::{
    Domain, Error, Result, artifact, audit,
    authz::{CreateTag, DeleteTag, ListTags, ProjectAccess},
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

/// The tags of a repository with what they point at.
///
/// # Errors
/// [`Error::NotFound`] where nothing was ever pushed there.
pub async fn list(
    domain: &Domain,
    access: &ProjectAccess<ListTags>,
    repo: &RepoName,
    query: &ListQuery,
) -> Result<Paged<RepositoryTag>> {
    belongs(access.project().name == repo.project())?;
    let name = match query.filter("name") {
        Some(Match::Fuzzy(text)) => Some(text.clone()),
        Some(Match::Exact(scalar)) => Some(scalar.as_text()),
        Some(Match::Range(..) | Match::Any(_) | Match::All(_)) | None => None,
    };
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let repository = query::registry::repository(&mut conn, repo.as_str()).await?.filter(|found| found.listed);
    let repository = repository.ok_or_else(|| repository::not_found(repo))?;
    let rows = query::tag::targets(&mut conn, repository.id, name.as_deref(), query).await?;
    let manifests: BTreeSet<i64> = rows.items.iter().map(|row| row.manifest_id).collect();
    let children = query::artifact::children(&mut conn, &manifests.into_iter().collect::<Vec<_>>()).await?;
    Ok(rows.map(|row| RepositoryTag {
        name: row.name,
        digest: row.digest.to_string(),
        artifact_id: ArtifactId(row.manifest_id),
        kind: row.kind,
        size: row.size,
        platforms: platforms(children.get(&row.manifest_id), row.extra_attrs.as_deref()),
        push_time: row.pushed_at,
        pull_time: row.pulled_at.unwrap_or(Timestamp::NEVER),
    }))
}

/// What an index lists, or what an image's configuration says.
fn platforms(children: Option<&Vec<query::artifact::Child>>, extra_attrs: Option<&str>) -> Vec<String> {
    if let Some(children) = children {
        let descriptors = children.iter().filter_map(artifact::descriptor_of);
        let platforms = descriptors.filter_map(|descriptor| descriptor.platform);
        // Builders list attestations under a platform that does not exist.
        return platforms.filter(|platform| platform.os != "unknown").map(|platform| platform.label()).collect();
    }
    let attrs: BTreeMap<String, serde_json::Value> =
        extra_attrs.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let text = |key: &str| attrs.get(key).and_then(|value| value.as_str()).map(str::to_owned);
    let (Some(os), Some(architecture)) = (text("os"), text("architecture")) else { return Vec::new() };
    let variant = text("variant").filter(|variant| !variant.is_empty());
    vec![Platform { architecture, os, os_version: None, variant }.label()]
}

/// Where a tag has been, newest first. Also of tags that were removed.
///
/// # Errors
/// [`Error::NotFound`] where nothing was ever pushed to the repository.
pub async fn history(
    domain: &Domain,
    access: &ProjectAccess<ListTags>,
    repo: &RepoName,
    tag: &str,
    query: &ListQuery,
) -> Result<Paged<TagHistoryEntry>> {
    belongs(access.project().name == repo.project())?;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let repository = query::registry::repository(&mut conn, repo.as_str()).await?.filter(|found| found.listed);
    let repository = repository.ok_or_else(|| repository::not_found(repo))?;
    let rows = query::tag::history(&mut conn, repository.id, tag, query).await?;
    Ok(rows.map(|row| TagHistoryEntry {
        tag: row.tag,
        digest: row.digest.map(|digest| digest.to_string()),
        operation: row.operation,
        at: row.at,
        username: row.actor,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_come_from_the_configuration_or_the_children() {
        assert_eq!(
            platforms(None, Some(r#"{"os":"linux","architecture":"arm64","variant":"v8"}"#)),
            ["linux/arm64/v8"]
        );
        assert!(platforms(None, None).is_empty());
        let child = |json: &str| query::artifact::Child {
            parent: 1,
            child: None,
            digest: berth_types::Digest::Sha256([1; 32]),
            descriptor: Some(json.to_owned()),
        };
        let digest = berth_types::Digest::Sha256([1; 32]);
        let line = |os: &str| {
            format!(
                r#"{{"mediaType":"x","digest":"{digest}","size":1,"platform":{{"os":"{os}","architecture":"amd64"}}}}"#
            )
        };
        let children = vec![child(&line("linux")), child(&line("unknown"))];
        assert_eq!(platforms(Some(&children), None), ["linux/amd64"]);
    }
}
