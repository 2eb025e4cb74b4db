//! Lookups of `/v2`: each is one prepared statement on an index.

use berth_types::{Digest, Timestamp};

use crate::{Backend, Conn, Result, Row, Value, args};

/// A repository as far as the data path knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Row id.
    pub id: i64,
    /// The project's row id.
    pub project_id: i64,
    /// Whether a manifest was ever pushed.
    pub listed: bool,
}

/// A manifest as far as the data path knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Row id.
    pub id: i64,
    /// The repository's row id.
    pub repository_id: i64,
    /// The project's row id.
    pub project_id: i64,
    /// Digest of the bytes.
    pub digest: Digest,
    /// The media type it was pushed under.
    pub media_type: String,
    /// Bytes of the manifest.
    pub size: i64,
    /// The tag that led to it.
    pub tag_id: Option<i64>,
}

/// A resumable upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The repository's row id.
    pub repository_id: i64,
    /// Hash algorithm that the client announced.
    pub algorithm: String,
    /// Bytes received.
    pub received: i64,
    /// Serialised state of the hash.
    pub hash_state: Option<Vec<u8>>,
    /// Name of who began it.
    pub actor: String,
}

/// A descriptor in a list of referrers.
#[derive(Clone, Debug)]
pub struct Referrer {
    /// Row id: the place where a next page goes on.
    pub id: i64,
    /// Digest.
    pub digest: Digest,
    /// Media type.
    pub media_type: String,
    /// Artifact type; empty where it has none.
    pub artifact_type: String,
    /// Bytes.
    pub size: i64,
    /// Annotations as JSON.
    pub annotations: Option<String>,
}

/// A repository by its full name.
///
/// # Errors
/// As the database says.
pub async fn repository(conn: &mut Conn<'_>, name: &str) -> Result<Option<Repository>> {
    let row = conn.row("SELECT id, project_id, listed FROM repositories WHERE name = $1", args![name]).await?;
    row.map(|row| Ok(Repository { id: row.get(0)?, project_id: row.get(1)?, listed: row.get(2)? })).transpose()
}

/// Size of a blob that a repository may see.
///
/// # Errors
/// As the database says.
pub async fn blob_size(conn: &mut Conn<'_>, repo: &str, digest: &Digest) -> Result<Option<i64>> {
    let sql = "SELECT b.size FROM repositories r
               JOIN blobs b ON b.digest = $2
               JOIN repository_blobs rb ON rb.repository_id = r.id AND rb.blob_id = b.id
               WHERE r.name = $1 AND b.lost_at IS NULL";
    conn.row(sql, args![repo, digest]).await?.map(|row| row.get(0)).transpose()
}

/// Names of repositories that link a blob, those of one project first.
///
/// # Errors
/// As the database says.
pub async fn blob_homes(conn: &mut Conn<'_>, digest: &Digest, project_id: i64, limit: i64) -> Result<Vec<String>> {
    let sql = "SELECT r.name FROM blobs b
               JOIN repository_blobs rb ON rb.blob_id = b.id
               JOIN repositories r ON r.id = rb.repository_id
               WHERE b.digest = $1 AND b.lost_at IS NULL
               ORDER BY CASE WHEN r.project_id = $2 THEN 0 ELSE 1 END, r.id LIMIT $3";
    conn.rows(sql, args![digest, project_id, limit]).await?.iter().map(|row| row.get(0)).collect()
}

fn read_manifest(row: &Row) -> Result<Manifest> {
    Ok(Manifest {
        id: row.get(0)?,
        repository_id: row.get(1)?,
        project_id: row.get(2)?,
        digest: row.get(3)?,
        media_type: row.get(4)?,
        size: row.get(5)?,
        tag_id: row.get(6)?,
    })
}

