//! Clusters: containerd on the nodes, pull secrets in the namespaces.

use super::{Client, Purpose, Step, Target, shell_word};

/// Where containerd reads how it talks to a registry.
const HOSTS_DIR: &str = "/etc/containerd/certs.d";

pub(super) fn containerd(target: &Target) -> Vec<Step> {
    let (host, url) = (&target.registry.host, target.registry.url());
    let image = target.image(Client::Containerd);
    let hosts = format!("server = \"{url}\"\n\n[host.\"{url}\"]\n  capabilities = [\"pull\", \"resolve\"]\n");
    let mut steps = vec![Step::file(Purpose::Hosts, format!("{HOSTS_DIR}/{host}/hosts.toml"), hosts)];
    // ctr asks for the password. Without a name it gets what anybody may have.
    let user = match &target.username {
        Some(name) if !target.public => format!("--user {} ", shell_word(name)),
        _ => String::new(),
    };
    if target.public || target.username.is_some() {
        let pull = format!("sudo ctr images pull --hosts-dir {HOSTS_DIR} {user}{image}");
        steps.push(Step::command(Purpose::Pull, pull));
    }
    steps
}

pub(super) fn kubernetes(target: &Target) -> Vec<Step> {
    let image = target.image(Client::Kubernetes);
    let (app, secret) = (object_name(&target.local(Client::Kubernetes)), secret_name(target));
    let mut steps = Vec::new();
    let mut uses = String::new();
    if let Some(name) = &target.username {
        // The password comes from standard input, so that no history has it.
        let text = format!(
            "kubectl create secret docker-registry {secret} --docker-server={} --docker-username={} \
             --docker-password=\"$(cat)\" --dry-run=client --output=yaml | kubectl apply --filename=-",
            target.registry.host,
            shell_word(name),
        );
        steps.push(Step::command(Purpose::Secret, text));
        uses = format!("  imagePullSecrets:\n    - name: {secret}\n");
    }
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {app}\nspec:\n  containers:\n    - name: {app}\n      \
         image: {image}\n{uses}"
    );
    steps.push(Step::file(Purpose::Use, format!("{app}.yaml"), pod));
    steps
}

/// The name of the pull secret of a project.
fn secret_name(target: &Target) -> String {
    format!("pull-{}", object_name(target.project.as_str()))
}

/// A name as Kubernetes takes it: small letters, digits and dashes, at most 63 of them and no dash at either end.
fn object_name(name: &str) -> String {
    /// Leaves room for what is put before it.
    const CHARS_MAX: usize = 50;
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let cut: String = plain.trim_matches('-').chars().take(CHARS_MAX).collect();
    cut.trim_end_matches('-').to_owned()
}
