//! The second factor of people who sign in with a password: a code of an authenticator app, or one of the recovery codes.
//!
//! Its secret is sealed as the credentials for other systems are. A code counts once: the row has the last step of time that
//! was taken, and a recovery code goes when it is used. Both are one statement, so that no two nodes take the same one.

use berth_db::query::{
    second_factor::{self as rows, SecondFactor},
    session, user,
};
use berth_types::{
    UserId,
    api::{SecondFactorSecret, SecondFactorState},
    url::encode,
};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    Actor, Domain, Error, Result,
    actor::Via,
    audit,
    audit::Entry,
    authz::{SelfAccess, SystemAccess, UpdateUser},
    password, throttle,
    throttle::Trace,
    totp,
};

/// Recovery codes that are made at once.
pub const RECOVERY_CODES: usize = 10;
/// Characters of a recovery code without its hyphens. Its keyed hash and the throttle need no more.
pub const RECOVERY_CODE_CHARS: usize = 12;
/// The longest code that is looked at, in bytes.
const CODE_BYTES_MAX: usize = 64;

/// One code is looked at at a time.
static TURN: Semaphore = Semaphore::const_new(1);

/// What is said to a password that would have been enough before.
pub const PASSWORD_IS_NOT_ENOUGH: &str = "the password is right, but this account has a second factor, and only the portal can ask for it: \
     sign in with a personal access token instead of the password (portal: account, access tokens)";

/// What somebody typed as a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// Six digits of an app.
    OfApp(String),
    /// A recovery code in capitals, without what is between its groups.
    Recovery(String),
}

impl Code {
    /// Reads a code; nothing where it can be none.
    pub fn parse(text: &str) -> Option<Code> {
        if text.len() > CODE_BYTES_MAX {
            return None;
        }
        let plain: String = text.chars().filter(|char| !char.is_whitespace() && *char != '-').collect();
        let plain = plain.to_ascii_uppercase();
        if plain.len() == totp::DIGITS && plain.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Code::OfApp(plain));
        }
        let is_recovery = plain.len() == RECOVERY_CODE_CHARS && plain.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_recovery.then_some(Code::Recovery(plain))
    }
}

/// A code to be proven, a recovery code as its keyed hash.
#[derive(Clone)]
pub enum Given {
    /// Six digits of an app.
    OfApp(String),
    /// The hash of a recovery code.
    Recovery(Vec<u8>),
}

/// How somebody got as far as the second factor's operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComesBy {
    /// A session, which took all factors.
    Session,
    /// A password with the request.
    Password,
}

/// What a person shows in order to change a second factor that is switched on.
pub enum Proof<'p> {
    /// The password.
    Password(&'p str),
    /// A code; nothing where it can be none.
    Code(Option<Given>),
}

/// The caller's second factor.
///
/// # Errors
/// [`Error::NotFound`] where the caller was deleted a moment ago.
pub async fn state(domain: &Domain, access: &SelfAccess) -> Result<SecondFactorState> {
    let row = find(domain, access.user()).await?;
    Ok(SecondFactorState { enabled: row.since.is_some(), since: row.since, recovery_codes: row.recovery_codes })
}

/// Makes a secret, which counts as soon as a code of it was shown. `issuer` is what apps call this server.
///
/// # Errors
/// [`Error::Forbidden`] where the password is wrong or the caller came with a token, [`Error::Precondition`] where a second
/// factor is switched on, [`Error::TooManyRequests`] after too many wrong passwords.
pub async fn begin(domain: &Domain, access: &SelfAccess, secret: &str, issuer: &str) -> Result<SecondFactorSecret> {
    require_no_token(access)?;
    let id = access.user();
    if find(domain, id).await?.since.is_some() {
        return Err(already_on());
    }
    require_password(domain, access, secret).await?;
    let text = totp::base32(&rand::random::<[u8; totp::SECRET_BYTES]>());
    let sealed = domain.seal(&seal_name(id), &text)?;
    let kept = domain
        .db
        .write((id, sealed), |tx, (id, sealed)| {
            Box::pin(async move { Ok::<_, Error>(rows::keep_waiting(tx, id.0, sealed).await?) })
        })
        .await?;
    if !kept {
        return Err(already_on());
    }
    // Neither name may have a colon, which stands between them.
    let [issuer, account] = [issuer, &*access.actor().name].map(|text| encode(&text.replace(':', " ")));
    let uri = format!("otpauth://totp/{issuer}:{account}?secret={text}&issuer={issuer}");
    Ok(SecondFactorSecret { secret: text, uri })
}

