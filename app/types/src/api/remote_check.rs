//! What a test of the connection to another registry found, step by step.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A test of the connection to a registry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistryCheck {
    /// Whether no step failed.
    pub usable: bool,
    /// `dns`, `tcp`, `tls`, `http`, `sign_in` and `catalog`, in this order. After one that failed none is tried.
    pub steps: Vec<RegistryCheckStep>,
}

/// One step of the test.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistryCheckStep {
    /// What was tried.
    pub name: String,
    /// `passed`, `warning`, `failed`, or `skipped` where it was not tried.
    pub state: String,
    /// How long it took, in milliseconds; absent where it was not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Why it did not pass, as a code: `not_tried`, `unresolved`, `denied`, `late`, `unreachable`, `plain`,
    /// `certificate`, `unchecked`, `handshake`, `not_a_registry`, `unsupported`, `anonymous`, `not_asked`, `credential`,
    /// `token`, `realm`, `not_listed`; empty where it passed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The cause in words; never a secret.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The addresses behind the name, in a `dns` step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// The port, in a `tcp` step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// What the handshake showed, in a `tls` step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<RegistryCheckTls>,
    /// The status of the last answer, in steps that ask by HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How the registry wants to know who asks, in an `http` step: `basic`, `bearer`, or empty for not at all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scheme: String,
}

/// What the handshake of TLS showed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistryCheckTls {
    /// `1.2` or `1.3`.
    pub version: String,
    /// The name that the certificate was looked at for.
    pub server_name: String,
    /// Certificates that were sent.
    pub chain: u64,
    /// When the first of them ends; absent where it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}
