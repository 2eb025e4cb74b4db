//! How long a connection may keep its place without doing anything for it.
//!
//! A connection is between requests, in the head of one, or at work on some. The first two have limits of time, the
//! second one of bytes too; a client that does not take its answer has another. Bodies have their own, see
//! [`crate::patience`]. None of them limits a transfer that goes on, however slow.
//!
//! On HTTP/1 an answer that is not taken blocks the socket. On HTTP/2 each answer has a window that its client may keep
//! shut while the socket flows, so there every answer is watched by itself.

use std::{
    future::poll_fn,
    io::{self, IoSlice},
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf, Bytes};
use futures_util::task::AtomicWaker;
use http_body::{Body, Frame, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, sleep_until},
};

use crate::config::TimeoutsConfig;

/// The longest head of a request on HTTP/1, in bytes. Registry tokens with many scopes have up to 64 KiB.
pub(crate) const HEAD_BYTES_MAX: u64 = 96 << 10;
/// A limit that runs out is noticed this much later at most, as a part of it.
const LATENESS: u32 = 4;
/// An answer on HTTP/2 waits for its turn while others of its connection are taken. It does so for this many times the
/// limit at most, or one that is taken would keep all the others open.
const TURNS: u32 = 4;
/// What a client reads whose head is too long.
const TOO_LONG: &[u8] =
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// Where a connection stands. Times are milliseconds since it began, 0 is never.
pub(crate) struct Pace {
    began: Instant,
    timeouts: TimeoutsConfig,
    is_http2: AtomicBool,
    requests: AtomicUsize,
    quiet_since: AtomicU64,
    head_since: AtomicU64,
    head_bytes: AtomicU64,
    blocked_since: AtomicU64,
    /// When a part of any answer on HTTP/2 was taken.
    taken_at: AtomicU64,
    /// The answers under way on HTTP/2, and some that were.
    answers: Mutex<Vec<Weak<Answer>>>,
    /// Whether its place is wanted, and who is told.
    is_wanted: AtomicBool,
    waker: AtomicWaker,
}

/// Why a connection has to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overdue {
    /// Nothing was asked for.
    Idle,
    /// The head of a request did not come to its end.
    Head,
    /// The client does not take its answer.
    Blocked,
    /// Its place is needed.
    Evicted,
}

impl Pace {
    pub fn new(timeouts: TimeoutsConfig) -> Arc<Self> {
        Arc::new(Pace {
            began: Instant::now(),
            timeouts,
            is_http2: AtomicBool::new(false),
            requests: AtomicUsize::new(0),
            quiet_since: AtomicU64::new(0),
            head_since: AtomicU64::new(0),
            head_bytes: AtomicU64::new(0),
            blocked_since: AtomicU64::new(0),
            taken_at: AtomicU64::new(0),
            answers: Mutex::default(),
            is_wanted: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        })
    }

    /// Notes that this is HTTP/2, where bytes come between requests as well.
    pub fn speaks_http2(&self) {
        self.is_http2.store(true, Relaxed);
    }

    /// Notes that a request has begun. It lasts until its answer has been handed to the connection.
    pub fn request(self: &Arc<Self>) -> InRequest {
        self.requests.fetch_add(1, Relaxed);
        self.head_since.store(0, Relaxed);
        self.head_bytes.store(0, Relaxed);
        InRequest(self.clone())
    }

    /// Waits until the connection has to go.
    pub async fn overdue(&self) -> Overdue {
        let rest = self.timeouts.shortest() / LATENESS;
        loop {
            let now = Instant::now();
            let next = match self.look(now) {
                Err(overdue) => return overdue,
                Ok(deadline) => deadline.map_or(now + rest, |deadline| deadline.min(now + rest)),
            };
            let mut timer = pin!(sleep_until(next));
            let is_evicted = poll_fn(|context| {
                self.waker.register(context.waker());
                if self.is_wanted.swap(false, Relaxed) && self.is_idle() {
                    return Poll::Ready(true);
                }
                timer.as_mut().poll(context).map(|()| false)
            });
            if is_evicted.await {
                return Overdue::Evicted;
            }
        }
    }

