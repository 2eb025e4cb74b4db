//! Clients that keep images: docker, podman, nerdctl.

use super::{Client, Purpose, Registry, Step, Target};

/// Where dockerd reads its configuration.
const DAEMON_FILE: &str = "/etc/docker/daemon.json";

/// The client and what every call of it needs before its verb.
fn program(client: Client, registry: &Registry) -> String {
    match client {
        Client::Nerdctl => format!("nerdctl {}", registry.plain("--insecure-registry")).trim_end().to_owned(),
        _ => client.code().to_owned(),
    }
}

/// What a call needs after its verb, with a space at the end.
fn flags(client: Client, registry: &Registry) -> String {
    match client {
        Client::Podman => registry.plain("--tls-verify=false"),
        _ => String::new(),
    }
}

/// The command that pulls `reference`, host and tag or digest included.
pub(crate) fn pull(client: Client, registry: &Registry, reference: &str) -> String {
    format!("{} pull {}{reference}", program(client, registry), flags(client, registry))
}

/// The command that pushes `reference`.
pub(crate) fn push(client: Client, registry: &Registry, reference: &str) -> String {
    format!("{} push {}{reference}", program(client, registry), flags(client, registry))
}

pub(super) fn steps(client: Client, target: &Target) -> Vec<Step> {
    let registry = &target.registry;
    let (program, flags) = (program(client, registry), flags(client, registry));
    let image = target.image(client);
    let mut steps = Vec::new();
    // dockerd alone reads this from a file. It takes this machine without being told.
    if client == Client::Docker && !registry.https && !registry.is_loopback() {
        let host = &registry.host;
        let text = format!("{{\n  \"insecure-registries\": [\"{host}\"]\n}}\n");
        steps.push(Step::file(Purpose::Trust, DAEMON_FILE, text));
        steps.push(Step::command(Purpose::Trust, "sudo systemctl restart docker".to_owned()));
    }
    if let Some(user) = target.user() {
        let text = format!("{program} login {flags}{} {user} --password-stdin", registry.host);
        steps.push(Step::command(Purpose::SignIn, text));
    }
    let local = target.local(client);
    steps.push(Step::command(Purpose::Name, format!("{} tag {local}:latest {image}", client.code())));
    steps.push(Step::command(Purpose::Push, push(client, registry, &image)));
    steps.push(Step::command(Purpose::Pull, pull(client, registry, &image)));
    steps
}
