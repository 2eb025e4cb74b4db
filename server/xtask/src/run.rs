//! `berth serve` out of this checkout.

use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::anyhow;

use crate::build;
use crate::workspace::Workspace;

/// Builds, then becomes the server, so that signals reach it. Returns only an error.
pub fn run(workspace: &Workspace, args: &[String]) -> anyhow::Error {
    match build::debug(workspace) {
        Ok(berth) => {
            let error = Command::new(&berth).arg("serve").args(args).exec();
            anyhow!(error).context(format!("could not start {}", berth.display()))
        }
        Err(error) => error,
    }
}
