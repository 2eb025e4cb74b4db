//! Keyed hashes: what is derived from the installation's secret, one key a purpose.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What a keyed hash is for. No hash of one purpose is ever one of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A name and the password that was verified for it.
    Remembered,
    /// The cookie of a session.
    Session,
    /// Secrets of robots and personal tokens.
    GeneratedSecret,
    /// Form tokens.
    Csrf,
    /// That a password was right and a code is still to come.
    Halfway,
    /// The key that signing keys are sealed with.
    Seal,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Purpose::Remembered => b"berth remembered password",
            Purpose::Session => b"berth session",
            Purpose::GeneratedSecret => b"berth generated secret",
            Purpose::Csrf => b"berth csrf",
            Purpose::Halfway => b"berth halfway",
            Purpose::Seal => b"berth seal",
        }
    }
}

/// Makes keyed hashes.
pub(crate) struct Hasher {
    mac: Hmac<Sha256>,
}

impl Hasher {
    pub(crate) fn new(secret: &[u8; 32]) -> Self {
        // HMAC itself fills a short key up with zeros to the size of a block.
        let mut block = [0; 64];
        block[..secret.len()].copy_from_slice(secret);
        Hasher { mac: Hmac::new(&block.into()) }
    }

    /// The hash of some parts, none of which can be mistaken for a piece of another.
    pub(crate) fn hash(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.mac.clone();
        mac.update(&[u8::try_from(purpose.label().len()).unwrap_or(u8::MAX)]);
        mac.update(purpose.label());
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_purposes_do_not_run_into_each_other() {
        let hasher = Hasher::new(&[7; 32]);
        let hash = |parts: &[&[u8]]| hasher.hash(Purpose::Remembered, parts);
        assert_eq!(hash(&[b"ab", b"c"]), hash(&[b"ab", b"c"]));
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
        assert_ne!(hash(&[b"ab"]), hasher.hash(Purpose::Session, &[b"ab"]));
        assert_ne!(hash(&[b"ab"]), Hasher::new(&[8; 32]).hash(Purpose::Remembered, &[b"ab"]));
    }
}
