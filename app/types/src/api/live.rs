//! What happens, told while it happens.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The `data` of an event of a stream. Which fields there are depends on the kind.
///
/// `push_artifact`, `delete_artifact`, `create_tag`, `delete_tag` and `delete_repository` are about a repository; `job`,
/// `job_log` and `job_queue` about jobs. `ready` says from where on the stream is whole; `reset` that events are missing, so
/// that everything has to be read again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiveEvent {
    /// What happened; the event's name too.
    pub kind: String,
    /// When; missing in `ready` and `reset`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The repository, with its project's name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub repository: String,
    /// The artifact.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub digest: String,
    /// The tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<i64>,
    /// What the job does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub job_kind: String,
    /// How the job stands.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub status: String,
}

impl LiveEvent {
    /// From here on the stream is whole.
    pub const READY: &'static str = "ready";
    /// Events are missing.
    pub const RESET: &'static str = "reset";
    /// Whatever is told of jobs begins like this.
    pub const JOB: &'static str = "job";
    /// Something happened to a queue, and maybe to all jobs in it.
    pub const QUEUE: &'static str = "job_queue";
}
