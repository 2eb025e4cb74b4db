//! Memberships (Harbor's `member` operations).

use serde::{Deserialize, Serialize};

use super::UserGroup;
use crate::{MemberId, ProjectId};

/// A membership.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectMemberEntity {
    /// Row id of the membership.
    pub id: MemberId,
    /// The project.
    pub project_id: ProjectId,
    /// User or group name.
    pub entity_name: String,
    /// The role's name.
    pub role_name: String,
    /// The role's number.
    pub role_id: i64,
    /// Row id of the user or group.
    pub entity_id: i64,
    /// `u` for a user, `g` for a group.
    pub entity_type: String,
}

/// A new membership: a role and either a user or a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectMember {
    /// 1 to 5.
    #[serde(default)]
    pub role_id: i64,
    /// Who, by id or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_user: Option<UserEntity>,
    /// Which group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_group: Option<UserGroup>,
}

/// A user by id or by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserEntity {
    /// Row id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<i64>,
    /// Sign-in name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
}

/// A change of role.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RoleRequest {
    /// 1 to 5.
    #[serde(default)]
    pub role_id: i64,
}

/// A project that a group or a person belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Membership {
    /// Row id of the membership.
    pub id: MemberId,
    /// Row id of the project.
    pub project_id: ProjectId,
    /// Its name.
    pub project_name: String,
    /// The role's number, 1 to 5.
    pub role_id: i64,
    /// The role's name.
    pub role_name: String,
}

/// Somebody who may become a member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MemberCandidate {
    /// Row id.
    pub user_id: i64,
    /// Sign-in name.
    pub username: String,
    /// Full name; absent where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub realname: String,
    /// Whether what was looked for is the whole sign-in name in capitals or small letters, or the whole e-mail address.
    pub exact: bool,
}
