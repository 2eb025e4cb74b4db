//! Names and secrets: people, robots, personal tokens.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use berth_domain::{
    Actor, Error, Result,
    actor::Via,
    identity::{self, Kept},
    second_factor, throttle,
    throttle::Trace,
    token,
    user::{self, Person},
};
use berth_types::{UserId, name::shell_name};
use moka::sync::Cache;
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

use crate::{Auth, keyed::Purpose};

/// How long a verified password is remembered.
const REMEMBERED_FOR: Duration = Duration::from_secs(10 * 60);
/// Passwords that are remembered.
const REMEMBERED_MAX: u64 = 10_000;
/// Secrets that are verified at the same time.
const AT_ONCE: usize = 2;
/// Requests that may wait for that. The next one is told to come back.
const WAITING_MAX: usize = 256;

/// Verified passwords, and the gate in front of verifying one.
pub(crate) struct Passwords {
    /// By keyed hash of name and password; the value is what the account's hash was.
    remembered: Cache<[u8; 32], [u8; 32]>,
    gate: Semaphore,
    waiting: AtomicUsize,
}

impl Default for Passwords {
    fn default() -> Self {
        let remembered = Cache::builder().max_capacity(REMEMBERED_MAX).time_to_live(REMEMBERED_FOR).build();
        Passwords { remembered, gate: Semaphore::new(AT_ONCE), waiting: AtomicUsize::new(0) }
    }
}

/// Whoever tries, from where, and what is left of a failure.
pub(crate) struct Attempt<'a> {
    pub(crate) name: &'a str,
    pub(crate) secret: &'a str,
    pub(crate) address: &'a str,
    pub(crate) request_id: &'a str,
    pub(crate) trace: Trace,
    /// Whether a personal access token counts as the password.
    pub(crate) tokens: bool,
}

/// The person behind a credential.
pub(crate) struct Found {
    pub(crate) person: Arc<Person>,
    pub(crate) via: Via,
}

impl Auth {
    /// Basic credentials: a person, a robot, a personal token as password. Nothing where they are wrong.
    ///
    /// # Errors
    /// [`Error::TooManyRequests`] after too many wrong ones, [`Error::Unauthorized`] for a right password that a second factor
    /// has to follow.
    pub async fn basic(&self, name: &str, secret: &str, address: &str) -> Result<Option<Actor>> {
        if let Some(robot) = self.robot(name, secret, address).await? {
            return Ok(Some(robot));
        }
        let attempt = Attempt { name, secret, address, request_id: "", trace: Trace::Counted, tokens: true };
        let found = self.password(&attempt).await?;
        if found.as_ref().is_some_and(|found| found.person.second_factor && matches!(found.via, Via::Own)) {
            // Nobody learns of it without the password.
            return Err(Error::Unauthorized(second_factor::PASSWORD_IS_NOT_ENOUGH.to_owned()));
        }
        Ok(found.map(|found| user::actor(&found.person).coming_with(found.via)))
    }

    /// A person by password or personal token.
    pub(crate) async fn password(&self, attempt: &Attempt<'_>) -> Result<Option<Found>> {
        let domain = &self.inner.domain;
        let Attempt { name, secret, address, request_id, trace, tokens } = attempt;
        let person = user::account(domain, name).await?;
        let key = self.inner.hasher.hash(Purpose::Remembered, &[name.as_bytes(), secret.as_bytes()]);
        if let Some(person) = &person
            && self.inner.passwords.remembered.get(&key) == Some(self.state(person))
        {
            return Ok(Some(Found { person: person.clone(), via: Via::Own }));
        }
        if let Some(person) = &person {
            // Generated secrets are long: their hash costs nothing and needs no queue, and nobody finds one by trying, so the wrong
            // passwords of others behind one address do not lock them out.
            let hash = self.hash_generated_secret(secret);
            if *tokens && let Some(via) = token::present(domain, UserId(person.id), &hash).await? {
                return Ok(Some(Found { person: person.clone(), via }));
            }
        }
        throttle::check(domain, name, address).await?;
        let _permit = self.wait_for_turn().await?;
        // Requests that came together may have failed together while this one waited.
        throttle::check(domain, name, address).await?;
        if user::verify_password(person.as_deref(), secret).await?
            && let Some(person) = person
        {
            self.inner.passwords.remembered.insert(key, self.state(&person));
            return Ok(Some(Found { person, via: Via::Own }));
        }
        throttle::note(domain, name, address, request_id, *trace);
        Ok(None)
    }

