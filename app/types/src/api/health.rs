//! How the parts of the system are.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The database.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DatabaseHealth {
    /// Whether it answers.
    pub works: bool,
    /// `sqlite` or `postgresql`.
    pub kind: String,
    /// Its version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Its bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<i64>,
    /// How long it took to answer, in milliseconds.
    pub milliseconds: u64,
    /// How far its clock is ahead of the server's, in milliseconds; missing where it has none of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_ahead_milliseconds: Option<i64>,
}

/// The storage.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StorageHealth {
    /// Whether something could be written and made durable.
    pub works: bool,
    /// How long that took, in milliseconds.
    pub milliseconds: u64,
    /// Bytes of all blobs.
    pub used_bytes: u64,
    /// Bytes that are free; missing where the storage does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_bytes: Option<u64>,
    /// Bytes of the volume; missing where the storage does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_bytes: Option<u64>,
}

/// The queue of jobs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueueHealth {
    /// Whether this node looks for jobs.
    pub works: bool,
    /// Jobs that could begin now.
    pub waiting: i64,
    /// For how long the oldest one has waited, in seconds.
    pub oldest_seconds: i64,
    /// Jobs that run.
    pub running: i64,
    /// Places for jobs on all nodes.
    pub workers: i64,
    /// Nodes that run jobs.
    pub nodes: i64,
    /// Kinds that are paused.
    pub paused: Vec<String>,
}

/// The certificate that the server shows its clients.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CertificateHealth {
    /// When it ends; missing where it cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
}

/// A scanner as it was registered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScannerHealth {
    /// Its name.
    pub name: String,
    /// Whether it may not be used.
    pub disabled: bool,
    /// Whether projects use it that chose none.
    pub is_default: bool,
    /// Whether it answered.
    pub works: bool,
    /// How long it took to answer, in milliseconds.
    pub milliseconds: u64,
    /// Why it did not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How the parts of the system are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HealthReport {
    /// The version of the server.
    pub version: String,
    /// When this node started.
    pub started_at: Timestamp,
    /// When it was looked.
    pub checked_at: Timestamp,
    /// The address that clients use; missing where the configuration does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_url: Option<String>,
    /// The database.
    pub database: DatabaseHealth,
    /// The storage.
    pub storage: StorageHealth,
    /// The queue of jobs.
    pub queue: QueueHealth,
    /// The certificate; missing where the server speaks plain HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateHealth>,
    /// The scanners, the default one first.
    pub scanners: Vec<ScannerHealth>,
    /// Audit entries that could not be forwarded since the start.
    pub audit_lost: u64,
    /// Streams of events that are open on this node.
    pub streams: u64,
}
