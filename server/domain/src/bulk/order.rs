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
    api::{BulkKind, BulkRequest},
    query::{Filter, ListQuery, Match, parse_q},
};

use super::{
    NAMED_MAX,
    deed::{Deed, deed},
    item::repository_of,
    whole,
};
use crate::{
    Actor, Domain, Error, Result, artifact,
    authz::{
        AddLabel, CreateArtifact, DeleteArtifact, DeleteLabel, DeleteMember, DeleteRepository, DeleteRobot, DeleteTag,
        DeleteUser, LabelAccess, LabelScope, ListArtifacts, ListLabels, ListMembers, ListRepositories, ListRobots,
        ListTags, ListUsers, ProjectAccess, ProjectAction, Pull, Push, ReadArtifact, RemoveLabel, RobotHome,
        RobotsAccess, SignedIn, SystemAccess, UpdateMember, UpdateRobot, Visible,
    },
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
        let mut order = Order::of(kind, action);
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
        // Labels are the only column of which all of some values are asked.
        let ignored = |filter: &&Filter| filter.key != "labels" && matches!(filter.matches, Match::All(_));
        if let Some(ignored) = filters.iter().find(ignored) {
            return Err(Error::BadRequest(format!("a selection by {:?} asks for one of some values", ignored.key)));
        }
        let query = ListQuery { filters, sort: Vec::new(), page: whole() };
        match order.kind() {
            BulkKind::Tags => order.tags = shelf::filters_of(&query)?,
            BulkKind::Artifacts => order.artifacts = artifact::filters_of(&query, artifact::Ages::All)?,
            BulkKind::Repositories
            | BulkKind::Users
            | BulkKind::Robots
            | BulkKind::Members
            | BulkKind::Labels
            | BulkKind::Projects => {}
        }
        order.which = Which::All(query);
        Ok(order)
    }

    /// Reads a request that was begun: its things are noted, so it does not matter any more how they were selected.
    pub(super) fn begun(request: &BulkRequest) -> Result<Self> {
        let (kind, action) = deed(request)?;
        Ok(Order::of(kind, action))
    }

    fn of(kind: BulkKind, action: Deed) -> Self {
        let which = Which::Named(Vec::new());
        Order { kind, action, which, tags: TagFilters::default(), artifacts: Default::default() }
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
            BulkKind::Users => {
                &["username", "email", "realname", "comment", "person", "sysadmin_flag", "creation_time"]
            }
            BulkKind::Robots => &["name", "description", "disable", "disabled", "creation_time"],
            // The list of them has one name or all.
            BulkKind::Members => &[],
            BulkKind::Labels => &["name", "description", "color", "creation_time", "update_time"],
            // Storage is left out: not everybody is told it, so not everybody may ask for it.
            BulkKind::Projects => &["name", "public", "creation_time", "update_time", "push_time", "repo_count"],
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
        let there: HashSet<&str> = there.iter().map(|item| repository_of(item)).collect();
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
            BulkKind::Members => "member not found",
            BulkKind::Labels => "label not found",
            BulkKind::Projects => "project not found",
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
            Deed::MoveRepositories(project, target, _) => {
                let access = ProjectAccess::<DeleteArtifact>::check(domain, actor, project).await?;
                access.also::<DeleteRepository>()?.also::<ReadArtifact>()?.also::<Pull>()?;
                access.also::<ListRepositories>()?.also::<ListArtifacts>()?;
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
            Deed::RemoveMembers(project, _) => members::<DeleteMember>(domain, actor, project).await,
            Deed::SetRole(project, ..) => members::<UpdateMember>(domain, actor, project).await,
            Deed::DeleteLabels(project) => {
                let scope = match project {
                    Some(project) => LabelScope::Project(
                        ProjectAccess::<DeleteLabel>::check(domain, actor, project).await?.project_id(),
                    ),
                    None => LabelScope::System,
                };
                LabelAccess::<DeleteLabel>::check(domain, actor, scope).await?;
                let access = LabelAccess::<ListLabels>::check(domain, actor, scope).await?;
                Ok(access.project_id().map_or(Place::System, |project| Place::Project(project.0)))
            }
            // Each by its own right.
            Deed::DeleteProjects => {
                SignedIn::check(actor)?;
                Ok(Place::System)
            }
        }
    }

    /// The rows that are meant, in a place that was checked for this caller.
    pub(super) fn selected(&self, backend: Backend, place: Place, actor: &Actor) -> Selected {
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
            BulkKind::Repositories if matches!(self.action, Deed::MoveRepositories(..)) => {
                Selected::artifacts_of_repositories(backend, project.unwrap_or_default(), &self.which).listing_first()
            }
            BulkKind::Tags => Selected::tags(backend, repository, &self.which, &self.tags),
            BulkKind::Artifacts => Selected::artifacts(backend, repository, &self.which, &self.artifacts),
            BulkKind::Repositories => Selected::repositories(backend, project.unwrap_or_default(), &self.which),
            BulkKind::Users => Selected::users(backend, &self.which),
            BulkKind::Robots => Selected::robots(backend, project, &self.which),
            BulkKind::Members => {
                let own = actor.user_id().map_or(0, |id| id.0);
                Selected::members(backend, project.unwrap_or_default(), own, &self.which)
            }
            BulkKind::Labels => Selected::labels(backend, project, &self.which),
            BulkKind::Projects => Selected::projects(backend, &Visible::to(actor).scope(), &self.which),
        };
        // What comes later is younger at the target.
        if oldest_first { selected.oldest_first() } else { selected }
    }

    /// The rows whose turn comes after all the others: repositories that are moved are closed when their artifacts have gone.
    pub(super) fn closing(&self, backend: Backend, place: Place) -> Option<Selected> {
        match (&self.action, place) {
            (Deed::MoveRepositories(..), Place::Project(project)) => {
                Some(Selected::repositories(backend, project, &self.which))
            }
            _ => None,
        }
    }
}

