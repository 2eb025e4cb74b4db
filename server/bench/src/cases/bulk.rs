//! B6, B7 and B11: many bytes.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use rustix::fs::Advice;

use super::Bench;
use crate::{
    bulk::{self, Content, PeakWatch, Way},
    kernel, load,
    load::Shape,
    registry,
    results::{Better, Goal},
    seed::ONE,
    target::{Anonymous, Kind, Running, Target},
};

const REPO: &str = "library/large";
/// Pulls at once.
const PULLS: usize = 4;
/// Blobs that each of many clients pulls, one after the other.
const PULLS_EACH: usize = 3;
/// The user that owns a blob which Berth must not map: it reads it by position then.
const SOMEBODY: u32 = 65_534;

/// B6: one large blob, three ways, each on a fresh store.
pub fn push(bench: &mut Bench) -> anyhow::Result<()> {
    let mut content = Content::new(bench.scale.layer_mib << 20);
    let ways = [
        (Way::Monolithic, "push of one blob: one request"),
        (Way::Streamed, "push of one blob: streamed"),
        (Way::Chunked, "push of one blob: chunks of 10 MiB"),
    ];
    let goals = [Goal::Beats(1.3, Kind::Distribution), Goal::Beats(1.3, Kind::Zot)];
    for repeat in 0..bench.scale.repeats {
        for target in bench.turns(true) {
            let fresh = bench.fresh(&target)?;
            let server = fresh.start(&[], Anonymous::All, &[])?;
            let mut rates = Vec::new();
            for (number, (way, what)) in ways.into_iter().enumerate() {
                let digest = content.renew((repeat * ways.len() + number) as u64);
                let cpu = server.cpu()?;
                let watch = PeakWatch::begin(server.pid());
                let begun = Instant::now();
                bulk::push(server.address, REPO, &content, &digest, way)
                    .with_context(|| format!("{}: {what}", target.name))?;
                let rate = content.mib() / begun.elapsed().as_secs_f64();
                let (peak, spent) = (watch.end(), server.cpu()?.since(&cpu));
                let row = bench.results.row("B6", what, "MiB/s", Better::More, &goals);
                row.add(&target.name, rate).detail(&target.name, "CPU s/GiB", spent * 1024.0 / content.mib()).detail(
                    &target.name,
                    "peak MiB",
                    peak,
                );
                rates.push(rate);
                // What one push left to be written must not burden the next.
                remove(&fresh.store(), content.bytes().len() as u64)?;
            }
            let (least, most) =
                (rates.iter().copied().fold(f64::INFINITY, f64::min), rates.iter().copied().fold(0.0, f64::max));
            let what = "slowest way ÷ fastest way";
            bench.results.row("B6", what, "×", Better::More, &[Goal::AtLeast(0.85)]).add(&target.name, least / most);
            drop(server);
            fs::remove_dir_all(&fresh.folder)?;
        }
    }
    Ok(())
}

/// B7: the same blob, pulled by one and by several, from memory and from the disk.
pub fn pull(bench: &mut Bench) -> anyhow::Result<()> {
    let mut content = Content::new(bench.scale.layer_mib << 20);
    let digest = content.renew(0);
    let mut fleet = Vec::new();
    for target in bench.turns(false) {
        let fresh = bench.fresh(&target)?;
        let server = fresh.start(&[], Anonymous::All, &[])?;
        bulk::push(server.address, REPO, &content, &digest, Way::Monolithic).with_context(|| target.name.clone())?;
        let file = find(&fresh.store(), content.bytes().len() as u64)?.context("the blob is in the store")?;
        // Written back before anything is measured.
        fs::File::open(&file)?.sync_all()?;
        fleet.push((fresh, server, file));
    }
    let hot = [Goal::Beats(1.8, Kind::Distribution), Goal::Beats(1.3, Kind::Zot)];
    for _ in 0..bench.scale.repeats {
        for (target, server, file) in &fleet {
            one(bench, target, server, &content, &digest, 1, "pull of one blob", &[])?;
            let rate = one(bench, target, server, &content, &digest, PULLS, "4 pulls at once", &hot)?;
            // Only Berth has two ways to read what the kernel holds; the peers' only one stands beside both.
            let positioned = "4 pulls at once, Berth by positioned reads";
            let goal = [Goal::Beats(1.3, Kind::Distribution)];
            if target.kind != Kind::Berth {
                bench.results.row("B7", positioned, "MiB/s", Better::More, &goal).add(&target.name, rate);
            } else if let Some(_owned) = Foreign::make(file) {
                one(bench, target, server, &content, &digest, PULLS, positioned, &goal)?;
            }
            let opened = fs::File::open(file)?;
            rustix::fs::fadvise(&opened, 0, None, Advice::DontNeed)?;
            one(bench, target, server, &content, &digest, 1, "pull of one blob from the disk", &[])?;
        }
    }
    for (target, server, _) in fleet {
        drop(server);
        fs::remove_dir_all(&target.folder)?;
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "one turn of one line, all of whose parts differ")]
fn one(
    bench: &mut Bench,
    target: &Target,
    server: &Running,
    content: &Content,
    digest: &str,
    times: usize,
    what: &str,
    goals: &[Goal],
) -> anyhow::Result<f64> {
    let cpu = server.cpu()?;
    let watch = PeakWatch::begin(server.pid());
    let took =
        bulk::pull_at_once(server.address, REPO, digest, times).with_context(|| format!("{}: {what}", target.name))?;
    let mib = content.mib() * times as f64;
    let rate = mib / took.as_secs_f64();
    let (peak, spent) = (watch.end(), server.cpu()?.since(&cpu));
    let row = bench.results.row("B7", what, "MiB/s", Better::More, goals);
    row.add(&target.name, rate).detail(&target.name, "CPU s/GiB", spent * 1024.0 / mib).detail(
        &target.name,
        "peak MiB",
        peak,
    );
    Ok(rate)
}

