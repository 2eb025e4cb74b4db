//! Signing keys, sealed under the installation's secret.

use berth_types::Timestamp;

use crate::{Conn, Result, Row, args};

/// A key pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name, `kid`.
    pub id: String,
    /// Private key, sealed.
    pub sealed: Vec<u8>,
    /// Public key as a JWK.
    pub public: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stopped signing.
    pub retired_at: Option<Timestamp>,
}

impl Key {
    fn read(row: &Row) -> Result<Self> {
        Ok(Key {
            id: row.get(0)?,
            sealed: row.get(1)?,
            public: row.get(2)?,
            created_at: row.get(3)?,
            retired_at: row.get(4)?,
        })
    }
}

/// The keys of a purpose, oldest first.
///
/// # Errors
/// As the database says.
pub async fn of_purpose(conn: &mut Conn<'_>, purpose: &str) -> Result<Vec<Key>> {
    let sql = "SELECT id, sealed, public, created_at, retired_at FROM keys WHERE purpose = $1 ORDER BY created_at, id";
    conn.rows(sql, args![purpose]).await?.iter().map(Key::read).collect()
}

/// Keeps a new key.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn<'_>, purpose: &str, key: &Key) -> Result<()> {
    let sql = "INSERT INTO keys (id, purpose, sealed, public, created_at) VALUES ($1, $2, $3, $4, $5)";
    conn.execute(sql, args![&key.id, purpose, key.sealed.as_slice(), &key.public, key.created_at]).await?;
    Ok(())
}
