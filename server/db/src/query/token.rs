//! Personal access tokens: rows of `identities` that stand for a person's password.

use berth_types::{Timestamp, query::ListQuery};

use super::{
    identity::Kind,
    list::{Column, List, Source},
};
use crate::{Conn, Result, Row, args};

/// The permissions of a token that reads only, as they are stored.
const READING: &str = "[\"read\"]";
/// The permissions of a token that may what its owner may.
const ALL: &str = "[]";

/// A personal access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Row id.
    pub id: i64,
    /// Name, behind the owner's id and a slash.
    pub name: String,
    /// Whether it reads only.
    pub read_only: bool,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

const COLUMNS: &str = "id, name, permissions, expires_at, used_at, created_at";

impl Token {
    fn read(row: &Row) -> Result<Self> {
        Ok(Token {
            id: row.get(0)?,
            name: row.get(1)?,
            read_only: row.get::<String>(2)? == READING,
            expires_at: row.get(3)?,
            used_at: row.get(4)?,
            created_at: row.get(5)?,
        })
    }
}

/// Makes a token.
///
/// # Errors
/// [`crate::DbError::Unique`] where the name is taken.
pub async fn insert(
    conn: &mut Conn<'_>,
    user_id: i64,
    name: &str,
    secret_hash: &[u8],
    read_only: bool,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<i64> {
    let permissions = if read_only { READING } else { ALL };
    conn.insert(
        "INSERT INTO identities (kind, name, user_id, secret_hash, permissions, expires_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING id",
        args![Kind::PersonalToken.as_str(), name, user_id, secret_hash, permissions, expires_at, now],
    )
    .await
}

/// A person's token by the keyed hash of its secret.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn<'_>, user_id: i64, secret_hash: &[u8]) -> Result<Option<Token>> {
    let sql = format!("SELECT {COLUMNS} FROM identities WHERE user_id = $1 AND kind = $2 AND secret_hash = $3");
    let row = conn.row(&sql, args![user_id, Kind::PersonalToken.as_str(), secret_hash]).await?;
    row.as_ref().map(Token::read).transpose()
}

/// A person's token by row id.
///
/// # Errors
/// As the database says.
pub async fn find_by_id(conn: &mut Conn<'_>, user_id: i64, id: i64) -> Result<Option<Token>> {
    let sql = format!("SELECT {COLUMNS} FROM identities WHERE user_id = $1 AND kind = $2 AND id = $3");
    let row = conn.row(&sql, args![user_id, Kind::PersonalToken.as_str(), id]).await?;
    row.as_ref().map(Token::read).transpose()
}

const TOKENS: Source = Source {
    select: COLUMNS,
    from: "identities",
    columns: &[
        // Without the owner before it.
        Column::text("name", "SUBSTR(name, LENGTH(CAST(user_id AS TEXT)) + 2)"),
        Column::flag("read_only", "(permissions = '[\"read\"]')"),
        Column::time("creation_time", "created_at"),
        // What never ends comes last, what was never used first, on both databases.
        Column::time("expires_at", "COALESCE(expires_at, 9223372036854775807)"),
        Column::time("last_used_at", "COALESCE(used_at, 0)"),
    ],
    order: "id DESC",
    tie: "id DESC",
};

/// A person's tokens as a request filters and sorts them, youngest first where it does not; `limit` at most.
///
/// # Errors
/// As the database says.
pub async fn list(conn: &mut Conn<'_>, user_id: i64, query: &ListQuery, limit: i64) -> Result<Vec<Token>> {
    let own = List::of(TOKENS).and("user_id = ? AND kind = ?", args![user_id, Kind::PersonalToken.as_str()]);
    let rows = own.filtered(&query.filters).sorted(query).slice(conn, limit, 0).await?;
    rows.iter().map(Token::read).collect()
}

/// How many tokens a person has.
///
/// # Errors
/// As the database says.
pub async fn count(conn: &mut Conn<'_>, user_id: i64) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM identities WHERE user_id = $1 AND kind = $2";
    conn.row(sql, args![user_id, Kind::PersonalToken.as_str()]).await?.map_or(Ok(0), |row| row.get(0))
}

/// Removes a person's token and says what it was called; nothing where the person has none of this id.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn<'_>, user_id: i64, id: i64) -> Result<Option<String>> {
    let sql = "DELETE FROM identities WHERE user_id = $1 AND id = $2 AND kind = $3 RETURNING name";
    conn.row(sql, args![user_id, id, Kind::PersonalToken.as_str()]).await?.map(|row| row.get(0)).transpose()
}

/// Notes that a token was used, unless somebody did so after `before`.
///
/// # Errors
/// As the database says.
pub async fn touch(conn: &mut Conn<'_>, id: i64, now: Timestamp, before: Timestamp) -> Result<()> {
    let sql = "UPDATE identities SET used_at = $2 WHERE id = $1 AND (used_at IS NULL OR used_at <= $3)";
    conn.execute(sql, args![id, now, before]).await?;
    Ok(())
}
