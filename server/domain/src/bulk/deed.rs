//! What can be done to which kind of things.

use berth_types::{
    ProjectName, RepoName, Role,
    api::{BulkAction, BulkKind, BulkRequest},
};

use crate::{Error, Result, manifest::Taken};

/// An action and what it is done to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Deed {
    DeleteTags(RepoName),
    DeleteArtifacts(RepoName),
    /// Like the next two, to what tags point at or to artifacts.
    AddLabel(RepoName, i64),
    RemoveLabel(RepoName, i64),
    Copy(RepoName, RepoName),
    /// With what becomes of tags that the target has on something else.
    Move(RepoName, RepoName, Taken),
    DeleteRepositories(ProjectName),
    CopyRepositories(ProjectName, ProjectName),
    /// As [`Deed::Move`].
    MoveRepositories(ProjectName, ProjectName, Taken),
    DeleteUsers,
    DeleteRobots(Option<ProjectName>),
    /// Whether they are switched off.
    SwitchRobots(Option<ProjectName>, bool),
    RemoveMembers(ProjectName, Own),
    SetRole(ProjectName, Role, Own),
    DeleteLabels(Option<ProjectName>),
    DeleteProjects,
}

/// What becomes of the membership of whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    /// It stays as it is: nobody takes the own rights by a slip.
    Spared,
    /// It was named, so it is meant.
    Meant,
}

/// What a request asks for, and of which kind of things.
///
/// # Errors
/// [`Error::BadRequest`] for what is missing, cannot be read, or does not go together.
pub(super) fn deed(request: &BulkRequest) -> Result<(BulkKind, Deed)> {
    let refused = |text: &str| Error::BadRequest(text.to_owned());
    let kind = request.kind.ok_or_else(|| refused("kind in body is required"))?;
    let action = request.action.ok_or_else(|| refused("action in body is required"))?;
    let repository =
        || request.repository.parse().map_err(|_| refused("repository in body is no name of a repository"));
    let target = || request.target.parse().map_err(|_| refused("target in body is no name of a repository"));
    let project = || request.project.parse().map_err(|_| refused("project in body is no name of a project"));
    let label = || request.label_id.ok_or_else(|| refused("label_id in body is required"));
    let home = || if request.project.is_empty() { Ok(None) } else { project().map(Some) };
    let own = if request.all { Own::Spared } else { Own::Meant };
    let role = || {
        let id = request.role_id.ok_or_else(|| refused("role_id in body is required"))?;
        Role::from_id(id).ok_or_else(|| refused("role_id in body is no number of a role"))
    };
    let way = || {
        let (from, target): (RepoName, RepoName) = (repository()?, target()?);
        if from == target { Err(refused("the target is the repository itself")) } else { Ok((from, target)) }
    };
    let between = || {
        let (from, target): (ProjectName, _) = (project()?, request.target.parse());
        let target: ProjectName = target.map_err(|_| refused("target in body is no name of a project"))?;
        if from == target { Err(refused("the target is the project itself")) } else { Ok((from, target)) }
    };
    let taken = if request.overwrite { Taken::Moved } else { Taken::Refused };
    let deed = match (kind, action) {
        (BulkKind::Tags, BulkAction::Delete) => Deed::DeleteTags(repository()?),
        (BulkKind::Artifacts, BulkAction::Delete) => Deed::DeleteArtifacts(repository()?),
        (BulkKind::Tags | BulkKind::Artifacts, BulkAction::AddLabel) => Deed::AddLabel(repository()?, label()?),
        (BulkKind::Tags | BulkKind::Artifacts, BulkAction::RemoveLabel) => Deed::RemoveLabel(repository()?, label()?),
        (BulkKind::Tags | BulkKind::Artifacts, BulkAction::Copy) => {
            let (from, target) = way()?;
            Deed::Copy(from, target)
        }
        (BulkKind::Artifacts, BulkAction::Move) => {
            let (from, target) = way()?;
            Deed::Move(from, target, taken)
        }
        (BulkKind::Repositories, BulkAction::Delete) => Deed::DeleteRepositories(project()?),
        (BulkKind::Repositories, BulkAction::Copy) => {
            let (from, target) = between()?;
            Deed::CopyRepositories(from, target)
        }
        (BulkKind::Repositories, BulkAction::Move) => {
            let (from, target) = between()?;
            Deed::MoveRepositories(from, target, taken)
        }
        (BulkKind::Users, BulkAction::Delete) => Deed::DeleteUsers,
        (BulkKind::Robots, BulkAction::Delete) => Deed::DeleteRobots(home()?),
        (BulkKind::Robots, BulkAction::Disable) => Deed::SwitchRobots(home()?, true),
        (BulkKind::Robots, BulkAction::Enable) => Deed::SwitchRobots(home()?, false),
        (BulkKind::Members, BulkAction::Delete) => Deed::RemoveMembers(project()?, own),
        (BulkKind::Members, BulkAction::SetRole) => Deed::SetRole(project()?, role()?, own),
        (BulkKind::Labels, BulkAction::Delete) => Deed::DeleteLabels(home()?),
        (BulkKind::Projects, BulkAction::Delete) => Deed::DeleteProjects,
        (kind, action) => {
            let text = format!("there is no action {} for {}", action.as_str(), kind.as_str());
            return Err(Error::BadRequest(text));
        }
    };
    Ok((kind, deed))
}
