//! B17: how long until the first answer, and what is occupied when nobody asks.

use std::{fs, path::Path, process::Command, time::Duration};

use super::Bench;
use crate::{
    registry,
    results::{Better, Goal},
    target::{Anonymous, Kind, Target},
};

/// Starts in one round; a start is short, and its median needs some.
const STARTS: usize = 3;
/// What start-up allocated and gave back has settled by then.
const REST: Duration = Duration::from_secs(2);
/// Pages that are rendered.
const PAGES: usize = 100;

pub async fn run(bench: &mut Bench) -> anyhow::Result<()> {
    let tags = bench.scale.amounts.tags;
    for target in bench.turns(false) {
        let size = binary_mb(&target.binary, &bench.root)?;
        let row = bench.results.row("B17", "binary, stripped", "MB", Better::Less, &[Goal::AtMost(60.0)]);
        row.add(&target.name, size);
    }
    for _ in 0..bench.scale.repeats {
        for target in bench.turns(false) {
            let fresh = bench.fresh(&target)?;
            // The first start on an empty folder makes what later ones find.
            fresh.start(&[], Anonymous::All, &[])?.stop()?;
            let stores =
                [(&fresh, "cold start, empty store".to_owned()), (&target, format!("cold start, {tags} tags"))];
            for (stored, what) in stores {
                for _ in 0..STARTS {
                    let server = stored.start(&[], Anonymous::All, &[])?;
                    let row = bench.results.row("B17", &what, "ms", Better::Less, &[Goal::AtMost(30.0)]);
                    row.add(&target.name, server.started_in.as_secs_f64() * 1000.0);
                    server.stop()?;
                }
            }
            fs::remove_dir_all(&fresh.folder)?;
            idle(bench, &target).await?;
        }
    }
    Ok(())
}

async fn idle(bench: &mut Bench, target: &Target) -> anyhow::Result<()> {
    let server = target.start(&[], Anonymous::All, &[])?;
    tokio::time::sleep(REST).await;
    let memory = server.memory()?;
    let row = bench.results.row("B17", "idle memory", "MiB", Better::Less, &[Goal::AtMost(25.0)]);
    row.add(&target.name, memory.own_kib as f64 / 1024.0).detail(
        &target.name,
        "VmHWM MiB",
        memory.peak_kib as f64 / 1024.0,
    );
    if target.kind == Kind::Berth {
        let page = registry::get("/sign-in", None);
        let mut connection = server.connect().await?;
        for _ in 0..PAGES {
            connection.want(&page, 200).await?;
        }
        let what = format!("memory after {PAGES} rendered pages");
        let row = bench.results.row("B17", &what, "MiB", Better::Less, &[Goal::AtMost(45.0)]);
        row.add(&target.name, server.memory()?.own_kib as f64 / 1024.0);
    }
    Ok(())
}

/// The size of a program without its symbols, in MB; with them where they cannot be removed.
fn binary_mb(binary: &Path, root: &Path) -> anyhow::Result<f64> {
    let copy = root.join("stripped");
    let stripped = Command::new("strip").arg("-o").arg(&copy).arg(binary).status();
    let path = if stripped.is_ok_and(|status| status.success()) { &copy } else { binary };
    let bytes = fs::metadata(path)?.len();
    // It may not have been made.
    let _ = fs::remove_file(&copy);
    Ok(bytes as f64 / 1e6)
}
