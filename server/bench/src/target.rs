//! The registries under measurement: how each is started, and one that runs.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};

use crate::{
    http::{Connection, Request},
    kernel::{self, Cpu, Memory},
};

/// The administrator's password on measured servers.
pub const PASSWORD: &str = "Harbor12345";
/// How long a server may take until it answers.
const START_TIMEOUT: Duration = Duration::from_secs(300);
/// How long a server may stay busy with what it does after a start, …
const SETTLE_TIMEOUT: Duration = Duration::from_secs(60);
/// … how long one looks, and how little CPU it uses in that time when it rests, in seconds.
const SETTLE_WINDOW: Duration = Duration::from_millis(250);
const SETTLE_CPU: f64 = 0.005;
/// Rest between two looks whether it answers.
const START_PAUSE: Duration = Duration::from_micros(500);

/// Which program a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Ours.
    Berth,
    /// distribution, version 3.
    Distribution,
    /// distribution, version 2, as Debian packages it.
    DockerRegistry,
    /// zot.
    Zot,
}

/// Who may do what on Berth; peers run without any authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anonymous {
    /// Everybody may do everything, as on the peers.
    All,
    /// Everybody may pull what is public; everything else needs a token.
    Pull,
}

/// A registry to measure.
#[derive(Clone, Debug)]
pub struct Target {
    /// Name in the tables.
    pub name: String,
    /// Which program.
    pub kind: Kind,
    /// The program.
    pub binary: PathBuf,
    /// Every acknowledged write is on disk. False for zot as it comes.
    pub is_durable: bool,
    /// Measured only where something is written: reads are those of the same program without it.
    pub writes_only: bool,
    /// Its folder, with whatever it stores.
    pub folder: PathBuf,
    /// Whether zot links equal blobs of several repositories, as it does by itself. Nothing to the others.
    pub shares_blobs: bool,
}

impl Target {
    /// Reads `NAME=BINARY`. zot makes two: as it comes, and with every write on disk.
    ///
    /// # Errors
    /// Where the name says no known program or the file is missing.
    pub fn peers(text: &str, root: &Path) -> anyhow::Result<Vec<Target>> {
        let (name, binary) = text.split_once('=').context("a peer is NAME=BINARY")?;
        let kind = match name {
            _ if name.starts_with("docker-registry") => Kind::DockerRegistry,
            _ if name.starts_with("distribution") => Kind::Distribution,
            _ if name.starts_with("zot") => Kind::Zot,
            _ => bail!("`{name}`: the name of a peer begins with distribution, docker-registry or zot"),
        };
        let binary = fs::canonicalize(binary).with_context(|| format!("there is no {binary}"))?;
        let target = |name: String, is_durable, writes_only| {
            let folder = root.join(&name);
            Target { name, kind, binary: binary.clone(), is_durable, writes_only, folder, shares_blobs: true }
        };
        Ok(match kind {
            Kind::Zot => {
                vec![target(name.to_owned(), false, false), target(format!("{name}-durable"), true, true)]
            }
            _ => vec![target(name.to_owned(), true, false)],
        })
    }

    /// Ours.
    ///
    /// # Errors
    /// Where the file is missing.
    pub fn berth(binary: &Path, root: &Path) -> anyhow::Result<Target> {
        let binary = fs::canonicalize(binary).with_context(|| format!("there is no {}", binary.display()))?;
        let (name, folder) = ("Berth".to_owned(), root.join("Berth"));
        Ok(Target { name, kind: Kind::Berth, binary, is_durable: true, writes_only: false, folder, shares_blobs: true })
    }

    /// Where it stores things.
    pub fn store(&self) -> PathBuf {
        self.folder.join("store")
    }

    /// The first line it says about its version.
    pub fn version(&self) -> String {
        let output = Command::new(&self.binary).arg("--version").output();
        let text = output.map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        // zot says it as a line of log.
        let commit = text.split_once("\"commit\":\"").and_then(|(_, rest)| rest.split('"').next());
        let line = commit.or_else(|| text.lines().next()).filter(|line| !line.is_empty());
        line.unwrap_or("says no version").replace(&*self.binary.to_string_lossy(), &self.name)
    }

