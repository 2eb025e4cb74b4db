//! Memberships. Whoever's role changes gets new registry tokens: the old ones end.

use berth_db::{Conn, query, query::member::Who};
use berth_types::{
    MemberId, ProjectId, Role, Timestamp,
    api::{MemberCandidate, Membership, ProjectMember, ProjectMemberEntity},
    page::{Page, Paged},
    query::ListQuery,
};

use crate::{
    Domain, Error, Result, audit,
    authz::{CreateMember, DeleteMember, ListMembers, ProjectAccess, ProjectAction, ReadMember, UpdateMember},
};

fn shown(row: query::member::Member) -> ProjectMemberEntity {
    let (entity_id, entity_type) = match row.who {
        Who::User(id) => (id, "u"),
        Who::Group(id) => (id, "g"),
    };
    ProjectMemberEntity {
        id: MemberId(row.id),
        project_id: ProjectId(row.project_id),
        entity_name: row.name,
        role_name: Role::from_id(row.role).map(Role::as_str).unwrap_or_default().to_owned(),
        role_id: row.role,
        entity_id,
        entity_type: entity_type.to_owned(),
    }
}

/// A project that a person or a group belongs to.
pub(crate) fn membership(row: query::member::Membership) -> Membership {
    Membership {
        id: MemberId(row.id),
        project_id: ProjectId(row.project_id),
        project_name: row.project,
        role_id: row.role,
        role_name: Role::from_id(row.role).map(|role| role.as_str().to_owned()).unwrap_or_default(),
    }
}

/// The members of a project by name; the one of a name where it is given.
///
/// # Errors
/// What the database says.
pub async fn list(
    domain: &Domain,
    access: &ProjectAccess<ListMembers>,
    name: Option<&str>,
    page: Page,
) -> Result<Paged<ProjectMemberEntity>> {
    let mut reader = domain.db.reader().await?;
    let rows = query::member::list(&mut reader.conn(), access.project_id().0, name, page).await?;
    Ok(rows.map(shown))
}

/// The members of a project as a request filters and sorts them, by name where it does not.
///
/// # Errors
/// What the database says.
pub async fn found(
    domain: &Domain,
    access: &ProjectAccess<ListMembers>,
    query: &ListQuery,
) -> Result<Paged<ProjectMemberEntity>> {
    let mut reader = domain.db.reader().await?;
    Ok(query::member::found(&mut reader.conn(), access.project_id().0, query).await?.map(shown))
}

/// The shortest text of Latin letters that is looked for.
const PART_BYTES_MIN: usize = 2;
/// Candidates that one answer has.
const CANDIDATES_MAX: i64 = 10;

/// People who may become members: those whose sign-in name or full name contains a text, and whoever has it as the e-mail
/// address, which is told to nobody. The exact ones come first.
///
/// # Errors
/// What the database says.
pub async fn candidates(
    domain: &Domain,
    _access: &ProjectAccess<CreateMember>,
    text: &str,
) -> Result<Vec<MemberCandidate>> {
    let text = text.trim();
    // One letter would list everybody bit by bit; one character can be a whole name elsewhere.
    if text.is_empty() || text.contains('\0') || (text.is_ascii() && text.len() < PART_BYTES_MIN) {
        return Ok(Vec::new());
    }
    let found = query::user::candidates(&mut domain.db.reader().await?.conn(), text, CANDIDATES_MAX).await?;
    let show = |row: query::user::Candidate| MemberCandidate {
        user_id: row.id,
        username: row.username,
        realname: row.realname,
        exact: row.exact,
    };
    Ok(found.into_iter().map(show).collect())
}

/// One membership.
///
/// # Errors
/// [`Error::NotFound`] where the project has no such membership.
pub async fn get(domain: &Domain, access: &ProjectAccess<ReadMember>, id: MemberId) -> Result<ProjectMemberEntity> {
    let project = access.project_id();
    let found = query::member::get(&mut domain.db.reader().await?.conn(), project.0, id.0).await?;
    found.map(shown).ok_or_else(|| {
        let text = format!("the project member is not found, project id {project}, member id {id}");
        Error::NotFound(text)
    })
}

/// The membership of whoever asks, as a person; the roles of groups are none of one's own.
///
/// # Errors
/// What the database says.
pub(crate) async fn own<A: ProjectAction>(domain: &Domain, access: &ProjectAccess<A>) -> Result<Option<MemberId>> {
    let Some(user) = access.actor().user_id() else { return Ok(None) };
    let mut reader = domain.db.reader().await?;
    let found = query::member::of_user(&mut reader.conn(), access.project_id().0, user.0).await?;
    Ok(found.map(|found| MemberId(found.id)))
}

/// What is said of it where all members are meant.
pub(crate) fn spared() -> Error {
    Error::Precondition("the own membership stays as it is unless it is named".to_owned())
}

/// Whom a request means.
#[derive(Clone)]
enum Wanted {
    User(i64),
    Username(String),
    Group(i64),
    /// By distinguished name.
    Directory(String),
    /// By name, and by type where one is given.
    GroupName(String, Option<i64>),
}

/// Adds a member. What a group's role is worth to its people shows once a directory says who they are.
///
/// # Errors
/// [`Error::BadRequest`] for a request that names nobody or no role; [`Error::NotFound`] for somebody who does not
/// exist; [`Error::Conflict`] for a member.
pub async fn create(
    domain: &Domain,
    access: &ProjectAccess<CreateMember>,
    request: &ProjectMember,
) -> Result<MemberId> {
    let wanted = wanted(request)?;
    let role = checked(request.role_id)?;
    let args = (access.clone(), wanted, role, domain.now());
    let made = domain
        .db
        .write(args, |tx, (access, wanted, role, now)| {
            Box::pin(async move {
                let (who, name) = find(tx, wanted).await?;
                let inserted = query::member::add(tx, access.project_id().0, who, role.id(), *now).await?;
                let id =
                    inserted.ok_or_else(|| Error::Conflict("The project member specified already exist".to_owned()))?;
                end_tokens(tx, who).await?;
                note(tx, access, "create", who, &name, *now).await?;
                Ok(MemberId(id))
            })
        })
        .await;
    domain.forget_people();
    made
}

