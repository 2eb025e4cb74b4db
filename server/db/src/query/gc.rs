//! What garbage collection asks and writes.
//!
//! On PostgreSQL a decision rests on locked rows: a statement locks them, and a later one, which sees what was committed
//! until then, decides. SQLite has one writer.

use std::collections::HashSet;

use berth_types::{Digest, Timestamp};

use crate::{Backend, Conn, Result, Row, Value, args};

/// Rows that one transaction removes.
const BATCH: i64 = 500;

/// A blob that something asks to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// The blob's row id.
    pub id: i64,
    /// Its digest.
    pub digest: Digest,
    /// Its bytes.
    pub size: i64,
    /// When somebody last relied on it.
    pub touched_at: Timestamp,
    /// When it was asked for.
    pub review_at: Timestamp,
    /// Why.
    pub reason: String,
    /// Whether a repository links it.
    pub is_linked: bool,
    /// Whether a manifest points at it.
    pub is_referenced: bool,
}

/// A place in the list of reviews. The list is in the order of the moment, then of the row.
pub type Place = (Timestamp, i64);

/// The reviews asked for until `until`, after a place in the list. Doomed blobs are not among them.
///
/// # Errors
/// As the database says.
pub async fn reviews(conn: &mut Conn<'_>, after: Place, until: Timestamp, limit: i64) -> Result<Vec<Review>> {
    let sql = "SELECT b.id, b.digest, b.size, b.touched_at, g.review_at, g.reason,
                 EXISTS (SELECT 1 FROM repository_blobs rb WHERE rb.blob_id = b.id),
                 EXISTS (SELECT 1 FROM manifest_references mr WHERE mr.blob_id = b.id)
               FROM gc_blob_review g JOIN blobs b ON b.id = g.blob_id
               WHERE (g.review_at, g.blob_id) > ($1, $2) AND g.review_at <= $3 AND b.doomed_at IS NULL
               ORDER BY g.review_at, g.blob_id LIMIT $4";
    let rows = conn.rows(sql, args![after.0, after.1, until, limit]).await?;
    let read = |row: &Row| {
        Ok(Review {
            id: row.get(0)?,
            digest: row.get(1)?,
            size: row.get(2)?,
            touched_at: row.get(3)?,
            review_at: row.get(4)?,
            reason: row.get(5)?,
            is_linked: row.get(6)?,
            is_referenced: row.get(7)?,
        })
    };
    rows.iter().map(read).collect()
}

/// Blobs whose reviews are asked for after a moment: whether a repository links them, how many, and how many bytes.
///
/// # Errors
/// As the database says.
pub async fn waiting(conn: &mut Conn<'_>, after: Timestamp) -> Result<Vec<(bool, i64, i64)>> {
    let sql = "SELECT is_linked, COUNT(*), CAST(COALESCE(SUM(size), 0) AS BIGINT)
               FROM (SELECT b.size, EXISTS (SELECT 1 FROM repository_blobs rb WHERE rb.blob_id = b.id) AS is_linked
                     FROM gc_blob_review g JOIN blobs b ON b.id = g.blob_id
                     WHERE g.review_at > $1 AND b.doomed_at IS NULL) waiting
               GROUP BY is_linked";
    let rows = conn.rows(sql, args![after]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect()
}

/// All blobs that have a row and are not doomed: how many, and how many bytes.
///
/// # Errors
/// As the database says.
pub async fn totals(conn: &mut Conn<'_>) -> Result<(i64, i64)> {
    let sql = "SELECT COUNT(*), CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM blobs WHERE doomed_at IS NULL";
    conn.row(sql, &[]).await?.map_or(Ok((0, 0)), |row| Ok((row.get(0)?, row.get(1)?)))
}

/// A link that no manifest of its repository needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdleLink {
    /// The repository.
    pub repository_id: i64,
    /// Its project.
    pub project_id: i64,
    /// When the link was made.
    pub created_at: Timestamp,
}