    /// Starts it on its folder; `cpus` are the processors it may use, all of them where there are none.
    ///
    /// # Errors
    /// Where it does not answer.
    pub fn start(&self, cpus: &[usize], anonymous: Anonymous, env: &[(&str, &str)]) -> anyhow::Result<Running> {
        fs::create_dir_all(self.store())?;
        let mut command = Command::new(&self.binary);
        command.current_dir(&self.folder).stdin(Stdio::null()).stderr(Stdio::null());
        // The child inherits where this thread may run, so it sizes its pools by what it will have.
        if !cpus.is_empty() {
            kernel::pin(cpus);
        }
        let started = match self.kind {
            Kind::Berth => self.spawn_berth(command, anonymous, env),
            _ => self.spawn_peer(command),
        };
        kernel::unpin();
        started
    }

    fn spawn_berth(&self, mut command: Command, anonymous: Anonymous, env: &[(&str, &str)]) -> anyhow::Result<Running> {
        let anonymous = if anonymous == Anonymous::All { "all" } else { "pull" };
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(self.store())
            .env("BERTH_SETUP__ADMIN_PASSWORD", PASSWORD)
            .env("BERTH_LOG__LEVEL", "error")
            .env("BERTH_REGISTRY__ANONYMOUS", anonymous)
            .envs(env.iter().copied())
            .stdout(Stdio::piped());
        let begun = Instant::now();
        let mut child = command.spawn().context("the server does not start")?;
        let stdout = child.stdout.take().context("stdout is piped")?;
        let mut running = Running { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), started_in: Duration::ZERO };
        let mut lines = BufReader::new(stdout).lines();
        for line in lines.by_ref() {
            let line = line?;
            if let Some(address) = line.strip_prefix("listening on http://") {
                running.address = address.trim_end_matches('/').parse().context("where does it listen?")?;
                running.wait(begun)?;
                // Nobody reads on; what it says later would block it once the pipe is full.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(running);
            }
        }
        bail!("{} ended before it listened", self.name)
    }

    fn spawn_peer(&self, mut command: Command) -> anyhow::Result<Running> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let config = self.folder.join("config");
        fs::write(&config, self.config(port))?;
        if self.kind == Kind::Zot {
            let json = config.with_extension("json");
            fs::rename(&config, &json)?;
            command.arg("serve").arg(json);
        } else {
            command.arg("serve").arg(config).env("OTEL_TRACES_EXPORTER", "none").env("OTEL_METRICS_EXPORTER", "none");
        }
        let begun = Instant::now();
        let child = command.stdout(Stdio::null()).spawn().context("the server does not start")?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut running = Running { child, address, started_in: Duration::ZERO };
        running.wait(begun).with_context(|| self.name.clone())?;
        Ok(running)
    }

    /// A peer's configuration: loopback, no authentication, no log, nothing in the background.
    fn config(&self, port: u16) -> String {
        let root = self.store().display().to_string();
        if self.kind == Kind::Zot {
            let storage = serde_json::json!({
                "rootDirectory": root, "gc": false, "commit": self.is_durable, "dedupe": self.shares_blobs,
            });
            let http = serde_json::json!({ "address": "127.0.0.1", "port": port.to_string() });
            let log = serde_json::json!({ "level": "error" });
            let all = serde_json::json!({ "distSpecVersion": "1.1.1", "storage": storage, "http": http, "log": log });
            return all.to_string();
        }
        format!(
            "version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: \"{root}\"}}
  cache: {{blobdescriptor: inmemory}}
  delete: {{enabled: true}}
  maintenance: {{uploadpurging: {{enabled: false}}}}
http: {{addr: \"127.0.0.1:{port}\"}}
"
        )
    }
}

/// A server that runs. It is killed when this is dropped.
pub struct Running {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From the start of the process to its first answer.
    pub started_in: Duration,
}

impl Running {
    /// Waits until it answers.
    fn wait(&mut self, begun: Instant) -> anyhow::Result<()> {
        loop {
            if answers(self.address) {
                self.started_in = begun.elapsed();
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended before it answered: {status}");
            }
            ensure!(begun.elapsed() < START_TIMEOUT, "it does not answer");
            std::thread::sleep(START_PAUSE);
        }
    }

    /// Waits until it rests: some look through their whole store after a start, which no request should be charged with.
    ///
    /// # Errors
    /// Where it ended.
    pub fn settle(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < SETTLE_TIMEOUT {
            let before = self.cpu()?;
            std::thread::sleep(SETTLE_WINDOW);
            if self.cpu()?.since(&before) < SETTLE_CPU {
                break;
            }
        }
        Ok(())
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its CPU time so far.
    ///
    /// # Errors
    /// Where it ended.
    pub fn cpu(&self) -> anyhow::Result<Cpu> {
        Cpu::of(self.pid())
    }

    /// Its memory.
    ///
    /// # Errors
    /// Where it ended.
    pub fn memory(&self) -> anyhow::Result<Memory> {
        Memory::of(self.pid())
    }

    /// Connects to it.
    ///
    /// # Errors
    /// As the system says.
    pub async fn connect(&self) -> anyhow::Result<Connection> {
        Connection::open(self.address).await
    }

    /// Lets it end in its own way, so that what it holds in memory is written.
    ///
    /// # Errors
    /// Where it does not end.
    pub fn stop(mut self) -> anyhow::Result<()> {
        let pid = i32::try_from(self.pid()).ok().and_then(rustix::process::Pid::from_raw).context("a pid")?;
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        let begun = Instant::now();
        while self.child.try_wait()?.is_none() {
            ensure!(begun.elapsed() < Duration::from_secs(60), "the server does not stop");
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether somebody answers `GET /v2/` there with 200.
fn answers(address: SocketAddr) -> bool {
    use std::io::{Read, Write};
    let ask = || {
        let mut stream = std::net::TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(Request::new("GET", "/v2/", &[]).wire())?;
        let mut start = [0; 12];
        stream.read_exact(&mut start)?;
        // With authentication on, 401 is an answer as well.
        Ok::<_, std::io::Error>(start.ends_with(b"200") || start.ends_with(b"401"))
    };
    ask().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_known_by_its_name() {
        let root = Path::new("/nowhere");
        let kinds = |text: &str| {
            let peers = Target::peers(text, root).unwrap();
            peers.iter().map(|peer| (peer.name.clone(), peer.kind, peer.is_durable)).collect::<Vec<_>>()
        };
        assert_eq!(kinds("distribution-3=/bin/sh"), [("distribution-3".into(), Kind::Distribution, true)]);
        assert_eq!(kinds("docker-registry=/bin/sh"), [("docker-registry".into(), Kind::DockerRegistry, true)]);
        assert_eq!(kinds("zot=/bin/sh"), [("zot".into(), Kind::Zot, false), ("zot-durable".into(), Kind::Zot, true)]);
        for text in ["harbor=/bin/sh", "zot", "zot=/nowhere/zot"] {
            Target::peers(text, root).unwrap_err();
        }
    }

    #[test]
    fn peers_listen_on_loopback_without_a_log() {
        let root = Path::new("/nowhere");
        let zot = Target::peers("zot=/bin/sh", root).unwrap();
        let config = |target: &Target| -> serde_json::Value { serde_json::from_str(&target.config(4711)).unwrap() };
        assert_eq!(config(&zot[0])["storage"]["commit"], false);
        assert_eq!(config(&zot[1])["storage"]["commit"], true);
        assert_eq!(config(&zot[0])["http"]["address"], "127.0.0.1");
        let distribution = Target::peers("distribution=/bin/sh", root).unwrap();
        let config = distribution[0].config(4711);
        assert!(config.contains("127.0.0.1:4711") && config.contains("level: error"), "{config}");
    }
}
