//! `docs/CONFORMANCE.md` names a test for every rule; a name without a test would be a claim without a proof.

use crate::sources;

/// The tables' rows: all cells but the heads and the lines below them.
fn rows(document: &str) -> Vec<Vec<String>> {
    let lines = document.lines().map(str::trim).filter(|line| line.starts_with('|') && !line.starts_with("|---"));
    lines.map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// `module::test` in backquotes.
fn names(cell: &str) -> Vec<(String, String)> {
    let quoted = cell.split('`').skip(1).step_by(2);
    quoted
        .filter_map(|name| name.rsplit_once("::"))
        .map(|(module, test)| (module.to_owned(), test.to_owned()))
        .collect()
}

#[test]
fn every_test_that_the_document_names_exists() {
    let document = sources::read("docs/CONFORMANCE.md");
    let texts = sources::of(&["tests/it", "domain/src", "domain/tests", "auth/src", "web/src", "registry/src", "src"]);
    let mut seen = 0;
    for row in rows(&document) {
        for (module, test) in names(row.last().unwrap()) {
            let path = module.replace("::", "/");
            let definition = format!("fn {test}(");
            let found = texts.iter().any(|(file, text)| {
                let file = file.trim_end_matches(".rs").trim_end_matches("/mod").trim_end_matches("/main");
                file.ends_with(&path) && text.contains(&definition)
            });
            assert!(found, "there is no test {module}::{test}");
            seen += 1;
        }
    }
    assert!(seen >= 100, "{seen}");
}

#[test]
fn every_rule_and_every_report_is_answered() {
    let document = sources::read("docs/CONFORMANCE.md");
    let (_, tables) = document.split_once("## Rules and their tests").unwrap();
    for row in rows(tables).iter().filter(|row| row[0] != "rule" && row[0] != "report" && row[0] != "attempt") {
        let answer = row.last().unwrap();
        // People who sign in elsewhere are not there yet; nothing else may be put off.
        assert!(!names(answer).is_empty() || answer.starts_with("with sign-in by OpenID Connect"), "{row:?}");
    }
    // All rows that have a number have a test with the number, or the feature that will bring it.
    for (file, text) in sources::of(&["tests/it/cve"]) {
        for line in text.lines().filter(|line| line.contains("fn cve_")) {
            let name = line.split("fn ").nth(1).unwrap().split('(').next().unwrap();
            assert!(document.contains(name), "{file}: {name} is not in the document");
        }
    }
}
