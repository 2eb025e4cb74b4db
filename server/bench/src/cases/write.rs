//! B9, B10 and B12: many small writes, and reads beside them.

use std::{cell::Cell, time::Duration};

use anyhow::Context;
use futures_util::future::{join, try_join_all};

use super::{Bench, requests::OPEN_RATE};
use crate::{
    http::Connection,
    load::{self, Load, Shape},
    registry::{self, MANIFEST},
    results::{Better, Goal, Row},
    seed::{MOVES, ONE, Stored, tag},
    target::{Anonymous, Kind, Running, Target},
};

/// Those who write at the same time.
const WRITERS: usize = 16;
/// Bytes of an image's configuration.
const CONFIG_BYTES: usize = 4096;
/// Neighbours that write while others read, …
const NEIGHBOURS: usize = 4;
/// … and how often all of them together do, where each target gets the same of them.
const NEIGHBOURS_RATE: f64 = 200.0;

fn time(bench: &Bench) -> Duration {
    bench.scale.time * 2
}

/// B9: small images, each in a repository of its own.
pub async fn images(bench: &mut Bench) -> anyhow::Result<()> {
    let mut fleet = Vec::new();
    for target in bench.turns(true) {
        let fresh = bench.fresh(&target)?;
        let server = fresh.start(&[], Anonymous::All, &[])?;
        if fresh.kind == Kind::Berth {
            limit(&fresh, server).await?;
            fleet.push((fresh.clone(), fresh.start(&[], Anonymous::All, &[])?));
        } else {
            fleet.push((fresh, server));
        }
    }
    let image = Cell::new(0_u64);
    for _ in 0..bench.scale.repeats {
        for writers in [1, WRITERS] {
            for (target, server) in &fleet {
                let shape = Shape::closed(writers, time(bench));
                let load = load::run(server, shape, async |_, connection| {
                    image.set(image.get() + 1);
                    push_image(connection, &format!("library/small-{}", image.get()), image.get()).await
                })
                .await
                .with_context(|| target.name.clone())?;
                let what = format!("small images, new repository each, {writers} clients");
                let goals: &[Goal] = if writers == 1 { &[] } else { &[Goal::Beats(5.0, Kind::Distribution)] };
                add(bench.results.row("B9", &what, "images/s", Better::More, goals), target, &load);
            }
        }
    }
    for (target, server) in fleet {
        drop(server);
        std::fs::remove_dir_all(&target.folder)?;
    }
    Ok(())
}

/// Gives every project of a fresh store a limit, so that pushes are counted against one. Stops the server.
async fn limit(target: &Target, server: Running) -> anyhow::Result<()> {
    server.stop()?;
    crate::seed::quota(&target.store(), 1 << 50).await
}

