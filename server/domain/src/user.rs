//! People: accounts, profiles, passwords, and who is an administrator.

mod check;

pub(crate) use check::check_email;

use std::sync::Arc;

pub use berth_db::query::user::Person;
use berth_db::{
    DbError,
    query::{session, setup, user as rows},
};
use berth_types::{
    Action, Resource, UserId,
    api::{PasswordReq, UserCreationReq, UserProfile, UserResp, UserSearchRespItem},
    page::{Page, Paged},
    policy::Permission,
    query::ListQuery,
};

use crate::{
    Actor, Domain, Error, Result, audit,
    audit::Entry,
    authz::{self, CreateUser, DeleteUser, ListUsers, PersonAccess, ReadUser, SelfAccess, SystemAccess, UpdateUser},
    password, throttle,
};
use check::{NAME_FORBIDDEN, TEXT_CHARS_MAX, check_characters, check_length, check_password, check_profile};

/// Makes an account.
///
/// # Errors
/// [`Error::BadRequest`] or [`Error::Unprocessable`] where a field is no good, [`Error::Conflict`] where name or address
/// are taken.
pub async fn create(domain: &Domain, access: &SystemAccess<CreateUser>, req: &UserCreationReq) -> Result<UserId> {
    insert(domain, access.actor().clone(), req).await
}

/// Makes an account for somebody who signs up.
///
/// # Errors
/// [`Error::Forbidden`] where nobody may sign up, else as [`create`].
pub async fn register(domain: &Domain, actor: &Actor, req: &UserCreationReq) -> Result<UserId> {
    if !domain.settings().await?.self_registration() {
        return Err(Error::Forbidden("self-registration is switched off".to_owned()));
    }
    let mut actor = actor.clone();
    if actor.is_anonymous() {
        actor.name = req.username.as_str().into();
    }
    insert(domain, actor, req).await
}

async fn insert(domain: &Domain, actor: Actor, req: &UserCreationReq) -> Result<UserId> {
    for (name, value) in [("username", &req.username), ("email", &req.email)] {
        if value.chars().count() > TEXT_CHARS_MAX {
            return Err(Error::Unprocessable(format!(
                "validation failure list:\nvalidation failure list:\n{name} in body should be at most {TEXT_CHARS_MAX} chars long"
            )));
        }
    }
    check_password(&req.password)?;
    check_length("username", &req.username)?;
    check_characters("username", &req.username, NAME_FORBIDDEN)?;
    check_profile(&req.email, &req.realname, &req.comment)?;
    let new = rows::NewPerson {
        username: req.username.clone(),
        email: Some(req.email.clone()),
        realname: req.realname.clone(),
        comment: req.comment.clone(),
        password: Some(password::hash(&req.password).await?),
        sysadmin: false,
    };
    let entry = Entry::success("create", "user", &*new.username);
    let made = domain
        .db
        .write((new, actor, domain.now(), entry), |tx, (new, actor, now, entry)| {
            Box::pin(async move {
                let email = new.email.as_deref().unwrap_or_default();
                let id = rows::insert(tx, new, *now).await.map_err(|error| taken(error, &new.username, email))?;
                audit::record(tx, actor, *now, entry).await?;
                Ok::<_, Error>(id)
            })
        })
        .await;
    // Also where it failed: the answer of a commit may have been lost.
    domain.forget_people();
    made.map(UserId)
}

/// A person.
///
/// # Errors
/// [`Error::NotFound`] where there is no such person.
pub async fn find(domain: &Domain, access: &PersonAccess) -> Result<UserResp> {
    let found = rows::find(&mut domain.db.reader().await?.conn(), access.person().0).await?;
    found.map(show).ok_or_else(|| missing(access.person()))
}

/// The caller.
///
/// # Errors
/// [`Error::NotFound`] where the caller was deleted a moment ago.
pub async fn current(domain: &Domain, access: &SelfAccess) -> Result<UserResp> {
    let found = rows::find(&mut domain.db.reader().await?.conn(), access.user().0).await?;
    found.map(show).ok_or_else(|| missing(access.user()))
}

