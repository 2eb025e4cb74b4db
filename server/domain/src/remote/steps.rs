//! The test of a connection: each step of the way to a registry on its own, with the time it took. The first that fails says
//! why; those after it are not tried.

use std::time::{Duration, Instant};

use berth_types::api::{RegistryCheck, RegistryCheckStep, RegistryCheckTls};
use reqwest::Url;

use super::{
    checkup::{Patient, bearer_of, credential, get, token},
    provider::Checkup,
};
use crate::{
    Domain,
    outbound::{Answer, Certificates, Failure, allowed, probe},
};

/// How long a test may take with all its steps.
const DEADLINE: Duration = Duration::from_secs(25);
/// The steps in their order.
const STEPS: [&str; 6] = ["dns", "tcp", "tls", "http", "sign_in", "catalog"];
/// What a token has to be for to list repositories.
const CATALOG_SCOPE: &str = "registry:catalog:*";

/// Walks to a registry. `authorities` are the PEM of a registry with certificates of its own.
pub(super) async fn walk(domain: &Domain, patient: &Patient<'_>, authorities: Option<&str>) -> RegistryCheck {
    let mut walk = Walk { domain, patient, steps: Vec::new(), began: Instant::now() };
    let end = tokio::time::timeout(DEADLINE, walk.all(authorities)).await.unwrap_or(Err(End::Failed(Failure::Late)));
    let rest = match end {
        Ok(()) => "",
        Err(End::Rest(reason)) => reason,
        Err(End::Failed(failure)) => {
            walk.note("failed", reason_of(&failure), failure.to_string());
            "not_tried"
        }
        Err(End::Refused(reason, message)) => {
            walk.note("failed", reason, message);
            "not_tried"
        }
    };
    let mut steps = walk.steps;
    for name in STEPS.iter().skip(steps.len()) {
        steps.push(step(name, "skipped", rest));
    }
    RegistryCheck { usable: steps.iter().all(|step| step.state != "failed"), steps }
}

/// Why the way goes no further.
enum End {
    /// A step failed on the way there or back.
    Failed(Failure),
    /// The registry did not want what it was asked for: a code, and the cause in words.
    Refused(&'static str, String),
    /// The steps that are left cannot be tried, for this reason.
    Rest(&'static str),
}

impl From<Failure> for End {
    fn from(failure: Failure) -> Self {
        End::Failed(failure)
    }
}

fn reason_of(failure: &Failure) -> &'static str {
    match failure {
        Failure::Denied(_) => "denied",
        Failure::Late => "late",
        Failure::Header => "credential",
        Failure::Address(_) | Failure::Unreachable(_) => "unreachable",
        Failure::TooLarge(_) => "not_a_registry",
    }
}

fn step(name: &str, state: &str, reason: &str) -> RegistryCheckStep {
    RegistryCheckStep {
        name: name.to_owned(),
        state: state.to_owned(),
        reason: reason.to_owned(),
        ..RegistryCheckStep::default()
    }
}

struct Walk<'w> {
    domain: &'w Domain,
    patient: &'w Patient<'w>,
    steps: Vec<RegistryCheckStep>,
    /// When the present step began.
    began: Instant,
}

