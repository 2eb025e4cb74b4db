//! Events in the order in which every reader sees them.
//!
//! On PostgreSQL transactions commit in another order than they took their ids. A reader stops before the oldest
//! transaction of this database that still runs: what lies before it is there or never will be, so whoever goes on after the
//! last event that it read skips nothing. SQLite has one writer, and the order of the ids is that of the commits.

use std::{fmt, str::FromStr};

use berth_types::Timestamp;

use crate::{Backend, Conn, Result, Row, args};

/// A place in the order of events: the transaction (0 on SQLite), then the row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The transaction's id.
    pub xact: i64,
    /// The row's id.
    pub id: i64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.xact, self.id)
    }
}

/// What is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoPlace;

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> std::result::Result<Self, NoPlace> {
        let (xact, id) = text.split_once('-').ok_or(NoPlace)?;
        let number = |text: &str| text.parse::<i64>().ok().filter(|number| *number >= 0).ok_or(NoPlace);
        Ok(Place { xact: number(xact)?, id: number(id)? })
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Where it stands.
    pub place: Place,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: String,
    /// The project's row id.
    pub project_id: Option<i64>,
    /// What it is about, as JSON.
    pub payload: String,
}

/// The first transaction on PostgreSQL whose events may still come, as SQL. Transactions of the server's other databases
/// write no events here, however long they run; one of which it is not known where it runs counts as one of this database.
macro_rules! first_open {
    () => {
        "COALESCE(
             (SELECT MIN(running::text::bigint) FROM pg_snapshot_xip(pg_current_snapshot()) AS running
              WHERE NOT EXISTS (SELECT 1 FROM pg_stat_activity AS other
                                WHERE other.backend_xid = running::xid AND other.datname <> current_database())
                AND NOT EXISTS (SELECT 1 FROM pg_prepared_xacts AS prepared
                                WHERE prepared.transaction = running::xid AND prepared.database <> current_database())),
             pg_snapshot_xmax(pg_current_snapshot())::text::bigint)"
    };
}

/// The place after everything that can be read now.
///
/// # Errors
/// As the database says.
pub async fn end(conn: &mut Conn<'_>) -> Result<Place> {
    let sql = match conn.backend() {
        Backend::Sqlite => "SELECT 0, COALESCE(MAX(id), 0) FROM events",
        Backend::Postgres => concat!("SELECT ", first_open!(), " - 1, 9223372036854775807::bigint"),
    };
    place(conn, sql).await
}

/// The place that no event can have yet, nor any after it: what claims to be further was never given out.
///
/// # Errors
/// As the database says.
pub async fn beyond(conn: &mut Conn<'_>) -> Result<Place> {
    let sql = match conn.backend() {
        Backend::Sqlite => "SELECT 0, COALESCE(MAX(id), 0) + 1 FROM events",
        Backend::Postgres => "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint, 0::bigint",
    };
    place(conn, sql).await
}

async fn place(conn: &mut Conn<'_>, sql: &'static str) -> Result<Place> {
    let row = conn.row(sql, &[]).await?;
    row.map_or(Ok(Place::default()), |row| Ok(Place { xact: row.get(0)?, id: row.get(1)? }))
}

/// The place before everything that happened at a time or later and can be read; the end where there is nothing.
///
/// # Errors
/// As the database says.
pub async fn since(conn: &mut Conn<'_>, at: Timestamp) -> Result<Place> {
    // First of all: a transaction that still runs stands behind this, whatever it says about its time.
    let end = end(conn).await?;
    // The time is that of a transaction's beginning; the order is that of their ends.
    let sql = "SELECT xact, MIN(id) FROM events WHERE at >= $1 GROUP BY xact ORDER BY xact LIMIT 1";
    let row = conn.row(sql, args![at]).await?;
    row.map_or(Ok(end), |row| Ok(Place { xact: row.get(0)?, id: row.get::<i64>(1)? - 1 }.min(end)))
}

/// The events after a place, in their order, as far as no earlier one can still come.
///
/// # Errors
/// As the database says.
pub async fn after(conn: &mut Conn<'_>, place: Place, limit: i64) -> Result<Vec<Event>> {
    let read = |row: &Row| {
        Ok(Event {
            place: Place { xact: row.get(0)?, id: row.get(1)? },
            at: row.get(2)?,
            kind: row.get(3)?,
            project_id: row.get(4)?,
            payload: row.get(5)?,
        })
    };
    let rows = match conn.backend() {
        Backend::Sqlite => {
            let sql = "SELECT xact, id, at, kind, project_id, payload FROM events WHERE id > $1 ORDER BY id LIMIT $2";
            conn.rows(sql, args![place.id, limit]).await?
        }
        Backend::Postgres => {
            let sql = concat!(
                "SELECT xact, id, at, kind, project_id, payload FROM events WHERE (xact, id) > ($1, $2) AND xact < ",
                first_open!(),
                " ORDER BY xact, id LIMIT $3"
            );
            conn.rows(sql, args![place.xact, place.id, limit]).await?
        }
    };
    rows.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let place = Place { xact: 712, id: 9 };
        assert_eq!(place.to_string().parse(), Ok(place));
        for text in ["", "7", "7-", "-7", "a-b", "1-2-3", "-1-2", "99999999999999999999-1"] {
            assert_eq!(text.parse::<Place>(), Err(NoPlace), "{text}");
        }
        assert!(Place { xact: 1, id: 9 } < Place { xact: 2, id: 1 });
    }
}
