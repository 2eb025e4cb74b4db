//! The transport of the server: the router, called in process.

use super::{Answer, ApiError, ApiResult, Call};
use berth_types::policy::{NEEDED_HEADER, Right};
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER, SET_COOKIE};

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
#[error("the request could not be made")]
pub struct TransportError {
    /// The cause.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// How the client reaches the API while the server renders: with the identity, address and request id of the visitor.
#[async_trait::async_trait]
pub trait Transport: Send + Sync {
    /// Sends a request whose address is path and query alone.
    ///
    /// # Errors
    /// [`TransportError`] where no answer came; a refusal is an answer.
    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, TransportError>;
}

pub(super) async fn exchange(transport: &dyn Transport, call: Call) -> ApiResult<Answer> {
    let Call { method, path, body } = call;
    let mut request = http::Request::builder().method(method.as_str()).uri(&path).header(ACCEPT, super::JSON);
    // A project's name may look like a number.
    request = request.header("x-is-resource-name", "true");
    if let Some((media_type, _)) = &body {
        request = request.header(CONTENT_TYPE, *media_type);
    }
    let request = request
        .body(body.map(|(_, bytes)| bytes).unwrap_or_default())
        .map_err(|error| ApiError::unreachable(&error.to_string()))?;
    let response = transport.send(request).await.map_err(|error| ApiError::unreachable(&error.to_string()))?;
    let (parts, body) = response.into_parts();
    let text = |name: &str| header(&parts.headers, name);
    Ok(Answer {
        status: parts.status.as_u16(),
        total: text("x-total-count").and_then(|text| text.parse().ok()),
        request_id: text("x-request-id"),
        location: text(LOCATION.as_str()),
        retry_after: text(RETRY_AFTER.as_str()).and_then(|text| text.parse().ok()),
        needed: text(NEEDED_HEADER).and_then(|text| Right::parse(&text)),
        cookies: parts.headers.get_all(SET_COOKIE).iter().cloned().collect(),
        body,
    })
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}
