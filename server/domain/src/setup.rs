//! The first start: a one-time link, or a password from the configuration, gives `admin` a password.

use std::sync::atomic::Ordering;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use berth_db::query::{setting, setup as rows, user as people};
use berth_types::{
    UserId,
    api::{SetupChecks, SetupReq, SetupState},
};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{Actor, Domain, Error, Result, audit, audit::Entry, password, user};

/// How long a link is good for, in seconds.
const LINK_SECONDS: i64 = 24 * 60 * 60;
/// Random bytes of a link.
const TOKEN_BYTES: usize = 32;

/// Whether set-up is done. Once it is, memory answers.
///
/// # Errors
/// Where the database does not answer.
pub async fn is_done(domain: &Domain) -> Result<bool> {
    if domain.set_up.load(Ordering::Relaxed) {
        return Ok(true);
    }
    let done = row(domain).await?.is_some_and(|setup| setup.done_at.is_some());
    domain.set_up.store(done, Ordering::Relaxed);
    Ok(done)
}

/// What the wizard has to know. `token` is the one of the link, where there is one.
///
/// # Errors
/// Where the database does not answer.
pub async fn state(domain: &Domain, token: Option<&str>) -> Result<SetupState> {
    let token_valid = match token {
        Some(token) => Some(check_token(domain, token).await?),
        None => None,
    };
    Ok(SetupState { done: is_done(domain).await?, token_valid, checks: None })
}

/// How the server stands: `address` is what clients will be told, `requested` by what the request came.
pub async fn checks(domain: &Domain, address: String, requested: String) -> SetupChecks {
    let health = domain.blobs.health().await;
    if let Err(error) = &health {
        tracing::warn!(%error, "the storage does not work");
    }
    // A store that cannot tell its room may work all the same.
    let space = domain.blobs.space().await.ok().flatten();
    let storage_free = space.map(|space| space.free);
    SetupChecks { address, requested, storage_writable: health.is_ok(), storage_free }
}

/// Starts set-up and returns the token of a new link. Nothing where it is done, or where `admin` has a password already.
///
/// # Errors
/// Where the database does not answer.
pub async fn begin(domain: &Domain) -> Result<Option<String>> {
    ensure(domain).await?;
    let admin = people::find(&mut domain.db.reader().await?.conn(), UserId::ADMIN.0).await?;
    let has_password = admin.is_some_and(|admin| admin.password.is_some());
    if is_done(domain).await? {
        return Ok(None);
    }
    if has_password {
        let now = domain.now();
        let finish =
            domain.db.write(now, |tx, now| Box::pin(async move { Ok::<_, Error>(rows::finish(tx, *now).await?) }));
        finish.await?;
        return Ok(None);
    }
    let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; TOKEN_BYTES]>());
    let expires_at = domain.now().plus_seconds(LINK_SECONDS);
    domain
        .db
        .write((hash(&token), expires_at), |tx, (hash, expires_at)| {
            Box::pin(async move { Ok::<_, Error>(rows::set_token(tx, hash, *expires_at).await?) })
        })
        .await?;
    Ok(Some(token))
}

/// Whether a token is the one of the link, and the link is still good.
///
/// # Errors
/// Where the database does not answer.
pub async fn check_token(domain: &Domain, token: &str) -> Result<bool> {
    let Some(setup) = row(domain).await? else { return Ok(false) };
    let lives = setup.done_at.is_none() && setup.token_expires_at.is_some_and(|end| end > domain.now());
    let matches = setup.token_hash.is_some_and(|kept| bool::from(kept.ct_eq(&hash(token))));
    Ok(lives && matches)
}

/// Ends set-up through the link: `admin` gets a password, and the link is gone.
///
/// # Errors
/// [`Error::Forbidden`] where the token is wrong or used, [`Error::BadRequest`] where password or address are no good.
pub async fn finish(domain: &Domain, origin: &Actor, req: &SetupReq) -> Result<()> {
    if !check_token(domain, &req.token).await? {
        return Err(Error::Forbidden("the set-up link is invalid, used or expired".to_owned()));
    }
    if !password::is_acceptable(&req.password) {
        return Err(Error::BadRequest(password::RULE.to_owned()));
    }
    if !req.email.is_empty() {
        user::check_email(&req.email)?;
    }
    let actor = Actor::user(UserId::ADMIN, "admin", true).on_request(origin.address.clone(), origin.request_id.clone());
    let registration = req.self_registration.then(|| "true".to_owned());
    give_admin(domain, actor, &req.password, Some(req.email.clone()), registration).await
}

/// Gives `admin` the password of the configuration, at the first start only. False where set-up was done before.
///
/// # Errors
/// [`Error::BadRequest`] where the password is too weak.
pub async fn set_admin_password(domain: &Domain, secret: &str) -> Result<bool> {
    ensure(domain).await?;
    if is_done(domain).await? {
        return Ok(false);
    }
    if !password::is_acceptable(secret) {
        return Err(Error::BadRequest(password::RULE.to_owned()));
    }
    match give_admin(domain, Actor::system("setup"), secret, None, None).await {
        Ok(()) => Ok(true),
        // Another node was faster.
        Err(Error::Forbidden(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn give_admin(
    domain: &Domain,
    actor: Actor,
    secret: &str,
    email: Option<String>,
    registration: Option<String>,
) -> Result<()> {
    let phc = password::hash(secret).await?;
    let args = (actor, phc, email.filter(|email| !email.is_empty()), registration, domain.now());
    let done = domain
        .db
        .write(args, |tx, (actor, phc, email, registration, now)| {
            Box::pin(async move {
                if !rows::finish(tx, *now).await? {
                    return Err(Error::Forbidden("the set-up link is invalid, used or expired".to_owned()));
                }
                let admin = UserId::ADMIN.0;
                people::set_password(tx, admin, phc, *now).await?;
                if let Some(email) = email {
                    people::update_profile(tx, admin, email, "system admin", "admin user", *now).await?;
                }
                if let Some(registration) = registration {
                    setting::set(tx, "self_registration", registration, &actor.name, *now).await?;
                }
                audit::record(tx, actor, *now, &Entry::success("update", "user", "admin")).await
            })
        })
        .await;
    // Also where it failed: the answer of a commit may have been lost.
    domain.forget_people();
    domain.forget_settings();
    done?;
    domain.set_up.store(true, Ordering::Relaxed);
    Ok(())
}

async fn ensure(domain: &Domain) -> Result<()> {
    let instance_id = uuid::Uuid::new_v4().to_string();
    domain
        .db
        .write(instance_id, |tx, instance_id| {
            Box::pin(async move { Ok::<_, Error>(rows::ensure(tx, instance_id).await?) })
        })
        .await
}

async fn row(domain: &Domain) -> Result<Option<rows::Setup>> {
    Ok(rows::find(&mut domain.db.reader().await?.conn()).await?)
}

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
