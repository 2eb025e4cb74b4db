//! A server under measurement, and what the kernel says of it.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

/// The administrator's password on measured servers.
pub const PASSWORD: &str = "Harbor12345";
/// Clock ticks a second of `/proc/<pid>/stat` (`sysconf(_SC_CLK_TCK)` is 100 on every Linux that matters).
const TICKS: f64 = 100.0;

/// A running server on a folder of its own. Stopped when dropped.
pub struct Server {
    child: Child,
    /// `http://127.0.0.1:<port>`
    pub base: String,
    /// From the start of the process to its line on stdout.
    pub started_in: Duration,
    _folder: Option<tempfile::TempDir>,
}

impl Server {
    /// Starts `$BERTH_BIN` on a fresh folder.
    pub fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut server = Self::start_on(folder.path().to_owned())?;
        server._folder = Some(folder);
        Ok(server)
    }

    /// Starts `$BERTH_BIN` on a folder that may hold data already.
    #[expect(clippy::disallowed_methods, reason = "the bench is told by its caller which binary to measure")]
    pub fn start_on(folder: PathBuf) -> anyhow::Result<Self> {
        let binary = std::env::var("BERTH_BIN").context("BERTH_BIN names the binary to measure")?;
        let begun = Instant::now();
        let mut child = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(folder)
            .env("BERTH_SETUP__ADMIN_PASSWORD", PASSWORD)
            .env("BERTH_LOG__LEVEL", "error")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("the server does not start")?;
        let stdout = child.stdout.take().context("stdout is piped")?;
        for line in BufReader::new(stdout).lines() {
            if let Some(base) = line?.strip_prefix("listening on ") {
                let base = base.to_owned();
                return Ok(Server { child, base, started_in: begun.elapsed(), _folder: None });
            }
        }
        bail!("the server ended before it listened")
    }

    /// CPU seconds so far, of the process and all its threads.
    pub fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields: Vec<&str> = stat.rsplit_once(')').context("stat has a name")?.1.split_whitespace().collect();
        let ticks = |index: usize| -> anyhow::Result<f64> { Ok(fields.get(index).context("stat is short")?.parse()?) };
        Ok((ticks(11)? + ticks(12)?) / TICKS)
    }

    /// Resident memory of its own in KiB: RssAnon + RssShmem. Mapped files belong to the page cache.
    pub fn resident_kib(&self) -> anyhow::Result<u64> {
        Ok(self.status("RssAnon")? + self.status("RssShmem")?)
    }

    /// The peak of all resident pages in KiB, mapped files included.
    pub fn peak_kib(&self) -> anyhow::Result<u64> {
        self.status("VmHWM")
    }

    fn status(&self, key: &str) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(key)).context("status has the line")?;
        let number = line.trim_start_matches(':').split_whitespace().next().context("the line has a number")?;
        Ok(number.parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Names the machine, for the head of the figures.
pub fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown");
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("?").to_owned();
    format!("Machine: {cores} × {}, load average {load}.\n", model.trim_start_matches([' ', '\t', ':']))
}