fn wanted(request: &ProjectMember) -> Result<Wanted> {
    let user = request.member_user.as_ref();
    if let Some(id) = user.and_then(|user| user.user_id).filter(|id| *id > 0) {
        return Ok(Wanted::User(id));
    }
    if let Some(name) = user.and_then(|user| user.username.as_deref()).filter(|name| !name.is_empty()) {
        return Ok(Wanted::Username(name.to_owned()));
    }
    let nobody = || Error::BadRequest("at least one of member_user or member_group must be provided".to_owned());
    let group = request.member_group.as_ref().ok_or_else(nobody)?;
    if let Some(id) = group.id.filter(|id| *id > 0) {
        return Ok(Wanted::Group(id));
    }
    if !group.ldap_group_dn.is_empty() {
        return Ok(Wanted::Directory(group.ldap_group_dn.clone()));
    }
    if !group.group_name.is_empty() {
        let kind = Some(group.group_type).filter(|kind| *kind != 0);
        return Ok(Wanted::GroupName(group.group_name.clone(), kind));
    }
    Err(nobody())
}

/// Who it is, with the name.
async fn find(tx: &mut Conn<'_>, wanted: &Wanted) -> Result<(Who, String)> {
    let user = |user: query::user::Person| (Who::User(user.id), user.username);
    let group = |group: query::usergroup::Group| (Who::Group(group.id), group.name);
    // Harbor would ask the directory for a group that it does not know.
    let unknown = |name: &str| Error::NotFound(format!("{name} not found: not supported"));
    match wanted {
        Wanted::User(id) => {
            let found = query::user::find(tx, *id).await?.map(user);
            found.ok_or_else(|| Error::BadRequest(format!("Failed to get user {id}: user {id} not found")))
        }
        Wanted::Username(name) => {
            let found = query::user::find_by_name(tx, name).await?.map(user);
            found.ok_or_else(|| Error::NotFound(format!("user {name} is not found")))
        }
        Wanted::Group(id) => {
            let found = query::usergroup::find(tx, *id).await?.map(group);
            found.ok_or_else(|| Error::BadRequest(format!("Group {id} not found")))
        }
        Wanted::Directory(dn) => query::usergroup::find_by_dn(tx, dn).await?.map(group).ok_or_else(|| unknown(dn)),
        Wanted::GroupName(name, kind) => {
            let found = query::usergroup::find_by_name(tx, name).await?;
            let found = found.filter(|group| kind.is_none_or(|kind| kind == group.kind));
            found.map(group).ok_or_else(|| unknown(name))
        }
    }
}

/// Tokens of a person were made when the role was another one.
async fn end_tokens(tx: &mut Conn<'_>, who: Who) -> Result<()> {
    if let Who::User(id) = who {
        query::user::bump_epoch(tx, id).await?;
    }
    Ok(())
}

fn checked(role: i64) -> Result<Role> {
    // Harbor's own text, which clients match, forgets the roles 4 and 5.
    Role::from_id(role)
        .ok_or_else(|| Error::BadRequest("Failed to update project member, role is not in 1,2,3".to_owned()))
}

/// Changes a role. A membership that does not exist is fine, as in Harbor.
///
/// # Errors
/// [`Error::BadRequest`] for a role that does not exist.
pub async fn update(domain: &Domain, access: &ProjectAccess<UpdateMember>, id: MemberId, role: i64) -> Result<()> {
    let role = checked(role)?;
    let args = (access.clone(), id, role, domain.now());
    let done = domain
        .db
        .write(args, |tx, (access, id, role, now)| {
            Box::pin(async move {
                let Some(found) = query::member::get(tx, access.project_id().0, id.0).await? else { return Ok(()) };
                query::member::set_role(tx, found.id, role.id(), *now).await?;
                end_tokens(tx, found.who).await?;
                note(tx, access, "update", found.who, &found.name, *now).await
            })
        })
        .await;
    domain.forget_people();
    done
}

/// Removes a member. A membership that does not exist is fine, as in Harbor.
///
/// # Errors
/// What the database says.
pub async fn delete(domain: &Domain, access: &ProjectAccess<DeleteMember>, id: MemberId) -> Result<()> {
    let args = (access.clone(), id, domain.now());
    let done = domain
        .db
        .write(args, |tx, (access, id, now)| {
            Box::pin(async move {
                let Some(found) = query::member::get(tx, access.project_id().0, id.0).await? else { return Ok(()) };
                query::member::delete(tx, found.id).await?;
                end_tokens(tx, found.who).await?;
                note(tx, access, "delete", found.who, &found.name, *now).await
            })
        })
        .await;
    domain.forget_people();
    done
}

async fn note<A: ProjectAction>(
    tx: &mut Conn<'_>,
    access: &ProjectAccess<A>,
    operation: &'static str,
    who: Who,
    name: &str,
    now: Timestamp,
) -> Result<()> {
    let preposition = if operation == "delete" { "from" } else { "in" };
    let kind = match who {
        Who::User(_) => "user",
        Who::Group(_) => "group",
    };
    let text = format!("{operation} {kind} member {name} {preposition} project {}", access.project().name);
    let entry = audit::Entry::success(operation, "member", name).described(text).in_project(access.project_id());
    audit::record(tx, access.actor(), now, &entry).await
}
