//! Settings of projects: text by key. Keys that begin with a dot are Berth's own and never shown.

use std::collections::BTreeMap;

use crate::{Conn, Result, args};

/// The key under which a project's list of overlooked vulnerabilities is kept, as JSON.
pub const CVE_ALLOWLIST: &str = ".cve_allowlist";

/// All settings of some projects, by project.
///
/// # Errors
/// As the database says.
pub async fn of(conn: &mut Conn<'_>, projects: &[i64]) -> Result<BTreeMap<i64, BTreeMap<String, String>>> {
    let mut found: BTreeMap<i64, BTreeMap<String, String>> = BTreeMap::new();
    for chunk in projects.chunks(super::CHUNK) {
        let sql = format!(
            "SELECT project_id, key, value FROM project_metadata WHERE project_id IN ({})",
            super::marks(1, chunk.len())
        );
        for row in conn.rows(&sql, &super::as_values(chunk)).await? {
            found.entry(row.get(0)?).or_default().insert(row.get(1)?, row.get(2)?);
        }
    }
    Ok(found)
}

/// Adds a setting. False where the key is there already.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn<'_>, project: i64, key: &str, value: &str) -> Result<bool> {
    let sql = "INSERT INTO project_metadata (project_id, key, value) VALUES ($1, $2, $3)
               ON CONFLICT (project_id, key) DO NOTHING";
    Ok(conn.execute(sql, args![project, key, value]).await? > 0)
}

/// Adds or changes a setting.
///
/// # Errors
/// As the database says.
pub async fn put(conn: &mut Conn<'_>, project: i64, key: &str, value: &str) -> Result<()> {
    let sql = "INSERT INTO project_metadata (project_id, key, value) VALUES ($1, $2, $3)
               ON CONFLICT (project_id, key) DO UPDATE SET value = excluded.value";
    conn.execute(sql, args![project, key, value]).await?;
    Ok(())
}

/// Removes a setting. False where it was not there.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn<'_>, project: i64, key: &str) -> Result<bool> {
    let sql = "DELETE FROM project_metadata WHERE project_id = $1 AND key = $2";
    Ok(conn.execute(sql, args![project, key]).await? > 0)
}
