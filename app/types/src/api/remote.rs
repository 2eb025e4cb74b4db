//! Other registries that artifacts come from or go to (Harbor's `registry` operations).

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// What is shown in the place of a stored secret.
pub const MASKED_SECRET: &str = "*****";

/// A registry that artifacts come from or go to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Registry {
    /// Row id; 0 is this server itself.
    #[serde(default)]
    pub id: i64,
    /// Where it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// Name, unique among registries.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// How this server signs in there; an empty object where it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<RegistryCredential>,
    /// What it is, for example `harbor`.
    #[serde(rename = "type", default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Whether any certificate is good enough.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub insecure: bool,
    /// Certificates, as PEM, that are trusted in the place of the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_certificate: Option<String>,
    /// Free text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// `healthy`, `unhealthy`, or `unknown` where this server cannot tell.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// When it was made.
    #[serde(default = "never")]
    pub creation_time: Timestamp,
    /// When it was last changed.
    #[serde(default = "never")]
    pub update_time: Timestamp,
}

fn never() -> Timestamp {
    Timestamp::NEVER
}

impl Default for Registry {
    fn default() -> Self {
        Registry {
            id: 0,
            url: String::new(),
            name: String::new(),
            credential: None,
            kind: String::new(),
            insecure: false,
            ca_certificate: None,
            description: String::new(),
            status: String::new(),
            creation_time: Timestamp::NEVER,
            update_time: Timestamp::NEVER,
        }
    }
}

/// How this server signs in at another registry. The secret is written only; answers show [`MASKED_SECRET`].
#[derive(Clone, PartialEq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistryCredential {
    /// `basic`, `oauth` or `secret`.
    #[serde(rename = "type", default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// For example the name of an account.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub access_key: String,
    /// For example its password.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub access_secret: String,
}

impl fmt::Debug for RegistryCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryCredential")
            .field("kind", &self.kind)
            .field("access_key", &self.access_key)
            .finish_non_exhaustive()
    }
}

/// Changes of a registry; what is left out stays.
#[derive(Clone, PartialEq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistryUpdate {
    /// Name, unique among registries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// `basic`, `oauth` or `secret`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_type: Option<String>,
    /// For example the name of an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key: Option<String>,
    /// For example its password. Needed again where address, type or CA certificate change, or certificates are no longer verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_secret: Option<String>,
    /// Whether any certificate is good enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insecure: Option<bool>,
    /// Certificates, as PEM, that are trusted in the place of the system's; empty for the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_certificate: Option<String>,
}

/// A registry to be asked whether it answers: a stored one, a new one, or a stored one with changes.
#[derive(Clone, PartialEq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistryPing {
    /// Row id of a stored one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// What it is, for example `harbor`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// `basic`, `oauth` or `secret`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_type: Option<String>,
    /// For example the name of an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key: Option<String>,
    /// For example its password. Needed where a stored registry is tried at another host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_secret: Option<String>,
    /// Whether any certificate is good enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insecure: Option<bool>,
    /// Certificates, as PEM, that are trusted in the place of the system's; empty for the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_certificate: Option<String>,
}

/// What policies can do with a registry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistryInfo {
    /// What it is, for example `harbor`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The filters of policies that take from it.
    pub supported_resource_filters: Vec<FilterStyle>,
    /// What can start such a policy.
    pub supported_triggers: Vec<String>,
    /// Whether it takes blobs in pieces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supported_copy_by_chunk: Option<bool>,
}

/// How a form shows a filter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FilterStyle {
    /// `name`, `tag`, `label` or `resource`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `input`, `list` or `radio`.
    pub style: String,
    /// What can be chosen; null where anything can be written.
    pub values: Option<Vec<String>>,
}

/// What a form needs to know of a type of registry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistryProviderInfo {
    /// Where registries of this type are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_pattern: Option<RegistryProviderEndpointPattern>,
    /// What their credentials look like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_pattern: Option<RegistryProviderCredentialPattern>,
}

/// Types of registry by name.
pub type RegistryProviderInfos = BTreeMap<String, RegistryProviderInfo>;

/// Where registries of a type are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistryProviderEndpointPattern {
    /// `EndpointPatternTypeFix` for one address, `EndpointPatternTypeList` for a choice.
    pub endpoint_type: String,
    /// The addresses.
    pub endpoints: Vec<RegistryEndpoint>,
}

/// What credentials of a type of registry look like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistryProviderCredentialPattern {
    /// `AccessKeyTypeFix` where the key is always the same.
    pub access_key_type: String,
    /// That key.
    pub access_key_data: String,
    /// `AccessSecretTypeFile` where the secret is a file.
    pub access_secret_type: String,
    /// A word about the secret.
    pub access_secret_data: String,
}

/// An address that a form offers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistryEndpoint {
    /// What it is called.
    pub key: String,
    /// The address.
    pub value: String,
}
