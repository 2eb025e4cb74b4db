//! Projects (Harbor's `project` and `projectMetadata` operations).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{ProjectId, Timestamp, UserId};

/// A project as Harbor shows one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Project {
    /// Row id.
    pub project_id: ProjectId,
    /// Owner's row id.
    pub owner_id: UserId,
    /// Name.
    pub name: String,
    /// The registry it proxies, where it is a proxy cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry_id: Option<i64>,
    /// When it was made.
    pub creation_time: Timestamp,
    /// When it was last changed.
    pub update_time: Timestamp,
    /// Owner's sign-in name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub owner_name: String,
    /// The caller's strongest role, absent for administrators who are no member and for strangers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_user_role_id: Option<i64>,
    /// All roles of the caller; null where there is none.
    #[serde(default)]
    pub current_user_role_ids: Option<Vec<i64>>,
    /// How many repositories it has.
    pub repo_count: i64,
    /// Settings as Harbor keeps them: text by key, `public` among them; absent in lists without details.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Vulnerabilities that policies overlook.
    pub cve_allowlist: CveAllowlist,
}

/// Vulnerabilities that policies overlook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = CVEAllowlist))]
pub struct CveAllowlist {
    /// Row id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The project's row id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<i64>,
    /// Unix seconds; absent for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    /// The list; Harbor shows null in search results.
    #[serde(default)]
    pub items: Option<Vec<CveItem>>,
    /// When it was made.
    #[serde(default = "never")]
    pub creation_time: Timestamp,
    /// When it was last changed.
    #[serde(default = "never")]
    pub update_time: Timestamp,
}

fn never() -> Timestamp {
    Timestamp::NEVER
}

impl Default for CveAllowlist {
    fn default() -> Self {
        CveAllowlist {
            id: None,
            project_id: None,
            expires_at: None,
            items: None,
            creation_time: Timestamp::NEVER,
            update_time: Timestamp::NEVER,
        }
    }
}

/// One overlooked vulnerability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = CVEAllowlistItem))]
pub struct CveItem {
    /// For example `CVE-2019-10164`.
    #[serde(default)]
    pub cve_id: String,
}

/// A new project, or changes of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectReq {
    /// Name; ignored in a change.
    #[serde(default)]
    pub project_name: String,
    /// Legacy switch: the `public` metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// Settings to put: text by key. Keys that are no setting are left out when it is read.
    #[serde(default, deserialize_with = "known_metadata", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, String>>,
    /// Vulnerabilities that policies overlook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cve_allowlist: Option<CveAllowlist>,
    /// Bytes; -1 is unlimited. Only administrators may choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_limit: Option<i64>,
    /// The registry it proxies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry_id: Option<i64>,
}

/// The settings that a project can have.
pub const METADATA_KEYS: [&str; 15] = [
    "public",
    "enable_content_trust",
    "enable_content_trust_cosign",
    "prevent_vul",
    "severity",
    "auto_scan",
    "auto_sbom_generation",
    "reuse_sys_cve_allowlist",
    "retention_id",
    "proxy_speed_kb",
    "max_upstream_conn",
    "proxy_referrer_api",
    "proxy_cache_local_on_not_found",
    "proxy_cache_filter_pattern",
    "proxy_cache_filter_kind",
];

/// Harbor ignores what it does not know, of whatever type, and reads null as absent.
fn known_metadata<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<BTreeMap<String, String>>, D::Error> {
    let Some(given) = Option::<BTreeMap<String, serde_json::Value>>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let mut known = BTreeMap::new();
    for (key, value) in given {
        match value {
            _ if !METADATA_KEYS.contains(&key.as_str()) => {}
            serde_json::Value::Null => {}
            serde_json::Value::String(text) => {
                known.insert(key, text);
            }
            other => {
                let found = match other {
                    serde_json::Value::Bool(_) => "bool",
                    serde_json::Value::Number(_) => "number",
                    serde_json::Value::Array(_) => "array",
                    _ => "object",
                };
                // Harbor's words, which its clients show.
                let text = format!(
                    "cannot unmarshal {found} into Go struct field ProjectMetadata.metadata.{key} of type string"
                );
                return Err(serde::de::Error::custom(text));
            }
        }
    }
    Ok(Some(known))
}

/// Whether a project can be deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectDeletable {
    /// Whether it can.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deletable: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// Counts of a project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectSummary {
    /// Repositories.
    pub repo_count: i64,
    /// Members with this role; absent for zero or where the caller may not list members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_admin_count: Option<i64>,
    /// Members with this role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintainer_count: Option<i64>,
    /// Members with this role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub developer_count: Option<i64>,
    /// Members with this role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_count: Option<i64>,
    /// Members with this role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limited_guest_count: Option<i64>,
    /// Storage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<ProjectSummaryQuota>,
    /// The registry that the project is a cache of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<super::Registry>,
}

/// Storage of a project, by resource (`storage`, bytes).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectSummaryQuota {
    /// Limits; -1 is unlimited.
    pub hard: BTreeMap<String, i64>,
    /// In use.
    pub used: BTreeMap<String, i64>,
}
