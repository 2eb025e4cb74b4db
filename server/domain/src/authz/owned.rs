//! Witnesses about things that say themselves whose they are: labels and retention policies.

use std::marker::PhantomData;

use berth_db::query;
use berth_types::{Action, ProjectId, policy::Right};

use super::{ProjectAccess, ProjectAction, lacking, system_allows};
use crate::{Actor, Domain, Error, Result};

/// Whose labels are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelScope {
    /// `g`: those of the system.
    System,
    /// `p`: those of a project.
    Project(ProjectId),
}

/// Proof that `actor` may do `A` to the labels of a scope.
#[derive(Debug)]
pub struct LabelAccess<A: ProjectAction> {
    scope: LabelScope,
    actor: Actor,
    _action: PhantomData<fn() -> A>,
}

impl<A: ProjectAction> Clone for LabelAccess<A> {
    fn clone(&self) -> Self {
        LabelAccess { scope: self.scope, actor: self.actor.clone(), _action: PhantomData }
    }
}

impl<A: ProjectAction> LabelAccess<A> {
    /// Checks. Everybody may list the labels of the system, as in Harbor.
    ///
    /// # Errors
    /// As [`ProjectAccess::check`] for labels of a project; for others as [`super::SystemAccess::check`].
    pub async fn check(domain: &Domain, actor: &Actor, scope: LabelScope) -> Result<Self> {
        match scope {
            LabelScope::Project(project) => {
                ProjectAccess::<A>::check_id(domain, actor, project).await?;
            }
            LabelScope::System if A::ACTION == Action::List => {}
            LabelScope::System if system_allows(actor, A::RESOURCE, A::ACTION) => {}
            LabelScope::System => {
                return Err(lacking(actor, &actor.name, Right::in_system(A::RESOURCE, A::ACTION)));
            }
        }
        Ok(LabelAccess { scope, actor: actor.clone(), _action: PhantomData })
    }

    /// Checks in the scope of one label.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a label that does not exist, whoever asks, as in Harbor; as [`LabelAccess::check`].
    pub async fn of(domain: &Domain, actor: &Actor, id: i64) -> Result<Self> {
        let found = query::label::get(&mut domain.db.reader().await?.conn(), id).await?;
        let found = found.ok_or_else(|| Error::NotFound(format!("label {id} not found")))?;
        let scope = found.project_id.map_or(LabelScope::System, |project| LabelScope::Project(ProjectId(project)));
        Self::check(domain, actor, scope).await
    }

    /// Whose labels.
    pub fn scope(&self) -> LabelScope {
        self.scope
    }

    /// The project of a project's labels.
    pub fn project_id(&self) -> Option<ProjectId> {
        match self.scope {
            LabelScope::System => None,
            LabelScope::Project(project) => Some(project),
        }
    }

    /// Who may.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
}

impl<A: ProjectAction> ProjectAccess<A> {
    /// Checks in the project that a retention policy belongs to.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a policy that does not exist, whoever asks; as [`ProjectAccess::check_id`].
    pub async fn check_retention(domain: &Domain, actor: &Actor, id: i64) -> Result<Self> {
        let found = query::retention::get(&mut domain.db.reader().await?.conn(), id).await?;
        let found = found.ok_or_else(|| Error::NotFound(format!("no such Retention policy with id {id}")))?;
        Self::check_id(domain, actor, ProjectId(found.project_id)).await
    }
}
