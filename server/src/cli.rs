//! The command line.

use std::{
    io::{IsTerminal, Read, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    admin::{self, Answer, CreateUser, RemoveSecondFactor, ResetPassword},
    backup,
    config::{
        self, Inputs, LimitsConfig, Loaded,
        show::{self, Origins},
    },
    fsck::{self, line},
    gc, precedence, restore, running, telemetry,
};

#[derive(Parser)]
#[command(name = "berth", version, about = "A container registry in one binary", max_term_width = 100)]
struct Berth {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve(Serve),
    /// Look at the configuration
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Manage people, also while the server runs
    Admin {
        #[command(subcommand)]
        command: AdminCommand,
    },
    /// Remove the bytes that nobody needs, also while the server runs
    Gc(Gc),
    /// Check everything that is stored, and mend it; also while the server runs
    ///
    /// Exit status: 0 where everything is as it should be, 1 where something is left to do, 2 where it could not be
    /// checked.
    Fsck {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        arguments: fsck::Arguments,
    },
    /// Copy database, key and blobs into a folder, also while the server runs
    Backup {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        arguments: backup::Arguments,
    },
    /// Make a data folder from a backup
    Restore {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        arguments: restore::Arguments,
    },
    /// Print the OpenAPI document of the API
    Openapi,
    /// Ask the server that runs on this data folder whether it is ready; for container health checks
    Healthcheck {
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Args)]
struct Serve {
    #[command(flatten)]
    common: Common,
    /// Address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
}

#[derive(Args)]
struct Gc {
    #[command(flatten)]
    common: Common,
    /// Change nothing: name what would be removed, and why the rest stays
    #[arg(long)]
    dry_run: bool,
    /// How long bytes stay after they lost their last user, such as 0s, 30m, 24h or 7d; else what the configuration says
    #[arg(long, value_name = "TIME", value_parser = time)]
    grace: Option<std::time::Duration>,
    /// One JSON object a line: findings, and the report as the last one
    #[arg(long)]
    json: bool,
}

fn time(text: &str) -> Result<std::time::Duration, &'static str> {
    config::section::duration(text).ok_or("a time is a number with `s`, `m`, `h` or `d`")
}

#[derive(Args, Default)]
struct Common {
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The data folder
    #[arg(long, alias = "data", value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Read everything and say what is wrong
    Check {
        #[command(flatten)]
        common: Common,
    },
    /// Print a commented file with every key at its default
    Default,
    /// Print the JSON schema of the file
    Schema,
    /// Print the document of all keys
    Docs,
    /// Print the values in force; secrets stay hidden
    Show {
        #[command(flatten)]
        common: Common,
        /// Say where each value comes from
        #[arg(long)]
        origin: bool,
    },
}

#[derive(Subcommand)]
enum AdminCommand {
    /// Create a person
    CreateUser {
        #[command(flatten)]
        common: Common,
        /// The name to sign in with
        username: String,
        /// The e-mail address
        #[arg(long)]
        email: Option<String>,
        /// The name to show
        #[arg(long)]
        realname: Option<String>,
        /// Make the person a system administrator
        #[arg(long)]
        admin: bool,
        #[command(flatten)]
        password: Password,
    },
    /// Set a person's password and end their sessions
    ResetPassword {
        #[command(flatten)]
        common: Common,
        /// The name to sign in with
        #[arg(default_value = "admin")]
        username: String,
        #[command(flatten)]
        password: Password,
    },
    /// Take the second factor off the account of somebody who has lost it
    RemoveSecondFactor {
        #[command(flatten)]
        common: Common,
        /// The name to sign in with
        #[arg(default_value = "admin")]
        username: String,
    },
}

/// Where a password comes from. Never the command line, which other people of the machine can see.
#[derive(Args)]
struct Password {
    /// Read the password from standard input
    #[arg(long, conflicts_with = "generate")]
    password_stdin: bool,
    /// Make a password and print it
    #[arg(long)]
    generate: bool,
}

/// Runs what the command line says.
pub fn run() -> ExitCode {
    // First of all, so that no library picks a provider of its own. A second call would change nothing.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let Berth { command } = Berth::parse();
    if matches!(command, Command::Serve(_)) {
        // Before the first thread starts, so that all of them do.
        precedence::take_short_turns();
    }
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("could not start the runtime")
        .and_then(|runtime| runtime.block_on(dispatch(command)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            fsck::exit_code(&error)
        }
    }
}

async fn dispatch(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(Serve { common, listen }) => {
            let mut inputs = common.inputs();
            if let Some(listen) = listen {
                inputs = inputs.with_flag("http.listen", "--listen", listen);
            }
            serve(config::load(&inputs)?).await
        }
        Command::Config { command } => configuration(command),
        Command::Admin { command } => administer(command).await,
        Command::Gc(order) => collect(order).await,
        Command::Fsck { common, arguments } => {
            let config = config::load(&common.inputs()).map(|loaded| loaded.config);
            fsck::command(config.map_err(Into::into), &arguments).await
        }
        Command::Backup { common, arguments } => {
            backup::command(&config::load(&common.inputs())?.config, &arguments).await
        }
        Command::Restore { common, arguments } => {
            restore::command(&config::load(&common.inputs())?.config, &arguments).await
        }
        Command::Openapi => line(berth_api::openapi_json().trim_end()),
        Command::Healthcheck { common } => {
            let Loaded { config, .. } = config::load(&common.inputs())?;
            line(&admin::ready(&config.data.socket()).await?)
        }
    }
}

