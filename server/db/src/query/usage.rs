//! What projects and repositories hold, counted from what is there.

use std::collections::BTreeMap;

use berth_types::{Timestamp, page::Paged, query::ListQuery};

use super::list::{Column, List, Source};
use crate::{Conn, Result, args};

/// What counts against the limit of the project `p`, as it is kept.
pub(super) const USED: &str = "p.storage_bytes_used
    + CAST(COALESCE((SELECT SUM(d.bytes) FROM quota_deltas d WHERE d.project_id = p.id), 0) AS BIGINT)";

/// What the repositories of the project `p` hold, each counted alone.
pub(super) const OF_REPOSITORIES: &str = "CAST(
      COALESCE((SELECT SUM(b.size) FROM repository_blobs rb JOIN repositories r ON r.id = rb.repository_id
                JOIN blobs b ON b.id = rb.blob_id WHERE r.project_id = p.id), 0)
      + COALESCE((SELECT SUM(m.manifest_size) FROM manifests m WHERE m.project_id = p.id), 0) AS BIGINT)";

/// The storage of a project, all in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Storage {
    /// Its limit; −1 for none.
    pub limit: i64,
    /// What counts against the limit, as it is kept.
    pub used: i64,
    /// What uploads that are under way have received.
    pub reserved: i64,
    /// What its repositories hold, each counted alone.
    pub repositories: i64,
}

/// The storage of a project.
///
/// # Errors
/// As the database says.
pub async fn of_project(conn: &mut Conn<'_>, project: i64) -> Result<Storage> {
    let sql = format!(
        "SELECT p.storage_bytes_max, {USED},
           CAST(COALESCE((SELECT SUM(u.received) FROM uploads u JOIN repositories r ON r.id = u.repository_id
                          WHERE r.project_id = p.id), 0) AS BIGINT),
           {OF_REPOSITORIES}
         FROM projects p WHERE p.id = $1"
    );
    let Some(row) = conn.row(&sql, args![project]).await? else {
        return Ok(Storage { limit: -1, ..Storage::default() });
    };
    Ok(Storage { limit: row.get(0)?, used: row.get(1)?, reserved: row.get(2)?, repositories: row.get(3)? })
}

/// How many bytes of a project other projects have as well. Whoever may push learns from it what is in projects that
/// they may not see.
///
/// # Errors
/// As the database says.
pub async fn in_other_projects(conn: &mut Conn<'_>, project: i64) -> Result<i64> {
    let sql = "SELECT CAST(
          COALESCE((SELECT SUM(b.size) FROM blobs b WHERE b.id IN
              (SELECT rb.blob_id FROM repository_blobs rb JOIN repositories r ON r.id = rb.repository_id
               WHERE r.project_id = $1)
            AND EXISTS (SELECT 1 FROM repository_blobs o JOIN repositories q ON q.id = o.repository_id
                        WHERE o.blob_id = b.id AND q.project_id <> $1)), 0)
          + COALESCE((SELECT SUM(s.size) FROM
              (SELECT m.digest, MAX(m.manifest_size) AS size FROM manifests m WHERE m.project_id = $1
                 AND EXISTS (SELECT 1 FROM manifests o WHERE o.digest = m.digest AND o.project_id <> $1)
               GROUP BY m.digest) s), 0) AS BIGINT)";
    conn.row(sql, args![project]).await?.map_or(Ok(0), |row| row.get(0))
}

/// What a repository holds.
#[derive(Clone, Debug)]
pub struct Repository {
    /// Row id.
    pub id: i64,
    /// `<project>/<repository>`.
    pub name: String,
    /// Artifacts that lists show.
    pub artifact_count: i64,
    /// How often something was pulled.
    pub pull_count: i64,
    /// Bytes of its blobs and manifests.
    pub bytes: i64,
    /// Bytes of it that other repositories of the same project have as well.
    pub shared: i64,
    /// When something was last pushed.
    pub pushed_at: Option<Timestamp>,
    /// When something was last pulled.
    pub pulled_at: Option<Timestamp>,
}

