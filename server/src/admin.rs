//! Administrative commands. A server that runs takes them on a socket in the data folder, which only its own account can
//! open; without one the command takes the data folder and acts itself.

use std::{path::Path, sync::Arc};

use anyhow::{Context, bail};
use axum::{Json, Router, extract::State, routing::post};
use berth_domain::{
    Actor, Domain, Error,
    authz::{CreateUser as MayCreate, PersonAccess, ReadUser as MayRead, SystemAccess, UpdateUser as MayUpdate},
    second_factor, user,
};
use berth_types::{
    Action, ErrorEnvelope,
    api::{PasswordReq, UserCreationReq},
    time::SystemClock,
};
use berth_web::ApiResult;
use http::{Method, Request, Response, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rand::seq::IndexedRandom;
use serde::{Deserialize, Serialize};
use tokio::{
    net::{UnixListener, UnixStream},
    task::JoinHandle,
};

use crate::{
    backup,
    boot::{self, Booted},
    config::Config,
    data_folder::InUse,
    fsck, gc, health,
};

/// The name in the audit log.
const ACTOR: &str = "berth admin";
/// The largest answer of the server, in bytes.
const ANSWER_SIZE_BYTES_MAX: usize = 1 << 16;
/// The longest path that a socket can be bound to directly, in bytes.
const SOCKET_PATH_BYTES_MAX: usize = 100;

/// Create a person.
#[derive(Serialize, Deserialize)]
pub struct CreateUser {
    /// The name to sign in with.
    pub username: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The name to show.
    pub realname: Option<String>,
    /// Whether the person is a system administrator.
    pub admin: bool,
    /// The password in clear.
    pub password: String,
}

/// Set a person's password.
#[derive(Serialize, Deserialize)]
pub struct ResetPassword {
    /// The name to sign in with.
    pub username: String,
    /// The new password in clear.
    pub password: String,
}

/// Take the second factor off an account.
#[derive(Serialize, Deserialize)]
pub struct RemoveSecondFactor {
    /// The name to sign in with.
    pub username: String,
}

/// What was done.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer {
    /// A sentence for people.
    pub message: String,
}

/// Creates a person.
///
/// # Errors
/// Where a rule refuses it, with its words; where neither the server nor the database can be reached.
pub async fn create_user(config: &Config, order: &CreateUser) -> anyhow::Result<Answer> {
    match own(config).await? {
        Some(booted) => Ok(do_create_user(&booted.state.domain, order).await?),
        None => ask(config, "/admin/create-user", order).await,
    }
}

/// Sets a person's password and ends their sessions.
///
/// # Errors
/// As [`create_user`].
pub async fn reset_password(config: &Config, order: &ResetPassword) -> anyhow::Result<Answer> {
    match own(config).await? {
        Some(booted) => Ok(do_reset_password(&booted.state.domain, order).await?),
        None => ask(config, "/admin/reset-password", order).await,
    }
}

/// Takes the second factor off the account of somebody who has lost it.
///
/// # Errors
/// As [`create_user`].
pub async fn remove_second_factor(config: &Config, order: &RemoveSecondFactor) -> anyhow::Result<Answer> {
    match own(config).await? {
        Some(booted) => Ok(do_remove_second_factor(&booted.state.domain, order).await?),
        None => ask(config, "/admin/remove-second-factor", order).await,
    }
}

/// Asks the server that runs whether it is ready.
///
/// # Errors
/// Where none runs, or it is not ready.
pub async fn ready(socket: &Path) -> anyhow::Result<String> {
    exchange(socket, Method::GET, "/readyz", Vec::new()).await
}

/// A password that meets the rules: 24 characters, of every kind.
pub fn generate_password() -> String {
    const KINDS: [&[u8]; 3] = [b"abcdefghijkmnopqrstuvwxyz", b"ABCDEFGHJKLMNPQRSTUVWXYZ", b"23456789"];
    const LENGTH: usize = 24;
    let mut random = rand::rng();
    loop {
        let all = KINDS.concat();
        let password: Vec<u8> = (0..LENGTH).filter_map(|_| all.choose(&mut random).copied()).collect();
        if KINDS.iter().all(|kind| password.iter().any(|byte| kind.contains(byte))) {
            return password.iter().map(|byte| char::from(*byte)).collect();
        }
    }
}

