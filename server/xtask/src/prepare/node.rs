//! npm packages of `end2end`: installed once for each lock file, outside the clone.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use sha2::{Digest, Sha256};

use super::require_version;
use super::tools::{Pins, finish};
use crate::command;
use crate::workspace::Workspace;

/// Characters of the lock file's digest in the folder's name.
const LOCK_DIGEST_HEX: usize = 16;

/// Checks that Node is there and new enough.
pub fn require_node(pins: &Pins) -> anyhow::Result<()> {
    let version = command::output(Command::new("node").arg("--version"))?;
    require_version("Node", version.trim(), &pins.node.version_min)
}

/// Installs the packages unless the cache has them, links `end2end/node_modules` to them, and returns that path.
pub fn modules(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let source = workspace.root.join("end2end");
    let lock = fs::read(source.join("package-lock.json")).context("could not read end2end/package-lock.json")?;
    let mut digest = hex::encode(Sha256::digest(&lock));
    digest.truncate(LOCK_DIGEST_HEX);
    let folder = workspace.cache.join("node").join(digest);
    if !folder.is_dir() {
        require_node(&Pins::read(workspace)?)?;
        install(&source, &folder)?;
    }
    let link = source.join("node_modules");
    let modules = folder.join("node_modules");
    if fs::read_link(&link).is_ok_and(|target| target == modules) || (link.is_dir() && !link.is_symlink()) {
        // A developer's own folder is left alone.
        return Ok(link);
    }
    let _ = fs::remove_file(&link);
    symlink(&modules, &link).with_context(|| format!("could not link {}", link.display()))?;
    Ok(link)
}

fn install(source: &Path, folder: &Path) -> anyhow::Result<()> {
    println!("installing the npm packages of end2end");
    let unfinished = folder.with_extension("new");
    fs::create_dir_all(&unfinished).with_context(|| format!("could not create {}", unfinished.display()))?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(source.join(file), unfinished.join(file)).with_context(|| format!("could not copy {file}"))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&unfinished);
    command::run(&mut npm)?;
    finish(&unfinished, &folder.to_owned())
}
