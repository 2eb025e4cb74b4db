//! What fuzzing reaches of the rules without a database: what is derived from a manifest and its configuration.

use berth_types::{Digest, manifest::Manifest};
use serde_json::{Map, Value};

use crate::{artifact_kind, manifest};

/// What the rows of a manifest would say.
#[derive(Debug)]
pub struct Derived {
    /// The kind of artifact.
    pub kind: String,
    /// What the lists show of an image's configuration.
    pub attributes: Map<String, Value>,
    /// Role, digest and kept descriptor of everything that it points at.
    pub references: Vec<(&'static str, Digest, Option<String>)>,
}

/// Derives it from a manifest and the bytes of its configuration.
pub fn derive(manifest: &Manifest, config: &[u8]) -> Derived {
    let media_type = manifest.config.as_ref().map_or("", |config| config.media_type.as_str());
    let references = manifest::references(manifest);
    Derived {
        kind: artifact_kind::name_of(media_type),
        attributes: serde_json::from_slice(config).map(artifact_kind::image_attrs).unwrap_or_default(),
        references: references.into_iter().map(|line| (line.role, line.digest, line.descriptor)).collect(),
    }
}
