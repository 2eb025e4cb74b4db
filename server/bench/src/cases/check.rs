//! B16: how fast `berth fsck` compares bytes with their digests. What it reads lies in the page cache.

use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use super::Bench;
use crate::{
    bulk::{self, Content, Way},
    kernel,
    results::{Better, Goal},
    target::{Anonymous, Target},
};

const REPO: &str = "library/checked";
/// Large blobs that are read.
const BLOBS: u64 = 2;
const GIB: f64 = (1 << 30) as f64;

pub fn run(bench: &mut Bench) -> anyhow::Result<()> {
    let target = bench.fresh(&bench.berth()?)?;
    let mut content = Content::new(bench.scale.layer_mib << 20);
    let server = target.start(&[], Anonymous::All, &[])?;
    for number in 0..BLOBS {
        let digest = content.renew(number);
        bulk::push(server.address, REPO, &content, &digest, Way::Monolithic)?;
    }
    server.stop()?;
    let bytes = BLOBS * content.bytes().len() as u64;
    for _ in 0..bench.scale.repeats {
        let one = check(&target, 1, bytes)?;
        let row = bench.results.row(
            "B16",
            "fsck: bytes read and hashed in a second of one processor",
            "GiB/s",
            Better::More,
            &[Goal::AtLeast(1.0)],
        );
        row.add(&target.name, one.gib / one.cpu_seconds).detail(&target.name, "GiB/s, one job", one.gib / one.seconds);
        let all = check(&target, kernel::processors(), bytes)?;
        let row = bench.results.row("B16", "fsck, a job for each processor", "GiB/s", Better::More, &[]);
        row.add(&target.name, all.gib / all.seconds).detail(&target.name, "CPU s/GiB", all.cpu_seconds / all.gib);
    }
    std::fs::remove_dir_all(&target.folder)?;
    Ok(())
}

/// What a check read, how long it took and what it cost, its start included.
struct Checked {
    gib: f64,
    seconds: f64,
    cpu_seconds: f64,
}

fn check(target: &Target, jobs: usize, expected_bytes: u64) -> anyhow::Result<Checked> {
    let before = kernel::children_seconds()?;
    let output = Command::new(&target.binary)
        .args(["fsck", "--json", "--jobs", &jobs.to_string(), "--data-dir"])
        .arg(target.store())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("berth fsck does not start")?;
    let cpu_seconds = kernel::children_seconds()? - before;
    ensure!(output.status.success(), "berth fsck: {}", output.status);
    let events = String::from_utf8(output.stdout)?;
    let last = events.lines().last().context("a check ends with a summary")?;
    let summary: serde_json::Value = serde_json::from_str(last)?;
    let number = |key: &str| summary[key].as_u64().with_context(|| format!("no {key} in {summary}"));
    let bytes = number("bytes")?;
    ensure!(bytes >= expected_bytes, "{bytes} bytes were read, {expected_bytes} should be");
    Ok(Checked { gib: bytes as f64 / GIB, seconds: number("milliseconds")? as f64 / 1000.0, cpu_seconds })
}
