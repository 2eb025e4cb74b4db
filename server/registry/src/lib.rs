//! The OCI distribution API, `/v2`.
//!
//! Names contain slashes, so there is one route: the path is parsed into an [`path::Endpoint`], and each arm asks for
//! its witness before it touches anything.

mod access;
mod blob;
mod error;
mod manifest;
mod names;
pub mod path;
mod upload;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::any,
};
use berth_types::ErrorCode;
use berth_web::AppState;
use http::{HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};

use crate::{
    access::Asker,
    error::{OciError, OciResult},
    path::{Endpoint, PathError},
};

/// Says that this is a registry of the second version, on every answer (docker looks for it).
const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");
/// The digest of what the answer is about.
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
/// The id of an upload.
const UPLOAD_ID: HeaderName = HeaderName::from_static("docker-upload-uuid");

/// The routes of the registry.
pub fn router() -> Router<AppState> {
    Router::new().route("/v2", any(serve)).route("/v2/", any(serve)).route("/v2/{*rest}", any(serve))
}

async fn serve(State(state): State<AppState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut response = dispatch(&state, &parts, body).await.unwrap_or_else(IntoResponse::into_response);
    response.headers_mut().insert(API_VERSION, HeaderValue::from_static("registry/2.0"));
    response
}

async fn dispatch(state: &AppState, parts: &Parts, body: Body) -> OciResult {
    let endpoint = Endpoint::parse(parts.uri.path()).map_err(|error| unparsable(parts, error))?;
    let asker = Asker::of(state, parts);
    let request = Call { state, parts, asker };
    match (&endpoint, &parts.method) {
        (Endpoint::Base, &Method::GET | &Method::HEAD | &Method::POST) => request.base(),
        (Endpoint::Catalog, &Method::GET | &Method::HEAD) => request.catalog().await,
        (Endpoint::Tags(repo), &Method::GET | &Method::HEAD) => request.tags(repo).await,
        (Endpoint::Referrers(repo, digest), &Method::GET | &Method::HEAD) => request.referrers(repo, digest).await,
        (Endpoint::Manifest(repo, reference), &Method::GET) => request.get_manifest(repo, reference).await,
        (Endpoint::Manifest(repo, reference), &Method::HEAD) => request.head_manifest(repo, reference).await,
        (Endpoint::Manifest(repo, reference), &Method::PUT) => request.put_manifest(repo, reference, body).await,
        (Endpoint::Manifest(repo, reference), &Method::DELETE) => request.delete_manifest(repo, reference).await,
        (Endpoint::Blob(repo, digest), &Method::GET) => request.get_blob(repo, digest).await,
        (Endpoint::Blob(repo, digest), &Method::HEAD) => request.head_blob(repo, digest).await,
        (Endpoint::Blob(repo, digest), &Method::DELETE) => request.delete_blob(repo, digest).await,
        (Endpoint::Uploads(repo), &Method::POST) => request.start_upload(repo, body).await,
        (Endpoint::Upload(repo, id), &Method::GET | &Method::HEAD) => request.upload_status(repo, id).await,
        (Endpoint::Upload(repo, id), &Method::PATCH) => request.append_upload(repo, id, body).await,
        (Endpoint::Upload(repo, id), &Method::PUT) => request.finish_upload(repo, id, body).await,
        (Endpoint::Upload(repo, id), &Method::DELETE) => request.cancel_upload(repo, id).await,
        _ => Err(OciError::new(ErrorCode::Unsupported, "the operation is unsupported")
            .with_header(header::ALLOW, endpoint.methods())),
    }
}

/// One request to the registry, whose operations live in the modules beside this one.
struct Call<'r> {
    state: &'r AppState,
    parts: &'r Parts,
    asker: Asker,
}

impl Call<'_> {
    fn base(&self) -> OciResult {
        self.asker.require_somebody()?;
        Ok((StatusCode::OK, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], "{}").into_response())
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
