//! The OCI error envelope and its statuses (spec, "Error Codes").

use axum::response::{IntoResponse, Response};
use berth_domain::Error;
use berth_types::ErrorCode;
use berth_web::error::{log, masked, status};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

/// An error on its way to a client of `/v2`.
#[derive(Debug)]
pub(crate) struct OciError {
    status: StatusCode,
    code: ErrorCode,
    message: String,
    detail: Option<String>,
    headers: Vec<(HeaderName, String)>,
}

/// The result of an operation.
pub(crate) type OciResult = Result<Response, OciError>;

#[derive(Serialize)]
struct Envelope<'e> {
    errors: [Body<'e>; 1],
}

#[derive(Serialize)]
struct Body<'e> {
    code: &'static str,
    message: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'e str>,
}

impl OciError {
    /// An error that the protocol layer itself finds.
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        OciError { status: oci_status(code), code, message: message.into(), detail: None, headers: Vec::new() }
    }

    /// The same with another status.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The same with a header.
    pub(crate) fn with_header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// What the error says of the thing that it is about.
    fn with_detail(mut self, detail: String) -> Self {
        self.detail = Some(detail);
        self
    }
}

/// Where the registry's statuses differ from the management API's.
const fn oci_status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::Unsupported => StatusCode::METHOD_NOT_ALLOWED,
        code => status(code),
    }
}

impl From<Error> for OciError {
    fn from(error: Error) -> Self {
        let code = error.code();
        let status = oci_status(code);
        if status.is_server_error() {
            log(&error);
            let refused = OciError::new(code, masked(code));
            return match error {
                Error::Busy | Error::Retry(_) => refused.with_header(header::RETRY_AFTER, "1"),
                Error::Unavailable(_) | Error::Full(_) => refused.with_header(header::RETRY_AFTER, "5"),
                _ => refused,
            };
        }
        let message = error.to_string();
        match error {
            Error::BlobUnknown(digest) | Error::ManifestBlobUnknown(digest) => {
                OciError::new(code, "blob unknown to registry").with_detail(digest.to_string())
            }
            Error::TooManyRequests { retry_after_seconds } => OciError::new(ErrorCode::OciTooManyRequests, message)
                .with_header(header::RETRY_AFTER, retry_after_seconds.to_string()),
            Error::RangeInvalid { .. } => {
                OciError::new(ErrorCode::BlobUploadInvalid, message).with_status(StatusCode::RANGE_NOT_SATISFIABLE)
            }
            // Another request holds the upload: the client that lost the race has to look where it stands.
            Error::Conflict(_) => {
                OciError::new(ErrorCode::BlobUploadInvalid, message).with_status(StatusCode::CONFLICT)
            }
            Error::TooLarge { .. } => {
                OciError::new(ErrorCode::SizeInvalid, message).with_status(StatusCode::PAYLOAD_TOO_LARGE)
            }
            _ => OciError::new(code, message),
        }
    }
}

impl IntoResponse for OciError {
    fn into_response(self) -> Response {
        let body = Body { code: self.code.as_str(), message: &self.message, detail: self.detail.as_deref() };
        let body = serde_json::to_vec(&Envelope { errors: [body] }).unwrap_or_default();
        let content_type = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
        let mut response = (self.status, content_type, body).into_response();
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
