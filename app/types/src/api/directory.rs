//! Directories of people and providers of identity (Harbor's `Ldap` and `oidc` operations).

use serde::{Deserialize, Serialize};

/// How a directory is reached. What is left out is as configured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LdapConf {
    /// Address.
    #[serde(default)]
    pub ldap_url: String,
    /// Who searches.
    #[serde(default)]
    pub ldap_search_dn: String,
    /// The password of who searches.
    #[serde(default)]
    pub ldap_search_password: String,
    /// Where people are.
    #[serde(default)]
    pub ldap_base_dn: String,
    /// Which of them.
    #[serde(default)]
    pub ldap_filter: String,
    /// The attribute that holds the sign-in name.
    #[serde(default)]
    pub ldap_uid: String,
    /// How deep the search goes: 0, 1 or 2.
    #[serde(default)]
    pub ldap_scope: i64,
    /// How long to wait, in seconds.
    #[serde(default)]
    pub ldap_connection_timeout: i64,
    /// Whether the certificate counts.
    #[serde(default)]
    pub ldap_verify_cert: bool,
}

/// What came of a connection to a directory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LdapPingResult {
    /// Whether it worked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub success: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// A person of a directory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LdapUser {
    /// Sign-in name.
    pub username: String,
    /// Full name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub realname: String,
    /// E-mail address.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub email: String,
}

/// People of a directory who get an account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LdapImportUsers {
    /// Their sign-in names.
    #[serde(default)]
    pub ldap_uid_list: Vec<String>,
}

/// Somebody who got no account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LdapFailedImportUser {
    /// Sign-in name.
    pub uid: String,
    /// Why not.
    pub error: String,
}

/// A provider of identity to be tried.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OidcEndpoint {
    /// Its address.
    #[serde(default)]
    pub url: String,
    /// Whether its certificate counts.
    #[serde(default)]
    pub verify_cert: bool,
}
