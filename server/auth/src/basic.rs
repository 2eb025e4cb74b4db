//! Names and secrets: people, robots, personal tokens.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use berth_domain::{
    Actor, Error, Result, identity, throttle,
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

impl Auth {
    /// Basic credentials: a person, a robot, a personal token as password. Nothing where they are wrong.
    ///
    /// # Errors
    /// [`Error::TooManyRequests`] after too many wrong ones.
    pub async fn basic(&self, name: &str, secret: &str, address: &str) -> Result<Option<Actor>> {
        if let Some(robot) = self.robot(name, secret, address).await? {
            return Ok(Some(robot));
        }
        self.password(&Attempt { name, secret, address, request_id: "", trace: Trace::Counted, tokens: true }).await
    }

    /// A person by password or personal token.
    pub(crate) async fn password(&self, attempt: &Attempt<'_>) -> Result<Option<Actor>> {
        let domain = &self.inner.domain;
        let Attempt { name, secret, address, request_id, trace, tokens } = attempt;
        let person = user::account(domain, name).await?;
        let key = self.inner.hasher.hash(Purpose::Remembered, &[name.as_bytes(), secret.as_bytes()]);
        if let Some(person) = &person
            && self.inner.passwords.remembered.get(&key) == Some(self.state(person))
        {
            return Ok(Some(user::actor(person)));
        }
        if let Some(person) = &person {
            // Generated secrets are long: their hash costs nothing and needs no queue, and nobody finds one by trying, so the wrong
            // passwords of others behind one address do not lock them out.
            let hash = self.hash_generated_secret(secret);
            if *tokens && let Some(via) = token::present(domain, UserId(person.id), &hash).await? {
                return Ok(Some(user::actor(person).coming_with(via)));
            }
        }
        throttle::check(domain, name, address).await?;
        let _permit = self.wait_for_turn().await?;
        // Requests that came together may have failed together while this one waited.
        throttle::check(domain, name, address).await?;
        if user::verify_password(person.as_deref(), secret).await?
            && let Some(person) = &person
        {
            self.inner.passwords.remembered.insert(key, self.state(person));
            return Ok(Some(user::actor(person)));
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
        if let Some(kept) = &robot.secret_hash
            && bool::from(kept.ct_eq(&self.hash_generated_secret(secret)))
        {
            return identity::robot_signed_in(domain, &robot, prefix).map(Some);
        }
        let Some(phc) = &robot.secret_phc else { return Ok(None) };
        let key = self.inner.hasher.hash(Purpose::Remembered, &[name.as_bytes(), secret.as_bytes()]);
        let state = self.inner.hasher.hash(Purpose::Remembered, &[phc.as_bytes()]);
        if self.inner.passwords.remembered.get(&key) == Some(state) {
            return identity::robot_signed_in(domain, &robot, prefix).map(Some);
        }
        let _permit = self.wait_for_turn().await?;
        throttle::check(domain, name, address).await?;
        if !identity::verify_chosen_secret(&robot, secret).await? {
            return Ok(None);
        }
        self.inner.passwords.remembered.insert(key, state);
        identity::robot_signed_in(domain, &robot, prefix).map(Some)
    }

    /// What a remembered password is tied to: another password, or an account made anew, is another state.
    fn state(&self, person: &Person) -> [u8; 32] {
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