    /// A robot by its secret. A failure is noted by whoever tries the same as a person next.
    async fn robot(&self, name: &str, secret: &str, address: &str) -> Result<Option<Actor>> {
        let domain = &self.inner.domain;
        let settings = domain.settings().await?;
        let prefix = settings.robot_name_prefix();
        // The prefix that Harbor chose is a variable to a shell: names without quotes are good as well.
        let short_name = name.strip_prefix(prefix).or_else(|| name.strip_prefix(&*shell_name(prefix)));
        let Some(short_name) = short_name else { return Ok(None) };
        let Some(robot) = identity::robot_by_name(domain, short_name).await? else { return Ok(None) };
        // The former secret is among them only while it works, so a remembered one ends with it.
        let secrets = identity::secrets(domain, &robot);
        let hash = self.hash_generated_secret(secret);
        let is_it = |kept: &&Kept<'_>| kept.hash.is_some_and(|kept| bool::from(kept.ct_eq(&hash)));
        if let Some(kept) = secrets.iter().find(is_it) {
            return identity::robot_signed_in(domain, &robot, kept.which, prefix).map(Some);
        }
        let state = |phc: &str| self.inner.hasher.hash(Purpose::Remembered, &[phc.as_bytes()]);
        let chosen: Vec<_> = secrets.iter().filter_map(|kept| Some((kept.which, kept.phc?))).collect();
        if chosen.is_empty() {
            return Ok(None);
        }
        let key = self.inner.hasher.hash(Purpose::Remembered, &[name.as_bytes(), secret.as_bytes()]);
        let remembered = self.inner.passwords.remembered.get(&key);
        if let Some((which, _)) = chosen.iter().find(|(_, kept)| remembered == Some(state(kept))) {
            return identity::robot_signed_in(domain, &robot, *which, prefix).map(Some);
        }
        let _permit = self.wait_for_turn().await?;
        throttle::check(domain, name, address).await?;
        for (which, phc) in chosen {
            if identity::verify_chosen_secret(phc, secret).await? {
                self.inner.passwords.remembered.insert(key, state(phc));
                return identity::robot_signed_in(domain, &robot, which, prefix).map(Some);
            }
        }
        Ok(None)
    }

    /// What a remembered password is tied to: another password, or an account made anew, is another state.
    pub(crate) fn state(&self, person: &Person) -> [u8; 32] {
        let phc = person.password.as_deref().unwrap_or_default();
        self.inner.hasher.hash(Purpose::Remembered, &[&person.id.to_be_bytes(), phc.as_bytes()])
    }

    async fn wait_for_turn(&self) -> Result<tokio::sync::SemaphorePermit<'_>> {
        let passwords = &self.inner.passwords;
        let waiting = Waiting::enter(&passwords.waiting);
        if waiting.ahead >= WAITING_MAX {
            return Err(Error::TooManyRequests { retry_after_seconds: 1 });
        }
        passwords.gate.acquire().await.map_err(Error::internal)
    }
}

/// A place in the queue, given back when it is dropped.
struct Waiting<'q> {
    queue: &'q AtomicUsize,
    ahead: usize,
}

impl<'q> Waiting<'q> {
    fn enter(queue: &'q AtomicUsize) -> Self {
        Waiting { queue, ahead: queue.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.queue.fetch_sub(1, Ordering::Relaxed);
    }
}
