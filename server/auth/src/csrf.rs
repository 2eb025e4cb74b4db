//! Form tokens: what a page of ours knows and a page of another site cannot read.
//!
//! The browser keeps a random value in a cookie; the token is a keyed hash of it and of the session, so that neither a
//! cookie planted from a neighbouring host nor a token of another session is any good.

use base64::{Engine, engine::general_purpose::STANDARD};
use subtle::ConstantTimeEq;

use crate::{Auth, keyed::Purpose};

/// Why a form token is refused. The texts are Harbor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CsrfRefusal {
    /// There is none.
    #[error("CSRF token not found in request")]
    Missing,
    /// It is not the one of this browser and session.
    #[error("CSRF token invalid")]
    Invalid,
}

impl Auth {
    /// A new value for the browser's cookie.
    pub fn csrf_cookie() -> String {
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
    }

    /// The form token of a browser with this cookie, in this session; empty where there is none.
    pub fn csrf_token(&self, cookie: &str, session: &str) -> String {
        STANDARD.encode(self.csrf_hash(cookie, session))
    }

    /// Checks a form token.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn csrf_check(&self, token: Option<&str>, cookie: Option<&str>, session: &str) -> Result<(), CsrfRefusal> {
        let token = token.filter(|token| !token.is_empty()).ok_or(CsrfRefusal::Missing)?;
        let cookie = cookie.filter(|cookie| !cookie.is_empty()).ok_or(CsrfRefusal::Invalid)?;
        let given = STANDARD.decode(token).map_err(|_| CsrfRefusal::Invalid)?;
        if bool::from(given.ct_eq(&self.csrf_hash(cookie, session))) { Ok(()) } else { Err(CsrfRefusal::Invalid) }
    }

    fn csrf_hash(&self, cookie: &str, session: &str) -> [u8; 32] {
        self.inner.hasher.hash(Purpose::Csrf, &[cookie.as_bytes(), session.as_bytes()])
    }
}
