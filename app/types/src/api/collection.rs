//! Garbage collection.

use serde::{Deserialize, Serialize};

use super::ScheduleObj;
use crate::Timestamp;

/// A run of garbage collection, or its schedule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GCHistory {
    /// Row id of the run or the schedule.
    pub id: i64,
    /// `GARBAGE_COLLECTION`; empty for a schedule.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub job_name: String,
    /// `MANUAL` or `SCHEDULE` for a run, the cron expression for a schedule.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub job_kind: String,
    /// What was asked for and, once it ran, what came of it: JSON as text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub job_parameters: String,
    /// When it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleObj>,
    /// `Pending`, `Running`, `Success`, `Error`, `Stopped`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub job_status: String,
    /// Whether it was removed; nothing is shown then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// When it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creation_time: Option<Timestamp>,
    /// When it last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_time: Option<Timestamp>,
}
