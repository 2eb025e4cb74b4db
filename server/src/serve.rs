//! The accept loop: connections in, requests to the router, and a stop that lets requests finish.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use axum::{Router, body::Body, extract::Request, response::Response};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixListener},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::Instant,
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::{
    config::{HttpConfig, TimeoutsConfig},
    pace::{Overdue, Pace, Pressure, Watched},
    patience::Patience,
    tls::Certificates,
};

/// The address of the other end of the connection, a request extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// How long a client may take for its TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// hyper's buffer of a connection. Blobs come in pieces of up to 1 MiB; a smaller one would cut them up.
const BUFFER_BYTES_MAX: usize = 1 << 20;
/// Window of an HTTP/2 stream and connection in bytes: a push must not wait for updates on a fast network.
const WINDOW_BYTES: u32 = 4 << 20;
/// Requests at the same time on an HTTP/2 connection.
const STREAMS_MAX: u32 = 128;
/// What waits to be sent on an HTTP/2 stream, in bytes.
const SEND_BUFFER_BYTES_MAX: usize = 256 << 10;
/// All headers of a request on HTTP/2, in bytes.
const HEADERS_BYTES_MAX: u32 = 64 << 10;
/// Streams that a client resets before they were looked at. Rapid reset (CVE-2023-44487) ends the connection here.
const RESETS_PENDING_MAX: usize = 32;
/// Streams that were reset because of a client's mistakes, before its connection ends.
const RESETS_BY_MISTAKE_MAX: usize = 256;
/// HTTP/2 clients that do not answer a ping are gone.
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// After how long without traffic the kernel asks whether the client is still there.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
/// How long a client waits for a place at most, where all are taken.
const ROOM_WAIT: Duration = Duration::from_secs(1);
/// The same for those behind a client that was refused.
const ROOM_WAIT_BEHIND: Duration = Duration::from_millis(50);
/// Between two looks for a connection that gives up its place.
const ROOM_PAUSE: Duration = Duration::from_millis(50);
/// Connections that are being refused at the same time.
const REFUSALS_MAX: usize = 64;
/// How long a client has for reading that it is refused.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);
/// What it reads.
const REFUSAL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
/// What of its request is read meanwhile, in bytes.
const REFUSED_BYTES_MAX: u64 = 64 << 10;
/// How long a connection that has to go may take to say so.
const FAREWELL: Duration = Duration::from_secs(1);
/// Rest after an error of `accept`, which is most often a lack of file handles.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What answers requests. A connection holds one, and clones it for each of its requests.
pub trait Answer: Clone + Send + Sync + 'static {
    /// Answers a request.
    fn answer(self, request: Request) -> impl Future<Output = Response> + Send;
}

impl Answer for Router {
    async fn answer(self, request: Request) -> Response {
        self.oneshot(request).await.unwrap_or_else(|never| match never {})
    }
}

/// A bound socket with what is needed to serve on it.
pub struct Listener {
    tcp: TcpListener,
    tls: Option<TlsAcceptor>,
    connections_max: usize,
    timeouts: TimeoutsConfig,
}

impl Listener {
    /// Binds. Port 0 takes a free one.
    ///
    /// # Errors
    /// Where the address cannot be bound.
    pub async fn bind(
        http: &HttpConfig,
        certificates: Option<&Arc<Certificates>>,
        connections_max: u32,
    ) -> anyhow::Result<Self> {
        let address = http.listen;
        let tcp = TcpListener::bind(address).await.with_context(|| format!("could not listen on {address}"))?;
        let tls = certificates.map(Certificates::server_config).transpose()?;
        let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        Ok(Listener { tcp, tls, connections_max: connections_max as usize, timeouts: http.timeouts })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// As the system says.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.tcp.local_addr()?)
    }

