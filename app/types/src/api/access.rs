//! Why somebody may do something in a project (`/api/berth/v1`).

use serde::{Deserialize, Serialize};

use crate::{MemberId, RobotId, policy::Permission};

/// Every rule that gives a person or a robot something in a project, and which of them decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccessExplanation {
    /// The sign-in name; of a robot the whole name.
    pub username: String,
    /// The robot that it is; absent for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robot: Option<RobotStanding>,
    /// Whether one of `rules` allows what was asked about; absent where no action was. A robot that cannot sign in may
    /// nothing, whatever its rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<bool>,
    /// The rules, the most personal first. Nothing where the person may nothing.
    pub rules: Vec<AccessRule>,
    /// The groups with a role here. They give a person something only through a directory that says who belongs to them.
    pub groups: Vec<GroupRole>,
}

/// A robot, as far as what it may depends on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RobotStanding {
    /// Row id.
    pub id: RobotId,
    /// Whether it is a robot of this project, and not one of the system or of another project.
    pub own: bool,
    /// Why it cannot sign in. Absent where it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off: Option<RobotOff>,
}

/// Why a robot cannot sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RobotOff {
    /// It was switched off.
    Disabled,
    /// Its time is over.
    Expired,
}

/// A rule that gives a person or a robot something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccessRule {
    /// `system_admin`: administrators of the system may do everything; only they are told, and the person. `member`: the
    /// person's own role. `robot`: what the robot was given. `public`: anybody may pull from a public project.
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
