//! "Set me up" where the registry has TLS: the same lines, without a word of going without it.

use std::fs;

use berth_app::snippets::{Client, Registry, Target, steps};

use crate::berth::{Berth, CERTIFICATE, PASSWORD};
use crate::commands::Shell;
use crate::docker::Docker;
use crate::image::Image;
use crate::known::skopeo;
use crate::podman::podman;
use crate::setup::{run, target};
use crate::tool::Tool;

/// What the page shows to `alice`.
fn secure(berth: &Berth) -> Target {
    Target { registry: Registry { host: berth.host().to_owned(), https: true }, ..target(berth, "alice", None) }
}

/// The client trusts the certificate, as it would one of a known authority.
fn trusting(client: Tool) -> Tool {
    client.env("SSL_CERT_FILE", CERTIFICATE)
}

#[tokio::test]
async fn docker_is_set_up_with_tls() {
    let Some(docker) = Docker::start().await else { return };
    let berth = Berth::start_tls().await;
    let client = docker.client("alice");
    let Some(shell) = Shell::new(&berth.scratch("docker")) else { return };
    docker.import(&client, "my-app:latest").await;
    let remove = format!("docker rmi {}:v1", berth.image("team/my-app"));
    run(&shell.with(&client), &steps(Client::Docker, &secure(&berth)), &remove).await;
    assert_eq!(berth.tags("team", "my-app").await, ["v1"]);
}

#[tokio::test]
async fn podman_is_set_up_with_tls() {
    let folder = tempfile::Builder::new().prefix("bs").tempdir_in("/tmp").unwrap();
    let Some(podman) = podman(folder.path()) else { return };
    fs::write(folder.path().join("registries.conf"), "").unwrap();
    let berth = Berth::start_tls().await;
    let Some(shell) = Shell::new(folder.path()) else { return };
    // Without the certificate it does not go on: nothing in the lines tells it to.
    let lines = steps(Client::Podman, &secure(&berth));
    let Some(strict) = Shell::new(&berth.scratch("strict")) else { return };
    let said = strict.with(&podman).refused(&lines[0].text, &format!("{PASSWORD}\n")).await;
    assert!(said.contains("certificate"), "{said}");

    let shell = shell.with(&trusting(podman));
    Image::of_layers("setup", 2).save(&folder.path().join("image.tar"), "my-app:latest");
    shell.ok("podman load --quiet --input image.tar", "").await;
    run(&shell, &lines, &format!("podman rmi --force {}:v1", berth.image("team/my-app"))).await;
    assert_eq!(berth.tags("team", "my-app").await, ["v1"]);
}

#[tokio::test]
async fn skopeo_is_set_up_with_tls() {
    let berth = Berth::start_tls().await;
    let folder = berth.scratch("skopeo");
    let Some(skopeo) = skopeo(&folder) else { return };
    let Some(shell) = Shell::new(&folder) else { return };
    Image::of_layers("setup", 2).save(&folder.join("my-app.tar"), "my-app:latest");
    run(&shell.with(&trusting(skopeo)), &steps(Client::Skopeo, &secure(&berth)), "").await;
    assert_eq!(berth.tags("team", "my-app").await, ["v1"]);
    assert!(folder.join("my-app/index.json").is_file());
}

#[tokio::test]
async fn helm_is_set_up_with_tls() {
    let berth = Berth::start_tls().await;
    let folder = berth.scratch("helm");
    let Some(helm) = Tool::find_extra("helm", &folder) else { return };
    let helm = helm.env("HELM_REGISTRY_CONFIG", folder.join("registry.json"));
    let helm = helm.env("HELM_CACHE_HOME", folder.join("cache")).env("HELM_CONFIG_HOME", folder.join("config"));
    let Some(shell) = Shell::new(&folder) else { return };
    let shell = shell.with(&trusting(helm));
    shell.ok("helm create my-chart", "").await;
    let mut lines = steps(Client::Helm, &secure(&berth));
    // No cluster is there: what an installation would send to it is made and not sent.
    for step in &mut lines {
        step.text = step.text.replacen("helm install", "helm template", 1);
    }
    run(&shell, &lines, "rm my-chart-0.1.0.tgz").await;
    assert_eq!(berth.tags("team", "my-chart").await, ["0.1.0"]);
}

#[tokio::test]
async fn oras_is_set_up_with_tls() {
    let berth = Berth::start_tls().await;
    let folder = berth.scratch("oras");
    let Some(oras) = Tool::find_extra("oras", &folder) else { return };
    let oras = trusting(oras.env("DOCKER_CONFIG", &folder));
    let Some(shell) = Shell::new(&folder) else { return };
    fs::write(folder.join("README.md"), "# Read me\n").unwrap();
    run(&shell.with(&oras), &steps(Client::Oras, &secure(&berth)), "rm README.md").await;
    assert_eq!(fs::read_to_string(folder.join("README.md")).unwrap(), "# Read me\n");
    assert_eq!(berth.tags("team", "my-files").await, ["v1"]);
}
