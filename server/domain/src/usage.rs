//! What projects and repositories hold, counted from what is there.

use berth_db::query;
use berth_types::{
    Timestamp,
    api::{ProjectStorage, ProjectUsage, RepositoryUsage, SystemUsage},
    page::Paged,
    query::ListQuery,
};

use crate::{
    Domain, Error, Result,
    authz::{ListQuotas, ListRepositories, ProjectAccess, ReadQuota, SystemAccess},
};

/// The longest time of which somebody asks whether something was unused, in days.
const UNUSED_DAYS_MAX: i64 = 3650;
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// The storage of a project. Only administrators of the system are told what other projects have as well: with it,
/// pushing a guessed file into a project of one's own would tell whether somebody else's private project has it.
///
/// # Errors
/// What the database says.
pub async fn of_project(domain: &Domain, access: &ProjectAccess<ReadQuota>) -> Result<ProjectUsage> {
    let mut reader = domain.db.reader().await?;
    let conn = &mut reader.conn();
    let project = access.project_id().0;
    let row = query::usage::of_project(conn, project).await?;
    let shared =
        if access.actor().is_sysadmin() { Some(query::usage::in_other_projects(conn, project).await?) } else { None };
    Ok(ProjectUsage {
        limit: row.limit,
        used: row.used,
        reserved: row.reserved,
        shared,
        repositories: row.repositories,
        saved: row.repositories.saturating_sub(row.used),
    })
}

/// What the repositories of a project hold; where days are given, those of which nothing was pushed or pulled for so long.
///
/// # Errors
/// [`Error::BadRequest`] for a number of days that is none.
pub async fn of_repositories(
    domain: &Domain,
    access: &ProjectAccess<ListRepositories>,
    unused_days: Option<i64>,
    query: &ListQuery,
) -> Result<Paged<RepositoryUsage>> {
    let since = unused_since(domain, unused_days)?;
    // The quota of a project is what its members may know of its size.
    access.also::<ReadQuota>()?;
    let mut reader = domain.db.reader().await?;
    let rows = query::usage::repositories(&mut reader.conn(), Some(access.project_id().0), since, query).await?;
    Ok(rows.map(repository))
}

/// What the repositories of all projects hold; where days are given, those of which nothing was pushed or pulled for so
/// long.
///
/// # Errors
/// [`Error::BadRequest`] for a number of days that is none.
pub async fn of_all_repositories(
    domain: &Domain,
    _access: &SystemAccess<ListQuotas>,
    unused_days: Option<i64>,
    query: &ListQuery,
) -> Result<Paged<RepositoryUsage>> {
    let since = unused_since(domain, unused_days)?;
    let mut reader = domain.db.reader().await?;
    let rows = query::usage::repositories(&mut reader.conn(), None, since, query).await?;
    Ok(rows.map(repository))
}

/// What all projects hold.
///
/// # Errors
/// What the database says.
pub async fn of_projects(
    domain: &Domain,
    _access: &SystemAccess<ListQuotas>,
    query: &ListQuery,
) -> Result<Paged<ProjectStorage>> {
    let rows = query::usage::projects(&mut domain.db.reader().await?.conn(), query).await?;
    Ok(rows.map(|row| ProjectStorage {
        name: row.name,
        used: row.used,
        own: row.used.saturating_sub(row.shared).max(0),
        shared: row.shared,
        repo_count: row.repository_count,
        artifact_count: row.artifact_count,
        pull_count: row.pull_count,
        push_time: row.pushed_at,
        pull_time: row.pulled_at,
    }))
}

/// The storage of the whole installation.
///
/// # Errors
/// What the database says.
pub async fn of_system(domain: &Domain, _access: &SystemAccess<ListQuotas>) -> Result<SystemUsage> {
    let row = query::usage::total(&mut domain.db.reader().await?.conn()).await?;
    Ok(SystemUsage {
        projects: row.projects,
        used: row.used,
        stored: row.stored,
        unlinked: row.unlinked,
        reserved: row.reserved,
        saved: row.used.saturating_sub(row.stored.saturating_sub(row.unlinked)).max(0),
    })
}

/// The moment since which something was unused for so many days.
fn unused_since(domain: &Domain, days: Option<i64>) -> Result<Option<Timestamp>> {
    match days {
        None => Ok(None),
        Some(days) if (1..=UNUSED_DAYS_MAX).contains(&days) => Ok(Some(domain.now().plus_seconds(-days * DAY_SECONDS))),
        Some(days) => Err(Error::BadRequest(format!("unused_days is from 1 to {UNUSED_DAYS_MAX}, not {days}"))),
    }
}

fn repository(row: query::usage::Repository) -> RepositoryUsage {
    RepositoryUsage {
        name: row.name,
        artifact_count: row.artifact_count,
        pull_count: row.pull_count,
        bytes: row.bytes,
        shared: row.shared,
        push_time: row.pushed_at,
        pull_time: row.pulled_at,
    }
}
