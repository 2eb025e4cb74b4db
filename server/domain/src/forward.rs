//! Where audit entries go: into the database, to a syslog server, both or nowhere, as the settings say.
//!
//! Entries for the syslog server wait in a queue of limited length until a task sends them, so that a server that is slow
//! or gone holds up nobody. What the queue has no room for is counted and said.

use std::{
    collections::{BTreeSet, VecDeque},
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwap;
use berth_db::journal::{AuditRow, Journal, Route};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpStream, UdpSocket},
    sync::{Notify, watch},
    time::{sleep, timeout},
};

use crate::{Domain, settings::Snapshot};

/// Entries that wait at most.
const QUEUE_ROWS_MAX: usize = 10_000;
/// Entries that are taken from the queue together.
const BATCH_ROWS: usize = 256;
/// How long the far end may take to answer, or to take a message.
const PATIENCE: Duration = Duration::from_secs(3);
/// Between two tries, at first and at most.
const PAUSE_MIN: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// How long the last entries may take at the end of the process.
const FAREWELL: Duration = Duration::from_secs(2);
/// The longest message, in bytes. More does not fit into a datagram everywhere.
const MESSAGE_BYTES_MAX: usize = 8 << 10;
/// Facility 0, severity 6: what Harbor sends.
const PRIORITY: u8 = 6;
/// The name of the program in messages, which is Harbor's.
const TAG: &str = "audit";

/// The queue and the rules of where entries go.
#[derive(Default)]
pub struct Forward {
    policy: ArcSwap<Policy>,
    queue: Mutex<Queue>,
    wake: Notify,
}

/// What the settings say.
#[derive(Debug, Default, PartialEq)]
struct Policy {
    disabled: BTreeSet<String>,
    endpoint: Option<Endpoint>,
    skips_database: bool,
}

#[derive(Default)]
struct Queue {
    rows: VecDeque<AuditRow>,
    lost: u64,
    lost_ever: u64,
}

/// A syslog server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `host:port` or `tcp://host:port`: a message a line.
    Tcp(String),
    /// `udp://host:port`: a message a datagram.
    Udp(String),
}

impl Endpoint {
    /// Reads the setting. Nothing where it is empty.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.split_once("://") {
            Some(("udp", address)) => Some(Endpoint::Udp(address.to_owned())),
            Some(("tcp", address)) => Some(Endpoint::Tcp(address.to_owned())),
            // Another scheme is no address, and connecting to it says so.
            _ => (!text.is_empty()).then(|| Endpoint::Tcp(text.to_owned())),
        }
    }

    /// Whether somebody takes messages there; of a datagram one only learns whether the name is known.
    pub(crate) async fn answers(&self) -> bool {
        self.connect().await.is_some()
    }

    async fn connect(&self) -> Option<Line> {
        let connected = match self {
            Endpoint::Tcp(address) => timeout(PATIENCE, TcpStream::connect(address)).await.map(|it| it.map(Line::Tcp)),
            Endpoint::Udp(address) => timeout(PATIENCE, datagrams(address)).await.map(|it| it.map(Line::Udp)),
        };
        connected.ok()?.ok()
    }
}

