//! Counts over everything.

use crate::{Conn, Result, args};

/// Projects and their repositories, private and public.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Private projects.
    pub private_projects: i64,
    /// Repositories in them.
    pub private_repositories: i64,
    /// Public projects.
    pub public_projects: i64,
    /// Repositories in them.
    pub public_repositories: i64,
}

/// Counts public projects and those private ones that a person is a member of; all where no person is given.
///
/// # Errors
/// As the database says.
pub async fn counts(conn: &mut Conn<'_>, member: Option<i64>) -> Result<Counts> {
    let of_member = match member {
        Some(_) => "AND (p.public = TRUE OR p.id IN (SELECT project_id FROM members WHERE user_id = $1))",
        None => "AND $1 = $1",
    };
    let sql = format!(
        "SELECT p.public, COUNT(DISTINCT p.id), COUNT(r.id) FROM projects p
         LEFT JOIN repositories r ON r.project_id = p.id AND r.listed = TRUE
         WHERE p.deleted_at IS NULL {of_member} GROUP BY p.public"
    );
    let mut counts = Counts::default();
    for row in conn.rows(&sql, args![member.unwrap_or_default()]).await? {
        if row.get::<bool>(0)? {
            (counts.public_projects, counts.public_repositories) = (row.get(1)?, row.get(2)?);
        } else {
            (counts.private_projects, counts.private_repositories) = (row.get(1)?, row.get(2)?);
        }
    }
    Ok(counts)
}

/// Bytes that all projects use.
///
/// # Errors
/// As the database says.
pub async fn storage(conn: &mut Conn<'_>) -> Result<i64> {
    let sql =
        "SELECT CAST(COALESCE((SELECT SUM(storage_bytes_used) FROM projects WHERE deleted_at IS NULL), 0) AS BIGINT)
                 + CAST(COALESCE((SELECT SUM(d.bytes) FROM quota_deltas d JOIN projects p ON p.id = d.project_id
                                  WHERE p.deleted_at IS NULL), 0) AS BIGINT)";
    conn.row(sql, &[]).await?.map_or(Ok(0), |row| row.get(0))
}

/// Artifacts that lists show, in all repositories.
///
/// # Errors
/// As the database says.
pub async fn artifacts(conn: &mut Conn<'_>) -> Result<i64> {
    let sql = "SELECT CAST(COALESCE(SUM(artifact_count), 0) AS BIGINT) FROM repositories WHERE listed = TRUE";
    conn.row(sql, &[]).await?.map_or(Ok(0), |row| row.get(0))
}
