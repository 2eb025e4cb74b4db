//! The edges between our crates, and what a crate must never see, compared with the architecture.

use anyhow::bail;
use cargo_metadata::{DependencyKind, Package};

use crate::workspace::Workspace;

/// What a crate may depend on.
enum Edges {
    /// These of ours and no other.
    Only(&'static [&'static str]),
    /// Whatever it likes: it joins or tests the others.
    Any,
}

/// The table of the architecture, in words of cargo: package without `berth-`, and what it may depend on.
const EDGES: [(&str, Edges); 18] = [
    ("types", Edges::Only(&[])),
    ("i18n", Edges::Only(&[])),
    ("app", Edges::Only(&["types", "i18n"])),
    ("wasm", Edges::Only(&["app", "i18n"])),
    ("storage", Edges::Only(&["types"])),
    ("db", Edges::Only(&["types"])),
    ("domain", Edges::Only(&["types", "db", "storage"])),
    ("jobs", Edges::Only(&["types", "db"])),
    ("auth", Edges::Only(&["types", "domain"])),
    ("web", Edges::Only(&["types", "domain", "auth"])),
    ("registry", Edges::Only(&["types", "domain", "web"])),
    ("api", Edges::Only(&["types", "domain", "web", "auth"])),
    ("server", Edges::Any),
    ("testkit", Edges::Any),
    ("crash", Edges::Only(&["types"])),
    ("bench", Edges::Only(&["types", "db"])),
    ("fuzz", Edges::Any),
    ("xtask", Edges::Only(&[])),
];

/// Crates of other people that would carry a layer's concern into another one.
const FORBIDDEN: [(&str, &[&str]); 11] = [
    ("types", &["axum", "http", "hyper", "tokio", "reqwest", "sea-orm", "sqlx", "rusqlite", "leptos"]),
    ("i18n", &["axum", "tokio", "sea-orm"]),
    ("app", &["axum", "hyper", "sea-orm", "sqlx", "rusqlite"]),
    ("storage", &["axum", "http", "hyper", "sea-orm", "sqlx", "rusqlite", "leptos"]),
    ("db", &["axum", "http", "hyper", "leptos"]),
    ("domain", &["axum", "http", "hyper", "leptos", "sqlx", "rusqlite"]),
    ("jobs", &["axum", "http", "hyper", "leptos", "sqlx", "rusqlite", "sea-orm"]),
    ("auth", &["axum", "http", "hyper", "sea-orm", "sqlx", "rusqlite", "leptos"]),
    ("web", &["sea-orm", "sqlx", "rusqlite", "leptos"]),
    ("registry", &["sea-orm", "sqlx", "rusqlite", "leptos"]),
    ("api", &["sea-orm", "sqlx", "rusqlite", "leptos"]),
];

/// Fails with every edge that the architecture does not have.
pub fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let packages = workspace.metadata.workspace_packages();
    let offences: Vec<String> =
        packages.iter().flat_map(|package| offences(&package.name, &dependencies(package))).collect();
    for offence in &offences {
        eprintln!("{offence}");
    }
    if !offences.is_empty() {
        bail!("{} edges are not in the architecture", offences.len());
    }
    println!("layers: {} crates keep to their edges", packages.len());
    Ok(())
}

/// What the package is compiled with; tests may look further.
fn dependencies(package: &Package) -> Vec<&str> {
    let compiled = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
    compiled.map(|dependency| dependency.name.as_str()).collect()
}

fn offences(package: &str, dependencies: &[&str]) -> Vec<String> {
    let name = package.strip_prefix("berth-").unwrap_or(package);
    let Some((_, edges)) = EDGES.iter().find(|(known, _)| *known == name) else {
        return vec![format!("{package}: not in the table of layers")];
    };
    let forbidden = FORBIDDEN.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, forbidden)| forbidden);
    let is_offence = |dependency: &str| match (dependency.strip_prefix("berth-"), edges) {
        (Some(ours), Edges::Only(allowed)) => !allowed.contains(&ours),
        (Some(_), Edges::Any) => false,
        (None, _) => forbidden.contains(&dependency),
    };
    let offending = dependencies.iter().filter(|dependency| is_offence(dependency));
    offending.map(|dependency| format!("{package}: must not depend on {dependency}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{check, offences};
    use crate::workspace::Workspace;

    #[test]
    fn an_edge_outside_the_table_is_an_offence() {
        assert_eq!(offences("berth-domain", &["berth-db", "berth-types", "serde"]), [""; 0]);
        assert_eq!(offences("berth-registry", &["berth-db"]), ["berth-registry: must not depend on berth-db"]);
        assert_eq!(offences("berth-bench", &["berth-domain"]), ["berth-bench: must not depend on berth-domain"]);
        assert_eq!(offences("berth-server", &["berth-db", "berth-storage"]), [""; 0]);
    }

    #[test]
    fn a_foreign_crate_of_another_layer_is_an_offence() {
        assert_eq!(offences("berth-domain", &["axum"]), ["berth-domain: must not depend on axum"]);
        assert_eq!(offences("berth-types", &["tokio"]), ["berth-types: must not depend on tokio"]);
        assert_eq!(offences("berth-web", &["axum"]), [""; 0]);
    }

    #[test]
    fn an_unknown_crate_must_be_entered() {
        assert_eq!(offences("berth-extra", &[]), ["berth-extra: not in the table of layers"]);
    }

    #[test]
    fn this_workspace_keeps_to_its_layers() {
        check(&Workspace::load().unwrap()).unwrap();
    }
}
