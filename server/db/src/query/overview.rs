//! Projects with what they hold, as the portal lists them, and the ones that people starred.

use std::collections::BTreeMap;

use berth_types::{Timestamp, page::Paged, query::ListQuery};

use super::{
    list::{Column, List, Source},
    project::Scope,
};
use crate::{Conn, Result, args};

/// A project with what it holds.
#[derive(Clone, Debug)]
pub struct Overview {
    /// Row id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Whether anybody may read it.
    pub public: bool,
    /// The owner's sign-in name.
    pub owner_name: String,
    /// The role number of whoever asks, if there is one.
    pub role: Option<i64>,
    /// Whether whoever asks starred it.
    pub starred: bool,
    /// Repositories that lists show.
    pub repository_count: i64,
    /// Bytes that it may hold; −1 for as many as there are.
    pub storage_bytes_max: i64,
    /// Bytes that it holds.
    pub storage_bytes_used: i64,
    /// When something was last pushed.
    pub pushed_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

/// Only the ids: what the rows show is read for those of the page alone.
const PROJECTS: Source = Source {
    select: "p.id",
    from: "projects p",
    columns: &[
        Column::text("name", "p.name"),
        Column::number("project_id", "p.id"),
        Column::flag("public", "p.public"),
        Column::time("creation_time", "p.created_at"),
        Column::time("update_time", "p.updated_at"),
        Column::time("push_time", "COALESCE((SELECT MAX(m.pushed_at) FROM manifests m WHERE m.project_id = p.id), 0)"),
        Column::number(
            "storage",
            "(p.storage_bytes_used
               + CAST(COALESCE((SELECT SUM(d.bytes) FROM quota_deltas d WHERE d.project_id = p.id), 0) AS BIGINT))",
        ),
        Column::number(
            "repo_count",
            "(SELECT COUNT(*) FROM repositories r WHERE r.project_id = p.id AND r.listed = TRUE)",
        ),
    ],
    order: "p.name ASC",
    tie: "p.id ASC",
};

/// What a list is narrowed to, beside `q`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// Only projects that whoever asks is a member of.
    pub member: bool,
    /// Only starred ones.
    pub starred: bool,
}

/// Projects in scope as a person sees them; nobody has the id 0.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn<'_>,
    scope: &Scope,
    user: i64,
    filters: Filters,
    query: &ListQuery,
) -> Result<Paged<Overview>> {
    let mut list = selected(scope, query);
    if filters.member {
        list = list.and("p.id IN (SELECT project_id FROM members WHERE user_id = ?)", args![user]);
    }
    if filters.starred {
        list = list.and("p.id IN (SELECT project_id FROM favorites WHERE user_id = ?)", args![user]);
    }
    let page = list.sorted(query).page(conn, query).await?;
    let ids: Vec<i64> = page.items.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
    let mut found = read(conn, &ids, user).await?;
    Ok(Paged { items: ids.iter().filter_map(|id| found.remove(id)).collect(), total: page.total })
}

/// What such a list of all of them shows, in no order.
pub(super) fn selected(scope: &Scope, query: &ListQuery) -> List {
    scope.apply(List::of(PROJECTS).and("p.deleted_at IS NULL", &[])).filtered(&query.filters)
}

async fn read(conn: &mut Conn<'_>, ids: &[i64], user: i64) -> Result<BTreeMap<i64, Overview>> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(super::CHUNK) {
        let sql = format!(
            "SELECT p.id, p.name, p.public, COALESCE(u.username, ''), b.role,
               CASE WHEN f.user_id IS NULL THEN FALSE ELSE TRUE END,
               (SELECT COUNT(*) FROM repositories r WHERE r.project_id = p.id AND r.listed = TRUE),
               p.storage_bytes_max,
               p.storage_bytes_used
                 + CAST(COALESCE((SELECT SUM(d.bytes) FROM quota_deltas d WHERE d.project_id = p.id), 0) AS BIGINT),
               (SELECT MAX(m.pushed_at) FROM manifests m WHERE m.project_id = p.id),
               p.created_at, p.updated_at
             FROM projects p LEFT JOIN users u ON u.id = p.owner_id
             LEFT JOIN members b ON b.project_id = p.id AND b.user_id = $1
             LEFT JOIN favorites f ON f.project_id = p.id AND f.user_id = $1
             WHERE p.id IN ({})",
            super::marks(2, chunk.len())
        );
        for row in conn.rows(&sql, &super::with_ids(user, chunk)).await? {
            let overview = Overview {
                id: row.get(0)?,
                name: row.get(1)?,
                public: row.get(2)?,
                owner_name: row.get(3)?,
                role: row.get(4)?,
                starred: row.get(5)?,
                repository_count: row.get(6)?,
                storage_bytes_max: row.get(7)?,
                storage_bytes_used: row.get(8)?,
                pushed_at: row.get(9)?,
                created_at: row.get(10)?,
                updated_at: row.get(11)?,
            };
            found.insert(overview.id, overview);
        }
    }
    Ok(found)
}

/// Stars a project. Once more is fine.
///
/// # Errors
/// As the database says.
pub async fn star(conn: &mut Conn<'_>, user: i64, project: i64, now: Timestamp) -> Result<()> {
    let sql = "INSERT INTO favorites (user_id, project_id, created_at) VALUES ($1, $2, $3)
               ON CONFLICT (user_id, project_id) DO NOTHING";
    conn.execute(sql, args![user, project, now]).await?;
    Ok(())
}

/// Takes a star back. One that is not there is fine.
///
/// # Errors
/// As the database says.
pub async fn unstar(conn: &mut Conn<'_>, user: i64, project: i64) -> Result<()> {
    conn.execute("DELETE FROM favorites WHERE user_id = $1 AND project_id = $2", args![user, project]).await?;
    Ok(())
}

/// How many projects somebody starred.
///
/// # Errors
/// As the database says.
pub async fn star_count(conn: &mut Conn<'_>, user: i64) -> Result<i64> {
    conn.row("SELECT COUNT(*) FROM favorites WHERE user_id = $1", args![user]).await?.map_or(Ok(0), |row| row.get(0))
}
