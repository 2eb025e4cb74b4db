//! Memberships. Whoever's role changes gets new registry tokens: the old ones end.

use berth_db::{Conn, query};
use berth_types::{
    MemberId, ProjectId, Role, Timestamp,
    api::{ProjectMember, ProjectMemberEntity},
    page::{Page, Paged},
};

use crate::{
    Domain, Error, Result, audit,
    authz::{CreateMember, DeleteMember, ListMembers, ProjectAccess, ProjectAction, ReadMember, UpdateMember},
};

fn shown(row: query::member::Member) -> ProjectMemberEntity {
    ProjectMemberEntity {
        id: MemberId(row.id),
        project_id: ProjectId(row.project_id),
        entity_name: row.username,
        role_name: Role::from_id(row.role).map(Role::as_str).unwrap_or_default().to_owned(),
        role_id: row.role,
        entity_id: row.user_id,
        entity_type: "u".to_owned(),
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

/// Whom a request means.
#[derive(Clone)]
enum Person {
    Id(i64),
    Name(String),
}

/// Adds a member.
///
/// # Errors
/// [`Error::BadRequest`] for a request that names nobody or no role; [`Error::NotFound`] for somebody who does not
/// exist; [`Error::Conflict`] for a member.
pub async fn create(
    domain: &Domain,
    access: &ProjectAccess<CreateMember>,
    request: &ProjectMember,
) -> Result<MemberId> {
    let person = person_of(request)?;
    let role = checked(request.role_id)?;
    let args = (access.clone(), person, role, domain.now());
    let made = domain
        .db
        .write(args, |tx, (access, person, role, now)| {
            Box::pin(async move {
                let found = match person {
                    Person::Id(id) => query::user::find(tx, *id)
                        .await?
                        .ok_or_else(|| Error::BadRequest(format!("Failed to get user {id}: user {id} not found")))?,
                    Person::Name(name) => query::user::find_by_name(tx, name)
                        .await?
                        .ok_or_else(|| Error::NotFound(format!("user {name} is not found")))?,
                };
                let inserted = query::member::insert(tx, access.project_id().0, found.id, role.id(), *now).await?;
                let id =
                    inserted.ok_or_else(|| Error::Conflict("The project member specified already exist".to_owned()))?;
                query::user::bump_epoch(tx, found.id).await?;
                note(tx, access, "create", &found.username, *now).await?;
                Ok(MemberId(id))
            })
        })
        .await;
    domain.forget_people();
    made
}

fn person_of(request: &ProjectMember) -> Result<Person> {
    let user = request.member_user.as_ref();
    if let Some(id) = user.and_then(|user| user.user_id).filter(|id| *id > 0) {
        return Ok(Person::Id(id));
    }
    if let Some(name) = user.and_then(|user| user.username.as_deref()).filter(|name| !name.is_empty()) {
        return Ok(Person::Name(name.to_owned()));
    }
    // Groups come from directories; none is connected, so none is found.
    let group = request.member_group.as_ref();
    if let Some(id) = group.and_then(|group| group.id).filter(|id| *id > 0) {
        return Err(Error::BadRequest(format!("Group {id} not found")));
    }
    let named = group.and_then(|group| {
        let dn = group.ldap_group_dn.as_deref().filter(|dn| !dn.is_empty());
        dn.or(group.group_name.as_deref()).filter(|name| !name.is_empty())
    });
    Err(match named {
        Some(name) => Error::NotFound(format!("{name} not found: not supported")),
        None => Error::BadRequest("at least one of member_user or member_group must be provided".to_owned()),
    })
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
                query::user::bump_epoch(tx, found.user_id).await?;
                note(tx, access, "update", &found.username, *now).await
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
                query::user::bump_epoch(tx, found.user_id).await?;
                note(tx, access, "delete", &found.username, *now).await
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
    name: &str,
    now: Timestamp,
) -> Result<()> {
    let preposition = if operation == "delete" { "from" } else { "in" };
    let text = format!("{operation} user member {name} {preposition} project {}", access.project().name);
    let entry = audit::Entry::success(operation, "member", name).described(text).in_project(access.project_id());
    audit::record(tx, access.actor(), now, &entry).await
}
