//! Who runs jobs, what waits, and what comes again.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A node that runs jobs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkerPool {
    /// Its process id.
    pub pid: i64,
    /// Its name in the queue.
    pub worker_pool_id: String,
    /// When it started.
    pub start_at: Timestamp,
    /// When it was last heard of.
    pub heartbeat_at: Timestamp,
    /// Jobs that it runs at the same time.
    pub concurrency: i64,
    /// The machine that it runs on.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub host: String,
}

/// A place for one job on a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Worker {
    /// Its name.
    pub id: String,
    /// The node's name in the queue.
    pub pool_id: String,
    /// The kind of job that it runs; empty where it is free.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub job_name: String,
    /// The job that it runs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub job_id: String,
    /// When it began the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_at: Option<Timestamp>,
    /// How far the job is, as JSON.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub check_in: String,
    /// When the job said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkin_at: Option<Timestamp>,
}

/// What waits of one kind of job.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobQueue {
    /// The kind.
    pub job_type: String,
    /// Jobs that wait.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub count: i64,
    /// For how long the oldest one has waited, in seconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub latency: i64,
    /// Whether none is begun.
    pub paused: bool,
}

/// What to do with a queue.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActionRequest {
    /// `stop`, `pause` or `resume`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
}

/// Something that comes again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScheduleTask {
    /// Row id.
    pub id: i64,
    /// The kind of job.
    pub vendor_type: String,
    /// Row id of what the schedule belongs to; nothing where the system has one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_id: Option<i64>,
    /// Six fields of cron, or `@every` with seconds.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cron: String,
    /// When it last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_time: Option<Timestamp>,
}

/// Whether schedules rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SchedulerStatus {
    /// Whether nothing is begun by the clock.
    pub paused: bool,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}
