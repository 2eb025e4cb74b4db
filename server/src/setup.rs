//! The first start: until an administrator has a password, there are only the pages of the set-up.

use anyhow::Context;
use axum::response::{IntoResponse, Redirect, Response};
use berth_domain::{Domain, setup};
use berth_types::{ErrorCode, ErrorEnvelope, url::BERTH_API};
use berth_web::{
    ApiError,
    error::{envelope_response, status},
};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// What programs ask for. Everything else is for people.
const PROGRAMS: [&str; 4] = ["/v2/", "/api/", "/service/", "/c/"];

/// Sends people to the set-up and clients away, until it is done.
///
/// # Errors
/// The answer for those who have to wait.
pub async fn gate(domain: &Domain, path: &str) -> Result<(), Box<Response>> {
    match setup::is_done(domain).await {
        Ok(true) => return Ok(()),
        Ok(false) => {}
        Err(error) => return Err(Box::new(ApiError::from(error).into_response())),
    }
    let is_setup = path == "/setup"
        || path.starts_with("/_portal/")
        || path.strip_prefix(BERTH_API).is_some_and(|rest| rest.starts_with("/setup"));
    if is_setup {
        return Ok(());
    }
    Err(Box::new(unfinished(path)))
}

fn unfinished(path: &str) -> Response {
    if path == "/v2" || PROGRAMS.iter().any(|root| path.starts_with(root)) {
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
    if let Some(password) = password {
        let is_new = setup::set_admin_password(domain, password.expose_secret()).await;
        if is_new.context("`setup.admin_password` was refused")? {
            tracing::info!("`admin` has the configured password");
        }
        return Ok(None);
    }
    let Some(token) = setup::begin(domain).await.context("could not make a set-up link")? else { return Ok(None) };
    let mut link = base.join("/setup")?;
    link.query_pairs_mut().append_pair("token", &token);
    Ok(Some(link))
}
