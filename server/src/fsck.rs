//! `berth fsck`: checks everything that is stored, and mends what can be mended.

use std::{
    io::{IsTerminal, Write},
    num::{NonZeroU64, NonZeroUsize},
    process::ExitCode,
};

use anyhow::Context;
use axum::{Json, extract::State, response::Response};
use berth_domain::{
    Actor, Domain,
    authz::{MaintainStorage, SystemAccess},
    fsck::{self, Depth, Event, Events, JOBS_MAX, Options, Outcome, Progress, Repair, Summary},
};
use clap::Args;
use tokio::sync::mpsc;

use crate::{
    amount,
    config::Config,
    conversation::{self, Place},
};

/// The path on the server's socket.
pub(crate) const PATH: &str = "/admin/fsck";
const ACTOR: &str = "berth fsck";

/// What to check.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// Mend what can be mended without losing anything
    #[arg(long)]
    repair: bool,
    /// Compare rows and sizes only, without reading bytes
    #[arg(long)]
    quick: bool,
    /// Blobs to read at the same time; as many as there are processors, unless given
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Bytes to read in a second at most, such as 100MiB
    #[arg(long, value_name = "BYTES", value_parser = amount::parse)]
    rate: Option<u64>,
    /// Print a line of JSON for every event
    #[arg(long)]
    json: bool,
}

/// Something is wrong, and was not mended.
#[derive(Debug, thiserror::Error)]
#[error("findings are left: {0}")]
struct FindingsLeft(u64);

/// The check did not come to its end.
#[derive(Debug, thiserror::Error)]
#[error("the check could not be done")]
struct NotDone;

/// What the process says to whoever started it: 2 where a check could not be done, so that it is not taken for one that
/// found something.
pub(crate) fn exit_code(error: &anyhow::Error) -> ExitCode {
    if error.is::<NotDone>() { ExitCode::from(2) } else { ExitCode::FAILURE }
}

/// Checks, prints what is found, and fails where something is left.
///
/// # Errors
/// [`FindingsLeft`]; [`NotDone`] with its cause.
pub async fn command(config: anyhow::Result<Config>, arguments: &Arguments) -> anyhow::Result<()> {
    let config = config.context(NotDone)?;
    let summary = check(&config, arguments).await.context(NotDone)?;
    match summary.left {
        0 => Ok(()),
        left => Err(FindingsLeft(left).into()),
    }
}

async fn check(config: &Config, arguments: &Arguments) -> anyhow::Result<Summary> {
    let options = arguments.options();
    let mut printer = Printer::new(arguments.json);
    let hear = |event| printer.print(event);
    match Place::find(config, "fsck").await? {
        Place::Here(booted) => {
            conversation::here(|events| work(booted.state.domain.clone(), options, events), hear).await?
        }
        Place::Server(socket) => conversation::ask(&socket, PATH, &options, hear).await?,
    }
    printer.summary.context("it broke off")
}

/// The server's side.
pub(crate) async fn handle(State(domain): State<Domain>, Json(options): Json<Options>) -> Response {
    conversation::answer(|events| work(domain, options, events))
}

async fn work(domain: Domain, options: Options, events: mpsc::Sender<Event>) -> berth_domain::Result<()> {
    let access = SystemAccess::<MaintainStorage>::check(&Actor::system(ACTOR))?;
    fsck::run(&domain, &access, &options, &Events::new(events)).await.map(drop)
}

impl Arguments {
    fn options(&self) -> Options {
        let processors = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let most = NonZeroUsize::new(JOBS_MAX).unwrap_or(NonZeroUsize::MIN);
        Options {
            depth: if self.quick { Depth::Quick } else { Depth::Full },
            repair: if self.repair { Repair::Mend } else { Repair::Report },
            jobs: self.jobs.unwrap_or(processors).min(most),
            bytes_per_second: self.rate.and_then(NonZeroU64::new),
        }
    }
}

struct Printer {
    json: bool,
    /// Whether somebody sees how far it is.
    live: bool,
    summary: Option<Summary>,
}

