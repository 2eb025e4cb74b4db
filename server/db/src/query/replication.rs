//! Replication policies.

use berth_types::{Timestamp, page::Paged, query::ListQuery};

use super::list::{Column, List, Source};
use crate::{Conn, Result, Row, args};

/// A policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Row id.
    pub id: i64,
    /// What clients choose.
    pub values: Values,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What clients choose of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    /// Unique name.
    pub name: String,
    /// Free text.
    pub description: String,
    /// The registry that artifacts come from; nothing for this server.
    pub source_id: Option<i64>,
    /// The registry that artifacts go to; nothing for this server.
    pub destination_id: Option<i64>,
    /// Below what artifacts are put there.
    pub namespace: String,
    /// How many parts of the name the namespace takes the place of.
    pub replace_count: i64,
    /// What starts it.
    pub trigger_type: String,
    /// When, where the request had settings of the trigger.
    pub cron: Option<String>,
    /// Filters as JSON.
    pub filters: String,
    /// Whether removals are replicated.
    pub deletion: bool,
    /// Whether a tag that is there is moved.
    pub overrides: bool,
    /// Whether it runs at all.
    pub enabled: bool,
    /// KB a second and task.
    pub speed_kb: i64,
    /// Whether blobs go in pieces.
    pub copy_by_chunk: bool,
    /// Whether a run is left out while another one is under way.
    pub single_active: bool,
}

impl Policy {
    fn read(row: &Row) -> Result<Self> {
        Ok(Policy {
            id: row.get(0)?,
            values: Values {
                name: row.get(1)?,
                description: row.get(2)?,
                source_id: row.get(3)?,
                destination_id: row.get(4)?,
                namespace: row.get(5)?,
                replace_count: row.get(6)?,
                trigger_type: row.get(7)?,
                cron: row.get(8)?,
                filters: row.get(9)?,
                deletion: row.get(10)?,
                overrides: row.get(11)?,
                enabled: row.get(12)?,
                speed_kb: row.get(13)?,
                copy_by_chunk: row.get(14)?,
                single_active: row.get(15)?,
            },
            created_at: row.get(16)?,
            updated_at: row.get(17)?,
        })
    }
}

const POLICIES: Source = Source {
    select: "p.id, p.name, p.description, p.source_id, p.destination_id, p.namespace, p.replace_count, p.trigger_type,
             p.cron, p.filters, p.deletion, p.overrides, p.enabled, p.speed_kb, p.copy_by_chunk, p.single_active,
             p.created_at, p.updated_at",
    from: "replication_policies p",
    columns: &[
        Column::number("id", "p.id"),
        Column::text("name", "p.name"),
        Column::text("description", "p.description"),
        Column::text("dest_namespace", "p.namespace"),
        Column::number("src_registry_id", "p.source_id"),
        Column::number("dest_registry_id", "p.destination_id"),
        Column::flag("enabled", "p.enabled"),
        Column::flag("override", "p.overrides"),
        Column::time("creation_time", "p.created_at"),
        Column::time("update_time", "p.updated_at"),
    ],
    order: "p.id DESC",
    tie: "p.id DESC",
};

/// Policies, those whose name contains a text where one is given. Newest first.
///
/// # Errors
/// As the database says.
pub async fn list(conn: &mut Conn<'_>, name: Option<&str>, query: &ListQuery) -> Result<Paged<Policy>> {
    let mut list = List::of(POLICIES);
    if let Some(name) = name {
        list = list.containing("p.name", name);
    }
    let page = list.filtered(&query.filters).sorted(query).page(conn, query).await?;
    let items = page.items.iter().map(Policy::read).collect::<Result<_>>()?;
    Ok(Paged { items, total: page.total })
}

/// One policy.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn<'_>, id: i64) -> Result<Option<Policy>> {
    let list = List::of(POLICIES).and("p.id = ?", args![id]);
    list.slice(conn, 1, 0).await?.first().map(Policy::read).transpose()
}

/// Adds a policy. A taken name is a unique violation.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn<'_>, values: &Values, now: Timestamp) -> Result<i64> {
    let sql =
        "INSERT INTO replication_policies (name, description, source_id, destination_id, namespace, replace_count,
                 trigger_type, cron, filters, deletion, overrides, enabled, speed_kb, copy_by_chunk, single_active,
                 created_at, updated_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16) RETURNING id";
    conn.insert(
        sql,
        args![
            &values.name,
            &values.description,
            values.source_id,
            values.destination_id,
            &values.namespace,
            values.replace_count,
            &values.trigger_type,
            values.cron.clone(),
            &values.filters,
            values.deletion,
            values.overrides,
            values.enabled,
            values.speed_kb,
            values.copy_by_chunk,
            values.single_active,
            now,
        ],
    )
    .await
}

/// Changes a policy. A taken name is a unique violation. False where it is gone.
///
/// # Errors
/// As the database says.
pub async fn update(conn: &mut Conn<'_>, id: i64, values: &Values, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE replication_policies SET name = $2, description = $3, source_id = $4, destination_id = $5,
                 namespace = $6, replace_count = $7, trigger_type = $8, cron = $9, filters = $10, deletion = $11,
                 overrides = $12, enabled = $13, speed_kb = $14, copy_by_chunk = $15, single_active = $16, updated_at = $17
               WHERE id = $1";
    let changed = conn
        .execute(
            sql,
            args![
                id,
                &values.name,
                &values.description,
                values.source_id,
                values.destination_id,
                &values.namespace,
                values.replace_count,
                &values.trigger_type,
                values.cron.clone(),
                &values.filters,
                values.deletion,
                values.overrides,
                values.enabled,
                values.speed_kb,
                values.copy_by_chunk,
                values.single_active,
                now,
            ],
        )
        .await?;
    Ok(changed > 0)
}

/// Removes a policy. False where it was gone.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn<'_>, id: i64) -> Result<bool> {
    Ok(conn.execute("DELETE FROM replication_policies WHERE id = $1", args![id]).await? > 0)
}
