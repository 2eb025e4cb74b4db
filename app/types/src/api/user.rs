//! People (Harbor's `user` operations).

use serde::{Deserialize, Serialize};

use crate::{Timestamp, UserId};

/// A person as Harbor shows one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserResp {
    /// E-mail address; absent where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub email: String,
    /// Full name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub realname: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// Row id.
    pub user_id: UserId,
    /// Sign-in name.
    pub username: String,
    /// Whether the person is a system administrator.
    pub sysadmin_flag: bool,
    /// Whether an outside source makes the person an administrator.
    pub admin_role_in_auth: bool,
    /// Whether a code is asked for after the password; absent where none is. Harbor has no such thing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub second_factor: bool,
    /// When the account was made.
    pub creation_time: Timestamp,
    /// When it was last changed.
    pub update_time: Timestamp,
    /// What the OIDC provider said; absent for accounts of others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oidc_user_meta: Option<OidcUserInfo>,
}

/// A person as the OIDC provider knows one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = OIDCUserInfo))]
pub struct OidcUserInfo {
    /// Row id.
    pub id: i64,
    /// The account.
    pub user_id: UserId,
    /// Subject and issuer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subiss: String,
    /// The secret for command lines.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub secret: String,
    /// When it was made.
    pub creation_time: Timestamp,
    /// When it was last changed.
    pub update_time: Timestamp,
}

/// A new secret for command lines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = OIDCCliSecretReq))]
pub struct OidcCliSecretReq {
    /// The secret.
    #[serde(default)]
    pub secret: String,
}

/// A new account. Privileged fields are never bound from the outside.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserCreationReq {
    /// E-mail address.
    #[serde(default)]
    pub email: String,
    /// Full name.
    #[serde(default)]
    pub realname: String,
    /// Free text.
    #[serde(default)]
    pub comment: String,
    /// Password.
    #[serde(default)]
    pub password: String,
    /// Sign-in name.
    #[serde(default)]
    pub username: String,
}

/// What a person may change of the own profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserProfile {
    /// E-mail address.
    #[serde(default)]
    pub email: String,
    /// Full name.
    #[serde(default)]
    pub realname: String,
    /// Free text.
    #[serde(default)]
    pub comment: String,
}

/// A hit of the user search: id and name only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserSearchRespItem {
    /// Row id.
    pub user_id: UserId,
    /// Sign-in name.
    pub username: String,
}

/// Makes or unmakes an administrator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserSysAdminFlag {
    /// The new state.
    #[serde(default)]
    pub sysadmin_flag: bool,
}

/// A change of password.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasswordReq {
    /// The present password; administrators may leave it out for others.
    #[serde(default)]
    pub old_password: String,
    /// The new password.
    #[serde(default)]
    pub new_password: String,
}
