//! The rows of manifests, and what they point at.

use berth_types::{Digest, Timestamp};

use super::{WAITING_FOR_CHILD, locked};
use crate::{Conn, Result, Row, args};

/// A manifest to be written.
#[derive(Clone, Debug)]
pub struct NewManifest {
    /// The project's row id.
    pub project_id: i64,
    /// Digest of the bytes.
    pub digest: Digest,
    /// Media type.
    pub media_type: String,
    /// Media type of the configuration; empty for an index.
    pub config_media_type: String,
    /// What a list of referrers shows.
    pub artifact_type: String,
    /// `IMAGE`, `CHART`, …
    pub kind: String,
    /// Bytes of the manifest.
    pub manifest_size: i64,
    /// What it refers to.
    pub subject: Option<Digest>,
    /// What it is to its subject: `signature.cosign`, …; empty where it has none.
    pub accessory: &'static str,
    /// Whether a tag names the subject, and not the manifest itself.
    pub subject_by_tag: bool,
    /// The layer that is its icon.
    pub icon: Option<Digest>,
    /// Annotations as JSON.
    pub annotations: Option<String>,
    /// What the configuration says, as JSON.
    pub extra_attrs: Option<String>,
    /// Who pushes.
    pub pushed_by: String,
}

/// The state of a manifest's row that decides whether lists show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Row id.
    pub id: i64,
    /// Tags that point at it.
    pub tags: i64,
    /// Indexes of the repository that list it.
    pub parents: i64,
    /// Whether it refers to something.
    pub accessory: bool,
}

impl Counts {
    /// Whether lists of artifacts show it: it is nobody's accessory, and has a tag or no index that lists it.
    pub const fn is_listed(self) -> bool {
        !self.accessory && (self.tags > 0 || self.parents == 0)
    }

    fn read(row: &Row) -> Result<Self> {
        Ok(Counts { id: row.get(0)?, tags: row.get(1)?, parents: row.get(2)?, accessory: row.get(3)? })
    }
}

/// Stores the bytes of a manifest. Where another transaction stored the same, its row is locked until both are done.
///
/// # Errors
/// As the database says.
pub async fn store_bytes(conn: &mut Conn<'_>, digest: &Digest, bytes: &[u8]) -> Result<()> {
    // Where the condition says no, PostgreSQL locks the row all the same. Bytes that differ are damaged ones.
    let sql = "INSERT INTO manifest_bytes (digest, bytes) VALUES ($1, $2)
               ON CONFLICT (digest) DO UPDATE SET bytes = excluded.bytes
               WHERE manifest_bytes.bytes <> excluded.bytes";
    conn.execute(sql, args![digest, bytes]).await?;
    Ok(())
}

/// The counts of a manifest, locked until the transaction ends.
///
/// # Errors
/// As the database says.
pub async fn counts_by_digest(conn: &mut Conn<'_>, repository_id: i64, digest: &Digest) -> Result<Option<Counts>> {
    let sql = "SELECT id, tag_count, parent_count, subject IS NOT NULL FROM manifests WHERE repository_id = $1 AND digest = $2";
    conn.row(&locked(conn.backend(), sql), args![repository_id, digest]).await?.as_ref().map(Counts::read).transpose()
}

/// The counts of a manifest, locked until the transaction ends.
///
/// # Errors
/// As the database says.
pub async fn counts(conn: &mut Conn<'_>, id: i64) -> Result<Option<Counts>> {
    let sql = "SELECT id, tag_count, parent_count, subject IS NOT NULL FROM manifests WHERE id = $1";
    conn.row(&locked(conn.backend(), sql), args![id]).await?.as_ref().map(Counts::read).transpose()
}

/// Writes a manifest's row and says its id.
///
/// # Errors
/// As the database says.
pub async fn insert_manifest(
    conn: &mut Conn<'_>,
    repository_id: i64,
    manifest: &NewManifest,
    size: i64,
    parents: i64,
    now: Timestamp,
) -> Result<i64> {
    let sql =
        "INSERT INTO manifests (project_id, repository_id, digest, media_type, config_media_type, artifact_type, kind,
                 manifest_size, size, subject, annotations, extra_attrs, parent_count, pushed_by, pushed_at, accessory,
                 subject_by_tag, icon)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) RETURNING id";
    conn.insert(
        sql,
        args![
            manifest.project_id,
            repository_id,
            manifest.digest,
            &manifest.media_type,
            &manifest.config_media_type,
            &manifest.artifact_type,
            &manifest.kind,
            manifest.manifest_size,
            size,
            manifest.subject,
            manifest.annotations.clone(),
            manifest.extra_attrs.clone(),
            parents,
            &manifest.pushed_by,
            now,
            manifest.accessory,
            manifest.subject_by_tag,
            manifest.icon,
        ],
    )
    .await
}

/// Makes a manifest that the repository has the accessory of another, because a tag says so. What the manifest itself
/// refers to stays.
///
/// # Errors
/// As the database says.
pub async fn refer_by_tag(conn: &mut Conn<'_>, id: i64, subject: &Digest, accessory: &'static str) -> Result<()> {
    let sql =
        "UPDATE manifests SET subject = $2, accessory = $3, subject_by_tag = TRUE WHERE id = $1 AND subject IS NULL";
    conn.execute(sql, args![id, subject, accessory]).await?;
    Ok(())
}

