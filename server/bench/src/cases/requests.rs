//! B1–B4: what one small request costs the server.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use super::{Bench, Case, Pinned};
use crate::{
    http::{Connection, Request},
    load::{self, Load, Shape},
    registry,
    results::{Better, Goal, Row},
    seed::{MANY, ONE, Stored, tag},
    target::{Kind, PASSWORD, Running, Target},
};

/// Connections of the closed load.
pub const CONNECTIONS: usize = 16;
/// Connections where a single answer takes longer than [`SLOW`]: more would only wait for one another.
const CONNECTIONS_SLOW: usize = 2;
const SLOW: Duration = Duration::from_millis(10);
/// Requests a second of the open load, which every target can follow.
pub const OPEN_RATE: f64 = 500.0;
/// Different tags that are asked for in turn.
const SPREAD: usize = 64;
/// Names of a page of tags.
const PAGE: usize = 100;

/// One line: requests that are sent in turn, and the answers that are right.
struct Spec {
    what: String,
    goals: Vec<Goal>,
    requests: Vec<Request>,
    statuses: &'static [u16],
}

impl Spec {
    fn new(what: impl Into<String>, goals: &[Goal], request: Request) -> Self {
        Spec { what: what.into(), goals: goals.to_vec(), requests: vec![request], statuses: &[200] }
    }
}

pub async fn run(bench: &mut Bench, case: Case) -> anyhow::Result<()> {
    let fleet = bench.fleet(false, true)?;
    let _pinned = Pinned::client();
    let amounts = bench.scale.amounts;
    for _ in 0..bench.scale.repeats {
        // All targets have the same lines, in the same order.
        let mut lines: Vec<Vec<Spec>> = Vec::new();
        for (target, server) in &fleet {
            let stored = bench.stored(target)?;
            lines.push(match case {
                Case::B1 => pings(target, server).await?,
                Case::B2 => manifests(stored, amounts.tags),
                Case::B3 => heads(stored),
                _ => tags(amounts.tags),
            });
        }
        let count = lines.first().map_or(0, Vec::len);
        for line in 0..count {
            for ((target, server), specs) in fleet.iter().zip(&lines) {
                let spec = specs.get(line).context("every target has the same lines")?;
                let load = measure(server, &spec.requests, spec.statuses, bench.scale.time)
                    .await
                    .with_context(|| format!("{}: {}", target.name, spec.what))?;
                let row = bench.results.row(case.name(), &spec.what, "CPU µs", Better::Less, &spec.goals);
                add(row, target, &load);
            }
        }
        if case == Case::B2 {
            open(bench, &fleet, &lines).await?;
        }
    }
    if case == Case::B2 {
        let few = "manifest by tag, 1 tag";
        let many = format!("manifest by tag, {} tags", amounts.tags);
        flat(bench, case, few, &many)?;
    }
    Ok(())
}

/// Latency at a rate that every target can follow.
async fn open(bench: &mut Bench, fleet: &[(Target, Running)], lines: &[Vec<Spec>]) -> anyhow::Result<()> {
    for ((target, server), specs) in fleet.iter().zip(lines) {
        let spec = specs.first().context("there is a line")?;
        let shape = Shape::open(4, bench.scale.time, OPEN_RATE);
        let load = send(server, shape, &spec.requests, spec.statuses).await?;
        let what = format!("manifest by tag, 1 tag, {OPEN_RATE} requests a second: p50");
        let row = bench.results.row("B2", &what, "µs", Better::Less, &[]);
        row.add(&target.name, load.quantile(0.5));
        row.detail(&target.name, "p99 µs", load.quantile(0.99)).detail(&target.name, "p99.9 µs", load.quantile(0.999));
        row.detail(&target.name, "CPU µs", load.cpu_micros);
    }
    Ok(())
}

/// How much more the same costs with many tags.
fn flat(bench: &mut Bench, case: Case, few: &str, many: &str) -> anyhow::Result<()> {
    for target in bench.turns(false) {
        let values = |what: &str| {
            let row = bench.results.rows.iter().find(|row| row.case == case.name() && row.what == what);
            row.and_then(|row| row.values.get(&target.name)).cloned().context("the line was measured")
        };
        let ratios: Vec<f64> = values(many)?.iter().zip(values(few)?).map(|(many, few)| many / few).collect();
        let what = "manifest by tag, many tags ÷ 1 tag";
        let row = bench.results.row(case.name(), what, "×", Better::Less, &[Goal::AtMost(1.2)]);
        for ratio in ratios {
            row.add(&target.name, ratio);
        }
    }
    Ok(())
}

/// Adds a closed load to a row: CPU as its value, the rest as details.
pub fn add(row: &mut Row, target: &Target, load: &Load) {
    row.add(&target.name, load.cpu_micros)
        .detail(&target.name, "requests/s", load.rate)
        .detail(&target.name, "p50 µs", load.quantile(0.5))
        .detail(&target.name, "p99 µs", load.quantile(0.99))
        .detail(&target.name, "p99.9 µs", load.quantile(0.999));
}

