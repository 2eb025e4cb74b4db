//! Why somebody may do something in a project (`/api/berth/v1`).

use serde::{Deserialize, Serialize};

use crate::{MemberId, policy::Permission};

/// Every rule that gives a person something in a project, and which of them decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccessExplanation {
    /// The sign-in name.
    pub username: String,
    /// Whether one of `rules` allows what was asked about; absent where no action was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<bool>,
    /// The rules, the most personal first. Nothing where the person may nothing.
    pub rules: Vec<AccessRule>,
    /// The groups with a role here. They give a person something only through a directory that says who belongs to them.
    pub groups: Vec<GroupRole>,
}

/// A rule that gives a person something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccessRule {
    /// `system_admin`: administrators of the system may do everything; only they are told, and the person. `member`: the
    /// person's own role. `public`: anybody may pull from a public project.
    pub kind: String,
    /// The role's number, of the kind `member`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_id: Option<i64>,
    /// The role's name, of the kind `member`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_name: Option<String>,
    /// Row id of the membership, of the kind `member`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_id: Option<MemberId>,
    /// Whether it is the first that allows the action that was asked about; without an action, the first of all.
    pub decides: bool,
    /// What it allows in the project.
    pub permissions: Vec<Permission>,
}

/// A group with a role in a project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupRole {
    /// Row id of the membership.
    pub member_id: MemberId,
    /// The group's name.
    pub group_name: String,
    /// The role's number.
    pub role_id: i64,
    /// The role's name.
    pub role_name: String,
}
