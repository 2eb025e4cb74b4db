//! Writes of the push path. Each runs inside a transaction of the domain.

mod manifest;
mod tag;

pub use manifest::{
    Counts, NewManifest, NewReference, add_parents, add_tags, adopt_blob, adopt_by_parents, counts, counts_by_digest,
    delete_manifest, grow_manifest, insert_manifest, insert_reference, parents, refer_by_tag, store_bytes, targets,
};
pub use tag::{add_tag_history, delete_tag, tag, tags_of, upsert_tag};

use berth_types::{Digest, Timestamp};

use super::{CHUNK, marks};
use crate::{Backend, Conn, Result, Value, args};

/// Finds or makes the repository, and says its row id. Nothing where the project is gone: whoever pushes may have been
/// let in before it was deleted, and what they leave must not turn up in a later project of the same name.
///
/// # Errors
/// As the database says.
pub async fn ensure_repository(
    conn: &mut Conn<'_>,
    project_id: i64,
    name: &str,
    now: Timestamp,
) -> Result<Option<i64>> {
    let find = "SELECT id FROM repositories WHERE name = $1 AND project_id = $2";
    if let Some(row) = conn.row(find, args![name, project_id]).await? {
        return row.get(0).map(Some);
    }
    let alive = "SELECT id FROM projects WHERE id = $1 AND deleted_at IS NULL";
    let alive = match conn.backend() {
        Backend::Sqlite => alive.to_owned(),
        Backend::Postgres => format!("{alive} FOR KEY SHARE"),
    };
    if conn.row(&alive, args![project_id]).await?.is_none() {
        return Ok(None);
    }
    let insert = "INSERT INTO repositories (project_id, name, created_at, updated_at) VALUES ($1, $2, $3, $3)
                  ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id";
    conn.insert(insert, args![project_id, name, now]).await.map(Some)
}

/// Finds or makes the row of a blob whose bytes are stored, and notes that it is in use. Nothing where garbage collection
/// has given it up: its bytes are going.
///
/// # Errors
/// As the database says.
pub async fn ensure_blob(conn: &mut Conn<'_>, digest: &Digest, size: i64, now: Timestamp) -> Result<Option<i64>> {
    let sql = "INSERT INTO blobs (digest, size, created_at, touched_at) VALUES ($1, $2, $3, $3)
               ON CONFLICT (digest) DO UPDATE SET touched_at = excluded.touched_at, size = excluded.size, lost_at = NULL
               WHERE blobs.doomed_at IS NULL
               RETURNING id";
    conn.row(sql, args![digest, size, now]).await?.map(|row| row.get(0)).transpose()
}

/// Finds the row of a blob that somebody is about to link, and notes that it is in use. Nothing where there is none, or
/// garbage collection has given it up. Unlike [`ensure_blob`] it makes none: nobody brings the bytes.
///
/// # Errors
/// As the database says.
pub async fn use_blob(conn: &mut Conn<'_>, digest: &Digest, now: Timestamp) -> Result<Option<i64>> {
    let sql = "UPDATE blobs SET touched_at = $2 WHERE digest = $1 AND doomed_at IS NULL AND lost_at IS NULL
               RETURNING id";
    conn.row(sql, args![digest, now]).await?.map(|row| row.get(0)).transpose()
}

/// Lets a repository see a blob. False where it already did.
///
/// # Errors
/// As the database says.
pub async fn link_blob(conn: &mut Conn<'_>, repository_id: i64, blob_id: i64, now: Timestamp) -> Result<bool> {
    let sql = "INSERT INTO repository_blobs (repository_id, blob_id, created_at) VALUES ($1, $2, $3)
               ON CONFLICT (repository_id, blob_id) DO NOTHING";
    Ok(conn.execute(sql, args![repository_id, blob_id, now]).await? > 0)
}

/// Whether a project has a blob through any repository other than one.
///
/// # Errors
/// As the database says.
pub async fn project_has_blob(conn: &mut Conn<'_>, project_id: i64, blob_id: i64, except: i64) -> Result<bool> {
    Ok(conn.row(PROJECT_HAS_BLOB, args![project_id, blob_id, except]).await?.is_some())
}

