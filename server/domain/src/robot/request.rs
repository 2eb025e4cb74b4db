//! What a request asks of robots, as far as it can be told from the request and the catalogue.

use std::collections::BTreeMap;

use berth_db::query::robot as rows;
use berth_types::{
    Action, ProjectId, Resource,
    api::{Access, RobotCreate, RobotPermission as Block},
    policy::{RobotLevel, robot_can_be_given},
    query::{ListQuery, Match},
};

use super::{ALL_PROJECTS, NEVER, SYSTEM};
use crate::{
    Domain, Error, Result,
    actor::{RobotPermission, RobotScope},
    authz::{ProjectAction, ProjectRef, RobotHome, RobotsAccess},
};

/// The longest duration, some ten thousand years: an end has to be a date.
const DURATION_DAYS_MAX: i64 = 3_650_000;

/// Whose robots a list is about.
///
/// # Errors
/// [`Error::BadRequest`] for a level that does not exist, and for robots of a project without the project's id.
pub fn home_of_list(query: &ListQuery) -> Result<RobotHome> {
    let value = |field: &str| {
        query.filter(field).map(|matches| match matches {
            Match::Exact(scalar) => scalar.as_text(),
            Match::Fuzzy(_) | Match::Range(..) | Match::Above(_) | Match::Below(_) | Match::Any(_) | Match::All(_) => {
                String::new()
            }
        })
    };
    let Some(level) = value("level") else { return Ok(RobotHome::System) };
    match RobotLevel::parse(&level) {
        Some(RobotLevel::System) => Ok(RobotHome::System),
        Some(RobotLevel::Project) => {
            let id = value("project_id").and_then(|id| id.parse().ok());
            let id =
                id.ok_or_else(|| Error::BadRequest("must with project ID when to query project robots".to_owned()))?;
            Ok(RobotHome::Project(ProjectId(id)))
        }
        None => Err(Error::BadRequest("bad request error level input".to_owned())),
    }
}

/// Whose robot a request wants to make, where it makes sense by itself.
///
/// # Errors
/// [`Error::BadRequest`] with what is wrong.
pub fn home_of_new(request: &RobotCreate) -> Result<RobotHome> {
    if !is_name(&request.name) {
        let text = "robot name is not in lower case or contains illegal characters";
        return Err(Error::BadRequest(text.to_owned()));
    }
    let level = check(request.duration, &request.level, &request.permissions)?;
    Ok(match (level, request.permissions.first()) {
        (RobotLevel::Project, Some(block)) => RobotHome::Named(block.namespace.clone()),
        (RobotLevel::Project | RobotLevel::System, _) => RobotHome::System,
    })
}

/// `[a-z0-9]+` with single separators between.
fn is_name(name: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.split(['.', '_', '-']).all(is_part)
}

/// What new and changed robots have in common, in Harbor's order.
pub(super) fn check(duration: i64, level: &str, permissions: &[Block]) -> Result<RobotLevel> {
    let refused = |text: String| Err(Error::BadRequest(text));
    if duration != NEVER && duration <= 0 {
        return refused(format!(
            "bad request error duration input: {duration}, duration must be either -1(Never) or a positive integer"
        ));
    }
    if duration > DURATION_DAYS_MAX {
        return refused(format!(
            "bad request error duration input: {duration}, duration must be at most {DURATION_DAYS_MAX} days"
        ));
    }
    let Some(known) = RobotLevel::parse(level) else {
        return refused(format!("bad request error level input: {level}"));
    };
    if permissions.is_empty() {
        return refused("bad request empty permission".to_owned());
    }
    if permissions.iter().any(|block| block.access.is_empty()) {
        return refused("bad request empty access".to_owned());
    }
    // A project's robot is given something in its project and nowhere else.
    if known == RobotLevel::Project && permissions.len() > 1 {
        return refused("bad request permission".to_owned());
    }
    for block in permissions {
        let Some(kind) = RobotLevel::parse(&block.kind) else {
            return refused(format!("bad request permission level: {}", block.kind));
        };
        for access in &block.access {
            let Access { resource, action, effect } = access;
            let pair = Resource::parse(resource).zip(Action::parse(action));
            if !pair.is_some_and(|(resource, action)| robot_can_be_given(kind, resource, action)) {
                return refused(format!("bad request permission: {resource}:{action}"));
            }
            // Nothing is taken away from a robot that has nothing of its own.
            if !matches!(effect.as_str(), "" | "allow") {
                return refused(format!("bad request permission: effect {effect}"));
            }
        }
    }
    Ok(known)
}