async fn datagrams(address: &str) -> std::io::Result<UdpSocket> {
    let mut last = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
    for target in tokio::net::lookup_host(address).await? {
        let any = if target.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(any).await?;
        match socket.connect(target).await {
            Ok(()) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// A connection to a syslog server.
enum Line {
    Tcp(TcpStream),
    Udp(UdpSocket),
}

impl Line {
    async fn send(&mut self, message: &str) -> std::io::Result<()> {
        let sent = match self {
            Line::Tcp(stream) => {
                // What is written to a connection that the other end has closed is lost without an error.
                if matches!(stream.try_read(&mut [0]), Ok(0)) {
                    return Err(std::io::ErrorKind::ConnectionReset.into());
                }
                timeout(PATIENCE, stream.write_all(message.as_bytes())).await
            }
            Line::Udp(socket) => {
                timeout(PATIENCE, socket.send(message.trim_end().as_bytes())).await.map(|it| it.map(drop))
            }
        };
        sent.map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))?
    }
}

impl Forward {
    /// Follows the settings from now on.
    pub(crate) fn follow(&self, settings: &Snapshot) {
        let policy = Policy {
            disabled: settings.audit_events_disabled().map(str::to_owned).collect(),
            endpoint: Endpoint::parse(settings.audit_log_forward_endpoint()),
            skips_database: settings.skip_audit_log_database(),
        };
        if **self.policy.load() != policy {
            self.policy.store(Arc::new(policy));
            self.wake.notify_one();
        }
    }

    /// Entries that were lost since the process began because the queue was full.
    pub(crate) fn lost_in_all(&self) -> u64 {
        self.lock().lost_ever
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What waits, at most one batch of it, and how many entries were lost before it.
    fn take(&self) -> (Vec<AuditRow>, u64) {
        let mut queue = self.lock();
        let count = queue.rows.len().min(BATCH_ROWS);
        (queue.rows.drain(..count).collect(), std::mem::take(&mut queue.lost))
    }

    /// Takes back what could not be sent, before what came meanwhile.
    fn put_back(&self, rows: Vec<AuditRow>, lost: u64) {
        let mut queue = self.lock();
        queue.lost += lost;
        for row in rows.into_iter().rev() {
            queue.rows.push_front(row);
        }
        let over = queue.rows.len().saturating_sub(QUEUE_ROWS_MAX);
        queue.rows.truncate(QUEUE_ROWS_MAX);
        queue.lose(over);
    }

    fn forget(&self) {
        let mut queue = self.lock();
        queue.rows.clear();
        queue.lost = 0;
    }

    fn is_empty(&self) -> bool {
        self.lock().rows.is_empty()
    }
}

impl Queue {
    fn lose(&mut self, rows: usize) {
        self.lost += rows as u64;
        self.lost_ever += rows as u64;
    }
}

impl Journal for Forward {
    fn route(&self, row: &AuditRow) -> Route {
        let policy = self.policy.load();
        if !policy.disabled.is_empty() && policy.disabled.contains(&format!("{}_{}", row.operation, row.resource_type))
        {
            return Route::default();
        }
        let told = policy.endpoint.is_some();
        // While the syslog server takes nothing, entries are better kept than lost.
        let skips = policy.skips_database && told && self.lock().rows.len() < QUEUE_ROWS_MAX / 2;
        Route { row: !skips, told }
    }

    fn committed(&self, rows: Vec<AuditRow>) {
        let mut queue = self.lock();
        let room = QUEUE_ROWS_MAX.saturating_sub(queue.rows.len());
        let lost = rows.len().saturating_sub(room);
        queue.rows.extend(rows.into_iter().take(room));
        queue.lose(lost);
        drop(queue);
        self.wake.notify_one();
    }
}

/// Sends entries to the syslog server until `stop` turns true.
pub async fn run(domain: Domain, mut stop: watch::Receiver<bool>) {
    // Whoever writes first finds the rules already there.
    if let Err(error) = domain.settings().await {
        tracing::warn!(%error, "the settings cannot be read yet");
    }
    let forward = &domain.forward;
    let mut sender = Sender::default();
    loop {
        tokio::select! {
            () = forward.wake.notified() => {}
            _ = stop.wait_for(|stopped| *stopped) => return,
        }
        while !forward.is_empty() {
            if sender.send_some(forward).await {
                continue;
            }
            tokio::select! {
                () = sleep(sender.pause()) => {}
                _ = stop.wait_for(|stopped| *stopped) => return,
            }
        }
    }
}

/// How many audit entries were not forwarded since the process began because too many waited.
pub fn lost(domain: &Domain) -> u64 {
    domain.forward.lost_in_all()
}

/// Sends what still waits at the end of the process, as far as it goes quickly.
pub async fn finish(domain: &Domain) {
    let forward = &domain.forward;
    let mut sender = Sender::default();
    let rest = async { while !forward.is_empty() && sender.send_some(forward).await {} };
    // Who does not take them now gets them no more; the database has them, unless the settings say otherwise.
    let _ = timeout(FAREWELL, rest).await;
    let waiting = forward.lock().rows.len();
    if waiting > 0 {
        tracing::warn!(waiting, "audit entries could not be forwarded before the end");
    }
}

#[derive(Default)]
struct Sender {
    line: Option<(Endpoint, Line)>,
    failures: u32,
}

impl Sender {
    /// Sends a batch. False where the server does not take it; then it waits on.
    async fn send_some(&mut self, forward: &Forward) -> bool {
        let Some(endpoint) = forward.policy.load().endpoint.clone() else {
            // Forwarding was switched off: what waited is for nobody.
            forward.forget();
            self.line = None;
            return true;
        };
        if self.line.as_ref().is_none_or(|(connected, _)| *connected != endpoint) {
            self.line = endpoint.connect().await.map(|line| (endpoint.clone(), line));
        }
        let Some((_, line)) = &mut self.line else {
            self.fail(&endpoint, "it cannot be reached");
            return false;
        };
        let (mut rows, lost) = forward.take();
        if lost > 0 {
            tracing::warn!(lost, "audit entries were not forwarded because too many waited");
            if let Err(error) = line.send(&loss(lost, rows.first())).await {
                forward.put_back(rows, lost);
                self.line = None;
                self.fail(&endpoint, &error.to_string());
                return false;
            }
        }
        for sent in 0..rows.len() {
            if let Err(error) = line.send(&message(&rows[sent])).await {
                forward.put_back(rows.split_off(sent), 0);
                self.line = None;
                self.fail(&endpoint, &error.to_string());
                return false;
            }
        }
        if self.failures > 0 {
            tracing::info!("the audit endpoint takes entries again");
        }
        self.failures = 0;
        true
    }

    fn fail(&mut self, endpoint: &Endpoint, why: &str) {
        if self.failures == 0 {
            tracing::warn!(?endpoint, why, "the audit endpoint takes no entries, they wait");
        }
        self.failures = self.failures.saturating_add(1);
    }

    fn pause(&self) -> Duration {
        (PAUSE_MIN * 2_u32.saturating_pow(self.failures.min(10))).min(PAUSE_MAX)
    }
}

/// An entry as a line of syslog, worded as Harbor words it.
fn message(row: &AuditRow) -> String {
    let outcome = if row.successful { "success" } else { "failure" };
    let fields = [
        ("clientAddress", row.client_address.as_str()),
        ("operator", row.username.as_str()),
        ("requestID", row.request_id.as_str()),
        ("resourceType", row.resource_type.as_str()),
        ("result", outcome),
        ("time", &row.at.to_rfc3339()),
    ];
    let mut told = String::from("[INFO] [");
    for (index, (name, value)) in fields.into_iter().filter(|(_, value)| !value.is_empty()).enumerate() {
        let space = if index == 0 { "" } else { " " };
        let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
        let _ = write!(told, "{space}{name}=\"{quoted}\"");
    }
    let (operation, resource, description) = (&row.operation, &row.resource, &row.description);
    let _ = write!(told, "]: action:{operation}, resource:{resource}, operation_description:{description}");
    line(&row.at.to_rfc3339(), &told)
}

fn loss(lost: u64, next: Option<&AuditRow>) -> String {
    let at = next.map(|row| row.at.to_rfc3339()).unwrap_or_default();
    line(&at, &format!("[WARNING] {lost} audit entries were not forwarded because too many waited"))
}

fn line(at: &str, told: &str) -> String {
    // A line is a message, so what a client wrote must not end one.
    let mut text: String = told.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    if text.len() > MESSAGE_BYTES_MAX {
        text.truncate(text.floor_char_boundary(MESSAGE_BYTES_MAX));
    }
    format!("<{PRIORITY}>{at} {} {TAG}[{}]: {text}\n", host(), std::process::id())
}

/// The name of this machine, as far as it is known.
fn host() -> &'static str {
    static HOST: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let name: String = name.trim().chars().filter(|char| char.is_ascii_graphic()).collect();
        if name.is_empty() { "berth".to_owned() } else { name }
    });
    &HOST
}

