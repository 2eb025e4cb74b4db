//! The real program in a process of its own.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
    thread::JoinHandle,
};

use berth_testkit::{ADMIN_PASSWORD, Client, Database};
use url::Url;

/// The program, to be told what to do with a database and its data folder.
pub fn berth(database: &Database) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_berth"));
    command.env("BERTH_DATA__DIR", database.folder.path().join("data"));
    if let Some(url) = database.url() {
        command.env("BERTH_DB__URL", url);
    }
    command
}

/// A running `berth serve`. It is killed when this is dropped.
pub struct Server {
    child: Child,
    url: Url,
    output: Vec<JoinHandle<String>>,
    /// The system administrator.
    pub admin: Client,
}

impl Server {
    /// Starts it and waits until it listens.
    pub fn start(database: &Database) -> Self {
        Self::start_with(database, "error", "auto")
    }

    /// The same with a level and a format of the log.
    pub fn start_with(database: &Database, level: &str, format: &str) -> Self {
        Self::start_as(database, level, format, &[])
    }

    /// The same in an environment of its own.
    pub fn start_under(database: &Database, environment: &[(&str, &Path)]) -> Self {
        Self::begin(database, ("error", "auto"), &[], environment)
    }

    /// The same with keys of the configuration.
    pub fn start_as(database: &Database, level: &str, format: &str, settings: &[(&str, &str)]) -> Self {
        Self::begin(database, (level, format), settings, &[])
    }

    fn begin(
        database: &Database,
        (level, format): (&str, &str),
        settings: &[(&str, &str)],
        environment: &[(&str, &Path)],
    ) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_berth"));
        command.arg("serve").arg("--data-dir").arg(database.folder.path().join("data"));
        command.args(["--listen", "127.0.0.1:0"]).env("BERTH_SETUP__ADMIN_PASSWORD", ADMIN_PASSWORD);
        command.env("BERTH_LOG__LEVEL", level).env("BERTH_LOG__FORMAT", format);
        if let Some(url) = database.url() {
            command.env("BERTH_DB__URL", url);
        }
        for (key, value) in settings {
            command.env(format!("BERTH_{}", key.replacen('.', "__", 1).to_uppercase()), value);
        }
        command.envs(environment.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut errors = child.stderr.take().unwrap();
        // Nobody may wait because a pipe is full.
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = errors.read_to_string(&mut text);
            text
        });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut before = String::new();
        let url: Url = loop {
            let Some(Ok(line)) = lines.next() else { panic!("the server did not start: {}", errors.join().unwrap()) };
            if let Some((_, url)) = line.split_once("listening on ") {
                break url.trim().parse().unwrap();
            }
            before.push_str(&line);
            before.push('\n');
        };
        let output = std::thread::spawn(move || {
            let lines = lines.map_while(Result::ok);
            lines.fold(before, |text, line| text + &line + "\n")
        });
        let admin = Client::anonymous(&url).basic("admin", ADMIN_PASSWORD);
        Server { child, url, output: vec![output, errors], admin }
    }

    /// Host and port.
    pub fn host(&self) -> String {
        format!("{}:{}", self.url.host_str().unwrap(), self.url.port().unwrap())
    }

    /// RssAnon and RssShmem in bytes: what the process itself takes, without the files that it reads.
    pub fn memory_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let lines = status.lines().filter(|line| line.starts_with("RssAnon:") || line.starts_with("RssShmem:"));
        lines.map(|line| line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10).sum()
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How many files and connections are open.
    pub fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    /// Nobody.
    pub fn anonymous(&self) -> Client {
        Client::anonymous(&self.url)
    }

    /// Asks it to stop and returns everything that it has printed.
    pub fn stop(mut self) -> String {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
        self.output.drain(..).map(|output| output.join().unwrap()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
