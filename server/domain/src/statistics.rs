//! Counts over all that somebody may see.

use berth_db::query;
use berth_types::api::Statistic;

use crate::{Domain, Result, authz::SignedIn};

/// Counts of projects and repositories; totals and bytes are for administrators.
///
/// # Errors
/// What the database says.
pub async fn get(domain: &Domain, access: &SignedIn) -> Result<Statistic> {
    let actor = access.actor();
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    // Robots are no members; they see what is public.
    let member = if actor.is_sysadmin() { None } else { Some(actor.user_id().map_or(0, |id| id.0)) };
    let counts = query::statistics::counts(&mut conn, member).await?;
    let mut statistic = Statistic {
        private_project_count: counts.private_projects,
        private_repo_count: counts.private_repositories,
        public_project_count: counts.public_projects,
        public_repo_count: counts.public_repositories,
        ..Statistic::default()
    };
    if actor.is_sysadmin() {
        statistic.total_project_count = counts.private_projects + counts.public_projects;
        statistic.total_repo_count = counts.private_repositories + counts.public_repositories;
        statistic.total_storage_consumption = query::statistics::storage(&mut conn).await?;
    }
    Ok(statistic)
}
