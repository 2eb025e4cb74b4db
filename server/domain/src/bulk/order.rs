//! What is wanted, checked: an action that fits the kind of things, a place that fits both, and who may.

use std::collections::HashSet;

use berth_db::{
    Backend,
    query::{
        self,
        selection::{Selected, Which},
        shelf::TagFilters,
    },
};
use berth_types::{
    Digest, ProjectName, RepoName,
    api::{BulkAction, BulkKind, BulkRequest},
    query::{ListQuery, Match, parse_q},
};

use super::{NAMED_MAX, whole};
use crate::{
    Actor, Domain, Error, Result, artifact,
    authz::{
        AddLabel, CreateArtifact, DeleteArtifact, DeleteRepository, DeleteRobot, DeleteTag, DeleteUser, ListArtifacts,
        ListRepositories, ListRobots, ListTags, ListUsers, ProjectAccess, Pull, Push, ReadArtifact, RemoveLabel,
        RobotHome, RobotsAccess, SystemAccess, UpdateRobot,
    },
    manifest::Taken,
    repository, shelf,
};

/// What is wanted.
#[derive(Clone, Debug)]
pub(super) struct Order {
    kind: BulkKind,
    pub action: Deed,
    pub which: Which,
    tags: TagFilters,
    artifacts: query::artifact::Filters,
}

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
    DeleteUsers,
    DeleteRobots(Option<ProjectName>),
    /// Whether they are switched off.
    SwitchRobots(Option<ProjectName>, bool),
}

/// The row that the things belong to, where they belong to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Repository { project: i64, repository: i64 },
    Project(i64),
    System,
}

impl Order {
    /// Reads a request.
    pub(super) fn read(request: &BulkRequest) -> Result<Self> {
        let (kind, action) = deed(request)?;
        if request.all != request.items.is_empty() {
            return Err(Error::BadRequest("either items or all of them have to be given".to_owned()));
        }
        if request.items.len() > NAMED_MAX {
            return Err(Error::BadRequest(format!("more than {NAMED_MAX} items are given one by one")));
        }
        let mut order = Order {
            kind,
            action,
            which: Which::Named(Vec::new()),
            tags: TagFilters::default(),
            artifacts: Default::default(),
        };
        if !request.all {
            let mut seen = HashSet::new();
            let items = request.items.iter().filter(|item| seen.insert(item.as_str()));
            order.which = Which::Named(items.map(|item| order.spelled(item)).collect());
            // A child of an index may be meant as well, where it is named.
            order.artifacts.children = true;
            return Ok(order);
        }
        let filters = parse_q(&request.q).map_err(|error| Error::BadRequest(error.to_string()))?;
        // What a list ignores it shows all the same, and nobody meant that.
        if let Some(unknown) = filters.iter().find(|filter| !order.knows(&filter.key)) {
            return Err(Error::BadRequest(format!("a selection cannot be narrowed by {:?}", unknown.key)));
        }
        if order.kind() == BulkKind::Tags
            && filters.iter().any(|filter| filter.key == "name" && !is_text(&filter.matches))
        {
            return Err(Error::BadRequest("tags are selected by a part of their name".to_owned()));
        }
        let query = ListQuery { filters, sort: Vec::new(), page: whole() };
        match order.kind() {
            BulkKind::Tags => order.tags = shelf::filters_of(&query)?,
            BulkKind::Artifacts => order.artifacts = artifact::filters_of(&query, artifact::Ages::All)?,
            BulkKind::Repositories | BulkKind::Users | BulkKind::Robots => {}
        }
        order.which = Which::All(query);
        Ok(order)
    }

    pub(super) const fn kind(&self) -> BulkKind {
        self.kind
    }

    /// Whether a list of such things can be narrowed by a key.
    fn knows(&self, key: &str) -> bool {
        let keys: &[&str] = match self.kind() {
            BulkKind::Tags => &["name", "platform", "signed", "labels"],
            BulkKind::Artifacts => &[
                "tags",
                "labels",
                "base",
                "digest",
                "type",
                "media_type",
                "manifest_media_type",
                "artifact_type",
                "size",
                "push_time",
                "pull_time",
            ],
            BulkKind::Repositories => {
                &["name", "description", "artifact_count", "pull_count", "creation_time", "update_time"]
            }
            BulkKind::Users => &["username", "email", "realname", "comment", "sysadmin_flag", "creation_time"],
            BulkKind::Robots => &["name", "description", "disable", "disabled", "creation_time"],
        };
        keys.contains(&key)
    }

