//! The audit log: who did what, when, from where, and whether it worked.
//!
//! A change writes its entry in its own transaction with [`record`], so that there is no change without an entry.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use berth_db::{Conn, journal::AuditRow, query};
use berth_types::{
    ProjectId, Timestamp,
    api::{AuditEntry, AuditLogEventType},
    audit::{EVENT_TYPES, KINDS, OPERATIONS},
    page::Paged,
    query::ListQuery,
};

use query::audit::Scope;

use crate::{
    Actor, Domain, Result,
    authz::{AuditView, ListAudit, ListLogs, ProjectAccess, SystemAccess},
};

/// An entry to be written.
#[derive(Clone, Debug)]
pub struct Entry {
    /// One of [`OPERATIONS`].
    pub operation: &'static str,
    /// One of [`KINDS`].
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

/// Writes an entry inside the transaction of the change. Where entries go is decided by [`crate::forward::Forward`].
///
/// # Errors
/// As the database says.
pub(crate) async fn record(conn: &mut Conn<'_>, actor: &Actor, now: Timestamp, entry: &Entry) -> Result<()> {
    // Whoever shows the log has texts for these words; every entry of every test comes by here.
    debug_assert!(OPERATIONS.contains(&entry.operation), "no operation is called {}", entry.operation);
    debug_assert!(KINDS.contains(&entry.resource_type), "no kind is called {}", entry.resource_type);
    let row = AuditRow {
        at: now,
        username: actor.name.to_string(),
        operation: entry.operation.to_owned(),
        resource_type: entry.resource_type.to_owned(),
        resource: entry.resource.clone(),
        project_id: entry.project_id.map(|id| id.0),
        description: entry.description.clone(),
        successful: entry.successful,
        client_address: actor.address.to_string(),
        request_id: actor.request_id.to_string(),
    };
    Ok(query::audit::insert(conn, row).await?)
}

/// Entries younger than this are counted every time: a transaction that is under way may still add older ones.
const SETTLED_SECONDS: i64 = 60;
/// How long a number of settled entries holds, where nothing was taken from their beginning.
const COUNT_HOLDS: Duration = Duration::from_secs(60);
/// Scopes whose number is remembered.
const COUNTS_MAX: usize = 1024;

/// How many entries there are. Counting a million of them for every page would cost more than the page.
#[derive(Debug, Default)]
pub(crate) struct Counts(Mutex<HashMap<Option<i64>, Counted>>);

#[derive(Clone, Copy, Debug)]
struct Counted {
    /// Entries until this moment were counted.
    until: Timestamp,
    entries: i64,
    /// The oldest of them. A purge changes it.
    oldest: Option<Timestamp>,
    at: Instant,
}

impl Counts {
    /// The number of entries of everything or of a project. Nothing for scopes that nobody remembers.
    async fn of(&self, conn: &mut Conn<'_>, scope: &Scope, now: Timestamp) -> Result<Option<i64>> {
        let key = match scope {
            Scope::All => None,
            Scope::Project(id) => Some(*id),
            Scope::Roles(..) => return Ok(None),
        };
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        let oldest = query::audit::oldest(conn, scope).await?;
        let counted = match known.filter(|known| known.at.elapsed() < COUNT_HOLDS && known.oldest == oldest) {
            Some(known) => known,
            None => {
                let until = now.plus_seconds(-SETTLED_SECONDS);
                let entries = query::audit::count_between(conn, scope, None, Some(until)).await?;
                let counted = Counted { until, entries, oldest, at: Instant::now() };
                let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                if counts.len() >= COUNTS_MAX {
                    counts.clear();
                }
                counts.insert(key, counted);
                counted
            }
        };
        Ok(Some(counted.entries + query::audit::count_between(conn, scope, Some(counted.until), None).await?))
    }
}

pub(crate) fn shown(row: query::audit::Entry) -> AuditEntry {
    AuditEntry {
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
pub async fn list(domain: &Domain, view: &AuditView, query: &ListQuery) -> Result<Paged<AuditEntry>> {
    page(domain, view.scope(), query).await
}

/// The entries of a project, newest first.
///
/// # Errors
/// What the database says.
pub async fn list_of(
    domain: &Domain,
    access: &ProjectAccess<ListLogs>,
    query: &ListQuery,
) -> Result<Paged<AuditEntry>> {
    page(domain, &Scope::Project(access.project_id().0), query).await
}

async fn page(domain: &Domain, scope: &Scope, query: &ListQuery) -> Result<Paged<AuditEntry>> {
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let total =
        if query.filters.is_empty() { domain.audit_counts.of(&mut conn, scope, domain.now()).await? } else { None };
    Ok(query::audit::list(&mut conn, scope, query, total).await?.map(shown))
}

/// The kinds of event that are logged.
pub fn event_types(_access: &SystemAccess<ListAudit>) -> Vec<AuditLogEventType> {
    EVENT_TYPES.iter().map(|name| AuditLogEventType { event_type: (*name).to_owned() }).collect()
}
