//! Searches that people gave names.

use berth_types::Timestamp;

use crate::{Conn, Result, Row, args};

/// A saved view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Row id.
    pub id: i64,
    /// The list that it is of.
    pub list: String,
    /// Name.
    pub name: String,
    /// The query of the page's address.
    pub query: String,
}

impl View {
    fn read(row: &Row) -> Result<Self> {
        Ok(View { id: row.get(0)?, list: row.get(1)?, name: row.get(2)?, query: row.get(3)? })
    }
}

/// A person's views by name, at most `limit`; those of one list where it is given.
///
/// # Errors
/// As the database says.
pub async fn list(conn: &mut Conn<'_>, user_id: i64, list: Option<&str>, limit: i64) -> Result<Vec<View>> {
    let rows = match list {
        Some(list) => {
            let sql = "SELECT id, list, name, query FROM saved_views WHERE user_id = $1 AND list = $2
                       ORDER BY name ASC LIMIT $3";
            conn.rows(sql, args![user_id, list, limit]).await?
        }
        None => {
            let sql = "SELECT id, list, name, query FROM saved_views WHERE user_id = $1
                       ORDER BY list ASC, name ASC LIMIT $2";
            conn.rows(sql, args![user_id, limit]).await?
        }
    };
    rows.iter().map(View::read).collect()
}

/// How many views a person has.
///
/// # Errors
/// As the database says.
pub async fn count(conn: &mut Conn<'_>, user_id: i64) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM saved_views WHERE user_id = $1";
    conn.row(sql, args![user_id]).await?.map_or(Ok(0), |row| row.get(0))
}

/// Saves a view in the place of one of the same list and name, and says its row id.
///
/// # Errors
/// As the database says.
pub async fn save(
    conn: &mut Conn<'_>,
    user_id: i64,
    (list, name, query): (&str, &str, &str),
    now: Timestamp,
) -> Result<i64> {
    let sql = "INSERT INTO saved_views (user_id, list, name, query, created_at) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (user_id, list, name) DO UPDATE SET query = excluded.query RETURNING id";
    conn.insert(sql, args![user_id, list, name, query, now]).await
}

/// Removes a person's view. False where the person has none of this id.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn<'_>, user_id: i64, id: i64) -> Result<bool> {
    Ok(conn.execute("DELETE FROM saved_views WHERE user_id = $1 AND id = $2", args![user_id, id]).await? > 0)
}

/// Removes all views of a person.
///
/// # Errors
/// As the database says.
pub async fn delete_of_person(conn: &mut Conn<'_>, user_id: i64) -> Result<()> {
    conn.execute("DELETE FROM saved_views WHERE user_id = $1", args![user_id]).await?;
    Ok(())
}