/// Open files of everything but connections and uploads.
const OTHER_FILES: u64 = 512;

/// Takes as many open files as the system allows. What it gives unasked is far below the connections that are served.
fn raise_open_files(limits: &LimitsConfig) {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }) {
        tracing::warn!(%error, "could not raise the limit of open files");
    }
    let needed = u64::from(limits.connections_max) + u64::from(limits.uploads_max) + OTHER_FILES;
    if let Some(files_max) = limit.maximum.filter(|maximum| *maximum < needed) {
        tracing::warn!(
            files_max,
            "the system allows {files_max} open files; `limits.connections_max` and `limits.uploads_max` need {needed}"
        );
    }
}

async fn serve(Loaded { config, .. }: Loaded) -> anyhow::Result<()> {
    telemetry::init(&config.log);
    raise_open_files(&config.limits);
    if config.registry.anonymous == berth_web::Anonymous::All {
        tracing::warn!("`registry.anonymous` is `all`: everybody on this machine may push and delete");
    }
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    // It asks for the certificate to be read again. Without one there is nothing to do, but no reason to die either.
    let _hangup = signal(SignalKind::hangup())?;
    let running = running::start(config).await?;
    let url = running.url().as_str().trim_end_matches('/').to_owned();
    line(&format!("listening on {url}\n"))?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), http.address = %running.address(), "listening on {url}");
    if let Some(link) = running.setup_link() {
        // The link is the way in, so it is printed even though it holds a token: it is good once, for a day.
        line(&format!("open {link}\n"))?;
        tracing::info!("set-up is open: the link is on standard output");
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    tokio::select! {
        () = running.shutdown() => Ok(()),
        // Whoever asks twice does not want to wait.
        _ = interrupt.recv() => bail!("interrupted"),
    }
}

fn configuration(command: ConfigCommand) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Check { common } => {
            let Loaded { config, .. } = config::load(&common.inputs())?;
            config.tls.map(crate::tls::Certificates::load).transpose()?;
            line("the configuration is valid\n")
        }
        ConfigCommand::Default => line(&show::default_toml()),
        ConfigCommand::Schema => line(&format!("{:#}\n", show::schema())),
        ConfigCommand::Docs => line(&show::docs()),
        ConfigCommand::Show { common, origin } => {
            let origins = if origin { Origins::Shown } else { Origins::Hidden };
            line(&show::show(&config::load(&common.inputs())?, origins))
        }
    }
}

async fn administer(command: AdminCommand) -> anyhow::Result<()> {
    match command {
        AdminCommand::CreateUser { common, username, email, realname, admin, password } => {
            let Loaded { config, .. } = config::load(&common.inputs())?;
            let (password, generated) = password.get()?;
            let order = CreateUser { username, email, realname, admin, password };
            finish(admin::create_user(&config, &order).await?, generated)
        }
        AdminCommand::ResetPassword { common, username, password } => {
            let Loaded { config, .. } = config::load(&common.inputs())?;
            let (password, generated) = password.get()?;
            let order = ResetPassword { username, password };
            finish(admin::reset_password(&config, &order).await?, generated)
        }
        AdminCommand::RemoveSecondFactor { common, username } => {
            let Loaded { config, .. } = config::load(&common.inputs())?;
            finish(admin::remove_second_factor(&config, &RemoveSecondFactor { username }).await?, None)
        }
    }
}

async fn collect(Gc { common, dry_run, grace, json }: Gc) -> anyhow::Result<()> {
    let Loaded { config, .. } = config::load(&common.inputs())?;
    let order = gc::Order { dry_run, grace_seconds: grace.map(|grace| grace.as_secs()) };
    gc::run(&config, order, &mut |said| match said {
        said if json => line(&serde_json::to_string(&said)?),
        gc::Line::Finding(finding) => line(&gc::show_finding(&finding, dry_run)),
        gc::Line::Report(report) => line(&gc::show_report(&report)),
    })
    .await
}

fn finish(Answer { message }: Answer, generated: Option<String>) -> anyhow::Result<()> {
    let secret = generated.map(|password| format!("password: {password}\n")).unwrap_or_default();
    line(&format!("{message}\n{secret}"))
}

impl Common {
    fn inputs(&self) -> Inputs {
        let mut inputs = Inputs::from_process();
        inputs.file.clone_from(&self.config);
        match &self.data_dir {
            Some(dir) => inputs.with_flag("data.dir", "--data-dir", dir.to_string_lossy()),
            None => inputs,
        }
    }
}

impl Password {
    /// The password, and once more where it was made here.
    fn get(&self) -> anyhow::Result<(String, Option<String>)> {
        if self.generate {
            let password = admin::generate_password();
            return Ok((password.clone(), Some(password)));
        }
        if self.password_stdin || !std::io::stdin().is_terminal() {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("could not read the password")?;
            return Ok((text.trim_end_matches(['\r', '\n']).to_owned(), None));
        }
        let password = prompt("password: ")?;
        if prompt("once more: ")? != password {
            bail!("the passwords differ");
        }
        Ok((password, None))
    }
}

/// Asks at the terminal, without showing what is typed.
fn prompt(text: &str) -> anyhow::Result<String> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let stdin = std::io::stdin();
    eprint!("{text}");
    std::io::stderr().flush()?;
    let before = tcgetattr(&stdin)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Flush, &silent)?;
    let mut line = String::new();
    let read = stdin.read_line(&mut line);
    tcsetattr(&stdin, OptionalActions::Flush, &before)?;
    eprintln!();
    read?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
