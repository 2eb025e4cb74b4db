//! The browser's half: WebAssembly, style sheets, locales and pictures, ready to be embedded.

mod assets;
mod css;
mod order;
mod wasm;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use self::assets::{Asset, Naming};
pub use self::wasm::ensure_target;
use crate::workspace::Workspace;

/// The variable by which `berth-server` learns at compile time which folder to embed.
pub const PORTAL_DIR: &str = "BERTH_PORTAL_DIR";

/// How much work goes into small files.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Quick to build: development and continuous integration.
    Ci,
    /// Small to download.
    Release,
}

impl Profile {
    /// The name of the cargo profile.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ci => "wasm-ci",
            Self::Release => "wasm-release",
        }
    }
}

/// Builds the portal and returns the folder to embed. Files whose content is as before are left alone.
pub fn build(workspace: &Workspace, profile: Profile) -> anyhow::Result<PathBuf> {
    let glue = wasm::build(workspace, profile)?;
    let folder = assets_folder(workspace, profile);
    let assets = collect(workspace, &glue)?;
    assets::publish(&folder, &assets, profile)
        .with_context(|| format!("could not write the portal to {}", folder.display()))?;
    Ok(folder)
}

/// The portal of an earlier build, so that cargo sees the same environment and keeps what it has compiled.
pub fn built(workspace: &Workspace, profile: Profile) -> Option<PathBuf> {
    let folder = assets_folder(workspace, profile);
    folder.join(assets::MANIFEST).is_file().then_some(folder)
}

/// What the modules of a built portal weigh: the first is loaded at once, the others with the page that needs them.
pub fn weight(assets: &Path) -> anyhow::Result<String> {
    let mut lines = String::from("    gzip  brotli  module\n");
    let mut all = [0; 2];
    for path in files_below(assets)? {
        let Some(module) = path.strip_suffix(".wasm.br") else { continue };
        let mut weighs = [0; 2];
        for (bytes, ending) in weighs.iter_mut().zip(["gz", "br"]) {
            *bytes = fs::metadata(assets.join(format!("{module}.wasm.{ending}")))?.len();
        }
        all.iter_mut().zip(weighs).for_each(|(all, bytes)| *all += bytes);
        lines += &line(weighs, module.rsplit('/').next().unwrap_or(module));
    }
    Ok(lines + &line(all, "in all"))
}

fn line([gzip, brotli]: [u64; 2], name: &str) -> String {
    format!("{gzip:8}{brotli:8}  {name}\n")
}

fn assets_folder(workspace: &Workspace, profile: Profile) -> PathBuf {
    workspace.target.join("portal").join(profile.name()).join("assets")
}

fn collect(workspace: &Workspace, glue: &Path) -> anyhow::Result<Vec<Asset>> {
    let mut assets = Vec::new();
    // The glue names its parts and snippets by their own paths, so they stay together in a folder of all their content.
    let tree = read_tree(glue)?;
    let digest = assets::digest(tree.iter().flat_map(|(name, bytes)| [name.as_bytes(), bytes]));
    for (name, bytes) in tree {
        assets.push(Asset { name, bytes, naming: Naming::Below(digest.clone()) });
    }
    for (source, name) in [("index.css", "berth.css"), ("contrast.css", "contrast.css")] {
        let sheet = css::build(&workspace.root.join("style").join(source))?;
        assets.push(Asset { name: name.to_owned(), bytes: sheet.into_bytes(), naming: Naming::Hashed });
    }
    for (name, bytes) in read_tree(&workspace.root.join("app/locales"))? {
        if !name.ends_with(".json") {
            continue;
        }
        let texts: serde_json::Value =
            serde_json::from_slice(&bytes).with_context(|| format!("app/locales/{name} is not JSON"))?;
        assets.push(Asset {
            name: format!("locale-{name}"),
            bytes: texts.to_string().into_bytes(),
            naming: Naming::Hashed,
        });
    }
    for (name, bytes) in read_tree(&workspace.root.join("public"))? {
        assets.push(Asset { name, bytes, naming: Naming::Plain });
    }
    Ok(assets)
}

/// Every file below a folder: its path with `/`, and its bytes, in order of path. No folder, no files.
fn read_tree(folder: &Path) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for path in files_below(folder)? {
        let bytes = fs::read(folder.join(&path)).with_context(|| format!("could not read {path}"))?;
        files.push((path, bytes));
    }
    Ok(files)
}

fn files_below(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut files = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(below) = folders.pop() {
        let here = folder.join(&below);
        if !here.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&here).with_context(|| format!("could not list {}", here.display()))? {
            let entry = entry?;
            let name = entry.file_name().into_string().ok().context("a file name is not UTF-8")?;
            let path = if below.is_empty() { name } else { format!("{below}/{name}") };
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
