//! B21: what refers to one image.

use anyhow::Context;

use super::{Bench, Pinned, SERVER_CPU, requests};
use crate::{
    http::Request,
    registry::{self, Image},
    results::{Better, Goal},
    seed::{self, RARE_TYPE, REFERRED},
    target::{Anonymous, Kind, Running, Target},
};

pub async fn run(bench: &mut Bench) -> anyhow::Result<()> {
    let count = bench.scale.amounts.referrers;
    let mut fleet = Vec::new();
    for target in bench.turns(false) {
        // zot would look for equal blobs at each start, for a time that grows with the square of their number.
        let fresh = Target { shares_blobs: false, ..bench.fresh(&target)? };
        let subject = seed::fill_referrers(&fresh, count).await.with_context(|| target.name.clone())?;
        let server = fresh.start(&[SERVER_CPU], Anonymous::All, &[])?;
        server.settle()?;
        let lists = lists(&fresh, &server, &subject).await.with_context(|| target.name.clone())?;
        fleet.push((fresh, server, lists));
    }
    let lines = [
        (format!("first answer of {count} referrers"), &[Goal::BeatsAll(10.0)][..]),
        ("referrers of one artifact type, one in a thousand".to_owned(), &[Goal::BeatsAll(10.0)][..]),
        (format!("one of the answers that make up {count} referrers"), &[][..]),
    ];
    {
        let _pinned = Pinned::client();
        for _ in 0..bench.scale.repeats {
            for (at, (what, goals)) in lines.iter().enumerate() {
                for (target, server, lists) in &fleet {
                    let load = requests::measure(server, &lists[at], &[200], bench.scale.time)
                        .await
                        .with_context(|| format!("{}: {what}", target.name))?;
                    let row = bench.results.row("B21", what, "CPU µs", Better::Less, goals);
                    requests::add(row, target, &load);
                    if at == 2 {
                        row.detail(&target.name, "answers", lists[at].len() as f64);
                    }
                }
            }
        }
    }
    for (target, server, _) in fleet {
        drop(server);
        std::fs::remove_dir_all(&target.folder)?;
    }
    Ok(())
}

/// The requests of each line.
async fn lists(target: &Target, server: &Running, subject: &Image) -> anyhow::Result<[Vec<Request>; 3]> {
    let digest = &subject.digest;
    // distribution has no referrers API: its clients fetch the index under the subject's tag, always all of it.
    let (path, rare) = match target.kind {
        Kind::Distribution | Kind::DockerRegistry => {
            let path = format!("/v2/{REFERRED}/manifests/{}", digest.replace(':', "-"));
            (path.clone(), path)
        }
        Kind::Berth | Kind::Zot => {
            let path = format!("/v2/{REFERRED}/referrers/{digest}");
            (path.clone(), format!("{path}?artifactType={RARE_TYPE}"))
        }
    };
    let mut pages = vec![registry::get(&path, None)];
    let mut connection = server.connect().await?;
    loop {
        let last = pages.last().context("there is a page")?;
        let answer = connection.ask(last).await?.expect(200, "referrers")?;
        let next = answer.header("link").and_then(|link| link.strip_prefix('<')?.split_once('>'));
        let Some((next, _)) = next else { break };
        pages.push(registry::get(next, None));
    }
    Ok([vec![registry::get(&path, None)], vec![registry::get(&rare, None)], pages])
}
