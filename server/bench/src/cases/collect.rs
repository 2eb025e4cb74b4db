//! B15: pulls while garbage is collected.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};

use super::Bench;
use crate::{
    http::{Connection, Request},
    load::{self, Load, Shape},
    registry,
    results::{Better, Goal},
    seed,
    target::{Anonymous, PASSWORD, Running, Target},
};

/// Pulls a second, of manifests and blobs in turn.
const RATE: f64 = 1_000.0;
const CONNECTIONS: usize = 8;
/// How long pulls go on before one looks whether the collection has ended.
const WINDOW: Duration = Duration::from_millis(500);
/// A collection takes no longer.
const TIMEOUT: Duration = Duration::from_secs(300);

pub async fn run(bench: &mut Bench) -> anyhow::Result<()> {
    let target = bench.berth()?;
    for _ in 0..bench.scale.repeats {
        let fresh = bench.fresh(&target)?;
        // The first start makes the database.
        fresh.start(&[], Anonymous::All, &[])?.stop()?;
        let kept = seed::garbage(&fresh.store(), bench.scale.blobs).await?;
        let server = fresh.start(&[], Anonymous::All, &[])?;
        server.settle()?;
        let pulls = requests(&server, &kept).await?;
        let before = pull(&server, &pulls, bench.scale.time * 3).await?;
        let begun = Instant::now();
        let during = pull_meanwhile(&fresh, &server, &pulls).await?;
        let seconds = begun.elapsed().as_secs_f64();
        server.stop()?;
        let left = seed::blob_rows(&fresh.store()).await?;
        ensure!(left == kept.len(), "{left} blobs are left, {} should be", kept.len());
        let (quiet, busy) = (before.quantile(0.99), during.quantile(0.99));
        let what = format!("p99 of pulls while half of {} blobs are collected ÷ before", bench.scale.blobs);
        let row = bench.results.row("B15", &what, "×", Better::Less, &[Goal::AtMost(1.5)]);
        row.add("Berth", busy / quiet)
            .detail("Berth", "p50 before µs", before.quantile(0.5))
            .detail("Berth", "p50 during µs", during.quantile(0.5))
            .detail("Berth", "p99 before µs", quiet)
            .detail("Berth", "p99 during µs", busy)
            .detail("Berth", "blobs removed/s", (bench.scale.blobs - left) as f64 / seconds);
        std::fs::remove_dir_all(&fresh.folder)?;
    }
    Ok(())
}

/// Pushes manifests that need all the blobs that are kept, and says what is pulled.
async fn requests(server: &Running, kept: &[(String, usize)]) -> anyhow::Result<Vec<Request>> {
    let mut connection = server.connect().await?;
    let config = registry::push_blob(&mut connection, seed::KEPT, registry::EMPTY, None).await?;
    let mut requests = Vec::new();
    for (number, layers) in kept.chunks(100).enumerate() {
        let manifest = registry::manifest((&config, registry::EMPTY.len()), layers);
        let tag = seed::tag(number);
        connection.want(&registry::put_manifest(seed::KEPT, &tag, registry::MANIFEST, &manifest, None), 201).await?;
        requests.push(registry::get(&format!("/v2/{}/manifests/{tag}", seed::KEPT), None));
        for (digest, _) in layers.iter().take(1) {
            requests.push(registry::get(&format!("/v2/{}/blobs/{digest}", seed::KEPT), None));
        }
    }
    Ok(requests)
}

async fn pull(server: &Running, pulls: &[Request], time: Duration) -> anyhow::Result<Load> {
    let work =
        async |number: usize, connection: &mut Connection| connection.want(&pulls[number % pulls.len()], 200).await;
    load::run(server, Shape::open(CONNECTIONS, time, RATE), work).await
}

/// Pulls for as long as a collection takes.
async fn pull_meanwhile(target: &Target, server: &Running, pulls: &[Request]) -> anyhow::Result<Load> {
    let mut collection = Command::new(&target.binary)
        .args(["gc", "--data-dir"])
        .arg(target.store())
        .env("BERTH_SETUP__ADMIN_PASSWORD", PASSWORD)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .context("berth gc does not start")?;
    let begun = Instant::now();
    let mut all = Load::default();
    let status = loop {
        let window = pull(server, pulls, WINDOW).await?;
        all.latencies.extend(window.latencies);
        if let Some(status) = collection.try_wait()? {
            break status;
        }
        if begun.elapsed() > TIMEOUT {
            collection.kill()?;
            collection.wait()?;
            anyhow::bail!("the collection does not end");
        }
    };
    ensure!(status.success(), "berth gc: {status}");
    all.latencies.sort_by(f64::total_cmp);
    Ok(all)
}
