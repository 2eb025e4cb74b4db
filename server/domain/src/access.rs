//! Why somebody may do something in a project. The answer is that of [`authz`](crate::authz), taken apart into its rules.

use berth_db::query::{
    self,
    identity::{self as rows, Identity, Kind},
    member::Member,
};
use berth_types::{
    Action, MemberId, Resource, RobotId, Role, UserId,
    api::{AccessExplanation, AccessRule, GroupRole, RobotOff, RobotStanding},
    name::shell_name,
    policy::{Permission, Standing, project_allows, project_permissions},
};

use crate::{
    Actor, ActorKind, Domain, Error, Result,
    authz::{ListMembers, ProjectAccess, ProjectRef},
    identity::robot_actor,
};

/// A rule that gives a person something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// Administrators of the system may do everything.
    SystemAdmin,
    /// The person's own role, by row id of the membership.
    Member(Role, i64),
    /// Anybody may look and pull.
    Public,
}

impl Rule {
    /// As whom it lets somebody act.
    fn standing(self) -> Standing {
        match self {
            Rule::SystemAdmin => Standing::Member(Role::ProjectAdmin),
            Rule::Member(role, _) => Standing::Member(role),
            Rule::Public => Standing::Public,
        }
    }

    fn allows(self, (resource, action): (Resource, Action)) -> bool {
        self == Rule::SystemAdmin || project_allows(self.standing(), resource, action)
    }

    fn shown(self, decides: bool) -> AccessRule {
        let (kind, member) = match self {
            Rule::SystemAdmin => ("system_admin", None),
            Rule::Member(role, id) => ("member", Some((role, id))),
            Rule::Public => ("public", None),
        };
        AccessRule {
            kind: kind.to_owned(),
            role_id: member.map(|(role, _)| role.id()),
            role_name: member.map(|(role, _)| role.as_str().to_owned()),
            member_id: member.map(|(_, id)| MemberId(id)),
            decides,
            permissions: shown(project_permissions(self.standing())),
        }
    }
}

fn shown(permissions: Vec<(Resource, Action)>) -> Vec<Permission> {
    let shown = |(resource, action): (Resource, Action)| Permission {
        resource: resource.to_string(),
        action: action.to_string(),
    };
    permissions.into_iter().map(shown).collect()
}

/// The rules that hold for a person and that the asker may know of, the most personal first.
fn rules(sysadmin: bool, member: Option<&Member>, project: &ProjectRef) -> Vec<Rule> {
    let member = member.and_then(|member| Some(Rule::Member(Role::from_id(member.role)?, member.id)));
    let admin = sysadmin.then_some(Rule::SystemAdmin);
    let public = project.public.then_some(Rule::Public);
    admin.into_iter().chain(member).chain(public).collect()
}

/// Explains what a person may do in a project, and with `question` why this person may or may not do that.
///
/// Anybody may have a project to ask in. So only administrators of the system are told of people who are no members, and
/// who administers the system, unless somebody asks about themselves. A group makes nobody a member: it says not who
/// belongs to it. Robots are known by their whole names to whoever may list them.
///
/// # Errors
/// [`Error::NotFound`] where nobody has this name, or nobody that the asker may know of.
pub async fn explain(
    domain: &Domain,
    access: &ProjectAccess<ListMembers>,
    username: &str,
    question: Option<(Resource, Action)>,
) -> Result<AccessExplanation> {
    let project = access.project();
    let not_found = || Error::NotFound(format!("user {username} is not found"));
    // No name holds it, and PostgreSQL takes it in no text.
    if username.contains('\0') {
        return Err(not_found());
    }
    let settings = domain.settings().await?;
    let prefix = settings.robot_name_prefix();
    let mut reader = domain.db.reader().await?;
    let conn = &mut reader.conn();
    if let Some(short_name) = username.strip_prefix(prefix).or_else(|| username.strip_prefix(&*shell_name(prefix)))
        && let Some(robot) = rows::find_by_name(conn, Kind::Robot, short_name).await?
        && knows(access, &robot)
    {
        return Ok(of_robot(domain, access, &robot_actor(&robot, prefix)?, &robot, question));
    }
    let person = query::user::find_by_name(conn, username).await?.ok_or_else(not_found)?;
    let member = query::member::of_user(conn, project.id.0, person.id).await?;
    let actor = access.actor();
    let knows_all = actor.is_sysadmin() || actor.user_id() == Some(UserId(person.id));
    if member.is_none() && !knows_all {
        return Err(not_found());
    }
    let groups = query::member::groups(conn, project.id.0).await?;
    let rules = rules(person.sysadmin && knows_all, member.as_ref(), project);
    let decisive = rules.iter().position(|rule| question.is_none_or(|question| rule.allows(question)));
    Ok(AccessExplanation {
        username: person.username,
        robot: None,
        allowed: question.map(|_| decisive.is_some()),
        rules: rules.iter().enumerate().map(|(index, rule)| rule.shown(decisive == Some(index))).collect(),
        groups: groups.into_iter().map(group).collect(),
    })
}

/// Whether the asker may know of a robot.
fn knows(access: &ProjectAccess<ListMembers>, robot: &Identity) -> bool {
    let actor = access.actor();
    let is_itself = matches!(actor.kind, ActorKind::Robot { id, .. } if id.0 == robot.id);
    let is_of_project = robot.project_id == Some(access.project().id.0);
    actor.is_sysadmin() || is_itself || (is_of_project && access.allows(Resource::Robot, Action::List))
}

fn of_robot(
    domain: &Domain,
    access: &ProjectAccess<ListMembers>,
    caller: &Actor,
    robot: &Identity,
    question: Option<(Resource, Action)>,
) -> AccessExplanation {
    let project = access.project();
    let off = match robot.expires_at {
        _ if robot.disabled => Some(RobotOff::Disabled),
        Some(end) if end <= domain.now() => Some(RobotOff::Expired),
        _ => None,
    };
    let all = Resource::ALL.iter().flat_map(|resource| Action::ALL.iter().map(|action| (*resource, *action)));
    let own: Vec<_> = all.filter(|(resource, action)| caller.robot_allows(project.id, *resource, *action)).collect();
    let mut given = Vec::new();
    if !own.is_empty() {
        given.push(("robot", own));
    }
    if project.public {
        given.push(("public", project_permissions(Standing::Public)));
    }
    let allows = |(_, permissions): &(&str, Vec<_>)| question.is_none_or(|question| permissions.contains(&question));
    let decisive = given.iter().position(allows).filter(|_| off.is_none());
    let rule = |(index, (kind, permissions)): (usize, (&str, Vec<_>))| AccessRule {
        kind: kind.to_owned(),
        role_id: None,
        role_name: None,
        member_id: None,
        decides: decisive == Some(index),
        permissions: shown(permissions),
    };
    AccessExplanation {
        username: caller.name.to_string(),
        robot: Some(RobotStanding { id: RobotId(robot.id), own: robot.project_id == Some(project.id.0), off }),
        allowed: question.map(|_| decisive.is_some()),
        rules: given.into_iter().enumerate().map(rule).collect(),
        groups: Vec::new(),
    }
}

fn group(row: Member) -> GroupRole {
    GroupRole {
        member_id: MemberId(row.id),
        group_name: row.name,
        role_id: row.role,
        role_name: Role::from_id(row.role).map(Role::as_str).unwrap_or_default().to_owned(),
    }
}
