//! Witnesses about robots: those of a project belong to its roles, those of the system to administrators.

use std::marker::PhantomData;

use berth_db::query::{self, robot::Robot};
use berth_types::{
    ProjectId, ProjectName, RobotId, Role,
    policy::{Right, RobotLevel},
};

use super::{ProjectAccess, ProjectAction, ProjectRef, SignedIn, lacking, system_allows};
use crate::{Actor, ActorKind, Domain, Error, Result};

/// Whose robots are meant.
#[derive(Clone, Debug, PartialEq)]
pub enum RobotHome {
    /// Those of the system.
    System,
    /// Those of a project, by row id.
    Project(ProjectId),
    /// Those of a project, by what a client gave as its name.
    Named(String),
}

/// Proof that somebody may do `A` with the robots of a project or of the system.
#[derive(Debug)]
pub struct RobotsAccess<A: ProjectAction> {
    home: Option<ProjectRef>,
    actor: Actor,
    _action: PhantomData<fn() -> A>,
}

impl<A: ProjectAction> Clone for RobotsAccess<A> {
    fn clone(&self) -> Self {
        RobotsAccess { home: self.home.clone(), actor: self.actor.clone(), _action: PhantomData }
    }
}

impl<A: ProjectAction> RobotsAccess<A> {
    /// Checks.
    ///
    /// # Errors
    /// As [`ProjectAccess::check`] for a project, as [`super::SystemAccess::check`] for the system.
    pub async fn check(domain: &Domain, actor: &Actor, home: &RobotHome) -> Result<Self> {
        let home = match home {
            RobotHome::System => {
                if !system_allows(actor, A::RESOURCE, A::ACTION) {
                    return Err(lacking(actor, &actor.name, Right::in_system(A::RESOURCE, A::ACTION)));
                }
                None
            }
            RobotHome::Project(id) => Some(ProjectAccess::<A>::check_id(domain, actor, *id).await?.project().clone()),
            RobotHome::Named(text) => Some(named::<A>(domain, actor, text).await?),
        };
        Ok(RobotsAccess { home, actor: actor.clone(), _action: PhantomData })
    }

    /// The project; nothing for the system.
    pub fn home(&self) -> Option<&ProjectRef> {
        self.home.as_ref()
    }

    /// Which kind of robots it is about.
    pub fn level(&self) -> RobotLevel {
        if self.home.is_some() { RobotLevel::Project } else { RobotLevel::System }
    }

    /// Who may.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
}

/// What can be no name is the name of no project, and the answer is the same.
async fn named<A: ProjectAction>(domain: &Domain, actor: &Actor, text: &str) -> Result<ProjectRef> {
    let checked = match text.parse::<ProjectName>() {
        Ok(name) => ProjectAccess::<A>::check(domain, actor, &name).await,
        Err(_) => ProjectAccess::<A>::check_id(domain, actor, ProjectId(0)).await.map_err(|error| match error {
            Error::NotFound(_) => Error::NotFound(format!("project {text} not found")),
            error => error,
        }),
    };
    Ok(checked?.project().clone())
}

/// Proof that somebody may do `A` with a robot.
#[derive(Debug)]
pub struct RobotAccess<A: ProjectAction> {
    robot: Robot,
    among: RobotsAccess<A>,
}

impl<A: ProjectAction> Clone for RobotAccess<A> {
    fn clone(&self) -> Self {
        RobotAccess { robot: self.robot.clone(), among: self.among.clone() }
    }
}

impl<A: ProjectAction> RobotAccess<A> {
    /// Finds the robot and checks. Whoever is known learns which ids exist, as in Harbor.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] for anonymous callers, [`Error::NotFound`] for a robot that does not exist, else as
    /// [`RobotsAccess::check`].
    pub async fn check(domain: &Domain, actor: &Actor, id: RobotId) -> Result<Self> {
        SignedIn::check(actor)?;
        let found = query::robot::find(&mut domain.db.reader().await?.conn(), id.0).await?;
        let robot = found.ok_or_else(|| Error::NotFound(format!("robot {id} not found")))?;
        let home = robot.project_id.map_or(RobotHome::System, |id| RobotHome::Project(ProjectId(id)));
        let among = RobotsAccess::check(domain, actor, &home).await?;
        Ok(RobotAccess { robot, among })
    }

    /// The robot as it was when the caller was checked.
    pub(crate) fn robot(&self) -> &Robot {
        &self.robot
    }

    /// The same witness, about all robots there.
    pub fn among(&self) -> &RobotsAccess<A> {
        &self.among
    }

    /// Who may.
    pub fn actor(&self) -> &Actor {
        &self.among.actor
    }
}

/// Proof that somebody may see what robots can be given.
#[derive(Clone, Debug)]
pub struct RobotCatalogue {
    is_whole: bool,
}

impl RobotCatalogue {
    /// Checks: administrators of the system see all of it, those of any project its part.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] for anonymous callers, [`Error::Forbidden`] for others.
    pub async fn check(domain: &Domain, actor: &Actor) -> Result<Self> {
        if actor.is_anonymous() {
            // Harbor gives no text here.
            return Err(Error::Unauthorized(String::new()));
        }
        SignedIn::check(actor)?;
        if actor.is_sysadmin() {
            return Ok(RobotCatalogue { is_whole: true });
        }
        if let ActorKind::User { id, .. } = actor.kind {
            let mut reader = domain.db.reader().await?;
            if query::member::has_role_anywhere(&mut reader.conn(), id.0, Role::ProjectAdmin.id()).await? {
                return Ok(RobotCatalogue { is_whole: false });
            }
        }
        Err(Error::Forbidden("forbidden: only admins(system and project) can access permissions".to_owned()))
    }

    /// Whether the part of the system is in it.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }
}
