//! Preheating of P2P networks (Harbor's `preheat` operations), and the runs that it shares with web hooks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A kind of P2P network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = Metadata))]
pub struct PreheatVendor {
    /// What instances call it.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Address of a picture.
    pub icon: String,
    /// Who maintains it.
    pub maintainers: Vec<String>,
    /// The version of its API.
    pub version: String,
    /// Where it comes from.
    pub source: String,
}

/// A P2P network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = Instance))]
pub struct PreheatInstance {
    /// Row id.
    #[serde(default)]
    pub id: i64,
    /// Name.
    #[serde(default)]
    pub name: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// `dragonfly` or `kraken`.
    #[serde(default)]
    pub vendor: String,
    /// Its address.
    #[serde(default)]
    pub endpoint: String,
    /// `NONE`, `BASIC` or `OAUTH`.
    #[serde(default)]
    pub auth_mode: String,
    /// `username` and `password`, or `token`. Never in an answer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub auth_info: BTreeMap<String, String>,
    /// Whether it is well; `Unknown` where nobody asked it.
    #[serde(default)]
    pub status: String,
    /// Whether it is used.
    #[serde(default)]
    pub enabled: bool,
    /// Whether new policies are for it.
    #[serde(default)]
    pub default: bool,
    /// Whether it need not prove who it is.
    #[serde(default)]
    pub insecure: bool,
    /// When it was made, in Unix seconds.
    #[serde(default)]
    pub setup_timestamp: i64,
}

/// A P2P network as members of a project see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderUnderProject {
    /// Row id of the instance.
    pub id: i64,
    /// Vendor, name and address.
    pub provider: String,
    /// Whether it is used.
    #[serde(default, skip_serializing_if = "is_false")]
    pub enabled: bool,
    /// Whether new policies are for it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub default: bool,
}

/// Which images of a project are brought into a P2P network, and when.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PreheatPolicy {
    /// Row id.
    #[serde(default)]
    pub id: i64,
    /// Name, unique in the project.
    #[serde(default)]
    pub name: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The project; in a request without meaning.
    #[serde(default)]
    pub project_id: i64,
    /// Row id of the instance.
    #[serde(default)]
    pub provider_id: i64,
    /// The instance's name; in a request without meaning.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub provider_name: String,
    /// A JSON list of `type` and `value`.
    #[serde(default)]
    pub filters: String,
    /// A JSON object: `type` is `manual`, `scheduled` or `event_based`, `trigger_setting.cron` says when.
    #[serde(default)]
    pub trigger: String,
    /// Whether it runs.
    #[serde(default)]
    pub enabled: bool,
    /// A JSON object for the provider.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub extra_attrs: String,
    /// When it was made; in a request without meaning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creation_time: Option<Timestamp>,
    /// When it was last changed; in a request without meaning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_time: Option<Timestamp>,
}

/// A run of something.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Execution {
    /// Row id.
    #[serde(default)]
    pub id: i64,
    /// What ran, for example `P2P_PREHEAT`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub vendor_type: String,
    /// Row id of what asked for it.
    #[serde(default)]
    pub vendor_id: i64,
    /// How it stands.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub status_message: String,
    /// Its tasks, counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Metrics>,
    /// `MANUAL`, `SCHEDULE` or `EVENT`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub trigger: String,
    /// What else is known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra_attrs: BTreeMap<String, serde_json::Value>,
    /// When it began.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub start_time: String,
    /// When it ended.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub end_time: String,
}

/// Tasks of a run, counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Metrics {
    /// All.
    #[serde(skip_serializing_if = "is_zero")]
    pub task_count: i64,
    /// Those that worked.
    #[serde(skip_serializing_if = "is_zero")]
    pub success_task_count: i64,
    /// Those that failed.
    #[serde(skip_serializing_if = "is_zero")]
    pub error_task_count: i64,
    /// Those that wait.
    #[serde(skip_serializing_if = "is_zero")]
    pub pending_task_count: i64,
    /// Those that run.
    #[serde(skip_serializing_if = "is_zero")]
    pub running_task_count: i64,
    /// Those that begin later.
    #[serde(skip_serializing_if = "is_zero")]
    pub scheduled_task_count: i64,
    /// Those that were stopped.
    #[serde(skip_serializing_if = "is_zero")]
    pub stopped_task_count: i64,
}

/// A part of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Task {
    /// Row id.
    pub id: i64,
    /// The run.
    pub execution_id: i64,
    /// How it stands.
    pub status: String,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub status_message: String,
    /// How often it was begun.
    pub run_count: i32,
    /// What else is known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra_attrs: BTreeMap<String, serde_json::Value>,
    /// When it was asked for.
    pub creation_time: String,
    /// When it last changed.
    pub update_time: String,
    /// When it began.
    pub start_time: String,
    /// When it ended.
    pub end_time: String,
}

fn is_false(switch: &bool) -> bool {
    !switch
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}
