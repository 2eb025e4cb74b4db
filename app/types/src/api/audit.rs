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
}

/// An entry of the audit log with what Harbor leaves out (`/api/berth/v1`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
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
    /// From where.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub client_address: String,
}

impl From<AuditEntry> for AuditLogExt {
    fn from(entry: AuditEntry) -> Self {
        AuditLogExt {
            id: entry.id,
            username: entry.username,
            resource: entry.resource,
            resource_type: entry.resource_type,
            operation: entry.operation,
            operation_description: entry.operation_description,
            operation_result: entry.operation_result,
            op_time: entry.op_time,
        }
    }
}

impl From<AuditEntry> for AuditLog {
    fn from(entry: AuditEntry) -> Self {
        AuditLog {
            id: entry.id,
            username: entry.username,
            resource: entry.resource,
            resource_type: entry.resource_type,
            operation: entry.operation,
            op_time: entry.op_time,
        }
    }
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
