//! What checks of the whole store read and mend: rows against bytes, rows against rows.

mod drift;

pub use drift::{
    Drift, artifact_count_drift, correct_usage, parent_count_drift, project_drift, recount, tag_count_drift,
    usage_drift,
};

use berth_types::{Digest, Timestamp};

use super::{CHUNK, marks};
use crate::{Backend, Conn, Result, Row, Value, args};

/// The most rows that one check returns. A store with more of one kind is mended in several runs.
pub const ROWS_MAX: i64 = 10_000;

/// A blob's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Row id.
    pub id: i64,
    /// Digest.
    pub digest: Digest,
    /// Bytes that it should have.
    pub size: i64,
    /// Since when its bytes are known to be lost.
    pub lost_at: Option<Timestamp>,
}

impl Blob {
    fn read(row: &Row) -> Result<Self> {
        Ok(Blob { id: row.get(0)?, digest: row.get(1)?, size: row.get(2)?, lost_at: row.get(3)? })
    }
}

/// Blobs by row id, after one. Those that garbage collection has given up are left out: their bytes are going.
///
/// # Errors
/// As the database says.
pub async fn blobs_after(conn: &mut Conn<'_>, after: i64, limit: i64) -> Result<Vec<Blob>> {
    let sql = "SELECT id, digest, size, lost_at FROM blobs WHERE id > $1 AND doomed_at IS NULL
               ORDER BY id LIMIT $2";
    conn.rows(sql, args![after, limit]).await?.iter().map(Blob::read).collect()
}

