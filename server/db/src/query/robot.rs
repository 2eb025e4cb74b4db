//! Robots. Their names are stored without the prefix: `name` in the system, `project+name` in a project.

use std::collections::BTreeMap;

use berth_types::{Timestamp, page::Paged, query::ListQuery};

use super::{
    identity::Kind,
    list::{Column, List, Source},
};
use crate::{Conn, Result, Row, Value, args};

/// A robot as the API knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Robot {
    /// Row id.
    pub id: i64,
    /// Name without the prefix.
    pub name: String,
    /// The project whose robot it is; nothing for one of the system.
    pub project_id: Option<i64>,
    /// Permissions as JSON.
    pub permissions: String,
    /// Free text.
    pub description: String,
    /// Whether it is switched off.
    pub disabled: bool,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// How long it was made for, in days; -1 for ever.
    pub duration_days: i64,
    /// What made it: `local` for a person, `robot`.
    pub creator_kind: String,
    /// Row id of who made it.
    pub creator_id: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it last signed in.
    pub used_at: Option<Timestamp>,
    /// When its former secret ends.
    pub former_until: Option<Timestamp>,
    /// When it last signed in with that.
    pub former_used_at: Option<Timestamp>,
}

impl Robot {
    fn read(row: &Row) -> Result<Self> {
        Ok(Robot {
            id: row.get(0)?,
            name: row.get(1)?,
            project_id: row.get(2)?,
            permissions: row.get(3)?,
            description: row.get(4)?,
            disabled: row.get(5)?,
            expires_at: row.get(6)?,
            duration_days: row.get(7)?,
            creator_kind: row.get(8)?,
            creator_id: row.get(9)?,
            created_at: row.get(10)?,
            updated_at: row.get(11)?,
            used_at: row.get(12)?,
            former_until: row.get(13)?,
            former_used_at: row.get(14)?,
        })
    }
}

const ROBOTS: Source = Source {
    select: "r.id, r.name, r.project_id, r.permissions, r.description, r.disabled, r.expires_at, r.duration_days,
             r.creator_kind, r.creator_id, r.created_at, r.updated_at, r.used_at, r.former_until, r.former_used_at",
    from: "identities r",
    columns: &[
        Column::number("id", "r.id"),
        Column::text("name", "r.name"),
        Column::text("description", "r.description"),
        Column::flag("disable", "r.disabled"),
        Column::flag("disabled", "r.disabled"),
        Column::number("duration", "r.duration_days"),
        // In seconds, and -1 for never, as the answer says it.
        Column::number("expires_at", "COALESCE(r.expires_at / 1000000, -1)"),
        Column::text("creator_type", "r.creator_kind"),
        Column::number("creator_ref", "r.creator_id"),
        Column::time("creation_time", "r.created_at"),
        Column::time("update_time", "r.updated_at"),
    ],
    order: "r.id ASC",
    tie: "r.id ASC",
};

fn robots() -> List {
    List::of(ROBOTS).and("r.kind = ?", args![Kind::Robot.as_str()])
}

/// The robots of a project, or those of the system.
///
/// # Errors
/// As the database says.
pub async fn list(conn: &mut Conn<'_>, project: Option<i64>, query: &ListQuery) -> Result<Paged<Robot>> {
    let page = selected(project, query).sorted(query).page(conn, query).await?;
    let items = page.items.iter().map(Robot::read).collect::<Result<_>>()?;
    Ok(Paged { items, total: page.total })
}

/// What such a list shows, in no order.
pub(super) fn selected(project: Option<i64>, query: &ListQuery) -> List {
    let list = match project {
        Some(project) => robots().and("r.project_id = ?", args![project]),
        None => robots().and("r.project_id IS NULL", &[]),
    };
    list.filtered(&query.filters)
}

/// A robot.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn<'_>, id: i64) -> Result<Option<Robot>> {
    robots().and("r.id = ?", args![id]).slice(conn, 1, 0).await?.first().map(Robot::read).transpose()
}

/// Writes a robot's row with the keyed hash of its generated secret, and says its id. The id of `new` does not count.
///
/// # Errors
/// [`crate::DbError::Unique`] where the name is taken.
pub async fn insert(conn: &mut Conn<'_>, new: &Robot, secret_hash: &[u8]) -> Result<i64> {
    conn.insert(
        "INSERT INTO identities (kind, name, project_id, secret_hash, permissions, description, disabled, expires_at,
             duration_days, creator_kind, creator_id, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING id",
        args![
            Kind::Robot.as_str(),
            &new.name,
            new.project_id,
            secret_hash,
            &new.permissions,
            &new.description,
            new.disabled,
            new.expires_at,
            new.duration_days,
            &new.creator_kind,
            new.creator_id,
            new.created_at,
            new.updated_at,
        ],
    )
    .await
}

/// Writes what may change of a robot, and ends the tokens that rest on what it was. False where it is gone.
///
/// # Errors
/// As the database says.
pub async fn update(conn: &mut Conn<'_>, robot: &Robot) -> Result<bool> {
    let sql = "UPDATE identities SET description = $2, disabled = $3, permissions = $4, duration_days = $5,
                   expires_at = $6, updated_at = $7, epoch = epoch + 1
               WHERE id = $1 AND kind = $8";
    let args = args![
        robot.id,
        &robot.description,
        robot.disabled,
        &robot.permissions,
        robot.duration_days,
        robot.expires_at,
        robot.updated_at,
        Kind::Robot.as_str(),
    ];
    Ok(conn.execute(sql, args).await? > 0)
}

