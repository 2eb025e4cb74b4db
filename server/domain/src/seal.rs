//! Secrets of others that Berth has to say again, such as the credential of a scanner: sealed under the installation's
//! secret, so that a copy of the database tells none of them.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{Domain, Error, Result};

/// What the key is derived for. No other key of the installation's secret is made with this label.
const LABEL: &[u8] = b"berth stored secret";

/// Seals and opens. One without a secret does neither.
#[derive(Default)]
pub(crate) struct Sealer(Option<LessSafeKey>);

impl Sealer {
    /// A sealer of an installation.
    pub(crate) fn new(secret: &[u8; 32]) -> Self {
        // HMAC itself fills a short key up with zeros to the size of a block.
        let mut block = [0; 64];
        block[..secret.len()].copy_from_slice(secret);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(LABEL);
        let key: [u8; 32] = mac.finalize().into_bytes().into();
        Sealer(UnboundKey::new(&AES_256_GCM, &key).ok().map(LessSafeKey::new))
    }

    fn key(&self) -> Result<&LessSafeKey> {
        self.0.as_ref().ok_or_else(|| Error::internal("there is no secret to seal with"))
    }
}

impl Domain {
    /// Nonce, ciphertext, tag. `name` says whose secret it is, for example `scanner/7`, and is bound in, so that none
    /// can be put under another's name.
    ///
    /// # Errors
    /// Where the installation has no secret.
    pub(crate) fn seal(&self, name: &str, plain: &str) -> Result<Vec<u8>> {
        let nonce: [u8; NONCE_LEN] = rand::random();
        let mut sealed = plain.as_bytes().to_vec();
        self.sealer
            .key()?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(name.as_bytes()), &mut sealed)
            .map_err(Error::internal)?;
        sealed.splice(0..0, nonce);
        Ok(sealed)
    }

    /// What was sealed under this name.
    ///
    /// # Errors
    /// Where it was sealed under another name or another secret.
    pub(crate) fn unseal(&self, name: &str, sealed: &[u8]) -> Result<String> {
        let wrong = || Error::internal("a stored secret cannot be opened: it was sealed under another secret key");
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or_else(wrong)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong())?;
        let mut plain = sealed.to_vec();
        let opened = self.sealer.key()?.open_in_place(nonce, Aad::from(name.as_bytes()), &mut plain);
        let length = opened.map_err(|_| wrong())?.len();
        plain.truncate(length);
        String::from_utf8(plain).map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use berth_db::Db;
    use berth_storage::MemoryStore;
    use berth_types::time::SystemClock;

    use super::*;
    use crate::Limits;

    async fn domain() -> (tempfile::TempDir, Domain) {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&folder.path().join("berth.db")).await.unwrap();
        (folder, Domain::new(db, Arc::new(MemoryStore::new()), Arc::new(SystemClock), Limits::default()))
    }

    #[tokio::test]
    async fn what_is_sealed_opens_under_its_secret_and_name_only() {
        let (_folder, domain) = domain().await;
        assert!(domain.seal("scanner/1", "user:pass").is_err(), "without a secret nothing is sealed");
        let ours = domain.clone().with_secret(&[1; 32]);
        let sealed = ours.seal("scanner/1", "user:pass").unwrap();
        assert!(!sealed.windows(4).any(|part| part == b"pass"));
        assert_eq!(ours.unseal("scanner/1", &sealed).unwrap(), "user:pass");
        assert!(ours.unseal("scanner/2", &sealed).is_err());
        assert!(ours.unseal("scanner/1", &sealed[..5]).is_err());
        assert!(domain.with_secret(&[2; 32]).unseal("scanner/1", &sealed).is_err());
        assert_ne!(ours.seal("scanner/1", "user:pass").unwrap(), sealed, "equal secrets look different");
    }
}
