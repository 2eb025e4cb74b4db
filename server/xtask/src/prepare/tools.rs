//! Pinned tools, built from source into the cache and kept there by version.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;
use serde::Deserialize;

use super::require_version;
use crate::command;
use crate::workspace::Workspace;

/// `end2end/tools.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    go: Runtime,
    /// Runs the browser's suite.
    pub node: Runtime,
    tool: BTreeMap<String, Tool>,
    cargo: BTreeMap<String, CargoTool>,
}

/// A language that Debian or the developer provides.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runtime {
    /// Major and perhaps minor version.
    pub version_min: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tool {
    version: String,
    module: String,
    /// Only when all clients are asked for.
    #[serde(default)]
    extra: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CargoTool {
    version: String,
    package: String,
}

impl Pins {
    /// Reads the pinned versions.
    pub fn read(workspace: &Workspace) -> anyhow::Result<Self> {
        let path = workspace.root.join("end2end/tools.toml");
        let text = fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is not valid", path.display()))
    }

    /// The names of the tools that a usual run, or one of all clients, asks for.
    pub fn names(&self, extra: bool) -> Vec<String> {
        self.tool.iter().filter(|(_, tool)| extra || !tool.extra).map(|(name, _)| name.clone()).collect()
    }
}

/// Checks that Go is there and new enough.
pub fn require_go(pins: &Pins) -> anyhow::Result<()> {
    // `local`: a newer toolchain is not fetched behind the user's back.
    let version = command::output(Command::new("go").args(["env", "GOVERSION"]).env("GOTOOLCHAIN", "local"))?;
    require_version("Go", version.trim(), &pins.go.version_min)
}

/// Installs a client tool unless the cache has it, and returns the folder to put into `PATH`.
pub fn client(workspace: &Workspace, pins: &Pins, name: &str) -> anyhow::Result<PathBuf> {
    let tool = pins.tool.get(name).with_context(|| format!("{name} is not in tools.toml"))?;
    let folder = workspace.tool_folder(name, &tool.version);
    if folder.join(name).is_file() {
        return Ok(folder);
    }
    println!("building {name} {} from source", tool.version);
    let unfinished = folder.with_extension("new");
    let mut go = Command::new("go");
    go.args(["install", "-trimpath", "-ldflags=-s -w"]).arg(format!("{}@v{}", tool.module, tool.version));
    go.env("GOBIN", &unfinished).env("GOTOOLCHAIN", "local").env("GOFLAGS", "").env("CGO_ENABLED", "0");
    command::run(go.current_dir("/"))?;
    finish(&unfinished, &folder)?;
    Ok(folder)
}

/// Installs cargo-deny unless the cache has it, and returns the program.
pub fn cargo_deny(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let pins = Pins::read(workspace)?;
    let tool = pins.cargo.get("deny").context("cargo.deny is not in tools.toml")?;
    let folder = workspace.tool_folder(&tool.package, &tool.version);
    let program = folder.join("bin").join(&tool.package);
    if program.is_file() {
        return Ok(program);
    }
    println!("building {} {} from source", tool.package, tool.version);
    // Its own target folder, thrown away: nothing of it is of use to the workspace.
    let build = workspace.cache.join("tools/build");
    let mut cargo = workspace.cargo();
    cargo.args(["install", "--quiet", "--locked", "--root"]).arg(&folder).arg("--target-dir").arg(&build);
    cargo.arg(format!("{}@{}", tool.package, tool.version)).env_remove("CARGO_TARGET_DIR");
    command::run(&mut cargo)?;
    fs::remove_dir_all(&build).with_context(|| format!("could not remove {}", build.display()))?;
    Ok(program)
}

/// Gives a complete folder its name, so that an interrupted build is never taken for a tool.
pub fn finish(unfinished: &PathBuf, folder: &PathBuf) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("could not remove {}", folder.display()))?;
    }
    fs::rename(unfinished, folder).with_context(|| format!("could not rename to {}", folder.display()))
}
