//! Purges of the audit log.

use serde::{Deserialize, Serialize};

use super::{GCHistory, ScheduleObj};
use crate::Timestamp;

/// A purge of the audit log, or its schedule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExecHistory {
    /// Row id of the run or the schedule.
    pub id: i64,
    /// `PURGE_AUDIT_LOG`; empty for a schedule.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub job_name: String,
    /// `MANUAL` or `SCHEDULE` for a run, the cron expression for a schedule.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub job_kind: String,
    /// What was asked for: JSON as text.
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

/// Runs of all kinds look the same; the API only names them differently.
impl From<GCHistory> for ExecHistory {
    fn from(run: GCHistory) -> Self {
        ExecHistory {
            id: run.id,
            job_name: run.job_name,
            job_kind: run.job_kind,
            job_parameters: run.job_parameters,
            schedule: run.schedule,
            job_status: run.job_status,
            deleted: run.deleted,
            creation_time: run.creation_time,
            update_time: run.update_time,
        }
    }
}
