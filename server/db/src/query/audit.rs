//! The audit log, read.

use berth_types::{Timestamp, page::Paged, query::ListQuery};

use super::list::{Column, List, Source};
use crate::{Conn, Result, Row, args};

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
        Column::text("client_address", "a.client_address"),
    ],
    order: "a.at DESC",
    tie: "a.id DESC",
};

/// Entries in scope, newest first.
///
/// # Errors
/// As the database says.
pub async fn list(conn: &mut Conn<'_>, scope: &Scope, query: &ListQuery) -> Result<Paged<Entry>> {
    let list = List::of(ENTRIES);
    let list = match scope {
        Scope::All => list,
        Scope::Project(id) => list.and("a.project_id = ?", args![*id]),
        Scope::Roles(user, roles) => {
            let marks = vec!["?"; roles.len()].join(", ");
            let condition =
                format!("a.project_id IN (SELECT project_id FROM members WHERE user_id = ? AND role IN ({marks}))");
            list.and(&condition, &super::with_ids(*user, roles))
        }
    };
    let rows = list.filtered(&query.filters).sorted(query).page(conn, query).await?;
    let items = rows.items.iter().map(Entry::read).collect::<Result<_>>()?;
    Ok(Paged { items, total: rows.total })
}
