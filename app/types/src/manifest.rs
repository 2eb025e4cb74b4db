//! What Berth reads of a manifest. It is never written back: the pushed bytes are the truth.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::IgnoredAny};

use crate::{Digest, media_type};

/// The largest manifest, in bytes; more is 413.
pub const MANIFEST_SIZE_BYTES_MAX: usize = 4 << 20;
/// The most descriptors in one manifest.
pub const DESCRIPTORS_MAX: usize = 10_000;

/// A pointer to content (image-spec, "Content Descriptors").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// The media type of the content.
    #[serde(default)]
    pub media_type: String,
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: i64,
    /// Where else it can be had; foreign layers have no copy here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// Free text by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// The platform, in an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// The artifact type, in a list of referrers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
}

/// What a child of an index runs on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Platform {
    /// CPU architecture, for example `amd64`.
    #[serde(default)]
    pub architecture: String,
    /// Operating system, for example `linux`.
    #[serde(default)]
    pub os: String,
    /// Version of the operating system (Windows).
    #[serde(default, rename = "os.version", skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// Variant of the CPU, for example `v8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl Platform {
    /// `linux/arm64/v8`.
    pub fn label(&self) -> String {
        match &self.variant {
            Some(variant) => format!("{}/{}/{variant}", self.os, self.architecture),
            None => format!("{}/{}", self.os, self.architecture),
        }
    }
}

/// A parsed manifest of one of the four accepted types.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The media type it is stored under.
    pub media_type: String,
    /// `artifactType`, if it says one.
    pub artifact_type: Option<String>,
    /// The configuration blob of an image or artifact.
    pub config: Option<Descriptor>,
    /// The layer blobs of an image or artifact.
    pub layers: Vec<Descriptor>,
    /// The children of an index.
    pub manifests: Vec<Descriptor>,
    /// What it refers to.
    pub subject: Option<Descriptor>,
    /// Its own annotations.
    pub annotations: BTreeMap<String, String>,
}

impl Manifest {
    /// What a list of referrers shows as `artifactType`: its own, else the configuration's media type (spec,
    /// "Listing Referrers"); nothing for an index that does not say.
    pub fn referrer_artifact_type(&self) -> Option<&str> {
        self.artifact_type
            .as_deref()
            .filter(|text| !text.is_empty())
            .or_else(|| self.config.as_ref().map(|config| config.media_type.as_str()))
    }

    /// Whether it lists manifests.
    pub fn is_index(&self) -> bool {
        media_type::is_index(&self.media_type)
    }
}

/// Why bytes are no manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Not JSON, or a field of the wrong type.
    #[error("manifest invalid: {0}")]
    Json(String),
    /// A media type that Berth does not store.
    #[error("manifest media type {0:?} is not supported")]
    MediaType(String),
    /// `mediaType` in the body differs from the request's (CVE-2021-41190).
    #[error("media type {body:?} of the manifest does not match content type {header:?}")]
    MediaTypeMismatch {
        /// What the request said.
        header: String,
        /// What the body says.
        body: String,
    },
    /// A field whose name differs only in case from one that counts: some readers take it for the same (CVE-2021-41190).
    #[error("manifest has a field {0:?}, whose case is wrong")]
    Case(String),
    /// Both `layers` or `config` and `manifests` (CVE-2021-41190).
    #[error("manifest has both layers and manifests")]
    Ambiguous,
    /// An image without `config`, or an index without `manifests`.
    #[error("manifest has no {0}")]
    Missing(&'static str),
    /// `schemaVersion` is not 2.
    #[error("schema version {0} is not supported")]
    SchemaVersion(i64),
    /// A descriptor with a negative size.
    #[error("descriptor {0} has a negative size")]
    Size(Digest),
    /// More than [`DESCRIPTORS_MAX`] descriptors.
    #[error("manifest has more than {DESCRIPTORS_MAX} descriptors")]
    TooMany,
}

/// The fields that count.
const FIELDS: [&str; 8] =
    ["schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "subject", "annotations"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    schema_version: Option<i64>,
    media_type: Option<String>,
    artifact_type: Option<String>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    manifests: Option<Vec<Descriptor>>,
    subject: Option<Descriptor>,
    annotations: Option<BTreeMap<String, String>>,
}

