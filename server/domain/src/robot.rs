//! Robots: accounts of machines, of the system or of one project.
//!
//! A robot has what it was given and nothing else, each permission from the catalogue of `types::policy`. What it was
//! given, its secret and whether it is switched off can change; name, level and project cannot. Every change ends the
//! registry tokens that were made before it.

mod request;

use std::collections::{BTreeMap, BTreeSet};

use berth_db::{
    DbError,
    query::{self, robot as rows},
};
use berth_types::{
    RobotId, Timestamp,
    api::{
        Access, FormerSecret, OVERLAP_SECONDS_MAX, Robot, RobotChange, RobotCreate, RobotCreated,
        RobotPermission as Block, RobotSec,
    },
    page::Paged,
    policy::RobotLevel,
    query::ListQuery,
};

use crate::{
    ActorKind, Domain, Error, Result,
    actor::{RobotPermission, RobotScope},
    audit::{self, Entry},
    authz::{CreateRobot, DeleteRobot, ListRobots, ProjectRef, ReadRobot, RobotAccess, RobotsAccess, UpdateRobot},
    identity::Generated,
    limit::check_description,
    password,
};

use request::{check, check_giving, granted};
pub use request::{home_of_list, home_of_new};

/// The longest name, in bytes, with the project's and without the prefix.
const NAME_BYTES_MAX: usize = 255;
/// For ever.
const NEVER: i64 = -1;
/// The namespace of the system.
const SYSTEM: &str = "/";
/// The namespace of all projects.
const ALL_PROJECTS: &str = "*";

/// The robots of a project or of the system.
///
/// # Errors
/// What the database says.
pub async fn list(domain: &Domain, access: &RobotsAccess<ListRobots>, query: &ListQuery) -> Result<Paged<Robot>> {
    let project = access.home().map(|project| project.id.0);
    let page = rows::list(&mut domain.db.reader().await?.conn(), project, query).await?;
    Ok(Paged { items: shown(domain, page.items).await?, total: page.total })
}

/// One robot.
///
/// # Errors
/// What the database says.
pub async fn get(domain: &Domain, access: &RobotAccess<ReadRobot>) -> Result<Robot> {
    let shown = shown(domain, vec![access.robot().clone()]).await?;
    shown.into_iter().next().ok_or_else(|| gone(access.robot().id))
}

/// Rows with the names of their projects, all of which one query finds.
async fn shown(domain: &Domain, robots: Vec<rows::Robot>) -> Result<Vec<Robot>> {
    let settings = domain.settings().await?;
    let (prefix, now) = (settings.robot_name_prefix(), domain.now());
    let mut read = Vec::with_capacity(robots.len());
    let mut ids = BTreeSet::new();
    for robot in robots {
        let permissions: Vec<RobotPermission> = serde_json::from_str(&robot.permissions).map_err(Error::internal)?;
        ids.extend(permissions.iter().filter_map(|permission| match permission.scope {
            RobotScope::Project(id) => Some(id.0),
            RobotScope::AllProjects | RobotScope::System => None,
        }));
        read.push((robot, permissions));
    }
    let ids: Vec<i64> = ids.into_iter().collect();
    let names = rows::project_names(&mut domain.db.reader().await?.conn(), &ids).await?;
    Ok(read.into_iter().map(|(robot, permissions)| one(robot, permissions, &names, prefix, now)).collect())
}

fn one(
    row: rows::Robot,
    permissions: Vec<RobotPermission>,
    names: &BTreeMap<i64, String>,
    prefix: &str,
    now: Timestamp,
) -> Robot {
    let former = row.former_until.filter(|until| *until > now);
    let level = if row.project_id.is_some() { RobotLevel::Project } else { RobotLevel::System };
    Robot {
        id: RobotId(row.id),
        name: format!("{prefix}{}", row.name),
        description: row.description,
        level: level.as_str().to_owned(),
        duration: row.duration_days,
        editable: true,
        disable: row.disabled,
        expires_at: end_shown(row.expires_at),
        permissions: blocks(permissions, names),
        creator_type: row.creator_kind,
        creator_ref: row.creator_id,
        creation_time: row.created_at,
        update_time: row.updated_at,
        last_used_at: row.used_at,
        former_secret: former.map(|expires_at| FormerSecret { expires_at, last_used_at: row.former_used_at }),
    }
}