    /// Serves until `stop` turns true or its sender is gone, then lets requests go on for `grace`.
    pub async fn serve(self, app: impl Answer, mut stop: watch::Receiver<bool>, grace: Duration) {
        let room = Room::new(self.connections_max);
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                _ = stop.changed() => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => continue,
                accepted = self.tcp.accept() => accepted,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "could not accept a connection");
                    room.pressure.apply(room.share);
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let place = tokio::select! {
                _ = stop.changed() => break,
                place = room.place() => place,
            };
            let Some(place) = place else {
                room.refuse(stream, peer, self.tls.is_none());
                continue;
            };
            let pace = Pace::new(self.timeouts);
            room.pressure.enter(&pace);
            let connection =
                Connection { app: app.clone(), peer: peer.ip(), stop: stop.clone(), pace, timeouts: self.timeouts };
            let tls = self.tls.clone();
            connections.spawn(async move {
                let _place = place;
                connection.run(stream, tls).await;
            });
        }
        drop(self.tcp);
        drain(connections, grace).await;
    }
}

/// Places for connections.
struct Room {
    places: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
    pressure: Pressure,
    /// How many places are asked back at once. Waking every connection for one of them would cost too much.
    share: usize,
    /// Whether the last client was refused.
    is_full: AtomicBool,
}

impl Room {
    fn new(connections_max: usize) -> Self {
        Room {
            places: Arc::new(Semaphore::new(connections_max)),
            refusals: Arc::new(Semaphore::new(REFUSALS_MAX)),
            pressure: Pressure::new(connections_max),
            share: connections_max / 100 + 1,
            is_full: AtomicBool::new(false),
        }
    }

    /// A place, for which a connection without a request goes if need be. Nothing where all are at work.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        let wait = if self.is_full.load(Ordering::Relaxed) { ROOM_WAIT_BEHIND } else { ROOM_WAIT };
        let began = Instant::now();
        loop {
            if let Ok(place) = self.places.clone().try_acquire_owned() {
                self.is_full.store(false, Ordering::Relaxed);
                return Some(place);
            }
            if began.elapsed() >= wait {
                self.is_full.store(true, Ordering::Relaxed);
                return None;
            }
            self.pressure.apply(self.share);
            // Whoever got the place meanwhile gives it back at once.
            drop(tokio::time::timeout(ROOM_PAUSE, self.places.acquire()).await);
        }
    }

    /// Tells a client to come back. Over TLS it only sees the end: a handshake is too much for a full server.
    fn refuse(&self, mut stream: TcpStream, peer: SocketAddr, is_plain: bool) {
        tracing::debug!(client.address = %peer.ip(), "refused a connection, all places are taken");
        let Ok(refusal) = self.refusals.clone().try_acquire_owned() else { return };
        if !is_plain {
            return;
        }
        tokio::spawn(async move {
            let _refusal = refusal;
            let tell = async {
                stream.write_all(REFUSAL).await?;
                stream.shutdown().await?;
                // Closing on a request that was not read would take the answer back.
                tokio::io::copy(&mut stream.take(REFUSED_BYTES_MAX), &mut tokio::io::sink()).await
            };
            // Who does not read it learns nothing.
            let _ = tokio::time::timeout(REFUSAL_TIMEOUT, tell).await;
        });
    }
}

/// Serves administrative requests on a local socket until `stop` does.
pub async fn serve_local(
    listener: UnixListener,
    app: impl Answer,
    timeouts: TimeoutsConfig,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = stop.changed() => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let peer = IpAddr::from([127, 0, 0, 1]);
        let pace = Pace::new(timeouts);
        let connection = Connection { app: app.clone(), peer, stop: stop.clone(), pace, timeouts };
        connections.spawn(async move { connection.http(stream, http1()).await });
    }
    drain(connections, Duration::from_secs(1)).await;
}

async fn drain(mut connections: JoinSet<()>, grace: Duration) {
    let finished = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(grace, finished).await.is_err() {
        tracing::warn!(connections = connections.len(), "cut off requests that did not finish in time");
    }
    connections.shutdown().await;
}

struct Connection<A> {
    app: A,
    peer: IpAddr,
    stop: watch::Receiver<bool>,
    pace: Arc<Pace>,
    timeouts: TimeoutsConfig,
}

