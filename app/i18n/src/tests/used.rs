//! Every text is shown somewhere: one that is not costs a translation into each language and bytes of every visitor.

use super::owned;
use crate::Locale;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Read from the files themselves: the name of a language in that language.
const READ_ELSEWHERE: [&str; 1] = ["locale.name"];

#[test]
fn every_text_is_used() {
    let mut used: BTreeSet<String> = READ_ELSEWHERE.map(str::to_owned).into();
    visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../src"), &mut |source| used.extend(keys_of(source)));
    let unused: Vec<String> = owned(Locale::En).into_keys().filter(|path| !used.contains(path)).collect();
    assert!(unused.is_empty(), "the portal shows none of {unused:#?}");
}

#[test]
fn keys_are_known_by_their_short_names() {
    let source = "
        use crate::i18n::{Key, keys};
        use keys::settings::{self as words, item as k};
        fn one() { use keys::role::hint; t!(words::TITLE); [k::NAME, hint::GUEST] }
        fn two() { use crate::i18n::keys::audit as k; label=t!(keys::nav::PROJECTS, name = k::DONE); other::THING }
        #[cfg(test)]
        mod tests { const A: Key = keys::only::TESTED; }";
    let source = source.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    let wanted = ["audit.done", "nav.projects", "role.hint.guest", "settings.item.name", "settings.title"];
    assert_eq!(keys_of(&source), wanted.map(str::to_owned).into());
}

/// Gives the text of every source below `folder`, without those that are tests as a whole.
fn visit(folder: &Path, take: &mut dyn FnMut(&str)) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            visit(&path, take);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
            take(&std::fs::read_to_string(&path).expect("a source"));
        }
    }
}

/// The dotted paths of the keys that a source names, in full or through what a `use` calls their group.
fn keys_of(source: &str) -> BTreeSet<String> {
    let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut groups: BTreeMap<&str, String> = BTreeMap::new();
    let mut found = BTreeSet::new();
    // The latest `use` of a name holds: functions of one file may call different groups by the same name.
    for statement in code.split(';') {
        let (before, import) = statement.rsplit_once("use ").unwrap_or((statement, ""));
        let import = import.split_once("keys::").filter(|(place, _)| place.is_empty() || place.ends_with("::"));
        let uses = if import.is_some() { before } else { statement };
        for path in uses.split(|c: char| !is_of_path(c)) {
            let known = match path.split_once("keys::") {
                Some((_, path)) => Some(path.to_owned()),
                None => path.split_once("::").and_then(|(name, rest)| Some(format!("{}::{rest}", groups.get(name)?))),
            };
            found.extend(known.map(|path| path.replace("::", ".").to_lowercase()));
        }
        groups.extend(import.map(|(_, import)| groups_of(import)).unwrap_or_default());
    }
    found
}

fn is_of_path(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | ':')
}

/// What `a::{self as x, b as y}` and `a::b` call their groups: the name, and the path it stands for.
fn groups_of(import: &str) -> Vec<(&str, String)> {
    let (base, items) = import.split_once("::{").unwrap_or(("", import));
    let items = items.trim_end_matches('}').split(',').map(str::trim).filter(|item| !item.is_empty());
    let named = items.map(|item| {
        let last = item.rsplit("::").next().unwrap_or(item);
        let (path, name) = item.split_once(" as ").unwrap_or((item, last));
        let path = match (base, path) {
            ("", path) => path.to_owned(),
            (base, "self") => base.to_owned(),
            (base, path) => format!("{base}::{path}"),
        };
        (name, path)
    });
    named.collect()
}
