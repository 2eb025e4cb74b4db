//! Kills the server under load and checks what it had promised.
//!
//! Several clients push, mount, move tags, delete and resume uploads against the real binary. At a random moment it gets
//! SIGKILL and is started again on the same data. Then everything that had been acknowledged has to be there byte for
//! byte, what had been deleted has to be gone, and every operation without an answer has to have happened whole or not
//! at all. Tags that all clients move have to be linearizable, over the kills too ([`wgl`]).
//!
//! SIGKILL leaves the page cache alone, so this says nothing about a loss of power.

mod check;
mod client;
mod content;
pub mod http;
mod model;
pub mod postgres;
mod report;
pub mod server;
pub mod tags;
pub mod wgl;

use std::{
    ops::RangeInclusive,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context;
use futures_util::future::join_all;
use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{
    check::{Scope, Seen},
    client::{Client, Common},
    http::{Http, Stop},
    server::{PASSWORD, Program, Server},
    tags::Board,
};
pub use report::Report;

/// The server is ready again after its database came back within this time.
const RECOVERY_TIME_MAX: Duration = Duration::from_secs(60);

/// The moment of a kill is counted from the first answers, which come within this time.
const WARM_UP_TIME_MAX: Duration = Duration::from_secs(10);

/// Who the clients are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callers {
    /// Nobody; the server lets them do everything (`registry.anonymous = "all"`).
    Anonymous,
    /// The administrator, by registry tokens. A token outlives kills.
    Tokens,
}

/// Whether blobs are collected while the clients are at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collection {
    /// With the grace time of the defaults, which no run outlives.
    Never,
    /// Without a grace time, all the time.
    Always,
}

/// A run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is killed.
    pub program: Program,
    /// The PostgreSQL database; nothing for SQLite.
    pub postgres: Option<String>,
    /// Every so many kills, the database is killed instead of the server. 0: never.
    pub database_kill_every: u64,
    /// How often something is killed.
    pub kills: u64,
    /// When to stop before that.
    pub time_max: Duration,
    /// How long the clients are at work between two kills, in milliseconds.
    pub moments_millis: RangeInclusive<u64>,
    /// Every so many kills, everything is looked at.
    pub full_check_every: u64,
    /// How many clients are at work.
    pub clients: usize,
    /// Who they are.
    pub callers: Callers,
    /// Whether they race with garbage collection.
    pub collection: Collection,
    /// Contents and moments depend on it.
    pub seed: u64,
    /// Whether progress is printed.
    pub is_verbose: bool,
}

impl Plan {
    /// Kills, checks, and says what was seen. A broken promise ends the run and is in the report.
    ///
    /// # Errors
    /// Where the run itself is impossible: the server cannot be started, PostgreSQL is not there.
    pub async fn run(self) -> anyhow::Result<Report> {
        let mut run = Run::new(self)?;
        let begun = Instant::now();
        let finished = run.all(begun).await;
        let mut report = run.report(begun.elapsed());
        match finished {
            Ok(fsck) => report.fsck = fsck,
            Err(Stop::Fault(fault)) => report.faults.push(fault),
            Err(Stop::Refused(answer)) => report.faults.push(format!("a server error: {answer}")),
            Err(Stop::Cut) => report.faults.push("the server broke off an answer while nobody killed it".to_owned()),
        }
        Ok(report)
    }
}

struct Run {
    plan: Plan,
    clients: Vec<Client>,
    board: Arc<Board>,
    common: Arc<Common>,
    random: StdRng,
    seen: Seen,
    kills: u64,
    database_kills: u64,
    port: u16,
    token: Option<(Http, Instant)>,
}

impl Run {
    fn new(mut plan: Plan) -> anyhow::Result<Self> {
        if plan.callers == Callers::Anonymous {
            plan.program.environment.push(("BERTH_REGISTRY__ANONYMOUS".to_owned(), "all".into()));
        }
        if plan.collection == Collection::Always {
            for (name, value) in [("BERTH_GC__GRACE", "0s"), ("BERTH_GC__INTERVAL", "1s")] {
                plan.program.environment.push((name.to_owned(), value.into()));
            }
        }
        let board = Board::new("library/crash-shared", &plan.seed.to_string());
        let common = Arc::<Common>::default();
        let clients = (0..plan.clients).map(|id| Client::new(id, plan.seed, board.clone(), common.clone())).collect();
        Ok(Run {
            clients,
            board,
            common,
            random: StdRng::seed_from_u64(plan.seed),
            plan,
            seen: Seen::default(),
            kills: 0,
            database_kills: 0,
            port: 0,
            token: None,
        })
    }