/// Reads a manifest pushed under a `Content-Type`, which may be missing.
///
/// # Errors
/// [`ManifestError`], which is 400 `MANIFEST_INVALID` at the edge.
pub fn parse(content_type: Option<&str>, bytes: &[u8]) -> Result<Manifest, ManifestError> {
    let raw: Raw = serde_json::from_slice(bytes).map_err(|error| ManifestError::Json(error.to_string()))?;
    let fields: BTreeMap<String, IgnoredAny> =
        serde_json::from_slice(bytes).map_err(|error| ManifestError::Json(error.to_string()))?;
    let is_alike = |field: &String| FIELDS.iter().any(|known| known != field && known.eq_ignore_ascii_case(field));
    if let Some(field) = fields.into_keys().find(is_alike) {
        return Err(ManifestError::Case(field));
    }
    let header = content_type.map(media_type::essence).filter(|text| !text.is_empty());
    let body = raw.media_type.clone().filter(|text| !text.is_empty());
    let media_type = match (header, body) {
        (Some(header), Some(body)) if header != body.to_ascii_lowercase() => {
            return Err(ManifestError::MediaTypeMismatch { header, body });
        }
        (Some(header), _) => header,
        (None, Some(body)) => body,
        (None, None) if raw.manifests.is_some() => media_type::OCI_INDEX.to_owned(),
        (None, None) => media_type::OCI_MANIFEST.to_owned(),
    };
    if !media_type::is_manifest(&media_type) {
        return Err(ManifestError::MediaType(media_type));
    }
    match raw.schema_version {
        Some(2) => {}
        other => return Err(ManifestError::SchemaVersion(other.unwrap_or_default())),
    }
    let is_image = raw.config.is_some() || raw.layers.is_some();
    if is_image && raw.manifests.is_some() {
        return Err(ManifestError::Ambiguous);
    }
    if media_type::is_index(&media_type) {
        if raw.manifests.is_none() {
            return Err(ManifestError::Missing("manifests"));
        }
    } else if raw.config.is_none() {
        return Err(ManifestError::Missing("config"));
    }
    let manifest = Manifest {
        media_type,
        artifact_type: raw.artifact_type,
        config: raw.config,
        layers: raw.layers.unwrap_or_default(),
        manifests: raw.manifests.unwrap_or_default(),
        subject: raw.subject,
        annotations: raw.annotations.unwrap_or_default(),
    };
    let descriptors = || {
        let children = manifest.layers.iter().chain(&manifest.manifests);
        children.chain(&manifest.config).chain(&manifest.subject)
    };
    if descriptors().count() > DESCRIPTORS_MAX {
        return Err(ManifestError::TooMany);
    }
    if let Some(bad) = descriptors().find(|descriptor| descriptor.size < 0) {
        return Err(ManifestError::Size(bad.digest));
    }
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest() -> String {
        format!("sha256:{}", "a".repeat(64))
    }

    fn image(extra: &str) -> Vec<u8> {
        format!(r#"{{"schemaVersion":2,"config":{{"mediaType":"x/y","digest":"{}","size":2}}{extra}}}"#, digest())
            .into_bytes()
    }

    #[test]
    fn an_image_and_an_index_are_read() {
        let manifest = parse(Some("application/vnd.oci.image.manifest.v1+json; charset=utf-8"), &image("")).unwrap();
        assert_eq!(manifest.media_type, media_type::OCI_MANIFEST);
        assert_eq!(manifest.referrer_artifact_type(), Some("x/y"));
        let index = parse(None, br#"{"schemaVersion":2,"manifests":[]}"#).unwrap();
        assert!(index.is_index());
        assert_eq!(index.referrer_artifact_type(), None);
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        let mixed = image(r#","manifests":[]"#);
        assert_eq!(parse(None, &mixed).unwrap_err(), ManifestError::Ambiguous);
        for field in ["Layers", "MANIFESTS", "mediatype"] {
            let alike = image(&format!(r#","{field}":[]"#));
            assert_eq!(parse(None, &alike).unwrap_err(), ManifestError::Case(field.to_owned()));
        }
        let typed = image(r#","mediaType":"application/vnd.oci.image.manifest.v1+json""#);
        assert!(matches!(
            parse(Some(media_type::DOCKER_MANIFEST), &typed),
            Err(ManifestError::MediaTypeMismatch { .. })
        ));
        assert!(matches!(parse(Some("text/plain"), &image("")), Err(ManifestError::MediaType(_))));
        assert!(matches!(parse(Some(media_type::DOCKER_SCHEMA1), &image("")), Err(ManifestError::MediaType(_))));
        for bad in
            ["", "{}", "[]", "null", r#"{"schemaVersion":1}"#, r#"{"schemaVersion":2}"#, r#"{"schemaVersion":"2"}"#]
        {
            assert!(parse(None, bad.as_bytes()).is_err(), "{bad}");
        }
        let deep = "[".repeat(100_000);
        assert!(parse(None, deep.as_bytes()).is_err());
    }
}
