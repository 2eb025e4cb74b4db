//! All routers in one, and the order of what every request passes.

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::{
    Router,
    extract::Request,
    middleware::{Next, from_fn, from_fn_with_state},
    response::Response,
};
use berth_types::{ErrorCode, ErrorEnvelope};
use berth_web::{
    credential::authenticate,
    csrf::protect,
    error::{envelope_response, masked, status},
    gate::read_only,
};
use futures_util::FutureExt;
use http::{HeaderName, HeaderValue, header};

use crate::{assets, boot::Booted, config::Config, health, portal, setup, telemetry};

/// The whole server as one router.
pub fn router(booted: &Booted, config: &Config) -> Router {
    let state = &booted.state;
    let api = berth_api::router(state.clone());
    let registry =
        berth_registry::router().with_state(state.clone()).layer(from_fn_with_state(state.domain.clone(), read_only));
    // Pages call the API as their visitor, who was verified at the outer request.
    let inner = api.clone().layer(from_fn_with_state(state.clone(), authenticate));
    let mut probes = health::router(booted.health.clone());
    if config.metrics.enabled {
        probes = probes.merge(health::metrics_router(config.metrics.token.clone()));
    }
    // The last layer is the first that a request passes.
    let served = Router::new()
        .merge(registry)
        .merge(api)
        .merge(portal::router(state, inner))
        .layer(from_fn(telemetry::note))
        .layer(from_fn_with_state(state.clone(), protect))
        .layer(from_fn_with_state(state.clone(), authenticate))
        .layer(from_fn_with_state(state.domain.clone(), setup::gate));
    let proxies: Arc<[ipnet::IpNet]> = config.http.trusted_proxies.as_slice().into();
    Router::new()
        .merge(served)
        // Neither credentials nor set-up matter here, and a browser asks for many files.
        .merge(assets::router())
        .merge(probes)
        .layer(from_fn(harden))
        .layer(from_fn(survive))
        .layer(from_fn_with_state(proxies, telemetry::observe))
}

/// Headers that are right on every answer.
async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Addresses can hold a set-up token.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers
        .entry(HeaderName::from_static("cross-origin-opener-policy"))
        .or_insert(HeaderValue::from_static("same-origin"));
    response
}

/// A panic in one request ends that request and nothing else.
async fn survive(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
            tracing::error!(http.path = path, panic = text, "a request panicked");
            let envelope = ErrorEnvelope::new(ErrorCode::Unknown, masked(ErrorCode::Unknown));
            envelope_response(status(ErrorCode::Unknown), &envelope)
        }
    }
}
