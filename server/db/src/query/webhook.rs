//! Webhook policies.

use berth_types::{Timestamp, page::Paged, query::ListQuery};

use super::list::{Column, List, Source};
use crate::{Conn, Result, Row, args};

/// A policy as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Row id.
    pub id: i64,
    /// The project's row id.
    pub project_id: i64,
    /// What clients set.
    pub content: Content,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What clients set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Name, unique in the project.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Whether anything is sent.
    pub enabled: bool,
    /// Receivers, as JSON; what is secret in it is sealed.
    pub targets: String,
    /// Kinds of event, as JSON.
    pub event_types: String,
}

impl Policy {
    fn read(row: &Row) -> Result<Self> {
        Ok(Policy {
            id: row.get(0)?,
            project_id: row.get(1)?,
            content: Content {
                name: row.get(2)?,
                description: row.get(3)?,
                enabled: row.get(4)?,
                targets: row.get(5)?,
                event_types: row.get(6)?,
            },
            created_at: row.get(7)?,
            updated_at: row.get(8)?,
        })
    }
}

const POLICIES: Source = Source {
    select: "w.id, w.project_id, w.name, w.description, w.enabled, w.targets, w.event_types, w.created_at, w.updated_at",
    from: "webhook_policies w",
    columns: &[
        Column::number("id", "w.id"),
        Column::text("name", "w.name"),
        Column::text("description", "w.description"),
        Column::flag("enabled", "w.enabled"),
        Column::time("creation_time", "w.created_at"),
        Column::time("update_time", "w.updated_at"),
    ],
    order: "w.created_at DESC",
    tie: "w.id DESC",
};

/// The policies of a project, newest first.
///
/// # Errors
/// As the database says.
pub async fn list(conn: &mut Conn<'_>, project: i64, query: &ListQuery) -> Result<Paged<Policy>> {
    let list = List::of(POLICIES).and("w.project_id = ?", args![project]).filtered(&query.filters).sorted(query);
    let rows = list.page(conn, query).await?;
    let items = rows.items.iter().map(Policy::read).collect::<Result<_>>()?;
    Ok(Paged { items, total: rows.total })
}

/// The policies of a project by name, `limit` at most.
///
/// # Errors
/// As the database says.
pub async fn all(conn: &mut Conn<'_>, project: i64, limit: i64) -> Result<Vec<Policy>> {
    let sql =
        format!("SELECT {} FROM {} WHERE w.project_id = $1 ORDER BY w.name LIMIT $2", POLICIES.select, POLICIES.from);
    conn.rows(&sql, args![project, limit]).await?.iter().map(Policy::read).collect()
}

/// How many policies a project has.
///
/// # Errors
/// As the database says.
pub async fn count(conn: &mut Conn<'_>, project: i64) -> Result<i64> {
    List::of(POLICIES).and("w.project_id = ?", args![project]).count(conn).await
}

/// One policy, of whichever project.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn<'_>, id: i64) -> Result<Option<Policy>> {
    let sql = format!("SELECT {} FROM {} WHERE w.id = $1", POLICIES.select, POLICIES.from);
    conn.row(&sql, args![id]).await?.as_ref().map(Policy::read).transpose()
}

/// Adds a policy and says its row id.
///
/// # Errors
/// As the database says; [`crate::DbError::Unique`] for a name that is taken.
pub async fn insert(conn: &mut Conn<'_>, project: i64, content: &Content, now: Timestamp) -> Result<i64> {
    let sql = "INSERT INTO webhook_policies
                   (project_id, name, description, enabled, targets, event_types, created_at, updated_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING id";
    let Content { name, description, enabled, targets, event_types } = content;
    conn.insert(sql, args![project, name, description, *enabled, targets, event_types, now]).await
}

/// Changes a policy of a project. False where there is none.
///
/// # Errors
/// As the database says; [`crate::DbError::Unique`] for a name that is taken.
pub async fn update(conn: &mut Conn<'_>, project: i64, id: i64, content: &Content, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE webhook_policies
               SET name = $3, description = $4, enabled = $5, targets = $6, event_types = $7, updated_at = $8
               WHERE project_id = $1 AND id = $2";
    let Content { name, description, enabled, targets, event_types } = content;
    let values = args![project, id, name, description, *enabled, targets, event_types, now];
    Ok(conn.execute(sql, values).await? > 0)
}

/// Removes a policy of a project. False where there is none.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn<'_>, project: i64, id: i64) -> Result<bool> {
    let sql = "DELETE FROM webhook_policies WHERE project_id = $1 AND id = $2";
    Ok(conn.execute(sql, args![project, id]).await? > 0)
}

/// Removes all policies of a project.
///
/// # Errors
/// As the database says.
pub async fn delete_all(conn: &mut Conn<'_>, project: i64) -> Result<()> {
    conn.execute("DELETE FROM webhook_policies WHERE project_id = $1", args![project]).await?;
    Ok(())
}
