//! Command line clients: found, run within a time limit, judged by what they say.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// No client needs nearly as long, even on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(180);

static SKIPPED: AtomicUsize = AtomicUsize::new(0);

/// A client with its own home, so that nothing of the developer's is read or written.
#[derive(Clone)]
pub struct Tool {
    name: String,
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
}

impl Tool {
    /// Finds a client in the folders of `BERTH_TEST_TOOLS`, then in `PATH`. Absent: an error under CI, a skip elsewhere.
    pub fn find(name: &str, home: &Path) -> Option<Self> {
        let Some(program) = find(name) else {
            cannot_run(&format!("{name} is not installed"));
            return None;
        };
        let tool = Tool { name: name.to_owned(), program, arguments: Vec::new(), environment: Vec::new() };
        Some(tool.env("HOME", home).env("XDG_RUNTIME_DIR", home))
    }

    /// As [`Tool::find`], for a client that only a run of all clients (`cargo xtask test --all`) tries.
    pub fn find_extra(name: &str, home: &Path) -> Option<Self> {
        if env::var_os("BERTH_TEST_ALL").is_none() {
            skip(&format!("{name} is tried by a run of all clients"));
            return None;
        }
        Tool::find(name, home)
    }

    /// As [`Tool::find_extra`], for a client that nothing installs: absent, it is a skip everywhere.
    pub fn find_seldom(name: &str, home: &Path) -> Option<Self> {
        if find(name).is_none() {
            skip(&format!("{name} is not installed"));
            return None;
        }
        Tool::find_extra(name, home)
    }

    /// With a variable in its environment.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// With arguments that come before those of every call.
    pub fn args<I: IntoIterator<Item: AsRef<OsStr>>>(mut self, arguments: I) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Runs it; it must succeed. Gives what it wrote to its output, without spaces at either end.
    pub async fn ok(&self, arguments: &[&str]) -> String {
        self.ok_with_input(arguments, b"").await
    }

    /// As [`Tool::ok`], with something on its input.
    pub async fn ok_with_input(&self, arguments: &[&str], input: &[u8]) -> String {
        let outcome = self.run(arguments, input).await;
        assert!(outcome.success, "`{} {}` failed:\n{}", self.name, arguments.join(" "), outcome.said());
        outcome.output.trim().to_owned()
    }

    /// Runs it; it must fail. Gives all that it said.
    pub async fn refused(&self, arguments: &[&str]) -> String {
        self.refused_with_input(arguments, b"").await
    }

    /// As [`Tool::refused`], with something on its input.
    pub async fn refused_with_input(&self, arguments: &[&str], input: &[u8]) -> String {
        let outcome = self.run(arguments, input).await;
        assert!(!outcome.success, "`{} {}` succeeded:\n{}", self.name, arguments.join(" "), outcome.said());
        outcome.said()
    }

    /// Puts a script into `folder` that runs the client as this does, whatever arguments it is given: so lines that
    /// people copy can be run as they are.
    pub fn install(&self, folder: &Path) {
        let quote = |word: &OsStr| format!("'{}'", word.to_str().unwrap().replace('\'', r"'\''"));
        let environment =
            self.environment.iter().map(|(name, value)| [name.to_str().unwrap(), "=", &quote(value)].concat());
        let words =
            environment.chain([quote(self.program.as_os_str())]).chain(self.arguments.iter().map(|word| quote(word)));
        let script = format!("#!/bin/sh\nexec env {} \"$@\"\n", words.collect::<Vec<_>>().join(" "));
        let path = folder.join(&self.name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs it, whatever comes of it.
    pub async fn run(&self, arguments: &[&str], input: &[u8]) -> Outcome {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).args(arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("could not start {}: {error}", self.name));
        let mut stdin = child.stdin.take().unwrap();
        let work = async {
            // One that fails early does not read its input.
            let _ = stdin.write_all(input).await;
            drop(stdin);
            child.wait_with_output().await.unwrap()
        };
        let ended = tokio::time::timeout(TIMEOUT, work).await;
        let ended = ended.unwrap_or_else(|_| panic!("`{} {}` takes too long", self.name, arguments.join(" ")));
        Outcome {
            success: ended.status.success(),
            output: String::from_utf8_lossy(&ended.stdout).into_owned(),
            errors: String::from_utf8_lossy(&ended.stderr).into_owned(),
        }
    }
}

/// How a client ended.
pub struct Outcome {
    /// Whether its exit code was 0.
    pub success: bool,
    /// What it wrote to its output.
    pub output: String,
    /// What it wrote to its error output.
    pub errors: String,
}

impl Outcome {
    /// All that it wrote.
    pub fn said(&self) -> String {
        format!("{}{}", self.output, self.errors)
    }
}

/// A suite that cannot run here: an error under CI, a counted skip elsewhere.
pub fn cannot_run(reason: &str) {
    let is_ci = env::var_os("CI").is_some_and(|value| !matches!(value.to_str(), Some("" | "0" | "false")));
    assert!(!is_ci, "{reason}");
    skip(reason);
}

/// Something that this machine cannot do, even under CI.
pub fn skip(reason: &str) {
    println!("skipped: {reason} ({} skipped so far)", SKIPPED.fetch_add(1, Ordering::Relaxed) + 1);
}

fn find(name: &str) -> Option<PathBuf> {
    let folders = ["BERTH_TEST_TOOLS", "PATH"].into_iter().filter_map(env::var_os);
    let folders: Vec<PathBuf> = folders.flat_map(|list| env::split_paths(&list).collect::<Vec<_>>()).collect();
    // Debian keeps daemons where only root looks.
    let system = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    folders.into_iter().chain(system).map(|folder| folder.join(name)).find(|program| program.is_file())
}
