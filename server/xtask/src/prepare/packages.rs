//! Debian packages: only what is missing, and said aloud.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use anyhow::bail;

use super::postgres;
use crate::command;
use crate::test::Clients;

/// How to see that a package is not needed, whoever installed its content.
enum Evidence {
    Program(&'static str),
    File(&'static str),
    /// A module of Python.
    Python(&'static str),
    Postgres,
}

/// In the order of the message; one package may stand for several programs.
const NEEDED: [(&str, Evidence); 10] = [
    ("ca-certificates", Evidence::File("/etc/ssl/certs/ca-certificates.crt")),
    ("util-linux", Evidence::Program("setpriv")),
    ("iptables", Evidence::Program("iptables")),
    ("docker.io", Evidence::Program("dockerd")),
    ("docker-cli", Evidence::Program("docker")),
    ("podman", Evidence::Program("podman")),
    ("skopeo", Evidence::Program("skopeo")),
    ("chromium", Evidence::Program("chromium")),
    ("python3", Evidence::Program("python3")),
    ("postgresql", Evidence::Postgres),
];

/// Only for a run of all clients.
const NEEDED_BY_ALL: [(&str, Evidence); 5] = [
    ("buildah", Evidence::Program("buildah")),
    ("containerd", Evidence::Program("containerd")),
    ("containerd", Evidence::Program("ctr")),
    ("kubernetes-client", Evidence::Program("kubectl")),
    ("python3-venv", Evidence::Python("ensurepip")),
];

/// Installs what is missing, as root or by sudo without a question.
pub fn install(clients: Clients) -> anyhow::Result<()> {
    let missing = missing(clients);
    if missing.is_empty() {
        return Ok(());
    }
    println!("missing Debian packages: {}", missing.join(" "));
    if command::find("apt-get").is_none() {
        bail!("this is not Debian: provide what these packages hold: {}", missing.join(" "));
    }
    let is_root = is_root();
    if !is_root && command::output(Command::new("sudo").args(["-n", "true"])).is_err() {
        bail!("run this first: sudo apt-get install {}", missing.join(" "));
    }
    let apt = |arguments: &[&str]| {
        let mut apt = Command::new(if is_root { "env" } else { "sudo" });
        if !is_root {
            apt.args(["-n", "env"]);
        }
        apt.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", "--quiet"]).args(arguments);
        apt
    };
    command::run(&mut apt(&["update"]))?;
    // Older releases have the client inside docker.io.
    let missing: Vec<_> = missing.into_iter().filter(|package| exists(package)).collect();
    command::run(apt(&["install", "--yes", "--no-install-recommends"]).args(&missing))
}

/// Whether this process is root.
pub fn is_root() -> bool {
    Path::new("/proc/self").metadata().is_ok_and(|metadata| metadata.uid() == 0)
}

fn missing(clients: Clients) -> Vec<&'static str> {
    let is_missing = |evidence: &Evidence| match evidence {
        Evidence::Program(program) => command::find(program).is_none(),
        Evidence::File(path) => !Path::new(path).exists(),
        Evidence::Python(module) => {
            command::output(Command::new("python3").args(["-c", &format!("import {module}")])).is_err()
        }
        Evidence::Postgres => postgres::programs().is_err(),
    };
    let extra = if clients == Clients::All { &NEEDED_BY_ALL[..] } else { &[] };
    let needed = NEEDED.iter().chain(extra).filter(|(_, evidence)| is_missing(evidence));
    let mut missing: Vec<_> = needed.map(|(package, _)| *package).collect();
    missing.dedup();
    missing
}

fn exists(package: &str) -> bool {
    let listed = command::output(Command::new("apt-cache").args(["policy", package]));
    listed.is_ok_and(|policy| policy.contains("Candidate:") && !policy.contains("Candidate: (none)"))
}
