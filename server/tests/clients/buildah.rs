//! buildah, which builds without a daemon.

use std::fs;

use serde_json::Value;

use crate::berth::{Berth, PASSWORD, text};
use crate::image::greeter;
use crate::known::Trio;
use crate::podman::in_own_storage;
use crate::tool::Tool;

const ZSTD_LAYER: &str = "application/vnd.oci.image.layer.v1.tar+zstd";

#[tokio::test]
async fn buildah_builds_pushes_and_pulls() {
    let folder = tempfile::Builder::new().prefix("bb").tempdir_in("/tmp").unwrap();
    let Some(buildah) = Tool::find_extra("buildah", folder.path()) else { return };
    let buildah = in_own_storage(buildah, folder.path());
    println!("{}", buildah.ok(&["--version"]).await);
    let berth = Berth::start().await;
    let Some(trio) = Trio::of(&berth, Some("alice")).await else { return };
    let plain = "--tls-verify=false";
    let login = |user| ["login", plain, "--username", user, "--password-stdin", berth.host()];
    buildah.refused_with_input(&login("alice"), b"Wrong-Password-9").await;
    buildah.ok_with_input(&login("alice"), PASSWORD.as_bytes()).await;

    // Two builds of different content: it remembers how it once sent a layer, and sends it so again.
    let (image, zstd) = (berth.image("team/built:v1"), berth.image("team/built:zstd"));
    for name in [&image, &zstd] {
        let context = tempfile::tempdir_in(folder.path()).unwrap();
        fs::write(context.path().join("root.tar"), greeter(name)).unwrap();
        fs::write(context.path().join("file"), name).unwrap();
        let recipe = "FROM scratch\nADD root.tar /\nCOPY file /file\nLABEL org.example.made=yes\nCMD [\"/hello\"]\n";
        fs::write(context.path().join("Containerfile"), recipe).unwrap();
        let build = ["build", "--quiet", "--isolation", "chroot", "--layers", "--tag", name, text(context.path())];
        buildah.ok(&build).await;
    }
    buildah.ok(&["push", plain, "--quiet", "--compression-format", "zstd", &zstd]).await;
    let manifest: Value = serde_json::from_str(&trio.crane.ok(&["manifest", &zstd]).await).unwrap();
    assert!(manifest["layers"].as_array().unwrap().iter().all(|layer| layer["mediaType"] == ZSTD_LAYER), "{manifest}");

    let written = folder.path().join("digest");
    buildah.ok(&["push", plain, "--digestfile", text(&written), &image]).await;
    let digest = fs::read_to_string(&written).unwrap();
    assert_eq!(trio.crane.ok(&["digest", &image]).await, digest.trim());
    let config: Value = serde_json::from_str(&trio.crane.ok(&["config", &image]).await).unwrap();
    assert_eq!(config["config"]["Labels"]["org.example.made"], "yes");

    // Another image on top of it, in docker's format; its base is there already.
    let container = buildah.ok(&["from", plain, &image]).await;
    buildah.ok(&["config", "--env", "ADDED=1", &container]).await;
    let docker = berth.image("team/built:docker");
    buildah.ok(&["commit", "--quiet", "--format", "docker", "--rm", &container, &docker]).await;
    buildah.ok(&["push", plain, "--format", "v2s2", &docker]).await;
    let manifest: Value = serde_json::from_str(&trio.crane.ok(&["manifest", &docker]).await).unwrap();
    assert_eq!(manifest["mediaType"], "application/vnd.docker.distribution.manifest.v2+json");

    // One name for two platforms.
    let multi = format!("docker://{}", berth.image("team/built:multi"));
    buildah.ok(&["manifest", "create", "both"]).await;
    buildah.ok(&["manifest", "add", plain, "both", &format!("docker://{image}")]).await;
    buildah.ok(&["manifest", "add", plain, "--arch", "s390x", "both", &format!("docker://{docker}")]).await;
    buildah.ok(&["manifest", "push", plain, "--all", "both", &multi]).await;
    assert_eq!(berth.tags("team", "built").await, ["docker", "multi", "v1", "zstd"]);

    buildah.ok(&["rmi", "--all", "--force"]).await;
    for name in
        [&berth.image("team/built:multi"), &zstd, &docker, &format!("{}@{}", berth.image("team/built"), digest.trim())]
    {
        buildah.ok(&["pull", plain, "--policy", "always", "--quiet", name]).await;
    }

    buildah.ok_with_input(&login("bob"), PASSWORD.as_bytes()).await;
    buildah.ok(&["pull", plain, "--policy", "always", "--quiet", &image]).await;
    let said = buildah.refused(&["push", plain, &image, &format!("docker://{}", berth.image("team/built:bob"))]).await;
    assert!(said.contains("unauthorized") || said.contains("denied"), "{said}");
    buildah.ok(&["logout", berth.host()]).await;
    let said = buildah.refused(&["pull", plain, "--policy", "always", "--quiet", &image]).await;
    assert!(said.contains("unauthorized") || said.contains("denied"), "{said}");
}
