//! `/healthz`: the process answers. `/readyz`: it can serve requests.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Json, Router, extract::State, response::IntoResponse, routing::get};
use berth_db::Db;
use berth_storage::BlobStore;
use http::{HeaderMap, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::sync::Mutex;

use crate::metrics;

/// How long an answer of the storage holds: each asks the disk to sync.
const STORAGE_ANSWER: Duration = Duration::from_secs(5);

/// What the probes look at. Cheap to clone.
#[derive(Clone)]
pub struct Health(Arc<Parts>);

struct Parts {
    db: Db,
    blobs: Arc<dyn BlobStore>,
    draining: AtomicBool,
    storage: Mutex<Option<(Instant, bool)>>,
}

impl Health {
    /// Looks at these.
    pub fn new(db: Db, blobs: Arc<dyn BlobStore>) -> Self {
        Health(Arc::new(Parts { db, blobs, draining: AtomicBool::new(false), storage: Mutex::new(None) }))
    }

    /// From now on the server is not ready: it stops.
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
    }

    async fn database(&self) -> bool {
        let answer = self.0.db.ping().await;
        if let Err(error) = &answer {
            tracing::warn!(%error, "the database does not answer");
        }
        answer.is_ok()
    }

    async fn storage(&self) -> bool {
        let mut last = self.0.storage.lock().await;
        if let Some((at, healthy)) = *last
            && at.elapsed() < STORAGE_ANSWER
        {
            return healthy;
        }
        let answer = self.0.blobs.health().await;
        if let Err(error) = &answer {
            tracing::warn!(%error, "the storage does not work");
        }
        *last = Some((Instant::now(), answer.is_ok()));
        answer.is_ok()
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
    let draining = health.0.draining.load(Ordering::Relaxed);
    let (database, storage) = tokio::join!(health.database(), health.storage());
    let is_ready = database && storage && !draining;
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": is_ready, "database": database, "storage": storage, "draining": draining })))
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
