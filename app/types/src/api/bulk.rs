//! Operations on many things at once (`/api/berth/v1/bulk`).

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Kinds of things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BulkKind {
    /// Tags of a repository, by name.
    Tags,
    /// Artifacts of a repository, by digest.
    Artifacts,
    /// Repositories of a project, by full name.
    Repositories,
    /// People, by row id.
    Users,
    /// Robots of a project, or of the system, by row id.
    Robots,
    /// Members of a project, by the row id of the membership.
    Members,
    /// Labels of a project, or of the system, by row id.
    Labels,
    /// Projects that the caller sees, by row id.
    Projects,
}

impl BulkKind {
    const ALL: [BulkKind; 8] = [
        BulkKind::Tags,
        BulkKind::Artifacts,
        BulkKind::Repositories,
        BulkKind::Users,
        BulkKind::Robots,
        BulkKind::Members,
        BulkKind::Labels,
        BulkKind::Projects,
    ];

    /// The word in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            BulkKind::Tags => "tags",
            BulkKind::Artifacts => "artifacts",
            BulkKind::Repositories => "repositories",
            BulkKind::Users => "users",
            BulkKind::Robots => "robots",
            BulkKind::Members => "members",
            BulkKind::Labels => "labels",
            BulkKind::Projects => "projects",
        }
    }

    /// Reads the word in addresses.
    pub fn parse(word: &str) -> Option<Self> {
        BulkKind::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What is done to each thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BulkAction {
    /// It is removed.
    Delete,
    /// Artifacts: a label is put on it.
    AddLabel,
    /// Artifacts: a label is taken off it.
    RemoveLabel,
    /// Artifacts: it is copied, tags included, into another repository.
    Copy,
    /// Artifacts: it is copied as well, and then removed where it was. Repositories: so is each of their artifacts, and then the
    /// repository itself goes, unless something is left in it or somebody uploads to it.
    Move,
    /// Robots: it is switched on.
    Enable,
    /// Robots: it is switched off.
    Disable,
    /// Members: it gets another role.
    SetRole,
}

impl BulkAction {
    /// The word in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            BulkAction::Delete => "delete",
            BulkAction::AddLabel => "add_label",
            BulkAction::RemoveLabel => "remove_label",
            BulkAction::Copy => "copy",
            BulkAction::Move => "move",
            BulkAction::Enable => "enable",
            BulkAction::Disable => "disable",
            BulkAction::SetRole => "set_role",
        }
    }

    /// Reads the word in addresses.
    pub fn parse(word: &str) -> Option<Self> {
        let all = [
            BulkAction::Delete,
            BulkAction::AddLabel,
            BulkAction::RemoveLabel,
            BulkAction::Copy,
            BulkAction::Move,
            BulkAction::Enable,
            BulkAction::Disable,
            BulkAction::SetRole,
        ];
        all.into_iter().find(|action| action.as_str() == word)
    }
}

/// What is wanted: an action on some things, or on all that a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BulkRequest {
    /// Which kind of things; it has to be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<BulkKind>,
    /// What is done to each; it has to be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<BulkAction>,
    /// The repository of tags and artifacts: `project/repository`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub repository: String,
    /// The project of repositories, robots, members and labels; without one, robots or labels of the system are meant.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub project: String,
    /// The things, at most 1,000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<String>,
    /// All that the list shows, instead of `items`; at most 50,000. Of members, the caller's own stays as it is: it is
    /// changed only where it is named.
    #[serde(default)]
    pub all: bool,
    /// What the list is narrowed to, in the grammar of lists. A key that the list does not know is refused.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub q: String,
    /// The label to add or to remove, by row id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_id: Option<i64>,
    /// The role that members get, by number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_id: Option<i64>,
    /// Where artifacts are copied or moved to: `project/repository`. Repositories keep their names, and this is the project.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// Whether an artifact that is moved takes its tags from what has them at the target. Otherwise it stays where it is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overwrite: bool,
}

/// What an operation would do, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BulkPreview {
    /// Things that are there. Of repositories that are moved these are their artifacts and the repositories themselves.
    pub items: i64,
    /// How people call the things that it is done to, the first twenty.
    #[serde(default)]
    pub named: Vec<String>,
    /// Things that were named and are not there, the first hundred.
    pub unknown: Vec<String>,
    /// Tags that a removal takes away.
    pub tags: i64,
    /// Manifests that a removal takes away; for tags: those that stay without any tag.
    pub manifests: i64,
    /// Bytes that nothing else in the project has; for tags: those of the manifests that stay without any tag.
    pub bytes: i64,
    /// Artifacts that lose a label, where labels are removed.
    #[serde(default)]
    pub labelled: i64,
    /// The label that is put on or taken off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Other tags of the artifacts that selected tags stand for, the first twenty, where labels are put on or taken off: a label
    /// belongs to the artifact, so they share it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shared: Vec<String>,
    /// How many those are.
    #[serde(default)]
    pub shared_count: i64,
    /// How many project admins there are afterwards, where members are removed or get another role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admins: Option<i64>,
    /// Things that will stay as they are, the first hundred, and why.
    pub kept: Vec<BulkFailure>,
    /// How many those are.
    pub kept_count: i64,
}

/// A thing that was left as it was, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BulkFailure {
    /// The thing, as the request names it.
    pub item: String,
    /// Its name for people, where that is another one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The code of the error.
    pub code: String,
    /// Its text.
    pub message: String,
}

/// An operation that was begun.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BulkStarted {
    /// Its id.
    pub id: i64,
}

/// How far an operation is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BulkStatus {
    /// It waits for its turn.
    #[default]
    Pending,
    /// It is at work.
    Running,
    /// It is through; what failed is told.
    Finished,
    /// Somebody stopped it, or it could not go on. What waits will not be done.
    Stopped,
}

/// An operation as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BulkOperation {
    /// Its id.
    pub id: i64,
    /// What was wanted, without the single things.
    pub request: BulkRequest,
    /// How far it is.
    pub status: BulkStatus,
    /// Things that it is about.
    pub total: i64,
    /// Things that are done.
    pub done: i64,
    /// Things that failed.
    pub failed: i64,
    /// The first hundred that failed, and why.
    pub failures: Vec<BulkFailure>,
    /// When it was asked for.
    pub creation_time: Timestamp,
    /// When it was through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back() {
        for kind in ["tags", "artifacts", "repositories", "users", "robots", "members", "labels", "projects"] {
            assert_eq!(BulkKind::parse(kind).map(BulkKind::as_str), Some(kind));
            let json = format!("\"{kind}\"");
            assert_eq!(serde_json::from_str::<BulkKind>(&json).ok(), BulkKind::parse(kind));
        }
        for action in ["delete", "add_label", "remove_label", "copy", "move", "enable", "disable", "set_role"] {
            assert_eq!(BulkAction::parse(action).map(BulkAction::as_str), Some(action));
            let json = format!("\"{action}\"");
            assert_eq!(serde_json::from_str::<BulkAction>(&json).ok(), BulkAction::parse(action));
        }
        assert_eq!(BulkKind::parse("shoes"), None);
    }
}
