//! What projects and the whole installation held, day by day. A day has one row, which later measures of the same day replace.

use berth_types::Timestamp;

use super::{statistics, usage};
use crate::{Conn, Result, Value, args};

/// Projects that one statement measures, and whose rows one transaction writes.
pub const BATCH: usize = 100;

/// What something holds at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Bytes, as if what is shared was stored for each.
    pub logical: i64,
    /// Bytes, what is shared once.
    pub stored: i64,
    /// Artifacts that lists show.
    pub artifacts: i64,
}

/// A day of which there is a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Its first moment.
    pub at: Timestamp,
    /// When it was measured last.
    pub measured_at: Timestamp,
    /// What was found.
    pub held: Held,
}

/// What the installation holds: what counts in all projects together, and what of it is stored.
///
/// # Errors
/// As the database says.
pub async fn of_all(conn: &mut Conn<'_>) -> Result<Held> {
    let total = usage::total(conn).await?;
    Ok(Held { logical: total.used, stored: total.stored, artifacts: statistics::artifacts(conn).await? })
}

/// What a project holds: what its repositories hold, each counted alone, and what of it counts.
///
/// # Errors
/// As the database says.
pub async fn of_project(conn: &mut Conn<'_>, project: i64) -> Result<Held> {
    let sql = format!("{} WHERE p.id = $1", held());
    let found = conn.row(&sql, args![project]).await?;
    found.map_or(Ok(Held::default()), |row| read(&row, 1))
}

/// What the projects after the one with the id `after` hold, [`BATCH`] of them at most, in the order of their ids.
///
/// # Errors
/// As the database says.
pub async fn of_projects(conn: &mut Conn<'_>, after: i64) -> Result<Vec<(i64, Held)>> {
    let sql = format!("{} WHERE p.id > $1 AND p.deleted_at IS NULL ORDER BY p.id LIMIT {BATCH}", held());
    conn.rows(&sql, args![after]).await?.iter().map(|row| Ok((row.get(0)?, read(row, 1)?))).collect()
}

fn held() -> String {
    format!(
        "SELECT p.id, {repositories}, {used},
           CAST(COALESCE((SELECT SUM(r.artifact_count) FROM repositories r
                          WHERE r.project_id = p.id AND r.listed = TRUE), 0) AS BIGINT)
         FROM projects p",
        repositories = usage::OF_REPOSITORIES,
        used = usage::USED,
    )
}

fn read(row: &crate::Row, first: usize) -> Result<Held> {
    Ok(Held { logical: row.get(first)?, stored: row.get(first + 1)?, artifacts: row.get(first + 2)? })
}

/// When the installation was measured last on a day.
///
/// # Errors
/// As the database says.
pub async fn measured_at(conn: &mut Conn<'_>, day: Timestamp) -> Result<Option<Timestamp>> {
    let row = conn.row("SELECT measured_at FROM usage_days WHERE at = $1", args![day]).await?;
    row.map(|row| row.get(0)).transpose()
}

/// Writes down what the installation holds on a day. A measure that is younger stays.
///
/// # Errors
/// As the database says.
pub async fn keep_all(conn: &mut Conn<'_>, day: Day) -> Result<()> {
    let sql = "INSERT INTO usage_days (at, measured_at, logical, stored, artifacts) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (at) DO UPDATE SET measured_at = excluded.measured_at, logical = excluded.logical,
          stored = excluded.stored, artifacts = excluded.artifacts
        WHERE usage_days.measured_at < excluded.measured_at";
    let Day { at, measured_at, held: Held { logical, stored, artifacts } } = day;
    conn.execute(sql, args![at, measured_at, logical, stored, artifacts]).await?;
    Ok(())
}

/// Writes down what projects hold on a day. Measures that are younger stay.
///
/// # Errors
/// As the database says.
pub async fn keep_projects(
    conn: &mut Conn<'_>,
    at: Timestamp,
    measured_at: Timestamp,
    projects: &[(i64, Held)],
) -> Result<()> {
    if projects.is_empty() {
        return Ok(());
    }
    // The two moments are the same in all rows.
    let rows: Vec<String> =
        (0..projects.len()).map(|row| format!("({}, $1, $2)", super::marks(3 + 4 * row, 4))).collect();
    let sql = format!(
        "INSERT INTO project_usage_days (project_id, logical, stored, artifacts, at, measured_at) VALUES {}
         ON CONFLICT (project_id, at) DO UPDATE SET measured_at = excluded.measured_at, logical = excluded.logical,
           stored = excluded.stored, artifacts = excluded.artifacts
         WHERE project_usage_days.measured_at < excluded.measured_at",
        rows.join(", ")
    );
    let mut values: Vec<Value> = vec![at.into(), measured_at.into()];
    for (project, held) in projects {
        values.extend([*project, held.logical, held.stored, held.artifacts].map(Value::from));
    }
    conn.execute(&sql, &values).await?;
    Ok(())
}

/// The days from `first` on of which there are measures of the installation.
///
/// # Errors
/// As the database says.
pub async fn days_of_all(conn: &mut Conn<'_>, first: Timestamp) -> Result<Vec<Day>> {
    let sql = "SELECT at, measured_at, logical, stored, artifacts FROM usage_days WHERE at >= $1 ORDER BY at";
    conn.rows(sql, args![first]).await?.iter().map(day).collect()
}

/// The days from `first` on of which there are measures of a project.
///
/// # Errors
/// As the database says.
pub async fn days_of_project(conn: &mut Conn<'_>, project: i64, first: Timestamp) -> Result<Vec<Day>> {
    let sql = "SELECT at, measured_at, logical, stored, artifacts FROM project_usage_days
               WHERE project_id = $1 AND at >= $2 ORDER BY at";
    conn.rows(sql, args![project, first]).await?.iter().map(day).collect()
}

fn day(row: &crate::Row) -> Result<Day> {
    Ok(Day { at: row.get(0)?, measured_at: row.get(1)?, held: read(row, 2)? })
}
