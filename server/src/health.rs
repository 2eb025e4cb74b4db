//! `/healthz`: the process answers. `/readyz`: it can serve requests.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{Json, Router, extract::State, response::IntoResponse, routing::get};
use berth_domain::{Actor, Domain, system};
use http::{HeaderMap, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::metrics;

/// What the probes look at. Cheap to clone.
#[derive(Clone)]
pub struct Health {
    domain: Domain,
    draining: Arc<AtomicBool>,
}

impl Health {
    /// Looks at the parts of a server that starts.
    pub fn new(domain: Domain) -> Self {
        Health { domain, draining: Arc::default() }
    }

    /// From now on the server is not ready: it stops.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }
}

/// The probes.
pub fn router(health: Health) -> Router {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready)).with_state(health)
}

/// `/metrics`, behind a token where one is set.
pub fn metrics_router(token: Option<SecretString>) -> Router {
    Router::new().route("/metrics", get(numbers)).with_state(token.map(Arc::new))
}

async fn alive() -> &'static str {
    "ok\n"
}

async fn ready(State(health): State<Health>) -> impl IntoResponse {
    let draining = health.draining.load(Ordering::Relaxed);
    let parts = system::health(&health.domain, &Actor::system("probe")).await;
    let is_ready = parts.status == "healthy" && !draining;
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": is_ready, "draining": draining, "components": parts.components })))
}

async fn numbers(State(token): State<Option<Arc<SecretString>>>, headers: HeaderMap) -> impl IntoResponse {
    if let Some(token) = token {
        let given = headers.get(header::AUTHORIZATION).map(http::HeaderValue::as_bytes).unwrap_or_default();
        let given = given.strip_prefix(b"Bearer ").unwrap_or_default();
        if !same(given, token.expose_secret().as_bytes()) {
            let challenge = [(header::WWW_AUTHENTICATE, "Bearer realm=\"metrics\"")];
            return (StatusCode::UNAUTHORIZED, challenge).into_response();
        }
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics::render()).into_response()
}

/// Takes as long for any text of the right length.
fn same(given: &[u8], wanted: &[u8]) -> bool {
    subtle::ConstantTimeEq::ct_eq(given, wanted).into()
}
