//! A docker daemon: what developers and their pipelines do.

use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use tempfile::TempDir;

use crate::berth::{Berth, PASSWORD, text};
use crate::container;
use crate::image::{Image, greeter};
use crate::memory::Watch;
use crate::process::Daemon;
use crate::shapes::Attested;
use crate::tool::{self, Tool};

const START_TIMEOUT: Duration = Duration::from_secs(60);
const LARGE_LAYER_BYTES: usize = 64 << 20;
const RESIDENT_BYTES_MAX: u64 = 100 << 20;

#[tokio::test]
async fn docker_works_from_login_to_delete() {
    let Some(docker) = Docker::start().await else { return };
    let berth = Berth::start().await;
    let alice = docker.client("alice");

    let refusal = docker.client("mallory").refused_with_input(&login(&berth, "alice"), b"Wrong-Password-9").await;
    assert!(refusal.contains("unauthorized"), "{refusal}");
    sign_in(&alice, &berth, "alice").await;

    let image = berth.image("team/hello:v1");
    import(&alice, &docker, &image).await;
    let pushed = alice.ok(&["push", &image]).await;
    assert!(pushed.contains("v1: digest: sha256:"), "{pushed}");
    let again = alice.ok(&["push", &image]).await;
    assert!(again.contains("Layer already exists"), "{again}");
    let other = berth.image("team/nested/hello:v2");
    alice.ok(&["tag", &image, &other]).await;
    let mounted = alice.ok(&["push", &other]).await;
    assert!(mounted.contains("Mounted from team/hello"), "{mounted}");
    assert_eq!(berth.tags("team", "hello").await, ["v1"]);
    assert_eq!(berth.tags("team", "nested/hello").await, ["v2"]);

    alice.ok(&["rmi", &image, &other]).await;
    alice.ok(&["pull", &image]).await;
    container::run(&alice, &[], &image).await;
    let digests = alice.ok(&["inspect", "--format", "{{index .RepoDigests 0}}", &image]).await;
    alice.ok(&["rmi", &image]).await;
    alice.ok(&["pull", &digests]).await;
    alice.ok(&["rmi", &digests]).await;

    // It takes its platform's image out of an index that says more than it knows.
    let attested = berth.image("team/attested:v1");
    Attested::new("docker").push(&berth.plain("alice"), "team/attested", "v1").await;
    alice.ok(&["pull", &attested]).await;
    container::run(&alice, &[], &attested).await;
    alice.ok(&["rmi", &attested]).await;

    let (status, answer) = berth.api(Method::DELETE, "/projects/team/repositories/hello/artifacts/v1", None).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let gone = alice.refused(&["pull", &image]).await;
    assert!(gone.contains("not found") || gone.contains("manifest unknown"), "{gone}");
    alice.ok(&["logout", berth.host()]).await;
    alice.refused(&["pull", &other]).await;
}

#[tokio::test]
async fn docker_is_refused_what_its_user_may_not_do() {
    let Some(docker) = Docker::start().await else { return };
    let berth = Berth::start().await;
    let (alice, bob, nobody) = (docker.client("alice"), docker.client("bob"), docker.client("nobody"));
    sign_in(&alice, &berth, "alice").await;
    sign_in(&bob, &berth, "bob").await;

    let (private, public) = (berth.image("team/hello:v1"), berth.image("open/hello:v1"));
    import(&alice, &docker, &private).await;
    alice.ok(&["tag", &private, &public]).await;
    alice.ok(&["push", &private]).await;
    alice.ok(&["push", &public]).await;
    alice.ok(&["rmi", &private, &public]).await;

    nobody.ok(&["pull", &public]).await;
    let refusal = nobody.refused(&["pull", &private]).await;
    assert!(refusal.contains("unauthorized") || refusal.contains("denied"), "{refusal}");
    let refusal = nobody.refused(&["push", &public]).await;
    assert!(refusal.contains("unauthorized") || refusal.contains("denied"), "{refusal}");

    bob.ok(&["pull", &private]).await;
    let refusal = bob.refused(&["push", &private]).await;
    assert!(refusal.contains("unauthorized") || refusal.contains("denied"), "{refusal}");
    assert!(refusal.contains("team/hello"), "the message must say what was refused: {refusal}");
    let elsewhere = berth.image("nowhere/hello:v1");
    bob.ok(&["tag", &private, &elsewhere]).await;
    let refusal = bob.refused(&["push", &elsewhere]).await;
    assert!(
        refusal.contains("unauthorized") || refusal.contains("denied") || refusal.contains("not found"),
        "{refusal}"
    );
}

