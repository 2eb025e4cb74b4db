//! Retention policies: at most one a project.

use std::collections::HashMap;

use berth_types::{Digest, Timestamp};

use crate::{Conn, Result, Row, args};

/// Manifests that are asked about together: whole repositories are read.
const CHUNK: usize = 1000;

/// A policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Row id.
    pub id: i64,
    /// The project's row id.
    pub project_id: i64,
    /// Six fields, or empty for by hand only.
    pub cron: String,
    /// The rules as JSON.
    pub rules: String,
}

impl Policy {
    fn read(row: &Row) -> Result<Self> {
        Ok(Policy { id: row.get(0)?, project_id: row.get(1)?, cron: row.get(2)?, rules: row.get(3)? })
    }
}

/// One policy.
///
/// # Errors
/// As the database says.
pub async fn get(conn: &mut Conn<'_>, id: i64) -> Result<Option<Policy>> {
    let sql = "SELECT id, project_id, cron, rules FROM retention_policies WHERE id = $1";
    conn.row(sql, args![id]).await?.as_ref().map(Policy::read).transpose()
}

/// The number of a project's policy.
///
/// # Errors
/// As the database says.
pub async fn of_project(conn: &mut Conn<'_>, project: i64) -> Result<Option<i64>> {
    let sql = "SELECT id FROM retention_policies WHERE project_id = $1";
    conn.row(sql, args![project]).await?.map(|row| row.get(0)).transpose()
}

/// Adds a policy and says its row id; nothing where the project has one.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn<'_>, project: i64, cron: &str, rules: &str, now: Timestamp) -> Result<Option<i64>> {
    let sql = "INSERT INTO retention_policies (project_id, cron, rules, created_at, updated_at)
               VALUES ($1, $2, $3, $4, $4) ON CONFLICT (project_id) DO NOTHING RETURNING id";
    conn.row(sql, args![project, cron, rules, now]).await?.map(|row| row.get(0)).transpose()
}

/// Changes a policy. False where the project has no such policy.
///
/// # Errors
/// As the database says.
pub async fn update(
    conn: &mut Conn<'_>,
    (project, id): (i64, i64),
    cron: &str,
    rules: &str,
    now: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE retention_policies SET cron = $3, rules = $4, updated_at = $5 WHERE project_id = $1 AND id = $2";
    Ok(conn.execute(sql, args![project, id, cron, rules, now]).await? > 0)
}

/// Removes a policy. False where the project has no such policy.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn<'_>, project: i64, id: i64) -> Result<bool> {
    let sql = "DELETE FROM retention_policies WHERE project_id = $1 AND id = $2";
    Ok(conn.execute(sql, args![project, id]).await? > 0)
}

