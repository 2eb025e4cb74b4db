//! Answers that many handlers share.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use berth_types::page::{Page, Paged};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

/// 201 with the address of what was made.
pub struct Created(pub String);

impl IntoResponse for Created {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, [(header::LOCATION, self.0)]).into_response()
    }
}

/// What there is as JSON; nothing at all, but of that type, where there is nothing: so Harbor answers.
pub struct MaybeJson<T>(pub Option<T>);

impl<T: Serialize> IntoResponse for MaybeJson<T> {
    fn into_response(self) -> Response {
        match self.0 {
            Some(value) => Json(value).into_response(),
            None => [(header::CONTENT_TYPE, "application/json")].into_response(),
        }
    }
}

/// A log, as lines of text.
pub struct Lines(pub String);

impl IntoResponse for Lines {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "text/plain")], self.0).into_response()
    }
}

/// One page of a list with `X-Total-Count` and `Link`.
pub struct PagedJson<T> {
    /// The rows and their number.
    pub rows: Paged<T>,
    /// Which page.
    pub page: Page,
    /// Path and query of the request, the query unescaped.
    pub address: String,
}

impl<T: Serialize> IntoResponse for PagedJson<T> {
    fn into_response(self) -> Response {
        let link = self.page.link(&self.address, self.rows.total);
        let mut response = Json(self.rows.items).into_response();
        let headers = response.headers_mut();
        headers.insert(HeaderName::from_static("x-total-count"), HeaderValue::from(self.rows.total));
        // What cannot stand in a header is no link.
        if let (false, Ok(link)) = (link.is_empty(), HeaderValue::from_str(&link)) {
            headers.insert(header::LINK, link);
        }
        response
    }
}
