//! Bodies of requests that stop coming.
//!
//! What is pushed may take as long as it likes while something of it comes. A body that stands still for too long ends
//! with an error; what came of an upload before is kept, and the answer says 408. Other bodies are small, and nothing
//! counts them: they have a time as a whole as well, or a byte now and then would keep a connection's place for good.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    response::Response,
};
use http::{HeaderValue, StatusCode, Version, header};
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

/// The time for a body as a whole, where it has one, as a multiple of how long it may stand still.
const WHOLE: u32 = 2;

/// Whether the body of a request took too long. A request extension.
#[derive(Clone, Debug)]
pub(crate) struct Patience {
    is_over: Arc<AtomicBool>,
    version: Version,
}

impl Patience {
    /// Limits how long the body of a request may stand still, and how long it may take unless it is pushed content.
    pub fn with(request: Request, idle: Duration) -> Request {
        if request.body().is_end_stream() {
            return request;
        }
        let (mut parts, body) = request.into_parts();
        // Of all that is below this path only pushes read a body, and `limits.uploads_max` counts them.
        let is_pushed = berth_registry::serves(parts.uri.path());
        let end = (!is_pushed).then(|| Instant::now() + idle.saturating_mul(WHOLE));
        let is_over = Arc::<AtomicBool>::default();
        parts.extensions.insert(Patience { is_over: is_over.clone(), version: parts.version });
        let body = Patient { body, idle, end, waiting: None, is_due: true, is_over };
        Request::from_parts(parts, Body::new(body))
    }

    /// Says so in an answer that is an error because of it.
    pub fn explain(&self, response: &mut Response) {
        let status = response.status();
        if !self.is_over.load(Relaxed) || !(status.is_client_error() || status.is_server_error()) {
            return;
        }
        *response.status_mut() = StatusCode::REQUEST_TIMEOUT;
        // HTTP/2 has no such header: there it is the stream that ends.
        if self.version < Version::HTTP_2 {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

struct Patient {
    body: Body,
    idle: Duration,
    /// When it has to have come as a whole.
    end: Option<Instant>,
    /// Made when the body has to be waited for, and kept: most bodies are waited for more than once.
    waiting: Option<Pin<Box<Sleep>>>,
    /// Whether the wait has to begin anew.
    is_due: bool,
    is_over: Arc<AtomicBool>,
}

impl HttpBody for Patient {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            this.is_due = true;
            return Poll::Ready(frame);
        }
        let still = Instant::now() + this.idle;
        let deadline = this.end.map_or(still, |end| end.min(still));
        let waiting = this.waiting.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if std::mem::take(&mut this.is_due) {
            waiting.as_mut().reset(deadline);
        }
        std::task::ready!(waiting.as_mut().poll(context));
        this.is_over.store(true, Relaxed);
        let error = io::Error::new(io::ErrorKind::TimedOut, "the body of the request took too long");
        Poll::Ready(Some(Err(axum::Error::new(error))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use futures_util::StreamExt;
    use http_body_util::{BodyExt, StreamBody};

    use super::*;

    /// A request with a body whose pieces come so many milliseconds apart.
    fn slow(path: &str, millis: &'static [u64]) -> Request {
        let frames = futures_util::stream::iter(millis).then(|&millis| async move {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            Ok::<_, io::Error>(Frame::data(Bytes::from_static(b"x")))
        });
        Request::builder().uri(path).body(Body::new(StreamBody::new(frames))).unwrap()
    }

    #[tokio::test]
    async fn a_body_may_be_slow_but_not_stand_still() {
        let request = Patience::with(slow("/v2/a/b/manifests/c", &[300; 8]), Duration::from_secs(1));
        assert_eq!(request.into_body().collect().await.unwrap().to_bytes().len(), 8);

        let request = Patience::with(slow("/v2/a/b/manifests/c", &[1, 3_600_000]), Duration::from_millis(50));
        let patience = request.extensions().get::<Patience>().unwrap().clone();
        let mut response = StatusCode::BAD_REQUEST.into_response();
        patience.explain(&mut response);
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert!(request.into_body().collect().await.is_err());
        patience.explain(&mut response);
        assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
        assert_eq!(response.headers()[header::CONNECTION], "close");
        let mut fine = StatusCode::OK.into_response();
        patience.explain(&mut fine);
        assert_eq!(fine.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn what_is_not_pushed_has_an_end() {
        let request = Patience::with(slow("/c/login", &[20; 1000]), Duration::from_secs(1));
        let patience = request.extensions().get::<Patience>().unwrap().clone();
        let began = Instant::now();
        assert!(request.into_body().collect().await.is_err());
        assert!(began.elapsed() >= Duration::from_secs(2));
        assert!(patience.is_over.load(Relaxed));

        let request = Patience::with(slow("/c/login", &[20; 10]), Duration::from_secs(60));
        assert_eq!(request.into_body().collect().await.unwrap().to_bytes().len(), 10);
    }

    #[tokio::test]
    async fn a_request_without_a_body_is_left_alone() {
        let request = Patience::with(Request::new(Body::empty()), Duration::from_secs(1));
        assert!(request.extensions().get::<Patience>().is_none());
    }
}
