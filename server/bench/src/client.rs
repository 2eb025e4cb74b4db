//! A small client of the registry: enough to fill it and to load it.

use std::{sync::Arc, time::Instant};

use anyhow::{Context, ensure};
use futures_util::future::try_join_all;
use reqwest::{Client, Method, StatusCode};
use sha2::{Digest as _, Sha256};

use crate::process::{PASSWORD, Server};

/// A client with a token for one repository.
#[derive(Clone)]
pub struct Registry {
    http: Client,
    base: Arc<str>,
    token: Arc<str>,
}

/// What a load cost.
pub struct Cost {
    /// Requests a second, as the client saw them.
    pub rate: f64,
    /// Server CPU a request, in microseconds.
    pub cpu_micros: f64,
    /// Latency in microseconds: median and 99th percentile.
    pub latency_micros: (u128, u128),
}

impl Registry {
    /// Fetches a token for `repo` as the administrator.
    pub async fn connect(server: &Server, repo: &str) -> anyhow::Result<Self> {
        let http = Client::builder().http1_only().pool_max_idle_per_host(64).build()?;
        let url = format!("{}/service/token?service=harbor-registry&scope=repository:{repo}:pull,push", server.base);
        let answer: serde_json::Value =
            serde_json::from_str(&http.get(url).basic_auth("admin", Some(PASSWORD)).send().await?.text().await?)?;
        let token = answer["token"].as_str().context("the token service gives a token")?;
        Ok(Registry { http, base: server.base.as_str().into(), token: token.into() })
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token)
    }

    /// Pushes a blob in one request and says its digest.
    pub async fn push_blob(&self, repo: &str, bytes: Vec<u8>) -> anyhow::Result<String> {
        let digest = digest(&bytes);
        let path = format!("/v2/{repo}/blobs/uploads/?digest={digest}");
        let response = self.request(Method::POST, &path).body(bytes).send().await?;
        ensure!(response.status() == StatusCode::CREATED, "blob: {}", response.status());
        Ok(digest)
    }

    /// Pushes a manifest.
    pub async fn push_manifest(&self, repo: &str, tag: &str, manifest: String) -> anyhow::Result<()> {
        let path = format!("/v2/{repo}/manifests/{tag}");
        let request = self.request(Method::PUT, &path).body(manifest);
        let response = request.header("content-type", "application/vnd.oci.image.manifest.v1+json").send().await?;
        ensure!(response.status() == StatusCode::CREATED, "manifest: {}", response.text().await?);
        Ok(())
    }

    /// Pushes an image of one small layer under a tag, and says the digests of its manifest and layer.
    pub async fn push_image(&self, repo: &str, tag: &str, seed: &str) -> anyhow::Result<(String, String)> {
        let config = format!(r#"{{"architecture":"amd64","os":"linux","seed":"{seed}"}}"#);
        let config_size = config.len();
        let config = self.push_blob(repo, config.into_bytes()).await?;
        let layer = format!("layer {seed}").repeat(40);
        let layer_size = layer.len();
        let layer = self.push_blob(repo, layer.into_bytes()).await?;
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config}","size":{config_size}}},"layers":[{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{layer}","size":{layer_size}}}]}}"#
        );
        let manifest_digest = digest(manifest.as_bytes());
        self.push_manifest(repo, tag, manifest).await?;
        Ok((manifest_digest, layer))
    }

    /// Reads a path to its end and says how many bytes came.
    pub async fn read(&self, path: &str) -> anyhow::Result<u64> {
        let mut response = self.request(Method::GET, path).send().await?.error_for_status()?;
        let mut bytes = 0;
        while let Some(chunk) = response.chunk().await? {
            bytes += chunk.len() as u64;
        }
        Ok(bytes)
    }

    /// Sends the same request `count` times from `clients` tasks, and says what it cost the server.
    pub async fn load(
        &self,
        server: &Server,
        method: Method,
        path: &str,
        count: usize,
        clients: usize,
    ) -> anyhow::Result<Cost> {
        self.burst(method.clone(), path, count / 10, clients).await?;
        let (cpu, begun) = (server.cpu_seconds()?, Instant::now());
        let mut latencies = self.burst(method, path, count, clients).await?;
        let (cpu, elapsed) = (server.cpu_seconds()? - cpu, begun.elapsed());
        latencies.sort_unstable();
        let count = latencies.len();
        Ok(Cost {
            rate: count as f64 / elapsed.as_secs_f64(),
            cpu_micros: cpu * 1e6 / count as f64,
            latency_micros: (latencies[count / 2], latencies[count * 99 / 100]),
        })
    }

    async fn burst(&self, method: Method, path: &str, count: usize, clients: usize) -> anyhow::Result<Vec<u128>> {
        let tasks = (0..clients).map(|_| {
            let (registry, method, path) = (self.clone(), method.clone(), path.to_owned());
            let work = async move {
                let mut latencies = Vec::with_capacity(count / clients);
                for _ in 0..count / clients {
                    let begun = Instant::now();
                    let response = registry.request(method.clone(), &path).send().await?;
                    ensure!(response.status().is_success(), "{path}: {}", response.status());
                    response.bytes().await?;
                    latencies.push(begun.elapsed().as_micros());
                }
                Ok::<_, anyhow::Error>(latencies)
            };
            async { tokio::spawn(work).await? }
        });
        Ok(try_join_all(tasks).await?.concat())
    }
}

/// `sha256:…` of some bytes.
pub fn digest(bytes: &[u8]) -> String {
    berth_types::Digest::Sha256(Sha256::digest(bytes).into()).to_string()
}