/// How many blobs there are, and their bytes.
///
/// # Errors
/// As the database says.
pub async fn blob_totals(conn: &mut Conn<'_>) -> Result<(i64, i64)> {
    let sql = "SELECT COUNT(*), CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM blobs";
    conn.row(sql, &[]).await?.map_or(Ok((0, 0)), |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The rows of the blobs among `digests` that have one.
///
/// # Errors
/// As the database says.
pub async fn blobs(conn: &mut Conn<'_>, digests: &[Digest]) -> Result<Vec<Blob>> {
    let mut found = Vec::with_capacity(digests.len());
    for chunk in digests.chunks(CHUNK) {
        let marks = marks(1, chunk.len());
        let sql = format!("SELECT id, digest, size, lost_at FROM blobs WHERE digest IN ({marks})");
        let values: Vec<Value> = chunk.iter().map(Value::from).collect();
        for row in conn.rows(&sql, &values).await? {
            found.push(Blob::read(&row)?);
        }
    }
    Ok(found)
}

/// The rows of the blobs among `digests` that a repository links.
///
/// # Errors
/// As the database says.
pub async fn linked_blobs(conn: &mut Conn<'_>, repository_id: i64, digests: &[Digest]) -> Result<Vec<Blob>> {
    let mut found = Vec::with_capacity(digests.len());
    for chunk in digests.chunks(CHUNK) {
        let sql = format!(
            "SELECT b.id, b.digest, b.size, b.lost_at FROM blobs b
             JOIN repository_blobs rb ON rb.blob_id = b.id AND rb.repository_id = $1 WHERE b.digest IN ({})",
            marks(2, chunk.len())
        );
        let values: Vec<Value> = std::iter::once(repository_id.into()).chain(chunk.iter().map(Value::from)).collect();
        for row in conn.rows(&sql, &values).await? {
            found.push(Blob::read(&row)?);
        }
    }
    Ok(found)
}

/// How many manifests point at a blob, and one of them as `<repository>@<digest>`.
///
/// # Errors
/// As the database says.
pub async fn manifests_of_blob(conn: &mut Conn<'_>, id: i64) -> Result<(i64, Option<String>)> {
    let sql = "SELECT COUNT(DISTINCT manifest_id) FROM manifest_references WHERE blob_id = $1";
    let count = conn.row(sql, args![id]).await?.map_or(Ok(0), |row| row.get(0))?;
    let sql = "SELECT r.name, m.digest FROM manifest_references mr JOIN manifests m ON m.id = mr.manifest_id
               JOIN repositories r ON r.id = m.repository_id WHERE mr.blob_id = $1 LIMIT 1";
    let example = conn.row(sql, args![id]).await?;
    let example = example.map(|row| Ok::<_, crate::DbError>(name(row.get(0)?, row.get(1)?))).transpose()?;
    Ok((count, example))
}

/// Writes down that the bytes of a blob are lost. Nobody is given it from then on, and pushing it stores it anew. False
/// where that was known, or the blob is gone.
///
/// # Errors
/// As the database says.
pub async fn mark_lost(conn: &mut Conn<'_>, digest: &Digest, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE blobs SET lost_at = $2 WHERE digest = $1 AND lost_at IS NULL";
    Ok(conn.execute(sql, args![digest, now]).await? > 0)
}

/// Takes [`mark_lost`] back.
///
/// # Errors
/// As the database says.
pub async fn mark_found(conn: &mut Conn<'_>, digest: &Digest) -> Result<bool> {
    let sql = "UPDATE blobs SET lost_at = NULL WHERE digest = $1 AND lost_at IS NOT NULL";
    Ok(conn.execute(sql, args![digest]).await? > 0)
}

/// Corrects the size of a blob.
///
/// # Errors
/// As the database says.
pub async fn set_blob_size(conn: &mut Conn<'_>, id: i64, size: i64) -> Result<()> {
    conn.execute("UPDATE blobs SET size = $2 WHERE id = $1", args![id, size]).await?;
    Ok(())
}

/// What the database itself finds wrong with its file. PostgreSQL looks after its own.
///
/// # Errors
/// As the database says.
pub async fn integrity(conn: &mut Conn<'_>, thorough: bool) -> Result<Vec<String>> {
    if conn.backend() == Backend::Postgres {
        return Ok(Vec::new());
    }
    let sql = if thorough { "PRAGMA integrity_check(20)" } else { "PRAGMA quick_check(20)" };
    let lines: Vec<String> = conn.rows(sql, &[]).await?.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

/// A row that points at something which is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dangling {
    /// The repository's row id.
    pub repository_id: i64,
    /// Row id of what is not there.
    pub target_id: i64,
}

/// Links of repositories to blobs that have no row.
///
/// # Errors
/// As the database says.
pub async fn dangling_links(conn: &mut Conn<'_>) -> Result<Vec<Dangling>> {
    let sql = "SELECT rb.repository_id, rb.blob_id FROM repository_blobs rb LEFT JOIN blobs b ON b.id = rb.blob_id
               WHERE b.id IS NULL LIMIT $1";
    let rows = conn.rows(sql, args![ROWS_MAX]).await?;
    rows.iter().map(|row| Ok(Dangling { repository_id: row.get(0)?, target_id: row.get(1)? })).collect()
}

/// Removes a link whose blob has no row. False where it has one after all.
///
/// # Errors
/// As the database says.
pub async fn drop_dangling_link(conn: &mut Conn<'_>, link: &Dangling) -> Result<bool> {
    let sql = "DELETE FROM repository_blobs WHERE repository_id = $1 AND blob_id = $2
               AND NOT EXISTS (SELECT 1 FROM blobs WHERE id = $2)";
    Ok(conn.execute(sql, args![link.repository_id, link.target_id]).await? > 0)
}

/// Where a line of a manifest stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The manifest's row id.
    pub manifest_id: i64,
    /// The line's place.
    pub position: i64,
    /// The repository's row id.
    pub repository_id: i64,
    /// `<repository>@<digest>` of the manifest.
    pub manifest: String,
    /// What the line names.
    pub digest: Digest,
    /// Row id of what the line should point at, where it is there.
    pub target_id: Option<i64>,
}

impl Line {
    fn read(row: &Row) -> Result<Self> {
        Ok(Line {
            manifest_id: row.get(0)?,
            position: row.get(1)?,
            repository_id: row.get(2)?,
            manifest: name(row.get(3)?, row.get(4)?),
            digest: row.get(5)?,
            target_id: row.get(6)?,
        })
    }
}

/// The columns that [`Line::read`] takes, but for the last.
const LINE: &str = "SELECT mr.manifest_id, mr.position, m.repository_id, r.name, m.digest, mr.digest";
const LINE_FROM: &str = "FROM manifest_references mr JOIN manifests m ON m.id = mr.manifest_id
                         JOIN repositories r ON r.id = m.repository_id";

async fn lines(conn: &mut Conn<'_>, target: &str, rest: &str) -> Result<Vec<Line>> {
    let sql = format!("{LINE}, {target} {LINE_FROM} {rest} LIMIT $1");
    conn.rows(&sql, args![ROWS_MAX]).await?.iter().map(Line::read).collect()
}

/// Lines that point at a row which is not there, with the blob of their digest where the repository links one.
///
/// # Errors
/// As the database says.
pub async fn dangling_lines(conn: &mut Conn<'_>) -> Result<Vec<Line>> {
    let target = "(SELECT s.id FROM blobs s JOIN repository_blobs rb ON rb.blob_id = s.id
                   WHERE s.digest = mr.digest AND rb.repository_id = m.repository_id)";
    let rest = "LEFT JOIN blobs b ON b.id = mr.blob_id WHERE mr.blob_id IS NOT NULL AND b.id IS NULL";
    lines(conn, target, rest).await
}

