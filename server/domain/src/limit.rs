//! Bounds on what clients write into rows. A list shows a hundred rows at once, whoever wrote them.

use crate::{Error, Result};

/// The longest description, in bytes.
pub(crate) const DESCRIPTION_BYTES_MAX: usize = 64 << 10;

/// Refuses a description that is too long.
///
/// # Errors
/// [`Error::BadRequest`].
pub(crate) fn check_description(text: &str) -> Result<()> {
    if text.len() > DESCRIPTION_BYTES_MAX {
        return Err(Error::BadRequest(format!("the description is longer than {DESCRIPTION_BYTES_MAX} bytes")));
    }
    Ok(())
}
