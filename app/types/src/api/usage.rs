//! What projects and repositories hold (`/api/berth/v1`).

use serde::{Deserialize, Serialize};

use crate::{ProjectId, Timestamp};

/// A project as the portal lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectOverview {
    /// Row id.
    pub project_id: ProjectId,
    /// Name.
    pub name: String,
    /// Whether anybody may read it.
    pub public: bool,
    /// The owner's sign-in name.
    pub owner_name: String,
    /// The caller's role number; absent for who is no member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_user_role_id: Option<i64>,
    /// Whether the caller starred it.
    pub favorite: bool,
    /// Repositories.
    pub repo_count: i64,
    /// Storage, for who may see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<StorageShare>,
    /// When something was last pushed; absent where nothing is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push_time: Option<Timestamp>,
    /// When it was made.
    pub creation_time: Timestamp,
    /// When it was changed.
    pub update_time: Timestamp,
}

/// Storage and its limit, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StorageShare {
    /// What is held.
    pub used: i64,
    /// What may be held; −1 for no limit.
    pub limit: i64,
}

/// The storage of a project, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectUsage {
    /// What may be held; −1 for no limit.
    pub limit: i64,
    /// What counts against the limit: every blob and manifest of the project once.
    pub used: i64,
    /// What uploads that are under way have received. They count while they last.
    pub reserved: i64,
    /// What of `used` other projects have as well; it is stored once, and counts in each. Only for system administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared: Option<i64>,
    /// What the repositories hold, each counted alone.
    pub repositories: i64,
    /// What is not counted twice, because repositories of the project share it: `repositories` − `used`.
    pub saved: i64,
}

/// What a repository holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RepositoryUsage {
    /// `project/repository`.
    pub name: String,
    /// Artifacts.
    pub artifact_count: i64,
    /// How often something was pulled.
    pub pull_count: i64,
    /// Bytes of its blobs and manifests.
    pub bytes: i64,
    /// Bytes of it that other repositories of the project have as well.
    pub shared: i64,
    /// When something was last pushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push_time: Option<Timestamp>,
    /// When something was last pulled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_time: Option<Timestamp>,
}

/// What a project holds, as administrators compare projects. Sizes are in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectStorage {
    /// Name.
    pub name: String,
    /// What counts against its limit: every blob and manifest of the project once.
    pub used: i64,
    /// What of `used` no other project has.
    pub own: i64,
    /// What of `used` other projects have as well; it is stored once, and counts in each.
    pub shared: i64,
    /// Repositories.
    pub repo_count: i64,
    /// Artifacts.
    pub artifact_count: i64,
    /// How often something was pulled from its repositories.
    pub pull_count: i64,
    /// When something was last pushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push_time: Option<Timestamp>,
    /// When something was last pulled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_time: Option<Timestamp>,
}

/// The storage of the whole installation, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SystemUsage {
    /// Projects.
    pub projects: i64,
    /// What counts against the limits of all projects together.
    pub used: i64,
    /// What is stored: every blob and manifest once.
    pub stored: i64,
    /// What of `stored` no repository has any more; the next clean-ups remove it.
    pub unlinked: i64,
    /// What uploads that are under way have received.
    pub reserved: i64,
    /// What projects share instead of storing it twice: `used` − (`stored` − `unlinked`).
    pub saved: i64,
}

/// What was held on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsageDay {
    /// The first moment of the day (UTC).
    pub day: Timestamp,
    /// When it was measured last on that day.
    pub measured_at: Timestamp,
    /// Bytes before sharing: of a project, what its repositories hold, each counted alone; of the installation, what counts
    /// in all projects together.
    pub logical: i64,
    /// Bytes after sharing: of a project, what counts against its limit; of the installation, what is stored.
    pub stored: i64,
    /// Artifacts that lists show.
    pub artifacts: i64,
}

/// What was held day by day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsageHistory {
    /// The days of which there is a measure, oldest first; a day on which no server ran is missing. The last is today, as it
    /// is now.
    pub days: Vec<UsageDay>,
    /// When the next day begins.
    pub next_at: Timestamp,
}