/// Repositories of a project that have something, by name.
///
/// # Errors
/// As the database says.
pub async fn repositories(conn: &mut Conn<'_>, project: i64, after: &str, limit: i64) -> Result<Vec<(i64, String)>> {
    let sql = "SELECT id, name FROM repositories WHERE project_id = $1 AND listed = TRUE AND name > $2
               ORDER BY name LIMIT $3";
    let rows = conn.rows(sql, args![project, after, limit]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// A manifest as rules look at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// Row id.
    pub id: i64,
    /// Digest.
    pub digest: Digest,
    /// What it refers to.
    pub subject: Option<Digest>,
    /// How many indexes list it.
    pub parents: i64,
    /// Bytes of its text.
    pub size: i64,
    /// When it was last pushed.
    pub pushed_at: Timestamp,
    /// When it was last pulled.
    pub pulled_at: Option<Timestamp>,
}

/// Manifests of a repository, by digest.
///
/// # Errors
/// As the database says.
pub async fn contents(
    conn: &mut Conn<'_>,
    repository: i64,
    after: Option<&Digest>,
    limit: i64,
) -> Result<Vec<Content>> {
    let after = after.map(Digest::to_column).unwrap_or_default();
    let sql = "SELECT id, digest, subject, parent_count, manifest_size, pushed_at, pulled_at FROM manifests
               WHERE repository_id = $1 AND digest > $2 ORDER BY digest LIMIT $3";
    let read = |row: &Row| {
        Ok(Content {
            id: row.get(0)?,
            digest: row.get(1)?,
            subject: row.get(2)?,
            parents: row.get(3)?,
            size: row.get(4)?,
            pushed_at: row.get(5)?,
            pulled_at: row.get(6)?,
        })
    };
    conn.rows(sql, args![repository, after, limit]).await?.iter().map(read).collect()
}

/// A tag as rules look at it.
#[derive(Clone, Debug, PartialEq)]
pub struct TagOn {
    /// The manifest's row id.
    pub manifest: i64,
    /// Name.
    pub name: String,
    /// When it was last pushed.
    pub pushed_at: Timestamp,
    /// When it was last pulled.
    pub pulled_at: Option<Timestamp>,
}

/// Tags of a repository, by name.
///
/// # Errors
/// As the database says.
pub async fn tags(conn: &mut Conn<'_>, repository: i64, after: &str, limit: i64) -> Result<Vec<TagOn>> {
    let sql = "SELECT manifest_id, name, pushed_at, pulled_at FROM tags
               WHERE repository_id = $1 AND name > $2 ORDER BY name LIMIT $3";
    let read = |row: &Row| {
        Ok(TagOn { manifest: row.get(0)?, name: row.get(1)?, pushed_at: row.get(2)?, pulled_at: row.get(3)? })
    };
    conn.rows(sql, args![repository, after, limit]).await?.iter().map(read).collect()
}

/// Which indexes list some manifests: child and index.
///
/// # Errors
/// As the database says.
pub async fn listings(conn: &mut Conn<'_>, children: &[i64]) -> Result<Vec<(i64, i64)>> {
    let mut found = Vec::new();
    for chunk in children.chunks(super::CHUNK) {
        let sql = format!(
            "SELECT DISTINCT child_id, manifest_id FROM manifest_references WHERE child_id IN ({})",
            super::marks(1, chunk.len())
        );
        for row in conn.rows(&sql, &super::as_values(chunk)).await? {
            found.push((row.get(0)?, row.get(1)?));
        }
    }
    Ok(found)
}

/// The blobs of some manifests with their bytes, one as often as it is named.
///
/// # Errors
/// As the database says.
pub async fn blobs(conn: &mut Conn<'_>, manifests: &[i64]) -> Result<Vec<(i64, i64)>> {
    let mut found = Vec::new();
    for chunk in manifests.chunks(CHUNK) {
        let sql = format!(
            "SELECT DISTINCT b.id, b.size FROM manifest_references mr JOIN blobs b ON b.id = mr.blob_id
             WHERE mr.manifest_id IN ({})",
            super::marks(1, chunk.len())
        );
        for row in conn.rows(&sql, &super::as_values(chunk)).await? {
            found.push((row.get(0)?, row.get(1)?));
        }
    }
    Ok(found)
}

/// Blobs that more than one repository of a project has, and how many do.
///
/// # Errors
/// As the database says.
pub async fn shared_blobs(conn: &mut Conn<'_>, project: i64) -> Result<HashMap<i64, i64>> {
    let sql = "SELECT rb.blob_id, COUNT(*) FROM repository_blobs rb JOIN repositories r ON r.id = rb.repository_id
               WHERE r.project_id = $1 GROUP BY rb.blob_id HAVING COUNT(*) > 1";
    conn.rows(sql, args![project]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Manifests that more than one repository of a project has, and how many do.
///
/// # Errors
/// As the database says.
pub async fn shared_manifests(conn: &mut Conn<'_>, project: i64) -> Result<HashMap<Digest, i64>> {
    let sql = "SELECT digest, COUNT(*) FROM manifests WHERE project_id = $1 GROUP BY digest HAVING COUNT(*) > 1";
    conn.rows(sql, args![project]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}