#[tokio::test]
async fn docker_moves_ten_layers_and_a_large_one_in_little_memory() {
    let Some(docker) = Docker::start().await else { return };
    let berth = Berth::start().await;
    let alice = docker.client("alice");
    sign_in(&alice, &berth, "alice").await;

    let layered = berth.image("team/layered:ten");
    load(&alice, &docker, &Image::of_layers("layered", 10), &layered).await;
    alice.ok(&["push", &layered]).await;
    alice.ok(&["rmi", &layered]).await;
    alice.ok(&["pull", &layered]).await;
    let layers = alice.ok(&["inspect", "--format", "{{len .RootFS.Layers}}", &layered]).await;
    assert_eq!(layers, "10");
    container::run(&alice, &[], &layered).await;

    let large = berth.image("team/large:1");
    load(&alice, &docker, &Image::with_noise("large", LARGE_LAYER_BYTES), &large).await;
    let watch = Watch::begin(berth.pid());
    alice.ok(&["push", &large]).await;
    alice.ok(&["rmi", &large]).await;
    alice.ok(&["pull", &large]).await;
    let peak = watch.peak_bytes();
    println!("resident while a layer of 64 MiB came and went: {} MiB", peak >> 20);
    assert!(peak < RESIDENT_BYTES_MAX, "{peak} bytes were resident");
    container::run(&alice, &[], &large).await;
}

/// A daemon with everything of its own: folders, socket, containerd.
pub struct Docker {
    client: Tool,
    // Before the folder, which is removed when the daemon has left it.
    daemon: Daemon,
    folder: TempDir,
}

impl Docker {
    /// Nothing where it cannot run, which was then said.
    pub async fn start() -> Option<Self> {
        // Directly below /tmp: the path of a socket may not be longer than 108 bytes.
        let folder = tempfile::Builder::new().prefix("bd").tempdir_in("/tmp").unwrap();
        let path = folder.path();
        let (client, _) = (Tool::find("docker", path)?, Tool::find("dockerd", path)?);
        if !fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
            tool::cannot_run("dockerd needs root");
            return None;
        }
        let socket = format!("unix://{}/d.sock", path.display());
        let mut command = Command::new("dockerd");
        command.args(["--bridge=none", "--iptables=false", "--ip6tables=false", "--storage-driver=vfs"]);
        // This machine's own address is trusted without TLS by itself; any other is told of by the file.
        command.args(["-H", &socket]);
        for (option, name) in [("--data-root", "data"), ("--exec-root", "exec"), ("--pidfile", "pid")] {
            command.arg(option).arg(path.join(name));
        }
        command.arg("--config-file").arg(path.join("daemon.json")).env("PATH", path_with_system_folders());
        fs::write(path.join("daemon.json"), "{}").unwrap();
        let mut daemon = Daemon::start("dockerd", command, path.join("log"));
        let listens = |log: &str| log.contains("API listen on").then_some(());
        daemon.wait_for(START_TIMEOUT, listens).await;
        let client = client.env("DOCKER_HOST", socket);
        Some(Docker { client, daemon, folder })
    }

    /// A client with credentials of its own.
    pub fn client(&self, name: &str) -> Tool {
        self.client.clone().env("DOCKER_CONFIG", self.folder.path().join(name))
    }

    /// What `/etc/docker/daemon.json` is to the daemon of a system.
    pub fn configuration(&self) -> PathBuf {
        self.folder.path().join("daemon.json")
    }

    /// What `systemctl restart docker` is here, for a shell: the daemon reads its file again, as at its start.
    pub fn restarting(&self) -> String {
        let (pid, log) = (self.daemon.pid(), self.folder.path().join("log"));
        format!(
            "test \"$*\" = 'restart docker'\nkill -HUP {pid}\n\
             until grep -q 'Reloaded configuration' {}; do sleep 0.1; done",
            text(&log)
        )
    }

    /// Makes an image of one layer that runs its program.
    pub async fn import(&self, client: &Tool, image: &str) {
        import(client, self, image).await;
    }
}

fn path_with_system_folders() -> std::ffi::OsString {
    let mut path = env::var_os("PATH").unwrap_or_default();
    path.push(":/usr/sbin:/sbin");
    path
}

fn login<'a>(berth: &'a Berth, user: &'a str) -> [&'a str; 5] {
    ["login", "--username", user, "--password-stdin", berth.host()]
}

async fn sign_in(client: &Tool, berth: &Berth, user: &str) {
    let said = client.ok_with_input(&login(berth, user), PASSWORD.as_bytes()).await;
    assert!(said.contains("Login Succeeded"), "{said}");
}

/// Makes an image of one layer that runs its program.
async fn import(client: &Tool, docker: &Docker, image: &str) {
    let archive = docker.folder.path().join("root.tar");
    fs::write(&archive, greeter(image)).unwrap();
    client.ok(&["import", "--change", r#"CMD ["/hello"]"#, text(&archive), image]).await;
}

async fn load(client: &Tool, docker: &Docker, image: &Image, name: &str) {
    let archive = docker.folder.path().join("image.tar");
    image.save(&archive, name);
    client.ok(&["load", "--input", text(&archive)]).await;
    fs::remove_file(&archive).unwrap();
}
