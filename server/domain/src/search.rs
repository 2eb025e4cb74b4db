//! The global search: projects and repositories by part of their name.

use berth_db::query;
use berth_types::{
    ProjectId,
    api::{Search, SearchRepository},
};

use crate::{
    Domain, Result,
    authz::Visible,
    project::{self, Detail},
};

/// The most hits of each kind. A search that finds more wants more letters.
const HITS_MAX: i64 = 500;

/// What somebody may see whose name contains a text.
///
/// # Errors
/// What the database says.
pub async fn find(domain: &Domain, visible: &Visible, text: &str) -> Result<Search> {
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let scope = visible.scope();
    let projects = query::project::search(&mut conn, &scope, text, HITS_MAX).await?;
    let repositories = query::repository::search(&mut conn, &scope, text, HITS_MAX).await?;
    let shown = |row: query::repository::Repository| SearchRepository {
        project_id: ProjectId(row.project_id),
        project_name: row.project_name,
        project_public: row.project_public,
        repository_name: row.name,
        pull_count: row.pull_count,
        artifact_count: row.artifact_count,
    };
    Ok(Search {
        project: project::describe(&mut conn, visible.actor(), projects, Detail::Found).await?,
        repository: repositories.into_iter().map(shown).collect(),
    })
}
