//! Groups of people that directories know.

use berth_types::{
    Timestamp,
    page::{Page, Paged},
    query::ListQuery,
};

use super::list::{Column, List, Source};
use crate::{Conn, Result, Row, args};

/// A group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Row id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// 1 LDAP, 2 HTTP, 3 OIDC, 0 where nobody said.
    pub kind: i64,
    /// LDAP distinguished name, empty for others.
    pub ldap_dn: String,
}

impl Group {
    fn read(row: &Row) -> Result<Self> {
        Ok(Group { id: row.get(0)?, name: row.get(1)?, kind: row.get(2)?, ldap_dn: row.get(3)? })
    }
}

const GROUPS: Source = Source {
    select: "g.id, g.name, g.kind, g.ldap_dn",
    from: "user_groups g",
    columns: &[
        Column::number("id", "g.id"),
        Column::text("group_name", "g.name"),
        Column::number("group_type", "g.kind"),
        Column::text("ldap_group_dn", "g.ldap_dn"),
    ],
    // What was changed last comes last, as in Harbor's own table.
    order: "g.updated_at ASC",
    tie: "g.id ASC",
};

/// Groups whose name contains a text, and those of one distinguished name where it is given.
///
/// # Errors
/// As the database says.
pub async fn list(conn: &mut Conn<'_>, name: Option<&str>, dn: Option<&str>, page: Page) -> Result<Paged<Group>> {
    let mut list = List::of(GROUPS);
    if let Some(name) = name {
        list = list.containing("g.name", name);
    }
    if let Some(dn) = dn {
        list = list.and("g.ldap_dn = ?", args![dn]);
    }
    paged(conn, list, page).await
}

/// Groups as a request filters and sorts them, by name where it does not.
///
/// # Errors
/// As the database says.
pub async fn found(conn: &mut Conn<'_>, query: &ListQuery) -> Result<Paged<Group>> {
    let by_name = Source { order: "g.name ASC", ..GROUPS };
    let rows = List::of(by_name).filtered(&query.filters).sorted(query).page(conn, query).await?;
    let items = rows.items.iter().map(Group::read).collect::<Result<_>>()?;
    Ok(Paged { items, total: rows.total })
}

/// Groups whose name contains a text, the shortest first: whoever types a name finds it.
///
/// # Errors
/// As the database says.
pub async fn search(conn: &mut Conn<'_>, text: &str, page: Page) -> Result<Paged<Group>> {
    let by_length = Source { order: "LENGTH(g.name) ASC, g.name ASC", ..GROUPS };
    paged(conn, List::of(by_length).containing("g.name", text), page).await
}

async fn paged(conn: &mut Conn<'_>, list: List, page: Page) -> Result<Paged<Group>> {
    let rows = list.page(conn, &ListQuery { page, ..ListQuery::default() }).await?;
    let items = rows.items.iter().map(Group::read).collect::<Result<_>>()?;
    Ok(Paged { items, total: rows.total })
}

/// A group.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn<'_>, id: i64) -> Result<Option<Group>> {
    one(conn, List::of(GROUPS).and("g.id = ?", args![id])).await
}

/// A group by name.
///
/// # Errors
/// As the database says.
pub async fn find_by_name(conn: &mut Conn<'_>, name: &str) -> Result<Option<Group>> {
    one(conn, List::of(GROUPS).and("g.name = ?", args![name])).await
}

/// A group by LDAP distinguished name.
///
/// # Errors
/// As the database says.
pub async fn find_by_dn(conn: &mut Conn<'_>, dn: &str) -> Result<Option<Group>> {
    one(conn, List::of(GROUPS).and("g.ldap_dn = ?", args![dn])).await
}

async fn one(conn: &mut Conn<'_>, list: List) -> Result<Option<Group>> {
    list.slice(conn, 1, 0).await?.first().map(Group::read).transpose()
}

/// Writes a group's row and says its id.
///
/// # Errors
/// [`crate::DbError::Unique`] where the name is taken.
pub async fn insert(conn: &mut Conn<'_>, name: &str, kind: i64, now: Timestamp) -> Result<i64> {
    let sql = "INSERT INTO user_groups (name, kind, created_at, updated_at) VALUES ($1, $2, $3, $3) RETURNING id";
    conn.insert(sql, args![name, kind, now]).await
}

/// Another name. False where there is no such group.
///
/// # Errors
/// [`crate::DbError::Unique`] where the name is taken.
pub async fn rename(conn: &mut Conn<'_>, id: i64, name: &str, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE user_groups SET name = $2, updated_at = $3 WHERE id = $1";
    Ok(conn.execute(sql, args![id, name, now]).await? > 0)
}

/// Removes a group and its memberships. False where there is no such group.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn<'_>, id: i64) -> Result<bool> {
    conn.execute("DELETE FROM members WHERE group_id = $1", args![id]).await?;
    Ok(conn.execute("DELETE FROM user_groups WHERE id = $1", args![id]).await? > 0)
}
