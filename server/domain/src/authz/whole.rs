//! Witnesses that are about no single project and no single action of the system.

use berth_db::query;
use berth_types::{
    Action, Resource, Role, UserId,
    policy::{Standing, project_allows},
};

use super::refusal;
use crate::{Actor, ActorKind, Domain, Error, Result};

/// Proof that somebody is known, person or robot.
#[derive(Clone, Debug)]
pub struct SignedIn {
    actor: Actor,
}

impl SignedIn {
    /// Checks.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] for anonymous callers; [`Error::Forbidden`] for registry tokens, which are good for
    /// `/v2` only.
    pub fn check(actor: &Actor) -> Result<Self> {
        if actor.is_anonymous() || actor.grants.is_some() {
            return Err(refusal(actor, "forbidden"));
        }
        Ok(SignedIn { actor: actor.clone() })
    }

    /// Who it is.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
}

/// Proof that somebody may make a project.
#[derive(Clone, Debug)]
pub struct ProjectCreation {
    actor: Actor,
    storage_bytes_default: i64,
}

impl ProjectCreation {
    /// Checks: everybody who is known, or administrators only, as the settings say. Robots of a project make none.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] for anonymous callers, [`Error::Forbidden`] for others who may not.
    pub async fn check(domain: &Domain, actor: &Actor) -> Result<Self> {
        let SignedIn { actor } = SignedIn::check(actor)?;
        let settings = domain.settings().await?;
        let for_admins = settings.project_creation_restriction() == "adminonly";
        let allowed = match actor.kind {
            ActorKind::User { sysadmin, .. } => sysadmin || !for_admins,
            ActorKind::Robot { project: Some(_), .. } => {
                return Err(Error::Forbidden("Only system level robot can create project".to_owned()));
            }
            ActorKind::Robot { .. } => !for_admins || actor.robot_allows_system(Resource::Project, Action::Create),
            ActorKind::System => true,
            ActorKind::Anonymous => false,
        };
        if !allowed {
            return Err(Error::Forbidden("Only system admin can create project".to_owned()));
        }
        let storage_bytes_default = settings.storage_per_project_bytes();
        Ok(ProjectCreation { actor, storage_bytes_default })
    }

    /// Who may.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The limit of storage of a new project, in bytes; -1 is unlimited.
    pub fn storage_bytes_default(&self) -> i64 {
        self.storage_bytes_default
    }
}

/// Which entries of the audit log somebody may see in the list of the whole system.
#[derive(Clone, Debug)]
pub struct AuditView {
    scope: query::audit::Scope,
    actor: Actor,
}

impl AuditView {
    /// Checks: all for administrators, those of the projects whose logs they may list for others.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] for anonymous callers.
    pub fn check(actor: &Actor) -> Result<Self> {
        if actor.is_anonymous() {
            // Harbor gives no text here.
            return Err(Error::Unauthorized(String::new()));
        }
        let SignedIn { actor } = SignedIn::check(actor)?;
        let all = actor.is_sysadmin() || actor.robot_allows_system(Resource::AuditLog, Action::List);
        let roles = Role::ALL
            .into_iter()
            .filter(|role| project_allows(Standing::Member(*role), Resource::Log, Action::List))
            .map(Role::id)
            .collect();
        let scope = if all {
            query::audit::Scope::All
        } else {
            // No membership has the user 0, so robots without the permission see nothing.
            query::audit::Scope::Roles(actor.user_id().unwrap_or(UserId(0)).0, roles)
        };
        Ok(AuditView { scope, actor })
    }

    /// Whose view it is.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    pub(crate) fn scope(&self) -> &query::audit::Scope {
        &self.scope
    }
}

/// Proof that a service of the installation asks, no client.
#[derive(Clone, Debug)]
pub struct InternalAccess {
    actor: Actor,
}

impl InternalAccess {
    /// Checks. Nobody who comes from outside is one, administrators included.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] in Harbor's words.
    pub fn check(actor: &Actor) -> Result<Self> {
        if !matches!(actor.kind, ActorKind::System) {
            return Err(Error::Unauthorized("only internal service is allowed to call this API".to_owned()));
        }
        Ok(InternalAccess { actor: actor.clone() })
    }

    /// Who asks.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
}