/// Switches the second factor on by its first code. It ends the caller's other sessions and the registry tokens: they were
/// had for the password alone.
///
/// # Errors
/// [`Error::BadRequest`] where the code is wrong, [`Error::Precondition`] where no secret waits for one,
/// [`Error::TooManyRequests`] after too many wrong ones.
pub async fn confirm(
    domain: &Domain,
    access: &SelfAccess,
    code: &str,
    recovery_hashes: Vec<Vec<u8>>,
    keep_session: Option<&[u8]>,
) -> Result<()> {
    require_no_token(access)?;
    let id = access.user();
    let row = find(domain, id).await?;
    if row.since.is_some() {
        return Err(already_on());
    }
    let sealed =
        row.sealed.ok_or_else(|| Error::Precondition("no second factor waits for its first code".to_owned()))?;
    let now = domain.now();
    let secret = open(domain, id, &sealed)?;
    let wrong = || Error::BadRequest("the code is wrong".to_owned());
    let Some(Code::OfApp(digits)) = Code::parse(code) else { return Err(wrong()) };
    let guess = Guess { domain, actor: access.actor(), anywhere: Some(anywhere(id)) };
    let turn = guess.turn().await?;
    let Some(step) = totp::step_with_code(&secret, &digits, now.unix_seconds()) else {
        guess.was_wrong(Trace::Counted);
        return Err(wrong());
    };
    drop(turn);
    let name = &access.actor().name;
    let entry = Entry::success("update", "user", &**name).described(format!("switch on second factor: {name}"));
    let args = (Confirmed { id, sealed, step, recovery_hashes }, keep_session.map(<[u8]>::to_vec));
    let done = domain
        .db
        .write((args, access.actor().clone(), now, entry), |tx, ((confirmed, keep), actor, now, entry)| {
            Box::pin(async move {
                let id = confirmed.id.0;
                if !rows::switch_on(tx, id, &confirmed.sealed, confirmed.step, *now).await? {
                    return Err(Error::Precondition("another secret was made meanwhile".to_owned()));
                }
                for hash in &confirmed.recovery_hashes {
                    rows::insert_recovery_code(tx, id, hash).await?;
                }
                session::delete_of_person(tx, id, keep.as_deref()).await?;
                audit::record(tx, actor, *now, entry).await
            })
        })
        .await;
    // Also where it failed: the answer of a commit may have been lost.
    domain.forget_people();
    done
}

#[derive(Clone)]
struct Confirmed {
    id: UserId,
    sealed: Vec<u8>,
    step: i64,
    recovery_hashes: Vec<Vec<u8>>,
}

/// Switches the caller's second factor off.
///
/// # Errors
/// [`Error::Forbidden`] where password or code are wrong or the caller came with a token, [`Error::Precondition`] where none is
/// switched on, [`Error::TooManyRequests`] after too many wrong ones.
pub async fn switch_off(domain: &Domain, access: &SelfAccess, proof: Proof<'_>, comes_by: ComesBy) -> Result<()> {
    demand(domain, access, proof, comes_by).await?;
    take_off(domain, access.actor(), access.user()).await
}

/// Makes other recovery codes count, and none of those before.
///
/// # Errors
/// As [`switch_off`].
pub async fn renew_recovery_codes(
    domain: &Domain,
    access: &SelfAccess,
    proof: Proof<'_>,
    comes_by: ComesBy,
    hashes: Vec<Vec<u8>>,
) -> Result<()> {
    demand(domain, access, proof, comes_by).await?;
    let name = &access.actor().name;
    let entry = Entry::success("update", "user", &**name).described(format!("make new recovery codes: {name}"));
    let args = (access.user(), hashes, access.actor().clone(), domain.now(), entry);
    domain
        .db
        .write(args, |tx, (id, hashes, actor, now, entry)| {
            Box::pin(async move {
                if !rows::forget_recovery_codes(tx, id.0, *now).await? {
                    return Err(not_on());
                }
                for hash in hashes {
                    rows::insert_recovery_code(tx, id.0, hash).await?;
                }
                audit::record(tx, actor, *now, entry).await
            })
        })
        .await
}

