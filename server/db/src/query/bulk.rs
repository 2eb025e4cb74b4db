//! Operations on many things at once: what is selected, what is left to do, what failed and why.
//!
//! An item is a row as long as it waits, or for good where it failed; what is done leaves no row, only the count.

use berth_types::{Digest, Timestamp};

use crate::{Conn, Result, Row, Value, args};

/// Rows of one statement.
const CHUNK: usize = 100;

/// What an operation is about, as a query of three columns: the item as the API names it, its name for people, and the
/// digest that it points at, where it points at one.
#[derive(Clone, Debug)]
pub struct Selection {
    pub(crate) sql: String,
    pub(crate) args: Vec<Value>,
}

impl Selection {
    /// The query with more arguments behind its own, and the number of the first of them.
    pub(crate) fn with(&self, more: &[Value]) -> (usize, Vec<Value>) {
        (self.args.len() + 1, [self.args.as_slice(), more].concat())
    }
}

/// Who asked for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A person, by row id.
    User(i64),
    /// A robot, by row id.
    Robot(i64),
}

impl Owner {
    fn columns(self) -> (&'static str, i64) {
        match self {
            Owner::User(id) => ("user", id),
            Owner::Robot(id) => ("robot", id),
        }
    }

    fn read(kind: &str, id: i64) -> Self {
        if kind == "robot" { Owner::Robot(id) } else { Owner::User(id) }
    }
}

/// An operation to be kept.
#[derive(Clone, Debug)]
pub struct New {
    /// Who asked for it.
    pub owner: Owner,
    /// What is wanted, as JSON, without the items.
    pub wanted: String,
    /// The client's address.
    pub address: String,
    /// The request's id.
    pub request_id: String,
    /// The personal access token that it is asked for with, by row id.
    pub token_id: Option<i64>,
}

/// An operation as it stands.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Row id.
    pub id: i64,
    /// Who asked for it.
    pub owner: Owner,
    /// What is wanted, as JSON, without the items.
    pub wanted: String,
    /// The client's address.
    pub address: String,
    /// The request's id.
    pub request_id: String,
    /// How many items it has.
    pub total: i64,
    /// How many are done.
    pub done: i64,
    /// How many failed.
    pub failed: i64,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When its last item was done.
    pub finished_at: Option<Timestamp>,
    /// How its job stands; nothing where the job is gone.
    pub job_status: Option<String>,
    /// The personal access token that it was asked for with, by row id.
    pub token_id: Option<i64>,
}

/// Something that waits for its turn.
#[derive(Clone, Debug)]
pub struct Item {
    /// Row id.
    pub id: i64,
    /// As the API names it.
    pub item: String,
    /// What it pointed at when it was selected.
    pub digest: Option<Digest>,
}

/// Something that failed.
#[derive(Clone, Debug)]
pub struct Failed {
    /// As the API names it.
    pub item: String,
    /// Its name for people, where that is another one.
    pub shown: String,
    /// The code of the error.
    pub code: String,
    /// Its text.
    pub message: String,
}

/// Writes an operation's row.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn<'_>, new: &New, now: Timestamp) -> Result<i64> {
    let sql = "INSERT INTO bulk_operations (owner_kind, owner_id, wanted, address, request_id, token_id, created_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id";
    let (kind, id) = new.owner.columns();
    conn.insert(sql, args![kind, id, &new.wanted, &new.address, &new.request_id, new.token_id, now]).await
}

/// Notes what is selected now, at most `limit`, and says how many that is.
///
/// # Errors
/// As the database says.
pub async fn fill(conn: &mut Conn<'_>, operation: i64, selection: &Selection, limit: i64) -> Result<i64> {
    let (first, values) = selection.with(args![operation, limit]);
    let sql = format!(
        "INSERT INTO bulk_items (operation_id, item, shown, digest)
         SELECT CAST(${first} AS BIGINT), chosen.item, chosen.shown, chosen.digest FROM ({} LIMIT ${}) chosen",
        selection.sql,
        first + 1
    );
    Ok(i64::try_from(conn.execute(&sql, &values).await?).unwrap_or(i64::MAX))
}

/// The items of an operation that wait.
///
/// # Errors
/// As the database says.
pub async fn items(conn: &mut Conn<'_>, operation: i64) -> Result<Vec<String>> {
    let sql = "SELECT item FROM bulk_items WHERE operation_id = $1 AND code IS NULL";
    conn.rows(sql, args![operation]).await?.iter().map(|row| row.get(0)).collect()
}

/// Notes items that failed before anything was tried.
///
/// # Errors
/// As the database says.
pub async fn add_failed(
    conn: &mut Conn<'_>,
    operation: i64,
    items: &[String],
    code: &str,
    message: &str,
) -> Result<()> {
    let sql = "INSERT INTO bulk_items (operation_id, item, code, message) VALUES ($1, $2, $3, $4)";
    for item in items {
        conn.execute(sql, args![operation, item, code, message]).await?;
    }
    Ok(())
}

/// Writes down the job of an operation and how many items it begins with.
///
/// # Errors
/// As the database says.
pub async fn begin(conn: &mut Conn<'_>, operation: i64, job: i64, total: i64, failed: i64) -> Result<()> {
    let sql = "UPDATE bulk_operations SET job_id = $2, total = $3, failed = $4 WHERE id = $1";
    conn.execute(sql, args![operation, job, total, failed]).await?;
    Ok(())
}

