//! The cases. Each starts what it needs, takes turns among the targets, and leaves nothing running.

mod bulk;
mod catalog;
mod check;
mod collect;
mod lists;
mod referrers;
mod requests;
mod start;
mod token;
mod write;

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use anyhow::Context;
use clap::ValueEnum;

use crate::{
    kernel::{self, Others},
    report::Noise,
    results::Results,
    seed::{self, Amounts, Stored},
    target::{Anonymous, Kind, Running, Target},
};

/// The processor of the server where requests are counted …
const SERVER_CPU: usize = 0;
/// … and that of the load.
const CLIENT_CPU: usize = 1;

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum Case {
    /// `GET /v2/`
    B1,
    /// Manifests by tag and digest, few tags and many
    B2,
    /// Not modified, HEAD of manifests and blobs
    B3,
    /// Lists of tags
    B4,
    /// Lists of repositories
    B5,
    /// Push of one large blob, three ways
    B6,
    /// Pulls of one large blob
    B7,
    /// Pushes of small images, a new repository each
    B9,
    /// Tags that move in a repository of many
    B10,
    /// A thousand pulls at once
    B11,
    /// Reads while others write elsewhere
    B12,
    /// Tokens
    B13,
    /// What authentication costs
    B14,
    /// Pulls while garbage is collected
    B15,
    /// Bytes compared with their digests
    B16,
    /// Start, idle memory, size
    B17,
    /// First and last pages of long lists
    B19,
    /// Referrers
    B21,
}

impl Case {
    /// `B2`
    pub const fn name(self) -> &'static str {
        match self {
            Case::B1 => "B1",
            Case::B2 => "B2",
            Case::B3 => "B3",
            Case::B4 => "B4",
            Case::B5 => "B5",
            Case::B6 => "B6",
            Case::B7 => "B7",
            Case::B9 => "B9",
            Case::B10 => "B10",
            Case::B11 => "B11",
            Case::B12 => "B12",
            Case::B13 => "B13",
            Case::B14 => "B14",
            Case::B15 => "B15",
            Case::B16 => "B16",
            Case::B17 => "B17",
            Case::B19 => "B19",
            Case::B21 => "B21",
        }
    }
}

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Rounds; in each every target has its turn.
    pub repeats: usize,
    /// How long requests are sent in one turn.
    pub time: Duration,
    /// What the stores hold.
    pub amounts: Amounts,
    /// MiB of a large blob.
    pub layer_mib: usize,
    /// Pulls at once.
    pub pulls: usize,
    /// Blobs among which garbage is collected.
    pub blobs: usize,
}

impl std::fmt::Display for Scale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Scale { repeats, time, amounts, layer_mib, pulls, blobs } = self;
        write!(
            f,
            "{repeats} repeats of {} s; {} tags in the large repository, {} in that whose tags move, {} referrers, \
             {} repositories; blobs of {layer_mib} MiB; {pulls} pulls at once; garbage among {blobs} blobs; lists of {} projects with {} \
             artifacts and {} audit entries.",
            time.as_secs_f64(),
            amounts.tags,
            amounts.moves,
            amounts.referrers,
            amounts.repositories,
            amounts.projects,
            amounts.artifacts,
            amounts.entries,
        )
    }
}

/// A run.
pub struct Bench {
    /// What is measured: Berth first.
    pub targets: Vec<Target>,
    /// How much of everything.
    pub scale: Scale,
    /// Where stores live.
    pub root: PathBuf,
    /// What was measured.
    pub results: Results,
    /// How the machine was.
    pub noise: Vec<Noise>,
    stored: BTreeMap<String, Stored>,
}

/// Servers that run side by side, one of each target.
pub type Fleet = Vec<(Target, Running)>;

impl Bench {
    /// A run in which nothing was measured yet.
    pub fn new(targets: Vec<Target>, scale: Scale, root: PathBuf) -> Self {
        let (results, noise, stored) = (Results::default(), Vec::new(), BTreeMap::new());
        Bench { targets, scale, root, results, noise, stored }
    }