/// Permissions by place, in the order in which they were given. Projects that are gone are left out.
fn blocks(permissions: Vec<RobotPermission>, names: &BTreeMap<i64, String>) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for permission in permissions {
        let (kind, namespace) = match permission.scope {
            RobotScope::System => (RobotLevel::System, SYSTEM),
            RobotScope::AllProjects => (RobotLevel::Project, ALL_PROJECTS),
            RobotScope::Project(id) => match names.get(&id.0) {
                Some(name) => (RobotLevel::Project, name.as_str()),
                None => continue,
            },
        };
        let access = Access { resource: permission.resource, action: permission.action, effect: permission.effect };
        match blocks.iter_mut().find(|block| block.kind == kind.as_str() && block.namespace == namespace) {
            Some(block) => block.access.push(access),
            None => blocks.push(Block {
                kind: kind.as_str().to_owned(),
                namespace: namespace.to_owned(),
                access: vec![access],
            }),
        }
    }
    blocks
}

fn end_shown(end: Option<Timestamp>) -> i64 {
    end.map_or(NEVER, Timestamp::unix_seconds)
}

/// When a robot ends that was made at a moment for some days.
fn end_of(made: Timestamp, duration_days: i64) -> Option<Timestamp> {
    (duration_days != NEVER).then(|| made.plus_seconds(duration_days.saturating_mul(24 * 60 * 60)))
}

fn gone(id: i64) -> Error {
    Error::NotFound(format!("robot {id} not found"))
}

/// Makes a robot with a generated secret, which only this answer says.
///
/// # Errors
/// [`Error::NotFound`] for a project that does not exist; [`Error::Denied`] for a robot that gives more than it has;
/// [`Error::Conflict`] for a taken name.
pub async fn create(
    domain: &Domain,
    access: &RobotsAccess<CreateRobot>,
    request: &RobotCreate,
    secret: Generated,
) -> Result<RobotCreated> {
    let home = access.home();
    check_description(&request.description)?;
    let permissions = granted(domain, home, &request.permissions).await?;
    check_giving(access, &permissions)?;
    let name = match home {
        Some(project) => format!("{}+{}", project.name, request.name),
        None => request.name.clone(),
    };
    if name.len() > NAME_BYTES_MAX {
        return Err(Error::BadRequest(format!("the robot's name is longer than {NAME_BYTES_MAX} characters")));
    }
    let (creator_kind, creator_id) = match access.actor().kind {
        ActorKind::User { id, .. } => ("local", id.0),
        ActorKind::Robot { id, .. } => ("robot", id.0),
        ActorKind::Anonymous | ActorKind::System => ("local", 0),
    };
    let now = domain.now();
    let robot = rows::Robot {
        id: 0,
        name,
        project_id: home.map(|project| project.id.0),
        permissions: serde_json::to_string(&permissions).map_err(Error::internal)?,
        description: request.description.clone(),
        disabled: false,
        expires_at: end_of(now, request.duration),
        duration_days: request.duration,
        creator_kind: creator_kind.to_owned(),
        creator_id,
        created_at: now,
        updated_at: now,
        used_at: None,
        former_until: None,
        former_used_at: None,
    };
    let full_name = format!("{}{}", domain.settings().await?.robot_name_prefix(), robot.name);
    let expires_at = end_shown(robot.expires_at);
    let entry = entry_of("create", &full_name, home);
    let args = (access.clone(), robot, secret.hash, entry);
    let made = domain
        .db
        .write(args, |tx, (access, robot, hash, entry)| {
            Box::pin(async move {
                if let Some(project) = robot.project_id {
                    // A project that goes takes its robots with it, also this one.
                    query::project::lock(tx, project).await?;
                    let found = query::project::by_id(tx, project).await?;
                    found.ok_or_else(|| Error::NotFound(format!("project {project} not found")))?;
                }
                let id = rows::insert(tx, robot, hash).await.map_err(|error| match error {
                    DbError::Unique(_) => {
                        let project = robot.project_id.unwrap_or_default();
                        Error::Conflict(format!("robot account {project}:{} already exists", robot.name))
                    }
                    error => error.into(),
                })?;
                audit::record(tx, access.actor(), robot.created_at, entry).await?;
                Ok::<_, Error>(id)
            })
        })
        .await;
    // Also where it failed: the answer of a commit may have been lost.
    domain.forget_people();
    Ok(RobotCreated { id: RobotId(made?), name: full_name, secret: secret.secret, creation_time: now, expires_at })
}

