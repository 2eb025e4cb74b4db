//! Projects.

use crate::{Conn, Result, Row, args};

/// A project and what somebody is in it.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Row id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Whether anybody may read it.
    pub public: bool,
    /// When it was made.
    pub created_at: i64,
    /// The role number of the membership, if there is one.
    pub role: Option<i64>,
}

impl Standing {
    fn read(row: &Row) -> Result<Self> {
        Ok(Standing {
            id: row.get(0)?,
            name: row.get(1)?,
            public: row.get(2)?,
            created_at: row.get(3)?,
            role: row.get(4)?,
        })
    }
}

/// A project by name, with the role of a person in it.
///
/// # Errors
/// As the database says.
pub async fn standing_by_name(conn: &mut Conn<'_>, name: &str, user_id: i64) -> Result<Option<Standing>> {
    let sql = "SELECT p.id, p.name, p.public, p.created_at, m.role FROM projects p
               LEFT JOIN members m ON m.project_id = p.id AND m.user_id = $2
               WHERE p.name = $1 AND p.deleted_at IS NULL";
    conn.row(sql, args![name, user_id]).await?.as_ref().map(Standing::read).transpose()
}

/// A project by id, with the role of a person in it.
///
/// # Errors
/// As the database says.
pub async fn standing_by_id(conn: &mut Conn<'_>, id: i64, user_id: i64) -> Result<Option<Standing>> {
    let sql = "SELECT p.id, p.name, p.public, p.created_at, m.role FROM projects p
               LEFT JOIN members m ON m.project_id = p.id AND m.user_id = $2
               WHERE p.id = $1 AND p.deleted_at IS NULL";
    conn.row(sql, args![id, user_id]).await?.as_ref().map(Standing::read).transpose()
}