/// What a tag points at.
///
/// # Errors
/// As the database says.
pub async fn manifest_by_tag(conn: &mut Conn<'_>, repo: &str, tag: &str) -> Result<Option<Manifest>> {
    let sql =
        "SELECT m.id, m.repository_id, m.project_id, m.digest, m.media_type, m.manifest_size, t.id FROM repositories r
         JOIN tags t ON t.repository_id = r.id AND t.name = $2
         JOIN manifests m ON m.id = t.manifest_id
         WHERE r.name = $1";
    conn.row(sql, args![repo, tag]).await?.as_ref().map(read_manifest).transpose()
}

/// A manifest by its digest.
///
/// # Errors
/// As the database says.
pub async fn manifest_by_digest(conn: &mut Conn<'_>, repo: &str, digest: &Digest) -> Result<Option<Manifest>> {
    let sql =
        "SELECT m.id, m.repository_id, m.project_id, m.digest, m.media_type, m.manifest_size, NULL FROM repositories r
         JOIN manifests m ON m.repository_id = r.id AND m.digest = $2
         WHERE r.name = $1";
    conn.row(sql, args![repo, digest]).await?.as_ref().map(read_manifest).transpose()
}

/// The bytes of a manifest as they were pushed.
///
/// # Errors
/// As the database says.
pub async fn manifest_bytes(conn: &mut Conn<'_>, digest: &Digest) -> Result<Option<Vec<u8>>> {
    let row = conn.row("SELECT bytes FROM manifest_bytes WHERE digest = $1", args![digest]).await?;
    row.map(|row| row.get(0)).transpose()
}

/// Tags in byte order, after `last`.
///
/// # Errors
/// As the database says.
pub async fn tags(conn: &mut Conn<'_>, repository_id: i64, last: &str, limit: i64) -> Result<Vec<String>> {
    let sql = "SELECT name FROM tags WHERE repository_id = $1 AND name > $2 ORDER BY name LIMIT $3";
    conn.rows(sql, args![repository_id, last, limit]).await?.iter().map(|row| row.get(0)).collect()
}

/// Names of repositories in byte order, after `last`.
///
/// # Errors
/// As the database says.
pub async fn catalog(conn: &mut Conn<'_>, last: &str, limit: i64) -> Result<Vec<String>> {
    let sql = "SELECT r.name FROM repositories r
               WHERE r.listed = TRUE AND r.name > $1
                 AND EXISTS (SELECT 1 FROM manifests m WHERE m.repository_id = r.id)
               ORDER BY r.name LIMIT $2";
    conn.rows(sql, args![last, limit]).await?.iter().map(|row| row.get(0)).collect()
}

/// What refers to a digest, after the row `last`; of one artifact type where it is not empty. What refers to it by a tag
/// is left out: the specification lists manifests that say so themselves.
///
/// # Errors
/// As the database says.
pub async fn referrers(
    conn: &mut Conn<'_>,
    repo: &str,
    subject: &Digest,
    artifact_type: &str,
    last: i64,
    limit: i64,
) -> Result<Vec<Referrer>> {
    let sql = "SELECT m.id, m.digest, m.media_type, m.artifact_type, m.manifest_size, m.annotations
               FROM repositories r JOIN manifests m ON m.repository_id = r.id
               WHERE r.name = $1 AND m.subject = $2 AND m.id > $4 AND ($3 = '' OR m.artifact_type = $3)
                 AND m.subject_by_tag = FALSE
               ORDER BY m.id LIMIT $5";
    let rows = conn.rows(sql, args![repo, subject, artifact_type, last, limit]).await?;
    let read = |row: &Row| {
        Ok(Referrer {
            id: row.get(0)?,
            digest: row.get(1)?,
            media_type: row.get(2)?,
            artifact_type: row.get(3)?,
            size: row.get(4)?,
            annotations: row.get(5)?,
        })
    };
    rows.iter().map(read).collect()
}

