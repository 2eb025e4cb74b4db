//! What can go wrong, and the one place where error numbers get their meaning.

use std::io;

use berth_types::Digest;
use rustix::io::Errno;

use crate::Position;

/// A store's answer.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a store could not do as asked. That a blob is absent is no error: [`crate::BlobStore::open`] says `None`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes are not those that the digest names.
    #[error("the bytes have digest {actual}, not {expected}")]
    DigestMismatch {
        /// The digest that was asked for.
        expected: Box<Digest>,
        /// The digest that the bytes have.
        actual: Box<Digest>,
    },
    /// More bytes than allowed.
    #[error("larger than {limit} bytes")]
    TooLarge {
        /// The largest size allowed, in bytes.
        limit: u64,
    },
    /// The upload holds fewer bytes than the caller has recorded.
    #[error("the upload holds only {have} bytes")]
    Offset {
        /// Bytes that the upload holds.
        have: u64,
    },
    /// Another request is using this upload.
    #[error("the upload is in use")]
    Busy,
    /// There is no upload of that id.
    #[error("no such upload")]
    UnknownUpload,
    /// No space left, or a quota of the file system is exceeded.
    #[error("the storage is full")]
    Full,
    /// The storage, or the root that holds the blob, is only read.
    #[error("the storage is read-only")]
    ReadOnly,
    /// The process or the system has no file handle left.
    #[error("too many open files")]
    TooManyFiles,
    /// The source of the bytes failed, most often because the client went away.
    #[error("the bytes ended early")]
    Source(#[source] io::Error),
    /// Anything else that the storage reports.
    #[error("storage failed")]
    Io(#[source] io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match Errno::from_io_error(&error) {
            Some(Errno::NOSPC | Errno::DQUOT) => Error::Full,
            Some(Errno::ROFS) => Error::ReadOnly,
            Some(Errno::MFILE | Errno::NFILE) => Error::TooManyFiles,
            Some(_) | None => Error::Io(error),
        }
    }
}

impl From<Errno> for Error {
    fn from(error: Errno) -> Self {
        Error::from(io::Error::from(error))
    }
}

impl Error {
    pub(crate) fn mismatch(expected: &Digest, actual: Digest) -> Self {
        Error::DigestMismatch { expected: Box::new(*expected), actual: Box::new(actual) }
    }
}

/// Why an append failed, and how far it came.
#[derive(Debug, thiserror::Error)]
#[error("the append failed")]
pub struct AppendError {
    /// What to record: the bytes up to here are durable. `None`: the recorded position stands.
    pub reached: Option<Position>,
    /// Why.
    #[source]
    pub error: Error,
}

impl From<Error> for AppendError {
    fn from(error: Error) -> Self {
        AppendError { reached: None, error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_numbers_get_their_meaning() {
        let error = |errno: Errno| Error::from(errno);
        assert!(matches!(error(Errno::NOSPC), Error::Full));
        assert!(matches!(error(Errno::DQUOT), Error::Full));
        assert!(matches!(error(Errno::ROFS), Error::ReadOnly));
        assert!(matches!(error(Errno::MFILE), Error::TooManyFiles));
        assert!(matches!(error(Errno::NFILE), Error::TooManyFiles));
        assert!(matches!(error(Errno::IO), Error::Io(_)));
        assert!(matches!(Error::from(io::Error::other("odd")), Error::Io(_)));
    }
}
