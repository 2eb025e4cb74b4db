//! Manifests: HEAD, GET, PUT, DELETE.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use berth_domain::{
    accessory::Puller,
    authz::{DeleteContent, Pull, Push},
    manifest::{self, PushRequest, TAGS_A_PUSH_MAX},
};
use berth_types::{Digest, ErrorCode, Reference, RepoName, TagName, manifest::MANIFEST_SIZE_BYTES_MAX};
use bytes::Bytes;
use http::{HeaderName, StatusCode, header, response::Builder};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::{
    CONTENT_DIGEST, Call,
    access::text,
    blob::{etag, finish, not_modified},
    error::{OciError, OciResult},
};

/// What the pushed manifest refers to (spec, "Pushing Manifests with Subject").
const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
/// A tag that was set besides the digest.
const TAG: HeaderName = HeaderName::from_static("oci-tag");

impl Call<'_> {
    pub(crate) async fn head_manifest(&self, repo: &RepoName, reference: &str) -> OciResult {
        let reference = read_reference(reference)?;
        let access = self.asker.require::<Pull>(self.state, repo).await?;
        let (digest, media_type, size) = manifest::stat(&self.state.domain, &access, repo, &reference).await?;
        if not_modified(&self.parts.headers, &digest) {
            return finish(head(&digest, &media_type).status(StatusCode::NOT_MODIFIED).body(Body::empty()));
        }
        finish(head(&digest, &media_type).header(header::CONTENT_LENGTH, size).body(Body::empty()))
    }

    pub(crate) async fn get_manifest(&self, repo: &RepoName, reference: &str) -> OciResult {
        let reference = read_reference(reference)?;
        let access = self.asker.require::<Pull>(self.state, repo).await?;
        if self.parts.headers.contains_key(header::IF_NONE_MATCH) {
            let (digest, media_type, _) = manifest::stat(&self.state.domain, &access, repo, &reference).await?;
            if not_modified(&self.parts.headers, &digest) {
                return finish(head(&digest, &media_type).status(StatusCode::NOT_MODIFIED).body(Body::empty()));
            }
        }
        let found = manifest::get(&self.state.domain, &access, repo, &reference, self.puller()).await?;
        finish(head(&found.digest, &found.media_type).body(Body::from(found.bytes)))
    }

    /// cosign and notation read what they are about to sign. They say who they are, as to Harbor.
    fn puller(&self) -> Puller {
        let agent = text(&self.parts.headers, "user-agent").unwrap_or_default().to_ascii_lowercase();
        if agent.contains("cosign") || agent.contains("notation") { Puller::Signer } else { Puller::Reader }
    }

    pub(crate) async fn put_manifest(&self, repo: &RepoName, reference: &str, body: Body) -> OciResult {
        let reference = reference.parse::<Reference>().map_err(|error| {
            let code = if reference.contains(':') { ErrorCode::DigestInvalid } else { ErrorCode::TagInvalid };
            OciError::new(code, format!("invalid reference {reference:?}: {error}"))
        })?;
        let access = self.asker.require::<Push>(self.state, repo).await?;
        let tags = self.extra_tags(&reference)?;
        let place = self.place(&body)?;
        let bytes = read(body).await?;
        drop(place);
        let content_type = text(&self.parts.headers, "content-type");
        let push = PushRequest { reference: &reference, tags, content_type, bytes };
        let pushed = manifest::put(&self.state.domain, &access, repo, push).await?;
        let mut builder = Response::builder()
            .status(StatusCode::CREATED)
            .header(header::LOCATION, format!("/v2/{repo}/manifests/{}", pushed.digest))
            .header(CONTENT_DIGEST, pushed.digest.to_string());
        if let Some(subject) = pushed.subject {
            builder = builder.header(SUBJECT, subject.to_string());
        }
        if matches!(reference, Reference::Digest(_)) {
            for tag in &pushed.tags {
                builder = builder.header(TAG, tag.as_str());
            }
        }
        finish(builder.body(Body::empty()))
    }

    /// The tags that a push by digest sets as well.
    fn extra_tags(&self, reference: &Reference) -> Result<Vec<TagName>, OciError> {
        if matches!(reference, Reference::Tag(_)) {
            return Ok(Vec::new());
        }
        let params = self.params();
        let values = params.iter().filter(|(key, _)| key == "tag");
        let tags: Result<Vec<TagName>, _> = values.map(|(_, value)| value.parse()).collect();
        let mut tags = tags.map_err(|error| OciError::new(ErrorCode::TagInvalid, format!("invalid tag: {error}")))?;
        tags.dedup();
        if tags.len() > TAGS_A_PUSH_MAX {
            let message = format!("a push sets at most {TAGS_A_PUSH_MAX} tags");
            return Err(OciError::new(ErrorCode::TagInvalid, message).with_status(StatusCode::URI_TOO_LONG));
        }
        Ok(tags)
    }

    pub(crate) async fn delete_manifest(&self, repo: &RepoName, reference: &str) -> OciResult {
        let reference = read_reference(reference)?;
        let access = self.asker.require::<DeleteContent>(self.state, repo).await?;
        match &reference {
            Reference::Tag(tag) => manifest::delete_tag(&self.state.domain, &access, repo, tag).await?,
            Reference::Digest(digest) => manifest::delete(&self.state.domain, &access, repo, digest).await?,
        }
        Ok(StatusCode::ACCEPTED.into_response())
    }
}

fn head(digest: &Digest, media_type: &str) -> Builder {
    Response::builder()
        .header(header::CONTENT_TYPE, media_type)
        .header(CONTENT_DIGEST, digest.to_string())
        .header(header::ETAG, etag(digest))
}

/// A text that can be no tag names nothing; one that should be a digest is wrong.
fn read_reference(text: &str) -> Result<Reference, OciError> {
    text.parse().map_err(|error| {
        let code = if text.contains(':') { ErrorCode::DigestInvalid } else { ErrorCode::ManifestUnknown };
        OciError::new(code, format!("invalid reference {text:?}: {error}"))
    })
}

async fn read(body: Body) -> Result<Bytes, OciError> {
    let collected = Limited::new(body, MANIFEST_SIZE_BYTES_MAX).collect().await;
    collected.map(http_body_util::Collected::to_bytes).map_err(|error| {
        if error.downcast_ref::<LengthLimitError>().is_some() {
            let message = format!("a manifest has at most {MANIFEST_SIZE_BYTES_MAX} bytes");
            return OciError::new(ErrorCode::ManifestInvalid, message).with_status(StatusCode::PAYLOAD_TOO_LARGE);
        }
        OciError::new(ErrorCode::ManifestInvalid, "the request body ended early")
    })
}
