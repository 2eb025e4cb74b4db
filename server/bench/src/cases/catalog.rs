//! B5: the list of repositories.

use anyhow::Context;

use super::{Bench, Pinned, SERVER_CPU, requests};
use crate::{
    http::Request,
    registry,
    results::{Better, Goal},
    seed,
    target::{Anonymous, Running},
};

/// Names of a page.
const PAGE: usize = 100;

pub async fn run(bench: &mut Bench) -> anyhow::Result<()> {
    let count = bench.scale.amounts.repositories;
    let mut fleet = Vec::new();
    for target in bench.turns(false) {
        let fresh = bench.fresh(&target)?;
        seed::fill_catalog(&fresh, count).await.with_context(|| target.name.clone())?;
        let server = fresh.start(&[SERVER_CPU], Anonymous::All, &[])?;
        server.settle()?;
        fleet.push((fresh, server));
    }
    let page = |last: Option<usize>| {
        let last = last.map(|number| format!("&last={}", seed::repository(number))).unwrap_or_default();
        registry::get(&format!("/v2/_catalog?n={PAGE}{last}"), None)
    };
    let lines = [
        (format!("first {PAGE} of {count} repositories"), page(None)),
        (format!("{PAGE} repositories from the middle"), page(Some(count / 2))),
        (format!("last {PAGE} repositories"), page(Some(count.saturating_sub(PAGE + 1)))),
    ];
    {
        let _pinned = Pinned::client();
        for _ in 0..bench.scale.repeats {
            for (what, request) in &lines {
                for (target, server) in &fleet {
                    let names = names(server, request).await.with_context(|| target.name.clone())?;
                    let requests = std::slice::from_ref(request);
                    let load = requests::measure(server, requests, &[200], bench.scale.time)
                        .await
                        .with_context(|| format!("{}: {what}", target.name))?;
                    let row = bench.results.row("B5", what, "CPU µs", Better::Less, &[Goal::BeatsAll(100.0)]);
                    requests::add(row, target, &load);
                    row.detail(&target.name, "names", names as f64);
                }
            }
        }
    }
    for (target, server) in fleet {
        drop(server);
        std::fs::remove_dir_all(&target.folder)?;
    }
    Ok(())
}

/// How many names an answer has: not every registry keeps to what it was asked for.
async fn names(server: &Running, request: &Request) -> anyhow::Result<usize> {
    let answer = server.connect().await?.ask(request).await?.expect(200, "repositories")?;
    let answer: serde_json::Value = serde_json::from_slice(&answer.body)?;
    Ok(answer["repositories"].as_array().context("a list of repositories")?.len())
}
