//! The OCI distribution API, `/v2`.
//!
//! Names contain slashes, so there is one route: the path is parsed into an [`path::Endpoint`], and each arm asks for
//! its witness before it touches anything.

mod access;
mod blob;
mod error;
#[doc(hidden)]
pub mod fuzz;
mod manifest;
mod names;
pub mod path;
mod upload;

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    response::{IntoResponse, Response},
};
use berth_types::ErrorCode;
use berth_web::{AppState, gate, state::Place};
use http::{HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};

use crate::{
    access::Asker,
    error::{OciError, OciResult},
    path::{Endpoint, PathError},
};

/// When a client that found no place for its upload may come back.
const RETRY_AFTER_SECONDS: &str = "2";
/// Says that this is a registry of the second version, on every answer (docker looks for it).
const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");
/// The digest of what the answer is about.
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
/// The id of an upload.
const UPLOAD_ID: HeaderName = HeaderName::from_static("docker-upload-uuid");

/// Whether a path belongs to the registry.
pub fn serves(path: &str) -> bool {
    path.strip_prefix("/v2").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Answers a request whose path the registry [`serves`] and whose caller is known.
pub async fn answer(state: &AppState, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut response = match gate::writable(&state.domain, &parts.method).await {
        Ok(()) => dispatch(state, &parts, body).await.unwrap_or_else(IntoResponse::into_response),
        Err(refusal) => refusal.into_response(),
    };
    response.headers_mut().insert(API_VERSION, HeaderValue::from_static("registry/2.0"));
    response
}

async fn dispatch(state: &AppState, parts: &Parts, body: Body) -> OciResult {
    let endpoint = Endpoint::parse(parts.uri.path()).map_err(|error| unparsable(parts, error))?;
    refuse_encoded(parts)?;
    let asker = Asker::of(state, parts);
    let request = Call { state, parts, asker };
    // A connection keeps room for the largest of these as long as it lives: only what pulls ask for stays in place.
    match (&endpoint, &parts.method) {
        (Endpoint::Base, &Method::GET | &Method::HEAD | &Method::POST) => request.base(),
        (Endpoint::Catalog, &Method::GET | &Method::HEAD) => Box::pin(request.catalog()).await,
        (Endpoint::Tags(repo), &Method::GET | &Method::HEAD) => Box::pin(request.tags(repo)).await,
        (Endpoint::Referrers(repo, digest), &Method::GET | &Method::HEAD) => {
            Box::pin(request.referrers(repo, digest)).await
        }
        (Endpoint::Manifest(repo, reference), &Method::GET) => request.get_manifest(repo, reference).await,
        (Endpoint::Manifest(repo, reference), &Method::HEAD) => request.head_manifest(repo, reference).await,
        (Endpoint::Manifest(repo, reference), &Method::PUT) => {
            Box::pin(request.put_manifest(repo, reference, body)).await
        }
        (Endpoint::Manifest(repo, reference), &Method::DELETE) => {
            Box::pin(request.delete_manifest(repo, reference)).await
        }
        (Endpoint::Blob(repo, digest), &Method::GET) => request.get_blob(repo, digest).await,
        (Endpoint::Blob(repo, digest), &Method::HEAD) => request.head_blob(repo, digest).await,
        (Endpoint::Blob(repo, digest), &Method::DELETE) => Box::pin(request.delete_blob(repo, digest)).await,
        (Endpoint::Uploads(repo), &Method::POST) => Box::pin(request.start_upload(repo, body)).await,
        (Endpoint::Upload(repo, id), &Method::GET | &Method::HEAD) => Box::pin(request.upload_status(repo, id)).await,
        (Endpoint::Upload(repo, id), &Method::PATCH) => Box::pin(request.append_upload(repo, id, body)).await,
        (Endpoint::Upload(repo, id), &Method::PUT) => Box::pin(request.finish_upload(repo, id, body)).await,
        (Endpoint::Upload(repo, id), &Method::DELETE) => Box::pin(request.cancel_upload(repo, id)).await,
        _ => Err(OciError::new(ErrorCode::Unsupported, "the operation is unsupported")
            .with_header(header::ALLOW, endpoint.methods())),
    }
}

/// Digests are of the bytes as they are sent, and a body that grows on its way in passes every limit.
fn refuse_encoded(parts: &Parts) -> Result<(), OciError> {
    let mut codings = parts.headers.get_all(header::CONTENT_ENCODING).iter();
    if codings.all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Ok(());
    }
    Err(OciError::new(ErrorCode::Unsupported, "request bodies must not be compressed")
        .with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE)
        .with_header(header::ACCEPT_ENCODING, "identity"))
}

/// One request to the registry, whose operations live in the modules beside this one.
struct Call<'r> {
    state: &'r AppState,
    parts: &'r Parts,
    asker: Asker<'r>,
}

impl Call<'_> {
    fn base(&self) -> OciResult {
        self.asker.require_somebody()?;
        Ok((StatusCode::OK, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], "{}").into_response())
    }

    /// A place for a body that is about to be received; none is needed where there is nothing to receive.
    fn place(&self, body: &Body) -> Result<Option<Place>, OciError> {
        if body.is_end_stream() {
            return Ok(None);
        }
        let busy = || OciError::new(ErrorCode::Unavailable, "too many uploads at the same time, try again soon");
        let place = self.state.http.intake.take();
        place.map(Some).ok_or_else(|| busy().with_header(header::RETRY_AFTER, RETRY_AFTER_SECONDS))
    }

    /// The parameters of the query, decoded.
    fn params(&self) -> Vec<(String, String)> {
        berth_web::extract::query_params(&self.parts.uri)
    }
}

/// The first value of a parameter.
fn param<'p>(params: &'p [(String, String)], key: &str) -> Option<&'p str> {
    params.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}

fn unparsable(parts: &Parts, error: PathError) -> OciError {
    match error {
        PathError::Unknown => {
            let message = format!("un-recognized request: {} {}", parts.method, parts.uri.path());
            OciError::new(ErrorCode::NotFound, message)
        }
        PathError::Name(error) => OciError::new(ErrorCode::NameInvalid, format!("invalid repository name: {error}")),
    }
}

fn digest(text: &str) -> Result<berth_types::Digest, OciError> {
    text.parse().map_err(|error| OciError::new(ErrorCode::DigestInvalid, format!("unsupported digest {text}: {error}")))
}