fn entry_of(operation: &'static str, full_name: &str, home: Option<&ProjectRef>) -> Entry {
    let entry = Entry::success(operation, "robot", full_name);
    match home {
        Some(project) => entry.in_project(project.id),
        None => entry,
    }
}

/// Changes what a robot may, how long it lives, whether it is switched off, and its text.
///
/// # Errors
/// [`Error::BadRequest`] with what is wrong or cannot be changed; [`Error::NotFound`] for a project or robot that does
/// not exist; [`Error::Denied`] for a robot that gives more than it has.
pub async fn update(domain: &Domain, access: &RobotAccess<UpdateRobot>, request: &RobotChange) -> Result<()> {
    let refused = |text: &str| Error::BadRequest(text.to_owned());
    let (former, among) = (access.robot(), access.among());
    let duration = request.duration.unwrap_or(former.duration_days);
    let level = check(duration, &request.level, &request.permissions)?;
    let is_elsewhere =
        |home: &ProjectRef| request.permissions.iter().any(|block| block.namespace != home.name.as_str());
    if among.home().is_some_and(is_elsewhere) {
        return Err(refused("cannot update the project id of robot"));
    }
    let full_name = format!("{}{}", domain.settings().await?.robot_name_prefix(), former.name);
    if level != among.level() || request.name != full_name {
        return Err(refused("cannot update the level or name of robot"));
    }
    check_description(&request.description)?;
    let permissions = granted(domain, among.home(), &request.permissions).await?;
    check_giving(among, &permissions)?;
    let expires_at =
        if duration == former.duration_days { former.expires_at } else { end_of(former.created_at, duration) };
    let robot = rows::Robot {
        permissions: serde_json::to_string(&permissions).map_err(Error::internal)?,
        description: request.description.clone(),
        disabled: request.disable,
        duration_days: duration,
        expires_at,
        updated_at: domain.now(),
        ..former.clone()
    };
    let entry = entry_of("update", &full_name, among.home());
    let changed = domain
        .db
        .write((access.clone(), robot, entry), |tx, (access, robot, entry)| {
            Box::pin(async move {
                if !rows::update(tx, robot).await? {
                    return Err(gone(robot.id));
                }
                audit::record(tx, access.actor(), robot.updated_at, entry).await
            })
        })
        .await;
    domain.forget_people();
    changed
}

