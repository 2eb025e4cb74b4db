//! Blobs and manifests that depend on a seed and on nothing else.

use berth_types::{Digest, media_type};
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const CONFIG: &str = "application/vnd.example.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// sha256 of some bytes.
pub fn sha256(bytes: &[u8]) -> Digest {
    Digest::Sha256(Sha256::digest(bytes).into())
}

/// Bytes with their sha256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// sha256 of the bytes.
    pub digest: Digest,
    /// The bytes.
    pub bytes: Bytes,
}

impl Blob {
    /// `size` bytes that depend on the seed and do not repeat soon.
    pub fn random(seed: &str, size: usize) -> Self {
        let mut bytes = Vec::with_capacity(size + 32);
        let mut block: [u8; 32] = Sha256::digest(seed).into();
        while bytes.len() < size {
            bytes.extend_from_slice(&block);
            block = Sha256::digest(block).into();
        }
        bytes.truncate(size);
        Blob { digest: sha256(&bytes), bytes: bytes.into() }
    }
}

/// A manifest as it is pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// sha256 of the bytes.
    pub digest: Digest,
    /// The bytes.
    pub bytes: Bytes,
}

impl Manifest {
    /// What it is pushed as.
    pub const MEDIA_TYPE: &str = media_type::OCI_MANIFEST;

    /// A manifest of a configuration and layers, given as digest and size; the configuration comes first.
    pub fn new(seed: &str, blobs: &[(Digest, usize)], subject: Option<&Manifest>) -> Self {
        let mut descriptors = blobs
            .iter()
            .enumerate()
            .map(|(position, (digest, size))| descriptor(if position == 0 { CONFIG } else { LAYER }, digest, *size));
        let mut manifest = json!({
            "schemaVersion": 2, "mediaType": Self::MEDIA_TYPE, "config": descriptors.next(),
            "layers": descriptors.collect::<Vec<_>>(), "annotations": { "org.example.seed": seed },
        });
        if let Some(subject) = subject {
            manifest["subject"] = descriptor(Self::MEDIA_TYPE, &subject.digest, subject.bytes.len());
        }
        let bytes = Bytes::from(manifest.to_string());
        Manifest { digest: sha256(&bytes), bytes }
    }
}

fn descriptor(media_type: &str, digest: &Digest, size: usize) -> Value {
    json!({ "mediaType": media_type, "digest": digest.to_string(), "size": size })
}
