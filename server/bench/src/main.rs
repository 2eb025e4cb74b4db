//! Measurements of Berth: `cargo xtask bench -- <case>`.
//!
//! Every case prints Markdown that can stand in `server/docs/BENCHMARKS.md`. Load goes to loopback only and is bounded
//! in count. Figures are taken of the server's process, so the load generator does not count.

mod client;
mod database;
mod process;
mod requests;
mod start;
mod transfer;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "berth-bench", about = "Measurements of Berth")]
struct Cli {
    #[command(subcommand)]
    case: Option<Case>,
}

#[derive(Subcommand, Clone, Copy)]
enum Case {
    /// Start-up time and idle memory
    Start,
    /// CPU and rate of small requests: ping, manifests, blobs, lists
    Requests,
    /// Throughput and memory of large layers
    Transfer,
    /// A read and a write through both ways to the database
    Database,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let all = [Case::Start, Case::Requests, Case::Transfer, Case::Database];
    let cases = cli.case.as_ref().map_or(&all[..], std::slice::from_ref);
    println!("{}", process::machine());
    for case in cases {
        match case {
            Case::Start => start::run().await?,
            Case::Requests => requests::run().await?,
            Case::Transfer => transfer::run().await?,
            Case::Database => database::run().await?,
        }
    }
    Ok(())
}
