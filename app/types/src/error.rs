//! Error codes and the envelope that both Harbor's API and `/v2` use: `{"errors":[{"code","message"}]}`.

use serde::{Deserialize, Serialize};

/// What Harbor answers to every change in read-only mode, with [`ErrorCode::Denied`].
pub const READ_ONLY: &str = "The system is in read only mode. Any modification is prohibited.";

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal),* $(,)?) => {
        /// The machine-readable word of an error. What a client matches on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($(#[$doc])* $name),* }

        impl ErrorCode {
            /// Every code, in the order of this file.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$name),*];

            /// The word as it stands in an answer.
            pub const fn as_str(self) -> &'static str {
                match self { $(ErrorCode::$name => $text),* }
            }

            /// Reads the word back.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(ErrorCode::$name),)* _ => None }
            }
        }
    };
}

codes! {
    // Harbor (status in harbor.md, "Errors")
    /// The request does not make sense.
    BadRequest = "BAD_REQUEST",
    /// No valid credential.
    Unauthorized = "UNAUTHORIZED",
    /// The caller is known and may not.
    Forbidden = "FORBIDDEN",
    /// Refused by a rule, for example a quota.
    Denied = "DENIED",
    /// No such thing, or not visible to the caller.
    NotFound = "NOT_FOUND",
    /// The path exists, the method does not.
    MethodNotAllowed = "METHOD_NOT_ALLOWED",
    /// The name is taken.
    Conflict = "CONFLICT",
    /// The state does not allow it.
    Precondition = "PRECONDITION",
    /// Something else still refers to it.
    ForeignKey = "VIOLATE_FOREIGN_KEY_CONSTRAINT",
    /// A policy of the project refuses it.
    PolicyViolation = "PROJECTPOLICYVIOLATION",
    /// The body is larger than its limit.
    TooLarge = "REQUEST_ENTITY_TOO_LARGE",
    /// The body is not JSON.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE",
    /// A parameter or field is outside what its schema allows.
    Unprocessable = "UNPROCESSABLE_ENTITY",
    /// Too many requests or failures; `Retry-After` says when to come back.
    TooManyRequests = "TOO_MANY_REQUEST",
    /// The server cannot answer now; `Retry-After` says when to come back.
    Unavailable = "SERVICE_UNAVAILABLE",
    /// No room to store it.
    InsufficientStorage = "INSUFFICIENT_STORAGE",
    /// A fault of the server. The log has the cause under the request id.
    Unknown = "UNKNOWN",
    // OCI distribution spec, "Error Codes"
    /// code-1
    BlobUnknown = "BLOB_UNKNOWN",
    /// code-2
    BlobUploadInvalid = "BLOB_UPLOAD_INVALID",
    /// code-3
    BlobUploadUnknown = "BLOB_UPLOAD_UNKNOWN",
    /// code-4
    DigestInvalid = "DIGEST_INVALID",
    /// code-5
    ManifestBlobUnknown = "MANIFEST_BLOB_UNKNOWN",
    /// code-6
    ManifestInvalid = "MANIFEST_INVALID",
    /// code-7
    ManifestUnknown = "MANIFEST_UNKNOWN",
    /// code-8
    NameInvalid = "NAME_INVALID",
    /// code-9
    NameUnknown = "NAME_UNKNOWN",
    /// code-10
    SizeInvalid = "SIZE_INVALID",
    /// code-13
    Unsupported = "UNSUPPORTED",
    /// code-14
    OciTooManyRequests = "TOOMANYREQUESTS",
    /// Docker: the tag does not match its grammar.
    TagInvalid = "TAG_INVALID",
    /// Docker: `n` is no positive number.
    PaginationNumberInvalid = "PAGINATION_NUMBER_INVALID",
    /// A range that does not fit.
    RangeInvalid = "RANGE_INVALID",
}

/// The body of every error answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = Errors))]
pub struct ErrorEnvelope {
    /// One or more errors; the first one decides the status.
    pub errors: Vec<ErrorBody>,
}

/// One error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = Error))]
pub struct ErrorBody {
    /// The machine-readable word, see [`ErrorCode`].
    pub code: String,
    /// What went wrong, for people.
    pub message: String,
}

impl ErrorEnvelope {
    /// An envelope with one error.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        ErrorEnvelope { errors: vec![ErrorBody { code: code.as_str().to_owned(), message: message.into() }] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_and_keeps_to_the_grammar_of_the_spec() {
        for &code in ErrorCode::ALL {
            assert_eq!(ErrorCode::parse(code.as_str()), Some(code));
            assert!(code.as_str().bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'));
        }
        assert_eq!(ErrorCode::parse("no such code"), None);
    }
}
