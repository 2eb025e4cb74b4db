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

/// Which of a robot's secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Which {
    /// The one that it has now.
    Present,
    /// The one before, as long as that goes on working.
    Former,
}

/// A secret as it is kept: the keyed hash of a generated one, or the PHC string of a chosen one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept<'i> {
    /// Which one it is.
    pub which: Which,
    /// Keyed hash of a generated secret.
    pub hash: Option<&'i [u8]>,
    /// argon2id PHC string of a chosen secret.
    pub phc: Option<&'i str>,
}

/// The secrets of a robot that count at this moment, the present one first.
pub fn secrets<'i>(domain: &Domain, robot: &'i Identity) -> Vec<Kept<'i>> {
    secrets_at(robot, domain.now())
}

fn secrets_at(robot: &Identity, now: Timestamp) -> Vec<Kept<'_>> {
    let present = Kept { which: Which::Present, hash: robot.secret_hash.as_deref(), phc: robot.secret_phc.as_deref() };
    let former = robot.former.as_ref().filter(|former| former.until > now).map(|former| Kept {
        which: Which::Former,
        hash: former.secret_hash.as_deref(),
        phc: former.secret_phc.as_deref(),
    });
    std::iter::once(present).chain(former).collect()
}

/// A robot that proved to be itself by one of its secrets, as a caller. When it did so is kept.
///
/// # Errors
/// As [`robot_actor`].
pub fn robot_signed_in(domain: &Domain, robot: &Identity, which: Which, prefix: &str) -> Result<Actor> {
    let actor = robot_actor(robot, prefix)?;
    token::note_use(domain, robot.id, which, domain.now());
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

/// Whether a secret is the chosen one that a PHC string was made of. For generated ones compare the keyed hash.
///
/// # Errors
/// Where no hash can be computed.
pub async fn verify_chosen_secret(phc: &str, secret: &str) -> Result<bool> {
    crate::password::verify(Some(phc), secret).await
}

fn is_alive(identity: &Identity, now: Timestamp) -> bool {
    !identity.disabled && identity.expires_at.is_none_or(|end| end > now)
}

#[cfg(test)]
mod tests {
    use berth_db::query::identity::Former;

    use super::*;

    #[test]
    fn a_former_secret_counts_until_its_end() {
        let until = Timestamp(1_770_000_000_000_000);
        let former = Former { secret_hash: None, secret_phc: Some("former".to_owned()), until };
        let robot = Identity {
            id: 1,
            name: "ci".to_owned(),
            user_id: None,
            project_id: None,
            secret_hash: Some(vec![1]),
            secret_phc: None,
            permissions: "[]".to_owned(),
            disabled: false,
            epoch: 0,
            expires_at: None,
            former: Some(former),
        };
        let present = Kept { which: Which::Present, hash: Some(&[1]), phc: None };
        let former = Kept { which: Which::Former, hash: None, phc: Some("former") };
        assert_eq!(secrets_at(&robot, until.plus_seconds(-1)), [present, former]);
        assert_eq!(secrets_at(&robot, until), [present]);
        assert_eq!(secrets_at(&Identity { former: None, ..robot.clone() }, until.plus_seconds(-1)), [present]);
    }
}
