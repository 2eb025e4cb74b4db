//! Projects.

use std::collections::BTreeMap;

use berth_types::{Timestamp, page::Paged, query::ListQuery};

use super::list::{Column, List, Source};
use crate::{Backend, Conn, Result, Row, Value, args};

/// A project and what somebody is in it.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Row id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Whether anybody may read it.
    pub public: bool,
    /// When it was made.
    pub created_at: i64,
    /// The role number of the membership, if there is one.
    pub role: Option<i64>,
    /// Whether only images with a signature of cosign may be pulled.
    pub trust_cosign: bool,
    /// Whether only images with a signature of notation may be pulled.
    pub trust_notation: bool,
}

impl Standing {
    pub(super) fn read(row: &Row) -> Result<Self> {
        Ok(Standing {
            id: row.get(0)?,
            name: row.get(1)?,
            public: row.get(2)?,
            created_at: row.get(3)?,
            role: row.get(4)?,
            trust_cosign: row.get::<i64>(5)? > 0,
            trust_notation: row.get::<i64>(6)? > 0,
        })
    }
}

/// Whether settings ask for signatures, as columns.
pub(super) const TRUST: &str = "(SELECT COUNT(*) FROM project_metadata t
   WHERE t.project_id = p.id AND t.key = 'enable_content_trust_cosign' AND t.value = 'true'),
  (SELECT COUNT(*) FROM project_metadata t
   WHERE t.project_id = p.id AND t.key = 'enable_content_trust' AND t.value = 'true')";

/// A project by name, with the role of a person in it.
///
/// # Errors
/// As the database says.
pub async fn standing_by_name(conn: &mut Conn<'_>, name: &str, user_id: i64) -> Result<Option<Standing>> {
    let sql = format!(
        "SELECT p.id, p.name, p.public, p.created_at, m.role, {TRUST} FROM projects p
         LEFT JOIN members m ON m.project_id = p.id AND m.user_id = $2
         WHERE p.name = $1 AND p.deleted_at IS NULL"
    );
    conn.row(&sql, args![name, user_id]).await?.as_ref().map(Standing::read).transpose()
}

/// A project by id, with the role of a person in it.
///
/// # Errors
/// As the database says.
pub async fn standing_by_id(conn: &mut Conn<'_>, id: i64, user_id: i64) -> Result<Option<Standing>> {
    let sql = format!(
        "SELECT p.id, p.name, p.public, p.created_at, m.role, {TRUST} FROM projects p
         LEFT JOIN members m ON m.project_id = p.id AND m.user_id = $2
         WHERE p.id = $1 AND p.deleted_at IS NULL"
    );
    conn.row(&sql, args![id, user_id]).await?.as_ref().map(Standing::read).transpose()
}

/// Which projects a list shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Scope {
    /// All of them.
    All,
    /// Public ones.
    Public,
    /// Public ones and those that a person is a member of.
    Member(i64),
    /// Public ones and some by row id.
    Among(Vec<i64>),
}

impl Scope {
    /// Narrows a list whose projects have the alias `p`.
    pub fn apply(&self, list: List) -> List {
        match self {
            Scope::All => list,
            Scope::Public => list.and("p.public = TRUE", &[]),
            Scope::Member(user) => list.and(
                "(p.public = TRUE OR p.id IN (SELECT project_id FROM members WHERE user_id = ?))",
                &[Value::from(*user)],
            ),
            Scope::Among(ids) => {
                let marks = vec!["?"; ids.len()].join(", ");
                let values: Vec<Value> = ids.iter().map(|id| Value::from(*id)).collect();
                if ids.is_empty() {
                    return list.and("p.public = TRUE", &[]);
                }
                list.and(&format!("(p.public = TRUE OR p.id IN ({marks}))"), &values)
            }
        }
    }
}

/// A project as lists and pages show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// Row id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// The owner's row id.
    pub owner_id: i64,
    /// The owner's sign-in name.
    pub owner_name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Repositories that lists show.
    pub repository_count: i64,
}

