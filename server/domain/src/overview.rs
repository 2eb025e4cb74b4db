//! Projects with what they hold, as the portal lists them, and the ones that people starred.

use berth_db::query;
use berth_types::{
    Action, ProjectId, Resource, Role,
    api::{ProjectOverview, StorageShare},
    page::Paged,
    policy::{Standing, project_allows},
    query::ListQuery,
};

use crate::{
    Domain, Error, Result,
    authz::{ProjectAccess, ReadProject, SelfAccess, Visible},
};

pub use query::overview::Filters;

/// The most projects that one person can star.
const STARS_MAX: i64 = 1000;

/// The projects that somebody may see, narrowed to those that they are a member of or starred.
///
/// # Errors
/// What the database says.
pub async fn list(
    domain: &Domain,
    visible: &Visible,
    filters: Filters,
    query: &ListQuery,
) -> Result<Paged<ProjectOverview>> {
    let actor = visible.actor();
    // No row has the id 0: who is no person is no member and has no stars.
    let user = actor.user_id().map_or(0, |id| id.0);
    let query = if actor.is_sysadmin() || filters.member { query.clone() } else { without_storage(query) };
    let mut reader = domain.db.reader().await?;
    let rows = query::overview::list(&mut reader.conn(), &visible.scope(), user, filters, &query).await?;
    let shown = |row: query::overview::Overview| {
        let sees_storage = actor.is_sysadmin() || sees_quota(row.role);
        let storage = StorageShare { used: row.storage_bytes_used, limit: row.storage_bytes_max };
        ProjectOverview {
            project_id: ProjectId(row.id),
            name: row.name,
            public: row.public,
            owner_name: row.owner_name,
            current_user_role_id: row.role,
            favorite: row.starred,
            repo_count: row.repository_count,
            storage: sees_storage.then_some(storage),
            push_time: row.pushed_at,
            creation_time: row.created_at,
            update_time: row.updated_at,
        }
    };
    Ok(rows.map(shown))
}

/// What is not shown is neither asked for nor an order: both would tell it step by step.
fn without_storage(query: &ListQuery) -> ListQuery {
    let mut query = query.clone();
    query.filters.retain(|filter| filter.key != "storage");
    query.sort.retain(|sort| sort.key != "storage");
    query
}

fn sees_quota(role: Option<i64>) -> bool {
    let role = role.and_then(Role::from_id);
    role.is_some_and(|role| project_allows(Standing::Member(role), Resource::Quota, Action::Read))
}

/// Stars a project for a person.
///
/// # Errors
/// [`Error::Precondition`] where the person has starred too many.
pub async fn star(domain: &Domain, access: &ProjectAccess<ReadProject>, person: &SelfAccess) -> Result<()> {
    let args = (person.user().0, access.project_id().0, domain.now());
    domain
        .db
        .write(args, |tx, (user, project, now)| {
            Box::pin(async move {
                if query::overview::star_count(tx, *user).await? >= STARS_MAX {
                    return Err(Error::Precondition(format!("{STARS_MAX} projects are starred at most")));
                }
                Ok(query::overview::star(tx, *user, *project, *now).await?)
            })
        })
        .await
}

/// Takes a star back.
///
/// # Errors
/// What the database says.
pub async fn unstar(domain: &Domain, access: &ProjectAccess<ReadProject>, person: &SelfAccess) -> Result<()> {
    let args = (person.user().0, access.project_id().0);
    domain
        .db
        .write(args, |tx, (user, project)| {
            Box::pin(async move { Ok(query::overview::unstar(tx, *user, *project).await?) })
        })
        .await
}
