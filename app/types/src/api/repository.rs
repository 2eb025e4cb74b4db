//! Repositories (Harbor's `repository` operations).

use serde::{Deserialize, Serialize};

use crate::{ProjectId, RepositoryId, Timestamp};

/// A repository as Harbor shows one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Repository {
    /// Row id.
    pub id: RepositoryId,
    /// The project.
    pub project_id: ProjectId,
    /// `<project>/<repository>`.
    pub name: String,
    /// Markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// How many artifacts it has.
    pub artifact_count: i64,
    /// How often something was pulled.
    pub pull_count: i64,
    /// When it was made.
    pub creation_time: Timestamp,
    /// When something was last pushed or changed.
    pub update_time: Timestamp,
}

/// What may be changed of a repository.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RepositoryUpdate {
    /// Markdown.
    #[serde(default)]
    pub description: String,
}
