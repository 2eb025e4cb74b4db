//! P2P networks, and which images of which projects are brought into them.

use berth_types::{Timestamp, page::Paged, query::ListQuery};

use super::list::{Column, List, Source};
use crate::{Conn, Result, Row, args};

/// A P2P network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Row id.
    pub id: i64,
    /// What administrators set.
    pub content: InstanceContent,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What administrators set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceContent {
    /// Name.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Kind of network.
    pub vendor: String,
    /// Address.
    pub endpoint: String,
    /// How requests say who asks.
    pub auth_mode: String,
    /// The credential, sealed.
    pub auth_info: Option<Vec<u8>>,
    /// Whether it is used.
    pub enabled: bool,
    /// Whether new policies are for it.
    pub is_default: bool,
    /// Whether it need not prove who it is.
    pub insecure: bool,
}

impl Instance {
    fn read(row: &Row) -> Result<Self> {
        Ok(Instance {
            id: row.get(0)?,
            content: InstanceContent {
                name: row.get(1)?,
                description: row.get(2)?,
                vendor: row.get(3)?,
                endpoint: row.get(4)?,
                auth_mode: row.get(5)?,
                auth_info: row.get(6)?,
                enabled: row.get(7)?,
                is_default: row.get(8)?,
                insecure: row.get(9)?,
            },
            created_at: row.get(10)?,
        })
    }
}

const INSTANCES: Source = Source {
    select: "i.id, i.name, i.description, i.vendor, i.endpoint, i.auth_mode, i.auth_info, i.enabled, i.is_default,
             i.insecure, i.created_at",
    from: "preheat_instances i",
    columns: &[
        Column::number("id", "i.id"),
        Column::text("name", "i.name"),
        Column::text("description", "i.description"),
        Column::text("vendor", "i.vendor"),
        Column::text("endpoint", "i.endpoint"),
        Column::text("auth_mode", "i.auth_mode"),
        Column::flag("enabled", "i.enabled"),
        Column::flag("default", "i.is_default"),
        Column::flag("insecure", "i.insecure"),
        Column::number("setup_timestamp", "i.created_at / 1000000"),
    ],
    order: "i.id ASC",
    tie: "i.id ASC",
};

/// P2P networks, oldest first.
///
/// # Errors
/// As the database says.
pub async fn instances(conn: &mut Conn<'_>, query: &ListQuery) -> Result<Paged<Instance>> {
    let rows = List::of(INSTANCES).filtered(&query.filters).sorted(query).page(conn, query).await?;
    let items = rows.items.iter().map(Instance::read).collect::<Result<_>>()?;
    Ok(Paged { items, total: rows.total })
}

/// The first `limit` P2P networks.
///
/// # Errors
/// As the database says.
pub async fn first_instances(conn: &mut Conn<'_>, limit: i64) -> Result<Vec<Instance>> {
    List::of(INSTANCES).slice(conn, limit, 0).await?.iter().map(Instance::read).collect()
}

/// A P2P network by row id.
///
/// # Errors
/// As the database says.
pub async fn instance(conn: &mut Conn<'_>, id: i64) -> Result<Option<Instance>> {
    let found = List::of(INSTANCES).and("i.id = ?", args![id]).slice(conn, 1, 0).await?;
    found.first().map(Instance::read).transpose()
}

/// A P2P network by name.
///
/// # Errors
/// As the database says.
pub async fn instance_by_name(conn: &mut Conn<'_>, name: &str) -> Result<Option<Instance>> {
    let found = List::of(INSTANCES).and("i.name = ?", args![name]).slice(conn, 1, 0).await?;
    found.first().map(Instance::read).transpose()
}

/// Another P2P network that has this name or this address.
///
/// # Errors
/// As the database says.
pub async fn rival(conn: &mut Conn<'_>, id: i64, name: &str, endpoint: &str) -> Result<Option<Instance>> {
    let condition = "(i.name = ? OR i.endpoint = ?) AND i.id <> ?";
    let found = List::of(INSTANCES).and(condition, args![name, endpoint, id]).slice(conn, 1, 0).await?;
    found.first().map(Instance::read).transpose()
}

