//! Signing keys. Private ones arrive here sealed, and leave sealed.

use berth_db::query::key as rows;
pub use berth_db::query::key::Key;

use crate::{Domain, Error, Result};

/// The keys of a purpose, oldest first.
///
/// # Errors
/// Where the database does not answer.
pub async fn of_purpose(domain: &Domain, purpose: &str) -> Result<Vec<Key>> {
    Ok(rows::of_purpose(&mut domain.db.reader().await?.conn(), purpose).await?)
}

/// Keeps a new key, unless another node was faster. Returns the keys that are there then, oldest first.
///
/// # Errors
/// Where the database does not answer.
pub async fn keep_first(domain: &Domain, purpose: &'static str, key: Key) -> Result<Vec<Key>> {
    domain
        .db
        .write((purpose, key), |tx, (purpose, key)| {
            Box::pin(async move {
                let present = rows::of_purpose(tx, purpose).await?;
                if !present.is_empty() {
                    return Ok(present);
                }
                rows::insert(tx, purpose, key).await?;
                Ok::<_, Error>(rows::of_purpose(tx, purpose).await?)
            })
        })
        .await
}