    /// An item as rows have it.
    fn spelled(&self, item: &str) -> String {
        match (self.kind(), item.parse::<Digest>()) {
            (BulkKind::Artifacts, Ok(digest)) => digest.to_string(),
            _ => item.to_owned(),
        }
    }

    /// The things that were named and are not among those that are there.
    pub(super) fn unknown(&self, there: &[String]) -> Vec<String> {
        let Which::Named(named) = &self.which else { return Vec::new() };
        // Repositories are copied artifact by artifact, as `repository@digest`; nothing else has such a sign.
        let there: HashSet<&str> =
            there.iter().map(|item| item.split_once('@').map_or(&**item, |(name, _)| name)).collect();
        named.iter().filter(|item| !there.contains(item.as_str())).cloned().collect()
    }

    /// What is said of them.
    pub(super) fn absent(&self) -> &'static str {
        match self.kind() {
            BulkKind::Tags => "tag not found",
            BulkKind::Artifacts => "artifact not found",
            BulkKind::Repositories => "repository not found",
            BulkKind::Users => "user not found",
            BulkKind::Robots => "robot not found",
        }
    }

    /// Whether somebody may ask for this at all. It is checked again for each thing when it is its turn.
    pub(super) async fn check(&self, domain: &Domain, actor: &Actor) -> Result<Place> {
        match &self.action {
            Deed::DeleteTags(repo) => {
                let access = ProjectAccess::<DeleteTag>::check(domain, actor, &repo.project()).await?;
                within(domain, &access.also::<ListTags>()?, repo).await
            }
            Deed::DeleteArtifacts(repo) => {
                let access = ProjectAccess::<DeleteArtifact>::check(domain, actor, &repo.project()).await?;
                within(domain, &access.also::<ListArtifacts>()?, repo).await
            }
            Deed::AddLabel(repo, _) => {
                let access = ProjectAccess::<AddLabel>::check(domain, actor, &repo.project()).await?;
                within(domain, &access.also::<ListArtifacts>()?, repo).await
            }
            Deed::RemoveLabel(repo, _) => {
                let access = ProjectAccess::<RemoveLabel>::check(domain, actor, &repo.project()).await?;
                within(domain, &access.also::<ListArtifacts>()?, repo).await
            }
            Deed::Copy(from, target) => {
                let access = ProjectAccess::<ReadArtifact>::check(domain, actor, &from.project()).await?;
                access.also::<Pull>()?;
                ProjectAccess::<CreateArtifact>::check(domain, actor, &target.project()).await?.also::<Push>()?;
                within(domain, &access.also::<ListArtifacts>()?, from).await
            }
            Deed::Move(from, target, _) => {
                let access = ProjectAccess::<DeleteArtifact>::check(domain, actor, &from.project()).await?;
                access.also::<ReadArtifact>()?.also::<Pull>()?;
                ProjectAccess::<CreateArtifact>::check(domain, actor, &target.project()).await?.also::<Push>()?;
                within(domain, &access.also::<ListArtifacts>()?, from).await
            }
            Deed::DeleteRepositories(project) => {
                let access = ProjectAccess::<DeleteRepository>::check(domain, actor, project).await?;
                access.also::<ListRepositories>()?;
                Ok(Place::Project(access.project_id().0))
            }
            Deed::CopyRepositories(project, target) => {
                let access = ProjectAccess::<ReadArtifact>::check(domain, actor, project).await?;
                access.also::<ListRepositories>()?.also::<ListArtifacts>()?.also::<Pull>()?;
                ProjectAccess::<CreateArtifact>::check(domain, actor, target).await?.also::<Push>()?;
                Ok(Place::Project(access.project_id().0))
            }
            Deed::DeleteUsers => {
                SystemAccess::<DeleteUser>::check(actor)?;
                SystemAccess::<ListUsers>::check(actor)?;
                Ok(Place::System)
            }
            Deed::DeleteRobots(project) => robots::<DeleteRobot>(domain, actor, project.as_ref()).await,
            Deed::SwitchRobots(project, _) => robots::<UpdateRobot>(domain, actor, project.as_ref()).await,
        }
    }

    /// The rows that are meant, in a place that was checked.
    pub(super) fn selected(&self, backend: Backend, place: Place) -> Selected {
        // A place without a repository has no tags: no row has the id 0.
        let (repository, project) = match place {
            Place::Repository { project, repository } => (repository, Some(project)),
            Place::Project(project) => (0, Some(project)),
            Place::System => (0, None),
        };
        let oldest_first = matches!(self.action, Deed::Copy(..));
        let selected = match self.kind() {
            BulkKind::Repositories if matches!(self.action, Deed::CopyRepositories(..)) => {
                Selected::artifacts_of_repositories(backend, project.unwrap_or_default(), &self.which)
            }
            BulkKind::Tags => Selected::tags(backend, repository, &self.which, &self.tags),
            BulkKind::Artifacts => Selected::artifacts(backend, repository, &self.which, &self.artifacts),
            BulkKind::Repositories => Selected::repositories(backend, project.unwrap_or_default(), &self.which),
            BulkKind::Users => Selected::users(backend, &self.which),
            BulkKind::Robots => Selected::robots(backend, project, &self.which),
        };
        // What comes later is younger at the target.
        if oldest_first { selected.oldest_first() } else { selected }
    }
}

