//! What a copy of the database has to be told before a server starts on it.

use berth_types::Digest;

use super::{CHUNK, marks};
use crate::{Conn, Result, Value, args};

/// Forgets what belonged to the running server alone: uploads, whose bytes no backup has, with their reservations, and who
/// had which lease.
///
/// # Errors
/// As the database says.
pub async fn forget_unfinished(conn: &mut Conn<'_>) -> Result<u64> {
    conn.execute("DELETE FROM quota_reservations", &[]).await?;
    conn.execute("DELETE FROM settings WHERE key LIKE 'lease:%'", &[]).await?;
    conn.execute("DELETE FROM uploads", &[]).await
}

/// Removes blobs that garbage collection had given up; nobody links them, and their bytes may be gone.
///
/// # Errors
/// As the database says.
pub async fn delete_doomed(conn: &mut Conn<'_>) -> Result<u64> {
    conn.execute("DELETE FROM blobs WHERE doomed_at IS NOT NULL", &[]).await
}

/// Writes down that the bytes of blobs are lost.
///
/// # Errors
/// As the database says.
pub async fn mark_lost(conn: &mut Conn<'_>, digests: &[Digest], now: berth_types::Timestamp) -> Result<()> {
    for chunk in digests.chunks(CHUNK) {
        let sql =
            format!("UPDATE blobs SET lost_at = $1 WHERE lost_at IS NULL AND digest IN ({})", marks(2, chunk.len()));
        let values: Vec<Value> = std::iter::once(now.into()).chain(chunk.iter().map(Value::from)).collect();
        conn.execute(&sql, &values).await?;
    }
    Ok(())
}

/// How many manifests and tags there are.
///
/// # Errors
/// As the database says.
pub async fn counts(conn: &mut Conn<'_>) -> Result<(i64, i64)> {
    let sql = "SELECT (SELECT COUNT(*) FROM manifests), (SELECT COUNT(*) FROM tags)";
    conn.row(sql, args![]).await?.map_or(Ok((0, 0)), |row| Ok((row.get(0)?, row.get(1)?)))
}
