//! Uploads: monolithic, streamed, chunked, resumed, mounted, cancelled.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use berth_domain::{
    Error,
    authz::Push,
    blob,
    upload::{self, Chunk},
};
use berth_types::{Algorithm, Digest, ErrorCode, RepoName, range::parse_upload_range};
use futures_util::{StreamExt, TryStreamExt};
use http::{StatusCode, header};

use crate::{
    CONTENT_DIGEST, Call, UPLOAD_ID,
    access::text,
    blob::finish,
    digest,
    error::{OciError, OciResult},
    param,
};

impl Call<'_> {
    pub(crate) async fn start_upload(&self, repo: &RepoName, body: Body) -> OciResult {
        let access = self.asker.require::<Push>(self.state, repo).await?;
        let params = self.params();
        if let Some(text) = param(&params, "digest").filter(|text| !text.is_empty()) {
            let digest = digest(text)?;
            blob::put(&self.state.domain, &access, repo, &digest, self.stream(body)?).await?;
            return created(repo, &digest);
        }
        if let Some(text) = param(&params, "mount").filter(|text| !text.is_empty()) {
            let digest = digest(text)?;
            if self.mount(repo, &digest, param(&params, "from"), &access).await? {
                return created(repo, &digest);
            }
        }
        let algorithm = match param(&params, "digest-algorithm") {
            Some(name) => {
                name.parse().map_err(|error| OciError::new(ErrorCode::DigestInvalid, format!("{name}: {error}")))?
            }
            None => Algorithm::Sha256,
        };
        let id = upload::start(&self.state.domain, &access, repo, algorithm).await?;
        accepted(StatusCode::ACCEPTED, repo, &id.to_string(), 0)
    }

    async fn mount(
        &self,
        repo: &RepoName,
        digest: &Digest,
        from: Option<&str>,
        access: &berth_domain::authz::ProjectAccess<Push>,
    ) -> Result<bool, OciError> {
        let domain = &self.state.domain;
        let Some(from) = from.filter(|from| !from.is_empty()) else {
            return Ok(blob::mount_from_anywhere(domain, access, repo, digest).await?);
        };
        // A source that cannot be read is no reason to fail: the client uploads instead (spec, "Mounting Blobs").
        let Ok(from) = from.parse::<RepoName>() else { return Ok(false) };
        let Some(source) = self.asker.may_pull(self.state, &from).await? else { return Ok(false) };
        Ok(blob::mount(domain, access, repo, &source, &from, digest).await?)
    }

    pub(crate) async fn upload_status(&self, repo: &RepoName, id: &str) -> OciResult {
        let access = self.asker.require::<Push>(self.state, repo).await?;
        let received = upload::status(&self.state.domain, &access, repo, uuid(id)?).await?;
        accepted(StatusCode::NO_CONTENT, repo, id, received)
    }

    pub(crate) async fn append_upload(&self, repo: &RepoName, id: &str, body: Body) -> OciResult {
        let access = self.asker.require::<Push>(self.state, repo).await?;
        let chunk = self.chunk(body)?;
        let received = upload::append(&self.state.domain, &access, repo, uuid(id)?, chunk).await;
        let received = received.map_err(|error| out_of_order(repo, id, error))?;
        accepted(StatusCode::ACCEPTED, repo, id, received)
    }

    pub(crate) async fn finish_upload(&self, repo: &RepoName, id: &str, body: Body) -> OciResult {
        let access = self.asker.require::<Push>(self.state, repo).await?;
        let params = self.params();
        let text = param(&params, "digest").unwrap_or_default();
        if text.is_empty() {
            return Err(OciError::new(ErrorCode::DigestInvalid, "exist blob require digest"));
        }
        let digest = digest(text)?;
        let chunk = self.chunk(body)?;
        let finished = upload::finish(&self.state.domain, &access, repo, uuid(id)?, &digest, chunk).await;
        finished.map_err(|error| out_of_order(repo, id, error))?;
        created(repo, &digest)
    }

    pub(crate) async fn cancel_upload(&self, repo: &RepoName, id: &str) -> OciResult {
        let access = self.asker.require::<Push>(self.state, repo).await?;
        upload::cancel(&self.state.domain, &access, repo, uuid(id)?).await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    }

    /// The body with the bytes that it says it is. Some clients send the header with an empty body to finish.
    fn chunk(&self, body: Body) -> Result<Chunk, OciError> {
        let headers = &self.parts.headers;
        let length = text(headers, "content-length").and_then(|length| length.parse::<u64>().ok());
        let range = match text(headers, "content-range").filter(|_| length != Some(0)) {
            None => None,
            Some(header) => Some(parse_upload_range(header).ok_or_else(|| {
                OciError::new(ErrorCode::BlobUploadInvalid, format!("invalid content range {header:?}"))
                    .with_status(StatusCode::RANGE_NOT_SATISFIABLE)
            })?),
        };
        if let (Some(range), Some(length)) = (range, length)
            && range.len() != length
        {
            return Err(OciError::new(ErrorCode::SizeInvalid, "Content-Length differs from Content-Range"));
        }
        Ok(Chunk { range, body: self.stream(body)? })
    }

    /// The body as bytes, which hold a place as long as they come.
    fn stream(&self, body: Body) -> Result<berth_domain::blob::ByteStream, OciError> {
        let place = self.place(&body)?;
        Ok(Box::pin(body.into_data_stream().map_err(std::io::Error::other).inspect(move |_| {
            let _held = &place;
        })))
    }
}

/// An id that is none names no upload.
fn uuid(text: &str) -> Result<berth_domain::upload::UploadId, OciError> {
    text.parse().map_err(|_| Error::UploadUnknown.into())
}

/// A refused chunk comes with how far the upload is, so that the client can go on from there.
fn out_of_order(repo: &RepoName, id: &str, error: Error) -> OciError {
    let Error::RangeInvalid { received } = error else { return error.into() };
    OciError::from(error)
        .with_header(header::RANGE, range(received))
        .with_header(header::LOCATION, place(repo, id))
        .with_header(UPLOAD_ID, id)
}

/// Where an upload goes on. The parameter says nothing: scripts that were written for other registries append
/// `&digest=…` without looking whether there is a query.
fn place(repo: &RepoName, id: &str) -> String {
    format!("/v2/{repo}/blobs/uploads/{id}?_state={id}")
}

fn accepted(status: StatusCode, repo: &RepoName, id: &str, received: u64) -> OciResult {
    finish(
        Response::builder()
            .status(status)
            .header(header::LOCATION, place(repo, id))
            .header(header::RANGE, range(received))
            .header(UPLOAD_ID, id)
            .body(Body::empty()),
    )
}

fn created(repo: &RepoName, digest: &Digest) -> OciResult {
    finish(
        Response::builder()
            .status(StatusCode::CREATED)
            .header(header::LOCATION, format!("/v2/{repo}/blobs/{digest}"))
            .header(CONTENT_DIGEST, digest.to_string())
            .body(Body::empty()),
    )
}

/// The last byte is inclusive; an empty upload says `0-0`, which is what docker expects.
fn range(received: u64) -> String {
    format!("0-{}", received.saturating_sub(1))
}
