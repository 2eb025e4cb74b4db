//! containerd, which is what Kubernetes pulls with.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::berth::{Berth, PASSWORD, text};
use crate::image::Image;
use crate::known::{Trio, Which, ok};
use crate::process::Daemon;
use crate::shapes::Attested;
use crate::tool::{self, Tool};

const START_TIMEOUT: Duration = Duration::from_secs(60);
/// What this machine's kernel may lack, and what no pull needs.
const DISABLED: [&str; 6] = [
    "io.containerd.grpc.v1.cri",
    "io.containerd.internal.v1.opt",
    "io.containerd.snapshotter.v1.aufs",
    "io.containerd.snapshotter.v1.btrfs",
    "io.containerd.snapshotter.v1.devmapper",
    "io.containerd.snapshotter.v1.zfs",
];

/// A daemon with everything of its own.
pub struct Containerd {
    program: Tool,
    ctr: Tool,
    // Before the folder, which is removed when the daemon has left it.
    _daemon: Daemon,
    folder: TempDir,
}

impl Containerd {
    /// Nothing where it cannot run, which was then said.
    pub async fn start() -> Option<Self> {
        // Directly below /tmp: the path of a socket may not be longer than 108 bytes.
        let folder = tempfile::Builder::new().prefix("bc").tempdir_in("/tmp").unwrap();
        let path = folder.path();
        let (ctr, _) = (Tool::find_extra("ctr", path)?, Tool::find_extra("containerd", path)?);
        if !fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
            tool::cannot_run("containerd needs root");
            return None;
        }
        let at = |name: &str| text(&path.join(name)).to_owned();
        let disabled = DISABLED.map(|plugin| format!("{plugin:?}")).join(", ");
        let config = format!(
            "version = 2\nroot = {:?}\nstate = {:?}\ndisabled_plugins = [{disabled}]\n\
             [grpc]\naddress = {:?}\n[ttrpc]\naddress = {:?}\n",
            at("root"),
            at("state"),
            at("s"),
            at("t"),
        );
        fs::write(path.join("config.toml"), config).unwrap();
        let mut command = Command::new("containerd");
        command.arg("--config").arg(path.join("config.toml")).current_dir(path);
        let mut daemon = Daemon::start("containerd", command, path.join("log"));
        daemon.wait_for(START_TIMEOUT, |log| log.contains("successfully booted").then_some(())).await;
        let program = ctr.env("CONTAINERD_ADDRESS", at("s")).env("CONTAINERD_SNAPSHOTTER", "native");
        let ctr = program.clone().args(["images"]);
        Some(Containerd { program, ctr, _daemon: daemon, folder })
    }

    /// `ctr` as people call it.
    pub fn program(&self) -> &Tool {
        &self.program
    }

    /// nerdctl over this daemon, with `home` for all that it writes.
    pub fn nerdctl(&self, home: &Path) -> Option<Tool> {
        let nerdctl = Tool::find_extra("nerdctl", home)?.env("DOCKER_CONFIG", home);
        let (address, data) = (self.folder.path().join("s"), home.join("data"));
        let settings = format!(
            "address = {:?}\nnamespace = \"berth\"\nsnapshotter = \"native\"\ndata_root = {:?}\n",
            text(&address),
            text(&data)
        );
        let file = home.join("nerdctl.toml");
        fs::write(&file, settings).unwrap();
        Some(nerdctl.env("NERDCTL_TOML", file))
    }

    async fn pull(&self, user: Option<&str>, image: &str) -> Result<(), String> {
        self.run(user, &["pull", "--plain-http"], &[image]).await
    }

    async fn push(&self, user: Option<&str>, remote: &str, local: &str) -> Result<(), String> {
        self.run(user, &["push", "--plain-http"], &[remote, local]).await
    }

    async fn run(&self, user: Option<&str>, verb: &[&str], rest: &[&str]) -> Result<(), String> {
        let login = user.map(|user| format!("--user={user}:{PASSWORD}"));
        let arguments: Vec<&str> = verb.iter().copied().chain(login.as_deref()).chain(rest.iter().copied()).collect();
        let outcome = self.ctr.run(&arguments, b"").await;
        if outcome.success { Ok(()) } else { Err(outcome.said()) }
    }
}

#[tokio::test]
async fn ctr_pulls_and_pushes() {
    let Some(containerd) = Containerd::start().await else { return };
    let berth = Berth::start().await;
    let Some(trio) = Trio::of(&berth, Some("alice")).await else { return };
    let layout = berth.scratch("layout");
    let digest = Image::of_layers("containerd", 5).layout(&layout, "local");
    let image = berth.image("team/served:v1");
    ok(trio.push(Which::Skopeo, &layout, &image)).await;

    for user in ["alice", "bob"] {
        containerd.pull(Some(user), &image).await.unwrap();
    }
    let by_digest = format!("{}@{digest}", berth.image("team/served"));
    containerd.pull(Some("bob"), &by_digest).await.unwrap();
    let listed = containerd.ctr.ok(&["list", "--quiet"]).await;
    assert_eq!(listed.lines().collect::<Vec<_>>(), [&image, &by_digest]);
    containerd.ctr.ok(&["check"]).await;

    // To another name, to a repository that is new, and where everything is already.
    let targets = ["team/served:v2", "team/nested/served:v1", "open/served:v1", "open/served:v1"];
    for (count, target) in targets.into_iter().enumerate() {
        let target = berth.image(target);
        containerd.push(Some("alice"), &target, &image).await.unwrap();
        assert_eq!(trio.crane.ok(&["digest", &target]).await, digest);
        let back = berth.scratch(&format!("back-{count}"));
        ok(trio.pull(Which::Regctl, &target, &back)).await;
        assert_eq!(fs::read_dir(back.join("blobs/sha256")).unwrap().count(), 7, "layers, configuration, manifest");
    }
    containerd.ctr.ok(&["remove", "--sync", &image, &by_digest]).await;
    containerd.pull(None, &berth.image("open/served:v1")).await.unwrap();

    Attested::new("containerd").push(&berth.plain("alice"), "team/attested", "v1").await;
    containerd.pull(Some("bob"), &berth.image("team/attested:v1")).await.unwrap();

    let said = containerd.pull(None, &image).await.unwrap_err();
    assert!(said.contains("authorization failed") || said.contains("access denied"), "{said}");
    let said = containerd
        .push(Some("bob"), &berth.image("team/served:bob"), &berth.image("open/served:v1"))
        .await
        .unwrap_err();
    assert!(said.contains("authorization failed") || said.contains("access denied"), "{said}");
    let said = containerd.pull(Some("alice"), &berth.image("team/served:absent")).await.unwrap_err();
    assert!(said.contains("not found"), "{said}");
    assert_eq!(berth.tags("team", "served").await, ["v1", "v2"]);
}