impl Walk<'_> {
    /// Ends the present step.
    fn note(&mut self, state: &str, reason: &str, message: String) -> &mut RegistryCheckStep {
        let name = STEPS.get(self.steps.len()).copied().unwrap_or_default();
        let now = Instant::now();
        let took = now.duration_since(self.began).as_millis();
        self.began = now;
        let duration_ms = Some(u64::try_from(took).unwrap_or(u64::MAX));
        let at = self.steps.len();
        self.steps.push(RegistryCheckStep { duration_ms, message, ..step(name, state, reason) });
        &mut self.steps[at]
    }

    fn passed(&mut self) -> &mut RegistryCheckStep {
        self.note("passed", "", String::new())
    }

    async fn all(&mut self, authorities: Option<&str>) -> Result<(), End> {
        let (base, has_api) = match self.patient.provider.checkup() {
            Checkup::Distribution => (self.patient.url, true),
            Checkup::DistributionAt(url) => (url, true),
            Checkup::None => (self.patient.url, false),
        };
        let url = allowed(base)?;
        self.connection(&url, authorities).await?;
        if !has_api {
            return Err(End::Rest("unsupported"));
        }
        let first = self.http(base).await?;
        let authorization = self.sign_in(base, &first).await?;
        self.catalog(base, &first, authorization).await
    }

    /// The name, the port and the handshake.
    async fn connection(&mut self, url: &Url, authorities: Option<&str>) -> Result<(), End> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let port = url.port_or_known_default().unwrap_or(443);
        let addresses = match probe::addresses(&host, port).await {
            Err(Failure::Unreachable(message)) => return Err(End::Refused("unresolved", message)),
            other => other?,
        };
        self.passed().addresses = addresses.iter().map(|address| address.ip().to_string()).collect();
        let stream = probe::connect(&addresses).await?;
        self.passed().port = Some(port);
        if url.scheme() != "https" {
            let skipped = step("tls", "skipped", "plain");
            self.steps.push(skipped);
            return Ok(());
        }
        let shaken = match probe::shake(stream, &host, authorities).await {
            Err(Failure::Unreachable(message)) => return Err(End::Refused("handshake", message)),
            other => other?,
        };
        let facts = RegistryCheckTls {
            version: shaken.version.to_owned(),
            server_name: host,
            chain: u64::try_from(shaken.chain).unwrap_or_default(),
            expires_at: shaken.expires_at,
        };
        let checked = self.patient.certificates == Certificates::Checked;
        match shaken.distrust {
            None => self.passed().tls = Some(facts),
            Some(message) if checked => {
                self.note("failed", "certificate", message).tls = Some(facts);
                return Err(End::Rest("not_tried"));
            }
            Some(message) => self.note("warning", "unchecked", message).tls = Some(facts),
        }
        Ok(())
    }

    /// Whether a registry answers there at all.
    async fn http(&mut self, base: &str) -> Result<Answer, End> {
        let first = get(self.domain, self.patient, &format!("{base}/v2/"), None).await?;
        if !matches!(first.status, 200 | 401) {
            let message = format!("{base}/v2/ answers {}", first.status);
            return Err(End::Refused("not_a_registry", message));
        }
        let scheme = match first.status {
            401 if bearer_of(&first).is_some() => "bearer",
            401 => "basic",
            _ => "",
        };
        let step = self.passed();
        step.status = Some(first.status);
        step.scheme = scheme.to_owned();
        Ok(first)
    }

    /// Whether the credential is taken. Says what later requests have to carry.
    async fn sign_in(&mut self, base: &str, first: &Answer) -> Result<Option<String>, End> {
        let patient = self.patient;
        if first.status == 200 {
            self.note("passed", "not_asked", String::new());
            return Ok(None);
        }
        if !patient.has_credential() {
            self.steps.push(step("sign_in", "skipped", "anonymous"));
            return Ok(None);
        }
        let authorization = match bearer_of(first) {
            Some(challenge) => {
                let realm = patient.trusted_realm(base, &challenge).map_err(|failure| match failure {
                    Failure::Address(realm) => End::Refused("realm", realm),
                    other => End::Failed(other),
                })?;
                match token(self.domain, patient, realm, &challenge, "").await? {
                    (_, Some(token)) => format!("Bearer {token}"),
                    (200, None) => return Err(End::Refused("token", challenge.realm)),
                    (status, None) => {
                        return Err(End::Refused("credential", format!("{} answers {status}", challenge.realm)));
                    }
                }
            }
            None => credential(patient),
        };
        let url = format!("{base}/v2/");
        let status = get(self.domain, patient, &url, Some(authorization.clone())).await?.status;
        if status != 200 {
            return Err(End::Refused("credential", format!("{url} answers {status}")));
        }
        self.passed().status = Some(status);
        Ok(Some(authorization))
    }

    /// Whether repositories can be listed: rules with patterns need it, many public registries refuse it.
    async fn catalog(&mut self, base: &str, first: &Answer, authorization: Option<String>) -> Result<(), End> {
        let authorization = match bearer_of(first) {
            Some(challenge) if authorization.is_some() => {
                let realm = self.patient.trusted_realm(base, &challenge)?;
                let found = token(self.domain, self.patient, realm, &challenge, CATALOG_SCOPE).await?;
                found.1.map(|token| format!("Bearer {token}"))
            }
            _ => authorization,
        };
        let url = format!("{base}/v2/_catalog?n=1");
        let status = get(self.domain, self.patient, &url, authorization).await?.status;
        let step = match status {
            200 => self.passed(),
            _ => self.note("warning", "not_listed", format!("{url} answers {status}")),
        };
        step.status = Some(status);
        Ok(())
    }
}