/// Sees to it that whoever changes a second factor that is switched on is its owner.
async fn demand(domain: &Domain, access: &SelfAccess, proof: Proof<'_>, comes_by: ComesBy) -> Result<()> {
    require_no_token(access)?;
    let id = access.user();
    if find(domain, id).await?.since.is_none() {
        return Err(not_on());
    }
    // For a moment after it was switched on on another node a password is still taken for enough.
    if comes_by == ComesBy::Password {
        return Err(Error::Forbidden("a second factor is changed in the portal, after signing in with it".to_owned()));
    }
    match proof {
        Proof::Password(secret) => require_password(domain, access, secret).await?,
        Proof::Code(given) => {
            if !prove(domain, access.actor(), id, given, Trace::Counted).await? {
                return Err(Error::Forbidden("the code is wrong".to_owned()));
            }
        }
    }
    Ok(())
}

/// Switches the second factor of somebody off who has lost it.
///
/// # Errors
/// [`Error::Forbidden`] for the caller's own, [`Error::NotFound`] where there is no such person, [`Error::Precondition`] where
/// none is switched on.
pub async fn remove(domain: &Domain, access: &SystemAccess<UpdateUser>, id: UserId) -> Result<()> {
    if access.actor().user_id() == Some(id) {
        return Err(Error::Forbidden("one's own second factor is switched off with the password or a code".to_owned()));
    }
    take_off(domain, access.actor(), id).await
}

/// Whether a code is good, which it is once. A recovery code stands in the audit log. `actor` is whoever shows it, with the
/// request's address.
///
/// Only whoever has the password or a session gets as far as this.
///
/// # Errors
/// [`Error::TooManyRequests`] after too many wrong ones.
pub async fn prove(domain: &Domain, actor: &Actor, id: UserId, given: Option<Given>, trace: Trace) -> Result<bool> {
    // Nobody guesses a recovery code. Whoever only has the password cannot keep it from its owner by wrong ones of the app.
    let is_long = matches!(given, Some(Given::Recovery(_)));
    let guess = Guess { domain, actor, anywhere: (!is_long).then(|| anywhere(id)) };
    let _turn = guess.turn().await?;
    let good = take(domain, actor, id, given).await?;
    if !good {
        guess.was_wrong(trace);
    }
    Ok(good)
}

/// A code that may be guessed. A code of an app is short, so besides what counts for passwords the wrong ones of an account
/// count wherever they come from.
struct Guess<'g> {
    domain: &'g Domain,
    actor: &'g Actor,
    /// The place under which wrong ones from anywhere count.
    anywhere: Option<String>,
}

impl Guess<'_> {
    /// Waits until it is looked at.
    async fn turn(&self) -> Result<SemaphorePermit<'static>> {
        // Who has to wait anyhow keeps nobody waiting.
        self.check().await?;
        // Attempts that come together would all be looked at before the first one counts as wrong.
        let turn = TURN.acquire().await.map_err(Error::internal)?;
        self.check().await?;
        Ok(turn)
    }

    async fn check(&self) -> Result<()> {
        throttle::check(self.domain, &self.actor.name, &self.actor.address).await?;
        match &self.anywhere {
            Some(anywhere) => throttle::check(self.domain, &self.actor.name, anywhere).await,
            None => Ok(()),
        }
    }

    fn was_wrong(&self, trace: Trace) {
        let Guess { domain, actor, anywhere } = self;
        throttle::note(domain, &actor.name, &actor.address, &actor.request_id, trace);
        if let Some(anywhere) = anywhere {
            throttle::note(domain, &actor.name, anywhere, &actor.request_id, Trace::Counted);
        }
    }
}

fn anywhere(id: UserId) -> String {
    format!("second-factor/{id}")
}