/// What a repository `r` holds, and when somebody last cared.
const BYTES: &str =
    "(COALESCE((SELECT CAST(SUM(b.size) AS BIGINT) FROM repository_blobs rb JOIN blobs b ON b.id = rb.blob_id
    WHERE rb.repository_id = r.id), 0)
  + COALESCE((SELECT CAST(SUM(m.manifest_size) AS BIGINT) FROM manifests m WHERE m.repository_id = r.id), 0))";
const PUSHED: &str = "COALESCE((SELECT MAX(m.pushed_at) FROM manifests m WHERE m.repository_id = r.id), 0)";
const PULLED: &str = "COALESCE((SELECT MAX(m.pulled_at) FROM manifests m WHERE m.repository_id = r.id), 0)";

const REPOSITORIES: Source = Source {
    select: "r.id",
    from: "repositories r",
    columns: &[
        Column::text("name", "r.name"),
        Column::number("size", BYTES),
        Column::number("artifact_count", "r.artifact_count"),
        Column::number("pull_count", "r.pull_count"),
        Column::time("push_time", PUSHED),
        Column::time("pull_time", PULLED),
    ],
    order: "r.name ASC",
    tie: "r.id ASC",
};

/// What repositories hold, those of a project or all; where a moment is given, those of which nothing was pushed or pulled
/// since.
///
/// # Errors
/// As the database says.
pub async fn repositories(
    conn: &mut Conn<'_>,
    project: Option<i64>,
    unused_since: Option<Timestamp>,
    query: &ListQuery,
) -> Result<Paged<Repository>> {
    // A project that is gone has none that lists show.
    let mut list = List::of(REPOSITORIES).and("r.listed = TRUE", &[]);
    if let Some(project) = project {
        list = list.and("r.project_id = ?", args![project]);
    }
    if let Some(since) = unused_since {
        let condition = format!("{PUSHED} < ? AND {PULLED} < ? AND r.created_at < ?");
        list = list.and(&condition, args![since, since, since]);
    }
    let page = list.filtered(&query.filters).sorted(query).page(conn, query).await?;
    let ids: Vec<i64> = page.items.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
    let mut found = read_repositories(conn, &ids).await?;
    Ok(Paged { items: ids.iter().filter_map(|id| found.remove(id)).collect(), total: page.total })
}

async fn read_repositories(conn: &mut Conn<'_>, ids: &[i64]) -> Result<BTreeMap<i64, Repository>> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(super::CHUNK) {
        let sql = format!(
            "SELECT r.id, r.name, r.artifact_count, r.pull_count, {BYTES},
               COALESCE((SELECT CAST(SUM(b.size) AS BIGINT) FROM repository_blobs rb JOIN blobs b ON b.id = rb.blob_id
                         WHERE rb.repository_id = r.id AND EXISTS (SELECT 1 FROM repository_blobs o
                           JOIN repositories q ON q.id = o.repository_id
                           WHERE o.blob_id = rb.blob_id AND q.id <> r.id AND q.project_id = r.project_id)), 0)
               + COALESCE((SELECT CAST(SUM(m.manifest_size) AS BIGINT) FROM manifests m WHERE m.repository_id = r.id
                           AND EXISTS (SELECT 1 FROM manifests o WHERE o.digest = m.digest
                             AND o.repository_id <> r.id AND o.project_id = r.project_id)), 0),
               (SELECT MAX(m.pushed_at) FROM manifests m WHERE m.repository_id = r.id),
               (SELECT MAX(m.pulled_at) FROM manifests m WHERE m.repository_id = r.id)
             FROM repositories r WHERE r.id IN ({})",
            super::marks(1, chunk.len())
        );
        for row in conn.rows(&sql, &super::as_values(chunk)).await? {
            let repository = Repository {
                id: row.get(0)?,
                name: row.get(1)?,
                artifact_count: row.get(2)?,
                pull_count: row.get(3)?,
                bytes: row.get(4)?,
                shared: row.get(5)?,
                pushed_at: row.get(6)?,
                pulled_at: row.get(7)?,
            };
            found.insert(repository.id, repository);
        }
    }
    Ok(found)
}

