//! A repository as a page shows it: its tags with what they point at, where they have been, its description.

use serde::{Deserialize, Serialize};

use super::{Label, VulnerabilitySummary};
use crate::{ArtifactId, RepositoryId, Timestamp};

/// A tag of a repository with what it points at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RepositoryTag {
    /// The tag.
    pub name: String,
    /// Digest of the manifest.
    pub digest: String,
    /// Row id of the manifest.
    pub artifact_id: ArtifactId,
    /// `IMAGE`, `CHART`, …; empty where nothing tells.
    #[serde(default)]
    pub kind: String,
    /// Bytes of manifest, configuration and layers; of an index, its own and the sum of its children.
    #[serde(default)]
    pub size: i64,
    /// `os/architecture[/variant]`, attestations left out.
    #[serde(default)]
    pub platforms: Vec<String>,
    /// When it was last pushed.
    pub push_time: Timestamp,
    /// When it was last pulled; year 1 for never.
    pub pull_time: Timestamp,
    /// What an index lists: platforms in its order, then attestations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<TagChild>,
    /// The kinds of signature that it has: `signature.cosign`, `signature.notation`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<String>,
    /// Whether there is a list of what is in it, made by a builder, a tool or the server; of an index, of any child.
    #[serde(default)]
    pub sbom: bool,
    /// What a scanner found; absent where none looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vulnerabilities: Option<VulnerabilitySummary>,
    /// Labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
    /// Whether a rule forbids to move or delete it.
    #[serde(default)]
    pub immutable: bool,
}

/// What an index lists.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TagChild {
    /// Digest of the child.
    pub digest: String,
    /// `os/architecture[/variant]`; absent for an attestation, and where the index does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Whether a builder attests something by it, instead of an image to run.
    #[serde(default)]
    pub attestation: bool,
    /// Digest of the child that is attested, where the index tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Types of what is attested (in-toto): `https://slsa.dev/provenance/v1`, `https://spdx.dev/Document`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub predicates: Vec<String>,
    /// Bytes of manifest, configuration and layers; 0 where the repository lacks it.
    #[serde(default)]
    pub size: i64,
    /// Whether the repository has it: a sparse index lists others as well.
    #[serde(default)]
    pub present: bool,
    /// The kinds of signature that it has itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<String>,
    /// Whether there is a list of what is in it.
    #[serde(default)]
    pub sbom: bool,
    /// What a scanner found; absent where none looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vulnerabilities: Option<VulnerabilitySummary>,
}

/// A move of a tag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TagHistoryEntry {
    /// The tag.
    pub tag: String,
    /// What it pointed at from then on; absent where it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// What it pointed at before; absent where it was new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// `push`, `delete`, `create`, `restore`.
    pub operation: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// Whether the repository still has the manifest, so that the tag can be restored to it.
    #[serde(default)]
    pub present: bool,
    /// Whether the tag points at the digest now, by this move or a later one.
    #[serde(default)]
    pub here: bool,
    /// Whether it says where the tag is now.
    #[serde(default)]
    pub current: bool,
}

/// Where a tag is to point again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TagRestoreReq {
    /// Digest of a manifest that the repository has.
    #[serde(default)]
    pub digest: String,
}

/// What a repository is, at a glance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RepositorySummary {
    /// Row id.
    pub id: RepositoryId,
    /// `<project>/<repository>`.
    pub name: String,
    /// How many artifacts it has.
    pub artifact_count: i64,
    /// How many tags it has.
    pub tag_count: i64,
    /// How often something was pulled.
    pub pull_count: i64,
    /// How often on each of the last 30 days of UTC, the last of them today.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pulls: Vec<i64>,
    /// Bytes of everything it holds, each counted once.
    pub size: i64,
    /// When something was last pushed; year 1 for never.
    pub push_time: Timestamp,
    /// When something was last pulled by a tag; year 1 for never.
    pub pull_time: Timestamp,
    /// The tag that most people want: `latest`, else the one that was pushed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main: Option<RepositoryTag>,
    /// What its newest artifacts run on, to be chosen from: `linux/arm64/v8`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<String>,
    /// The labels that its artifacts can have, to be chosen from; not all where there are very many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
    /// Where the main tag says that its source is (`org.opencontainers.image.source`), an address of the web.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What it says about itself; absent where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readme: Option<Readme>,
}

/// A description, ready to be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Readme {
    /// HTML without anything that runs, loads or styles. Headings begin at the third level.
    pub html: String,
    /// The first sentences as plain text, 200 characters at most.
    pub summary: String,
    /// `description` of the repository, or `annotation` of its main tag; empty for a preview or where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
}

/// A text to be shown as a description.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReadmePreviewReq {
    /// Markdown.
    #[serde(default)]
    pub description: String,
}
