//! What garbage collection would do.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Things and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CleanUpCount {
    /// How many.
    pub count: u64,
    /// Bytes of all of them.
    pub bytes: u64,
}

impl CleanUpCount {
    /// One more.
    pub const fn add(&mut self, bytes: u64) {
        self.count += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CleanUpItem {
    /// `blob` or `manifest`.
    pub thing: String,
    /// Its digest.
    pub digest: String,
    /// Its bytes.
    pub bytes: u64,
    /// Why it was looked at: `uploaded`, `unlinked`, `repository deleted`, …
    pub asked: String,
    /// What is to become of it: `garbage`, `interrupted`, `linked`, `awaits_manifest`, `referenced`, `in_grace`, `touched`.
    pub verdict: String,
    /// When it can go, where only time keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_at: Option<Timestamp>,
}

/// Why things stay, and how many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CleanUpKept {
    /// The verdict, as in [`CleanUpItem`].
    pub verdict: String,
    /// How many of them.
    pub things: CleanUpCount,
}

/// The schedule that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CleanUpSchedule {
    /// Six fields of cron in UTC, or `@every` with seconds.
    pub cron: String,
    /// When the next run is due.
    pub next_at: Timestamp,
    /// Whether somebody chose it; the configuration's otherwise.
    pub chosen: bool,
}

/// What a run would do now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CleanUpPlan {
    /// How long things stay after they lost their last user, in seconds.
    pub grace_seconds: u64,
    /// The schedule; missing where none is followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<CleanUpSchedule>,
    /// Blobs that can go now.
    pub blobs: CleanUpCount,
    /// Manifests that can go now.
    pub manifests: CleanUpCount,
    /// What waits for the grace time alone.
    pub waiting: CleanUpCount,
    /// When all that waits can go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all_free_at: Option<Timestamp>,
    /// What stays, by reason.
    pub kept: Vec<CleanUpKept>,
    /// Blobs that are stored.
    pub stored: CleanUpCount,
    /// The largest that were looked at and are not needed: those that can go first, then those that wait.
    pub items: Vec<CleanUpItem>,
    /// Artifacts without a tag that a run would remove first, where that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untagged: Option<u64>,
    /// Whether there was more to look at.
    pub truncated: bool,
}
