//! Sessions: a random cookie, of which only the keyed hash is kept.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use berth_domain::{Actor, Result, session, throttle::Trace, user};
use berth_types::UserId;

use crate::{Auth, NewSession, Origin, basic::Attempt, keyed::Purpose};

/// Random bytes of a cookie.
const COOKIE_BYTES: usize = 32;
/// What the cookie of a browser that is not signed in starts with. No row stands behind it.
const ANONYMOUS: &str = "anonymous.";

/// Whether using a session moves its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// It does.
    Slide,
    /// It does not: the request came from a timer, not from a person.
    Keep,
}

/// How signing in with a password went, where it was right.
#[derive(Debug)]
pub enum SignedIn {
    /// It was enough.
    Done(NewSession),
    /// A code has to follow, with this ticket.
    Halfway(String),
}

impl Auth {
    /// A session cookie. Nothing where it is unknown or expired, or where the person is gone.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn session(&self, cookie: &str, renewal: Renewal) -> Result<Option<Actor>> {
        // What cannot be one of ours needs no query.
        if cookie.len() != COOKIE_BYTES.div_ceil(3) * 4 - 1 {
            return Ok(None);
        }
        let domain = &self.inner.domain;
        let Some(session) = session::find(domain, &self.session_hash(cookie)).await? else { return Ok(None) };
        let Some(person) = user::account_by_id(domain, UserId(session.user_id)).await? else { return Ok(None) };
        if renewal == Renewal::Slide {
            session::renew(domain, &session).await?;
        }
        Ok(Some(user::actor(&person)))
    }

    /// Signs in with a password, and makes a session where no code has to follow. Nothing where they are wrong.
    ///
    /// # Errors
    /// [`berth_domain::Error::TooManyRequests`] after too many wrong ones.
    pub async fn sign_in(&self, name: &str, password: &str, from: &Origin) -> Result<Option<SignedIn>> {
        let attempt = Attempt {
            name,
            secret: password,
            address: &from.address,
            request_id: &from.request_id,
            trace: Trace::Audited,
            // A session would outlive the token.
            tokens: false,
        };
        let Some(found) = self.password(&attempt).await? else { return Ok(None) };
        // A session outlives what this node remembers of the account, so the password has to be right as it is now.
        let person = user::account_as_it_is(&self.inner.domain, UserId(found.person.id)).await?;
        let Some(person) = person.filter(|person| self.state(person) == self.state(&found.person)) else {
            return Ok(None);
        };
        if person.second_factor {
            return Ok(Some(SignedIn::Halfway(self.ticket(&person))));
        }
        let actor = user::actor(&person).on_request(from.address.as_str(), from.request_id.as_str());
        Ok(self.start_session(actor, person.epoch, &from.user_agent).await?.map(SignedIn::Done))
    }

    /// A session of somebody who has shown all that it takes to be an account as it was at `epoch`. Nothing where it changed
    /// meanwhile.
    pub(crate) async fn start_session(&self, actor: Actor, epoch: i64, user_agent: &str) -> Result<Option<NewSession>> {
        let cookie = random_cookie();
        let hash = self.session_hash(&cookie);
        let started = session::start(&self.inner.domain, &actor, epoch, &hash, user_agent).await?;
        Ok(started.then_some(NewSession { cookie, actor }))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn sign_out(&self, cookie: &str, actor: &Actor) -> Result<()> {
        session::end(&self.inner.domain, actor, &self.session_hash(cookie)).await
    }

    /// The keyed hash by which the database knows a session.
    pub fn session_hash(&self, cookie: &str) -> [u8; 32] {
        self.inner.hasher.hash(Purpose::Session, &[cookie.as_bytes()])
    }

    /// A cookie for a browser that is not signed in and is shown a form.
    pub fn anonymous_cookie() -> String {
        format!("{ANONYMOUS}{}", random_cookie())
    }
}

fn random_cookie() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; COOKIE_BYTES]>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_have_the_length_that_is_looked_up() {
        assert_eq!(random_cookie().len(), COOKIE_BYTES.div_ceil(3) * 4 - 1);
        assert_ne!(random_cookie(), random_cookie());
        assert!(Auth::anonymous_cookie().starts_with(ANONYMOUS));
    }
}
