//! What small requests cost the server, with a bearer token as clients send it.

use reqwest::Method;

use crate::{client::Registry, process::Server};

const COUNT: usize = 20_000;
const CLIENTS: usize = 16;
const TAGS: usize = 2_000;

pub async fn run() -> anyhow::Result<()> {
    let server = Server::start()?;
    let repo = "library/bench";
    let registry = Registry::connect(&server, repo).await?;
    let (manifest, layer) = registry.push_image(repo, "v1", "one").await?;
    println!(
        "| request, bearer token, {CLIENTS} clients, {COUNT} requests | server CPU µs | requests/s | p50 µs | p99 µs |"
    );
    println!("|---|---|---|---|---|");
    let cases = [
        (Method::GET, "ping", "/v2/".to_owned()),
        (Method::GET, "manifest by tag", format!("/v2/{repo}/manifests/v1")),
        (Method::HEAD, "manifest by tag", format!("/v2/{repo}/manifests/v1")),
        (Method::GET, "manifest by digest", format!("/v2/{repo}/manifests/{manifest}")),
        (Method::HEAD, "blob", format!("/v2/{repo}/blobs/{layer}")),
        (Method::GET, "blob of 440 bytes", format!("/v2/{repo}/blobs/{layer}")),
    ];
    for (method, name, path) in cases {
        report(&registry, &server, method, name, &path).await?;
    }
    for tag in 0..TAGS {
        registry.push_image(repo, &format!("t{tag}"), "one").await?;
    }
    let (name, path) = (format!("manifest by tag of {TAGS}"), format!("/v2/{repo}/manifests/t1000"));
    report(&registry, &server, Method::GET, &name, &path).await?;
    let (name, path) = (format!("100 tags of {TAGS}"), format!("/v2/{repo}/tags/list?n=100"));
    report(&registry, &server, Method::GET, &name, &path).await?;
    println!("\nResident after this load: {:.1} MiB.\n", server.resident_kib()? as f64 / 1024.0);
    Ok(())
}

async fn report(registry: &Registry, server: &Server, method: Method, name: &str, path: &str) -> anyhow::Result<()> {
    let cost = registry.load(server, method.clone(), path, COUNT, CLIENTS).await?;
    let (p50, p99) = cost.latency_micros;
    println!("| {method} {name} | {:.0} | {:.0} | {p50} | {p99} |", cost.cpu_micros, cost.rate);
    Ok(())
}