/// A person by sign-in name.
///
/// # Errors
/// Where the database does not answer.
pub async fn find_by_name(domain: &Domain, _access: &SystemAccess<ReadUser>, name: &str) -> Result<Option<UserResp>> {
    if name.contains('\0') {
        return Ok(None);
    }
    Ok(rows::find_by_name(&mut domain.db.reader().await?.conn(), name).await?.map(show))
}

/// People, by name unless the request orders them otherwise. The two texts must be part of name and address.
///
/// # Errors
/// Where the database does not answer.
pub async fn list(
    domain: &Domain,
    _access: &SystemAccess<ListUsers>,
    query: &ListQuery,
    username: Option<&str>,
    email: Option<&str>,
) -> Result<Paged<UserResp>> {
    let people = rows::list(&mut domain.db.reader().await?.conn(), query, username, email).await?;
    Ok(people.map(show))
}

/// Names that contain a text, for anybody who is signed in.
///
/// # Errors
/// [`Error::Unauthorized`] for anonymous callers.
pub async fn search(domain: &Domain, actor: &Actor, text: &str, page: Page) -> Result<Paged<UserSearchRespItem>> {
    if actor.is_anonymous() {
        return Err(Error::Unauthorized("unauthorized".to_owned()));
    }
    if text.contains('\0') {
        return Ok(Paged { items: Vec::new(), total: 0 });
    }
    let found = rows::search(&mut domain.db.reader().await?.conn(), text, page).await?;
    Ok(found.map(|(id, username)| UserSearchRespItem { user_id: UserId(id), username }))
}

/// What the caller may do in a scope: `/system`, or `/project/<id>`, where relative names leave the scope out. Unknown
/// scopes allow nothing, as in Harbor.
///
/// # Errors
/// [`Error::Unauthorized`] for anonymous callers.
pub async fn permissions(domain: &Domain, actor: &Actor, scope: &str, names: Names) -> Result<Vec<Permission>> {
    if actor.is_anonymous() {
        return Err(Error::Unauthorized("unauthorized".to_owned()));
    }
    let show = |resource: String, action: Action| Permission { resource, action: action.as_str().to_owned() };
    if scope == "/system" {
        let pairs = authz::system_permissions(actor).into_iter();
        return Ok(pairs.map(|(resource, action)| show(resource.as_str().to_owned(), action)).collect());
    }
    let Some(id) = scope.strip_prefix("/project/").and_then(|id| id.parse().ok()) else { return Ok(Vec::new()) };
    let name = |resource: Resource| match (resource, names) {
        (Resource::Project, Names::Relative) => ".".to_owned(),
        (Resource::Project, Names::Absolute) => scope.to_owned(),
        (resource, Names::Relative) => resource.as_str().to_owned(),
        (resource, Names::Absolute) => format!("{scope}/{resource}"),
    };
    let pairs = authz::project_permissions(domain, actor, id).await?.into_iter();
    Ok(pairs.map(|(resource, action)| show(name(resource), action)).collect())
}

/// How resources of a project are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// `/project/<id>/<resource>`
    Absolute,
    /// `<resource>`
    Relative,
}

/// What an account is looked up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Its sign-in name.
    Username,
    /// Its e-mail address.
    Email,
}

/// Whether an account exists, for a form that signs up and for administrators.
///
/// # Errors
/// [`Error::Precondition`] for others.
pub async fn exists(domain: &Domain, actor: &Actor, key: Key, value: &str) -> Result<bool> {
    if !actor.is_sysadmin() && !domain.settings().await?.self_registration() {
        let reason = "self registration deactivated, only sysadmin can check user existence";
        return Err(Error::Precondition(reason.to_owned()));
    }
    if value.contains('\0') {
        return Ok(false);
    }
    let mut reader = domain.db.reader().await?;
    let found = match key {
        Key::Username => rows::find_by_name(&mut reader.conn(), value).await?,
        Key::Email => rows::find_by_email(&mut reader.conn(), value).await?,
    };
    Ok(found.is_some())
}

