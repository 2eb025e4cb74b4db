//! What Harbor lacks: sessions, set-up, tag history, preferences (`/api/berth/v1`).

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A signed-in session of the caller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// Opaque name, for revoking.
    pub id: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub seen_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// From where it began.
    pub remote_addr: String,
    /// What program it is.
    pub user_agent: String,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// What the set-up wizard has to know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetupState {
    /// Whether an administrator has a password.
    pub done: bool,
    /// Whether the token of the link is right; absent where none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_valid: Option<bool>,
}

/// What the set-up wizard sends.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetupReq {
    /// The one-time token of the link.
    #[serde(default)]
    pub token: String,
    /// The new password of `admin`.
    #[serde(default)]
    pub password: String,
    /// E-mail address of `admin`.
    #[serde(default)]
    pub email: String,
    /// Whether anybody may sign up.
    #[serde(default)]
    pub self_registration: bool,
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
    /// `push`, `delete`, `create`.
    pub operation: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub username: String,
}

/// A layer joined with the history line that made it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LayerInfo {
    /// Digest of the layer; absent for lines that made none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Media type of the layer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Compressed bytes.
    #[serde(default)]
    pub size: i64,
    /// The command.
    #[serde(default)]
    pub created_by: String,
    /// When, as the image says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// Whether the bytes are elsewhere.
    #[serde(default)]
    pub foreign: bool,
}

/// A tag of a repository with what it points at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RepositoryTag {
    /// The tag.
    pub name: String,
    /// Digest of the manifest.
    pub digest: String,
    /// Row id of the manifest.
    pub artifact_id: crate::ArtifactId,
    /// `IMAGE`, `CHART`, …; empty where nothing tells.
    #[serde(default)]
    pub kind: String,
    /// Bytes of manifest, configuration and layers; of an index, of all its children.
    #[serde(default)]
    pub size: i64,
    /// `os/architecture[/variant]`, attestations left out.
    #[serde(default)]
    pub platforms: Vec<String>,
    /// When it was last pushed.
    pub push_time: Timestamp,
    /// When it was last pulled; year 1 for never.
    pub pull_time: Timestamp,
}