impl Printer {
    fn new(json: bool) -> Self {
        Printer { json, live: !json && std::io::stderr().is_terminal(), summary: None }
    }

    fn print(&mut self, event: Event) -> anyhow::Result<()> {
        if self.json {
            line(&serde_json::to_string(&event)?)?;
        }
        match event {
            Event::Progress(progress) if self.live => show(&progress),
            Event::Finding(finding) if !self.json => {
                self.clear();
                let outcome = match finding.outcome {
                    Outcome::Left => "left",
                    Outcome::Mended => "mended",
                    Outcome::Contained => "contained",
                    Outcome::Young => "young",
                };
                line(&format!(
                    "{outcome:<10} {:<20} {}: {}",
                    finding.kind.to_string(),
                    finding.subject,
                    finding.detail
                ))?;
            }
            Event::Done(summary) => {
                if !self.json {
                    self.clear();
                    line(&in_words(&summary))?;
                }
                self.summary = Some(summary);
            }
            Event::Progress(_) | Event::Finding(_) => {}
        }
        Ok(())
    }

    fn clear(&self) {
        if self.live {
            eprint!("\r\x1b[K");
        }
    }
}

fn show(progress: &Progress) {
    let Progress { blobs, blobs_total, bytes, bytes_total } = *progress;
    let share = (bytes as f64 / bytes_total.max(1) as f64 * 100.0).min(100.0);
    let bytes = amount::shown(bytes);
    eprint!("\r\x1b[K{blobs} of {blobs_total} blobs, {bytes} of {} ({share:.0} %)", amount::shown(bytes_total));
}

fn in_words(summary: &Summary) -> String {
    let Summary { blobs, bytes, manifests, uploads, quarantined, mended, left, young, milliseconds, .. } = summary;
    let seconds = *milliseconds as f64 / 1000.0;
    let rate = amount::shown((*bytes as f64 / seconds.max(0.001)) as u64);
    let mut text = format!(
        "checked {blobs} blobs ({}), {manifests} manifests and {uploads} uploads in {seconds:.1} s ({rate} a second)\n",
        amount::shown(*bytes)
    );
    if left + mended == 0 {
        text.push_str("everything is as it should be");
    } else {
        let kinds: Vec<String> = summary.findings.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        text.push_str(&format!("{}: {mended} mended, {left} left", kinds.join(", ")));
    }
    if *young > 0 {
        text.push_str(&format!("\n{young} files are younger than a day and may belong to a push"));
    }
    if *quarantined > 0 {
        text.push_str(&format!("\n{quarantined} damaged blobs lie in quarantine"));
    }
    text
}

/// Writes text as whole lines. Unlike `println!`, does not panic when nobody reads any more; what a command does, and the
/// status it ends with, matter all the same.
pub(crate) fn line(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    match write!(out, "{text}{end}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("could not write to standard output"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_could_not_be_done_is_no_finding() {
        let left = anyhow::Error::from(FindingsLeft(1));
        assert_eq!(left.to_string(), "findings are left: 1");
        assert_eq!(exit_code(&left), ExitCode::FAILURE);
        assert_eq!(exit_code(&anyhow::anyhow!("no data folder").context(NotDone)), ExitCode::from(2));
    }

    #[test]
    fn the_summary_says_what_is_left() {
        let summary = Summary {
            blobs: 3,
            bytes: 3 << 20,
            milliseconds: 1500,
            mended: 1,
            left: 2,
            findings: [(fsck::Kind::DamagedBlob, 2), (fsck::Kind::Usage, 1)].into(),
            ..Summary::default()
        };
        assert_eq!(
            in_words(&summary),
            "checked 3 blobs (3.0 MiB), 0 manifests and 0 uploads in 1.5 s (2.0 MiB a second)\n\
             2 damaged-blob, 1 usage: 1 mended, 2 left"
        );
        assert!(in_words(&Summary::default()).ends_with("everything is as it should be"));
    }
}
