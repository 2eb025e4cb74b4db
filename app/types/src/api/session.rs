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
    /// How the server stands, for whoever has the token and before set-up is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checks: Option<SetupChecks>,
}

/// What an administrator should know before set-up is finished.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetupChecks {
    /// Scheme and host that clients will be told.
    pub address: String,
    /// Scheme and host by which this request came, as whatever stands in front of the server says.
    pub requested: String,
    /// Whether the storage takes, keeps and gives back what is written.
    pub storage_writable: bool,
    /// Bytes that the storage has left; absent where it has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_free: Option<u64>,
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
    /// Its name (`org.opencontainers.image.title`); absent where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// How many other images of the project have the layer, as far as was looked; absent for lines that made none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_by: Option<i64>,
}
