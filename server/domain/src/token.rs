//! Personal access tokens: secrets that stand for a person's password, each with a name, an end and a reach of its own.
//! They need no session, and no session ends them.

use std::sync::Arc;

use berth_db::query::token::{self as rows, Token};
use berth_types::{
    Timestamp, UserId,
    api::{PersonalToken, PersonalTokenCreated, PersonalTokenReq},
    query::ListQuery,
};
use moka::ops::compute::{CompResult, Op};

use crate::{
    Domain, Error, Result, actor::Via, audit, audit::Entry, authz::SelfAccess, identity::Generated, identity::Which,
};

/// Tokens of one person.
pub(crate) const TOKENS_MAX: i64 = 100;
/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 64;
/// `used_at` is written at most this often, in seconds.
const USED_EVERY_SECONDS: i64 = 60;

fn not_found(id: i64) -> Error {
    Error::NotFound(format!("token {id} not found"))
}

/// A token as people see it.
pub(crate) fn shown(row: Token) -> PersonalToken {
    PersonalToken {
        id: row.id,
        name: own_name(&row.name).to_owned(),
        read_only: row.read_only,
        creation_time: row.created_at,
        expires_at: row.expires_at,
        last_used_at: row.used_at,
    }
}

/// Names are unique among all identities, so rows have the owner before theirs.
fn own_name(stored: &str) -> &str {
    stored.split_once('/').map_or(stored, |(_, name)| name)
}

/// The caller's tokens as a request filters and sorts them, youngest first where it does not.
///
/// # Errors
/// Where the database does not answer.
pub async fn list(domain: &Domain, access: &SelfAccess, query: &ListQuery) -> Result<Vec<PersonalToken>> {
    let tokens = rows::list(&mut domain.db.reader().await?.conn(), access.user().0, query, TOKENS_MAX).await?;
    Ok(tokens.into_iter().map(shown).collect())
}

/// Makes a token of the caller. A token makes no token: it would outlive its own end.
///
/// # Errors
/// [`Error::BadRequest`] for a name or an end that make no sense, [`Error::Conflict`] where the name is taken,
/// [`Error::Forbidden`] for callers who came with a token, [`Error::Precondition`] for one too many.
pub async fn create(
    domain: &Domain,
    access: &SelfAccess,
    request: &PersonalTokenReq,
    generated: Generated,
) -> Result<PersonalTokenCreated> {
    if matches!(access.actor().via, Via::Token { .. }) {
        return Err(Error::Forbidden("a personal access token cannot make another one".to_owned()));
    }
    let name = request.name.trim().to_owned();
    if !(1..=NAME_CHARS_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Error::BadRequest(format!("the name of a token has 1 to {NAME_CHARS_MAX} characters")));
    }
    let now = domain.now();
    if request.expires_at.is_some_and(|end| end <= now) {
        return Err(Error::BadRequest("the end of a token is in the past".to_owned()));
    }
    let Generated { secret, hash } = generated;
    let new = New { name: name.clone(), hash, read_only: request.read_only, expires_at: request.expires_at };
    let args = (access.clone(), new, now);
    let id = domain
        .db
        .write(args, |tx, (access, new, now)| {
            Box::pin(async move {
                let user = access.user().0;
                if rows::count(tx, user).await? >= TOKENS_MAX {
                    return Err(Error::Precondition(format!("a person has at most {TOKENS_MAX} tokens")));
                }
                let stored = format!("{user}/{}", new.name);
                let id = rows::insert(tx, user, &stored, &new.hash, new.read_only, new.expires_at, *now)
                    .await
                    .map_err(|error| Error::taken(error, || format!("token {} already exists", new.name)))?;
                audit::record(tx, access.actor(), *now, &Entry::success("create", "token", new.name.as_str())).await?;
                Ok(id)
            })
        })
        .await?;
    Ok(PersonalTokenCreated { id, name, secret, expires_at: request.expires_at })
}

#[derive(Clone)]
struct New {
    name: String,
    hash: Vec<u8>,
    read_only: bool,
    expires_at: Option<Timestamp>,
}

/// Ends a token of the caller, and the registry tokens that it may have fetched.
///
/// # Errors
/// [`Error::NotFound`] where the caller has no such token.
pub async fn revoke(domain: &Domain, access: &SelfAccess, id: i64) -> Result<()> {
    let args = (access.clone(), id, domain.now());
    let done = domain
        .db
        .write(args, |tx, (access, id, now)| {
            Box::pin(async move {
                let user = access.user().0;
                let name = rows::delete(tx, user, *id).await?.ok_or_else(|| not_found(*id))?;
                // Registry tokens say the account and not what it came with.
                berth_db::query::user::bump_epoch(tx, user).await?;
                audit::record(tx, access.actor(), *now, &Entry::success("delete", "token", own_name(&name))).await
            })
        })
        .await;
    // Also where it failed: the answer of a commit may have been lost.
    domain.forget_people();
    done
}