/// What the server answers on its socket.
pub(crate) fn router(booted: &Booted) -> Router {
    Router::new()
        .route("/admin/create-user", post(handle_create_user))
        .route("/admin/reset-password", post(handle_reset_password))
        .route("/admin/remove-second-factor", post(handle_remove_second_factor))
        .with_state(booted.state.domain.clone())
        .route(fsck::PATH, post(fsck::handle).with_state(booted.state.domain.clone()))
        .route(backup::PATH, post(backup::handle).with_state(backup::Service::new(booted)))
        .route("/admin/gc", post(gc::handle).with_state(gc::Service::new(booted)))
        .merge(health::router(booted.health.clone()))
}

/// The server's end of the socket, for its own account alone. The lock is ours, so a socket that lies there is a dead
/// process's.
pub(crate) fn listen(path: &Path) -> anyhow::Result<UnixListener> {
    use std::os::unix::fs::PermissionsExt;
    let listen = || {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = with_short_path(path, |path| UnixListener::bind(path))?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        Ok(listener)
    };
    listen().with_context(|| format!("could not listen on {}", path.display()))
}

async fn handle_create_user(State(domain): State<Domain>, Json(order): Json<CreateUser>) -> ApiResult<Json<Answer>> {
    Ok(Json(do_create_user(&domain, &order).await?))
}

async fn handle_reset_password(
    State(domain): State<Domain>,
    Json(order): Json<ResetPassword>,
) -> ApiResult<Json<Answer>> {
    Ok(Json(do_reset_password(&domain, &order).await?))
}

async fn handle_remove_second_factor(
    State(domain): State<Domain>,
    Json(order): Json<RemoveSecondFactor>,
) -> ApiResult<Json<Answer>> {
    Ok(Json(do_remove_second_factor(&domain, &order).await?))
}

async fn do_create_user(domain: &Domain, order: &CreateUser) -> berth_domain::Result<Answer> {
    let actor = Actor::system(ACTOR);
    let name = order.username.clone();
    let req = UserCreationReq {
        // Every account has an address. This one reaches nobody, until the person sets another.
        email: order.email.clone().unwrap_or_else(|| format!("{name}@berth.invalid")),
        realname: order.realname.clone().unwrap_or_else(|| name.clone()),
        comment: String::new(),
        password: order.password.clone(),
        username: name.clone(),
    };
    let id = user::create(domain, &SystemAccess::<MayCreate>::check(&actor)?, &req).await?;
    if order.admin {
        user::set_sysadmin(domain, &SystemAccess::<MayUpdate>::check(&actor)?, id, true).await?;
    }
    let what = if order.admin { "administrator" } else { "user" };
    Ok(Answer { message: format!("created the {what} {name}") })
}

async fn do_reset_password(domain: &Domain, order: &ResetPassword) -> berth_domain::Result<Answer> {
    let actor = Actor::system(ACTOR);
    let name = &order.username;
    let person = user::find_by_name(domain, &SystemAccess::<MayRead>::check(&actor)?, name).await?;
    let person = person.ok_or_else(|| Error::NotFound(format!("there is no user {name}")))?;
    let access = PersonAccess::check(&actor, person.user_id, Action::Update)?;
    let req = PasswordReq { old_password: String::new(), new_password: order.password.clone() };
    user::change_password(domain, &access, &req, None).await?;
    Ok(Answer { message: format!("set the password of {name}") })
}

async fn do_remove_second_factor(domain: &Domain, order: &RemoveSecondFactor) -> berth_domain::Result<Answer> {
    let actor = Actor::system(ACTOR);
    let name = &order.username;
    let person = user::find_by_name(domain, &SystemAccess::<MayRead>::check(&actor)?, name).await?;
    let person = person.ok_or_else(|| Error::NotFound(format!("there is no user {name}")))?;
    second_factor::remove(domain, &SystemAccess::<MayUpdate>::check(&actor)?, person.user_id).await?;
    Ok(Answer { message: format!("took the second factor off {name}") })
}

/// The parts of a server, where none runs on the data folder.
async fn own(config: &Config) -> anyhow::Result<Option<Booted>> {
    match boot::boot(config, Arc::new(SystemClock), "admin").await {
        Ok(booted) => Ok(Some(booted)),
        Err(error) if error.is::<InUse>() => Ok(None),
        Err(error) => Err(error),
    }
}

