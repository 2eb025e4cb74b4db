//! Measurements against release binaries.

use std::env;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, anyhow};

use crate::prepare::node;
use crate::workspace::Workspace;
use crate::{build, command};

const MEASURE_PORTAL: &str = "end2end/measure.mjs";

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

/// Measures the portal of a release binary. `BERTH_BIN` and `CHROMIUM` may name what is measured and with what.
pub fn portal(workspace: &Workspace) -> anyhow::Result<()> {
    node::modules(workspace)?;
    let mut node = Command::new("node");
    node.arg(MEASURE_PORTAL).current_dir(&workspace.root);
    if env::var_os("BERTH_BIN").is_none() {
        node.env("BERTH_BIN", build::release(workspace)?);
    }
    if env::var_os("CHROMIUM").is_none() {
        node.env("CHROMIUM", command::find("chromium").context("chromium is not installed")?);
    }
    command::run(&mut node)
}
