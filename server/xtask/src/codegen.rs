//! Documents that the binary writes about itself.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, bail};

use crate::workspace::Workspace;
use crate::{build, command};

/// Arguments of `berth`, and the file that holds their output.
const DOCUMENTS: [(&[&str], &str); 2] =
    [(&["config", "docs"], "server/docs/CONFIG.md"), (&["openapi"], "server/docs/openapi.json")];

/// Writes every document.
pub fn write(workspace: &Workspace) -> anyhow::Result<()> {
    for (path, text) in generate(workspace)? {
        let file = workspace.root.join(path);
        if fs::read_to_string(&file).is_ok_and(|present| present == text) {
            continue;
        }
        fs::write(&file, text).with_context(|| format!("could not write {path}"))?;
        println!("wrote {path}");
    }
    Ok(())
}

/// Fails where a document is not what the binary would write.
pub fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let mut stale = Vec::new();
    for (path, text) in generate(workspace)? {
        match fs::read_to_string(workspace.root.join(path)) {
            Ok(present) if present == text => continue,
            Ok(present) => eprintln!("{path} differs, {}", first_difference(&present, &text)),
            Err(error) => eprintln!("{path}: {error}"),
        }
        stale.push(path);
    }
    if !stale.is_empty() {
        bail!("{} out of date: run `cargo xtask codegen`", stale.join(", "));
    }
    Ok(())
}

fn generate(workspace: &Workspace) -> anyhow::Result<Vec<(&'static str, String)>> {
    let berth = binary(workspace)?;
    let generated = DOCUMENTS.map(|(args, path)| {
        // From the root and without settings of this machine: documents show defaults.
        let text = command::output(Command::new(&berth).args(args).current_dir(&workspace.root).env_clear())?;
        Ok((path, text))
    });
    generated.into_iter().collect()
}

/// The binary that a former stage built, or else a fresh one.
fn binary(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    match env::var_os("BERTH_BIN") {
        Some(berth) => Ok(berth.into()),
        None => build::debug(workspace),
    }
}

fn first_difference(present: &str, wanted: &str) -> String {
    let line = present.lines().zip(wanted.lines()).take_while(|(present, wanted)| present == wanted).count();
    let show = |text: &str| text.lines().nth(line).unwrap_or("end of file").to_owned();
    format!("line {}: has `{}`, should have `{}`", line + 1, show(present), show(wanted))
}

#[cfg(test)]
mod tests {
    use super::first_difference;

    #[test]
    fn a_difference_names_its_line() {
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), "line 2: has `b`, should have `c`");
        assert_eq!(first_difference("a\n", "a\nc\n"), "line 2: has `end of file`, should have `c`");
    }
}
