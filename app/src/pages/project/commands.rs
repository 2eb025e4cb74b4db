//! The commands of clients, whole: with the real host, project and name.

use crate::runtime::Runtime;
use crate::snippets::{self, Registry};
use berth_types::RepoName;

/// The command of a page that lacks a repository's first tag, or shows how to push another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PushCommands;

impl PushCommands {
    /// Pushes another tag to a repository with the engine that the visitor chose.
    pub fn with(runtime: Runtime, registry: &Registry, repo: &RepoName) -> String {
        snippets::push(runtime.client(), registry, &format!("{}/{repo}:{}", registry.host, snippets::TAG))
    }
}

/// What fetches an artifact, by the client that its kind needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullCommands {
    registry: Registry,
    repository: String,
    client: Client,
    runtime: Runtime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Client {
    Engine,
    Helm,
    Flux,
    Model,
    Oras,
}

impl PullCommands {
    /// The commands for artifacts of this kind, as the API calls it, in a repository of the registry `host`: over TLS
    /// and by docker, unless [`PullCommands::by`] says otherwise.
    pub fn new(host: &str, repo: &RepoName, kind: &str) -> Self {
        let client = match kind {
            // Nothing is told of images that only name platforms.
            "IMAGE" | "" => Client::Engine,
            "CHART" => Client::Helm,
            "FLUX" => Client::Flux,
            "CNAI" => Client::Model,
            _ => Client::Oras,
        };
        PullCommands {
            registry: Registry { host: host.to_owned(), https: true },
            repository: format!("{host}/{repo}"),
            client,
            runtime: Runtime::default(),
        }
    }

    /// The same by another engine, and from a registry that may speak plain HTTP.
    #[must_use]
    pub fn by(mut self, runtime: Runtime, https: bool) -> Self {
        self.runtime = runtime;
        self.registry.https = https;
        self
    }

    /// Whether the visitor's choice of an engine makes a difference.
    pub fn follows_runtime(&self) -> bool {
        self.client == Client::Engine
    }

    /// By a tag, which may move.
    pub fn by_tag(&self, tag: &str) -> String {
        let (registry, repository) = (&self.registry, &self.repository);
        match self.client {
            Client::Engine => snippets::pull(self.runtime.client(), registry, &format!("{repository}:{tag}")),
            Client::Helm => snippets::helm_pull(registry, repository, tag),
            Client::Flux => snippets::flux_pull(registry, &format!("{repository}:{tag}")),
            Client::Model => snippets::model_pull(registry, &format!("{repository}:{tag}")),
            Client::Oras => snippets::oras_pull(registry, &format!("{repository}:{tag}")),
        }
    }

    /// By a digest, which never changes.
    pub fn by_digest(&self, digest: &str) -> String {
        let (registry, repository) = (&self.registry, &self.repository);
        match self.client {
            Client::Engine => snippets::pull(self.runtime.client(), registry, &format!("{repository}@{digest}")),
            Client::Helm => snippets::helm_pull_digest(registry, repository, digest),
            Client::Flux => snippets::flux_pull(registry, &format!("{repository}@{digest}")),
            Client::Model => snippets::model_copy(registry, &format!("{repository}@{digest}")),
            Client::Oras => snippets::oras_pull(registry, &format!("{repository}@{digest}")),
        }
    }

    /// As the base of another image, where it can be one.
    pub fn as_base(&self, tag: &str) -> Option<String> {
        (self.client == Client::Engine).then(|| format!("FROM {}:{tag}", self.repository))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pulling_follows_the_kind() {
        let repo = "team/a/web".parse().unwrap();
        let of = |kind| PullCommands::new("r.example", &repo, kind);
        assert_eq!(of("IMAGE").by_tag("v1"), "docker pull r.example/team/a/web:v1");
        assert_eq!(of("IMAGE").by_digest("sha256:ab"), "docker pull r.example/team/a/web@sha256:ab");
        assert_eq!(of("IMAGE").as_base("v1").as_deref(), Some("FROM r.example/team/a/web:v1"));
        assert_eq!(of("CHART").by_tag("1.0.0_x"), "helm pull oci://r.example/team/a/web --version 1.0.0+x");
        assert_eq!(of("FLUX").by_tag("v1"), "flux pull artifact oci://r.example/team/a/web:v1 --output .");
        assert_eq!(of("CNAI").by_tag("v1"), "modctl pull r.example/team/a/web:v1");
        assert_eq!(of("CNAI").by_digest("sha256:ab"), "skopeo copy docker://r.example/team/a/web@sha256:ab oci:model");
        assert_eq!(of("WASM").by_digest("sha256:ab"), "oras pull r.example/team/a/web@sha256:ab");
        assert_eq!(of("CHART").as_base("v1"), None);
    }

    #[test]
    fn pulling_follows_the_visitors_engine() {
        let repo = "team/web".parse().unwrap();
        let of = |kind, runtime, https| PullCommands::new("r.example:8080", &repo, kind).by(runtime, https);
        let podman = of("IMAGE", Runtime::Podman, false);
        assert_eq!(podman.by_tag("v1"), "podman pull --tls-verify=false r.example:8080/team/web:v1");
        let nerdctl = of("", Runtime::Nerdctl, true);
        assert_eq!(nerdctl.by_digest("sha256:ab"), "nerdctl pull r.example:8080/team/web@sha256:ab");
        let chart = of("CHART", Runtime::Podman, false);
        assert_eq!(chart.by_digest("sha256:ab"), "helm pull --plain-http oci://r.example:8080/team/web@sha256:ab");
        assert!(podman.follows_runtime() && !chart.follows_runtime());
        let registry = Registry { host: "r.example:8080".to_owned(), https: false };
        let push = PushCommands::with(Runtime::Nerdctl, &registry, &repo);
        assert_eq!(push, "nerdctl --insecure-registry push r.example:8080/team/web:v1");
    }
}
