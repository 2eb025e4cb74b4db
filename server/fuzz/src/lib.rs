//! Fuzz targets: everything that reads what a client sent, as plain functions of bytes.
//!
//! A target fails by panicking. Each states more than that nothing panics: what was read is written and read again
//! with the same meaning, there is one form of each thing, limits hold, and a second, slower reading agrees.
//! `cargo xtask fuzz` drives them with libFuzzer where a nightly toolchain has it, else with [`mutate`]; the corpora
//! beside the sources are replayed by this crate's tests.

pub mod mutate;
mod targets;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// One thing that is fuzzed.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of the target and of its corpus.
    pub name: &'static str,
    /// Reads bytes; panics where a property does not hold.
    pub run: fn(&[u8]),
    /// Inputs longer than this many bytes say nothing new.
    pub input_bytes_max: usize,
    /// Words that inputs are made of.
    pub words: &'static [&'static str],
}

/// Every target.
pub const TARGETS: &[Target] = targets::ALL;

/// The target of a name.
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

impl Target {
    /// Where its checked-in inputs are.
    pub fn corpus_folder(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(self.name)
    }

    /// Its checked-in inputs, in the order of their names.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn corpus(&self) -> io::Result<Vec<Vec<u8>>> {
        let mut files: Vec<PathBuf> = fs::read_dir(self.corpus_folder())?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?;
        files.sort();
        files.into_iter().map(fs::read).collect()
    }
}
