//! Scanners of vulnerabilities (Harbor's `scanner` operations): what is registered, and what an adapter says of itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::Timestamp;

/// A registered scanner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScannerRegistration {
    /// Its id.
    pub uuid: String,
    /// Name.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Address of the adapter.
    #[cfg_attr(feature = "openapi", schema(format = "uri"))]
    pub url: String,
    /// Whether it is not used.
    pub disabled: bool,
    /// Whether projects without one of their own use it.
    pub is_default: bool,
    /// How the adapter is told who asks: empty, `Basic`, `Bearer` or `APIKey`.
    pub auth: String,
    /// Always empty: no answer carries a credential.
    pub access_credential: String,
    /// Whether the adapter's certificate is not checked.
    #[serde(rename = "skip_certVerify")]
    pub skip_cert_verify: bool,
    /// Whether it pulls by the server's internal address.
    pub use_internal_addr: bool,
    /// When it was made.
    pub create_time: Timestamp,
    /// When it was last changed.
    pub update_time: Timestamp,
    /// The adapter's own name, where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<String>,
    /// Who makes it, where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// Its version, where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// `healthy` or `unhealthy`, where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<String>,
    /// `support_vulnerability` and `support_sbom`, as the adapter said last; null where it never did.
    pub capabilities: Option<BTreeMap<String, bool>>,
}

/// A scanner to be registered, or what it is changed to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScannerRegistrationReq {
    /// Name.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required, value_type = String))]
    pub name: Option<String>,
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// Address of the adapter.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required, value_type = String, format = "uri"))]
    pub url: Option<String>,
    /// How the adapter is told who asks: empty, `Basic`, `Bearer` or `APIKey`.
    #[serde(default)]
    pub auth: String,
    /// With what; empty keeps what is there.
    #[serde(default)]
    pub access_credential: String,
    /// Whether the adapter's certificate is not checked.
    #[serde(default, rename = "skip_certVerify")]
    pub skip_cert_verify: bool,
    /// Whether it pulls by the server's internal address.
    #[serde(default)]
    pub use_internal_addr: bool,
    /// Whether it is not used.
    #[serde(default)]
    pub disabled: bool,
}

/// An adapter to be tried.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScannerRegistrationSettings {
    /// Name.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required, value_type = String))]
    pub name: Option<String>,
    /// Address of the adapter.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required, value_type = String, format = "uri"))]
    pub url: Option<String>,
    /// How the adapter is told who asks: empty, `Basic`, `Bearer` or `APIKey`.
    #[serde(default)]
    pub auth: String,
    /// With what.
    #[serde(default)]
    pub access_credential: String,
}

/// Whether a scanner becomes the one of all projects that have none of their own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IsDefault {
    /// False changes nothing.
    #[serde(default)]
    pub is_default: bool,
}

/// The scanner that a project chooses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectScanner {
    /// Its id.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required, value_type = String))]
    pub uuid: Option<String>,
}

/// What an adapter says of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScannerAdapterMetadata {
    /// Which scanner it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scanner: Option<Scanner>,
    /// What it can do.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub capabilities: Vec<ScannerCapability>,
    /// Anything else, text by key.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub properties: BTreeMap<String, String>,
}

/// Which scanner an adapter drives.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Scanner {
    /// Name.
    #[serde(default)]
    pub name: String,
    /// Who makes it.
    #[serde(default)]
    pub vendor: String,
    /// Version.
    #[serde(default)]
    pub version: String,
}

/// One thing that an adapter can do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScannerCapability {
    /// `vulnerability` or `sbom`; adapters of the first specification leave it out and find vulnerabilities.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// Media types of manifests that it takes.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub consumes_mime_types: Vec<String>,
    /// Media types of reports that it makes.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub produces_mime_types: Vec<String>,
}

/// Adapters written in Go say null for what is empty.
fn null_is_empty<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
