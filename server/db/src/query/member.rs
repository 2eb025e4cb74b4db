//! Memberships.

use berth_types::{
    Timestamp,
    page::{Page, Paged},
    query::ListQuery,
};

use super::list::{Column, List, Source};
use crate::{Conn, Result, Row, args};

/// Who is a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// A person, by row id.
    User(i64),
    /// A group, by row id.
    Group(i64),
}

/// A membership with the name of who is a member.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Row id.
    pub id: i64,
    /// The project's row id.
    pub project_id: i64,
    /// Who.
    pub who: Who,
    /// The person's sign-in name, or the group's name.
    pub name: String,
    /// The role's number.
    pub role: i64,
}

impl Member {
    fn read(row: &Row) -> Result<Self> {
        let who = match row.get::<Option<i64>>(2)? {
            Some(user) => Who::User(user),
            None => Who::Group(row.get(3)?),
        };
        Ok(Member { id: row.get(0)?, project_id: row.get(1)?, who, name: row.get(4)?, role: row.get(5)? })
    }
}

/// Rows whose person or group is there.
const MEMBERS: Source = Source {
    select: "m.id, m.project_id, m.user_id, m.group_id, COALESCE(u.username, g.name), m.role",
    from: "members m LEFT JOIN users u ON u.id = m.user_id AND u.deleted_at IS NULL
           LEFT JOIN user_groups g ON g.id = m.group_id",
    columns: &[
        Column::number("id", "m.id"),
        Column::text("entity_name", "COALESCE(u.username, g.name)"),
        Column::text("entity_type", "CASE WHEN m.user_id IS NULL THEN 'g' ELSE 'u' END"),
        Column::number("role_id", "m.role"),
    ],
    order: "COALESCE(u.username, g.name) ASC",
    tie: "m.id ASC",
};

/// The members of a project, in no order.
pub(super) fn members(project: i64) -> List {
    List::of(MEMBERS).and("m.project_id = ? AND (u.id IS NOT NULL OR g.id IS NOT NULL)", args![project])
}

/// Members of a project, those of one name where it is given. The number is that of all members, as in Harbor.
///
/// # Errors
/// As the database says.
pub async fn list(conn: &mut Conn<'_>, project: i64, name: Option<&str>, page: Page) -> Result<Paged<Member>> {
    let all = members(project);
    let total = all.count(conn).await?;
    let list = match name {
        Some(name) => all.and("COALESCE(u.username, g.name) = ?", args![name]),
        None => all,
    };
    let query = ListQuery { page, ..ListQuery::default() };
    let rows = list.page(conn, &query).await?;
    let items = rows.items.iter().map(Member::read).collect::<Result<_>>()?;
    Ok(Paged { items, total })
}

/// Members of a project as a request filters and sorts them, by name where it does not. The number is that of those found.
///
/// # Errors
/// As the database says.
pub async fn found(conn: &mut Conn<'_>, project: i64, query: &ListQuery) -> Result<Paged<Member>> {
    let rows = members(project).filtered(&query.filters).sorted(query).page(conn, query).await?;
    let items = rows.items.iter().map(Member::read).collect::<Result<_>>()?;
    Ok(Paged { items, total: rows.total })
}

/// One membership of a project.
///
/// # Errors
/// As the database says.
pub async fn get(conn: &mut Conn<'_>, project: i64, id: i64) -> Result<Option<Member>> {
    let list = members(project).and("m.id = ?", args![id]);
    list.slice(conn, 1, 0).await?.first().map(Member::read).transpose()
}

/// The membership of a person in a project.
///
/// # Errors
/// As the database says.
pub async fn of_user(conn: &mut Conn<'_>, project: i64, user: i64) -> Result<Option<Member>> {
    let list = members(project).and("m.user_id = ?", args![user]);
    list.slice(conn, 1, 0).await?.first().map(Member::read).transpose()
}

/// The memberships of groups in a project, by name; no more than a page shows.
///
/// # Errors
/// As the database says.
pub async fn groups(conn: &mut Conn<'_>, project: i64) -> Result<Vec<Member>> {
    const ROWS_MAX: i64 = 100;
    let list = members(project).and("m.group_id IS NOT NULL", &[]);
    list.slice(conn, ROWS_MAX, 0).await?.iter().map(Member::read).collect()
}

/// A project that somebody belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Membership {
    /// Row id.
    pub id: i64,
    /// The project's row id.
    pub project_id: i64,
    /// The project's name.
    pub project: String,
    /// The role's number.
    pub role: i64,
}

const MEMBERSHIPS: Source = Source {
    select: "m.id, p.id, p.name, m.role",
    from: "members m JOIN projects p ON p.id = m.project_id",
    columns: &[Column::text("project_name", "p.name"), Column::number("role_id", "m.role")],
    order: "p.name ASC",
    tie: "m.id ASC",
};

/// The projects that a person or a group belongs to as a request filters and sorts them, by name where it does not.
///
/// # Errors
/// As the database says.
pub async fn memberships(conn: &mut Conn<'_>, who: Who, query: &ListQuery) -> Result<Paged<Membership>> {
    let list = List::of(MEMBERSHIPS).and("p.deleted_at IS NULL", &[]);
    let list = match who {
        Who::User(id) => list.and("m.user_id = ?", args![id]),
        Who::Group(id) => list.and("m.group_id = ?", args![id]),
    };
    let rows = list.filtered(&query.filters).sorted(query).page(conn, query).await?;
    let read = |row: &Row| -> Result<Membership> {
        Ok(Membership { id: row.get(0)?, project_id: row.get(1)?, project: row.get(2)?, role: row.get(3)? })
    };
    let items = rows.items.iter().map(read).collect::<Result<_>>()?;
    Ok(Paged { items, total: rows.total })
}

/// Adds a person's membership and says its row id; nothing where the person is a member already.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn<'_>, project: i64, user: i64, role: i64, now: Timestamp) -> Result<Option<i64>> {
    add(conn, project, Who::User(user), role, now).await
}

/// Adds a membership and says its row id; nothing where who it is for is a member already.
///
/// # Errors
/// As the database says.
pub async fn add(conn: &mut Conn<'_>, project: i64, who: Who, role: i64, now: Timestamp) -> Result<Option<i64>> {
    let (user, group) = match who {
        Who::User(user) => (Some(user), None),
        Who::Group(group) => (None, Some(group)),
    };
    let sql = "INSERT INTO members (project_id, user_id, group_id, role, created_at, updated_at)
               VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT DO NOTHING RETURNING id";
    conn.row(sql, args![project, user, group, role, now]).await?.map(|row| row.get(0)).transpose()
}

/// Whether a person has a role in any project.
///
/// # Errors
/// As the database says.
pub async fn has_role_anywhere(conn: &mut Conn<'_>, user: i64, role: i64) -> Result<bool> {
    let sql = "SELECT 1 FROM members m JOIN projects p ON p.id = m.project_id
               WHERE m.user_id = $1 AND m.role = $2 AND p.deleted_at IS NULL LIMIT 1";
    Ok(conn.row(sql, args![user, role]).await?.is_some())
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