    /// Measures one case.
    ///
    /// # Errors
    /// Where a target does not do what the case asks of it.
    pub async fn run(&mut self, case: Case) -> anyhow::Result<()> {
        eprintln!("{}: load average {}", case.name(), kernel::load_average());
        let begun = std::time::Instant::now();
        self.prepare(case).await?;
        let others = Others::watch(&[]);
        match case {
            Case::B1 | Case::B2 | Case::B3 | Case::B4 => requests::run(self, case).await,
            Case::B5 => catalog::run(self).await,
            Case::B6 => bulk::push(self),
            Case::B7 => bulk::pull(self),
            Case::B9 => write::images(self).await,
            Case::B10 => write::moves(self).await,
            Case::B11 => bulk::crowd(self).await,
            Case::B12 => write::neighbours(self).await,
            Case::B13 => token::tokens(self).await,
            Case::B14 => token::overhead(self).await,
            Case::B15 => collect::run(self).await,
            Case::B16 => check::run(self),
            Case::B17 => start::run(self).await,
            Case::B19 => lists::run(self).await,
            Case::B21 => referrers::run(self).await,
        }
        .with_context(|| case.name())?;
        let (load, others, seconds) = (kernel::load_average(), others.used(&[]), begun.elapsed().as_secs_f64());
        if others > 0.1 {
            eprintln!("warning: other programs kept {others:.2} processors busy during {}", case.name());
        }
        self.noise.push(Noise { case: case.name(), load, others, seconds });
        Ok(())
    }

    /// Fills the stores that a case reads, once in a run.
    async fn prepare(&mut self, case: Case) -> anyhow::Result<()> {
        let reads =
            matches!(case, Case::B1 | Case::B2 | Case::B3 | Case::B4 | Case::B10 | Case::B11 | Case::B12 | Case::B17);
        let writes = matches!(case, Case::B10 | Case::B12);
        for target in self.targets.clone() {
            let wanted = match target.kind {
                Kind::Berth => reads || matches!(case, Case::B13 | Case::B14),
                _ => reads && (writes || !target.writes_only),
            };
            if wanted && !self.stored.contains_key(&target.name) {
                let begun = std::time::Instant::now();
                let stored = seed::fill(&target, self.scale.amounts).await?;
                eprintln!("filled the store of {} in {:.1} s", target.name, begun.elapsed().as_secs_f64());
                self.stored.insert(target.name, stored);
            }
        }
        Ok(())
    }

    /// What a target's store holds.
    fn stored(&self, target: &Target) -> anyhow::Result<&Stored> {
        self.stored.get(&target.name).with_context(|| format!("the store of {} was not filled", target.name))
    }

    /// The targets of a case: those that differ only in what they do with writes are left out where nothing is written.
    fn turns(&self, writes: bool) -> Vec<Target> {
        self.targets.iter().filter(|target| writes || !target.writes_only).cloned().collect()
    }

    /// Starts one server of each target, on one processor each or on all.
    fn fleet(&self, writes: bool, pinned: bool) -> anyhow::Result<Fleet> {
        let cpus: &[usize] = if pinned { &[SERVER_CPU] } else { &[] };
        let mut fleet = Vec::new();
        for target in self.turns(writes) {
            let running = target.start(cpus, Anonymous::All, &[]).with_context(|| target.name.clone())?;
            fleet.push((target, running));
        }
        fleet.iter().try_for_each(|(_, running)| running.settle())?;
        Ok(fleet)
    }

    /// A copy of a target with an empty store of its own.
    fn fresh(&self, target: &Target) -> anyhow::Result<Target> {
        let folder = self.root.join(format!("{}-fresh", target.name));
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        Ok(Target { folder, ..target.clone() })
    }

    /// Our target.
    fn berth(&self) -> anyhow::Result<Target> {
        let found = self.targets.iter().find(|target| target.kind == Kind::Berth);
        found.cloned().context("Berth is among the targets")
    }
}

/// Keeps this thread on the processor of the load until dropped.
struct Pinned;

impl Pinned {
    fn client() -> Self {
        kernel::pin(&[CLIENT_CPU]);
        Pinned
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        kernel::unpin();
    }
}
