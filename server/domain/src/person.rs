//! What administrators see of a person besides the account: the projects, the sessions, the personal access tokens.

use berth_db::{
    Conn,
    query::{
        member::{self as members, Who},
        session as sessions, token as tokens,
        user::{self as users, Person},
    },
};
use berth_types::{
    UserId,
    api::{Membership, PersonalToken, Session},
    page::Paged,
    query::ListQuery,
};

use crate::{
    Actor, Domain, Error, Result,
    audit::{self, Entry},
    authz::{ReadUser, SystemAccess, UpdateUser},
    member, session, token,
};

/// The projects that a person is a member of as a request filters and sorts them, by name where it does not.
///
/// # Errors
/// [`Error::NotFound`] where there is no such person.
pub async fn memberships(
    domain: &Domain,
    _access: &SystemAccess<ReadUser>,
    id: UserId,
    query: &ListQuery,
) -> Result<Paged<Membership>> {
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    find(&mut conn, id).await?;
    Ok(members::memberships(&mut conn, Who::User(id.0), query).await?.map(member::membership))
}

/// Where a person is signed in, as a request sorts it, last used first where it does not. `current` is the hash of the
/// session that asks.
///
/// # Errors
/// [`Error::NotFound`] where there is no such person, [`Error::Forbidden`] for robots.
pub async fn sessions(
    domain: &Domain,
    access: &SystemAccess<ReadUser>,
    id: UserId,
    current: Option<&[u8]>,
    query: &ListQuery,
) -> Result<Vec<Session>> {
    require_person(access.actor())?;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    find(&mut conn, id).await?;
    let found = sessions::sorted(&mut conn, id.0, domain.now(), query, session::SHOWN_MAX).await?;
    Ok(found.into_iter().map(|row| session::shown(row, current)).collect())
}

/// The personal access tokens of a person as a request filters and sorts them, youngest first where it does not.
///
/// # Errors
/// As [`sessions`].
pub async fn tokens(
    domain: &Domain,
    access: &SystemAccess<ReadUser>,
    id: UserId,
    query: &ListQuery,
) -> Result<Vec<PersonalToken>> {
    require_person(access.actor())?;
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    find(&mut conn, id).await?;
    let found = tokens::list(&mut conn, id.0, query, token::TOKENS_MAX).await?;
    Ok(found.into_iter().map(token::shown).collect())
}

/// Ends all sessions of a person, the one that asks among them where it is the caller's own, and what clients had tokens of the
/// registry for. Personal access tokens go on.
///
/// # Errors
/// As [`sessions`].
pub async fn end_sessions(domain: &Domain, access: &SystemAccess<UpdateUser>, id: UserId) -> Result<()> {
    require_person(access.actor())?;
    let done = domain
        .db
        .write((id, access.actor().clone(), domain.now()), |tx, (id, actor, now)| {
            Box::pin(async move {
                let person = find(tx, *id).await?;
                users::bump_epoch(tx, id.0).await?;
                if sessions::delete_of_person(tx, id.0, None).await? > 0 {
                    let text = format!("end all sessions: {}", person.username);
                    let entry = Entry::success("update", "user", person.username).described(text);
                    audit::record(tx, actor, *now, &entry).await?;
                }
                Ok::<_, Error>(())
            })
        })
        .await;
    // Also where it failed: the answer of a commit may have been lost.
    domain.recent.sessions.invalidate_all();
    domain.forget_people();
    done
}

/// Where people are and what they work with is for people to see: a robot that keeps accounts needs none of it.
fn require_person(actor: &Actor) -> Result<()> {
    let is_person = actor.user_id().is_some();
    is_person.then_some(()).ok_or_else(|| Error::Forbidden("this is for administrators, not for robots".to_owned()))
}

async fn find(conn: &mut Conn<'_>, id: UserId) -> Result<Person> {
    users::find(conn, id.0).await?.ok_or_else(|| Error::NotFound(format!("user {id} not found")))
}
