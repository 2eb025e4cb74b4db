//! What people type into a terminal to push and pull: whole lines with the real host, project and name, that work as
//! they stand. The suite of clients (`server/tests/clients/setup.rs`) runs them.

mod artifacts;
mod cluster;
mod engines;

use berth_types::{ProjectName, RepoName};

pub use crate::pages::project::commands::PullCommands;
pub use artifacts::trivy;
pub(crate) use artifacts::{
    COSIGN_KEYS, build_attested, cosign_sign, flux_pull, helm_pull, helm_pull_digest, model_copy, model_pull, oras_pull,
};
pub(crate) use engines::{pull, push};

/// A client that can be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// Docker.
    Docker,
    /// Podman.
    Podman,
    /// nerdctl, containerd's own.
    Nerdctl,
    /// Helm, for charts.
    Helm,
    /// ORAS, for files of any kind.
    Oras,
    /// cosign, which signs.
    Cosign,
    /// skopeo, which copies.
    Skopeo,
    /// containerd on the nodes of a cluster.
    Containerd,
    /// A pull secret of Kubernetes.
    Kubernetes,
}

impl Client {
    /// All of them, in the order of the tabs.
    pub const ALL: [Client; 9] = [
        Client::Docker,
        Client::Podman,
        Client::Nerdctl,
        Client::Helm,
        Client::Oras,
        Client::Cosign,
        Client::Skopeo,
        Client::Containerd,
        Client::Kubernetes,
    ];

    /// The word in an address.
    pub const fn code(self) -> &'static str {
        match self {
            Client::Docker => "docker",
            Client::Podman => "podman",
            Client::Nerdctl => "nerdctl",
            Client::Helm => "helm",
            Client::Oras => "oras",
            Client::Cosign => "cosign",
            Client::Skopeo => "skopeo",
            Client::Containerd => "containerd",
            Client::Kubernetes => "kubernetes",
        }
    }

    /// The client of this word.
    pub fn from_code(code: &str) -> Option<Client> {
        Client::ALL.into_iter().find(|client| client.code() == code)
    }

    /// What the client calls itself, the same in all languages.
    pub const fn name(self) -> &'static str {
        match self {
            Client::Kubernetes => "Kubernetes",
            Client::Oras => "ORAS",
            Client::Helm => "Helm",
            Client::Containerd
            | Client::Docker
            | Client::Podman
            | Client::Nerdctl
            | Client::Cosign
            | Client::Skopeo => self.code(),
        }
    }

    /// The repository in the commands where none exists yet.
    pub const fn example(self) -> &'static str {
        match self {
            Client::Helm => "my-chart",
            Client::Oras => "my-files",
            Client::Docker
            | Client::Podman
            | Client::Nerdctl
            | Client::Cosign
            | Client::Skopeo
            | Client::Containerd
            | Client::Kubernetes => "my-app",
        }
    }
}

/// A registry as a client is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    /// Host, with its port where it has one.
    pub host: String,
    /// Whether it speaks TLS. Most clients have to be told where it does not.
    pub https: bool,
}

impl Registry {
    /// `flag` with a space after it where the registry speaks plain HTTP, else nothing.
    fn plain(&self, flag: &str) -> String {
        if self.https { String::new() } else { format!("{flag} ") }
    }

    /// Whether it is this machine, from which container engines take plain HTTP without being told.
    pub fn is_loopback(&self) -> bool {
        let name = match self.host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => self.host.split(':').next().unwrap_or_default(),
        };
        name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// Scheme and host.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.https { "https" } else { "http" }, self.host)
    }
}

/// What a client is set up for: where, what, and who.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The registry.
    pub registry: Registry,
    /// The project.
    pub project: ProjectName,
    /// The repository; without one an example is named.
    pub repository: Option<RepoName>,
    /// The tag that is pulled, and that a push makes.
    pub tag: String,
    /// The name to sign in with; nobody is told to sign in without one.
    pub username: Option<String>,
    /// Whether the visitor may push.
    pub push: bool,
    /// Whether anybody may pull.
    pub public: bool,
}

/// The tag in commands where none is named.
pub const TAG: &str = "v1";

impl Target {
    /// The repository within its project.
    pub fn name(&self, client: Client) -> String {
        self.repository.as_ref().map_or_else(|| client.example().to_owned(), |repo| repo.within_project().to_owned())
    }

    /// What the thing is called before it is in the registry: the last part of the repository's name.
    fn local(&self, client: Client) -> String {
        let name = self.name(client);
        name.rsplit('/').next().unwrap_or(&name).to_owned()
    }

    /// Host, project, repository.
    fn repository(&self, client: Client) -> String {
        format!("{}/{}/{}", self.registry.host, self.project, self.name(client))
    }

    /// Host, project, repository, tag.
    fn image(&self, client: Client) -> String {
        format!("{}:{}", self.repository(client), self.tag)
    }

    /// `-u NAME`, for clients whose log-in takes it so.
    fn user(&self) -> Option<String> {
        self.username.as_deref().map(|name| format!("-u {}", shell_word(name)))
    }
}

/// What a step is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Lets a daemon talk to a registry without TLS.
    Trust,
    /// Signs in.
    SignIn,
    /// Names a local image after the registry.
    Name,
    /// Makes one file of a chart.
    Package,
    /// Pushes.
    Push,
    /// Pulls.
    Pull,
    /// Installs a chart into a cluster.
    Install,
    /// Makes a pair of keys.
    Keys,
    /// Signs.
    Sign,
    /// Verifies a signature.
    Verify,
    /// Says where a registry is and how it is talked to.
    Hosts,
    /// Makes a pull secret.
    Secret,
    /// Uses a pull secret.
    Use,
}

/// One step of setting a client up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it is for.
    pub purpose: Purpose,
    /// The command, or what is in the file.
    pub text: String,
    /// The file that the text is written to; a step without one is a command.
    pub file: Option<String>,
}

impl Step {
    fn command(purpose: Purpose, text: String) -> Step {
        Step { purpose, text, file: None }
    }

    fn file(purpose: Purpose, path: impl Into<String>, text: String) -> Step {
        Step { purpose, text, file: Some(path.into()) }
    }
}

/// The steps that set up a client, in order. What the visitor may not do is left out.
pub fn steps(client: Client, target: &Target) -> Vec<Step> {
    let steps = match client {
        Client::Docker | Client::Podman | Client::Nerdctl => engines::steps(client, target),
        Client::Helm => artifacts::helm(target),
        Client::Oras => artifacts::oras(target),
        Client::Cosign => artifacts::cosign(target),
        Client::Skopeo => artifacts::skopeo(target),
        Client::Containerd => cluster::containerd(target),
        Client::Kubernetes => cluster::kubernetes(target),
    };
    let making = [Purpose::Name, Purpose::Package, Purpose::Push, Purpose::Keys, Purpose::Sign];
    steps.into_iter().filter(|step| target.push || !making.contains(&step.purpose)).collect()
}

/// A word that a shell reads as it is.
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '+' | ':' | '/');
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests;
