//! People.

use berth_types::{
    Timestamp,
    page::{Page, Paged},
    query::ListQuery,
};

use super::list::{Column, List, Source};
use crate::{Backend, Conn, Result, Row, args};

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
    /// Whether a second factor is asked for after the password.
    pub second_factor: bool,
    /// Counts changes of rights and passwords.
    pub epoch: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The columns of a [`Person`], in its order.
const COLUMNS: &str = "id, username, email, realname, comment, password, sysadmin, second_factor_at IS NOT NULL, epoch, \
                       created_at, updated_at";

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
            second_factor: row.get(7)?,
            epoch: row.get(8)?,
            created_at: row.get(9)?,
            updated_at: row.get(10)?,
        })
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
        args![&new.username, new.email.clone(), &new.realname, &new.comment, new.password.clone(), new.sysadmin, now],
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
                   password = NULL, second_factor = NULL, second_factor_at = NULL, sysadmin = FALSE, epoch = epoch + 1, deleted_at = $2, updated_at = $2
               WHERE id = $1 AND deleted_at IS NULL";
    if conn.execute(sql, args![id, now]).await? == 0 {
        return Ok(false);
    }
    conn.execute("DELETE FROM members WHERE user_id = $1", args![id]).await?;
    conn.execute("DELETE FROM sessions WHERE user_id = $1", args![id]).await?;
    conn.execute("DELETE FROM identities WHERE user_id = $1", args![id]).await?;
    conn.execute("DELETE FROM recovery_codes WHERE user_id = $1", args![id]).await?;
    super::view::delete_of_person(conn, id).await?;
    Ok(true)
}

/// Whether somebody other than the first administrator has an account.
///
/// # Errors
/// As the database says.
pub async fn any_besides_admin(conn: &mut Conn<'_>) -> Result<bool> {
    Ok(conn.row("SELECT 1 FROM users WHERE id > 1 AND deleted_at IS NULL LIMIT 1", &[]).await?.is_some())
}

/// What people are listed by.
const SOURCE: Source = Source {
    select: COLUMNS,
    from: "users",
    columns: &[
        Column::number("user_id", "id"),
        Column::text("username", "username"),
        Column::text("email", "email"),
        Column::text("realname", "realname"),
        Column::text("comment", "comment"),
        // Whatever somebody is called by.
        Column::text("person", "(username || ' ' || realname || ' ' || COALESCE(email, ''))"),
        Column::flag("sysadmin_flag", "sysadmin"),
        Column::flag("second_factor", "(second_factor_at IS NOT NULL)"),
        Column::time("creation_time", "created_at"),
        Column::time("update_time", "updated_at"),
    ],
    order: "username ASC",
    tie: "id ASC",
};

/// What such a list shows, in no order.
pub(super) fn selected(query: &ListQuery) -> List {
    List::of(SOURCE).and("deleted_at IS NULL", &[]).filtered(&query.filters)
}

/// One page of people; the two texts, where they are given, must be part of name and address.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn<'_>,
    query: &ListQuery,
    username: Option<&str>,
    email: Option<&str>,
) -> Result<Paged<Person>> {
    let mut list = selected(query).sorted(query);
    if let Some(text) = username {
        list = list.containing("username", text);
    }
    if let Some(text) = email {
        list = list.containing("email", text);
    }
    let rows = list.page(conn, query).await?;
    let items = rows.items.iter().map(Person::read).collect::<Result<_>>()?;
    Ok(Paged { items, total: rows.total })
}

/// Ids and names that contain a text, shortest first. The total does not regard case, as in Harbor.
///
/// # Errors
/// As the database says.
pub async fn search(conn: &mut Conn<'_>, text: &str, page: Page) -> Result<Paged<(i64, String)>> {
    let contains = match conn.backend() {
        Backend::Sqlite => "instr(username, $1) > 0",
        Backend::Postgres => "strpos(username, $1) > 0",
    };
    let sql = format!(
        "SELECT id, username FROM users WHERE deleted_at IS NULL AND {contains}
         ORDER BY length(username), username LIMIT $2 OFFSET $3"
    );
    let rows = conn.rows(&sql, args![text, page.page_size, page.offset()]).await?;
    let items = rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect::<Result<_>>()?;
    let total = List::of(SOURCE).and("deleted_at IS NULL", &[]).containing("username", text).count(conn).await?;
    Ok(Paged { items, total })
}

/// Somebody whom a search for new members found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Row id.
    pub id: i64,
    /// Sign-in name.
    pub username: String,
    /// Full name.
    pub realname: String,
    /// Whether the text is the whole sign-in name or the whole e-mail address.
    pub exact: bool,
}

/// People whose sign-in name or full name contains a text, and whoever has it as the e-mail address, ASCII case folded. The
/// exact ones come first, then the shortest names. A part of an address finds nobody: it would tell the rest.
///
/// # Errors
/// As the database says.
pub async fn candidates(conn: &mut Conn<'_>, text: &str, limit: i64) -> Result<Vec<Candidate>> {
    let names = "LOWER(username || ' ' || realname)";
    let contains = match conn.backend() {
        Backend::Sqlite => format!("instr({names}, $1) > 0"),
        Backend::Postgres => format!("strpos({names}, $1) > 0"),
    };
    let sql = format!(
        "SELECT id, username, realname, (LOWER(username) = $1 OR LOWER(COALESCE(email, '')) = $1) AS exact
         FROM users WHERE deleted_at IS NULL AND ({contains} OR LOWER(COALESCE(email, '')) = $1)
         ORDER BY exact DESC, length(username), username LIMIT $2"
    );
    let rows = conn.rows(&sql, args![text.to_ascii_lowercase(), limit]).await?;
    let read = |row: &Row| -> Result<Candidate> {
        Ok(Candidate { id: row.get(0)?, username: row.get(1)?, realname: row.get(2)?, exact: row.get(3)? })
    };
    rows.iter().map(read).collect()
}
