//! Scans of artifacts and of everything (Harbor's `scan` and `scanAll` operations).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a scan looks for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScanType {
    /// `vulnerability`, which is the default, or `sbom`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scan_type: String,
}

/// What a scan can look for.
pub const SCAN_TYPES: [&str; 2] = ["vulnerability", "sbom"];

/// How far the last scan of everything is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stats {
    /// Scans that it began.
    pub total: i64,
    /// Scans of these that ended.
    pub completed: i64,
    /// Scans by status.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, i64>,
    /// Whether it still runs.
    pub ongoing: bool,
    /// What began it: `Manual`, `Schedule` or `Event`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
}
