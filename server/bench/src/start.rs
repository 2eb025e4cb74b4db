//! How long the server takes to listen, and what it occupies when nobody asks.

use std::time::Duration;

use crate::process::Server;

const RUNS: usize = 5;

pub async fn run() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let first = Server::start_on(folder.path().to_owned())?;
    let first_start = first.started_in;
    drop(first);
    let mut starts = Vec::new();
    let mut resident = Vec::new();
    for _ in 0..RUNS {
        let server = Server::start_on(folder.path().to_owned())?;
        starts.push(server.started_in);
        // What start-up allocated and gave back has settled by then.
        tokio::time::sleep(Duration::from_secs(2)).await;
        resident.push((server.resident_kib()?, server.peak_kib()?));
    }
    starts.sort();
    resident.sort_unstable();
    let (idle, peak) = resident[RUNS / 2];
    println!("| start-up and idle memory (median of {RUNS}) | |\n|---|---|");
    println!("| first start on an empty folder | {} ms |", first_start.as_millis());
    println!("| start on an existing folder | {} ms |", starts[RUNS / 2].as_millis());
    println!("| idle, RssAnon + RssShmem | {:.1} MiB |", idle as f64 / 1024.0);
    println!("| idle, peak VmHWM | {:.1} MiB |\n", peak as f64 / 1024.0);
    Ok(())
}