/// Changes a profile.
///
/// # Errors
/// [`Error::BadRequest`] where a field is no good, [`Error::Conflict`] where the address is taken, [`Error::NotFound`]
/// where there is no such person.
pub async fn update_profile(domain: &Domain, access: &PersonAccess, profile: &UserProfile) -> Result<()> {
    let id = access.person();
    check_profile(&profile.email, &profile.realname, &profile.comment)?;
    let args = (id, profile.clone(), access.actor().clone(), domain.now());
    let done = domain
        .db
        .write(args, |tx, (id, profile, actor, now)| {
            Box::pin(async move {
                let person = rows::find(tx, id.0).await?.ok_or_else(|| missing_with_id(*id))?;
                rows::update_profile(tx, id.0, &profile.email, &profile.realname, &profile.comment, *now)
                    .await
                    .map_err(|error| taken(error, &person.username, &profile.email))?;
                let text = format!("update user: {}, profile", person.username);
                audit::record(tx, actor, *now, &Entry::success("update", "user", person.username).described(text)).await
            })
        })
        .await;
    // Also where it failed: the answer of a commit may have been lost.
    domain.forget_people();
    done
}

/// Makes or unmakes an administrator.
///
/// # Errors
/// [`Error::NotFound`] where there is no such person.
pub async fn set_sysadmin(
    domain: &Domain,
    access: &SystemAccess<UpdateUser>,
    id: UserId,
    sysadmin: bool,
) -> Result<()> {
    let done = domain
        .db
        .write((id, sysadmin, access.actor().clone(), domain.now()), |tx, (id, sysadmin, actor, now)| {
            Box::pin(async move {
                let person = rows::find(tx, id.0).await?.ok_or_else(|| missing_with_id(*id))?;
                if person.sysadmin != *sysadmin {
                    rows::set_sysadmin(tx, id.0, *sysadmin, *now).await?;
                }
                let state = if *sysadmin { "is an administrator" } else { "is no administrator" };
                let text = format!("update user: {}, who {state}", person.username);
                audit::record(tx, actor, *now, &Entry::success("update", "user", person.username).described(text)).await
            })
        })
        .await;
    // Also where it failed: the answer of a commit may have been lost.
    domain.forget_people();
    done
}

/// Changes a password. The caller's own needs the present one; it ends the person's sessions, but for the one whose
/// hash is given.
///
/// # Errors
/// [`Error::Forbidden`] where the present password is wrong, [`Error::BadRequest`] where the new one is no good,
/// [`Error::TooManyRequests`] after too many wrong ones, [`Error::NotFound`] where there is no such person.
pub async fn change_password(
    domain: &Domain,
    access: &PersonAccess,
    req: &PasswordReq,
    keep_session: Option<&[u8]>,
) -> Result<()> {
    let id = access.person();
    let found = rows::find(&mut domain.db.reader().await?.conn(), id.0).await?;
    let person = found.ok_or_else(|| missing(id))?;
    let phc = person.password.as_deref();
    if access.is_self() {
        let address = &access.actor().address;
        throttle::check(domain, &person.username, address).await?;
        if !password::verify(phc, &req.old_password).await? {
            let request_id = &access.actor().request_id;
            throttle::note(domain, &person.username, address, request_id, throttle::Trace::Counted);
            return Err(Error::Forbidden("Current password is incorrect".to_owned()));
        }
    }
    check_password(&req.new_password)?;
    if phc.is_some() && password::verify(phc, &req.new_password).await? {
        return Err(Error::BadRequest("New password is identical to old password".to_owned()));
    }
    let args = Change {
        id,
        username: person.username,
        phc: password::hash(&req.new_password).await?,
        keep_session: keep_session.map(<[u8]>::to_vec),
    };
    let done = domain
        .db
        .write((args, access.actor().clone(), domain.now()), |tx, (change, actor, now)| {
            Box::pin(async move {
                if !rows::set_password(tx, change.id.0, &change.phc, *now).await? {
                    return Err(missing(change.id));
                }
                session::delete_of_person(tx, change.id.0, change.keep_session.as_deref()).await?;
                if change.id == UserId::ADMIN {
                    // Whoever can set this password needs no set-up link any more.
                    setup::finish(tx, *now).await?;
                }
                let text = format!("update user: {}, new password", change.username);
                let entry = Entry::success("update", "user", change.username.as_str()).described(text);
                audit::record(tx, actor, *now, &entry).await
            })
        })
        .await;
    // Also where it failed: the answer of a commit may have been lost.
    domain.forget_people();
    done
}