/// The links of a blob that no manifest of their repository needs: uploads and mounts whose manifest did not come yet.
///
/// # Errors
/// As the database says.
pub async fn idle_links(conn: &mut Conn<'_>, blob_id: i64, limit: i64) -> Result<Vec<IdleLink>> {
    let sql = "SELECT rb.repository_id, r.project_id, rb.created_at
               FROM repository_blobs rb JOIN repositories r ON r.id = rb.repository_id
               WHERE rb.blob_id = $1 AND rb.repository_id NOT IN (
                 SELECT m.repository_id FROM manifest_references mr JOIN manifests m ON m.id = mr.manifest_id
                 WHERE mr.blob_id = $1)
               ORDER BY rb.created_at LIMIT $2";
    let rows = conn.rows(sql, args![blob_id, limit]).await?;
    let read =
        |row: &Row| Ok(IdleLink { repository_id: row.get(0)?, project_id: row.get(1)?, created_at: row.get(2)? });
    rows.iter().map(read).collect()
}

/// Which of some blobs have such links.
///
/// # Errors
/// As the database says.
pub async fn idle(conn: &mut Conn<'_>, blobs: &[i64]) -> Result<HashSet<i64>> {
    let mut idle = HashSet::new();
    for chunk in blobs.chunks(super::CHUNK) {
        let marks = super::marks(1, chunk.len());
        // Two sets, one from the other: a layer that many repositories share would be looked for in each of its manifests for each,
        // and PostgreSQL has no good way to ask `NOT IN` of a set that its memory does not hold.
        let sql = format!(
            "SELECT DISTINCT links.blob_id FROM (
               SELECT rb.blob_id, rb.repository_id FROM repository_blobs rb WHERE rb.blob_id IN ({marks})
               EXCEPT
               SELECT mr.blob_id, m.repository_id FROM manifest_references mr JOIN manifests m ON m.id = mr.manifest_id
               WHERE mr.blob_id IN ({marks})) AS links"
        );
        for row in conn.rows(&sql, &super::as_values(chunk)).await? {
            idle.insert(row.get(0)?);
        }
    }
    Ok(idle)
}

/// Whether a link is still there, made before a moment, of a blob that nobody touched since then.
///
/// # Errors
/// As the database says.
pub async fn is_link_idle(conn: &mut Conn<'_>, repository_id: i64, blob_id: i64, before: Timestamp) -> Result<bool> {
    let sql = "SELECT 1 FROM repository_blobs rb JOIN blobs b ON b.id = rb.blob_id
               WHERE rb.repository_id = $1 AND rb.blob_id = $2 AND rb.created_at <= $3 AND b.touched_at <= $3";
    Ok(conn.row(sql, args![repository_id, blob_id, before]).await?.is_some())
}

/// Ends reviews of blobs that are linked, where nothing asked again since. Says how many.
///
/// # Errors
/// As the database says.
pub async fn end_reviews(conn: &mut Conn<'_>, reviews: &[(i64, Timestamp)]) -> Result<u64> {
    let mut ended = 0;
    for chunk in reviews.chunks(super::CHUNK) {
        let ids: Vec<i64> = chunk.iter().map(|(id, _)| *id).collect();
        // Whoever removes a link locks the blob before asking for a review: either its link is still seen here, or
        // its request comes after.
        lock(conn, &ids, "FOR NO KEY UPDATE").await?;
        let pairs: Vec<String> = (0..chunk.len())
            .map(|n| format!("(CAST(${} AS BIGINT), CAST(${} AS BIGINT))", 2 * n + 1, 2 * n + 2))
            .collect();
        let marks: Vec<String> = (0..chunk.len()).map(|n| format!("${}", 2 * n + 1)).collect();
        let values: Vec<Value> = chunk.iter().flat_map(|(id, at)| [Value::from(*id), Value::from(*at)]).collect();
        // The rows by themselves once more, because SQLite looks through the whole table for pairs.
        let sql = format!(
            "DELETE FROM gc_blob_review WHERE blob_id IN ({}) AND (blob_id, review_at) IN (VALUES {})
             AND EXISTS (SELECT 1 FROM repository_blobs rb WHERE rb.blob_id = gc_blob_review.blob_id)",
            marks.join(", "),
            pairs.join(", ")
        );
        ended += conn.execute(&sql, &values).await?;
    }
    Ok(ended)
}

