//! Repositories: lists, descriptions, removal.

use berth_db::query;
use berth_types::{ProjectId, RepoName, RepositoryId, api::Repository, page::Paged, query::ListQuery};

use crate::{
    Domain, Error, Result, audit,
    authz::{DeleteRepository, ListRepositories, ProjectAccess, ReadRepository, UpdateRepository, Visible},
    blob::belongs,
    policy,
};

fn shown(row: query::repository::Repository) -> Repository {
    Repository {
        id: RepositoryId(row.id),
        project_id: ProjectId(row.project_id),
        name: row.name,
        description: row.description,
        artifact_count: row.artifact_count,
        pull_count: row.pull_count,
        creation_time: row.created_at,
        update_time: row.updated_at,
    }
}

/// What a repository that does not exist is answered with.
pub(crate) fn not_found(name: impl std::fmt::Display) -> Error {
    Error::NotFound(format!("repository {name} not found"))
}

/// The repositories that somebody may see.
///
/// # Errors
/// What the database says.
pub async fn list_all(domain: &Domain, visible: &Visible, query: &ListQuery) -> Result<Paged<Repository>> {
    let mut reader = domain.db.reader().await?;
    Ok(query::repository::list(&mut reader.conn(), &visible.scope(), query).await?.map(shown))
}

/// The repositories of a project.
///
/// # Errors
/// What the database says.
pub async fn list(
    domain: &Domain,
    access: &ProjectAccess<ListRepositories>,
    query: &ListQuery,
) -> Result<Paged<Repository>> {
    let mut reader = domain.db.reader().await?;
    Ok(query::repository::list_of(&mut reader.conn(), access.project_id().0, query).await?.map(shown))
}

/// One repository.
///
/// # Errors
/// [`Error::NotFound`] where nothing was ever pushed there.
pub async fn get(domain: &Domain, access: &ProjectAccess<ReadRepository>, repo: &RepoName) -> Result<Repository> {
    belongs(access.project().name == repo.project())?;
    let found = query::repository::by_name(&mut domain.db.reader().await?.conn(), repo.as_str()).await?;
    found.map(shown).ok_or_else(|| not_found(repo))
}

/// Changes the description.
///
/// # Errors
/// [`Error::NotFound`] where nothing was ever pushed there.
pub async fn describe(
    domain: &Domain,
    access: &ProjectAccess<UpdateRepository>,
    repo: &RepoName,
    description: &str,
) -> Result<()> {
    belongs(access.project().name == repo.project())?;
    crate::limit::check_description(description)?;
    let args = (access.clone(), repo.clone(), description.to_owned(), domain.now());
    domain
        .db
        .write(args, |tx, (access, repo, description, now)| {
            Box::pin(async move {
                let found = query::repository::by_name(tx, repo.as_str()).await?.ok_or_else(|| not_found(repo))?;
                query::repository::describe(tx, found.id, description, *now).await?;
                let entry =
                    audit::Entry::success("update", "repository", repo.as_str()).in_project(access.project_id());
                audit::record(tx, access.actor(), *now, &entry).await
            })
        })
        .await
}

/// Removes a repository with everything in it. Bytes go when garbage collection finds them unused.
///
/// # Errors
/// [`Error::NotFound`] where nothing was ever pushed there; [`Error::Precondition`] where a rule protects one of its
/// tags.
pub async fn delete(domain: &Domain, access: &ProjectAccess<DeleteRepository>, repo: &RepoName) -> Result<()> {
    belongs(access.project().name == repo.project())?;
    let args = (access.clone(), repo.clone(), domain.now());
    domain
        .db
        .write(args, |tx, (access, repo, now)| {
            Box::pin(async move {
                let found = query::repository::by_name(tx, repo.as_str()).await?.ok_or_else(|| not_found(repo))?;
                query::push::lock_repository(tx, found.id).await?;
                policy::before_clearing(tx, access.project_id(), repo, found.id).await?;
                query::repository::delete(tx, access.project_id().0, found.id, *now).await?;
                let entry =
                    audit::Entry::success("delete", "repository", repo.as_str()).in_project(access.project_id());
                audit::record(tx, access.actor(), *now, &entry).await?;
                let payload = serde_json::json!({ "repository": repo.as_str() }).to_string();
                query::push::add_event(tx, "delete_repository", Some(access.project_id().0), &payload, *now).await?;
                Ok(())
            })
        })
        .await
}
