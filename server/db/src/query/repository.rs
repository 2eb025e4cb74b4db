//! Repositories as lists and pages show them.

use berth_types::{
    Digest, Timestamp,
    page::Paged,
    query::{ListQuery, Match},
};

use super::{
    list::{Column, List, Source},
    project::Scope,
};
use crate::{Conn, Result, Row, args};

/// A repository.
#[derive(Clone, Debug, PartialEq)]
pub struct Repository {
    /// Row id.
    pub id: i64,
    /// The project's row id.
    pub project_id: i64,
    /// `<project>/<repository>`.
    pub name: String,
    /// Markdown.
    pub description: String,
    /// Artifacts that lists show.
    pub artifact_count: i64,
    /// How often something was pulled.
    pub pull_count: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When something was last pushed or changed.
    pub updated_at: Timestamp,
    /// The project's name.
    pub project_name: String,
    /// Whether the project is public.
    pub project_public: bool,
}

impl Repository {
    fn read(row: &Row) -> Result<Self> {
        Ok(Repository {
            id: row.get(0)?,
            project_id: row.get(1)?,
            name: row.get(2)?,
            description: row.get(3)?,
            artifact_count: row.get(4)?,
            pull_count: row.get(5)?,
            created_at: row.get(6)?,
            updated_at: row.get(7)?,
            project_name: row.get(8)?,
            project_public: row.get(9)?,
        })
    }
}

const REPOSITORIES: Source = Source {
    select: "r.id, r.project_id, r.name, r.description, r.artifact_count, r.pull_count, r.created_at, r.updated_at, p.name, p.public",
    from: "repositories r JOIN projects p ON p.id = r.project_id",
    columns: &[
        Column::text("name", "r.name"),
        Column::number("id", "r.id"),
        Column::number("repository_id", "r.id"),
        Column::number("project_id", "r.project_id"),
        Column::text("description", "r.description"),
        Column::number("artifact_count", "r.artifact_count"),
        Column::number("pull_count", "r.pull_count"),
        Column::time("creation_time", "r.created_at"),
        Column::time("update_time", "r.updated_at"),
    ],
    order: "r.created_at DESC",
    tie: "r.id DESC",
};

/// The artifacts of lists with their repositories, to be narrowed as lists of these.
const WITH_ARTIFACTS: Source = Source {
    from: "repositories r JOIN projects p ON p.id = r.project_id JOIN manifests m ON m.repository_id = r.id",
    ..REPOSITORIES
};

fn listed() -> List {
    List::of(REPOSITORIES).and("r.listed = TRUE AND p.deleted_at IS NULL", &[])
}

/// Repositories of all projects in scope.
///
/// # Errors
/// As the database says.
pub async fn list(conn: &mut Conn<'_>, scope: &Scope, query: &ListQuery) -> Result<Paged<Repository>> {
    let list = narrowed(scope.apply(listed()), query).sorted(query);
    if *scope == Scope::All && query.filters.is_empty() {
        // Projects with repositories cannot be deleted, so nobody has to look at the project of each.
        let sql = "SELECT COUNT(*) FROM repositories WHERE listed = TRUE";
        let total = conn.row(sql, args![]).await?.map_or(Ok(0), |row| row.get(0))?;
        return read(list.page_of(conn, query, total).await?);
    }
    read(list.page(conn, query).await?)
}

/// Repositories of one project.
///
/// # Errors
/// As the database says.
pub async fn list_of(conn: &mut Conn<'_>, project: i64, query: &ListQuery) -> Result<Paged<Repository>> {
    read(selected(project, query).sorted(query).page(conn, query).await?)
}

/// What such a list shows, in no order.
pub(super) fn selected(project: i64, query: &ListQuery) -> List {
    narrowed(listed().and("r.project_id = ?", args![project]), query)
}

/// The artifacts that the repositories of such a list show.
pub(super) fn selected_with_artifacts(project: i64, query: &ListQuery) -> List {
    let artifacts = "r.listed = TRUE AND p.deleted_at IS NULL AND r.project_id = ? AND m.subject IS NULL
                     AND (m.tag_count > 0 OR m.parent_count = 0)";
    narrowed(List::of(WITH_ARTIFACTS).and(artifacts, args![project]), query)
}

/// Adds the filters of a request. By `blob_digest` another Harbor looks for a repository that it can mount a blob from, and
/// takes the first one for such: what cannot be mounted from there must not be listed.
fn narrowed(list: List, query: &ListQuery) -> List {
    let list = list.filtered(&query.filters);
    let Some(matches) = query.filter("blob_digest") else { return list };
    let digest = match matches {
        Match::Exact(scalar) => scalar.as_text().parse::<Digest>().ok(),
        Match::Fuzzy(_) | Match::Range(..) | Match::Above(_) | Match::Below(_) | Match::Any(_) | Match::All(_) => None,
    };
    let Some(digest) = digest else { return list.and("1 = 0", &[]) };
    list.and(
        "r.id IN (SELECT rb.repository_id FROM repository_blobs rb JOIN blobs b ON b.id = rb.blob_id
                  WHERE b.digest = ? AND b.lost_at IS NULL)",
        args![digest],
    )
}

fn read(rows: Paged<Row>) -> Result<Paged<Repository>> {
    let items = rows.items.iter().map(Repository::read).collect::<Result<_>>()?;
    Ok(Paged { items, total: rows.total })
}

/// Repositories in scope whose name contains a text, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn search(conn: &mut Conn<'_>, scope: &Scope, text: &str, limit: i64) -> Result<Vec<Repository>> {
    let list = scope.apply(listed()).containing("r.name", text);
    list.slice(conn, limit, 0).await?.iter().map(Repository::read).collect()
}

