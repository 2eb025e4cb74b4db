//! The second step of signing in: a code after the password. Between both, a browser has a ticket that says so, which no row
//! stands behind: it ends after minutes, and by a change of password, rights or second factor.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use berth_domain::{
    Result,
    second_factor::{self, Code, Given, RECOVERY_CODE_CHARS, RECOVERY_CODES},
    throttle::Trace,
    user::{self, Person},
};
use berth_types::UserId;
use rand::seq::IndexedRandom;
use subtle::ConstantTimeEq;

use crate::{Auth, NewSession, Origin, keyed::Purpose};

/// How long the second step may take, in seconds.
pub const HALFWAY_SECONDS: i64 = 5 * 60;
/// Characters of a group of a recovery code.
const GROUP_CHARS: usize = 4;
/// What recovery codes are made of: nothing that is read as something else.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// How the second step went.
#[derive(Debug)]
pub enum SecondStep {
    /// The code was right.
    Done(NewSession),
    /// The code was wrong, or was used before.
    Wrong,
    /// There was no first step, or it was too long ago.
    Over,
}

/// Recovery codes that were just made.
pub struct NewCodes {
    /// To be shown once.
    pub codes: Vec<String>,
    /// What is kept of them.
    pub hashes: Vec<Vec<u8>>,
}

impl Auth {
    /// Ends signing in with a code of the app, or with a recovery code.
    ///
    /// # Errors
    /// [`berth_domain::Error::TooManyRequests`] after too many wrong ones.
    pub async fn second_step(&self, ticket: &str, code: &str, from: &Origin) -> Result<SecondStep> {
        let domain = &self.inner.domain;
        let Some(ticket) = self.read_ticket(ticket) else { return Ok(SecondStep::Over) };
        let person = user::account_as_it_is(domain, UserId(ticket.user)).await?;
        let Some(person) = person.filter(|person| person.epoch == ticket.epoch && person.second_factor) else {
            return Ok(SecondStep::Over);
        };
        let actor = user::actor(&person).on_request(from.address.as_str(), from.request_id.as_str());
        let good = second_factor::prove(domain, &actor, UserId(person.id), self.given(code), Trace::Audited).await?;
        if !good {
            return Ok(SecondStep::Wrong);
        }
        let session = self.start_session(actor, person.epoch, &from.user_agent).await?;
        Ok(session.map_or(SecondStep::Over, SecondStep::Done))
    }

    /// What somebody typed as a code, in the form in which it is proven.
    pub fn given(&self, code: &str) -> Option<Given> {
        Some(match Code::parse(code)? {
            Code::OfApp(digits) => Given::OfApp(digits),
            Code::Recovery(code) => Given::Recovery(self.hash_generated_secret(&code)),
        })
    }

    /// Makes recovery codes.
    pub fn generate_recovery_codes(&self) -> NewCodes {
        let mut random = rand::rng();
        let plain: Vec<String> = (0..RECOVERY_CODES)
            .map(|_| {
                (0..RECOVERY_CODE_CHARS).filter_map(|_| ALPHABET.choose(&mut random)).map(|&b| char::from(b)).collect()
            })
            .collect();
        let hashes = plain.iter().map(|code| self.hash_generated_secret(code)).collect();
        NewCodes { codes: plain.iter().map(|code| grouped(code)).collect(), hashes }
    }

    /// A ticket for the second step.
    pub(crate) fn ticket(&self, person: &Person) -> String {
        let end = self.inner.domain.now().unix_seconds() + HALFWAY_SECONDS;
        let mac = self.ticket_hash(person.id, person.epoch, end);
        format!("{}.{}.{end}.{}", person.id, person.epoch, URL_SAFE_NO_PAD.encode(mac))
    }

    fn read_ticket(&self, ticket: &str) -> Option<Ticket> {
        let mut parts = ticket.split('.');
        let mut number = || parts.next()?.parse::<i64>().ok();
        let (user, epoch, end) = (number()?, number()?, number()?);
        let mac = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
        let is_ours = bool::from(mac.ct_eq(&self.ticket_hash(user, epoch, end)));
        (is_ours && parts.next().is_none() && self.inner.domain.now().unix_seconds() < end)
            .then_some(Ticket { user, epoch })
    }

    fn ticket_hash(&self, user: i64, epoch: i64, end: i64) -> [u8; 32] {
        self.inner.hasher.hash(Purpose::Halfway, &[&user.to_be_bytes(), &epoch.to_be_bytes(), &end.to_be_bytes()])
    }
}

struct Ticket {
    user: i64,
    epoch: i64,
}

/// `ABCD2345WXYZ` → `ABCD-2345-WXYZ`
fn grouped(code: &str) -> String {
    let mut text = String::with_capacity(code.len() + code.len() / GROUP_CHARS);
    for (index, char) in code.chars().enumerate() {
        if index > 0 && index % GROUP_CHARS == 0 {
            text.push('-');
        }
        text.push(char);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_written_in_groups_and_read_without() {
        assert_eq!(grouped("ABCD2345WXYZ"), "ABCD-2345-WXYZ");
        assert_eq!(Code::parse(&grouped("ABCD2345WXYZ")), Some(Code::Recovery("ABCD2345WXYZ".to_owned())));
    }
}
