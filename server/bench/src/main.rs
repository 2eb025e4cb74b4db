//! Measurements: `cargo xtask bench -- --peer zot=/path/to/zot`.
//!
//! Starts Berth and its peers on fresh stores, loads them over loopback, bounded in count and time, and prints one table
//! of ratios; `server/docs/BENCHMARKS.md` says how. Figures are of the servers' processes: the load does not count.

mod bulk;
mod cases;
mod database;
mod http;
mod kernel;
mod load;
mod registry;
mod report;
mod results;
mod seed;
mod target;

use std::{fs, path::PathBuf, time::Duration};

use anyhow::Context;
use clap::{Parser, ValueEnum};

use crate::{
    cases::{Bench, Case, Scale},
    report::Report,
    seed::Amounts,
    target::Target,
};

#[derive(Parser)]
#[command(name = "berth-bench", about = "Measurements of Berth and its peers", max_term_width = 100)]
struct Cli {
    /// Only these cases
    #[arg(long = "case", value_name = "CASE", value_delimiter = ',', ignore_case = true)]
    cases: Vec<Case>,
    /// A registry to compare with; the name begins with distribution, docker-registry or zot
    #[arg(long = "peer", value_name = "NAME=BINARY")]
    peers: Vec<String>,
    /// Rounds; in each every registry has its turn
    #[arg(long, default_value_t = 3)]
    repeats: usize,
    /// How long requests are sent in one turn, in seconds
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Tags of the large repository
    #[arg(long, default_value_t = 100_000)]
    tags: usize,
    /// Tags of the repository whose tags move
    #[arg(long, default_value_t = 10_000)]
    moves: usize,
    /// Manifests that refer to one image
    #[arg(long, default_value_t = 10_000)]
    referrers: usize,
    /// Repositories of the catalog
    #[arg(long, default_value_t = 1_000)]
    repositories: usize,
    /// Projects in the store of long lists
    #[arg(long, default_value_t = 1_000)]
    projects: usize,
    /// Artifacts in the store of long lists
    #[arg(long, default_value_t = 100_000)]
    artifacts: usize,
    /// Entries of the audit log in the store of long lists
    #[arg(long, default_value_t = 1_000_000)]
    entries: usize,
    /// MiB of a large blob
    #[arg(long, default_value_t = 1024)]
    layer_mib: usize,
    /// Pulls at once
    #[arg(long, default_value_t = 1_000)]
    pulls: usize,
    /// Blobs among which garbage is collected
    #[arg(long, default_value_t = 100_000)]
    blobs: usize,
    /// One short round with little of everything, to see that it runs
    #[arg(long)]
    quick: bool,
    /// Where stores are made, and removed in the end
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Berth's binary
    #[arg(long, env = "BERTH_BIN", value_name = "FILE")]
    berth: PathBuf,
    /// Writes everything there as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes the tables there as Markdown
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Measures the database instead: a read and a write through both ways to it
    #[arg(long)]
    database: bool,
}

impl Cli {
    fn scale(&self) -> Scale {
        let few = |value: usize, quick: usize| if self.quick { value.min(quick) } else { value };
        Scale {
            repeats: few(self.repeats, 1).max(1),
            time: Duration::from_secs_f64(if self.quick { 0.3 } else { self.seconds.clamp(0.1, 60.0) }),
            amounts: Amounts {
                tags: few(self.tags, 2_000).max(200),
                moves: few(self.moves, 1_000).max(10),
                referrers: few(self.referrers, 1_000).max(10),
                repositories: few(self.repositories, 300).max(200),
                projects: few(self.projects, 50).max(2),
                artifacts: few(self.artifacts, 2_000).max(100),
                entries: few(self.entries, 10_000).max(100),
            },
            layer_mib: few(self.layer_mib, 64).max(1),
            pulls: few(self.pulls, 200).max(1),
            blobs: few(self.blobs, 4_000).max(200),
        }
    }
}

// One thread sends everything: it has a processor of its own, and the server the other.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    if cli.database {
        return database::run().await;
    }
    allow_many_files()?;
    let parent = cli.dir.clone().unwrap_or_else(std::env::temp_dir);
    let root = tempfile::Builder::new().prefix("berth-bench-").tempdir_in(parent).context("a folder for the stores")?;
    let mut targets = vec![Target::berth(&cli.berth, root.path())?];
    for peer in &cli.peers {
        targets.extend(Target::peers(peer, root.path())?);
    }
    let mut cases = if cli.cases.is_empty() { Case::value_variants().to_vec() } else { cli.cases.clone() };
    cases.sort_unstable();
    cases.dedup();

    let scale = cli.scale();
    let mut bench = Bench::new(targets, scale, root.path().to_owned());
    for case in cases {
        bench.run(case).await?;
    }
    let report =
        Report { results: &bench.results, targets: &bench.targets, noise: &bench.noise, scale: scale.to_string() };
    let (preamble, table, details) = (report.preamble(), report.table(), report.details());
    println!("{preamble}\n{table}");
    if let Some(path) = &cli.markdown {
        let text = format!("{preamble}\n{table}\n{details}");
        fs::write(path, text).with_context(|| format!("could not write {}", path.display()))?;
    }
    if let Some(path) = &cli.json {
        let text = serde_json::to_string_pretty(&report.to_json())? + "\n";
        fs::write(path, text).with_context(|| format!("could not write {}", path.display()))?;
    }
    Ok(())
}

/// A thousand connections need as many files, here and in the servers, which inherit this.
fn allow_many_files() -> anyhow::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let current = limit.maximum.map_or(1 << 16, |most| most.min(1 << 16));
    setrlimit(Resource::Nofile, Rlimit { current: Some(current), ..limit }).context("the limit of open files")
}
