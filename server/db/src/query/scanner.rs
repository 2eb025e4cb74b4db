//! Scanners, which one a project uses, and when everything is scanned.

use berth_types::{
    Timestamp,
    page::Paged,
    query::{Filter, ListQuery},
};

use super::list::{Column, List, Source};
use crate::{Conn, Result, Row, args};

/// A registered scanner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scanner {
    /// Row id.
    pub id: i64,
    /// The id that clients use.
    pub uuid: String,
    /// Name.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Address of the adapter.
    pub url: String,
    /// How it is told who asks.
    pub auth: String,
    /// With what, sealed.
    pub credential: Option<Vec<u8>>,
    /// Whether its certificate is not checked.
    pub skip_cert_verify: bool,
    /// Whether it pulls by the internal address.
    pub use_internal_addr: bool,
    /// Whether it is not used.
    pub disabled: bool,
    /// Whether projects without one of their own use it.
    pub is_default: bool,
    /// What it last said about itself, as JSON.
    pub metadata: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The columns of a [`Scanner`], in its order.
const COLUMNS: &str = "s.id, s.uuid, s.name, s.description, s.url, s.auth, s.credential, s.skip_cert_verify,
    s.use_internal_addr, s.disabled, s.is_default, s.metadata, s.created_at, s.updated_at";

impl Scanner {
    fn read(row: &Row) -> Result<Self> {
        Ok(Scanner {
            id: row.get(0)?,
            uuid: row.get(1)?,
            name: row.get(2)?,
            description: row.get(3)?,
            url: row.get(4)?,
            auth: row.get(5)?,
            credential: row.get(6)?,
            skip_cert_verify: row.get(7)?,
            use_internal_addr: row.get(8)?,
            disabled: row.get(9)?,
            is_default: row.get(10)?,
            metadata: row.get(11)?,
            created_at: row.get(12)?,
            updated_at: row.get(13)?,
        })
    }
}

const SCANNERS: Source = Source {
    select: COLUMNS,
    from: "scanners s",
    columns: &[
        Column::text("uuid", "s.uuid"),
        Column::text("name", "s.name"),
        Column::text("url", "s.url"),
        Column::text("description", "s.description"),
        Column::text("auth", "s.auth"),
        Column::flag("disabled", "s.disabled"),
        Column::flag("is_default", "s.is_default"),
    ],
    order: "s.is_default DESC, s.created_at DESC",
    tie: "s.id DESC",
};

/// A page of scanners, the default one first, then the newest. A request's own order is not followed, as in Harbor.
///
/// # Errors
/// As the database says.
pub async fn list(conn: &mut Conn<'_>, filters: &[Filter], query: &ListQuery) -> Result<Paged<Scanner>> {
    let rows = List::of(SCANNERS).filtered(&query.filters).filtered(filters).page(conn, query).await?;
    let items = rows.items.iter().map(Scanner::read).collect::<Result<_>>()?;
    Ok(Paged { items, total: rows.total })
}

/// A scanner by the id that clients use.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn<'_>, uuid: &str) -> Result<Option<Scanner>> {
    let sql = format!("SELECT {COLUMNS} FROM scanners s WHERE s.uuid = $1");
    conn.row(&sql, args![uuid]).await?.as_ref().map(Scanner::read).transpose()
}

/// Another scanner that has this name or this address.
///
/// # Errors
/// As the database says.
pub async fn is_taken(conn: &mut Conn<'_>, name: &str, url: &str, besides: i64) -> Result<bool> {
    let sql = "SELECT 1 FROM scanners WHERE (name = $1 OR url = $2) AND id <> $3 LIMIT 1";
    Ok(conn.row(sql, args![name, url, besides]).await?.is_some())
}

/// The scanner of all projects that have none of their own.
///
/// # Errors
/// As the database says.
pub async fn default(conn: &mut Conn<'_>) -> Result<Option<Scanner>> {
    let sql = format!("SELECT {COLUMNS} FROM scanners s WHERE s.is_default");
    conn.row(&sql, &[]).await?.as_ref().map(Scanner::read).transpose()
}

/// The scanner of a project: its own, else the default one.
///
/// # Errors
/// As the database says.
pub async fn of_project(conn: &mut Conn<'_>, project: i64) -> Result<Option<Scanner>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM scanners s JOIN project_scanners c ON c.scanner_id = s.id WHERE c.project_id = $1"
    );
    match conn.row(&sql, args![project]).await? {
        Some(row) => Scanner::read(&row).map(Some),
        None => default(conn).await,
    }
}

