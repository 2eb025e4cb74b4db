//! Pinned Python packages, each in an environment of its own in the cache.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use super::tools::{Pins, finish};
use crate::command;
use crate::workspace::Workspace;

/// Starts the environment's Python wherever the folder is. Its own `bin` must not come into `PATH`: it would hide the
/// system's Python from everybody else.
const LAUNCHER: &str = "#!/bin/sh\nexec \"$(dirname \"$0\")/environment/bin/python\" \"$@\"\n";

/// Installs a package unless the cache has it, and returns the folder of its launcher `python-<name>`.
pub fn package(workspace: &Workspace, pins: &Pins, name: &str) -> anyhow::Result<PathBuf> {
    let package = pins.python.get(name).with_context(|| format!("python.{name} is not in tools.toml"))?;
    let launcher = format!("python-{name}");
    let folder = workspace.tool_folder(&launcher, &package.version);
    if folder.join(&launcher).is_file() {
        return Ok(folder);
    }
    println!("installing Python's {name} {}", package.version);
    let unfinished = folder.with_extension("new");
    let environment = unfinished.join("environment");
    command::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
    let mut pip = Command::new(environment.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]);
    pip.arg(format!("{name}=={}", package.version)).args(&package.requires);
    command::run(&mut pip)?;
    let program = unfinished.join(&launcher);
    fs::write(&program, LAUNCHER).with_context(|| format!("could not write {}", program.display()))?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).context("could not make it a program")?;
    finish(&unfinished, &folder)?;
    Ok(folder)
}
