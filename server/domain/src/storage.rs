//! Errors of the blob store in the words of the rules.

use berth_storage::Error as StorageError;

use crate::Error;

/// What a client may learn of a failed read or write of bytes.
pub(crate) fn error(error: StorageError) -> Error {
    match error {
        StorageError::DigestMismatch { .. } => {
            Error::DigestInvalid("provided digest did not match uploaded content".to_owned())
        }
        StorageError::TooLarge { limit } => Error::TooLarge { size_bytes_max: limit },
        StorageError::UnknownUpload => Error::UploadUnknown,
        StorageError::Source(_) => Error::BodyAborted,
        StorageError::Busy => Error::Conflict("another request is writing to this upload".to_owned()),
        StorageError::Full => Error::Full(Box::new(error)),
        StorageError::ReadOnly | StorageError::TooManyFiles => Error::Unavailable(Box::new(error)),
        // The row says more than the file has: acknowledged bytes are missing.
        StorageError::Offset { .. } | StorageError::Io(_) => Error::Internal(Box::new(error)),
    }
}