/// A file that belongs to somebody else while this lives. Only root can give files away.
struct Foreign<'f>(&'f Path);

impl<'f> Foreign<'f> {
    fn make(file: &'f Path) -> Option<Self> {
        std::os::unix::fs::chown(file, Some(SOMEBODY), None).ok()?;
        Some(Foreign(file))
    }
}

impl Drop for Foreign<'_> {
    fn drop(&mut self) {
        // Who could give it away can take it back.
        let _ = std::os::unix::fs::chown(self.0, Some(rustix::process::geteuid().as_raw()), None);
    }
}

/// B11: very many pulls of 1 MiB at once.
pub async fn crowd(bench: &mut Bench) -> anyhow::Result<()> {
    let clients = bench.scale.pulls;
    for _ in 0..bench.scale.repeats {
        for target in bench.turns(false) {
            let digest = bench.stored(&target)?.mebibyte.clone();
            // A process that did nothing else, so that its peak is of this.
            let server = target.start(&[], Anonymous::All, &[])?;
            server.settle()?;
            let request = registry::get(&format!("/v2/{ONE}/blobs/{digest}"), None);
            server.connect().await?.want(&request, 200).await?;
            kernel::reset_peak(server.pid());
            let watch = PeakWatch::begin(server.pid());
            let shape = Shape::closed(clients, Duration::from_secs(120)).at_most(clients * PULLS_EACH);
            let load = load::run(&server, shape, async |_, connection| {
                let (status, bytes) = connection.exchange(&request).await?;
                ensure!(status == 200 && bytes == 1 << 20, "{status} and {bytes} bytes");
                Ok(())
            })
            .await
            .with_context(|| target.name.clone())?;
            let (peak, pages) = (watch.end(), server.memory()?.peak_kib as f64 / 1024.0);
            let what = format!("{clients} pulls of 1 MiB at once: peak memory");
            let row = bench.results.row("B11", &what, "MiB", Better::Less, &[Goal::AtMost(60.0)]);
            row.add(&target.name, peak).detail(&target.name, "VmHWM MiB", pages);
            let what = format!("{clients} pulls of 1 MiB at once: p99");
            let row = bench.results.row("B11", &what, "ms", Better::Less, &[Goal::Beats(1.0, Kind::Zot)]);
            row.add(&target.name, load.quantile(0.99) / 1000.0).detail(&target.name, "pulls/s", load.rate).detail(
                &target.name,
                "CPU µs",
                load.cpu_micros,
            );
        }
    }
    Ok(())
}

/// The file of so many bytes somewhere in a folder.
fn find(folder: &Path, size: u64) -> anyhow::Result<Option<PathBuf>> {
    for entry in fs::read_dir(folder)? {
        let (path, kind) = entry.map(|entry| (entry.path(), entry.file_type()))?;
        if kind?.is_dir() {
            if let Some(found) = find(&path, size)? {
                return Ok(Some(found));
            }
        } else if fs::metadata(&path)?.len() == size {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Removes every file of so many bytes.
fn remove(folder: &Path, size: u64) -> anyhow::Result<()> {
    while let Some(file) = find(folder, size)? {
        fs::remove_file(file)?;
    }
    Ok(())
}
