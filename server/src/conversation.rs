//! Long work that tells how it goes: on the server's socket an event is a line of JSON, and without a server the same
//! work runs here.

use std::{
    convert::Infallible,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail};
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use berth_types::time::SystemClock;
use bytes::Bytes;
use futures_util::stream;
use http::header;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::{sync::mpsc, task::JoinSet};

use crate::{
    admin::{self, with_short_path},
    boot::{self, Booted},
    config::Config,
    data_folder::InUse,
};

/// Events that may wait for whoever reads them.
const WAITING_MAX: usize = 64;

/// A line of the answer.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line<E> {
    Told(E),
    Failed(String),
}

/// Where the work is done.
pub(crate) enum Place {
    /// Here: no server runs on the data folder, which is ours now.
    Here(Box<Booted>),
    /// In the server that runs on the data folder.
    Server(PathBuf),
}

impl Place {
    /// Finds out. `purpose` is what others are told who want the folder meanwhile.
    ///
    /// # Errors
    /// Where there is no data folder, where a process that is no server has it, or the database cannot be opened.
    pub(crate) async fn find(config: &Config, purpose: &str) -> anyhow::Result<Place> {
        let folder = &config.data.dir;
        if !folder.is_dir() {
            bail!("there is no data folder {}", folder.display());
        }
        // Opening one would make it, wherever the path points.
        if config.db.url.is_none() && !config.data.database().exists() {
            bail!("there is no database in {}", folder.display());
        }
        match boot::boot(config, Arc::new(SystemClock), purpose).await {
            Ok(booted) => Ok(Place::Here(Box::new(booted))),
            Err(error) if error.is::<InUse>() => {
                let socket = config.data.socket();
                match with_short_path(&socket, |path| std::os::unix::net::UnixStream::connect(path)) {
                    Ok(_) => Ok(Place::Server(socket)),
                    Err(_) => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }
}

/// Runs work and hears every event of it.
///
/// # Errors
/// What the work or the listener says.
pub(crate) async fn here<E, F>(
    work: impl FnOnce(mpsc::Sender<E>) -> F,
    mut hear: impl FnMut(E) -> anyhow::Result<()>,
) -> anyhow::Result<()>
where
    F: Future<Output = berth_domain::Result<()>>,
{
    let (sender, mut receiver) = mpsc::channel(WAITING_MAX);
    let hearing = async move {
        while let Some(event) = receiver.recv().await {
            // Nobody listens any more after an error, which ends the work.
            hear(event)?;
        }
        anyhow::Ok(())
    };
    let (done, heard) = tokio::join!(work(sender), hearing);
    heard?;
    Ok(done?)
}

/// Answers with the events of work, which ends when nobody reads them any more.
pub(crate) fn answer<E, F>(work: impl FnOnce(mpsc::Sender<E>) -> F) -> Response
where
    E: Serialize + Send + 'static,
    F: Future<Output = berth_domain::Result<()>> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel::<E>(WAITING_MAX);
    let mut running = JoinSet::new();
    running.spawn(work(sender));
    let lines = stream::unfold((receiver, running), |(mut receiver, mut running)| async move {
        let line = match receiver.recv().await {
            Some(event) => Line::Told(event),
            // The work has dropped its end, so it is over.
            None => match running.join_next().await? {
                Ok(Ok(())) => return None,
                Ok(Err(error)) => Line::Failed(chain(&error)),
                Err(error) => Line::Failed(error.to_string()),
            },
        };
        // Whoever asked goes away after a failure, which ends the work.
        let mut text = serde_json::to_vec(&line)
            .unwrap_or_else(|error| serde_json::json!({ "failed": error.to_string() }).to_string().into());
        text.push(b'\n');
        Some((Ok::<_, Infallible>(Bytes::from(text)), (receiver, running)))
    });
    ([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response()
}

/// Asks the server for work and hears every event of it.
///
/// # Errors
/// Where the server cannot be reached, the connection breaks, or the work failed.
pub(crate) async fn ask<E: DeserializeOwned>(
    socket: &Path,
    path: &str,
    order: &impl Serialize,
    mut hear: impl FnMut(E) -> anyhow::Result<()> + Send,
) -> anyhow::Result<()> {
    let order = serde_json::to_vec(order)?;
    let mut each = |line: &[u8]| match serde_json::from_slice(line).context("the server's answer cannot be read")? {
        Line::Told(event) => hear(event),
        Line::Failed(message) => bail!("{message}"),
    };
    admin::lines(socket, path, order, &mut each).await
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
