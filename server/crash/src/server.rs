//! The real binary on one data folder, started and killed again and again.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, bail};

/// The administrator's password.
pub const PASSWORD: &str = "Administrat0r";

/// How a server is started.
#[derive(Clone, Debug)]
pub struct Program {
    /// The binary.
    pub binary: PathBuf,
    /// Its data folder.
    pub data: PathBuf,
    /// Variables of its environment.
    pub environment: Vec<(String, OsString)>,
}

/// A running server, killed when dropped.
pub struct Server {
    child: Child,
    /// Such as `http://127.0.0.1:5000`.
    pub base: String,
}

impl Program {
    /// Starts it and waits until it listens. A port that is taken is replaced by any free one.
    ///
    /// # Errors
    /// Where it ends before it listens.
    pub fn start(&self, port: u16) -> anyhow::Result<Server> {
        match self.start_at(port) {
            Err(error) if port != 0 && format!("{error:#}").contains("in use") => self.start_at(0),
            started => started,
        }
    }

    fn start_at(&self, port: u16) -> anyhow::Result<Server> {
        let mut command = Command::new(&self.binary);
        command.arg("serve").arg("--data-dir").arg(&self.data).args(["--listen", &format!("127.0.0.1:{port}")]);
        command.env("BERTH_SETUP__ADMIN_PASSWORD", PASSWORD).env("BERTH_LOG__LEVEL", "error");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let log = self.log();
        let before = std::fs::metadata(&log).map_or(0, |log| log.len());
        let errors = File::options().create(true).append(true).open(&log).context("could not open the log")?;
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors).spawn()?;
        let output = child.stdout.take().context("the output is piped")?;
        let mut lines = BufReader::new(output).lines();
        let mut said = String::new();
        while let Some(Ok(line)) = lines.next() {
            if let Some((_, url)) = line.split_once("listening on ") {
                let base = url.trim().trim_end_matches('/').to_owned();
                // Nobody may wait because a pipe is full.
                let mut log = OpenOptions::new().append(true).open(&log).context("could not open the log")?;
                std::thread::spawn(move || {
                    for line in lines.map_while(Result::ok) {
                        let _ = std::io::Write::write_all(&mut log, format!("{line}\n").as_bytes());
                    }
                });
                return Ok(Server { child, base });
            }
            said.push_str(&line);
            said.push('\n');
        }
        let status = child.wait()?;
        let log = std::fs::read(&log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log[usize::try_from(before)?.min(log.len())..]).into_owned();
        bail!("the server did not start ({status}): {said}{log}");
    }

    /// What the servers said.
    pub fn log(&self) -> PathBuf {
        self.data.with_extension("log")
    }

    /// Runs a command on the data folder while no server does. Says what it printed.
    ///
    /// # Errors
    /// Where it fails, with what it printed.
    pub fn run(&self, args: &[&str]) -> anyhow::Result<String> {
        let mut command = Command::new(&self.binary);
        command.args(args).arg("--data-dir").arg(&self.data);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let output = command.output().with_context(|| format!("could not start berth {args:?}"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        // What a kill left between bytes and rows is young, and no fault.
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("young ")).collect();
        let text = lines.join("\n");
        if !output.status.success() {
            bail!("berth {args:?}: {}: {text}", output.status);
        }
        Ok(text)
    }
}

impl Server {
    /// The port it listens on; 0 where the address has none.
    pub fn port(&self) -> u16 {
        self.base.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or_default()
    }

    /// Whether it ended by itself.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// SIGKILL, and waits until it is gone.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().context("could not kill the server")?;
        self.child.wait().context("could not wait for the server")?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Files under `blobs` whose name is not their digest.
///
/// # Errors
/// Where a folder cannot be read.
pub fn misnamed_blobs(storage: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut misnamed = Vec::new();
    let mut folders = vec![storage.join("blobs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| format!("could not read {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let digest = crate::content::sha256(&std::fs::read(&path)?);
            if path.file_name().and_then(|name| name.to_str()) != Some(digest.hex().as_str()) {
                misnamed.push(path);
            }
        }
    }
    Ok(misnamed)
}