#[cfg(test)]
mod tests {
    use berth_types::Timestamp;

    use super::*;

    fn row(resource: &str) -> AuditRow {
        AuditRow {
            at: Timestamp(1_577_836_800_000_000),
            username: "a\"b".to_owned(),
            operation: "create".to_owned(),
            resource_type: "project".to_owned(),
            resource: resource.to_owned(),
            project_id: None,
            description: format!("create project: {resource}"),
            successful: true,
            client_address: "10.0.0.1".to_owned(),
            request_id: String::new(),
        }
    }

    fn forward(policy: Policy) -> Forward {
        let forward = Forward::default();
        forward.policy.store(Arc::new(policy));
        forward
    }

    #[test]
    fn a_message_is_one_line_whatever_a_client_writes() {
        let told = message(&row("evil\n<0>now me"));
        let (head, text) = told.split_once("]: ").unwrap();
        assert!(head.starts_with("<6>2020-01-01T00:00:00"), "{head}");
        assert_eq!(
            text,
            "[INFO] [clientAddress=\"10.0.0.1\" operator=\"a\\\"b\" resourceType=\"project\" result=\"success\" \
             time=\"2020-01-01T00:00:00.000Z\"]: action:create, resource:evil <0>now me, \
             operation_description:create project: evil <0>now me\n"
        );
        assert_eq!(told.matches('\n').count(), 1);
        assert!(message(&row(&"ä".repeat(MESSAGE_BYTES_MAX))).len() < MESSAGE_BYTES_MAX + 200);
    }

