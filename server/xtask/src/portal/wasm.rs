//! The portal's code: cargo, then the split into what is loaded at once and what is loaded with the page that needs it, then
//! wasm-bindgen, then for a release wasm-opt and another order of functions.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::Context;
use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

use super::{Profile, order};
use crate::command;
use crate::prepare::node;
use crate::workspace::Workspace;

const TARGET: &str = "wasm32-unknown-unknown";

/// What rustc uses by default for this target; anything more could break a browser that we support.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Loops and branches anew from what flat code says, then small.
const PASSES: [&str; 4] = ["--flatten", "--rereloop", "-Oz", "-Oz"];

/// Adds the browser's target to the toolchain where it is missing, and says so.
pub fn ensure_target() -> anyhow::Result<()> {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().context("could not run rustc")?;
    let sysroot = String::from_utf8(sysroot.stdout).context("rustc names a folder that is no text")?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET).join("lib").is_dir() {
        return Ok(());
    }
    println!("adding the target {TARGET} to the toolchain");
    command::run(Command::new("rustup").args(["target", "add", TARGET])).context("could not add the browser's target")
}

/// Builds `berth.js`, `berth_bg.wasm`, its parts and their snippets, and returns their folder. Cargo decides what to compile; what
/// follows runs only when cargo's output changed.
pub fn build(workspace: &Workspace, profile: Profile) -> anyhow::Result<PathBuf> {
    ensure_target()?;
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--package", "berth-wasm", "--target", TARGET, "--profile", profile.name()]);
    if profile == Profile::Release {
        for sources in registries()? {
            // Joined with the flags of `.cargo/config.toml`.
            cargo.arg("--config").arg(format!("build.rustflags=['--remap-path-prefix={}=']", sources.display()));
        }
    }
    command::run(&mut cargo)?;
    let compiled = workspace.target.join(TARGET).join(profile.name()).join("berth_wasm.wasm");
    let optimiser = match profile {
        Profile::Ci => None,
        Profile::Release => optimiser(workspace),
    };

    let folder = workspace.target.join("portal").join(profile.name());
    let (glue, stamp) = (folder.join("glue"), folder.join("glue.stamp"));
    let made_from = made_from(&compiled, profile, optimiser.as_deref())?;
    if fs::read_to_string(&stamp).is_ok_and(|former| former == made_from) {
        return Ok(glue);
    }

    // The stamp goes first: should this be interrupted, the next run starts over.
    for remove in [fs::remove_file(&stamp), fs::remove_dir_all(&glue)] {
        if let Err(error) = remove
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(error).with_context(|| format!("could not clear {}", folder.display()));
        }
    }
    let main = folder.join("main.wasm");
    let mut modules = split(&compiled, &main, &glue)?;
    bind(&main, &glue)?;
    modules.push(glue.join("berth_bg.wasm"));
    for module in &modules {
        if let Some(program) = &optimiser {
            optimise(program, module)?;
        }
        if profile == Profile::Release {
            reorder(module)?;
        }
    }
    fs::write(&stamp, made_from).with_context(|| format!("could not write {}", stamp.display()))?;
    Ok(glue)
}

/// Where cargo keeps the sources of other crates. Messages of panics name files there; whoever loads the portal need not know where
/// it was built.
fn registries() -> anyhow::Result<Vec<PathBuf>> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo"))).context("there is no home folder")?;
    let Ok(sources) = fs::read_dir(home.join("registry/src")) else { return Ok(Vec::new()) };
    sources.map(|folder| Ok(folder?.path())).collect()
}

/// Takes the module apart where functions are marked with `wasm_split`, and returns the parts. What remains still has to pass
/// wasm-bindgen.
fn split(compiled: &Path, main: &Path, glue: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let module = fs::read(compiled).with_context(|| format!("could not read {}", compiled.display()))?;
    let mut options = wasm_split_cli_support::Options::new(&module);
    options.output_dir = glue;
    options.main_out_path = main;
    options.main_module = "./berth.js";
    options.link_name = "./parts.js";
    let parts = wasm_split_cli_support::transform(options);
    let parts = parts.map_err(|report| anyhow::anyhow!("the module cannot be taken apart: {report:#}"))?;
    Ok(parts.split_modules)
}

fn bind(compiled: &Path, glue: &Path) -> anyhow::Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(compiled).out_name("berth").typescript(false).remove_name_section(true);
    // The parts ask for these by their names.
    bindgen.keep_lld_exports(true).demangle(false);
    // The page names the module, because its file carries a digest.
    bindgen.omit_default_module_path(true);
    bindgen.web(true)?.generate(glue).context("wasm-bindgen failed")
}

fn optimise(program: &Path, module: &Path) -> anyhow::Result<()> {
    let smaller = module.with_extension("opt");
    command::run(Command::new(program).args(PASSES).args(WASM_FEATURES).arg(module).arg("--output").arg(&smaller))?;
    fs::rename(&smaller, module).context("could not replace the module by the optimised one")
}

fn reorder(path: &Path) -> anyhow::Result<()> {
    let module = fs::read(path).with_context(|| format!("could not read {}", path.display()))?;
    let module = order::by_likeness(&module).with_context(|| format!("could not reorder {}", path.display()))?;
    fs::write(path, module).with_context(|| format!("could not write {}", path.display()))
}

/// wasm-opt from `PATH`, or else from the npm package that `end2end/package.json` pins.
fn optimiser(workspace: &Workspace) -> Option<PathBuf> {
    if let Some(program) = command::find("wasm-opt") {
        return Some(program);
    }
    match node::modules(workspace) {
        Ok(modules) => Some(modules.join(".bin/wasm-opt")),
        Err(error) => {
            eprintln!("warning: no wasm-opt, the portal will be larger: {error:#}");
            None
        }
    }
}

fn made_from(compiled: &Path, profile: Profile, optimiser: Option<&Path>) -> anyhow::Result<String> {
    let module = fs::read(compiled).with_context(|| format!("could not read {}", compiled.display()))?;
    let digest = hex::encode(Sha256::digest(&module));
    let optimiser = optimiser.map_or_else(|| "none".to_owned(), |program| program.display().to_string());
    let order = if profile == Profile::Release { "by likeness" } else { "as it comes" };
    Ok(format!("module {digest}\nwasm-opt {optimiser} {}\norder {order}\n", PASSES.join(" ")))
}
