//! People.

use berth_types::Timestamp;
use sea_orm::{ColumnTrait, Condition, EntityTrait, Order, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{Backend, Conn, Db, Result, Row, Value, args, entity::users};

/// A person who was not deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Row id.
    pub id: i64,
    /// Sign-in name.
    pub username: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Full name.
    pub realname: String,
    /// Free text.
    pub comment: String,
    /// argon2id PHC string; none for accounts without a password.
    pub password: Option<String>,
    /// Whether the person is a system administrator.
    pub sysadmin: bool,
    /// Counts changes of rights and passwords.
    pub epoch: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The columns of a [`Person`], in its order.
const COLUMNS: &str = "id, username, email, realname, comment, password, sysadmin, epoch, created_at, updated_at";

impl Person {
    fn read(row: &Row) -> Result<Self> {
        Ok(Person {
            id: row.get(0)?,
            username: row.get(1)?,
            email: row.get(2)?,
            realname: row.get(3)?,
            comment: row.get(4)?,
            password: row.get(5)?,
            sysadmin: row.get(6)?,
            epoch: row.get(7)?,
            created_at: row.get(8)?,
            updated_at: row.get(9)?,
        })
    }

    fn from_model(model: users::Model) -> Self {
        Person {
            id: model.id,
            username: model.username,
            email: model.email,
            realname: model.realname,
            comment: model.comment,
            password: model.password,
            sysadmin: model.sysadmin,
            epoch: model.epoch,
            created_at: Timestamp(model.created_at),
            updated_at: Timestamp(model.updated_at),
        }
    }
}

/// A person by id.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn<'_>, id: i64) -> Result<Option<Person>> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE id = $1 AND deleted_at IS NULL");
    conn.row(&sql, args![id]).await?.as_ref().map(Person::read).transpose()
}

/// A person by sign-in name.
///
/// # Errors
/// As the database says.
pub async fn find_by_name(conn: &mut Conn<'_>, username: &str) -> Result<Option<Person>> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE username = $1 AND deleted_at IS NULL");
    conn.row(&sql, args![username]).await?.as_ref().map(Person::read).transpose()
}

/// A person by e-mail address.
///
/// # Errors
/// As the database says.
pub async fn find_by_email(conn: &mut Conn<'_>, email: &str) -> Result<Option<Person>> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE email = $1 AND deleted_at IS NULL");
    conn.row(&sql, args![email]).await?.as_ref().map(Person::read).transpose()
}

/// What a new row has.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Sign-in name.
    pub username: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Full name.
    pub realname: String,
    /// Free text.
    pub comment: String,
    /// argon2id PHC string.
    pub password: Option<String>,
    /// Whether the person is a system administrator.
    pub sysadmin: bool,
}

/// Makes a person.
///
/// # Errors
/// [`crate::DbError::Unique`] where name or address are taken.
pub async fn insert(conn: &mut Conn<'_>, new: &NewPerson, now: Timestamp) -> Result<i64> {
    conn.insert(
        "INSERT INTO users (username, email, realname, comment, password, sysadmin, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING id",
        args![
            &new.username,
            new.email.clone(),
            &new.realname,
            &new.comment,
            new.password.clone(),
            new.sysadmin,
            now
        ],
    )
    .await
}

/// Changes the profile. False where there is no such person.
///
/// # Errors
/// [`crate::DbError::Unique`] where the address is taken.
pub async fn update_profile(
    conn: &mut Conn<'_>,
    id: i64,
    email: &str,
    realname: &str,
    comment: &str,
    now: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE users SET email = $2, realname = $3, comment = $4, updated_at = $5
               WHERE id = $1 AND deleted_at IS NULL";
    Ok(conn.execute(sql, args![id, email, realname, comment, now]).await? > 0)
}

/// Sets the password and ends what was proven with the former one. False where there is no such person.
///
/// # Errors
/// As the database says.
pub async fn set_password(conn: &mut Conn<'_>, id: i64, phc: &str, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE users SET password = $2, epoch = epoch + 1, updated_at = $3
               WHERE id = $1 AND deleted_at IS NULL";
    Ok(conn.execute(sql, args![id, phc, now]).await? > 0)
}

