//! Read-only mode on `/v2`: a switch of the administrator that stops every change.

use berth_domain::Domain;
use berth_types::ErrorCode;
use http::Method;

use crate::{ApiError, ApiResult};

/// What Harbor says to a change while the system is read-only.
pub const READ_ONLY: &str = "The system is in read only mode. Any modification is prohibited.";

/// Refuses changes while the system is read-only.
///
/// # Errors
/// The refusal, or that the settings cannot be read.
pub async fn writable(domain: &Domain, method: &Method) -> ApiResult<()> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    if domain.settings().await?.read_only() {
        return Err(ApiError::new(ErrorCode::Denied, READ_ONLY));
    }
    Ok(())
}