/// What a person came with, where a personal token with this keyed hash is alive, at most two seconds old. Notes its use in
/// the background.
///
/// # Errors
/// Where the database does not answer.
pub async fn present(domain: &Domain, user: UserId, secret_hash: &[u8]) -> Result<Option<Via>> {
    let key = (user.0, secret_hash.to_vec());
    let token = match domain.recent.tokens.get(&key) {
        Some(token) => token,
        // Absence is not remembered: whoever makes a token uses it at once.
        None => {
            let found = rows::find(&mut domain.db.reader().await?.conn(), user.0, secret_hash).await?;
            let Some(token) = found.map(Arc::new) else { return Ok(None) };
            domain.recent.tokens.insert(key, token.clone());
            token
        }
    };
    let now = domain.now();
    if !is_alive(&token, now) {
        return Ok(None);
    }
    if token.used_at.is_none_or(|used| now >= used.plus_seconds(USED_EVERY_SECONDS)) {
        note_use(domain, token.id, Which::Present, now);
    }
    Ok(Some(via(&token)))
}

fn via(token: &Token) -> Via {
    Via::Token { id: token.id, read_only: token.read_only, expires_at: token.expires_at }
}

/// What a person came with, where the token is alive still, as the database has it now.
///
/// # Errors
/// Where the database does not answer.
pub(crate) async fn as_it_is(domain: &Domain, user: UserId, id: i64) -> Result<Option<Via>> {
    let found = rows::find_by_id(&mut domain.db.reader().await?.conn(), user.0, id).await?;
    Ok(found.filter(|token| is_alive(token, domain.now())).map(|token| via(&token)))
}

fn is_alive(token: &Token, now: Timestamp) -> bool {
    token.expires_at.is_none_or(|end| end > now)
}

/// Notes in the background that a token was used, or that a robot signed in with one of its secrets, at most once a minute.
pub(crate) fn note_use(domain: &Domain, id: i64, which: Which, now: Timestamp) {
    let is_recent = |noted: Timestamp| now < noted.plus_seconds(USED_EVERY_SECONDS);
    // Looked up first, because nearly every request ends here.
    if !domain.recent.token_uses.get(&(id, which)).is_some_and(is_recent) && is_first(domain, (id, which), now) {
        write_use(domain.clone(), (id, which), now);
    }
}

/// Whether nobody on this node is about to note the use of a token, so that requests that come together write once.
fn is_first(domain: &Domain, used: (i64, Which), now: Timestamp) -> bool {
    let noted = domain.recent.token_uses.entry(used).and_compute_with(|noted| match noted {
        Some(noted) if now < noted.value().plus_seconds(USED_EVERY_SECONDS) => Op::Nop,
        Some(_) | None => Op::Put(now),
    });
    matches!(noted, CompResult::Inserted(_) | CompResult::ReplacedWith(_))
}

fn write_use(domain: Domain, used: (i64, Which), now: Timestamp) {
    tokio::spawn(async move {
        let outcome = domain
            .db
            .write((used, now), |tx, ((id, which), now)| {
                let before = now.plus_seconds(-USED_EVERY_SECONDS);
                Box::pin(async move {
                    if *which == Which::Former {
                        berth_db::query::robot::touch_former(tx, *id, *now, before).await?;
                    }
                    Ok::<_, Error>(rows::touch(tx, *id, *now, before).await?)
                })
            })
            .await;
        if let Err(error) = outcome {
            tracing::warn!(%error, "the use of a secret could not be noted");
        }
    });
}

#[cfg(test)]
mod tests {
    use berth_db::Db;
    use berth_storage::MemoryStore;
    use berth_types::time::SystemClock;

    use super::*;
    use crate::Limits;

    #[tokio::test(flavor = "multi_thread")]
    async fn uses_that_come_together_are_noted_once_a_minute() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&folder.path().join("berth.db")).await.unwrap();
        let domain = Domain::new(db, Arc::new(MemoryStore::new()), Arc::new(SystemClock), Limits::default());
        let at_once = async |id: i64, now: Timestamp| {
            let asked = (0..32).map(|_| {
                let domain = domain.clone();
                tokio::spawn(async move { is_first(&domain, (id, Which::Present), now) })
            });
            let answers = futures_util::future::join_all(asked).await;
            answers.into_iter().filter(|answer| *answer.as_ref().unwrap()).count()
        };
        let now = Timestamp(1_770_000_000_000_000);
        assert_eq!((at_once(1, now).await, at_once(2, now).await), (1, 1));
        assert_eq!(at_once(1, now.plus_seconds(USED_EVERY_SECONDS - 1)).await, 0);
        assert_eq!(at_once(1, now.plus_seconds(USED_EVERY_SECONDS)).await, 1);
    }

    #[test]
    fn names_are_shown_without_their_owner() {
        assert_eq!(own_name("12/laptop"), "laptop");
        assert_eq!(own_name("12/a/b"), "a/b");
    }
}
