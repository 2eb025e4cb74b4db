//! What belongs to a person alone: personal access tokens and saved views (`/api/berth/v1/users/current`).

use serde::{Deserialize, Serialize};

use super::robot::null_as_default;
use crate::Timestamp;

/// A token that stands for a person's password. Its secret is never shown again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PersonalToken {
    /// Row id.
    pub id: i64,
    /// What its owner calls it.
    pub name: String,
    /// Whether it reads and pulls only.
    pub read_only: bool,
    /// When it was made.
    pub creation_time: Timestamp,
    /// When it ends; absent for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute; absent for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
}

/// A token to be made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PersonalTokenReq {
    /// What its owner calls it, 1 to 64 characters.
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    /// Whether it reads and pulls only.
    #[serde(default, deserialize_with = "null_as_default")]
    pub read_only: bool,
    /// When it ends; absent for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// A token that was just made: the only answer with its secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PersonalTokenCreated {
    /// Row id.
    pub id: i64,
    /// What its owner calls it.
    pub name: String,
    /// The secret, which stands for the password.
    pub secret: String,
    /// When it ends; absent for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// A search that a person gave a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SavedView {
    /// Row id.
    pub id: i64,
    /// The list that it is of, for example `audit`.
    pub list: String,
    /// What its owner calls it.
    pub name: String,
    /// The query of the page's address, without `?`.
    pub query: String,
}

/// A view to be saved; one of the same list and name is replaced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SavedViewReq {
    /// The list that it is of: lower-case letters and `-`, 1 to 32.
    #[serde(default, deserialize_with = "null_as_default")]
    pub list: String,
    /// What its owner calls it, 1 to 64 characters.
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    /// The query of the page's address, without `?`, at most 2048 bytes.
    #[serde(default, deserialize_with = "null_as_default")]
    pub query: String,
}

/// Something that a search found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchHit {
    /// `project`, `repository`, `tag`, `artifact`, `user` or `robot`.
    pub kind: String,
    /// The name: of a tag the tag alone, of an artifact its digest.
    pub name: String,
    /// The full name of the repository that a tag or an artifact is in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub repository: String,
    /// The project whose robot it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub project: String,
    /// Row id of a person or a robot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// What a tag points at.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub digest: String,
    /// `IMAGE`, `CHART`, …; empty where nothing tells.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub artifact_kind: String,
    /// Repositories of a project, artifacts of a repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// When a tag or an artifact was pushed, a repository was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// The full name of a person.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub realname: String,
}
