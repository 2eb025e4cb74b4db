//! The checked-in inputs, and a short run of changed ones: what fuzzing found once is not found again.

use berth_fuzz::{
    TARGETS, find,
    mutate::{Until, run},
};

/// All corpora together.
const CORPORA_BYTES_MAX: usize = 200_000;

#[test]
fn every_checked_in_input_passes() {
    let mut total = 0;
    for target in TARGETS {
        let corpus = target.corpus().unwrap();
        assert!(corpus.len() >= 5, "{} has only {} inputs", target.name, corpus.len());
        for input in corpus {
            total += input.len();
            (target.run)(&input);
        }
    }
    assert!(total <= CORPORA_BYTES_MAX, "the corpora have {total} bytes");
}

#[test]
fn every_folder_is_some_targets() {
    let folders = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus")).unwrap();
    for folder in folders {
        let name = folder.unwrap().file_name().into_string().unwrap();
        assert!(find(&name).is_some(), "{name} is no target");
    }
}

#[test]
fn every_target_is_one_of_libfuzzers() {
    let source = include_str!("../libfuzzer/Cargo.toml");
    for target in TARGETS {
        assert!(source.contains(&format!("name = \"{}\"", target.name)), "{}", target.name);
    }
    assert_eq!(source.matches("[[bin]]").count(), TARGETS.len());
}

#[test]
fn changed_inputs_pass() {
    for target in TARGETS {
        let inputs = run(target, &target.corpus().unwrap(), 7, Until::Inputs(500), |_| ());
        assert_eq!(inputs, 500);
    }
}
