//! The accept loop: connections in, requests to the router, and a stop that lets requests finish.

use std::{
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream, UnixListener},
    sync::{Semaphore, watch},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;
use tower::Service;

use crate::tls::Certificates;

/// The address of the other end of the connection, a request extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// How long a client may take for its TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take for the head of a request, the first byte of a connection included.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// hyper's buffer of a connection. Blobs come in pieces of up to 1 MiB; a smaller one would cut them up.
const BUFFER_BYTES_MAX: usize = 1 << 20;
/// Window of an HTTP/2 stream and connection in bytes: a push must not wait for updates on a fast network.
const WINDOW_BYTES: u32 = 4 << 20;
/// Requests at the same time on an HTTP/2 connection.
const STREAMS_MAX: u32 = 256;
/// HTTP/2 clients that do not answer a ping are gone.
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// After how long without traffic the kernel asks whether the client is still there.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
/// Rest after an error of `accept`, which is most often a lack of file handles.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A bound socket with what is needed to serve on it.
pub struct Listener {
    tcp: TcpListener,
    tls: Option<TlsAcceptor>,
    connections_max: usize,
}

impl Listener {
    /// Binds. Port 0 takes a free one.
    ///
    /// # Errors
    /// Where the address cannot be bound.
    pub async fn bind(
        address: SocketAddr,
        certificates: Option<&Arc<Certificates>>,
        connections_max: u32,
    ) -> anyhow::Result<Self> {
        let tcp = TcpListener::bind(address).await.with_context(|| format!("could not listen on {address}"))?;
        let tls = certificates.map(Certificates::server_config).transpose()?;
        let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        Ok(Listener { tcp, tls, connections_max: connections_max as usize })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// As the system says.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.tcp.local_addr()?)
    }

    /// Serves until `stop` turns true or its sender is gone, then lets requests go on for `grace`.
    pub async fn serve(self, router: Router, mut stop: watch::Receiver<bool>, grace: Duration) {
        let room = Arc::new(Semaphore::new(self.connections_max));
        let mut connections = JoinSet::new();
        loop {
            // Without room nobody is accepted: clients wait in the backlog instead of getting an error.
            let permit = tokio::select! {
                _ = stop.changed() => break,
                permit = room.clone().acquire_owned() => permit,
            };
            let accepted = tokio::select! {
                _ = stop.changed() => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => continue,
                accepted = self.tcp.accept() => accepted,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "could not accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let connection = Connection { router: router.clone(), peer: peer.ip(), stop: stop.clone() };
            let tls = self.tls.clone();
            connections.spawn(async move {
                let _permit = permit;
                connection.run(stream, tls).await;
            });
        }
        drop(self.tcp);
        drain(connections, grace).await;
    }
}

/// Serves administrative requests on a local socket until `stop` does.
pub async fn serve_local(listener: UnixListener, router: Router, mut stop: watch::Receiver<bool>) {
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
        let connection = Connection { router: router.clone(), peer, stop: stop.clone() };
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

struct Connection {
    router: Router,
    peer: IpAddr,
    stop: watch::Receiver<bool>,
}

impl Connection {
    async fn run(self, stream: TcpStream, tls: Option<TlsAcceptor>) {
        // Small answers would otherwise wait for the client's acknowledgement.
        let _ = stream.set_nodelay(true);
        let _ = rustix::net::sockopt::set_socket_keepalive(&stream, true);
        let _ = rustix::net::sockopt::set_tcp_keepidle(&stream, KEEPALIVE_IDLE);
        let Some(tls) = tls else {
            // hyper's own limit begins with the first byte.
            if matches!(tokio::time::timeout(HEAD_TIMEOUT, stream.peek(&mut [0])).await, Ok(Ok(1))) {
                self.http(stream, either()).await;
            }
            return;
        };
        match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
            Ok(Ok(stream)) => {
                let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                self.http(stream, if is_http2 { either().http2_only() } else { http1() }).await;
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
        let Connection { router, peer, mut stop } = self;
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Peer(peer));
            router.clone().call(request)
        });
        let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
        let served = tokio::select! {
            served = connection.as_mut() => served,
            () = stopped(&mut stop) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        // Clients go away in the middle of everything; that is no fault of ours.
        if let Err(error) = served {
            tracing::debug!(client.address = %peer, %error, "a connection ended early");
        }
    }
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
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(BUFFER_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .max_concurrent_streams(STREAMS_MAX)
        .keep_alive_interval(PING_INTERVAL);
    builder
}
