//! A PostgreSQL instance of its own: fresh, on a free port of the loopback, gone afterwards.

use std::env;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::packages::is_root;
use crate::command;

const START_TIME_MAX: Duration = Duration::from_secs(60);
const STOP_TIME_MAX: Duration = Duration::from_secs(20);
const FOLDER_PREFIX: &str = "berth-test-postgres-";
/// The server refuses root; Debian's package brings this user.
const USER: &str = "postgres";

/// A running instance. It stops when dropped, and also when this process dies.
pub struct Postgres {
    child: Child,
    folder: PathBuf,
    port: u16,
}

/// The folder of `initdb`, `postgres` and `pg_isready`: that of the newest version, since Debian keeps them out of `PATH`,
/// or else a folder of `PATH`.
pub fn programs() -> anyhow::Result<PathBuf> {
    let is_complete =
        |folder: &Path| ["initdb", "postgres", "pg_isready"].iter().all(|name| folder.join(name).is_file());
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let versions =
        versions.filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))));
    let newest =
        versions.filter(|(_, folder)| is_complete(folder)).max_by_key(|(version, _): &(u32, PathBuf)| *version);
    if let Some((_, folder)) = newest {
        return Ok(folder);
    }
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).find(|folder| is_complete(folder)).context("no PostgreSQL server is installed")
}

impl Postgres {
    /// Starts a fresh instance and waits until it answers.
    pub fn start() -> anyhow::Result<Self> {
        let programs = programs()?;
        remove_leftovers();
        // Below the temporary folder and not the target folder: the instance's user must be able to reach it.
        let folder = env::temp_dir().join(format!("{FOLDER_PREFIX}{}", std::process::id()));
        let mut initdb = unprivileged(&programs.join("initdb"));
        initdb.arg("--pgdata").arg(&folder);
        initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]);
        command::output(&mut initdb)?;

        let port = free_port()?;
        let log = folder.join("server.log");
        let output = File::create(&log).with_context(|| format!("could not create {}", log.display()))?;
        let mut server = unprivileged(&programs.join("postgres"));
        server.arg("-D").arg(&folder).arg("-p").arg(port.to_string());
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=300",
            // The data live as long as the tests.
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
        ] {
            server.args(["-c", setting]);
        }
        server.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = server.spawn().context("could not start PostgreSQL")?;
        let mut postgres = Self { child, folder, port };
        postgres.wait(&programs).with_context(|| {
            let log = fs::read_to_string(&log).unwrap_or_default();
            format!("PostgreSQL did not start; its log:\n{log}")
        })?;
        println!("PostgreSQL listens on port {port} for these tests");
        Ok(postgres)
    }

    /// Where tests connect, as a superuser who may create databases.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn wait(&mut self, programs: &Path) -> anyhow::Result<()> {
        let start = Instant::now();
        let mut ready = Command::new(programs.join("pg_isready"));
        ready.args(["--quiet", "--host=127.0.0.1", "--port"]).arg(self.port.to_string());
        while start.elapsed() < START_TIME_MAX {
            if let Some(status) = self.child.try_wait()? {
                bail!("PostgreSQL ended: {status}");
            }
            if ready.status()?.success() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(100));
        }
        bail!("PostgreSQL did not answer within {} s", START_TIME_MAX.as_secs());
    }

    /// SIGINT is PostgreSQL's fast shutdown; it ends open sessions.
    fn stop(&mut self) -> anyhow::Result<()> {
        command::output(Command::new("kill").arg("-INT").arg(self.child.id().to_string()))?;
        let start = Instant::now();
        while start.elapsed() < STOP_TIME_MAX {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        bail!("PostgreSQL did not stop within {} s", STOP_TIME_MAX.as_secs());
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("warning: {error:#}");
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            eprintln!("warning: could not remove {}: {error}", self.folder.display());
        }
    }
}

/// A command that is not root and that gets SIGINT when this process dies.
fn unprivileged(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "INT"]);
    if is_root() {
        command.arg(format!("--reuid={USER}")).arg(format!("--regid={USER}")).arg("--init-groups");
    }
    command.arg(program).current_dir("/");
    command
}

fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

/// Removes folders of runs that were killed.
fn remove_leftovers() {
    for entry in fs::read_dir(env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(process) = name.to_str().and_then(|name| name.strip_prefix(FOLDER_PREFIX)) else { continue };
        if process.parse::<u32>().is_ok() && !Path::new("/proc").join(process).exists() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
