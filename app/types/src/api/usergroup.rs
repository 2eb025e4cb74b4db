//! Groups of people that directories know (Harbor's `usergroup` operations).

use serde::{Deserialize, Serialize};

use super::robot::null_as_default;

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

const fn is_zero(number: &i64) -> bool {
    *number == 0
}