/// Takes a code, so that it is never good again.
async fn take(domain: &Domain, actor: &Actor, id: UserId, given: Option<Given>) -> Result<bool> {
    let row = find(domain, id).await?;
    let (Some(sealed), Some(_), Some(given)) = (row.sealed, row.since, given) else { return Ok(false) };
    let now = domain.now();
    let taken = match given {
        Given::OfApp(digits) => {
            let step = totp::step_with_code(&open(domain, id, &sealed)?, &digits, now.unix_seconds());
            let Some(step) = step.filter(|step| *step > row.last_step) else { return Ok(false) };
            Taken::Step(step)
        }
        Given::Recovery(hash) => Taken::Recovery(hash),
    };
    let entry = Entry::success("update", "user", &*actor.name).described(format!("use recovery code: {}", actor.name));
    domain
        .db
        .write((id, taken, actor.clone(), now, entry), |tx, (id, taken, actor, now, entry)| {
            Box::pin(async move {
                match taken {
                    Taken::Step(step) => Ok::<_, Error>(rows::take_step(tx, id.0, *step).await?),
                    Taken::Recovery(hash) => {
                        let good = rows::take_recovery_code(tx, id.0, hash).await?;
                        if good {
                            audit::record(tx, actor, *now, entry).await?;
                        }
                        Ok(good)
                    }
                }
            })
        })
        .await
}

#[derive(Clone)]
enum Taken {
    Step(i64),
    Recovery(Vec<u8>),
}

async fn take_off(domain: &Domain, actor: &Actor, id: UserId) -> Result<()> {
    let done = domain
        .db
        .write((id, actor.clone(), domain.now()), |tx, (id, actor, now)| {
            Box::pin(async move {
                let person = user::find(tx, id.0).await?.ok_or_else(|| missing(*id))?;
                if !rows::switch_off(tx, id.0, *now).await? {
                    return Err(not_on());
                }
                let text = format!("switch off second factor: {}", person.username);
                audit::record(tx, actor, *now, &Entry::success("update", "user", person.username).described(text)).await
            })
        })
        .await;
    // Also where it failed: the answer of a commit may have been lost.
    domain.forget_people();
    done
}

async fn find(domain: &Domain, id: UserId) -> Result<SecondFactor> {
    rows::find(&mut domain.db.reader().await?.conn(), id.0).await?.ok_or_else(|| missing(id))
}

/// The caller's password, throttled as at signing in.
async fn require_password(domain: &Domain, access: &SelfAccess, secret: &str) -> Result<()> {
    let actor = access.actor();
    let found = user::find(&mut domain.db.reader().await?.conn(), access.user().0).await?;
    let person = found.ok_or_else(|| missing(access.user()))?;
    throttle::check(domain, &person.username, &actor.address).await?;
    if !password::verify(person.password.as_deref(), secret).await? {
        throttle::note(domain, &person.username, &actor.address, &actor.request_id, Trace::Counted);
        return Err(Error::Forbidden("Current password is incorrect".to_owned()));
    }
    Ok(())
}

/// A token would outlive its own end with it, or lock its owner out.
fn require_no_token(access: &SelfAccess) -> Result<()> {
    if matches!(access.actor().via, Via::Token { .. }) {
        return Err(Error::Forbidden("a personal access token cannot change the second factor".to_owned()));
    }
    Ok(())
}

fn open(domain: &Domain, id: UserId, sealed: &[u8]) -> Result<Vec<u8>> {
    let text = domain.unseal(&seal_name(id), sealed)?;
    totp::from_base32(&text).ok_or_else(|| Error::internal("the secret of a second factor cannot be read"))
}

fn seal_name(id: UserId) -> String {
    format!("second-factor/{id}")
}

fn missing(id: UserId) -> Error {
    Error::NotFound(format!("user {id} not found"))
}

fn already_on() -> Error {
    Error::Precondition("the second factor is switched on already".to_owned())
}

fn not_on() -> Error {
    Error::Precondition("no second factor is switched on".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_people_type_them() {
        let app = Some(Code::OfApp("123456".to_owned()));
        assert_eq!((Code::parse("123456"), Code::parse(" 123 456 ")), (app.clone(), app));
        let recovery = Some(Code::Recovery("ABCD2345WXYZ".to_owned()));
        assert_eq!((Code::parse("abcd-2345-wxyz"), Code::parse("ABCD2345WXYZ")), (recovery.clone(), recovery));
        for none in ["", "12345", "1234567", "12345a", "abcd-2345-wxy", "é23456", &"1".repeat(100)] {
            assert_eq!(Code::parse(none), None, "{none}");
        }
    }
}