/// Lines whose blob the repository does not link, so that nobody can pull it from there.
///
/// # Errors
/// As the database says.
pub async fn unlinked_lines(conn: &mut Conn<'_>) -> Result<Vec<Line>> {
    let rest = "JOIN blobs b ON b.id = mr.blob_id
                LEFT JOIN repository_blobs rb ON rb.repository_id = m.repository_id AND rb.blob_id = mr.blob_id
                WHERE rb.blob_id IS NULL";
    lines(conn, "b.id", rest).await
}

/// Lines that name a blob which the repository links, but do not point at it.
///
/// # Errors
/// As the database says.
pub async fn unjoined_lines(conn: &mut Conn<'_>) -> Result<Vec<Line>> {
    let rest = "JOIN blobs b ON b.digest = mr.digest
                JOIN repository_blobs rb ON rb.repository_id = m.repository_id AND rb.blob_id = b.id
                WHERE mr.blob_id IS NULL AND mr.role <> 'subject'";
    lines(conn, "b.id", rest).await
}

/// Lines that name a configuration or a layer which the repository does not have and nobody else is said to have.
///
/// # Errors
/// As the database says.
pub async fn missing_lines(conn: &mut Conn<'_>) -> Result<Vec<Line>> {
    let rest = r#"WHERE mr.blob_id IS NULL AND mr.role IN ('config', 'layer')
                  AND COALESCE(mr.descriptor, '') NOT LIKE '%"urls":[%'
                  AND NOT EXISTS (SELECT 1 FROM repository_blobs rb JOIN blobs b ON b.id = rb.blob_id
                                  WHERE rb.repository_id = m.repository_id AND b.digest = mr.digest)"#;
    lines(conn, "NULL", rest).await
}

/// Lines of an index that name a manifest which the repository has, but do not point at it, or point at another one.
///
/// # Errors
/// As the database says.
pub async fn unjoined_children(conn: &mut Conn<'_>) -> Result<Vec<Line>> {
    let rest = "JOIN manifests c ON c.repository_id = m.repository_id AND c.digest = mr.digest
                WHERE mr.role = 'child' AND (mr.child_id IS NULL OR mr.child_id <> c.id)";
    lines(conn, "c.id", rest).await
}

/// Points a line at a blob, or at nothing.
///
/// # Errors
/// As the database says.
pub async fn join_blob(conn: &mut Conn<'_>, line: &Line) -> Result<()> {
    let sql = "UPDATE manifest_references SET blob_id = $3 WHERE manifest_id = $1 AND position = $2 AND digest = $4";
    conn.execute(sql, args![line.manifest_id, line.position, line.target_id, line.digest]).await?;
    Ok(())
}

/// Points a line at a manifest.
///
/// # Errors
/// As the database says.
pub async fn join_child(conn: &mut Conn<'_>, line: &Line) -> Result<()> {
    let sql = "UPDATE manifest_references SET child_id = $3 WHERE manifest_id = $1 AND position = $2 AND digest = $4";
    conn.execute(sql, args![line.manifest_id, line.position, line.target_id, line.digest]).await?;
    Ok(())
}