async fn within<A: crate::authz::ProjectAction>(
    domain: &Domain,
    access: &ProjectAccess<A>,
    repo: &RepoName,
) -> Result<Place> {
    let found = query::registry::repository(&mut domain.db.reader().await?.conn(), repo.as_str()).await?;
    let found = found.filter(|found| found.listed).ok_or_else(|| repository::not_found(repo))?;
    Ok(Place::Repository { project: access.project_id().0, repository: found.id })
}

async fn robots<A: crate::authz::ProjectAction>(
    domain: &Domain,
    actor: &Actor,
    project: Option<&ProjectName>,
) -> Result<Place> {
    let home = project.map_or(RobotHome::System, |name| RobotHome::Named(name.to_string()));
    let access = RobotsAccess::<A>::check(domain, actor, &home).await?;
    RobotsAccess::<ListRobots>::check(domain, actor, &home).await?;
    Ok(access.home().map_or(Place::System, |project| Place::Project(project.id.0)))
}

fn deed(request: &BulkRequest) -> Result<(BulkKind, Deed)> {
    let refused = |text: &str| Error::BadRequest(text.to_owned());
    let kind = request.kind.ok_or_else(|| refused("kind in body is required"))?;
    let action = request.action.ok_or_else(|| refused("action in body is required"))?;
    let repository =
        || request.repository.parse().map_err(|_| refused("repository in body is no name of a repository"));
    let target = || request.target.parse().map_err(|_| refused("target in body is no name of a repository"));
    let project = || request.project.parse().map_err(|_| refused("project in body is no name of a project"));
    let label = || request.label_id.ok_or_else(|| refused("label_id in body is required"));
    let home = || if request.project.is_empty() { Ok(None) } else { project().map(Some) };
    let way = || {
        let (from, target): (RepoName, RepoName) = (repository()?, target()?);
        if from == target { Err(refused("the target is the repository itself")) } else { Ok((from, target)) }
    };
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
            Deed::Move(from, target, if request.overwrite { Taken::Moved } else { Taken::Refused })
        }
        (BulkKind::Repositories, BulkAction::Delete) => Deed::DeleteRepositories(project()?),
        (BulkKind::Repositories, BulkAction::Copy) => {
            let (from, target) = (project()?, request.target.parse());
            let target: ProjectName = target.map_err(|_| refused("target in body is no name of a project"))?;
            if from == target {
                return Err(refused("the target is the project itself"));
            }
            Deed::CopyRepositories(from, target)
        }
        (BulkKind::Users, BulkAction::Delete) => Deed::DeleteUsers,
        (BulkKind::Robots, BulkAction::Delete) => Deed::DeleteRobots(home()?),
        (BulkKind::Robots, BulkAction::Disable) => Deed::SwitchRobots(home()?, true),
        (BulkKind::Robots, BulkAction::Enable) => Deed::SwitchRobots(home()?, false),
        (kind, action) => {
            let text = format!("there is no action {} for {}", action.as_str(), kind.as_str());
            return Err(Error::BadRequest(text));
        }
    };
    Ok((kind, deed))
}

