//! Whether another registry answers, and takes the credential: by the distribution API, as clients of it sign in.

use std::time::Duration;

use reqwest::Url;
use serde::Deserialize;

use super::provider::{Checkup, Provider};
use crate::{
    Domain,
    outbound::{Answer, Authorities, Certificates, Failure, Get, allowed, basic},
};

/// How long a checkup may take with all its requests.
const DEADLINE: Duration = Duration::from_secs(15);
/// The largest answer that is read. Pages about an API have more to say than an API itself.
const ANSWER_BYTES_MAX: usize = 256 << 10;
/// Labels of another registry that a form offers: a page of them.
const LABELS_MAX: usize = 100;

/// What a checkup found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// It answers, and takes the credential.
    Healthy,
    /// It does not.
    Unhealthy,
    /// This server cannot find out.
    Unknown,
}

impl Health {
    /// The word on the wire and in the database.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Health::Healthy => "healthy",
            Health::Unhealthy => "unhealthy",
            Health::Unknown => "unknown",
        }
    }
}

/// A registry as far as a checkup knows it.
pub(super) struct Patient<'p> {
    pub(super) provider: Provider,
    pub(super) url: &'p str,
    pub(super) certificates: Certificates,
    pub(super) authorities: Option<Authorities>,
    pub(super) access_key: &'p str,
    pub(super) access_secret: &'p str,
}

/// Looks whether a registry answers, and takes the credential where there is one.
pub(super) async fn health(domain: &Domain, patient: &Patient<'_>) -> Health {
    let base = match patient.provider.checkup() {
        Checkup::Distribution => patient.url,
        Checkup::DistributionAt(url) => url,
        Checkup::None => return Health::Unknown,
    };
    let answers = match tokio::time::timeout(DEADLINE, answers(domain, patient, base)).await {
        Ok(Ok(answers)) => answers,
        Ok(Err(error)) => {
            tracing::info!(registry.url = patient.url, error = %error, "a registry does not answer");
            false
        }
        Err(_) => {
            tracing::info!(registry.url = patient.url, "a registry does not answer in time");
            false
        }
    };
    if answers { Health::Healthy } else { Health::Unhealthy }
}

async fn answers(domain: &Domain, patient: &Patient<'_>, base: &str) -> Result<bool, Failure> {
    let url = format!("{base}/v2/");
    let first = get(domain, patient, &url, None).await?;
    if !patient.has_credential() {
        // A registry that wants to know who asks is a registry.
        return Ok(matches!(first.status, 200 | 401));
    }
    if first.status != 401 {
        return Ok(first.status == 200);
    }
    let authorization = match bearer_of(&first) {
        Some(challenge) => {
            let realm = patient.trusted_realm(base, &challenge)?;
            match token(domain, patient, realm, &challenge, "").await?.1 {
                Some(token) => format!("Bearer {token}"),
                None => return Ok(false),
            }
        }
        None => credential(patient),
    };
    Ok(get(domain, patient, &url, Some(authorization)).await?.status == 200)
}

impl Patient<'_> {
    /// Whether this server signs in there.
    pub(super) fn has_credential(&self) -> bool {
        !self.access_key.is_empty() || !self.access_secret.is_empty()
    }

    /// Where tokens are given out, if the credential may go there. Whoever answers chooses the place, so it may be another
    /// host only where the registry proved who it is, and then by TLS; else anybody on the way could have chosen it.
    ///
    /// # Errors
    /// [`Failure::Address`] for a place that does not get the credential; and where nobody is ever sent.
    pub(super) fn trusted_realm(&self, base: &str, challenge: &Challenge) -> Result<Url, Failure> {
        let realm = allowed(&challenge.realm)?;
        let base = allowed(base)?;
        let is_proven = base.scheme() == "https" && self.certificates == Certificates::Checked;
        let is_downgrade = base.scheme() == "https" && realm.scheme() != "https";
        if is_downgrade || !(is_proven || realm.host_str() == base.host_str()) {
            return Err(Failure::Address(challenge.realm.clone()));
        }
        Ok(realm)
    }
}

/// The status of the answer, and a token: for a scope, or for nothing in particular, since whoever gives one out knows the
/// account. With the credential where there is one.
pub(super) async fn token(
    domain: &Domain,
    patient: &Patient<'_>,
    mut realm: Url,
    challenge: &Challenge,
    scope: &str,
) -> Result<(u16, Option<String>), Failure> {
    if let Some(service) = &challenge.service {
        realm.query_pairs_mut().append_pair("service", service);
    }
    if !scope.is_empty() {
        realm.query_pairs_mut().append_pair("scope", scope);
    }
    let authorization = patient.has_credential().then(|| credential(patient));
    let answer = get(domain, patient, realm.as_str(), authorization).await?;
    if answer.status != 200 {
        return Ok((answer.status, None));
    }
    #[derive(Deserialize)]
    struct Token {
        token: Option<String>,
        access_token: Option<String>,
    }
    let token: Option<Token> = serde_json::from_slice(&answer.body).ok();
    let token = token.and_then(|token| token.token.or(token.access_token)).filter(|token| !token.is_empty());
    Ok((answer.status, token))
}

