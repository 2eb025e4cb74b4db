//! Groups of people that directories know. Here they are rows that can be members of projects; who belongs to one is
//! said by a directory at sign-in.

use berth_db::{
    DbError,
    query::{
        member::{self as membership, Who},
        usergroup as rows,
    },
};
use berth_types::{
    api::{Membership, UserGroup, UserGroupSearchItem},
    page::{Page, Paged},
    query::ListQuery,
};

use crate::{
    Domain, Error, Result,
    audit::{self, Entry},
    authz::{CreateUserGroup, DeleteUserGroup, ListUserGroups, ReadUserGroup, SignedIn, SystemAccess, UpdateUserGroup},
    member,
};

/// The type of groups of an LDAP directory.
const LDAP: i64 = 1;
/// The types that a group can have: LDAP, HTTP, OIDC, and none, as in Harbor.
const KINDS: [i64; 4] = [0, LDAP, 2, 3];
/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 255;

fn shown(row: rows::Group) -> UserGroup {
    UserGroup { id: Some(row.id), group_name: row.name, group_type: row.kind, ldap_group_dn: row.ldap_dn }
}

/// Groups whose name contains a text, and those of one distinguished name.
///
/// # Errors
/// What the database says.
pub async fn list(
    domain: &Domain,
    _access: &SystemAccess<ListUserGroups>,
    name: Option<&str>,
    dn: Option<&str>,
    page: Page,
) -> Result<Paged<UserGroup>> {
    Ok(rows::list(&mut domain.db.reader().await?.conn(), name, dn, page).await?.map(shown))
}

/// The groups as a request filters and sorts them, by name where it does not.
///
/// # Errors
/// What the database says.
pub async fn found(
    domain: &Domain,
    _access: &SystemAccess<ListUserGroups>,
    query: &ListQuery,
) -> Result<Paged<UserGroup>> {
    Ok(rows::found(&mut domain.db.reader().await?.conn(), query).await?.map(shown))
}

/// Groups whose name contains a text, for everybody who is known.
///
/// # Errors
/// What the database says.
pub async fn search(domain: &Domain, _access: &SignedIn, text: &str, page: Page) -> Result<Paged<UserGroupSearchItem>> {
    let found = rows::search(&mut domain.db.reader().await?.conn(), text, page).await?;
    Ok(found.map(|row| UserGroupSearchItem { id: row.id, group_name: row.name, group_type: row.kind }))
}

/// One group. Its id is left out, as in Harbor: the request named it.
///
/// # Errors
/// [`Error::BadRequest`] for an id that none can have; [`Error::NotFound`] for a group that does not exist.
pub async fn get(domain: &Domain, _access: &SystemAccess<ReadUserGroup>, id: i64) -> Result<UserGroup> {
    let id = checked_id(id)?;
    let found = rows::find(&mut domain.db.reader().await?.conn(), id).await?.ok_or_else(|| missing(id))?;
    Ok(UserGroup { id: None, ..shown(found) })
}

/// The projects that a group belongs to, by name.
///
/// # Errors
/// [`Error::BadRequest`] for an id that none can have; [`Error::NotFound`] for a group that does not exist.
pub async fn memberships(
    domain: &Domain,
    _access: &SystemAccess<ReadUserGroup>,
    id: i64,
    query: &ListQuery,
) -> Result<Paged<Membership>> {
    let id = checked_id(id)?;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    rows::find(&mut conn, id).await?.ok_or_else(|| missing(id))?;
    let found = membership::memberships(&mut conn, Who::Group(id), query).await?;
    Ok(found.map(member::membership))
}

fn checked_id(id: i64) -> Result<i64> {
    if id > 0 { Ok(id) } else { Err(Error::BadRequest("the group id should be provided".to_owned())) }
}

fn missing(id: i64) -> Error {
    Error::NotFound(format!("the user group with id {id} is not found"))
}

fn checked_name(name: &str) -> Result<&str> {
    if name.is_empty() {
        return Err(Error::BadRequest("the group name should be provided".to_owned()));
    }
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(Error::BadRequest(format!("the group name is longer than {NAME_CHARS_MAX} characters")));
    }
    Ok(name)
}

/// Makes a group. One of LDAP has to be in the directory.
///
/// # Errors
/// [`Error::BadRequest`] for a name or type that cannot be, and for a group that no directory has;
/// [`Error::Conflict`] for a taken name.
pub async fn create(domain: &Domain, access: &SystemAccess<CreateUserGroup>, request: &UserGroup) -> Result<i64> {
    let name = checked_name(&request.group_name)?;
    let kind = request.group_type;
    if !KINDS.contains(&kind) {
        return Err(Error::BadRequest(format!("the group type {kind} is none of 1 (LDAP), 2 (HTTP) and 3 (OIDC)")));
    }
    if kind == LDAP {
        // No directory is connected, so none has this group.
        return Err(Error::BadRequest(format!("LDAP Group DN is not found: DN:{}", request.ldap_group_dn)));
    }
    let args = (access.actor().clone(), name.to_owned(), kind, domain.now());
    domain
        .db
        .write(args, |tx, (actor, name, kind, now)| {
            Box::pin(async move {
                if let Some(taken) = rows::find_by_name(tx, name).await? {
                    return Err(Error::Conflict(if taken.kind == *kind {
                        format!("duplicate user group, group name:{name}, group type: {kind}, ldap group DN: ")
                    } else {
                        DUPLICATE.to_owned()
                    }));
                }
                let id = rows::insert(tx, name, *kind, *now).await.map_err(taken)?;
                audit::record(tx, actor, *now, &Entry::success("create", "usergroup", name.as_str())).await?;
                Ok(id)
            })
        })
        .await
}

/// Harbor's words for a name that a group of another type has.
const DUPLICATE: &str = "duplicated user group name";

fn taken(error: DbError) -> Error {
    Error::taken(error, || DUPLICATE.to_owned())
}

/// Another name for a group.
///
/// # Errors
/// [`Error::BadRequest`] for a name that cannot be; [`Error::NotFound`] for a group that does not exist;
/// [`Error::Conflict`] for a taken name.
pub async fn update(
    domain: &Domain,
    access: &SystemAccess<UpdateUserGroup>,
    id: i64,
    request: &UserGroup,
) -> Result<()> {
    let id = checked_id(id)?;
    let name = checked_name(&request.group_name)?;
    let args = (access.actor().clone(), id, name.to_owned(), domain.now());
    domain
        .db
        .write(args, |tx, (actor, id, name, now)| {
            Box::pin(async move {
                if !rows::rename(tx, *id, name, *now).await.map_err(taken)? {
                    return Err(missing(*id));
                }
                audit::record(tx, actor, *now, &Entry::success("update", "usergroup", name.as_str())).await
            })
        })
        .await
}

/// Removes a group and its memberships. A group that does not exist is fine, as in Harbor.
///
/// # Errors
/// [`Error::BadRequest`] for an id that none can have.
pub async fn delete(domain: &Domain, access: &SystemAccess<DeleteUserGroup>, id: i64) -> Result<()> {
    let id = checked_id(id)?;
    domain
        .db
        .write((access.actor().clone(), id, domain.now()), |tx, (actor, id, now)| {
            Box::pin(async move {
                let Some(found) = rows::find(tx, *id).await? else { return Ok(()) };
                rows::delete(tx, *id).await?;
                audit::record(tx, actor, *now, &Entry::success("delete", "usergroup", found.name)).await
            })
        })
        .await
}
