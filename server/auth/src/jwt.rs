//! The claims of a registry token: Harbor's, and one of ours that says which account it stands for.

use berth_types::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

/// `iss` of every token.
pub(crate) const ISSUER: &str = "harbor-token-issuer";
/// `aud` of every token, and the `service` that is asked for.
pub const AUDIENCE: &str = "harbor-registry";
/// How far clocks may differ, in seconds.
const LEEWAY_SECONDS: i64 = 60;

/// The claims.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    /// The name of the account; none for anonymous callers.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) sub: String,
    pub(crate) aud: String,
    pub(crate) exp: i64,
    pub(crate) nbf: i64,
    pub(crate) iat: i64,
    pub(crate) jti: String,
    /// What the token grants; nothing, not an empty list, where no scope was asked for.
    pub(crate) access: Option<Vec<Access>>,
    /// Which account, and which state of its rights: a token ends when they change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) berth: Option<Subject>,
}

/// What is granted on one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Access {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) actions: Vec<String>,
}

/// The account behind a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subject {
    pub(crate) kind: SubjectKind,
    pub(crate) id: i64,
    pub(crate) epoch: i64,
}

/// What the account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SubjectKind {
    User,
    Robot,
}

/// Signs claims.
pub(crate) fn sign(claims: &Claims, key_id: &str, key: &EncodingKey) -> jsonwebtoken::errors::Result<String> {
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some(key_id.to_owned());
    jsonwebtoken::encode(&header, claims, key)
}

/// The id of the key that a token says it was signed with, if it may be one of ours at all.
pub(crate) fn key_id(token: &str) -> Option<String> {
    let header = jsonwebtoken::decode_header(token).ok()?;
    (header.alg == Algorithm::ES256).then_some(header.kid).flatten()
}

/// The claims of a token whose signature, audience and times are right.
pub(crate) fn verify(token: &str, key: &DecodingKey, now: Timestamp) -> Option<Claims> {
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[ISSUER]);
    // The times are checked below, by the clock that everything else goes by.
    validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss"]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    let claims = jsonwebtoken::decode::<Claims>(token, key, &validation).ok()?.claims;
    is_current(&claims, now).then_some(claims)
}

/// Whether a token is good now.
pub(crate) fn is_current(claims: &Claims, now: Timestamp) -> bool {
    let now = now.unix_seconds();
    claims.exp.saturating_add(LEEWAY_SECONDS) > now
        && claims.nbf.saturating_sub(LEEWAY_SECONDS) <= now
        && claims.iat.saturating_sub(LEEWAY_SECONDS) <= now
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
    };

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

    fn pair() -> (EncodingKey, DecodingKey) {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref()).unwrap();
        (EncodingKey::from_ec_der(document.as_ref()), DecodingKey::from_ec_der(pair.public_key().as_ref()))
    }

    fn claims() -> Claims {
        let now = NOW.unix_seconds();
        Claims {
            iss: ISSUER.into(),
            sub: "dev".into(),
            aud: AUDIENCE.into(),
            exp: now + 1800,
            nbf: now,
            iat: now,
            jti: "0123456789abcdef".into(),
            access: Some(vec![Access { kind: "repository".into(), name: "p/r".into(), actions: vec!["pull".into()] }]),
            berth: Some(Subject { kind: SubjectKind::User, id: 5, epoch: 3 }),
        }
    }

    #[test]
    fn a_token_says_what_harbors_says() {
        let (private, public) = pair();
        let token = sign(&claims(), "KID", &private).unwrap();
        assert_eq!(key_id(&token).as_deref(), Some("KID"));
        assert_eq!(verify(&token, &public, NOW), Some(claims()));
        let body: serde_json::Value = serde_json::to_value(claims()).unwrap();
        assert_eq!(body["aud"], "harbor-registry");
        assert_eq!(body["access"][0]["type"], "repository");
        let nobody = Claims { sub: String::new(), access: None, berth: None, ..claims() };
        let body: serde_json::Value = serde_json::to_value(nobody).unwrap();
        assert!(body.get("sub").is_none() && body.get("berth").is_none());
        assert!(body["access"].is_null());
    }

    #[test]
    fn nothing_else_is_a_token() {
        let (private, public) = pair();
        let token = |change: fn(&mut Claims)| {
            let mut claims = claims();
            change(&mut claims);
            sign(&claims, "KID", &private).unwrap()
        };
        for (case, change) in [
            ("audience", (|claims| claims.aud = "other".into()) as fn(&mut Claims)),
            ("issuer", |claims| claims.iss = "other".into()),
            ("expired", |claims| claims.exp = NOW.unix_seconds() - 60),
            ("not yet", |claims| claims.nbf = NOW.unix_seconds() + 61),
            ("from the future", |claims| claims.iat = NOW.unix_seconds() + 61),
        ] {
            assert_eq!(verify(&token(change), &public, NOW), None, "{case}");
        }
        let good = token(|_| ());
        assert_eq!(verify(&good, &pair().1, NOW), None, "signed by somebody else");
        let (head, _) = good.rsplit_once('.').unwrap();
        assert_eq!(verify(&format!("{head}."), &public, NOW), None, "not signed");
        for text in ["", ".", "..", "abc", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
            assert!(key_id(text).is_none() || verify(text, &public, NOW).is_none(), "{text}");
        }
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some("KID".into());
        let symmetric = jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_secret(b"x")).unwrap();
        assert_eq!(key_id(&symmetric), None, "another algorithm");
    }
}
