//! How often repositories were pulled, day by day.

use berth_types::Timestamp;

use crate::{Conn, Result, args};

/// Adds pulls to a day of a repository; `day` is its first moment. Nothing where the repository is gone.
///
/// # Errors
/// As the database says.
pub async fn add(conn: &mut Conn<'_>, repository: i64, day: Timestamp, count: i64) -> Result<()> {
    let sql = "INSERT INTO pull_days (repository_id, at, pulls)
        SELECT r.id, CAST($2 AS BIGINT), CAST($3 AS BIGINT) FROM repositories r WHERE r.id = $1
        ON CONFLICT (repository_id, at) DO UPDATE SET pulls = pull_days.pulls + excluded.pulls";
    conn.execute(sql, args![repository, day, count]).await?;
    Ok(())
}

/// The days of a repository from `first` on that had pulls, with how many.
///
/// # Errors
/// As the database says.
pub async fn since(conn: &mut Conn<'_>, repository: i64, first: Timestamp) -> Result<Vec<(Timestamp, i64)>> {
    let sql = "SELECT at, pulls FROM pull_days WHERE repository_id = $1 AND at >= $2 ORDER BY at";
    let rows = conn.rows(sql, args![repository, first]).await?;
    rows.iter().map(|row| Ok((Timestamp(row.get(0)?), row.get(1)?))).collect()
}
