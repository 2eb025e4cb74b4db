//! Jobs of every kind.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A job.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Job {
    /// Row id.
    pub id: i64,
    /// What it does, under Harbor's name where Harbor has one.
    pub kind: String,
    /// `pending`, `running`, `success`, `error` or `stopped`.
    pub status: String,
    /// Who asked for it: `manual`, `schedule` or `event`.
    pub trigger: String,
    /// How far it is, where it can say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
    /// How many of the things that it is about failed, where it can say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<u64>,
    /// The operation on many things that it carries out, by row id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<i64>,
    /// How often it was begun.
    pub attempts: i64,
    /// Why the last attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Not before this moment.
    pub run_at: Timestamp,
    /// When it was asked for.
    pub creation_time: Timestamp,
    /// When it was begun first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time: Option<Timestamp>,
}

/// What waits and runs of one kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueueState {
    /// The kind, as in [`Job`].
    pub kind: String,
    /// Jobs that could begin now.
    pub waiting: i64,
    /// Jobs that run.
    pub running: i64,
    /// For how long the oldest one has waited, in seconds.
    pub latency_seconds: i64,
    /// Whether none is begun.
    pub paused: bool,
}

/// How the queue of jobs stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobStatistics {
    /// Every kind.
    pub queues: Vec<QueueState>,
    /// Whether schedules rest.
    pub schedules_paused: bool,
    /// Places for jobs on all nodes.
    pub workers: i64,
    /// Nodes that run jobs.
    pub nodes: i64,
    /// Jobs that failed within a day.
    pub failed: i64,
    /// Jobs that did what they are for within a day.
    pub done: i64,
}
