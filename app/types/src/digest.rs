//! Content digests (OCI image-spec, "Digests"): `algorithm ":" lower-case hex`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A hash algorithm that Berth accepts. Others are refused with `DIGEST_INVALID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-512, 64 bytes.
    Sha512,
}

impl Algorithm {
    /// The registered identifier, as it stands before the colon.
    pub const fn as_str(self) -> &'static str {
        match self {
            Algorithm::Sha256 => "sha256",
            Algorithm::Sha512 => "sha512",
        }
    }

    /// The byte that stands for the algorithm in the database.
    const fn tag(self) -> u8 {
        match self {
            Algorithm::Sha256 => 1,
            Algorithm::Sha512 => 2,
        }
    }
}

impl FromStr for Algorithm {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        match text {
            "sha256" => Ok(Algorithm::Sha256),
            "sha512" => Ok(Algorithm::Sha512),
            _ => Err(DigestError::UnsupportedAlgorithm),
        }
    }
}

/// The digest of some bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Digest {
    /// A SHA-256 digest.
    Sha256([u8; 32]),
    /// A SHA-512 digest.
    Sha512([u8; 64]),
}

/// Why a text or a column is no digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// The algorithm is not registered or not accepted here.
    #[error("unsupported digest algorithm")]
    UnsupportedAlgorithm,
    /// No colon, wrong length, or not lower-case hexadecimal.
    #[error("invalid checksum digest format")]
    InvalidFormat,
}

impl Digest {
    /// The algorithm that made this digest.
    pub const fn algorithm(&self) -> Algorithm {
        match self {
            Digest::Sha256(_) => Algorithm::Sha256,
            Digest::Sha512(_) => Algorithm::Sha512,
        }
    }

    /// The raw hash, 32 or 64 bytes.
    pub const fn hash(&self) -> &[u8] {
        match self {
            Digest::Sha256(hash) => hash,
            Digest::Sha512(hash) => hash,
        }
    }

    /// The hash as lower-case hexadecimal, without the algorithm.
    pub fn hex(&self) -> String {
        hex::encode(self.hash())
    }

    /// The form that a database column holds: one byte for the algorithm, then the raw hash.
    pub fn to_column(&self) -> Vec<u8> {
        let mut column = Vec::with_capacity(1 + self.hash().len());
        column.push(self.algorithm().tag());
        column.extend_from_slice(self.hash());
        column
    }

    /// Reads [`Digest::to_column`] back.
    pub fn from_column(column: &[u8]) -> Result<Self, DigestError> {
        match column.split_first() {
            Some((1, hash)) => hash.try_into().map(Digest::Sha256).map_err(|_| DigestError::InvalidFormat),
            Some((2, hash)) => hash.try_into().map(Digest::Sha512).map_err(|_| DigestError::InvalidFormat),
            _ => Err(DigestError::UnsupportedAlgorithm),
        }
    }

    /// The first twelve hexadecimal digits, as people read them.
    pub fn short(&self) -> String {
        hex::encode(&self.hash()[..6])
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let (algorithm, encoded) = text.split_once(':').ok_or(DigestError::InvalidFormat)?;
        // Upper-case digits name the same bytes by another text, which would split caches and links.
        if encoded.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(DigestError::InvalidFormat);
        }
        match algorithm.parse()? {
            Algorithm::Sha256 => {
                let mut hash = [0; 32];
                hex::decode_to_slice(encoded, &mut hash).map_err(|_| DigestError::InvalidFormat)?;
                Ok(Digest::Sha256(hash))
            }
            Algorithm::Sha512 => {
                let mut hash = [0; 64];
                hex::decode_to_slice(encoded, &mut hash).map_err(|_| DigestError::InvalidFormat)?;
                Ok(Digest::Sha512(hash))
            }
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm().as_str(), self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_survives_text_and_column() {
        for text in [format!("sha256:{}", "ab".repeat(32)), format!("sha512:{}", "0f".repeat(64))] {
            let digest: Digest = text.parse().unwrap();
            assert_eq!(digest.to_string(), text);
            assert_eq!(Digest::from_column(&digest.to_column()), Ok(digest));
        }
    }

    #[test]
    fn what_is_no_digest_is_refused() {
        let upper = format!("sha256:{}", "AB".repeat(32));
        let unknown = format!("blake3:{}", "ab".repeat(32));
        for text in ["", "sha256", "sha256:", "sha256:baddigeststring", "sha256:abcd", "sha512:00", &upper, ":ab"] {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
        assert_eq!(unknown.parse::<Digest>(), Err(DigestError::UnsupportedAlgorithm));
        assert!(Digest::from_column(&[]).is_err());
        assert!(Digest::from_column(&[1, 2, 3]).is_err());
    }
}