/// Another secret: the chosen one, or else the generated one, which only this answer says. The present one ends at once,
/// with the registry tokens that it may have fetched, or goes on working for as long as is asked for.
///
/// # Errors
/// [`Error::BadRequest`] for a chosen secret that is too weak, or too long a time; [`Error::NotFound`] for a robot that is
/// gone.
pub async fn refresh_secret(
    domain: &Domain,
    access: &RobotAccess<UpdateRobot>,
    request: &RobotSec,
    generated: Generated,
) -> Result<RobotSec> {
    let chosen = request.secret.as_str();
    let overlap = request.overlap_seconds.unwrap_or_default();
    if !(0..=OVERLAP_SECONDS_MAX).contains(&overlap) {
        let text = format!("overlap_seconds must be between 0 and {OVERLAP_SECONDS_MAX}");
        return Err(Error::BadRequest(text));
    }
    if !chosen.is_empty() && !password::is_acceptable(chosen) {
        let text = "the secret must be 8-128, inclusively, characters long with at least 1 uppercase letter, 1 lowercase letter and 1 number";
        return Err(Error::BadRequest(text.to_owned()));
    }
    let (hash, phc) =
        if chosen.is_empty() { (Some(generated.hash), None) } else { (None, Some(password::hash(chosen).await?)) };
    let robot = access.robot();
    let full_name = format!("{}{}", domain.settings().await?.robot_name_prefix(), robot.name);
    let now = domain.now();
    let until = (overlap > 0).then(|| now.plus_seconds(overlap));
    let mut text = format!("refresh the secret of robot: {full_name}");
    if let Some(until) = until {
        text.push_str(&format!("; the former one works until {}", until.to_rfc3339()));
    }
    let entry = entry_of("update", &full_name, access.among().home()).described(text);
    let args = (access.clone(), hash, phc, entry, now, until);
    let changed = domain
        .db
        .write(args, |tx, (access, hash, phc, entry, now, until)| {
            Box::pin(async move {
                let (id, hash, phc) = (access.robot().id, hash.as_deref(), phc.as_deref());
                let is_there = match until {
                    Some(until) => rows::replace_secret(tx, id, hash, phc, *now, *until).await?,
                    None => rows::set_secret(tx, id, hash, phc, *now).await?,
                };
                if !is_there {
                    return Err(gone(id));
                }
                audit::record(tx, access.actor(), *now, entry).await
            })
        })
        .await;
    domain.forget_people();
    changed?;
    let secret = if chosen.is_empty() { generated.secret } else { String::new() };
    Ok(RobotSec { secret, overlap_seconds: None })
}

/// Ends a robot's former secret before its time, with the registry tokens that it may have fetched.
///
/// # Errors
/// [`Error::NotFound`] where it has none that works still.
pub async fn end_former_secret(domain: &Domain, access: &RobotAccess<UpdateRobot>) -> Result<()> {
    let full_name = format!("{}{}", domain.settings().await?.robot_name_prefix(), access.robot().name);
    let entry = entry_of("update", &full_name, access.among().home())
        .described(format!("end the former secret of robot: {full_name}"));
    let args = (access.clone(), entry, domain.now());
    let ended = domain
        .db
        .write(args, |tx, (access, entry, now)| {
            Box::pin(async move {
                let id = access.robot().id;
                if !rows::end_former_secret(tx, id, *now).await? {
                    return Err(Error::NotFound(format!("robot {id} has no former secret that works still")));
                }
                audit::record(tx, access.actor(), *now, entry).await
            })
        })
        .await;
    domain.forget_people();
    ended
}

/// Removes a robot.
///
/// # Errors
/// [`Error::NotFound`] for a robot that is gone.
pub async fn delete(domain: &Domain, access: &RobotAccess<DeleteRobot>) -> Result<()> {
    let full_name = format!("{}{}", domain.settings().await?.robot_name_prefix(), access.robot().name);
    let entry = entry_of("delete", &full_name, access.among().home());
    let deleted = domain
        .db
        .write((access.clone(), entry, domain.now()), |tx, (access, entry, now)| {
            Box::pin(async move {
                let id = access.robot().id;
                if !rows::delete(tx, id).await? {
                    return Err(gone(id));
                }
                audit::record(tx, access.actor(), *now, entry).await
            })
        })
        .await;
    domain.forget_people();
    deleted
}

#[cfg(test)]
mod tests {
    use berth_types::ProjectId;

    use super::*;

    #[test]
    fn permissions_are_shown_by_place_without_projects_that_are_gone() {
        let permission = |scope, resource: &str| RobotPermission {
            scope,
            resource: resource.to_owned(),
            action: "list".to_owned(),
            effect: String::new(),
        };
        let given = vec![
            permission(RobotScope::Project(ProjectId(1)), "tag"),
            permission(RobotScope::System, "quota"),
            permission(RobotScope::Project(ProjectId(2)), "tag"),
            permission(RobotScope::Project(ProjectId(1)), "artifact"),
            permission(RobotScope::AllProjects, "tag"),
        ];
        let shown = blocks(given, &BTreeMap::from([(1, "one".to_owned())]));
        let shown: Vec<_> =
            shown.iter().map(|block| (block.kind.as_str(), block.namespace.as_str(), block.access.len())).collect();
        assert_eq!(shown, [("project", "one", 2), ("system", "/", 1), ("project", "*", 1)]);
    }
}
