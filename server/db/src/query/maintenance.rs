//! What is taken away by age.

use berth_types::{Digest, Timestamp};

use crate::{Conn, Result, args, conn::Backend};

/// Rows that one transaction removes. More would keep other writes waiting.
const BATCH: i64 = 500;

/// Takes or renews the lease of `name` for `holder` until `until`. False where another holder has it at `now`.
///
/// # Errors
/// As the database says.
pub async fn lease(conn: &mut Conn<'_>, name: &str, holder: &str, now: Timestamp, until: Timestamp) -> Result<bool> {
    let sql = "INSERT INTO settings (key, value, updated_by, updated_at) VALUES ($1, 'lease', $2, $3)
               ON CONFLICT (key) DO UPDATE SET updated_by = excluded.updated_by, updated_at = excluded.updated_at
               WHERE settings.updated_by = excluded.updated_by OR settings.updated_at < $4";
    Ok(conn.execute(sql, args![format!("lease:{name}"), holder, until, now]).await? > 0)
}

/// Ids of uploads that received nothing since `before`.
///
/// # Errors
/// As the database says.
pub async fn idle_uploads(conn: &mut Conn<'_>, before: Timestamp) -> Result<Vec<String>> {
    let sql = "SELECT id FROM uploads WHERE updated_at < $1 ORDER BY updated_at LIMIT $2";
    conn.rows(sql, args![before, BATCH]).await?.iter().map(|row| row.get(0)).collect()
}

/// Removes an upload that received nothing since `before`, with its reservation. False where it did meanwhile.
///
/// # Errors
/// As the database says.
pub async fn delete_idle_upload(conn: &mut Conn<'_>, id: &str, before: Timestamp) -> Result<bool> {
    if conn.execute("DELETE FROM uploads WHERE id = $1 AND updated_at < $2", args![id, before]).await? == 0 {
        return Ok(false);
    }
    conn.execute("DELETE FROM quota_reservations WHERE upload_id = $1", args![id]).await?;
    Ok(true)
}

/// Removes reservations of uploads that have received nothing since `before`. They take the room again when they go on.
///
/// # Errors
/// As the database says.
pub async fn delete_lapsed_reservations(conn: &mut Conn<'_>, before: Timestamp) -> Result<u64> {
    conn.execute("DELETE FROM quota_reservations WHERE at < $1", args![before]).await
}

/// Whether there is an upload of that id.
///
/// # Errors
/// As the database says.
pub async fn upload_exists(conn: &mut Conn<'_>, id: &str) -> Result<bool> {
    Ok(conn.row("SELECT 1 FROM uploads WHERE id = $1", args![id]).await?.is_some())
}

/// Whether there is a blob of that digest.
///
/// # Errors
/// As the database says.
pub async fn blob_exists(conn: &mut Conn<'_>, digest: &Digest) -> Result<bool> {
    Ok(conn.row("SELECT 1 FROM blobs WHERE digest = $1", args![digest]).await?.is_some())
}

/// Tables whose rows go by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aging {
    /// Failed sign-ins.
    LoginFailures,
    /// Events.
    Events,
    /// Audit entries.
    Audit,
    /// Pulls by day.
    PullDays,
    /// What the installation held, by day.
    UsageDays,
    /// What projects held, by day.
    ProjectUsageDays,
}

/// Removes a batch of rows that are older than `before`. Says how many; fewer than a batch means that none is left.
///
/// # Errors
/// As the database says.
pub async fn delete_aged(conn: &mut Conn<'_>, table: Aging, before: Timestamp) -> Result<u64> {
    let sql = match table {
        Aging::LoginFailures => {
            "DELETE FROM login_failures WHERE id IN (SELECT id FROM login_failures WHERE at < $1 LIMIT $2)"
        }
        Aging::Events => "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE at < $1 LIMIT $2)",
        Aging::Audit => {
            "DELETE FROM audit WHERE at < $1 AND id IN (SELECT id FROM audit WHERE at < $1 ORDER BY at LIMIT $2)"
        }
        Aging::PullDays => {
            "DELETE FROM pull_days WHERE at < $1
             AND repository_id IN (SELECT repository_id FROM pull_days WHERE at < $1 LIMIT $2)"
        }
        Aging::UsageDays => {
            "DELETE FROM usage_days WHERE at IN (SELECT at FROM usage_days WHERE at < $1 ORDER BY at LIMIT $2)"
        }
        Aging::ProjectUsageDays => {
            "DELETE FROM project_usage_days WHERE at < $1
             AND project_id IN (SELECT project_id FROM project_usage_days WHERE at < $1 LIMIT $2)"
        }
    };
    conn.execute(sql, args![before, BATCH]).await
}

/// Whether a batch was full, so that more may be left.
pub const fn is_full(removed: u64) -> bool {
    removed >= BATCH as u64
}

/// Projects whose usage has changes that are not folded in yet.
///
/// # Errors
/// As the database says.
pub async fn projects_with_deltas(conn: &mut Conn<'_>) -> Result<Vec<i64>> {
    let rows = conn.rows("SELECT DISTINCT project_id FROM quota_deltas", &[]).await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Folds the changes of a project's usage into its row.
///
/// # Errors
/// As the database says.
pub async fn fold_deltas(conn: &mut Conn<'_>, project_id: i64) -> Result<()> {
    let rows = conn.rows("DELETE FROM quota_deltas WHERE project_id = $1 RETURNING bytes", args![project_id]).await?;
    let mut sum: i64 = 0;
    for row in &rows {
        sum = sum.saturating_add(row.get(0)?);
    }
    let sql = "UPDATE projects SET storage_bytes_used = storage_bytes_used + $2 WHERE id = $1";
    conn.execute(sql, args![project_id, sum]).await?;
    Ok(())
}

/// Makes the audit log's partition of a month, which holds `from` to `to`. Nothing happens on SQLite, where there is one
/// already, or where entries of that month lie in the default partition.
///
/// # Errors
/// As the database says.
pub async fn create_audit_partition(conn: &mut Conn<'_>, name: &str, from: Timestamp, to: Timestamp) -> Result<bool> {
    if conn.backend() == Backend::Sqlite {
        return Ok(false);
    }
    let taken = "SELECT 1 WHERE to_regclass($1) IS NOT NULL
                 OR EXISTS (SELECT 1 FROM audit_default WHERE at >= $2 AND at < $3)";
    if conn.row(taken, args![name, from, to]).await?.is_some() {
        return Ok(false);
    }
    // Names and bounds of partitions cannot be arguments. The name is made of a year and a month.
    let sql =
        format!("CREATE TABLE {name} PARTITION OF audit FOR VALUES FROM ({}) TO ({})", from.micros(), to.micros());
    conn.execute(&sql, &[]).await?;
    Ok(true)
}

/// Names of the audit log's monthly partitions. None on SQLite.
///
/// # Errors
/// As the database says.
pub async fn audit_partitions(conn: &mut Conn<'_>) -> Result<Vec<String>> {
    if conn.backend() == Backend::Sqlite {
        return Ok(Vec::new());
    }
    let sql = "SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
               WHERE i.inhparent = 'audit'::regclass AND c.relname ~ '^audit_[0-9]{4}_[0-9]{2}$'";
    conn.rows(sql, &[]).await?.iter().map(|row| row.get(0)).collect()
}

/// Removes a partition with everything in it.
///
/// # Errors
/// As the database says.
pub async fn drop_audit_partition(conn: &mut Conn<'_>, name: &str) -> Result<()> {
    conn.execute(&format!("DROP TABLE IF EXISTS {name}"), &[]).await?;
    Ok(())
}
