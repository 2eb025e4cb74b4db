//! Why somebody may do something in a project. The answer is that of [`authz`](crate::authz), taken apart into its rules.

use berth_db::query::{self, member::Member};
use berth_types::{
    Action, MemberId, Resource, Role, UserId,
    api::{AccessExplanation, AccessRule, GroupRole},
    policy::{Permission, Standing, project_allows, project_permissions},
};

use crate::{
    Domain, Error, Result,
    authz::{ListMembers, ProjectAccess, ProjectRef},
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
        let permissions = project_permissions(self.standing()).into_iter();
        let permissions = permissions
            .map(|(resource, action)| Permission { resource: resource.to_string(), action: action.to_string() })
            .collect();
        AccessRule {
            kind: kind.to_owned(),
            role_id: member.map(|(role, _)| role.id()),
            role_name: member.map(|(role, _)| role.as_str().to_owned()),
            member_id: member.map(|(_, id)| MemberId(id)),
            decides,
            permissions,
        }
    }
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
/// belongs to it.
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
    let mut reader = domain.db.reader().await?;
    let conn = &mut reader.conn();
    let not_found = || Error::NotFound(format!("user {username} is not found"));
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
        allowed: question.map(|_| decisive.is_some()),
        rules: rules.iter().enumerate().map(|(index, rule)| rule.shown(decisive == Some(index))).collect(),
        groups: groups.into_iter().map(group).collect(),
    })
}

fn group(row: Member) -> GroupRole {
    GroupRole {
        member_id: MemberId(row.id),
        group_name: row.name,
        role_id: row.role,
        role_name: Role::from_id(row.role).map(Role::as_str).unwrap_or_default().to_owned(),
    }
}
