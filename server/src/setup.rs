//! The first start: until an administrator has a password, there are only the pages of the set-up.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use anyhow::Context;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use berth_domain::{Domain, setup};
use berth_types::{ErrorCode, ErrorEnvelope, url::BERTH_API};
use berth_web::error::{envelope_response, status};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// Knows whether the set-up is done. Cheap to clone.
#[derive(Clone)]
pub struct Gate {
    domain: Domain,
    /// Once done it stays done.
    done: Arc<AtomicBool>,
}

impl Gate {
    /// Asks the domain until it says that the set-up is done.
    pub fn new(domain: Domain) -> Self {
        Gate { domain, done: Arc::default() }
    }

    async fn is_done(&self) -> bool {
        if self.done.load(Ordering::Relaxed) {
            return true;
        }
        match setup::is_done(&self.domain).await {
            Ok(done) => {
                self.done.store(done, Ordering::Relaxed);
                done
            }
            Err(error) => {
                tracing::error!(%error, "cannot find out whether the set-up is done");
                false
            }
        }
    }
}

/// Sends people to the set-up and clients away, until it is done.
pub async fn gate(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_setup = path == "/setup" || path.starts_with("/_portal/") || path.starts_with(&format!("{BERTH_API}/setup"));
    if is_setup || gate.is_done().await {
        return next.run(request).await;
    }
    if path == "/v2" || path.starts_with("/v2/") || path.starts_with("/api/") || path.starts_with("/service/") {
        let envelope = ErrorEnvelope::new(ErrorCode::Unavailable, "the server has not been set up");
        return envelope_response(status(ErrorCode::Unavailable), &envelope);
    }
    Redirect::to("/setup").into_response()
}

/// Gives `admin` the configured password, or makes a link for setting one. Nothing where the set-up is done.
///
/// # Errors
/// Where the password does not meet the rules, or the database does not answer.
pub async fn prepare(domain: &Domain, password: Option<&SecretString>, base: &Url) -> anyhow::Result<Option<Url>> {
    if setup::is_done(domain).await.context("could not read the state of the set-up")? {
        return Ok(None);
    }
    if let Some(password) = password {
        setup::set_admin_password(domain, password.expose_secret())
            .await
            .context("`setup.admin_password` was refused")?;
        tracing::info!("`admin` has the configured password");
        return Ok(None);
    }
    let token = setup::begin(domain).await.context("could not make a set-up link")?;
    let mut link = base.join("/setup")?;
    link.query_pairs_mut().append_pair("token", &token);
    Ok(Some(link))
}
