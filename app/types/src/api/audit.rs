//! The audit log (Harbor's `auditlog` operations).

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// An entry of the audit log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditLogExt {
    /// Row id.
    pub id: i64,
    /// Who.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// What it was done to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub resource: String,
    /// Its kind, for example `artifact`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub resource_type: String,
    /// `create`, `delete`, `pull`, `login`, …
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub operation: String,
    /// A sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub operation_description: String,
    /// Whether it worked.
    pub operation_result: bool,
    /// When.
    pub op_time: Timestamp,
    /// From where. Harbor's own answers lack it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub client_address: String,
}

/// An entry as the older `audit-logs` shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditLog {
    /// Row id.
    pub id: i64,
    /// Who.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// What it was done to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub resource: String,
    /// Its kind.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub resource_type: String,
    /// `create`, `delete`, `pull`, …
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub operation: String,
    /// When.
    pub op_time: Timestamp,
}

/// A kind of event that can be logged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditLogEventType {
    /// For example `create_artifact`.
    pub event_type: String,
}
