//! Tags, and where they have been.

use berth_types::{Digest, Timestamp};

use super::locked;
use crate::{Conn, Result, args};

/// A tag and what it points at.
///
/// # Errors
/// As the database says.
pub async fn tag(conn: &mut Conn<'_>, repository_id: i64, name: &str) -> Result<Option<(i64, i64)>> {
    let sql = locked(conn.backend(), "SELECT id, manifest_id FROM tags WHERE repository_id = $1 AND name = $2");
    conn.row(&sql, args![repository_id, name]).await?.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

/// Points a tag at a manifest.
///
/// # Errors
/// As the database says.
pub async fn upsert_tag(
    conn: &mut Conn<'_>,
    repository_id: i64,
    name: &str,
    sort_key: &str,
    manifest_id: i64,
    now: Timestamp,
) -> Result<i64> {
    let sql = "INSERT INTO tags (repository_id, name, sort_key, manifest_id, pushed_at) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (repository_id, name)
               DO UPDATE SET manifest_id = excluded.manifest_id, pushed_at = excluded.pushed_at RETURNING id";
    conn.insert(sql, args![repository_id, name, sort_key, manifest_id, now]).await
}

/// Removes a tag.
///
/// # Errors
/// As the database says.
pub async fn delete_tag(conn: &mut Conn<'_>, id: i64) -> Result<()> {
    conn.execute("DELETE FROM tags WHERE id = $1", args![id]).await?;
    Ok(())
}

/// Names of the tags that point at a manifest.
///
/// # Errors
/// As the database says.
pub async fn tags_of(conn: &mut Conn<'_>, manifest_id: i64) -> Result<Vec<String>> {
    let sql = "SELECT name FROM tags WHERE manifest_id = $1 ORDER BY name";
    conn.rows(sql, args![manifest_id]).await?.iter().map(|row| row.get(0)).collect()
}

/// Writes down that a tag moved; no digest where it was removed.
///
/// # Errors
/// As the database says.
pub async fn add_tag_history(
    conn: &mut Conn<'_>,
    repository_id: i64,
    tag: &str,
    digest: Option<Digest>,
    operation: &str,
    actor: &str,
    now: Timestamp,
) -> Result<()> {
    let sql =
        "INSERT INTO tag_history (repository_id, tag, digest, operation, actor, at) VALUES ($1, $2, $3, $4, $5, $6)";
    conn.execute(sql, args![repository_id, tag, digest, operation, actor, now]).await?;
    Ok(())
}
