//! Lines as people copy them from the portal or the documentation, run by a shell as they are.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::berth::{Berth, PASSWORD, text};
use crate::image::Image;
use crate::known::Trio;
use crate::podman::podman;
use crate::tool::Tool;

/// A shell for which each client is the isolated one.
pub struct Shell {
    shell: Tool,
    programs: PathBuf,
}

impl Shell {
    /// With `folder` as home and current folder.
    pub fn new(folder: &Path) -> Option<Self> {
        let programs = folder.join("bin");
        fs::create_dir_all(&programs).unwrap();
        let path = std::env::join_paths([programs.as_path(), Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
        let shell = Tool::find("sh", folder)?.env("PATH", path).env("TMPDIR", folder);
        let shell = shell.args(["-e", "-c", "cd \"$HOME\"; eval \"$0\""]);
        Some(Shell { shell, programs })
    }

    /// Makes a client known under its name.
    pub fn with(self, client: &Tool) -> Self {
        client.install(&self.programs);
        self
    }

    /// Makes lines known under a name, in place of what a test cannot do to the machine that it runs on.
    pub fn stand_in(self, name: &str, lines: &str) -> Self {
        let path = self.programs.join(name);
        fs::write(&path, format!("#!/bin/sh\nset -e\n{lines}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// Runs lines; all must succeed. `input`: what the person types. Gives what they wrote to their output.
    pub async fn ok(&self, lines: &str, input: &str) -> String {
        self.shell.ok_with_input(&[lines], input.as_bytes()).await
    }

    /// Runs lines of which one must fail, and gives what they said.
    pub async fn refused(&self, lines: &str, input: &str) -> String {
        self.shell.refused_with_input(&[lines], input.as_bytes()).await
    }
}

#[tokio::test]
async fn copied_lines_run_as_they_are() {
    let folder = tempfile::Builder::new().prefix("bl").tempdir_in("/tmp").unwrap();
    let Some(podman) = podman(folder.path()) else { return };
    let berth = Berth::start().await;
    let Some(trio) = Trio::of(&berth, None).await else { return };
    let Some(shell) = Shell::new(folder.path()) else { return };
    let shell = shell.with(&podman).with(&trio.crane).with(&trio.regctl).with(&trio.skopeo);
    Image::of_layers("lines", 2).save(&folder.path().join("image.tar"), "lines:local");
    let host = berth.host();

    let said = shell.refused(&format!("podman login {host} -u alice --password-stdin"), "Wrong-Password-9").await;
    assert!(said.contains("unauthorized") || said.contains("invalid username/password"), "{said}");
    shell.ok(&format!("podman login {host} -u alice --password-stdin"), PASSWORD).await;
    let lines = format!(
        "podman load --quiet --input image.tar\n\
         podman tag lines:local {host}/team/lines:v1\n\
         podman push {host}/team/lines:v1\n\
         podman rmi {host}/team/lines:v1\n\
         podman pull {host}/team/lines:v1"
    );
    shell.ok(&lines, "").await;
    shell.ok(&format!("crane auth login {host} -u alice --password-stdin"), PASSWORD).await;
    let digest = shell.ok(&format!("crane digest {host}/team/lines:v1"), "").await;
    let lines = format!("crane cp {host}/team/lines:v1 {host}/team/lines:v2\ncrane ls {host}/team/lines");
    assert_eq!(shell.ok(&lines, "").await, "v1\nv2");
    shell.ok(&format!("regctl registry login {host} -u alice --pass-stdin"), PASSWORD).await;
    assert_eq!(shell.ok(&format!("regctl image digest {host}/team/lines:v2"), "").await, digest);
    let lines = format!("skopeo login --tls-verify=false {host} -u alice --password-stdin");
    shell.ok(&lines, PASSWORD).await;
    let lines = format!(
        "skopeo copy --src-tls-verify=false docker://{host}/team/lines:v2 oci:back:v2; ls {}",
        text(Path::new("back"))
    );
    assert!(shell.ok(&lines, "").await.contains("index.json"));
}
