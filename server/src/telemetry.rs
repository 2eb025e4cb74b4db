//! What the server says about itself: log lines and numbers. Never a credential, and never a query, which can hold one.

use std::{
    io::IsTerminal,
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Once, OnceLock},
    task::{Context, Poll},
    time::Instant,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    response::Response,
};
use berth_domain::Actor;
use berth_web::{
    ClientAddr, RequestId,
    client_addr::{ByTrustedProxy, client_addr},
};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use http_body::{Frame, SizeHint};
use ipnet::IpNet;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    config::{LogConfig, LogFormat},
    metrics,
    serve::Peer,
};

/// Libraries that say more than anybody wants to read: PostgreSQL has a remark on every "if not exists", every migration three
/// lines.
const QUIET: &str = "sqlx::postgres::notice=warn,sea_orm_migration=warn";

/// Begins to write log lines to standard error. A second call changes nothing.
pub fn init(log: &LogConfig) {
    // What the configuration says of them comes later, and wins.
    let level = format!("{QUIET},{}", log.level);
    // The configuration has read the filter before.
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter);
    let is_json = match log.format {
        LogFormat::Json => true,
        LogFormat::Pretty => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    let started = if is_json {
        registry.with(fmt::layer().json().flatten_event(true).with_writer(std::io::stderr)).try_init()
    } else {
        let colours = std::io::stderr().is_terminal();
        registry.with(fmt::layer().with_ansi(colours).with_writer(std::io::stderr)).try_init()
    };
    if started.is_err() {
        tracing::debug!("log lines go where an earlier start sends them");
    }
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Says once that a proxy is not believed: all its clients then share one address, and one of them who mistypes a
/// password holds up the others.
fn warn_of_strange_proxy(peer: IpAddr) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::warn!(
            client.address = %peer,
            "X-Forwarded-For is not believed: if {peer} is your proxy, enter it in `http.trusted_proxies`; until then all \
             its clients count as one"
        );
    });
}

/// Where the caller's name is put for the log once it is known.
#[derive(Clone, Default)]
struct CallerName(Arc<OnceLock<Arc<str>>>);

/// Says where the request came from and under which id, and begins to count it.
pub fn observe(proxies: &[IpNet], request: &mut Request) -> Seen {
    let peer = request.extensions().get::<Peer>().map_or([0, 0, 0, 0].into(), |peer| peer.0);
    let client = client_addr(peer, request.headers(), proxies);
    let id = RequestId::of(request.headers());
    let caller = CallerName::default();
    let record = Record {
        method: request.method().clone(),
        path: request.uri().path().to_owned(),
        operation: metrics::operation(request.method(), request.uri().path()),
        id: id.clone(),
        client,
        caller: caller.clone(),
        status: StatusCode::OK,
        began: Instant::now(),
        bytes: 0,
        finished: false,
        _in_flight: metrics::InFlight::begin(),
    };
    if proxies.iter().any(|network| network.contains(&peer.to_canonical())) {
        request.extensions_mut().insert(ByTrustedProxy);
    } else if request.headers().contains_key(FORWARDED_FOR) {
        warn_of_strange_proxy(peer);
    }
    request.extensions_mut().insert(client);
    request.extensions_mut().insert(id);
    request.extensions_mut().insert(caller);
    Seen(record)
}

/// A request that is not answered yet.
pub struct Seen(Record);

impl Seen {
    /// The request's path.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// Gives the answer the request's id, and logs it when its body has gone out.
    pub fn answered(self, mut response: Response) -> Response {
        let Seen(mut record) = self;
        if let Ok(value) = HeaderValue::from_str(&record.id.0) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        record.status = response.status();
        // An empty body, or one that is only announced, is not asked for.
        record.finished = response.body().is_end_stream() || record.method == Method::HEAD;
        response.map(|body| Body::new(Observed { body, record }))
    }
}

/// Notes who asks, once that is known.
pub fn note_caller(request: &Request) {
    if let (Some(caller), Some(actor)) = (request.extensions().get::<CallerName>(), request.extensions().get::<Actor>())
    {
        // Set once a request.
        let _ = caller.0.set(actor.name.clone());
    }
}

/// What the line says. It is written when the body has gone out, or the client has gone away.
struct Record {
    method: Method,
    path: String,
    operation: &'static str,
    id: RequestId,
    client: ClientAddr,
    caller: CallerName,
    status: StatusCode,
    began: Instant,
    bytes: u64,
    finished: bool,
    _in_flight: metrics::InFlight,
}

impl Drop for Record {
    fn drop(&mut self) {
        let duration = self.began.elapsed();
        metrics::count(&self.method, self.operation, self.status, duration);
        let actor = self.caller.0.get().map_or("", |name| &**name);
        let duration_ms = duration.as_micros() as f64 / 1000.0;
        // Probes come every few seconds and say nothing new.
        if matches!(self.path.as_str(), "/healthz" | "/readyz" | "/metrics") && self.status.is_success() {
            tracing::debug!(http.path = self.path, http.status = self.status.as_u16(), duration_ms, "probed");
            return;
        }
        tracing::info!(
            http.method = %self.method,
            http.path = self.path,
            http.status = self.status.as_u16(),
            http.bytes = self.bytes,
            http.complete = self.finished,
            duration_ms,
            request.id = &*self.id.0,
            actor.name = actor,
            client.address = %self.client.0,
            "answered"
        );
    }
}

/// A body that is counted on its way out.
struct Observed {
    body: Body,
    record: Record,
}

impl HttpBody for Observed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                self.record.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
                if self.body.is_end_stream() {
                    self.record.finished = true;
                }
            }
            Poll::Ready(None) => self.record.finished = true,
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
