//! What is known of vulnerabilities in the whole system (Harbor's `securityhub` operations).

use serde::{Deserialize, Serialize};

/// Counts of vulnerabilities and artifacts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecuritySummary {
    /// Critical ones.
    pub critical_cnt: i64,
    /// High ones; absent for zero, as in Harbor.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub high_cnt: i64,
    /// Medium ones.
    pub medium_cnt: i64,
    /// Low ones.
    pub low_cnt: i64,
    /// Ones without a severity; absent for zero.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub none_cnt: i64,
    /// Ones of an unknown severity; absent for zero.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unknown_cnt: i64,
    /// All of them.
    pub total_vuls: i64,
    /// Artifacts that have a report.
    pub scanned_cnt: i64,
    /// All artifacts.
    pub total_artifact: i64,
    /// Vulnerabilities that an update would end.
    pub fixable_cnt: i64,
    /// The worst vulnerabilities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dangerous_cves: Vec<DangerousCve>,
    /// The artifacts with the worst vulnerabilities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dangerous_artifacts: Vec<DangerousArtifact>,
}

#[cfg_attr(
    target_pointer_width = "64",
    expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")
)]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// One of the worst vulnerabilities.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = DangerousCVE))]
pub struct DangerousCve {
    /// For example `CVE-2019-10164`.
    pub cve_id: String,
    /// `Critical`, `High`, …
    pub severity: String,
    /// Score of CVSS 3.
    pub cvss_score_v3: f64,
    /// Free text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub desc: String,
    /// Where it is.
    pub package: String,
    /// The package's version.
    pub version: String,
}

/// An artifact with the worst vulnerabilities.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DangerousArtifact {
    /// The project's row id.
    pub project_id: i64,
    /// The repository's full name.
    pub repository_name: String,
    /// Digest.
    pub digest: String,
    /// Critical ones.
    pub critical_cnt: i64,
    /// High ones.
    pub high_cnt: i64,
    /// Medium ones.
    pub medium_cnt: i64,
}

/// A vulnerability of an artifact.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VulnerabilityItem {
    /// The project's row id.
    pub project_id: i64,
    /// The repository's full name.
    pub repository_name: String,
    /// Digest.
    pub digest: String,
    /// The artifact's tags; null where they were not asked for.
    pub tags: Option<Vec<String>>,
    /// For example `CVE-2019-10164`.
    pub cve_id: String,
    /// `Critical`, `High`, …
    pub severity: String,
    /// What is known of a fix: `fixed`, `affected`, …
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// Score of CVSS 3.
    pub cvss_v3_score: f64,
    /// Where it is.
    pub package: String,
    /// The package's version.
    pub version: String,
    /// The version that ends it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fixed_version: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub desc: String,
    /// Where to read more.
    #[serde(default)]
    pub links: Vec<String>,
}
