//! Kills of the real server under load.

use std::process::Command;

use anyhow::Context;

use crate::prepare::packages;
use crate::prepare::postgres::Postgres;
use crate::test::Clients;
use crate::workspace::Workspace;
use crate::{build, command};

/// Builds what is missing and runs `berth-crash`. Fails where a promise was broken.
pub fn crash(workspace: &Workspace, args: &[String]) -> anyhow::Result<()> {
    let mut cargo = workspace.cargo();
    command::run(cargo.args(["build", "--package", "berth-crash"])).context("could not build berth-crash")?;
    let mut crash = Command::new(workspace.target.join("debug/berth-crash"));
    crash.args(args);
    if value(args, "--binary").is_none() {
        crash.env("BERTH_BIN", build::debug(workspace)?);
    }
    // One of its own, which may be killed as well. It lives until the run is over.
    let mut postgres = None;
    if value(args, "--database") == Some("postgres") && value(args, "--postgres-url").is_none() {
        packages::install(Clients::Usual)?;
        let started = Postgres::start()?;
        crash.env("BERTH_TEST_POSTGRES_URL", started.url());
        postgres = Some(started);
    }
    let ended = command::run(&mut crash);
    drop(postgres);
    ended
}

/// The value of an option, given as one word or two.
fn value<'a>(args: &'a [String], option: &str) -> Option<&'a str> {
    let position = args.iter().position(|arg| arg.split('=').next() == Some(option))?;
    match args[position].split_once('=') {
        Some((_, value)) => Some(value),
        None => args.get(position + 1).map(String::as_str),
    }
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn options_are_one_word_or_two() {
        let args = ["--kills", "5", "--database=postgres", "--gc"].map(str::to_owned);
        assert_eq!(value(&args, "--database"), Some("postgres"));
        assert_eq!(value(&args, "--kills"), Some("5"));
        assert_eq!(value(&args, "--gc"), None);
        assert_eq!(value(&args, "--binary"), None);
    }
}
