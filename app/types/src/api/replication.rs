//! Replication (Harbor's `replication` operations).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Registry;
use crate::Timestamp;

/// What is copied from where to where, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplicationPolicy {
    /// Row id.
    #[serde(default)]
    pub id: i64,
    /// Name, unique among policies.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Where artifacts come from; this server itself where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub src_registry: Option<Registry>,
    /// Where artifacts go; this server itself where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dest_registry: Option<Registry>,
    /// Below what artifacts are put there; their own names where it is empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub dest_namespace: String,
    /// How many parts of the name the namespace takes the place of; -1 for all but the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dest_namespace_replace_count: Option<i8>,
    /// What starts it; by hand only where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<ReplicationTrigger>,
    /// What is copied; everything where it is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<ReplicationFilter>>,
    /// Whether what is removed here is removed there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replicate_deletion: bool,
    /// The same under its old name. Either is enough.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deletion: bool,
    /// Whether a tag that is there is moved.
    #[serde(rename = "override", default, skip_serializing_if = "std::ops::Not::not")]
    pub overrides: bool,
    /// Whether it runs at all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub enabled: bool,
    /// When it was made.
    #[serde(default = "never")]
    pub creation_time: Timestamp,
    /// When it was last changed.
    #[serde(default = "never")]
    pub update_time: Timestamp,
    /// KB a second that each task may move; 0 and -1 for no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed: Option<i32>,
    /// Whether blobs go in pieces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_by_chunk: Option<bool>,
    /// Whether a run is left out while another one is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub single_active_replication: Option<bool>,
}

fn never() -> Timestamp {
    Timestamp::NEVER
}

impl Default for ReplicationPolicy {
    fn default() -> Self {
        ReplicationPolicy {
            id: 0,
            name: String::new(),
            description: String::new(),
            src_registry: None,
            dest_registry: None,
            dest_namespace: String::new(),
            dest_namespace_replace_count: None,
            trigger: None,
            filters: None,
            replicate_deletion: false,
            deletion: false,
            overrides: false,
            enabled: false,
            creation_time: Timestamp::NEVER,
            update_time: Timestamp::NEVER,
            speed: None,
            copy_by_chunk: None,
            single_active_replication: None,
        }
    }
}

/// What starts a policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplicationTrigger {
    /// `manual`, `scheduled` or `event_based`.
    #[serde(rename = "type", default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// When, where it is `scheduled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_settings: Option<ReplicationTriggerSettings>,
}

/// When a scheduled policy runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplicationTriggerSettings {
    /// Seconds (always 0), minutes, hours, day of the month, month, day of the week, in UTC.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cron: String,
}

/// One condition of what is copied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplicationFilter {
    /// `name`, `tag`, `label` or `resource`.
    #[serde(rename = "type", default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// A pattern for names and tags, `image` or `artifact` for resources, a list of names for labels.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub value: Value,
    /// `matches` or `excludes`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub decoration: String,
}

/// A run of a policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplicationExecution {
    /// Row id.
    pub id: i64,
    /// The policy.
    pub policy_id: i64,
    /// `InProgress`, `Succeed`, `Failed` or `Stopped`.
    pub status: String,
    /// `manual`, `scheduled` or `event_based`.
    pub trigger: String,
    /// When it began.
    pub start_time: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time: Option<Timestamp>,
    /// Why it failed.
    pub status_text: String,
    /// Its tasks.
    pub total: i64,
    /// Those that failed.
    pub failed: i64,
    /// Those that worked.
    pub succeed: i64,
    /// Those that are not at their end.
    pub in_progress: i64,
    /// Those that were stopped.
    pub stopped: i64,
}

/// Which policy to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartReplicationExecution {
    /// Row id of the policy.
    #[serde(default)]
    pub policy_id: i64,
}

/// One repository of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplicationTask {
    /// Row id.
    pub id: i64,
    /// The run.
    pub execution_id: i64,
    /// As of a run.
    pub status: String,
    /// The job that does it.
    pub job_id: String,
    /// `copy` or `deletion`.
    pub operation: String,
    /// `image` or `artifact`.
    pub resource_type: String,
    /// What is copied.
    pub src_resource: String,
    /// To where.
    pub dst_resource: String,
    /// When it began.
    pub start_time: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time: Option<Timestamp>,
}
