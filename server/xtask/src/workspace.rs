//! Where things are: the checkout, the target folder, the cache.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use cargo_metadata::{Metadata, MetadataCommand};

/// The checkout that the task works on.
pub struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub root: PathBuf,
    /// Cargo's target folder; `CARGO_TARGET_DIR` is honoured.
    pub target: PathBuf,
    /// Tools and packages that outlive a clone.
    pub cache: PathBuf,
    /// The members, without their external graph.
    pub metadata: Metadata,
}

impl Workspace {
    /// Reads the workspace around the current folder.
    pub fn load() -> anyhow::Result<Self> {
        let metadata = MetadataCommand::new().no_deps().exec().context("could not read the workspace")?;
        Ok(Self {
            root: metadata.workspace_root.clone().into_std_path_buf(),
            target: metadata.target_directory.clone().into_std_path_buf(),
            cache: cache_folder()?,
            metadata,
        })
    }

    /// `cargo` in the workspace's root.
    pub fn cargo(&self) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(&self.root);
        cargo
    }

    /// Where a tool of this version is kept.
    pub fn tool_folder(&self, name: &str, version: &str) -> PathBuf {
        self.cache.join("tools").join(format!("{name}-{version}"))
    }
}

/// Whether this runs under continuous integration, where a missing suite is an error.
pub fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "0" && value != "false")
}

fn cache_folder() -> anyhow::Result<PathBuf> {
    if let Some(folder) = env::var_os("BERTH_CI_CACHE").filter(|value| !value.is_empty()) {
        return std::path::absolute(folder).context("could not resolve BERTH_CI_CACHE");
    }
    if let Some(folder) = env::var_os("XDG_CACHE_HOME").filter(|value| Path::new(value).is_absolute()) {
        return Ok(Path::new(&folder).join("berth-ci"));
    }
    let home = env::home_dir().context("no home folder: set BERTH_CI_CACHE")?;
    Ok(home.join(".cache/berth-ci"))
}
