//! One error type for all rules, without a transport. `web` and `registry` turn it into their envelopes.

use berth_db::{DbError, Retryable};
use berth_types::{Digest, ErrorCode, policy::Right};

/// The result of every rule.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a rule refused or failed. The texts of client errors are Harbor's where its clients show or match them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is signed in, and somebody has to be.
    #[error("{0}")]
    Unauthorized(String),
    /// The caller is known and may not.
    #[error("{0}")]
    Forbidden(String),
    /// The caller is known and lacks a right. The text is Harbor's, which does not name it.
    #[error("{message}")]
    Lacking {
        /// What Harbor says.
        message: String,
        /// What it takes.
        needed: Right,
    },
    /// No such thing, or not visible.
    #[error("{0}")]
    NotFound(String),
    /// The name is taken.
    #[error("{0}")]
    Conflict(String),
    /// The request makes no sense.
    #[error("{0}")]
    BadRequest(String),
    /// A field is outside what its schema allows.
    #[error("{0}")]
    Unprocessable(String),
    /// The state does not allow it.
    #[error("{0}")]
    Precondition(String),
    /// The operation exists in Harbor and comes to Berth with a later release.
    #[error("not available yet: {0}")]
    NotYet(&'static str),
    /// A policy of the project refuses it.
    #[error("{0}")]
    Policy(String),
    /// Something else still refers to it.
    #[error("{0}")]
    InUse(String),
    /// A rule of the project or the system refuses it, for example a quota.
    #[error("{0}")]
    Denied(String),
    /// Too many failures.
    #[error("too many requests, try again in {retry_after_seconds} s")]
    TooManyRequests {
        /// When to come back.
        retry_after_seconds: u64,
    },
    /// The repository or project does not exist, as `/v2` says it.
    #[error("repository name not known to registry: {0}")]
    NameUnknown(String),
    /// The name is outside the grammar, as `/v2` says it.
    #[error("{0}")]
    NameInvalid(String),
    /// No such blob in this repository.
    #[error("blob unknown to registry: {0}")]
    BlobUnknown(Digest),
    /// No such manifest in this repository.
    #[error("manifest unknown: {0}")]
    ManifestUnknown(String),
    /// The bytes are no acceptable manifest.
    #[error("{0}")]
    ManifestInvalid(String),
    /// A manifest names a blob or child that the repository does not have.
    #[error("blob unknown to registry: {0}")]
    ManifestBlobUnknown(Digest),
    /// The bytes do not have the digest they were announced with, or the digest cannot be read.
    #[error("{0}")]
    DigestInvalid(String),
    /// No such upload in this repository.
    #[error("blob upload unknown to registry")]
    UploadUnknown,
    /// A chunk does not continue the upload.
    #[error("the upload has {received} bytes, and the chunk does not continue there")]
    RangeInvalid {
        /// How many bytes the upload has.
        received: u64,
    },
    /// The body is shorter or longer than announced.
    #[error("{0}")]
    SizeInvalid(String),
    /// The operation is not allowed on this thing.
    #[error("{0}")]
    Unsupported(String),
    /// The body is over its limit.
    #[error("the body is larger than {size_bytes_max} bytes")]
    TooLarge {
        /// The limit.
        size_bytes_max: u64,
    },
    /// The client went away or sent a broken body.
    #[error("the request body ended early")]
    BodyAborted,
    /// The database or the disk cannot serve now.
    #[error("temporarily unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Somebody else is at work on the same thing for a moment, for example garbage collection.
    #[error("busy for a moment")]
    Busy,
    /// No room left.
    #[error("no space left")]
    Full(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A fault of ours. The client learns nothing, the log everything.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A transaction that has to be tried again. `Db::write` does; what leaves it came in somebody's way each time.
    #[error("conflict between transactions")]
    Retry(#[source] DbError),
}

impl Error {
    /// The word for clients. Every variant chooses.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Error::Unauthorized(_) => ErrorCode::Unauthorized,
            Error::Forbidden(_) | Error::Lacking { .. } => ErrorCode::Forbidden,
            Error::NotFound(_) => ErrorCode::NotFound,
            Error::Conflict(_) => ErrorCode::Conflict,
            Error::BadRequest(_) => ErrorCode::BadRequest,
            Error::Unprocessable(_) => ErrorCode::Unprocessable,
            Error::Precondition(_) => ErrorCode::Precondition,
            Error::NotYet(_) => ErrorCode::Precondition,
            Error::Policy(_) => ErrorCode::PolicyViolation,
            Error::InUse(_) => ErrorCode::ForeignKey,
            Error::Denied(_) => ErrorCode::Denied,
            Error::TooManyRequests { .. } => ErrorCode::TooManyRequests,
            Error::NameUnknown(_) => ErrorCode::NameUnknown,
            Error::NameInvalid(_) => ErrorCode::NameInvalid,
            Error::BlobUnknown(_) => ErrorCode::BlobUnknown,
            Error::ManifestUnknown(_) => ErrorCode::ManifestUnknown,
            Error::ManifestInvalid(_) => ErrorCode::ManifestInvalid,
            Error::ManifestBlobUnknown(_) => ErrorCode::ManifestBlobUnknown,
            Error::DigestInvalid(_) => ErrorCode::DigestInvalid,
            Error::UploadUnknown => ErrorCode::BlobUploadUnknown,
            Error::RangeInvalid { .. } => ErrorCode::RangeInvalid,
            Error::SizeInvalid(_) => ErrorCode::SizeInvalid,
            Error::Unsupported(_) => ErrorCode::Unsupported,
            Error::TooLarge { .. } => ErrorCode::TooLarge,
            Error::BodyAborted => ErrorCode::BlobUploadInvalid,
            Error::Unavailable(_) | Error::Busy | Error::Retry(_) => ErrorCode::Unavailable,
            Error::Full(_) => ErrorCode::InsufficientStorage,
            Error::Internal(_) => ErrorCode::Unknown,
        }
    }

    /// What the database says, where a row of the same name is a conflict in these words.
    pub(crate) fn taken(error: DbError, text: impl FnOnce() -> String) -> Self {
        match error {
            DbError::Unique(_) => Error::Conflict(text()),
            error => error.into(),
        }
    }

    /// A fault of ours from any error.
    pub fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Error::Internal(error.into())
    }
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        match error {
            // A row that was found is gone: somebody deleted it meanwhile. Another try finds what is there now.
            DbError::Conflict(_) | DbError::ForeignKey(_) => Error::Retry(error),
            DbError::Unavailable(_) => Error::Unavailable(Box::new(error)),
            DbError::Full(_) => Error::Full(Box::new(error)),
            // Only clients send such text; where it comes to a query, no rule has refused it before.
            DbError::Text(_) => Error::BadRequest("a text contains a NUL character".to_owned()),
            DbError::Unique(_) | DbError::Column { .. } | DbError::Other(_) => Error::Internal(Box::new(error)),
        }
    }
}

impl From<berth_db::sea_orm::DbErr> for Error {
    fn from(error: berth_db::sea_orm::DbErr) -> Self {
        DbError::from(error).into()
    }
}

impl Retryable for Error {
    fn retryable(&self) -> bool {
        matches!(self, Error::Retry(_))
    }
}