struct Change {
    id: UserId,
    username: String,
    phc: String,
    keep_session: Option<Vec<u8>>,
}

/// Takes an account out. Its name is free again, its id is never used again, its sessions end at once.
///
/// # Errors
/// [`Error::Forbidden`] for `admin` and for the caller, [`Error::NotFound`] where there is no such person.
pub async fn delete(domain: &Domain, access: &SystemAccess<DeleteUser>, id: UserId) -> Result<()> {
    if id == UserId::ADMIN || access.actor().user_id() == Some(id) {
        return Err(Error::Forbidden(format!("User with ID {id} cannot be deleted")));
    }
    let done = domain
        .db
        .write((id, access.actor().clone(), domain.now()), |tx, (id, actor, now)| {
            Box::pin(async move {
                let person = rows::find(tx, id.0).await?.ok_or_else(|| missing(*id))?;
                rows::delete(tx, id.0, *now).await?;
                audit::record(tx, actor, *now, &Entry::success("delete", "user", person.username)).await
            })
        })
        .await;
    // Also where it failed: the answer of a commit may have been lost.
    domain.forget_people();
    done
}

/// An account by sign-in name, at most two seconds old, for who proves identities.
///
/// # Errors
/// Where the database does not answer.
pub async fn account(domain: &Domain, name: &str) -> Result<Option<Arc<Person>>> {
    if name.contains('\0') || name.chars().count() > TEXT_CHARS_MAX {
        return Ok(None);
    }
    if let Some(found) = domain.recent.names.get(name) {
        return Ok(found);
    }
    let found = rows::find_by_name(&mut domain.db.reader().await?.conn(), name).await?.map(Arc::new);
    domain.recent.names.insert(name.to_owned(), found.clone());
    Ok(found)
}

/// An account by id, at most two seconds old, for who proves identities.
///
/// # Errors
/// Where the database does not answer.
pub async fn account_by_id(domain: &Domain, id: UserId) -> Result<Option<Arc<Person>>> {
    match domain.recent.people.get(&id.0) {
        Some(found) => Ok(found),
        None => account_as_it_is(domain, id).await,
    }
}

/// An account by id as the database has it now, for what outlives the two seconds: a token with a former epoch would be
/// refused as soon as the new one is seen.
///
/// # Errors
/// Where the database does not answer.
pub async fn account_as_it_is(domain: &Domain, id: UserId) -> Result<Option<Arc<Person>>> {
    let found = rows::find(&mut domain.db.reader().await?.conn(), id.0).await?.map(Arc::new);
    domain.recent.people.insert(id.0, found.clone());
    Ok(found)
}

/// Whether a password is the account's. Without an account the answer is no, after the same time.
///
/// # Errors
/// Where no hash can be computed.
pub async fn verify_password(account: Option<&Person>, secret: &str) -> Result<bool> {
    password::verify(account.and_then(|person| person.password.as_deref()), secret).await
}

/// A person as a caller.
pub fn actor(person: &Person) -> Actor {
    Actor::user(UserId(person.id), &person.username, person.sysadmin)
}

fn show(person: Person) -> UserResp {
    UserResp {
        email: person.email.unwrap_or_default(),
        realname: person.realname,
        comment: person.comment,
        user_id: UserId(person.id),
        username: person.username,
        sysadmin_flag: person.sysadmin,
        admin_role_in_auth: false,
        second_factor: person.second_factor,
        creation_time: person.created_at,
        update_time: person.updated_at,
        oidc_user_meta: None,
    }
}

fn missing(id: UserId) -> Error {
    Error::NotFound(format!("user {id} not found"))
}

fn missing_with_id(id: UserId) -> Error {
    Error::NotFound(format!("user with id {id} not found"))
}

fn taken(error: DbError, username: &str, email: &str) -> Error {
    Error::taken(error, || format!("user {username} or email {email} already exists"))
}
