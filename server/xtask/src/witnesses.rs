//! Rules take a proof of access: every public async function of `domain` names one in its signature.
//!
//! This reads text, not types. It finds a forgotten argument; the compiler sees to it that a proof cannot be made up.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use crate::workspace::Workspace;

/// Types that only `authz` and the verification of identity make.
const WITNESSES: [&str; 16] = [
    "LabelAccess",
    "ProjectAccess",
    "CatalogAccess",
    "SystemAccess",
    "InternalAccess",
    "SelfAccess",
    "SignedIn",
    "ProjectCreation",
    "AuditView",
    "Visible",
    "Actor",
    "PersonAccess",
    "RobotAccess",
    "RobotsAccess",
    "RobotCatalogue",
    "OperationAccess",
];

/// Modules that are no nouns: they make the witnesses, or hold no rule.
const MACHINERY: [&str; 5] = ["lib", "authz", "error", "event", "clock"];

const RULES: &str = "server/domain/src";
const ALLOWED: &str = "server/xtask/witness-allow.txt";

/// Fails with every rule that takes no witness and is not excused, and with every excuse that is not needed.
pub fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let excuses =
        fs::read_to_string(workspace.root.join(ALLOWED)).with_context(|| format!("could not read {ALLOWED}"))?;
    let mut excuses = excuses_of(&excuses)?;
    let mut offenders = Vec::new();
    let mut rules = 0;
    for (module, source) in modules(&workspace.root.join(RULES))? {
        for function in public_async_functions(&source) {
            rules += 1;
            if has_witness(function.signature) {
                continue;
            }
            let name = format!("{module}::{}", function.name);
            if excuses.remove(name.as_str()).is_none() {
                offenders.push(format!("{name} takes no witness"));
            }
        }
    }
    offenders.extend(excuses.keys().map(|name| format!("{name} is excused in {ALLOWED} without need")));
    for offender in &offenders {
        eprintln!("{offender}");
    }
    if !offenders.is_empty() {
        bail!(
            "{} offences; a rule without a witness needs a line `<module>::<name> <reason>` in {ALLOWED}",
            offenders.len()
        );
    }
    println!("witnesses: {rules} rules name theirs or are excused");
    Ok(())
}

/// Lines `module::name reason`; `#` starts a comment.
fn excuses_of(text: &str) -> anyhow::Result<BTreeMap<&str, &str>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').with_context(|| format!("{ALLOWED}: `{line}` gives no reason"))).collect()
}

/// Every module of nouns: its path as in Rust, and its text.
fn modules(folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let mut modules = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(here) = folders.pop() {
        for entry in fs::read_dir(&here).with_context(|| format!("could not list {}", here.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder)?.to_string_lossy().replace('/', "::");
            let Some(name) = name.strip_suffix(".rs") else { continue };
            let name = name.strip_suffix("::mod").unwrap_or(name);
            if MACHINERY.contains(&name.split("::").next().unwrap_or(name)) || name.ends_with("tests") {
                continue;
            }
            let source = fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))?;
            modules.push((name.to_owned(), source));
        }
    }
    modules.sort();
    Ok(modules)
}

#[derive(Debug, PartialEq, Eq)]
struct Function<'a> {
    name: &'a str,
    /// From the name to the body.
    signature: &'a str,
}

fn public_async_functions(source: &str) -> Vec<Function<'_>> {
    // Tests stand last in a file.
    let source = source.split_once("#[cfg(test)]").map_or(source, |(rules, _)| rules);
    let mut functions = Vec::new();
    let mut rest = source;
    while let Some(start) = rest.find("pub async fn ") {
        let is_commented = rest[..start].rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with("//"));
        rest = &rest[start + "pub async fn ".len()..];
        let signature = &rest[..rest.find(['{', ';']).unwrap_or(rest.len())];
        if !is_commented {
            let name = signature.split(['(', '<']).next().unwrap_or(signature).trim();
            functions.push(Function { name, signature });
        }
    }
    functions
}

fn has_witness(signature: &str) -> bool {
    signature.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| WITNESSES.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::{excuses_of, has_witness, public_async_functions};

    const SOURCE: &str = "
        /// Calls `pub async fn not_me()`.
        pub async fn delete(db: &Db, access: &ProjectAccess<Delete>) -> Result<(), Error> {
            inner().await
        }
        async fn inner() {}
        pub(crate) async fn row() {}
        pub async fn sweep<C: Clock>(
            db: &Db,
        ) -> Result<ProjectAccessLog, Error>
        where C: Send {}
        #[cfg(test)]
        mod tests { pub async fn helper() {} }
    ";

    #[test]
    fn public_async_functions_are_found_with_their_signatures() {
        let functions = public_async_functions(SOURCE);
        let found: Vec<_> = functions.iter().map(|f| (f.name, has_witness(f.signature))).collect();
        // A word that merely starts like a witness is none.
        assert_eq!(found, [("delete", true), ("sweep", false)]);
    }

    #[test]
    fn an_excuse_needs_a_reason() {
        let excuses = excuses_of("# comment\n\nupload::sweep  runs in the maintenance loop, for nobody\n").unwrap();
        assert!(excuses.contains_key("upload::sweep"));
        assert!(excuses_of("upload::sweep\n").is_err());
    }
}
