//! What lies in an artifact and what refers to it (`/api/berth/v1`), beside what Harbor tells.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A line of what an index lists.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IndexChild {
    /// Digest of the manifest.
    pub digest: String,
    /// Media type of the manifest.
    #[serde(default)]
    pub media_type: String,
    /// `os/architecture[/variant]`; empty where nothing tells.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub platform: String,
    /// Whether a builder says with it something about another line (`vnd.docker.reference.type`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub attestation: bool,
    /// Digest of the line that it is about (`vnd.docker.reference.digest`).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// Bytes of the manifest with everything it points at; of the manifest alone where the repository does not have it.
    #[serde(default)]
    pub size: i64,
    /// How many layers it has.
    #[serde(default)]
    pub layers: i64,
    /// How many manifests refer to it.
    #[serde(default)]
    pub referrers: i64,
    /// Whether the repository has it.
    #[serde(default)]
    pub present: bool,
}

/// A blob that a manifest points at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContentFile {
    /// Digest.
    pub digest: String,
    /// Media type.
    #[serde(default)]
    pub media_type: String,
    /// Bytes.
    #[serde(default)]
    pub size: i64,
    /// Its name (`org.opencontainers.image.title`); empty where it has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// What it says about its subject (`in-toto.io/predicate-type`); empty where it says nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub predicate_type: String,
    /// Whether the repository has the bytes.
    #[serde(default)]
    pub present: bool,
}

/// A manifest that refers to another, with what refers to it in turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReferrerNode {
    /// Digest.
    pub digest: String,
    /// Media type of the manifest.
    #[serde(default)]
    pub media_type: String,
    /// `artifactType`, or the configuration's media type.
    #[serde(default)]
    pub artifact_type: String,
    /// What it is to its subject, in Harbor's words: `signature.cosign`, `subject.accessory`, …
    #[serde(default)]
    pub kind: String,
    /// Bytes with everything it points at.
    #[serde(default)]
    pub size: i64,
    /// When it was pushed.
    pub push_time: Timestamp,
    /// Its annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Its first layers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<ContentFile>,
    /// How many manifests refer to it.
    #[serde(default)]
    pub referrer_count: i64,
    /// The first of them, some levels deep.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    pub referrers: Vec<ReferrerNode>,
}

/// What a statement says went into a build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Material {
    /// Where it came from.
    pub uri: String,
    /// `algorithm:hex`; empty where none is given.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub digest: String,
}

/// A statement about an artifact, as facts. Nothing of it is verified.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attestation {
    /// Digest of the manifest that holds the statement.
    pub manifest: String,
    /// Digest of the statement.
    pub digest: String,
    /// Bytes of the statement.
    #[serde(default)]
    pub size: i64,
    /// The platform of the image that it is about; empty where it is about the artifact itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub platform: String,
    /// What kind of statement: `https://slsa.dev/provenance/v1`, …
    #[serde(default)]
    pub predicate_type: String,
    /// Whether a signature is around it.
    #[serde(default)]
    pub signed: bool,
    /// Who built.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub builder: String,
    /// How it was built.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub build_type: String,
    /// From what source.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// From what commit.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub revision: String,
    /// What was called there: a Dockerfile, a workflow.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub entry_point: String,
    /// When the build began, as the statement says.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub started: String,
    /// When the build ended, as the statement says.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub finished: String,
    /// The first of what went into the build.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub materials: Vec<Material>,
    /// How much went into the build.
    #[serde(default)]
    pub material_count: i64,
    /// Why it was not read: `absent`, `too_large`, `unreadable`, `too_many`; empty where it was, or where its kind has
    /// nothing to be read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub problem: String,
}

/// A list of what an artifact is made of, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SbomDocument {
    /// Digest of the document.
    pub digest: String,
    /// Digest of the manifest that holds it.
    pub manifest: String,
    /// `SPDX` or `CycloneDX`; empty where only the content tells.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub format: String,
    /// Media type of the document.
    #[serde(default)]
    pub media_type: String,
    /// Bytes of the document.
    #[serde(default)]
    pub size: i64,
    /// The platform of the image that it is about; empty where it is about the artifact itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub platform: String,
    /// Whether the repository has the bytes.
    #[serde(default)]
    pub present: bool,
}

/// A package in an SBOM.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SbomPackage {
    /// Name.
    pub name: String,
    /// Version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// `deb`, `npm`, … by its package URL; what the document calls it where it has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Licences, as the document says.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub licence: String,
    /// Package URL.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub purl: String,
}
