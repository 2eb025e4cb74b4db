//! The key pair that signs registry tokens: made once, kept in the database, sealed under the installation's secret.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    encoding::AsDer,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use berth_domain::{
    Domain, Error, Result,
    key::{self, Key},
};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::keyed::{Hasher, Purpose};

/// What the key is for, as the database names it.
const PURPOSE: &str = "token";
/// An unknown key is looked for in the database at most this often.
const RELOAD_EVERY: Duration = Duration::from_secs(2);
/// The alphabet of RFC 4648, in which Docker's libraries write key ids.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The keys of registry tokens.
pub(crate) struct Keys {
    signing: Signing,
    verifying: RwLock<BTreeMap<String, Verifying>>,
    reloaded_at: Mutex<Option<Instant>>,
}

/// The key that signs.
pub(crate) struct Signing {
    pub(crate) id: String,
    pub(crate) key: EncodingKey,
}

#[derive(Clone)]
struct Verifying {
    key: DecodingKey,
    jwk: Value,
}

impl Keys {
    /// Loads the keys, or makes the first one.
    pub(crate) async fn open(domain: &Domain, hasher: &Hasher) -> Result<Keys> {
        let mut keys = key::of_purpose(domain, PURPOSE).await?;
        if keys.is_empty() {
            keys = key::keep_first(domain, PURPOSE, generate(domain, hasher)?).await?;
        }
        let signer = keys.iter().find(|key| key.retired_at.is_none());
        let signer = signer.ok_or_else(|| Error::internal("every signing key is retired"))?;
        let pkcs8 = open(hasher, &signer.id, &signer.sealed)?;
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8).map_err(Error::internal)?;
        if key_id(&key)? != signer.id {
            return Err(Error::internal("the signing key is not the one that its name says"));
        }
        let signing = Signing { id: signer.id.clone(), key: EncodingKey::from_ec_der(&pkcs8) };
        let verifying = RwLock::new(read_all(&keys)?);
        Ok(Keys { signing, verifying, reloaded_at: Mutex::new(None) })
    }

    /// The key that signs.
    pub(crate) fn signing(&self) -> &Signing {
        &self.signing
    }

    /// The key of an id. One that is unknown here may have been made by another node.
    pub(crate) async fn verifying(&self, domain: &Domain, id: &str) -> Result<Option<DecodingKey>> {
        if let Some(key) = self.known(id) {
            return Ok(Some(key));
        }
        if !self.may_reload() {
            return Ok(None);
        }
        let keys = read_all(&key::of_purpose(domain, PURPOSE).await?)?;
        *self.verifying.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(self.known(id))
    }

    /// All public keys.
    pub(crate) fn jwks(&self) -> Value {
        let keys = self.verifying.read().unwrap_or_else(PoisonError::into_inner);
        json!({ "keys": keys.values().map(|key| &key.jwk).collect::<Vec<_>>() })
    }

    fn known(&self, id: &str) -> Option<DecodingKey> {
        self.verifying.read().unwrap_or_else(PoisonError::into_inner).get(id).map(|known| known.key.clone())
    }

    fn may_reload(&self) -> bool {
        let mut reloaded_at = self.reloaded_at.lock().unwrap_or_else(PoisonError::into_inner);
        if reloaded_at.is_some_and(|at| at.elapsed() < RELOAD_EVERY) {
            return false;
        }
        *reloaded_at = Some(Instant::now());
        true
    }
}

fn generate(domain: &Domain, hasher: &Hasher) -> Result<Key> {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).map_err(Error::internal)?;
    let pair =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref()).map_err(Error::internal)?;
    let id = key_id(&pair)?;
    // An uncompressed point: a byte that says so, then both coordinates.
    let point = pair.public_key().as_ref();
    let (Some(x), Some(y)) = (point.get(1..33), point.get(33..65)) else {
        return Err(Error::internal("a public key of an unknown form"));
    };
    let jwk = json!({
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": &id,
        "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
    });
    let sealed = seal(hasher, &id, document.as_ref())?;
    Ok(Key { id, sealed, public: jwk.to_string(), created_at: domain.now(), retired_at: None })
}