/// What a project holds.
#[derive(Clone, Debug)]
pub struct Project {
    /// Row id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// What counts against its limit, in bytes, as it is kept.
    pub used: i64,
    /// What of it other projects have as well, in bytes.
    pub shared: i64,
    /// Repositories that lists show.
    pub repository_count: i64,
    /// Artifacts that lists show.
    pub artifact_count: i64,
    /// How often something was pulled.
    pub pull_count: i64,
    /// When something was last pushed.
    pub pushed_at: Option<Timestamp>,
    /// When something was last pulled.
    pub pulled_at: Option<Timestamp>,
}

const PROJECT_REPOSITORIES: &str =
    "(SELECT COUNT(*) FROM repositories r WHERE r.project_id = p.id AND r.listed = TRUE)";
const PROJECT_ARTIFACTS: &str = "CAST(COALESCE((SELECT SUM(r.artifact_count) FROM repositories r
    WHERE r.project_id = p.id AND r.listed = TRUE), 0) AS BIGINT)";
const PROJECT_PULLS: &str = "CAST(COALESCE((SELECT SUM(r.pull_count) FROM repositories r
    WHERE r.project_id = p.id AND r.listed = TRUE), 0) AS BIGINT)";

/// What projects share is nothing to sort by: nothing keeps it, and counting it is fine for the projects of a page only.
const PROJECTS: Source = Source {
    select: "p.id",
    from: "projects p",
    columns: &[
        Column::text("name", "p.name"),
        Column::number("size", USED),
        Column::number("repo_count", PROJECT_REPOSITORIES),
        Column::number("artifact_count", PROJECT_ARTIFACTS),
        Column::number("pull_count", PROJECT_PULLS),
        Column::time("push_time", "COALESCE((SELECT MAX(m.pushed_at) FROM manifests m WHERE m.project_id = p.id), 0)"),
        Column::time("pull_time", "COALESCE((SELECT MAX(m.pulled_at) FROM manifests m WHERE m.project_id = p.id), 0)"),
    ],
    order: "p.name ASC",
    tie: "p.id ASC",
};

/// What all projects hold.
///
/// # Errors
/// As the database says.
pub async fn projects(conn: &mut Conn<'_>, query: &ListQuery) -> Result<Paged<Project>> {
    let list = List::of(PROJECTS).and("p.deleted_at IS NULL", &[]);
    let page = list.filtered(&query.filters).sorted(query).page(conn, query).await?;
    let ids: Vec<i64> = page.items.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
    let mut found = read_projects(conn, &ids).await?;
    Ok(Paged { items: ids.iter().filter_map(|id| found.remove(id)).collect(), total: page.total })
}

async fn read_projects(conn: &mut Conn<'_>, ids: &[i64]) -> Result<BTreeMap<i64, Project>> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(super::CHUNK) {
        let shared = in_others(conn, chunk).await?;
        let sql = format!(
            "SELECT p.id, p.name, {USED}, {PROJECT_REPOSITORIES}, {PROJECT_ARTIFACTS}, {PROJECT_PULLS},
               (SELECT MAX(m.pushed_at) FROM manifests m WHERE m.project_id = p.id),
               (SELECT MAX(m.pulled_at) FROM manifests m WHERE m.project_id = p.id)
             FROM projects p WHERE p.id IN ({})",
            super::marks(1, chunk.len())
        );
        for row in conn.rows(&sql, &super::as_values(chunk)).await? {
            let id = row.get(0)?;
            let project = Project {
                id,
                name: row.get(1)?,
                used: row.get(2)?,
                shared: shared.get(&id).copied().unwrap_or_default(),
                repository_count: row.get(3)?,
                artifact_count: row.get(4)?,
                pull_count: row.get(5)?,
                pushed_at: row.get(6)?,
                pulled_at: row.get(7)?,
            };
            found.insert(id, project);
        }
    }
    Ok(found)
}