async fn ask<T: Serialize>(config: &Config, path: &str, order: &T) -> anyhow::Result<Answer> {
    let answer = exchange(&config.data.socket(), Method::POST, path, serde_json::to_vec(order)?).await?;
    serde_json::from_str(&answer).context("the server's answer cannot be read")
}

/// Sends an order to the server and passes on its answer line by line.
///
/// # Errors
/// Where no server answers or it refuses, and what `each` says.
pub(crate) async fn lines(
    socket: &Path,
    path: &str,
    body: Vec<u8>,
    each: &mut (dyn FnMut(&[u8]) -> anyhow::Result<()> + Send),
) -> anyhow::Result<()> {
    let (response, driving) = send(socket, Method::POST, path, body).await?;
    if !response.status().is_success() {
        return read(response, driving).await.map(drop);
    }
    let mut body = response.into_body();
    let mut rest = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.context("the server's answer broke off")?;
        rest.extend_from_slice(frame.data_ref().map_or(&[][..], |bytes| bytes));
        let Some(end) = rest.iter().rposition(|byte| *byte == b'\n') else {
            if rest.len() > ANSWER_SIZE_BYTES_MAX {
                bail!("the server's answer has a line that is too long");
            }
            continue;
        };
        rest[..end].split(|byte| *byte == b'\n').try_for_each(&mut *each)?;
        rest.drain(..=end);
    }
    driving.abort();
    Ok(())
}

async fn exchange(socket: &Path, method: Method, path: &str, body: Vec<u8>) -> anyhow::Result<String> {
    let (response, driving) = send(socket, method, path, body).await?;
    read(response, driving).await
}

type Driving = JoinHandle<hyper::Result<()>>;

async fn send(
    socket: &Path,
    method: Method,
    path: &str,
    body: Vec<u8>,
) -> anyhow::Result<(Response<Incoming>, Driving)> {
    let stream = with_short_path(socket, |path| std::os::unix::net::UnixStream::connect(path))
        .with_context(|| format!("no server answers on {}", socket.display()))?;
    stream.set_nonblocking(true)?;
    let stream = UnixStream::from_std(stream)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driving = tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "berth")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(bytes::Bytes::from(body)))?;
    let response = sender.send_request(request).await.context("the server does not answer")?;
    Ok((response, driving))
}

async fn read(response: Response<Incoming>, driving: Driving) -> anyhow::Result<String> {
    let status = response.status();
    let body = Limited::new(response.into_body(), ANSWER_SIZE_BYTES_MAX).collect().await;
    let body = body.map_err(|error| anyhow::anyhow!(error)).context("the server's answer broke off")?.to_bytes();
    driving.abort();
    let text = String::from_utf8_lossy(&body).into_owned();
    if status.is_success() {
        return Ok(text);
    }
    let refused: Option<ErrorEnvelope> = serde_json::from_slice(&body).ok();
    match refused.and_then(|envelope| envelope.errors.into_iter().next()) {
        Some(error) => bail!("{}", error.message),
        None => bail!("the server answers {status}: {}", text.trim()),
    }
}

/// Sockets have short names: a longer path goes by way of its folder's handle.
pub(crate) fn with_short_path<T>(
    path: &Path,
    use_path: impl FnOnce(&Path) -> std::io::Result<T>,
) -> std::io::Result<T> {
    use std::os::fd::AsRawFd;
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return use_path(path) };
    if path.as_os_str().len() <= SOCKET_PATH_BYTES_MAX {
        return use_path(path);
    }
    let folder = std::fs::File::open(folder)?;
    use_path(&Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_passwords_meet_the_rules() {
        for _ in 0..100 {
            assert!(berth_domain::password::is_acceptable(&generate_password()));
        }
    }

    #[tokio::test]
    async fn a_socket_may_lie_deep() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a".repeat(120));
        std::fs::create_dir(&deep).unwrap();
        let path = deep.join("berth.sock");
        let listener = listen(&path).unwrap();
        let connected = with_short_path(&path, |path| std::os::unix::net::UnixStream::connect(path));
        assert!(connected.is_ok());
        drop(listener);
    }
}
