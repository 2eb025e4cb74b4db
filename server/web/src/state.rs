//! What every handler can reach.

use std::sync::Arc;

use axum::extract::FromRef;
use berth_auth::Auth;
use berth_domain::Domain;
use ipnet::IpNet;
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
