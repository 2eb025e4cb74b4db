//! B13 and B14: what Berth's own authentication costs. Peers have none that compares.

use std::time::{Duration, Instant};

use anyhow::ensure;

use super::{Bench, Pinned, SERVER_CPU, requests};
use crate::{
    bulk::PeakWatch,
    http::Request,
    load::{self, Load, Shape},
    registry::{self, MANIFEST},
    results::{Better, Goal},
    seed::{self, MOVES, ONE},
    target::{Anonymous, PASSWORD, Running},
};

/// People whose passwords are verified one after the other …
const ALONE: usize = 12;
/// … and at once.
const TOGETHER: usize = 32;
/// Pairs of bearer and anonymous turns in one round.
const PAIRS: usize = 4;

/// B13: tokens for robots, for passwords that were verified before, and for those that were not.
pub async fn tokens(bench: &mut Bench) -> anyhow::Result<()> {
    let target = bench.berth()?;
    let robot = seed::robot(&target.store()).await?;
    let admin = registry::basic("admin", PASSWORD);
    let server = target.start(&[], Anonymous::Pull, &[])?;
    for person in 0..ALONE + TOGETHER {
        create(&server, &admin, &name(person)).await?;
    }
    server.stop()?;
    for _ in 0..bench.scale.repeats {
        // A fresh process has verified nothing yet.
        let server = target.start(&[SERVER_CPU], Anonymous::Pull, &[])?;
        server.settle()?;
        {
            let _pinned = Pinned::client();
            cold(bench, &server).await?;
            let credentials = [
                ("token for a robot", registry::basic(&robot.name, &robot.secret)),
                ("token for a remembered password", admin.clone()),
            ];
            for (what, credential) in credentials {
                let token = [registry::token_request(ONE, Some(&credential))];
                let load = requests::measure(&server, &token, &[200], bench.scale.time).await?;
                let row = bench.results.row("B13", what, "CPU µs", Better::Less, &[Goal::AtMost(60.0)]);
                requests::add(row, &target, &load);
            }
        }
        server.stop()?;
        let server = target.start(&[], Anonymous::Pull, &[])?;
        crowd(bench, &server).await?;
    }
    Ok(())
}

fn name(person: usize) -> String {
    format!("person-{person}")
}

async fn create(server: &Running, admin: &str, name: &str) -> anyhow::Result<()> {
    let person = serde_json::json!({
        "username": name, "password": PASSWORD, "email": format!("{name}@example.com"), "realname": name, "comment": "",
    });
    let headers = [("Authorization", admin), ("Content-Type", "application/json")];
    let create = Request::with_body("POST", "/api/v2.0/users", &headers, Some(person.to_string().as_bytes()));
    server.connect().await?.ask(&create).await?.expect(201, "creating a person")?;
    Ok(())
}

fn of_person(person: usize) -> Request {
    registry::token_request(ONE, Some(&registry::basic(&name(person), PASSWORD)))
}

/// One password after the other, each for the first time.
async fn cold(bench: &mut Bench, server: &Running) -> anyhow::Result<()> {
    let shape = Shape::closed(1, Duration::from_secs(60)).at_most(ALONE);
    let load: Load =
        load::run(server, shape, async |person, connection| connection.want(&of_person(person), 200).await).await?;
    let what = "token for a password seen for the first time";
    let row = bench.results.row("B13", what, "ms", Better::Less, &[Goal::AtMost(25.0)]);
    row.add("Berth", load.quantile(0.5) / 1000.0).detail("Berth", "CPU ms", load.cpu_micros / 1000.0).detail(
        "Berth",
        "slowest ms",
        load.quantile(1.0) / 1000.0,
    );
    Ok(())
}

/// Very many passwords at once: what they need must not grow with them.
async fn crowd(bench: &mut Bench, server: &Running) -> anyhow::Result<()> {
    let before = server.memory()?.own_kib as f64 / 1024.0;
    let watch = PeakWatch::begin(server.pid());
    let refused = std::cell::Cell::new(0_usize);
    let begun = Instant::now();
    let shape = Shape::closed(TOGETHER, Duration::from_secs(60)).at_most(TOGETHER);
    load::run(server, shape, async |person, connection| {
        let (status, _) = connection.exchange(&of_person(ALONE + person)).await?;
        ensure!(matches!(status, 200 | 429 | 503), "{status} for a right password");
        refused.set(refused.get() + usize::from(status != 200));
        Ok(())
    })
    .await?;
    let took = begun.elapsed().as_secs_f64() * 1000.0;
    let what = format!("{TOGETHER} first passwords at once: memory on top");
    // An argon2id computation needs 19 MiB: bounded means that only a few run, whoever asks.
    let row = bench.results.row("B13", &what, "MiB", Better::Less, &[Goal::AtMost(80.0)]);
    row.add("Berth", watch.end() - before).detail("Berth", "all together ms", took).detail(
        "Berth",
        "refused",
        refused.get() as f64,
    );
    Ok(())
}

/// B14: the same request with a token and without, in turns; and pushes with a token under a quota.
pub async fn overhead(bench: &mut Bench) -> anyhow::Result<()> {
    let target = bench.berth()?;
    let stored = bench.stored(&target)?.clone();
    let admin = registry::basic("admin", PASSWORD);
    let server = target.start(&[SERVER_CPU], Anonymous::Pull, &[])?;
    server.settle()?;
    let _pinned = Pinned::client();
    let mut connection = server.connect().await?;
    let pull = registry::bearer(&mut connection, ONE, &admin).await?;
    let push = registry::bearer(&mut connection, MOVES, &admin).await?;
    let path = format!("/v2/{ONE}/manifests/v1");
    for repeat in 0..bench.scale.repeats {
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for _ in 0..PAIRS {
            for (authorization, costs) in [(None, &mut without), (Some(pull.as_str()), &mut with)] {
                let request = [registry::get(&path, authorization)];
                let load = requests::measure(&server, &request, &[200], bench.scale.time / 2).await?;
                costs.push(load.cpu_micros);
            }
        }
        let median = |costs: &[f64]| crate::results::Summary::of(costs).map_or(f64::NAN, |found| found.median);
        let (with, without) = (median(&with), median(&without));
        let row =
            bench.results.row("B14", "manifest by tag, bearer token", "CPU µs", Better::Less, &[Goal::AtMost(25.0)]);
        row.add("Berth", with).detail("Berth", "anonymous CPU µs", without);
        let what = "manifest by tag, bearer token ÷ anonymous";
        let row = bench.results.row("B14", what, "×", Better::Less, &[Goal::AtMost(1.05)]);
        row.add("Berth", with / without);

        let puts: Vec<Request> = (0..256)
            .map(|number| {
                let image = &stored.moves[(repeat + number) % 2];
                let (name, manifest) = (seed::tag(number % bench.scale.amounts.moves), &image.manifest);
                registry::put_manifest(MOVES, &name, MANIFEST, manifest, Some(&push))
            })
            .collect();
        let load = requests::measure(&server, &puts, &[201], bench.scale.time).await?;
        let what = "manifest push, bearer token, quota and role checked";
        let row = bench.results.row("B14", what, "CPU µs", Better::Less, &[]);
        requests::add(row, &target, &load);
    }
    Ok(())
}