/// One repository by its full name.
///
/// # Errors
/// As the database says.
pub async fn by_name(conn: &mut Conn<'_>, name: &str) -> Result<Option<Repository>> {
    let list = listed().and("r.name = ?", args![name]);
    list.slice(conn, 1, 0).await?.first().map(Repository::read).transpose()
}

/// Changes the description.
///
/// # Errors
/// As the database says.
pub async fn describe(conn: &mut Conn<'_>, id: i64, description: &str, now: Timestamp) -> Result<()> {
    let sql = "UPDATE repositories SET description = $2, updated_at = $3 WHERE id = $1";
    conn.execute(sql, args![id, description, now]).await?;
    Ok(())
}

/// What keeps a repository from being empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Whether it holds any manifest.
    pub manifests: bool,
    /// Whether somebody uploads to it, or has uploaded what no manifest needs: that may come next.
    pub uploads: bool,
}

/// What is in a repository.
///
/// # Errors
/// As the database says.
pub async fn contents(conn: &mut Conn<'_>, id: i64) -> Result<Contents> {
    let sql = "SELECT EXISTS (SELECT 1 FROM manifests WHERE repository_id = $1),
                 EXISTS (SELECT 1 FROM uploads WHERE repository_id = $1)
                 OR EXISTS (SELECT 1 FROM repository_blobs rb WHERE rb.repository_id = $1 AND NOT EXISTS
                     (SELECT 1 FROM manifest_references mr JOIN manifests m ON m.id = mr.manifest_id
                      WHERE mr.blob_id = rb.blob_id AND m.repository_id = $1))";
    let row = conn.row(sql, args![id]).await?;
    row.map_or(Ok(Contents::default()), |row| Ok(Contents { manifests: row.get(0)?, uploads: row.get(1)? }))
}

/// Counts the pulls of a repository that has moved as those of the one where it is now.
///
/// # Errors
/// As the database says.
pub async fn carry_pulls(conn: &mut Conn<'_>, from: i64, to: i64) -> Result<()> {
    let days = "INSERT INTO pull_days (repository_id, at, pulls)
                SELECT CAST($2 AS BIGINT), at, pulls FROM pull_days WHERE repository_id = $1
                ON CONFLICT (repository_id, at) DO UPDATE SET pulls = pull_days.pulls + excluded.pulls";
    conn.execute(days, args![from, to]).await?;
    let pulls = "UPDATE repositories SET pull_count = pull_count
                   + (SELECT s.pull_count FROM repositories s WHERE s.id = $1) WHERE id = $2";
    conn.execute(pulls, args![from, to]).await?;
    Ok(())
}

/// Removes a repository with everything in it, gives the project its bytes back and asks garbage collection to look.
/// Runs after [`super::push::lock_repository`].
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn<'_>, project: i64, id: i64, now: Timestamp) -> Result<()> {
    super::push::lock_contents(conn, id).await?;
    let freed = freed_bytes(conn, project, id).await?;
    super::push::add_usage(conn, project, -freed, now).await?;
    let blobs = "INSERT INTO gc_blob_review (blob_id, review_at, reason)
                 SELECT blob_id, CAST($2 AS BIGINT), 'repository deleted' FROM repository_blobs WHERE repository_id = $1
                 ON CONFLICT (blob_id) DO UPDATE SET review_at = excluded.review_at, reason = excluded.reason";
    conn.execute(blobs, args![id, now]).await?;
    let manifests = "INSERT INTO gc_manifest_review (digest, review_at, reason)
                     SELECT digest, CAST($2 AS BIGINT), 'repository deleted' FROM manifests WHERE repository_id = $1
                     ON CONFLICT (digest) DO UPDATE SET review_at = excluded.review_at, reason = excluded.reason";
    conn.execute(manifests, args![id, now]).await?;
    let reservations =
        "DELETE FROM quota_reservations WHERE upload_id IN (SELECT id FROM uploads WHERE repository_id = $1)";
    conn.execute(reservations, args![id]).await?;
    conn.execute("DELETE FROM tags WHERE repository_id = $1", args![id]).await?;
    conn.execute("DELETE FROM manifests WHERE repository_id = $1", args![id]).await?;
    conn.execute("DELETE FROM repositories WHERE id = $1", args![id]).await?;
    Ok(())
}

/// Bytes of blobs and manifests that no other repository of the project has.
async fn freed_bytes(conn: &mut Conn<'_>, project: i64, id: i64) -> Result<i64> {
    let blobs =
        "SELECT CAST(COALESCE(SUM(b.size), 0) AS BIGINT) FROM repository_blobs rb JOIN blobs b ON b.id = rb.blob_id
                 WHERE rb.repository_id = $2 AND NOT EXISTS (
                   SELECT 1 FROM repository_blobs o JOIN repositories r ON r.id = o.repository_id
                   WHERE o.blob_id = rb.blob_id AND r.project_id = $1 AND r.id <> $2)";
    let manifests = "SELECT CAST(COALESCE(SUM(m.manifest_size), 0) AS BIGINT) FROM manifests m
                     WHERE m.repository_id = $2 AND NOT EXISTS (
                       SELECT 1 FROM manifests o
                       WHERE o.digest = m.digest AND o.project_id = $1 AND o.repository_id <> $2)";
    let mut freed = 0;
    for sql in [blobs, manifests] {
        freed += conn.row(sql, args![project, id]).await?.map_or(Ok(0), |row| row.get::<i64>(0))?;
    }
    Ok(freed)
}