/// Pushes an image of one new blob, which is its configuration and its layer.
async fn push_image(connection: &mut Connection, repo: &str, number: u64) -> anyhow::Result<()> {
    let mut config = format!(r#"{{"architecture":"amd64","os":"linux","number":{number},"padding":""#);
    config.push_str(&"x".repeat(CONFIG_BYTES.saturating_sub(config.len() + 2)));
    config.push_str("\"}");
    let digest = registry::push_blob(connection, repo, config.as_bytes(), None).await?;
    let manifest = registry::manifest((&digest, config.len()), &[(digest.clone(), config.len())]);
    connection.want(&registry::put_manifest(repo, "v1", MANIFEST, &manifest, None), 201).await
}

fn add(row: &mut Row, target: &Target, load: &Load) {
    row.add(&target.name, load.rate)
        .detail(&target.name, "p50 ms", load.quantile(0.5) / 1000.0)
        .detail(&target.name, "p99 ms", load.quantile(0.99) / 1000.0)
        .detail(&target.name, "CPU µs", load.cpu_micros);
}

/// Moves one tag after the other of a repository of many; every turn moves them to the other of two images.
async fn move_tag(connection: &mut Connection, stored: &Stored, tags: usize, number: usize) -> anyhow::Result<()> {
    // A prime spreads consecutive numbers over all tags.
    let name = tag(number * 7919 % tags);
    let image = &stored.moves[(number / tags + 1) % 2];
    connection.want(&registry::put_manifest(MOVES, &name, MANIFEST, &image.manifest, None), 201).await
}

/// B10: tags move in a repository of many.
pub async fn moves(bench: &mut Bench) -> anyhow::Result<()> {
    let fleet = bench.fleet(true, false)?;
    let tags = bench.scale.amounts.moves;
    for repeat in 0..bench.scale.repeats {
        for (target, server) in &fleet {
            let stored = bench.stored(target)?;
            let shape = Shape::closed(WRITERS, time(bench));
            // Each round begins where tags point at the other image, or have been left alone.
            let load = load::run(server, shape, async |number, connection| {
                move_tag(connection, stored, tags, number + repeat * tags).await
            })
            .await
            .with_context(|| target.name.clone())?;
            let what = format!("tags that move in a repository of {tags}, {WRITERS} clients");
            let goals = [Goal::Beats(5.0, Kind::Distribution), Goal::Beats(50.0, Kind::Zot)];
            add(bench.results.row("B10", &what, "moves/s", Better::More, &goals), target, &load);
        }
    }
    Ok(())
}

/// B12: reads at a steady rate, alone and beside neighbours that write to another repository.
pub async fn neighbours(bench: &mut Bench) -> anyhow::Result<()> {
    let fleet = bench.fleet(true, false)?;
    let tags = bench.scale.amounts.moves;
    let kinds = [
        (Some(NEIGHBOURS_RATE), "GET p50 beside 4 writers of 200 pushes/s in all ÷ alone", &[Goal::AtMost(1.3)][..]),
        (None, "GET p50 beside 4 writers as fast as they can ÷ alone", &[][..]),
    ];
    for repeat in 0..bench.scale.repeats {
        for (target, server) in &fleet {
            let stored = bench.stored(target)?.clone();
            let quiet = reads(bench, server).await?;
            let row = bench.results.row("B12", "GET p50 alone", "µs", Better::Less, &[]);
            row.add(&target.name, quiet.quantile(0.5)).detail(&target.name, "p99 µs", quiet.quantile(0.99));
            for (offset, (rate, what, goals)) in kinds.into_iter().enumerate() {
                let shape = Shape { rate, ..Shape::closed(NEIGHBOURS, time(bench)) };
                let writers = try_join_all((0..NEIGHBOURS).map(|_| server.connect())).await?;
                let first = (repeat * kinds.len() + offset) * tags;
                let stored = &stored;
                let writing = load::drive(writers, shape, async |number, connection| {
                    let blob = format!("neighbour {repeat} {offset} {number} ").repeat(100);
                    registry::push_blob(connection, MOVES, blob.as_bytes(), None).await?;
                    move_tag(connection, stored, tags, first + number).await
                });
                let (noisy, written) = join(reads(bench, server), writing).await;
                let (noisy, written) = (noisy?, written.with_context(|| target.name.clone())?);
                let row = bench.results.row("B12", what, "×", Better::Less, goals);
                row.add(&target.name, noisy.quantile(0.5) / quiet.quantile(0.5))
                    .detail(&target.name, "p50 µs", noisy.quantile(0.5))
                    .detail(&target.name, "p99 µs", noisy.quantile(0.99))
                    .detail(&target.name, "pushes/s", written.rate);
            }
        }
    }
    Ok(())
}

async fn reads(bench: &Bench, server: &Running) -> anyhow::Result<Load> {
    let request = registry::get(&format!("/v2/{ONE}/manifests/v1"), None);
    let shape = Shape::open(4, time(bench), OPEN_RATE);
    load::run(server, shape, async |_, connection| connection.want(&request, 200).await).await
}
