//! Measurements against release binaries.

use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, anyhow};

use crate::workspace::Workspace;
use crate::{build, command};

/// Builds server and load generator, then becomes the load generator. Returns only an error.
pub fn bench(workspace: &Workspace, args: &[String]) -> anyhow::Error {
    match command_line(workspace) {
        Ok(mut bench) => anyhow!(bench.args(args).exec()).context("could not start berth-bench"),
        Err(error) => error,
    }
}

fn command_line(workspace: &Workspace) -> anyhow::Result<Command> {
    let berth = build::release(workspace)?;
    let mut cargo = workspace.cargo();
    command::run(cargo.args(["build", "--release", "--package", "berth-bench"]))
        .context("could not build berth-bench")?;
    let mut bench = Command::new(workspace.target.join("release/berth-bench"));
    bench.env("BERTH_BIN", berth);
    Ok(bench)
}
