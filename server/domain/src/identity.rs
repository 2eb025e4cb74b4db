//! Robots, as far as proof of identity goes.

use std::sync::Arc;

pub use berth_db::query::identity::Identity;
use berth_db::query::identity::{self as rows, Kind};
use berth_types::{ProjectId, RobotId, Timestamp};

use crate::{
    Actor, Domain, Error, Result,
    actor::{ActorKind, RobotPermission},
    token,
};

/// A secret that was just generated: the only moment at which it is known.
#[derive(Clone)]
pub struct Generated {
    /// The secret.
    pub secret: String,
    /// The keyed hash that is kept.
    pub hash: Vec<u8>,
}

impl std::fmt::Debug for Generated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A robot that is neither switched off nor over, by its name without the prefix, at most two seconds old.
///
/// # Errors
/// Where the database does not answer.
pub async fn robot_by_name(domain: &Domain, name: &str) -> Result<Option<Arc<Identity>>> {
    if name.contains('\0') {
        return Ok(None);
    }
    let found = match domain.recent.robot_names.get(name) {
        Some(found) => found,
        None => {
            let mut reader = domain.db.reader().await?;
            let found = rows::find_by_name(&mut reader.conn(), Kind::Robot, name).await?.map(Arc::new);
            domain.recent.robot_names.insert(name.to_owned(), found.clone());
            found
        }
    };
    Ok(found.filter(|robot| is_alive(robot, domain.now())))
}

/// A robot that is neither switched off nor over, by id, at most two seconds old.
///
/// # Errors
/// Where the database does not answer.
pub async fn robot(domain: &Domain, id: RobotId) -> Result<Option<Arc<Identity>>> {
    let found = match domain.recent.robots.get(&id.0) {
        Some(found) => found,
        None => {
            let found = rows::find(&mut domain.db.reader().await?.conn(), id.0).await?.map(Arc::new);
            domain.recent.robots.insert(id.0, found.clone());
            found
        }
    };
    Ok(found.filter(|robot| is_alive(robot, domain.now())))
}

/// A robot that proved to be itself, as a caller. When it did so is kept.
///
/// # Errors
/// As [`robot_actor`].
pub fn robot_signed_in(domain: &Domain, robot: &Identity, prefix: &str) -> Result<Actor> {
    let actor = robot_actor(robot, prefix)?;
    token::note_use(domain, robot.id, domain.now());
    Ok(actor)
}

/// A robot as a caller, under its full name.
///
/// # Errors
/// [`Error::Internal`] where its permissions cannot be read.
pub fn robot_actor(robot: &Identity, prefix: &str) -> Result<Actor> {
    let permissions: Vec<RobotPermission> = serde_json::from_str(&robot.permissions).map_err(Error::internal)?;
    let project = robot.project_id.map(ProjectId);
    let kind = ActorKind::Robot { id: RobotId(robot.id), project, permissions: permissions.into() };
    Ok(Actor { kind, name: format!("{prefix}{}", robot.name).into(), ..Actor::default() })
}

/// Whether a chosen secret is the robot's. For generated ones compare the keyed hash.
///
/// # Errors
/// Where no hash can be computed.
pub async fn verify_chosen_secret(robot: &Identity, secret: &str) -> Result<bool> {
    match robot.secret_phc.as_deref() {
        Some(phc) => crate::password::verify(Some(phc), secret).await,
        None => Ok(false),
    }
}

fn is_alive(identity: &Identity, now: Timestamp) -> bool {
    !identity.disabled && identity.expires_at.is_none_or(|end| end > now)
}
