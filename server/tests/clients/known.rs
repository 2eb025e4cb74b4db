//! The clients of every run: found, kept apart from the developer's own, signed in.

use std::fs;
use std::path::Path;

use crate::berth::{Berth, password_of, text};
use crate::tool::Tool;

/// Three clients that share no code in how they talk to a registry, as one person or as nobody.
pub struct Trio {
    /// go-containerregistry.
    pub crane: Tool,
    /// regclient.
    pub regctl: Tool,
    /// containers/image, which podman and buildah are made of as well.
    pub skopeo: Tool,
}

/// Which of the three.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    Crane,
    Regctl,
    Skopeo,
}

impl Which {
    /// All three.
    pub const ALL: [Which; 3] = [Which::Crane, Which::Regctl, Which::Skopeo];
}

impl Trio {
    /// Nothing where one of them is missing, which was then said. `user`: nobody where it is `None`.
    pub async fn of(berth: &Berth, user: Option<&str>) -> Option<Self> {
        let folder = berth.scratch(&format!("trio-{}", user.unwrap_or("nobody")));
        let trio = Trio {
            crane: Tool::find("crane", &folder)?.env("DOCKER_CONFIG", &folder),
            regctl: Tool::find("regctl", &folder)?
                .env("REGCTL_CONFIG", folder.join("regctl.json"))
                .env("DOCKER_CONFIG", &folder),
            skopeo: skopeo(&folder)?,
        };
        trio.regctl.ok(&["registry", "set", berth.host(), "--tls", "disabled", "--skip-check"]).await;
        if let Some(user) = user {
            let (host, password) = (berth.host(), password_of(user).as_bytes());
            trio.crane.ok_with_input(&["auth", "login", host, "--username", user, "--password-stdin"], password).await;
            let login = ["registry", "login", host, "--user", user, "--pass-stdin"];
            trio.regctl.ok_with_input(&login, password).await;
            let login = ["login", "--tls-verify=false", "--username", user, "--password-stdin", host];
            trio.skopeo.ok_with_input(&login, password).await;
        }
        Some(trio)
    }

    /// The client and its arguments that copy an image with all that belongs to it into an OCI layout.
    pub fn pull<'a>(&'a self, which: Which, image: &str, layout: &Path) -> (&'a Tool, Vec<String>) {
        let layout = text(layout);
        let (client, arguments) = match which {
            Which::Crane => (&self.crane, vec!["pull", "--format", "oci", image, layout]),
            Which::Regctl => {
                let layout = format!("ocidir://{layout}:pulled");
                return (&self.regctl, owned(&["image", "copy", image, &layout]));
            }
            Which::Skopeo => {
                let (image, layout) = (format!("docker://{image}"), format!("oci:{layout}:pulled"));
                let copy = ["copy", "--all", "--preserve-digests", "--src-tls-verify=false", &image, &layout];
                return (&self.skopeo, owned(&copy));
            }
        };
        (client, owned(&arguments))
    }

    /// The client and its arguments that copy an OCI layout, tagged `local`, to a registry.
    pub fn push<'a>(&'a self, which: Which, layout: &Path, image: &str) -> (&'a Tool, Vec<String>) {
        let layout = text(layout);
        match which {
            Which::Crane => (&self.crane, owned(&["push", layout, image])),
            Which::Regctl => (&self.regctl, owned(&["image", "copy", &format!("ocidir://{layout}:local"), image])),
            Which::Skopeo => {
                let (layout, image) = (format!("oci:{layout}:local"), format!("docker://{image}"));
                let copy = ["copy", "--preserve-digests", "--dest-tls-verify=false", &layout, &image];
                (&self.skopeo, owned(&copy))
            }
        }
    }

    /// The bytes of a manifest as a client reads it, without spaces at either end.
    pub async fn manifest(&self, which: Which, image: &str) -> String {
        match which {
            Which::Crane => self.crane.ok(&["manifest", image]).await,
            Which::Regctl => self.regctl.ok(&["manifest", "get", "--format", "raw-body", image]).await,
            Which::Skopeo => {
                let image = format!("docker://{image}");
                self.skopeo.ok(&["inspect", "--raw", "--tls-verify=false", &image]).await
            }
        }
    }
}

/// Runs what [`Trio::pull`] or [`Trio::push`] gave; it must succeed.
pub async fn ok((client, arguments): (&Tool, Vec<String>)) -> String {
    client.ok(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await
}

/// As [`ok`]; it must fail. Gives what the client said.
pub async fn refused((client, arguments): (&Tool, Vec<String>)) -> String {
    client.refused(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await
}

/// skopeo with everything of its own in `folder`.
pub fn skopeo(folder: &Path) -> Option<Tool> {
    let policy = folder.join("policy.json");
    fs::write(&policy, r#"{ "default": [{ "type": "insecureAcceptAnything" }] }"#).unwrap();
    let skopeo = Tool::find("skopeo", folder)?.env("REGISTRY_AUTH_FILE", folder.join("auth.json"));
    Some(skopeo.env("TMPDIR", folder).args(["--policy", text(&policy)]))
}

fn owned(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|argument| (*argument).to_owned()).collect()
}
