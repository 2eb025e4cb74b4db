//! Signed-in browsers. The cookie itself is known to nobody but the browser; rows have its keyed hash.

use std::sync::Arc;

use berth_db::query::session as rows;
pub use berth_db::query::session::Session;
use berth_types::{UserId, api, query::ListQuery};

use crate::{Actor, Domain, Error, Result, audit, audit::Entry, authz::SelfAccess};

/// `seen_at` is written at most this often, in seconds.
const SEEN_EVERY_SECONDS: i64 = 60;
/// Sessions of one person that are shown.
pub(crate) const SHOWN_MAX: i64 = 100;
/// Bytes of the hash that name a session to its owner.
const NAME_BYTES: usize = 12;
/// The longest `User-Agent` that is kept, in characters.
const USER_AGENT_CHARS_MAX: usize = 256;

/// Makes a session for somebody who just proved an identity, as an account was at `epoch`. False where it changed meanwhile.
///
/// # Errors
/// [`Error::Unauthorized`] where the caller is no person.
pub async fn start(domain: &Domain, actor: &Actor, epoch: i64, id_hash: &[u8], user_agent: &str) -> Result<bool> {
    let Some(user) = actor.user_id() else { return Err(Error::Unauthorized("unauthorized".to_owned())) };
    let now = domain.now();
    let lifetime_minutes = domain.settings().await?.session_timeout_minutes();
    let session = Session {
        id_hash: id_hash.to_vec(),
        user_id: user.0,
        created_at: now,
        seen_at: now,
        expires_at: now.plus_seconds(lifetime_minutes.saturating_mul(60)),
        remote_addr: actor.address.to_string(),
        user_agent: user_agent.chars().filter(|char| !char.is_control()).take(USER_AGENT_CHARS_MAX).collect(),
    };
    let entry = Entry::success("login", "user", &*actor.name).described("login");
    domain
        .db
        .write((session, epoch, actor.clone(), entry), |tx, (session, epoch, actor, entry)| {
            Box::pin(async move {
                if !rows::insert(tx, session, *epoch).await? {
                    return Ok(false);
                }
                audit::record(tx, actor, session.created_at, entry).await?;
                Ok::<_, Error>(true)
            })
        })
        .await
}

/// A living session by the hash of its cookie, at most two seconds old.
///
/// # Errors
/// Where the database does not answer.
pub async fn find(domain: &Domain, id_hash: &[u8]) -> Result<Option<Arc<Session>>> {
    let session = match domain.recent.sessions.get(id_hash) {
        Some(session) => session,
        None => {
            let session = rows::find(&mut domain.db.reader().await?.conn(), id_hash).await?.map(Arc::new);
            domain.recent.sessions.insert(id_hash.to_vec(), session.clone());
            session
        }
    };
    Ok(session.filter(|session| session.expires_at > domain.now()))
}

/// Notes that a session is in use and moves its end, in the background and at most once a minute.
///
/// # Errors
/// Where the settings cannot be read.
pub async fn renew(domain: &Domain, session: &Session) -> Result<()> {
    let now = domain.now();
    if now < session.seen_at.plus_seconds(SEEN_EVERY_SECONDS) {
        return Ok(());
    }
    let lifetime_minutes = domain.settings().await?.session_timeout_minutes();
    let mut renewed = session.clone();
    renewed.seen_at = now;
    renewed.expires_at = now.plus_seconds(lifetime_minutes.saturating_mul(60));
    domain.recent.sessions.insert(renewed.id_hash.clone(), Some(Arc::new(renewed.clone())));
    let domain = domain.clone();
    tokio::spawn(async move {
        let outcome = domain
            .db
            .write(renewed, |tx, renewed| {
                Box::pin(async move {
                    Ok::<_, Error>(rows::touch(tx, &renewed.id_hash, renewed.seen_at, renewed.expires_at).await?)
                })
            })
            .await;
        if let Err(error) = outcome {
            tracing::warn!(%error, "the use of a session could not be noted");
        }
    });
    Ok(())
}