async fn within<A: ProjectAction>(domain: &Domain, access: &ProjectAccess<A>, repo: &RepoName) -> Result<Place> {
    let found = query::registry::repository(&mut domain.db.reader().await?.conn(), repo.as_str()).await?;
    let found = found.filter(|found| found.listed).ok_or_else(|| repository::not_found(repo))?;
    Ok(Place::Repository { project: access.project_id().0, repository: found.id })
}

async fn members<A: ProjectAction>(domain: &Domain, actor: &Actor, project: &ProjectName) -> Result<Place> {
    let access = ProjectAccess::<A>::check(domain, actor, project).await?;
    access.also::<ListMembers>()?;
    Ok(Place::Project(access.project_id().0))
}

async fn robots<A: ProjectAction>(domain: &Domain, actor: &Actor, project: Option<&ProjectName>) -> Result<Place> {
    let home = project.map_or(RobotHome::System, |name| RobotHome::Named(name.to_string()));
    let access = RobotsAccess::<A>::check(domain, actor, &home).await?;
    RobotsAccess::<ListRobots>::check(domain, actor, &home).await?;
    Ok(access.home().map_or(Place::System, |project| Place::Project(project.id.0)))
}

/// Whether it is one text, which is all that a list of tags reads of a name.
fn is_text(matches: &Match) -> bool {
    matches!(matches, Match::Fuzzy(_) | Match::Exact(_))
}

#[cfg(test)]
mod tests {
    use berth_types::Role;

    use super::*;
    use crate::{bulk::deed::Own, manifest::Taken};

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
            let order = request(serde_json::json!({
                "kind": "repositories", "action": "move", "project": "p", "target": "q", "all": true,
                "overwrite": overwrite
            }));
            let moved = Deed::MoveRepositories("p".parse().unwrap(), "q".parse().unwrap(), taken);
            assert_eq!(order.unwrap().action, moved);
        }
        for bad in [
            serde_json::json!({}),
            serde_json::json!({ "kind": "tags", "action": "copy", "repository": "p/a", "all": true }),
            serde_json::json!({ "kind": "repositories", "action": "copy", "project": "p", "all": true }),
            serde_json::json!({ "kind": "repositories", "action": "copy", "project": "p", "target": "p", "all": true }),
            serde_json::json!({ "kind": "repositories", "action": "copy", "project": "p", "target": "q/r", "all": true }),
            serde_json::json!({ "kind": "repositories", "action": "move", "project": "p", "target": "p", "all": true }),
            serde_json::json!({ "kind": "repositories", "action": "move", "project": "p", "all": true }),
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
            serde_json::json!({ "kind": "members", "action": "delete", "items": ["1"] }),
            serde_json::json!({ "kind": "members", "action": "set_role", "project": "p", "items": ["1"] }),
            serde_json::json!({ "kind": "members", "action": "set_role", "project": "p", "items": ["1"], "role_id": 6 }),
            serde_json::json!({ "kind": "robots", "action": "set_role", "project": "p", "items": ["1"], "role_id": 2 }),
            serde_json::json!({ "kind": "labels", "action": "set_role", "project": "p", "items": ["1"], "role_id": 2 }),
            serde_json::json!({ "kind": "projects", "action": "disable", "items": ["1"] }),
        ] {
            assert!(matches!(request(bad.clone()), Err(Error::BadRequest(_))), "{bad}");
        }
    }

    #[test]
    fn the_own_membership_is_meant_where_it_is_named() {
        let of = |which: serde_json::Value| {
            let mut wanted = serde_json::json!({
                "kind": "members", "action": "set_role", "project": "p", "role_id": 2
            });
            wanted.as_object_mut().unwrap().extend(which.as_object().unwrap().clone());
            let request: BulkRequest = serde_json::from_value(wanted).unwrap();
            // What was begun is read without its items.
            let begun = BulkRequest { items: Vec::new(), ..request.clone() };
            (Order::read(&request).unwrap().action, Order::begun(&begun).unwrap().action)
        };
        let deed = |own| Deed::SetRole("p".parse().unwrap(), Role::Developer, own);
        assert_eq!(of(serde_json::json!({ "items": ["4"] })), (deed(Own::Meant), deed(Own::Meant)));
        assert_eq!(of(serde_json::json!({ "all": true })), (deed(Own::Spared), deed(Own::Spared)));
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
        let of = |kind: &str, q: &str| {
            request(serde_json::json!({ "kind": kind, "action": "delete", "project": "p", "all": true, "q": q }))
        };
        for (kind, q) in [
            ("members", "name=mei"),
            ("members", "entityname=mei"),
            ("labels", "scope=g"),
            ("labels", "name=(a b)"),
            ("users", "username=(a b)"),
            ("projects", "storage=0"),
            ("projects", "member=true"),
            ("projects", "name=(a b)"),
        ] {
            assert!(matches!(of(kind, q), Err(Error::BadRequest(_))), "{kind} {q}");
        }
        for (kind, q) in [("members", ""), ("labels", "name=~old"), ("projects", "name=~old,public=false")] {
            assert!(of(kind, q).is_ok(), "{kind} {q}");
        }
    }
}
