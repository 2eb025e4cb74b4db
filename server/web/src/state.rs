//! What every handler can reach.

use std::{path::PathBuf, sync::Arc};

use axum::extract::FromRef;
use berth_auth::Auth;
use berth_domain::Domain;
use http::request::Parts;
use ipnet::IpNet;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

/// The state of all routers. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The rules.
    pub domain: Domain,
    /// Proof of identity.
    pub auth: Auth,
    /// How the server is seen from outside.
    pub http: Arc<HttpOptions>,
}

/// How the server is seen from outside.
#[derive(Clone, Debug, Default)]
pub struct HttpOptions {
    /// The address that clients use; from the request's `Host` where it is not set.
    pub external_url: Option<Url>,
    /// Proxies whose forwarded headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// What requests without a credential may do on `/v2`.
    pub anonymous: Anonymous,
    /// Whether the server itself speaks TLS.
    pub tls: bool,
    /// Places for bodies of pushes.
    pub intake: Intake,
    /// File with the certificate that clients can download in order to trust the server.
    pub ca_certificate: Option<PathBuf>,
}

/// Places for bodies of pushes that are received at the same time: each needs memory and a turn at the disk.
#[derive(Clone, Debug)]
pub struct Intake(Arc<Semaphore>);

/// A place in the [`Intake`], given back when it is dropped.
#[derive(Debug)]
pub struct Place(#[expect(dead_code, reason = "held, not read")] OwnedSemaphorePermit);

impl Intake {
    /// So many places.
    pub fn new(places: u32) -> Self {
        Intake(Arc::new(Semaphore::new(places as usize)))
    }

    /// A place, if one is free.
    pub fn take(&self) -> Option<Place> {
        self.0.clone().try_acquire_owned().ok().map(Place)
    }
}

impl Default for Intake {
    fn default() -> Self {
        Intake(Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)))
    }
}

impl HttpOptions {
    /// The certificate that clients can download, in PEM. Nothing where there is none to be read.
    pub async fn ca_certificate(&self) -> Option<Vec<u8>> {
        let path = self.ca_certificate.as_ref()?;
        let read = tokio::fs::read(path).await;
        read.inspect_err(|error| tracing::warn!(%error, "the certificate of `http.ca_certificate` cannot be read")).ok()
    }

    /// Whether clients speak TLS, as far as the server knows: cookies are for TLS only then.
    pub fn is_secure(&self) -> bool {
        self.external_url.as_ref().map_or(self.tls, |url| url.scheme() == "https")
    }
}

/// What requests without a credential may do on `/v2`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Anonymous {
    /// Nothing: they are challenged, and get a token for what is public. As Harbor does.
    #[default]
    Token,
    /// Pull from public projects without a token.
    Pull,
    /// Everything. For conformance runs and measurements on loopback.
    All,
}

impl FromRef<AppState> for Domain {
    fn from_ref(state: &AppState) -> Self {
        state.domain.clone()
    }
}

impl FromRef<AppState> for Auth {
    fn from_ref(state: &AppState) -> Self {
        state.auth.clone()
    }
}

/// Where clients get tokens: below the external address, else below the address that the request was sent to.
///
/// Forwarded headers count only from trusted proxies, or a stranger could send clients elsewhere with their password.
pub fn realm(http: &HttpOptions, parts: &Parts) -> String {
    format!("{}/service/token", base_url(http, parts))
}

/// Scheme and host that clients use, without a slash at the end.
pub fn base_url(http: &HttpOptions, parts: &Parts) -> String {
    if let Some(url) = &http.external_url {
        return url.as_str().trim_end_matches('/').to_owned();
    }
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let forwarded = |name: &str| {
        let by_proxy = parts.extensions.get::<crate::client_addr::ByTrustedProxy>().is_some();
        header(name).filter(|_| by_proxy).and_then(|value| value.split(',').next()).map(str::trim)
    };
    let scheme = forwarded("x-forwarded-proto").filter(|scheme| matches!(*scheme, "http" | "https"));
    let scheme = scheme.unwrap_or(if http.tls { "https" } else { "http" });
    let host = forwarded("x-forwarded-host")
        .or_else(|| header("host"))
        .or_else(|| parts.uri.authority().map(|host| host.as_str()));
    let host = host.filter(|host| {
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte))
    });
    format!("{scheme}://{}", host.unwrap_or("localhost"))
}
