//! podman, which keeps its images itself and takes every registry for TLS unless told.

use std::fs;
use std::path::Path;

use crate::berth::{Berth, PASSWORD, text};
use crate::container;
use crate::image::Image;
use crate::tool::Tool;

#[tokio::test]
async fn podman_works_from_login_to_run() {
    let folder = tempfile::Builder::new().prefix("bp").tempdir_in("/tmp").unwrap();
    let Some(podman) = podman(folder.path()) else { return };
    let berth = Berth::start().await;
    let plain = "--tls-verify=false";
    let login = ["login", plain, "--username", "alice", "--password-stdin", berth.host()];
    podman.refused_with_input(&login, b"Wrong-Password-9").await;
    podman.ok_with_input(&login, PASSWORD.as_bytes()).await;

    let image = berth.image("team/hello:v1");
    let archive = folder.path().join("image.tar");
    Image::of_layers("podman", 3).save(&archive, &image);
    podman.ok(&["load", "--quiet", "--input", text(&archive)]).await;
    podman.ok(&["push", plain, &image]).await;
    podman.ok(&["push", plain, &image]).await;
    let docker_schema = berth.image("team/hello:v2s2");
    podman.ok(&["push", plain, "--format", "v2s2", &image, &docker_schema]).await;
    assert_eq!(berth.tags("team", "hello").await, ["v1", "v2s2"]);

    podman.ok(&["rmi", &image]).await;
    podman.ok(&["pull", plain, "--quiet", &docker_schema]).await;
    podman.ok(&["pull", plain, "--quiet", &image]).await;
    let digest = podman.ok(&["inspect", "--format", "{{.Digest}}", &image]).await;
    podman.ok(&["rmi", "--force", &image]).await;
    podman.ok(&["pull", plain, "--quiet", &format!("{}@{digest}", berth.image("team/hello"))]).await;
    podman.ok(&["pull", plain, "--quiet", &image]).await;
    // Its defaults are more than it may give inside many a container.
    container::run(&podman, &["--ulimit", "nofile=512:512", "--ulimit", "nproc=512:512"], &image).await;

    let foreign = berth.image("library/hello:v1");
    let refusal = podman.refused(&["push", plain, &image, &foreign]).await;
    assert!(refusal.contains("unauthorized") || refusal.contains("denied"), "{refusal}");
    podman.ok(&["logout", berth.host()]).await;
    podman.refused(&["pull", plain, &image]).await;
}

/// With everything of its own in `folder`, whose path must be short.
pub fn podman(folder: &Path) -> Option<Tool> {
    Some(in_own_storage(Tool::find("podman", folder)?, folder).args([
        "--cgroup-manager",
        "cgroupfs",
        "--events-backend",
        "none",
    ]))
}

/// podman and buildah share their storage, their configuration and how both are told to leave the system's alone.
pub fn in_own_storage(client: Tool, folder: &Path) -> Tool {
    let policy = folder.join("policy.json");
    fs::write(&policy, r#"{ "default": [{ "type": "insecureAcceptAnything" }] }"#).unwrap();
    // Packages of other distributions put this file elsewhere, or nowhere.
    fs::create_dir_all(folder.join(".config/containers")).unwrap();
    fs::copy(&policy, folder.join(".config/containers/policy.json")).unwrap();
    // Without TLS, as lines that people copy do not say it.
    let registries = folder.join("registries.conf");
    fs::write(&registries, "[[registry]]\nlocation = \"127.0.0.1\"\ninsecure = true\n").unwrap();
    let client = client.env("REGISTRY_AUTH_FILE", folder.join("auth.json")).env("TMPDIR", folder);
    let client = client.env("CONTAINERS_REGISTRIES_CONF", registries);
    let (root, runroot) = (folder.join("root"), folder.join("run"));
    let places = ["--root", text(&root), "--runroot", text(&runroot), "--storage-driver", "vfs"];
    client.args(places)
}