impl Project {
    fn read(row: &Row) -> Result<Self> {
        Ok(Project {
            id: row.get(0)?,
            name: row.get(1)?,
            owner_id: row.get(2)?,
            owner_name: row.get(3)?,
            created_at: row.get(4)?,
            updated_at: row.get(5)?,
            repository_count: row.get(6)?,
        })
    }
}

const PROJECTS: Source = Source {
    select: "p.id, p.name, p.owner_id, u.username, p.created_at, p.updated_at,
             (SELECT COUNT(*) FROM repositories r WHERE r.project_id = p.id AND r.listed = TRUE)",
    from: "projects p JOIN users u ON u.id = p.owner_id",
    columns: &[
        Column::text("name", "p.name"),
        Column::number("project_id", "p.id"),
        Column::number("owner_id", "p.owner_id"),
        Column::text("owner", "u.username"),
        Column::flag("public", "p.public"),
        Column::time("creation_time", "p.created_at"),
        Column::time("update_time", "p.updated_at"),
    ],
    order: "p.name ASC",
    tie: "p.id ASC",
};

/// Legacy filters of a list of projects, beside `q`.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    /// Part of the name.
    pub name: Option<String>,
    /// Public or not.
    pub public: Option<bool>,
    /// The owner's sign-in name.
    pub owner: Option<String>,
}

/// Projects that are in scope.
///
/// # Errors
/// As the database says.
pub async fn list(conn: &mut Conn<'_>, scope: &Scope, filters: &Filters, query: &ListQuery) -> Result<Paged<Project>> {
    let mut list = scope.apply(List::of(PROJECTS).and("p.deleted_at IS NULL", &[]));
    if let Some(name) = &filters.name {
        list = list.containing("p.name", name);
    }
    if let Some(public) = filters.public {
        list = list.and("p.public = ?", args![public]);
    }
    if let Some(owner) = &filters.owner {
        list = list.and("u.username = ?", args![owner]);
    }
    let page = list.filtered(&query.filters).sorted(query).page(conn, query).await?;
    let items = page.items.iter().map(Project::read).collect::<Result<_>>()?;
    Ok(Paged { items, total: page.total })
}

/// Projects in scope whose name contains a text, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn search(conn: &mut Conn<'_>, scope: &Scope, text: &str, limit: i64) -> Result<Vec<Project>> {
    let list = scope.apply(List::of(PROJECTS).and("p.deleted_at IS NULL", &[])).containing("p.name", text);
    list.slice(conn, limit, 0).await?.iter().map(Project::read).collect()
}

/// One project.
///
/// # Errors
/// As the database says.
pub async fn by_id(conn: &mut Conn<'_>, id: i64) -> Result<Option<Project>> {
    let list = List::of(PROJECTS).and("p.deleted_at IS NULL AND p.id = ?", args![id]);
    list.slice(conn, 1, 0).await?.first().map(Project::read).transpose()
}

/// Whether a project has this name.
///
/// # Errors
/// As the database says.
pub async fn exists(conn: &mut Conn<'_>, name: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM projects WHERE name = $1 AND deleted_at IS NULL";
    Ok(conn.row(sql, args![name]).await?.is_some())
}

/// The role numbers of a person in some projects.
///
/// # Errors
/// As the database says.
pub async fn roles(conn: &mut Conn<'_>, user_id: i64, projects: &[i64]) -> Result<BTreeMap<i64, i64>> {
    let mut roles = BTreeMap::new();
    for chunk in projects.chunks(super::CHUNK) {
        let sql = format!(
            "SELECT project_id, role FROM members WHERE user_id = $1 AND project_id IN ({})",
            super::marks(2, chunk.len())
        );
        for row in conn.rows(&sql, &super::with_ids(user_id, chunk)).await? {
            roles.insert(row.get(0)?, row.get(1)?);
        }
    }
    Ok(roles)
}

