//! A layer of 1 GiB up and down: throughput, CPU, memory.

use std::time::Instant;

use futures_util::future::try_join_all;

use crate::{client::Registry, process::Server};

const LAYER_BYTES: usize = 1 << 30;
const PULLS: usize = 4;

pub async fn run() -> anyhow::Result<()> {
    let server = Server::start()?;
    let repo = "library/large";
    let registry = Registry::connect(&server, repo).await?;
    println!("| layer of 1 GiB | MiB/s | server CPU s | resident MiB |\n|---|---|---|---|");
    let bytes = noise(LAYER_BYTES);
    let (cpu, begun) = (server.cpu_seconds()?, Instant::now());
    let digest = registry.push_blob(repo, bytes).await?;
    report("push, one request", 1, begun, server.cpu_seconds()? - cpu, &server)?;
    let path = format!("/v2/{repo}/blobs/{digest}");
    let (cpu, begun) = (server.cpu_seconds()?, Instant::now());
    registry.read(&path).await?;
    report("pull", 1, begun, server.cpu_seconds()? - cpu, &server)?;
    let (cpu, begun) = (server.cpu_seconds()?, Instant::now());
    try_join_all((0..PULLS).map(|_| registry.read(&path))).await?;
    report("four pulls at once", PULLS, begun, server.cpu_seconds()? - cpu, &server)?;
    println!("\nPeak VmHWM, mapped pages included: {:.0} MiB.\n", server.peak_kib()? as f64 / 1024.0);
    Ok(())
}

fn report(name: &str, times: usize, begun: Instant, cpu: f64, server: &Server) -> anyhow::Result<()> {
    let mib = (LAYER_BYTES >> 20) * times;
    let rate = mib as f64 / begun.elapsed().as_secs_f64();
    let resident = server.resident_kib()? as f64 / 1024.0;
    println!("| {name} | {rate:.0} | {cpu:.2} | {resident:.1} |");
    Ok(())
}

/// Bytes that no file system can shorten.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}
