//! The server with the portal embedded.

use std::path::PathBuf;

use crate::command;
use crate::portal::{self, PORTAL_DIR, Profile};
use crate::workspace::Workspace;

/// Builds for development and returns the binary.
pub fn debug(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let portal = portal::build(workspace, Profile::Ci)?;
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--package", "berth-server", "--bin", "berth"]).env(PORTAL_DIR, portal);
    command::run(&mut cargo)?;
    Ok(workspace.target.join("debug/berth"))
}

/// Builds what people run and returns the binary.
pub fn release(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let portal = portal::build(workspace, Profile::Release)?;
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--release", "--package", "berth-server", "--bin", "berth"]).env(PORTAL_DIR, portal);
    command::run(&mut cargo)?;
    Ok(workspace.target.join("release/berth"))
}
