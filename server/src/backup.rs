//! `berth backup`: a copy of everything, while the server runs.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use axum::{Json, extract::State, response::Response};
use berth_domain::{
    Actor, Domain,
    authz::{MaintainStorage, SystemAccess},
    backup::{self, Event, Options, Scope, Summary},
};
use clap::Args;
use tokio::sync::mpsc;

use crate::{
    amount,
    boot::Booted,
    config::Config,
    conversation::{self, Place},
    fsck::line,
};

/// The path on the server's socket.
pub(crate) const PATH: &str = "/admin/backup";
const ACTOR: &str = "berth backup";

/// Where to, and what.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// The folder; empty, new, or with an earlier backup, to which only what is new is copied
    target: PathBuf,
    /// Leave the database out, which has a backup of its own; for PostgreSQL, after pg_dump
    #[arg(long)]
    blobs_only: bool,
    /// Copy blobs also where another name for the same bytes would do
    #[arg(long)]
    copy: bool,
    /// Print a line of JSON for every event
    #[arg(long)]
    json: bool,
}

/// Makes a backup and prints what it holds.
///
/// # Errors
/// Where it cannot be made, and where blobs are missing; the backup then holds everything else.
pub async fn command(config: &Config, arguments: &Arguments) -> anyhow::Result<()> {
    let target = std::path::absolute(&arguments.target)?;
    let data = std::path::absolute(&config.data.dir)?;
    if target.starts_with(&data) {
        bail!("{} lies in the data folder, and would be lost with it", target.display());
    }
    let scope = if arguments.blobs_only { Scope::Blobs } else { Scope::Everything };
    let options = Options { target, scope, copy: arguments.copy };
    let mut printer = Printer { json: arguments.json, live: std::io::stderr().is_terminal(), summary: None };
    let hear = |event| printer.print(event);
    match Place::find(config, "backup").await? {
        Place::Here(booted) => {
            let service = Service::new(&booted);
            conversation::here(|events| work(service, options.clone(), events), hear).await?;
        }
        Place::Server(socket) => conversation::ask(&socket, PATH, &options, hear).await?,
    }
    let summary = printer.summary.context("the backup broke off; the earlier one, if there was one, is still whole")?;
    match summary.missing {
        0 => Ok(()),
        missing => bail!("{missing} blobs are missing or damaged; everything else is in the backup. Run `berth fsck`"),
    }
}

/// What the server's side works with.
#[derive(Clone)]
pub(crate) struct Service {
    domain: Domain,
    secret_key: PathBuf,
}

impl Service {
    pub(crate) fn new(booted: &Booted) -> Self {
        Service { domain: booted.state.domain.clone(), secret_key: booted.secret_key.clone() }
    }
}

/// The server's side.
pub(crate) async fn handle(State(service): State<Service>, Json(options): Json<Options>) -> Response {
    conversation::answer(|events| work(service, options, events))
}

async fn work(service: Service, options: Options, events: mpsc::Sender<Event>) -> berth_domain::Result<()> {
    let access = SystemAccess::<MaintainStorage>::check(&Actor::system(ACTOR))?;
    backup::create(&service.domain, &access, &service.secret_key, &options, &events).await.map(drop)
}

struct Printer {
    json: bool,
    live: bool,
    summary: Option<Summary>,
}

impl Printer {
    fn print(&mut self, event: Event) -> anyhow::Result<()> {
        if self.json {
            line(&serde_json::to_string(&event)?)?;
        }
        let clear = || {
            if self.live && !self.json {
                eprint!("\r\x1b[K")
            }
        };
        match event {
            Event::Progress { blobs, blobs_total, bytes } if self.live && !self.json => {
                eprint!("\r\x1b[K{blobs} of {blobs_total} blobs, {} copied", amount::shown(bytes));
            }
            Event::Waiting if self.live && !self.json => eprint!("\r\x1b[Kwaiting for garbage collection"),
            Event::Missing { digest, detail } if !self.json => {
                clear();
                line(&format!("missing {digest}: {detail}"))?;
            }
            Event::Done(summary) => {
                if !self.json {
                    clear();
                    line(&in_words(&summary))?;
                }
                self.summary = Some(summary);
            }
            Event::Progress { .. } | Event::Waiting | Event::Missing { .. } => {}
        }
        Ok(())
    }
}

fn in_words(summary: &Summary) -> String {
    let Summary { backup, kept, linked, copied, copied_bytes, removed, .. } = summary;
    format!(
        "the backup holds {} blobs ({}), {} manifests and {} tags as of {}\n\
         {kept} blobs were there, {linked} got a second name, {copied} were copied ({}), {removed} are not needed any more",
        backup.blobs,
        amount::shown(backup.bytes),
        backup.manifests,
        backup.tags,
        backup.taken_at.to_rfc3339(),
        amount::shown(*copied_bytes),
    )
}

/// What a backup in `folder` holds.
///
/// # Errors
/// Where there is none, or one that this version cannot read.
pub(crate) fn contents(folder: &Path) -> anyhow::Result<backup::Backup> {
    let path = folder.join(backup::CONTENTS);
    let text = std::fs::read(&path).with_context(|| format!("{} holds no backup", folder.display()))?;
    let contents: backup::Contents =
        serde_json::from_slice(&text).with_context(|| format!("{} cannot be read", path.display()))?;
    if contents.format != backup::FORMAT {
        bail!("the backup was written by Berth {}, in a layout that this version does not know", contents.version);
    }
    contents.backup.context("the backup was not finished")
}
