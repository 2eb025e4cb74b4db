//! What rules about tags would do: previews of retention and of immutability (`/api/berth/v1`).

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// What a retention policy would keep and remove if it ran now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetentionPreview {
    /// Repositories of which at least one rule speaks.
    pub repositories: i64,
    /// Repositories of which no rule speaks: nothing is removed there.
    pub untouched_repositories: i64,
    /// What stays in the repositories of which rules speak.
    pub kept: RetentionCount,
    /// What goes.
    pub removed: RetentionCount,
    /// Tags that no retention rule keeps and that stay because of immutability rules.
    pub immutable_tags: i64,
    /// Bytes by which the project shrinks.
    pub freed_bytes: i64,
    /// Tags that each rule keeps, in the order of the rules; 0 for one that rests.
    pub rules: Vec<i64>,
    /// How many items there are on all pages.
    pub total: i64,
    /// One page of them: by repository, newest first.
    pub items: Vec<RetentionVerdict>,
}

/// Some artifacts and the tags on them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetentionCount {
    /// Artifacts.
    pub artifacts: i64,
    /// Their tags.
    pub tags: i64,
}

/// What would become of a tag, or of an artifact without tags.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetentionVerdict {
    /// Repository, inside the project.
    pub repository: String,
    /// Digest of the artifact.
    pub digest: String,
    /// The tag; none for an artifact without tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Whether it stays.
    pub kept: bool,
    /// Why.
    pub reason: RetentionReason,
    /// The numbers of the rules, from 1, that keep its artifact; where it goes, the rule that came nearest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<i64>,
    /// The tag of the same artifact for which it stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<String>,
    /// Its place, from 1, in the order of the rule that came nearest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<i64>,
    /// When the artifact, or a tag on it, was last pushed.
    pub push_time: Timestamp,
    /// When the artifact, or a tag on it, was last pulled; [`Timestamp::NEVER`] where it never was.
    pub pull_time: Timestamp,
}

/// Why a tag stays or goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RetentionReason {
    /// Stays: rules keep it.
    Rule,
    /// Stays: rules keep another tag of the same artifact.
    SameArtifact,
    /// Stays: an immutability rule protects a tag of the artifact.
    Immutable,
    /// Stays: it would take something along that an immutability rule protects.
    Attached,
    /// Stays: an index that stays lists it.
    Listed,
    /// Goes: a rule selects it, and others come first.
    Rank,
    /// Goes: a rule selects it, and it is too old.
    Age,
    /// Goes: no rule selects it.
    #[default]
    Unselected,
}

/// What an immutability rule protects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImmutableCoverage {
    /// The rule; 0 for one that is not kept.
    pub rule_id: i64,
    /// Tags that it selects, also while it rests.
    pub tags: i64,
    /// Repositories that have them.
    pub repositories: i64,
}

/// What an immutability rule would protect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImmutablePreview {
    /// Tags that it selects.
    pub tags: i64,
    /// Repositories that have them.
    pub repositories: i64,
    /// One page of the tags: by repository, then by name.
    pub items: Vec<ImmutableTag>,
}

/// A tag that a rule selects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImmutableTag {
    /// Repository, inside the project.
    pub repository: String,
    /// The tag.
    pub tag: String,
}
