//! Signed-in browsers.

use berth_types::{Timestamp, query::ListQuery};

use super::list::{Column, List, Source};
use crate::{Backend, Conn, Result, Row, args};

/// A session of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Keyed hash of the cookie.
    pub id_hash: Vec<u8>,
    /// The person.
    pub user_id: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub seen_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// From where it began.
    pub remote_addr: String,
    /// What program it is.
    pub user_agent: String,
}

/// The columns of a [`Session`], in its order.
const COLUMNS: &str = "id_hash, user_id, created_at, seen_at, expires_at, remote_addr, user_agent";

impl Session {
    fn read(row: &Row) -> Result<Self> {
        Ok(Session {
            id_hash: row.get(0)?,
            user_id: row.get(1)?,
            created_at: row.get(2)?,
            seen_at: row.get(3)?,
            expires_at: row.get(4)?,
            remote_addr: row.get(5)?,
            user_agent: row.get(6)?,
        })
    }
}

/// Makes a session of a person as they were at `epoch`. False where password, rights or second factor changed since: what
/// ended the sessions of that moment would have ended this one.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn<'_>, session: &Session, epoch: i64) -> Result<bool> {
    if conn.backend() == Backend::Postgres {
        // Whoever changes the person comes before or after, and the next statement sees what was committed.
        conn.rows("SELECT id FROM users WHERE id = $1 FOR SHARE", args![session.user_id]).await?;
    }
    let inserted = conn
        .execute(
            "INSERT INTO sessions (id_hash, user_id, created_at, seen_at, expires_at, remote_addr, user_agent)
         SELECT $1, u.id, $3, $4, $5, $6, $7 FROM users u WHERE u.id = $2 AND u.epoch = $8 AND u.deleted_at IS NULL",
            args![
                session.id_hash.as_slice(),
                session.user_id,
                session.created_at,
                session.seen_at,
                session.expires_at,
                &session.remote_addr,
                &session.user_agent,
                epoch,
            ],
        )
        .await?;
    Ok(inserted > 0)
}

/// A session by the hash of its cookie.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn<'_>, id_hash: &[u8]) -> Result<Option<Session>> {
    let sql = format!("SELECT {COLUMNS} FROM sessions WHERE id_hash = $1 AND user_id IS NOT NULL");
    conn.row(&sql, args![id_hash]).await?.as_ref().map(Session::read).transpose()
}

/// Notes that a session was used, and moves its end.
///
/// # Errors
/// As the database says.
pub async fn touch(conn: &mut Conn<'_>, id_hash: &[u8], seen_at: Timestamp, expires_at: Timestamp) -> Result<()> {
    let sql = "UPDATE sessions SET seen_at = $2, expires_at = $3 WHERE id_hash = $1 AND seen_at < $2";
    conn.execute(sql, args![id_hash, seen_at, expires_at]).await?;
    Ok(())
}

/// The living sessions of a person, last used first.
///
/// # Errors
/// As the database says.
pub async fn of_person(conn: &mut Conn<'_>, user_id: i64, now: Timestamp, limit: i64) -> Result<Vec<Session>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM sessions WHERE user_id = $1 AND expires_at > $2
         ORDER BY seen_at DESC, created_at DESC LIMIT $3"
    );
    conn.rows(&sql, args![user_id, now, limit]).await?.iter().map(Session::read).collect()
}

const SESSIONS: Source = Source {
    select: COLUMNS,
    from: "sessions",
    columns: &[
        Column::text("user_agent", "user_agent"),
        Column::text("remote_addr", "remote_addr"),
        Column::time("created_at", "created_at"),
        Column::time("seen_at", "seen_at"),
        Column::time("expires_at", "expires_at"),
    ],
    order: "seen_at DESC, created_at DESC",
    tie: "id_hash ASC",
};

/// The living sessions of a person as a request sorts them, last used first where it does not; `limit` at most.
///
/// # Errors
/// As the database says.
pub async fn sorted(
    conn: &mut Conn<'_>,
    user_id: i64,
    now: Timestamp,
    query: &ListQuery,
    limit: i64,
) -> Result<Vec<Session>> {
    let living = List::of(SESSIONS).and("user_id = ? AND expires_at > ?", args![user_id, now]);
    living.sorted(query).slice(conn, limit, 0).await?.iter().map(Session::read).collect()
}

/// Ends a session. False where there is none.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn<'_>, id_hash: &[u8]) -> Result<bool> {
    Ok(conn.execute("DELETE FROM sessions WHERE id_hash = $1", args![id_hash]).await? > 0)
}

/// Ends a person's sessions, all but one where its hash is given. Returns how many there were.
///
/// # Errors
/// As the database says.
pub async fn delete_of_person(conn: &mut Conn<'_>, user_id: i64, but: Option<&[u8]>) -> Result<u64> {
    let but = but.unwrap_or_default();
    conn.execute("DELETE FROM sessions WHERE user_id = $1 AND id_hash <> $2", args![user_id, but]).await
}

/// Removes sessions that ended.
///
/// # Errors
/// As the database says.
pub async fn delete_expired(conn: &mut Conn<'_>, now: Timestamp) -> Result<u64> {
    conn.execute("DELETE FROM sessions WHERE expires_at <= $1", args![now]).await
}