    fn is_idle(&self) -> bool {
        self.requests.load(Relaxed) == 0 && self.head_since.load(Relaxed) == 0 && self.blocked_since.load(Relaxed) == 0
    }

    /// When the present state becomes overdue; never while requests are under way whose answers are being taken.
    fn look(&self, now: Instant) -> Result<Option<Instant>, Overdue> {
        let at = |since: u64, timeout: Duration| self.began + Duration::from_millis(since) + timeout;
        let idle = self.timeouts.body_idle;
        let blocked = Some(self.blocked_since.load(Relaxed)).filter(|&since| since != 0).map(|since| at(since, idle));
        let untaken = self.untaken_since().map(|since| {
            let others = self.taken_at.load(Relaxed);
            at(since.max(others), idle).min(at(since, idle.saturating_mul(TURNS)))
        });
        let head = self.head_since.load(Relaxed);
        let (deadline, overdue) = if let Some(deadline) = blocked.into_iter().chain(untaken).min() {
            (deadline, Overdue::Blocked)
        } else if self.requests.load(Relaxed) > 0 {
            return Ok(None);
        } else if head != 0 && !self.is_http2.load(Relaxed) {
            (at(head, self.timeouts.head), Overdue::Head)
        } else {
            (at(self.quiet_since.load(Relaxed), self.timeouts.keep_alive), Overdue::Idle)
        };
        if deadline <= now { Err(overdue) } else { Ok(Some(deadline)) }
    }

    /// Since when the answer that has waited longest for its client has done so.
    fn untaken_since(&self) -> Option<u64> {
        if !self.is_http2.load(Relaxed) {
            return None;
        }
        let mut oldest = None;
        self.answers().retain(|answer| {
            // The body of the answer, and each of its parts that is not sent yet, is one of them.
            let holders = answer.strong_count();
            let since = answer.upgrade().filter(|answer| holders > 1 || !answer.is_ours.load(Relaxed));
            let since = since.map(|answer| answer.since.load(Relaxed));
            oldest = [oldest, since].into_iter().flatten().min();
            holders > 0
        });
        oldest
    }

    fn enter(&self, answer: &Arc<Answer>) {
        let mut answers = self.answers();
        if answers.len() == answers.capacity() {
            answers.retain(|answer| answer.strong_count() > 0);
        }
        answers.push(Arc::downgrade(answer));
    }

    fn answers(&self) -> MutexGuard<'_, Vec<Weak<Answer>>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// Whether another part of a head may be read.
    fn may_read(&self) -> bool {
        self.head_bytes.load(Relaxed) < HEAD_BYTES_MAX || self.requests.load(Relaxed) > 0 || self.is_http2.load(Relaxed)
    }

    fn has_read(&self, bytes: usize) {
        // Between two requests HTTP/2 has frames of its own. They are no head, and do not keep the place.
        if bytes == 0 || self.requests.load(Relaxed) > 0 || self.is_http2.load(Relaxed) {
            return;
        }
        if self.head_since.load(Relaxed) == 0 {
            self.head_since.store(self.now(), Relaxed);
        }
        self.head_bytes.fetch_add(bytes as u64, Relaxed);
    }

    fn has_written(&self, polled: &Poll<io::Result<usize>>) {
        let is_blocked = self.blocked_since.load(Relaxed) != 0;
        if polled.is_pending() {
            if !is_blocked {
                self.blocked_since.store(self.now(), Relaxed);
            }
            return;
        }
        if is_blocked {
            self.blocked_since.store(0, Relaxed);
        }
        // The rest of an answer is on its way when its request has ended. On HTTP/2 a request ends with the last byte,
        // and what follows are pings.
        if self.requests.load(Relaxed) == 0 && !self.is_http2.load(Relaxed) {
            self.quiet_since.store(self.now(), Relaxed);
        }
    }
}

/// A request under way.
pub(crate) struct InRequest(Arc<Pace>);