/// Adds a scanner. One that comes first and is used becomes the default one.
///
/// # Errors
/// As the database says; [`crate::DbError::Unique`] where name or address is taken.
pub async fn insert(conn: &mut Conn<'_>, new: &Scanner) -> Result<()> {
    super::take_turns(conn, "scanners").await?;
    let sql = "INSERT INTO scanners (uuid, name, description, url, auth, credential, skip_cert_verify,
                   use_internal_addr, disabled, is_default, metadata, created_at, updated_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, ($9 = FALSE AND NOT EXISTS (SELECT 1 FROM scanners)),
                   $10, $11, $11)";
    let args = args![
        &new.uuid,
        &new.name,
        &new.description,
        &new.url,
        &new.auth,
        new.credential.clone(),
        new.skip_cert_verify,
        new.use_internal_addr,
        new.disabled,
        new.metadata.clone(),
        new.created_at,
    ];
    conn.execute(sql, args).await?;
    Ok(())
}

/// Writes a scanner down as it is now, but for being the default one.
///
/// # Errors
/// As the database says; [`crate::DbError::Unique`] where name or address is taken.
pub async fn update(conn: &mut Conn<'_>, scanner: &Scanner) -> Result<()> {
    let sql = "UPDATE scanners SET name = $2, description = $3, url = $4, auth = $5, credential = $6,
                   skip_cert_verify = $7, use_internal_addr = $8, disabled = $9, metadata = $10, updated_at = $11
               WHERE id = $1";
    let args = args![
        scanner.id,
        &scanner.name,
        &scanner.description,
        &scanner.url,
        &scanner.auth,
        scanner.credential.clone(),
        scanner.skip_cert_verify,
        scanner.use_internal_addr,
        scanner.disabled,
        scanner.metadata.clone(),
        scanner.updated_at,
    ];
    conn.execute(sql, args).await?;
    Ok(())
}

/// Makes a scanner the default one.
///
/// # Errors
/// As the database says.
pub async fn set_default(conn: &mut Conn<'_>, id: i64) -> Result<()> {
    super::take_turns(conn, "scanners").await?;
    conn.execute("UPDATE scanners SET is_default = FALSE WHERE is_default AND id <> $1", args![id]).await?;
    conn.execute("UPDATE scanners SET is_default = TRUE WHERE id = $1", args![id]).await?;
    Ok(())
}

/// Removes a scanner, and with it the choices of projects.
///
/// # Errors
/// As the database says.
pub async fn delete(conn: &mut Conn<'_>, id: i64) -> Result<()> {
    conn.execute("DELETE FROM scanners WHERE id = $1", args![id]).await?;
    Ok(())
}

/// Sets the scanner of a project.
///
/// # Errors
/// As the database says.
pub async fn choose(conn: &mut Conn<'_>, project: i64, scanner: i64) -> Result<()> {
    let sql = "INSERT INTO project_scanners (project_id, scanner_id) VALUES ($1, $2)
               ON CONFLICT (project_id) DO UPDATE SET scanner_id = $2";
    conn.execute(sql, args![project, scanner]).await?;
    Ok(())
}

/// When everything is scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Row id.
    pub id: i64,
    /// `Hourly`, `Daily`, `Weekly`, `Custom` or `Schedule`.
    pub kind: String,
    /// Six fields, UTC.
    pub cron: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The schedule, where there is one.
///
/// # Errors
/// As the database says.
pub async fn schedule(conn: &mut Conn<'_>) -> Result<Option<Schedule>> {
    let sql = "SELECT id, kind, cron, created_at, updated_at FROM scan_all_schedule WHERE slot = 1";
    let Some(row) = conn.row(sql, &[]).await? else { return Ok(None) };
    Ok(Some(Schedule {
        id: row.get(0)?,
        kind: row.get(1)?,
        cron: row.get(2)?,
        created_at: row.get(3)?,
        updated_at: row.get(4)?,
    }))
}

/// Sets the schedule.
///
/// # Errors
/// As the database says.
pub async fn set_schedule(conn: &mut Conn<'_>, kind: &str, cron: &str, now: Timestamp) -> Result<()> {
    let sql = "INSERT INTO scan_all_schedule (slot, kind, cron, created_at, updated_at) VALUES (1, $1, $2, $3, $3)
               ON CONFLICT (slot) DO UPDATE SET kind = $1, cron = $2, updated_at = $3";
    conn.execute(sql, args![kind, cron, now]).await?;
    Ok(())
}

/// Ends the schedule. One that is not there is fine.
///
/// # Errors
/// As the database says.
pub async fn end_schedule(conn: &mut Conn<'_>) -> Result<()> {
    conn.execute("DELETE FROM scan_all_schedule WHERE slot = 1", &[]).await?;
    Ok(())
}
