//! The conformance suite of the OCI distribution specification against the real program, four ways: with authentication
//! and without, on SQLite and on PostgreSQL.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use anyhow::{Context, bail};
use clap::ValueEnum;

use crate::prepare::postgres::{self, Postgres};
use crate::workspace::Workspace;
use crate::{build, command};

const START_TIME_MAX: Duration = Duration::from_secs(60);
/// Good for as long as the folder lives.
const PASSWORD: &str = "C0nformance-suite";

/// Which databases the server runs on.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Database {
    Sqlite,
    Postgres,
    Both,
}

/// One run of the suite.
struct Way {
    database: &'static str,
    /// The value of `registry.anonymous`.
    anonymous: &'static str,
}

/// What a run found.
struct Counts {
    passed: u64,
    failed: u64,
    skipped: u64,
}

/// Runs the suite every way and prints a table. True where nothing failed.
pub fn run(workspace: &Workspace, suite: &Path, server: Option<&Path>, database: Database) -> anyhow::Result<bool> {
    let suite = suite.canonicalize().with_context(|| format!("there is no suite at {}", suite.display()))?;
    let server = match server {
        Some(path) => path.canonicalize().with_context(|| format!("there is no server at {}", path.display()))?,
        None => build::debug(workspace)?,
    };
    let databases: &[&str] = match database {
        Database::Sqlite => &["sqlite"],
        Database::Postgres => &["postgres"],
        Database::Both => &["sqlite", "postgres"],
    };
    let postgres = if database == Database::Sqlite { None } else { Some(Postgres::start()?) };
    let ways = databases.iter().flat_map(|database| ["token", "all"].map(|anonymous| Way { database, anonymous }));
    let mut table = String::from("| database | authentication | passed | failed | skipped |\n|---|---|---|---|---|\n");
    let mut is_clean = true;
    for way in ways {
        let counts = way.run(&suite, &server, postgres.as_ref())?;
        is_clean &= counts.failed == 0 && counts.passed > 0;
        let authentication = if way.anonymous == "all" { "off (`registry.anonymous = \"all\"`)" } else { "on" };
        let Counts { passed, failed, skipped } = counts;
        table.push_str(&format!("| {} | {authentication} | {passed} | {failed} | {skipped} |\n", way.database));
    }
    println!("\n{table}");
    Ok(is_clean)
}

impl Way {
    fn run(&self, suite: &Path, server: &Path, postgres: Option<&Postgres>) -> anyhow::Result<Counts> {
        let name = format!("{}-{}", self.database, self.anonymous);
        let folder = Folder::create(&name)?;
        let database = match (self.database, postgres) {
            ("postgres", Some(postgres)) => {
                Some(create_database(postgres, &format!("conformance_{}", self.anonymous))?)
            }
            _ => None,
        };
        let server = Server::start(server, &folder.0, self.anonymous, database.as_deref())?;
        let results = folder.0.join("results");
        let mut suite = Command::new(suite);
        suite.current_dir(&folder.0).env("OCI_REGISTRY", &server.address).env("OCI_TLS", "disabled");
        suite.env("OCI_REPO1", "library/conformance/one").env("OCI_REPO2", "library/conformance/two");
        // `dev` is everything of the main branch; only sparse manifests have to be asked for.
        suite.env("OCI_VERSION", "dev").env("OCI_DATA_SPARSE", "true").env("OCI_RESULTS_DIR", &results);
        if self.anonymous != "all" {
            suite.env("OCI_USERNAME", "admin").env("OCI_PASSWORD", PASSWORD);
        }
        let log = folder.0.join("suite.log");
        let output = File::create(&log)?;
        println!("{name}: the suite runs against {}", server.address);
        let status = suite.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output).status();
        let status = status.context("could not start the suite")?;
        let text = fs::read_to_string(&log).unwrap_or_default();
        let counts = fs::read_to_string(results.join("junit.xml")).ok().and_then(|report| counts(&report));
        let counts = counts.with_context(|| format!("the suite gave no report:\n{text}"))?;
        if !status.success() || counts.failed > 0 {
            println!("{text}");
        }
        if !status.success() && counts.failed == 0 {
            bail!("{name}: the suite ended with {status}, and names no failure");
        }
        Ok(counts)
    }
}