/// Adds a P2P network and says its row id.
///
/// # Errors
/// As the database says; [`crate::DbError::Unique`] for a name or address that is taken.
pub async fn insert_instance(conn: &mut Conn<'_>, content: &InstanceContent, now: Timestamp) -> Result<i64> {
    if content.is_default {
        super::take_turns(conn, "preheat_instances").await?;
    }
    let sql = "INSERT INTO preheat_instances
                   (name, description, vendor, endpoint, auth_mode, auth_info, enabled, is_default, insecure,
                    created_at, updated_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) RETURNING id";
    let InstanceContent { name, description, vendor, endpoint, auth_mode, auth_info, enabled, is_default, insecure } =
        content;
    let values =
        args![name, description, vendor, endpoint, auth_mode, auth_info.clone(), *enabled, *is_default, *insecure, now];
    conn.insert(sql, values).await
}

/// Changes a P2P network. False where there is none.
///
/// # Errors
/// As the database says; [`crate::DbError::Unique`] for a name or address that is taken.
pub async fn update_instance(conn: &mut Conn<'_>, id: i64, content: &InstanceContent, now: Timestamp) -> Result<bool> {
    if content.is_default {
        super::take_turns(conn, "preheat_instances").await?;
    }
    let sql = "UPDATE preheat_instances
               SET name = $2, description = $3, vendor = $4, endpoint = $5, auth_mode = $6, auth_info = $7,
                   enabled = $8, is_default = $9, insecure = $10, updated_at = $11
               WHERE id = $1";
    let InstanceContent { name, description, vendor, endpoint, auth_mode, auth_info, enabled, is_default, insecure } =
        content;
    let values = args![
        id,
        name,
        description,
        vendor,
        endpoint,
        auth_mode,
        auth_info.clone(),
        *enabled,
        *is_default,
        *insecure,
        now
    ];
    Ok(conn.execute(sql, values).await? > 0)
}

/// Makes one P2P network the only default.
///
/// # Errors
/// As the database says.
pub async fn keep_one_default(conn: &mut Conn<'_>, id: i64) -> Result<()> {
    let sql = "UPDATE preheat_instances SET is_default = FALSE WHERE is_default AND id <> $1";
    conn.execute(sql, args![id]).await?;
    Ok(())
}

/// Whether a policy is for a P2P network.
///
/// # Errors
/// As the database says.
pub async fn is_used(conn: &mut Conn<'_>, instance: i64) -> Result<bool> {
    let sql = "SELECT 1 FROM preheat_policies WHERE instance_id = $1 LIMIT 1";
    Ok(conn.row(sql, args![instance]).await?.is_some())
}

/// Removes a P2P network. False where there is none.
///
/// # Errors
/// As the database says.
pub async fn delete_instance(conn: &mut Conn<'_>, id: i64) -> Result<bool> {
    Ok(conn.execute("DELETE FROM preheat_instances WHERE id = $1", args![id]).await? > 0)
}

/// A policy of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Row id.
    pub id: i64,
    /// The project's row id.
    pub project_id: i64,
    /// What members set.
    pub content: PolicyContent,
    /// The name of its P2P network.
    pub instance_name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What members set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyContent {
    /// Row id of its P2P network.
    pub instance_id: i64,
    /// Name, unique in the project.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Which images, as JSON.
    pub filters: String,
    /// When, as JSON.
    pub trigger: String,
    /// What the provider is told, as JSON; empty for nothing.
    pub extra_attrs: String,
    /// Whether it runs.
    pub enabled: bool,
}

impl Policy {
    fn read(row: &Row) -> Result<Self> {
        Ok(Policy {
            id: row.get(0)?,
            project_id: row.get(1)?,
            content: PolicyContent {
                instance_id: row.get(2)?,
                name: row.get(3)?,
                description: row.get(4)?,
                filters: row.get(5)?,
                trigger: row.get(6)?,
                extra_attrs: row.get(7)?,
                enabled: row.get(8)?,
            },
            instance_name: row.get(9)?,
            created_at: row.get(10)?,
            updated_at: row.get(11)?,
        })
    }
}

