//! The commands of clients, whole: with the real host, project and name.

use berth_types::{ProjectName, RepoName};

/// The repository in commands where none exists yet.
const EXAMPLE: &str = "my-app";

/// What pushes an image for the first time, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushCommands {
    /// Signs in, once a machine.
    pub login: String,
    /// Names a local image.
    pub tag: String,
    /// Pushes it.
    pub push: String,
}

impl PushCommands {
    /// The commands for a project of the registry `host`, for the visitor of this sign-in name.
    pub fn new(host: &str, project: &ProjectName, username: Option<&str>) -> Self {
        let target = format!("{host}/{project}/{EXAMPLE}:v1");
        let user = username.map(|name| format!(" -u {}", shell_word(name))).unwrap_or_default();
        PushCommands {
            login: format!("docker login {host}{user}"),
            tag: format!("docker tag {EXAMPLE}:latest {target}"),
            push: format!("docker push {target}"),
        }
    }

    /// Pushes another tag to a repository of the registry `host`.
    pub fn to(host: &str, repo: &RepoName) -> String {
        format!("docker push {host}/{repo}:v1")
    }
}

/// What fetches an artifact, by the client that its kind needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullCommands {
    repository: String,
    client: Client,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Client {
    Docker,
    Helm,
    Oras,
}

impl PullCommands {
    /// The commands for artifacts of this kind, as the API calls it, in a repository of the registry `host`.
    pub fn new(host: &str, repo: &RepoName, kind: &str) -> Self {
        let client = match kind {
            // Nothing is told of images that only name platforms.
            "IMAGE" | "" => Client::Docker,
            "CHART" => Client::Helm,
            _ => Client::Oras,
        };
        PullCommands { repository: format!("{host}/{repo}"), client }
    }

    /// By a tag, which may move.
    pub fn by_tag(&self, tag: &str) -> String {
        let repository = &self.repository;
        match self.client {
            Client::Docker => format!("docker pull {repository}:{tag}"),
            // A tag cannot hold the plus sign of a version; clients write an underscore.
            Client::Helm => format!("helm pull oci://{repository} --version {}", tag.replace('_', "+")),
            Client::Oras => format!("oras pull {repository}:{tag}"),
        }
    }

    /// By a digest, which never changes.
    pub fn by_digest(&self, digest: &str) -> String {
        let repository = &self.repository;
        match self.client {
            Client::Docker => format!("docker pull {repository}@{digest}"),
            Client::Helm => format!("helm pull oci://{repository}@{digest}"),
            Client::Oras => format!("oras pull {repository}@{digest}"),
        }
    }

    /// As the base of another image, where it can be one.
    pub fn as_base(&self, tag: &str) -> Option<String> {
        (self.client == Client::Docker).then(|| format!("FROM {}:{tag}", self.repository))
    }
}

/// A word that a shell reads as it is.
pub(crate) fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '+' | ':' | '/');
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushing() {
        let project = "team".parse().unwrap();
        let commands = PushCommands::new("localhost:5000", &project, Some("mei"));
        assert_eq!(commands.login, "docker login localhost:5000 -u mei");
        assert_eq!(commands.tag, "docker tag my-app:latest localhost:5000/team/my-app:v1");
        assert_eq!(commands.push, "docker push localhost:5000/team/my-app:v1");
        assert_eq!(PushCommands::new("r.example", &project, None).login, "docker login r.example");
        assert_eq!(shell_word("mei lin"), "'mei lin'");
    }

    #[test]
    fn pulling_follows_the_kind() {
        let repo = "team/a/web".parse().unwrap();
        let of = |kind| PullCommands::new("r.example", &repo, kind);
        assert_eq!(of("IMAGE").by_tag("v1"), "docker pull r.example/team/a/web:v1");
        assert_eq!(of("IMAGE").by_digest("sha256:ab"), "docker pull r.example/team/a/web@sha256:ab");
        assert_eq!(of("IMAGE").as_base("v1").as_deref(), Some("FROM r.example/team/a/web:v1"));
        assert_eq!(of("CHART").by_tag("1.0.0_x"), "helm pull oci://r.example/team/a/web --version 1.0.0+x");
        assert_eq!(of("WASM").by_digest("sha256:ab"), "oras pull r.example/team/a/web@sha256:ab");
        assert_eq!(of("CHART").as_base("v1"), None);
    }
}