/// A line of what a manifest points at.
#[derive(Clone, Debug)]
pub struct NewReference {
    /// `config`, `layer`, `child` or `subject`.
    pub role: &'static str,
    /// Digest.
    pub digest: Digest,
    /// Media type.
    pub media_type: String,
    /// Bytes.
    pub size: i64,
    /// The descriptor as JSON, where it says more than the columns.
    pub descriptor: Option<String>,
}

/// Writes a line of what a manifest points at.
///
/// # Errors
/// As the database says.
pub async fn insert_reference(
    conn: &mut Conn<'_>,
    manifest_id: i64,
    position: i64,
    reference: &NewReference,
    blob_id: Option<i64>,
    child_id: Option<i64>,
) -> Result<()> {
    let sql = "INSERT INTO manifest_references (manifest_id, position, role, digest, blob_id, child_id, media_type, size, descriptor)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    conn.execute(
        sql,
        args![
            manifest_id,
            position,
            reference.role,
            reference.digest,
            blob_id,
            child_id,
            &reference.media_type,
            reference.size,
            reference.descriptor.clone(),
        ],
    )
    .await?;
    Ok(())
}

/// Joins indexes that listed a manifest before it was pushed with its row, and says how many they are.
///
/// # Errors
/// As the database says.
pub async fn adopt_by_parents(
    conn: &mut Conn<'_>,
    repository_id: i64,
    digest: &Digest,
    id: Option<i64>,
) -> Result<i64> {
    if let Some(id) = id {
        let sql = format!("UPDATE manifest_references SET child_id = $3 WHERE {WAITING_FOR_CHILD}");
        conn.execute(&sql, args![repository_id, digest, id]).await?;
    }
    let sql = format!("SELECT COUNT(DISTINCT manifest_id) FROM manifest_references WHERE {WAITING_FOR_CHILD}");
    conn.row(&sql, args![repository_id, digest]).await?.map_or(Ok(0), |row| row.get(0))
}

/// Joins manifests that named a blob before the repository had it with its row, and says which they are.
///
/// # Errors
/// As the database says.
pub async fn adopt_blob(conn: &mut Conn<'_>, repository_id: i64, digest: &Digest, blob_id: i64) -> Result<Vec<i64>> {
    let waiting = "digest = $2 AND blob_id IS NULL AND role <> 'subject'
                   AND EXISTS (SELECT 1 FROM manifests m WHERE m.id = manifest_id AND m.repository_id = $1)";
    let find = format!("SELECT DISTINCT manifest_id FROM manifest_references WHERE {waiting} ORDER BY manifest_id");
    let rows = conn.rows(&find, args![repository_id, digest]).await?;
    let found = rows.iter().map(|row| row.get(0)).collect::<Result<Vec<i64>>>()?;
    if !found.is_empty() {
        let join = format!("UPDATE manifest_references SET blob_id = $3 WHERE {waiting}");
        conn.execute(&join, args![repository_id, digest, blob_id]).await?;
    }
    Ok(found)
}

/// The manifests that list a manifest.
///
/// # Errors
/// As the database says.
pub async fn parents(conn: &mut Conn<'_>, id: i64) -> Result<Vec<i64>> {
    let sql = "SELECT DISTINCT manifest_id FROM manifest_references WHERE child_id = $1 ORDER BY manifest_id";
    conn.rows(sql, args![id]).await?.iter().map(|row| row.get(0)).collect()
}

/// Adds to the bytes that a manifest has with everything it points at. The sum stops at the largest that fits.
///
/// # Errors
/// As the database says.
pub async fn grow_manifest(conn: &mut Conn<'_>, id: i64, bytes: i64) -> Result<()> {
    let sql = "UPDATE manifests SET size = CASE WHEN size > $3 - $2 THEN $3 ELSE size + $2 END WHERE id = $1";
    conn.execute(sql, args![id, bytes, i64::MAX]).await?;
    Ok(())
}

/// Adds to how many indexes list a manifest.
///
/// # Errors
/// As the database says.
pub async fn add_parents(conn: &mut Conn<'_>, id: i64, count: i64) -> Result<()> {
    conn.execute("UPDATE manifests SET parent_count = parent_count + $2 WHERE id = $1", args![id, count]).await?;
    Ok(())
}

/// Adds to how many tags point at a manifest.
///
/// # Errors
/// As the database says.
pub async fn add_tags(conn: &mut Conn<'_>, id: i64, count: i64) -> Result<()> {
    conn.execute("UPDATE manifests SET tag_count = tag_count + $2 WHERE id = $1", args![id, count]).await?;
    Ok(())
}

/// Blobs and children that a manifest points at: `(blob, size)` and row ids.
///
/// # Errors
/// As the database says.
pub async fn targets(conn: &mut Conn<'_>, manifest_id: i64) -> Result<(Vec<(i64, i64)>, Vec<i64>)> {
    let blobs = "SELECT DISTINCT b.id, b.size FROM manifest_references mr JOIN blobs b ON b.id = mr.blob_id WHERE mr.manifest_id = $1";
    let rows = conn.rows(blobs, args![manifest_id]).await?;
    let blobs = rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect::<Result<_>>()?;
    let children = "SELECT DISTINCT child_id FROM manifest_references WHERE manifest_id = $1 AND child_id IS NOT NULL";
    let rows = conn.rows(children, args![manifest_id]).await?;
    let children = rows.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
    Ok((blobs, children))
}

/// Removes a manifest's row with what it points at.
///
/// # Errors
/// As the database says.
pub async fn delete_manifest(conn: &mut Conn<'_>, id: i64) -> Result<()> {
    conn.execute("DELETE FROM manifests WHERE id = $1", args![id]).await?;
    Ok(())
}