/// Makes or unmakes an administrator. False where there is no such person.
///
/// # Errors
/// As the database says.
pub async fn set_sysadmin(conn: &mut Conn<'_>, id: i64, sysadmin: bool, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE users SET sysadmin = $2, epoch = epoch + 1, updated_at = $3
               WHERE id = $1 AND deleted_at IS NULL";
    Ok(conn.execute(sql, args![id, sysadmin, now]).await? > 0)
}

/// Ends the registry tokens of a person, because rights changed.
///
/// # Errors
/// As the database says.
pub async fn bump_epoch(conn: &mut Conn<'_>, id: i64) -> Result<()> {
    conn.execute("UPDATE users SET epoch = epoch + 1 WHERE id = $1", args![id]).await?;
    Ok(())
}

/// Takes a person out: the row stays under another name, so that ids and histories keep their meaning; memberships,
/// sessions and identities go. False where there is no such person.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn<'_>, id: i64, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE users SET username = username || '#' || CAST($1 AS VARCHAR(20)),
                   email = email || '#' || CAST($1 AS VARCHAR(20)),
                   password = NULL, sysadmin = FALSE, epoch = epoch + 1, deleted_at = $2, updated_at = $2
               WHERE id = $1 AND deleted_at IS NULL";
    if conn.execute(sql, args![id, now]).await? == 0 {
        return Ok(false);
    }
    conn.execute("DELETE FROM members WHERE user_id = $1", args![id]).await?;
    conn.execute("DELETE FROM sessions WHERE user_id = $1", args![id]).await?;
    conn.execute("DELETE FROM identities WHERE user_id = $1", args![id]).await?;
    Ok(true)
}

/// Whether somebody other than the first administrator has an account.
///
/// # Errors
/// As the database says.
pub async fn any_besides_admin(conn: &mut Conn<'_>) -> Result<bool> {
    Ok(conn.row("SELECT 1 FROM users WHERE id > 1 AND deleted_at IS NULL LIMIT 1", &[]).await?.is_some())
}

/// One page of people and the number of all that match.
///
/// # Errors
/// As the database says.
pub async fn list(
    db: &Db,
    filter: Condition,
    order: &[(users::Column, Order)],
    offset: i64,
    limit: i64,
) -> Result<(Vec<Person>, i64)> {
    let mut query = users::Entity::find().filter(users::Column::DeletedAt.is_null()).filter(filter);
    let total = query.clone().count(db.orm()).await?;
    for (column, direction) in order {
        query = query.order_by(*column, direction.clone());
    }
    let query = query.order_by_asc(users::Column::Id).offset(offset.unsigned_abs()).limit(limit.unsigned_abs());
    let people = query.all(db.orm()).await?.into_iter().map(Person::from_model).collect();
    Ok((people, i64::try_from(total).unwrap_or(i64::MAX)))
}

/// Ids and names that contain a text, shortest first, and Harbor's total, which counts without regard to case.
///
/// # Errors
/// As the database says.
pub async fn search(conn: &mut Conn<'_>, text: &str, offset: i64, limit: i64) -> Result<(Vec<(i64, String)>, i64)> {
    let contains = match conn.backend() {
        Backend::Sqlite => "instr(username, $1) > 0",
        Backend::Postgres => "strpos(username, $1) > 0",
    };
    let sql = format!(
        "SELECT id, username FROM users WHERE deleted_at IS NULL AND {contains}
         ORDER BY length(username), username LIMIT $2 OFFSET $3"
    );
    let rows = conn.rows(&sql, args![text, limit, offset]).await?;
    let people = rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect::<Result<_>>()?;
    let pattern: Value = crate::like_pattern(text).into();
    let sql = "SELECT COUNT(*) FROM users WHERE deleted_at IS NULL AND LOWER(username) LIKE LOWER($1) ESCAPE '\\'";
    let total = conn.row(sql, &[pattern]).await?.map_or(Ok(0), |row| row.get(0))?;
    Ok((people, total))
}
