//! Rules against moving and removing tags.

use berth_types::{Timestamp, page::Paged, query::ListQuery};

use super::list::{List, Source};
use crate::{Conn, Result, Row, args};

/// A rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Row id.
    pub id: i64,
    /// Whether it rests.
    pub disabled: bool,
    /// The rule as JSON, without its number.
    pub content: String,
}

impl Rule {
    fn read(row: &Row) -> Result<Self> {
        Ok(Rule { id: row.get(0)?, disabled: row.get(1)?, content: row.get(2)? })
    }
}

const RULES: Source = Source {
    select: "i.id, i.disabled, i.content",
    from: "immutable_rules i",
    // Harbor lists rules in one order and by no filter.
    columns: &[],
    order: "i.id ASC",
    tie: "i.id ASC",
};

/// The rules of a project.
///
/// # Errors
/// As the database says.
pub async fn list(conn: &mut Conn<'_>, project: i64, query: &ListQuery) -> Result<Paged<Rule>> {
    let rows = List::of(RULES).and("i.project_id = ?", args![project]).page(conn, query).await?;
    let items = rows.items.iter().map(Rule::read).collect::<Result<_>>()?;
    Ok(Paged { items, total: rows.total })
}

/// All rules of a project, oldest first.
///
/// # Errors
/// As the database says.
pub async fn all(conn: &mut Conn<'_>, project: i64) -> Result<Vec<Rule>> {
    let sql = "SELECT id, disabled, content FROM immutable_rules WHERE project_id = $1 ORDER BY id";
    conn.rows(sql, args![project]).await?.iter().map(Rule::read).collect()
}

/// The texts of the rules of a project that do not rest.
///
/// # Errors
/// As the database says.
pub async fn enabled(conn: &mut Conn<'_>, project: i64) -> Result<Vec<String>> {
    let sql = "SELECT content FROM immutable_rules WHERE project_id = $1 AND NOT disabled ORDER BY id";
    conn.rows(sql, args![project]).await?.iter().map(|row| row.get(0)).collect()
}

/// Whether a project has a rule of this text.
///
/// # Errors
/// As the database says.
pub async fn exists(conn: &mut Conn<'_>, project: i64, content: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM immutable_rules WHERE project_id = $1 AND content = $2 LIMIT 1";
    Ok(conn.row(sql, args![project, content]).await?.is_some())
}

/// How many rules a project has.
///
/// # Errors
/// As the database says.
pub async fn count(conn: &mut Conn<'_>, project: i64) -> Result<i64> {
    List::of(RULES).and("i.project_id = ?", args![project]).count(conn).await
}

/// Adds a rule and says its row id.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn<'_>, project: i64, disabled: bool, content: &str, now: Timestamp) -> Result<i64> {
    let sql = "INSERT INTO immutable_rules (project_id, disabled, content, created_at, updated_at)
               VALUES ($1, $2, $3, $4, $4) RETURNING id";
    conn.insert(sql, args![project, disabled, content, now]).await
}

/// Changes a rule. False where the project has no such rule.
///
/// # Errors
/// As the database says.
pub async fn update(
    conn: &mut Conn<'_>,
    (project, id): (i64, i64),
    disabled: bool,
    content: &str,
    now: Timestamp,
) -> Result<bool> {
    let sql =
        "UPDATE immutable_rules SET disabled = $3, content = $4, updated_at = $5 WHERE project_id = $1 AND id = $2";
    Ok(conn.execute(sql, args![project, id, disabled, content, now]).await? > 0)
}

/// Removes a rule. False where the project has no such rule.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn<'_>, project: i64, id: i64) -> Result<bool> {
    let sql = "DELETE FROM immutable_rules WHERE project_id = $1 AND id = $2";
    Ok(conn.execute(sql, args![project, id]).await? > 0)
}

/// All tags of a repository, by name.
///
/// # Errors
/// As the database says.
pub async fn tags_of_repository(conn: &mut Conn<'_>, repository: i64) -> Result<Vec<String>> {
    let sql = "SELECT name FROM tags WHERE repository_id = $1 ORDER BY name";
    conn.rows(sql, args![repository]).await?.iter().map(|row| row.get(0)).collect()
}
