//! The vulnerabilities that the whole system overlooks: one row at most.

use berth_types::Timestamp;

use crate::{Conn, Result, args};

/// The list as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowlist {
    /// Row id.
    pub id: i64,
    /// The list, as JSON.
    pub items: String,
    /// Unix seconds; none for never.
    pub expires_at: Option<i64>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The list, if there ever was one.
///
/// # Errors
/// As the database says.
pub async fn get(conn: &mut Conn<'_>) -> Result<Option<Allowlist>> {
    let sql = "SELECT id, items, expires_at, created_at, updated_at FROM system_cve_allowlist WHERE slot = 1";
    let Some(row) = conn.row(sql, &[]).await? else { return Ok(None) };
    Ok(Some(Allowlist {
        id: row.get(0)?,
        items: row.get(1)?,
        expires_at: row.get(2)?,
        created_at: row.get(3)?,
        updated_at: row.get(4)?,
    }))
}

/// Replaces the list.
///
/// # Errors
/// As the database says.
pub async fn put(conn: &mut Conn<'_>, items: &str, expires_at: Option<i64>, now: Timestamp) -> Result<()> {
    let sql = "INSERT INTO system_cve_allowlist (slot, items, expires_at, created_at, updated_at)
               VALUES (1, $1, $2, $3, $3)
               ON CONFLICT (slot) DO UPDATE SET items = $1, expires_at = $2, updated_at = $3";
    conn.execute(sql, args![items, expires_at, now]).await?;
    Ok(())
}
