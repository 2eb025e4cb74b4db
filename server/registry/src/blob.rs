//! Blobs: HEAD, GET with ranges and conditions, DELETE.

use std::{io, sync::Arc};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use berth_domain::{
    authz::{DeleteContent, Pull},
    blob::{self, BlobRead},
};
use berth_types::{
    Digest, ErrorCode, RepoName,
    range::{ByteRange, Requested, parse_range},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, StatusCode, header, response::Builder};

use crate::{
    CONTENT_DIGEST, Call,
    access::text,
    digest,
    error::{OciError, OciResult},
};

const CONTENT_TYPE: &str = "application/octet-stream";
/// RFC 2046 §5.1.1.
const BOUNDARY_LENGTH_MAX: usize = 70;
/// What a digest names never changes.
const CACHE_CONTROL: &str = "max-age=31536000";

impl Call<'_> {
    pub(crate) async fn head_blob(&self, repo: &RepoName, text: &str) -> OciResult {
        let digest = digest(text)?;
        let access = self.asker.require::<Pull>(self.state, repo).await?;
        let size = blob::stat(&self.state.domain, &access, repo, &digest).await?;
        if not_modified(&self.parts.headers, &digest) {
            return unmodified(&digest);
        }
        let builder = head(&digest).status(StatusCode::OK).header(header::CONTENT_LENGTH, size);
        finish(builder.header(header::CONTENT_TYPE, CONTENT_TYPE).body(Body::empty()))
    }

    pub(crate) async fn get_blob(&self, repo: &RepoName, text: &str) -> OciResult {
        let digest = digest(text)?;
        let access = self.asker.require::<Pull>(self.state, repo).await?;
        if not_modified(&self.parts.headers, &digest) {
            blob::stat(&self.state.domain, &access, repo, &digest).await?;
            return unmodified(&digest);
        }
        let blob = blob::open(&self.state.domain, &access, repo, &digest).await?;
        let size = blob.size();
        let (status, range) = match self.requested(&digest, size) {
            Requested::Whole => (StatusCode::OK, ByteRange { start: 0, end: size }),
            Requested::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
            Requested::Parts(parts) => return several(&digest, blob, &parts),
            Requested::Unsatisfiable => {
                return Err(OciError::new(ErrorCode::RangeInvalid, "invalid range: failed to overlap")
                    .with_header(header::CONTENT_RANGE, format!("bytes */{size}")));
            }
        };
        let mut builder = head(&digest).status(status).header(header::CONTENT_LENGTH, range.len());
        if status == StatusCode::PARTIAL_CONTENT {
            builder = builder.header(header::CONTENT_RANGE, range.content_range(size));
        }
        let body = Body::from_stream(blob.read(range.start..range.end));
        finish(builder.header(header::CONTENT_TYPE, CONTENT_TYPE).body(body))
    }

    /// The range that the client asks for, unless it asks for one of other content (`If-Range`).
    fn requested(&self, digest: &Digest, size: u64) -> Requested {
        let headers = &self.parts.headers;
        let same = text(headers, "if-range").is_none_or(|tag| tag == etag(digest));
        match text(headers, "range") {
            Some(range) if same => parse_range(range, size),
            _ => Requested::Whole,
        }
    }

    pub(crate) async fn delete_blob(&self, repo: &RepoName, text: &str) -> OciResult {
        let digest = digest(text)?;
        let access = self.asker.require::<DeleteContent>(self.state, repo).await?;
        blob::delete(&self.state.domain, &access, repo, &digest).await?;
        Ok(StatusCode::ACCEPTED.into_response())
    }
}

/// Several ranges in one answer, as snapshotters that read layers lazily ask for them.
fn several(digest: &Digest, blob: Arc<dyn BlobRead>, parts: &[ByteRange]) -> OciResult {
    let size = blob.size();
    // Nothing can contain its own digest, so no part contains the boundary.
    let boundary = digest.hex().chars().take(BOUNDARY_LENGTH_MAX).collect::<String>();
    let head = |range: &ByteRange| {
        format!("--{boundary}\r\nContent-Type: {CONTENT_TYPE}\r\nContent-Range: {}\r\n\r\n", range.content_range(size))
    };
    let end = format!("--{boundary}--\r\n");
    let length: u64 = parts.iter().map(|range| head(range).len() as u64 + range.len() + 2).sum();
    let heads: Vec<_> = parts.iter().map(|range| (head(range), *range)).collect();
    let text = |text: String| stream::iter([Ok::<_, io::Error>(Bytes::from(text))]);
    let body = stream::iter(heads)
        .flat_map(move |(head, range)| {
            text(head).chain(blob.clone().read(range.start..range.end)).chain(text("\r\n".to_owned()))
        })
        .chain(text(end.clone()));
    let builder = self::head(digest)
        .status(StatusCode::PARTIAL_CONTENT)
        .header(header::CONTENT_LENGTH, length + end.len() as u64)
        .header(header::CONTENT_TYPE, format!("multipart/byteranges; boundary={boundary}"));
    finish(builder.body(Body::from_stream(body)))
}

fn head(digest: &Digest) -> Builder {
    Response::builder()
        .header(CONTENT_DIGEST, digest.to_string())
        .header(header::ETAG, etag(digest))
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CACHE_CONTROL, CACHE_CONTROL)
}

fn unmodified(digest: &Digest) -> OciResult {
    finish(head(digest).status(StatusCode::NOT_MODIFIED).body(Body::empty()))
}

pub(crate) fn etag(digest: &Digest) -> String {
    format!("\"{digest}\"")
}

/// Whether the client has this content already (`If-None-Match`; a weak tag names the same bytes).
pub(crate) fn not_modified(headers: &HeaderMap, digest: &Digest) -> bool {
    let etag = etag(digest);
    let tags = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    tags.flat_map(|value| value.split(','))
        .map(|tag| tag.trim().trim_start_matches("W/"))
        .any(|tag| tag == etag || tag == "*")
}

/// The builders above only take values that headers can hold.
pub(crate) fn finish(response: Result<Response, http::Error>) -> OciResult {
    response.map_err(|error| berth_domain::Error::internal(error).into())
}
