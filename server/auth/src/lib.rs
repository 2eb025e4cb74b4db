//! Proof of identity: passwords, sessions, robots, personal tokens, registry tokens.

use std::sync::Arc;

use berth_domain::{Actor, Domain, Result};
use berth_types::{Timestamp, scope::Scope};

/// What the key material of [`Auth`] is made from.
pub struct AuthOptions {
    /// The installation's secret; all nodes of one database share it.
    pub secret_key: [u8; 32],
}

/// Proof of identity. Cheap to clone.
#[derive(Clone)]
pub struct Auth {
    #[expect(dead_code, reason = "first cut")]
    inner: Arc<Inner>,
}

struct Inner {
    #[expect(dead_code, reason = "first cut")]
    domain: Domain,
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
pub struct NewSession {
    /// The value of the cookie `sid`.
    pub cookie: String,
    /// Who signed in.
    pub actor: Actor,
}

/// A registry token.
pub struct IssuedToken {
    /// The JWT.
    pub token: String,
    /// When it was made.
    pub issued_at: Timestamp,
    /// How long it is good for, in seconds.
    pub expires_in_seconds: i64,
}

impl Auth {
    /// Loads or makes the signing key.
    ///
    /// # Errors
    /// Where the database does not answer or the key cannot be opened.
    pub async fn open(domain: Domain, _options: AuthOptions) -> Result<Auth> {
        Ok(Auth { inner: Arc::new(Inner { domain }) })
    }
    /// Basic credentials: a person, a robot, a personal token as password. Nothing where they are wrong.
    ///
    /// # Errors
    /// [`berth_domain::Error::TooManyRequests`] when throttled.
    pub async fn basic(&self, _name: &str, _secret: &str, _address: &str) -> Result<Option<Actor>> {
        Ok(None)
    }
    /// A registry token. Nothing where it is invalid, expired, or the rights changed since.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn bearer(&self, _token: &str) -> Result<Option<Actor>> {
        Ok(None)
    }
    /// A session cookie. Nothing where it is unknown or expired.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn session(&self, _cookie: &str) -> Result<Option<Actor>> {
        Ok(None)
    }
    /// Signs in with a password and makes a session.
    ///
    /// # Errors
    /// [`berth_domain::Error::TooManyRequests`] when throttled.
    pub async fn sign_in(&self, _name: &str, _password: &str, _from: &Origin) -> Result<Option<NewSession>> {
        Ok(None)
    }
    /// Ends a session.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn sign_out(&self, _cookie: &str, _actor: &Actor) -> Result<()> {
        Ok(())
    }
    /// Makes a registry token.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn issue(&self, _actor: &Actor, _scopes: &[Scope]) -> Result<IssuedToken> {
        Ok(IssuedToken { token: String::new(), issued_at: Timestamp(0), expires_in_seconds: 0 })
    }
    /// The public keys as a JWK set.
    pub fn jwks(&self) -> serde_json::Value {
        serde_json::json!({"keys": []})
    }
}
