//! Failed sign-ins of the last minutes.

use berth_types::Timestamp;

use crate::{Conn, Result, args};

/// A failed sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Account name as it was tried.
    pub account: String,
    /// Client address, or the network of it.
    pub address: String,
    /// When.
    pub at: Timestamp,
}

/// How many failures there were, and when the last one was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// Of this account from this address.
    pub of_account: i64,
    /// Of all accounts from this address.
    pub of_address: i64,
    /// The last one of this account from this address.
    pub account_last: Option<Timestamp>,
    /// The last one from this address.
    pub address_last: Option<Timestamp>,
}

/// Counts failures since a moment.
///
/// # Errors
/// As the database says.
pub async fn count(conn: &mut Conn<'_>, account: &str, address: &str, since: Timestamp) -> Result<Failures> {
    let sql = "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN account = $1 THEN 1 ELSE 0 END), 0) AS BIGINT),
                   MAX(at), MAX(CASE WHEN account = $1 THEN at END)
               FROM login_failures WHERE address = $2 AND at > $3";
    let Some(row) = conn.row(sql, args![account, address, since]).await? else { return Ok(Failures::default()) };
    Ok(Failures {
        of_address: row.get(0)?,
        of_account: row.get(1)?,
        address_last: row.get(2)?,
        account_last: row.get(3)?,
    })
}

/// Writes one failure.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn<'_>, failure: &Failure) -> Result<()> {
    let sql = "INSERT INTO login_failures (account, address, at) VALUES ($1, $2, $3)";
    conn.execute(sql, args![&failure.account, &failure.address, failure.at]).await?;
    Ok(())
}

/// Removes failures that no longer count.
///
/// # Errors
/// As the database says.
pub async fn delete_before(conn: &mut Conn<'_>, moment: Timestamp) -> Result<()> {
    conn.execute("DELETE FROM login_failures WHERE at < $1", args![moment]).await?;
    Ok(())
}
