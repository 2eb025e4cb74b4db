//! Read-only mode on `/v2`: a switch of the administrator that stops every change.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use berth_domain::Domain;
use berth_types::ErrorCode;
use http::Method;

use crate::ApiError;

/// What Harbor says to a change while the system is read-only.
pub const READ_ONLY: &str = "The system is in read only mode. Any modification is prohibited.";

/// Refuses changes while the system is read-only.
pub async fn read_only(State(domain): State<Domain>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return next.run(request).await;
    }
    match domain.settings().await {
        Ok(settings) if settings.read_only() => ApiError::new(ErrorCode::Denied, READ_ONLY).into_response(),
        Ok(_) => next.run(request).await,
        Err(error) => ApiError::from(error).into_response(),
    }
}