/// Puts a review off, where nothing asked again since.
///
/// # Errors
/// As the database says.
pub async fn put_off(conn: &mut Conn<'_>, blob_id: i64, asked: Timestamp, to: Timestamp) -> Result<()> {
    let sql = "UPDATE gc_blob_review SET review_at = $3 WHERE blob_id = $1 AND review_at = $2";
    conn.execute(sql, args![blob_id, asked, to]).await?;
    Ok(())
}

async fn lock(conn: &mut Conn<'_>, ids: &[i64], strength: &str) -> Result<()> {
    if conn.backend() == Backend::Postgres {
        let sql = format!("SELECT id FROM blobs WHERE id IN ({}) ORDER BY id {strength}", super::marks(1, ids.len()));
        conn.rows(&sql, &super::as_values(ids)).await?;
    }
    Ok(())
}

/// Gives up those among some blobs that are garbage: nobody links them, nothing points at them, and nobody relied on them
/// since `untouched_since`. Says which. From here on nobody can link them, until [`delete_doomed`] or [`spare`].
///
/// # Errors
/// As the database says.
pub async fn doom(
    conn: &mut Conn<'_>,
    ids: &[i64],
    untouched_since: Timestamp,
    now: Timestamp,
) -> Result<Vec<(i64, Digest, i64)>> {
    let mut doomed = Vec::new();
    for chunk in ids.chunks(super::CHUNK) {
        // Every transaction that links one of them holds its row at least by the foreign key.
        lock(conn, chunk, "FOR UPDATE").await?;
        let sql = format!(
            "UPDATE blobs SET doomed_at = $1 WHERE id IN ({}) AND doomed_at IS NULL AND touched_at <= $2
             AND NOT EXISTS (SELECT 1 FROM repository_blobs rb WHERE rb.blob_id = blobs.id)
             AND NOT EXISTS (SELECT 1 FROM manifest_references mr WHERE mr.blob_id = blobs.id)
             RETURNING id, digest, size",
            super::marks(3, chunk.len())
        );
        let values: Vec<Value> =
            [now.into(), untouched_since.into()].into_iter().chain(super::as_values(chunk)).collect();
        for row in conn.rows(&sql, &values).await? {
            doomed.push((row.get(0)?, row.get(1)?, row.get(2)?));
        }
    }
    Ok(doomed)
}

/// A blob that was given up, and whose bytes may be gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doomed {
    /// Row id.
    pub id: i64,
    /// Digest.
    pub digest: Digest,
    /// Bytes.
    pub size: i64,
    /// When it was given up.
    pub doomed_at: Timestamp,
}

/// Blobs that were given up and not removed: a crash came between. After the row `after`.
///
/// # Errors
/// As the database says.
pub async fn doomed(conn: &mut Conn<'_>, after: i64, limit: i64) -> Result<Vec<Doomed>> {
    let sql =
        "SELECT id, digest, size, doomed_at FROM blobs WHERE doomed_at IS NOT NULL AND id > $1 ORDER BY id LIMIT $2";
    let rows = conn.rows(sql, args![after, limit]).await?;
    let read =
        |row: &Row| Ok(Doomed { id: row.get(0)?, digest: row.get(1)?, size: row.get(2)?, doomed_at: row.get(3)? });
    rows.iter().map(read).collect()
}

/// Removes the rows of blobs that were given up at a moment. Reviews and memories of links go with them.
///
/// # Errors
/// As the database says.
pub async fn delete_doomed(conn: &mut Conn<'_>, ids: &[i64], doomed_at: Timestamp) -> Result<u64> {
    let mut deleted = 0;
    for chunk in ids.chunks(super::CHUNK) {
        let sql = format!("DELETE FROM blobs WHERE doomed_at = $1 AND id IN ({})", super::marks(2, chunk.len()));
        let values: Vec<Value> = std::iter::once(doomed_at.into()).chain(super::as_values(chunk)).collect();
        deleted += conn.execute(&sql, &values).await?;
    }
    Ok(deleted)
}

/// Takes back that a blob was given up: its bytes are still there.
///
/// # Errors
/// As the database says.
pub async fn spare(conn: &mut Conn<'_>, id: i64, doomed_at: Timestamp) -> Result<()> {
    conn.execute("UPDATE blobs SET doomed_at = NULL WHERE id = $1 AND doomed_at = $2", args![id, doomed_at]).await?;
    Ok(())
}