impl InRequest {
    /// Lets the request last as long as the body of its answer, on HTTP/2 until the last byte of it is sent.
    pub fn until_sent<B>(self, body: B) -> UntilSent<B> {
        let pace = self.0.clone();
        if !pace.is_http2.load(Relaxed) {
            return UntilSent { body, _request: Some(self), answer: None };
        }
        let since = AtomicU64::new(pace.now());
        let answer = Arc::new(Answer { request: self, since, is_ours: AtomicBool::new(false) });
        pace.enter(&answer);
        UntilSent { body, _request: None, answer: Some(answer) }
    }
}

impl Drop for InRequest {
    fn drop(&mut self) {
        self.0.quiet_since.store(self.0.now(), Relaxed);
        self.0.requests.fetch_sub(1, Relaxed);
    }
}

/// An answer on HTTP/2.
struct Answer {
    request: InRequest,
    /// When its client last took something, or was last given something to take.
    since: AtomicU64,
    /// Whether it is the server that has to go on.
    is_ours: AtomicBool,
}

impl Answer {
    fn is_given<T>(&self, polled: &Poll<T>) {
        self.is_ours.store(polled.is_pending(), Relaxed);
        if polled.is_ready() {
            self.since.store(self.request.0.now(), Relaxed);
        }
    }

    fn is_taken(&self) {
        let now = self.request.0.now();
        self.since.store(now, Relaxed);
        self.request.0.taken_at.store(now, Relaxed);
    }
}

/// The body of an answer, whose request has ended when it and its parts are dropped.
pub(crate) struct UntilSent<B> {
    body: B,
    _request: Option<InRequest>,
    answer: Option<Arc<Answer>>,
}

impl<B: Body<Data = Bytes> + Unpin> Body for UntilSent<B> {
    type Data = Part;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Part>, B::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Some(answer) = &self.answer {
            answer.is_given(&polled);
        }
        polled.map_ok(|frame| frame.map_data(|bytes| Part { bytes, answer: self.answer.clone() }))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A part of an answer. It advances as it is sent, and is dropped when it was.
pub(crate) struct Part {
    bytes: Bytes,
    answer: Option<Arc<Answer>>,
}

impl Buf for Part {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, bytes: usize) {
        self.bytes.advance(bytes);
        if let Some(answer) = self.answer.as_ref().filter(|_| bytes > 0) {
            answer.is_taken();
        }
    }
}

/// Every connection, to ask those without a request for their places when there are none left.
pub(crate) struct Pressure {
    connections: Mutex<Vec<Weak<Pace>>>,
    connections_max: usize,
}

impl Pressure {
    pub fn new(connections_max: usize) -> Self {
        Pressure { connections: Mutex::default(), connections_max }
    }

    /// Enters a connection. It leaves when it is dropped.
    pub fn enter(&self, pace: &Arc<Pace>) {
        let mut connections = self.lock();
        if connections.len() >= self.connections_max.saturating_mul(2) {
            connections.retain(|connection| connection.strong_count() > 0);
        }
        connections.push(Arc::downgrade(pace));
    }