/// Ends a session. Whether there was one makes no difference.
///
/// # Errors
/// Where the database does not answer.
pub async fn end(domain: &Domain, actor: &Actor, id_hash: &[u8]) -> Result<()> {
    let entry = Entry::success("logout", "user", &*actor.name).described("logout");
    domain
        .db
        .write((id_hash.to_vec(), actor.clone(), domain.now(), entry), |tx, (id_hash, actor, now, entry)| {
            Box::pin(async move {
                if rows::delete(tx, id_hash).await? && !actor.is_anonymous() {
                    audit::record(tx, actor, *now, entry).await?;
                }
                Ok::<_, Error>(())
            })
        })
        .await?;
    domain.recent.sessions.invalidate(id_hash);
    Ok(())
}

/// The caller's sessions as a request sorts them, last used first where it does not.
///
/// # Errors
/// Where the database does not answer.
pub async fn list(
    domain: &Domain,
    access: &SelfAccess,
    current: Option<&[u8]>,
    query: &ListQuery,
) -> Result<Vec<api::Session>> {
    let (now, user) = (domain.now(), access.user().0);
    let sessions = rows::sorted(&mut domain.db.reader().await?.conn(), user, now, query, SHOWN_MAX).await?;
    Ok(sessions.into_iter().map(|session| shown(session, current)).collect())
}

/// A session as people see it. `current` is the hash of the one that asks.
pub(crate) fn shown(session: Session, current: Option<&[u8]>) -> api::Session {
    api::Session {
        id: name(&session),
        created_at: session.created_at,
        seen_at: session.seen_at,
        expires_at: session.expires_at,
        current: current == Some(session.id_hash.as_slice()),
        remote_addr: session.remote_addr,
        user_agent: session.user_agent,
    }
}

/// Ends one of the caller's sessions.
///
/// # Errors
/// [`Error::NotFound`] where the caller has no such session.
pub async fn revoke(domain: &Domain, access: &SelfAccess, id: &str) -> Result<()> {
    let sessions = of_person(domain, access.user()).await?;
    let Some(session) = sessions.into_iter().find(|session| name(session) == id) else {
        return Err(Error::NotFound(format!("session {id} not found")));
    };
    end(domain, access.actor(), &session.id_hash).await
}

/// Ends all of the caller's sessions but the one whose hash is given.
///
/// # Errors
/// Where the database does not answer.
pub async fn revoke_others(domain: &Domain, access: &SelfAccess, current: Option<&[u8]>) -> Result<()> {
    let entry = Entry::success("logout", "user", &*access.actor().name).described("logout");
    let args = (access.actor().clone(), access.user(), current.map(<[u8]>::to_vec), domain.now(), entry);
    domain
        .db
        .write(args, |tx, (actor, user, current, now, entry)| {
            Box::pin(async move {
                if rows::delete_of_person(tx, user.0, current.as_deref()).await? > 0 {
                    audit::record(tx, actor, *now, entry).await?;
                }
                Ok::<_, Error>(())
            })
        })
        .await?;
    domain.recent.sessions.invalidate_all();
    Ok(())
}

/// Removes sessions that ended.
///
/// # Errors
/// Where the database does not answer.
pub async fn sweep(domain: &Domain) -> Result<u64> {
    let write = domain
        .db
        .write(domain.now(), |tx, now| Box::pin(async move { Ok::<_, Error>(rows::delete_expired(tx, *now).await?) }));
    write.await
}

async fn of_person(domain: &Domain, user: UserId) -> Result<Vec<Session>> {
    let now = domain.now();
    Ok(rows::of_person(&mut domain.db.reader().await?.conn(), user.0, now, SHOWN_MAX).await?)
}

/// What a session is called towards its owner. Nobody gets in with it.
fn name(session: &Session) -> String {
    hex::encode(&session.id_hash[..NAME_BYTES.min(session.id_hash.len())])
}
