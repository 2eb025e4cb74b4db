//! Exports of what scans found (Harbor's `scan data export` operations).

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// What is to be exported.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScanDataExportRequest {
    /// Free text.
    #[serde(default)]
    pub job_name: String,
    /// The project, one alone.
    #[serde(default)]
    pub projects: Vec<i64>,
    /// Labels of artifacts; none means all artifacts.
    #[serde(default)]
    pub labels: Vec<i64>,
    /// Patterns of repositories.
    #[serde(default)]
    pub repositories: String,
    /// Ids of vulnerabilities.
    #[serde(default, rename = "cveIds")]
    pub cve_ids: String,
    /// Patterns of tags.
    #[serde(default)]
    pub tags: String,
}

/// An export that was begun.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScanDataExportJob {
    /// Row id of its execution.
    pub id: i64,
}

/// How an export stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScanDataExportExecution {
    /// Row id.
    pub id: i64,
    /// Row id of whoever began it.
    pub user_id: i64,
    /// `Running`, `Success`, …
    pub status: String,
    /// What began it.
    pub trigger: String,
    /// When it began.
    pub start_time: Timestamp,
    /// When it ended.
    pub end_time: Timestamp,
    /// A message of the last step.
    pub status_text: String,
    /// Sign-in name of whoever began it.
    pub user_name: String,
    /// Whether the file can be downloaded.
    pub file_present: bool,
}

/// Exports of one person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScanDataExportExecutionList {
    /// They.
    pub items: Vec<ScanDataExportExecution>,
}