/// How many manifests refer to a digest.
///
/// # Errors
/// As the database says.
pub async fn referrer_count(conn: &mut Conn<'_>, repo: &str, subject: &Digest) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM repositories r JOIN manifests m ON m.repository_id = r.id
               WHERE r.name = $1 AND m.subject = $2 AND m.subject_by_tag = FALSE";
    conn.row(sql, args![repo, subject]).await?.map_or(Ok(0), |row| row.get(0))
}

/// An upload of a repository.
///
/// # Errors
/// As the database says.
pub async fn upload(conn: &mut Conn<'_>, repo: &str, id: &str) -> Result<Option<Upload>> {
    let sql = "SELECT u.repository_id, u.algorithm, u.received, u.hash_state, u.actor FROM uploads u
               JOIN repositories r ON r.id = u.repository_id
               WHERE u.id = $2 AND r.name = $1";
    let row = conn.row(sql, args![repo, id]).await?;
    row.map(|row| {
        Ok(Upload {
            repository_id: row.get(0)?,
            algorithm: row.get(1)?,
            received: row.get(2)?,
            hash_state: row.get(3)?,
            actor: row.get(4)?,
        })
    })
    .transpose()
}

/// Adds pulls to the counter of a repository.
///
/// # Errors
/// As the database says.
pub async fn add_pulls(conn: &mut Conn<'_>, repository_id: i64, count: i64) -> Result<()> {
    let sql = "UPDATE repositories SET pull_count = pull_count + $2 WHERE id = $1";
    conn.execute(sql, args![repository_id, count]).await?;
    Ok(())
}

/// Adds pulls to the counter of a manifest, and notes when it was, where that is wanted. Its repository comes first, see
/// [`add_pulls`]: whoever pushes there holds it before any of its manifests.
///
/// # Errors
/// As the database says.
pub async fn add_pulls_of(
    conn: &mut Conn<'_>,
    manifest_id: i64,
    tag_id: Option<i64>,
    count: i64,
    at: Option<Timestamp>,
) -> Result<()> {
    conn.execute(
        "UPDATE manifests SET pull_count = pull_count + $2, pulled_at = COALESCE($3, pulled_at) WHERE id = $1",
        args![manifest_id, count, at],
    )
    .await?;
    if let (Some(tag_id), Some(at)) = (tag_id, at) {
        conn.execute("UPDATE tags SET pulled_at = $2 WHERE id = $1", args![tag_id, at]).await?;
    }
    Ok(())
}

/// Notes that somebody relied on some blobs, so that garbage collection leaves them alone for a while.
///
/// # Errors
/// As the database says.
pub async fn touch_blobs(conn: &mut Conn<'_>, digests: &[Digest], at: Timestamp) -> Result<()> {
    let mut due: Vec<i64> = Vec::new();
    for chunk in digests.chunks(super::CHUNK) {
        let sql =
            format!("SELECT id FROM blobs WHERE touched_at < $1 AND digest IN ({})", super::marks(2, chunk.len()));
        let values: Vec<Value> = std::iter::once(Value::from(at)).chain(chunk.iter().map(Value::from)).collect();
        for row in conn.rows(&sql, &values).await? {
            due.push(row.get(0)?);
        }
    }
    // In the order of all who lock several.
    due.sort_unstable();
    for chunk in due.chunks(super::CHUNK) {
        let ids = super::marks(2, chunk.len());
        let values: Vec<Value> = std::iter::once(Value::from(at)).chain(super::as_values(chunk)).collect();
        if conn.backend() == Backend::Postgres {
            let sql =
                format!("SELECT id FROM blobs WHERE touched_at < $1 AND id IN ({ids}) ORDER BY id FOR NO KEY UPDATE");
            conn.rows(&sql, &values).await?;
        }
        let sql = format!("UPDATE blobs SET touched_at = $1 WHERE touched_at < $1 AND id IN ({ids})");
        conn.execute(&sql, &values).await?;
    }
    Ok(())
}
