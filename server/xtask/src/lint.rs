//! What can be checked without running Berth.

use std::fs;
use std::path::PathBuf;

use anyhow::bail;
use clap::ValueEnum;

use crate::command;
use crate::portal::{self, PORTAL_DIR, Profile};
use crate::prepare::tools;
use crate::stages::Stages;
use crate::workspace::Workspace;

/// A step of linting.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Step {
    /// rustfmt
    Format,
    /// clippy for server and portal
    Clippy,
    /// clippy for the browser's side
    ClippyWasm,
    /// cargo-deny: bans, licences, sources, advisories
    Deny,
    /// No second crypto provider in the server
    Ring,
}

/// Runs the given steps, or all when none is given.
pub fn lint(workspace: &Workspace, steps: &[Step], stages: &mut Stages) {
    let steps = if steps.is_empty() { Step::value_variants() } else { steps };
    for step in steps {
        match step {
            Step::Format => {
                stages.run("format", || command::run(workspace.cargo().args(["fmt", "--all", "--check"])));
            }
            Step::Clippy => {
                stages.run("clippy", || clippy(workspace, &["--workspace", "--all-targets"]));
            }
            Step::ClippyWasm => {
                let arguments = ["--package", "berth-wasm", "--target", "wasm32-unknown-unknown"];
                stages.run("clippy-wasm", || {
                    crate::portal::ensure_target()?;
                    clippy(workspace, &arguments)
                });
            }
            Step::Deny => deny(workspace, stages),
            Step::Ring => {
                stages.run("ring", || no_ring(workspace));
            }
        }
    }
}

fn clippy(workspace: &Workspace, arguments: &[&str]) -> anyhow::Result<()> {
    let mut cargo = workspace.cargo();
    cargo.arg("clippy").args(arguments).args(["--", "-D", "warnings"]);
    if let Some(folder) = portal::built(workspace, Profile::Ci) {
        cargo.env(PORTAL_DIR, folder);
    }
    command::run(&mut cargo)
}

fn deny(workspace: &Workspace, stages: &mut Stages) {
    let Some(program) = stages.prepare("deny-tool", || tools::cargo_deny(workspace)) else { return };
    let deny = || {
        let mut deny = std::process::Command::new(&program);
        deny.current_dir(&workspace.root);
        deny
    };
    stages.run("deny", || command::run(deny().args(["--log-level", "error", "check", "bans", "licenses", "sources"])));
    // The database of advisories comes from the network, which a build machine may lack.
    let fetched = command::run(deny().args(["fetch", "db"]));
    match fetched {
        Err(error) if !has_advisories() => {
            stages.skip("advisories", &format!("the database of advisories cannot be fetched: {error:#}"));
        }
        _ => {
            stages.run("advisories", || {
                command::run(deny().args(["--log-level", "error", "check", "--disable-fetch", "advisories"]))
            });
        }
    }
}

fn has_advisories() -> bool {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    home.and_then(|home| fs::read_dir(home.join("advisory-dbs")).ok())
        .is_some_and(|entries| entries.flatten().any(|entry| entry.path().join(".git").exists()))
}

/// Two crypto providers panic at run time. cargo-deny looks at the whole graph, this at the linked server.
fn no_ring(workspace: &Workspace) -> anyhow::Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args(["tree", "--package", "berth-server", "--edges", "normal", "--target", "all", "--invert", "ring"]);
    let output = cargo.output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    // Without any `ring` in the lock file cargo fails and says so.
    if !output.status.success() && !errors.contains("did not match any packages") {
        bail!("cargo tree: {}", errors.trim_end());
    }
    if !output.stdout.is_empty() {
        bail!("ring is linked into the server:\n{}", String::from_utf8_lossy(&output.stdout));
    }
    Ok(())
}
