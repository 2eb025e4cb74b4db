//! Groups of people that directories know (Harbor's `usergroup` operations).

use serde::{Deserialize, Serialize};

use super::robot::null_as_default;
use crate::{MemberId, ProjectId};

/// A group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserGroup {
    /// Row id; absent where the request named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// Name.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "String::is_empty")]
    pub group_name: String,
    /// 1 LDAP, 2 HTTP, 3 OIDC; 0 where nobody said.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "is_zero")]
    pub group_type: i64,
    /// LDAP distinguished name.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "String::is_empty")]
    pub ldap_group_dn: String,
}

/// A hit of the search for groups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserGroupSearchItem {
    /// Row id.
    pub id: i64,
    /// Name.
    pub group_name: String,
    /// 1 LDAP, 2 HTTP, 3 OIDC; 0 where nobody said.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub group_type: i64,
}

/// A project that a group belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupMembership {
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

const fn is_zero(number: &i64) -> bool {
    *number == 0
}