/// A manifest whose bytes something asks to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestReview {
    /// Digest.
    pub digest: Digest,
    /// When it was asked for.
    pub review_at: Timestamp,
    /// Why.
    pub reason: String,
    /// Bytes; nothing where they are gone.
    pub size: Option<i64>,
    /// Whether a repository has the manifest.
    pub is_present: bool,
}

/// The reviews of manifests asked for until `until`, after a place in the list.
///
/// # Errors
/// As the database says.
pub async fn manifest_reviews(
    conn: &mut Conn<'_>,
    after: Option<(Timestamp, Digest)>,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<ManifestReview>> {
    let (at, digest) = match after {
        Some((at, digest)) => (at, digest.to_column()),
        None => (Timestamp(i64::MIN), Vec::new()),
    };
    let sql = "SELECT g.digest, g.review_at, g.reason, CAST(LENGTH(b.bytes) AS BIGINT),
                 EXISTS (SELECT 1 FROM manifests m WHERE m.digest = g.digest)
               FROM gc_manifest_review g LEFT JOIN manifest_bytes b ON b.digest = g.digest
               WHERE (g.review_at, g.digest) > ($1, $2) AND g.review_at <= $3
               ORDER BY g.review_at, g.digest LIMIT $4";
    let rows = conn.rows(sql, args![at, digest, until, limit]).await?;
    let read = |row: &Row| {
        Ok(ManifestReview {
            digest: row.get(0)?,
            review_at: row.get(1)?,
            reason: row.get(2)?,
            size: row.get(3)?,
            is_present: row.get(4)?,
        })
    };
    rows.iter().map(read).collect()
}

/// Ends the review of a manifest, and removes its bytes where no repository has it. Says how many bytes went; nothing where
/// the manifest stays or something asked again since.
///
/// # Errors
/// As the database says.
pub async fn settle_manifest(conn: &mut Conn<'_>, digest: &Digest, asked: Timestamp) -> Result<Option<i64>> {
    // Whoever pushes the manifest holds the row of its bytes until the manifest's own row is there to be seen.
    if conn.backend() == Backend::Postgres {
        conn.row("SELECT 1 FROM manifest_bytes WHERE digest = $1 FOR UPDATE", args![digest]).await?;
    }
    let end = "DELETE FROM gc_manifest_review WHERE digest = $1 AND review_at = $2";
    if conn.execute(end, args![digest, asked]).await? == 0 {
        return Ok(None);
    }
    let sql = "DELETE FROM manifest_bytes WHERE digest = $1
               AND NOT EXISTS (SELECT 1 FROM manifests m WHERE m.digest = manifest_bytes.digest)
               RETURNING CAST(LENGTH(bytes) AS BIGINT)";
    conn.row(sql, args![digest]).await?.map(|row| row.get(0)).transpose()
}

/// Remembers that a repository lost a blob together with a manifest.
///
/// # Errors
/// As the database says.
pub async fn remember_link(conn: &mut Conn<'_>, repository_id: i64, blob_id: i64, now: Timestamp) -> Result<()> {
    let sql = "INSERT INTO unlinked_blobs (repository_id, blob_id, at) VALUES ($1, $2, $3)
               ON CONFLICT (repository_id, blob_id) DO UPDATE SET at = excluded.at";
    conn.execute(sql, args![repository_id, blob_id, now]).await?;
    Ok(())
}

/// Whether a repository lost a blob together with a manifest since a moment, and what is known of the blob.
///
/// # Errors
/// As the database says.
pub async fn remembered_link(
    conn: &mut Conn<'_>,
    repository_id: i64,
    digest: &Digest,
    since: Timestamp,
) -> Result<Option<(i64, i64)>> {
    let sql = "SELECT b.id, b.size FROM blobs b JOIN unlinked_blobs u ON u.blob_id = b.id
               WHERE b.digest = $2 AND u.repository_id = $1 AND u.at >= $3 AND b.doomed_at IS NULL AND b.lost_at IS NULL";
    conn.row(sql, args![repository_id, digest, since]).await?.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

/// Forgets that a repository lost a blob.
///
/// # Errors
/// As the database says.
pub async fn forget_link(conn: &mut Conn<'_>, repository_id: i64, blob_id: i64) -> Result<()> {
    let sql = "DELETE FROM unlinked_blobs WHERE repository_id = $1 AND blob_id = $2";
    conn.execute(sql, args![repository_id, blob_id]).await?;
    Ok(())
}

/// Forgets a batch of links that were lost before a moment. Says how many.
///
/// # Errors
/// As the database says.
pub async fn forget_links(conn: &mut Conn<'_>, before: Timestamp) -> Result<u64> {
    let sql = "DELETE FROM unlinked_blobs WHERE (repository_id, blob_id) IN
               (SELECT repository_id, blob_id FROM unlinked_blobs WHERE at < $1 ORDER BY at LIMIT $2)";
    conn.execute(sql, args![before, BATCH]).await
}

/// Asks for a review of the blobs after a row that nobody links and that nothing asks to look at. Says the last row that
/// was looked at, where there may be more.
///
/// # Errors
/// As the database says.
pub async fn find_forgotten(conn: &mut Conn<'_>, after: i64, now: Timestamp) -> Result<(u64, Option<i64>)> {
    let last = "SELECT MAX(id) FROM (SELECT id FROM blobs WHERE id > $1 ORDER BY id LIMIT $2) batch";
    let last: Option<i64> = conn.row(last, args![after, BATCH]).await?.map_or(Ok(None), |row| row.get(0))?;
    let Some(last) = last else { return Ok((0, None)) };
    let sql = "INSERT INTO gc_blob_review (blob_id, review_at, reason)
               SELECT b.id, CAST($3 AS BIGINT), 'forgotten' FROM blobs b
               WHERE b.id > $1 AND b.id <= $2
                 AND NOT EXISTS (SELECT 1 FROM repository_blobs rb WHERE rb.blob_id = b.id)
                 AND NOT EXISTS (SELECT 1 FROM gc_blob_review g WHERE g.blob_id = b.id)
               ON CONFLICT (blob_id) DO NOTHING";
    let found = conn.execute(sql, args![after, last, now]).await?;
    Ok((found, Some(last)))
}

/// Asks for a review of the bytes of manifests that no repository has and that nothing asks to look at.
///
/// # Errors
/// As the database says.
pub async fn find_forgotten_manifests(conn: &mut Conn<'_>, now: Timestamp) -> Result<u64> {
    let sql = "INSERT INTO gc_manifest_review (digest, review_at, reason)
               SELECT b.digest, CAST($1 AS BIGINT), 'forgotten' FROM manifest_bytes b
               WHERE NOT EXISTS (SELECT 1 FROM manifests m WHERE m.digest = b.digest)
                 AND NOT EXISTS (SELECT 1 FROM gc_manifest_review g WHERE g.digest = b.digest)
               LIMIT $2
               ON CONFLICT (digest) DO NOTHING";
    conn.execute(sql, args![now, BATCH]).await
}

/// An artifact without a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untagged {
    /// Row id of the manifest.
    pub id: i64,
    /// Row id of its repository.
    pub repository_id: i64,
    /// The repository's full name.
    pub repository: String,
    /// Row id of its project.
    pub project_id: i64,
    /// Digest.
    pub digest: Digest,
}

/// Artifacts after a row that have no tag, that no index leads to and that refer to nothing, pushed before a moment.
///
/// # Errors
/// As the database says.
pub async fn untagged(conn: &mut Conn<'_>, after: i64, before: Timestamp, limit: i64) -> Result<Vec<Untagged>> {
    let sql = "SELECT m.id, m.repository_id, r.name, r.project_id, m.digest
               FROM manifests m JOIN repositories r ON r.id = m.repository_id
               WHERE m.id > $1 AND m.tag_count = 0 AND m.parent_count = 0 AND m.subject IS NULL AND m.pushed_at < $2
               ORDER BY m.id LIMIT $3";
    let read = |row: &Row| {
        Ok(Untagged {
            id: row.get(0)?,
            repository_id: row.get(1)?,
            repository: row.get(2)?,
            project_id: row.get(3)?,
            digest: row.get(4)?,
        })
    };
    conn.rows(sql, args![after, before, limit]).await?.iter().map(read).collect()
}