/// Sends requests in turn over several connections after a short warm-up.
pub async fn measure(server: &Running, requests: &[Request], statuses: &[u16], time: Duration) -> anyhow::Result<Load> {
    let begun = Instant::now();
    let first = requests.first().context("there is a request")?;
    one(&mut server.connect().await?, first, statuses).await?;
    if begun.elapsed() > SLOW {
        return send(server, Shape::closed(CONNECTIONS_SLOW, time), requests, statuses).await;
    }
    send(server, Shape::closed(CONNECTIONS, time / 5), requests, statuses).await?;
    send(server, Shape::closed(CONNECTIONS, time), requests, statuses).await
}

async fn send(server: &Running, shape: Shape, requests: &[Request], statuses: &[u16]) -> anyhow::Result<Load> {
    load::run(server, shape, async |number, connection| {
        one(connection, &requests[number % requests.len()], statuses).await
    })
    .await
}

async fn one(connection: &mut Connection, request: &Request, statuses: &[u16]) -> anyhow::Result<()> {
    let (status, _) = connection.exchange(request).await?;
    ensure!(statuses.contains(&status), "{status} instead of {statuses:?}");
    Ok(())
}

async fn pings(target: &Target, server: &Running) -> anyhow::Result<Vec<Spec>> {
    let authorization = match target.kind {
        Kind::Berth => {
            let basic = registry::basic("admin", PASSWORD);
            Some(registry::bearer(&mut server.connect().await?, ONE, &basic).await?)
        }
        _ => None,
    };
    let goals = [Goal::AtMost(20.0), Goal::BeatsAll(3.0)];
    Ok(vec![
        Spec::new("ping, Berth with a bearer token", &goals, registry::get("/v2/", authorization.as_deref())),
        Spec::new("ping, anonymous", &[], registry::get("/v2/", None)),
    ])
}

fn manifests(stored: &Stored, tags: usize) -> Vec<Spec> {
    let goal = [Goal::AtMost(25.0)];
    let one = format!("/v2/{ONE}/manifests/v1");
    let digest = format!("/v2/{ONE}/manifests/{}", stored.one.digest);
    let spread = |method: &str| {
        (0..SPREAD.min(tags))
            .map(|number| {
                let path = format!("/v2/{MANY}/manifests/{}", tag(number * (tags / SPREAD.min(tags))));
                registry::request(method, &path, None)
            })
            .collect()
    };
    let line =
        |method: &str, what: String| Spec { what, goals: goal.to_vec(), requests: spread(method), statuses: &[200] };
    vec![
        Spec::new("manifest by tag, 1 tag", &goal, registry::get(&one, None)),
        Spec::new("manifest by digest", &goal, registry::get(&digest, None)),
        Spec::new("HEAD manifest by tag, 1 tag", &goal, registry::request("HEAD", &one, None)),
        line("GET", format!("manifest by tag, {tags} tags")),
        line("HEAD", format!("HEAD manifest by tag, {tags} tags")),
    ]
}

fn heads(stored: &Stored) -> Vec<Spec> {
    let goal = [Goal::AtMost(25.0)];
    let path = format!("/v2/{ONE}/manifests/v1");
    let etag = format!("\"{}\"", stored.one.digest);
    let headers = [("Accept", registry::ACCEPT), ("If-None-Match", etag.as_str())];
    // zot knows no conditions and sends all of it.
    let unchanged = Spec {
        what: "manifest, not modified".to_owned(),
        goals: goal.to_vec(),
        requests: vec![Request::new("GET", &path, &headers)],
        statuses: &[304, 200],
    };
    let missing = registry::digest(b"nobody pushed this");
    let head = |digest: &str| registry::request("HEAD", &format!("/v2/{ONE}/blobs/{digest}"), None);
    vec![
        unchanged,
        Spec::new("HEAD blob", &goal, head(&stored.one.layer)),
        Spec { statuses: &[404], ..Spec::new("HEAD blob that is missing", &goal, head(&missing)) },
        Spec::new("GET blob, under 1 KiB", &[], registry::get(&format!("/v2/{ONE}/blobs/{}", stored.one.layer), None)),
    ]
}

fn tags(tags: usize) -> Vec<Spec> {
    let goal = [Goal::AtMost(200.0)];
    let page = |last: Option<usize>| {
        let last = last.map(|number| format!("&last={}", tag(number))).unwrap_or_default();
        registry::get(&format!("/v2/{MANY}/tags/list?n={PAGE}{last}"), None)
    };
    vec![
        Spec::new(format!("first {PAGE} of {tags} tags"), &goal, page(None)),
        Spec::new(format!("{PAGE} tags from the middle"), &goal, page(Some(tags / 2))),
        Spec::new(format!("last {PAGE} tags"), &goal, page(Some(tags.saturating_sub(PAGE + 1)))),
        Spec::new(format!("all {tags} tags"), &[], registry::get(&format!("/v2/{MANY}/tags/list"), None)),
    ]
}