fn read_all(keys: &[Key]) -> Result<BTreeMap<String, Verifying>> {
    keys.iter().map(|key| Ok((key.id.clone(), read(&key.public)?))).collect()
}

fn read(public: &str) -> Result<Verifying> {
    let jwk: Value = serde_json::from_str(public).map_err(Error::internal)?;
    let part = |name: &str| jwk.get(name).and_then(Value::as_str).unwrap_or_default();
    let key = DecodingKey::from_ec_components(part("x"), part("y")).map_err(Error::internal)?;
    Ok(Verifying { key, jwk })
}

/// The id that Docker's libraries give a key: SHA-256 of the public key's DER form cut to 240 bits, in base 32, in
/// groups of four.
fn key_id(pair: &EcdsaKeyPair) -> Result<String> {
    let der = pair.public_key().as_der().map_err(Error::internal)?;
    let hash = Sha256::digest(der.as_ref());
    let mut id = String::with_capacity(59);
    for (index, chunk) in hash[..30].chunks(5).enumerate() {
        let bits = chunk.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for place in 0..8 {
            if place % 4 == 0 && (index, place) != (0, 0) {
                id.push(':');
            }
            id.push(char::from(BASE32[(bits >> (35 - 5 * place) & 31) as usize]));
        }
    }
    Ok(id)
}

fn sealing_key(hasher: &Hasher) -> Result<LessSafeKey> {
    let key = UnboundKey::new(&AES_256_GCM, &hasher.hash(Purpose::Seal, &[])).map_err(Error::internal)?;
    Ok(LessSafeKey::new(key))
}

/// Nonce, ciphertext, tag. The name is bound in, so that no sealed key can be put under another's name.
fn seal(hasher: &Hasher, name: &str, plain: &[u8]) -> Result<Vec<u8>> {
    let nonce: [u8; NONCE_LEN] = rand::random();
    let mut sealed = plain.to_vec();
    sealing_key(hasher)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(name.as_bytes()), &mut sealed)
        .map_err(Error::internal)?;
    sealed.splice(0..0, nonce);
    Ok(sealed)
}

fn open(hasher: &Hasher, name: &str, sealed: &[u8]) -> Result<Vec<u8>> {
    let wrong = || Error::internal("the signing key cannot be opened: it was sealed under another secret key");
    let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or_else(wrong)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong())?;
    let mut plain = sealed.to_vec();
    let opened = sealing_key(hasher)?.open_in_place(nonce, Aad::from(name.as_bytes()), &mut plain);
    let length = opened.map_err(|_| wrong())?.len();
    plain.truncate(length);
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_under_its_secret_and_name_only() {
        let hasher = Hasher::new(&[1; 32]);
        let sealed = seal(&hasher, "name", b"private").unwrap();
        assert_eq!(open(&hasher, "name", &sealed).unwrap(), b"private");
        assert!(open(&hasher, "other", &sealed).is_err());
        assert!(open(&Hasher::new(&[2; 32]), "name", &sealed).is_err());
        assert!(open(&hasher, "name", &sealed[..5]).is_err());
        let mut broken = sealed.clone();
        broken[NONCE_LEN] ^= 1;
        assert!(open(&hasher, "name", &broken).is_err());
        assert_ne!(seal(&hasher, "name", b"private").unwrap(), sealed);
    }

    #[test]
    fn key_ids_look_like_dockers() {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref()).unwrap();
        let id = key_id(&pair).unwrap();
        let groups: Vec<&str> = id.split(':').collect();
        assert_eq!(groups.len(), 12, "{id}");
        assert!(groups.iter().all(|group| group.len() == 4), "{id}");
    }
}
