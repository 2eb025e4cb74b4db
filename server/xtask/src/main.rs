//! Build, run, test and check Berth: `cargo xtask <command>`.

mod bench;
mod build;
mod codegen;
mod command;
mod conformance;
mod crash;
mod fuzz;
mod layers;
mod lint;
mod portal;
mod prepare;
mod run;
mod stages;
mod test;
mod witnesses;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::portal::Profile;
use crate::stages::Stages;
use crate::workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Build, run, test and check Berth")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build portal and debug server, then `berth serve` with the given arguments
    Run {
        /// Arguments of `berth serve`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Build the portal and the server with the portal embedded
    Build {
        /// Optimised: gives `release/berth` in the target folder
        #[arg(long)]
        release: bool,
        /// Only the portal; says what its WebAssembly weighs
        #[arg(long)]
        portal: bool,
    },
    /// Prepare this machine, then run every suite
    Test {
        /// Also the clients that take long to build or are seldom at hand: buildah, containerd, cosign, flux, helm, kubectl,
        /// nerdctl, notation, oras, trivy
        #[arg(long)]
        all: bool,
        /// Only tests whose name contains one of these words; leaves the browser out
        #[arg(last = true)]
        filter: Vec<String>,
    },
    /// Format, clippy (host and browser), licences and advisories
    Lint {
        /// Only these steps
        #[arg(value_enum)]
        steps: Vec<lint::Step>,
    },
    /// Compare the edges between crates, and the witnesses of the rules, with the architecture
    CheckLayers,
    /// Look for rules that take no witness of access
    CheckWitnesses,
    /// Look for inputs that break what reads them: libFuzzer, or a plain mutation loop where that is missing
    Fuzz {
        /// How long, for each target
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// Only these targets
        targets: Vec<String>,
    },
    /// Write the generated documents: CONFIG.md, openapi.json
    Codegen {
        /// Fail where a document differs; write nothing
        #[arg(long)]
        check: bool,
    },
    /// Run the OCI conformance suite on SQLite and PostgreSQL, with authentication and without
    Conformance {
        /// The suite's binary: `go build` in the specification's folder `conformance`
        #[arg(long)]
        suite: PathBuf,
        /// A server that is built already
        #[arg(long)]
        server: Option<PathBuf>,
        /// Where the server keeps its rows
        #[arg(long, value_enum, default_value = "both")]
        database: conformance::Database,
    },
    /// Kill the server under load and check what it had promised; `-- --help` lists the options
    Crash {
        /// Arguments of `berth-crash`, such as `--kills 200 --database postgres --seed 7 --report FILE`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Build release binaries and run the load generator
    Bench {
        /// Arguments of `berth-bench`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Build the release binary and measure its portal in Chromium: first bytes, downloads, readiness
    MeasurePortal,
}

fn main() -> ExitCode {
    match perform(Cli::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::load()?;
    match task {
        Task::Run { args } => return Err(run::run(&workspace, &args)),
        Task::Build { release, portal: true } => {
            let profile = if release { Profile::Release } else { Profile::Ci };
            print!("{}", portal::weight(&portal::build(&workspace, profile)?)?);
        }
        Task::Build { release: true, portal: false } => {
            println!("{}", build::release(&workspace)?.display());
        }
        Task::Build { release: false, portal: false } => {
            println!("{}", build::debug(&workspace)?.display());
        }
        Task::Test { all, filter } => {
            let clients = if all { test::Clients::All } else { test::Clients::Usual };
            return Ok(test::test(&workspace, clients, &filter).finish());
        }
        Task::Lint { steps } => {
            let mut stages = Stages::new();
            lint::lint(&workspace, &steps, &mut stages);
            return Ok(stages.finish());
        }
        Task::CheckLayers => {
            let mut stages = Stages::new();
            stages.run("layers", || layers::check(&workspace));
            stages.run("witnesses", || witnesses::check(&workspace));
            return Ok(stages.finish());
        }
        Task::CheckWitnesses => witnesses::check(&workspace)?,
        Task::Fuzz { seconds, targets } => fuzz::fuzz(&workspace, seconds, &targets)?,
        Task::Codegen { check: true } => codegen::check(&workspace)?,
        Task::Codegen { check: false } => codegen::write(&workspace)?,
        Task::Conformance { suite, server, database } => {
            let is_clean = conformance::run(&workspace, &suite, server.as_deref(), database)?;
            return Ok(if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Task::Crash { args } => crash::crash(&workspace, &args)?,
        Task::Bench { args } => return Err(bench::bench(&workspace, &args)),
        Task::MeasurePortal => bench::portal(&workspace)?,
    }
    Ok(ExitCode::SUCCESS)
}
