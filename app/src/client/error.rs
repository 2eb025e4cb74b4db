//! Refusals of the API as pages show them.

use super::{Answer, json};
use berth_types::policy::Right;
use berth_types::{ErrorCode, ErrorEnvelope};
use serde::{Deserialize, Serialize};

/// A refusal of the API, or a failure to reach it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// HTTP status; 0 where no answer came.
    pub status: u16,
    /// The machine-readable word; empty where the answer had none.
    pub code: String,
    /// What the server says, in English.
    pub message: String,
    /// Under which the log has the request.
    pub request_id: Option<String>,
    /// Seconds after which another attempt is worth it.
    pub retry_after: Option<u64>,
    /// The right that the visitor would need, where the server names it.
    #[serde(default)]
    pub needed: Option<Right>,
}

/// What a call gives.
pub type ApiResult<T> = Result<T, ApiError>;

/// Characters of a message that is not in the envelope.
const FOREIGN_MESSAGE_CHARS_MAX: usize = 200;

impl ApiError {
    /// The refusal in an answer.
    pub fn of(answer: &Answer) -> Self {
        let envelope: Option<ErrorEnvelope> = str::from_utf8(&answer.body).ok().and_then(|text| json::read(text).ok());
        let (code, message) = match envelope.and_then(|envelope| envelope.errors.into_iter().next()) {
            Some(error) => (error.code, error.message),
            // A proxy in between answers in its own words.
            None => {
                let text = String::from_utf8_lossy(&answer.body);
                (String::new(), text.chars().take(FOREIGN_MESSAGE_CHARS_MAX).collect())
            }
        };
        ApiError {
            status: answer.status,
            code,
            message,
            request_id: answer.request_id.clone(),
            retry_after: answer.retry_after,
            needed: answer.needed,
        }
    }

    /// No answer came.
    pub fn unreachable(cause: &str) -> Self {
        ApiError { message: cause.to_owned(), ..ApiError::default() }
    }

    /// The answer has another shape than expected.
    pub(crate) fn unreadable(cause: String) -> Self {
        ApiError { status: 500, code: ErrorCode::Unknown.as_str().to_owned(), message: cause, ..ApiError::default() }
    }

    /// An error of this status that the portal finds itself.
    pub fn status(status: u16, code: ErrorCode) -> Self {
        ApiError { status, code: code.as_str().to_owned(), ..ApiError::default() }
    }

    /// No such page, or not visible.
    pub fn not_found() -> Self {
        ApiError::status(404, ErrorCode::NotFound)
    }

    /// The visitor may not.
    pub fn forbidden() -> Self {
        ApiError::status(403, ErrorCode::Forbidden)
    }

    /// The visitor may not, for want of a right.
    pub fn lacking(needed: Right) -> Self {
        ApiError { needed: Some(needed), ..ApiError::forbidden() }
    }

    /// The visitor has to sign in.
    pub fn unauthorized() -> Self {
        ApiError::status(401, ErrorCode::Unauthorized)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_of_the_envelope_counts() {
        let answer = Answer {
            status: 409,
            request_id: Some("r1".into()),
            body: br#"{"errors":[{"code":"CONFLICT","message":"taken"},{"code":"X","message":"y"}]}"#.to_vec(),
            ..Answer::default()
        };
        let error = ApiError::of(&answer);
        assert_eq!((error.status, error.code.as_str(), error.message.as_str()), (409, "CONFLICT", "taken"));
        assert_eq!(error.request_id.as_deref(), Some("r1"));
    }

    #[test]
    fn other_bodies_are_cut() {
        let answer = Answer { status: 502, body: "é".repeat(900).into_bytes(), ..Answer::default() };
        assert_eq!(ApiError::of(&answer).message.chars().count(), FOREIGN_MESSAGE_CHARS_MAX);
    }
}
