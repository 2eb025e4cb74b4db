//! Robot accounts (Harbor's `robot` operations).

use serde::{Deserialize, Deserializer, Serialize};

use crate::{RobotId, Timestamp};

/// A robot as Harbor shows one. Its secret is never shown again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Robot {
    /// Row id.
    pub id: RobotId,
    /// Full name, the prefix included.
    pub name: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// `system` or `project`.
    pub level: String,
    /// Days from its making; -1 for ever.
    pub duration: i64,
    /// Whether it can be changed.
    pub editable: bool,
    /// Whether it is switched off.
    pub disable: bool,
    /// Unix seconds; -1 for never.
    pub expires_at: i64,
    /// What it may.
    #[serde(default)]
    pub permissions: Vec<RobotPermission>,
    /// `local` where a person made it, `robot` where a robot did.
    pub creator_type: String,
    /// Row id of whoever made it.
    pub creator_ref: i64,
    /// When it was made.
    pub creation_time: Timestamp,
    /// When it was last changed.
    pub update_time: Timestamp,
    /// When it last signed in, to the minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
    /// The secret before the present one, while it works beside that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_secret: Option<FormerSecret>,
}

/// A secret that another one has replaced, and that goes on working for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FormerSecret {
    /// When it ends.
    pub expires_at: Timestamp,
    /// When the robot last signed in with it since it was replaced, to the minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
}

/// What a robot may in one place.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RobotPermission {
    /// `system` or `project`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub kind: String,
    /// `/` for the system, the name of a project, or `*` for all of them.
    #[serde(default, deserialize_with = "null_as_default")]
    pub namespace: String,
    /// What, on what.
    #[serde(default, deserialize_with = "null_as_default")]
    pub access: Vec<Access>,
}

/// An action on a resource.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Access {
    /// The resource's word.
    #[serde(default, deserialize_with = "null_as_default")]
    pub resource: String,
    /// The action's word.
    #[serde(default, deserialize_with = "null_as_default")]
    pub action: String,
    /// `allow`, which is also what its absence means.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "String::is_empty")]
    pub effect: String,
}

/// A robot to be made. A secret is always generated, and a new robot is always switched on, as in Harbor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RobotCreate {
    /// Name without prefix and project.
    #[serde(default)]
    pub name: String,
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// Ignored.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub secret: String,
    /// `system` or `project`.
    #[serde(default)]
    pub level: String,
    /// Ignored.
    #[serde(default)]
    pub disable: bool,
    /// Days, or -1 for ever.
    #[serde(default)]
    pub duration: i64,
    /// What it may.
    #[serde(default)]
    pub permissions: Vec<RobotPermission>,
}

/// What is read of a [`Robot`] that is sent to change one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RobotChange {
    /// Full name; it stays as it is.
    #[serde(default)]
    pub name: String,
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// `system` or `project`; it stays as it is.
    #[serde(default)]
    pub level: String,
    /// Whether it is switched off.
    #[serde(default)]
    pub disable: bool,
    /// Days from its making, or -1 for ever; absent where it stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<i64>,
    /// What it may from now on.
    #[serde(default)]
    pub permissions: Vec<RobotPermission>,
}

/// A robot that was just made: the only answer with its secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RobotCreated {
    /// Row id.
    pub id: RobotId,
    /// Full name, the prefix included.
    pub name: String,
    /// Secret.
    pub secret: String,
    /// When it was made.
    pub creation_time: Timestamp,
    /// Unix seconds; -1 for never.
    pub expires_at: i64,
}

/// A secret that is chosen, or one that was generated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RobotSec {
    /// The secret; empty in a request for a generated one, absent in the answer to a chosen one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub secret: String,
    /// In a request: for how many seconds the present secret goes on working, at most 30 days. Without it, or with 0, that
    /// ends at once, as in Harbor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap_seconds: Option<i64>,
}

/// The longest [`RobotSec::overlap_seconds`].
pub const OVERLAP_SECONDS_MAX: i64 = 30 * 24 * 60 * 60;

/// Reads `null` as what stands for nothing, as Go does.
pub(super) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