/// Blocks of a request as permissions, each pair once.
pub(super) async fn granted(
    domain: &Domain,
    home: Option<&ProjectRef>,
    blocks: &[Block],
) -> Result<Vec<RobotPermission>> {
    let project = |block: &&Block| RobotLevel::parse(&block.kind) == Some(RobotLevel::Project);
    let known = match home {
        Some(home) => BTreeMap::from([(home.name.as_str().to_owned(), home.id.0)]),
        None => {
            let names = blocks.iter().filter(project).map(|block| block.namespace.as_str());
            let names: Vec<&str> = names.filter(|name| *name != ALL_PROJECTS && !name.contains('\0')).collect();
            rows::project_ids(&mut domain.db.reader().await?.conn(), &names).await?
        }
    };
    let unknown = || Error::BadRequest("unknown namespace".to_owned());
    let mut permissions: Vec<RobotPermission> = Vec::new();
    for block in blocks {
        let scope = match RobotLevel::parse(&block.kind) {
            Some(RobotLevel::System) if home.is_none() && block.namespace == SYSTEM => RobotScope::System,
            Some(RobotLevel::System) | None => return Err(unknown()),
            Some(RobotLevel::Project) if home.is_none() && block.namespace == ALL_PROJECTS => RobotScope::AllProjects,
            Some(RobotLevel::Project) => {
                let id = known.get(&block.namespace);
                let missing = || Error::NotFound(format!("project {} not found", block.namespace));
                RobotScope::Project(ProjectId(*id.ok_or_else(missing)?))
            }
        };
        for Access { resource, action, effect } in &block.access {
            let is_same = |known: &RobotPermission| {
                known.scope == scope && known.resource == *resource && known.action == *action
            };
            if !permissions.iter().any(is_same) {
                let (resource, action, effect) = (resource.clone(), action.clone(), effect.clone());
                permissions.push(RobotPermission { scope, resource, action, effect });
            }
        }
    }
    Ok(permissions)
}

/// Whoever is a robot hands out no more than it has.
pub(super) fn check_giving<A: ProjectAction>(access: &RobotsAccess<A>, permissions: &[RobotPermission]) -> Result<()> {
    if !access.actor().may_give(permissions) {
        return Err(Error::Denied(format!(
            "permission scope is invalid. It must be equal to or more restrictive than the creator robot's permissions: {}",
            access.actor().name
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(kind: &str, namespace: &str, pairs: &[(&str, &str)]) -> Block {
        let access = |(resource, action): &(&str, &str)| Access {
            resource: (*resource).to_owned(),
            action: (*action).to_owned(),
            effect: String::new(),
        };
        Block { kind: kind.to_owned(), namespace: namespace.to_owned(), access: pairs.iter().map(access).collect() }
    }

    #[test]
    fn names_are_lower_case_with_single_separators() {
        for good in ["a", "0", "ci-main", "a.b_c-d", "r2d2"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "A", "a b", "a/b", "a$b", "a+b", "a..b", "-a", "a-", "a._b", "ä"] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn only_the_catalogue_is_given() {
        let pull = block("project", "p", &[("repository", "pull")]);
        assert_eq!(check(7, "project", std::slice::from_ref(&pull)).unwrap(), RobotLevel::Project);
        assert_eq!(check(-1, "system", &[pull.clone(), pull.clone()]).unwrap(), RobotLevel::System);
        let mut denied = pull.clone();
        denied.access[0].effect = "deny".to_owned();
        for (duration, level, blocks) in [
            (0, "project", vec![pull.clone()]),
            (-2, "project", vec![pull.clone()]),
            (i64::MAX, "project", vec![pull.clone()]),
            (7, "shoe", vec![pull.clone()]),
            (7, "project", vec![]),
            (7, "project", vec![pull.clone(), pull.clone()]),
            (7, "project", vec![block("project", "p", &[])]),
            (7, "system", vec![block("shoe", "p", &[("repository", "pull")])]),
            (7, "system", vec![block("system", "/", &[("repository", "pull")])]),
            (7, "project", vec![block("project", "p", &[("project", "list")])]),
            (7, "project", vec![block("project", "p", &[("repository", "scanner-pull")])]),
            (7, "project", vec![block("project", "p", &[("*", "*")])]),
            (7, "system", vec![block("system", "/", &[("robot", "update")])]),
            (7, "project", vec![denied]),
        ] {
            assert!(check(duration, level, &blocks).is_err(), "{duration} {level} {blocks:?}");
        }
    }
}
