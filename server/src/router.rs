//! All routers in one, and the order of what every request passes.

use std::{any::Any, future::Future, panic::AssertUnwindSafe, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use berth_types::{ErrorCode, ErrorEnvelope};
use berth_web::{
    AppState,
    credential::{authenticate, authenticated},
    csrf,
    error::{envelope_response, masked, status},
};
use futures_util::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use ipnet::IpNet;
use tower::ServiceExt;

use crate::{
    assets, boot::Booted, config::Config, health, leftover::Leftover, patience::Patience, portal, serve::Answer, setup,
    telemetry,
};

/// The whole server. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

struct Parts {
    state: AppState,
    /// Proxies whose forwarded headers are believed.
    proxies: Vec<IpNet>,
    /// `Strict-Transport-Security`, where clients reach the server by TLS.
    hsts: Option<HeaderValue>,
    /// Everything but the registry.
    router: Router,
}

impl App {
    /// Puts the routers together.
    pub fn new(booted: &Booted, config: &Config) -> Self {
        let state = booted.state.clone();
        let api = berth_api::router(state.clone());
        // Pages call the API as their visitor, who was verified at the outer request.
        let inner = api.clone().layer(from_fn_with_state(state.clone(), authenticated));
        let mut probes = health::router(booted.health.clone());
        if config.metrics.enabled {
            probes = probes.merge(health::metrics_router(config.metrics.token.clone()));
        }
        let served = Router::new().merge(api).merge(portal::router(&state, inner));
        let router = Router::new()
            .merge(served.layer(from_fn_with_state(state.clone(), admit)))
            // Neither credentials nor set-up matter here, and a browser asks for many files.
            .merge(assets::router())
            .merge(probes);
        let hsts = config.http.hsts.and_then(|hsts| format!("max-age={}", hsts.as_secs()).parse().ok());
        App(Arc::new(Parts { state, proxies: config.http.trusted_proxies.clone(), hsts, router }))
    }

    async fn route(&self, request: Request) -> Response {
        let Parts { state, router, .. } = &*self.0;
        // Most requests are the registry's, whose paths no router can tell apart: names contain slashes.
        if berth_registry::serves(request.uri().path()) {
            return admitted(state, request, |request| berth_registry::answer(state, request)).await;
        }
        Box::pin(router.clone().oneshot(request)).await.unwrap_or_else(|never| match never {})
    }
}

impl Answer for App {
    async fn answer(self, mut request: Request) -> Response {
        let seen = telemetry::observe(&self.0.proxies, &mut request);
        let patience = request.extensions().get::<Patience>().cloned();
        let (leftover, request) = Leftover::watch(request);
        // A panic in one request ends that request and nothing else.
        let answered = AssertUnwindSafe(self.route(request)).catch_unwind().await;
        let mut response = answered.unwrap_or_else(|panic| panicked(seen.path(), &*panic));
        if let Some(patience) = patience {
            patience.explain(&mut response);
        }
        harden(response.headers_mut(), self.0.hsts.as_ref());
        leftover.drain().await;
        seen.answered(response)
    }
}

/// [`admitted`] as a layer.
async fn admit(State(state): State<AppState>, request: Request, next: Next) -> Response {
    admitted(&state, request, |request| next.run(request)).await
}

/// Answers by `inner` where the server is set up, the caller is known and no other site is behind the request.
async fn admitted<F>(state: &AppState, mut request: Request, inner: impl FnOnce(Request) -> F) -> Response
where
    F: Future<Output = Response>,
{
    if let Err(refusal) = setup::gate(&state.domain, request.uri().path()).await {
        return *refusal;
    }
    if let Err(refusal) = authenticate(state, &mut request).await {
        return *refusal;
    }
    let form = match csrf::check(state, &mut request) {
        Ok(form) => form,
        Err(refusal) => return *refusal,
    };
    telemetry::note_caller(&request);
    let mut response = inner(request).await;
    form.hand_out(state, &mut response);
    response
}

/// Headers that are right on every answer.
fn harden(headers: &mut HeaderMap, hsts: Option<&HeaderValue>) {
    if let Some(hsts) = hsts {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, hsts.clone());
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Addresses can hold a set-up token.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers
        .entry(HeaderName::from_static("cross-origin-opener-policy"))
        .or_insert(HeaderValue::from_static("same-origin"));
}

fn panicked(path: &str, panic: &(dyn Any + Send)) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
    tracing::error!(http.path = path, panic = text, "a request panicked");
    let envelope = ErrorEnvelope::new(ErrorCode::Unknown, masked(ErrorCode::Unknown));
    envelope_response(status(ErrorCode::Unknown), &envelope)
}
