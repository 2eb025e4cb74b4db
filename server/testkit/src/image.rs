//! Blobs, images, indexes and artifacts, built from a seed so that two tests never share content by accident.

use berth_types::{Digest, media_type};
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};

/// Media type of a compressed layer.
pub const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// Media type of an image configuration.
pub const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// Media type of the empty object that stands for a missing configuration.
pub const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// Bytes with their digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// sha256 unless made by [`Blob::sha512`].
    pub digest: Digest,
    /// The bytes.
    pub bytes: Bytes,
}

impl Blob {
    /// A blob named by its sha256.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Blob { digest: sha256(&bytes), bytes }
    }

    /// A blob named by its sha512.
    pub fn sha512(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Blob { digest: Digest::Sha512(Sha512::digest(&bytes).into()), bytes }
    }

    /// `size` bytes that depend on the seed and do not repeat soon.
    pub fn random(seed: &str, size: usize) -> Self {
        let mut bytes = Vec::with_capacity(size + 32);
        let mut block: [u8; 32] = Sha256::digest(seed).into();
        while bytes.len() < size {
            bytes.extend_from_slice(&block);
            block = Sha256::digest(block).into();
        }
        bytes.truncate(size);
        Blob::new(bytes)
    }

    /// The descriptor by which a manifest points at it.
    pub fn descriptor(&self, media_type: &str) -> Value {
        json!({ "mediaType": media_type, "digest": self.digest.to_string(), "size": self.bytes.len() })
    }
}

/// A manifest of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// What it is pushed as.
    pub media_type: String,
    /// sha256 of the bytes.
    pub digest: Digest,
    /// The bytes.
    pub bytes: Bytes,
}

impl Manifest {
    /// A manifest from JSON, in the order in which `serde_json` writes it.
    pub fn new(media_type: &str, json: &Value) -> Self {
        Manifest::raw(media_type, json.to_string())
    }

    /// A manifest from bytes, whatever they are.
    pub fn raw(media_type: &str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Manifest { media_type: media_type.to_owned(), digest: sha256(&bytes), bytes }
    }

    /// An index of manifests, each on a platform of its own.
    pub fn index(children: &[&Manifest]) -> Self {
        let architectures = ["amd64", "arm64", "riscv64", "s390x", "ppc64le"];
        let manifests: Vec<Value> = children
            .iter()
            .zip(architectures.iter().cycle())
            .map(|(child, architecture)| {
                let mut descriptor = child.descriptor();
                descriptor["platform"] = json!({ "os": "linux", "architecture": architecture });
                descriptor
            })
            .collect();
        let json = json!({ "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": manifests });
        Manifest::new(media_type::OCI_INDEX, &json)
    }

    /// The descriptor by which others point at it.
    pub fn descriptor(&self) -> Value {
        json!({ "mediaType": self.media_type, "digest": self.digest.to_string(), "size": self.bytes.len() })
    }

    /// Its sha512, for pushes under that.
    pub fn sha512(&self) -> Digest {
        Digest::Sha512(Sha512::digest(&self.bytes).into())
    }
}

/// An image or artifact with everything that a push of it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Configuration and layers.
    pub blobs: Vec<Blob>,
    /// The manifest that names them.
    pub manifest: Manifest,
}

impl Image {
    /// A Linux image with layers of about a kilobyte.
    pub fn new(seed: &str, layers: usize) -> Self {
        let layers: Vec<Blob> = (0..layers).map(|n| Blob::random(&format!("{seed} layer {n}"), 1000 + n)).collect();
        Image::of(seed, layers, media_type::OCI_MANIFEST, CONFIG, LAYER)
    }

    /// The same in docker's schema 2.
    pub fn docker(seed: &str, layers: usize) -> Self {
        let layers: Vec<Blob> = (0..layers).map(|n| Blob::random(&format!("{seed} layer {n}"), 1000 + n)).collect();
        let config = "application/vnd.docker.container.image.v1+json";
        let layer = "application/vnd.docker.image.rootfs.diff.tar.gzip";
        Image::of(seed, layers, media_type::DOCKER_MANIFEST, config, layer)
    }

    /// An image with the given layers.
    pub fn with_layers(seed: &str, layers: Vec<Blob>) -> Self {
        Image::of(seed, layers, media_type::OCI_MANIFEST, CONFIG, LAYER)
    }

    fn of(seed: &str, layers: Vec<Blob>, media_type: &str, config_type: &str, layer_type: &str) -> Self {
        let ids: Vec<String> = layers.iter().map(|layer| layer.digest.to_string()).collect();
        let history: Vec<Value> = (0..layers.len())
            .map(|n| json!({ "created": "2024-01-02T03:04:05Z", "created_by": format!("RUN step {n}") }))
            .collect();
        let config = json!({
            "architecture": "amd64", "os": "linux", "author": seed, "created": "2024-01-02T03:04:05Z",
            "config": { "Env": ["PATH=/bin"], "Cmd": ["/hello"] },
            "rootfs": { "type": "layers", "diff_ids": ids }, "history": history,
        });
        let config = Blob::new(config.to_string());
        let json = json!({
            "schemaVersion": 2, "mediaType": media_type, "config": config.descriptor(config_type),
            "layers": layers.iter().map(|layer| layer.descriptor(layer_type)).collect::<Vec<_>>(),
        });
        let blobs = std::iter::once(config).chain(layers).collect();
        Image { blobs, manifest: Manifest::new(media_type, &json) }
    }

    /// An artifact that refers to a manifest, such as a signature.
    pub fn referring(subject: &Manifest, artifact_type: &str, seed: &str) -> Self {
        let (config, layer) = (Blob::new("{}"), Blob::new(format!("content of {seed}")));
        let json = json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "artifactType": artifact_type,
            "config": config.descriptor(EMPTY), "layers": [layer.descriptor("application/octet-stream")],
            "subject": subject.descriptor(), "annotations": { "org.example.seed": seed },
        });
        Image { blobs: vec![config, layer], manifest: Manifest::new(media_type::OCI_MANIFEST, &json) }
    }

    /// Bytes that a project is charged for it: blobs and the manifest itself.
    pub fn size(&self) -> u64 {
        let blobs: usize = self.blobs.iter().map(|blob| blob.bytes.len()).sum();
        (blobs + self.manifest.bytes.len()) as u64
    }
}

/// sha256 of some bytes.
pub fn sha256(bytes: &[u8]) -> Digest {
    Digest::Sha256(Sha256::digest(bytes).into())
}
