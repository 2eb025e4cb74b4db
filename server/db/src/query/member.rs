//! Memberships.

use berth_types::{
    Timestamp,
    page::{Page, Paged},
    query::ListQuery,
};

use super::list::{List, Source};
use crate::{Conn, Result, Row, args};

/// A membership with the person's name.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Row id.
    pub id: i64,
    /// The project's row id.
    pub project_id: i64,
    /// The person's row id.
    pub user_id: i64,
    /// The person's sign-in name.
    pub username: String,
    /// The role's number.
    pub role: i64,
}

impl Member {
    fn read(row: &Row) -> Result<Self> {
        Ok(Member {
            id: row.get(0)?,
            project_id: row.get(1)?,
            user_id: row.get(2)?,
            username: row.get(3)?,
            role: row.get(4)?,
        })
    }
}

const MEMBERS: Source = Source {
    select: "m.id, m.project_id, m.user_id, u.username, m.role",
    from: "members m JOIN users u ON u.id = m.user_id",
    columns: &[],
    order: "u.username ASC",
    tie: "m.id ASC",
};

/// Members of a project, those of one name where it is given. The number is that of all members, as in Harbor.
///
/// # Errors
/// As the database says.
pub async fn list(conn: &mut Conn<'_>, project: i64, name: Option<&str>, page: Page) -> Result<Paged<Member>> {
    let all = List::of(MEMBERS).and("u.deleted_at IS NULL AND m.project_id = ?", args![project]);
    let total = all.count(conn).await?;
    let list = match name {
        Some(name) => all.and("u.username = ?", args![name]),
        None => all,
    };
    let query = ListQuery { page, ..ListQuery::default() };
    let rows = list.page(conn, &query).await?;
    let items = rows.items.iter().map(Member::read).collect::<Result<_>>()?;
    Ok(Paged { items, total })
}

/// One membership of a project.
///
/// # Errors
/// As the database says.
pub async fn get(conn: &mut Conn<'_>, project: i64, id: i64) -> Result<Option<Member>> {
    let list = List::of(MEMBERS).and("u.deleted_at IS NULL AND m.project_id = ? AND m.id = ?", args![project, id]);
    list.slice(conn, 1, 0).await?.first().map(Member::read).transpose()
}

/// Adds a membership and says its row id; nothing where the person is a member already.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn<'_>, project: i64, user: i64, role: i64, now: Timestamp) -> Result<Option<i64>> {
    let sql = "INSERT INTO members (project_id, user_id, role, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)
               ON CONFLICT DO NOTHING RETURNING id";
    conn.row(sql, args![project, user, role, now]).await?.map(|row| row.get(0)).transpose()
}

/// Changes a role.
///
/// # Errors
/// As the database says.
pub async fn set_role(conn: &mut Conn<'_>, id: i64, role: i64, now: Timestamp) -> Result<()> {
    conn.execute("UPDATE members SET role = $2, updated_at = $3 WHERE id = $1", args![id, role, now]).await?;
    Ok(())
}

/// Removes a membership.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn<'_>, id: i64) -> Result<()> {
    conn.execute("DELETE FROM members WHERE id = $1", args![id]).await?;
    Ok(())
}