/// Manifests that have no bytes, as `<repository>@<digest>` and digest.
///
/// # Errors
/// As the database says.
pub async fn manifests_without_bytes(conn: &mut Conn<'_>) -> Result<Vec<(String, Digest)>> {
    let sql = "SELECT r.name, m.digest FROM manifests m JOIN repositories r ON r.id = m.repository_id
               LEFT JOIN manifest_bytes mb ON mb.digest = m.digest WHERE mb.digest IS NULL LIMIT $1";
    let rows = conn.rows(sql, args![ROWS_MAX]).await?;
    rows.iter().map(|row| Ok((name(row.get(0)?, row.get(1)?), row.get(1)?))).collect()
}

/// A manifest's row with its bytes.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Row id.
    pub id: i64,
    /// The repository's row id.
    pub repository_id: i64,
    /// The repository's name.
    pub repository: String,
    /// Digest.
    pub digest: Digest,
    /// Media type.
    pub media_type: String,
    /// Media type of the configuration.
    pub config_media_type: String,
    /// What a list of referrers shows.
    pub artifact_type: String,
    /// Bytes of the manifest, as the row says.
    pub manifest_size: i64,
    /// What it refers to by itself.
    pub subject: Option<Digest>,
    /// What it is to its subject, whatever names that.
    pub accessory: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Manifests with their bytes by row id, after one. Those without bytes are left out.
///
/// # Errors
/// As the database says.
pub async fn manifests_after(conn: &mut Conn<'_>, after: i64, limit: i64) -> Result<Vec<Manifest>> {
    let sql = "SELECT m.id, m.repository_id, r.name, m.digest, m.media_type, m.config_media_type, m.artifact_type,
                      m.manifest_size, CASE WHEN m.subject_by_tag THEN NULL ELSE m.subject END, m.accessory, mb.bytes
               FROM manifests m JOIN repositories r ON r.id = m.repository_id
               JOIN manifest_bytes mb ON mb.digest = m.digest
               WHERE m.id > $1 ORDER BY m.id LIMIT $2";
    let read = |row: &Row| {
        Ok(Manifest {
            id: row.get(0)?,
            repository_id: row.get(1)?,
            repository: row.get(2)?,
            digest: row.get(3)?,
            media_type: row.get(4)?,
            config_media_type: row.get(5)?,
            artifact_type: row.get(6)?,
            manifest_size: row.get(7)?,
            subject: row.get(8)?,
            accessory: row.get(9)?,
            bytes: row.get(10)?,
        })
    };
    conn.rows(sql, args![after, limit]).await?.iter().map(read).collect()
}

/// What the lines of a manifest say: role, digest, media type, bytes.
pub type LineText = (String, Digest, String, i64);

/// The lines of a manifest in order.
///
/// # Errors
/// As the database says.
pub async fn lines_of(conn: &mut Conn<'_>, manifest_id: i64) -> Result<Vec<LineText>> {
    let sql = "SELECT role, digest, media_type, size FROM manifest_references WHERE manifest_id = $1 ORDER BY position";
    let rows = conn.rows(sql, args![manifest_id]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).collect()
}

/// Writes into a manifest's row what its bytes say, and removes its lines, to be written again.
///
/// # Errors
/// As the database says.
pub async fn rewrite_manifest(conn: &mut Conn<'_>, manifest: &Manifest, annotations: Option<&str>) -> Result<()> {
    let sql = "UPDATE manifests SET media_type = $2, config_media_type = $3, artifact_type = $4, manifest_size = $5,
               subject = COALESCE($6, CASE WHEN subject_by_tag THEN subject END), annotations = $7, accessory = $8
               WHERE id = $1";
    let Manifest { id, media_type, config_media_type, artifact_type, manifest_size, subject, accessory, .. } = manifest;
    let values =
        args![*id, media_type, config_media_type, artifact_type, *manifest_size, *subject, annotations, accessory];
    conn.execute(sql, values).await?;
    conn.execute("DELETE FROM manifest_references WHERE manifest_id = $1", args![*id]).await?;
    Ok(())
}