    /// The whole run. Says what `fsck` found at the end.
    async fn all(&mut self, begun: Instant) -> Result<String, Stop> {
        if let Some(url) = self.plan.postgres.clone().filter(|_| self.plan.database_kill_every > 0) {
            harness(postgres::require_synchronous_commits(&url).await)?;
        }
        let mut server = self.start()?;
        let http = self.http(&server).await?;
        self.board.prepare(&http).await?;
        let mut round = 0;
        while self.kills + self.database_kills < self.plan.kills && begun.elapsed() < self.plan.time_max {
            round += 1;
            let hits_database = self.plan.database_kill_every > 0
                && round % self.plan.database_kill_every == 0
                && self.plan.postgres.is_some();
            server = self.load_and_kill(server, hits_database).await?;
            let http = self.http(&server).await?;
            let is_full = round % self.plan.full_check_every == 0;
            self.check(&http, if is_full { Scope::Full } else { Scope::Light }).await?;
            if is_full && self.plan.is_verbose {
                let (kills, seconds) = (self.kills + self.database_kills, begun.elapsed().as_secs());
                println!("{kills} kills in {seconds} s, {} changes acknowledged, nothing lost", self.changes());
            }
        }
        let http = self.http(&server).await?;
        self.check(&http, Scope::Last).await?;
        harness(server.kill())?;
        self.check_files()
    }

    async fn load_and_kill(&mut self, mut server: Server, hits_database: bool) -> Result<Server, Stop> {
        let http = self.http(&server).await?;
        let stop = Arc::new(AtomicBool::new(false));
        let before = self.common.acknowledged.load(Ordering::SeqCst);
        let clients = std::mem::take(&mut self.clients);
        let working: Vec<_> = clients
            .into_iter()
            .map(|mut client| {
                let (http, stop) = (http.clone(), stop.clone());
                tokio::spawn(async move {
                    let ended = client.work(&http, &stop).await;
                    (client, ended)
                })
            })
            .collect();
        // A slow machine has to get as far as a fast one: the time runs from when the load does.
        let begun = Instant::now();
        while self.common.acknowledged.load(Ordering::SeqCst) < before + self.plan.clients as u64
            && begun.elapsed() < WARM_UP_TIME_MAX
            && !working.iter().any(tokio::task::JoinHandle::is_finished)
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let moment = Duration::from_millis(self.random.random_range(self.plan.moments_millis.clone()));
        tokio::time::sleep(moment).await;
        let mut restarted = None;
        if server.has_ended() {
            return Err(Stop::Fault("the server ended by itself".to_owned()));
        }
        if let (true, Some(url)) = (hits_database, self.plan.postgres.clone()) {
            harness(postgres::kill_backend(&url).await)?;
            stop.store(true, Ordering::SeqCst);
            self.database_kills += 1;
            restarted = Some(server);
        } else {
            harness(server.kill())?;
            stop.store(true, Ordering::SeqCst);
            self.kills += 1;
        }
        let ended = join_all(working).await;
        for ended in ended {
            let (client, ended) = harness(ended.context("a client panicked"))?;
            self.clients.push(client);
            match ended {
                Stop::Cut => {}
                Stop::Refused(_) if hits_database => {}
                Stop::Refused(answer) => return Err(Stop::Fault(format!("a server error under load: {answer}"))),
                Stop::Fault(fault) => return Err(Stop::Fault(fault)),
            }
        }
        let server = match restarted {
            Some(server) => {
                self.recovered(&http).await?;
                server
            }
            None => {
                if let Some(url) = self.plan.postgres.clone() {
                    harness(postgres::wait_for_sessions(&url).await)?;
                }
                self.start()?
            }
        };
        Ok(server)
    }