/// Reads the counts from the first line of a JUnit report. A count of none is left out there.
fn counts(report: &str) -> Option<Counts> {
    let head = report.split_once("<testsuites")?.1.split_once('>')?.0;
    let count = |name: &str| match head.split_once(&format!(" {name}=\"")) {
        Some((_, rest)) => rest.split_once('"')?.0.parse::<u64>().ok(),
        None => Some(0),
    };
    let failed = count("failures")? + count("errors")?;
    let skipped = count("skipped")? + count("disabled")?;
    Some(Counts { passed: count("tests")?.checked_sub(failed + skipped)?, failed, skipped })
}

fn create_database(postgres: &Postgres, name: &str) -> anyhow::Result<String> {
    let mut create = Command::new(postgres::programs()?.join("createdb"));
    command::output(create.arg(format!("--maintenance-db={}", postgres.url())).arg(name))?;
    let url = postgres.url();
    let server = url.strip_suffix("/postgres").context("an address without a database")?;
    Ok(format!("{server}/{name}"))
}

/// A folder that goes when this is dropped.
struct Folder(PathBuf);

impl Folder {
    fn create(name: &str) -> anyhow::Result<Self> {
        let path = env::temp_dir().join(format!("berth-conformance-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).with_context(|| format!("could not create {}", path.display()))?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("warning: could not remove {}: {error}", self.0.display());
        }
    }
}

/// A running server. It is killed when this is dropped: nothing of it is kept.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(program: &Path, folder: &Path, anonymous: &str, database: Option<&str>) -> anyhow::Result<Self> {
        let log = folder.join("server.log");
        let output = File::create(&log)?;
        let mut command = Command::new(program);
        command.arg("serve").arg("--data-dir").arg(folder.join("data")).args(["--listen", "127.0.0.1:0"]);
        command.env("BERTH_SETUP__ADMIN_PASSWORD", PASSWORD).env("BERTH_LOG__LEVEL", "warn");
        command.env("BERTH_REGISTRY__ANONYMOUS", anonymous).env("BERTH_REGISTRY__SPARSE", "true");
        if let Some(database) = database {
            command.env("BERTH_DB__URL", database);
        }
        command.current_dir(folder).stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = command.spawn().context("could not start the server")?;
        let mut server = Server { child, address: String::new() };
        let start = Instant::now();
        while start.elapsed() < START_TIME_MAX {
            let text = fs::read_to_string(&log)?;
            let line = text.lines().find_map(|line| line.split_once("listening on http://"));
            if let Some((_, address)) = line.filter(|_| text.ends_with('\n')) {
                server.address = address.trim().trim_end_matches('/').to_owned();
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended: {status}\n{text}");
            }
            thread::sleep(Duration::from_millis(20));
        }
        bail!("the server did not listen within {} s", START_TIME_MAX.as_secs());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_a_report() {
        let read = |head: &str| counts(&format!("<testsuites {head}>\n <testsuite failures=\"9\">"));
        let all = read("time=\"4.0\" tests=\"20\" errors=\"1\" failures=\"2\" skipped=\"3\" disabled=\"4\"").unwrap();
        assert_eq!((all.passed, all.failed, all.skipped), (10, 3, 7));
        let clean = read("tests=\"20\" time=\"4.0\"").unwrap();
        assert_eq!((clean.passed, clean.failed, clean.skipped), (20, 0, 0));
        assert!(read("tests=\"1\" failures=\"2\"").is_none());
        assert!(counts("nothing").is_none());
    }
}
