//! Who asks. `auth` proves it, `authz` decides what they may.

use std::{collections::BTreeMap, sync::Arc};

use berth_types::{Action, ProjectId, ProjectName, RepoName, Resource, RobotId, Timestamp, UserId};

/// Somebody who asks for something, with where the request came from.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Which kind, with ids.
    pub kind: ActorKind,
    /// The name that the audit log shows. Empty for anonymous.
    pub name: Arc<str>,
    /// What a registry token limits the caller to; nothing where no token was used.
    pub grants: Option<Arc<Grants>>,
    /// What a person came with.
    pub via: Via,
    /// The client's address.
    pub address: Arc<str>,
    /// The request's id.
    pub request_id: Arc<str>,
}

/// What a person came with, as far as it limits what they may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Via {
    /// A password or a session, or the caller is no person.
    #[default]
    Own,
    /// A personal access token.
    Token {
        /// The row.
        id: i64,
        /// Whether it reads and pulls only.
        read_only: bool,
        /// When it ends.
        expires_at: Option<Timestamp>,
    },
}

/// Kinds of callers.
#[derive(Clone, Debug, PartialEq)]
pub enum ActorKind {
    /// Nobody is signed in.
    Anonymous,
    /// A person.
    User {
        /// The row.
        id: UserId,
        /// Whether every check passes.
        sysadmin: bool,
    },
    /// A robot account.
    Robot {
        /// The row.
        id: RobotId,
        /// The project whose robot it is; nothing for one of the system.
        project: Option<ProjectId>,
        /// What it may, as it was given.
        permissions: Arc<[RobotPermission]>,
    },
    /// Berth itself, for example `gc`.
    System,
}

/// One permission of a robot.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct RobotPermission {
    /// `/project/<id>`, `/project/*` or `/system`.
    pub scope: RobotScope,
    /// On what.
    pub resource: String,
    /// What.
    pub action: String,
    /// `allow` where whoever gave the permission wrote it down; it is shown again and means nothing more.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub effect: String,
}

/// Where a robot's permission holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RobotScope {
    /// In one project.
    Project(ProjectId),
    /// In every project.
    AllProjects,
    /// In the system.
    System,
}

/// What a registry token grants.
#[derive(Clone, Debug, PartialEq)]
pub struct Grants {
    /// The registry actions by project: all that any of its repositories was granted.
    pub projects: BTreeMap<ProjectName, Vec<Action>>,
    /// The registry actions by repository, under the name that the token says.
    pub repositories: BTreeMap<String, Vec<Action>>,
    /// Whether the catalog may be listed.
    pub catalog: bool,
    /// When the token was made. A project made later under the same name is another one.
    pub issued_at: Timestamp,
}

impl Grants {
    /// Whether the token is for an action in this very repository, and not only in another one of its project.
    pub fn allows(&self, repo: &RepoName, action: Action) -> bool {
        self.repositories.get(repo.as_str()).is_some_and(|actions| actions.contains(&action))
    }
}

/// Nothing is allocated for no text.
fn shared(text: &str) -> Arc<str> {
    if text.is_empty() { Arc::default() } else { text.into() }
}

impl Default for Actor {
    fn default() -> Self {
        Actor::anonymous("", "")
    }
}

impl Actor {
    /// Nobody, from an address.
    pub fn anonymous(address: &str, request_id: &str) -> Self {
        Actor {
            kind: ActorKind::Anonymous,
            name: Arc::default(),
            grants: None,
            via: Via::Own,
            address: shared(address),
            request_id: shared(request_id),
        }
    }

    /// A person.
    pub fn user(id: UserId, name: &str, sysadmin: bool) -> Self {
        Actor { kind: ActorKind::User { id, sysadmin }, name: name.into(), ..Actor::default() }
    }

    /// Berth itself, under the name of what it does.
    pub fn system(name: &str) -> Self {
        Actor { kind: ActorKind::System, name: name.into(), ..Actor::default() }
    }

    /// The same caller, seen on another request.
    #[must_use]
    pub fn on_request(mut self, address: impl Into<Arc<str>>, request_id: impl Into<Arc<str>>) -> Self {
        self.address = address.into();
        self.request_id = request_id.into();
        self
    }

    /// The same caller, who came with this.
    #[must_use]
    pub fn coming_with(mut self, via: Via) -> Self {
        self.via = via;
        self
    }

    /// Whether the caller came with a token that reads and pulls only.
    pub fn only_reads(&self) -> bool {
        matches!(self.via, Via::Token { read_only: true, .. })
    }

    /// Whether nobody is signed in.
    pub fn is_anonymous(&self) -> bool {
        matches!(self.kind, ActorKind::Anonymous)
    }

    /// Whether every check passes.
    pub fn is_sysadmin(&self) -> bool {
        matches!(self.kind, ActorKind::User { sysadmin: true, .. } | ActorKind::System)
    }

    /// The person, if it is one.
    pub fn user_id(&self) -> Option<UserId> {
        match self.kind {
            ActorKind::User { id, .. } => Some(id),
            ActorKind::Anonymous | ActorKind::Robot { .. } | ActorKind::System => None,
        }
    }

    /// Whether a robot has a permission in a project.
    pub(crate) fn robot_allows(&self, project: ProjectId, resource: Resource, action: Action) -> bool {
        let ActorKind::Robot { permissions, project: home, .. } = &self.kind else { return false };
        let has = |wanted: Action| {
            permissions.iter().any(|permission| {
                let here = match permission.scope {
                    RobotScope::Project(id) => id == project,
                    RobotScope::AllProjects => true,
                    RobotScope::System => false,
                };
                here && permission.resource == resource.as_str() && permission.action == wanted.as_str()
            })
        };
        // A project's robot that may push may also look at what is there already, as in Harbor.
        let is_implied = home.is_some() && resource == Resource::Repository && action == Action::Pull;
        has(action) || (is_implied && has(Action::Push))
    }

    /// Whether a caller may hand out permissions: robots only what they have themselves.
    pub(crate) fn may_give(&self, wanted: &[RobotPermission]) -> bool {
        let ActorKind::Robot { permissions, .. } = &self.kind else { return true };
        wanted.iter().all(|wanted| {
            permissions.iter().any(|own| {
                let covers = match (own.scope, wanted.scope) {
                    (RobotScope::AllProjects, RobotScope::Project(_)) => true,
                    (own, wanted) => own == wanted,
                };
                covers && own.resource == wanted.resource && own.action == wanted.action
            })
        })
    }

    /// Whether a robot has a permission in the system.
    pub(crate) fn robot_allows_system(&self, resource: Resource, action: Action) -> bool {
        let ActorKind::Robot { permissions, .. } = &self.kind else { return false };
        permissions.iter().any(|permission| {
            permission.scope == RobotScope::System
                && permission.resource == resource.as_str()
                && permission.action == action.as_str()
        })
    }
}