    /// Asks the connections that have been idle the longest for so many places.
    pub fn apply(&self, places: usize) {
        let mut idle = Vec::new();
        self.lock().retain(|connection| {
            let connection = connection.upgrade();
            let is_alive = connection.is_some();
            idle.extend(connection.filter(|connection| connection.is_idle()).map(|connection| {
                let since = connection.began + Duration::from_millis(connection.quiet_since.load(Relaxed));
                (since, connection)
            }));
            is_alive
        });
        idle.sort_unstable_by_key(|(since, _)| *since);
        for (_, connection) in idle.into_iter().take(places) {
            connection.is_wanted.store(true, Relaxed);
            connection.waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Pace>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream whose reads and writes set the pace.
pub(crate) struct Watched<S> {
    stream: S,
    pace: Arc<Pace>,
}

impl<S> Watched<S> {
    pub fn new(stream: S, pace: Arc<Pace>) -> Self {
        Watched { stream, pace }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.pace.may_read() {
            // Nothing else is being written between two requests. Who does not take this is cut off without.
            let _ = Pin::new(&mut self.stream).poll_write(context, TOO_LONG);
            let _ = Pin::new(&mut self.stream).poll_flush(context);
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "the head of a request is too long")));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.pace.has_read(buffer.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.pace.has_written(&polled);
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.pace.has_written(&polled);
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use http_body_util::{Full, StreamBody};
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    fn pace() -> Arc<Pace> {
        let millis = Duration::from_millis;
        Pace::new(TimeoutsConfig { head: millis(50), keep_alive: millis(400), body_idle: millis(100) })
    }

    #[tokio::test]
    async fn nothing_heads_and_answers_have_their_time() {
        let idle = pace();
        assert_eq!(idle.overdue().await, Overdue::Idle);
        assert!(idle.began.elapsed() >= idle.timeouts.keep_alive);

        let (mut client, server) = duplex(1024);
        let pace = pace();
        let mut server = Watched::new(server, pace.clone());
        client.write_all(b"GET").await.unwrap();
        server.read_exact(&mut [0; 3]).await.unwrap();
        assert_eq!(pace.overdue().await, Overdue::Head);
        drop(pace.request());
        assert_eq!(pace.overdue().await, Overdue::Idle);

        let request = pace.request();
        let full = tokio::spawn(async move { server.write_all(&[0; 2048]).await });
        assert_eq!(pace.overdue().await, Overdue::Blocked);
        client.read_exact(&mut [0; 2048]).await.unwrap();
        full.await.unwrap().unwrap();
        let still = tokio::time::timeout(2 * pace.timeouts.keep_alive, pace.overdue()).await;
        assert!(still.is_err(), "a request may take as long as it likes");
        drop(request);
        assert_eq!(pace.overdue().await, Overdue::Idle);
    }

    #[tokio::test]
    async fn on_http2_bytes_between_requests_are_no_head() {
        let (mut client, server) = duplex(1024);
        let pace = pace();
        pace.speaks_http2();
        let mut server = Watched::new(server, pace.clone());
        let pings = tokio::spawn(async move {
            loop {
                client.write_all(b"ping").await.unwrap();
                server.read_exact(&mut [0; 4]).await.unwrap();
                server.write_all(b"pong").await.unwrap();
                client.read_exact(&mut [0; 4]).await.unwrap();
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        assert_eq!(pace.overdue().await, Overdue::Idle);
        assert!(pace.is_idle(), "its place can be asked for");
        assert!(!pings.is_finished());
        pings.abort();
    }

    /// An answer on HTTP/2 with its first part.
    fn answer(pace: &Arc<Pace>) -> (UntilSent<Full<Bytes>>, Part) {
        let mut body = pace.request().until_sent(Full::new(Bytes::from_static(&[0; 1000])));
        let polled = Pin::new(&mut body).poll_frame(&mut Context::from_waker(Waker::noop()));
        let Poll::Ready(Some(Ok(frame))) = polled else { panic!("no frame") };
        (body, frame.into_data().unwrap_or_else(|_| panic!("no data")))
    }

    #[tokio::test]
    async fn on_http2_each_answer_has_to_be_taken() {
        let pace = pace();
        pace.speaks_http2();
        let body = pace.request().until_sent(Full::new(Bytes::from_static(b"unauthorized")));
        assert_eq!(pace.overdue().await, Overdue::Blocked, "nothing of it is asked for");
        drop(body);

        let (body, part) = answer(&pace);
        drop(body);
        assert_eq!(pace.requests.load(Relaxed), 1);
        assert_eq!(pace.overdue().await, Overdue::Blocked, "its body has ended, its bytes are not taken");
        drop(part);
        assert_eq!(pace.overdue().await, Overdue::Idle);

        // One that is taken does not keep another, which has some turns more and no longer.
        let began = Instant::now();
        let (_still, _untaken) = answer(&pace);
        let (_body, mut part) = answer(&pace);
        let taking = tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(5)).await;
                part.advance(usize::from(part.has_remaining()));
            }
        });
        assert_eq!(pace.overdue().await, Overdue::Blocked);
        assert!(began.elapsed() >= TURNS * pace.timeouts.body_idle);
        assert!(!taking.is_finished());
        taking.abort();
    }

    #[tokio::test]
    async fn on_http2_an_answer_that_is_taken_or_not_there_yet_may_last() {
        let pace = pace();
        pace.speaks_http2();
        let (body, mut part) = answer(&pace);
        let taking = tokio::spawn(async move {
            for _ in 0..100 {
                tokio::time::sleep(Duration::from_millis(10)).await;
                part.advance(1);
            }
        });
        tokio::select! {
            overdue = pace.overdue() => panic!("{overdue:?}"),
            taken = taking => taken.unwrap(),
        }
        drop(body);

        let pending = StreamBody::new(futures_util::stream::pending::<io::Result<Frame<Bytes>>>());
        let mut ours = pace.request().until_sent(pending);
        assert!(Pin::new(&mut ours).poll_frame(&mut Context::from_waker(Waker::noop())).is_pending());
        let waited = tokio::time::timeout(2 * TURNS * pace.timeouts.body_idle, pace.overdue()).await;
        assert!(waited.is_err(), "{waited:?}");
        let held = Part { bytes: Bytes::from_static(b"x"), answer: ours.answer.clone() };
        assert_eq!(pace.overdue().await, Overdue::Blocked, "what came before is not taken");
        drop((held, ours));
        assert!(pace.is_idle());
    }

    #[test]
    fn answers_that_are_gone_are_forgotten() {
        let pace = pace();
        drop(pace.request().until_sent(Full::new(Bytes::new())));
        assert!(pace.answers().is_empty(), "HTTP/1 has no use for it");
        pace.speaks_http2();
        for _ in 0..1000 {
            drop(pace.request().until_sent(Full::new(Bytes::new())));
        }
        assert!(pace.answers().len() <= 4);
    }

    #[tokio::test]
    async fn a_head_has_an_end() {
        let (mut client, server) = duplex(1 << 20);
        let pace = pace();
        let mut server = Watched::new(server, pace.clone());
        client.write_all(&vec![b'x'; HEAD_BYTES_MAX as usize + 1]).await.unwrap();
        let mut buffer = vec![0; HEAD_BYTES_MAX as usize];
        server.read_exact(&mut buffer).await.unwrap();
        assert_eq!(server.read(&mut [0; 1]).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
        drop(server);
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }

    #[tokio::test]
    async fn places_are_given_by_those_that_did_nothing_for_longest_and_by_nobody_at_work() {
        let pressure = Pressure::new(5);
        let hour = Duration::from_secs(3600);
        let long = TimeoutsConfig { head: hour, keep_alive: hour, body_idle: hour };
        let paces: Vec<_> = (0..5).map(|_| Pace::new(long)).collect();
        for (number, pace) in paces.iter().enumerate() {
            pressure.enter(pace);
            pace.quiet_since.store(9_000_000 - number as u64, Relaxed);
        }
        let _at_work = paces[4].request();
        let waiting: Vec<_> = paces
            .iter()
            .map(|pace| {
                let pace = pace.clone();
                tokio::spawn(async move { pace.overdue().await })
            })
            .collect();
        let finished = || waiting.iter().map(|task| task.is_finished()).collect::<Vec<_>>();
        tokio::task::yield_now().await;
        pressure.apply(2);
        while finished() != [false, false, true, true, false] {
            tokio::task::yield_now().await;
        }
        pressure.apply(9);
        while finished() != [true, true, true, true, false] {
            tokio::task::yield_now().await;
        }
        waiting[4].abort();
    }

    #[test]
    fn connections_that_are_gone_are_forgotten() {
        let pressure = Pressure::new(3);
        for _ in 0..100 {
            pressure.enter(&pace());
        }
        assert!(pressure.lock().len() <= 6);
    }
}
