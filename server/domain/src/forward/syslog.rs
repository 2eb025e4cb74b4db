//! Entries as lines of syslog, worded as Harbor words them, over TCP, TLS or as datagrams.

use std::{fmt::Write as _, net::SocketAddr, time::Duration};

use berth_db::journal::AuditRow;
use futures_util::FutureExt;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UdpSocket, lookup_host},
    time::timeout,
};
use tokio_rustls::client::TlsStream;

use super::{
    endpoint::{Endpoint, Target},
    loss_text,
};
use crate::outbound::{Failure, callable, probe};

/// How long the far end may take to answer, or to take a message.
const PATIENCE: Duration = Duration::from_secs(3);
/// The longest message, in bytes. More does not fit into a datagram everywhere.
const MESSAGE_BYTES_MAX: usize = 8 << 10;
/// Facility 0, severity 6: what Harbor sends.
const PRIORITY: u8 = 6;
/// The name of the program in messages, which is Harbor's.
const TAG: &str = "audit";

/// A connection to a syslog server.
pub(super) enum Line {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    Udp(UdpSocket),
}

impl Line {
    /// Connects, as far as one can: of a datagram one only learns whether the name is known.
    ///
    /// # Errors
    /// Why there is no connection.
    pub(super) async fn open(target: &Target) -> Result<Self, Failure> {
        let opened = async {
            match &target.endpoint {
                Endpoint::Tcp(address) => Ok(Line::Tcp(probe::connect(&addresses(address).await?).await?)),
                Endpoint::Udp(address) => Ok(Line::Udp(datagrams(&addresses(address).await?).await?)),
                Endpoint::Tls(host, port) => {
                    let stream = probe::connect(&probe::addresses(host, *port).await?).await?;
                    let stream = probe::secure(stream, host, target.certificates).await?;
                    Ok(Line::Tls(Box::new(stream)))
                }
                // Those are asked by requests, and nobody opens a line to them.
                Endpoint::Json(url) | Endpoint::Otlp(url) => Err(Failure::Address(url.to_string())),
            }
        };
        timeout(PATIENCE, opened).await.map_err(|_| Failure::Unreachable("it does not answer".to_owned()))?
    }

    /// Sends a message.
    ///
    /// # Errors
    /// Where the other end does not take it.
    pub(super) async fn send(&mut self, message: &str) -> std::io::Result<()> {
        let sent = match self {
            Line::Tcp(stream) => timeout(PATIENCE, write(stream, message)).await,
            Line::Tls(stream) => timeout(PATIENCE, write(stream.as_mut(), message)).await,
            Line::Udp(socket) => {
                timeout(PATIENCE, socket.send(message.trim_end().as_bytes())).await.map(|it| it.map(drop))
            }
        };
        sent.map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))?
    }
}

async fn write(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), message: &str) -> std::io::Result<()> {
    // What is written to a connection that the other end has closed is lost without an error.
    if let Some(Ok(0) | Err(_)) = stream.read(&mut [0]).now_or_never() {
        return Err(std::io::ErrorKind::ConnectionReset.into());
    }
    stream.write_all(message.as_bytes()).await?;
    stream.flush().await
}

/// The addresses behind `host:port` that may be called.
async fn addresses(address: &str) -> Result<Vec<SocketAddr>, Failure> {
    let unreachable = |error: std::io::Error| Failure::Unreachable(error.to_string());
    let found: Vec<SocketAddr> = lookup_host(address).await.map_err(unreachable)?.collect();
    callable(&found)
}

async fn datagrams(addresses: &[SocketAddr]) -> Result<UdpSocket, Failure> {
    let mut last = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
    for target in addresses {
        let any = if target.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let opened = async {
            let socket = UdpSocket::bind(any).await?;
            socket.connect(target).await?;
            Ok(socket)
        };
        match opened.await {
            Ok(socket) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(Failure::Unreachable(last.to_string()))
}

/// An entry as a line.
pub(super) fn message(row: &AuditRow) -> String {
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

/// How many entries are missing before the next one.
pub(super) fn loss(lost: u64, next: Option<&AuditRow>) -> String {
    let at = next.map(|row| row.at.to_rfc3339()).unwrap_or_default();
    line(&at, &format!("[WARNING] {}", loss_text(lost)))
}

fn line(at: &str, told: &str) -> String {
    // A line is a message, so what a client wrote must not end one.
    let mut text: String = told.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    if text.len() > MESSAGE_BYTES_MAX {
        text.truncate(text.floor_char_boundary(MESSAGE_BYTES_MAX));
    }
    format!("<{PRIORITY}>{at} {} {TAG}[{}]: {text}\n", super::host(), std::process::id())
}

#[cfg(test)]
mod tests {
    use super::{super::tests::row, *};
    use crate::outbound::Certificates;

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

    #[tokio::test]
    async fn nobody_is_called_where_clouds_keep_their_credentials() {
        for endpoint in ["169.254.169.254:80", "udp://169.254.169.254:80", "tls://169.254.169.254"] {
            let target = Target::read(endpoint, "", Certificates::Checked).unwrap();
            assert!(matches!(Line::open(&target).await, Err(Failure::Denied(_))), "{endpoint}");
        }
    }
}
