//! The audit log.

use berth_types::{
    Timestamp,
    page::Paged,
    query::{Filter, ListQuery},
};

use super::list::{Column, List, Source};
use crate::{Conn, Result, Row, args, journal::AuditRow};

/// Writes an entry, if the journal wants it to be a row, and keeps it for the journal, if that wants to hear of it.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn<'_>, row: AuditRow) -> Result<()> {
    let route = conn.route(&row);
    if route.row {
        conn.execute(
            "INSERT INTO audit (at, username, operation, resource_type, resource, project_id, description, successful,
                                client_address, request_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            args![
                row.at,
                row.username.as_str(),
                row.operation.as_str(),
                row.resource_type.as_str(),
                row.resource.as_str(),
                row.project_id,
                row.description.as_str(),
                row.successful,
                row.client_address.as_str(),
                row.request_id.as_str(),
            ],
        )
        .await?;
    }
    if route.told {
        conn.tell(row);
    }
    Ok(())
}

/// An entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Row id.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub username: String,
    /// What was done.
    pub operation: String,
    /// To what kind of thing.
    pub resource_type: String,
    /// To which one.
    pub resource: String,
    /// A sentence.
    pub description: String,
    /// Whether it worked.
    pub successful: bool,
    /// From where.
    pub client_address: String,
}

impl Entry {
    fn read(row: &Row) -> Result<Self> {
        Ok(Entry {
            id: row.get(0)?,
            at: row.get(1)?,
            username: row.get(2)?,
            operation: row.get(3)?,
            resource_type: row.get(4)?,
            resource: row.get(5)?,
            description: row.get(6)?,
            successful: row.get(7)?,
            client_address: row.get(8)?,
        })
    }
}

/// Which entries a list shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Scope {
    /// All of them.
    All,
    /// Those of one project.
    Project(i64),
    /// Those of the projects in which a person has one of these role numbers.
    Roles(i64, Vec<i64>),
}

const ENTRIES: Source = Source {
    select: "a.id, a.at, a.username, a.operation, a.resource_type, a.resource, a.description, a.successful, a.client_address",
    from: "audit a",
    columns: &[
        Column::number("id", "a.id"),
        Column::time("op_time", "a.at"),
        Column::text("username", "a.username"),
        Column::text("operation", "a.operation"),
        Column::text("resource_type", "a.resource_type"),
        Column::text("resource", "a.resource"),
        Column::number("project_id", "a.project_id"),
        Column::text("operation_description", "a.description"),
        Column::flag("operation_result", "a.successful"),
        // The names of Harbor's own columns and fields, by which its scripts filter.
        Column::text("op_desc", "a.description"),
        Column::flag("op_result", "a.successful"),
        Column::flag("is_successful", "a.successful"),
        Column::text("client_address", "a.client_address"),
    ],
    order: "a.at DESC",
    tie: "a.id DESC",
};

const OLDEST_FIRST: Source = Source { order: "a.at ASC", tie: "a.id ASC", ..ENTRIES };

/// Entries in scope, newest first. `total` is their number where it is known.
///
/// # Errors
/// As the database says.
pub async fn list(conn: &mut Conn<'_>, scope: &Scope, query: &ListQuery, total: Option<i64>) -> Result<Paged<Entry>> {
    let list = within(List::of(ENTRIES), scope).filtered(&query.filters).sorted(query);
    let rows = match total {
        Some(total) => list.page_of(conn, query, total).await?,
        None => list.page(conn, query).await?,
    };
    let items = rows.items.iter().map(Entry::read).collect::<Result<_>>()?;
    Ok(Paged { items, total: rows.total })
}

/// When the oldest entry in scope was made.
///
/// # Errors
/// As the database says.
pub async fn oldest(conn: &mut Conn<'_>, scope: &Scope) -> Result<Option<Timestamp>> {
    let rows = within(List::of(OLDEST_FIRST), scope).slice(conn, 1, 0).await?;
    rows.first().map(|row| row.get(1)).transpose()
}

/// How many entries there are in scope after one moment and until another one.
///
/// # Errors
/// As the database says.
pub async fn count_between(
    conn: &mut Conn<'_>,
    scope: &Scope,
    after: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Result<i64> {
    let mut list = within(List::of(ENTRIES), scope);
    if let Some(after) = after {
        list = list.and("a.at > ?", args![after]);
    }
    if let Some(until) = until {
        list = list.and("a.at <= ?", args![until]);
    }
    list.count(conn).await
}

/// Which end of the log comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The newest entry first.
    NewestFirst,
    /// The oldest entry first.
    OldestFirst,
}

/// At most `limit` entries in scope that come behind the one with this moment and id, however many lie before it.
///
/// # Errors
/// As the database says.
pub async fn behind(
    conn: &mut Conn<'_>,
    scope: &Scope,
    filters: &[Filter],
    order: Order,
    place: Option<(Timestamp, i64)>,
    limit: i64,
) -> Result<Vec<Entry>> {
    let (source, beyond) = match order {
        Order::NewestFirst => (ENTRIES, "(a.at, a.id) < (?, ?)"),
        Order::OldestFirst => (OLDEST_FIRST, "(a.at, a.id) > (?, ?)"),
    };
    let mut list = within(List::of(source), scope).filtered(filters);
    if let Some((at, id)) = place {
        list = list.and(beyond, args![at, id]);
    }
    list.slice(conn, limit, 0).await?.iter().map(Entry::read).collect()
}

fn within(list: List, scope: &Scope) -> List {
    match scope {
        Scope::All => list,
        Scope::Project(id) => list.and("a.project_id = ?", args![*id]),
        Scope::Roles(user, roles) => {
            let marks = vec!["?"; roles.len()].join(", ");
            let condition =
                format!("a.project_id IN (SELECT project_id FROM members WHERE user_id = ? AND role IN ({marks}))");
            list.and(&condition, &super::with_ids(*user, roles))
        }
    }
}
