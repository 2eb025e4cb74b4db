//! Proof of identity: passwords, sessions, robots, personal tokens, registry tokens. Yields an [`Actor`], or nothing.
//!
//! What costs time is done once and then remembered by keyed hash: an argon2id hash for ten minutes, the signature of a
//! registry token until it ends. A remembered proof is worth only as much as the account behind it, which is looked at
//! on every request, at most two seconds old: a changed password, right or account ends it.

mod basic;
mod csrf;
#[doc(hidden)]
pub mod fuzz;
mod jwt;
mod keyed;
mod keys;
mod second_factor;
mod session;
mod token;

use std::sync::Arc;

use berth_domain::{Actor, Domain, Result, identity::Generated, password};
use berth_types::Timestamp;
use rand::{Rng, distr::Alphanumeric};
use serde_json::Value;

pub use csrf::CsrfRefusal;
pub use jwt::AUDIENCE as SERVICE;
pub use second_factor::{HALFWAY_SECONDS, NewCodes, SecondStep};
pub use session::{Renewal, SignedIn};

/// Characters of a generated secret, as in Harbor.
const SECRET_CHARS: usize = 32;

/// What the key material of [`Auth`] is made from.
pub struct AuthOptions {
    /// The installation's secret; all nodes of one database share it.
    pub secret_key: [u8; 32],
}

/// Proof of identity. Cheap to clone.
#[derive(Clone)]
pub struct Auth {
    inner: Arc<Inner>,
}

struct Inner {
    domain: Domain,
    hasher: keyed::Hasher,
    keys: keys::Keys,
    passwords: basic::Passwords,
    tokens: token::Tokens,
}

/// Where somebody signs in from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The client's address.
    pub address: String,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// The request's id.
    pub request_id: String,
}

/// A session that was just made.
#[derive(Debug)]
pub struct NewSession {
    /// The value of the cookie `sid`.
    pub cookie: String,
    /// Who signed in.
    pub actor: Actor,
}

/// A registry token.
#[derive(Debug)]
pub struct IssuedToken {
    /// The JWT.
    pub token: String,
    /// When it was made.
    pub issued_at: Timestamp,
    /// How long it is good for, in seconds.
    pub expires_in_seconds: i64,
}

impl Auth {
    /// Loads the signing key, or makes it at the first start.
    ///
    /// # Errors
    /// Where the database does not answer, or the key was sealed under another secret.
    pub async fn open(domain: Domain, options: AuthOptions) -> Result<Auth> {
        let hasher = keyed::Hasher::new(&options.secret_key);
        let keys = keys::Keys::open(&domain, &hasher).await?;
        let inner =
            Inner { domain, hasher, keys, passwords: basic::Passwords::default(), tokens: token::Tokens::default() };
        Ok(Auth { inner: Arc::new(inner) })
    }

    /// The public keys of registry tokens as a JWK set.
    pub fn jwks(&self) -> Value {
        self.inner.keys.jwks()
    }

    /// A secret for a robot: random, and as mixed as a chosen one has to be.
    pub fn generate_secret(&self) -> Generated {
        loop {
            let secret: String = rand::rng().sample_iter(Alphanumeric).take(SECRET_CHARS).map(char::from).collect();
            // Nearly always so at once; clients may check what they get by the rule for chosen secrets.
            if password::is_acceptable(&secret) {
                let hash = self.hash_generated_secret(&secret);
                return Generated { secret, hash };
            }
        }
    }

    /// The keyed hash by which the database knows a generated secret.
    pub fn hash_generated_secret(&self, secret: &str) -> Vec<u8> {
        self.inner.hasher.hash(keyed::Purpose::GeneratedSecret, &[secret.as_bytes()]).to_vec()
    }
}
