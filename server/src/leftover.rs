//! What a client is still sending when the answer is there already.
//!
//! A refusal needs no body to be read. Closing on a client that sends one loses the answer: its system throws away what
//! it has not read yet, and people see a broken pipe instead of what they may not do. So the rest is read before the
//! answer goes out, within limits.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
};
use http::{Version, header};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;

/// A manifest that is too large still fits.
const BYTES_MAX: u64 = 8 << 20;
const TIME_MAX: Duration = Duration::from_secs(5);

type Slot = Arc<Mutex<Option<Body>>>;

/// The body of a request, once nobody else wants it.
pub(crate) struct Leftover(Option<Slot>);

impl Leftover {
    /// Watches the body of a request. HTTP/2 ends a stream without ending others; nothing is to be done there.
    pub fn watch(request: Request) -> (Self, Request) {
        // Who waits for leave to send a body must not be given it: reading is the leave.
        let waits = request.headers().contains_key(header::EXPECT);
        if request.version() >= Version::HTTP_2 || request.body().is_end_stream() || waits {
            return (Leftover(None), request);
        }
        let slot = Slot::default();
        let (parts, body) = request.into_parts();
        let lent = Lent { body: Some(body), slot: slot.clone() };
        (Leftover(Some(slot)), Request::from_parts(parts, Body::new(lent)))
    }

    /// Reads and forgets what is left, up to the limits.
    pub async fn drain(self) {
        let Some(slot) = self.0 else { return };
        let rest = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut rest) = rest.filter(|rest| rest.size_hint().lower() <= BYTES_MAX) else { return };
        let read = async {
            let mut left = BYTES_MAX;
            while let Some(Ok(frame)) = rest.frame().await {
                let bytes = frame.data_ref().map_or(0, Bytes::len) as u64;
                let Some(fewer) = left.checked_sub(bytes) else { return };
                left = fewer;
            }
        };
        // Who is slower than that meets a closed connection.
        let _ = tokio::time::timeout(TIME_MAX, read).await;
    }
}

struct Lent {
    /// Nothing once it ended.
    body: Option<Body>,
    slot: Slot,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = std::task::ready!(Pin::new(body).poll_frame(context));
        if !matches!(frame, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = self.body.take();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use futures_util::{StreamExt, stream};
    use http_body_util::StreamBody;

    use super::*;

    /// A request with a body of so many pieces of 64 KiB, and how many of them were read.
    fn request(pieces: usize) -> (Request, Arc<AtomicUsize>) {
        let read = Arc::<AtomicUsize>::default();
        let counter = read.clone();
        let frames = stream::iter(0..pieces).map(move |_| {
            counter.fetch_add(1, Relaxed);
            Ok::<_, axum::Error>(Frame::data(Bytes::from_static(&[0; 1 << 16])))
        });
        (Request::new(Body::new(StreamBody::new(frames))), read)
    }

    #[tokio::test]
    async fn what_nobody_read_is_read() {
        for (taken, pieces) in [(0, 5), (2, 5), (5, 5)] {
            let (request, read) = request(pieces);
            let (leftover, request) = Leftover::watch(request);
            let mut body = request.into_body();
            for _ in 0..taken {
                body.frame().await.unwrap().unwrap();
            }
            drop(body);
            leftover.drain().await;
            assert_eq!(read.load(Relaxed), pieces);
        }
    }

    #[tokio::test]
    async fn not_for_ever() {
        let (request, read) = request(1000);
        let (leftover, request) = Leftover::watch(request);
        drop(request);
        leftover.drain().await;
        assert_eq!(read.load(Relaxed), 129, "8 MiB and the piece that was too much");
    }

    #[tokio::test]
    async fn not_from_who_sends_nothing() {
        let silence = stream::pending::<Result<Frame<Bytes>, axum::Error>>();
        let (leftover, request) = Leftover::watch(Request::new(Body::new(StreamBody::new(silence))));
        drop(request);
        leftover.drain().await;
    }

    #[tokio::test]
    async fn not_from_who_waits_for_leave() {
        let (mut request, read) = request(5);
        request.headers_mut().insert(header::EXPECT, http::HeaderValue::from_static("100-continue"));
        let (leftover, request) = Leftover::watch(request);
        drop(request);
        leftover.drain().await;
        assert_eq!(read.load(Relaxed), 0);
    }

    #[tokio::test]
    async fn a_body_comes_through_unchanged() {
        let (request, _) = request(3);
        let (leftover, request) = Leftover::watch(request);
        assert_eq!(request.into_body().collect().await.unwrap().to_bytes().len(), 3 << 16);
        leftover.drain().await;
    }
}
