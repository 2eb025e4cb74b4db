//! The state of the first start: one row.

use berth_types::Timestamp;

use crate::{Conn, Result, args};

/// The only row's id.
const ROW: i64 = 1;

/// The state of the first start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Random name of this installation.
    pub instance_id: String,
    /// Hash of the one-time token.
    pub token_hash: Option<Vec<u8>>,
    /// When the token ends.
    pub token_expires_at: Option<Timestamp>,
    /// When set-up was finished.
    pub done_at: Option<Timestamp>,
}

/// The row, if the server ever started.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn<'_>) -> Result<Option<Setup>> {
    let sql = "SELECT instance_id, token_hash, token_expires_at, done_at FROM setup WHERE id = $1";
    let Some(row) = conn.row(sql, args![ROW]).await? else { return Ok(None) };
    Ok(Some(Setup {
        instance_id: row.get(0)?,
        token_hash: row.get(1)?,
        token_expires_at: row.get(2)?,
        done_at: row.get(3)?,
    }))
}

/// Makes the row where it is missing.
///
/// # Errors
/// As the database says.
pub async fn ensure(conn: &mut Conn<'_>, instance_id: &str) -> Result<()> {
    let sql = "INSERT INTO setup (id, instance_id) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
    conn.execute(sql, args![ROW, instance_id]).await?;
    Ok(())
}

/// Sets the one-time token, unless set-up is done.
///
/// # Errors
/// As the database says.
pub async fn set_token(conn: &mut Conn<'_>, hash: &[u8], expires_at: Timestamp) -> Result<()> {
    let sql = "UPDATE setup SET token_hash = $2, token_expires_at = $3 WHERE id = $1 AND done_at IS NULL";
    conn.execute(sql, args![ROW, hash, expires_at]).await?;
    Ok(())
}

/// Ends set-up; the token is gone. False where it had ended before.
///
/// # Errors
/// As the database says.
pub async fn finish(conn: &mut Conn<'_>, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE setup SET token_hash = NULL, token_expires_at = NULL, done_at = $2
               WHERE id = $1 AND done_at IS NULL";
    Ok(conn.execute(sql, args![ROW, now]).await? > 0)
}