/// A tag whose manifest is not in its repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misplaced {
    /// Row id.
    pub id: i64,
    /// `<repository>:<tag>`.
    pub tag: String,
    /// The repository's row id.
    pub repository_id: i64,
    /// Where it points now; nothing where there is no such manifest.
    pub elsewhere: Option<String>,
    /// The manifest of the repository that it should point at, as far as that is known.
    pub target_id: Option<i64>,
}

/// Tags whose manifest is not in their repository. They should point at the manifest of the same digest there, else at
/// the last one that their history names.
///
/// # Errors
/// As the database says.
pub async fn misplaced_tags(conn: &mut Conn<'_>) -> Result<Vec<Misplaced>> {
    let sql = "SELECT t.id, r.name, t.name, t.repository_id, e.name, m.digest,
                 COALESCE(
                   (SELECT s.id FROM manifests s WHERE s.repository_id = t.repository_id AND s.digest = m.digest),
                   (SELECT h.id FROM manifests h WHERE h.repository_id = t.repository_id AND h.digest =
                     (SELECT th.digest FROM tag_history th WHERE th.repository_id = t.repository_id AND th.tag = t.name
                      ORDER BY th.id DESC LIMIT 1)))
               FROM tags t JOIN repositories r ON r.id = t.repository_id
               LEFT JOIN manifests m ON m.id = t.manifest_id LEFT JOIN repositories e ON e.id = m.repository_id
               WHERE m.id IS NULL OR m.repository_id <> t.repository_id LIMIT $1";
    let read = |row: &Row| {
        let (repository, tag): (String, String) = (row.get(1)?, row.get(2)?);
        let elsewhere = match (row.get::<Option<String>>(4)?, row.get::<Option<Digest>>(5)?) {
            (Some(repository), Some(digest)) => Some(name(repository, digest)),
            _ => None,
        };
        Ok(Misplaced {
            id: row.get(0)?,
            tag: format!("{repository}:{tag}"),
            repository_id: row.get(3)?,
            elsewhere,
            target_id: row.get(6)?,
        })
    };
    conn.rows(sql, args![ROWS_MAX]).await?.iter().map(read).collect()
}

/// Points a tag at a manifest of its repository.
///
/// # Errors
/// As the database says.
pub async fn replace_tag(conn: &mut Conn<'_>, id: i64, manifest_id: i64) -> Result<()> {
    let sql = "UPDATE tags SET manifest_id = $2 WHERE id = $1
               AND repository_id = (SELECT repository_id FROM manifests WHERE id = $2)";
    conn.execute(sql, args![id, manifest_id]).await?;
    Ok(())
}

/// An upload's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub id: String,
    /// Bytes that it should have.
    pub received: i64,
    /// Serialised state of the hash over them.
    pub hash_state: Option<Vec<u8>>,
}

/// Uploads by id, after one.
///
/// # Errors
/// As the database says.
pub async fn uploads_after(conn: &mut Conn<'_>, after: &str, limit: i64) -> Result<Vec<Upload>> {
    let sql = "SELECT id, received, hash_state FROM uploads WHERE id > $1 ORDER BY id LIMIT $2";
    let rows = conn.rows(sql, args![after, limit]).await?;
    rows.iter().map(|row| Ok(Upload { id: row.get(0)?, received: row.get(1)?, hash_state: row.get(2)? })).collect()
}

/// An upload's row.
///
/// # Errors
/// As the database says.
pub async fn upload(conn: &mut Conn<'_>, id: &str) -> Result<Option<Upload>> {
    let row = conn.row("SELECT id, received, hash_state FROM uploads WHERE id = $1", args![id]).await?;
    row.map(|row| Ok(Upload { id: row.get(0)?, received: row.get(1)?, hash_state: row.get(2)? })).transpose()
}

/// Gives a lease back.
///
/// # Errors
/// As the database says.
pub async fn release(conn: &mut Conn<'_>, name: &str, holder: &str) -> Result<()> {
    let sql = "DELETE FROM settings WHERE key = $1 AND updated_by = $2";
    conn.execute(sql, args![format!("lease:{name}"), holder]).await?;
    Ok(())
}

fn name(repository: String, digest: Digest) -> String {
    format!("{repository}@{digest}")
}