    #[test]
    fn endpoints_are_read_as_harbor_reads_them_and_datagrams_besides() {
        assert_eq!(Endpoint::parse(""), None);
        assert_eq!(Endpoint::parse("log:514"), Some(Endpoint::Tcp("log:514".to_owned())));
        assert_eq!(Endpoint::parse("tcp://log:514"), Some(Endpoint::Tcp("log:514".to_owned())));
        assert_eq!(Endpoint::parse("udp://log:514"), Some(Endpoint::Udp("log:514".to_owned())));
        assert_eq!(Endpoint::parse("gopher://log"), Some(Endpoint::Tcp("gopher://log".to_owned())));
    }

    #[test]
    fn entries_go_where_the_settings_say() {
        let endpoint = || Endpoint::parse("log:514");
        let route = |policy| forward(policy).route(&row("x"));
        assert_eq!(route(Policy::default()), Route { row: true, told: false });
        let disabled = BTreeSet::from(["create_project".to_owned()]);
        assert_eq!(route(Policy { disabled, ..Policy::default() }), Route { row: false, told: false });
        let disabled = BTreeSet::from(["delete_project".to_owned()]);
        assert_eq!(
            route(Policy { disabled, endpoint: endpoint(), ..Policy::default() }),
            Route { row: true, told: true }
        );
        let policy = Policy { endpoint: endpoint(), skips_database: true, ..Policy::default() };
        assert_eq!(route(policy), Route { row: false, told: true });
        // Without an endpoint nothing leaves the database.
        assert_eq!(route(Policy { skips_database: true, ..Policy::default() }), Route { row: true, told: false });
    }

    #[test]
    fn a_full_queue_loses_and_counts_and_falls_back_to_the_database() {
        let forward =
            forward(Policy { endpoint: Endpoint::parse("log:514"), skips_database: true, ..Policy::default() });
        forward.committed(vec![row("x"); QUEUE_ROWS_MAX]);
        assert_eq!(forward.route(&row("x")), Route { row: true, told: true });
        forward.committed(vec![row("y"); 3]);
        assert_eq!(forward.lost_in_all(), 3);
        let (rows, lost) = forward.take();
        assert_eq!((rows.len(), lost), (BATCH_ROWS, 3));
        forward.committed(vec![row("z")]);
        forward.put_back(rows, lost);
        assert_eq!(forward.lost_in_all(), 4);
        let queue = forward.lock();
        assert_eq!((queue.rows.len(), queue.lost), (QUEUE_ROWS_MAX, 4));
    }
}
