//! Every suite, on a machine that this prepares.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;
use cargo_metadata::TargetKind;

use crate::command;
use crate::portal::{self, PORTAL_DIR, Profile};
use crate::prepare::postgres::Postgres;
use crate::prepare::tools::{self, Pins};
use crate::prepare::{node, packages, python};
use crate::stages::Stages;
use crate::workspace::Workspace;

/// The integration test that drives foreign clients; a stage of its own, since it takes long.
const CLIENTS: &str = "clients";
const BROWSER: &str = "end2end/run.mjs";
/// Asks the management API with generated requests, run by the environment of that name.
const API: (&str, &str) = ("end2end/api/run.py", "python-schemathesis");

/// Which foreign clients are tried.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Clients {
    /// Those of every run.
    Usual,
    /// Also those that take long to build.
    All,
}

/// What the suites find in their environment.
struct Prepared {
    /// Dropped last, which stops it.
    postgres: Option<Postgres>,
    /// Folders of client tools.
    tools: Vec<PathBuf>,
    has_browser: bool,
}

/// Prepares the machine and runs the suites. `filter` picks tests by name.
pub fn test(workspace: &Workspace, clients: Clients, filter: &[String]) -> Stages {
    let mut stages = Stages::new();
    let prepared = prepare(workspace, clients, &mut stages);
    let Some(portal) = stages.run("portal", || portal::build(workspace, Profile::Ci)) else { return stages };
    let suites = Suites { workspace, prepared, portal, clients, filter };
    suites.run(&mut stages);
    stages
}

fn prepare(workspace: &Workspace, clients: Clients, stages: &mut Stages) -> Prepared {
    stages.prepare("prepare packages", || packages::install(clients));
    let postgres = stages.prepare("prepare postgres", Postgres::start);
    let mut prepared = Prepared { postgres, tools: Vec::new(), has_browser: false };
    let Some(pins) = stages.run("prepare pins", || Pins::read(workspace)) else { return prepared };
    let has_go = stages.prepare("prepare go", || tools::require_go(&pins)).is_some();
    for name in pins.names(clients == Clients::All) {
        let stage = format!("prepare {name}");
        if !has_go {
            stages.cannot_run(&stage, "needs Go");
            continue;
        }
        prepared.tools.extend(stages.prepare(&stage, || tools::client(workspace, &pins, &name)));
    }
    if clients == Clients::All {
        for name in pins.python.keys() {
            let stage = format!("prepare python-{name}");
            prepared.tools.extend(stages.prepare(&stage, || python::package(workspace, &pins, name)));
        }
    }
    prepared.has_browser = stages
        .prepare("prepare node", || {
            node::require_node(&pins)?;
            node::modules(workspace)
        })
        .is_some();
    prepared
}

struct Suites<'a> {
    workspace: &'a Workspace,
    prepared: Prepared,
    portal: PathBuf,
    clients: Clients,
    filter: &'a [String],
}

impl Suites<'_> {
    fn run(&self, stages: &mut Stages) {
        // Without it the browser would meet the binary of an earlier run.
        if stages
            .run("compile", || command::run(self.cargo_test()?.args(["--lib", "--bins", "--tests", "--no-run"])))
            .is_none()
        {
            return;
        }
        stages.run("unit+integration", || {
            let mut cargo = self.cargo_test()?;
            cargo.args(["--lib", "--bins"]);
            for name in self.integration_tests() {
                cargo.args(["--test", &name]);
            }
            command::run(cargo.arg("--").args(self.filter))
        });
        stages.run("doc", || command::run(self.cargo_test()?.args(["--doc", "--quiet", "--"]).args(self.filter)));
        stages.run("clients", || {
            command::run(self.cargo_test()?.args(["--test", CLIENTS, "--", "--nocapture"]).args(self.filter))
        });
        if self.clients == Clients::All && self.filter.is_empty() {
            stages.run("api", || self.api());
        }
        if !self.filter.is_empty() {
            stages.skip("browser", "tests were picked by name");
        } else if !self.prepared.has_browser {
            stages.cannot_run("browser", "needs Node and its packages");
        } else if !self.workspace.root.join(BROWSER).is_file() {
            stages.cannot_run("browser", "there is no end2end/run.mjs");
        } else {
            stages.run("browser", || self.browser());
        }
    }

    /// Always with `--workspace`: another selection unifies features differently and compiles half the graph again.
    fn cargo_test(&self) -> anyhow::Result<Command> {
        let mut cargo = self.workspace.cargo();
        cargo.args(["test", "--workspace", "--exclude", "berth-wasm", "--no-fail-fast"]);
        self.environment(&mut cargo)?;
        Ok(cargo)
    }

    fn api(&self) -> anyhow::Result<()> {
        let (script, python) = API;
        let python = self.prepared.tools.iter().map(|folder| folder.join(python)).find(|program| program.is_file());
        let mut python = Command::new(python.context("schemathesis could not be installed")?);
        python.current_dir(&self.workspace.root).args([script, "--examples", "20", "--server"]);
        command::run(python.arg(self.workspace.target.join("debug/berth")))
    }

    fn browser(&self) -> anyhow::Result<()> {
        let mut node = Command::new("node");
        node.arg(BROWSER).current_dir(&self.workspace.root);
        self.environment(&mut node)?;
        // `cargo test` built it for the integration tests.
        node.env("BERTH_BIN", self.workspace.target.join("debug/berth"));
        if env::var_os("CHROMIUM").is_none() {
            node.env("CHROMIUM", command::find("chromium").context("chromium is not installed")?);
        }
        command::run(&mut node)
    }

    fn environment(&self, command: &mut Command) -> anyhow::Result<()> {
        let tools = env::join_paths(&self.prepared.tools).context("a tool's folder has a colon in its name")?;
        let mut path = tools.clone();
        if let Some(former) = env::var_os("PATH") {
            path.push(if path.is_empty() { "" } else { ":" });
            path.push(former);
        }
        command.env(PORTAL_DIR, &self.portal).env("PATH", path).env("BERTH_TEST_TOOLS", tools);
        command.env("BERTH_CI_CACHE", &self.workspace.cache);
        if let Some(postgres) = &self.prepared.postgres {
            command.env("BERTH_TEST_POSTGRES_URL", postgres.url());
        }
        if self.clients == Clients::All {
            command.env("BERTH_TEST_ALL", OsString::from("1"));
        }
        Ok(())
    }

    /// The integration tests of all crates, without the foreign clients.
    fn integration_tests(&self) -> BTreeSet<String> {
        let packages = self.workspace.metadata.workspace_packages();
        let targets =
            packages.iter().filter(|package| *package.name != "berth-wasm").flat_map(|package| &package.targets);
        let tests = targets.filter(|target| target.kind.contains(&TargetKind::Test) && target.name != CLIENTS);
        tests.map(|target| target.name.clone()).collect()
    }
}
