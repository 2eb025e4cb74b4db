//! What came back, before a page reads it.

use super::{ApiError, ApiResult, json};
use berth_types::policy::Right;
use serde::de::DeserializeOwned;

/// What is done to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Asks whether it is there.
    Head,
    /// Creates.
    Post,
    /// Replaces.
    Put,
    /// Changes a part.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// The word in the request line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

/// An answer of the API, whatever its status.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `X-Total-Count`: rows on all pages.
    pub total: Option<i64>,
    /// `X-Request-Id`: under which the log has the request.
    pub request_id: Option<String>,
    /// `Location`: what was made.
    pub location: Option<String>,
    /// `Retry-After`, seconds.
    pub retry_after: Option<u64>,
    /// [`NEEDED_HEADER`](berth_types::policy::NEEDED_HEADER): the right that was missing.
    pub needed: Option<Right>,
    /// `Set-Cookie`, to be handed on to the visitor.
    #[cfg(feature = "ssr")]
    pub cookies: Vec<http::HeaderValue>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads the body as JSON.
    ///
    /// # Errors
    /// [`ApiError`] where the body has another shape than the DTO.
    pub fn json<T: DeserializeOwned>(&self) -> ApiResult<T> {
        let read = str::from_utf8(&self.body).map_err(|error| error.to_string());
        read.and_then(|text| json::read(text).map_err(|error| error.to_string())).map_err(|text| {
            let mut refused = ApiError::unreadable(text);
            refused.request_id.clone_from(&self.request_id);
            refused
        })
    }

    /// The id at the end of `Location`: what was made.
    pub fn created_id(&self) -> Option<i64> {
        self.location.as_deref()?.rsplit('/').next()?.parse().ok()
    }
}