/// An operation.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn<'_>, id: i64) -> Result<Option<Operation>> {
    let sql = "SELECT o.id, o.owner_kind, o.owner_id, o.wanted, o.address, o.request_id, o.total, o.done, o.failed,
                 o.created_at, o.finished_at, j.status, o.token_id
               FROM bulk_operations o LEFT JOIN jobs j ON j.id = o.job_id WHERE o.id = $1";
    conn.row(sql, args![id]).await?.as_ref().map(read).transpose()
}

fn read(row: &Row) -> Result<Operation> {
    Ok(Operation {
        id: row.get(0)?,
        owner: Owner::read(&row.get::<String>(1)?, row.get(2)?),
        wanted: row.get(3)?,
        address: row.get(4)?,
        request_id: row.get(5)?,
        total: row.get(6)?,
        done: row.get(7)?,
        failed: row.get(8)?,
        created_at: row.get(9)?,
        finished_at: row.get(10)?,
        job_status: row.get(11)?,
        token_id: row.get(12)?,
    })
}

/// What failed, in the order in which it was tried.
///
/// # Errors
/// As the database says.
pub async fn failures(conn: &mut Conn<'_>, operation: i64, limit: i64) -> Result<Vec<Failed>> {
    let sql = "SELECT item, shown, code, message FROM bulk_items
               WHERE operation_id = $1 AND code IS NOT NULL ORDER BY id LIMIT $2";
    let rows = conn.rows(sql, args![operation, limit]).await?;
    let failed =
        |row: &Row| Ok(Failed { item: row.get(0)?, shown: row.get(1)?, code: row.get(2)?, message: row.get(3)? });
    rows.iter().map(failed).collect()
}

/// What waits behind a row, in the order in which it is tried.
///
/// # Errors
/// As the database says.
pub async fn waiting(conn: &mut Conn<'_>, operation: i64, after: i64, limit: i64) -> Result<Vec<Item>> {
    let sql = "SELECT id, item, digest FROM bulk_items
               WHERE operation_id = $1 AND id > $2 AND code IS NULL ORDER BY id LIMIT $3";
    let rows = conn.rows(sql, args![operation, after, limit]).await?;
    rows.iter().map(|row| Ok(Item { id: row.get(0)?, item: row.get(1)?, digest: row.get(2)? })).collect()
}

/// Writes down what became of some items: rows of what is done, and rows with code and text of what failed.
///
/// # Errors
/// As the database says.
pub async fn settle(conn: &mut Conn<'_>, operation: i64, done: &[i64], failed: &[(i64, String, String)]) -> Result<()> {
    let mut removed = 0;
    for chunk in done.chunks(CHUNK) {
        let sql = format!("DELETE FROM bulk_items WHERE id IN ({})", super::marks(1, chunk.len()));
        removed += conn.execute(&sql, &super::as_values(chunk)).await?;
    }
    let mut refused = 0;
    for (id, code, message) in failed {
        let sql = "UPDATE bulk_items SET code = $2, message = $3 WHERE id = $1 AND code IS NULL";
        refused += conn.execute(sql, args![*id, code, message]).await?;
    }
    let count = |rows: u64| i64::try_from(rows).unwrap_or(i64::MAX);
    let sql = "UPDATE bulk_operations SET done = done + $2, failed = failed + $3 WHERE id = $1";
    conn.execute(sql, args![operation, count(removed), count(refused)]).await?;
    Ok(())
}

/// Gives up everything that still waits, for one reason.
///
/// # Errors
/// As the database says.
pub async fn fail_rest(conn: &mut Conn<'_>, operation: i64, code: &str, message: &str) -> Result<()> {
    let sql = "UPDATE bulk_items SET code = $2, message = $3 WHERE operation_id = $1 AND code IS NULL";
    let refused = i64::try_from(conn.execute(sql, args![operation, code, message]).await?).unwrap_or(i64::MAX);
    let sql = "UPDATE bulk_operations SET failed = failed + $2 WHERE id = $1";
    conn.execute(sql, args![operation, refused]).await?;
    Ok(())
}

/// Writes down that nothing waits any more.
///
/// # Errors
/// As the database says.
pub async fn finish(conn: &mut Conn<'_>, operation: i64, now: Timestamp) -> Result<()> {
    let sql = "UPDATE bulk_operations SET finished_at = $2 WHERE id = $1 AND finished_at IS NULL";
    conn.execute(sql, args![operation, now]).await?;
    Ok(())
}

/// How many operations of somebody wait or run.
///
/// # Errors
/// As the database says.
pub async fn unfinished(conn: &mut Conn<'_>, owner: Owner) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM bulk_operations o JOIN jobs j ON j.id = o.job_id
               WHERE o.owner_kind = $1 AND o.owner_id = $2 AND j.finished_at IS NULL";
    let (kind, id) = owner.columns();
    conn.row(sql, args![kind, id]).await?.map_or(Ok(0), |row| row.get(0))
}

/// Forgets some operations that ended before a moment, the oldest first.
///
/// # Errors
/// As the database says.
pub async fn forget(conn: &mut Conn<'_>, before: Timestamp, limit: i64) -> Result<()> {
    let sql = "SELECT o.id FROM bulk_operations o LEFT JOIN jobs j ON j.id = o.job_id
               WHERE o.created_at < $1 AND (j.id IS NULL OR j.finished_at IS NOT NULL) ORDER BY o.created_at LIMIT $2";
    for row in conn.rows(sql, args![before, limit]).await? {
        let id: i64 = row.get(0)?;
        conn.execute("DELETE FROM bulk_items WHERE operation_id = $1", args![id]).await?;
        conn.execute("DELETE FROM bulk_operations WHERE id = $1", args![id]).await?;
    }
    Ok(())
}