/// Writes a project's row. A taken name is a unique violation.
///
/// # Errors
/// As the database says.
pub async fn insert(
    conn: &mut Conn<'_>,
    name: &str,
    owner_id: i64,
    public: bool,
    storage_bytes_max: i64,
    now: Timestamp,
) -> Result<i64> {
    let sql = "INSERT INTO projects (name, owner_id, public, storage_bytes_max, created_at, updated_at)
               VALUES ($1, $2, $3, $4, $5, $5) RETURNING id";
    conn.insert(sql, args![name, owner_id, public, storage_bytes_max, now]).await
}

/// Notes that something about a project changed.
///
/// # Errors
/// As the database says.
pub async fn touch(conn: &mut Conn<'_>, id: i64, now: Timestamp) -> Result<()> {
    conn.execute("UPDATE projects SET updated_at = $2 WHERE id = $1", args![id, now]).await?;
    Ok(())
}

/// Opens or closes a project, and ends the tokens that rest on what it was.
///
/// # Errors
/// As the database says.
pub async fn set_public(conn: &mut Conn<'_>, id: i64, public: bool) -> Result<()> {
    let sql = "UPDATE projects SET public = $2, epoch = epoch + 1 WHERE id = $1 AND public <> $2";
    conn.execute(sql, args![id, public]).await?;
    Ok(())
}

/// How many repositories of a project lists show.
///
/// # Errors
/// As the database says.
pub async fn repository_count(conn: &mut Conn<'_>, id: i64) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM repositories WHERE project_id = $1 AND listed = TRUE";
    conn.row(sql, args![id]).await?.map_or(Ok(0), |row| row.get(0))
}

/// Removes a project whose repositories are gone. The row stays, so that its id and its audit entries keep a meaning;
/// the name is free. Started uploads, reservations and robots of the project go. False where it was gone.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn<'_>, id: i64, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE projects SET deleted_at = $2, epoch = epoch + 1 WHERE id = $1 AND deleted_at IS NULL";
    if conn.execute(sql, args![id, now]).await? == 0 {
        return Ok(false);
    }
    conn.execute("DELETE FROM quota_reservations WHERE project_id = $1", args![id]).await?;
    conn.execute("DELETE FROM identities WHERE project_id = $1", args![id]).await?;
    let unlinked = "INSERT INTO gc_blob_review (blob_id, review_at, reason)
                    SELECT DISTINCT rb.blob_id, CAST($2 AS BIGINT), 'project deleted' FROM repository_blobs rb
                    JOIN repositories r ON r.id = rb.repository_id WHERE r.project_id = $1
                    ON CONFLICT (blob_id) DO UPDATE SET review_at = excluded.review_at, reason = excluded.reason";
    conn.execute(unlinked, args![id, now]).await?;
    conn.execute("DELETE FROM repositories WHERE project_id = $1 AND listed = FALSE", args![id]).await?;
    Ok(true)
}

/// Locks a project for the rest of the transaction: repositories and manifests that appear in it wait.
///
/// # Errors
/// As the database says.
pub async fn lock(conn: &mut Conn<'_>, id: i64) -> Result<()> {
    if conn.backend() == Backend::Postgres {
        conn.row("SELECT id FROM projects WHERE id = $1 FOR UPDATE", args![id]).await?;
    }
    Ok(())
}

/// How many members have each role number.
///
/// # Errors
/// As the database says.
pub async fn role_counts(conn: &mut Conn<'_>, id: i64) -> Result<BTreeMap<i64, i64>> {
    let sql = "SELECT role, COUNT(*) FROM members WHERE project_id = $1 GROUP BY role";
    conn.rows(sql, args![id]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// A project's limit and use of storage in bytes, started uploads left out.
///
/// # Errors
/// As the database says.
pub async fn storage(conn: &mut Conn<'_>, id: i64) -> Result<(i64, i64)> {
    let sql = "SELECT p.storage_bytes_max, p.storage_bytes_used
                 + CAST(COALESCE((SELECT SUM(bytes) FROM quota_deltas WHERE project_id = p.id), 0) AS BIGINT)
               FROM projects p WHERE p.id = $1";
    conn.row(sql, args![id]).await?.map_or(Ok((-1, 0)), |row| Ok((row.get(0)?, row.get(1)?)))
}
