//! Settings made at run time, JSON by key.

use berth_types::Timestamp;

use crate::{Conn, Result, args};

/// All settings that were ever changed: key and JSON.
///
/// # Errors
/// As the database says.
pub async fn all(conn: &mut Conn<'_>) -> Result<Vec<(String, String)>> {
    let rows = conn.rows("SELECT key, value FROM settings", &[]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Who changed which setting last, and when.
///
/// # Errors
/// As the database says.
pub async fn changes(conn: &mut Conn<'_>) -> Result<Vec<(String, String, Timestamp)>> {
    let rows = conn.rows("SELECT key, updated_by, updated_at FROM settings", &[]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect()
}

/// Sets one.
///
/// # Errors
/// As the database says.
pub async fn set(conn: &mut Conn<'_>, key: &str, value: &str, by: &str, now: Timestamp) -> Result<()> {
    let sql = "INSERT INTO settings (key, value, updated_by, updated_at) VALUES ($1, $2, $3, $4)
               ON CONFLICT (key) DO UPDATE SET value = $2, updated_by = $3, updated_at = $4";
    conn.execute(sql, args![key, value, by, now]).await?;
    Ok(())
}

/// Forgets one, so that its default holds.
///
/// # Errors
/// As the database says.
pub async fn forget(conn: &mut Conn<'_>, key: &str) -> Result<()> {
    conn.execute("DELETE FROM settings WHERE key = $1", args![key]).await?;
    Ok(())
}