impl<A: Answer> Connection<A> {
    async fn run(self, stream: TcpStream, tls: Option<TlsAcceptor>) {
        // Small answers would otherwise wait for the client's acknowledgement.
        let _ = stream.set_nodelay(true);
        let _ = rustix::net::sockopt::set_socket_keepalive(&stream, true);
        let _ = rustix::net::sockopt::set_tcp_keepidle(&stream, KEEPALIVE_IDLE);
        let Some(tls) = tls else {
            // Until the first byte a connection costs no buffer.
            let mut byte = [0];
            let first = tokio::select! {
                first = tokio::time::timeout(self.timeouts.head, stream.peek(&mut byte)) => first,
                _ = self.pace.overdue() => return,
            };
            if matches!(first, Ok(Ok(1))) {
                self.http(stream, either()).await;
            }
            return;
        };
        match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
            Ok(Ok(stream)) => {
                let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                if is_http2 {
                    self.pace.speaks_http2();
                }
                // Apart, so that a connection without TLS does not keep room for it.
                Box::pin(self.http(stream, if is_http2 { either().http2_only() } else { http1() })).await;
            }
            Ok(Err(error)) => tracing::debug!(client.address = %self.peer, %error, "the TLS handshake failed"),
            Err(_) => tracing::debug!(client.address = %self.peer, "the TLS handshake took too long"),
        }
    }

    async fn http(
        self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        http: auto::Builder<TokioExecutor>,
    ) {
        let Connection { app, peer, mut stop, pace, timeouts } = self;
        let stream = Watched::new(stream, pace.clone());
        let requests = pace.clone();
        let service = service_fn(move |request: http::Request<Incoming>| {
            let under_way = requests.request();
            if request.version() == http::Version::HTTP_2 {
                requests.speaks_http2();
            }
            let mut request = Patience::with(request.map(Body::new), timeouts.body_idle);
            request.extensions_mut().insert(Peer(peer));
            let app = app.clone();
            async move { Ok::<_, Infallible>(app.answer(request).await.map(|body| under_way.until_sent(body))) }
        });
        let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
        let served = tokio::select! {
            served = connection.as_mut() => served,
            () = stopped(&mut stop) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
            overdue = pace.overdue() => {
                say(overdue, peer);
                connection.as_mut().graceful_shutdown();
                // Who is in the middle of something is cut off.
                let farewell = if overdue == Overdue::Evicted { ROOM_PAUSE } else { FAREWELL };
                tokio::time::timeout(farewell, connection).await.unwrap_or(Ok(()))
            }
        };
        // Clients go away in the middle of everything; that is no fault of ours.
        if let Err(error) = served {
            tracing::debug!(client.address = %peer, %error, "a connection ended early");
        }
    }
}

fn say(overdue: Overdue, peer: IpAddr) {
    let why = match overdue {
        Overdue::Idle => "nothing was asked for",
        Overdue::Head => "the head of a request did not end",
        Overdue::Blocked => "the client does not take its answer",
        Overdue::Evicted => "its place was needed",
    };
    tracing::debug!(client.address = %peer, "closed a connection: {why}");
}

/// Waits for the stop, also one that came before.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone stops as well.
    let _ = stop.wait_for(|stopped| *stopped).await;
}

fn http1() -> auto::Builder<TokioExecutor> {
    either().http1_only()
}

fn either() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // `Pace` limits the time of a head, and its bytes, which hyper would let fill the buffer.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(BUFFER_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .max_concurrent_streams(STREAMS_MAX)
        .max_send_buf_size(SEND_BUFFER_BYTES_MAX)
        .max_header_list_size(HEADERS_BYTES_MAX)
        .max_pending_accept_reset_streams(RESETS_PENDING_MAX)
        .max_local_error_reset_streams(RESETS_BY_MISTAKE_MAX)
        .keep_alive_interval(PING_INTERVAL);
    builder
}