/// Adds to a project's usage.
///
/// # Errors
/// As the database says.
pub async fn add_usage(conn: &mut Conn<'_>, project_id: i64, bytes: i64, now: Timestamp) -> Result<()> {
    if bytes == 0 {
        return Ok(());
    }
    if conn.backend() == Backend::Sqlite {
        // One writer: the row is nobody else's meanwhile, and what is folded in at once need not be summed up by every push.
        let sql = "UPDATE projects SET storage_bytes_used = storage_bytes_used + $2 WHERE id = $1";
        conn.execute(sql, args![project_id, bytes]).await?;
        return Ok(());
    }
    let sql = "INSERT INTO quota_deltas (project_id, bytes, at) VALUES ($1, $2, $3)";
    conn.execute(sql, args![project_id, bytes, now]).await?;
    Ok(())
}

/// A project's limit and usage in bytes, reservations of other uploads included.
///
/// # Errors
/// As the database says.
pub async fn usage(conn: &mut Conn<'_>, project_id: i64, except_upload: &str) -> Result<Option<(i64, i64)>> {
    let sql = "SELECT p.storage_bytes_max, p.storage_bytes_used
                 + CAST(COALESCE((SELECT SUM(bytes) FROM quota_deltas WHERE project_id = p.id), 0) AS BIGINT)
                 + CAST(COALESCE((SELECT SUM(bytes) FROM quota_reservations WHERE project_id = p.id AND upload_id <> $2), 0) AS BIGINT)
               FROM projects p WHERE p.id = $1";
    conn.row(sql, args![project_id, except_upload]).await?.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

/// Begins an upload.
///
/// # Errors
/// As the database says.
pub async fn insert_upload(
    conn: &mut Conn<'_>,
    id: &str,
    repository_id: i64,
    algorithm: &str,
    actor: &str,
    now: Timestamp,
) -> Result<()> {
    let sql = "INSERT INTO uploads (id, repository_id, algorithm, actor, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)";
    conn.execute(sql, args![id, repository_id, algorithm, actor, now]).await?;
    Ok(())
}

/// Records that an upload has come from `before` bytes to `received`. False where it is gone, or has moved on meanwhile.
///
/// # Errors
/// As the database says.
pub async fn advance_upload(
    conn: &mut Conn<'_>,
    id: &str,
    before: i64,
    received: i64,
    hash_state: Option<Vec<u8>>,
    now: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE uploads SET received = $3, hash_state = $4, updated_at = $5 WHERE id = $1 AND received = $2";
    Ok(conn.execute(sql, args![id, before, received, hash_state, now]).await? > 0)
}

/// Forgets what is known of an upload's bytes, so that they are read again before they become a blob. Says how many it
/// has; nothing where it is gone.
///
/// # Errors
/// As the database says.
pub async fn distrust_upload(conn: &mut Conn<'_>, id: &str) -> Result<Option<i64>> {
    let sql = "UPDATE uploads SET hash_state = NULL WHERE id = $1 RETURNING received";
    conn.row(sql, args![id]).await?.map(|row| row.get(0)).transpose()
}

/// Ends an upload and its reservation. False where it was gone.
///
/// # Errors
/// As the database says.
pub async fn delete_upload(conn: &mut Conn<'_>, id: &str) -> Result<bool> {
    conn.execute("DELETE FROM quota_reservations WHERE upload_id = $1", args![id]).await?;
    Ok(conn.execute("DELETE FROM uploads WHERE id = $1", args![id]).await? > 0)
}

/// Row ids and sizes of the blobs among `digests` that a repository may see.
///
/// # Errors
/// As the database says.
pub async fn linked_blobs(
    conn: &mut Conn<'_>,
    repository_id: i64,
    digests: &[Digest],
) -> Result<Vec<(Digest, i64, i64)>> {
    let mut found = Vec::with_capacity(digests.len());
    for chunk in digests.chunks(CHUNK) {
        let sql = format!(
            "SELECT b.digest, b.id, b.size FROM blobs b
             JOIN repository_blobs rb ON rb.blob_id = b.id AND rb.repository_id = $1
             WHERE b.lost_at IS NULL AND b.digest IN ({})",
            marks(2, chunk.len())
        );
        let rows = conn.rows(&sql, &with_digests(repository_id, chunk)).await?;
        for row in &rows {
            found.push((row.get(0)?, row.get(1)?, row.get(2)?));
        }
    }
    Ok(found)
}

/// A child of an index.
#[derive(Clone, Copy, Debug)]
pub struct Child {
    /// Digest.
    pub digest: Digest,
    /// Row id.
    pub id: i64,
    /// Bytes with everything it points at.
    pub size: i64,
}

/// The manifests among `digests` that a repository has.
///
/// # Errors
/// As the database says.
pub async fn children(conn: &mut Conn<'_>, repository_id: i64, digests: &[Digest]) -> Result<Vec<Child>> {
    let mut found = Vec::with_capacity(digests.len());
    for chunk in digests.chunks(CHUNK) {
        let sql = format!(
            "SELECT digest, id, size FROM manifests WHERE repository_id = $1 AND digest IN ({})",
            marks(2, chunk.len())
        );
        for row in conn.rows(&sql, &with_digests(repository_id, chunk)).await? {
            found.push(Child { digest: row.get(0)?, id: row.get(1)?, size: row.get(2)? });
        }
    }
    Ok(found)
}

/// The sign keeps SQLite from going through all repositories of the project instead of the few that link the blob.
const PROJECT_HAS_BLOB: &str = "SELECT 1 FROM repository_blobs rb JOIN repositories r ON r.id = rb.repository_id
    WHERE rb.blob_id = $2 AND +r.project_id = $1 AND r.id <> $3 LIMIT 1";

/// The sign keeps SQLite from going through all manifests of the project.
const PROJECT_HAS_MANIFEST: &str =
    "SELECT 1 FROM manifests WHERE digest = $2 AND +project_id = $1 AND repository_id <> $3 LIMIT 1";

/// References of a repository's indexes to a child. Not by a list of its manifests, which would be made for every push.
const WAITING_FOR_CHILD: &str = "digest = $2 AND role = 'child'
    AND EXISTS (SELECT 1 FROM manifests m WHERE m.id = manifest_id AND m.repository_id = $1)";

fn with_digests(id: i64, digests: &[Digest]) -> Vec<Value> {
    std::iter::once(Value::from(id)).chain(digests.iter().map(Value::from)).collect()
}

/// SQLite has one writer; PostgreSQL has to lock what a decision rests on.
fn locked(backend: Backend, sql: &str) -> String {
    match backend {
        Backend::Sqlite => sql.to_owned(),
        Backend::Postgres => format!("{sql} FOR UPDATE"),
    }
}

/// Locks a repository for the rest of the transaction, so that pushes and deletions in it take turns.
///
/// Whoever locks a repository and blobs takes the repository first, those of smaller ids before others, and then the blobs;
/// otherwise two would wait for each other until the database ends one of them.
///
/// # Errors
/// As the database says.
pub async fn lock_repository(conn: &mut Conn<'_>, id: i64) -> Result<()> {
    let sql = locked(conn.backend(), "SELECT id FROM repositories WHERE id = $1");
    conn.row(&sql, args![id]).await?;
    Ok(())
}

/// Keeps a repository for the rest of the transaction from whoever asks for [`lock_repository`]. A row that points at it would do
/// so by its foreign key, but later.
///
/// # Errors
/// As the database says.
pub async fn share_repository(conn: &mut Conn<'_>, id: i64) -> Result<()> {
    if conn.backend() == Backend::Postgres {
        conn.row("SELECT id FROM repositories WHERE id = $1 FOR KEY SHARE", args![id]).await?;
    }
    Ok(())
}

/// Locks a blob's row, so that those who ask whether a project still has it take turns: of two that remove the last two
/// links at once, one would otherwise not see what the other does, and nobody would give the bytes back.
///
/// # Errors
/// As the database says.
pub async fn lock_blob(conn: &mut Conn<'_>, id: i64) -> Result<()> {
    if conn.backend() == Backend::Postgres {
        conn.row("SELECT id FROM blobs WHERE id = $1 FOR NO KEY UPDATE", args![id]).await?;
    }
    Ok(())
}

/// Locks the bytes of a manifest, see [`lock_blob`].
///
/// # Errors
/// As the database says.
pub async fn lock_bytes(conn: &mut Conn<'_>, digest: &Digest) -> Result<()> {
    if conn.backend() == Backend::Postgres {
        conn.row("SELECT 1 FROM manifest_bytes WHERE digest = $1 FOR NO KEY UPDATE", args![digest]).await?;
    }
    Ok(())
}

/// Locks all that a repository links, see [`lock_blob`].
///
/// # Errors
/// As the database says.
pub async fn lock_contents(conn: &mut Conn<'_>, repository_id: i64) -> Result<()> {
    if conn.backend() == Backend::Postgres {
        let blobs = "SELECT id FROM blobs WHERE id IN (SELECT blob_id FROM repository_blobs WHERE repository_id = $1)
                     ORDER BY id FOR NO KEY UPDATE";
        conn.rows(blobs, args![repository_id]).await?;
        let manifests = "SELECT 1 FROM manifest_bytes
                         WHERE digest IN (SELECT digest FROM manifests WHERE repository_id = $1)
                         ORDER BY digest FOR NO KEY UPDATE";
        conn.rows(manifests, args![repository_id]).await?;
    }
    Ok(())
}

/// Locks all that some manifests of a repository point at and their own bytes, see [`lock_blob`]: whoever removes several of them
/// would lock blobs of small ids after those of large ones.
///
/// # Errors
/// As the database says.
pub async fn lock_targets(conn: &mut Conn<'_>, manifests: &[i64]) -> Result<()> {
    if conn.backend() == Backend::Postgres {
        let ids = serde_json::Value::from(manifests).to_string();
        let chosen = "SELECT CAST(chosen AS BIGINT) FROM json_array_elements_text(CAST($1 AS json)) chosen";
        let blobs = format!(
            "SELECT id FROM blobs WHERE id IN (SELECT blob_id FROM manifest_references WHERE manifest_id IN ({chosen}))
             ORDER BY id FOR NO KEY UPDATE"
        );
        conn.rows(&blobs, args![&*ids]).await?;
        let bytes = format!(
            "SELECT 1 FROM manifest_bytes WHERE digest IN (SELECT digest FROM manifests WHERE id IN ({chosen}))
             ORDER BY digest FOR NO KEY UPDATE"
        );
        conn.rows(&bytes, args![&*ids]).await?;
    }
    Ok(())
}

/// Shows a repository in lists and changes how many artifacts it shows.
///
/// # Errors
/// As the database says.
pub async fn note_push(conn: &mut Conn<'_>, repository_id: i64, artifacts: i64, now: Timestamp) -> Result<()> {
    let sql =
        "UPDATE repositories SET listed = TRUE, artifact_count = artifact_count + $2, updated_at = $3 WHERE id = $1";
    conn.execute(sql, args![repository_id, artifacts, now]).await?;
    Ok(())
}

/// Whether a manifest of a repository points at a blob.
///
/// # Errors
/// As the database says.
pub async fn blob_in_use(conn: &mut Conn<'_>, repository_id: i64, blob_id: i64) -> Result<bool> {
    let sql = "SELECT 1 FROM manifest_references mr JOIN manifests m ON m.id = mr.manifest_id
               WHERE mr.blob_id = $2 AND m.repository_id = $1 LIMIT 1";
    Ok(conn.row(sql, args![repository_id, blob_id]).await?.is_some())
}

/// Whether another repository of the project has a manifest.
///
/// # Errors
/// As the database says.
pub async fn project_has_manifest(conn: &mut Conn<'_>, project_id: i64, digest: &Digest, except: i64) -> Result<bool> {
    Ok(conn.row(PROJECT_HAS_MANIFEST, args![project_id, digest, except]).await?.is_some())
}

/// Takes a blob away from a repository. False where it did not see it.
///
/// # Errors
/// As the database says.
pub async fn unlink_blob(conn: &mut Conn<'_>, repository_id: i64, blob_id: i64) -> Result<bool> {
    let sql = "DELETE FROM repository_blobs WHERE repository_id = $1 AND blob_id = $2";
    Ok(conn.execute(sql, args![repository_id, blob_id]).await? > 0)
}

/// Asks garbage collection to look at a blob.
///
/// # Errors
/// As the database says.
pub async fn review_blob(conn: &mut Conn<'_>, blob_id: i64, reason: &str, now: Timestamp) -> Result<()> {
    let sql = "INSERT INTO gc_blob_review (blob_id, review_at, reason) VALUES ($1, $2, $3)
               ON CONFLICT (blob_id) DO UPDATE SET review_at = excluded.review_at, reason = excluded.reason";
    conn.execute(sql, args![blob_id, now, reason]).await?;
    Ok(())
}

/// Asks garbage collection to look at a manifest's bytes.
///
/// # Errors
/// As the database says.
pub async fn review_manifest(conn: &mut Conn<'_>, digest: &Digest, reason: &str, now: Timestamp) -> Result<()> {
    let sql = "INSERT INTO gc_manifest_review (digest, review_at, reason) VALUES ($1, $2, $3)
               ON CONFLICT (digest) DO UPDATE SET review_at = excluded.review_at, reason = excluded.reason";
    conn.execute(sql, args![digest, now, reason]).await?;
    Ok(())
}

/// Row ids and digests of what refers to a manifest.
///
/// # Errors
/// As the database says.
pub async fn accessories(conn: &mut Conn<'_>, repository_id: i64, subject: &Digest) -> Result<Vec<(i64, Digest)>> {
    let sql = "SELECT id, digest FROM manifests WHERE repository_id = $1 AND subject = $2 ORDER BY id";
    conn.rows(sql, args![repository_id, subject]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Writes an event, for live pages and everything else that follows what happens.
///
/// # Errors
/// As the database says.
pub async fn add_event(
    conn: &mut Conn<'_>,
    kind: &str,
    project_id: Option<i64>,
    payload: &str,
    now: Timestamp,
) -> Result<()> {
    let sql = "INSERT INTO events (at, kind, project_id, payload) VALUES ($1, $2, $3, $4)";
    conn.execute(sql, args![now, kind, project_id, payload]).await?;
    conn.note_event();
    Ok(())
}

/// Bytes of a manifest itself; 0 where it is not stored.
///
/// # Errors
/// As the database says.
pub async fn manifest_size(conn: &mut Conn<'_>, digest: &Digest) -> Result<i64> {
    let sql = "SELECT CAST(LENGTH(bytes) AS BIGINT) FROM manifest_bytes WHERE digest = $1";
    conn.row(sql, args![digest]).await?.map_or(Ok(0), |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::plan::plan;

    #[tokio::test]
    async fn a_push_looks_at_what_it_names_and_not_at_its_whole_project() {
        let blob = plan(PROJECT_HAS_BLOB, args![1, 2, 3]).await;
        assert!(blob.starts_with("SEARCH rb USING COVERING INDEX repository_blobs_blob (blob_id=?)"), "{blob}");
        let manifest = plan(PROJECT_HAS_MANIFEST, args![1, 2, 3]).await;
        assert_eq!(manifest, "SEARCH manifests USING INDEX manifests_bytes (digest=?)");
        let sql = format!("SELECT COUNT(*) FROM manifest_references WHERE {WAITING_FOR_CHILD} AND manifest_id <> $3");
        let child = plan(&sql, args![1, 2, 3]).await;
        assert!(child.contains("manifest_references_digest (digest=?)"), "{child}");
        assert!(!child.contains("LIST SUBQUERY"), "{child}");
    }
}
