//! Health, information, configuration, statistics, search (Harbor's `health`, `systeminfo`, `configure`, `statistic`, `search`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Health of the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OverallHealthStatus {
    /// `healthy` or `unhealthy`.
    pub status: String,
    /// Part by part.
    pub components: Vec<ComponentHealthStatus>,
}

/// Health of one part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ComponentHealthStatus {
    /// For example `database`.
    pub name: String,
    /// `healthy` or `unhealthy`.
    pub status: String,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What a client may know of the system. Fields beyond `auth_mode` … `self_registration` need a signed-in caller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GeneralInfo {
    /// When the answer was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_time: Option<Timestamp>,
    /// Harbor's version, then ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub harbor_version: Option<String>,
    /// Host (and scheme) that clients use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_url: Option<String>,
    /// Host that clients use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry_url: Option<String>,
    /// `filesystem` or another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry_storage_provider_name: Option<String>,
    /// Who may create projects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_creation_restriction: Option<String>,
    /// Whether a CA certificate can be downloaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_ca_root: Option<bool>,
    /// Whether pushes are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
    /// Whether webhooks are on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notification_enable: Option<bool>,
    /// How people prove who they are.
    pub auth_mode: String,
    /// Whether that mode is shown first.
    #[serde(default)]
    pub primary_auth_mode: bool,
    /// A message for all pages, as JSON text.
    #[serde(default)]
    pub banner_message: String,
    /// Name of the OIDC provider.
    #[serde(default)]
    pub oidc_provider_name: String,
    /// Whether anybody may sign up.
    #[serde(default)]
    pub self_registration: bool,
    /// How the proxy that authenticates is reached; absent in other modes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authproxy_settings: Option<AuthproxySetting>,
}

/// How a proxy that authenticates is reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuthproxySetting {
    /// Where it is.
    pub endpoint: String,
    /// Where tokens are reviewed. The name is misspelt as Harbor has it.
    pub tokenreivew_endpoint: String,
    /// Whether people are taken without a search.
    pub skip_search: bool,
    /// Whether its certificate is verified.
    pub verify_cert: bool,
    /// Its certificate, in PEM.
    pub server_certificate: String,
}

/// Counts over all that the caller may see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Statistic {
    /// Private projects.
    pub private_project_count: i64,
    /// Repositories in them.
    pub private_repo_count: i64,
    /// Public projects.
    pub public_project_count: i64,
    /// Repositories in them.
    pub public_repo_count: i64,
    /// All projects.
    pub total_project_count: i64,
    /// All repositories.
    pub total_repo_count: i64,
    /// Bytes in use.
    pub total_storage_consumption: i64,
}

/// Hits of the global search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Search {
    /// Projects.
    pub project: Vec<crate::api::Project>,
    /// Repositories.
    pub repository: Vec<SearchRepository>,
}

/// A repository that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchRepository {
    /// The project.
    pub project_id: crate::ProjectId,
    /// Its name.
    pub project_name: String,
    /// Whether it is public.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub project_public: bool,
    /// `<project>/<repository>`.
    pub repository_name: String,
    /// How often something was pulled.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pull_count: i64,
    /// How many artifacts it has.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub artifact_count: i64,
}

fn is_zero(count: &i64) -> bool {
    *count == 0
}

/// A setting with its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConfigItem {
    /// Text, number or switch.
    #[serde(default)]
    pub value: serde_json::Value,
    /// Whether it can be changed here; false where the file or the environment sets it.
    #[serde(default)]
    pub editable: bool,
}

/// A setting with where its value comes from (`/api/berth/v1/settings`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SettingInfo {
    /// Harbor's key.
    pub name: String,
    /// Text, number or switch; `null` for a secret.
    #[serde(default)]
    pub value: serde_json::Value,
    /// What it is where nobody sets it.
    #[serde(default)]
    pub default: serde_json::Value,
    /// Whether it is a secret, which can be set and is never shown.
    #[serde(default)]
    pub secret: bool,
    /// Whether it can be changed through the API.
    pub editable: bool,
    /// `default`, `database`, `file`, `environment` or `flag`.
    pub source: String,
    /// The variable, the file or the flag that sets it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub origin: String,
    /// Who changed it through the API last.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub changed_by: String,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<crate::Timestamp>,
}

/// A key of the server's own configuration, which is read when it starts (`/api/berth/v1/configuration`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConfiguredValue {
    /// `section.key`.
    pub name: String,
    /// As a file has it; empty where it is unset or a secret.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// Whether it is a secret that is set.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
    /// `default`, `file`, `environment` or `flag`.
    pub source: String,
    /// The variable, the file or the flag that sets it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub origin: String,
}

/// All settings by key, as `GET /configurations` shows them.
pub type Configurations = BTreeMap<String, ConfigItem>;

/// Room of a volume.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Storage {
    /// Bytes in all.
    pub total: u64,
    /// Bytes free.
    pub free: u64,
}

/// Volumes of the storage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SystemInfo {
    /// One entry a volume.
    pub storage: Vec<Storage>,
}