    /// Waits until the server works again without a restart.
    async fn recovered(&self, http: &Http) -> Result<(), Stop> {
        let begun = Instant::now();
        loop {
            // Reads and writes have connections of their own.
            let read = self.board.prepare(http).await;
            match read {
                Ok(()) => return Ok(()),
                Err(Stop::Fault(fault)) => return Err(Stop::Fault(fault)),
                Err(stop) if begun.elapsed() > RECOVERY_TIME_MAX => {
                    return Err(Stop::Fault(format!("not ready again after the database came back: {stop:?}")));
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    fn start(&mut self) -> Result<Server, Stop> {
        let started = self.plan.program.start(self.port);
        let server = started.map_err(|error| Stop::Fault(format!("no restart: {error:#}")))?;
        self.port = server.port();
        Ok(server)
    }

    /// A client; its token is used over kills for as long as it lives.
    async fn http(&mut self, server: &Server) -> Result<Http, Stop> {
        let http = harness(Http::new(&server.base))?;
        if self.plan.callers == Callers::Anonymous {
            return Ok(http);
        }
        if let Some((known, since)) = &self.token
            && since.elapsed() < Duration::from_secs(600)
        {
            return Ok(http.with_token_of(known));
        }
        let mut repos: Vec<_> = (0..self.plan.clients).flat_map(client::repositories).collect();
        repos.push(self.board.repo().clone());
        repos.sort();
        repos.dedup();
        let http = harness(http.with_token(PASSWORD, &repos).await)?;
        self.token = Some((http.clone(), Instant::now()));
        Ok(http)
    }

    async fn check(&mut self, http: &Http, scope: Scope) -> Result<(), Stop> {
        let (seen, mut faults) = (&self.seen, Vec::new());
        let mut randoms: Vec<_> = self.clients.iter().map(|_| StdRng::from_rng(&mut self.random)).collect();
        let clients = self.clients.iter_mut().zip(&mut randoms);
        let checks = clients.map(|(client, random)| check::check(client, http, scope, random, seen));
        for found in join_all(checks).await {
            faults.extend(found?);
        }
        faults.extend(self.board.settle(http).await?);
        if !faults.is_empty() {
            return Err(Stop::Fault(faults.join("\n")));
        }
        Ok(())
    }

    /// The data folder while no server runs.
    fn check_files(&self) -> Result<String, Stop> {
        let program = &self.plan.program;
        let misnamed = harness(server::misnamed_blobs(&program.data.join("storage")))?;
        if !misnamed.is_empty() {
            return Err(Stop::Fault(format!("blobs with other bytes than their name says: {misnamed:?}")));
        }
        program.run(&["fsck"]).map_err(|error| Stop::Fault(format!("fsck: {error:#}")))
    }

    fn changes(&self) -> u64 {
        self.report(Duration::ZERO).changes()
    }

    fn report(&self, took: Duration) -> Report {
        let mut report = Report {
            title: self.title(),
            seed: self.plan.seed,
            clients: self.plan.clients,
            kills: self.kills,
            database_kills: self.database_kills,
            happened: self.seen.happened.load(Ordering::Relaxed),
            not_happened: self.seen.not_happened.load(Ordering::Relaxed),
            resumed: self.seen.resumed.load(Ordering::Relaxed),
            compared: self.seen.answers.load(Ordering::Relaxed),
            linearized: self.board.checked.load(Ordering::Relaxed),
            took,
            ..Report::default()
        };
        for (kind, count) in self.clients.iter().flat_map(|client| &client.acknowledged) {
            *report.acknowledged.entry(kind).or_default() += count;
        }
        report
    }

    fn title(&self) -> String {
        let database = if self.plan.postgres.is_some() { "PostgreSQL" } else { "SQLite" };
        let callers = if self.plan.callers == Callers::Tokens { ", with tokens" } else { "" };
        let collection =
            if self.plan.collection == Collection::Always { ", while garbage is collected without grace" } else { "" };
        format!("File system and {database}{callers}{collection}")
    }
}

/// What goes wrong on this side of the door ends the run too: nothing was proved then.
fn harness<T>(result: anyhow::Result<T>) -> Result<T, Stop> {
    result.map_err(|error| Stop::Fault(format!("the run itself failed: {error:#}")))
}
