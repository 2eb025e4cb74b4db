//! What fuzzing reaches of the token's form, which no other crate may touch.

use std::sync::LazyLock;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use berth_types::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use serde_json::Value;

use crate::{jwt, token};

/// The moment at which fuzzed tokens are looked at, in seconds since the epoch.
pub const NOW_SECONDS: i64 = 1_700_000_000;

struct Keys {
    private: EncodingKey,
    public: DecodingKey,
}

/// Nothing where the machine makes no keys, and then nothing can be said of signatures.
static KEYS: LazyLock<Option<Keys>> = LazyLock::new(|| {
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).ok()?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref()).ok()?;
    Some(Keys {
        private: EncodingKey::from_ec_der(document.as_ref()),
        public: DecodingKey::from_ec_der(pair.public_key().as_ref()),
    })
});

/// What was found in a token that verified.
#[derive(Debug)]
pub struct Accepted {
    /// `iss`.
    pub issuer: String,
    /// `aud`.
    pub audience: String,
    /// `exp`, in seconds since the epoch.
    pub expires: i64,
    /// `nbf`, in seconds since the epoch.
    pub not_before: i64,
    /// The projects that it grants something in.
    pub projects: Vec<String>,
    /// How many entries `access` has.
    pub entries: usize,
}

/// Reads a text as a token, under a key that signed nothing.
pub fn read_token(text: &str) -> Option<Accepted> {
    let keys = KEYS.as_ref()?;
    jwt::key_id(text)?;
    jwt::verify(text, &keys.public, Timestamp::from_unix_seconds(NOW_SECONDS)).map(|claims| accepted(&claims))
}

/// Signs any claims with the right key, and reads the token. The inner value is nothing where it is refused.
pub fn read_signed(claims: &Value) -> Option<Option<Accepted>> {
    let keys = KEYS.as_ref()?;
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some("FUZZ".to_owned());
    Some(read_token(&jsonwebtoken::encode(&header, claims, &keys.private).ok()?))
}

fn accepted(claims: &jwt::Claims) -> Accepted {
    let grants = token::grants(claims);
    Accepted {
        issuer: claims.iss.clone(),
        audience: claims.aud.clone(),
        expires: claims.exp,
        not_before: claims.nbf,
        projects: grants.projects.keys().map(|project| project.as_str().to_owned()).collect(),
        entries: claims.access.as_ref().map_or(0, Vec::len),
    }
}
