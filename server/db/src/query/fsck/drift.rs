//! Numbers that are kept beside what they count.

use berth_types::Timestamp;

use super::ROWS_MAX;
use crate::{Conn, Result, Row, args};

/// A number that is kept beside what it counts, and is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The repository's or the project's row id.
    pub id: i64,
    /// What the number is about.
    pub name: String,
    /// The number as it is kept.
    pub kept: i64,
    /// What counting gives.
    pub counted: i64,
}

async fn drifts(conn: &mut Conn<'_>, sql: &str) -> Result<Vec<Drift>> {
    let read = |row: &Row| Ok(Drift { id: row.get(0)?, name: row.get(1)?, kept: row.get(2)?, counted: row.get(3)? });
    conn.rows(sql, args![ROWS_MAX]).await?.iter().map(read).collect()
}

/// Repositories in whose manifests the counts of tags are wrong: the sums of what is kept and of what is counted.
///
/// # Errors
/// As the database says.
pub async fn tag_count_drift(conn: &mut Conn<'_>) -> Result<Vec<Drift>> {
    let sql = "SELECT r.id, r.name, CAST(SUM(c.kept) AS BIGINT), CAST(SUM(c.counted) AS BIGINT) FROM
                 (SELECT m.repository_id, m.tag_count AS kept, COUNT(t.id) AS counted FROM manifests m
                  LEFT JOIN tags t ON t.manifest_id = m.id GROUP BY m.id, m.repository_id, m.tag_count
                  HAVING m.tag_count <> COUNT(t.id)) c
               JOIN repositories r ON r.id = c.repository_id GROUP BY r.id, r.name ORDER BY r.id LIMIT $1";
    drifts(conn, sql).await
}

/// The same for how many indexes list a manifest.
///
/// # Errors
/// As the database says.
pub async fn parent_count_drift(conn: &mut Conn<'_>) -> Result<Vec<Drift>> {
    let sql = "SELECT r.id, r.name, CAST(SUM(c.kept) AS BIGINT), CAST(SUM(c.counted) AS BIGINT) FROM
                 (SELECT m.repository_id, m.parent_count AS kept, COUNT(DISTINCT mr.manifest_id) AS counted
                  FROM manifests m
                  LEFT JOIN manifest_references mr ON mr.child_id = m.id AND mr.role = 'child'
                  GROUP BY m.id, m.repository_id, m.parent_count
                  HAVING m.parent_count <> COUNT(DISTINCT mr.manifest_id)) c
               JOIN repositories r ON r.id = c.repository_id GROUP BY r.id, r.name ORDER BY r.id LIMIT $1";
    drifts(conn, sql).await
}

/// What lists of artifacts show, by the counts that are kept.
const SHOWN: &str = "subject IS NULL AND (tag_count > 0 OR parent_count = 0)";

/// Repositories whose count of artifacts is wrong, or that hide although they have some.
///
/// # Errors
/// As the database says.
pub async fn artifact_count_drift(conn: &mut Conn<'_>) -> Result<Vec<Drift>> {
    let sql = format!(
        "SELECT r.id, r.name, r.artifact_count, COUNT(CASE WHEN m.id IS NOT NULL AND {SHOWN} THEN 1 END)
         FROM repositories r LEFT JOIN manifests m ON m.repository_id = r.id
         GROUP BY r.id, r.name, r.artifact_count, r.listed
         HAVING r.artifact_count <> COUNT(CASE WHEN m.id IS NOT NULL AND {SHOWN} THEN 1 END)
             OR (r.listed = FALSE AND COUNT(m.id) > 0)
         ORDER BY r.id LIMIT $1"
    );
    drifts(conn, &sql).await
}

/// Repositories whose manifests are said to be of another project.
///
/// # Errors
/// As the database says.
pub async fn project_drift(conn: &mut Conn<'_>) -> Result<Vec<Drift>> {
    let sql = "SELECT r.id, r.name, MIN(m.project_id), r.project_id FROM manifests m
               JOIN repositories r ON r.id = m.repository_id WHERE m.project_id <> r.project_id
               GROUP BY r.id, r.name, r.project_id ORDER BY r.id LIMIT $1";
    drifts(conn, sql).await
}

/// Counts everything of a repository anew. Pushes and deletions in it wait meanwhile.
///
/// # Errors
/// As the database says.
pub async fn recount(conn: &mut Conn<'_>, repository_id: i64) -> Result<()> {
    crate::query::push::lock_repository(conn, repository_id).await?;
    let sql = "UPDATE manifests SET
                 project_id = (SELECT r.project_id FROM repositories r WHERE r.id = manifests.repository_id),
                 tag_count = (SELECT COUNT(*) FROM tags t WHERE t.manifest_id = manifests.id),
                 parent_count = (SELECT COUNT(DISTINCT mr.manifest_id) FROM manifest_references mr
                                 WHERE mr.child_id = manifests.id AND mr.role = 'child')
               WHERE repository_id = $1";
    conn.execute(sql, args![repository_id]).await?;
    let sql = format!(
        "UPDATE repositories SET
           artifact_count = (SELECT COUNT(*) FROM manifests m WHERE m.repository_id = repositories.id AND {SHOWN}),
           listed = (listed OR EXISTS (SELECT 1 FROM manifests m WHERE m.repository_id = repositories.id))
         WHERE id = $1"
    );
    conn.execute(&sql, args![repository_id]).await?;
    Ok(())
}

/// What a project `p` uses by what is kept, and by what it has.
const USAGE_KEPT: &str = "p.storage_bytes_used
    + CAST(COALESCE((SELECT SUM(d.bytes) FROM quota_deltas d WHERE d.project_id = p.id), 0) AS BIGINT)";
const USAGE_COUNTED: &str = "CAST(
    COALESCE((SELECT SUM(b.size) FROM blobs b WHERE b.id IN
        (SELECT rb.blob_id FROM repository_blobs rb JOIN repositories r ON r.id = rb.repository_id
         WHERE r.project_id = p.id)), 0)
    + COALESCE((SELECT SUM(u.size) FROM
        (SELECT m.project_id, m.digest, MAX(m.manifest_size) AS size FROM manifests m GROUP BY m.project_id, m.digest) u
        WHERE u.project_id = p.id), 0) AS BIGINT)";

/// Projects whose usage in bytes is wrong.
///
/// # Errors
/// As the database says.
pub async fn usage_drift(conn: &mut Conn<'_>) -> Result<Vec<Drift>> {
    let sql = format!(
        "SELECT id, name, kept, counted FROM
           (SELECT p.id, p.name, {USAGE_KEPT} AS kept, {USAGE_COUNTED} AS counted FROM projects p
            WHERE p.deleted_at IS NULL) usage
         WHERE kept <> counted ORDER BY id LIMIT $1"
    );
    drifts(conn, &sql).await
}

/// Corrects the usage of a project. One statement, and a change beside others: pushes that are under way add theirs.
///
/// # Errors
/// As the database says.
pub async fn correct_usage(conn: &mut Conn<'_>, project_id: i64, now: Timestamp) -> Result<()> {
    let sql = format!(
        "INSERT INTO quota_deltas (project_id, bytes, at)
         SELECT id, counted - kept, $2 FROM
           (SELECT p.id, {USAGE_KEPT} AS kept, {USAGE_COUNTED} AS counted FROM projects p WHERE p.id = $1) usage
         WHERE kept <> counted"
    );
    conn.execute(&sql, args![project_id, now]).await?;
    Ok(())
}
