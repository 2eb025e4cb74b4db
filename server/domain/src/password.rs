//! Chosen secrets: what they must look like, and argon2id.
//!
//! A hash costs 19 MiB and some 30 ms of one core on purpose, so only a few are computed at the same time.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;

use crate::{Error, Result, turn::in_turn};

/// Harbor's words for a secret that is too weak.
pub const RULE: &str = "the password or secret must be 8-128, inclusively, characters long with at least 1 uppercase letter, 1 lowercase letter and 1 number";

/// Memory of one hash, in KiB.
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over that memory.
const PASSES: u32 = 2;
/// Hashes that are computed at the same time.
const AT_ONCE: usize = 2;
/// Longer texts cannot be right and are not worth a hash.
const BYTES_MAX: usize = 1024;

static PERMITS: Semaphore = Semaphore::const_new(AT_ONCE);

/// Whether a secret is long and mixed enough.
pub fn is_acceptable(secret: &str) -> bool {
    let length = secret.chars().count();
    let has = |test: fn(&char) -> bool| secret.chars().any(|char| test(&char));
    (8..=128).contains(&length)
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
        && has(char::is_ascii_digit)
}

/// The hash to be kept of a secret.
///
/// # Errors
/// [`Error::Internal`] where the machine has no randomness or no memory.
pub(crate) async fn hash(secret: &str) -> Result<String> {
    let secret = secret.to_owned();
    on_a_thread(move || argon2()?.hash_password(secret.as_bytes()).map(|hash| hash.to_string()))
        .await?
        .map_err(internal)
}

/// Whether a secret is the one of a hash. Without a hash the answer is no, after the same time.
///
/// # Errors
/// [`Error::Internal`] where no hash can be computed.
pub(crate) async fn verify(hash: Option<&str>, secret: &str) -> Result<bool> {
    if secret.len() > BYTES_MAX {
        return Ok(false);
    }
    let (hash, secret) = (hash.map(str::to_owned), secret.to_owned());
    on_a_thread(move || match hash.as_deref().map(PasswordHash::new) {
        Some(Ok(hash)) => Ok(argon2()?.verify_password(secret.as_bytes(), &hash).is_ok()),
        // Nobody may learn from the clock which names exist.
        Some(Err(_)) | None => argon2()?.hash_password(secret.as_bytes()).map(|_| false),
    })
    .await?
    .map_err(internal)
}

fn argon2() -> argon2::password_hash::Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let turn = PERMITS.acquire().await.map_err(Error::internal)?;
    let (done, _turn) = in_turn(turn, work).await?;
    Ok(done)
}

fn internal(error: argon2::password_hash::Error) -> Error {
    Error::internal(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_is_harbors() {
        for good in ["Harbor12345", "Abcdefg1", &format!("Aa1{}", "x".repeat(125))] {
            assert!(is_acceptable(good), "{good}");
        }
        for bad in ["", "Ab1", "Abcdefghij", "abcdefg123", "ABCDEFG123", &format!("Aa1{}", "x".repeat(126))] {
            assert!(!is_acceptable(bad), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_hash_knows_its_secret_only() {
        let kept = hash("Harbor12345").await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(verify(Some(&kept), "Harbor12345").await.unwrap());
        assert!(!verify(Some(&kept), "Harbor12346").await.unwrap());
        assert!(!verify(None, "Harbor12345").await.unwrap());
        assert!(!verify(Some("no hash"), "Harbor12345").await.unwrap());
        assert!(!verify(Some(&kept), &"x".repeat(BYTES_MAX + 1)).await.unwrap());
    }
}