/// The labels of another registry of Harbor's kind, as far as they fit a page; none where it does not tell.
pub(super) async fn labels(domain: &Domain, patient: &Patient<'_>) -> Vec<String> {
    let url = format!("{}/api/v2.0/labels?scope=g&page=1&page_size={LABELS_MAX}", patient.url);
    #[derive(Deserialize)]
    struct Label {
        name: String,
    }
    match get(domain, patient, &url, patient.has_credential().then(|| credential(patient))).await {
        Ok(answer) if answer.status == 200 => {
            let labels: Vec<Label> = serde_json::from_slice(&answer.body).unwrap_or_default();
            labels.into_iter().take(LABELS_MAX).map(|label| label.name).collect()
        }
        Ok(_) => Vec::new(),
        Err(error) => {
            tracing::info!(registry.url = patient.url, error = %error, "a registry does not tell its labels");
            Vec::new()
        }
    }
}

pub(super) async fn get(
    domain: &Domain,
    patient: &Patient<'_>,
    url: &str,
    authorization: Option<String>,
) -> Result<Answer, Failure> {
    let headers: Vec<_> = authorization.into_iter().map(|value| ("authorization", value)).collect();
    let get = Get { url, certificates: patient.certificates, headers: &headers, answer_bytes_max: ANSWER_BYTES_MAX };
    match &patient.authorities {
        Some(authorities) if patient.certificates == Certificates::Checked => {
            domain.outbound.get_trusting(&get, authorities).await
        }
        _ => domain.outbound.get(&get).await,
    }
}

pub(super) fn credential(patient: &Patient<'_>) -> String {
    basic(&format!("{}:{}", patient.access_key, patient.access_secret))
}

/// Where tokens are given out.
#[derive(Debug, PartialEq)]
pub(super) struct Challenge {
    pub(super) realm: String,
    pub(super) service: Option<String>,
}

/// How the registry wants a token to be asked for, where it wants one.
pub(super) fn bearer_of(answer: &Answer) -> Option<Challenge> {
    answer.challenges.iter().find_map(|challenge| bearer(challenge))
}

/// Reads `Bearer realm="…",service="…"`. Nothing where it is another scheme, or names no realm.
fn bearer(header: &str) -> Option<Challenge> {
    let (scheme, mut rest) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let (mut realm, mut service) = (None, None);
    while let Some((name, after)) = rest.split_once('=') {
        let name = name.trim_matches([' ', ',']).to_ascii_lowercase();
        let value;
        (value, rest) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_once(',').unwrap_or((after, "")),
        };
        match name.as_str() {
            "realm" => realm = Some(value.to_owned()),
            "service" => service = Some(value.to_owned()),
            _ => {}
        }
    }
    Some(Challenge { realm: realm?, service })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_goes_to_another_host_only_where_the_registry_proved_who_it_is() {
        let goes = |base: &str, realm: &str, certificates: Certificates| {
            let patient = Patient {
                provider: Provider::DockerRegistry,
                url: base,
                certificates,
                authorities: None,
                access_key: "key",
                access_secret: "secret",
            };
            let challenge = Challenge { realm: realm.to_owned(), service: None };
            patient.trusted_realm(base, &challenge).is_ok()
        };
        for (base, realm) in [
            ("https://registry.example", "https://registry.example/token"),
            ("https://registry.example", "https://auth.example/token"),
            ("http://registry.example:5000", "http://registry.example:5001/token"),
            ("http://registry.example", "https://registry.example/token"),
        ] {
            assert!(goes(base, realm, Certificates::Checked), "{base} {realm}");
        }
        for (base, realm) in [
            ("https://registry.example", "http://registry.example/token"),
            ("http://registry.example", "http://thief.example/token"),
            ("http://registry.example", "https://thief.example/token"),
            ("https://registry.example", "https://169.254.169.254/token"),
            ("https://registry.example", "ftp://registry.example/token"),
        ] {
            assert!(!goes(base, realm, Certificates::Checked), "{base} {realm}");
        }
        // A certificate that nobody looked at proves nothing.
        assert!(!goes("https://registry.example", "https://auth.example/token", Certificates::Unchecked));
        assert!(goes("https://registry.example", "https://registry.example/token", Certificates::Unchecked));
    }

    #[test]
    fn a_challenge_says_where_tokens_are() {
        let read = |text: &str| bearer(text).map(|challenge| (challenge.realm, challenge.service));
        let both = Some(("https://a/token".to_owned(), Some("x y".to_owned())));
        assert_eq!(read(r#"Bearer realm="https://a/token",service="x y",scope="a:b,c""#), both);
        assert_eq!(read(r#"bearer scope="a,b", service="x y", realm="https://a/token""#), both);
        assert_eq!(read("Bearer realm=https://a/token"), Some(("https://a/token".to_owned(), None)));
        for none in ["", "Bearer", "Basic realm=\"x\"", "Bearer service=\"x\"", "Bearer realm=\"open"] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
