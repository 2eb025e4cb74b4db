//! Purges of the audit log by age and kind of event.

use berth_types::Timestamp;

use crate::{Conn, Result, Value, args};

/// Entries of one batch. More would keep other writes waiting.
const BATCH: i64 = 500;
/// Entries that one search looks through.
const SEARCH: i64 = 20_000;

/// Which entries go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doomed {
    /// Those before this moment,
    pub before: Timestamp,
    /// of these events: `<operation>_<kind of resource>`,
    pub events: Vec<String>,
    /// and of these operations, whatever they were done to.
    pub operations: Vec<String>,
}

/// A place in the log: the last entry that was looked at.
pub type Place = (Timestamp, i64);

/// Some entries, and where to look on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The entries' moments and row ids, oldest first.
    pub entries: Vec<Place>,
    /// The last entry that was looked at; nothing where all were.
    pub place: Option<Place>,
}

/// Looks for entries after a place, oldest first. The log is read in pieces, so that no search takes long where few
/// entries go.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn<'_>, doomed: &Doomed, after: Place) -> Result<Found> {
    let piece = "SELECT at, id FROM audit WHERE (at, id) > ($1, $2) AND at < $3 ORDER BY at, id LIMIT 1 OFFSET $4";
    let end = conn.row(piece, args![after.0, after.1, doomed.before, SEARCH - 1]).await?;
    let end: Option<Place> = end.map(|row| Ok::<_, crate::DbError>((row.get(0)?, row.get(1)?))).transpose()?;
    let mut values: Vec<Value> = args![after.0, after.1, doomed.before].to_vec();
    let mut sql = "SELECT at, id FROM audit WHERE (at, id) > ($1, $2) AND at < $3".to_owned();
    if let Some((at, id)) = end {
        values.extend_from_slice(args![at, id]);
        sql.push_str(" AND (at, id) <= ($4, $5)");
    }
    let mut conditions = vec!["1 = 0".to_owned()];
    for (expression, names) in
        [("operation || '_' || resource_type", &doomed.events), ("operation", &doomed.operations)]
    {
        if !names.is_empty() {
            conditions.push(format!("{expression} IN ({})", super::marks(values.len() + 1, names.len())));
            values.extend(names.iter().map(|name| Value::from(name.as_str())));
        }
    }
    sql.push_str(&format!(" AND ({}) ORDER BY at, id LIMIT {BATCH}", conditions.join(" OR ")));
    let rows = conn.rows(&sql, &values).await?;
    let entries: Vec<Place> = rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect::<Result<_>>()?;
    let place = if entries.len() as i64 >= BATCH { entries.last().copied() } else { end };
    Ok(Found { entries, place })
}

/// Removes entries. Says how many were still there.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn<'_>, entries: &[Place]) -> Result<u64> {
    let (Some((first, _)), Some((last, _))) = (entries.first(), entries.last()) else { return Ok(0) };
    // The moments name the partitions that have to be looked at.
    let sql = format!("DELETE FROM audit WHERE at >= $1 AND at <= $2 AND id IN ({})", super::marks(3, entries.len()));
    let mut values: Vec<Value> = args![*first, *last].to_vec();
    values.extend(entries.iter().map(|(_, id)| Value::from(*id)));
    conn.execute(&sql, &values).await
}
