//! Artifacts and tags (Harbor's `artifact` operations).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{ArtifactId, ProjectId, RepositoryId, TagId, Timestamp};

/// A manifest as Harbor shows one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Artifact {
    /// Row id.
    pub id: ArtifactId,
    /// `IMAGE`, `CHART`, …; absent where nothing tells.
    #[serde(rename = "type", default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// The media type that tells the kind: the configuration's, or the index's.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub media_type: String,
    /// The manifest's own media type.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub manifest_media_type: String,
    /// `artifactType` or the configuration's media type.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub artifact_type: String,
    /// The project.
    pub project_id: ProjectId,
    /// The repository.
    pub repository_id: RepositoryId,
    /// `<project>/<repository>`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub repository_name: String,
    /// Digest of the manifest.
    pub digest: String,
    /// Bytes of manifest, configuration and layers.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub size: i64,
    /// Digest of the icon.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub icon: String,
    /// When it was pushed.
    pub push_time: Timestamp,
    /// When it was last pulled; year 1 for never.
    pub pull_time: Timestamp,
    /// What the configuration says: architecture, os, created, author, config.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_attrs: Option<BTreeMap<String, serde_json::Value>>,
    /// The manifest's annotations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
    /// Children of an index; null where it is none.
    #[serde(default)]
    pub references: Option<Vec<ArtifactReference>>,
    /// Tags; null where none were asked for or exist.
    #[serde(default)]
    pub tags: Option<Vec<Tag>>,
    /// Where more can be read, by kind; absent where there is nothing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub addition_links: BTreeMap<String, AdditionLink>,
    /// Labels; null where none were asked for or exist.
    #[serde(default)]
    pub labels: Option<Vec<super::Label>>,
    /// Signatures, SBOMs and other referrers that belong to it; null where none were asked for or exist.
    #[serde(default)]
    pub accessories: Option<Vec<Accessory>>,
    /// The same of the indexes that list it; absent where none were asked for or exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inherited_accessories: Option<Vec<Accessory>>,
    /// What scanners found, by the media type of their report; absent where none was asked for or exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_overview: Option<BTreeMap<String, NativeReportSummary>>,
    /// The SBOM that was made for it; absent where none was asked for or exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sbom_overview: Option<SBOMOverview>,
}

fn is_zero(size: &i64) -> bool {
    *size == 0
}

/// What refers to an artifact and is shown with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Accessory {
    /// Row id.
    pub id: i64,
    /// Row id of the manifest.
    pub artifact_id: ArtifactId,
    /// Row id of what it refers to.
    pub subject_artifact_id: ArtifactId,
    /// Digest of what it refers to.
    pub subject_artifact_digest: String,
    /// Full name of the repository of both.
    pub subject_artifact_repo: String,
    /// Bytes.
    pub size: i64,
    /// Digest of the manifest.
    pub digest: String,
    /// `signature.cosign`, `signature.notation`, `sbom.harbor`, `subject.accessory`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Digest of the icon; empty where there is none.
    pub icon: String,
    /// When it was pushed.
    pub creation_time: Timestamp,
}

/// A new tag.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewTag {
    /// Name.
    #[serde(default)]
    pub name: String,
}

/// A child of an index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Reference))]
pub struct ArtifactReference {
    /// Row id of the index.
    pub parent_id: ArtifactId,
    /// Row id of the child.
    pub child_id: ArtifactId,
    /// Digest of the child.
    pub child_digest: String,
    /// What it runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<ReferencePlatform>,
    /// Annotations of the descriptor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
    /// Where else it can be had.
    #[serde(default)]
    pub urls: Option<Vec<String>>,
}

/// A platform as Harbor shows one: `OsFeatures` is always there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Platform))]
pub struct ReferencePlatform {
    /// Features of the operating system.
    #[serde(rename = "OsFeatures", default)]
    pub os_features: Option<Vec<String>>,
    /// CPU architecture.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub architecture: String,
    /// Operating system.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub os: String,
    /// Version of the operating system.
    #[serde(rename = "'os.version'", default, skip_serializing_if = "String::is_empty")]
    pub os_version: String,
    /// Variant of the CPU.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub variant: String,
}

/// Where an addition can be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdditionLink {
    /// Path.
    pub href: String,
    /// Whether it leads elsewhere.
    pub absolute: bool,
}

/// A tag as Harbor shows one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tag {
    /// Row id.
    pub id: TagId,
    /// The repository.
    pub repository_id: RepositoryId,
    /// What it points at.
    pub artifact_id: ArtifactId,
    /// Name.
    #[serde(default)]
    pub name: String,
    /// When it was last pushed.
    #[serde(default = "never")]
    pub push_time: Timestamp,
    /// When it was last pulled; year 1 for never.
    #[serde(default = "never")]
    pub pull_time: Timestamp,
    /// Whether a rule forbids to move or delete it.
    #[serde(default)]
    pub immutable: bool,
}

fn never() -> Timestamp {
    Timestamp::NEVER
}

/// What a scanner found, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NativeReportSummary {
    /// Which report.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub report_id: String,
    /// How far the scan is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scan_status: String,
    /// The worst that was found.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub severity: String,
    /// Seconds that it took.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub duration: i64,
    /// How many vulnerabilities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<VulnerabilitySummary>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time: Option<Timestamp>,
    /// Percent of the scan that are done.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub complete_percent: i64,
    /// Which scanner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scanner: Option<super::Scanner>,
}

/// Vulnerabilities, counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VulnerabilitySummary {
    /// All of them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub total: i64,
    /// Those that a newer version has not.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fixable: i64,
    /// By severity.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub summary: BTreeMap<String, i64>,
}

/// The SBOM of an artifact, and how it was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SBOMOverview {
    /// When it was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// When it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time: Option<Timestamp>,
    /// How far it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scan_status: String,
    /// Digest of the accessory that holds it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sbom_digest: String,
    /// Which report.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub report_id: String,
    /// Seconds that it took.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub duration: i64,
    /// Which scanner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scanner: Option<super::Scanner>,
}

/// A picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Icon {
    /// Media type.
    #[serde(rename = "content-type")]
    pub content_type: String,
    /// The bytes in base64.
    pub content: String,
}

/// A file of a model, or a folder of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FileEntry {
    /// Name without the folders.
    pub name: String,
    /// `file` or `directory`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Bytes; absent for a folder.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub size: i64,
    /// What lies in a folder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    pub children: Vec<FileEntry>,
}

/// One line of an image's history (image-spec, `history`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BuildHistoryEntry {
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// The command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Whether it made no layer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty_layer: Option<bool>,
}