const POLICIES: Source = Source {
    select: "p.id, p.project_id, p.instance_id, p.name, p.description, p.filters, p.trigger_rule, p.extra_attrs,
             p.enabled, i.name, p.created_at, p.updated_at",
    from: "preheat_policies p JOIN preheat_instances i ON i.id = p.instance_id",
    columns: &[
        Column::number("id", "p.id"),
        Column::text("name", "p.name"),
        Column::text("description", "p.description"),
        Column::number("provider_id", "p.instance_id"),
        Column::flag("enabled", "p.enabled"),
        Column::time("creation_time", "p.created_at"),
        Column::time("update_time", "p.updated_at"),
    ],
    order: "p.updated_at ASC",
    tie: "p.id DESC",
};

/// The policies of a project.
///
/// # Errors
/// As the database says.
pub async fn policies(conn: &mut Conn<'_>, project: i64, query: &ListQuery) -> Result<Paged<Policy>> {
    let list = List::of(POLICIES).and("p.project_id = ?", args![project]).filtered(&query.filters).sorted(query);
    let rows = list.page(conn, query).await?;
    let items = rows.items.iter().map(Policy::read).collect::<Result<_>>()?;
    Ok(Paged { items, total: rows.total })
}

/// A policy of a project by name.
///
/// # Errors
/// As the database says.
pub async fn policy(conn: &mut Conn<'_>, project: i64, name: &str) -> Result<Option<Policy>> {
    let list = List::of(POLICIES).and("p.project_id = ? AND p.name = ?", args![project, name]);
    list.slice(conn, 1, 0).await?.first().map(Policy::read).transpose()
}

/// Adds a policy and says its row id.
///
/// # Errors
/// As the database says; [`crate::DbError::Unique`] for a name that is taken.
pub async fn insert_policy(conn: &mut Conn<'_>, project: i64, content: &PolicyContent, now: Timestamp) -> Result<i64> {
    let sql = "INSERT INTO preheat_policies
                   (project_id, instance_id, name, description, filters, trigger_rule, extra_attrs, enabled,
                    created_at, updated_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) RETURNING id";
    let PolicyContent { instance_id, name, description, filters, trigger, extra_attrs, enabled } = content;
    conn.insert(sql, args![project, *instance_id, name, description, filters, trigger, extra_attrs, *enabled, now])
        .await
}

/// Changes a policy of a project. False where there is none.
///
/// # Errors
/// As the database says; [`crate::DbError::Unique`] for a name that is taken.
pub async fn update_policy(
    conn: &mut Conn<'_>,
    project: i64,
    id: i64,
    content: &PolicyContent,
    now: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE preheat_policies
               SET instance_id = $3, name = $4, description = $5, filters = $6, trigger_rule = $7, extra_attrs = $8,
                   enabled = $9, updated_at = $10
               WHERE project_id = $1 AND id = $2";
    let PolicyContent { instance_id, name, description, filters, trigger, extra_attrs, enabled } = content;
    let values = args![project, id, *instance_id, name, description, filters, trigger, extra_attrs, *enabled, now];
    Ok(conn.execute(sql, values).await? > 0)
}

/// Removes a policy of a project. False where there is none.
///
/// # Errors
/// As the database says.
pub async fn delete_policy(conn: &mut Conn<'_>, project: i64, name: &str) -> Result<bool> {
    let sql = "DELETE FROM preheat_policies WHERE project_id = $1 AND name = $2";
    Ok(conn.execute(sql, args![project, name]).await? > 0)
}

/// Removes all policies of a project.
///
/// # Errors
/// As the database says.
pub async fn delete_policies(conn: &mut Conn<'_>, project: i64) -> Result<()> {
    conn.execute("DELETE FROM preheat_policies WHERE project_id = $1", args![project]).await?;
    Ok(())
}
