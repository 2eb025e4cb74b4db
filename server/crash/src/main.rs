//! `berth-crash`: see `cargo xtask crash`.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context, ensure};
use berth_crash::{Callers, Collection, Plan, postgres, server::Program};
use clap::{Parser, ValueEnum};
use rand::Rng;

/// Kill the server under load and check what it had promised
#[derive(Parser)]
#[command(name = "cargo xtask crash")]
struct Args {
    /// The server's binary
    #[arg(long, env = "BERTH_BIN")]
    binary: PathBuf,
    /// How often something is killed
    #[arg(long, default_value_t = 1000)]
    kills: u64,
    /// Where rows are
    #[arg(long, value_enum, default_value_t = Kind::Sqlite)]
    database: Kind,
    /// A PostgreSQL server that databases may be made on
    #[arg(long, env = "BERTH_TEST_POSTGRES_URL", hide_env_values = true)]
    postgres_url: Option<String>,
    /// Every so many kills, PostgreSQL is killed instead of the server; 0: never. Needs one of its own
    #[arg(long, default_value_t = 0)]
    database_kill_every: u64,
    /// Stop after this time at the latest
    #[arg(long, default_value_t = 7200)]
    seconds_max: u64,
    /// Clients that are at work at the same time
    #[arg(long, default_value_t = 6)]
    clients: usize,
    /// Sign requests with registry tokens instead of letting anybody do everything
    #[arg(long)]
    tokens: bool,
    /// Collect garbage without a grace time meanwhile
    #[arg(long)]
    gc: bool,
    /// Repeat the contents and moments of another run
    #[arg(long)]
    seed: Option<u64>,
    /// Everything is looked at after so many kills
    #[arg(long, default_value_t = 25)]
    full_check_every: u64,
    /// A folder on the file system to be tried; a fresh one is made in it
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Also write the report to this file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Sqlite,
    Postgres,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    ensure!(args.full_check_every > 0 && args.clients > 0, "nothing would be checked");
    let parent = args.folder.clone().unwrap_or_else(std::env::temp_dir);
    let mut folder = tempfile::Builder::new().prefix("berth-crash-").tempdir_in(parent)?;
    let server = match args.database {
        Kind::Sqlite => None,
        Kind::Postgres => Some(args.postgres_url.context("--postgres-url is not given")?),
    };
    let database = match &server {
        Some(server) => Some(postgres::create_database(server).await?),
        None => None,
    };
    let environment = database.iter().map(|url| ("BERTH_DB__URL".to_owned(), url.into())).collect();
    let plan = Plan {
        program: Program { binary: args.binary, data: folder.path().join("data"), environment },
        postgres: database.clone(),
        database_kill_every: args.database_kill_every,
        kills: args.kills,
        time_max: Duration::from_secs(args.seconds_max),
        moments_millis: 20..=400,
        full_check_every: args.full_check_every,
        clients: args.clients,
        callers: if args.tokens { Callers::Tokens } else { Callers::Anonymous },
        collection: if args.gc { Collection::Always } else { Collection::Never },
        seed: args.seed.unwrap_or_else(|| rand::rng().random()),
        is_verbose: true,
    };
    println!("seed {}, data in {}", plan.seed, folder.path().display());
    let report = plan.run().await?;
    println!("{report}");
    if let Some(path) = args.report {
        std::fs::write(&path, report.to_string()).with_context(|| format!("could not write {}", path.display()))?;
    }
    if report.faults.is_empty() {
        if let (Some(server), Some(database)) = (&server, &database) {
            postgres::drop_database(server, database).await?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    folder.disable_cleanup(true);
    eprintln!("the data is kept in {}", folder.path().display());
    Ok(ExitCode::FAILURE)
}
