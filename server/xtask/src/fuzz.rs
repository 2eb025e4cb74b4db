//! Fuzzing: libFuzzer with AddressSanitizer where a nightly toolchain and cargo-fuzz are there, else the plain loop.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::command;
use crate::workspace::Workspace;

const CRATE: &str = "server/fuzz";
/// Inputs longer than this many bytes are not tried; the largest target, manifests, says enough with these.
const INPUT_BYTES_MAX: u32 = 16 << 10;

/// Runs the named targets, or all, each for so many seconds. Stops at the first finding.
pub fn fuzz(workspace: &Workspace, seconds: u64, targets: &[String]) -> anyhow::Result<()> {
    let known = known(workspace)?;
    if let Some(unknown) = targets.iter().find(|target| !known.contains(target)) {
        bail!("there is no target {unknown}; there are {}", known.join(", "));
    }
    let targets = if targets.is_empty() { &known } else { targets };
    if !has_libfuzzer() {
        println!("without a nightly toolchain that has cargo-fuzz: the plain mutation loop");
        return plain(workspace, seconds, targets);
    }
    for target in targets {
        libfuzzer(workspace, seconds, target)?;
    }
    Ok(())
}

/// Every target has a corpus of its name.
fn known(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let folder = workspace.root.join(CRATE).join("corpus");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("could not read {}", folder.display()))? {
        names.extend(entry?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

/// `cargo fuzz` of the nightly toolchain. The toolchain that runs this must not shine through.
fn cargo_fuzz() -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", "cargo", "fuzz"]).env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
    command
}

fn has_libfuzzer() -> bool {
    command::find("rustup").is_some() && command::output(cargo_fuzz().arg("--version")).is_ok()
}

fn libfuzzer(workspace: &Workspace, seconds: u64, target: &str) -> anyhow::Result<()> {
    let folder = workspace.target.join("fuzz");
    // What is found new stays outside of the checkout; a person picks what is worth keeping.
    let found = make(&folder.join("corpus").join(target))?;
    let artifacts = make(&folder.join("artifacts").join(target))?;
    let checked_in = workspace.root.join(CRATE).join("corpus").join(target);
    let mut fuzz = cargo_fuzz();
    fuzz.current_dir(&workspace.root).arg("run");
    fuzz.arg("--fuzz-dir").arg(workspace.root.join(CRATE).join("libfuzzer"));
    fuzz.arg("--target-dir").arg(&folder).arg(target).arg(&found).arg(&checked_in).arg("--");
    fuzz.arg(format!("-max_total_time={seconds}")).arg(format!("-max_len={INPUT_BYTES_MAX}"));
    fuzz.arg("-print_final_stats=1").arg(format!("-artifact_prefix={}/", artifacts.display()));
    command::run(&mut fuzz).with_context(|| format!("{target} has a finding, see {}", artifacts.display()))
}

fn plain(workspace: &Workspace, seconds: u64, targets: &[String]) -> anyhow::Result<()> {
    let artifacts = make(&workspace.target.join("fuzz/artifacts"))?;
    let mut cargo = workspace.cargo();
    cargo.args(["run", "--package", "berth-fuzz", "--bin", "berth-fuzz-plain", "--"]);
    cargo.arg("--seconds").arg(seconds.to_string()).arg("--artifacts").arg(artifacts);
    // Another run tries other inputs; the number is printed, and brings them back.
    let seed = u64::from(std::process::id());
    command::run(cargo.arg("--seed").arg(seed.to_string()).args(targets))
}

fn make(folder: &Path) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    Ok(folder.to_owned())
}