/// Whether it is one text, which is all that a list of tags reads of a name.
fn is_text(matches: &Match) -> bool {
    matches!(matches, Match::Fuzzy(_) | Match::Exact(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(json: serde_json::Value) -> Result<Order> {
        Order::read(&serde_json::from_value(json).unwrap())
    }

    #[test]
    fn an_action_fits_what_it_is_done_to() {
        let order = request(serde_json::json!({
            "kind": "artifacts", "action": "copy", "repository": "p/a", "target": "q/b", "all": true
        }));
        assert_eq!(order.unwrap().action, Deed::Copy("p/a".parse().unwrap(), "q/b".parse().unwrap()));
        let order = request(serde_json::json!({
            "kind": "tags", "action": "copy", "repository": "p/a", "target": "q/b", "items": ["v1"]
        }));
        assert_eq!(order.unwrap().kind(), BulkKind::Tags);
        let order = request(serde_json::json!({
            "kind": "repositories", "action": "copy", "project": "p", "target": "q", "items": ["p/a"]
        }));
        assert_eq!(order.unwrap().action, Deed::CopyRepositories("p".parse().unwrap(), "q".parse().unwrap()));
        for (overwrite, taken) in [(false, Taken::Refused), (true, Taken::Moved)] {
            let order = request(serde_json::json!({
                "kind": "artifacts", "action": "move", "repository": "p/a", "target": "q/b", "all": true,
                "overwrite": overwrite
            }));
            assert_eq!(order.unwrap().action, Deed::Move("p/a".parse().unwrap(), "q/b".parse().unwrap(), taken));
        }
        for bad in [
            serde_json::json!({}),
            serde_json::json!({ "kind": "tags", "action": "copy", "repository": "p/a", "all": true }),
            serde_json::json!({ "kind": "repositories", "action": "copy", "project": "p", "all": true }),
            serde_json::json!({ "kind": "repositories", "action": "copy", "project": "p", "target": "p", "all": true }),
            serde_json::json!({ "kind": "repositories", "action": "copy", "project": "p", "target": "q/r", "all": true }),
            serde_json::json!({ "kind": "repositories", "action": "move", "project": "p", "target": "q", "all": true }),
            serde_json::json!({ "kind": "tags", "action": "delete", "repository": "p", "all": true }),
            serde_json::json!({ "kind": "tags", "action": "delete", "repository": "p/a" }),
            serde_json::json!({ "kind": "tags", "action": "delete", "repository": "p/a", "all": true, "items": ["x"] }),
            serde_json::json!({ "kind": "artifacts", "action": "add_label", "repository": "p/a", "all": true }),
            serde_json::json!({ "kind": "users", "action": "disable", "items": ["1"] }),
            serde_json::json!({
                "kind": "artifacts", "action": "copy", "repository": "p/a", "target": "p/a", "all": true
            }),
            serde_json::json!({
                "kind": "artifacts", "action": "move", "repository": "p/a", "target": "p/a", "all": true
            }),
            serde_json::json!({ "kind": "artifacts", "action": "move", "repository": "p/a", "all": true }),
            serde_json::json!({ "kind": "tags", "action": "move", "repository": "p/a", "target": "p/b", "all": true }),
            serde_json::json!({ "kind": "users", "action": "delete", "items": vec!["1"; NAMED_MAX + 1] }),
        ] {
            assert!(matches!(request(bad.clone()), Err(Error::BadRequest(_))), "{bad}");
        }
    }

    #[test]
    fn what_a_list_would_ignore_selects_nothing() {
        let of = |q: &str| {
            request(serde_json::json!({
                "kind": "tags", "action": "delete", "repository": "p/a", "all": true, "q": q
            }))
        };
        assert!(of("name=~pr-").is_ok() && of("").is_ok());
        for q in ["nmae=~pr-", "name=~pr-,shoe=1", "name={a b}", "signed=perhaps"] {
            assert!(matches!(of(q), Err(Error::BadRequest(_))), "{q}");
        }
    }
}
