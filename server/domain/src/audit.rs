//! The audit log: who did what, when, from where, and whether it worked.
//!
//! A change writes its entry in its own transaction with [`record`], so that there is no change without an entry.

use berth_db::{Conn, args, query};
use berth_types::{
    ProjectId, Timestamp,
    api::{AuditLogEventType, AuditLogExt},
    page::Paged,
    query::ListQuery,
};

use crate::{
    Actor, Domain, Result,
    authz::{AuditView, ListAudit, ListLogs, ProjectAccess, SystemAccess},
};

/// An entry to be written.
#[derive(Clone, Debug)]
pub struct Entry {
    /// `create`, `update`, `delete`, `pull`, `login`, `logout`.
    pub operation: &'static str,
    /// `artifact`, `tag`, `repository`, `project`, `member`, `user`, `configuration`, `robot`.
    pub resource_type: &'static str,
    /// What it was done to.
    pub resource: String,
    /// In which project.
    pub project_id: Option<ProjectId>,
    /// A sentence, as Harbor words it: `create project: library`.
    pub description: String,
    /// Whether it worked.
    pub successful: bool,
}

impl Entry {
    /// An entry of something that worked, described as Harbor does: `<operation> <type>: <resource>`.
    pub fn success(operation: &'static str, resource_type: &'static str, resource: impl Into<String>) -> Self {
        let resource = resource.into();
        let description = format!("{operation} {resource_type}: {resource}");
        Entry { operation, resource_type, resource, project_id: None, description, successful: true }
    }

    /// The same, in a project.
    #[must_use]
    pub fn in_project(mut self, project: ProjectId) -> Self {
        self.project_id = Some(project);
        self
    }

    /// The same, as something that did not work.
    #[must_use]
    pub fn failed(mut self) -> Self {
        self.successful = false;
        self
    }

    /// The same with another sentence.
    #[must_use]
    pub fn described(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }
}

/// Writes an entry inside the transaction of the change.
///
/// # Errors
/// As the database says.
pub(crate) async fn record(conn: &mut Conn<'_>, actor: &Actor, now: Timestamp, entry: &Entry) -> Result<()> {
    conn.execute(
        "INSERT INTO audit (at, username, operation, resource_type, resource, project_id, description, successful, client_address, request_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        args![
            now,
            &*actor.name,
            entry.operation,
            entry.resource_type,
            &entry.resource,
            entry.project_id.map(|id| id.0),
            &entry.description,
            entry.successful,
            &*actor.address,
            &*actor.request_id,
        ],
    )
    .await?;
    Ok(())
}

/// The kinds of event that are logged, as Harbor names them.
pub const EVENT_TYPES: [&str; 18] = [
    "create_artifact",
    "delete_artifact",
    "pull_artifact",
    "create_project",
    "delete_project",
    "update_project",
    "delete_repository",
    "login_user",
    "logout_user",
    "create_user",
    "delete_user",
    "update_user",
    "create_robot",
    "delete_robot",
    "update_configuration",
    "create_member",
    "update_member",
    "delete_member",
];

fn shown(row: query::audit::Entry) -> AuditLogExt {
    AuditLogExt {
        id: row.id,
        username: row.username,
        resource: row.resource,
        resource_type: row.resource_type,
        operation: row.operation,
        operation_description: row.description,
        operation_result: row.successful,
        op_time: row.at,
        client_address: row.client_address,
    }
}

/// The entries of the whole system that somebody may see, newest first.
///
/// # Errors
/// What the database says.
pub async fn list(domain: &Domain, view: &AuditView, query: &ListQuery) -> Result<Paged<AuditLogExt>> {
    let mut reader = domain.db.reader().await?;
    Ok(query::audit::list(&mut reader.conn(), view.scope(), query).await?.map(shown))
}

/// The entries of a project, newest first.
///
/// # Errors
/// What the database says.
pub async fn list_of(
    domain: &Domain,
    access: &ProjectAccess<ListLogs>,
    query: &ListQuery,
) -> Result<Paged<AuditLogExt>> {
    let scope = query::audit::Scope::Project(access.project_id().0);
    let mut reader = domain.db.reader().await?;
    Ok(query::audit::list(&mut reader.conn(), &scope, query).await?.map(shown))
}

/// The kinds of event that are logged.
pub fn event_types(_access: &SystemAccess<ListAudit>) -> Vec<AuditLogEventType> {
    EVENT_TYPES.iter().map(|name| AuditLogEventType { event_type: (*name).to_owned() }).collect()
}