/// Another secret: the keyed hash of a generated one, or the PHC string of a chosen one. The present one ends, and what was
/// proven with it. False where the robot is gone.
///
/// # Errors
/// As the database says.
pub async fn set_secret(
    conn: &mut Conn<'_>,
    id: i64,
    hash: Option<&[u8]>,
    phc: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE identities SET secret_hash = $2, secret_phc = $3, updated_at = $4, epoch = epoch + 1,
                   former_hash = NULL, former_phc = NULL, former_until = NULL, former_used_at = NULL
               WHERE id = $1 AND kind = $5";
    let kind = Kind::Robot.as_str();
    Ok(conn.execute(sql, args![id, hash, phc, now, kind]).await? > 0)
}

/// Another secret, as [`set_secret`], and the present one goes on working until a moment. One that did so already ends.
/// False where the robot is gone.
///
/// # Errors
/// As the database says.
pub async fn replace_secret(
    conn: &mut Conn<'_>,
    id: i64,
    hash: Option<&[u8]>,
    phc: Option<&str>,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool> {
    // Every right side is what the row was before. Who came with the present secret is not asked to come again, unless a former
    // one ends with this, whose tokens cannot be told from others.
    let sql = "UPDATE identities SET former_hash = secret_hash, former_phc = secret_phc, former_until = $6,
                   former_used_at = NULL, secret_hash = $2, secret_phc = $3, updated_at = $4,
                   epoch = epoch + CASE WHEN former_until > $4 THEN 1 ELSE 0 END
               WHERE id = $1 AND kind = $5";
    let kind = Kind::Robot.as_str();
    Ok(conn.execute(sql, args![id, hash, phc, now, kind, until]).await? > 0)
}

/// Ends a robot's former secret, and what was proven with it. False where it has none that works still.
///
/// # Errors
/// As the database says.
pub async fn end_former_secret(conn: &mut Conn<'_>, id: i64, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE identities SET former_hash = NULL, former_phc = NULL, former_until = NULL, former_used_at = NULL,
                   updated_at = $2, epoch = epoch + 1
               WHERE id = $1 AND kind = $3 AND former_until > $2";
    Ok(conn.execute(sql, args![id, now, Kind::Robot.as_str()]).await? > 0)
}

/// Forgets the former secrets that have ended, and says how many.
///
/// # Errors
/// As the database says.
pub async fn forget_former_secrets(conn: &mut Conn<'_>, now: Timestamp) -> Result<u64> {
    let sql = "UPDATE identities SET former_hash = NULL, former_phc = NULL, former_until = NULL, former_used_at = NULL
               WHERE former_until IS NOT NULL AND former_until <= $1";
    conn.execute(sql, args![now]).await
}

/// Notes that a robot signed in with its former secret, unless that was noted after `before`.
///
/// # Errors
/// As the database says.
pub async fn touch_former(conn: &mut Conn<'_>, id: i64, now: Timestamp, before: Timestamp) -> Result<()> {
    let sql = "UPDATE identities SET former_used_at = $2
               WHERE id = $1 AND former_until IS NOT NULL AND (former_used_at IS NULL OR former_used_at <= $3)";
    conn.execute(sql, args![id, now, before]).await?;
    Ok(())
}

/// Removes a robot. False where it is gone.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn<'_>, id: i64) -> Result<bool> {
    let sql = "DELETE FROM identities WHERE id = $1 AND kind = $2";
    Ok(conn.execute(sql, args![id, Kind::Robot.as_str()]).await? > 0)
}

/// The names of projects by row id.
///
/// # Errors
/// As the database says.
pub async fn project_names(conn: &mut Conn<'_>, ids: &[i64]) -> Result<BTreeMap<i64, String>> {
    let mut names = BTreeMap::new();
    for chunk in ids.chunks(super::CHUNK) {
        let marks = super::marks(1, chunk.len());
        let sql = format!("SELECT id, name FROM projects WHERE deleted_at IS NULL AND id IN ({marks})");
        for row in conn.rows(&sql, &super::as_values(chunk)).await? {
            names.insert(row.get(0)?, row.get(1)?);
        }
    }
    Ok(names)
}

/// The row ids of projects by name.
///
/// # Errors
/// As the database says.
pub async fn project_ids(conn: &mut Conn<'_>, names: &[&str]) -> Result<BTreeMap<String, i64>> {
    let mut ids = BTreeMap::new();
    for chunk in names.chunks(super::CHUNK) {
        let marks = super::marks(1, chunk.len());
        let sql = format!("SELECT name, id FROM projects WHERE deleted_at IS NULL AND name IN ({marks})");
        let values: Vec<Value> = chunk.iter().map(|name| Value::from(*name)).collect();
        for row in conn.rows(&sql, &values).await? {
            ids.insert(row.get(0)?, row.get(1)?);
        }
    }
    Ok(ids)
}
