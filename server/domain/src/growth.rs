//! The sizes of indexes, which count everything below them.

use std::collections::BTreeMap;

use berth_db::{Conn, query};

use crate::Result;

/// A manifest that grows.
#[derive(Default)]
struct Growing {
    bytes: i64,
    /// Manifests below it that grow as well and are not added up yet.
    waits_for: usize,
    is_listed: bool,
}

/// Adds to the size of manifests, and of all that list them. An index that lists a manifest by two ways counts it twice,
/// as it does when it is pushed last.
///
/// Each of them is written once, however many ways lead to it: whoever nests indexes in each other has one way for every
/// choice among them, and all other pushes wait for this one.
pub(crate) async fn grow(tx: &mut Conn<'_>, manifests: Vec<i64>, bytes: i64) -> Result<()> {
    // In the order of their ids, in which every push locks rows.
    for (id, bytes) in growth(tx, manifests, bytes).await? {
        query::push::grow_manifest(tx, id, bytes).await?;
    }
    Ok(())
}

/// By how much every manifest grows.
async fn growth(tx: &mut Conn<'_>, manifests: Vec<i64>, bytes: i64) -> Result<BTreeMap<i64, i64>> {
    let mut growing = BTreeMap::<i64, Growing>::new();
    for id in &manifests {
        growing.insert(*id, Growing { bytes, ..Growing::default() });
    }
    // First who they are, and how many below each have to be added up before it. The lines between them are read again
    // afterwards: there may be far more than manifests.
    let mut found: Vec<i64> = growing.keys().copied().collect();
    while let Some(id) = found.pop() {
        let parents = query::push::parents(tx, id).await?;
        if let Some(growing) = growing.get_mut(&id) {
            growing.is_listed = !parents.is_empty();
        }
        for parent in parents {
            let above = growing.entry(parent).or_insert_with(|| {
                found.push(parent);
                Growing::default()
            });
            above.waits_for += 1;
        }
    }
    let mut ready: Vec<i64> = growing.iter().filter(|(_, growing)| growing.waits_for == 0).map(|(id, _)| *id).collect();
    while let Some(id) = ready.pop() {
        let Some(Growing { bytes, is_listed: true, .. }) = growing.get(&id) else { continue };
        let bytes = *bytes;
        for parent in query::push::parents(tx, id).await? {
            let Some(above) = growing.get_mut(&parent) else { continue };
            // Indexes of indexes double it at every level.
            above.bytes = above.bytes.saturating_add(bytes);
            above.waits_for = above.waits_for.saturating_sub(1);
            if above.waits_for == 0 {
                ready.push(parent);
            }
        }
    }
    Ok(growing.into_iter().map(|(id, growing)| (id, growing.bytes)).collect())
}

#[cfg(test)]
mod tests {
    use berth_db::{Db, args};
    use berth_types::Digest;

    use super::*;
    use crate::Error;

    /// Indexes that each list all earlier ones, and a leaf that all of them list.
    const INDEXES: usize = 70;
    const LEAF: i64 = 3;

    #[tokio::test]
    async fn every_manifest_is_written_once_and_counts_every_way() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&folder.path().join("berth.db")).await.unwrap();
        let write = db.write((), |tx, ()| {
            Box::pin(async move {
                let sql = "INSERT INTO repositories (project_id, name, created_at, updated_at) VALUES (1, 'library/a', 1, 1) RETURNING id";
                let repository = tx.insert(sql, &[]).await?;
                let mut ids = Vec::<i64>::new();
                for n in 0..INDEXES {
                    let digest = Digest::Sha256([u8::try_from(n).unwrap(); 32]);
                    query::push::store_bytes(tx, &digest, b"{}").await?;
                    let sql = "INSERT INTO manifests (repository_id, project_id, digest, media_type, kind, manifest_size, size, pushed_at)
                               VALUES ($1, 1, $2, 'index', 'IMAGE', 2, 0, 1) RETURNING id";
                    let id = tx.insert(sql, args![repository, digest]).await?;
                    for (position, child) in ids.iter().enumerate() {
                        let sql = "INSERT INTO manifest_references (manifest_id, position, role, digest, media_type, size, child_id)
                                   VALUES ($1, $2, 'child', $3, 'index', 2, $4)";
                        tx.execute(sql, args![id, position as i64, digest, *child]).await?;
                    }
                    ids.push(id);
                }
                tx.execute("CREATE TABLE written (id BIGINT)", &[]).await?;
                let sql = "CREATE TRIGGER note AFTER UPDATE ON manifests BEGIN INSERT INTO written VALUES (new.id); END";
                tx.execute(sql, &[]).await?;
                grow(tx, ids.clone(), LEAF).await?;
                Ok::<_, Error>(ids)
            })
        });
        let ids = write.await.unwrap();
        let mut reader = db.reader().await.unwrap();
        let mut conn = reader.conn();
        let written = conn.rows("SELECT id FROM written", &[]).await.unwrap();
        let written: Vec<i64> = written.iter().map(|row| row.get(0).unwrap()).collect();
        assert_eq!(written, ids);
        for (n, id) in ids.iter().enumerate() {
            let row = conn.row("SELECT size FROM manifests WHERE id = $1", args![*id]).await.unwrap().unwrap();
            // Once by itself and once by every way that leads down: 1, 2, 4, 8 and so on, up to the largest that fits.
            let ways = 1_i64.checked_shl(u32::try_from(n).unwrap()).filter(|ways| *ways > 0).unwrap_or(i64::MAX);
            assert_eq!(row.get::<i64>(0).unwrap(), LEAF.saturating_mul(ways), "index {n}");
        }
    }
}
