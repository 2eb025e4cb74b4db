//! Harbor's error envelope and its statuses.

use axum::response::{IntoResponse, Response};
use berth_domain::Error;
use berth_types::{
    ErrorCode, ErrorEnvelope,
    policy::{NEEDED_HEADER, Right},
};
use http::{HeaderName, HeaderValue, StatusCode, header};

/// The result of a handler.
pub type ApiResult<T> = std::result::Result<T, ApiError>;

/// An error on its way to a client of the management API.
#[derive(Debug)]
pub struct ApiError {
    code: ErrorCode,
    status: StatusCode,
    message: String,
    retry_after_seconds: Option<u64>,
    /// What the caller would need.
    needed: Option<Right>,
}

/// The status of every code.
pub const fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::BadRequest
        | ErrorCode::DigestInvalid
        | ErrorCode::ManifestInvalid
        | ErrorCode::ManifestBlobUnknown
        | ErrorCode::NameInvalid
        | ErrorCode::SizeInvalid
        | ErrorCode::TagInvalid
        | ErrorCode::PaginationNumberInvalid
        | ErrorCode::BlobUploadInvalid
        | ErrorCode::Unsupported => StatusCode::BAD_REQUEST,
        ErrorCode::Unauthorized => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden | ErrorCode::Denied => StatusCode::FORBIDDEN,
        ErrorCode::NotFound
        | ErrorCode::BlobUnknown
        | ErrorCode::BlobUploadUnknown
        | ErrorCode::ManifestUnknown
        | ErrorCode::NameUnknown => StatusCode::NOT_FOUND,
        ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::Conflict => StatusCode::CONFLICT,
        ErrorCode::Precondition | ErrorCode::ForeignKey | ErrorCode::PolicyViolation => StatusCode::PRECONDITION_FAILED,
        ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::RangeInvalid => StatusCode::RANGE_NOT_SATISFIABLE,
        ErrorCode::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::TooManyRequests | ErrorCode::OciTooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::InsufficientStorage => StatusCode::INSUFFICIENT_STORAGE,
        ErrorCode::Unknown => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl ApiError {
    /// An error that the HTTP layer itself finds.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        ApiError { code, status: status(code), message: message.into(), retry_after_seconds: None, needed: None }
    }

    /// 422 in the words of Harbor's validation.
    pub fn validation(message: impl std::fmt::Display) -> Self {
        ApiError::new(ErrorCode::Unprocessable, format!("validation failure list:\n{message}"))
    }

    /// 422 for a field outside its schema, for which Harbor says the first line twice.
    pub fn invalid_field(message: impl std::fmt::Display) -> Self {
        ApiError::validation(format!("validation failure list:\n{message}"))
    }

    /// The same under another word, where another interface has its own for it.
    #[must_use]
    pub fn with_code(mut self, code: ErrorCode) -> Self {
        self.code = code;
        self
    }

    /// The word for clients.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The text for people.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let code = error.code();
        let status = status(code);
        let retry_after_seconds = match &error {
            Error::TooManyRequests { retry_after_seconds } => Some(*retry_after_seconds),
            Error::Busy | Error::Retry(_) => Some(1),
            Error::Unavailable(_) | Error::Full(_) => Some(5),
            _ => None,
        };
        let needed = match &error {
            Error::Lacking { needed, .. } => Some(*needed),
            _ => None,
        };
        let message = if status.is_server_error() {
            log(&error);
            masked(code).to_owned()
        } else {
            error.to_string()
        };
        ApiError { code, status, message, retry_after_seconds, needed }
    }
}

/// What a client learns of a fault of ours.
pub const fn masked(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Unavailable => "the server cannot answer now, try again soon",
        ErrorCode::InsufficientStorage => "the server has no space left",
        _ => "internal server error",
    }
}

/// Logs a fault of ours with its causes.
pub fn log(error: &Error) {
    tracing::error!(error = %Chain(error), "request failed");
}

/// An error and its causes in one line.
struct Chain<'e>(&'e dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let envelope = ErrorEnvelope::new(self.code, self.message);
        let mut response = envelope_response(self.status, &envelope);
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        // Harbor's envelope has no place for it.
        if let Some(needed) = self.needed.and_then(|needed| HeaderValue::try_from(needed.to_string()).ok()) {
            response.headers_mut().insert(HeaderName::from_static(NEEDED_HEADER), needed);
        }
        response
    }
}

/// An envelope as an answer, with the newline that Harbor ends it with.
pub fn envelope_response(status: StatusCode, envelope: &ErrorEnvelope) -> Response {
    let mut body = serde_json::to_vec(envelope).unwrap_or_default();
    body.push(b'\n');
    let content_type: [(HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    (status, content_type, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_the_status_of_an_error() {
        for &code in ErrorCode::ALL {
            assert!(status(code).is_client_error() || status(code).is_server_error(), "{code:?}");
        }
    }

    #[test]
    fn a_fault_of_ours_tells_the_client_nothing() {
        let error = ApiError::from(Error::internal("the secret path /var/lib/x"));
        assert_eq!(error.message(), "internal server error");
        assert_eq!(error.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
