//! The second factor of people, and their recovery codes.

use berth_types::Timestamp;

use crate::{Conn, Result, args};

/// What is kept of a second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondFactor {
    /// The secret, sealed. Without an hour at which it was switched on it waits for its first code.
    pub sealed: Option<Vec<u8>>,
    /// Since when it counts.
    pub since: Option<Timestamp>,
    /// The last step of time whose code was taken.
    pub last_step: i64,
    /// How many recovery codes are left.
    pub recovery_codes: i64,
}

/// The second factor of a person; nothing where there is no such person.
///
/// # Errors
/// As the database says.
pub async fn find(conn: &mut Conn<'_>, user_id: i64) -> Result<Option<SecondFactor>> {
    let sql = "SELECT second_factor, second_factor_at, second_factor_step,
                   (SELECT COUNT(*) FROM recovery_codes WHERE user_id = users.id)
               FROM users WHERE id = $1 AND deleted_at IS NULL";
    let Some(row) = conn.row(sql, args![user_id]).await? else { return Ok(None) };
    Ok(Some(SecondFactor {
        sealed: row.get(0)?,
        since: row.get(1)?,
        last_step: row.get(2)?,
        recovery_codes: row.get(3)?,
    }))
}

/// Keeps a secret that waits for its first code, in the place of a former one that did. False where a second factor is
/// switched on, or there is no such person.
///
/// # Errors
/// As the database says.
pub async fn keep_waiting(conn: &mut Conn<'_>, user_id: i64, sealed: &[u8]) -> Result<bool> {
    let sql = "UPDATE users SET second_factor = $2, second_factor_step = 0
               WHERE id = $1 AND second_factor_at IS NULL AND deleted_at IS NULL";
    Ok(conn.execute(sql, args![user_id, sealed]).await? > 0)
}

/// Switches on the secret that waits, with the step of its first code, and ends what was proven by the password alone. False
/// where another secret waits meanwhile, or none.
///
/// # Errors
/// As the database says.
pub async fn switch_on(conn: &mut Conn<'_>, user_id: i64, sealed: &[u8], step: i64, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE users SET second_factor_at = $3, second_factor_step = $4, epoch = epoch + 1, updated_at = $3
               WHERE id = $1 AND second_factor = $2 AND second_factor_at IS NULL AND deleted_at IS NULL";
    Ok(conn.execute(sql, args![user_id, sealed, now, step]).await? > 0)
}

/// Switches the second factor off, and takes its recovery codes away. False where none is switched on.
///
/// # Errors
/// As the database says.
pub async fn switch_off(conn: &mut Conn<'_>, user_id: i64, now: Timestamp) -> Result<bool> {
    let sql =
        "UPDATE users SET second_factor = NULL, second_factor_at = NULL, second_factor_step = 0, epoch = epoch + 1,
                   updated_at = $2
               WHERE id = $1 AND second_factor_at IS NOT NULL AND deleted_at IS NULL";
    let done = conn.execute(sql, args![user_id, now]).await? > 0;
    conn.execute("DELETE FROM recovery_codes WHERE user_id = $1", args![user_id]).await?;
    Ok(done)
}

/// Takes the code of a step of time. False where one of this step or a later one was taken before.
///
/// # Errors
/// As the database says.
pub async fn take_step(conn: &mut Conn<'_>, user_id: i64, step: i64) -> Result<bool> {
    let sql = "UPDATE users SET second_factor_step = $2
               WHERE id = $1 AND second_factor_at IS NOT NULL AND second_factor_step < $2 AND deleted_at IS NULL";
    Ok(conn.execute(sql, args![user_id, step]).await? > 0)
}

/// Keeps a recovery code.
///
/// # Errors
/// As the database says.
pub async fn insert_recovery_code(conn: &mut Conn<'_>, user_id: i64, code_hash: &[u8]) -> Result<()> {
    let sql = "INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2)";
    conn.execute(sql, args![user_id, code_hash]).await?;
    Ok(())
}

/// Takes a recovery code, which is gone then. False where the person has no such code.
///
/// # Errors
/// As the database says.
pub async fn take_recovery_code(conn: &mut Conn<'_>, user_id: i64, code_hash: &[u8]) -> Result<bool> {
    let sql = "DELETE FROM recovery_codes WHERE user_id = $1 AND code_hash = $2";
    Ok(conn.execute(sql, args![user_id, code_hash]).await? > 0)
}

/// Takes all recovery codes away, for new ones. False where no second factor is switched on.
///
/// # Errors
/// As the database says.
pub async fn forget_recovery_codes(conn: &mut Conn<'_>, user_id: i64, now: Timestamp) -> Result<bool> {
    // The row is written, so that who makes codes at the same time waits and takes these away.
    let sql = "UPDATE users SET updated_at = $2 WHERE id = $1 AND second_factor_at IS NOT NULL AND deleted_at IS NULL";
    let on = conn.execute(sql, args![user_id, now]).await? > 0;
    if on {
        conn.execute("DELETE FROM recovery_codes WHERE user_id = $1", args![user_id]).await?;
    }
    Ok(on)
}
