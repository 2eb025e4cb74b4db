//! Pinned tools, built from source into the cache and kept there by version.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::require_version;
use crate::command;
use crate::workspace::Workspace;

/// Characters of a source's digest in its folder's name.
const SOURCE_DIGEST_HEX: usize = 12;

/// `end2end/tools.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    go: Runtime,
    /// Runs the browser's suite.
    pub node: Runtime,
    tool: BTreeMap<String, Tool>,
    cargo: BTreeMap<String, CargoTool>,
    /// Python packages, for a run of all clients.
    pub python: BTreeMap<String, PythonPackage>,
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
    /// The program's folder within the module; built within a module of its own that requires the tool's.
    package: Option<String>,
    /// A folder of `end2end` that holds a program and its module.
    source: Option<String>,
    /// A file of the module that the program embeds and its authors make before they build; here it is empty.
    made: Option<String>,
    /// What `GOEXPERIMENT` has to say.
    experiment: Option<String>,
    /// Only when all clients are asked for.
    #[serde(default)]
    extra: bool,
}

/// A Python package and what it needs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PythonPackage {
    /// The package's version.
    pub version: String,
    /// Other packages, each with its version.
    pub requires: Vec<String>,
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
    let source = tool.source.as_ref().map(|folder| workspace.root.join("end2end").join(folder));
    let mut version = tool.version.clone();
    if let Some(source) = &source {
        version = format!("{version}-{}", fingerprint(source)?);
    }
    // Built in another way it is another program.
    for option in [&tool.made, &tool.experiment].into_iter().flatten() {
        version = format!("{version}-{}", option.replace('/', "."));
    }
    let go = |verb: &str| {
        let mut go = go(verb);
        go.env("GOEXPERIMENT", tool.experiment.as_deref().unwrap_or_default());
        go
    };
    let folder = workspace.tool_folder(name, &version);
    if folder.join(name).is_file() {
        return Ok(folder);
    }
    println!("building {name} {} from source", tool.version);
    let unfinished = folder.with_extension("new");
    fs::create_dir_all(&unfinished).with_context(|| format!("could not create {}", unfinished.display()))?;
    let program = unfinished.join(name);
    if let Some(source) = source {
        command::run(go("build").args(["-mod=readonly", "-o"]).arg(&program).arg(".").current_dir(source))?;
    } else if let (Some(package), Some(made)) = (&tool.package, &tool.made) {
        let source = module_with(tool, made, &unfinished.join("source"))?;
        let package = format!("./{package}");
        command::run(go("build").args(["-mod=readonly", "-o"]).arg(&program).arg(package).current_dir(&source))?;
        fs::remove_dir_all(&source).with_context(|| format!("could not remove {}", source.display()))?;
    } else if let Some(package) = &tool.package {
        let module = format!(
            "module berth.test/{name}\n\ngo {}\n\nrequire {} v{}\n",
            pins.go.version_min, tool.module, tool.version
        );
        fs::write(unfinished.join("go.mod"), module).context("could not write go.mod")?;
        let package = format!("{}/{package}", tool.module);
        command::run(go("build").args(["-mod=mod", "-o"]).arg(&program).arg(package).current_dir(&unfinished))?;
    } else {
        let mut go = go("install");
        go.arg(format!("{}@v{}", tool.module, tool.version)).env("GOBIN", &unfinished);
        command::run(go.current_dir("/"))?;
    }
    finish(&unfinished, &folder)?;
    Ok(folder)
}

/// Copies a published module to `folder`, with a file that is not published. Go lets nothing be added where it keeps modules.
fn module_with(tool: &Tool, made: &str, folder: &Path) -> anyhow::Result<PathBuf> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Download {
        dir: PathBuf,
    }
    let mut download = Command::new("go");
    download.args(["mod", "download", "-json"]).arg(format!("{}@v{}", tool.module, tool.version));
    let told = command::output(download.env("GOTOOLCHAIN", "local").env("GOFLAGS", "").current_dir("/"))?;
    let Download { dir } = serde_json::from_str(&told).context("Go told of the module in an unknown way")?;
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("could not remove {}", folder.display()))?;
    }
    // Go's copies are read-only.
    command::run(Command::new("cp").args(["-r", "--no-preserve=mode"]).arg(dir).arg(folder))?;
    let made = folder.join(made);
    if let Some(parent) = made.parent() {
        fs::create_dir_all(parent).with_context(|| format!("could not create {}", parent.display()))?;
    }
    fs::write(&made, "").with_context(|| format!("could not write {}", made.display()))?;
    Ok(folder.to_owned())
}

fn go(verb: &str) -> Command {
    let mut go = Command::new("go");
    go.args([verb, "-trimpath", "-ldflags=-s -w"]).env_remove("GOBIN");
    go.env("GOTOOLCHAIN", "local").env("GOFLAGS", "").env("GOWORK", "off").env("CGO_ENABLED", "0");
    go
}

/// Tells versions of a program apart whose source is here.
fn fingerprint(folder: &Path) -> anyhow::Result<String> {
    let mut digest = Sha256::new();
    let listed = fs::read_dir(folder).with_context(|| format!("could not read {}", folder.display()))?;
    let mut files: Vec<PathBuf> = listed.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<_>>()?;
    files.sort();
    for path in files {
        digest.update(fs::read(&path).with_context(|| format!("could not read {}", path.display()))?);
    }
    let mut text = hex::encode(digest.finalize());
    text.truncate(SOURCE_DIGEST_HEX);
    Ok(text)
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