/// What of some projects other projects have as well, in bytes, where there is any; what several repositories of a project
/// have counts once.
///
/// The largest projects stand on the first page, so this looks only at what is there more than once. Two indexes tell that
/// without reading a row, and most of what projects hold nobody else has.
async fn in_others(conn: &mut Conn<'_>, projects: &[i64]) -> Result<BTreeMap<i64, i64>> {
    let marks = super::marks(1, projects.len());
    let sql = format!(
        "SELECT s.project_id, CAST(SUM(s.size) AS BIGINT) FROM
           (SELECT x.project_id AS project_id, b.size AS size FROM
              (SELECT DISTINCT r.project_id, rb.blob_id FROM repositories r
               JOIN repository_blobs rb ON rb.repository_id = r.id
               WHERE r.project_id IN ({marks}) AND rb.blob_id IN
                 (SELECT l.blob_id FROM repository_blobs l GROUP BY l.blob_id HAVING COUNT(*) > 1)) x
              JOIN blobs b ON b.id = x.blob_id
            WHERE EXISTS (SELECT 1 FROM repository_blobs o JOIN repositories q ON q.id = o.repository_id
                          WHERE o.blob_id = x.blob_id AND q.project_id <> x.project_id)
            UNION ALL
            SELECT m.project_id, MAX(m.manifest_size) FROM
              (SELECT d.digest FROM manifests d GROUP BY d.digest HAVING COUNT(*) > 1) t CROSS JOIN manifests m
            WHERE m.digest = t.digest AND m.project_id IN ({marks})
              AND EXISTS (SELECT 1 FROM manifests o WHERE o.digest = m.digest AND o.project_id <> m.project_id)
            GROUP BY m.project_id, m.digest) s
         GROUP BY s.project_id"
    );
    conn.rows(&sql, &super::as_values(projects)).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// The storage of the whole installation, all in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// Projects.
    pub projects: i64,
    /// What counts against the limits of all projects together.
    pub used: i64,
    /// What is stored, each blob and manifest once.
    pub stored: i64,
    /// What of it no repository has any more: the next clean-ups remove it.
    pub unlinked: i64,
    /// What uploads that are under way have received.
    pub reserved: i64,
}

/// The storage of the whole installation.
///
/// # Errors
/// As the database says.
pub async fn total(conn: &mut Conn<'_>) -> Result<Total> {
    let sql = "SELECT
        (SELECT COUNT(*) FROM projects WHERE deleted_at IS NULL),
        CAST(COALESCE((SELECT SUM(storage_bytes_used) FROM projects WHERE deleted_at IS NULL), 0)
          + COALESCE((SELECT SUM(d.bytes) FROM quota_deltas d JOIN projects p ON p.id = d.project_id
                      WHERE p.deleted_at IS NULL), 0) AS BIGINT),
        CAST(COALESCE((SELECT SUM(size) FROM blobs WHERE doomed_at IS NULL), 0)
          + COALESCE((SELECT SUM(s.size) FROM
              (SELECT MAX(m.manifest_size) AS size FROM manifests m GROUP BY m.digest) s), 0) AS BIGINT),
        CAST(COALESCE((SELECT SUM(b.size) FROM blobs b WHERE b.doomed_at IS NULL AND NOT EXISTS
              (SELECT 1 FROM repository_blobs rb WHERE rb.blob_id = b.id)), 0) AS BIGINT),
        CAST(COALESCE((SELECT SUM(received) FROM uploads), 0) AS BIGINT)";
    let Some(row) = conn.row(sql, args![]).await? else { return Ok(Total::default()) };
    Ok(Total {
        projects: row.get(0)?,
        used: row.get(1)?,
        stored: row.get(2)?,
        unlinked: row.get(3)?,
        reserved: row.get(4)?,
    })
}
